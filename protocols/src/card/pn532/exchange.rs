//! 交换: one command at a time over the host link: frame, acknowledgement, reply, and what goes wrong with them.
//! Promises: of each command exactly one outcome is told; a spoilt reply is asked for once more (NACK), then given up; a
//! command without acknowledgement, or whose reply stays out or breaks off, is aborted (ACK), and what comes until the
//! next command is dropped as its late answer; a reply to another command is dropped and counted.
//! Absent: what the commands are for (`session`); echoes: the link is full duplex.
//! Source: UM0701-02, 6.2.1 and 6.2.2; the page's timing and resynchronisation.

use super::repr::{Command, Reply};
use super::wire::{Frame, Pn532Decoder, Side};
use crate::frame::{Progress, Tally};
use crate::talk::Input;
use crate::tick::Tick;
use alloc::vec::Vec;
use core::time::Duration;

/// The chip acknowledges a command so soon after its end.
const ACK_TIME: Duration = Duration::from_millis(15);
/// How long an ordinary reply may take (libnfc).
const REPLY_TIME: Duration = Duration::from_millis(350);
/// One byte at 115200 bit/s.
const BYTE_TIME: Duration = Duration::from_micros(87);
/// So many held bytes are more than may lie between frames: a frame has begun.
const BEGUN: usize = 3;

/// Why an exchange brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The chip did not take the command, as far as we know. The command is aborted.
    NotTaken,
    /// It took the command, and no whole reply came. The command is aborted.
    NoReply,
    /// A reply came and is of no use.
    Spoilt,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The content of the frame that answers the command.
    Reply(Vec<u8>),
    /// The chip could make nothing of the command.
    SyntaxError,
    /// Nothing came of it.
    Failed(Failure),
}

/// The command that is out.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    code: u8,
    /// When acknowledgement or reply is overdue.
    due: Tick,
    acknowledged: bool,
    /// The reply was spoilt, and has been asked for again.
    asked_again: bool,
}

/// The link to one chip.
#[derive(Debug)]
pub(super) struct Link {
    decoder: Pn532Decoder,
    gap: Duration,
    slack: Duration,
    exchange: Option<Exchange>,
    outcome: Option<Outcome>,
    /// Frames to send, in order.
    sends: Vec<Vec<u8>>,
    /// When bytes last came, while some are held.
    last_byte: Option<Tick>,
    /// A command was aborted: what comes before the next one is its late answer.
    stale: bool,
    foreign: u64,
    timeouts: u64,
}

impl Link {
    /// `gap` ends a frame; `slack` is what adapter and machine may add to the chip's own times.
    pub(super) fn new(gap: Duration, slack: Duration) -> Self {
        Self {
            decoder: Pn532Decoder::new(Side::Chip),
            gap,
            slack,
            exchange: None,
            outcome: None,
            sends: Vec::new(),
            last_byte: None,
            stale: false,
            foreign: 0,
            timeouts: 0,
        }
    }

    /// Takes one input; `outcome` then tells whether the command out has ended.
    pub(super) fn handle(&mut self, input: Input<'_>, now: Tick) {
        if self.last_byte.is_some_and(|last| now >= last + self.gap) {
            self.end_frame(now);
        }
        match input {
            Input::Bytes(bytes) => self.receive(bytes, now),
            Input::Gap => self.end_frame(now),
            Input::Deadline => {}
        }
        if let Some(exchange) = self.exchange.filter(|exchange| now >= exchange.due) {
            self.abort(if exchange.acknowledged { Failure::NoReply } else { Failure::NotTaken });
        }
    }

    /// How the command that was out ended, told once.
    pub(super) fn outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    /// What is to be written, in order.
    pub(super) fn sends(&mut self) -> impl Iterator<Item = Vec<u8>> {
        self.sends.drain(..)
    }

    /// Whether a command is out.
    pub(super) fn busy(&self) -> bool {
        self.exchange.is_some()
    }

    /// When `handle` has something to do again, if no bytes come before.
    pub(super) fn wake(&self) -> Option<Tick> {
        let frame_ends = self.last_byte.map(|last| last + self.gap);
        let overdue = self.exchange.map(|exchange| exchange.due);
        [frame_ends, overdue].into_iter().flatten().min()
    }

