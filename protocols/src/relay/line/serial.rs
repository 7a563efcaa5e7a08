//! A serial line: an answer ends by its length, and silence parts it from the next request.
//! Promises: nothing received before a request is taken for its answer; no byte is shifted to find one; an adapter's echo is
//! found out and dropped.
//! Source: Modbus over serial line V1.02, 2.5; `slowtec/tokio-modbus` issues 60 and 180 for what boards do in fact.

use super::{Asked, Verdict};
use crate::relay::exchange::{Counters, Output, Timing};
use crate::relay::wire::{FRAME_MAX, Mismatch, Response};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

/// How long to wait for silence on a line that will not be silent.
const PATIENCE: Duration = Duration::from_millis(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    Unknown,
    Present,
    Absent,
}

#[derive(Debug)]
enum State {
    /// Free from `from` on; strays push that back, `patience` at most.
    Idle { from: Tick, patience: Tick },
    /// A request is out. `last`: when the latest byte of the answer came.
    Waiting { asked: Asked, frame: Vec<u8>, got: Vec<u8>, last: Option<Tick> },
    /// The answer cannot be one: wait for silence.
    Draining { until: Tick, patience: Tick, late_until: Tick },
}

#[derive(Debug)]
pub(crate) struct SerialLine {
    timing: Timing,
    echo: Echo,
    state: State,
}

impl SerialLine {
    pub(crate) fn new(timing: Timing) -> Self {
        let state = State::Idle { from: Tick::default(), patience: Tick::default() };
        Self { timing, echo: Echo::Unknown, state }
    }

    pub(super) fn ask(&mut self, asked: Asked, outputs: &mut VecDeque<Output>) {
        let frame = asked.request.encode(asked.unit);
        outputs.extend([Output::Flush, Output::Send(frame.clone())]);
        self.state = State::Waiting { asked, frame, got: Vec::new(), last: None };
    }

    pub(super) fn receive(&mut self, bytes: &[u8], now: Tick, counters: &mut Counters) -> Option<Verdict> {
        let Timing { quiet, inter_char } = self.timing;
        match &mut self.state {
            State::Idle { from, patience } => {
                counters.stray_bytes += bytes.len() as u64;
                if now >= *from + quiet {
                    *patience = now + PATIENCE;
                }
                *from = (now + quiet).min(*patience).max(*from);
                None
            }
            State::Draining { until, patience, .. } => {
                counters.stray_bytes += bytes.len() as u64;
                *until = (now + inter_char).min(*patience);
                None
            }
            State::Waiting { got, last, .. } => {
                *last = Some(now);
                let room = (2 * FRAME_MAX).saturating_sub(got.len());
                got.extend(bytes.iter().take(room));
                self.judge(now, counters)
            }
        }
    }

    /// Judges what has come of an answer.
    fn judge(&mut self, now: Tick, counters: &mut Counters) -> Option<Verdict> {
        let State::Waiting { asked, frame, got, .. } = &self.state else { return None };
        let (echoed, body) = strip_echo(self.echo, frame, got)?;
        match body.and_then(|body| Response::decode(body, asked.unit, &asked.request)) {
            Ok(None) => None,
            Ok(Some(response)) => {
                counters.echoes += u64::from(echoed == Echo::Present);
                self.echo = echoed;
                self.free(now);
                Some(Verdict::Answer(response))
            }
            Err(mismatch) => {
                counters.missed(Some(mismatch));
                // Behind bytes that are not the board's whole answer, that answer may still come.
                let late_until = if mismatch == Mismatch::Check { now } else { asked.due };
                let (until, patience) = (now + self.timing.inter_char, now + PATIENCE);
                self.state = State::Draining { until, patience, late_until };
                None
            }
        }
    }

    pub(super) fn expire(&mut self, now: Tick, counters: &mut Counters) -> Option<Verdict> {
        let (late_until, silent) = match &self.state {
            State::Waiting { asked, last: None, .. } if now >= asked.due => {
                counters.missed(None);
                (asked.due + asked.due.since(asked.sent), true)
            }
            State::Waiting { asked, last: Some(last), .. }
                if now >= asked.due || now >= *last + self.timing.inter_char =>
            {
                counters.missed(Some(Mismatch::Short));
                (asked.due, false)
            }
            State::Draining { until, late_until, .. } if now >= *until => (*late_until, false),
            State::Idle { .. } | State::Waiting { .. } | State::Draining { .. } => return None,
        };
        self.free(now);
        Some(Verdict::Missed { late_until, silent })
    }

    /// Frees the line from after the silence due.
    fn free(&mut self, now: Tick) {
        self.state = State::Idle { from: now + self.timing.quiet, patience: now + PATIENCE };
    }

    pub(super) fn free_from(&self) -> Option<Tick> {
        match self.state {
            State::Idle { from, .. } => Some(from),
            State::Waiting { .. } | State::Draining { .. } => None,
        }
    }

    pub(super) fn wake(&self) -> Option<Tick> {
        match &self.state {
            State::Idle { .. } => None,
            State::Waiting { asked, last, .. } => {
                let broken_off = last.map(|last| last + self.timing.inter_char);
                Some(broken_off.map_or(asked.due, |at| at.min(asked.due)))
            }
            State::Draining { until, .. } => Some(*until),
        }
    }

    /// What was taken for an echo may have been noise, and the wrong belief would refuse every answer.
    pub(super) fn forget_echo(&mut self) {
        self.echo = Echo::Unknown;
    }
}

/// What the adapter does, and the answer behind the echo; `None` while that cannot be told yet.
fn strip_echo<'a>(echo: Echo, sent: &[u8], got: &'a [u8]) -> Option<(Echo, Result<&'a [u8], Mismatch>)> {
    match (echo, got.strip_prefix(sent)) {
        (Echo::Absent, _) => Some((Echo::Absent, Ok(got))),
        (_, Some(rest)) => Some((Echo::Present, Ok(rest))),
        (_, None) if sent.starts_with(got) => None,
        (Echo::Unknown, None) => Some((Echo::Absent, Ok(got))),
        (Echo::Present, None) => Some((Echo::Present, Err(Mismatch::Count))),
    }
}
