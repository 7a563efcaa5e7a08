//! The one owner of the connection over which neighbours are told and heard.
//! Promises: no lane waits for it; a message costs at most a signature's check, and at most two hundred forged ones are looked at in a second; what nobody may
//! believe is counted and left. The newest page is retained on the broker, so whoever comes later learns at once what he has missed.
//! Reading order: here what is told, then `heard`.
//! Law: it has a connection of its own, beside the devices': neither can hold up the other.

mod heard;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use protocols::{
    contract::{ACTS_FILTER, ActsPage, AskActs, IndexMark, UtcMillis, acts_asked_topic, acts_topic},
    ids::GateId,
    mqtt::PAYLOAD_MAX,
    tick::Tick,
};
use tokio::{sync::watch, time::sleep};
use tracing::{info, warn};

use super::{hearing::Hearing, kept::KeptActs, past::Past, telling};
use crate::{
    cache::Cache,
    clock::Clock,
    drivers::{BrokerLink, Came, Connection, Settings, sleep_until},
    identity::{Identity, IdentityKeeper, sign_acts},
    journal::Journal,
    panel::Metrics,
};

/// How often each gate says how far it is, also when nothing has happened.
const SAY_EVERY: Duration = Duration::from_secs(30);
/// Behind an answer: it reads the journal, whose thread writes for the lanes.
const ANSWER_PACE: Duration = Duration::from_millis(20);
/// The same question of several neighbours is answered once, for all to hear.
const ANSWERED: Duration = Duration::from_millis(500);
/// Questions that are remembered for that.
const ANSWERS: usize = 16;
/// A gate that was not heard for three of its turns is silent.
const SILENT: Duration = Duration::from_secs(90);

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
    past: Past,
    /// The end of the last page that was told without being asked for.
    told_to: u64,
    said_at: Tick,
    answered: VecDeque<(AskActs, Tick)>,
    /// What each was asked for last.
    asked: BTreeMap<GateId, (AskActs, Tick)>,
    /// When it was last told that a page is not believed.
    refused_at: Option<Tick>,
    /// Why the broker was lost last; told once.
    lost: Option<Box<str>>,
    /// When everything was last written.
    kept_at: Option<Tick>,
    /// How often the index had been in doubt when that was last looked at, and the snapshot that it went back to.
    seen: (u64, Option<i64>),
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
            past: Past::default(),
            told_to: 0,
            said_at: Tick::default(),
            answered: VecDeque::new(),
            asked: BTreeMap::new(),
            refused_at: None,
            lost: None,
            kept_at: None,
            // The snapshot that comes may be of another past, and the one that is there may be another one than that which showed what is kept.
            seen: if yard.cache.needs_snapshot() {
                (u64::MAX, known.origin)
            } else {
                (yard.cache.doubts(), known.origin)
            },
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
        self.index_moved().await;
        loop {
            let say_at = self.said_at + SAY_EVERY;
            tokio::select! {
                came = self.connection.next() => self.came(came).await,
                Ok(()) = head.changed() => self.tell_news().await,
                Ok(()) = revision.changed() => self.index_moved().await,
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
                self.lost = None;
                info!("neighbours are told and heard over the broker");
                // What was recorded meanwhile shows as missing to those who have not heard it.
                self.told_to = self.journal.head().borrow().as_ref().map_or(0, |head| head.seq);
                self.say().await;
            }
            Came::Message(message) => match std::str::from_utf8(&message.topic) {
                Ok(topic) if topic == acts_asked_topic(&self.gate_id) => self.asked(&message.payload).await,
                Ok(topic) => self.told(topic, &message.payload, message.retain).await,
                Err(_) => {}
            },
            Came::Refused(filter) => warn!(topic = filter, "the broker does not let the agent hear {filter}"),
            Came::Lost(why) => {
                if self.lost.as_ref() != Some(&why) {
                    warn!("neighbours are not heard: {why}");
                }
                self.lost = Some(why);
            }
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
            let at = self.at(&identity);
            let Ok(Some(page)) = telling::page(&self.journal, &identity, self.index(), after, at).await
            else {
                return;
            };
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
        let at = self.at(identity);
        if let Ok(Some(page)) = telling::page(&self.journal, identity, self.index(), after, at).await {
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

    /// The time, as certificates are judged by, within this gate's own: a gate that could not renew it for a month, or has no clock, is who it is.
    fn at(&self, identity: &Identity) -> UtcMillis {
        self.keeper.time().now().max(identity.not_before).min(identity.not_after)
    }

    /// Somebody has missed something.
    async fn asked(&mut self, payload: &[u8]) {
        let Some((ask, identity)) = serde_json::from_slice::<AskActs>(payload).ok().zip(self.identity())
        else {
            return;
        };
        let now = self.clock.tick();
        if self.answered.iter().any(|(before, at)| *before == ask && now.since(*at) < ANSWERED) {
            return;
        }
        self.answered.push_back((ask, now));
        if self.answered.len() > ANSWERS {
            self.answered.pop_front();
        }
        let epoch = self.journal.head().borrow().as_ref().and_then(|head| head.epoch);
        let after = if epoch == Some(ask.epoch) { ask.after } else { 0 };
        self.tell(&identity, after, Retained::No).await;
        sleep(ANSWER_PACE).await;
    }

    /// This gate's index, unless it is in doubt.
    fn index(&self) -> Option<IndexMark> {
        if self.cache.needs_snapshot() { None } else { self.cache.index_mark() }
    }

    fn identity(&self) -> Option<Identity> {
        self.keeper.current().borrow().clone()
    }
}

/// Whether the broker keeps a page for whoever comes later.
enum Retained {
    Yes,
    No,
}
