//! The index's age: it follows the centre's confirmation, not the wall clock.

use std::time::Duration;

use protocols::contract::UtcMillis;

use super::super::{Residence, samples};
use super::{Bench, look_up};

const HOUR: Duration = Duration::from_secs(3600);

/// SG-209: the age grows from the centre's last confirmation and stands in every view.
#[test]
fn the_age_counts_from_the_last_confirmation() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &[]);
    assert_eq!(look_up(&cache, 1).index.unwrap().age_s, 0);
    bench.clock.advance(HOUR);
    assert_eq!(look_up(&cache, 1).index.unwrap().age_s, 3600);
    cache.confirm().unwrap();
    bench.clock.advance(Duration::from_secs(5));
    assert_eq!(look_up(&cache, 1).index.unwrap().age_s, 5);
}

/// Fault B1: no step of the wall clock makes an index younger, running or across a restart; a step ahead across a restart only
/// makes it older.
#[test]
fn a_clock_set_back_makes_no_index_younger() {
    for (wall, after_restart) in [
        ("1970-01-01T00:00:00Z", 7200),
        ("2025-10-12T04:00:00Z", 7200),
        ("2025-10-13T06:00:00Z", 7200),
        ("2025-10-13T07:00:00Z", 10_800),
        ("2038-01-20T00:00:00Z", 387_230_400),
    ] {
        let bench = Bench::new();
        let cache = bench.filled(Residence::File, &[]);
        bench.clock.advance(HOUR * 2);
        cache.keep_age().unwrap();
        bench.clock.set_wall(UtcMillis::parse(wall).unwrap());
        assert_eq!(cache.stamp().unwrap().age_s, 7200, "running, set to {wall}");
        drop(cache);
        assert_eq!(bench.open(Residence::File).stamp().unwrap().age_s, after_restart, "restarted at {wall}");
    }
}

/// A snapshot is as old as its first line, and before the first there is no age at all.
#[test]
fn a_snapshot_is_as_old_as_its_beginning() {
    let bench = Bench::new();
    let cache = bench.open(Residence::File);
    assert_eq!(cache.stamp(), None);
    let lines = samples::snapshot(10, &[]);
    let mut snapshot = cache.begin_snapshot().unwrap();
    bench.clock.advance(Duration::from_secs(40));
    lines.iter().for_each(|line| snapshot.line(line).unwrap());
    snapshot.finish().unwrap();
    assert_eq!(cache.stamp().unwrap().age_s, 40);
}
