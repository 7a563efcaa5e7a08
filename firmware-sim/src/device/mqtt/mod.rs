//! MQTT 设备: what readers, cameras, scales, loops and actuators publish, as pure firmware: something happens, and there
//! are messages to publish.
//! Promises: the same events with the same knobs give the same bytes; what a device keeps is bounded.
//! Chosen where the wire is silent: event names are UUIDs counted from a seed, so that a run can be repeated.
//! Absent: the client and its broker, keep-alive pings and quality of service, which are the host's.
//! Source: the `mqtt` folder of `protocols`, which holds both ends of each form; `contract` section 4.

pub mod actuator;
pub mod camera;
pub mod ground;
pub mod medium;
pub mod tag;
mod teller;
#[cfg(test)]
mod tests;

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use protocols::mqtt::kakou::Payload;
use protocols::mqtt::topic::{Address, Channel};

pub use teller::{Knobs, STORE_MAX};

/// One message for a client to publish, quality of service 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
    /// Whether the broker is to keep it.
    pub retained: bool,
}

impl Publish {
    /// A payload of Kakou's own form, where it belongs.
    #[must_use]
    pub fn ours(address: &Address, payload: &Payload) -> Self {
        let channel = payload.channel();
        Self {
            topic: address.topic(channel).to_string(),
            payload: payload.to_bytes(),
            retained: channel.retained(),
        }
    }

    /// What a device of ours says when it has connected.
    #[must_use]
    pub fn online(address: &Address) -> Self {
        Self::ours(address, &Payload::Online(true))
    }

    /// What a device of ours leaves with the broker as its last will.
    #[must_use]
    pub fn will(address: &Address) -> Self {
        Self::ours(address, &Payload::Online(false))
    }
}

/// The topic on which a device of ours hears commands.
#[must_use]
pub fn commands(address: &Address) -> String {
    address.topic(Channel::Command).to_string()
}
