//! 线路末端: one end of a serial line as devices of this folder have it: an ear that cuts frames, and a mouth that may be
//! late, twice, wrong, silent or never still.
//! Promises: an incomplete frame ends after `gap`; what waits to be said is bounded, the oldest is forgotten; faults are
//! exactly those that are set, no dice.
//! Absent: noise of the line itself (the host's line decorators).
//! Source: fault D1, fault D3, fault D4.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::frame::{Decoder, Framing, Progress};
use protocols::tick::Tick;

/// Answers that may wait.
const WAITING: usize = 16;

/// 故障旋钮: what is wrong with a device's answers. Default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// It hears and acts, and says nothing.
    pub silent: bool,
    /// It answers that much later.
    pub slow: Duration,
    /// It says everything twice.
    pub duplicate: bool,
    /// The last byte but one of what it says is spoilt, so that no check holds.
    pub wrong: bool,
    /// It says rubbish that often.
    pub babble: Option<Duration>,
}

/// What an ear made out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A sound frame.
    Frame(Vec<u8>),
    /// Length and shape of one, and a check that fails.
    Bad,
}

/// Cuts what comes into frames.
#[derive(Debug)]
pub(super) struct Ear<F, const N: usize> {
    decoder: Decoder<F, N>,
    gap: Duration,
    last: Tick,
}

impl<F: Framing, const N: usize> Ear<F, N> {
    pub(super) fn new(framing: F, gap: Duration) -> Self {
        Self { decoder: Decoder::new(framing), gap, last: Tick::default() }
    }

    /// What has come since it was last asked.
    pub(super) fn hear<P: Read + ReadReady>(
        &mut self,
        port: &mut P,
        now: Tick,
    ) -> Result<Vec<Heard>, P::Error> {
        let mut heard = Vec::new();
        if self.decoder.held() > 0 && now.since(self.last) >= self.gap {
            self.decoder.gap();
            self.drain(&mut heard);
        }
        let mut chunk = [0; 64];
        while port.read_ready()? {
            let count = port.read(&mut chunk)?;
            let Some(mut bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            self.last = now;
            while !bytes.is_empty() {
                let taken = self.decoder.push(bytes);
                bytes = bytes.get(taken..).unwrap_or_default();
                self.drain(&mut heard);
            }
        }
        Ok(heard)
    }

    fn drain(&mut self, heard: &mut Vec<Heard>) {
        loop {
            match self.decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { .. } => {}
                Progress::BadCheck(_) => heard.push(Heard::Bad),
                Progress::Frame(bytes) => heard.push(Heard::Frame(bytes.to_vec())),
            }
        }
    }

    /// Forgets what is incomplete.
    pub(super) fn reset(&mut self) {
        self.decoder.gap();
        self.drain(&mut Vec::new());
    }

    /// When silence ends what is incomplete.
    pub(super) fn wake(&self) -> Option<Tick> {
        (self.decoder.held() > 0).then_some(self.last + self.gap)
    }
}

/// Says what a device answers, with the faults that are set.
#[derive(Debug)]
pub(super) struct Mouth {
    pub(super) faults: Faults,
    due: VecDeque<(Tick, Vec<u8>)>,
    babbled: Tick,
}

impl Mouth {
    pub(super) fn new(faults: Faults) -> Self {
        Self { faults, due: VecDeque::new(), babbled: Tick::default() }
    }

    /// This is to be said, `takes` from now on.
    pub(super) fn say(&mut self, bytes: &[u8], takes: Duration, now: Tick) {
        if self.faults.silent || bytes.is_empty() {
            return;
        }
        let mut bytes = bytes.to_vec();
        if self.faults.wrong {
            let place = bytes.len().saturating_sub(2);
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 0x10;
            }
        }
        for _ in 0..1 + u8::from(self.faults.duplicate) {
            if self.due.len() >= WAITING {
                self.due.pop_front();
            }
            self.due.push_back((now + takes + self.faults.slow, bytes.clone()));
        }
    }

    /// Says what is due.
    pub(super) fn speak<P: Write>(&mut self, port: &mut P, now: Tick) -> Result<(), P::Error> {
        while let Some((_, bytes)) = self.due.pop_front_if(|(at, _)| *at <= now) {
            port.write_all(&bytes)?;
        }
        if self.faults.babble.is_some_and(|often| now >= self.babbled + often) {
            self.babbled = now;
            port.write_all(&[0x00, 0xFF, 0x55, 0xAA])?;
        }
        Ok(())
    }

    /// When something is due.
    pub(super) fn wake(&self) -> Option<Tick> {
        let said = self.due.front().map(|(at, _)| *at);
        let babble = self.faults.babble.map(|often| self.babbled + often);
        [said, babble].into_iter().flatten().min()
    }

    /// Forgets what waits.
    pub(super) fn forget(&mut self) {
        self.due.clear();
    }
}