    /// Sends a command. None may be out.
    pub(super) fn command(&mut self, command: &Command<'_>, now: Tick) {
        if core::mem::take(&mut self.stale) {
            self.end_frame(now);
        }
        let bytes = command.encode().unwrap_or_default();
        let due = now + on_the_line(bytes.len()) + ACK_TIME + self.slack;
        self.exchange = Some(Exchange { code: command.code(), due, acknowledged: false, asked_again: false });
        self.sends.push(bytes);
    }

    pub(super) fn tally(&self) -> Tally {
        self.decoder.tally()
    }

    /// Sound frames that answered no command that was out.
    pub(super) fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Commands that were aborted.
    pub(super) fn timeouts(&self) -> u64 {
        self.timeouts
    }

    fn receive(&mut self, mut bytes: &[u8], now: Tick) {
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.drain(now);
        }
        self.last_byte = (self.decoder.held() > 0).then_some(now);
    }

    fn end_frame(&mut self, now: Tick) {
        let begun = self.decoder.held() >= BEGUN;
        self.last_byte = None;
        self.decoder.gap();
        self.drain(now);
        if begun && self.exchange.is_some_and(|exchange| exchange.acknowledged) {
            // What broke off was the reply.
            self.abort(Failure::NoReply);
        }
    }

    fn drain(&mut self, now: Tick) {
        loop {
            let (outcome, answers) = match self.decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { .. } => continue,
                Progress::BadCheck(_) => {
                    self.spoilt(now);
                    continue;
                }
                Progress::Frame(bytes) => match Frame::parse(Side::Chip, bytes) {
                    Ok(Frame::Ack) => {
                        self.acknowledged(now);
                        continue;
                    }
                    Ok(Frame::SyntaxError) => (Outcome::SyntaxError, None),
                    Ok(Frame::Information(content)) => match Reply::answers(content) {
                        Some(code) => (Outcome::Reply(content.to_vec()), Some(code)),
                        None => {
                            self.foreign += 1;
                            continue;
                        }
                    },
                    Ok(Frame::Nack) | Err(_) => {
                        self.foreign += 1;
                        continue;
                    }
                },
            };
            // One that overtook its acknowledgement counts: noise may have taken that.
            let ours = |exchange: &Exchange| answers.is_none_or(|code| code == exchange.code);
            if self.exchange.take_if(|exchange| ours(exchange)).is_some() {
                self.outcome = Some(outcome);
            } else {
                self.foreign += 1;
            }
        }
    }

    fn acknowledged(&mut self, now: Tick) {
        let due = now + REPLY_TIME + self.slack;
        match &mut self.exchange {
            Some(exchange) if !exchange.acknowledged => {
                (exchange.acknowledged, exchange.due) = (true, due);
            }
            _ => self.foreign += 1,
        }
    }

    /// A frame came whose sum fails. Before the acknowledgement it cannot be the reply.
    fn spoilt(&mut self, now: Tick) {
        let due = now + REPLY_TIME + self.slack;
        match &mut self.exchange {
            Some(exchange) if exchange.acknowledged && !exchange.asked_again => {
                (exchange.asked_again, exchange.due) = (true, due);
                self.sends.push(Frame::Nack.encode(Side::Host).unwrap_or_default());
            }
            Some(exchange) if exchange.acknowledged => {
                self.exchange = None;
                self.outcome = Some(Outcome::Failed(Failure::Spoilt));
            }
            _ => {}
        }
    }

    /// The command out may still run: no other may follow it without this.
    fn abort(&mut self, failure: Failure) {
        self.exchange = None;
        self.stale = true;
        self.timeouts += 1;
        self.sends.push(Frame::Ack.encode(Side::Host).unwrap_or_default());
        self.outcome = Some(Outcome::Failed(failure));
    }
}

/// How long so many bytes are on the line.
pub(super) fn on_the_line(bytes: usize) -> Duration {
    BYTE_TIME * u32::try_from(bytes).unwrap_or(u32::MAX)
}
