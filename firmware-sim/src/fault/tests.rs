//! Each fault does what it says and nothing else, and the same seed does it again.

use super::{Fault, Faults, Toward};
use protocols::frame::Progress;
use protocols::tick::Tick;
use protocols::uhf::wire::{Side, UhfDecoder};
use std::collections::HashSet;
use std::time::Duration;

const FRAME: &[u8] = &[0x05, 0x00, 0x0F, 0xFB, 0xE2, 0xA7];

fn with(fault: Fault) -> Faults {
    let mut faults = Faults::new(42);
    faults.begin(1, fault, Tick::default());
    faults
}

/// A thousand frames towards the gate, glued.
fn traffic(faults: &mut Faults, way: Toward) -> Vec<u8> {
    (0..1000).flat_map(|_| faults.bend(way, FRAME).bytes).collect()
}

#[test]
fn a_line_without_faults_touches_nothing() {
    let mut faults = Faults::new(42);
    assert_eq!(traffic(&mut faults, Toward::Host), FRAME.repeat(1000));
    assert_eq!((faults.wake(), faults.babble(Tick::from_millis(9999))), (None, Vec::new()));
}

/// fault D1: dropped, inserted and flipped bytes, and duplicated frames, at the rate that was asked for.
#[test]
fn byte_faults_hit_as_often_as_asked_and_again_with_the_same_seed() {
    let toward = Toward::Host;
    for (fault, least, most) in [
        (Fault::Lose { per_mille: 100, toward }, 5300, 5500),
        (Fault::Insert { per_mille: 100, toward }, 6500, 6700),
        (Fault::Flip { per_mille: 100, toward }, 6000, 6000),
        (Fault::Duplicate { per_mille: 100 }, 6400, 6800),
    ] {
        let once = traffic(&mut with(fault.clone()), Toward::Host);
        assert!((least..=most).contains(&once.len()), "{fault:?}: {}", once.len());
        assert_ne!(once, FRAME.repeat(1000));
        assert_eq!(once, traffic(&mut with(fault.clone()), Toward::Host), "same seed");
        assert_eq!(traffic(&mut with(fault), Toward::Device), FRAME.repeat(1000), "the other way");
    }
}

#[test]
fn a_flipped_byte_has_one_bit_wrong() {
    let bent = with(Fault::Flip { per_mille: 1000, toward: Toward::Both }).bend(Toward::Device, FRAME);
    let wrong: Vec<u32> = bent.bytes.iter().zip(FRAME).map(|(got, sent)| (got ^ sent).count_ones()).collect();
    assert_eq!(wrong, [1; 6]);
}

/// fault D3: a device that is silent while its port is open.
#[test]
fn silence_swallows_both_ways_and_what_a_mad_device_makes_up() {
    let mut faults = with(Fault::Silence);
    faults.begin(2, Fault::Babble { bytes_per_s: 1000 }, Tick::default());
    assert!(traffic(&mut faults, Toward::Host).is_empty() && traffic(&mut faults, Toward::Device).is_empty());
    assert!(faults.babble(Tick::from_millis(1000)).is_empty());
    assert!(faults.end(1) && !faults.end(1));
    assert_eq!(faults.bend(Toward::Host, FRAME).bytes, FRAME);
}

#[test]
fn noise_comes_in_its_rhythm() {
    let mut faults = with(Fault::Noise { every_ms: 20, bytes: 3 });
    assert_eq!(faults.wake(), Some(Tick::from_millis(20)));
    assert_eq!(faults.babble(Tick::from_millis(19)).len(), 0);
    assert_eq!(faults.babble(Tick::from_millis(45)).len(), 6);
    assert_eq!(faults.wake(), Some(Tick::from_millis(60)));
}

/// fault D4: thousands of distinct made-up tags a second, each a sound report.
#[test]
fn fake_tags_are_sound_reports_and_distinct_where_asked() {
    for (distinct, different) in [(true, 100), (false, 1)] {
        let mut faults = with(Fault::FakeTags { per_s: 10_000, distinct });
        let bytes = faults.babble(Tick::default() + Duration::from_millis(10));
        let mut decoder = UhfDecoder::new(Side::Reader);
        let (mut rest, mut seen) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            rest = &rest[decoder.push(rest)..];
            loop {
                match decoder.pull() {
                    Progress::Frame(frame) => seen.push(frame.to_vec()),
                    Progress::NeedMore => break,
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(seen.len(), 100);
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), different);
    }
}

#[test]
fn what_a_long_pause_left_unsaid_is_not_made_up_for() {
    let mut faults = with(Fault::Babble { bytes_per_s: 1_000_000 });
    assert!(faults.babble(Tick::from_millis(3_600_000)).len() <= 4096);
    assert_eq!(faults.babble(Tick::from_millis(3_600_000)).len(), 0);
}
