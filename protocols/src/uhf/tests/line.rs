//! A session and a scripted reader on one line, with a time of their own.

use super::bytes;
use crate::talk::{DeviceEvent, Identity, Input, Output, Sighting, Talk};
use crate::tick::Tick;
use crate::uhf::session::{Config, Session};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What stands at the other end.
pub(super) trait Reader {
    /// What comes back for a command: its echo, its answers, or nothing.
    fn answer(&mut self, sent: &[u8]) -> Vec<u8>;
}

/// Answers take 40 ms.
pub(super) struct Line<R> {
    pub(super) session: Session,
    pub(super) reader: R,
    pub(super) now: u64,
    /// The answer under way and when it comes.
    pub(super) due: Option<(u64, Vec<u8>)>,
    pub(super) log: Vec<String>,
}

impl<R: Reader> Line<R> {
    pub(super) fn new(config: Config, reader: R) -> Self {
        Self { session: Session::new(config), reader, now: 0, due: None, log: Vec::new() }
    }

    pub(super) fn run_until(&mut self, end: u64) {
        self.session.handle(Input::Deadline, Tick::from_millis(self.now));
        loop {
            let wake = loop {
                match self.session.poll() {
                    Output::Send(sent) => {
                        self.log.push(format!(
                            "{} send {}",
                            self.now,
                            hex::encode_upper(&sent[2..sent.len() - 2])
                        ));
                        let reply = self.reader.answer(&sent);
                        self.due = (!reply.is_empty()).then_some((self.now + 40, reply));
                    }
                    Output::Event(event) => self.log.push(format!("{} {}", self.now, name(&event))),
                    Output::Wait(wake) => break wake,
                }
            };
            let wake = wake.map_or(u64::MAX, |tick| tick.as_micros().div_ceil(1000));
            assert!(wake > self.now, "waits for the past at {}: {:?}", self.now, self.log);
            let answered = self.due.as_ref().map_or(u64::MAX, |(at, _)| *at);
            let next = wake.min(answered);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            let reply = self.due.take_if(|(at, _)| *at == next);
            let input = reply.as_ref().map_or(Input::Deadline, |(_, bytes)| Input::Bytes(bytes));
            self.session.handle(input, Tick::from_millis(self.now));
        }
    }

    /// Something comes unasked; what follows from it stands in the log after the next `run_until`.
    pub(super) fn say(&mut self, hex: &str) {
        self.session.handle(Input::Bytes(&bytes(hex)), Tick::from_millis(self.now));
    }

    pub(super) fn first(&self, what: &str, from: u64) -> Option<u64> {
        let times = self.log.iter().filter_map(|line| line.split_once(' ')).filter(|(_, rest)| *rest == what);
        times.filter_map(|(at, _)| at.parse().ok()).find(|at| *at >= from)
    }

    pub(super) fn count(&self, what: &str) -> usize {
        self.log.iter().filter(|line| line.split_once(' ').is_some_and(|(_, rest)| rest == what)).count()
    }

    /// The log from a time on, without the times.
    pub(super) fn since(&self, from: u64) -> Vec<&str> {
        let lines = self.log.iter().filter_map(|line| line.split_once(' '));
        lines.filter(|(at, _)| at.parse::<u64>().unwrap() >= from).map(|(_, rest)| rest).collect()
    }
}

fn name(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Online(told) => format!("online {told}"),
        DeviceEvent::Unsupported(told) => format!("unsupported {told}"),
        DeviceEvent::Refused(told) => format!("refused {told}"),
        DeviceEvent::Seen(sighting) => seen(sighting),
        other => format!("{other:?}"),
    }
}

fn seen(sighting: &Sighting) -> String {
    let Identity::Epc(epc) = &sighting.identity else { panic!("a UHF reader saw {sighting:?}") };
    let mut told = format!("tag {}", hex::encode_upper(epc));
    for (name, value) in [("antenna", sighting.antenna), ("rssi", sighting.rssi_raw)] {
        told.extend(value.map(|value| format!(" {name} {value}")));
    }
    told.extend(sighting.tid.as_ref().map(|tid| format!(" tid {}", hex::encode_upper(tid))));
    told
}
