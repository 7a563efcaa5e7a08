//! The line between a gate and the centre: what `sync`'s tasks do, as messages that are late, lost, doubled and overtaken. What both sides
//! make of their common past are the very functions of `gate_agent::sync`.

use std::fmt;

use gate_agent::{
    cache::{Feed, SnapshotError},
    journal::JournalError,
    sync::{AfterRefusal, Alarm, Past, after_refusal, compare, is_index_foreign, is_receipt_of},
};
use protocols::{
    contract::{Changes, EventsAck, EventsRefusal, Hash, HelloAnswer, IndexMark, RefusalCode},
    tick::Tick,
};

use super::{
    time::{self, Micros, SECOND},
    world::{Happening, Mutation, World},
};

const TIME_OUT: Micros = 3 * SECOND;
const MOST: usize = 40;

/// How the gate stands with its line.
#[derive(Debug, Default)]
pub(crate) struct Link {
    pub(crate) is_online: bool,
    pub(crate) alarm: Option<Alarm>,
    needs_snapshot: bool,
    /// A batch that was refused, until a hello has told where the centre stands.
    refused: Option<(RefusalCode, u64)>,
    /// What is under way, by kind; an answer to anything else is too late.
    hello: Option<u64>,
    push: Option<u64>,
    pull: Option<u64>,
    not_before: Micros,
}

#[derive(Clone)]
pub(crate) enum Asked {
    Hello { acked_before: u64, revision_before: Option<u64>, index: Option<IndexMark> },
    Events { epoch: u32, first: u64, last: u64, events: Vec<String> },
    Changes { from: u64, mark: Option<Hash> },
    Snapshot,
}

#[derive(Clone)]
pub(crate) enum Answer {
    Hello { answer: HelloAnswer, acked_before: u64, revision_before: Option<u64> },
    Acked { ack: EventsAck, epoch: u32, first: u64, last: u64 },
    Refused { refusal: EventsRefusal, first: u64 },
    Changes(Option<Changes>),
    Snapshot(Vec<String>),
}

/// Without hashes and ids, which are drawn from the machine's chance and not from the seed's.
impl fmt::Debug for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello { acked_before, revision_before, .. } => {
                write!(out, "hello {acked_before} {revision_before:?}")
            }
            Self::Events { epoch, first, last, .. } => write!(out, "events {epoch} {first}..{last}"),
            Self::Changes { from, .. } => write!(out, "changes {from}"),
            Self::Snapshot => write!(out, "snapshot"),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello { answer, .. } => write!(out, "hello {} {}", answer.expected_seq, answer.revision),
            Self::Acked { ack, .. } => write!(out, "acked {} {}", ack.acked_seq, ack.revision),
            Self::Refused { refusal, .. } => {
                write!(out, "refused {:?} {}", refusal.code, refusal.expected_seq)
            }
            Self::Changes(changes) => {
                write!(out, "changes {:?}", changes.as_ref().map(|changes| (changes.from, changes.to)))
            }
            Self::Snapshot(lines) => write!(out, "snapshot of {} lines", lines.len()),
        }
    }
}

impl World {
    /// Looks at the line once a second, and whenever something changed.
    pub(crate) fn tend_line(&mut self, g: usize) {
        let (now, shows_marks) = (self.now, self.mutation != Some(Mutation::NoMarks));
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let head = agent.core.head().clone();
        let link = &mut agent.link;
        if now < link.not_before || link.hello.is_some() {
            return;
        }
        let stamp = agent.cache.stamp();
        if !link.is_online || link.refused.is_some() {
            let revision_before = stamp.map(|stamp| stamp.revision);
            let (acked_before, index) =
                (head.marks.acked_seq, agent.cache.index_mark().filter(|_| shows_marks));
            return self.ask(g, Asked::Hello { acked_before, revision_before, index });
        }
        let must_pull = link.pull.is_none();
        if link.push.is_none()
            && link.alarm.is_none()
            && let Some(epoch) = head.epoch
            && head.seq > head.marks.acked_seq
        {
            match agent.core.read_after(head.marks.acked_seq, MOST) {
                Ok(records) if !records.is_empty() => {
                    let (first, last) =
                        (head.marks.acked_seq + 1, head.marks.acked_seq + records.len() as u64);
                    let events = records.into_iter().map(|record| record.json).collect();
                    self.ask(g, Asked::Events { epoch, first, last, events });
                }
                Ok(_) => {}
                Err(error) => self.journal_said(g, &error),
            }
        }
        if must_pull {
            let Some(agent) = self.gates[g].agent.as_mut() else { return };
            let whole = agent.link.needs_snapshot || agent.cache.needs_snapshot();
            let from = stamp.map_or(0, |stamp| stamp.revision);
            let mark = agent.cache.index_mark().filter(|_| shows_marks).map(|index| index.mark);
            self.ask(g, if whole { Asked::Snapshot } else { Asked::Changes { from, mark } });
        }
    }

