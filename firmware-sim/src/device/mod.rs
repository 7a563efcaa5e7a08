//! Firmware of readers and boards, as it would run on a bare board: bytes through `embedded_io`, pins through
//! `embedded_hal`, time as an argument. Each device is polled: `poll(now)` does what is due, `wake()` says when next.
//! What speaks MQTT has no port: it gives messages to publish.
//! Promises: no clock, no thread, no panic on any bytes; buffers are bounded.
//! Absent: ptys, scenarios and faults (`board`, `scenario`, `fault`), which need a host.
//! Source: the folders of `protocols` of the same names, which hold both ends of each wire.

pub mod barcode;
pub mod barrier;
pub mod card;
pub mod display;
pub mod lock;
#[cfg(test)]
mod loopback;
#[cfg(test)]
mod meeting;
pub mod mqtt;
pub mod relay;
pub mod scale;
pub mod seal;
pub mod speech;
pub mod terminal;
pub mod uhf;
