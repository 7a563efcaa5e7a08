//! What all dialects become: one fact, who told it under which number, and when that was.
//! Promises: a sighting's age is the report's age; what a device marks as buffered is never fresh.
//! Absent: the rule which key a sighting becomes (`contract` section 2), which the gate knows.
//! Source: MQTT readers page, sections 1 and 6 (normalisation).

use alloc::boxed::Box;

use super::kakou::State;
use super::stamp::{NEVER_FRESH, age_ms};
use crate::contract::UtcMillis;
use crate::talk::{Identity, Sighting, WeightReading};

/// What a device told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Something identified itself.
    Seen(Sighting),
    /// 无牌车: a vehicle whose plate the camera could not read, or that has none.
    NoPlate,
    /// A weight.
    Weight(WeightReading),
    /// A loop is occupied, or free.
    Loop {
        /// Whether a vehicle is there.
        occupied: bool,
    },
    /// An input of the reader changed.
    Input {
        /// Which, as the reader counts.
        pin: u8,
        /// Its level.
        high: bool,
    },
    /// Answers and position of an actuator.
    State(State),
    /// The device says that it is there, or its last will says that it is not.
    Online(bool),
    /// A heartbeat.
    Alive,
    /// So many events of this device never came.
    Missed(u64),
    /// Something that no lane needs; what it calls itself, for a person.
    Other(Box<str>),
}

/// 上报: one fact with its circumstances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What.
    pub fact: Fact,
    /// What the payload calls its sender, if it does: serial number, host name or camera.
    pub sender: Option<Box<str>>,
    /// The device's own name for the event. A camera tells one event again when it reads better.
    pub id: Option<Box<str>>,
    /// The device's running number, where gaps in it mean loss.
    pub number: Option<u64>,
    /// When it happened by the device's clock.
    pub at: Option<UtcMillis>,
    /// How long before its arrival that was; see [`NEVER_FRESH`].
    pub age_ms: Option<u64>,
}

impl Report {
    /// A fact and nothing beside it.
    pub(super) const fn of(fact: Fact) -> Self {
        Self { fact, sender: None, id: None, number: None, at: None, age_ms: None }
    }

    /// An identity that was seen.
    pub(super) const fn seen(identity: Identity) -> Self {
        Self::of(Fact::Seen(Sighting::of(identity)))
    }

    /// The same, told by that device.
    pub(super) fn by(self, sender: Option<&str>) -> Self {
        Self { sender: kept(sender), ..self }
    }

    /// The same, under the device's own name for it.
    pub(super) fn named(self, id: Option<&str>) -> Self {
        Self { id: kept(id), ..self }
    }

    /// The same, at that time of the device's clock.
    pub(super) fn dated(self, at: Option<UtcMillis>, received: UtcMillis) -> Self {
        let age_ms = at.map(|at| age_ms(at, received));
        Self { at, ..self.aged(age_ms) }
    }

    /// The same, told from the device's buffer.
    pub(super) fn buffered(self) -> Self {
        self.aged(Some(NEVER_FRESH))
    }

    fn aged(mut self, age_ms: Option<u64>) -> Self {
        self.age_ms = age_ms;
        if let Fact::Seen(sighting) = &mut self.fact {
            sighting.age_ms = age_ms;
        }
        self
    }

    /// The sighting, to complete it.
    pub(super) fn sighting(&mut self) -> Option<&mut Sighting> {
        match &mut self.fact {
            Fact::Seen(sighting) => Some(sighting),
            _ => None,
        }
    }
}

/// A name, unless it is empty.
fn kept(name: Option<&str>) -> Option<Box<str>> {
    name.filter(|name| !name.is_empty()).map(Box::from)
}
