//! The reader's conversation as every driver sees it.
//! Source: `talk`.

use super::repr::ReaderInfo;
use super::session::{Input, Output, ReaderEvent, Session};
use crate::talk::{self, Counters, DeviceEvent, Identity, Sighting, Talk};
use crate::tick::Tick;
use alloc::boxed::Box;
use alloc::format;

impl Talk for Session {
    fn handle(&mut self, input: talk::Input<'_>, now: Tick) {
        let input = match input {
            talk::Input::Bytes(bytes) => Input::Bytes(bytes),
            talk::Input::Gap => Input::Gap,
            talk::Input::Deadline => Input::Deadline,
        };
        Session::handle(self, input, now);
    }

    fn poll(&mut self) -> talk::Output {
        match Session::poll(self) {
            Output::Send(bytes) => talk::Output::Send(bytes),
            Output::Wait(until) => talk::Output::Wait(until),
            Output::Event(ReaderEvent::EasAlarm) => Talk::poll(self),
            Output::Event(event) => talk::Output::Event(told(event)),
        }
    }

    fn counters(&self) -> Counters {
        let counted = Session::counters(self);
        Counters {
            bytes: counted.bytes,
            readings: counted.tags,
            malformed: counted.overruns,
            foreign: counted.foreign,
            timeouts: counted.timeouts,
            echoes: counted.echoes,
        }
    }
}

fn told(event: ReaderEvent) -> DeviceEvent {
    let about = |info: ReaderInfo| -> Box<str> {
        let [major, minor] = info.version;
        format!("type {:#04x}, firmware {major}.{minor}", info.kind).into()
    };
    match event {
        ReaderEvent::Online(info) => DeviceEvent::Online(about(info)),
        ReaderEvent::Unsupported(info) => DeviceEvent::Unsupported(about(info)),
        ReaderEvent::Configured | ReaderEvent::EasAlarm => DeviceEvent::Configured,
        ReaderEvent::Refused { command, status } => {
            DeviceEvent::Refused(format!("command {command:#04x}: {status:?}").into())
        }
        ReaderEvent::Silent => DeviceEvent::Silent,
        ReaderEvent::Tag(tag) => DeviceEvent::Seen(Sighting {
            antenna: tag.antenna,
            rssi_raw: tag.rssi,
            tid: tag.tid.map(|tid| tid.to_vec()),
            ..Sighting::of(Identity::Epc(tag.epc().to_vec()))
        }),
    }
}
