//! What the readers saw of one vehicle.
//! Promises: the same readings in any order make the same evidence; one medium read a hundred times is one medium; bounded.
//! Absent on purpose: which reading belongs to which lane (`fusion`), comparing with a record (`compare`).
//! Source: `gate-practice` section 2; fault D4 (bounds), fault D5 (several identities in one field).

use protocols::{
    barcode::slip::{SlipKey, SlipKeyError},
    contract::{ReadValue, Reads},
    ids::{MediumKey, MediumType, TripNo},
    tick::Tick,
};

use super::{
    plates,
    reading::{Container, Gross, Medium, Reading, Seal, Standing, Weighed},
};

/// One medium, and how surely it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its newest reading, with the best of what the others told.
    pub medium: Medium,
    /// Sum of confidence, in thousandths; a reading without one counts as certain.
    pub sureness: u32,
    /// It was read with two different chip numbers.
    pub is_copied: bool,
}

/// Everything read of one vehicle, each thing once, in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    media: Vec<Heard>,
    containers: Vec<Container>,
    seals: Vec<Seal>,
    weighed: Option<Weighed>,
}

impl Heard {
    fn of(medium: Medium) -> Self {
        let sureness = u32::from(medium.confidence.unwrap_or(1000));
        Self { medium, sureness, is_copied: false }
    }

    /// Takes another reading of the same medium in. True when it changes what the medium may carry.
    fn hear(&mut self, read: Medium) -> bool {
        self.sureness = self.sureness.saturating_add(u32::from(read.confidence.unwrap_or(1000)));
        let known = &mut self.medium;
        let was = (known.standing, self.is_copied);
        self.is_copied |= known.tid.is_some() && read.tid.is_some() && known.tid != read.tid;
        // Of two chip numbers the smaller is kept, so that the order of reading leaves no trace.
        known.tid = match (known.tid.take(), read.tid) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        known.confidence = known.confidence.max(read.confidence);
        let standing = match (known.standing, read.standing) {
            // A buffered report takes nothing from a fresh one, whichever comes first (fault D8).
            (Standing::Late, other) => other,
            (known, Standing::Late) => known,
            (_, other) => other,
        };
        known.standing = match read.at.cmp(&known.at) {
            std::cmp::Ordering::Greater => standing,
            std::cmp::Ordering::Equal
                if known.standing == Standing::Late || read.standing == Standing::Late =>
            {
                standing
            }
            std::cmp::Ordering::Equal => known.standing.max(read.standing),
            std::cmp::Ordering::Less if known.standing == Standing::Late => read.standing,
            std::cmp::Ordering::Less => known.standing,
        };
        if (read.looks, read.signal) > (known.looks, known.signal) {
            (known.looks, known.signal) = (read.looks, read.signal);
        }
        if (read.at, &read.device) > (known.at, &known.device) {
            (known.at, known.device, known.raw) = (read.at, read.device, read.raw);
        }
        was != (known.standing, self.is_copied)
    }

    fn as_read(&self) -> ReadValue {
        let medium = &self.medium;
        ReadValue {
            value: medium.key.as_str().to_owned(),
            confidence: medium.confidence,
            raw: medium.raw.as_deref().map(ToOwned::to_owned),
            device: Some(medium.device.as_ref().to_owned()),
            tid: medium.tid.as_deref().map(ToOwned::to_owned),
        }
    }
}

impl Evidence {
    /// More different things than this belong to no one vehicle; the lane stops listening rather than growing (fault D4).
    pub const MOST_MEDIA: usize = 32;

    /// What a record has kept, in the order in which it was kept.
    pub(super) fn of_record(
        media: Vec<Heard>,
        containers: Vec<Container>,
        seals: Vec<Seal>,
        weighed: Option<Weighed>,
    ) -> Self {
        Self { media, containers, seals, weighed }
    }

