//! 扫码模块: firmware of a GM65-like module: zones by command frames, reads by button, command, sensor or by itself.
//! Promises: a frame with a wrong check or form, and one that is not complete 400 ms after it began, gets no answer and
//! changes nothing; an accepted trigger is answered before its record.
//! Chosen where the manual is silent: zones beyond 0x00FF do not exist and get no answer; a triggered read that finds
//! nothing ends after its time and tells so only where it is set to.
//! Absent: same-code suppression; a new line rate, which is kept and would need the board's help.
//! Source: GM65 manual V1.3, chapters 4, 6 and 8.

use super::label::Label;
use super::outlet::Outlet;
use super::plain::record;
use super::zones::Zones;
use super::{DECODE_TIME, Knobs};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::barcode::gm::{FRAME_TIME, Reply, Request, RequestDecoder, Requests};
use protocols::barcode::zone::{self, Trigger};
use protocols::frame::Progress;
use protocols::tick::Tick;

/// A read under way.
#[derive(Clone, Copy, Debug)]
struct Reading {
    began: Tick,
    until: Option<Tick>,
}

#[derive(Debug)]
struct Shown {
    label: Label,
    since: Tick,
    /// It came into view and no read has begun for it: what the sensor mode waits for.
    fresh: bool,
}

/// One module on one serial port.
#[derive(Debug)]
pub struct BarcodeModule<P> {
    port: P,
    zones: Zones,
    /// What it keeps over a power cut.
    saved: Zones,
    decoder: RequestDecoder,
    /// When the frame that is not complete yet began.
    frame_began: Option<Tick>,
    shown: Option<Shown>,
    reading: Option<Reading>,
    /// No read of its own begins before.
    next_read: Tick,
    asleep: bool,
    failure: String,
    outlet: Outlet,
    babble_at: Option<Tick>,
}