    fn ask(&mut self, g: usize, asked: Asked) {
        self.messages += 1;
        let id = self.messages;
        let start = self.start_of(g);
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let place = match asked {
            Asked::Hello { .. } => &mut agent.link.hello,
            Asked::Events { .. } => &mut agent.link.push,
            Asked::Changes { .. } | Asked::Snapshot => &mut agent.link.pull,
        };
        *place = Some(id);
        self.later(TIME_OUT, Happening::TimeOut(g, start, id));
        if self.is_lost(g) {
            return;
        }
        let after = self.latency();
        if self.chance.below(20) == 0 {
            // The network sends it again, perhaps long after.
            let late = self.latency() * 40;
            self.later(after + late, Happening::AtCentre(g, start, id, asked.clone()));
        }
        self.later(after, Happening::AtCentre(g, start, id, asked));
    }

    fn latency(&mut self) -> Micros {
        5_000 + self.chance.below(60_000)
    }

    fn is_lost(&mut self, g: usize) -> bool {
        self.gates[g].line_is_cut || (!self.is_calm && self.chance.below(12) == 0)
    }

    /// A message has come through; the centre answers, if it runs.
    pub(crate) fn at_centre(&mut self, g: usize, start: u64, id: u64, asked: Asked) {
        if !self.centre.is_up || self.gates[g].line_is_cut {
            return;
        }
        let (gate, now) = (self.gates[g].id.clone(), time::at(self.now));
        let answer = match asked {
            Asked::Hello { acked_before, revision_before, index } => {
                Answer::Hello { answer: self.centre.hello(&gate, index, now), acked_before, revision_before }
            }
            Asked::Events { epoch, first, last, events } => {
                if self.mutation == Some(Mutation::AckBeforeCommit) && self.chance.below(4) == 0 {
                    // Answers at once and means to store later; then it dies.
                    let revision = self.centre.revision();
                    let ack = EventsAck { epoch, acked_seq: last, revision, receipt: None };
                    Answer::Acked { ack, epoch, first, last }
                } else {
                    match self.centre.take(&gate, epoch, &events, now) {
                        Ok(ack) => Answer::Acked { ack, epoch, first, last },
                        Err(refusal) => Answer::Refused { refusal, first },
                    }
                }
            }
            Asked::Changes { from, mark } => Answer::Changes(self.centre.changes_after(from, mark)),
            Asked::Snapshot => {
                let lines = self.centre.snapshot();
                self.old_snapshot.get_or_insert_with(|| lines.clone());
                let is_stale = self.mutation == Some(Mutation::StaleSnapshot);
                Answer::Snapshot(if is_stale { self.old_snapshot.clone().unwrap_or_default() } else { lines })
            }
        };
        self.check_centre(g);
        if self.chance.below(40) == 0 && !self.is_calm {
            // It dies after it has stored and before it has answered.
            self.centre_dies();
            return;
        }
        if !self.is_lost(g) {
            let after = self.latency();
            let life = self.centre.life;
            self.later(after, Happening::AtGate(g, start, id, life, Box::new(answer)));
        }
    }

    pub(crate) fn timed_out(&mut self, g: usize, id: u64) {
        let now = self.now;
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let link = &mut agent.link;
        let mut hit = false;
        for place in [&mut link.hello, &mut link.push, &mut link.pull] {
            if *place == Some(id) {
                (*place, hit) = (None, true);
            }
        }
        if hit {
            link.is_online = false;
            link.not_before = now + 500_000 + self.chance.below(1_500_000);
        }
    }

    pub(crate) fn at_gate(&mut self, g: usize, id: u64, life: u64, answer: Answer) {
        // What a centre sends dies with it.
        if self.gates[g].line_is_cut || life != self.centre.life {
            return;
        }
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let link = &mut agent.link;
        let place = match answer {
            Answer::Hello { .. } => &mut link.hello,
            Answer::Acked { .. } | Answer::Refused { .. } => &mut link.push,
            Answer::Changes(_) | Answer::Snapshot(_) => &mut link.pull,
        };
        if *place != Some(id) {
            return;
        }
        *place = None;
        // Nothing new: it is asked again with the next look at the line.
        let is_empty = matches!(&answer, Answer::Changes(Some(changes)) if changes.changes.is_empty());
        let outcome = match answer {
            Answer::Hello { answer, acked_before, revision_before } => {
                self.greeted(g, &answer, acked_before, revision_before)
            }
            Answer::Acked { ack, epoch, first, last } => self.acked(g, ack, epoch, first, last),
            Answer::Refused { refusal, first } => {
                agent.link.refused = Some((refusal.code, first));
                Ok(())
            }
            Answer::Changes(changes) => self.changed(g, changes),
            Answer::Snapshot(lines) => self.snapshot_came(g, &lines),
        };
        if let Err(error) = outcome {
            self.journal_said(g, &error);
        }
        if !is_empty {
            self.check_index(g);
            self.tend_line(g);
        }
    }

