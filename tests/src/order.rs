//! 先落盘后抬杆: does the order of system calls show that each pulse waited for its intent?
//! Promises: judges by the bytes that went to the disk's write-ahead log and to the board, and by when the sync between them came
//! back; a pulse before that, a pulse too many, and an intent without pulse are each told.
//! Limits: lanes whose open coil is coil 0 of a board on a port of its own; lorries that all are let through.
//! Source: design promise 1; invariant I3; spec SG-248; protocols/src/relay/wire.rs.

use protocols::relay::wire::{OFF, Request};

use crate::trace::Call;

/// The vendor's pulses lie beside the plain coils at multiples of this.
const BANK: u16 = 0x0100;

/// An intent as the journal holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Its lane.
    pub lane: String,
    /// Its own identifier, which its bytes carry wherever they are written.
    pub event_id: String,
}

/// Where a lane's board hangs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The lane.
    pub lane: String,
    /// The device file, as the system names it.
    pub file: String,
}

/// What disagrees with the promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The pulse began before the sync of any intent that it could belong to had come back.
    TooEarly {
        /// The lane.
        lane: String,
        /// Line of the trace with the pulse.
        pulse: usize,
        /// How much later its intent's sync began, microseconds, 0 when that was under way; none when it was never synced.
        synced_after_us: Option<u64>,
    },
    /// A pulse, and no intent is left.
    Surplus {
        /// The lane.
        lane: String,
        /// Line of the trace with the pulse.
        pulse: usize,
    },
    /// No pulse came for this intent.
    Unused(Intent),
}

/// What the trace shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Pulses that were written to boards.
    pub pulses: usize,
    /// From the beginning of the sync to the pulse, microseconds, for each pulse that waited.
    pub waited_us: Vec<u64>,
    /// What is wrong.
    pub violations: Vec<Violation>,
}

struct Durable {
    /// Line at which the sync came back, and when it began.
    at: Option<(usize, u64)>,
    used: bool,
}

/// Holds a trace against the intents of the journal, which stand in the journal's order.
#[must_use]
pub fn check(calls: &[Call], log_file: &str, ports: &[Port], intents: &[Intent]) -> Order {
    let mut order = Order { pulses: 0, waited_us: Vec::new(), violations: Vec::new() };
    for port in ports {
        let here: Vec<&Intent> = intents.iter().filter(|intent| intent.lane == port.lane).collect();
        let mut durable: Vec<Durable> = here
            .iter()
            .map(|intent| Durable { at: durable_at(calls, log_file, &intent.event_id), used: false })
            .collect();
        for pulse in calls.iter().filter(|call| call.file == port.file && is_pulse(&call.bytes)) {
            order.pulses += 1;
            let (lane, line) = (port.lane.clone(), pulse.begun);
            let Some(next) = durable.iter_mut().find(|intent| !intent.used) else {
                order.violations.push(Violation::Surplus { lane, pulse: line });
                continue;
            };
            match next.at {
                Some((synced, at_us)) if synced < line => {
                    next.used = true;
                    order.waited_us.push(pulse.at_us.saturating_sub(at_us));
                }
                later => {
                    let synced_after_us = later.map(|(_, at_us)| at_us.saturating_sub(pulse.at_us));
                    order.violations.push(Violation::TooEarly { lane, pulse: line, synced_after_us });
                    next.used = true;
                }
            }
        }
        let unused = here.iter().zip(&durable).filter(|(_, durable)| !durable.used);
        order.violations.extend(unused.map(|(intent, _)| Violation::Unused((*intent).clone())));
    }
    order
}

/// Where the first sync that began after the intent's bytes were written came back without an error.
fn durable_at(calls: &[Call], log_file: &str, event_id: &str) -> Option<(usize, u64)> {
    let on_log = || calls.iter().filter(|call| call.file == log_file);
    let carries = |call: &&Call| call.bytes.windows(event_id.len()).any(|part| part == event_id.as_bytes());
    let written = on_log().find(carries)?.ended?;
    let is_sync = |call: &&Call| matches!(&*call.name, "fsync" | "fdatasync");
    let sync = on_log().filter(is_sync).find(|call| call.begun > written && call.result == Some(0))?;
    Some((sync.ended?, sync.at_us))
}

fn is_pulse(frame: &[u8]) -> bool {
    match Request::decode(frame) {
        Ok((_, Request::WriteCoil { address, value })) => address % BANK == 0 && value != OFF,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