    /// Takes a reading in. True when it says something new.
    pub fn add(&mut self, read: Reading) -> bool {
        match read {
            Reading::Medium(medium) => self.add_medium(medium),
            Reading::Container(read) => {
                let place = self.containers.binary_search_by_key(&read.number, |known| known.number);
                insert(&mut self.containers, place, read, |known, read| {
                    known.confidence = known.confidence.max(read.confidence);
                    known.at = known.at.max(read.at);
                    let said = known.by_hand;
                    known.by_hand |= read.by_hand;
                    said != known.by_hand
                })
            }
            Reading::Seal(read) => {
                let place = self.seals.binary_search_by(|known| known.number.cmp(&read.number));
                insert(&mut self.seals, place, read, |known, read| {
                    // The newest word about a seal counts; at one moment the worse one.
                    let newer = (read.at, read.state) > (known.at, known.state);
                    let changes = newer && read.state != known.state;
                    if newer {
                        *known = read;
                    }
                    changes
                })
            }
            Reading::Weight(read) => {
                let newer = |known: &Weighed| {
                    (read.by_hand, read.at, read.state) > (known.by_hand, known.at, known.state)
                };
                let is_news = self.weighed.as_ref().is_none_or(|known| known.state != read.state);
                let takes = self.weighed.as_ref().is_none_or(newer);
                if takes {
                    self.weighed = Some(read);
                }
                takes && is_news
            }
        }
    }

    fn add_medium(&mut self, read: Medium) -> bool {
        let key = |heard: &Heard| (heard.medium.medium_type, heard.medium.key.clone());
        match self.media.binary_search_by_key(&(read.medium_type, read.key.clone()), key) {
            Ok(known) => {
                let is_plate = read.medium_type == MediumType::Plate;
                let before = is_plate.then(|| self.clear_plates());
                let changed = self.media.get_mut(known).is_some_and(|heard| heard.hear(read));
                // One more frame may make a plate clear that was not.
                changed || before.is_some_and(|before| before != self.clear_plates())
            }
            Err(_) if self.media.len() >= Self::MOST_MEDIA => false,
            Err(place) => {
                self.media.insert(place, Heard::of(read));
                true
            }
        }
    }

    /// What a person typed takes the place of what devices read of that kind; what they read stays in the record.
    pub fn correct(&mut self, corrected: Vec<Reading>, replaces: Kind) {
        match replaces {
            Kind::Medium(_) => {}
            Kind::Containers => self.containers.clear(),
            Kind::Seals => self.seals.clear(),
            Kind::Weight => self.weighed = None,
        }
        for read in corrected {
            self.add(read);
        }
    }

    /// Drops readings that arrived before `oldest`.
    pub fn forget_before(&mut self, oldest: Tick) {
        self.media.retain(|heard| heard.medium.at >= oldest);
        self.containers.retain(|read| read.at >= oldest);
        self.seals.retain(|read| read.at >= oldest);
        self.weighed.take_if(|read| read.at < oldest);
    }

    /// Keeps what `keep` says, such as what is not of the vehicle before.
    pub fn retain_media(&mut self, mut keep: impl FnMut(&Medium) -> bool) {
        self.media.retain(|heard| keep(&heard.medium));
    }

    /// The media, in the order of type and key.
    #[must_use]
    pub fn media(&self) -> &[Heard] {
        &self.media
    }

    /// The boxes, in order.
    #[must_use]
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// The seals, in order.
    #[must_use]
    pub fn seals(&self) -> &[Seal] {
        &self.seals
    }

    /// What the scale said last.
    #[must_use]
    pub fn weighed(&self) -> Option<&Weighed> {
        self.weighed.as_ref()
    }

    /// What may be looked up: every medium but numbers that a card made up.
    pub fn keys(&self) -> impl Iterator<Item = (MediumType, MediumKey)> {
        let media = self.media.iter().map(|heard| &heard.medium);
        let known = media.filter(|medium| medium.standing != Standing::MadeUp);
        known.map(|medium| (medium.medium_type, medium.key.clone()))
    }

    /// Numbers that a card made up.
    pub fn made_up(&self) -> impl Iterator<Item = &MediumKey> {
        let media = self.media.iter().map(|heard| &heard.medium);
        media.filter(|medium| medium.standing == Standing::MadeUp).map(|medium| &medium.key)
    }

