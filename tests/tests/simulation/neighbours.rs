//! What the gates tell each other, over a broker that is away at times, loses, doubles and delays. The shell around `gate_agent::neighbours` is played, as the
//! line's is; hands and certificates are not: whoever speaks here is a gate of the yard.
//! Its chance is its own, so that seeds that were once broken still mean what they meant; for those it is not there at all.

use std::collections::BTreeMap;

use gate_agent::{
    clock::Clock as _,
    journal::ToldAct,
    neighbours::{Hearing, PAGE_RECORDS, behind, cut_page},
};
use kakou_tests::chance::Chance;
use protocols::{
    contract::{ActsPage, Applied, AskActs, Event, EventType},
    ids::TripNo,
    rules::LaneDirection,
};

use super::{
    plan,
    time::{Micros, SECOND},
    world::{Happening, Mutation, World},
};

/// The broker, and how much went over it.
pub(crate) struct Broker {
    chance: Chance,
    away: Vec<(Micros, Micros)>,
    pub(crate) told: u64,
    pub(crate) asked: u64,
}

/// What lies in a gate's `neighbours.db`, and what it was before the last page: that one a crash may take.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    now: (Hearing, Vec<ToldAct>),
    before: (Hearing, Vec<ToldAct>),
    /// Trips on which the other gate has let a lorry in, and since when this one knows.
    entered: BTreeMap<TripNo, Micros>,
}

impl Kept {
    /// Whether a restored centre keeps it from forgetting.
    pub(crate) fn waits(&self) -> bool {
        self.now.0.named > self.now.0.shown.revision || !self.now.0.is_of_this_past
    }
}

impl Broker {
    pub(crate) fn of(seed: u64, trouble: Micros) -> Self {
        let mut chance = Chance::from(seed ^ 0x6272_6F6B_6572);
        let away = (0..3).map(|_| {
            let from = chance.below(trouble);
            (from, from + SECOND + chance.below(40 * SECOND))
        });
        Self { away: away.collect(), chance, told: 0, asked: 0 }
    }

    /// When this arrives, if it does.
    fn carries(&mut self, now: Micros, is_calm: bool) -> Option<Micros> {
        let is_away = self.away.iter().any(|(from, until)| (*from..*until).contains(&now));
        let is_lost = is_away || self.chance.below(10) == 0;
        (is_calm || !is_lost).then(|| 500 + self.chance.below(8_000))
    }
}

impl World {
    /// Says what the gate has done since it last did, and how far it is in any case: once a second here, for thirty.
    pub(crate) fn tells_neighbour(&mut self, g: usize) {
        if self.broker.is_none() {
            return;
        }
        self.forgets_shown(g);
        for _ in 0..100 {
            let Some(agent) = self.gates[g].agent.as_ref() else { return };
            let after = agent.told_to.unwrap_or(agent.core.head().seq);
            let Some(page) = self.page(g, after) else { return };
            let (to, is_last) = (page.to, page.to == page.head);
            self.publishes(g, page);
            if let Some(agent) = self.gates[g].agent.as_mut() {
                agent.told_to = Some(to);
            }
            if is_last {
                return;
            }
        }
    }

    fn page(&mut self, g: usize, after: u64) -> Option<ActsPage> {
        let (gate_id, at) = (self.gates[g].id.clone(), self.gates[g].clock.wall());
        let agent = self.gates[g].agent.as_mut()?;
        let head = agent.core.head().clone();
        let index = agent.cache.index_mark().filter(|_| !agent.cache.needs_snapshot());
        match agent.core.read_after(behind(&head, after), PAGE_RECORDS) {
            Ok(records) => cut_page((&gate_id, plan::yard()), &head, index, after, &records, at),
            Err(error) => {
                self.journal_said(g, &error);
                None
            }
        }
    }

    fn publishes(&mut self, g: usize, page: ActsPage) {
        if let Err(why) = page.check() {
            return self.broken(format!("gate {g} tells a page that contradicts itself: {why}"));
        }
        let (now, is_calm) = (self.now, self.is_calm);
        let Some(broker) = self.broker.as_mut() else { return };
        let Some(after) = broker.carries(now, is_calm) else { return };
        // Delivered again, perhaps long after.
        let again = (broker.chance.below(15) == 0).then(|| after + broker.chance.below(20 * SECOND));
        if let Some(later) = again {
            self.later(later, Happening::Told(1 - g, Box::new(page.clone())));
        }
        self.later(after, Happening::Told(1 - g, Box::new(page)));
    }