impl<P: Read + Write + ReadReady> BarcodeModule<P> {
    /// A module as it leaves the factory, just powered.
    pub fn new(port: P) -> Self {
        Self {
            port,
            zones: Zones::factory(),
            saved: Zones::factory(),
            decoder: RequestDecoder::new(Requests),
            frame_began: None,
            shown: None,
            reading: None,
            next_read: Tick::default(),
            asleep: false,
            failure: "FAIL".into(),
            outlet: Outlet::default(),
            babble_at: None,
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// How it behaves.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.outlet.knobs
    }

    /// The value of a zone; 0 where none is.
    #[must_use]
    pub fn zone(&self, zone: u16) -> u8 {
        self.zones.get(zone)
    }

    /// A label comes into view.
    pub fn show(&mut self, label: Label, now: Tick) {
        self.shown = Some(Shown { label, since: now, fresh: true });
    }

    /// The label is taken away.
    pub fn take_away(&mut self) {
        self.shown = None;
    }

    /// Somebody presses the button, which begins a read in button mode.
    pub fn press(&mut self, now: Tick) {
        if self.zones.trigger() == Trigger::Manual {
            self.begin(now);
        }
    }

    /// Power was away and is back: what was saved holds.
    pub fn reboot(&mut self) {
        self.zones = self.saved.clone();
        self.decoder = RequestDecoder::new(Requests);
        (self.frame_began, self.reading, self.asleep) = (None, None, false);
    }

    /// Somebody scanned the reset code: everything as from the factory.
    pub fn factory_reset(&mut self) {
        self.saved = Zones::factory();
        self.reboot();
    }

    /// Does what is due: hears commands, reads what is in view.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        self.listen(now)?;
        self.scan(now);
        self.babble(now);
        self.outlet.flush(&mut self.port, now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let frame = self.frame_began.map(|began| began + FRAME_TIME);
        let read = match (&self.reading, &self.shown) {
            (Some(reading), Some(shown)) => Some(shown.since.max(reading.began) + DECODE_TIME),
            (Some(reading), None) => reading.until,
            (None, Some(shown)) if !self.asleep => match self.zones.trigger() {
                Trigger::Continuous => Some(self.next_read),
                Trigger::Sensor if shown.fresh => Some(shown.since),
                _ => None,
            },
            (None, _) => None,
        };
        let babble = self.outlet.knobs.babbles.map(|_| self.babble_at.unwrap_or_default());
        [frame, read, babble, self.outlet.wake()].into_iter().flatten().min()
    }

    fn listen(&mut self, now: Tick) -> Result<(), P::Error> {
        self.forget(now);
        let mut chunk = [0; 64];
        while self.port.read_ready()? {
            let count = self.port.read(&mut chunk)?;
            let Some(mut bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            while !bytes.is_empty() && !self.outlet.knobs.silent {
                let taken = self.decoder.push(bytes);
                bytes = bytes.get(taken..).unwrap_or_default();
                self.obey_all(now);
            }
        }
        Ok(())
    }

    /// Gives up a frame that took too long.
    fn forget(&mut self, now: Tick) {
        if self.frame_began.is_some_and(|began| now >= began + FRAME_TIME) {
            self.decoder.gap();
            self.obey_all(now);
        }
    }

    fn obey_all(&mut self, now: Tick) {
        loop {
            let frame: Vec<u8> = match self.decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(frame) => frame.to_vec(),
            };
            self.frame_began = None;
            if let Ok(request) = Request::parse(&frame) {
                self.obey(&request, now);
            }
        }
        self.frame_began = (self.decoder.held() > 0).then(|| self.frame_began.unwrap_or(now));
    }

    fn obey(&mut self, request: &Request<'_>, now: Tick) {
        match *request {
            Request::Read { zone, count } => {
                if let Some(values) = self.zones.read(zone, count).map(<[u8]>::to_vec) {
                    self.answer(&Reply::values(&values), now);
                }
            }
            Request::Save => {
                self.saved = self.zones.clone();
                self.answer(&Reply::DONE, now);
            }
            Request::Write { zone, data } => {
                let before = self.zones.trigger();
                if self.zones.write(zone, data) {
                    self.answer(&Reply::DONE, now);
                    let commanded =
                        zone::FUNCTION.checked_sub(zone).is_some_and(|at| usize::from(at) < data.len());
                    if commanded {
                        self.function();
                    }
                    self.trigger(before, now);
                }
            }
        }
    }

    fn function(&mut self) {
        match self.zones.take(zone::FUNCTION) {
            zone::FACTORY_RESET => self.factory_reset(),
            sleep if zone::SLEEP.contains(&sleep) => (self.asleep, self.reading) = (true, None),
            zone::WAKE => self.asleep = false,
            _ => {}
        }
    }

    fn trigger(&mut self, before: Trigger, now: Tick) {
        if self.zones.trigger() != before {
            self.reading = None;
        }
        if self.zones.take(zone::TRIGGER) & 1 != 0 && self.zones.trigger() == Trigger::Command {
            self.begin(now);
        }
    }

    fn begin(&mut self, now: Tick) {
        if self.asleep {
            return;
        }
        let tenths = self.zones.get(zone::READ_TIME);
        let until = (tenths != 0).then(|| now + Duration::from_millis(100) * u32::from(tenths));
        self.reading = Some(Reading { began: now, until });
        if let Some(shown) = &mut self.shown {
            shown.fresh = false;
        }
    }

    fn scan(&mut self, now: Tick) {
        let begins = match self.zones.trigger() {
            Trigger::Manual | Trigger::Command => false,
            Trigger::Continuous => now >= self.next_read && self.shown.is_some(),
            Trigger::Sensor => self.shown.as_ref().is_some_and(|shown| shown.fresh),
        };
        if begins && self.reading.is_none() {
            self.begin(now);
        }
        let Some(reading) = self.reading else { return };
        let seen = self.shown.as_ref().map(|shown| shown.since.max(reading.began) + DECODE_TIME);
        if seen.is_some_and(|seen| seen <= now) {
            self.tell(now);
            self.reading = None;
            self.next_read = now + Duration::from_millis(100) * u32::from(self.zones.get(zone::INTERVAL));
        } else if reading.until.is_some_and(|until| until <= now) {
            self.reading = None;
            if self.zones.format().tells_failure {
                let record = self.zones.layout().failure(&self.failure);
                self.outlet.say(&record, now);
            }
        }
    }

    fn babble(&mut self, now: Tick) {
        match self.outlet.knobs.babbles {
            None => self.babble_at = None,
            Some(every) if self.babble_at.is_none_or(|at| at <= now) => {
                self.babble_at = Some(now + every.max(DECODE_TIME));
                self.tell(now);
            }
            Some(_) => {}
        }
    }

    fn tell(&mut self, now: Tick) {
        let label = self.shown.as_ref().map(|shown| &shown.label);
        let record = record(&self.zones.layout(), label, self.zones.charset(), self.outlet.knobs);
        self.outlet.say(&record, now);
    }

    fn answer(&mut self, reply: &Reply<'_>, now: Tick) {
        // Never too long: there are 256 zones.
        let mut bytes = reply.encode().unwrap_or_default();
        if let Some(last) = bytes.last_mut().filter(|_| self.outlet.knobs.wrong) {
            *last ^= 1;
        }
        self.outlet.say(&bytes, now);
    }
}
