//! Asking the index and the judge, between two inputs of the lane.
//! Promises: what the decision rests on is looked up for exactly this evidence; a trip that another lane of this agent is using
//! counts as locked, although its record may still be on the way to the disk.
//! Source: SG-219, SG-225, SG-249.

use protocols::{
    contract::Stub,
    ids::{MediumKey, MediumType, TripNo, VisitId},
    rules::{LanePolicy, ReasonCode, TripStatus},
};
use tracing::{info, warn};

use super::{LaneTask, TRY_AGAIN};
use crate::{
    decision::{Basis, Decision, Evidence, Place, View, decide, with_near},
    lane::input::{Input, Moment},
};

/// Slips that are looked up; a lorry has one.
const MOST_SLIPS: usize = 4;

impl LaneTask {
    pub(super) fn judge(
        &mut self,
        evidence: Evidence,
        chosen: Option<TripNo>,
        policy: &LanePolicy,
        visit_id: &VisitId,
        now: Moment,
    ) -> Input {
        let mut view = match self.look_up(&evidence) {
            Ok(view) => view,
            Err(error) => {
                warn!(passage.id = %visit_id, %error, "the index cannot be asked");
                return Input::Decided { decision: Err(ReasonCode::IndexCorrupt), basis: None };
            }
        };
        let place = Place {
            gate_id: &self.config.gate_id,
            lane_id: &self.config.lane_id,
            visit_id,
            policy,
            chosen,
            now: now.wall,
        };
        let (decision, waits) = self.claimed(&evidence, &mut view, &place, now);
        let decision = with_near(decision, &evidence, &mut view, &place, |near| {
            let found = self.ports.cache.look_up(near).map(|found| found.candidates);
            found.unwrap_or_else(|error| {
                warn!(passage.id = %visit_id, %error, "near plates cannot be looked up");
                Vec::new()
            })
        });
        if waits {
            // That lane lets go of the trip without a word, so the vehicle here is judged again a little later.
            self.try_again = Some(now.tick + TRY_AGAIN);
        }
        self.ports.metrics.decided(decision.verdict, decision.reason);
        info!(
            passage.id = %visit_id, lane = %self.config.lane_id, decision.verdict = %decision.verdict,
            decision.reason = %decision.reason, "judged passage {visit_id}: {} {}", decision.verdict, decision.reason,
        );
        let basis = Basis { evidence, view, policy: policy.clone(), chosen, at: now.wall };
        Input::Decided { decision: Ok(decision), basis: Some(Box::new(basis)) }
    }

    fn look_up(&self, evidence: &Evidence) -> Result<View, crate::cache::CacheError> {
        let keys: Vec<(MediumType, MediumKey)> = evidence.keys().collect();
        let mut view = self.ports.cache.look_up(&keys)?;
        for trip_no in evidence.slips().take(MOST_SLIPS) {
            view.by_slip.extend(self.ports.cache.look_up_trip(&trip_no)?.candidates);
        }
        Ok(view)
    }

    /// Decides, and again without each trip that another lane of this agent holds; true when there was one.
    fn claimed(
        &self,
        evidence: &Evidence,
        view: &mut View,
        place: &Place<'_>,
        now: Moment,
    ) -> (Decision, bool) {
        let mut decision = decide(evidence, view, place);
        let mut waits = false;
        while let Some(trip) = &decision.trip {
            if self.ports.claims.claim(trip.trip_no, place.visit_id) {
                break;
            }
            in_use(view, trip.trip_no, now);
            waits = true;
            decision = decide(evidence, view, place);
        }
        (decision, waits)
    }
}

/// Takes a trip that another lane is using out of the candidates, and leaves the reason.
fn in_use(view: &mut View, trip_no: TripNo, now: Moment) {
    let Some(place) = view.candidates.iter().position(|entry| entry.trip_no == trip_no) else { return };
    let entry = view.candidates.swap_remove(place);
    view.stubs.push(Stub {
        medium_type: entry.medium_type,
        medium_key: entry.medium_key,
        trip_no,
        status: TripStatus::Locked,
        since: now.wall,
        reason_code: Some(ReasonCode::Locked),
    });
}
