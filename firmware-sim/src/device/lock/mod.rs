//! 锁控板: firmware of a lock board: opens locks, and tells how their sensors stand.
//! Promises: sound requests for its number are carried out and answered; anything else is met with silence; the state told is
//! that of the sensor a moment after the bolt was drawn, so a jammed lock tells that it stayed shut.
//! Absent: answers to opening all locks, which the article does not show; several boards on one line (each has its own port).
//! Source: CSDN 147892413.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::lock::board::{ALL, Act, BUFFER, LockAnswer, LockRequest, LockWire};
use protocols::lock::session::Sensor;
use protocols::tick::Tick;

use super::terminal::{Ear, Faults, Heard, Mouth};

/// Silence that ends an incomplete frame.
const GAP: Duration = Duration::from_millis(20);
/// Drawing a bolt takes that long; so does a query, to keep one figure.
const ANSWER: Duration = Duration::from_millis(50);

/// One lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lock {
    shut: bool,
    jammed: bool,
}

/// One board on one serial port.
#[derive(Debug)]
pub struct LockBoard<P> {
    port: P,
    board: u8,
    sensor: Sensor,
    ear: Ear<LockWire, BUFFER>,
    mouth: Mouth,
    locks: Vec<Lock>,
}

impl<P: Read + Write + ReadReady> LockBoard<P> {
    /// A board with so many locks, all shut.
    pub fn new(port: P, board: u8, locks: u8, sensor: Sensor, faults: Faults) -> Self {
        Self {
            port,
            board,
            sensor,
            ear: Ear::new(LockWire, GAP),
            mouth: Mouth::new(faults),
            locks: alloc::vec![Lock { shut: true, jammed: false }; usize::from(locks)],
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Whether a lock, counted from 1, is shut; `None` when there is none such.
    #[must_use]
    pub fn is_shut(&self, lock: u8) -> Option<bool> {
        self.locks.get(usize::from(lock).checked_sub(1)?).map(|lock| lock.shut)
    }

    /// Somebody pushes a door shut.
    pub fn shut(&mut self, lock: u8) {
        self.each(lock, |lock| lock.shut = true);
    }

    /// A bolt that does not move any more, or does again.
    pub fn set_jammed(&mut self, lock: u8, jammed: bool) {
        self.each(lock, |lock| lock.jammed = jammed);
    }

    /// What is wrong with it from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.mouth.faults = faults;
    }

    /// Does what is due: hears requests, opens, answers.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        for heard in self.ear.hear(&mut self.port, now)? {
            let Heard::Frame(bytes) = heard else { continue };
            if let Some(request) = LockRequest::parse(&bytes).filter(|request| request.board == self.board) {
                self.obey(request, now);
            }
        }
        self.mouth.speak(&mut self.port, now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        [self.ear.wake(), self.mouth.wake()].into_iter().flatten().min()
    }

    /// Does something to one lock, or to all.
    fn each(&mut self, lock: u8, change: impl Fn(&mut Lock)) {
        let numbered = (1_u8..).zip(&mut self.locks);
        numbered.filter(|(number, _)| lock == ALL || *number == lock).for_each(|(_, found)| change(found));
    }

    fn obey(&mut self, LockRequest { board, lock, act }: LockRequest, now: Tick) {
        if act == Act::Open {
            self.each(lock, |lock| lock.shut &= lock.jammed);
        }
        let Some(shut) = self.is_shut(lock) else { return };
        let closed = match self.sensor {
            Sensor::ClosedWhenShut => shut,
            Sensor::ClosedWhenOpen => !shut,
        };
        let state = if closed { 0x11 } else { 0x00 };
        self.mouth.say(&LockAnswer { board, lock, act, state }.encode(), ANSWER, now);
    }
}