    /// True when nothing was read that could identify a vehicle.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.media.is_empty()
    }

    /// Whether a medium may open: fusion and its own history leave no doubt, and no person has typed another of its type.
    #[must_use]
    pub fn may_open(&self, heard: &Heard) -> bool {
        let medium = &heard.medium;
        if medium.standing == Standing::ByHand {
            return true;
        }
        medium.standing == Standing::Counts
            && !heard.is_copied
            && !self.is_replaced(heard)
            && (medium.medium_type != MediumType::Plate || plates::is_clear(heard, &self.media))
    }

    /// Whether a person has typed another medium of this type, so that this reading is only kept.
    #[must_use]
    pub fn is_replaced(&self, heard: &Heard) -> bool {
        let typed = |other: &Heard| {
            other.medium.medium_type == heard.medium.medium_type && other.medium.standing == Standing::ByHand
        };
        heard.medium.standing != Standing::ByHand && self.media.iter().any(typed)
    }

    /// 车次单: trip numbers that a scanner read off slips. Evidence and a look-up, never a match (SG-219).
    pub fn slips(&self) -> impl Iterator<Item = TripNo> {
        let codes = self.media.iter().filter(|heard| heard.medium.medium_type == MediumType::BarCode);
        codes.filter_map(|heard| TripNo::parse(heard.medium.key.as_str()).ok())
    }

    /// Codes with the shape of our slips' keys whose check character is wrong. They may be somebody's own numbers all the same.
    pub fn misread_slips(&self) -> impl Iterator<Item = &MediumKey> {
        let codes = self.media.iter().filter(|heard| heard.medium.medium_type == MediumType::BarCode);
        let is_misread =
            |key: &&MediumKey| SlipKey::parse(key.as_str()).is_err_and(|error| error == SlipKeyError::Check);
        codes.map(|heard| &heard.medium.key).filter(is_misread)
    }

    fn clear_plates(&self) -> Vec<MediumKey> {
        let is_clear_plate = |heard: &&Heard| {
            heard.medium.medium_type == MediumType::Plate && plates::is_clear(heard, &self.media)
        };
        self.media.iter().filter(is_clear_plate).map(|heard| heard.medium.key.clone()).collect()
    }

    /// The event's form; of several media of one type the matched one stands in front, the rest under `others`.
    #[must_use]
    pub fn as_reads(&self, matched: Option<&MediumKey>) -> Reads {
        let mut reads = Reads::default();
        let mut ordered: Vec<&Heard> = self.media.iter().collect();
        ordered.sort_by_key(|heard| (matched != Some(&heard.medium.key), !self.may_open(heard)));
        for heard in ordered {
            let place = match heard.medium.medium_type {
                MediumType::Plate => &mut reads.plate,
                MediumType::ElectronicPlate => &mut reads.e_plate,
                MediumType::IcCard => &mut reads.ic_card,
                MediumType::BarCode => &mut reads.barcode,
            };
            match place {
                None => *place = Some(heard.as_read()),
                Some(_) => reads.others.push(heard.as_read()),
            }
        }
        let read = |value: &str, confidence: Option<u16>, device: &str| ReadValue {
            value: value.to_owned(),
            confidence,
            device: Some(device.to_owned()),
            ..ReadValue::default()
        };
        let container = |seen: &Container| read(seen.number.as_str(), seen.confidence, &seen.device);
        reads.containers = self.containers.iter().map(container).collect();
        reads.seals = self.seals.iter().map(|seen| read(seen.number.as_str(), None, &seen.device)).collect();
        reads.gross_kg = match self.weighed.as_ref().map(|weighed| weighed.state) {
            Some(Gross::Stable(kg)) => Some(kg),
            Some(Gross::Unstable | Gross::None) | None => None,
        };
        reads
    }
}

/// What a correction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Media of one type.
    Medium(MediumType),
    /// Boxes.
    Containers,
    /// Seals.
    Seals,
    /// The weight.
    Weight,
}

/// Puts a reading in its place, or joins it to the one that stands there; true when that says something new.
fn insert<T>(
    list: &mut Vec<T>,
    place: Result<usize, usize>,
    read: T,
    join: impl FnOnce(&mut T, T) -> bool,
) -> bool {
    match place {
        Ok(known) => list.get_mut(known).is_some_and(|known| join(known, read)),
        Err(_) if list.len() >= Evidence::MOST_MEDIA => false,
        Err(place) => {
            list.insert(place, read);
            true
        }
    }
}
