//! A device and a conversation of the gate on one line, with their own time: nothing takes time but what they say it takes.
//! Promises: each is woken when it wants to be; what neither of them expects is put on the line by `spoil`.
//! Absent: line rates and split bytes (the decoders' own tests).

use super::loopback::Loopback;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use protocols::talk::{DeviceEvent, Identity, Input, Output, Talk};
use protocols::tick::Tick;

/// A device on a loopback.
pub(super) trait Polled {
    fn port(&mut self) -> &mut Loopback;
    fn poll_at(&mut self, now: Tick);
    fn next(&self) -> Option<Tick>;
}

/// Both ends and what came of it.
pub(super) struct Meeting<T, D> {
    pub(super) talk: T,
    pub(super) device: D,
    pub(super) now: Tick,
    pub(super) events: Vec<String>,
    /// Rubbish that the line puts before each of the host's frames.
    pub(super) spoil: Vec<u8>,
}

impl<T: Talk, D: Polled> Meeting<T, D> {
    pub(super) fn new(talk: T, device: D) -> Self {
        Self { talk, device, now: Tick::default(), events: Vec::new(), spoil: Vec::new() }
    }

    /// Lets both go on for so many milliseconds.
    pub(super) fn run(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        let mut wake = self.exchange(Input::Deadline);
        loop {
            let next = wake.into_iter().chain(self.device.next()).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            assert!(next > self.now, "somebody waits for the past");
            self.now = next;
            wake = self.exchange(Input::Deadline);
        }
        self.now = end;
    }

    /// Something was told to one of them: both act until the line is still.
    pub(super) fn settle(&mut self) {
        self.exchange(Input::Deadline);
    }

    fn exchange(&mut self, first: Input<'_>) -> Option<Tick> {
        self.talk.handle(first, self.now);
        loop {
            let wake = self.listen();
            self.device.poll_at(self.now);
            let said = core::mem::take(&mut self.device.port().outgoing);
            if said.is_empty() {
                return wake;
            }
            self.talk.handle(Input::Bytes(&said), self.now);
        }
    }

    fn listen(&mut self) -> Option<Tick> {
        loop {
            match self.talk.poll() {
                Output::Send(bytes) => {
                    let spoilt = self.spoil.iter().copied().chain(bytes);
                    self.device.port().incoming.extend(spoilt);
                }
                Output::Event(event) => self.events.push(name(&event)),
                Output::Wait(wake) => return wake,
            }
        }
    }

    /// How often something was told.
    pub(super) fn count(&self, event: &str) -> usize {
        self.events.iter().filter(|told| *told == event).count()
    }
}

fn name(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Online(who) => format!("online {who}"),
        DeviceEvent::Refused(why) => format!("refused {why}"),
        DeviceEvent::Seen(sighting) => match &sighting.identity {
            Identity::Seal { number, state } => format!("seal {number} {state:?}"),
            other => format!("{other:?}"),
        },
        other => format!("{other:?}").to_lowercase(),
    }
}
