//! Readers on a port of two queues: their bytes held against frames of manuals and captures, and against our session.

mod of_18;
mod of_288;
mod session;

use super::{Knobs, Timing, UhfReader, UhfReader288};
use crate::device::loopback::{Loopback, bytes, hex};
use alloc::string::String;
use core::time::Duration;
use protocols::tick::Tick;
use protocols::uhf::tag::TagRead;

/// What a bench needs of a reader.
trait Device {
    fn poll(&mut self, now: Tick);
    fn wake(&self) -> Option<Tick>;
    fn port(&mut self) -> &mut Loopback;
    fn knobs(&mut self) -> &mut Knobs;
    fn enter(&mut self, tag: TagRead, now: Tick) -> bool;
    fn factory_reset(&mut self);
}

impl Device for UhfReader<Loopback> {
    fn poll(&mut self, now: Tick) {
        let Ok(()) = self.poll(now);
    }
    fn wake(&self) -> Option<Tick> {
        self.wake()
    }
    fn port(&mut self) -> &mut Loopback {
        self.port_mut()
    }
    fn knobs(&mut self) -> &mut Knobs {
        self.knobs_mut()
    }
    fn enter(&mut self, tag: TagRead, now: Tick) -> bool {
        self.enter(tag, now)
    }
    fn factory_reset(&mut self) {
        self.factory_reset();
    }
}

impl Device for UhfReader288<Loopback> {
    fn poll(&mut self, now: Tick) {
        let Ok(()) = self.poll(now);
    }
    fn wake(&self) -> Option<Tick> {
        self.wake()
    }
    fn port(&mut self) -> &mut Loopback {
        self.port_mut()
    }
    fn knobs(&mut self) -> &mut Knobs {
        self.knobs_mut()
    }
    fn enter(&mut self, tag: TagRead, now: Tick) -> bool {
        self.enter(tag, now)
    }
    fn factory_reset(&mut self) {
        self.factory_reset();
    }
}

struct Bench<R> {
    reader: R,
    now: Tick,
}

impl<R: Device> Bench<R> {
    fn of(make: impl FnOnce(Loopback, Timing) -> R) -> Self {
        let timing = Timing {
            per_tag: Duration::from_millis(5),
            empty: Duration::from_millis(60),
            round: Duration::from_millis(40),
        };
        Self { reader: make(Loopback::default(), timing), now: Tick::from_millis(1000) }
    }

    /// Sends at once and tells what comes until that many milliseconds later, polled as `wake` says.
    fn ask(&mut self, request: &str, wait: u64) -> String {
        self.reader.port().incoming.extend(bytes(request));
        let until = self.now + Duration::from_millis(wait);
        loop {
            self.reader.poll(self.now);
            match self.reader.wake().filter(|wake| *wake <= until) {
                Some(wake) => self.now = wake.max(self.now),
                None => break,
            }
            if self.now >= until {
                break;
            }
        }
        self.now = until;
        self.reader.poll(self.now);
        hex(&core::mem::take(&mut self.reader.port().outgoing))
    }

    fn enter(&mut self, epc: &str) {
        self.enter_as(TagRead::new(&bytes(epc)).expect("an EPC"));
    }

    fn enter_as(&mut self, tag: TagRead) {
        assert!(self.reader.enter(tag, self.now));
    }
}
