//! 读写设备驱动: one reader, scanner, camera or scale on a byte line, from its port to fusion.
//! Promises: a sighting is reported in the wake-up that brought its last byte; what fusion cannot take is shed, counted; a device that
//! is away stops nobody.
//! Absent: the conversation (`protocols::talk`), the port's coming and going (`line`), what a sighting means (`fusion`).

use std::sync::Arc;

use futures::FutureExt;
use protocols::{
    talk::{DeviceEvent, Input, Output, Talk},
    tick::Tick,
};
use tracing::{debug, info, warn};

use super::{
    line::{Line, LineEvent, sleep_until},
    link::{LaneLink, Told},
    report::Reporter,
    tally::Counted,
};
use crate::{
    capture::{Tap, Word},
    clock::Clock,
    config::PortSettings,
    fusion::FieldLink,
    panel::DeviceMetrics,
};

/// Begins a device's conversation anew: a device that was away may have lost its settings.
pub type Begin = Box<dyn Fn() -> Box<dyn Talk + Send> + Send>;

/// One device's driver.
pub struct ReaderDriver {
    name: Arc<str>,
    begin: Begin,
    clock: Arc<dyn Clock>,
    line: Line,
    lanes: Vec<LaneLink>,
    told: Told,
    reporter: Reporter,
    counted: Counted,
    metrics: DeviceMetrics,
    field: FieldLink,
    session: Option<Box<dyn Talk + Send>>,
    tap: Tap,
}

impl ReaderDriver {
    /// A driver that has not touched its port yet. `lanes` hear whether the device works; what it sees goes to `field`.
    #[must_use]
    pub fn new(
        name: &str,
        port: &PortSettings,
        begin: Begin,
        lanes: Vec<LaneLink>,
        field: FieldLink,
        clock: Arc<dyn Clock>,
        metrics: DeviceMetrics,
    ) -> Self {
        let name: Arc<str> = name.into();
        Self {
            reporter: Reporter::new(Arc::clone(&name), metrics.clone(), field.clone()),
            name,
            begin,
            line: Line::new(port.clone(), clock.clone(), metrics.clone()),
            clock,
            lanes,
            told: Told::default(),
            counted: Counted::new(metrics.clone()),
            metrics,
            field,
            session: None,
            tap: Tap::default(),
        }
    }

    /// The same, with all that moves it told to a capture.
    #[must_use]
    pub fn captured(self, tap: Tap) -> Self {
        Self { tap, ..self }
    }

    /// What it reads of.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Does again, at the clock's time, what a capture says that it did. Its line is never opened: what it writes goes nowhere.
    pub fn play(&mut self, word: &Word) {
        match word {
            Word::Opened => {
                self.line.play();
                self.came(LineEvent::Opened, &[]);
            }
            Word::Said(bytes) => self.came(LineEvent::Bytes(bytes.len()), bytes),
            Word::Lost(why) => {
                self.line.lost(why);
                self.came(LineEvent::Lost(why.clone()), &[]);
            }
            Word::Woke => self.woken(),
            Word::Named(_) | Word::Heard { .. } | Word::Ordered(_) | Word::Policy(_) | Word::Gap { .. } => {}
        }
        // A line that is played takes what it is given at once, so that nothing here waits.
        let _ = self.settle().now_or_never();
    }

    /// Runs until fusion, or all its lanes, have ended.
    pub async fn run(mut self) {
        let (lanes, field) = (self.lanes.clone(), self.field.clone());
        let ended = async { futures::future::join_all(lanes.iter().map(LaneLink::closed)).await };
        tokio::select! {
            () = self.drive() => {}
            _ = ended => info!(device.name = %self.name, "device {} stops", self.name),
            () = field.closed() => {}
        }
    }

    async fn drive(&mut self) {
        let mut buffer = [0; 1024];
        let mut wake = None;
        loop {
            tokio::select! {
                biased;
                event = self.line.next(&mut buffer) => self.came(event, &buffer),
                () = sleep_until(&*self.clock, wake) => self.woken(),
            }
            wake = self.settle().await;
        }
    }

    fn came(&mut self, event: LineEvent, buffer: &[u8]) {
        let now = self.clock.tick();
        match event {
            LineEvent::Opened => {
                self.tap.opened(now);
                let mut fresh = (self.begin)();
                self.counted.begin();
                fresh.handle(Input::Deadline, now);
                self.session = Some(fresh);
            }
            LineEvent::Bytes(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                self.tap.said(now, bytes);
                if let Some(session) = &mut self.session {
                    session.handle(Input::Bytes(bytes), now);
                }
            }
            LineEvent::Lost(why) | LineEvent::NotThere(why) => {
                self.tap.lost(now, &why);
                self.session = None;
                self.offline(why);
            }
        }
    }

    fn woken(&mut self) {
        let now = self.clock.tick();
        self.tap.woke(now);
        if let Some(session) = &mut self.session {
            session.handle(Input::Deadline, now);
        }
    }

    /// Does what the session asks until it waits, and tells lanes what has become of the device; returns until when.
    async fn settle(&mut self) -> Option<Tick> {
        let wake = match self.session.take() {
            Some(mut session) => {
                let wake = self.pump(session.as_mut()).await;
                self.session = Some(session);
                wake
            }
            None => None,
        };
        self.told.spread(&self.name, self.lanes.iter(), |_| None);
        wake
    }

    /// Does what the session asks until it waits; returns until when.
    async fn pump(&mut self, session: &mut (dyn Talk + Send)) -> Option<Tick> {
        loop {
            match session.poll() {
                Output::Send(bytes) => {
                    if let Err(error) = self.line.write(&bytes).await {
                        // The line tells the loss itself at its next read; a stuck one is closed here.
                        if let LineEvent::Lost(why) = self.line.lost(error) {
                            self.tap.lost(self.clock.tick(), &why);
                            self.offline(why);
                        }
                        return None;
                    }
                }
                Output::Event(DeviceEvent::Silent) => {
                    self.counted.now(session.counters());
                    self.offline("does not answer".into());
                    // A connection may be dead without telling: it is closed, and made again.
                    if self.line.silent().is_some() {
                        return None;
                    }
                }
                Output::Event(event) => self.heard(event),
                Output::Wait(until) => {
                    self.counted.now(session.counters());
                    return until;
                }
            }
        }
    }

    fn heard(&mut self, event: DeviceEvent) {
        match event {
            DeviceEvent::Seen(sighting) => self.reporter.seen(sighting, self.clock.tick()),
            DeviceEvent::Weight(reading) => self.reporter.weighed(reading, self.clock.tick()),
            DeviceEvent::Online(what) => {
                info!(device.name = %self.name, "device {} answers: {what}", self.name);
                self.metrics.online.set(1);
                self.told.set(true, what);
            }
            DeviceEvent::Configured => debug!(device.name = %self.name, "device {} is configured", self.name),
            DeviceEvent::Unsupported(what) => self.offline(format!("is not supported: {what}").into()),
            // Told where the line can be closed.
            DeviceEvent::Silent => {}
            DeviceEvent::Refused(what) => {
                warn!(device.name = %self.name, "device {} refuses: {what}", self.name);
            }
        }
    }

    fn offline(&mut self, why: Box<str>) {
        if self.metrics.online.set(0) == 1 {
            warn!(device.name = %self.name, "device {} {why}", self.name);
        }
        self.told.set(false, why);
    }
}
