//! What is said aloud: each thing once to each vehicle, however often its lane looks at it again.
//! Promises: bounded by the number of texts.

use protocols::ids::VisitId;

use super::notice;
use crate::lane::Snapshot;

/// What was said to the vehicle in the lane.
#[derive(Debug, Default)]
pub struct Prompts {
    visit: Option<VisitId>,
    said: Vec<&'static str>,
}

impl Prompts {
    /// What is to be said now; from then on it counts as said.
    pub fn due(&mut self, now: &Snapshot) -> Option<&'static str> {
        if self.visit != now.visit_id {
            self.visit.clone_from(&now.visit_id);
            self.said.clear();
        }
        let prompt = notice(now).prompt.filter(|prompt| !self.said.contains(prompt))?;
        self.said.push(prompt);
        Some(prompt)
    }
}
