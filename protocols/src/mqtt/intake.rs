//! 收件: one device's messages, in the order in which they came: repetitions taken out, gaps told, silence noticed.
//! Promises: an event that the device names is told once, however often it is delivered; one that it tells again with
//! other contents or another score is told again; memory is bounded; a message that is refused proves no life.
//! Law: the driver sleeps until `wake` and then asks `falls_silent`.
//! Absent: the client, subscribing again after a reconnect, and judging ages (the lane's policy).
//! Source: MQTT readers page, sections 3.1, 9 and 10.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::recent::Recent;
use super::refusal::Refusal;
use super::report::{Fact, Report};
use super::sequence::Sequence;
use super::topic::{Address, Topic};
use super::{Dialect, Message, PAYLOAD_MAX, decode};
use crate::contract::{Kg, UtcMillis};
use crate::talk::{Identity, Sighting, WeightReading};
use crate::tick::Tick;

/// How many heartbeats may stay out.
const MISSED_MAX: u32 = 3;

/// Whose messages these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Whose form they have.
    pub dialect: Dialect,
    /// Our own form: the device that they must come from. Default: any, because the topic that was subscribed says it.
    pub address: Option<Address>,
    /// What the payload must call its sender. Needed where devices share a topic; default: nothing is asked, because
    /// the topic is this device's own.
    pub sender: Option<Box<str>>,
    /// Longest payload that is read, bytes. Default 16 KiB.
    pub limit: usize,
    /// How often the device says that it lives, by heartbeats or events; three of them may stay out. Default: it does
    /// not, and silence means nothing.
    pub heartbeat: Option<Duration>,
}

impl Config {
    /// The defaults for that dialect.
    #[must_use]
    pub const fn of(dialect: Dialect) -> Self {
        Self { dialect, address: None, sender: None, limit: PAYLOAD_MAX, heartbeat: None }
    }
}

/// What came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages.
    pub messages: u64,
    /// Facts told.
    pub reports: u64,
    /// Events that were told before.
    pub duplicates: u64,
    /// Events that never came, by the device's own numbers.
    pub missed: u64,
    /// Facts that no lane needs.
    pub other: u64,
    /// Messages or events of another device.
    pub foreign: u64,
    /// Events that the broker had in store.
    pub retained: u64,
    /// Payloads too long to be read.
    pub too_long: u64,
    /// Anything else that was refused.
    pub malformed: u64,
}

/// One device's messages.
#[derive(Clone, Debug)]
pub struct Intake {
    config: Config,
    recent: Recent,
    sequence: Sequence,
    /// When the device last showed that it lives; `None` once its silence was told.
    heard: Option<Tick>,
    counters: Counters,
}

impl Intake {
    /// An intake for a device that counts as heard now.
    #[must_use]
    pub fn new(config: Config, now: Tick) -> Self {
        Self {
            config,
            recent: Recent::default(),
            sequence: Sequence::default(),
            heard: Some(now),
            counters: Counters::default(),
        }
    }

    /// What a message says that was not said before. `received` is our clock at its arrival.
    pub fn take(
        &mut self,
        message: &Message<'_>,
        received: UtcMillis,
        now: Tick,
    ) -> Vec<Result<Report, Refusal>> {
        self.counters.messages += 1;
        let told = match self.addressed(message) {
            Ok(()) => decode(self.config.dialect, message, self.config.limit, received),
            Err(refusal) => Vec::from([Err(refusal)]),
        };
        let mut kept = Vec::with_capacity(told.len());
        for one in told {
            match one.and_then(|report| self.sent(report)) {
                Ok(report) => self.keep(report, message.retained, now, &mut kept),
                Err(refusal) => {
                    self.count(&refusal);
                    kept.push(Err(refusal));
                }
            }
        }
        kept
    }

    /// The device can be heard from now on: a silence counts from here.
    pub fn begin_listening(&mut self, now: Tick) {
        self.heard = Some(now);
    }

