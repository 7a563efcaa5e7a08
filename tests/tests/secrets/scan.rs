//! Looks for secrets in what programs say: as they are, in hex, in base64 wherever a group of it begins, and as an address writes them.
//! Promises: a find names the place, the line and the secret's name, and never repeats the secret.
//! Limits: what was enciphered or hashed is not found, nor what is cut in two.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result};

/// Below this many signs a secret may stand in a longer number or hash by chance.
const SHORT: usize = 10;
/// Signs of a key's line that nobody writes by chance.
const KEY_LINE: usize = 32;

/// What must not be said.
#[derive(Clone)]
pub(crate) struct Secret {
    name: String,
    text: String,
    /// Already in the form in which it would be told.
    is_encoded: bool,
}

/// What was said, and where.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Secret {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), is_encoded: false }
    }

    /// Everything by which it can be told.
    pub(crate) fn forms(&self) -> Vec<String> {
        let mut forms = vec![self.text.clone()];
        if self.is_encoded || self.text.len() < SHORT {
            return forms;
        }
        let hex = self.text.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let address: String = self
            .text
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect();
        forms.extend([hex.to_uppercase(), hex, address]);
        forms.extend((0..3).map(|ahead| base64_within(ahead, self.text.as_bytes())));
        forms.dedup();
        forms
    }
}

impl Place {
    pub(crate) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// Every find, as words.
pub(crate) fn found(places: &[Place], secrets: &[Secret]) -> Vec<String> {
    let mut found = Vec::new();
    for secret in secrets {
        for form in secret.forms() {
            for place in places {
                let hits = place.text.match_indices(&form);
                let hits =
                    hits.filter(|(at, hit)| form.len() >= SHORT || stands_alone(&place.text, *at, hit.len()));
                found.extend(hits.map(|(at, _)| {
                    let line = place.text.get(..at).unwrap_or_default().matches('\n').count() + 1;
                    format!("{}:{line} tells {}", place.name, secret.name)
                }));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// No part of a longer word, nor the fraction of a time of day.
fn stands_alone(text: &str, at: usize, length: usize) -> bool {
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let after = text.get(at + length..).and_then(|text| text.chars().next());
    before.is_none_or(|sign| !sign.is_alphanumeric() && sign != '.')
        && after.is_none_or(|sign| !sign.is_alphanumeric())
}

/// What of the base64 of a longer text is these bytes' alone, when so many bytes modulo 3 stand ahead of them.
fn base64_within(ahead: usize, bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<bool> = std::iter::repeat_n(0, ahead)
        .chain(bytes.iter().copied())
        .flat_map(|byte: u8| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    let groups = bits.chunks_exact(6).skip((ahead * 8).div_ceil(6));
    let number = |group: &[bool]| group.iter().fold(0, |number, bit| number << 1 | usize::from(*bit));
    groups.filter_map(|group| SIGNS.get(number(group)).copied().map(char::from)).collect()
}

/// The lines of every private key that lies in a file below this folder, in PEM, also inside JSON.
pub(crate) fn keys_below(folder: &Path) -> Result<Vec<Secret>> {
    let mut keys = Vec::new();
    for file in files_below(folder)? {
        let text = String::from_utf8_lossy(&fs::read(&file)?).replace("\\n", "\n");
        let mut is_key = false;
        for line in text.lines() {
            let begins = line.contains("-----BEGIN") && line.contains("PRIVATE KEY-----");
            let line = line.trim_matches('"').trim();
            if is_key && line.len() >= KEY_LINE && !line.starts_with("-----") {
                keys.push(Secret {
                    name: format!("the key in {}", file.display()),
                    text: line.to_owned(),
                    is_encoded: true,
                });
            }
            is_key = begins || (is_key && !line.contains("-----END"));
        }
    }
    Ok(keys)
}

/// Every log below this folder.
pub(crate) fn logs_below(folder: &Path) -> Result<Vec<Place>> {
    let mut logs = Vec::new();
    for file in files_below(folder)? {
        if file.extension().is_some_and(|ending| ending == "log") {
            let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
            logs.push(Place::new(name, String::from_utf8_lossy(&text)));
        }
    }
    Ok(logs)
}

fn files_below(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}

/// Fault E9: each form of a secret is found where it was planted, and what only looks like one is not.
#[test]
fn a_planted_secret_is_found_in_each_form() {
    let long = Secret::new("a word", "word of:nobody/7");
    // Made by coreutils: printf 'user:word of:nobody/7' | base64, and with one sign more and one less ahead.
    let planted = [
        "password=word of:nobody/7",
        "Basic dXNlcjp3b3JkIG9mOm5vYm9keS83",
        "Basic dXNlcnM6d29yZCBvZjpub2JvZHkvNw==",
        "Basic dXNlOndvcmQgb2Y6bm9ib2R5Lzc=",
        "?password=word%20of%3Anobody%2F7",
        "776f7264206f663a6e6f626f64792f37",
        "0x776F7264206F663A6E6F626F64792F37",
    ];
    for text in planted {
        let found = found(&[Place::new("log", format!("one\n{text} and more"))], std::slice::from_ref(&long));
        assert_eq!(found, ["log:2 tells a word"], "{text}");
    }
    let pin = Secret::new("a PIN", "482017");
    let told = |text: &str| !found(&[Place::new("log", text)], std::slice::from_ref(&pin)).is_empty();
    assert!(told("pin=482017") && told("\"482017\"") && told("482017"));
    assert!(!told("2026-11-30T11:00:00.482017Z") && !told("1482017") && !told("e482017b"), "chance");
}