    fn greeted(
        &mut self,
        g: usize,
        answer: &HelloAnswer,
        acked_before: u64,
        revision_before: Option<u64>,
    ) -> Result<(), JournalError> {
        let drops = self.mutation == Some(Mutation::DropOnReconnect);
        let Some(agent) = self.gates[g].agent.as_mut() else { return Ok(()) };
        agent.core.set_clock_offset(Some((0, Tick::default())));
        let mut alarm = None;
        if is_index_foreign(revision_before, answer) {
            agent.cache.doubt().unwrap();
        }
        match agent.core.set_epoch(answer.epoch) {
            Ok(()) => {
                let acked_seq = answer.expected_seq.saturating_sub(1);
                let held = agent.core.hash_of(acked_seq)?;
                match compare(answer, agent.core.head(), held, acked_before) {
                    Past::Differs(found) => alarm = Some(found),
                    Past::Lower => {
                        agent.cache.doubt().unwrap();
                        agent.core.acknowledge(acked_seq, answer.revision)?;
                    }
                    Past::Further => agent.core.acknowledge(acked_seq, answer.revision)?,
                    Past::Agreed => {}
                }
                if drops {
                    let all = agent.core.head().seq;
                    agent.core.acknowledge(all, answer.revision)?;
                }
            }
            Err(JournalError::EpochConflict { have, offered }) => {
                alarm = Some(Alarm::Epoch { have, offered })
            }
            Err(error) => return Err(error),
        }
        agent.link.is_online = true;
        if let Some((code, from)) = agent.link.refused.take()
            && alarm.is_none()
            && let AfterRefusal::Stuck(found) = after_refusal(code, from, agent.core.head().marks.acked_seq)
        {
            alarm = found;
        }
        agent.link.alarm = alarm;
        self.gates[g].marks_lag = false;
        self.check_marks(g);
        Ok(())
    }

    fn acked(
        &mut self,
        g: usize,
        ack: EventsAck,
        epoch: u32,
        first: u64,
        last: u64,
    ) -> Result<(), JournalError> {
        let Some(agent) = self.gates[g].agent.as_mut() else { return Ok(()) };
        if is_receipt_of(&ack, epoch, first, last) {
            agent.core.acknowledge(ack.acked_seq, ack.revision)?;
            self.cover(g)?;
        } else {
            agent.link.is_online = false;
        }
        self.check_marks(g);
        Ok(())
    }

    fn cover(&mut self, g: usize) -> Result<(), JournalError> {
        let Some(agent) = self.gates[g].agent.as_mut() else { return Ok(()) };
        match agent.cache.stamp() {
            Some(stamp) if !agent.link.needs_snapshot && !agent.cache.needs_snapshot() => {
                agent.core.cover(stamp.revision)
            }
            _ => Ok(()),
        }
    }

    fn changed(&mut self, g: usize, changes: Option<Changes>) -> Result<(), JournalError> {
        let Some(agent) = self.gates[g].agent.as_mut() else { return Ok(()) };
        let Some(changes) = changes else {
            (agent.link.needs_snapshot, agent.link.is_online) = (true, false);
            return Ok(());
        };
        if agent.link.needs_snapshot || agent.cache.needs_snapshot() {
            return Ok(());
        }
        let before = agent.cache.stamp().map(|stamp| stamp.revision);
        let feed = Feed::from(changes);
        if agent.cache.apply_changes(&feed).is_err() {
            agent.link.needs_snapshot = true;
            return Ok(());
        }
        agent.cache.confirm().unwrap();
        let moved = agent.cache.stamp().map(|stamp| stamp.revision) != before;
        // Lanes watch the index, whatever the journal has to say of it.
        let covered = self.cover(g);
        if moved {
            self.index_moved(g);
        }
        covered
    }

    fn snapshot_came(&mut self, g: usize, lines: &[String]) -> Result<(), JournalError> {
        if self.mutation == Some(Mutation::DenyRolledBack) {
            self.forget_index(g);
        }
        let Some(agent) = self.gates[g].agent.as_mut() else { return Ok(()) };
        let built = (|| {
            let mut snapshot = agent.cache.begin_snapshot()?;
            lines.iter().try_for_each(|line| snapshot.line(line))?;
            snapshot.finish()
        })();
        if matches!(built, Err(SnapshotError::Older { .. })) {
            agent.link.is_online = false;
        }
        if built.is_ok() {
            agent.link.needs_snapshot = false;
            if self.gates[g].ledger.revision.1 != self.centre.restored {
                self.gates[g].ledger.revision = (0, self.centre.restored);
            }
            let covered = self.cover(g);
            self.index_moved(g);
            covered?;
        }
        Ok(())
    }

    /// The journal failed under the line's hands.
    pub(crate) fn journal_said(&mut self, g: usize, _: &JournalError) {
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        if agent.core.broken().is_some() && !agent.journal_failed {
            self.journal_fails(g);
        }
    }
}
