//! Bytes to medium keys: once, by rule, with the raw value kept beside.
//! Source: `contract` section 2; domain page on identifiers, section 14 (made-up numbers).

use std::time::Duration;

use protocols::{
    ids::{ContainerNo, MediumError, MediumKey, MediumType, SealNo, normalise},
    talk::{Identity, SealState},
};

use crate::decision::Standing;

/// 卡号形式: how this yard writes card numbers (`ic_key_form`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IcKeyForm {
    /// Bytes in the order of the reader's page, upper-case hex.
    #[default]
    UidHex,
    /// The same bytes as one decimal number, the first byte weightiest, with ten digits at least, as readers show it.
    UidDec,
    /// Facility and number of a Wiegand frame, as decimal.
    Wiegand,
    /// The number that stands in the card's memory.
    Text,
}

impl IcKeyForm {
    /// The form of this name; an unknown one is the default's, which the centre's own check keeps from happening.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "uid_dec" => Self::UidDec,
            "wiegand" => Self::Wiegand,
            "text" => Self::Text,
            _ => Self::UidHex,
        }
    }
}

/// What an identity is for a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A medium with its key; the reading as it came, where that differs.
    Medium(MediumType, MediumKey, Option<Box<str>>),
    /// A box.
    Container(ContainerNo),
    /// A seal.
    Seal(SealNo, SealState),
}

/// Why a report is no reading. Counted and shown, never guessed at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is no key of its medium.
    #[error("it is no key: {0}")]
    Key(#[from] MediumError),
    /// The box number has not the shape of one.
    #[error("{0:?} is no container number")]
    Container(Box<str>),
    /// The seal number has not the shape of one.
    #[error("{0:?} is no seal number")]
    Seal(Box<str>),
    /// This yard writes card numbers in another form than this reader tells.
    #[error("a card number of this kind is not this yard's form")]
    Form,
}

/// What an identity that was seen so long ago may carry: nothing where the card made its number up for this once, as telephones do,
/// and nothing where the device says that it is old.
#[must_use]
pub fn standing(identity: &Identity, age: Duration, max_read_age: Duration) -> Standing {
    match identity {
        Identity::Uid(uid) if uid.is_random() => Standing::MadeUp,
        _ if age > max_read_age => Standing::Late,
        _ => Standing::Counts,
    }
}

/// The reading that an identity is.
///
/// # Errors
/// [`KeyError`].
pub fn seen(identity: &Identity, form: IcKeyForm) -> Result<Seen, KeyError> {
    let medium = |medium_type: MediumType, text: &str, raw: Option<&str>| {
        let key = MediumKey::read(medium_type, text)?;
        let raw = raw.filter(|raw| *raw != key.as_str()).map(Into::into);
        Ok(Seen::Medium(medium_type, key, raw))
    };
    match identity {
        Identity::Epc(epc) => {
            let text: String = epc.iter().map(|byte| format!("{byte:02X}")).collect();
            medium(MediumType::ElectronicPlate, &text, None)
        }
        Identity::Uid(uid) => match form {
            IcKeyForm::UidHex => medium(MediumType::IcCard, uid.as_str(), None),
            IcKeyForm::UidDec => {
                // Ten bytes are less than 2^80.
                let number = u128::from_str_radix(uid.as_str(), 16).map_err(|_| KeyError::Form)?;
                medium(MediumType::IcCard, &format!("{number:010}"), Some(uid.as_str()))
            }
            IcKeyForm::Wiegand | IcKeyForm::Text => Err(KeyError::Form),
        },
        Identity::CardText(text) => match form {
            IcKeyForm::Text => medium(MediumType::IcCard, text, Some(text)),
            IcKeyForm::UidHex | IcKeyForm::UidDec | IcKeyForm::Wiegand => Err(KeyError::Form),
        },
        Identity::Wiegand { facility, number, .. } => match form {
            IcKeyForm::Wiegand => medium(MediumType::IcCard, &format!("{facility}{number:05}"), None),
            IcKeyForm::UidHex | IcKeyForm::UidDec | IcKeyForm::Text => Err(KeyError::Form),
        },
        Identity::Code { text, raw } => medium(MediumType::BarCode, text, Some(raw)),
        Identity::Plate(text) => medium(MediumType::Plate, text, Some(text)),
        Identity::Container(text) => ContainerNo::parse(&normalise::key(text))
            .map(Seen::Container)
            .map_err(|_| KeyError::Container(text.as_str().into())),
        Identity::Seal { number, state } => SealNo::parse(&normalise::key(number))
            .map(|number| Seen::Seal(number, *state))
            .map_err(|_| KeyError::Seal(number.as_str().into())),
    }
}
