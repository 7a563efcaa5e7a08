//! Fixed UHF readers with a vendor's own JSON: an Impinj R700, or a Zebra reader with the IoT Connector.
//! Promises: Zebra events are numbered from 1 without gaps, over restarts too; one payload holds one event, or all of
//! a report in an array or glued, as the reader is set up.
//! Absent: antennas' field and timing: whoever drives the simulation says when which tags are seen.
//! Source: MQTT readers page, sections 4 and 5.

use super::teller::Teller;
use super::{Knobs, Publish};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use protocols::contract::UtcMillis;
use protocols::mqtt::impinj::TagEvent;
use protocols::mqtt::zebra::TagData;

/// How a Zebra reader puts events into payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// Each by itself.
    Single,
    /// All in an array.
    Array,
    /// All without a separator.
    Glued,
}

/// Whose JSON it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Make {
    /// Impinj R700, by its host name.
    Impinj {
        /// Host name, in each event.
        hostname: Box<str>,
    },
    /// Zebra, by its Ethernet address.
    Zebra {
        /// Ethernet address, in each event.
        mac: Box<str>,
        /// Events in payloads.
        batch: Batch,
    },
}

/// 标签: one tag as an antenna sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// The EPC.
    pub epc: Vec<u8>,
    /// The chip's number, if the reader asks for it.
    pub tid: Option<Vec<u8>>,
    /// Antenna, from 1.
    pub antenna: u8,
    /// Signal strength, whole dBm.
    pub rssi_dbm: i32,
}

/// One reader.
#[derive(Clone, Debug)]
pub struct TagReader {
    make: Make,
    topic: Box<str>,
    teller: Teller,
}

impl TagReader {
    /// A reader that publishes on `topic`, which its installer chose.
    #[must_use]
    pub const fn new(make: Make, topic: Box<str>) -> Self {
        Self { make, topic, teller: Teller::new(0) }
    }

    /// What goes wrong in it.
    pub const fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.teller.knobs
    }

    /// Power was away and is back: events are counted from 1 again.
    pub fn reboot(&mut self) {
        self.teller.restart();
    }

    /// These tags are in the field.
    pub fn see(&mut self, tags: &[Tag], now: UtcMillis) -> Vec<Publish> {
        let (make, topic) = (self.make.clone(), self.topic.clone());
        let single = !matches!(make, Make::Zebra { batch: Batch::Array | Batch::Glued, .. });
        let reports: Vec<&[Tag]> = if single { tags.chunks(1).collect() } else { Vec::from([tags]) };
        let reports = reports.into_iter().filter(|report| !report.is_empty());
        let told = reports.flat_map(|report| {
            self.teller.tell(|teller| {
                let events: Vec<String> = report.iter().map(|tag| event(&make, teller, tag, now)).collect();
                let payload = match &make {
                    Make::Zebra { batch: Batch::Array, .. } => alloc::format!("[{}]", events.join(",")),
                    _ => events.concat(),
                };
                Publish { topic: topic.clone().into(), payload: payload.into_bytes(), retained: false }
            })
        });
        told.collect()
    }

    /// Publishes what was held back.
    pub fn release(&mut self) -> Vec<Publish> {
        self.teller.release()
    }
}

fn event(make: &Make, teller: &mut Teller, tag: &Tag, now: UtcMillis) -> String {
    let mut epc = tag.epc.clone();
    if let Some(last) = epc.last_mut().filter(|_| teller.knobs.wrong) {
        *last ^= 1;
    }
    let (at, number) = (Some(teller.clock(now)), Some(teller.number()));
    match make {
        Make::Impinj { hostname } => TagEvent {
            at,
            hostname: Some(hostname.clone()),
            epc,
            tid: tag.tid.clone(),
            antenna: Some(tag.antenna),
            rssi_cdbm: Some(tag.rssi_dbm.saturating_mul(100)),
            last_seen: at,
            ..TagEvent::default()
        }
        .to_json(),
        Make::Zebra { mac, .. } => TagData {
            mode: Some("SIMPLE".into()),
            at,
            epc,
            number,
            antenna: Some(tag.antenna),
            rssi_dbm: Some(tag.rssi_dbm),
            reads: Some(1),
            tid: tag.tid.clone(),
            mac: Some(mac.clone()),
            host_name: None,
        }
        .to_json(),
    }
}
