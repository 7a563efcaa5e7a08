//! Active content: scripts, embedded files, and actions that start something or send something (PO-267).
//! Promises: an object is judged by what stands in it, wherever it hangs: an action that nothing points to is refused as well, since the
//! next program may find a way to it. Links to pages and to the web are no active content.
//! Absent on purpose: following references; every object of the file is looked at once.

use lopdf::{Dictionary, Object};

/// Entries whose very presence is refused.
const KEYS: &[&str] =
    &["JS", "JavaScript", "EmbeddedFiles", "EF", "XFA", "RichMediaContent", "RichMediaSettings"];
/// Kinds of actions, as entry `S` names them.
const ACTIONS: &[&str] = &[
    "JavaScript",
    "Launch",
    "GoToE",
    "ImportData",
    "SubmitForm",
    "Rendition",
    "RichMediaExecute",
    "Movie",
    "Sound",
];
/// Kinds of objects, as `Type` or `Subtype` names them.
const KINDS: &[&str] = &["EmbeddedFile", "FileAttachment", "RichMedia", "Movie", "Sound", "3D"];
/// Names that are long enough to mean themselves wherever they stand in the file, in an object that the table of objects leaves out, too.
const TELLING: &[&str] = &[
    "JavaScript",
    "EmbeddedFile",
    "EmbeddedFiles",
    "FileAttachment",
    "ImportData",
    "Launch",
    "RichMedia",
    "RichMediaExecute",
    "SubmitForm",
];
const LONGEST: usize = 40;

/// How many objects there are in this one, itself included, and the first thing in it that acts.
pub(super) fn look(object: &Object) -> (usize, Option<&'static str>) {
    let (mut objects, mut acts) = (0, None);
    let mut waiting = vec![object];
    while let Some(object) = waiting.pop() {
        objects += 1;
        let dictionary = match object {
            Object::Array(items) => {
                waiting.extend(items);
                continue;
            }
            Object::Dictionary(dictionary) => dictionary,
            Object::Stream(stream) => &stream.dict,
            _ => continue,
        };
        acts = acts.or_else(|| of_dictionary(dictionary));
        waiting.extend(dictionary.iter().map(|(_, value)| value));
    }
    (objects, acts)
}

fn of_dictionary(dictionary: &Dictionary) -> Option<&'static str> {
    let known = |list: &'static [&'static str], name: &[u8]| {
        list.iter().copied().find(|known| known.as_bytes() == name)
    };
    let value = |key: &[u8]| dictionary.get(key).and_then(Object::as_name).ok();
    dictionary
        .iter()
        .find_map(|(key, _)| known(KEYS, key))
        .or_else(|| value(b"S").and_then(|name| known(ACTIONS, name)))
        .or_else(|| value(b"Type").and_then(|name| known(KINDS, name)))
        .or_else(|| value(b"Subtype").and_then(|name| known(KINDS, name)))
}

/// A telling name anywhere in the bytes, written plainly or with `#` and two hex digits for a character.
pub(super) fn named_in(bytes: &[u8]) -> Option<&'static str> {
    names(bytes, TELLING)
}

/// The first of these names that stands in the bytes.
pub(super) fn names(bytes: &[u8], wanted: &'static [&'static str]) -> Option<&'static str> {
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(place, _)| place + 1);
    starts.filter_map(|start| bytes.get(start..)).find_map(|rest| {
        let name = name(rest);
        wanted.iter().copied().find(|wanted| wanted.as_bytes() == name)
    })
}

fn name(bytes: &[u8]) -> Vec<u8> {
    let mut name = Vec::new();
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        if first.is_ascii_whitespace() || b"\0()<>[]{}/%".contains(first) || name.len() > LONGEST {
            break;
        }
        let coded =
            if *first == b'#' { after.get(..2).and_then(|digits| hex::decode(digits).ok()) } else { None };
        match (coded, after.get(2..)) {
            (Some(coded), Some(after)) => {
                name.extend(coded);
                rest = after;
            }
            _ => {
                name.push(*first);
                rest = after;
            }
        }
    }
    name
}
