//! Readers of electronic plates, of either family.

use super::{Firmware, Told};
use crate::board::wire::Wire;
use crate::device::uhf::{Settings, Settings288, Timing, UhfReader, UhfReader288};
use crate::scenario::device::{UhfDevice, UhfMode};
use crate::scenario::sign::Sign;
use protocols::tick::Tick;
use protocols::uhf::repr::{Baud, ReadMode, WorkMode};
use protocols::uhf::tag::TagRead;
use serde_json::{Value, json};
use std::time::Duration;

/// A reader of the 18 family.
pub(super) fn of_18(device: &UhfDevice, baud: u32) -> UhfReader<Wire> {
    let settings = Settings {
        address: device.address,
        baud: rate(baud),
        mode: WorkMode { repeat: device.repeat_s, ..WorkMode::serial(mode(device.mode)) },
        ..Settings::factory()
    };
    UhfReader::new(Wire::default(), settings, timing(device))
}

/// A reader of the 288 family.
pub(super) fn of_288(device: &UhfDevice, baud: u32) -> UhfReader288<Wire> {
    let settings = Settings288 {
        address: device.address,
        baud: rate(baud),
        mode: mode(device.mode),
        ..Settings288::factory()
    };
    UhfReader288::new(Wire::default(), settings, timing(device))
}

fn mode(mode: UhfMode) -> ReadMode {
    match mode {
        UhfMode::Answer => ReadMode::Answer,
        UhfMode::Scan => ReadMode::Scan,
        UhfMode::Trigger => ReadMode::TriggerLow,
    }
}

fn timing(device: &UhfDevice) -> Timing {
    let millis = |millis: u32| Duration::from_millis(u64::from(millis));
    Timing {
        per_tag: millis(device.per_tag_ms),
        empty: millis(device.empty_ms),
        round: millis(device.round_ms),
    }
}

const RATES: [(u32, Baud); 5] = [
    (57_600, Baud::B57600),
    (9600, Baud::B9600),
    (19_200, Baud::B19200),
    (38_400, Baud::B38400),
    (115_200, Baud::B115200),
];

/// What the family calls that rate; the usual one for a rate that it lacks, which `check` refuses.
fn rate(bits: u32) -> Baud {
    RATES.into_iter().find(|(known, _)| *known == bits).map_or(Baud::B57600, |(_, baud)| baud)
}

fn bits(baud: Baud) -> Option<u32> {
    RATES.into_iter().find(|(_, known)| *known == baud).map(|(bits, _)| bits)
}

fn report(tag: &TagRead) -> Told {
    Told::Report { what: "tag", key: tag.epc_hex() }
}

/// The two families differ in type only.
macro_rules! reader {
    ($reader:ty, $family:literal, $mode:expr) => {
        impl Firmware for $reader {
            fn kind(&self) -> &'static str {
                "uhf"
            }

            fn wire(&mut self) -> &mut Wire {
                self.port_mut()
            }

            fn poll(&mut self, now: Tick) -> Option<Told> {
                // The host's port cannot fail.
                let Ok(()) = Self::poll(self, now);
                self.next_fresh().as_ref().map(report)
            }

            fn wake(&self) -> Option<Tick> {
                Self::wake(self)
            }

            fn reboot(&mut self, _now: Tick) -> Option<Told> {
                Firmware::wire(self).clear();
                Self::reboot(self);
                None
            }

            fn state(&self, _now: Tick) -> Value {
                let tags: Vec<String> = self.field().iter().map(TagRead::epc_hex).collect();
                let mode: ReadMode = $mode(self);
                json!({ "family": $family, "tags": tags, "read_mode": mode as u8, "lost_bytes": self.lost() })
            }

            fn rate(&self) -> Option<u32> {
                bits(self.settings().baud)
            }

            fn factory_reset(&mut self) -> bool {
                Self::factory_reset(self);
                true
            }

            fn sees(&mut self, sign: &Sign, here: bool, now: Tick) -> Option<bool> {
                let Sign::Tag(tag) = sign else { return None };
                Some(if here { self.enter(*tag, now) } else { self.leave(tag.epc()) })
            }

            fn approach(&mut self, occupied: bool) {
                self.trigger(!occupied);
            }
        }
    };
}

reader!(UhfReader<Wire>, 18, |reader: &UhfReader<Wire>| reader.settings().mode.read);
reader!(UhfReader288<Wire>, 288, |reader: &UhfReader288<Wire>| reader.settings().mode);
