//! What goes wrong on a line: seeded decorators between a device's port and its pty.
//! Promises: the same seed and the same traffic give the same faults; without an active fault no byte is touched.
//! Absent: what breaks behind the board (a barrier's knobs are in `device::barrier`), unplugging (`board::slot`).
//! Source: the faults of group D: noise, lost and inserted bytes, silence, babbling, late replies.

pub mod dice;
#[cfg(test)]
mod tests;

use dice::Dice;
use protocols::tick::Tick;
use protocols::uhf::repr::Reply;
use protocols::uhf::tag::{Family, TagRead};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Most bytes that the line makes up in one go; what is behind after a pause is not made up for.
const BURST: u64 = 4096;

/// 故障: one way in which a line is bad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Random bytes between frames, towards the gate.
    Noise {
        /// How often.
        every_ms: u32,
        /// How many bytes at a time.
        bytes: u16,
    },
    /// Bytes that vanish.
    Lose {
        /// Of a thousand.
        per_mille: u16,
        /// Which way; towards the gate unless said.
        #[serde(default)]
        toward: Toward,
    },
    /// Random bytes put in before a byte.
    Insert {
        /// Of a thousand.
        per_mille: u16,
        /// Which way; towards the gate unless said.
        #[serde(default)]
        toward: Toward,
    },
    /// Bytes with one bit wrong.
    Flip {
        /// Of a thousand.
        per_mille: u16,
        /// Which way; towards the gate unless said.
        #[serde(default)]
        toward: Toward,
    },
    /// Whole answers or reports that come twice.
    Duplicate {
        /// Of a thousand.
        per_mille: u16,
    },
    /// Each byte that the gate sends comes back to it before the answer: a half-duplex adapter.
    Echo,
    /// The port is open and nothing passes, either way.
    Silence,
    /// Everything towards the gate comes late.
    Slow {
        /// How late.
        delay_ms: u32,
    },
    /// Random bytes towards the gate without a break: a jamming device.
    Babble {
        /// How many a second; 5760 is the full rate at 57600 bit/s.
        bytes_per_s: u32,
    },
    /// Sound 18-family reports of made-up tags, `FA1E` and ten bytes: a babbling reader.
    FakeTags {
        /// How many a second.
        per_s: u32,
        /// A new tag each time; otherwise always the same.
        #[serde(default)]
        distinct: bool,
    },
}

/// Which way a fault works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Toward {
    /// From the device to the gate.
    #[default]
    Host,
    /// From the gate to the device.
    Device,
    /// Both ways.
    Both,
}

impl Toward {
    const fn covers(self, way: Self) -> bool {
        matches!((self, way), (Self::Both, _) | (Self::Host, Self::Host) | (Self::Device, Self::Device))
    }
}

/// Bytes on their way, and how much later than usual they arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bent {
    /// What is left of them.
    pub bytes: Vec<u8>,
    /// The extra delay.
    pub late: Duration,
}

#[derive(Clone, Debug)]
struct Active {
    id: u64,
    fault: Fault,
    /// Until when what the fault makes up by itself has been made up.
    told: Tick,
    made: u64,
}

/// The faults of one line.
#[derive(Clone, Debug)]
pub struct Faults {
    dice: Dice,
    active: Vec<Active>,
}

