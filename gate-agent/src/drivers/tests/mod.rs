//! Drivers against real pseudo-terminals and connections with scripted devices behind them.
//! No fixed waits: a test waits for what it expects, with a time-out that only a failure reaches.

mod board;
mod bus;
mod locks;
mod port;
mod reader;
mod sign;
mod tcp;
mod uhf;

use std::{sync::Arc, time::Duration};

use tokio::sync::mpsc;

use super::{LaneLink, ReaderDriver, conversation};
use crate::{
    clock::SystemClock,
    config::{Kind, PortSettings, UhfConfig},
    decision::{Medium, Reading, Standing},
    fusion::{FieldLink, IcKeyForm, Seen, What, seen},
    lane::Input,
    panel::DeviceMetrics,
};

pub(super) use bus::proof;

/// Longer than anything here may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A lane's inbox, read in short words.
pub(super) struct Lane {
    inbox: mpsc::Receiver<Input>,
    heard: Vec<String>,
}

pub(super) fn lane() -> (super::LaneLink, Lane) {
    let (sender, inbox) = mpsc::channel(1024);
    (super::LaneLink::new(sender), Lane { inbox, heard: Vec::new() })
}

impl Lane {
    /// Waits until the lane is told something that begins like this.
    pub(super) async fn hears(&mut self, beginning: &str) -> String {
        let told = tokio::time::timeout(PATIENCE, async {
            loop {
                let words = words(self.inbox.recv().await.expect("the driver ended"));
                self.heard.push(words.clone());
                if words.starts_with(beginning) {
                    return words;
                }
            }
        });
        match told.await {
            Ok(words) => words,
            Err(_) => panic!("never heard {beginning:?}, only {:#?}", self.heard),
        }
    }
}

/// A driver whose sightings go to its lanes at once, without fusion.
fn direct(
    settings: &PortSettings,
    config: UhfConfig,
    lanes: Vec<LaneLink>,
    metrics: &DeviceMetrics,
) -> ReaderDriver {
    let begin = conversation(&Kind::Uhf(config), metrics).unwrap();
    let (field, mut reports) = FieldLink::open(["uhf-1".into()].into_iter());
    let hearing = lanes.clone();
    tokio::spawn(async move {
        while let Some(report) = reports.recv().await {
            let What::Seen(sighting) = report.what else { panic!("a reader of tags") };
            let Ok(Seen::Medium(medium_type, key, raw)) = seen(&sighting.identity, IcKeyForm::UidHex) else {
                panic!("a tag")
            };
            let medium = Medium {
                medium_type,
                key,
                raw,
                device: (*report.device).into(),
                tid: None,
                confidence: None,
                signal: None,
                looks: 1,
                standing: Standing::Counts,
                at: report.at,
            };
            for lane in &hearing {
                lane.tell(Input::Read(Reading::Medium(medium.clone())));
            }
        }
    });
    ReaderDriver::new("uhf-1", settings, begin, lanes, field, Arc::new(SystemClock), metrics.clone())
}

fn words(input: Input) -> String {
    match input {
        Input::Read(Reading::Medium(medium)) => format!("read {}", medium.key.as_str()),
        Input::Loop(place, level) => format!("{place:?} {level:?}"),
        Input::Arm(arm) => format!("arm {arm:?}"),
        Input::Barrier { online } => format!("barrier {online}"),
        Input::Device { name, online, why } => format!("{name} {online}: {why}"),
        other => panic!("a driver told {other:?}"),
    }
}
