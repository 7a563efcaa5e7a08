//! What is known of one neighbour's telling: how far it was heard, and what is missing.
//! Promises: pure; an act is taken once and none is passed over, in whatever order and however often pages come; what the index shows is not asked for.

use protocols::contract::{ActsPage, Applied, AskActs, GateAct, Shown};

/// 邻卡口进度.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hearing {
    /// Everything up to here is known, or shown by the index.
    pub(super) reached: Applied,
    /// Everything up to here, in that epoch, was forgotten because the index shows it.
    pub(super) forgotten: u64,
    /// What the index will show once it gets there.
    pub(super) shown: Shown,
}

impl Default for Hearing {
    fn default() -> Self {
        Self { reached: Applied { epoch: 0, seq: 0 }, forgotten: 0, shown: Shown::default() }
    }
}

/// What a page brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// What was not known before, in order.
    pub(super) acts: Vec<GateAct>,
    /// What needs not to be held any more.
    pub(super) forget: Option<Applied>,
    /// What is missing.
    pub(super) ask: Option<AskActs>,
}

impl Hearing {
    /// Takes a page that agrees with itself; `revision` is that of the index here, none when it is in doubt.
    pub(super) fn hear(&mut self, page: &ActsPage, revision: Option<u64>) -> Heard {
        if page.epoch < self.reached.epoch {
            return Heard::default();
        }
        if page.epoch > self.reached.epoch {
            *self = Self { reached: Applied { epoch: page.epoch, seq: 0 }, ..Self::default() };
        }
        if page.shown.seq < self.forgotten {
            // The centre was restored and has lost some of it (fault C7); what is known twice is laid over once.
            self.forgotten = page.shown.seq;
            self.reached.seq = self.reached.seq.min(page.shown.seq);
        }
        self.shown = page.shown;
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
    pub(super) fn index_reached(&mut self, revision: Option<u64>) -> Option<Applied> {
        let is_shown = revision.is_some_and(|revision| revision >= self.shown.revision);
        if !is_shown || self.shown.seq <= self.forgotten {
            return None;
        }
        self.forgotten = self.shown.seq;
        Some(Applied { epoch: self.reached.epoch, seq: self.forgotten })
    }

    const fn behind(&self) -> AskActs {
        AskActs { epoch: self.reached.epoch, after: self.reached.seq }
    }
}
