//! What the readers saw of one vehicle.
//! Promises: the same reads in any order make the same evidence; one medium read a hundred times is one medium.

use protocols::{
    contract::{ReadValue, Reads},
    ids::{MediumKey, MediumType},
    tick::Tick,
};

/// 介质读数: one identity that a reader reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// Which kind.
    pub medium_type: MediumType,
    /// Its key by `contract` section 2.
    pub key: MediumKey,
    /// The reading as it came, when it differs from the key.
    pub raw: Option<Box<str>>,
    /// Which device of the lane.
    pub device: Box<str>,
    /// TID of an electronic plate, evidence only.
    pub tid: Option<Box<str>>,
    /// The device's confidence in thousandths, if it gives one.
    pub confidence: Option<u16>,
    /// When it last arrived here.
    pub at: Tick,
}

impl Medium {
    fn as_read(&self) -> ReadValue {
        ReadValue {
            value: self.key.as_str().to_owned(),
            confidence: self.confidence,
            raw: self.raw.as_deref().map(ToOwned::to_owned),
            device: Some(self.device.as_ref().to_owned()),
            tid: self.tid.as_deref().map(ToOwned::to_owned),
        }
    }
}

/// Everything read of one vehicle, each medium once, in the order of type and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    media: Vec<Medium>,
}

impl Evidence {
    /// More different media than this belong to no one vehicle; the lane stops listening rather than growing (fault D4).
    pub const MOST_MEDIA: usize = 32;

    /// Takes a reading in. True when it says something new.
    pub fn add(&mut self, read: Medium) -> bool {
        let key = |medium: &Medium| (medium.medium_type, medium.key.clone());
        match self.media.binary_search_by_key(&key(&read), key) {
            Ok(known) => {
                if let Some(medium) = self.media.get_mut(known) {
                    medium.at = medium.at.max(read.at);
                    if medium.tid.is_none() {
                        medium.tid = read.tid;
                    }
                }
                false
            }
            Err(_) if self.media.len() >= Self::MOST_MEDIA => false,
            Err(place) => {
                self.media.insert(place, read);
                true
            }
        }
    }

    /// Drops readings that arrived before `oldest`.
    pub fn forget_before(&mut self, oldest: Tick) {
        self.media.retain(|medium| medium.at >= oldest);
    }

    /// The media, in the order of type and key.
    #[must_use]
    pub fn media(&self) -> &[Medium] {
        &self.media
    }

    /// True when nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.media.is_empty()
    }

    /// The event's form; of several media of one type the matched one stands in front, the rest under `others`.
    #[must_use]
    pub fn as_reads(&self, matched: Option<&MediumKey>) -> Reads {
        let mut reads = Reads::default();
        let mut ordered: Vec<&Medium> = self.media.iter().collect();
        ordered.sort_by_key(|medium| matched != Some(&medium.key));
        for medium in ordered {
            let place = match medium.medium_type {
                MediumType::Plate => &mut reads.plate,
                MediumType::ElectronicPlate => &mut reads.e_plate,
                MediumType::IcCard => &mut reads.ic_card,
                MediumType::BarCode => &mut reads.barcode,
            };
            match place {
                None => *place = Some(medium.as_read()),
                Some(_) => reads.others.push(medium.as_read()),
            }
        }
        reads
    }
}
