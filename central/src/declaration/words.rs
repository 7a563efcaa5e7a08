//! 说明: the words that a person or customs gives with an act.
//! Promises: trimmed, at most 1000 characters, as the remarks of a declaration (SG-051); blank is none.

use super::fault::FieldError;

/// Characters.
const LONGEST: usize = 1000;

/// Reads the words in the member `path`; `needed` names the rule that asks for them.
///
/// # Errors
/// Too long, or absent where needed.
pub fn read(
    path: &str,
    text: Option<&str>,
    needed: Option<&'static str>,
) -> Result<Option<String>, Vec<FieldError>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    match (text, needed) {
        (None, Some(rule)) => Err(vec![FieldError::required(path.into(), rule)]),
        (Some(text), _) if text.chars().nth(LONGEST).is_some() => {
            let (zh, en) = (format!("最多 {LONGEST} 个字符"), format!("at most {LONGEST} characters"));
            let value = text.chars().take(LONGEST).collect::<String>().into();
            Err(vec![FieldError::format(path.into(), needed.unwrap_or("SG-051"), zh, en, value)])
        }
        (text, _) => Ok(text.map(ToOwned::to_owned)),
    }
}
