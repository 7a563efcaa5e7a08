//! What the tests of a wire do: a golden stream whole, byte by byte, in pieces and behind noise; and a conversation with a
//! device on a line with its own time.
//! Promises: whoever calls `golden` has shown that no split changes what is told, and that every byte is accounted for.
//! Absent: what a frame means; each family puts that into words of its own.

use crate::frame::{Decoder, Framing, Progress};
use crate::talk::{DeviceEvent, Identity, Input, Output, Talk};
use crate::tick::Tick;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The bytes of `"01 05 00"`, blanks anywhere.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

/// Bytes as the pages write them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

/// The same numbers on every run.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// A decoder whose results are kept in words.
pub(crate) struct Teller<F, const N: usize, W> {
    decoder: Decoder<F, N>,
    words: W,
    fed: u64,
}

impl<F: Framing, const N: usize, W: Fn(&[u8]) -> String> Teller<F, N, W> {
    pub(crate) fn new(framing: F, words: W) -> Self {
        Self { decoder: Decoder::new(framing), words, fed: 0 }
    }

    /// What these pieces tell, and a gap behind them.
    pub(crate) fn tell<'a>(&mut self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut out = Vec::new();
        for piece in pieces {
            let mut rest = piece;
            self.fed += piece.len() as u64;
            while !rest.is_empty() {
                let taken = self.decoder.push(rest);
                rest = &rest[taken..];
                self.drain(&mut out);
            }
        }
        self.decoder.gap();
        self.drain(&mut out);
        let tally = self.decoder.tally();
        let gone = tally.frame_bytes + tally.idle_bytes + tally.noise_bytes + tally.bad_bytes;
        assert_eq!((self.decoder.held(), gone), (0, self.fed), "bytes appeared or vanished");
        out
    }

    fn drain(&mut self, out: &mut Vec<String>) {
        loop {
            match self.decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { skipped } => out.push(format!("noise {skipped}")),
                Progress::BadCheck(bad) => out.push(format!("bad check of {}", bad.len())),
                Progress::Frame(frame) => out.push((self.words)(frame)),
            }
        }
    }
}

/// Holds a golden stream to what it tells, whole, in pieces of every size, and behind noise and a gap.
pub(crate) fn golden<F: Framing + Copy, const N: usize>(
    id: &str,
    framing: F,
    stream: &[u8],
    words: impl Fn(&[u8]) -> String + Copy,
    want: &[&str],
) {
    let mut teller = Teller::<F, N, _>::new(framing, words);
    assert_eq!(teller.tell([stream]), want, "{id} whole");
    for size in 1..=stream.len() {
        assert_eq!(teller.tell(stream.chunks(size)), want, "{id} by {size}");
    }
    for seed in 0..50 {
        teller.tell([&noise(seed, 37)[..]]);
        assert_eq!(teller.tell([stream]), want, "{id} behind noise {seed} and a gap");
    }
}

/// A device at the other end of a line.
pub(crate) trait Device {
    /// What it says to these bytes, if anything.
    fn answer(&mut self, sent: &[u8], now: u64) -> Vec<u8>;
}

/// A conversation and a device with their own time, in milliseconds; answers take `delay`.
pub(crate) struct Line<T, D> {
    pub(crate) talk: T,
    pub(crate) device: D,
    pub(crate) now: u64,
    pub(crate) delay: u64,
    pub(crate) log: Vec<String>,
    words: fn(&[u8]) -> String,
    due: Vec<(u64, Vec<u8>)>,
}

impl<T: Talk, D: Device> Line<T, D> {
    pub(crate) fn new(talk: T, device: D, words: fn(&[u8]) -> String) -> Self {
        Self { talk, device, now: 0, delay: 20, log: Vec::new(), words, due: Vec::new() }
    }

    /// Lets both go on until then.
    pub(crate) fn run_until(&mut self, end: u64) {
        self.input(Input::Deadline);
        loop {
            let wake = self.settle();
            assert!(wake > self.now, "waits for the past at {}: {:?}", self.now, self.log);
            self.due.sort_by_key(|(at, _)| *at);
            let heard = self.due.first().map_or(u64::MAX, |(at, _)| *at);
            let next = wake.min(heard);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            if heard == next {
                let (_, bytes) = self.due.remove(0);
                self.input(Input::Bytes(&bytes));
            } else {
                self.input(Input::Deadline);
            }
        }
    }

    /// The device says something unasked.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.input(Input::Bytes(bytes));
        self.settle();
    }

    /// Something was told to the conversation: let it act on it.
    pub(crate) fn settle(&mut self) -> u64 {
        for _ in 0..10_000 {
            match self.talk.poll() {
                Output::Send(sent) => {
                    self.log.push(format!("{} send {}", self.now, (self.words)(&sent)));
                    let answer = self.device.answer(&sent, self.now);
                    if !answer.is_empty() {
                        self.due.push((self.now + self.delay, answer));
                    }
                }
                Output::Event(event) => self.log.push(format!("{} {}", self.now, name(&event))),
                Output::Wait(wake) => {
                    return wake.map_or(u64::MAX, |tick| tick.as_micros().div_ceil(1000));
                }
            }
        }
        panic!("the conversation never waits");
    }

    fn input(&mut self, input: Input<'_>) {
        self.talk.handle(input, Tick::from_millis(self.now));
    }

    /// The time now, as a conversation takes it.
    pub(crate) fn tick(&self) -> Tick {
        Tick::from_millis(self.now)
    }

    /// When something was first logged, at or after `from`.
    pub(crate) fn first(&self, what: &str, from: u64) -> Option<u64> {
        let entries = self.log.iter().filter_map(|line| line.split_once(' '));
        let times = entries.filter(|(_, rest)| *rest == what).filter_map(|(at, _)| at.parse().ok());
        times.into_iter().find(|at| *at >= from)
    }

    /// How often something was logged.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.log.iter().filter(|line| line.split_once(' ').is_some_and(|(_, rest)| rest == what)).count()
    }
}

fn name(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Online(who) => format!("online {who}"),
        DeviceEvent::Refused(why) => format!("refused {why}"),
        DeviceEvent::Seen(sighting) => match &sighting.identity {
            Identity::Seal { number, state } => format!("seal {number} {state:?}"),
            other => format!("{other:?}"),
        },
        other => format!("{other:?}").to_lowercase(),
    }
}
