//! Deterministic simulation: a yard of two gates and four lanes over simulated disks, lines, clocks and steel, driven from one seed through
//! cuts, crashes, clock steps, lost, doubled and late messages and failing disks, with the invariants checked after every happening.
//! Real here: lanes, decisions, trip rules, the journal's core, the gates' index in its file, what gate and centre say of their past, the
//! centre's intake. Played here: the shells around them (`agent`, `line`), because threads have no seed; steel and lorries (`steel`).
//! `KAKOU_SEEDS=10000 cargo test --release -p kakou-tests --test simulation` runs as long as the acceptance asks for;
//! `KAKOU_SEED=4711` runs one seed and tells what happened.
//! Absent on purpose: persons' acts, fusion, trimming of journals; `gate-agent/replay` plays the first two.

#[cfg(test)]
#[path = "simulation/agent.rs"]
mod agent;
#[cfg(test)]
#[path = "simulation/centre.rs"]
mod centre;
#[cfg(test)]
#[path = "simulation/check.rs"]
mod check;
#[cfg(test)]
#[path = "simulation/feed.rs"]
mod feed;
#[cfg(test)]
#[path = "simulation/line.rs"]
mod line;
#[cfg(test)]
#[path = "simulation/neighbours.rs"]
mod neighbours;
#[cfg(test)]
#[path = "simulation/plan.rs"]
mod plan;
#[cfg(test)]
#[path = "simulation/steel.rs"]
mod steel;
#[cfg(test)]
#[path = "simulation/time.rs"]
mod time;
#[cfg(test)]
#[path = "simulation/trouble.rs"]
mod trouble;
#[cfg(test)]
#[path = "simulation/world.rs"]
mod world;

use std::thread;

use kakou_tests::parameter;
use serde_json::json;
use world::{Mutation, Outcome, World};

const SEEDS: u64 = 60;
/// Seeds that have found a fault of ours. 658: a lorry had passed while the agent was dead; the next one on the approach loop was taken for it, and
/// when that drove off the trip was free again. 1343 and 2070: a refused lorry left and the next one stood on the loop half a second later; when the
/// first one's trip was approved the barrier rose for the second. 4008 and 6029: an intent that the journal had not confirmed was on the disk, and had no
/// end when its lorry was refused.
const ONCE_BROKEN: [u64; 5] = [658, 1343, 2070, 4008, 6029];
/// The same since gates tell each other. 32: what a neighbour had told was held for ever behind a restored centre that had begun lower. 3479: a restored
/// centre had given the same revision again, and what it had lost was taken for shown.
const ONCE_BROKEN_TOGETHER: [u64; 2] = [32, 3479];
/// A planted bug must show within so many seeds.
const WITHIN: u64 = 200;

fn run(seed: u64, mutation: Option<Mutation>, tell: bool) -> Outcome {
    World::new(seed, mutation, tell).run()
}

/// Invariants I1 to I6 of the fault catalogue; fault A1, A4, B1, C5, C7, C10: whatever happens to a yard, nothing acknowledged is lost or doubled,
/// nothing opens without a durable intent or twice for one, nothing denied opens, and in the end centre, journals and indexes agree.
#[test]
fn no_seed_breaks_an_invariant() {
    let one = parameter::number("KAKOU_SEED", 0).unwrap();
    if one > 0 {
        let outcome = run(one, None, true);
        assert_eq!(outcome.broken, None, "seed {one}");
        return;
    }
    let seeds = parameter::number("KAKOU_SEEDS", SEEDS).unwrap();
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let of_thread = |thread: u64| {
        let (mut covered, mut steps, mut told) = (trouble::Coverage::default(), 0, (0, 0));
        let own = (1..=seeds)
            .chain(ONCE_BROKEN)
            .chain(ONCE_BROKEN_TOGETHER)
            .filter(|seed| seed % threads == thread);
        for seed in own {
            let outcome = run(seed, None, false);
            assert_eq!(outcome.broken, None, "KAKOU_SEED={seed} tells how it came to this");
            steps += outcome.steps;
            covered.add(&outcome.covered);
            told = (told.0 + outcome.told.0, told.1 + outcome.told.1);
        }
        (covered, steps, told)
    };
    let (mut covered, mut steps, mut told) = (trouble::Coverage::default(), 0, (0, 0));
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || of_thread(thread))).collect();
        for one in running {
            let (its, count, acts) = one.join().expect("a seed broke an invariant");
            covered.add(&its);
            steps += count;
            told = (told.0 + acts.0, told.1 + acts.1);
        }
    });
    println!(
        "{covered}\n{}",
        json!({
            "test": "simulation", "seeds": seeds, "happenings": steps, "a_seed": steps / seeds.max(1), "told": told.0, "asked": told.1,
        })
    );
    assert!(steps > 300 * seeds, "the yard hardly lived: {steps} happenings");
    covered.must_be_wide();
    assert!(told.0 > 5 * seeds && told.1 > seeds, "the gates hardly spoke: {told:?}");
}

/// The planted bugs of the issue: a simulation that finds none of them shows nothing.
#[test]
fn every_planted_bug_is_found() {
    let mut missed = Vec::new();
    for mutation in Mutation::ALL {
        match (1..=WITHIN).find_map(|seed| run(seed, Some(mutation), false).broken.map(|why| (seed, why))) {
            Some((seed, why)) => println!("{mutation:?}: seed {seed}: {why}"),
            None => missed.push(mutation),
        }
    }
    assert!(missed.is_empty(), "not found within {WITHIN} seeds: {missed:?}");
}

/// A failing seed is worth something only if it fails again.
#[test]
fn a_seed_repeats_itself() {
    for seed in [1, 2, 3] {
        let (one, other) = (run(seed, None, false), run(seed, None, false));
        assert_eq!((one.steps, one.digest), (other.steps, other.digest), "seed {seed}");
    }
    assert_ne!(run(1, None, false).digest, run(2, None, false).digest);
}
