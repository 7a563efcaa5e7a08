//! 邻卡口进度: what is known of one neighbour's telling: how far it was heard, and what is missing.
//! Promises: pure; an act is taken once and none is passed over, in whatever order and however often pages come; what the index shows is not asked for,
//! and is asked for again when the index turns out to be one that never showed it: older, or of a centre that was restored.

use protocols::contract::{ActsPage, Applied, AskActs, GateAct, Shown};

use super::past::Past;

/// 邻卡口进度.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hearing {
    /// Everything up to here is known, or shown by the index.
    pub reached: Applied,
    /// Everything up to here, in that epoch, was forgotten because the index shows it.
    pub forgotten: u64,
    /// The revision that the index had then.
    pub forgotten_at: u64,
    /// The highest revision that the neighbour has named: a lower one is that of a restored centre, and the index here may be of its past.
    pub named: u64,
    /// The revision of the index here when a lower one was named. Once it has moved, the centre has looked at it since, and would have brought it into doubt.
    pub lower_at: Option<u64>,
    /// What the index will show once it gets there.
    pub shown: Shown,
    /// Whether that is of the past that the index here is of.
    pub is_of_this_past: bool,
}

impl Default for Hearing {
    fn default() -> Self {
        let nothing = Applied { epoch: 0, seq: 0 };
        Self {
            reached: nothing,
            forgotten: 0,
            forgotten_at: 0,
            named: 0,
            lower_at: None,
            shown: Shown::default(),
            is_of_this_past: false,
        }
    }
}

/// What a page brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What was not known before, in order.
    pub acts: Vec<GateAct>,
    /// What needs not to be held any more.
    pub forget: Option<Applied>,
    /// What is missing.
    pub ask: Option<AskActs>,
}

impl Hearing {
    /// Takes a page that agrees with itself; `revision` is that of the index here, none when it is in doubt. A page that is older than what is known
    /// brings nothing: a broker may have kept it, or somebody else.
    pub fn hear(&mut self, page: &ActsPage, revision: Option<u64>, past: &Past) -> Heard {
        let known = Applied { epoch: page.epoch, seq: page.head };
        if known < self.reached {
            return Heard::default();
        }
        if page.epoch > self.reached.epoch {
            let reached = Applied { epoch: page.epoch, seq: 0 };
            *self = Self { reached, named: self.named, ..Self::default() };
        }
        if page.shown.seq < self.forgotten {
            // The centre was restored and has lost some of it (fault C7); what is known twice is laid over once.
            self.forgotten = page.shown.seq;
            self.reached.seq = self.reached.seq.min(page.shown.seq);
        }
        (self.shown, self.is_of_this_past) = (page.shown, past.has(page.index));
        if page.shown.revision < self.named {
            self.lower_at = self.lower_at.or(revision);
        } else {
            (self.named, self.lower_at) = (page.shown.revision, None);
        }
        let forget = self.index_reached(revision);
        self.reached.seq = self.reached.seq.max(page.from).max(self.forgotten);
        if page.after > self.reached.seq {
            return Heard { forget, ask: Some(self.behind()), acts: Vec::new() };
        }
        let acts = page.acts.iter().filter(|act| act.seq > self.reached.seq).cloned().collect();
        self.reached.seq = self.reached.seq.max(page.to);
        let ask = (self.reached.seq < page.head).then(|| self.behind());
        Heard { acts, forget, ask }
    }

    /// The index here has this revision; what may be forgotten by that.
    pub fn index_reached(&mut self, revision: Option<u64>) -> Option<Applied> {
        let revision = revision?;
        if revision < self.forgotten_at {
            self.start_over();
            return None;
        }
        if self.lower_at.is_some_and(|at| revision != at) {
            (self.named, self.lower_at) = (self.shown.revision, None);
        }
        let is_shown =
            self.is_of_this_past && revision >= self.shown.revision && self.shown.revision >= self.named;
        if !is_shown || self.shown.seq <= self.forgotten {
            return None;
        }
        (self.forgotten, self.forgotten_at) = (self.shown.seq, revision);
        Some(Applied { epoch: self.reached.epoch, seq: self.forgotten })
    }

    /// The index was exchanged for one of another past: what it shows is to be found out anew.
    pub fn start_over(&mut self) {
        let reached = Applied { epoch: self.reached.epoch, seq: 0 };
        *self = Self { reached, ..Self::default() };
    }

    const fn behind(&self) -> AskActs {
        AskActs { epoch: self.reached.epoch, after: self.reached.seq }
    }
}
