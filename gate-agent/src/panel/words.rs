//! What the panel says to people, in both languages at once; the page shows the one that is chosen.

use protocols::rules::ReasonCode;
use serde::{Deserialize, Serialize};

/// 双语文字: one sentence in Chinese and in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Words {
    /// A sentence.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// What a reason code says to people.
    #[must_use]
    pub fn of_reason(reason: ReasonCode) -> Self {
        Self::new(reason.message_zh(), reason.message_en())
    }
}
