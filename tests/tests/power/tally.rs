//! Seeds one after the other, and what they came to.

use std::collections::BTreeMap;

use kakou_tests::parameter;
use serde_json::json;

use super::{disk::Call, shim};

const SEEDS: u64 = 150;

/// What a number of seeds came to.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) cuts: u64,
    pub(crate) failed: BTreeMap<(Call, &'static str), u64>,
    pub(crate) answered: u64,
}

pub(crate) fn seeds(what: &str, run: impl Fn(u64, &mut Tally)) -> Tally {
    let mut tally = Tally::default();
    let one = parameter::number("KAKOU_SEED", 0).unwrap();
    let (first, last) =
        if one > 0 { (one, one) } else { (1, parameter::number("KAKOU_SEEDS", SEEDS).unwrap()) };
    for seed in first..=last {
        run(seed, &mut tally);
        let disk = shim::disk(|disk| (disk.cuts, disk.failed.clone()));
        tally.cuts += disk.0;
        for (key, count) in disk.1 {
            *tally.failed.entry(key).or_default() += count;
        }
    }
    let failed: BTreeMap<String, u64> =
        tally.failed.iter().map(|((call, name), count)| (format!("{call:?} {name}"), *count)).collect();
    let told = json!({"test": "power", "over": what, "seeds": last - first + 1, "answered": tally.answered,
        "power_cuts": tally.cuts, "failed_calls": failed});
    println!("{told}");
    tally
}

/// An empty run shows nothing: every call must have failed in every way that it can.
pub(crate) fn must_be_wide(tally: &Tally) {
    if parameter::number("KAKOU_SEED", 0).unwrap() > 0 {
        return;
    }
    assert!(tally.cuts > 100 && tally.answered > 1000, "{} cuts, {} answered", tally.cuts, tally.answered);
    for (call, name) in [
        (Call::Write, "error"),
        (Call::Write, "torn"),
        (Call::Write, "full"),
        (Call::Write, "power cut"),
        (Call::Sync, "error"),
        (Call::Sync, "power cut"),
    ] {
        assert!(tally.failed.contains_key(&(call, name)), "no {name} at any {call:?}");
    }
}
