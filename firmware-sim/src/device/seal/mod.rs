//! 关锁读写器: firmware of a DataReader-like reader, with seals in its field.
//! Promises: a seal is told when it comes into the field and at every change, one message at a time, and again until it is
//! acknowledged; open implies tampered, latched until the seal is set; a garbled command is met with silence, as is one for
//! another reader and every broadcast.
//! Chosen where the manual is silent: R_status is zeros; messages are repeated every second.
//! Absent: radio commands from the host; reader parameters are accepted and forgotten.
//! Source: Hi-G-Tek DataReader manual UM4710, 6.5 and 8.2.1.

#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::seal::reader::repr::{Command, Message, SealBurst};
use protocols::seal::reader::wire::{BUFFER, Frame, SealWire};
use protocols::seal::status::{SealId, ShortStatus};
use protocols::tick::Tick;

use super::terminal::{Ear, Faults, Heard, Mouth};

/// Seals that fit the field.
pub const FIELD: usize = 64;
/// Silence that ends an incomplete frame.
const GAP: Duration = Duration::from_millis(50);
/// From a command to its answer.
const ANSWER: Duration = Duration::from_millis(20);
/// From one telling to the next, while nobody acknowledges.
const REPEAT: Duration = Duration::from_secs(1);
/// The radio's kind of message for a report.
const REPORT: u8 = 0x0A;

/// What happens to a seal in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealAct {
    /// Somebody opens it.
    Open,
    /// Somebody closes it; that it was open stays told.
    Close,
    /// It is set anew: whatever it told is forgotten.
    Set,
    /// Opening it is allowed from now on.
    Approve,
    /// Its battery runs low.
    LowBattery,
}

/// One reader on one serial port.
#[derive(Debug)]
pub struct SealReader<P> {
    port: P,
    reader: u16,
    ear: Ear<SealWire, BUFFER>,
    mouth: Mouth,
    field: Vec<(SealId, ShortStatus)>,
    /// Seals to be told, in turn.
    untold: VecDeque<SealId>,
    /// When the first of them is told, or told again.
    tell_at: Tick,
    /// What was told last: an acknowledgement means this.
    told: Option<(SealId, ShortStatus)>,
    acknowledged: u64,
}

impl<P: Read + Write + ReadReady> SealReader<P> {
    /// A reader that has just been powered, with an empty field.
    pub fn new(port: P, reader: u16, faults: Faults) -> Self {
        Self {
            port,
            reader,
            ear: Ear::new(SealWire, GAP),
            mouth: Mouth::new(faults),
            field: Vec::new(),
            untold: VecDeque::new(),
            tell_at: Tick::default(),
            told: None,
            acknowledged: 0,
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// How many of its messages were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// How a seal in the field stands.
    #[must_use]
    pub fn status(&self, seal: SealId) -> Option<ShortStatus> {
        self.field.iter().find(|(known, _)| *known == seal).map(|(_, status)| *status)
    }

    /// What is wrong with it from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.mouth.faults = faults;
    }

    /// A seal comes into the field; `false` when it is there already or the field is full.
    pub fn enter(&mut self, seal: SealId, status: ShortStatus, now: Tick) -> bool {
        if self.status(seal).is_some() || self.field.len() >= FIELD {
            return false;
        }
        self.field.push((seal, status));
        self.announce(seal, now);
        true
    }

    /// A seal leaves the field; `false` when it was not there.
    pub fn leave(&mut self, seal: SealId) -> bool {
        let before = self.field.len();
        self.field.retain(|(known, _)| *known != seal);
        self.untold.retain(|known| *known != seal);
        self.field.len() < before
    }

    /// Something happens to a seal in the field; `false` when it is not there.
    pub fn act(&mut self, seal: SealId, act: SealAct, now: Tick) -> bool {
        let Some((_, status)) = self.field.iter_mut().find(|(known, _)| *known == seal) else { return false };
        status.0 = match act {
            SealAct::Open => status.0 | ShortStatus::TAMPERED | ShortStatus::OPENED,
            SealAct::Close => status.0 & !ShortStatus::OPENED,
            SealAct::Set => status.0 & ShortStatus::LOW_BATTERY,
            SealAct::Approve => status.0 | ShortStatus::OPEN_APPROVED,
            SealAct::LowBattery => status.0 | ShortStatus::LOW_BATTERY,
        };
        self.announce(seal, now);
        true
    }

    /// Power was away and is back: what was not acknowledged is told again, and so is everything in the field.
    pub fn reboot(&mut self, now: Tick) {
        self.ear.reset();
        self.mouth.forget();
        self.untold = self.field.iter().map(|(seal, _)| *seal).collect();
        self.tell_at = now;
    }

    /// Does what is due: hears commands, tells seals.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        for heard in self.ear.hear(&mut self.port, now)? {
            if let Heard::Frame(bytes) = heard {
                self.obey(&bytes, now);
            }
        }
        if let Some(seal) = self.untold.front().copied().filter(|_| now >= self.tell_at) {
            self.tell_at = now + REPEAT;
            if let Some(status) = self.status(seal) {
                self.told = Some((seal, status));
                let burst = SealBurst { channel: 1, seal, kind: REPORT, status, organisation: None };
                self.say(&Message::Burst { status: [0; 2], burst }, Duration::ZERO, now);
            }
        }
        self.mouth.speak(&mut self.port, now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let tell = (!self.untold.is_empty()).then_some(self.tell_at);
        [tell, self.ear.wake(), self.mouth.wake()].into_iter().flatten().min()
    }

    fn announce(&mut self, seal: SealId, now: Tick) {
        if self.untold.is_empty() {
            self.tell_at = now;
        }
        if !self.untold.contains(&seal) {
            self.untold.push_back(seal);
        } else if self.untold.front() == Some(&seal) {
            // What is being told is no longer true: tell it anew at once.
            self.tell_at = now;
        }
    }

    fn obey(&mut self, bytes: &[u8], now: Tick) {
        let Some(frame) = Frame::parse(bytes).filter(|frame| frame.reader == self.reader) else { return };
        let Ok(command) = Command::decode(&frame) else { return };
        match command {
            Command::Acknowledge => {
                let told = self.told.take().filter(|(seal, status)| self.status(*seal) == Some(*status));
                // What has changed since is told anew.
                if self.untold.pop_front_if(|next| told.is_some_and(|(seal, _)| seal == *next)).is_some() {
                    self.acknowledged += 1;
                    self.tell_at = now;
                }
            }
            Command::Status | Command::SelfTest => {
                let status = Message::Status {
                    command: command.code(),
                    flags: 0x80,
                    status: [0; 4],
                    data: Vec::new(),
                };
                self.say(&status, ANSWER, now);
            }
            // Neither is answered.
            Command::SetAddress(_) => {}
            Command::Reset => self.reboot(now),
            Command::WriteParameters(_)
            | Command::ReadParameters(_)
            | Command::Sleep
            | Command::Results
            | Command::Bursts { .. }
            | Command::SetBaud(_)
            | Command::GetBaud => {
                let answer = Message::Answer {
                    command: command.code(),
                    flags: 0x80,
                    status: [0; 2],
                    data: Vec::new(),
                };
                self.say(&answer, ANSWER, now);
            }
        }
    }

    fn say(&mut self, message: &Message, takes: Duration, now: Tick) {
        // Never too long: one record at a time.
        self.mouth.say(&message.encode(self.reader).unwrap_or_default(), takes, now);
    }
}
