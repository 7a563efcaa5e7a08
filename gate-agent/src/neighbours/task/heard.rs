//! What is heard: whom this gate believes, what it makes of a page, and what it keeps.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use protocols::{
    contract::{ActsError, ActsPage, Applied, AskActs, acts_asked_topic, acts_topic},
    ids::GateId,
    mqtt::PAYLOAD_MAX,
    tick::Tick,
};
use tokio::{sync::watch, time::sleep};
use tracing::{info, warn};

use super::{
    super::{
        hearing::Hearing,
        kept::{KeptActs, Known},
    },
    NeighboursTask,
};
use crate::{
    apart::beside,
    identity::{ReceiptError, verify_acts},
    journal::{Head, ToldAct},
};

/// Behind a page whose signature did not hold: whoever forges them takes no more than a part of one core.
const PACE: Duration = Duration::from_millis(5);
/// The same question is asked again after so long at the soonest: pages come while its answer is under way.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How often it is said, at most, that somebody is not believed; and how often a disk that takes nothing is tried.
const SELDOM: Duration = Duration::from_secs(60);

/// Why a page is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refused {
    /// Too long, no JSON, another form, or under another gate's topic.
    #[error("it is no page of that gate")]
    Form,
    /// A gate that the yard's policy does not know.
    #[error("its gate is none of this yard")]
    Stranger,
    /// Another hand, or none.
    #[error("its signature is not taken: {0}")]
    Hand(#[from] ReceiptError),
    /// Signed, and yet it contradicts itself.
    #[error("it contradicts itself: {0}")]
    Content(#[from] ActsError),
}

impl NeighboursTask {
    pub(super) async fn told(&mut self, topic: &str, payload: &[u8], is_retained: bool) {
        if topic == acts_topic(&self.gate_id) {
            return;
        }
        let page = match self.believed(topic, payload) {
            Ok(page) => page,
            Err(why) => return self.disbelieve(topic, why).await,
        };
        self.metrics.neighbour_told("taken");
        if !is_retained {
            self.is_heard(&page.gate_id);
        }
        self.start_over_after_doubt().await;
        let revision = self.revision();
        let hearing = self.hearings.entry(page.gate_id.clone()).or_default();
        let before = *hearing;
        let heard = hearing.hear(&page, revision, &self.past);
        let after = *hearing;
        let heard_after = newest(&self.journal.head());
        let told = heard.acts.into_iter().map(|act| ToldAct {
            gate_id: page.gate_id.clone(),
            epoch: page.epoch,
            heard_after,
            act,
        });
        let told: Vec<ToldAct> = told.collect();
        let overlay = self.journal.overlay();
        overlay.hear(told.iter().cloned());
        if let Some(upto) = heard.forget {
            overlay.forget_told(&page.gate_id, upto);
        }
        if before != after || self.wants_all() {
            self.keep(page.gate_id.clone(), after, told).await;
        }
        if let Some(ask) = heard.ask {
            self.ask(page.gate_id, ask);
        }
    }

    fn ask(&mut self, gate_id: GateId, ask: AskActs) {
        let now = self.clock.tick();
        let is_asked = |(before, at): &(AskActs, Tick)| *before == ask && now.since(*at) < ASK_AGAIN;
        if self.asked.get(&gate_id).is_some_and(is_asked) {
            return;
        }
        if let Ok(bytes) = serde_json::to_vec(&ask) {
            self.connection.tell(acts_asked_topic(&gate_id), bytes, false);
        }
        self.asked.insert(gate_id, (ask, now));
    }

    fn is_heard(&mut self, gate_id: &GateId) {
        self.heard_at.insert(gate_id.clone(), self.clock.tick());
        self.silent.send_if_modified(|silent| {
            let before = silent.len();
            silent.retain(|one| one != gate_id);
            silent.len() != before
        });
    }

    async fn disbelieve(&mut self, topic: &str, why: Refused) {
        self.metrics.neighbour_told("refused");
        let now = self.clock.tick();
        if self.refused_at.is_none_or(|at| now.since(at) >= SELDOM) {
            warn!(topic, "what was told under {topic} is not believed: {why}");
            self.refused_at = Some(now);
        }
        if matches!(why, Refused::Hand(_)) {
            sleep(PACE).await;
        }
    }

    /// The page, if it is the word of a gate of this yard about itself.
    fn believed(&self, topic: &str, payload: &[u8]) -> Result<ActsPage, Refused> {
        if payload.len() > PAYLOAD_MAX {
            return Err(Refused::Form);
        }
        let page: ActsPage = serde_json::from_slice(payload).map_err(|_| Refused::Form)?;
        if topic != acts_topic(&page.gate_id) {
            return Err(Refused::Form);
        }
        let identity = self.identity().ok_or(Refused::Hand(ReceiptError::Authority))?;
        let is_known = self.cache.policy().lanes.iter().any(|lane| lane.gate_id == page.gate_id);
        if !is_known || page.yard_id != identity.yard_id {
            return Err(Refused::Stranger);
        }
        verify_acts(&page, &identity.authorities)?;
        page.check()?;
        Ok(page)
    }

    /// The index has got further, or is another one; and its policy says which gates are the yard's.
    pub(super) async fn index_moved(&mut self) {
        self.start_over_after_doubt().await;
        let policy = self.cache.policy();
        let is_of_yard = |gate_id: &GateId| policy.lanes.iter().any(|lane| lane.gate_id == *gate_id);
        let gone: Vec<GateId> =
            self.hearings.keys().filter(|gate_id| !is_of_yard(gate_id)).cloned().collect();
        if is_of_yard(&self.gate_id) {
            for gate_id in gone {
                info!(%gate_id, "gate {gate_id} is none of this yard any more: what it told is forgotten");
                self.hearings.remove(&gate_id);
                self.journal.overlay().forget_gate(&gate_id);
                self.write(move |kept| kept.forget(&gate_id)).await;
            }
        }
        let revision = self.revision();
        let reached = |(gate_id, hearing): (&GateId, &mut Hearing)| {
            let before = *hearing;
            let forget = hearing.index_reached(revision);
            (*hearing != before).then(|| (gate_id.clone(), *hearing, forget))
        };
        let moved: Vec<_> = self.hearings.iter_mut().filter_map(reached).collect();
        for (gate_id, hearing, forget) in moved {
            if let Some(upto) = forget {
                self.journal.overlay().forget_told(&gate_id, upto);
            }
            self.keep(gate_id, hearing, Vec::new()).await;
        }
    }

    /// An index that came into doubt is exchanged for one of another past: nobody knows what that shows before it is compared with what was told. That is
    /// kept at once, with the snapshot's number: a program that ends before finds another one, also where a power cut took back what was kept.
    async fn start_over_after_doubt(&mut self) {
        let seen = (self.cache.doubts(), self.cache.origin());
        if std::mem::replace(&mut self.seen, seen) != seen {
            self.hearings.values_mut().for_each(Hearing::start_over);
            self.past.start_over();
            let all = self.all_hearings();
            self.write(move |kept| kept.keep_origin(&all, seen.1)).await;
        }
        self.past.came_to(self.index());
    }

    async fn keep(&mut self, gate_id: GateId, hearing: Hearing, new: Vec<ToldAct>) {
        if !self.wants_all() {
            return self.write(move |kept| kept.keep(&gate_id, hearing, &new)).await;
        }
        let now = self.clock.tick();
        if self.kept_at.is_some_and(|at| now.since(at) < SELDOM) {
            return;
        }
        self.kept_at = Some(now);
        let hearings = self.all_hearings();
        let all = Known { acts: self.journal.overlay().told_acts(), hearings, origin: self.seen.1 };
        self.write(move |kept| kept.keep_all(&all)).await;
    }

    fn all_hearings(&self) -> Vec<(GateId, Hearing)> {
        self.hearings.iter().map(|(gate_id, hearing)| (gate_id.clone(), *hearing)).collect()
    }

    async fn write(&mut self, work: impl FnOnce(&mut KeptActs) + Send + 'static) {
        let kept = Arc::clone(&self.kept);
        let write = move || work(&mut kept.lock().unwrap_or_else(PoisonError::into_inner));
        if beside(write).await.is_err() {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).give_up();
        }
    }

    fn wants_all(&self) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).wants_all()
    }

    /// Of an index that can be trusted to show what it should.
    fn revision(&self) -> Option<u64> {
        if self.cache.needs_snapshot() { None } else { self.cache.stamp().map(|stamp| stamp.revision) }
    }
}

/// This gate's newest record.
fn newest(head: &watch::Receiver<Option<Head>>) -> Applied {
    let head = head.borrow();
    let place = head.as_ref().and_then(|head| head.epoch.map(|epoch| Applied { epoch, seq: head.seq }));
    place.unwrap_or(Applied { epoch: 0, seq: 0 })
}
