//! The one owner of the connection over which neighbours are told and heard.
//! Promises: no lane waits for it; a message costs at most a signature's check, and at most two hundred are looked at in a second; what nobody may believe is
//! counted and left. The newest page is retained on the broker, so whoever comes later learns at once what he has missed.
//! Law: it has a connection of its own, beside the devices': neither can hold up the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use protocols::{
    contract::{ACTS_FILTER, ActsError, ActsPage, Applied, AskActs, acts_asked_topic, acts_topic},
    ids::GateId,
    mqtt::PAYLOAD_MAX,
    tick::Tick,
};
use tokio::{sync::watch, time::sleep};
use tracing::{info, warn};

use super::{
    hearing::Hearing,
    kept::{KeptActs, Known},
    telling,
};
use crate::{
    apart::beside,
    cache::Cache,
    clock::Clock,
    drivers::{BrokerLink, Came, Connection, Settings, sleep_until},
    identity::{Identity, IdentityKeeper, ReceiptError, sign_acts, verify_acts},
    journal::{Head, Journal, ToldAct},
    panel::Metrics,
};

/// How often each gate says how far it is, also when nothing has happened.
const SAY_EVERY: Duration = Duration::from_secs(30);
/// Between two messages: whoever floods the broker takes no more than a part of one core.
const PACE: Duration = Duration::from_millis(5);
/// Behind an answer: it reads the journal, whose thread writes for the lanes.
const ANSWER_PACE: Duration = Duration::from_millis(20);
/// The same question of several neighbours is answered once, for all to hear.
const ANSWERED: Duration = Duration::from_millis(500);

/// A gate that was not heard for three of its turns is silent.
const SILENT: Duration = Duration::from_secs(90);

/// Why a page is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
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

/// What the task works on.
pub struct Yard<'a> {
    /// What this gate records.
    pub journal: &'a Journal,
    /// What it knows.
    pub cache: &'a Cache,
    /// Who it is.
    pub keeper: &'a Arc<IdentityKeeper>,
    /// Its clock.
    pub clock: &'a Arc<dyn Clock>,
    /// Its counts.
    pub metrics: &'a Arc<Metrics>,
    /// Where its data lies.
    pub data_dir: &'a Path,
}

/// 邻卡口通报.
pub struct NeighboursTask {
    gate_id: GateId,
    connection: Connection,
    journal: Journal,
    cache: Cache,
    keeper: Arc<IdentityKeeper>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    kept: Arc<Mutex<KeptActs>>,
    hearings: BTreeMap<GateId, Hearing>,
    /// The end of the last page that was told without being asked for.
    told_to: u64,
    said_at: Tick,
    answered: Option<(AskActs, Tick)>,
    /// Why the last page was not believed; told once.
    refused: Option<Refused>,
    /// When each was last heard; when this task began, of one that never was.
    heard_at: BTreeMap<GateId, Tick>,
    silent: watch::Sender<Vec<GateId>>,
}

impl NeighboursTask {
    /// A task that has not called the broker yet. What neighbours told before this start counts from now on.
    ///
    /// # Errors
    /// The authority's certificates are none that TLS can use.
    pub fn new(gate_id: GateId, link: BrokerLink, yard: Yard<'_>) -> Result<Self, rustls::Error> {
        let BrokerLink { broker, client_id, keep_alive } = link;
        let settings = Settings {
            host: broker.host,
            port: broker.port,
            login: broker.login,
            authority: broker.authority,
            client_id: format!("{client_id}-acts").into(),
            keep_alive,
            packet_max: u32::try_from(PAYLOAD_MAX).unwrap_or(u32::MAX),
            filters: vec![ACTS_FILTER.to_owned(), acts_asked_topic(&gate_id)],
        };
        let connection = Connection::new(settings, Arc::clone(yard.clock))?;
        let (kept, known) = KeptActs::open(&yard.data_dir.join("neighbours.db"));
        yard.journal.overlay().hear(known.acts);
        Ok(Self {
            gate_id,
            connection,
            journal: yard.journal.clone(),
            cache: yard.cache.clone(),
            keeper: Arc::clone(yard.keeper),
            clock: Arc::clone(yard.clock),
            metrics: Arc::clone(yard.metrics),
            kept: Arc::new(Mutex::new(kept)),
            hearings: known.hearings.into_iter().collect(),
            told_to: 0,
            said_at: Tick::default(),
            answered: None,
            refused: None,
            heard_at: BTreeMap::new(),
            silent: watch::Sender::new(Vec::new()),
        })
    }

