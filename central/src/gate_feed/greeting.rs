//! 问候: gates that say who they are and how they are, many in one transaction.
//! Promises: a new journal gets the next epoch, and one that has records the epoch that they bear: a centre that was restored does not know it any more, and
//! sealed records cannot take another (fault C7); an older journal that comes back after a newer one is refused and raised, for then two agents use
//! one identity (fault C10), also when both say hello in the same transaction. The newest status replaces the one before; that a
//! gate does not record any more is raised when it says so first (decision 0089). When thousands of gates
//! come back at once they take the writer for a few transactions and not for thousands, so those whose events are taken need not wait for all
//! hellos (fault C8).

use std::collections::{BTreeMap, BTreeSet};

use protocols::{
    contract::{Hash, HelloRequest, LiveStatus, UtcMillis},
    ids::{GateId, YardId},
};
use sea_orm::{QueryResult, Value};

use super::{
    alert::{self, Alert, Trouble},
    hello,
    intake::Head,
    live::{self, recording, view},
    mark, publish,
};
use crate::store::{Rows, Store, StoreError, Tx, among, as_stored, column, execute, from_json, to_json};

/// Who says hello.
#[derive(Clone, Debug)]
pub struct Hello {
    /// 卡口.
    pub gate: GateId,
    /// Its yard.
    pub yard: YardId,
    /// What it says.
    pub request: HelloRequest,
}

/// What is said to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Greeted {
    /// Its journal is the newest.
    Known(Said),
    /// A newer journal has replaced the one that it writes: that one.
    Replaced(Head),
}

/// What a gate is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// How far the centre has its journal.
    pub head: Head,
    /// The newest revision of its yard's index.
    pub revision: u64,
    /// The centre's time.
    pub at: UtcMillis,
    /// Whether its index is of this centre's past; none when it did not ask, or nobody can tell.
    pub knows_index: Option<bool>,
}

/// Answers to these, each in its place.
///
/// # Errors
/// [`StoreError`]; nothing of any is kept then.
pub async fn greet(store: &Store, hellos: Vec<Hello>) -> Result<Vec<Greeted>, StoreError> {
    let tx = store.begin().await?;
    let mut journals = Journals::of(&tx, &hellos).await?;
    let heads: Vec<_> = hellos.iter().map(|hello| journals.greet(hello)).collect();
    journals.write(&tx, &hellos).await?;
    let mut answers = Vec::new();
    let (mut revisions, mut marks) = (BTreeMap::new(), BTreeMap::new());
    for (hello, head) in hellos.iter().zip(heads) {
        let head = match head {
            Ok(head) => head,
            Err((epoch, head)) => {
                let trouble = Trouble::OldJournal { epoch, in_use: head.epoch };
                alert::raise_rarely(&tx, &Alert::of_gate(&hello.gate, &trouble)).await?;
                answers.push(Greeted::Replaced(head));
                continue;
            }
        };
        let revision = match revisions.get(&hello.yard) {
            Some(revision) => *revision,
            None => {
                let revision = publish::revision(tx.conn(), &hello.yard).await?;
                *revisions.entry(&hello.yard).or_insert(revision)
            }
        };
        let knows_index = match hello.request.index {
            None => None,
            Some(index) => {
                let asked = (&hello.yard, i64::try_from(index.revision).unwrap_or(i64::MAX));
                let own = match marks.get(&asked) {
                    Some(own) => *own,
                    None => *marks.entry(asked).or_insert(mark::at(tx.conn(), asked.0, asked.1).await?),
                };
                own.map(|own| own == index.mark)
            }
        };
        answers.push(Greeted::Known(Said { head, revision, at: tx.now(), knows_index }));
    }
    tx.commit().await?;
    Ok(answers)
}

/// A backup is not older than so many journals of one gate; whoever names a number further on is given the next.
const FURTHEST: u32 = 1000;