    /// A page has come; whoever does not run does not hear it.
    pub(crate) fn hears(&mut self, g: usize, page: &ActsPage) {
        let (revision, now) = (self.revision(g), self.now);
        let gate = &mut self.gates[g];
        let Some(agent) = gate.agent.as_ref() else { return };
        let heard_after = Applied { epoch: agent.core.head().epoch.unwrap_or(0), seq: agent.core.head().seq };
        gate.kept.before = gate.kept.now.clone();
        let heard = gate.kept.now.0.hear(page, revision, &agent.past);
        let told = heard.acts.into_iter().map(|act| ToldAct {
            gate_id: page.gate_id.clone(),
            epoch: page.epoch,
            heard_after,
            act,
        });
        let told: Vec<ToldAct> = told.collect();
        for told in &told {
            let is_in = told.act.lane_direction == LaneDirection::In;
            if is_in && told.act.event_type == EventType::Pass {
                gate.kept.entered.entry(told.act.trip_no).or_insert(now);
            }
        }
        gate.kept.now.1.extend(told.iter().cloned());
        if self.mutation != Some(Mutation::Deaf) {
            agent.core.overlay().hear(told.iter().cloned());
        }
        if let Some(upto) = heard.forget {
            self.forgets(g, upto);
        }
        let is_calm = self.is_calm;
        if let Some(broker) = self.broker.as_mut() {
            broker.told += told.len() as u64;
            if let Some(ask) = heard.ask
                && let Some(after) = broker.carries(now, is_calm)
            {
                broker.asked += 1;
                self.later(after, Happening::AskedFor(1 - g, ask));
            }
        }
    }

    pub(crate) fn is_asked(&mut self, g: usize, ask: AskActs) {
        let Some(agent) = self.gates[g].agent.as_ref() else { return };
        let after = if agent.core.head().epoch == Some(ask.epoch) { ask.after } else { 0 };
        if let Some(page) = self.page(g, after) {
            self.publishes(g, page);
        }
    }

    /// The index has got further.
    fn forgets_shown(&mut self, g: usize) {
        let revision = self.revision(g);
        if let Some(upto) = self.gates[g].kept.now.0.index_reached(revision) {
            self.forgets(g, upto);
        }
    }

    fn forgets(&mut self, g: usize, upto: Applied) {
        let other = self.gates[1 - g].id.clone();
        let gate = &mut self.gates[g];
        gate.kept.now.1.retain(|told| told.epoch != upto.epoch || told.act.seq > upto.seq);
        if let Some(agent) = gate.agent.as_ref() {
            agent.core.overlay().forget_told(&other, upto);
        }
    }

    /// Of an index that can be trusted; one that came into doubt is exchanged for one of another past.
    fn revision(&mut self, g: usize) -> Option<u64> {
        let gate = &mut self.gates[g];
        let agent = gate.agent.as_mut()?;
        let doubts = agent.cache.doubts();
        if std::mem::replace(&mut agent.doubts, doubts) != doubts {
            gate.kept.now.0.start_over();
            agent.past.start_over();
        }
        let stamp = agent.cache.stamp()?;
        let is_sound = !agent.cache.needs_snapshot();
        agent.past.came_to(agent.cache.index_mark().filter(|_| is_sound));
        is_sound.then_some(stamp.revision)
    }

    /// A process starts over what is kept; the page that a crash met on its way to the disk is not.
    pub(crate) fn recalls(&mut self, g: usize) {
        let loses = self.broker.as_mut().is_some_and(|broker| broker.chance.below(3) == 0);
        let gate = &mut self.gates[g];
        let Some(agent) = gate.agent.as_mut() else { return };
        if loses {
            gate.kept.now = gate.kept.before.clone();
            gate.kept.entered.clear();
        }
        if agent.cache.needs_snapshot() {
            gate.kept.now.0.start_over();
        }
        agent.doubts = agent.cache.doubts();
        if self.mutation != Some(Mutation::Deaf) {
            agent.core.overlay().hear(gate.kept.now.1.iter().cloned());
        }
    }

    /// The centre was restored: what of a trip is known by its word alone may be gone until it is told again.
    pub(crate) fn forget_what_was_entered(&mut self) {
        self.gates.iter_mut().for_each(|gate| gate.kept.entered.clear());
    }

    /// SG-249, SG-198: a lorry has come in; the gate must not have known by then that the other one had let one in on that trip.
    pub(crate) fn check_heard(&mut self, g: usize, serial: u64) {
        let trip = plan::trip_no(serial);
        let Some(known) = self.gates[g].kept.entered.get(&trip).copied() else { return };
        let records = self.gates[g].disk.records();
        let of_trip = |record: &&gate_agent::journal::Record| {
            &*record.event_type == EventType::Match.code()
                && record.lane_direction.as_deref() == Some(LaneDirection::In.code())
                && record.trip_no.as_deref() == Some(trip.as_str())
        };
        let Some(matched) = records.iter().rev().find(of_trip) else { return };
        let event: Event = serde_json::from_str(&matched.json).unwrap();
        if event.mono_us > known {
            self.broken(format!(
                "SG-249: gate {g} let a lorry in on trip {serial}, which the other had told"
            ));
        }
    }
}
