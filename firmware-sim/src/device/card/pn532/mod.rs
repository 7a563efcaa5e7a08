//! PN532: firmware of the contactless controller behind its serial host link.
//! Promises: asleep until 55 comes, and deaf to all but SAMConfiguration until that was done; each command is acknowledged,
//! then answered; while one runs, others are lost and only ACK (abort) is heard; NACK brings the last reply again; a frame
//! with a wrong length or sum is met with silence; what it does not know with the error frame.
//! Chosen where the manual is silent: NACK while a command runs does nothing; InRelease and InDeselect always succeed; a
//! released card answers no look until the field was off, which is the worst that chips of this make do.
//! Absent: type B, FeliCa, emulation, registers and line rate, all met with the error frame or no card.
//! Source: UM0701-02, chapters 6 and 7; the page's timing.

mod field;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::card::pn532::repr::{CardCommand, Command, Firmware, Modulation, Reply, Retries};
use protocols::card::pn532::status::Status;
use protocols::card::pn532::wire::{Frame, Pn532Decoder, Side, WireError};
use protocols::frame::Progress;
use protocols::tick::Tick;

pub use field::{Card, Field};

/// A longer gap between two bytes ends the frame.
pub const GAP: Duration = Duration::from_millis(20);
/// The byte that wakes it.
const WAKES: u8 = 0x55;
/// Retries that never end.
const FOR_EVER: u8 = 0xFF;

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a command's end to its acknowledgement.
    pub acknowledge: Duration,
    /// From there to the reply of a command that needs no card.
    pub command: Duration,
    /// One look for cards.
    pub look: Duration,
    /// One exchange with a card.
    pub exchange: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            acknowledge: Duration::from_millis(1),
            command: Duration::from_millis(2),
            look: Duration::from_millis(25),
            exchange: Duration::from_millis(5),
        }
    }
}

/// What is wrong with it. A noisy line is the host's, not the chip's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Knobs {
    /// It hears, and says nothing.
    pub silent: bool,
    /// Its replies, not its acknowledgements, come so much later.
    pub slow: Duration,
    /// It says each reply twice.
    pub duplicate: bool,
    /// So many of its next replies have a wrong sum.
    pub wrong: u32,
    /// So many of its next replies break off four bytes early.
    pub cut: u32,
    /// It says its last reply unasked, so often, while no command runs.
    pub babbling: Option<Duration>,
}

/// The command that it carries out.
#[derive(Clone, Debug)]
struct Running {
    content: Vec<u8>,
    /// When it acknowledges, until it has.
    acknowledge: Option<Tick>,
    /// When it replies; `None` while it looks for a card for ever.
    ends: Option<Tick>,
}

/// One chip on one serial port.
#[derive(Debug)]
pub struct Pn532<P> {
    port: P,
    timing: Timing,
    knobs: Knobs,
    decoder: Pn532Decoder,
    heard: Tick,
    asleep: bool,
    /// SAMConfiguration was done.
    normal: bool,
    retries: u8,
    running: Option<Running>,
    /// The last reply, for NACK.
    last: Vec<u8>,
    babble: Option<Tick>,
    field: Field,
    lost: u64,
}

