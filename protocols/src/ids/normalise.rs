//! Makes texts comparable before they are stored, compared or searched (SG-079).
//! Promises: each function is idempotent, so a stored value normalises to itself; nothing is refused or corrected here.
//! Absent on purpose: judging the result; the types do that. Keep the original text beside the normalised one.
//! Source: SG-079, SG-084; domain page on identifiers, general rules.

use alloc::string::String;

/// 半角: full-width signs, letters and digits (U+FF01 to U+FF5E, U+3000) become ASCII.
fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        other => other,
    }
}

fn half_width_upper(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(half_width).flat_map(char::to_uppercase)
}

/// Spaces, hyphens, dots and the middle dot in the forms that Chinese and Western keyboards produce.
fn is_separator(c: char) -> bool {
    let hyphen = matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let dot = matches!(c, '.' | '\u{3002}' | '\u{FF61}');
    let middle_dot =
        matches!(c, '\u{B7}' | '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{30FB}' | '\u{FF65}');
    c.is_whitespace() || hyphen || dot || middle_dot
}

/// Plates, electronic plates, IC cards, object IDs, containers and single seals: half-width, upper case, no separators.
/// `沪D·K8216` becomes `沪DK8216`.
#[must_use]
pub fn key(text: &str) -> String {
    half_width_upper(text).filter(|c| !is_separator(*c)).collect()
}

/// 条形码: trimmed, nothing else; case, hyphens and dots belong to the code.
#[must_use]
pub fn bar_code(text: &str) -> &str {
    text.trim()
}

/// 提单号: trimmed, half-width, upper case; hyphens and dots stay, because the manifest has them too (AE-056).
#[must_use]
pub fn bill_no(text: &str) -> String {
    half_width_upper(text.trim()).collect()
}

/// 安全智能锁号: as [`key`]; the full-width bar (U+FF5C) becomes the vertical bar that separates the numbers (SG-084).
#[must_use]
pub fn seal_list(text: &str) -> String {
    key(text)
}

/// Card numbers and tag memory as readers print them: as [`key`], and without the colons between the bytes.
#[must_use]
pub fn hex(text: &str) -> String {
    half_width_upper(text).filter(|c| !is_separator(*c) && *c != ':').collect()
}
