//! What a module is to be set to, what it was found to be set to, and so what is still to be written.
//! Promises: only the bits that matter are changed; the others keep the value that the module has.
//! Absent: saving over a power cut (it wears the memory out, and a module that comes back is configured again); the bits
//! for "Unicode", whose form the manual does not give: whoever wants UTF-8 sets it on the module.
//! Source: GM65 manual V1.3, chapters 2 to 6.

use super::aim::CodeId;
use super::charset::Charset;
use super::repr::Reading;
use super::wire::Tail;
use super::zone::{self, Format, TailKind, TextOutput, Trigger};
use alloc::vec::Vec;
use core::num::NonZeroU8;
use core::time::Duration;

/// 模块配置: how a module with commands is to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// What makes it read. Default `Continuous`.
    pub trigger: Trigger,
    /// Longest single read, units of 100 ms; never without end, so that a lane's time is its own. Default 3 s.
    pub read_time: NonZeroU8,
    /// Pause between two reads of its own, units of 100 ms. Default 1 s.
    pub interval: u8,
    /// `Trigger::Command`: pause between the end of one read and the next command. Default 100 ms.
    pub pause: Duration,
    /// How often its settings are looked at, which is also how its silence is found. Default 4 s.
    pub probe: Duration,
}

impl Default for Module {
    fn default() -> Self {
        Self {
            trigger: Trigger::Continuous,
            read_time: NonZeroU8::MIN.saturating_add(29),
            interval: 10,
            pause: Duration::from_millis(100),
            probe: Duration::from_secs(4),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Wanted {
    zone: u16,
    mask: u8,
    value: u8,
    /// What the module has there, as far as it said.
    found: Option<u8>,
}

impl Wanted {
    /// What is to be written, once it is known what is there.
    fn due(&self) -> Option<(u16, u8)> {
        let found = self.found?;
        let value = (found & !self.mask) | self.value;
        (value != found).then_some((self.zone, value))
    }
}

/// The zones of one module.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    wanted: Vec<Wanted>,
    /// Which zones are read to see them all: first zone and how many.
    blocks: Vec<(u16, u16)>,
}

impl Settings {
    pub(super) fn new(module: &Module, reading: &Reading, tail: Tail) -> Self {
        let whole = |zone, value| Wanted { zone, mask: 0xFF, value, found: None };
        let format = Format {
            tail: match tail {
                Tail::LineEnd => TailKind::Cr,
                Tail::Tab => TailKind::Tab,
                Tail::Silence => TailKind::None,
            },
            tells_failure: false,
            prefix: false,
            code_id: reading.code_id != CodeId::Off,
            suffix: false,
        };
        let mut wanted = alloc::vec![Wanted { mask: Format::MASK, ..whole(zone::FORMAT, format.byte()) }];
        let mut blocks = alloc::vec![(zone::MODE, zone::OUTPUT + 1), (zone::FORMAT, 1)];
        if reading.code_id == CodeId::Aim {
            wanted.push(Wanted { mask: zone::AIM_ON, ..whole(zone::AIM, zone::AIM_ON) });
            blocks.push((zone::AIM, 1));
        }
        let output = match reading.charset {
            Charset::Gbk => Some(TextOutput::Gbk),
            Charset::Big5 => Some(TextOutput::Big5),
            Charset::Utf8 | Charset::ShiftJis | Charset::Latin1 => None,
        };
        wanted.extend(output.map(|set| Wanted { mask: TextOutput::MASK, ..whole(zone::OUTPUT, set.bits()) }));
        // The mode comes last: from then on it reads, and records come dressed as they should be.
        wanted.extend([
            whole(zone::INTERVAL, module.interval),
            whole(zone::READ_TIME, module.read_time.get()),
            Wanted { mask: Trigger::MASK, ..whole(zone::MODE, module.trigger as u8) },
        ]);
        Self { wanted, blocks }
    }

    /// The block of zones to read at that place of the round; `None` behind the last.
    pub(super) fn block(&self, place: usize) -> Option<(u16, u16)> {
        self.blocks.get(place).copied()
    }

    /// What the module has from that zone on.
    pub(super) fn learn(&mut self, first: u16, values: &[u8]) {
        for wanted in &mut self.wanted {
            let place = wanted.zone.checked_sub(first).map(usize::from);
            if let Some(value) = place.and_then(|place| values.get(place)) {
                wanted.found = Some(*value);
            }
        }
    }

    /// The next zone to write, and its value; `None` when all is as it should be.
    pub(super) fn due(&self) -> Option<(u16, u8)> {
        self.wanted.iter().find_map(Wanted::due)
    }

    /// Nothing is known of the module any more.
    pub(super) fn forget(&mut self) {
        for wanted in &mut self.wanted {
            wanted.found = None;
        }
    }
}