/// The journals of some gates.
struct Journals {
    /// By gate and the id that a journal was made with.
    known: BTreeMap<(GateId, Box<str>), i64>,
    present: BTreeMap<GateId, Head>,
    /// Journals that nobody knew.
    new: Vec<(GateId, Box<str>, u32)>,
    /// Whose agent is noted, by the last hello of each that was taken.
    noted: BTreeMap<GateId, usize>,
    place: usize,
}

impl Journals {
    async fn of(tx: &Tx, hellos: &[Hello]) -> Result<Self, StoreError> {
        let gates: BTreeSet<&GateId> = hellos.iter().map(|hello| &hello.gate).collect();
        let keys: Vec<Value> = gates.iter().map(|gate| gate.as_str().into()).collect();
        let sql = "SELECT gate_id, epoch, store_id, seq, hash FROM gate_epoch WHERE gate_id IN (?)";
        let mut stored: BTreeMap<String, Vec<QueryResult>> = BTreeMap::new();
        for row in among(tx.conn(), sql, &[], &keys).await? {
            stored.entry(column(&row, "gate_id")?).or_default().push(row);
        }
        let (mut known, mut present) = (BTreeMap::new(), BTreeMap::new());
        for gate in gates {
            let mut newest: Option<Head> = None;
            for row in stored.get(gate.as_str()).into_iter().flatten() {
                let head = hello::head_of(row)?;
                known.insert((gate.clone(), column::<String>(row, "store_id")?.into()), head.epoch.into());
                newest = newest.into_iter().chain([head]).max_by_key(|head| head.epoch);
            }
            present.extend(newest.map(|head| (gate.clone(), head)));
        }
        Ok(Self { known, present, new: Vec::new(), noted: BTreeMap::new(), place: 0 })
    }

    /// The journal that the gate goes on with; or its epoch, when that one was replaced, and the newest.
    fn greet(&mut self, hello: &Hello) -> Result<Head, (i64, Head)> {
        let place = self.place;
        self.place += 1;
        let journal = (hello.gate.clone(), as_stored(&hello.request.store_id).into());
        let present = self.present.get(&hello.gate).copied();
        let head = match (self.known.get(&journal), present) {
            (Some(epoch), Some(head)) if *epoch == i64::from(head.epoch) => head,
            (Some(epoch), Some(head)) => return Err((*epoch, head)),
            (_, present) => {
                let newest = present.map_or(0, |head| head.epoch);
                let bears = hello.request.epoch.filter(|epoch| *epoch > 0);
                let epoch = match (bears, present) {
                    (Some(epoch), Some(head)) if epoch <= newest => return Err((epoch.into(), head)),
                    (Some(epoch), _) if epoch - newest <= FURTHEST => epoch,
                    (Some(_) | None, _) => newest + 1,
                };
                self.known.insert(journal, epoch.into());
                self.new.push((hello.gate.clone(), hello.request.store_id.clone(), epoch));
                Head { epoch, seq: 0, hash: Hash::ZERO }
            }
        };
        self.present.insert(hello.gate.clone(), head);
        self.noted.insert(hello.gate.clone(), place);
        Ok(head)
    }

    async fn write(&self, tx: &Tx, hellos: &[Hello]) -> Result<(), StoreError> {
        let count = u32::try_from(self.noted.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return Ok(());
        }
        let first = live::all_moved(tx, count).await?;
        let mut agents = Rows::new(AGENT, IN_ITS_PLACE);
        for ((gate, place), moved) in self.noted.iter().zip(first..) {
            let (Some(hello), Some(head)) = (hellos.get(*place), self.present.get(gate)) else { continue };
            agents.push([
                gate.as_str().into(),
                hello.yard.as_str().into(),
                i64::from(head.epoch).into(),
                (*hello.request.version).into(),
                tx.now().as_millis().into(),
                moved.into(),
            ]);
        }
        agents.insert(tx.conn()).await?;
        let mut epochs = Rows::new("gate_epoch (gate_id, epoch, store_id, seq, hash)", "");
        for (gate, store_id, epoch) in &self.new {
            let start = Hash::ZERO.to_string();
            epochs.push([
                gate.as_str().into(),
                i64::from(*epoch).into(),
                (**store_id).into(),
                0_i64.into(),
                start.into(),
            ]);
        }
        epochs.insert(tx.conn()).await
    }
}

