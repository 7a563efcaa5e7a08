//! How a device tells its events, and what may go wrong in that.
//! Promises: every knob is off by default; a store that is full loses its oldest message, as readers do.
//! Source: MQTT readers page, sections 3.1, 5 and 11; fault list, D3, D4, D8 and E2.

use super::Publish;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use protocols::contract::UtcMillis;
use protocols::mqtt::kakou::EventId;

/// How many messages a device stores while it holds.
pub const STORE_MAX: usize = 256;

/// What goes wrong in the device itself; nothing, by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Knobs {
    /// It says nothing at all.
    pub silent: bool,
    /// It publishes each message twice, as after a lost acknowledgement.
    pub duplicate: bool,
    /// What it reads, weighs or feels is not what is there.
    pub wrong: bool,
    /// It tells each event so many times more, every time as an event of its own.
    pub babble: u8,
    /// It keeps its messages in its store until `release`, as behind a lost link.
    pub hold: bool,
    /// So many milliseconds its clock is ahead; negative when it is behind.
    pub clock_ms: i64,
    /// It asks the broker to keep its events, which nobody may believe afterwards.
    pub retain: bool,
    /// So many bytes at the end of each payload are lost.
    pub cut: usize,
}

/// What counts and stores for one device.
#[derive(Clone, Debug)]
pub(super) struct Teller {
    pub(super) knobs: Knobs,
    seed: u64,
    count: u64,
    store: VecDeque<Publish>,
}

impl Teller {
    pub(super) const fn new(seed: u64) -> Self {
        let knobs = Knobs {
            silent: false,
            duplicate: false,
            wrong: false,
            babble: 0,
            hold: false,
            clock_ms: 0,
            retain: false,
            cut: 0,
        };
        Self { knobs, seed, count: 0, store: VecDeque::new() }
    }

    /// The next running number, from 1.
    pub(super) fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// The next name of an event.
    pub(super) fn id(&mut self) -> EventId {
        let number = self.number();
        EventId::from_bits(u128::from(self.seed) << 64 | u128::from(number))
    }

    /// The device starts again: its numbers do too. What it stored it keeps.
    pub(super) fn restart(&mut self) {
        self.count = 0;
    }

    /// What the device's clock shows at `now`.
    pub(super) fn clock(&self, now: UtcMillis) -> UtcMillis {
        UtcMillis::from_millis(now.as_millis().saturating_add(self.knobs.clock_ms))
    }

    /// Tells one event, as often as the knobs say; `make` makes it anew each time.
    pub(super) fn tell(&mut self, mut make: impl FnMut(&mut Self) -> Publish) -> Vec<Publish> {
        let mut told = Vec::new();
        for _ in 0..=self.knobs.babble {
            let mut message = make(self);
            let left = message.payload.len().saturating_sub(self.knobs.cut);
            message.payload.truncate(left);
            message.retained |= self.knobs.retain;
            if self.knobs.duplicate {
                told.push(message.clone());
            }
            told.push(message);
        }
        if self.knobs.silent {
            told.clear();
        }
        if !self.knobs.hold {
            return told;
        }
        for message in told {
            if self.store.len() >= STORE_MAX {
                self.store.pop_front();
            }
            self.store.push_back(message);
        }
        Vec::new()
    }

    /// What was stored, oldest first.
    pub(super) fn release(&mut self) -> Vec<Publish> {
        self.store.drain(..).collect()
    }
}
