//! The workspace's files, and what of a Rust file is code, comment or attribute.
//! Promises: `code` has the lines of the text, with comments and the contents of strings blanked out, so that a law never
//! stumbles over a word in a sentence or a sample.
//! Absent: a parser; the laws need words and lines.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// One file of the workspace.
pub(crate) struct Source {
    /// Path below the workspace, with `/`.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) text: String,
    /// The same without comments and strings.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), code: code_of(text) }
    }

    /// The file's name.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Lines of code, numbered from 1.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines())
    }

    /// A complaint about one of its lines.
    pub(crate) fn at(&self, line: usize, why: &str) -> String {
        format!("{}:{line}: {why}", self.path)
    }
}

/// Where the workspace lies.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

/// All Rust files of the workspace, read once.
pub(crate) fn rust() -> &'static [Source] {
    static FILES: LazyLock<Vec<Source>> = LazyLock::new(|| files(".rs"));
    &FILES
}

/// All manifests of the workspace.
pub(crate) fn manifests() -> Vec<Source> {
    files("Cargo.toml")
}

/// All files of the workspace whose name ends so, sorted; what is built or fetched is left out.
fn files(ending: &str) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the workspace can be read") {
            let entry = entry.expect("a folder's entry can be read");
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().expect("an entry has a kind");
            if kind.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | "corpus" | ".git") {
                folders.push(entry.path());
            } else if kind.is_file() && name.ends_with(ending) {
                let path = entry.path();
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                let below = path.strip_prefix(&root).expect("found below the workspace");
                found.push(Source::new(&below.to_string_lossy(), &text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Whether `text` holds `word` with no letter, digit or underscore beside it.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The text with comments and the insides of strings and characters turned to blanks, line ends kept.
fn code_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' | 'b' | 'c' | '"' if !out.ends_with(|p: char| p.is_alphanumeric() || p == '_') => {
                string_length(rest)
            }
            '\'' => char_length(rest),
            _ => 0,
        };
        let (gone, after) = rest.split_at(if taken == 0 { c.len_utf8() } else { taken });
        if taken == 0 {
            out.push(c);
        } else {
            out.extend(gone.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    out
}

/// Bytes of the string that starts here; 0 when none does.
fn string_length(text: &str) -> usize {
    let after_letters = text.trim_start_matches(['b', 'c']);
    let raw = after_letters.strip_prefix('r');
    let body = raw.unwrap_or(after_letters);
    let hashes = body.len() - body.trim_start_matches('#').len();
    let Some(inside) = body[hashes..].strip_prefix('"') else { return 0 };
    if raw.is_none() && hashes > 0 {
        return 0;
    }
    let start = text.len() - inside.len();
    if raw.is_some() {
        let end = format!("\"{}", "#".repeat(hashes));
        return inside.find(&end).map_or(text.len(), |at| start + at + end.len());
    }
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return start + at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Bytes of the character that starts here; 0 for a lifetime.
fn char_length(text: &str) -> usize {
    let inside = &text[1..];
    let mut chars = inside.char_indices();
    match chars.next() {
        Some((_, '\\')) => inside[2..].find('\'').map_or(0, |at| at + 4),
        Some((_, c)) if inside[c.len_utf8()..].starts_with('\'') => c.len_utf8() + 2,
        _ => 0,
    }
}