const AGENT: &str = "gate (gate_id, yard_id, epoch, agent_version, seen_at, moved)";
const IN_ITS_PLACE: &str = "ON CONFLICT (gate_id) DO UPDATE SET yard_id = excluded.yard_id, epoch = excluded.epoch,
                            agent_version = excluded.agent_version, seen_at = excluded.seen_at, moved = excluded.moved";

/// Keeps these; whether each gate is known, in its place.
///
/// # Errors
/// [`StoreError`]; none is kept then.
pub async fn keep_statuses(store: &Store, statuses: Vec<LiveStatus>) -> Result<Vec<bool>, StoreError> {
    let tx = store.begin().await?;
    let keys: Vec<Value> = statuses.iter().map(|status| status.gate_id.as_str().into()).collect();
    let mut stored: BTreeMap<String, (view::Lanes, Option<String>)> = BTreeMap::new();
    let sql = "SELECT gate_id, lanes, live FROM gate WHERE gate_id IN (?)";
    for row in among(tx.conn(), sql, &[], &keys).await? {
        let before = from_json("lanes", &column::<String>(&row, "lanes")?)?;
        stored.insert(column(&row, "gate_id")?, (before, column(&row, "live")?));
    }
    let count = u32::try_from(statuses.len()).unwrap_or(u32::MAX);
    let first = live::all_moved(&tx, count).await?;
    let mut known = Vec::new();
    for (status, moved) in statuses.iter().zip(first..) {
        let before = stored.get_mut(status.gate_id.as_str());
        known.push(before.is_some());
        let Some((lanes, told)) = before else { continue };
        if let Some(trouble) = recording::trouble(told.as_deref(), status) {
            alert::raise_rarely(&tx, &Alert::of_gate(&status.gate_id, &trouble)).await?;
        }
        *lanes = view::since(lanes, status, tx.now());
        let live = to_json("live status", status)?;
        *told = Some(live.clone());
        let sql = "UPDATE gate SET live = $2, seen_at = $3, lanes = $4, moved = $5 WHERE gate_id = $1";
        let values = [
            status.gate_id.as_str().into(),
            live.into(),
            tx.now().as_millis().into(),
            to_json("lanes", lanes)?.into(),
            moved.into(),
        ];
        execute(tx.conn(), sql, values).await?;
    }
    tx.commit().await?;
    Ok(known)
}

#[cfg(test)]
mod tests {
    use protocols::contract::Applied;
    use serde_json::json;

    use super::*;
    use crate::{
        store::one,
        test_app::{TestApp, YARD},
    };

    fn hello(gate: &str, store: &str, version: &str) -> Hello {
        let request = json!({"gate_id": gate, "store_id": store, "version": version});
        Hello {
            gate: GateId::parse(gate).unwrap(),
            yard: YardId::parse(YARD).unwrap(),
            request: serde_json::from_value(request).unwrap(),
        }
    }

    fn epoch(greeted: &Greeted) -> Result<u32, u32> {
        match greeted {
            Greeted::Known(said) => Ok(said.head.epoch),
            Greeted::Replaced(head) => Err(head.epoch),
        }
    }

