//! 读卡控件: what a page of the portal and the card service on the same machine say to each other, as JSON.
//! Promises: a PIN is in one request only and shows in no trace; what is signed is text, so that a page can show what it signs.
//! Source: PO-065, PO-095, PO-102; `contract` section 8.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use super::Envelope;

/// 读卡器列表.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readers {
    /// Each reader.
    pub items: Vec<Reader>,
}

/// 读卡器, as the service sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// Its name.
    pub name: String,
    /// Whether a card is in it.
    pub card: bool,
    /// How often a card has been put in; a page that sees another number than before knows that the card was out (PO-096).
    pub insertions: u32,
}

/// 卡介质 in a reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// 卡号.
    pub card_no: String,
    /// DER in Base64.
    pub certificate: String,
    /// PINs that may still be wrong.
    pub tries_left: u8,
    /// No PIN opens it any more.
    pub blocked: bool,
}

/// 卡密码.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinRequest {
    /// As typed.
    pub pin: String,
}

impl fmt::Debug for PinRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinRequest(..)")
    }
}

/// What the card says to a right PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinAnswer {
    /// PINs that may still be wrong.
    pub tries_left: u8,
}

/// 签名请求.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignRequest {
    /// The very text.
    pub text: String,
    /// Whether the card stays open for a further signature: uploads ask for the PIN once in a session, submissions each time (PO-102).
    #[serde(default)]
    pub keep_open: bool,
}

/// 签名结果; with the statement's nonce it is member `signature` of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignAnswer {
    /// `SM2-SM3` or `ES256`.
    pub alg: String,
    /// The card's certificate, DER in Base64.
    pub certificate: String,
    /// The signature, DER in Base64.
    pub value: String,
}

/// 解密请求.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecryptRequest {
    /// What is sealed to the card.
    pub sealed: Envelope,
}

/// 加密请求.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealRequest {
    /// The platform's certificate, DER in Base64.
    pub certificate: String,
    /// The very text.
    pub text: String,
}

/// 明文.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// Why the service or the card refuses, in the form of the portal's own refusals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// `PO_CARD_ABSENT`, `PO_PIN_WRONG`, `PO_CARD_BLOCKED`, ...
    pub code: String,
    /// For the person.
    pub message: String,
    /// The same in English.
    pub message_en: String,
    /// PINs that may still be wrong, where that is the matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
}