    /// Gates of this yard that are not heard.
    #[must_use]
    pub fn silent(&self) -> watch::Receiver<Vec<GateId>> {
        self.silent.subscribe()
    }

    /// Runs as long as the agent; it calls the broker when the yard's policy knows another gate.
    pub async fn run(mut self) {
        let (mut head, mut revision) = (self.journal.head(), self.cache.revision());
        while !self.has_neighbours() {
            if revision.changed().await.is_err() {
                return;
            }
        }
        loop {
            let say_at = self.said_at + SAY_EVERY;
            tokio::select! {
                came = self.connection.next() => self.came(came).await,
                Ok(()) = head.changed() => self.tell_news().await,
                Ok(()) = revision.changed() => self.forget_shown().await,
                () = sleep_until(&*self.clock, Some(say_at)) => self.say().await,
            }
        }
    }

    fn has_neighbours(&self) -> bool {
        self.cache.policy().lanes.iter().any(|lane| lane.gate_id != self.gate_id)
    }

    /// The yard's policy says who is to be heard.
    pub(super) fn look_who_is_silent(&mut self) {
        let (policy, now) = (self.cache.policy(), self.clock.tick());
        let others =
            policy.lanes.iter().map(|lane| &lane.gate_id).filter(|gate_id| **gate_id != self.gate_id);
        let others: BTreeSet<&GateId> = others.collect();
        self.heard_at.retain(|gate_id, _| others.contains(gate_id));
        let heard_at = &mut self.heard_at;
        let is_silent =
            |gate_id: &&GateId| now.since(*heard_at.entry((*gate_id).clone()).or_insert(now)) >= SILENT;
        let silent: Vec<GateId> = others.into_iter().filter(is_silent).cloned().collect();
        self.silent.send_if_modified(|known| {
            let is_new = *known != silent;
            if is_new {
                for gate_id in silent.iter().filter(|gate_id| !known.contains(gate_id)) {
                    warn!(%gate_id, "gate {gate_id} of this yard is not heard");
                }
                *known = silent;
            }
            is_new
        });
    }

    async fn came(&mut self, came: Came) {
        match came {
            Came::Connected => {
                info!("neighbours are told and heard over the broker");
                // What was recorded meanwhile shows as missing to those who have not heard it.
                self.told_to = self.journal.head().borrow().as_ref().map_or(0, |head| head.seq);
                self.say().await;
            }
            Came::Message(message) => {
                match std::str::from_utf8(&message.topic) {
                    Ok(topic) if topic == acts_asked_topic(&self.gate_id) => {
                        self.asked(&message.payload).await
                    }
                    Ok(topic) => self.told(topic, &message.payload).await,
                    Err(_) => {}
                }
                sleep(PACE).await;
            }
            Came::Refused(filter) => warn!(topic = filter, "the broker does not let the agent hear {filter}"),
            Came::Lost(why) => warn!("neighbours are not heard: {why}"),
        }
    }

    /// Says how far this gate is.
    async fn say(&mut self) {
        self.said_at = self.clock.tick();
        self.look_who_is_silent();
        self.tell_news().await;
        let Some(identity) = self.identity() else { return };
        let told_to = self.told_to;
        self.tell(&identity, told_to, Retained::Yes).await;
    }

    /// Tells what was recorded since it last did, if anything moves a trip.
    async fn tell_news(&mut self) {
        while self.connection.is_up() {
            let (Some(identity), after) = (self.identity(), self.told_to) else { return };
            let now = self.clock.wall();
            let Ok(Some(page)) = telling::page(&self.journal, &identity, after, now).await else { return };
            let (to, is_last) = (page.to, page.to == page.head);
            if (page.acts.is_empty() && is_last) || !self.publish(&identity, page, Retained::Yes) {
                return;
            }
            self.told_to = to;
            if is_last {
                return;
            }
        }
    }

    async fn tell(&mut self, identity: &Identity, after: u64, retained: Retained) {
        let now = self.clock.wall();
        if let Ok(Some(page)) = telling::page(&self.journal, identity, after, now).await {
            self.publish(identity, page, retained);
        }
    }