    /// `contract` section 3; fault C10: whether hellos come one by one or in one transaction, the same is answered and kept: each journal its epoch,
    /// an older one refused and raised.
    #[tokio::test]
    async fn many_at_once_are_told_what_each_would_be() {
        let hellos = [
            hello("0708-G02", "s1", "0.1.0"),
            hello("0708-G03", "s1", "0.1.0"),
            hello("0708-G02", "s2", "0.2.0"),
            hello("0708-G02", "s1", "0.1.0"),
            hello("0708-G02", "s2", "0.2.1"),
        ];
        let mut kept = Vec::new();
        for at_once in [1, hellos.len()] {
            let app = TestApp::open().await;
            let store = app.central.store();
            let mut said = Vec::new();
            for some in hellos.chunks(at_once) {
                said.extend(greet(store, some.to_vec()).await.unwrap());
            }
            let epochs: Vec<_> = said.iter().map(epoch).collect();
            assert_eq!(epochs, [Ok(1), Ok(1), Ok(2), Err(2), Ok(2)]);
            let count = async |sql| {
                let row = one(store.read(), sql, []).await.unwrap().unwrap();
                column::<i64>(&row, "found").unwrap()
            };
            assert_eq!(count("SELECT COUNT(*) AS found FROM gate_epoch").await, 3);
            assert_eq!(count("SELECT COUNT(*) AS found FROM alert").await, 1);
            let sql = "SELECT agent_version, epoch FROM gate WHERE gate_id = '0708-G02'";
            let row = one(store.read(), sql, []).await.unwrap().unwrap();
            kept.push((
                column::<String>(&row, "agent_version").unwrap(),
                column::<i64>(&row, "epoch").unwrap(),
            ));
        }
        assert_eq!(kept, [("0.2.1".to_owned(), 2), ("0.2.1".to_owned(), 2)]);
    }

    /// Fault C7: after a restore a journal goes on under the epoch that its records bear, if no other one has taken that since; then it is refused and raised, and so
    /// is not told a number that it cannot take. A number from nowhere does not use up what is left.
    #[tokio::test]
    async fn a_journal_keeps_its_epoch_over_a_restore() {
        let app = TestApp::open().await;
        let store = app.central.store();
        let said = async |name: &str, bears: Option<u32>| {
            let mut one = hello("0708-G02", name, "0.1.0");
            one.request.epoch = bears;
            epoch(&greet(store, vec![one]).await.unwrap()[0])
        };
        assert_eq!(said("backed-up", None).await, Ok(1));
        assert_eq!(said("two-journals-later", Some(3)).await, Ok(3));
        assert_eq!(said("two-journals-later", Some(3)).await, Ok(3));
        assert_eq!(said("backed-up", Some(1)).await, Err(3));
        assert_eq!(said("lost", Some(2)).await, Err(3));
        assert_eq!(said("lost", Some(3)).await, Err(3));
        assert_eq!(said("from-nowhere", Some(2_000_000_000)).await, Ok(4));
        let row = one(store.read(), "SELECT COUNT(*) AS found FROM alert", []).await.unwrap().unwrap();
        assert!(column::<i64>(&row, "found").unwrap() > 0);
    }

    /// SG-254: of two statuses of a gate in one transaction the later one is kept; one of a gate that has not said hello is none of anybody.
    #[tokio::test]
    async fn the_newest_status_is_kept() {
        let app = TestApp::open().await;
        let store = app.central.store();
        greet(store, vec![hello("0708-G02", "s1", "0.1.0")]).await.unwrap();
        let status = |gate: &str, seq| LiveStatus {
            gate_id: GateId::parse(gate).unwrap(),
            head: Some(Applied { epoch: 1, seq }),
            ..serde_json::from_value(json!({"gate_id": gate, "at": "2026-11-30T08:00:00.000Z", "lanes": []}))
                .unwrap()
        };
        let statuses = vec![status("0708-G02", 5), status("0708-G03", 1), status("0708-G02", 7)];
        assert_eq!(keep_statuses(store, statuses).await.unwrap(), [true, false, true]);
        let row = one(store.read(), "SELECT live FROM gate", []).await.unwrap().unwrap();
        let live: LiveStatus = from_json("live", &column::<String>(&row, "live").unwrap()).unwrap();
        assert_eq!(live.head.map(|head| head.seq), Some(7));
    }

    /// Invariant I6, fault C8: thousands of hellos wait at once, and what waits is small; the work has its room apart.
    #[tokio::test]
    async fn what_waits_is_small() {
        let app = TestApp::open().await;
        let store = app.central.store();
        let waits =
            app.central.greetings().serve(hello("0708-G02", "s1", "0.1.0"), |some| greet(store, some));
        let works = greet(store, Vec::new());
        let (waits, works) = (size_of_val(&waits), size_of_val(&works));
        assert!(waits < 1024 && waits < works, "{waits} bytes wait, {works} work");
    }
}
