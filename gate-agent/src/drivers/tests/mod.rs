//! Drivers against real pseudo-terminals with scripted devices behind them.
//! No fixed waits: a test waits for what it expects, with a time-out that only a failure reaches.

mod board;
mod bus;
mod port;
mod reader;
mod uhf;

use std::time::Duration;

use tokio::sync::mpsc;

use crate::{decision::Reading, lane::Input};

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A lane's inbox, read in short words.
struct Lane {
    inbox: mpsc::Receiver<Input>,
    heard: Vec<String>,
}

fn lane() -> (super::LaneLink, Lane) {
    let (sender, inbox) = mpsc::channel(1024);
    (super::LaneLink::new(sender), Lane { inbox, heard: Vec::new() })
}

impl Lane {
    /// Waits until the lane is told something that begins like this.
    async fn hears(&mut self, beginning: &str) -> String {
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