impl<P: Read + Write + ReadReady> Pn532<P> {
    /// A chip that has just been powered.
    pub fn new(port: P, timing: Timing) -> Self {
        Self {
            port,
            timing,
            knobs: Knobs::default(),
            decoder: Pn532Decoder::new(Side::Host),
            heard: Tick::default(),
            asleep: true,
            normal: false,
            retries: FOR_EVER,
            running: None,
            last: Vec::new(),
            babble: None,
            field: Field::default(),
            lost: 0,
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// What is wrong with it.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.knobs
    }

    /// The cards on it.
    #[must_use]
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The next card that it listed for the first time since the card came; call until `None`.
    pub fn next_fresh(&mut self) -> Option<Vec<u8>> {
        self.field.next_fresh()
    }

    /// How many commands came while another ran, and were lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// A card is laid down; `false` when it lay there already.
    pub fn enter(&mut self, card: Card, now: Tick) -> bool {
        let new = self.field.enter(card);
        if let Some(running) = self.running.as_mut().filter(|running| looks_for_a(&running.content)) {
            let found = now + self.timing.look;
            running.ends = Some(running.ends.map_or(found, |ends| ends.min(found)));
        }
        new
    }

    /// A card is taken away; `false` when it was not there.
    pub fn leave(&mut self, uid: &[u8]) -> bool {
        self.field.leave(uid)
    }

    /// All cards are taken away.
    pub fn clear(&mut self) {
        self.field.clear();
    }

    /// Power was away and is back: it sleeps, and has forgotten all but its cards.
    pub fn reboot(&mut self) {
        self.decoder = Pn532Decoder::new(Side::Host);
        (self.asleep, self.normal, self.retries) = (true, false, FOR_EVER);
        (self.running, self.babble) = (None, None);
        self.last.clear();
        self.field.power_off();
    }

    /// Does what is due: hears commands, acknowledges, replies.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        self.speak(now)?;
        self.listen(now)?;
        self.speak(now)?;
        self.talk_unasked(now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let gap = (self.decoder.held() > 0).then_some(self.heard + GAP);
        let speaks = self.running.as_ref().and_then(|running| running.acknowledge.or(running.ends));
        let babbles = self.babble.filter(|_| self.running.is_none());
        [gap, speaks, babbles].into_iter().flatten().min()
    }

    fn listen(&mut self, now: Tick) -> Result<(), P::Error> {
        let mut chunk = [0; 64];
        while self.port.read_ready()? {
            let count = self.port.read(&mut chunk)?;
            let Some(mut bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            if self.asleep {
                bytes = match bytes.iter().position(|byte| *byte == WAKES) {
                    Some(at) => bytes.get(at..).unwrap_or_default(),
                    None => continue,
                };
                self.asleep = false;
            }
            self.end_frame(now)?;
            self.heard = now;
            while !bytes.is_empty() {
                let taken = self.decoder.push(bytes);
                bytes = bytes.get(taken..).unwrap_or_default();
                self.obey_all(now)?;
            }
        }
        self.end_frame(now)
    }

    /// Gives up what has not gone on for too long.
    fn end_frame(&mut self, now: Tick) -> Result<(), P::Error> {
        if self.decoder.held() > 0 && now.since(self.heard) >= GAP {
            self.decoder.gap();
            self.obey_all(now)?;
        }
        Ok(())
    }

    fn obey_all(&mut self, now: Tick) -> Result<(), P::Error> {
        loop {
            let frame = match self.decoder.pull() {
                Progress::NeedMore => return Ok(()),
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(bytes) => bytes.to_vec(),
            };
            match Frame::parse(Side::Host, &frame) {
                Ok(Frame::Ack) => self.running = None,
                Ok(Frame::Nack) if self.running.is_none() && !self.knobs.silent => {
                    let last = self.last.clone();
                    self.say(&last)?;
                }
                Ok(Frame::Information(content)) => self.take(content, now),
                Ok(Frame::Nack | Frame::SyntaxError) | Err(_) => {}
            }
        }
    }

    fn take(&mut self, content: &[u8], now: Tick) {
        let command = Command::decode(content);
        let configures = matches!(command, Ok(Command::SamConfiguration { .. }));
        if self.knobs.silent || !(self.normal || configures) {
            return;
        }
        if self.running.is_some() {
            self.lost += 1;
            return;
        }
        let acknowledge = now + self.timing.acknowledge;
        let Timing { command: short, look, exchange, .. } = self.timing;
        let takes = match command {
            Ok(Command::ListTargets { modulation: Modulation::TypeA, .. })
                if !self.field.answers_nobody() =>
            {
                Some(look)
            }
            Ok(Command::ListTargets { .. }) if self.retries == FOR_EVER => None,
            Ok(Command::ListTargets { .. }) => Some(look * (u32::from(self.retries) + 1)),
            Ok(Command::Exchange { .. }) => Some(exchange),
            _ => Some(short),
        };
        let ends = takes.map(|takes| acknowledge + takes + self.knobs.slow);
        self.running = Some(Running { content: content.to_vec(), acknowledge: Some(acknowledge), ends });
    }

    fn speak(&mut self, now: Tick) -> Result<(), P::Error> {
        if self.knobs.silent {
            self.running = None;
        }
        let Some(running) = &mut self.running else { return Ok(()) };
        if running.acknowledge.take_if(|due| *due <= now).is_some() {
            // Never too long: a fixed frame.
            let bytes = Frame::Ack.encode(Side::Chip).unwrap_or_default();
            self.port.write_all(&bytes)?;
        }
        let over = |running: &mut Running| {
            running.acknowledge.is_none() && running.ends.is_some_and(|ends| ends <= now)
        };
        let Some(Running { content, .. }) = self.running.take_if(over) else { return Ok(()) };
        let reply = match Command::decode(&content) {
            Ok(command) => self.execute(command),
            Err(_) => Frame::SyntaxError.encode(Side::Chip),
        };
        // Never too long: a link test gives back what one frame brought, two cards fit.
        self.last = reply.unwrap_or_default();
        self.babble = self.knobs.babbling.map(|pause| now + pause);
        let last = self.last.clone();
        self.say(&last)?;
        if self.knobs.duplicate { self.say(&last) } else { Ok(()) }
    }

    fn execute(&mut self, command: Command<'_>) -> Result<Vec<u8>, WireError> {
        match command {
            Command::Diagnose(data) => Reply::Diagnosed(data).encode(),
            Command::GetFirmwareVersion => {
                let firmware = Firmware { ic: Firmware::PN532, version: 1, revision: 6, support: 7 };
                Reply::Firmware(firmware).encode()
            }
            Command::SamConfiguration { .. } => {
                self.normal = true;
                Reply::SamConfigured.encode()
            }
            Command::FieldOff => {
                self.field.power_off();
                Reply::RfConfigured.encode()
            }
            Command::LimitRetries(Retries { passive, .. }) => {
                self.retries = passive;
                Reply::RfConfigured.encode()
            }
            Command::ListTargets { most, modulation: Modulation::TypeA, only } => {
                Reply::Targets(self.field.list(most, only)).encode()
            }
            Command::ListTargets { .. } => Reply::Targets(Vec::new()).encode(),
            Command::Exchange { target, command } => {
                let reads = matches!(command, CardCommand::Read { .. });
                match self.field.exchange(target, command) {
                    Ok(data) if reads => Reply::Exchanged { status: Status::DONE, data: &data }.encode(),
                    Ok(_) => Reply::Exchanged { status: Status::DONE, data: &[] }.encode(),
                    Err(status) => Reply::Exchanged { status, data: &[] }.encode(),
                }
            }
            Command::Release(_) => {
                self.field.release();
                Reply::Released(Status::DONE).encode()
            }
            Command::Deselect(_) => Reply::Deselected(Status::DONE).encode(),
        }
    }

    /// Says a reply, with what is wrong with it.
    fn say(&mut self, reply: &[u8]) -> Result<(), P::Error> {
        let mut bytes = reply.to_vec();
        if let [.., sum, _] = bytes.as_mut_slice()
            && let Some(left) = self.knobs.wrong.checked_sub(1)
        {
            self.knobs.wrong = left;
            *sum ^= 0x10;
        } else if let Some(left) = self.knobs.cut.checked_sub(1) {
            self.knobs.cut = left;
            bytes.truncate(bytes.len().saturating_sub(4));
        }
        self.port.write_all(&bytes)
    }

    fn talk_unasked(&mut self, now: Tick) -> Result<(), P::Error> {
        let Some(pause) = self.knobs.babbling.filter(|_| !self.knobs.silent && !self.asleep) else {
            self.babble = None;
            return Ok(());
        };
        if *self.babble.get_or_insert(now + pause) > now || self.running.is_some() {
            return Ok(());
        }
        self.babble = Some(now + pause.max(Duration::from_millis(1)));
        let last = self.last.clone();
        self.say(&last)
    }
}

fn looks_for_a(content: &[u8]) -> bool {
    matches!(Command::decode(content), Ok(Command::ListTargets { modulation: Modulation::TypeA, .. }))
}
