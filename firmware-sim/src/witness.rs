//! 见证: what boards were told and what barriers did, written down by somebody who is not the gate.
//! Promises: entries are numbered from 1 without gaps, in the order in which things happened, and only ever appended;
//! each line is written to the file before the next thing is looked at.
//! Absent: syncing the file to disk (the witness outlives a killed gate, not a power cut of its own machine).

use crate::clock;
use protocols::contract::Kg;
use protocols::tick::Tick;
use serde::Serialize;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Entries held in memory; older ones are in the file only.
const HELD: usize = 65_536;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Running number, from 1.
    pub n: u64,
    /// `CLOCK_MONOTONIC`, microseconds.
    pub mono_us: u64,
    /// Wall time, UTC.
    pub at: String,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A board received a write that was meant for it.
    Command {
        /// The board.
        device: String,
        /// The frame as it came, upper-case hex.
        frame: String,
        /// What it asks, in words.
        says: String,
        /// The exception with which it was refused.
        #[serde(skip_serializing_if = "Option::is_none")]
        refused: Option<u8>,
    },
    /// An output changed, by a command or because a pulse ended.
    Coil {
        /// The board.
        device: String,
        /// Coil, from 0.
        coil: u8,
        /// Energised or not.
        on: bool,
        /// Lane and role of the coil, such as `OUT1 open`, where it has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<String>,
    },
    /// A barrier's arm did something; see `device::barrier::Movement`.
    Arm {
        /// The lane.
        lane: String,
        /// `rise_started opened close_started closed stopped reversed close_refused ignored forced`.
        movement: &'static str,
        /// How far up it is.
        percent: u8,
    },
    /// A loop became occupied or free.
    Loop {
        /// The lane.
        lane: String,
        /// `approach`, `safety` or `exit`.
        which: &'static str,
        /// Occupied or free.
        occupied: bool,
    },
    /// Something came into a device's view, or left it.
    Sign {
        /// The reader.
        device: String,
        /// `tag card label seal plate`.
        what: &'static str,
        /// EPC or serial number in upper-case hex, text, or the seal's number.
        key: String,
        /// Came or left.
        here: bool,
    },
    /// A reader told something for the first time since it came into view.
    Report {
        /// The reader.
        device: String,
        /// `tag` or `card`.
        what: &'static str,
        /// As in `sign`.
        key: String,
    },
    /// Something drove onto a platform or off it.
    Load {
        /// The scale.
        device: String,
        /// What stands there now, all together.
        kg: Kg,
    },
    /// A vehicle came, or ended as its plan and the barrier made it.
    Vehicle {
        /// Its number.
        vehicle: u64,
        /// The lane.
        lane: String,
        /// `rolling approach going`, or how it ended.
        stage: &'static str,
    },
    /// A device was plugged, unplugged or restarted, or a fault began or ended on its line.
    Device {
        /// The device.
        device: String,
        /// What happened to it.
        event: String,
    },
}

/// The log.
#[derive(Debug)]
pub struct Witness {
    file: Option<File>,
    held: VecDeque<Entry>,
    last: u64,
}

impl Witness {
    /// A log in memory and, where a path is given, appended to that file.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
        Ok(Self { file, held: VecDeque::new(), last: 0 })
    }

    /// Writes one thing down.
    ///
    /// # Errors
    /// The file cannot be written; the entry is held in memory all the same.
    pub fn note(&mut self, at: Tick, what: What) -> io::Result<()> {
        self.last += 1;
        let entry = Entry { n: self.last, mono_us: at.as_micros(), at: clock::wall(), what };
        let line = self.file.as_ref().map(|_| serde_json::to_vec(&entry));
        if self.held.len() == HELD {
            self.held.pop_front();
        }
        self.held.push_back(entry);
        if let (Some(file), Some(line)) = (&mut self.file, line) {
            let mut line = line.map_err(io::Error::other)?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        Ok(())
    }

    /// The entries from that number on that are held in memory, up to `most`.
    pub fn from(&self, number: u64, most: usize) -> impl Iterator<Item = &Entry> {
        let first = self.held.front().map_or(1, |entry| entry.n);
        let skip = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        self.held.iter().skip(skip).take(most)
    }

    /// Number of the newest entry; 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::{HELD, What, Witness};
    use protocols::tick::Tick;

    fn arm(percent: u8) -> What {
        What::Arm { lane: "IN1".to_owned(), movement: "opened", percent }
    }

    #[test]
    fn entries_are_numbered_without_gaps_in_memory_and_in_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("witness.jsonl");
        let mut witness = Witness::open(Some(&path)).expect("a file");
        for percent in 0..3 {
            witness.note(Tick::from_micros(7), arm(percent)).expect("written");
        }
        let text = std::fs::read_to_string(&path).expect("a file");
        let numbers: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["n"].clone())
            .collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(text.starts_with(r#"{"n":1,"mono_us":7,"at":""#), "{text}");
        assert!(text.contains(r#""kind":"arm","lane":"IN1","movement":"opened","percent":2}"#), "{text}");
        assert_eq!(witness.from(2, 9).map(|entry| entry.n).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn memory_holds_the_newest_entries_only() {
        let mut witness = Witness::open(None).expect("no file");
        for _ in 0..HELD + 10 {
            witness.note(Tick::default(), arm(0)).expect("no file");
        }
        assert_eq!(witness.from(1, usize::MAX).count(), HELD);
        assert_eq!(witness.from(1, 1).next().map(|entry| entry.n), Some(11));
    }
}
