//! Persons' acts on their way into the lane, and the lane's answers on their way back.
//! Promises: an act is permitted by role and policy before the lane sees it; a named trip is one that the index knows; a release code is
//! taken for one act before the lane sees that, so that no other lane of this agent uses it too.
//! Source: `contract` section 7.

use protocols::{contract::EventType, ids::TripNo};
use tokio::sync::oneshot;
use tracing::info;

use super::LaneTask;
use crate::{
    journal::{Draft, TripRef},
    lane::{
        act::{Act, CodeId, Deed, Refusal, permitted},
        acting::Handed,
        input::Input,
    },
};

impl LaneTask {
    /// Takes an act from the panel; answers at once what cannot be.
    pub(super) fn hand_in(
        &mut self,
        act: Act,
        answer: oneshot::Sender<Result<(), Refusal>>,
    ) -> Option<Input> {
        let checked = self.check(&act);
        info!(
            lane = %self.config.lane_id, person.id = %act.person.id, act = act.what.name(), refused = checked.is_err(),
            "{} at lane {} by {}", act.what.name(), self.config.lane_id, act.person.id,
        );
        match checked {
            Ok(trip) => {
                self.answers.insert(act.number, answer);
                let code = act.second.as_ref().and_then(|second| second.code.clone());
                self.codes.extend(code.map(|code| (act.number, code)));
                Some(Input::Act(Box::new(Handed { act, trip })))
            }
            Err(refusal) => {
                // Who no longer waits needs no answer.
                let _ = answer.send(Err(refusal));
                None
            }
        }
    }

    pub(super) fn answer(&mut self, number: u64, word: Result<(), Refusal>) {
        // Before anybody hears of it: whoever tries again at once finds the code free.
        if let Some(code) = self.codes.remove(&number).filter(|_| word.is_err()) {
            self.ports.codes.give_back(&code);
        }
        if let Some(answer) = self.answers.remove(&number) {
            let _ = answer.send(word);
        }
    }

    /// Codes in these records are used for good, whatever becomes of the records: nobody can know that a failed write left nothing.
    pub(super) fn spend(&self, drafts: &[Draft]) {
        drafts.iter().filter_map(Draft::code).for_each(|code| self.ports.codes.spend(CodeId::new(code)));
    }

    /// A trip that a person names, or that was not judged here before, is taken from its record on: another lane may judge its medium before that is durable.
    pub(super) fn claim(&self, drafts: &[Draft]) {
        for draft in drafts.iter().filter(|draft| draft.event_type == EventType::Match) {
            if let (Some(trip), Some(visit_id)) = (&draft.trip, &draft.visit_id) {
                // Whom another lane has it for stays with that lane: what a person does is that person's to answer for.
                self.ports.claims.claim(trip.trip_no, visit_id);
            }
        }
    }

    fn check(&self, act: &Act) -> Result<Option<TripRef>, Refusal> {
        let policies = self.ports.cache.policy();
        let lane = policies.lane(&self.config.gate_id, &self.config.lane_id).ok_or(Refusal::OutOfPlace)?;
        let yard = policies.yard.as_ref().ok_or(Refusal::OutOfPlace)?;
        permitted(act, lane, yard)?;
        let trip = match act.what {
            Deed::Release { trip: Some(trip_no) } => Some(self.named(trip_no)?),
            _ => None,
        };
        match act.second.as_ref().and_then(|second| second.code.as_ref()) {
            Some(code) if !self.ports.codes.take(code) => Err(Refusal::CodeUsed),
            _ => Ok(trip),
        }
    }

    fn named(&self, trip_no: TripNo) -> Result<TripRef, Refusal> {
        let view = self.ports.cache.look_up_trip(&trip_no).map_err(|_| Refusal::UnknownTrip)?;
        let entry = view.candidates.first().ok_or(Refusal::UnknownTrip)?;
        Ok(TripRef { trip_no, version_no: entry.version_no })
    }
}
