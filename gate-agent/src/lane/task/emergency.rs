//! A person's release when the journal cannot be written: the emergency log first, the journal as soon as it works again.
//! Promises: the lane does not wait for that disk beyond a time limit; a release whose log did not answer in time opens nothing.
//! Source: `contract` section 7.

use futures::FutureExt;
use tracing::error;

use super::LaneTask;
use crate::{
    journal::{Committed, Draft, EMERGENCY_TIMEOUT},
    lane::input::{Input, Then},
};

impl LaneTask {
    pub(super) fn record_elsewhere(&mut self, drafts: Vec<Draft>) {
        let log = self.ports.emergency.clone();
        // In order with what the lane records afterwards: the outcome of this very raise comes behind it.
        self.records.add(drafts.clone(), Then::GoOn);
        self.in_emergency = true;
        let apart = self.ports.apart.clone();
        let writing = async move { apart.run(move || log.record(&drafts)).await };
        self.elsewhere = Some(
            async move {
                match tokio::time::timeout(EMERGENCY_TIMEOUT, writing).await {
                    Ok(Ok(Ok(proof))) => Some(proof),
                    Ok(Ok(Err(cause))) => {
                        error!(%cause, "the emergency log cannot be written either");
                        None
                    }
                    Ok(Err(cause)) => {
                        error!(%cause, "the emergency log cannot be written now");
                        None
                    }
                    Err(_) => {
                        error!("the emergency log does not answer");
                        None
                    }
                }
            }
            .boxed(),
        );
    }

    pub(super) fn stands_elsewhere(&mut self, proof: Option<Committed>) -> Input {
        proof.map_or(Input::NotRecorded, Input::Recorded)
    }

    /// Everything that waited is in the journal, what stood in the emergency log too.
    pub(super) fn carried_over(&mut self) {
        if std::mem::take(&mut self.in_emergency)
            && let Err(cause) = self.ports.emergency.carried_over(Some(&self.config.lane_id))
        {
            error!(%cause, "the emergency log cannot be emptied; the next start tries again");
        }
    }
}
