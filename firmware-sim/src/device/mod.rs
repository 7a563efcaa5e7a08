//! Firmware of readers and boards, as it would run on a bare board: bytes through `embedded_io`, pins through
//! `embedded_hal`, time as an argument. Each device is polled: `poll(now)` does what is due, `wake()` says when next.
//! Promises: no clock, no thread, no panic on any bytes; buffers are bounded.
//! Absent: ptys, scenarios and faults (`board`, `scenario`, `fault`), which need a host.
//! Source: the `uhf` and `relay` folders of `protocols`, which hold both ends of each wire.

pub mod barrier;
#[cfg(test)]
mod loopback;
pub mod relay;
pub mod uhf;
