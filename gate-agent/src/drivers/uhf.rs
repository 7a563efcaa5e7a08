//! 超高频读写器驱动: one reader, from its port to its lanes.
//! Promises: a tag reaches its lanes in the wake-up that brought its last byte; a full lane drops readings, counted.
//! Absent: the conversation (`protocols::uhf::session`), the port's coming and going (`serial`).
//! Source: `contract` section 2 (VE: the EPC is the key, the TID travels beside).

use std::sync::Arc;

use protocols::{
    ids::{MediumKey, MediumType},
    tick::Tick,
    uhf::{
        repr::ReadMode,
        session::{Config, Counters, Input, Output, ReaderEvent, Session},
        tag::TagRead,
    },
};
use tracing::{debug, info, warn};

use super::{
    debounce::{Debounce, Reading},
    link::{LaneLink, Told},
    serial::{Line, LineEvent, sleep_until},
};
use crate::{
    clock::Clock,
    config::{PortSettings, ReaderMode, UhfConfig},
    decision::Medium,
    lane,
    panel::DeviceMetrics,
};

/// One reader's driver.
pub struct UhfDriver {
    name: Box<str>,
    config: Config,
    clock: Arc<dyn Clock>,
    line: Line,
    lanes: Vec<LaneLink>,
    told: Told,
    debounce: Debounce,
    counted: Counters,
    metrics: DeviceMetrics,
}

impl UhfDriver {
    /// A driver that has not touched its port yet. Every lane in `lanes` gets every reading.
    #[must_use]
    pub fn new(
        name: &str,
        port: &PortSettings,
        config: &UhfConfig,
        lanes: Vec<LaneLink>,
        clock: Arc<dyn Clock>,
        metrics: DeviceMetrics,
    ) -> Self {
        Self {
            name: name.into(),
            config: session_config(config),
            line: Line::new(port.clone(), clock.clone(), metrics.clone()),
            clock,
            lanes,
            told: Told::default(),
            debounce: Debounce::default(),
            counted: Counters::default(),
            metrics,
        }
    }

    /// Runs until all its lanes have ended.
    pub async fn run(mut self) {
        let lanes = self.lanes.clone();
        let ended = async { futures::future::join_all(lanes.iter().map(LaneLink::closed)).await };
        tokio::select! {
            () = self.drive() => {}
            _ = ended => info!(device.name = %self.name, "reader {} stops", self.name),
        }
    }

    async fn drive(&mut self) {
        let mut session: Option<Session> = None;
        let mut buffer = [0; 1024];
        let mut wake = None;
        loop {
            tokio::select! {
                biased;
                event = self.line.next(&mut buffer) => match event {
                    LineEvent::Opened => {
                        // A reader that was away may have lost its settings: the conversation starts anew.
                        let mut fresh = Session::new(self.config);
                        self.counted = Counters::default();
                        fresh.handle(Input::Deadline, self.clock.tick());
                        session = Some(fresh);
                    }
                    LineEvent::Bytes(count) => if let Some(session) = &mut session {
                        let bytes = buffer.get(..count).unwrap_or_default();
                        session.handle(Input::Bytes(bytes), self.clock.tick());
                    },
                    LineEvent::Lost(why) | LineEvent::NotThere(why) => {
                        session = None;
                        self.offline(why);
                    }
                },
                () = sleep_until(&*self.clock, wake) => if let Some(session) = &mut session {
                    session.handle(Input::Deadline, self.clock.tick());
                },
            }
            wake = match &mut session {
                Some(session) => self.pump(session).await,
                None => None,
            };
            self.told.spread(&self.name, self.lanes.iter(), |_| None);
        }
    }

    /// Does what the session asks until it waits; returns until when.
    async fn pump(&mut self, session: &mut Session) -> Option<Tick> {
        loop {
            match session.poll() {
                Output::Send(bytes) => {
                    if let Err(error) = self.line.write(&bytes).await {
                        // The line tells the loss itself at its next read; a stuck one is closed here.
                        if let LineEvent::Lost(why) = self.line.lost(error) {
                            self.offline(why);
                        }
                        return None;
                    }
                }
                Output::Event(event) => self.heard(event),
                Output::Wait(until) => {
                    self.count(session.counters());
                    return until;
                }
            }
        }
    }

    fn heard(&mut self, event: ReaderEvent) {
        match event {
            ReaderEvent::Tag(tag) => self.tag(&tag),
            ReaderEvent::Online(info) => {
                let [major, minor] = info.version;
                info!(device.name = %self.name, "reader {} answers, firmware {major}.{minor}", self.name);
                self.metrics.online.set(1);
                self.told.set(true, format!("answers, firmware {major}.{minor}"));
            }
            ReaderEvent::Configured => debug!(device.name = %self.name, "reader {} is configured", self.name),
            ReaderEvent::Unsupported(info) => {
                self.offline(format!("is of type {:#04x}, which is not of the 18 family", info.kind).into());
            }
            ReaderEvent::Silent => self.offline("does not answer".into()),
            ReaderEvent::Refused { command, status } => {
                warn!(device.name = %self.name, "reader {} refuses command {command:#04x}: {status:?}", self.name);
            }
            ReaderEvent::EasAlarm => debug!(device.name = %self.name, "reader {} sees an EAS tag", self.name),
        }
    }

    fn tag(&mut self, tag: &TagRead) {
        self.metrics.reads.inc();
        let now = self.clock.tick();
        let text = tag.epc_hex();
        let key = match MediumKey::read(MediumType::ElectronicPlate, &text) {
            Ok(key) => key,
            Err(error) => {
                debug!(device.name = %self.name, "reader {} told a tag without a key: {error}", self.name);
                self.metrics.shed.inc();
                return;
            }
        };
        match self.debounce.judge(&key, now) {
            Reading::Known => return,
            Reading::TooMany => {
                self.metrics.shed.inc();
                return;
            }
            Reading::New => {}
        }
        let medium = Medium {
            medium_type: MediumType::ElectronicPlate,
            raw: (text != key.as_str()).then(|| text.into()),
            device: self.name.clone(),
            tid: tag.tid.map(|tid| tid.iter().map(|byte| format!("{byte:02X}")).collect::<String>().into()),
            confidence: None,
            at: now,
            key,
        };
        for lane in &self.lanes {
            if !lane.tell(lane::Input::Read(medium.clone())) {
                self.metrics.shed.inc();
                self.debounce.forget(&medium.key);
            }
        }
    }

    fn offline(&mut self, why: Box<str>) {
        if self.metrics.online.set(0) == 1 {
            warn!(device.name = %self.name, "reader {} {why}", self.name);
        }
        self.told.set(false, why);
    }

    /// Adds what the session counted since the last time.
    fn count(&mut self, now: Counters) {
        let before = std::mem::replace(&mut self.counted, now);
        self.metrics.frames.inc_by(now.bytes.frames - before.bytes.frames);
        self.metrics.bad_checks.inc_by(now.bytes.bad_checks - before.bytes.bad_checks);
        self.metrics.noise_bytes.inc_by(now.bytes.noise_bytes - before.bytes.noise_bytes);
        self.metrics.errors.inc_by(now.timeouts + now.overruns - before.timeouts - before.overruns);
    }
}

fn session_config(config: &UhfConfig) -> Config {
    let mode = match config.mode {
        ReaderMode::Answer => ReadMode::Answer,
        ReaderMode::Scan => ReadMode::Scan,
    };
    Config {
        address: config.address,
        mode,
        gap: config.gap,
        silence_probe: config.silence_probe,
        ..Config::default()
    }
}
