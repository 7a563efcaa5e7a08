//! A reader of any medium that speaks Kakou's own form: cards, bar codes, plates, tags.
//! Promises: a key that goes wrong is still a key of its medium, so that only its content betrays it.
//! Source: `contract` section 4.

use super::teller::Teller;
use super::{Knobs, Publish};
use alloc::string::String;
use alloc::vec::Vec;
use protocols::contract::UtcMillis;
use protocols::ids::{MediumKey, MediumType};
use protocols::mqtt::kakou::{Payload, Read};
use protocols::mqtt::topic::Address;

/// 读写器: one reader at its place.
#[derive(Clone, Debug)]
pub struct MediumReader {
    address: Address,
    teller: Teller,
}

impl MediumReader {
    /// A reader whose event names are counted from `seed`.
    #[must_use]
    pub const fn new(address: Address, seed: u64) -> Self {
        Self { address, teller: Teller::new(seed) }
    }

    /// What goes wrong in it.
    pub const fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.teller.knobs
    }

    /// A medium is held before it.
    pub fn read(
        &mut self,
        medium_type: MediumType,
        key: &MediumKey,
        confidence_permille: Option<u16>,
        now: UtcMillis,
    ) -> Vec<Publish> {
        let address = self.address.clone();
        self.teller.tell(|teller| {
            let wrong = teller.knobs.wrong.then(|| misread(key.as_str()));
            let wrong = wrong.and_then(|text| MediumKey::read(medium_type, &text).ok());
            let payload = Payload::Read(Read {
                id: teller.id(),
                medium_type,
                medium_key: wrong.unwrap_or_else(|| key.clone()),
                at: teller.clock(now),
                confidence_permille,
            });
            Publish::ours(&address, &payload)
        })
    }

    /// Publishes what was held back.
    pub fn release(&mut self) -> Vec<Publish> {
        self.teller.release()
    }
}

/// The text with its last character read as another one of its kind.
pub(super) fn misread(text: &str) -> String {
    let mut text: String = text.into();
    let other = match text.pop() {
        Some('8') => '3',
        Some(last) if last.is_ascii_digit() => '8',
        Some('B') => 'D',
        Some(_) => 'B',
        None => return text,
    };
    text.push(other);
    text
}
