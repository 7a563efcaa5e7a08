//! Configuration: the wiring of one gate, from `gate-agent.toml` and `KAKOU_SECTION__KEY`.
//! Promises: a file with faults names all of them at once, each with full key, rule and value, before anything starts;
//! unknown keys are refused; a secret is never printed.
//! Absent on purpose: policy (directions, windows, tolerances), which the centre owns and sends; whether ports exist,
//! since a device that is missing now may be plugged in later.
//! Source: `contract` sections 1 and 3 (policy); `design` section 7.

mod broker;
mod capture;
mod centre;
mod device;
mod fault;
mod gate;
mod lane;
mod load;
mod log;
mod mqtt;
mod panel;
mod person;
mod readers;
mod secret;
mod section;
mod signs;
#[cfg(test)]
mod tests;
mod wiring;

pub use broker::{Broker, EmbeddedBroker, Login, Mqtt, YardBroker};
pub use capture::Capture;
pub use centre::Centre;
pub use device::{BoardConfig, Device, Kind, LineMap, Lines, Parity, PortSettings, SerialSettings, StopBits};
pub(crate) use device::{COILS, INPUTS};
pub use fault::{ConfigError, Fault};
pub use gate::Gate;
pub use lane::{BarrierWiring, Lane, LoopWiring, ReaderRef, Timing};
pub use load::{Config, FILE_NAME, Origin, find, load, parse};
pub use log::{Log, LogFormat};
pub use mqtt::{MqttConfig, Topics};
pub use panel::Panel;
pub use readers::{
    CardConfig, LockConfig, ReaderMode, ScaleConfig, ScaleFormat, ScannerConfig, SealConfig, UhfConfig,
};
pub use secret::Secret;
pub use signs::{DisplayBoard, DisplayConfig, SpeechConfig};
