//! Texts that are never printed: tokens and passwords, in the file itself or in a file of their own.
//! Promises: no fault, log or debug text shows one.

use std::{fmt, fs};

use super::section::Section;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret made here, not read from the file.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads `key` or `key_file`; that neither stands there is a fault.
    pub(super) fn required(section: &mut Section<'_>, key: &str) -> Option<Self> {
        if !Self::stands(section, key) {
            section.fault(key, format!("is missing, and {key}_file too"), None);
            return None;
        }
        Self::read(section, key)
    }

    /// Reads `key` or `key_file`, of which at most one may stand there.
    pub(super) fn read(section: &mut Section<'_>, key: &str) -> Option<Self> {
        let in_file = format!("{key}_file");
        let (has_text, has_file) = (section.has(key), section.has(&in_file));
        let text = section.secret(key);
        let path = section.text(&in_file);
        if has_text && has_file {
            section.fault(key, format!("must not stand beside {in_file}"), None);
            return None;
        }
        if has_text {
            return text.map(Self);
        }
        let path = path?;
        match fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => return Some(Self(text.trim().to_owned())),
            Ok(_) => {
                section.fault(&in_file, "must name a file that is not empty", Some(format!("{path:?}")));
            }
            Err(error) => {
                let rule = format!("must name a readable file ({error})");
                section.fault(&in_file, rule, Some(format!("{path:?}")));
            }
        }
        None
    }

    /// Whether either key stands in the section.
    pub(super) fn stands(section: &Section<'_>, key: &str) -> bool {
        section.has(key) || section.has(&format!("{key}_file"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}