impl Faults {
    /// A sound line.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), active: Vec::new() }
    }

    /// A fault begins.
    pub fn begin(&mut self, id: u64, fault: Fault, now: Tick) {
        self.active.push(Active { id, fault, told: now, made: 0 });
    }

    /// A fault ends; `false` when it is none of this line's.
    pub fn end(&mut self, id: u64) -> bool {
        let before = self.active.len();
        self.active.retain(|active| active.id != id);
        self.active.len() < before
    }

    /// The faults at work, by number.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Fault)> {
        self.active.iter().map(|active| (active.id, &active.fault))
    }

    /// What becomes of one write, towards the gate or towards the device.
    pub fn bend(&mut self, way: Toward, bytes: &[u8]) -> Bent {
        let mut bent = Bent { bytes: bytes.to_vec(), late: Duration::ZERO };
        for active in &self.active {
            match &active.fault {
                Fault::Silence => bent.bytes.clear(),
                Fault::Lose { per_mille, toward } if toward.covers(way) => {
                    bent.bytes.retain(|_| !self.dice.hit(*per_mille));
                }
                Fault::Insert { per_mille, toward } if toward.covers(way) => {
                    let mut longer = Vec::with_capacity(bent.bytes.len() + 8);
                    for byte in bent.bytes {
                        if self.dice.hit(*per_mille) {
                            longer.push(self.dice.byte());
                        }
                        longer.push(byte);
                    }
                    bent.bytes = longer;
                }
                Fault::Flip { per_mille, toward } if toward.covers(way) => {
                    for byte in &mut bent.bytes {
                        if self.dice.hit(*per_mille) {
                            *byte ^= 1 << (self.dice.draw() % 8);
                        }
                    }
                }
                Fault::Duplicate { per_mille } if way == Toward::Host => {
                    if self.dice.hit(*per_mille) {
                        bent.bytes.extend_from_within(..);
                    }
                }
                Fault::Slow { delay_ms } if way == Toward::Host => {
                    bent.late += Duration::from_millis(u64::from(*delay_ms));
                }
                Fault::Lose { .. }
                | Fault::Insert { .. }
                | Fault::Flip { .. }
                | Fault::Duplicate { .. }
                | Fault::Slow { .. }
                | Fault::Echo
                | Fault::Noise { .. }
                | Fault::Babble { .. }
                | Fault::FakeTags { .. } => {}
            }
        }
        bent
    }

    /// Whether the gate hears its own bytes.
    #[must_use]
    pub fn echoes(&self) -> bool {
        self.active.iter().any(|active| active.fault == Fault::Echo)
    }

    /// What the line or a mad device says by itself until `now`.
    pub fn babble(&mut self, now: Tick) -> Vec<u8> {
        let mut out = Vec::new();
        let silent = self.active.iter().any(|active| active.fault == Fault::Silence);
        for active in &mut self.active {
            let Some((period, each)) = pace(&active.fault) else { continue };
            let period_us = u64::try_from(period.as_micros()).unwrap_or(u64::MAX).max(1);
            let due = u64::try_from(now.since(active.told).as_micros()).unwrap_or(0) / period_us;
            active.told = active.told + Duration::from_micros(period_us.saturating_mul(due));
            for _ in 0..due.min(BURST / u64::from(each).max(1)) {
                active.made += 1;
                match active.fault {
                    Fault::FakeTags { distinct, .. } => {
                        out.extend(fake_tag(if distinct { active.made } else { 0 }));
                    }
                    _ => out.extend(self.dice.bytes(usize::from(each))),
                }
            }
        }
        if silent { Vec::new() } else { out }
    }

    /// When `babble` has something to say next.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        self.active
            .iter()
            .filter_map(|active| pace(&active.fault).map(|(period, _)| active.told + period))
            .min()
    }
}

/// How often a fault makes something up, and about how many bytes.
fn pace(fault: &Fault) -> Option<(Duration, u16)> {
    let often = |per_s: u32| Duration::from_secs(1) / per_s.clamp(1, 1_000_000);
    match fault {
        Fault::Noise { every_ms, bytes } => {
            Some((Duration::from_millis(u64::from(*every_ms).max(1)), *bytes))
        }
        Fault::Babble { bytes_per_s } => Some((often(*bytes_per_s), 1)),
        Fault::FakeTags { per_s, .. } => Some((often(*per_s), 18)),
        Fault::Lose { .. }
        | Fault::Insert { .. }
        | Fault::Flip { .. }
        | Fault::Duplicate { .. }
        | Fault::Echo
        | Fault::Silence
        | Fault::Slow { .. } => None,
    }
}

/// A sound report of a tag that does not exist.
fn fake_tag(number: u64) -> Vec<u8> {
    let mut epc = vec![0xFA, 0x1E, 0, 0];
    epc.extend_from_slice(&number.to_be_bytes());
    let report = TagRead::new(&epc).map(|tag| Reply::Seen(tag).encode(0, Family::Uhf18));
    report.and_then(Result::ok).unwrap_or_default()
}
