//! Persons' acts on their way into the lane, and the lane's answers on their way back.
//! Promises: an act is permitted by role and policy before the lane sees it; a named trip is one that the index knows.
//! Source: `contract` section 7.

use tokio::sync::oneshot;
use tracing::info;

use super::LaneTask;
use crate::{
    journal::TripRef,
    lane::{
        act::{Act, Deed, Refusal, permitted},
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
        if let Some(answer) = self.answers.remove(&number) {
            let _ = answer.send(word);
        }
    }

    fn check(&self, act: &Act) -> Result<Option<TripRef>, Refusal> {
        let policies = self.ports.cache.policy();
        let lane = policies.lane(&self.config.gate_id, &self.config.lane_id).ok_or(Refusal::OutOfPlace)?;
        let yard = policies.yard.as_ref().ok_or(Refusal::OutOfPlace)?;
        permitted(act, lane, yard)?;
        let Deed::Release { trip: Some(trip_no) } = act.what else { return Ok(None) };
        let view = self.ports.cache.look_up_trip(&trip_no).map_err(|_| Refusal::UnknownTrip)?;
        let entry = view.candidates.first().ok_or(Refusal::UnknownTrip)?;
        Ok(Some(TripRef { trip_no, version_no: entry.version_no }))
    }
}
