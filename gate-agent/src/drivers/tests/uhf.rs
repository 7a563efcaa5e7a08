//! The reader's driver: noise, silence, unplugging.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

use super::{
    Lane, direct, lane,
    port::Place,
    reader::{EPC, Knobs, report, serve},
};
use protocols::uhf::tag::Family;

use crate::{
    clock::{Clock, SystemClock},
    config::{ReaderMode, UhfConfig},
    drivers::{LaneLink, ReaderDriver},
    panel::DeviceMetrics,
};

const SCAN: UhfConfig = UhfConfig {
    family: Family::Uhf18,
    with_tid: false,
    address: 0,
    mode: ReaderMode::Scan,
    gap: Duration::from_millis(20),
    silence_probe: Duration::from_millis(200),
};

fn driver(place: &Place, config: UhfConfig, lanes: Vec<LaneLink>, metrics: &DeviceMetrics) -> ReaderDriver {
    direct(&place.settings(), config, lanes, metrics)
}

struct Bench {
    place: Place,
    lane: Lane,
    metrics: DeviceMetrics,
    knobs: Arc<Knobs>,
}

fn bench(config: UhfConfig) -> Bench {
    let (place, (link, lane), metrics) = (Place::new(), lane(), DeviceMetrics::default());
    tokio::spawn(driver(&place, config, vec![link], &metrics).run());
    Bench { place, lane, metrics, knobs: Arc::new(Knobs::default()) }
}

#[tokio::test]
async fn a_tag_told_unasked_reaches_the_lane() {
    let mut bench = bench(SCAN);
    let plug = bench.place.plug();
    tokio::spawn(serve(plug.clone(), bench.knobs.clone()));
    bench.lane.hears("uhf-1 true").await;
    plug.write(&report(EPC)).await;
    assert_eq!(bench.lane.hears("read").await, format!("read {EPC}"));
    assert_eq!((bench.metrics.reads.get(), bench.metrics.online.get()), (1, 1));
}

#[tokio::test]
async fn a_tag_in_the_field_is_asked_for_and_reported_at_most_ten_times_a_second() {
    let mut bench = bench(UhfConfig { mode: ReaderMode::Answer, ..SCAN });
    bench.knobs.tag.store(true, Ordering::SeqCst);
    let plug = bench.place.plug();
    tokio::spawn(serve(plug.clone(), bench.knobs.clone()));
    bench.lane.hears("read").await;
    let first = SystemClock.tick();
    bench.lane.hears("read").await;
    let apart = SystemClock.tick().since(first);
    assert!(apart >= Duration::from_millis(95), "told again after {apart:?}");
}

/// fault D1: noise, dropped bytes, glued and split frames: no false identity, and the next good frame is read.
#[tokio::test]
async fn noise_brings_no_false_tag_and_the_next_good_frame_is_read() {
    let mut bench = bench(SCAN);
    let plug = bench.place.plug();
    tokio::spawn(serve(plug.clone(), bench.knobs.clone()));
    bench.lane.hears("uhf-1 true").await;
    let mut random = StdRng::seed_from_u64(20_251_121);
    let mut expected = Vec::new();
    for round in 0..20 {
        let mut noise = vec![0; random.random_range(1..300)];
        random.fill_bytes(&mut noise);
        let mut cut = report("E2801170000002FFFFFFFFFF");
        cut.remove(random.random_range(0..cut.len()));
        let epc = format!("E28011700000{round:012X}");
        let good = report(&epc);
        let (head, tail) = good.split_at(random.random_range(1..good.len()));
        plug.write(&[noise, cut].concat()).await;
        // A pause longer than the gap ends what is incomplete; two frames may be lost at most (resynchronisation).
        let told = tokio::time::timeout(super::PATIENCE, async {
            loop {
                plug.write(head).await;
                tokio::task::yield_now().await;
                plug.write(tail).await;
                let heard = tokio::time::timeout(Duration::from_millis(60), bench.lane.hears("read")).await;
                if let Ok(heard) = heard {
                    return heard;
                }
            }
        });
        assert_eq!(told.await.expect("a good frame is read again"), format!("read {epc}"));
        expected.push(format!("read {epc}"));
    }
    let reads: Vec<String> =
        bench.lane.heard.iter().filter(|words| words.starts_with("read")).cloned().collect();
    assert_eq!(reads, expected);
    assert!(bench.metrics.noise_bytes.get() + bench.metrics.bad_checks.get() > 0);
}

/// fault D3: a port that is open and a reader that says nothing is found by a probe; back again, it is configured again.
#[tokio::test]
async fn a_silent_reader_is_found_and_configured_again_when_it_is_back() {
    let mut bench = bench(SCAN);
    let plug = bench.place.plug();
    tokio::spawn(serve(plug.clone(), bench.knobs.clone()));
    bench.lane.hears("uhf-1 true").await;
    bench.knobs.mute.store(true, Ordering::SeqCst);
    let silent = SystemClock.tick();
    assert_eq!(bench.lane.hears("uhf-1 false").await, "uhf-1 false: does not answer");
    let found = SystemClock.tick().since(silent);
    assert!(found <= Duration::from_secs(10), "found after {found:?}");
    let before = bench.knobs.configured.load(Ordering::SeqCst);
    bench.knobs.mute.store(false, Ordering::SeqCst);
    bench.lane.hears("uhf-1 true").await;
    plug.write(&report(EPC)).await;
    bench.lane.hears("read").await;
    let configured = async {
        while bench.knobs.configured.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(super::PATIENCE, configured).await.expect("configured again");
}

/// fault D2: pulled out at random byte positions and plugged in again, as another terminal each time: it is back, within the 3 s that are the target
/// where nothing else runs.
#[tokio::test]
async fn an_adapter_pulled_out_anywhere_is_back() {
    replug(5, 7).await;
}

async fn replug(times: u64, seed: u64) {
    let mut bench = bench(SCAN);
    let mut random = StdRng::seed_from_u64(seed);
    for time in 0..times {
        let plugged = SystemClock.tick();
        let plug = bench.place.plug();
        let reader = tokio::spawn(serve(plug.clone(), bench.knobs.clone()));
        bench.lane.hears("uhf-1 true").await;
        let back = SystemClock.tick().since(plugged);
        assert!(back <= Duration::from_secs(15), "time {time}: back after {back:?}");
        let epc = format!("E28011700001{time:012X}");
        plug.write(&report(&epc)).await;
        assert_eq!(bench.lane.hears("read").await, format!("read {epc}"));
        let cut = report(EPC);
        plug.write(&cut[..random.random_range(0..cut.len())]).await;
        reader.abort();
        let _ = reader.await;
        drop(plug);
        bench.lane.hears("uhf-1 false").await;
    }
    assert_eq!(bench.metrics.reconnects.get(), times - 1);
    assert!(!bench.lane.heard.contains(&format!("read {EPC}")), "a cut frame was read");
}

#[tokio::test]
async fn a_reader_that_is_not_there_is_told_and_used_when_it_comes() {
    let mut bench = bench(SCAN);
    assert!(bench.lane.hears("uhf-1 false").await.contains("cannot open"));
    let plug = bench.place.plug();
    tokio::spawn(serve(plug, bench.knobs.clone()));
    bench.lane.hears("uhf-1 true").await;
}

#[tokio::test]
async fn a_driver_ends_with_its_lanes() {
    let (place, (link, lane)) = (Place::new(), lane());
    let task = tokio::spawn(driver(&place, SCAN, vec![link], &DeviceMetrics::default()).run());
    drop(lane);
    tokio::time::timeout(super::PATIENCE, task).await.expect("it ends").unwrap();
}
