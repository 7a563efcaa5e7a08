//! Impinj R700 and R720: events of the IoT device interface.
//! Promises: an EPC that stands in two spellings is taken only when both agree; a message without an EPC makes no
//! sighting, a TID never stands in for one; types that are not known are told as such.
//! Chosen where sources are silent: `pc`, called base64 only, is taken in either alphabet.
//! Absent: Kafka, the reader's REST interface, phase angle, tag memory and access results.
//! Source: Impinj IoT device interface, versions 1.0 to 1.4; MQTT readers page, section 4.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::Message;
use super::json::{self, Object, put};
use super::refusal::Refusal;
use super::report::{Fact, Report};
use super::stamp::{TEXT_MAX, iso};
use crate::base64::Alphabet::{Standard, Url};
use crate::contract::UtcMillis;
use crate::talk::Identity;

/// Longest EPC or TID, bytes (`contract` section 2: 64 characters).
pub(super) const TAG_MAX: usize = 32;
/// Longest name that is read, characters.
const NAME_MAX: usize = 64;

/// 标签事件: one tag as the reader reports it; which members there are, a preset of the reader says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagEvent {
    /// When the reader told it.
    pub at: Option<UtcMillis>,
    /// The reader's host name; off in some presets.
    pub hostname: Option<Box<str>>,
    /// The EPC, 1 to 32 bytes.
    pub epc: Vec<u8>,
    /// The chip's number.
    pub tid: Option<Vec<u8>>,
    /// Protocol control word: its top five bits are the EPC's length in words.
    pub pc: Option<u16>,
    /// Antenna port, from 1.
    pub antenna: Option<u8>,
    /// What the port is called.
    pub antenna_name: Option<Box<str>>,
    /// Signal strength, hundredths of a dBm.
    pub rssi_cdbm: Option<i32>,
    /// Carrier, kHz.
    pub frequency_khz: Option<u32>,
    /// Power at the port, hundredths of a dBm.
    pub power_cdbm: Option<i32>,
    /// When the tag was last seen.
    pub last_seen: Option<UtcMillis>,
}

impl TagEvent {
    fn read(event: &Object<'_>) -> Result<Self, Refusal> {
        let tag = event.object("tagInventoryEvent")?.ok_or(Refusal::Missing("tagInventoryEvent"))?;
        let epc = bytes(tag, "epc", "epcHex")?.ok_or(Refusal::Missing("epc"))?;
        let antenna: Option<u8> = tag.whole("antennaPort")?;
        if antenna == Some(0) {
            return Err(Refusal::Field { name: "antennaPort", rule: "1 or more" });
        }
        Ok(Self {
            at: time(event, "timestamp")?,
            hostname: event.kept("hostname", NAME_MAX)?,
            epc,
            tid: bytes(tag, "tid", "tidHex")?,
            pc: control_word(tag)?,
            antenna,
            antenna_name: tag.kept("antennaName", NAME_MAX)?,
            rssi_cdbm: tag.whole("peakRssiCdbm")?,
            frequency_khz: tag.whole("frequency")?,
            power_cdbm: tag.whole("transmitPowerCdbm")?,
            last_seen: time(tag, "lastSeenTime")?,
        })
    }

    /// The JSON that a reader sends.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut tag = Map::new();
        put(&mut tag, "epc", Some(Url.encode(&self.epc)));
        put(&mut tag, "epcHex", Some(hex::encode_upper(&self.epc)));
        put(&mut tag, "tid", self.tid.as_ref().map(|tid| Url.encode(tid)));
        put(&mut tag, "tidHex", self.tid.as_ref().map(hex::encode_upper));
        put(&mut tag, "pc", self.pc.map(|pc| Standard.encode(&pc.to_be_bytes())));
        put(&mut tag, "antennaPort", self.antenna);
        put(&mut tag, "antennaName", self.antenna_name.as_deref());
        put(&mut tag, "peakRssiCdbm", self.rssi_cdbm);
        put(&mut tag, "frequency", self.frequency_khz);
        put(&mut tag, "transmitPowerCdbm", self.power_cdbm);
        put(&mut tag, "lastSeenTime", self.last_seen.map(|time| time.to_string()));
        let mut event = Map::new();
        put(&mut event, "timestamp", self.at.map(|time| time.to_string()));
        put(&mut event, "hostname", self.hostname.as_deref());
        put(&mut event, "eventType", Some("tagInventory"));
        put(&mut event, "tagInventoryEvent", Some(tag));
        Value::Object(event).to_string()
    }

    fn report(self, received: UtcMillis) -> Report {
        let mut report = Report::seen(Identity::Epc(self.epc));
        if let Some(sighting) = report.sighting() {
            sighting.antenna = self.antenna;
            sighting.rssi_cdbm = self.rssi_cdbm;
            sighting.tid = self.tid;
        }
        report.by(self.hostname.as_deref()).dated(self.last_seen.or(self.at), received)
    }
}

