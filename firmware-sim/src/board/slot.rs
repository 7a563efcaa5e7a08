//! One device of the yard: firmware, its line, and the place at which a gate finds it.
//! Promises: an unplugged device keeps running (its pulses end, its tags stay) and hears and tells nothing; plugged in
//! again it stands at the same place, with a new device file or a new listener.
//! Absent: several devices on one bus; each has a line of its own.

use super::firmware::{Firmware, Told};
use super::line::Line;
use super::port::{Place, Port};
use crate::fault::dice::Dice;
use protocols::tick::Tick;
use std::io;
use std::task::{Context, Poll};

/// What a slot counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counters {
    /// Bytes that the gate sent.
    pub from_gate: u64,
    /// Bytes that went to the gate.
    pub to_gate: u64,
    /// Bytes for the gate that nobody took.
    pub lost: u64,
}

/// 设备: one device and its place.
#[derive(Debug)]
pub struct Slot {
    /// Its name in scenario and control socket.
    pub name: String,
    /// What runs on it.
    pub firmware: Box<dyn Firmware>,
    /// The line to the gate.
    pub line: Line,
    /// Bits a second at which the device talks.
    pub baud: u32,
    /// Whether a gate that set another rate gets rubbish.
    pub strict_baud: bool,
    place: Place,
    port: Option<Port>,
    /// The cable is pulled when so many more bytes have gone to the gate.
    bytes_left: Option<usize>,
    inbox: Vec<u8>,
    dice: Dice,
    counters: Counters,
}

impl Slot {
    /// A device that is not plugged in yet.
    #[must_use]
    pub fn new(
        name: String,
        place: Place,
        firmware: Box<dyn Firmware>,
        line: Line,
        baud: u32,
        seed: u64,
    ) -> Self {
        Self {
            name,
            firmware,
            line,
            baud,
            strict_baud: false,
            place,
            port: None,
            bytes_left: None,
            inbox: Vec::new(),
            dice: Dice::new(seed),
            counters: Counters::default(),
        }
    }

    /// Plugs it in; a second plug of the same device does nothing.
    ///
    /// # Errors
    /// The device file or listener cannot be made or published.
    pub fn plug(&mut self) -> io::Result<()> {
        if self.port.is_none() {
            self.port = Some(self.place.open()?);
        }
        Ok(())
    }

    /// Pulls it out: whoever has it open sees a hang-up. `false` when it was out already.
    pub fn unplug(&mut self) -> bool {
        self.line.cut();
        self.inbox.clear();
        self.firmware.wire().clear();
        self.bytes_left = None;
        self.port.take().is_some()
    }

    /// Pulls it out in the middle of what it tells: when so many more bytes have gone to the gate.
    pub fn unplug_after(&mut self, bytes: usize) {
        self.bytes_left = Some(bytes);
    }

    /// Whether it is plugged in.
    #[must_use]
    pub fn is_plugged(&self) -> bool {
        self.port.is_some()
    }

    /// Whether a gate has it open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.port.as_ref().is_some_and(Port::is_open)
    }

    /// Where a gate finds it.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What it counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Waits for bytes from the gate; never ready while unplugged.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(port) = &mut self.port else { return Poll::Pending };
        let ready = port.poll_read(cx, &mut self.inbox);
        if port.is_fresh() {
            self.line.cut();
            self.firmware.connected();
        }
        ready
    }

    /// Moves bytes both ways and lets the firmware do what is due; appends what it did to `told`. `true` when the cable was
    /// pulled meanwhile.
    pub fn run(&mut self, now: Tick, told: &mut Vec<Told>) -> bool {
        let mut bytes = std::mem::take(&mut self.inbox);
        if !bytes.is_empty() {
            self.counters.from_gate += bytes.len() as u64;
            self.garble(&mut bytes);
            self.line.from_host(&bytes, now);
        }
        let arrived = self.line.at_device(now);
        self.firmware.wire().arrive(&arrived);
        while let Some(did) = self.firmware.poll(now) {
            told.push(did);
        }
        for message in self.firmware.publishes() {
            let size = message.payload.len() as u64;
            let taken = self.port.as_ref().is_some_and(|port| port.publish(message));
            *(if taken { &mut self.counters.to_gate } else { &mut self.counters.lost }) += size;
        }
        let mut written = self.firmware.wire().depart();
        if self.port.is_none() {
            self.line.cut();
            return false;
        }
        self.garble(&mut written);
        self.line.from_device(&written, now);
        let pulled = self.tell_gate(now);
        if self.firmware.hangs_up() {
            self.line.cut();
            self.port.iter_mut().for_each(Port::hang_up);
        }
        self.follow_rate();
        pulled
    }

    /// Hands over what reaches the gate by now; `true` when the cable was pulled in the middle of it.
    fn tell_gate(&mut self, now: Tick) -> bool {
        let mut out = self.line.at_host(now);
        let last = self.bytes_left.is_some_and(|left| left <= out.len());
        if let Some(left) = &mut self.bytes_left {
            out.truncate(*left);
            *left -= out.len();
        }
        if let Some(port) = self.port.as_ref().filter(|_| !out.is_empty()) {
            let lost = port.write(&out) as u64;
            self.counters.lost += lost;
            self.counters.to_gate += out.len() as u64 - lost;
        }
        last && self.unplug()
    }

    /// When `run` has something to do next, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let line = self.line.wake().filter(|_| self.port.is_some());
        [self.firmware.wake(), line].into_iter().flatten().min()
    }

    /// At another rate than the device's every byte is misread.
    fn garble(&mut self, bytes: &mut [u8]) {
        let gate = || self.port.as_ref().and_then(Port::rate);
        if self.strict_baud && !bytes.is_empty() && gate().is_some_and(|rate| rate != self.baud) {
            bytes.fill_with(|| self.dice.byte());
        }
    }

    /// A reader that was told another rate talks at that rate once its answer has gone.
    fn follow_rate(&mut self) {
        let Some(rate) = self.firmware.rate() else { return };
        self.baud = rate;
        self.line.rate = self.line.rate.map(|_| rate);
    }
}