    /// When silence would be noticed.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        Some(self.heard? + self.config.heartbeat? * MISSED_MAX)
    }

    /// Whether the device has fallen silent; told once until it is heard again.
    pub fn falls_silent(&mut self, now: Tick) -> bool {
        let silent = self.wake().is_some_and(|due| now >= due);
        if silent {
            self.heard = None;
        }
        silent
    }

    /// What came so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Refuses a message of our form that another device published.
    fn addressed(&self, message: &Message<'_>) -> Result<(), Refusal> {
        match &self.config.address {
            Some(address) if self.config.dialect == Dialect::Kakou => {
                let topic = Topic::parse(message.topic)?;
                if topic.address == *address { Ok(()) } else { Err(Refusal::Foreign) }
            }
            _ => Ok(()),
        }
    }

    /// Refuses a fact of another sender, or of nobody where somebody must be named.
    fn sent(&self, report: Report) -> Result<Report, Refusal> {
        // Frigate's own word names no camera.
        let of_all = matches!(report.fact, Fact::Online(_));
        match (&self.config.sender, &report.sender) {
            (None, _) => Ok(report),
            (Some(_), None) if of_all => Ok(report),
            (Some(ours), Some(theirs)) if ours.eq_ignore_ascii_case(theirs) => Ok(report),
            (Some(_), _) => Err(Refusal::Foreign),
        }
    }

    fn keep(&mut self, report: Report, retained: bool, now: Tick, kept: &mut Vec<Result<Report, Refusal>>) {
        if !self.is_new(&report) {
            self.counters.duplicates += 1;
            return;
        }
        if !retained && report.fact != Fact::Online(false) {
            self.heard = Some(now);
        }
        if let Some(missed) = report.number.map(|number| self.sequence.missing_before(number, report.at))
            && missed > 0
        {
            self.counters.missed = self.counters.missed.saturating_add(missed);
            let sender = report.sender.clone();
            kept.push(Ok(Report { sender, ..Report::of(Fact::Missed(missed)) }));
        }
        self.counters.other += u64::from(matches!(report.fact, Fact::Other(_)));
        self.counters.reports += 1;
        kept.push(Ok(report));
    }

    /// Whether the device has not told this before: the same event, with the same contents and the same score.
    fn is_new(&mut self, report: &Report) -> bool {
        let Some(id) = &report.id else { return true };
        let sender = report.sender.as_deref().unwrap_or_default();
        let (contents, score) = contents(&report.fact);
        self.recent.is_new([sender.as_bytes(), id.as_bytes(), &contents, &score.to_be_bytes()])
    }

    fn count(&mut self, refusal: &Refusal) {
        let counter = match refusal {
            Refusal::TooLong { .. } => &mut self.counters.too_long,
            Refusal::Retained => &mut self.counters.retained,
            Refusal::Foreign => &mut self.counters.foreign,
            Refusal::Malformed { .. }
            | Refusal::DuplicateMember
            | Refusal::TooDeep
            | Refusal::HugeNumber
            | Refusal::NotAnObject
            | Refusal::Missing(_)
            | Refusal::Field { .. }
            | Refusal::Inconsistent(..)
            | Refusal::WrongWay
            | Refusal::UnknownForm
            | Refusal::Topic(_) => &mut self.counters.malformed,
        };
        *counter += 1;
    }
}

/// What of a fact makes it another one, and its score; `u16::MAX` where there is none.
fn contents(fact: &Fact) -> (Cow<'_, [u8]>, u16) {
    match fact {
        Fact::Seen(Sighting { identity, confidence_permille, .. }) => {
            let what = match identity {
                Identity::Epc(bytes) => Cow::Borrowed(&**bytes),
                Identity::Plate(text) | Identity::CardText(text) | Identity::Code { text, .. } => {
                    Cow::Borrowed(text.as_bytes())
                }
                // No dialect tells these.
                Identity::Uid(_)
                | Identity::Wiegand { .. }
                | Identity::Container(_)
                | Identity::Seal { .. } => Cow::default(),
            };
            (what, confidence_permille.unwrap_or(u16::MAX))
        }
        Fact::Weight(WeightReading { value, stable, .. }) => {
            let kg = value.map_or(i64::MIN, Kg::hundredths);
            (Cow::Owned([&kg.to_be_bytes()[..], &[u8::from(*stable)]].concat()), u16::MAX)
        }
        Fact::Loop { occupied } => (Cow::Owned(Vec::from([u8::from(*occupied)])), u16::MAX),
        Fact::NoPlate
        | Fact::Input { .. }
        | Fact::State(_)
        | Fact::Online(_)
        | Fact::Alive
        | Fact::Missed(_)
        | Fact::Other(_) => (Cow::default(), u16::MAX),
    }
}
