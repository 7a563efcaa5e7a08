//! 回执报文: a receipt of customs, in XML.
//! Promises: pure; a file is either a whole receipt or a refusal in words that a person can act on; further elements are ignored.
//! Source: the element names of the published form (`feedback`, `feedback_msg`, `feedback_time`); decision 0052 for the envelope.

use chrono::NaiveDateTime;
use serde::Deserialize;

use super::MOST_BYTES;
use crate::gate_feed::alert::Words;

/// Characters of a message's number.
const LONGEST_NO: usize = 64;
/// Characters of a receipt's words.
const LONGEST_TEXT: usize = 1000;

/// 回执报文, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Its number: taken once (PO-233).
    pub(super) message_no: String,
    /// The trip's number, or the unified number.
    pub(super) number: String,
    /// The version that it answers, if it says so.
    pub(super) version_no: Option<u32>,
    /// The receipt code (SG-165).
    pub(super) code: String,
    /// Customs' words.
    pub(super) text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Wire {
    #[serde(rename = "MessageId")]
    message_no: String,
    #[serde(rename = "SureId", default)]
    trip_no: Option<String>,
    #[serde(rename = "DataId", default)]
    unified_no: Option<String>,
    #[serde(rename = "VersionNo", default)]
    version_no: Option<u32>,
    feedback: String,
    #[serde(default)]
    feedback_msg: Option<String>,
    #[serde(default)]
    feedback_time: Option<String>,
}

/// Reads a file.
///
/// # Errors
/// Why it is none.
pub(super) fn read(bytes: &[u8]) -> Result<Answer, Words> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(Words::new(format!("超过 {MOST_BYTES} 字节"), format!("longer than {MOST_BYTES} bytes")));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Words::new(format!("不是 UTF-8：{error}"), format!("not UTF-8: {error}")))?;
    let wire: Wire = quick_xml::de::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| Words::new(format!("不是回执：{error}"), format!("not a receipt: {error}")))?;
    let message_no = wire.message_no.trim().to_owned();
    if message_no.is_empty()
        || message_no.len() > LONGEST_NO
        || !message_no.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(Words::new(
            format!("MessageId 须为1至{LONGEST_NO}个可打印字符"),
            format!("MessageId must have 1 to {LONGEST_NO} printable characters"),
        ));
    }
    let filled =
        |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let number = filled(wire.trip_no)
        .or_else(|| filled(wire.unified_no))
        .ok_or_else(|| Words::new("既无 SureId 也无 DataId", "neither SureId nor DataId"))?;
    let code = wire.feedback.trim().to_owned();
    if code.is_empty() || code.len() > LONGEST_NO {
        return Err(Words::new("feedback 须为回执代码", "feedback must be a receipt code"));
    }
    if let Some(time) = filled(wire.feedback_time)
        && NaiveDateTime::parse_from_str(&time, "%Y-%m-%d %H:%M:%S").is_err()
    {
        return Err(Words::new(
            format!("feedback_time {time:.40} 不是 YYYY-MM-DD HH:MM:SS"),
            format!("feedback_time {time:.40} is not YYYY-MM-DD HH:MM:SS"),
        ));
    }
    let text = filled(wire.feedback_msg).map(|text| text.chars().take(LONGEST_TEXT).collect());
    Ok(Answer {
        message_no,
        number: number.chars().take(LONGEST_NO).collect(),
        version_no: wire.version_no,
        code,
        text,
    })
}
