//! What a PDF is: readable, open, so many pages, and without anything that acts.
//! Promises: work and memory of one reading are bounded as far as the library lets us (decision 0043 says where it does not, and why the
//! service therefore reads in a process of its own); no panic leaves `judge`.
//! Source: spec PO-263, PO-264, PO-267.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use lopdf::{Document, LoadOptions, Object, ObjectId, xref::XrefEntry};
use serde::{Deserialize, Serialize};

use super::active;

/// Bytes that one compressed stream of objects may unfold to. Programs put a few hundred objects into one.
const MOST_UNFOLDED: usize = 2 * 1024 * 1024;
/// Objects, those inside of objects included, in one file: a scan of twenty pages has hundreds, a long report tens of thousands.
const MOST_OBJECTS: usize = 1_000_000;
/// Where it is named first, so that the reading is cheap for what is nothing of the kind.
const MARK: &[u8] = b"%PDF-";

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// It does not begin as a PDF does.
    Mark,
    /// It cannot be read, or not all of it.
    Unreadable,
    /// It asks for more work than an honest file does.
    TooMuch,
    /// It is encrypted.
    Encrypted,
    /// It has no page.
    NoPages,
    /// It has something that acts: its name.
    Active(String),
}

impl Unfit {
    pub(super) const fn words(&self) -> &'static str {
        match self {
            Self::Mark => "the file does not begin with the mark of a PDF",
            Self::Unreadable => "the file cannot be read as a PDF",
            Self::TooMuch => "the file is too complex to be checked",
            Self::Encrypted => "the file is encrypted",
            Self::NoPages => "the file has no pages",
            Self::Active(_) => "the file has active content",
        }
    }
}

/// 检查结果 of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Pages, where they could be counted.
    pub pages: Option<u32>,
    /// What is wrong; nothing for a file that may be taken.
    pub faults: Vec<Unfit>,
}

impl Judged {
    pub(super) fn unfit(unfit: Unfit) -> Self {
        Self { pages: None, faults: vec![unfit] }
    }
}

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static ACTS: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The library calls this for every object that it has read, on our own thread. What is over the bound ends the reading without a
/// word on standard error, since it is no fault of the program.
fn weigh(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    let (objects, acts) = active::look(object);
    let left = LEFT.get().checked_sub(objects).unwrap_or_else(|| resume_unwind(Box::new(())));
    LEFT.set(left);
    if let Some(acts) = acts {
        ACTS.with_borrow_mut(|found| {
            found.get_or_insert_with(|| acts.to_owned());
        });
    }
    // What stands alone in the file is kept from its own place; only objects of an object stream are taken from here, and a stream is
    // never one of those.
    Some((id, if matches!(object, Object::Stream(_)) { Object::Null } else { object.clone() }))
}

/// Reads a file.
#[must_use]
pub fn judge(bytes: &[u8]) -> Judged {
    if !bytes.starts_with(MARK) {
        return Judged::unfit(Unfit::Mark);
    }
    LEFT.set(MOST_OBJECTS);
    ACTS.set(None);
    let options = LoadOptions {
        filter: Some(weigh),
        max_decompressed_size: Some(MOST_UNFOLDED),
        ..LoadOptions::default()
    };
    let read = catch_unwind(AssertUnwindSafe(|| {
        Document::load_mem_with_options(bytes, options).map(|document| of_document(&document))
    }));
    let mut judged = match read {
        Ok(Ok(judged)) => judged,
        Ok(Err(_)) if active::names(bytes, &["Encrypt"]).is_some() => Judged::unfit(Unfit::Encrypted),
        Ok(Err(_)) => Judged::unfit(Unfit::Unreadable),
        Err(_) if LEFT.get() < MOST_OBJECTS => Judged::unfit(Unfit::TooMuch),
        Err(_) => Judged::unfit(Unfit::Unreadable),
    };
    let acts = ACTS.take().or_else(|| active::named_in(bytes).map(ToOwned::to_owned));
    judged.faults.extend(acts.map(Unfit::Active));
    judged
}

fn of_document(document: &Document) -> Judged {
    if document.is_encrypted() || document.was_encrypted() || document.trailer.has(b"Encrypt") {
        return Judged::unfit(Unfit::Encrypted);
    }
    // The library leaves out what it cannot read. An object that is only inside a compressed stream is then seen by nobody here.
    let unread = |(id, entry): (&u32, &XrefEntry)| {
        matches!(entry, XrefEntry::Compressed { .. }) && !document.objects.contains_key(&(*id, 0))
    };
    if document.reference_table.entries.iter().any(unread) {
        return Judged::unfit(Unfit::Unreadable);
    }
    match pages(document) {
        0 => Judged::unfit(Unfit::NoPages),
        pages => Judged { pages: Some(pages), faults: Vec::new() },
    }
}

/// Leaves of the page tree, each once.
fn pages(document: &Document) -> u32 {
    let root = document.catalog().and_then(|catalog| catalog.get(b"Pages")).and_then(Object::as_reference);
    let mut waiting: Vec<ObjectId> = root.into_iter().collect();
    let mut seen = HashSet::new();
    let mut pages = 0_u32;
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Ok(node) = document.get_object(id).and_then(Object::as_dict) else { continue };
        let kids = node.get_deref(b"Kids", document).and_then(Object::as_array);
        match kids {
            Ok(kids) => waiting.extend(kids.iter().filter_map(|kid| kid.as_reference().ok())),
            Err(_) if node.has_type(b"Page") => pages = pages.saturating_add(1),
            Err(_) => {}
        }
    }
    pages
}