    fn publish(&mut self, identity: &Identity, page: ActsPage, retained: Retained) -> bool {
        let signed = sign_acts(identity, page)
            .map_err(|error| warn!(%error, "nothing is told to neighbours: {error}"));
        let bytes = signed.ok().and_then(|page| serde_json::to_vec(&page).ok());
        let topic = acts_topic(&self.gate_id);
        bytes.is_some_and(|bytes| self.connection.tell(topic, bytes, matches!(retained, Retained::Yes)))
    }

    /// Somebody has missed something.
    async fn asked(&mut self, payload: &[u8]) {
        let Some((ask, identity)) = serde_json::from_slice::<AskActs>(payload).ok().zip(self.identity())
        else {
            return;
        };
        let now = self.clock.tick();
        if self.answered.is_some_and(|(before, at)| before == ask && now.since(at) < ANSWERED) {
            return;
        }
        self.answered = Some((ask, now));
        let epoch = self.journal.head().borrow().as_ref().and_then(|head| head.epoch);
        let after = if epoch == Some(ask.epoch) { ask.after } else { 0 };
        self.tell(&identity, after, Retained::No).await;
        sleep(ANSWER_PACE).await;
    }

    async fn told(&mut self, topic: &str, payload: &[u8]) {
        if topic == acts_topic(&self.gate_id) {
            return;
        }
        let page = match self.believed(topic, payload) {
            Ok(page) => page,
            Err(why) => {
                self.metrics.neighbour_told("refused");
                if self.refused.replace(why) != Some(why) {
                    warn!(topic, "what was told under {topic} is not believed: {why}");
                }
                return;
            }
        };
        self.metrics.neighbour_told("taken");
        self.refused = None;
        self.heard_at.insert(page.gate_id.clone(), self.clock.tick());
        self.silent.send_if_modified(|silent| {
            let before = silent.len();
            silent.retain(|gate_id| *gate_id != page.gate_id);
            silent.len() != before
        });
        let revision = self.revision();
        let hearing = self.hearings.entry(page.gate_id.clone()).or_default();
        let before = *hearing;
        let heard = hearing.hear(&page, revision);
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
        if (before.reached, before.forgotten) != (after.reached, after.forgotten) || self.wants_all() {
            self.keep(page.gate_id.clone(), after, told).await;
        }
        if let Some(bytes) = heard.ask.and_then(|ask| serde_json::to_vec(&ask).ok()) {
            self.connection.tell(acts_asked_topic(&page.gate_id), bytes, false);
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

    /// The index has got further, or is another one.
    async fn forget_shown(&mut self) {
        let revision = self.revision();
        let reached = |(gate_id, hearing): (&GateId, &mut Hearing)| {
            hearing.index_reached(revision).map(|upto| (gate_id.clone(), *hearing, upto))
        };
        let shown: Vec<_> = self.hearings.iter_mut().filter_map(reached).collect();
        for (gate_id, hearing, upto) in shown {
            self.journal.overlay().forget_told(&gate_id, upto);
            self.keep(gate_id, hearing, Vec::new()).await;
        }
    }

    async fn keep(&mut self, gate_id: GateId, hearing: Hearing, new: Vec<ToldAct>) {
        let kept = Arc::clone(&self.kept);
        let all = self.wants_all().then(|| Known {
            acts: self.journal.overlay().told_acts(),
            hearings: self.hearings.iter().map(|(gate_id, hearing)| (gate_id.clone(), *hearing)).collect(),
        });
        let write = move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            match all {
                Some(all) => kept.keep_all(&all),
                None => kept.keep(&gate_id, hearing, &new),
            }
        };
        if beside(write).await.is_err() {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).give_up();
        }
    }

    fn wants_all(&self) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).wants_all()
    }

    fn identity(&self) -> Option<Identity> {
        self.keeper.current().borrow().clone()
    }

    /// Of an index that can be trusted to show what it should.
    fn revision(&self) -> Option<u64> {
        if self.cache.needs_snapshot() { None } else { self.cache.stamp().map(|stamp| stamp.revision) }
    }
}

/// Whether the broker keeps a page for whoever comes later.
enum Retained {
    Yes,
    No,
}

/// This gate's newest record.
fn newest(head: &watch::Receiver<Option<Head>>) -> Applied {
    let head = head.borrow();
    let place = head.as_ref().and_then(|head| head.epoch.map(|epoch| Applied { epoch, seq: head.seq }));
    place.unwrap_or(Applied { epoch: 0, seq: 0 })
}
