//! 称重仪表: firmware of a weighbridge indicator: shows what its platform feels, and sends it in one of the formats of the
//! field, unasked or in command mode.
//! Promises: the display is a whole number of divisions, `Overload` above Max + 9 e, `Underload` below -20 d; unasked a frame
//! each `every`, never made up for; in command mode an answer to each request for its own address and nothing else.
//! Chosen where manuals are silent: an answer takes 20 ms; what comes meanwhile is lost; letters from E on get no answer.
//! Absent: keys (zero and tare are set from outside), the scoreboard's current loop, printing.
//! Source: XK3190-A9+ manual p. 9; XK3190-A23p manual p. 26; XK3190-A12E manual p. 13 (OL and LO); WILDCAT manual.

mod output;
mod platform;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::contract::Kg;
use protocols::frame::{Decoder, Progress};
use protocols::scale::quantity::Unit;
use protocols::scale::repr::Kind;
use protocols::scale::wire::command::{Address, Answer, Ask, Request, Requests};
use protocols::scale::wire::{BUFFER, Format, a9, mt};
use protocols::tick::Tick;

pub use output::{Display, Shown};
pub use platform::Platform;

/// A longer pause between two bytes ends a request.
pub const GAP: Duration = Duration::from_millis(50);
/// What an answer takes.
const THINKING: Duration = Duration::from_millis(20);

/// How an indicator is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How it writes; command mode sends nothing unasked.
    pub format: Format,
    /// Its letter in command mode.
    pub address: Address,
    /// What it counts in: kg, t or g.
    pub unit: Unit,
    /// How many digits stand behind the point.
    pub decimals: u8,
    /// Its division, a whole number of its last digits.
    pub division: Kg,
    /// Max: what it is made for.
    pub capacity: Kg,
    /// From one frame to the next.
    pub every: Duration,
    /// How long the platform swings after a change.
    pub settle: Duration,
    /// How far the zero wanders in a minute.
    pub drift: Kg,
}

impl Default for Settings {
    /// A lorry scale: A9, 80 t by 20 kg, 12.5 frames a second.
    fn default() -> Self {
        Self {
            format: Format::A9(a9::Ninth::Decimals),
            address: Address::A,
            unit: Unit::Kilogram,
            decimals: 0,
            division: Kg::from_kilograms(20),
            capacity: Kg::from_kilograms(80_000),
            every: Duration::from_millis(80),
            settle: Duration::from_millis(1_500),
            drift: Kg::default(),
        }
    }
}

/// How it behaves badly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Knobs {
    /// Nothing is sent; the port stays open.
    pub silent: bool,
    /// Frames come this many times as rarely, answers this many times as late; 0 and 1 are as they stand.
    pub slow: u32,
    /// The check of each frame is wrong; formats without a check are not touched.
    pub wrong_check: bool,
    /// The display stands still at what it shows, at rest, whatever is on the platform.
    pub stuck: bool,
    /// The scale says "overload", whatever is on the platform.
    pub overload: bool,
}

/// One indicator on one serial port, with its platform.
#[derive(Debug)]
pub struct Indicator<P> {
    port: P,
    settings: Settings,
    knobs: Knobs,
    platform: Platform,
    tare: Kg,
    /// What a stuck display shows.
    stuck: Option<Display>,
    decoder: Decoder<Requests, BUFFER>,
    heard: Tick,
    /// When the next frame is due.
    next: Tick,
    /// What is asked, and when the answer is due.
    asked: Option<(Ask, Tick)>,
}

