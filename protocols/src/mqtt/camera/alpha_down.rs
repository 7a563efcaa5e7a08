//! What goes down to a 臻识 or AlphaDigi camera: pulses of its outputs, frames for the sign behind it, and the one
//! HTTP reply that does nothing.
//! Promises: what is written reads back as the same value; the neutral reply moves no output, because the word `ok`
//! in it would open the barrier by itself.
//! Absent: deciding whether to pulse; nothing that came over MQTT may.
//! Source: vendor's MQTT protocol as public clients speak it; MQTT readers page, section 6.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::NAME_MAX;
use crate::base64::Alphabet::Standard;
use crate::contract::UtcMillis;
use crate::mqtt::json::{self, Object};
use crate::mqtt::refusal::Refusal;

/// What to answer to an HTTP push: taken, send it no more, and touch no output.
pub const NEUTRAL_REPLY: &str = r#"{"Response_AlarmInfoPlate":{"info":"no","content":"retransfer_stop"}}"#;

/// The value that means a pulse.
const PULSE: u8 = 2;
/// Longest frame for a sign, bytes.
const FRAME_MAX: usize = 1024;

/// 下行命令: what a camera is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// One pulse of an output.
    Pulse {
        /// Output, from 0.
        output: u8,
        /// For so long, milliseconds.
        millis: u16,
    },
    /// Bytes for the RS-485 line behind the camera.
    Serial {
        /// Which line, from 0.
        line: u8,
        /// The frame.
        frame: Vec<u8>,
    },
}

/// A command under its name, for one camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The command's name; the camera's reply repeats it.
    pub id: Box<str>,
    /// Serial number of the camera.
    pub serial: Box<str>,
    /// What to do.
    pub down: Down,
}

impl Order {
    /// Where it is published.
    #[must_use]
    pub fn topic(&self) -> String {
        format!("device/{}/message/down/{}", self.serial, self.down.name())
    }

    /// The JSON to publish.
    #[must_use]
    pub fn to_json(&self, now: UtcMillis) -> String {
        let name = self.down.name();
        json!({
            "id": &*self.id,
            "sn": &*self.serial,
            "name": name,
            "version": "1.0",
            "timestamp": now.as_millis().div_euclid(1000),
            "payload": { "type": name, "body": self.down.body() },
        })
        .to_string()
    }

    /// Reads the JSON, as a camera does.
    ///
    /// # Errors
    /// Why it is no such command.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        json::one(payload, |object| {
            let text = |name| object.text(name, NAME_MAX)?.map(Box::from).ok_or(Refusal::Missing(name));
            let payload = object.object("payload")?.ok_or(Refusal::Missing("payload"))?;
            let body = payload.object("body")?.ok_or(Refusal::Missing("body"))?;
            let down = match object.text("name", NAME_MAX)? {
                Some("gpio_out") => pulse(body)?,
                Some("serial_data") => serial(body)?,
                _ => return Err(Refusal::UnknownForm),
            };
            Ok(Self { id: text("id")?, serial: text("sn")?, down })
        })
    }
}

impl Down {
    const fn name(&self) -> &'static str {
        match self {
            Self::Pulse { .. } => "gpio_out",
            Self::Serial { .. } => "serial_data",
        }
    }

    fn body(&self) -> Value {
        match self {
            Self::Pulse { output, millis } => json!({ "io": output, "value": PULSE, "delay": millis }),
            Self::Serial { line, frame } => json!({ "serialData": [
                { "serialChannel": line, "data": Standard.encode(frame), "dataLen": frame.len() },
            ] }),
        }
    }
}

fn pulse(body: &Object<'_>) -> Result<Down, Refusal> {
    if body.whole::<u8>("value")? != Some(PULSE) {
        return Err(Refusal::Field { name: "value", rule: "2, a pulse" });
    }
    let output = body.whole("io")?.ok_or(Refusal::Missing("io"))?;
    Ok(Down::Pulse { output, millis: body.whole("delay")?.ok_or(Refusal::Missing("delay"))? })
}

fn serial(body: &Object<'_>) -> Result<Down, Refusal> {
    let rule = "one frame";
    let frames = body.list("serialData")?.ok_or(Refusal::Missing("serialData"))?;
    let [json::Node::Object(frame)] = frames else {
        return Err(Refusal::Field { name: "serialData", rule });
    };
    let line = frame.whole("serialChannel")?.ok_or(Refusal::Missing("serialChannel"))?;
    let text = frame.text("data", 2 * FRAME_MAX)?.ok_or(Refusal::Missing("data"))?;
    let bytes = Standard.decode(text).filter(|bytes| bytes.len() <= FRAME_MAX);
    let bytes = bytes.ok_or(Refusal::Field { name: "data", rule: "base64" })?;
    match frame.whole::<usize>("dataLen")? {
        Some(told) if told != bytes.len() => Err(Refusal::Inconsistent("data", "dataLen")),
        _ => Ok(Down::Serial { line, frame: bytes }),
    }
}
