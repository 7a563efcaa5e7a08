//! One seed over the journal.

use std::{path::Path, sync::Arc};

use gate_agent::{
    clock::{Clock, SimClock},
    journal::{Draft, JournalCore, JournalError, SqliteStore, StoreError, verify},
};
use kakou_tests::chance::Chance;
use protocols::{
    contract::{EventType, Hash, UtcMillis},
    ids::GateId,
    tick::Tick,
};

use super::{
    disk::{Disk, Fault},
    shim,
    tally::Tally,
};

const STEPS: u64 = 60;
const KEEP_DAYS: u32 = 1;

/// What the journal has answered for.
#[derive(Default)]
struct Ledger {
    answered: Vec<(u64, Hash)>,
    acked: u64,
}

struct Run {
    chance: Chance,
    clock: Arc<SimClock>,
    seed: u64,
}

type Core = JournalCore<SqliteStore>;

pub(crate) fn run(seed: u64, tally: &mut Tally) {
    run_over(Disk::new(seed), seed, tally);
}

/// The same over a disk that lies.
pub(crate) fn run_over(disk: Disk, seed: u64, tally: &mut Tally) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    shim::insert(disk);
    let mut run = Run {
        chance: Chance::from(seed ^ 0x6A6F_7572),
        clock: Arc::new(SimClock::at(UtcMillis::from_millis(0))),
        seed,
    };
    let mut ledger = Ledger::default();
    let mut core = run.start(&path, &ledger);
    core.set_epoch(1).unwrap();
    for _ in 0..STEPS {
        core = run.step(core, &path, &mut ledger);
    }
    shim::disk(Disk::heal);
    drop(core);
    check(&mut run.start(&path, &ledger), &ledger, seed);
    let report = verify(&path).unwrap();
    assert!(report.is_sound(), "seed {seed}: {:?}", report.damages);
    tally.answered += ledger.answered.len() as u64;
}

/// A full disk: how many records are recorded in the room that was kept, until nothing is any more; then there is space again.
pub(crate) fn fills_up(wanted: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    shim::insert(Disk::new(1));
    let clock = Arc::new(SimClock::at(UtcMillis::from_millis(0)));
    let (mut core, _) =
        JournalCore::open(SqliteStore::at(path.clone(), gate()), gate(), clock.clone()).unwrap();
    core.set_epoch(1).unwrap();
    core.commit(vec![draft(clock.tick(), clock.wall())]).unwrap();
    assert!(core.has_reserve());
    shim::disk(|disk| disk.fills_up(folder.path().join("journal.db.reserve")));
    let mut last = core.head().seq;
    let full_at = last;
    // More than there is room for.
    let refused = loop {
        let drafts = (0..5).map(|_| draft(clock.tick(), clock.wall())).collect();
        match core.commit(drafts) {
            Ok(proof) => last = proof.last_seq(),
            Err(error) => break error,
        }
        assert!(last < wanted * 20, "the disk is not full");
    };
    assert!(matches!(refused, JournalError::Unavailable(_)), "{refused}");
    shim::disk(Disk::heal);
    core.reopen().unwrap();
    assert!(core.head().seq >= last && core.has_reserve(), "it is whole again");
    core.commit(vec![draft(clock.tick(), clock.wall())]).unwrap();
    drop(core);
    assert!(verify(&path).unwrap().is_sound());
    last - full_at
}

impl Run {
    fn step(&mut self, mut core: Core, path: &Path, ledger: &mut Ledger) -> Core {
        let (now, wall) = (self.clock.tick(), self.clock.wall());
        self.clock.set_wall(UtcMillis::from_millis(wall.as_millis() + 3_600_000));
        match self.chance.below(20) {
            0..9 => {
                let drafts = (0..=self.chance.below(4)).map(|_| draft(now, wall)).collect();
                if let Ok(proof) = core.commit(drafts) {
                    for seq in proof.first_seq()..=proof.last_seq() {
                        // The head's hash needs no reading; those before it were sealed with it.
                        let hash = core.hash_of(seq).ok().flatten();
                        ledger.answered.push((seq, hash.unwrap_or(Hash::ZERO)));
                    }
                }
            }
            9 => {
                let seq = core.head().seq;
                if core.acknowledge(seq, seq).is_ok() {
                    ledger.acked = seq;
                }
                drop(core.cover(seq));
            }
            10 => {
                core.set_clock_offset(Some((0, Tick::default())));
                drop(core.trim(KEEP_DAYS, 8));
            }
            11..16 => {
                let fault =
                    [Fault::Error, Fault::Torn, Fault::Full, Fault::PowerCut][self.chance.below(4) as usize];
                let nth = 1 + self.chance.below(12);
                shim::disk(|disk| disk.fail_call(nth, fault));
            }
            16 => shim::disk(Disk::heal),
            17 | 18 => drop(core.reopen()),
            _ => {
                shim::disk(|disk| disk.fail_call(1, Fault::PowerCut));
                drop(core.commit(vec![draft(now, wall)]));
            }
        }
        if shim::disk(|disk| disk.is_off()) {
            drop(core);
            shim::disk(Disk::power_returns);
            core = self.start(path, ledger);
            check(&mut core, ledger, self.seed);
        } else if core.broken().is_some() && core.reopen().is_ok() {
            check(&mut core, ledger, self.seed);
        }
        core
    }

    /// Starts over the file. A disk that fails while it starts is tried again, as the agent does; it may lose power meanwhile.
    fn start(&mut self, path: &Path, ledger: &Ledger) -> Core {
        for _ in 0..20 {
            let store = SqliteStore::with_reserve(path.to_owned(), gate(), 0);
            let outcome = JournalCore::open(store, gate(), self.clock.clone());
            if shim::disk(|disk| disk.is_off()) {
                drop(outcome);
                shim::disk(Disk::power_returns);
                continue;
            }
            match outcome {
                Ok((core, _)) if core.head().epoch.is_some() || ledger.answered.is_empty() => {
                    // The store syncs its folder at each opening, past the shim.
                    shim::disk(Disk::folder_synced);
                    return core;
                }
                Ok((core, _)) => panic!("seed {}: the epoch is gone: {:?}", self.seed, core.head()),
                Err(StoreError::Failed { .. }) => shim::disk(Disk::heal),
                Err(error) => panic!("seed {}: it does not open again: {error}", self.seed),
            }
        }
        panic!("seed {}: it does not open in 20 tries", self.seed);
    }
}

/// Everything that was answered, and is not trimmed, is there as it was.
fn check(core: &mut Core, ledger: &Ledger, seed: u64) {
    let (anchor, head) = (core.head().anchor_seq, core.head().seq);
    let last = ledger.answered.last().map_or(0, |(seq, _)| *seq);
    assert!(head >= last, "seed {seed}: record {last} was answered, the journal ends at {head}");
    assert!(core.head().marks.acked_seq <= head, "seed {seed}: more acknowledged than there is");
    for (seq, hash) in ledger.answered.iter().filter(|(seq, hash)| *seq > anchor && *hash != Hash::ZERO) {
        match core.hash_of(*seq) {
            Ok(found) => assert_eq!(found, Some(*hash), "seed {seed}: record {seq} is not what it was"),
            // The next fault met the reading.
            Err(JournalError::Unavailable(_)) => return,
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
}

pub(crate) fn gate() -> GateId {
    GateId::parse("0708-G01").unwrap()
}

pub(crate) fn draft(at: Tick, wall: UtcMillis) -> Draft {
    let mut draft = Draft::new(EventType::Clock, at, wall);
    draft.detail = Some(serde_json::json!({"why": "x".repeat(700)}));
    draft
}
