//! Zebra FX, FXR, ATR and handheld readers: messages of the IoT Connector.
//! Promises: one object, an array of them, or objects glued together without a separator are each read; an odd number
//! of hexadecimal digits is refused; a time without an offset is refused, one with a short offset is not.
//! Chosen where sources are silent: an event's name is its number and its time, so that a reader that starts again at
//! 1 repeats no name.
//! Absent: the management and control interfaces, whose commands nobody sends; access results.
//! Source: Zebra IoT Connector documentation; MQTT readers page, section 5.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::Message;
use super::impinj::tag_bytes;
use super::json::{self, Node, Object, put};
use super::refusal::Refusal;
use super::report::{Fact, Report};
use super::stamp::{TEXT_MAX, iso};
use crate::contract::UtcMillis;
use crate::talk::Identity;

/// Longest name that is read, characters.
const NAME_MAX: usize = 64;

/// 标签数据: one tag as the reader reports it; which members there are, metadata flags of the reader say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagData {
    /// Operating mode: `SIMPLE`, `INVENTORY`, `PORTAL`, `CONVEYOR`, `CUSTOM` ….
    pub mode: Option<Box<str>>,
    /// When the tag was read.
    pub at: Option<UtcMillis>,
    /// The EPC, 1 to 32 bytes.
    pub epc: Vec<u8>,
    /// The event's number at this reader, from 1.
    pub number: Option<u64>,
    /// Antenna.
    pub antenna: Option<u8>,
    /// Signal strength, whole dBm.
    pub rssi_dbm: Option<i32>,
    /// How often it was read.
    pub reads: Option<u32>,
    /// The chip's number.
    pub tid: Option<Vec<u8>>,
    /// The reader's Ethernet address.
    pub mac: Option<Box<str>>,
    /// The reader's host name.
    pub host_name: Option<Box<str>>,
}

impl TagData {
    fn read(event: &Object<'_>, data: &Object<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            mode: event.kept("type", NAME_MAX)?,
            at: time(event)?,
            epc: tag_bytes(data, "idHex")?.ok_or(Refusal::Missing("idHex"))?,
            number: data.whole("eventNum")?,
            antenna: data.whole("antenna")?,
            rssi_dbm: data.whole("peakRssi")?,
            reads: data.whole("reads")?,
            tid: tag_bytes(data, "TID")?,
            mac: data.kept("MAC", NAME_MAX)?,
            host_name: data.kept("hostName", NAME_MAX)?,
        })
    }

    /// The JSON that a reader sends.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut data = Map::new();
        put(&mut data, "MAC", self.mac.as_deref());
        put(&mut data, "hostName", self.host_name.as_deref());
        put(&mut data, "antenna", self.antenna);
        put(&mut data, "eventNum", self.number);
        put(&mut data, "format", Some("epc"));
        put(&mut data, "idHex", Some(hex::encode_upper(&self.epc)));
        put(&mut data, "peakRssi", self.rssi_dbm);
        put(&mut data, "reads", self.reads);
        put(&mut data, "TID", self.tid.as_ref().map(hex::encode_upper));
        let mut event = Map::new();
        put(&mut event, "type", self.mode.as_deref());
        put(&mut event, "timestamp", self.at.map(written));
        put(&mut event, "data", Some(data));
        Value::Object(event).to_string()
    }

    fn report(self, received: UtcMillis) -> Report {
        let sender = self.mac.or(self.host_name);
        let id = self.number.zip(self.at).map(|(number, at)| format!("{number}@{}", at.as_millis()));
        let mut report = Report::seen(Identity::Epc(self.epc));
        if let Some(sighting) = report.sighting() {
            sighting.antenna = self.antenna;
            // Whole dBm of 32 bits: hundredths of absurd ones are bounded.
            sighting.rssi_cdbm = self.rssi_dbm.map(|dbm| dbm.saturating_mul(100));
            sighting.tid = self.tid;
        }
        let report = report.by(sender.as_deref()).named(id.as_deref()).dated(self.at, received);
        Report { number: self.number, ..report }
    }
}

/// What a message of such a reader says.
pub(super) fn decode(message: &Message<'_>, received: UtcMillis, told: &mut Vec<Result<Report, Refusal>>) {
    if let Err(refusal) = message.happened() {
        return told.push(Err(refusal));
    }
    json::each(message.payload, |event| told.push(event.and_then(|event| read(event, received))));
}

fn read(event: &Object<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    let data = event.object("data")?.ok_or(Refusal::Missing("data"))?;
    if data.has("idHex") {
        return Ok(TagData::read(event, data)?.report(received));
    }
    let kind = event.text("type", NAME_MAX)?.ok_or(Refusal::Missing("type"))?;
    let fact = match (kind, data.whole::<u8>("pin")) {
        (kind, _) if kind.eq_ignore_ascii_case("heartbeat") => Fact::Alive,
        (_, Ok(Some(pin))) => Fact::Input { pin, high: level(data)? },
        (other, _) => Fact::Other(other.into()),
    };
    Ok(Report::of(fact).by(data.text("MAC", NAME_MAX)?).dated(time(event)?, received))
}

/// The level of an input: in words, or as a digit.
fn level(data: &Object<'_>) -> Result<bool, Refusal> {
    match data.get("state") {
        Some(Node::Text(word)) if word.eq_ignore_ascii_case("high") => Ok(true),
        Some(Node::Text(word)) if word.eq_ignore_ascii_case("low") => Ok(false),
        Some(Node::Flag(high)) => Ok(*high),
        Some(Node::Whole(0)) => Ok(false),
        Some(Node::Whole(1)) => Ok(true),
        None => Err(Refusal::Missing("state")),
        Some(_) => Err(Refusal::Field { name: "state", rule: "high or low" }),
    }
}

fn time(event: &Object<'_>) -> Result<Option<UtcMillis>, Refusal> {
    let name = "timestamp";
    let text = event.text(name, TEXT_MAX)?;
    text.map(|text| iso(text).ok_or(Refusal::Field { name, rule: "a time with its offset" })).transpose()
}

/// As these readers write it: an offset without a colon.
fn written(time: UtcMillis) -> String {
    time.to_string().replace('Z', "+0000")
}
