//! Kakou's own form, for readers and actuators that have none: six payloads, each read and written here.
//! Promises: what is written reads back as the same value; members that are not known are ignored, those that are must
//! have their type and length; weights are exact; a command is never taken from the broker's memory.
//! Chosen where the contract is silent: `state` is `{"position","answer":{"id","done","why"},"at"}` with position
//! `open`, `closed`, `between` or `unknown`; an IC card's key comes as the device made it, so it is taken as text.
//! Rules for change: as in `contract`: members are added, never renamed; new ones are optional.
//! Source: `contract` section 4.

mod form;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use super::refusal::Refusal;
use super::report::{Fact, Report};
use super::topic::{Channel, Topic};
use super::{Message, json};
use crate::contract::{Kg, UtcMillis};
use crate::ids::{MediumKey, MediumType};
use crate::talk::{Identity, WeightReading};

/// Longest text on a display, characters.
pub const TEXT_LONGEST: usize = 128;

/// The name of one event or command: a UUID, lower case, so that a repetition is known as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Box<str>);

impl EventId {
    /// Takes 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut groups = text.split('-');
        let shaped = [8, 4, 4, 4, 12].into_iter().all(|digits| {
            let hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
            groups.next().is_some_and(|group| group.len() == digits && hex(group))
        });
        (shaped && groups.next().is_none()).then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// The name of so many bits.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        let digits = format!("{bits:032x}");
        let mut text = String::with_capacity(36);
        for (place, digit) in digits.chars().enumerate() {
            if matches!(place, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(digit);
        }
        Self(text.into())
    }

    /// The 36 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A medium that a reader read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The event's name.
    pub id: EventId,
    /// Which medium.
    pub medium_type: MediumType,
    /// Its key, normalised.
    pub medium_key: MediumKey,
    /// When it was read.
    pub at: UtcMillis,
    /// How sure the reader is, thousandths.
    pub confidence_permille: Option<u16>,
}

/// A weight that a scale found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The event's name.
    pub id: EventId,
    /// Kilograms.
    pub kg: Kg,
    /// Whether the platform is at rest.
    pub stable: bool,
    /// When it was weighed.
    pub at: UtcMillis,
}

/// A loop that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// The event's name.
    pub id: EventId,
    /// Whether a vehicle is there.
    pub occupied: bool,
    /// When it changed.
    pub at: UtcMillis,
}

/// What an actuator is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Raise the arm.
    Raise,
    /// Lower the arm.
    Lower,
    /// Red light.
    Red,
    /// Green light.
    Green,
    /// Show this text, at most 128 characters.
    Text(Box<str>),
}

/// 命令: one order, under a name by which its answer is known and its repetition is not obeyed twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The command's name.
    pub id: EventId,
    /// What to do.
    pub order: Order,
}

/// Where an actuator is, from its own switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// At the open limit.
    Open,
    /// At the closed limit.
    Closed,
    /// On its way, or stuck there.
    Between,
    /// It cannot tell, or has none.
    Unknown,
}

/// 应答: what became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The command's name.
    pub id: EventId,
    /// Whether it was done.
    pub done: bool,
    /// Why not, for a person.
    pub why: Option<Box<str>>,
}

/// How an actuator is, and what it last answered; kept by the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Where it is.
    pub position: Position,
    /// Its last answer.
    pub answer: Option<Answer>,
    /// Since when.
    pub at: UtcMillis,
}

/// What a message of our form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// On `read`.
    Read(Read),
    /// On `weight`.
    Weight(Weight),
    /// On `loop`.
    Loop(Loop),
    /// On `cmd`.
    Command(Command),
    /// On `state`.
    State(State),
    /// On `online`: a plain `1` or `0`.
    Online(bool),
}

impl Payload {
    /// Reads a payload of that channel; for a whole message see [`Payload::take`].
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(channel: Channel, payload: &[u8]) -> Result<Self, Refusal> {
        match channel {
            Channel::Read => json::one(payload, form::read).map(Self::Read),
            Channel::Weight => json::one(payload, form::weight).map(Self::Weight),
            Channel::Loop => json::one(payload, form::occupancy).map(Self::Loop),
            Channel::Command => json::one(payload, form::command).map(Self::Command),
            Channel::State => json::one(payload, form::state).map(Self::State),
            Channel::Online => match payload {
                b"1" => Ok(Self::Online(true)),
                b"0" => Ok(Self::Online(false)),
                _ => Err(Refusal::Field { name: "online", rule: "1 or 0" }),
            },
        }
    }

    /// What a message says, and for whom: its length, its topic and whether the broker may have kept it are checked.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn take(message: &Message<'_>, limit: usize) -> Result<(Topic, Self), Refusal> {
        message.measure(limit)?;
        let topic = Topic::parse(message.topic)?;
        if !topic.channel.retained() {
            message.happened()?;
        }
        let payload = Self::parse(topic.channel, message.payload)?;
        Ok((topic, payload))
    }

    /// Where it belongs.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Read(_) => Channel::Read,
            Self::Weight(_) => Channel::Weight,
            Self::Loop(_) => Channel::Loop,
            Self::Command(_) => Channel::Command,
            Self::State(_) => Channel::State,
            Self::Online(_) => Channel::Online,
        }
    }

    /// The bytes to publish.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let object = match self {
            Self::Online(there) => return Vec::from(if *there { *b"1" } else { *b"0" }),
            Self::Read(read) => read.members(),
            Self::Weight(weight) => weight.members(),
            Self::Loop(change) => change.members(),
            Self::Command(command) => command.members(),
            Self::State(state) => state.members(),
        };
        object.to_string().into_bytes()
    }
}

/// What a device says, as a fact for a lane.
pub(super) fn decode(message: &Message<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    // `decode` of the whole folder has measured it.
    let (_, payload) = Payload::take(message, usize::MAX)?;
    let (fact, id, at) = match payload {
        Payload::Read(read) => return read.report(received),
        Payload::Weight(Weight { id, kg, stable, at }) => {
            let raw = message.payload.into();
            (Fact::Weight(WeightReading { value: Ok(kg), stable, net: None, raw }), id, at)
        }
        Payload::Loop(Loop { id, occupied, at }) => (Fact::Loop { occupied }, id, at),
        Payload::State(state) => {
            let at = state.at;
            return Ok(Report::of(Fact::State(state)).dated(Some(at), received));
        }
        Payload::Online(there) => return Ok(Report::of(Fact::Online(there))),
        Payload::Command(_) => return Err(Refusal::WrongWay),
    };
    Ok(Report::of(fact).named(Some(id.as_str())).dated(Some(at), received))
}

impl Read {
    fn report(self, received: UtcMillis) -> Result<Report, Refusal> {
        let text = self.medium_key.as_str();
        let identity = match self.medium_type {
            MediumType::ElectronicPlate => Identity::Epc(form::epc(text)?),
            MediumType::IcCard => Identity::CardText(text.into()),
            MediumType::BarCode => Identity::Code { text: text.into(), raw: text.into() },
            MediumType::Plate => Identity::Plate(text.into()),
        };
        let mut report = Report::seen(identity);
        if let Some(sighting) = report.sighting() {
            sighting.confidence_permille = self.confidence_permille;
        }
        Ok(report.named(Some(self.id.as_str())).dated(Some(self.at), received))
    }
}

impl Position {
    const ALL: [Self; 4] = [Self::Open, Self::Closed, Self::Between, Self::Unknown];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Between => "between",
            Self::Unknown => "unknown",
        }
    }
}
