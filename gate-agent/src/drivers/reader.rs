//! 读写设备驱动: one reader, scanner, camera or scale on a byte line, from its port to fusion.
//! Promises: a sighting is reported in the wake-up that brought its last byte; what fusion cannot take is shed, counted; a device that
//! is away stops nobody.
//! Absent: the conversation (`protocols::talk`), the port's coming and going (`line`), what a sighting means (`fusion`).

use std::sync::Arc;

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
use crate::{clock::Clock, config::PortSettings, fusion::FieldLink, panel::DeviceMetrics};

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
        }
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
        let mut session: Option<Box<dyn Talk + Send>> = None;
        let mut buffer = [0; 1024];
        let mut wake = None;
        loop {
            tokio::select! {
                biased;
                event = self.line.next(&mut buffer) => match event {
                    LineEvent::Opened => {
                        let mut fresh = (self.begin)();
                        self.counted.begin();
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
                Some(session) => self.pump(session.as_mut()).await,
                None => None,
            };
            self.told.spread(&self.name, self.lanes.iter(), |_| None);
        }
    }

    /// Does what the session asks until it waits; returns until when.
    async fn pump(&mut self, session: &mut (dyn Talk + Send)) -> Option<Tick> {
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