/// What a message of such a reader says. A payload of blanks is the keep-alive of its HTTP stream.
pub(super) fn decode(message: &Message<'_>, received: UtcMillis, told: &mut Vec<Result<Report, Refusal>>) {
    if let Err(refusal) = message.happened() {
        return told.push(Err(refusal));
    }
    if message.payload.trim_ascii().is_empty() {
        return told.push(Ok(Report::of(Fact::Alive)));
    }
    json::each(message.payload, |event| told.push(event.and_then(|event| read(event, received))));
}

fn read(event: &Object<'_>, received: UtcMillis) -> Result<Report, Refusal> {
    match event.text("eventType", NAME_MAX)? {
        Some("tagInventory") => Ok(TagEvent::read(event)?.report(received)),
        None if event.has("tagInventoryEvent") => Ok(TagEvent::read(event)?.report(received)),
        None => Err(Refusal::UnknownForm),
        Some(other) => Ok(Report::of(Fact::Other(other.into()))
            .by(event.text("hostname", NAME_MAX)?)
            .dated(time(event, "timestamp")?, received)),
    }
}

fn time(object: &Object<'_>, name: &'static str) -> Result<Option<UtcMillis>, Refusal> {
    let text = object.text(name, TEXT_MAX)?;
    text.map(|text| iso(text).ok_or(Refusal::Field { name, rule: "a time with its offset" })).transpose()
}

/// Bytes in two spellings, of which one may be missing.
fn bytes(tag: &Object<'_>, base64: &'static str, in_hex: &'static str) -> Result<Option<Vec<u8>>, Refusal> {
    let spelt = tag.text(base64, 2 * TAG_MAX)?;
    let spelt = spelt.map(|text| Url.decode(text).ok_or(Refusal::Field { name: base64, rule: "base64url" }));
    let spelt = spelt.transpose()?;
    let written = tag_bytes(tag, in_hex)?;
    match (spelt, written) {
        (Some(one), Some(other)) if one != other => Err(Refusal::Inconsistent(base64, in_hex)),
        (Some(bytes), _) => {
            let fits = (1..=TAG_MAX).contains(&bytes.len());
            if fits { Ok(Some(bytes)) } else { Err(Refusal::Field { name: base64, rule: "1 to 32 bytes" }) }
        }
        (None, written) => Ok(written),
    }
}

/// What a tag's bank holds, in hexadecimal digits of either case.
pub(super) fn tag_bytes(tag: &Object<'_>, name: &'static str) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(text) = tag.text(name, 2 * TAG_MAX)? else { return Ok(None) };
    match hex::decode(text) {
        Ok(bytes) if !bytes.is_empty() => Ok(Some(bytes)),
        _ => Err(Refusal::Field { name, rule: "1 to 32 whole bytes of hexadecimal digits" }),
    }
}

fn control_word(tag: &Object<'_>) -> Result<Option<u16>, Refusal> {
    let Some(text) = tag.text("pc", 4)? else { return Ok(None) };
    let bytes = Standard.decode(text).or_else(|| Url.decode(text));
    let word = bytes.and_then(|bytes| <[u8; 2]>::try_from(bytes.as_slice()).ok());
    word.map(u16::from_be_bytes).map(Some).ok_or(Refusal::Field { name: "pc", rule: "two bytes of base64" })
}
