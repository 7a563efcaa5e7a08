//! 语音芯片: firmware of a SYN6288-like speech chip that remembers what it said.
//! Promises: a sound command is accepted with 41, anything with its head and a wrong check is refused with 45; a new text
//! interrupts the one that is spoken; the end of speech is told with 4F.
//! Absent: sound; codings other than GB2312 and GBK, which are accepted and remembered as an empty text; pauses and line
//! rates, which are accepted and change nothing.
//! Source: SYN6288 data sheet (2010).

#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use alloc::string::String;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::display::syn::{self, Coding, Command, Reply, Side};
use protocols::tick::Tick;

use super::terminal::{Ear, Faults, Heard, Mouth};

/// Texts that are remembered.
const REMEMBERED: usize = 32;
/// Silence that ends an incomplete frame.
const GAP: Duration = Duration::from_millis(15);

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From power to 4A. Default 300 ms.
    pub start: Duration,
    /// From a command to 41. Default 5 ms.
    pub accept: Duration,
    /// Speaking one byte of text; two are a character, four characters a second. Default 125 ms.
    pub per_byte: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            start: Duration::from_millis(300),
            accept: Duration::from_millis(5),
            per_byte: Duration::from_millis(125),
        }
    }
}

/// 说过的话: one text that the chip spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The text.
    pub text: String,
    /// It was spoken to its end.
    pub whole: bool,
}

/// One chip on one serial port.
#[derive(Debug)]
pub struct SpeechChip<P> {
    port: P,
    ear: Ear<Side, { syn::BUFFER }>,
    mouth: Mouth,
    timing: Timing,
    /// It forgets to say 4F.
    forgets_end: bool,
    ready_at: Option<Tick>,
    /// When it has spoken what it speaks.
    speaks_until: Option<Tick>,
    spoken: VecDeque<Spoken>,
}

impl<P: Read + Write + ReadReady> SpeechChip<P> {
    /// A chip that has just been powered.
    pub fn new(port: P, timing: Timing, faults: Faults, now: Tick) -> Self {
        Self {
            port,
            ear: Ear::new(Side::Host, GAP),
            mouth: Mouth::new(faults),
            timing,
            forgets_end: false,
            ready_at: Some(now + timing.start),
            speaks_until: None,
            spoken: VecDeque::new(),
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// What it spoke, the oldest first.
    pub fn spoken(&self) -> impl Iterator<Item = &Spoken> {
        self.spoken.iter()
    }

    /// What is wrong with it from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.mouth.faults = faults;
    }

    /// Whether it forgets to say that it has finished.
    pub fn set_forgets_end(&mut self, forgets: bool) {
        self.forgets_end = forgets;
    }

    /// Power was away and is back.
    pub fn reboot(&mut self, now: Tick) {
        self.ear.reset();
        self.mouth.forget();
        self.speaks_until = None;
        self.ready_at = Some(now + self.timing.start);
    }

    /// Does what is due: gets ready, hears commands, ends speech.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        let heard = self.ear.hear(&mut self.port, now)?;
        if self.ready_at.take_if(|at| *at <= now).is_some() {
            self.say(Reply::Ready, Duration::ZERO, now);
        }
        if self.speaks_until.take_if(|until| *until <= now).is_some() {
            if let Some(last) = self.spoken.back_mut() {
                last.whole = true;
            }
            if !self.forgets_end {
                self.say(Reply::Idle, Duration::ZERO, now);
            }
        }
        // Before it is ready it hears nothing.
        if self.ready_at.is_none() {
            heard.iter().for_each(|heard| self.obey(heard, now));
        }
        self.mouth.speak(&mut self.port, now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let own = [self.ready_at, self.speaks_until];
        own.into_iter().chain([self.ear.wake(), self.mouth.wake()]).flatten().min()
    }

    fn say(&mut self, reply: Reply, takes: Duration, now: Tick) {
        self.mouth.say(&[reply as u8], takes, now);
    }

    fn obey(&mut self, heard: &Heard, now: Tick) {
        let command = match heard {
            Heard::Frame(bytes) => Command::decode(bytes),
            Heard::Bad => None,
        };
        let Some(command) = command else {
            self.say(Reply::NotUnderstood, self.timing.accept, now);
            return;
        };
        match command {
            Command::Query => {
                let reply = if self.speaks_until.is_some() { Reply::Busy } else { Reply::Idle };
                self.say(reply, self.timing.accept, now);
                return;
            }
            Command::Speak { coding, text, .. } => {
                let length = u32::try_from(text.as_bytes().len()).unwrap_or(u32::MAX);
                self.speaks_until = Some(now + self.timing.accept + self.timing.per_byte * length);
                let text = match coding {
                    Coding::Gb2312 | Coding::Gbk => text.read(),
                    Coding::Big5 | Coding::Ucs2 => String::new(),
                };
                if self.spoken.len() >= REMEMBERED {
                    self.spoken.pop_front();
                }
                self.spoken.push_back(Spoken { text, whole: false });
            }
            Command::Stop | Command::PowerDown => self.speaks_until = None,
            Command::Pause | Command::Resume | Command::SetBaud(_) => {}
        }
        self.say(Reply::Accepted, self.timing.accept, now);
    }
}