impl<P: Read + Write + ReadReady> Indicator<P> {
    /// An indicator that has just been powered over an empty platform.
    pub fn new(port: P, settings: Settings, now: Tick) -> Self {
        Self {
            port,
            settings,
            knobs: Knobs::default(),
            platform: Platform::new(settings.settle, settings.drift, now),
            tare: Kg::default(),
            stuck: None,
            decoder: Decoder::new(Requests),
            heard: now,
            next: now,
            asked: None,
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// How it is set up.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// How it behaves.
    #[must_use]
    pub fn knobs(&self) -> Knobs {
        self.knobs
    }

    /// Makes it behave otherwise from now on.
    pub fn set_knobs(&mut self, knobs: Knobs, now: Tick) {
        self.stuck = match (knobs.stuck, self.stuck) {
            (false, _) => None,
            (true, None) => Some(Display { motion: false, ..self.display(now) }),
            (true, already) => already,
        };
        self.knobs = knobs;
    }

    /// From now on this stands on the platform, all together.
    pub fn put(&mut self, load: Kg, now: Tick) {
        self.platform.put(load, now);
    }

    /// Somebody pressed "zero".
    pub fn zero(&mut self, now: Tick) {
        self.platform.zero(now);
    }

    /// Somebody set a tare; with one the display shows net.
    pub fn set_tare(&mut self, tare: Kg) {
        self.tare = tare;
    }

    /// What the display shows.
    #[must_use]
    pub fn display(&self, now: Tick) -> Display {
        let kind = if self.tare == Kg::default() { Kind::Gross } else { Kind::Net };
        self.stuck.unwrap_or_else(|| self.show(kind, now))
    }

    fn show(&self, kind: Kind, now: Tick) -> Display {
        let Settings { division, capacity, .. } = self.settings;
        let (gross, step) = (self.platform.weight(now).hundredths(), division.hundredths().max(1));
        let taken = if kind == Kind::Net { self.tare.hundredths() } else { 0 };
        let rounded = |hundredths: i64| {
            let half = if hundredths < 0 { -step / 2 } else { step / 2 };
            Kg::from_hundredths((hundredths + half) / step * step)
        };
        let shown = match gross {
            _ if self.knobs.overload => Shown::Overload,
            gross if gross > capacity.hundredths() + 9 * step => Shown::Overload,
            gross if gross < -20 * step => Shown::Underload,
            gross => Shown::Weight(rounded(gross - taken)),
        };
        Display { shown, kind, motion: self.platform.moving(now), tare: self.tare }
    }

    /// Power was away and is back; the platform is as it was, the tare is gone.
    pub fn reboot(&mut self, now: Tick) {
        self.decoder = Decoder::new(Requests);
        self.asked = None;
        self.tare = Kg::default();
        self.next = now;
    }

    /// Does what is due: hears requests, sends frames and answers.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        self.listen(now)?;
        if let Format::A9Command(ninth) = self.settings.format {
            return match self.asked.take_if(|(_, due)| *due <= now) {
                Some((ask, _)) => self.answer(ask, ninth, now),
                None => Ok(()),
            };
        }
        if self.next > now {
            return Ok(());
        }
        self.next = now + self.settings.every.max(Duration::from_millis(1)) * self.knobs.slow.max(1);
        match self.settings.frame(&self.display(now)) {
            Some(frame) => self.send(frame),
            None => Ok(()),
        }
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let gap = (self.decoder.held() > 0).then_some(self.heard + GAP);
        let due = match self.settings.format {
            Format::A9Command(_) => self.asked.map(|(_, due)| due),
            _ => Some(self.next),
        };
        [gap, due].into_iter().flatten().min()
    }

    fn listen(&mut self, now: Tick) -> Result<(), P::Error> {
        if now.since(self.heard) >= GAP {
            self.decoder.gap();
            self.hear(&[], now);
        }
        let mut chunk = [0; 64];
        while self.port.read_ready()? {
            let count = self.port.read(&mut chunk)?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            self.heard = now;
            self.hear(bytes, now);
        }
        Ok(())
    }

    fn hear(&mut self, mut bytes: &[u8], now: Tick) {
        loop {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            loop {
                match self.decoder.pull() {
                    Progress::NeedMore => break,
                    Progress::Noise { .. } | Progress::BadCheck(_) => {}
                    Progress::Frame(frame) => {
                        let request = Request::parse(frame);
                        let ours = request.filter(|request| request.address == self.settings.address);
                        if let (Some(request), None) = (ours, self.asked) {
                            self.asked = Some((request.ask, now + THINKING * self.knobs.slow.max(1)));
                        }
                    }
                }
            }
            if bytes.is_empty() {
                return;
            }
        }
    }

    fn answer(&mut self, ask: Ask, ninth: a9::Ninth, now: Tick) -> Result<(), P::Error> {
        let weight = |kind| match self.stuck.unwrap_or_else(|| self.show(kind, now)).shown {
            Shown::Weight(kg) => self.settings.value(kg, ninth),
            Shown::Overload | Shown::Underload => None,
        };
        let value = match ask {
            Ask::Handshake => None,
            Ask::Gross => weight(Kind::Gross),
            Ask::Net => weight(Kind::Net),
            Ask::Tare => self.settings.value(self.tare, ninth),
            Ask::Other(_) => return Ok(()),
        };
        if ask != Ask::Handshake && value.is_none() {
            return Ok(());
        }
        self.send(Answer { address: self.settings.address, ask, value }.encode())
    }

    fn send(&mut self, mut frame: Vec<u8>) -> Result<(), P::Error> {
        if self.knobs.silent {
            return Ok(());
        }
        // Where the last character of the check stands, counted from the end.
        let check = match self.settings.format {
            Format::A9(_) | Format::A9Command(_) => Some(2),
            Format::A12 => Some(3),
            Format::Mt(mt::Form { check: mt::Check::Sum, .. }) => Some(1),
            Format::Mt(_)
            | Format::A12Bare
            | Format::Cas22
            | Format::Cas10
            | Format::And18
            | Format::Equals(_) => None,
        };
        let place = check.and_then(|back| frame.len().checked_sub(back));
        if let Some(last) = place.and_then(|at| frame.get_mut(at)).filter(|_| self.knobs.wrong_check) {
            // Another character that a check may have.
            *last = match *last {
                b'A' => b'B',
                b'F' => b'E',
                other => other ^ 1,
            };
        }
        self.port.write_all(&frame)
    }
}
