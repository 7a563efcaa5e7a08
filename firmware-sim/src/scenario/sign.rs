//! What a device can see of a vehicle: a tag, a card, a label, a seal; as it is written down, and as firmware takes it.
//! Promises: what is written down wrongly is told with the rule; nothing is padded or cut in silence.
//! Absent: weights, which a platform feels without seeing anything.

use crate::device::barcode::label::Label;
use crate::device::card::pn532::Card;
use protocols::barcode::aim::Aim;
use protocols::card::pn532::memory::BLOCK;
use protocols::seal::status::{SealId, ShortStatus};
use protocols::uhf::tag::TagRead;
use serde::{Deserialize, Serialize};

/// As a scenario or the control socket writes it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SignPlan {
    /// 标签: an electronic plate.
    Tag {
        /// The EPC, hex, 1 to 62 bytes.
        epc: String,
    },
    /// 感应卡: a contactless card.
    Card {
        /// Its serial number, hex, 4, 7 or 10 bytes.
        uid: String,
        /// What is written on it, at most 16 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The block in which it is written.
        #[serde(default = "first_free_block")]
        block: u8,
    },
    /// 条码标签: a symbol on paper.
    Label {
        /// What it holds.
        text: String,
        /// Its kind, as an AIM identifier without `]`; Code 128 unless said.
        #[serde(default = "code_128")]
        aim: String,
    },
    /// 车辆车牌: a plate, as a camera makes it out.
    Plate {
        /// The plate; nothing for a vehicle whose plate is not made out.
        text: String,
        /// How sure the camera is, thousandths.
        #[serde(default = "rather_sure")]
        permille: u16,
    },
    /// 电子关锁: an electronic seal.
    Seal {
        /// As printed on it: four letters and the number.
        number: String,
        /// `sealed`, `open` or `tampered`.
        #[serde(default)]
        state: SealWritten,
    },
}

/// How a seal comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealWritten {
    /// Nobody has touched it.
    #[default]
    Sealed,
    /// Its wire is open.
    Open,
    /// Its wire is closed, and was open.
    Tampered,
}

const fn first_free_block() -> u8 {
    4
}

const fn rather_sure() -> u16 {
    970
}

fn code_128() -> String {
    "C0".to_owned()
}

/// 标识: one thing that a device can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// For readers of electronic plates.
    Tag(TagRead),
    /// For card readers.
    Card(Card),
    /// For scanners.
    Label(Label),
    /// For readers of seals.
    Seal(SealId, ShortStatus),
    /// For cameras.
    Plate {
        /// The plate.
        text: String,
        /// How sure the camera is, thousandths.
        permille: u16,
    },
}

impl SignPlan {
    /// The thing itself.
    ///
    /// # Errors
    /// The key below this one, and the rule that its value breaks.
    pub fn sign(&self) -> Result<Sign, (&'static str, String)> {
        match self {
            Self::Tag { epc } => {
                let bytes = hex::decode(epc).unwrap_or_default();
                let tag = TagRead::new(&bytes);
                tag.map(Sign::Tag).ok_or_else(|| ("tag.epc", format!("{epc:?} is not 1 to 62 bytes of hex")))
            }
            Self::Card { uid, text, block } => card(uid, text.as_deref(), *block).map(Sign::Card),
            Self::Label { text, aim } => {
                let aim = match aim.as_bytes() {
                    [letter, modifier] => Aim::new(*letter, *modifier),
                    _ => None,
                };
                let aim = aim.ok_or_else(|| {
                    ("label.aim", "is not a letter and a digit of an AIM identifier".to_owned())
                })?;
                Ok(Sign::Label(Label::of_text(aim, text)))
            }
            Self::Plate { permille, .. } if *permille > 1000 => {
                Err(("plate.permille", format!("{permille} is more than 1000")))
            }
            Self::Plate { text, permille } => Ok(Sign::Plate { text: text.clone(), permille: *permille }),
            Self::Seal { number, state } => {
                let seal = SealId::parse(number).ok_or_else(|| {
                    ("seal.number", format!("{number:?} is not four letters and a number as printed"))
                })?;
                let status = match state {
                    SealWritten::Sealed => 0,
                    SealWritten::Open => ShortStatus::OPENED | ShortStatus::TAMPERED,
                    SealWritten::Tampered => ShortStatus::TAMPERED,
                };
                Ok(Sign::Seal(seal, ShortStatus(status)))
            }
        }
    }
}

