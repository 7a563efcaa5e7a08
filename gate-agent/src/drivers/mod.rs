//! 驱动: shells that move bytes between ports and the sans-IO sessions of `protocols`.
//! Promises: a missing or failing device never stops another; a port has one owner; every loss is counted; nothing here
//! decides. A sighting goes to fusion, and a raise to its port, as soon as the byte or the call is there.
//! Absent on purpose: spawning (`app` does), what bytes mean (`protocols`), what a reading means (`lane`).
//! Reading order: `line` (a port or connection that comes and goes), `link` (the way to a lane), `debounce`, `reader`, `loops`,
//! `barrier` (what a lane holds of its barrier), `bus`, `mqtt`, `sign` (what its driver sees and hears), `attended` (a line in a
//! technician's hands).
//! Source: faults D1-D3, D7; rules of the bus in `protocols::relay`.

mod attended;
mod barrier;
mod boards;
mod bus;
mod conversation;
mod debounce;
mod line;
mod link;
mod locks;
mod loops;
mod mqtt;
mod raise;
mod reader;
mod report;
mod sign;
mod tally;
#[cfg(test)]
mod tests;

pub use attended::{Attended, Dialogue, Heard, Say};
pub use barrier::{Barrier, BarrierFault};
pub use bus::{BusDriver, LaneWiring, bus};
pub use conversation::{conversation, sign, weighing_rule};
pub(crate) use line::sleep_until;
pub use link::LaneLink;
#[cfg(test)]
pub(crate) use mqtt::tests::broker::Broker as ScriptedBroker;
pub use mqtt::{ArmWiring, BrokerLink, EmbeddedBrokerTask, MqttArms, MqttDriver, embedded_broker, mqtt_arms};
pub(crate) use mqtt::{Came, Connection, Settings};
pub use reader::{Begin, ReaderDriver};
pub use sign::{SignConfig, SignDriver, SignRole};
