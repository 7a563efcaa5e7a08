//! Topics of Kakou's own form as types that map both ways, and what to subscribe for them.
//! Promises: a topic is text and back without loss; a filter matches exactly the topics that a broker would deliver
//! for its text.
//! Absent: vendors' topics (each beside its vendor); rights by topic, which a broker keeps.
//! Source: `contract` section 4; MQTT 3.1.1, section 4.7.

use core::fmt;
use core::str::FromStr;

use crate::ids::{DeviceName, GateId, LaneId, NameError};

/// What all topics begin with: whose they are, and the version of the form.
const PREFIX: [&str; 2] = ["kakou", "v1"];

/// Why a text is no topic, or no filter, of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Other levels, or another number of them.
    #[error("must be kakou/v1/gate/lane/device/channel")]
    Levels,
    /// The last level is none of ours.
    #[error("channel must be read, weight, loop, cmd, state or online")]
    Channel,
    /// Gate, lane or device cannot be called so.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// The last level: what is said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A medium was read.
    Read,
    /// A weight.
    Weight,
    /// A loop changed.
    Loop,
    /// What the agent asks for.
    Command,
    /// Answers and position; retained.
    State,
    /// Whether the device is there; retained, and the last will.
    Online,
}

impl Channel {
    /// All channels, in the contract's order.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Weight, Self::Loop, Self::Command, Self::State, Self::Online];

    /// The level's text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Weight => "weight",
            Self::Loop => "loop",
            Self::Command => "cmd",
            Self::State => "state",
            Self::Online => "online",
        }
    }

    /// Whether the broker keeps the last message: what is so, never what happened.
    #[must_use]
    pub const fn retained(self) -> bool {
        match self {
            Self::State | Self::Online => true,
            Self::Read | Self::Weight | Self::Loop | Self::Command => false,
        }
    }

    fn parse(text: &str) -> Result<Self, TopicError> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text).ok_or(TopicError::Channel)
    }
}

/// Which device of which lane of which gate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The gate.
    pub gate: GateId,
    /// The lane.
    pub lane: LaneId,
    /// The device.
    pub device: DeviceName,
}

impl Address {
    /// This device's topic for `channel`.
    #[must_use]
    pub fn topic(&self, channel: Channel) -> Topic {
        Topic { address: self.clone(), channel }
    }
}

/// 主题: one topic of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    /// Whose.
    pub address: Address,
    /// What is said there.
    pub channel: Channel,
}

impl Topic {
    /// Reads the text of a topic.
    ///
    /// # Errors
    /// Why it is none of ours.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        let [gate, lane, device, channel] = levels(text)?;
        let address = Address {
            gate: GateId::parse(gate)?,
            lane: LaneId::parse(lane)?,
            device: DeviceName::parse(device)?,
        };
        Ok(Self { address, channel: Channel::parse(channel)? })
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Address { gate, lane, device } = &self.address;
        let [ours, version] = PREFIX;
        write!(f, "{ours}/{version}/{gate}/{lane}/{device}/{}", self.channel.as_str())
    }
}

impl FromStr for Topic {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        Self::parse(text)
    }
}

/// 订阅: which topics to subscribe; what is not named is `+`, any one level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One gate, or any.
    pub gate: Option<GateId>,
    /// One lane, or any.
    pub lane: Option<LaneId>,
    /// One device, or any.
    pub device: Option<DeviceName>,
    /// One channel, or any.
    pub channel: Option<Channel>,
}

impl Filter {
    /// Everything that one device says or hears.
    #[must_use]
    pub fn of(address: &Address) -> Self {
        let Address { gate, lane, device } = address.clone();
        Self { gate: Some(gate), lane: Some(lane), device: Some(device), channel: None }
    }

    /// Reads the text of a filter.
    ///
    /// # Errors
    /// Why it is none of ours. `#` is not taken: our topics have six levels, so six say all that can be said.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        let [gate, lane, device, channel] = levels(text)?;
        Ok(Self {
            gate: named(gate).map(GateId::parse).transpose()?,
            lane: named(lane).map(LaneId::parse).transpose()?,
            device: named(device).map(DeviceName::parse).transpose()?,
            channel: named(channel).map(Channel::parse).transpose()?,
        })
    }

    /// Whether a broker delivers this topic for the filter.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        let Address { gate, lane, device } = &topic.address;
        self.gate.as_ref().is_none_or(|one| one == gate)
            && self.lane.as_ref().is_none_or(|one| one == lane)
            && self.device.as_ref().is_none_or(|one| one == device)
            && self.channel.is_none_or(|one| one == topic.channel)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [ours, version] = PREFIX;
        let levels = [
            self.gate.as_ref().map(GateId::as_str),
            self.lane.as_ref().map(LaneId::as_str),
            self.device.as_ref().map(DeviceName::as_str),
            self.channel.map(Channel::as_str),
        ];
        write!(f, "{ours}/{version}")?;
        levels.iter().try_for_each(|level| write!(f, "/{}", level.unwrap_or("+")))
    }
}

impl FromStr for Filter {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        Self::parse(text)
    }
}

/// The four levels behind ours.
fn levels(text: &str) -> Result<[&str; 4], TopicError> {
    let mut parts = text.split('/');
    let ours = PREFIX.iter().all(|prefix| parts.next() == Some(*prefix));
    let mut next = || parts.next().ok_or(TopicError::Levels);
    let levels = [next()?, next()?, next()?, next()?];
    if ours && parts.next().is_none() { Ok(levels) } else { Err(TopicError::Levels) }
}

fn named(level: &str) -> Option<&str> {
    (level != "+").then_some(level)
}
