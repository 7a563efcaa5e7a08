//! What was told, over a restart and over damage.

use std::fs;

use protocols::contract::{Applied, EventType};
use tempfile::TempDir;

use super::{act, neighbour};
use crate::{
    journal::ToldAct,
    neighbours::{
        hearing::Hearing,
        kept::{KeptActs, Known},
    },
};

fn told(seq: u64, heard: u64) -> ToldAct {
    ToldAct {
        gate_id: neighbour(),
        epoch: 1,
        heard_after: Applied { epoch: 4, seq: heard },
        act: act(seq, EventType::Pass, seq),
    }
}

fn hearing(reached: u64, forgotten: u64) -> Hearing {
    let reached = Applied { epoch: 1, seq: reached };
    Hearing { reached, forgotten, forgotten_at: forgotten * 2, named: 7, ..Hearing::default() }
}

/// SG-249: a restart forgets nothing of what was heard, and keeps its order; what the index shows is gone.
#[test]
fn a_restart_keeps_what_was_heard() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("neighbours.db");
    let (mut kept, known) = KeptActs::open(&path);
    assert!(known.acts.is_empty() && known.hearings.is_empty() && !kept.wants_all());
    kept.keep(&neighbour(), hearing(5, 0), &[told(2, 10), told(5, 10)]);
    kept.keep(&neighbour(), hearing(9, 2), &[told(8, 7)]);
    drop(kept);
    let (_, known) = KeptActs::open(&path);
    assert_eq!(known.acts, [told(5, 10), told(8, 7)], "in the order of hearing");
    assert_eq!(known.hearings, [(neighbour(), hearing(9, 2))]);
}

/// The neighbour has a new journal: what it told of the older one is not forgotten by numbers of the new one. A gate that is none of the yard's any more is.
#[test]
fn an_older_journals_acts_stay_and_a_gate_that_has_left_goes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("neighbours.db");
    let (mut kept, _) = KeptActs::open(&path);
    kept.keep(&neighbour(), hearing(5, 0), &[told(2, 10)]);
    let anew = Hearing { reached: Applied { epoch: 2, seq: 8 }, ..hearing(8, 8) };
    kept.keep(&neighbour(), anew, &[ToldAct { epoch: 2, ..told(7, 11) }]);
    drop(kept);
    let (mut kept, known) = KeptActs::open(&path);
    assert_eq!((known.acts, known.hearings), (vec![told(2, 10)], vec![(neighbour(), anew)]));
    kept.forget(&neighbour());
    drop(kept);
    let (_, known) = KeptActs::open(&path);
    assert!(known.acts.is_empty() && known.hearings.is_empty());
}

/// fault A6: one bit of the file turned over, anywhere: what it then knows is what was written, or nothing, which is asked for again.
#[test]
fn damage_is_never_believed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("neighbours.db");
    let (mut kept, _) = KeptActs::open(&path);
    let acts: Vec<_> = (1..=40).map(|seq| told(seq, seq)).collect();
    kept.keep(&neighbour(), hearing(40, 0), &acts);
    drop(kept);
    let sound = fs::read(&path).unwrap();
    let (mut begun_anew, mut identical) = (0, 0);
    for at in (0..sound.len()).step_by(37) {
        let mut damaged = sound.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&path, &damaged).unwrap();
        let (_, known) = KeptActs::open(&path);
        if known.acts.is_empty() {
            begun_anew += 1;
        } else {
            assert_eq!(
                (known.acts, known.hearings),
                (acts.clone(), vec![(neighbour(), hearing(40, 0))]),
                "byte {at}"
            );
            identical += 1;
        }
        for end in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("neighbours.db{end}")));
        }
    }
    assert!(begun_anew > 20 && identical > 0, "{begun_anew} {identical}");
}

/// What could not be written is written with all else later: the file never claims to have heard what it has not.
#[test]
fn a_file_that_could_not_be_written_begins_anew_with_everything() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("gone").join("neighbours.db");
    let (mut kept, _) = KeptActs::open(&path);
    assert!(kept.wants_all());
    kept.keep(&neighbour(), hearing(5, 0), &[told(2, 1)]);
    let all = Known {
        acts: vec![told(2, 1), told(6, 1)],
        hearings: vec![(neighbour(), hearing(6, 0))],
        origin: Some(-3),
    };
    kept.keep_all(&all);
    assert!(kept.wants_all(), "there is still no folder");
    fs::create_dir(path.parent().unwrap()).unwrap();
    kept.keep_all(&all);
    assert!(!kept.wants_all());
    drop(kept);
    let (_, known) = KeptActs::open(&path);
    assert_eq!((known.acts, known.hearings, known.origin), (all.acts, all.hearings, all.origin));
}
