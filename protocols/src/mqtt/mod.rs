//! MQTT 读写器与车牌相机: what readers, scales, loops and plate cameras say over MQTT, and Kakou's own form of it.
//!
//! A message is a topic, a payload and the broker's retained flag. It means any number of facts, or is refused with a
//! reason; there are no frames to cut and nothing to keep in step. The same JSON comes from some cameras over HTTP.
//!
//! **Panics:** none, on any bytes. A payload is measured before it is parsed; parsing is one strict pass (`json`).
//!
//! Reading order: `topic`, `kakou` (our own form, both ways), `impinj`, `zebra`, `camera` (a file a vendor), `report`
//! (what they all become), `intake` (one device's messages: duplicates, gaps, silence), `sparkplug` (events upstream).
//! Absent: the client (the agent's), XML and multipart bodies, anything that may open a barrier: what
//! comes over MQTT is evidence for a lane, which decides.
//! Source: MQTT readers page; `contract` section 4.

pub mod camera;
pub mod impinj;
pub mod intake;
mod json;
pub mod kakou;
mod recent;
pub mod refusal;
pub mod report;
mod sequence;
pub mod sparkplug;
pub mod stamp;
pub mod topic;
pub mod zebra;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crate::contract::UtcMillis;
use refusal::Refusal;
use report::Report;

/// The longest payload that is read unless said otherwise, bytes (`contract` section 4).
pub const PAYLOAD_MAX: usize = 16 * 1024;

/// 报文: one message as a client hands it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Where it was published.
    pub topic: &'a str,
    /// What was.
    pub payload: &'a [u8],
    /// The broker had it in store: it is as old as may be.
    pub retained: bool,
}

impl<'a> Message<'a> {
    /// A message that was published just now.
    #[must_use]
    pub const fn fresh(topic: &'a str, payload: &'a [u8]) -> Self {
        Self { topic, payload, retained: false }
    }

    /// Refuses what is too long to be looked at.
    fn measure(&self, limit: usize) -> Result<(), Refusal> {
        match self.payload.len() {
            bytes if bytes > limit => Err(Refusal::TooLong { bytes, limit }),
            _ => Ok(()),
        }
    }

    /// Refuses what the broker had in store.
    fn happened(&self) -> Result<(), Refusal> {
        if self.retained { Err(Refusal::Retained) } else { Ok(()) }
    }
}

/// Whose form the messages have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Our own: `kakou/v1/…`.
    Kakou,
    /// Impinj R700 and R720, IoT device interface.
    Impinj,
    /// Zebra FX, FXR and ATR readers, IoT Connector.
    Zebra,
    /// A plate camera of this make.
    Camera(camera::Vendor),
    /// A plate camera whose make shows in its messages.
    AnyCamera,
}

/// What a message that came at `received` says. Each event stands by itself: one may be refused beside others that
/// are not.
#[must_use]
pub fn decode(
    dialect: Dialect,
    message: &Message<'_>,
    limit: usize,
    received: UtcMillis,
) -> Vec<Result<Report, Refusal>> {
    if let Err(refusal) = message.measure(limit) {
        return Vec::from([Err(refusal)]);
    }
    let mut told = Vec::new();
    match dialect {
        Dialect::Kakou => told.push(kakou::decode(message, received)),
        Dialect::Impinj => impinj::decode(message, received, &mut told),
        Dialect::Zebra => zebra::decode(message, received, &mut told),
        Dialect::Camera(vendor) => camera::decode(Some(vendor), message, received, &mut told),
        Dialect::AnyCamera => camera::decode(None, message, received, &mut told),
    }
    told
}
