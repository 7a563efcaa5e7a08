//! One gate that listens: hello, then a long poll after the other, as the agent asks (`gate-agent` `sync::puller`).
//! Promises: a change counts when it is applied: read to its last byte, parsed, in its place in the small index that the gate keeps in memory; a
//! gap, another yard's revision or a mark that is not told back ends the run. The next poll is the acknowledgement, as between real ones.

use std::{collections::BTreeMap, time::Instant};

use anyhow::{Context as _, ensure};
use protocols::{
    contract::{ChangeOp, Changes, Hash, HelloAnswer},
    ids::TripNo,
};
use tokio::{sync::mpsc::UnboundedSender, time::timeout};

use crate::{
    clock,
    gates::{PATIENCE, line::Line},
    ingest::{journal, yard},
};

/// Seconds for which an agent lets the centre hold its poll.
const LONG_POLL_S: u64 = 8;

/// A gate has applied what became of a trip.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) gate: u32,
    pub(super) trip_no: TripNo,
    pub(super) at: Instant,
}

/// A gate that was greeted.
pub(super) struct Gate {
    number: u32,
    line: Line,
    revision: u64,
    mark: Option<Hash>,
    /// What each trip has come to.
    index: BTreeMap<TripNo, ChangeOp>,
}

impl Gate {
    /// Connects and says hello; what was before is the snapshot's affair.
    ///
    /// # Errors
    /// When the centre does not greet.
    pub(super) async fn greet(address: &str, number: u32) -> anyhow::Result<Self> {
        let mut line = Line::open(address, &yard::token(number)).await.context("cannot reach the centre")?;
        let hello = journal::hello(&yard::gate_id(number));
        let answer = line.ask("POST /gate/v1/hello", &hello).await?;
        ensure!(answer.status() == Some(200), "hello of gate {number}: {}", answer.first);
        let answer: HelloAnswer = serde_json::from_slice(&answer.body)?;
        Ok(Self { number, line, revision: answer.revision, mark: None, index: BTreeMap::new() })
    }

    /// Listens until nobody wants to hear of it.
    ///
    /// # Errors
    /// When the centre answers something else than what follows.
    pub(super) async fn follow(mut self, told: UnboundedSender<Seen>) -> anyhow::Result<()> {
        loop {
            let mark = self.mark.map_or_else(String::new, |mark| format!("&mark={mark}"));
            let after = self.revision;
            let what = format!("GET /gate/v1/changes?after={after}&wait={LONG_POLL_S}{mark}");
            let answer =
                timeout(PATIENCE, self.line.ask(&what, "")).await.context("no answer to a poll")??;
            ensure!(answer.status() == Some(200), "poll of gate {}: {}", self.number, answer.first);
            let changes: Changes = serde_json::from_slice(&answer.body)?;
            for trip_no in self.apply(changes)? {
                let seen = Seen { gate: self.number, trip_no, at: clock::now() };
                if told.send(seen).is_err() {
                    return Ok(());
                }
            }
        }
    }

    /// Applies an answer as a whole: the trips that it was about.
    fn apply(&mut self, changes: Changes) -> anyhow::Result<Vec<TripNo>> {
        ensure!(changes.from == self.revision, "asked after {}, told of {}", self.revision, changes.from);
        let mut trips = Vec::new();
        for change in changes.changes {
            ensure!(change.rev == self.revision + 1, "after {} comes {}", self.revision, change.rev);
            self.revision = change.rev;
            let trip_no = match &change.op {
                ChangeOp::Upsert(entry) => entry.trip_no,
                ChangeOp::Stub(stub) => stub.trip_no,
                ChangeOp::Remove { trip_no } => *trip_no,
                ChangeOp::Deny(_) | ChangeOp::Allow { .. } | ChangeOp::Policy(_) => continue,
            };
            if matches!(change.op, ChangeOp::Remove { .. }) {
                self.index.remove(&trip_no);
            } else {
                self.index.insert(trip_no, change.op);
            }
            trips.push(trip_no);
        }
        ensure!(changes.to == self.revision, "told up to {}, {} came", changes.to, self.revision);
        self.mark = changes.mark;
        Ok(trips)
    }
}
