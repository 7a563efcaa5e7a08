//! Which release codes lanes of this agent have used or are using: the journal shows a use only when its record is durable, and two lanes may
//! be handed one code in that moment (fault E6: a code opens once).
//! Promises: one act a code; a code comes back only when its act was refused before anything of it was recorded, and never after.
//! Bounded by the codes that were issued. Absent on purpose: uses before this start (the journal tells them), what a code is worth
//! (`release_code`).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::lane::act::CodeId;

/// The codes of one agent; clones share them.
#[derive(Clone, Debug, Default)]
pub struct TakenCodes(Arc<Mutex<HashMap<CodeId, Stand>>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// A lane looks at the act that brought it.
    Taken,
    /// It stands in a record that is on its way to a disk.
    Spent,
}

impl TakenCodes {
    /// True when it stands in a record of this run.
    #[must_use]
    pub fn is_spent(&self, code: &CodeId) -> bool {
        self.codes().get(code) == Some(&Stand::Spent)
    }

    /// It is used for good.
    pub fn spend(&self, code: CodeId) {
        self.codes().insert(code, Stand::Spent);
    }

    /// Takes it for an act; false when another act has it.
    pub(super) fn take(&self, code: &CodeId) -> bool {
        let mut codes = self.codes();
        let is_free = !codes.contains_key(code);
        if is_free {
            codes.insert(code.clone(), Stand::Taken);
        }
        is_free
    }

    /// The act was refused: the code is free again, unless it stands in a record.
    pub(super) fn give_back(&self, code: &CodeId) {
        let mut codes = self.codes();
        if codes.get(code) == Some(&Stand::Taken) {
            codes.remove(code);
        }
    }

    fn codes(&self) -> MutexGuard<'_, HashMap<CodeId, Stand>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fault E6: two acts, one code: one of them gets it; it comes back from a refusal, but not once it was recorded.
    #[test]
    fn one_act_has_a_code_and_a_record_keeps_it() {
        let (codes, code) = (TakenCodes::default(), CodeId::new("K7M"));
        assert!(codes.take(&code) && !codes.clone().take(&code));
        codes.give_back(&code);
        assert!(codes.take(&code) && !codes.is_spent(&code));
        codes.spend(code.clone());
        codes.give_back(&code);
        assert!(codes.is_spent(&code) && !codes.take(&code));
    }
}
