//! Both readers under the gate's own session, sound and broken.

use super::{Bench, Device, Knobs};
use crate::device::loopback::Loopback;
use crate::device::uhf::{Settings, Settings288, UhfReader, UhfReader288};
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;
use protocols::talk::{DeviceEvent, Identity, Input, Output, Talk};
use protocols::tick::Tick;
use protocols::uhf::repr::{HeartbeatTime, ReadMode};
use protocols::uhf::session::{Config, Session};

const TAG: &str = "E2 80 11 70 00 00 02 0F EB EA D3 B5";

/// A session on a reader's line; `told` is what it told and when, in milliseconds since it began.
struct Gate<R> {
    bench: Bench<R>,
    session: Session,
    began: Tick,
    told: Vec<(u128, String)>,
}

impl<R: Device> Gate<R> {
    fn new(bench: Bench<R>, config: Config) -> Self {
        let began = bench.now;
        let mut gate = Self { bench, session: Session::new(config), began, told: Vec::new() };
        gate.session.handle(Input::Deadline, began);
        gate
    }

    fn run(&mut self, seconds: u64) {
        let until = self.bench.now + Duration::from_secs(seconds);
        while self.bench.now < until {
            let wake = self.settle();
            self.bench.reader.poll(self.bench.now);
            let bytes = core::mem::take(&mut self.bench.reader.port().outgoing);
            if !bytes.is_empty() {
                self.session.handle(Input::Bytes(&bytes), self.bench.now);
                continue;
            }
            let next = [wake, self.bench.reader.wake()].into_iter().flatten().min().unwrap_or(until);
            self.bench.now = next.clamp(self.bench.now + Duration::from_micros(100), until);
            if wake.is_some_and(|wake| wake <= self.bench.now) {
                self.session.handle(Input::Deadline, self.bench.now);
            }
        }
    }

    /// Does what the session asks until it waits.
    fn settle(&mut self) -> Option<Tick> {
        loop {
            match self.session.poll() {
                Output::Send(bytes) => self.bench.reader.port().incoming.extend(bytes),
                Output::Wait(wake) => return wake,
                Output::Event(event) => {
                    let since = self.bench.now.since(self.began).as_millis();
                    self.told.push((since, name(&event)));
                }
            }
        }
    }

    fn count(&self, what: &str) -> usize {
        self.told.iter().filter(|(_, told)| told == what).count()
    }

    fn first(&self, what: &str) -> Option<u128> {
        self.told.iter().find(|(_, told)| told == what).map(|(at, _)| *at)
    }
}

fn name(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Online(_) => String::from("online"),
        DeviceEvent::Seen(sighting) => match &sighting.identity {
            Identity::Epc(epc) => {
                format!("tag {}", epc.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
            }
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

fn of_18(mode: ReadMode) -> Gate<UhfReader<Loopback>> {
    let bench = Bench::of(|port, timing| UhfReader::new(port, Settings::factory(), timing));
    Gate::new(bench, Config { mode, ..Config::default() })
}

fn of_288(mode: ReadMode) -> Gate<UhfReader288<Loopback>> {
    let bench = Bench::of(|port, timing| UhfReader288::new(port, Settings288::factory(), timing));
    let heartbeat = HeartbeatTime::every(1);
    Gate::new(bench, Config { mode, heartbeat, ..Config::default() })
}

/// From the factory to a tag, through a silence and a reset.
fn lives<R: Device>(mut gate: Gate<R>) {
    let seen = "tag E28011700000020FEBEAD3B5";
    gate.run(2);
    assert_eq!((gate.count("online"), gate.count("Configured")), (1, 1), "{:?}", gate.told);
    gate.bench.enter(TAG);
    gate.run(2);
    assert!(gate.count(seen) > 5, "{:?}", gate.told);
    assert_eq!(gate.session.counters().malformed, 0);

    gate.bench.reader.knobs().silent = true;
    let went = gate.bench.now.since(gate.began).as_millis();
    gate.run(20);
    let silent = gate.first("Silent").expect("silence is told");
    assert!(silent - went < 10_000, "told after {} ms", silent - went);
    gate.bench.reader.knobs().silent = false;
    gate.bench.reader.factory_reset();
    gate.told.clear();
    gate.run(10);
    assert_eq!((gate.count("online"), gate.count("Configured")), (1, 1), "{:?}", gate.told);
    assert!(gate.count(seen) > 5, "{:?}", gate.told);
}

/// fault D3: in each mode a reader is found, set, heard, missed, found again and set again.
#[test]
fn both_families_live_through_silence_and_reset_in_each_mode() {
    for mode in [ReadMode::Answer, ReadMode::Scan] {
        lives(of_18(mode));
        lives(of_288(mode));
    }
}

/// fault D1: what a broken reader tells makes no false identity, and what is sound of it counts.
fn suffers<R: Device>(mut gate: Gate<R>, knobs: Knobs) -> Gate<R> {
    gate.run(2);
    *gate.bench.reader.knobs() = knobs;
    gate.bench.enter(TAG);
    gate.run(20);
    gate
}

#[test]
fn broken_readers_tell_no_false_tag() {
    let late = Knobs { late: Duration::from_millis(200), ..Knobs::default() };
    let duplicate = Knobs { duplicate: true, ..Knobs::default() };
    let overcount = Knobs { overcount: true, ..Knobs::default() };
    let wrong_check = Knobs { wrong_check: true, ..Knobs::default() };
    for mode in [ReadMode::Answer, ReadMode::Scan] {
        for (knobs, heard) in [(late, true), (duplicate, true), (overcount, true), (wrong_check, false)] {
            let gates = [tags_of(&suffers(of_18(mode), knobs)), tags_of(&suffers(of_288(mode), knobs))];
            let only = if heard { vec![String::from("tag E28011700000020FEBEAD3B5")] } else { vec![] };
            assert_eq!(gates, [only.clone(), only], "{mode:?} {knobs:?}");
        }
    }
}

/// Which tags were told, each once.
fn tags_of<R: Device>(gate: &Gate<R>) -> Vec<String> {
    let mut tags: Vec<String> =
        gate.told.iter().filter(|(_, told)| told.starts_with("tag")).map(|(_, told)| told.clone()).collect();
    tags.sort();
    tags.dedup();
    tags
}

/// fault D4: a babbling reader is heard to the last made-up tag, and a real one between them.
#[test]
fn a_babbling_reader_drowns_nobody() {
    let babble = Knobs { babble: Duration::from_millis(1), ..Knobs::default() };
    let gate = suffers(of_288(ReadMode::Scan), babble);
    assert!(gate.count("tag E28011700000020FEBEAD3B5") > 5);
    assert!(tags_of(&gate).len() > 10_000, "{}", tags_of(&gate).len());
}