fn card(uid: &str, text: Option<&str>, block: u8) -> Result<Card, (&'static str, String)> {
    let bytes = hex::decode(uid).unwrap_or_default();
    let card = match bytes.as_slice() {
        [a, b, c, d] => Card::classic([*a, *b, *c, *d]),
        [a, b, c, d, e, f, g] => Card::ntag([*a, *b, *c, *d, *e, *f, *g]),
        // Triple size, memory as a Classic card.
        ten if ten.len() == 10 => Card::new(0x0084, 0x08, ten, None),
        _ => return Err(("card.uid", format!("{uid:?} is not 4, 7 or 10 bytes of hex"))),
    };
    let Some(text) = text else { return Ok(card) };
    let mut data = [0; BLOCK];
    match data.get_mut(..text.len()).filter(|_| text.is_ascii()) {
        Some(written) => written.copy_from_slice(text.as_bytes()),
        None => return Err(("card.text", format!("{text:?} is not at most {BLOCK} characters of ASCII"))),
    }
    Ok(card.written(block, data))
}

impl Sign {
    /// What kind of thing it is, as the witness says it.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Tag(_) => "tag",
            Self::Card(_) => "card",
            Self::Label(_) => "label",
            Self::Seal(..) => "seal",
            Self::Plate { .. } => "plate",
        }
    }

    /// What tells it from others of its kind.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Tag(tag) => tag.epc_hex(),
            Self::Card(card) => hex::encode_upper(card.uid()),
            Self::Label(label) => {
                let data = label.data(protocols::barcode::charset::Charset::Utf8);
                String::from_utf8_lossy(&data).into_owned()
            }
            Self::Seal(seal, _) => seal.to_string(),
            Self::Plate { text, .. } => text.clone(),
        }
    }

    /// Whether it is the same thing, whatever else is told of it.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tag(one), Self::Tag(two)) => one.epc() == two.epc(),
            (Self::Card(one), Self::Card(two)) => one.uid() == two.uid(),
            (Self::Label(one), Self::Label(two)) => one == two,
            (Self::Seal(one, _), Self::Seal(two, _)) => one == two,
            (Self::Plate { text: one, .. }, Self::Plate { text: two, .. }) => one == two,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Sign, SignPlan};

    fn sign(text: &str) -> Result<Sign, String> {
        let plan: SignPlan = serde_json::from_str(text).map_err(|error| error.to_string())?;
        plan.sign().map_err(|(key, why)| format!("{key}: {why}"))
    }

    #[test]
    fn each_kind_is_read_and_named() {
        for (text, what, key) in [
            (r#"{"tag":{"epc":"e280aa"}}"#, "tag", "E280AA"),
            (r#"{"card":{"uid":"04a1b2c3d4e5f6"}}"#, "card", "04A1B2C3D4E5F6"),
            (r#"{"card":{"uid":"01020304","text":"5201900012345","block":4}}"#, "card", "01020304"),
            (r#"{"card":{"uid":"0102030405060708090A"}}"#, "card", "0102030405060708090A"),
            (r#"{"label":{"text":"9K2M"}}"#, "label", "9K2M"),
            (r#"{"label":{"text":"提单","aim":"Q1"}}"#, "label", "提单"),
            (r#"{"plate":{"text":"蒙LK8216"}}"#, "plate", "蒙LK8216"),
        ] {
            let sign = sign(text).expect(text);
            assert_eq!((sign.what(), sign.key().as_str()), (what, key));
        }
    }

    #[test]
    fn what_cannot_be_is_told_with_its_key() {
        for (text, message) in [
            (r#"{"tag":{"epc":"xyz"}}"#, "tag.epc: \"xyz\" is not 1 to 62 bytes of hex"),
            (r#"{"card":{"uid":"0102"}}"#, "card.uid: \"0102\" is not 4, 7 or 10 bytes of hex"),
            (r#"{"card":{"uid":"01020304","text":"seventeen letters"}}"#, "card.text: "),
            (r#"{"label":{"text":"x","aim":"C"}}"#, "label.aim: "),
            (r#"{"seal":{"number":"12"}}"#, "seal.number: "),
            (r#"{"tag":{"epc":"E2","rssi":3}}"#, "unknown field `rssi`"),
            (r#"{"plate":{"text":"x","permille":1001}}"#, "plate.permille: 1001 is more than 1000"),
            (r#"{"face":{"text":"x"}}"#, "unknown variant `face`"),
        ] {
            let error = sign(text).expect_err(text);
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
