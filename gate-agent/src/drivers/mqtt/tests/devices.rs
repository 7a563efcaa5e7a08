//! Readers on the broker: what reaches fusion, what a lane hears of them, and brokers that come and go.

use std::sync::atomic::Ordering;

use super::*;

const TRAVEL: Duration = Duration::from_secs(2);
const EPC: &str = "E280117000000200EBEAD3B5";

fn read(number: u64, key: &str, at: impl std::fmt::Display) -> String {
    format!(
        r#"{{"id":"{}","medium_type":"VE","medium_key":"{key}","at":"{at}","confidence":0.98}}"#,
        id(number)
    )
}

#[tokio::test]
async fn a_read_reaches_fusion_and_its_device_counts_as_working() {
    let mut bench = bench(TRAVEL).await;
    bench.tells("uhf-1", "read", &read(1, EPC, SystemClock.wall()));
    let (device, sighting) = bench.seen().await;
    assert_eq!((&*device, &sighting.identity), ("uhf-1", &epc(EPC)));
    assert!(sighting.age_ms.is_some_and(|age| age < 2000), "{sighting:?}");
    bench.lane.hears("uhf-1 true").await;
}

/// fault D8: what a reader kept while nobody listened is told with its age, and does not hide the tag that is here now.
#[tokio::test]
async fn an_old_read_is_told_as_old_beside_a_fresh_one() {
    let mut bench = bench(TRAVEL).await;
    bench.tells("uhf-1", "read", &read(1, EPC, "2026-01-01T00:00:00.000Z"));
    bench.tells("uhf-1", "read", &read(2, EPC, SystemClock.wall()));
    let (old, fresh) = (bench.seen().await.1, bench.seen().await.1);
    assert!(old.age_ms.is_some_and(|age| age > 1_000_000), "{old:?}");
    assert!(fresh.age_ms.is_some_and(|age| age < 2000), "{fresh:?}");
}

/// fault E2: a read that the broker kept would look like an arrival to whoever subscribes; so would a repetition.
#[tokio::test]
async fn what_the_broker_kept_or_repeats_is_no_read() {
    let mut bench = bench(TRAVEL).await;
    bench.broker.deliver_retained("kakou/v1/G1/IN1/uhf-1/read", &read(1, EPC, SystemClock.wall()));
    bench.tells("uhf-1", "read", "{\"id\":");
    for _ in 0..3 {
        bench.tells("uhf-1", "read", &read(2, "AA01", SystemClock.wall()));
    }
    bench.tells("uhf-1", "read", &read(3, "AA02", SystemClock.wall()));
    assert_eq!(bench.seen().await.1.identity, epc("AA01"));
    assert_eq!(bench.seen().await.1.identity, epc("AA02"));
    let counted = bench.metrics.device("uhf-1");
    assert_eq!((counted.bad_checks.get(), counted.reads.get(), counted.frames.get()), (1, 2, 6));
}

#[tokio::test]
async fn vendors_readers_and_cameras_speak_their_own_forms() {
    let mut bench = bench(TRAVEL).await;
    bench.lane.hears("r700 true").await;
    let at = SystemClock.wall();
    let event = format!(
        r#"{{"timestamp":"{at}","eventType":"tagInventory","tagInventoryEvent":{{"epcHex":"{EPC}","antennaPort":2,"peakRssiCdbm":-5100}}}}"#
    );
    bench.broker.deliver("yard/r700", &event);
    let (device, sighting) = bench.seen().await;
    assert_eq!((&*device, sighting.identity, sighting.antenna), ("r700", epc(EPC), Some(2)));

    bench.broker.deliver_retained("frigate/available", "online");
    bench.lane.hears("cam true").await;
    let seconds = at.as_millis() as f64 / 1000.0;
    let update = format!(
        r#"{{"type":"lpr","id":"1.a","plate":"京A12345","score":0.95,"camera":"in","timestamp":{seconds}}}"#
    );
    bench.broker.deliver("frigate/tracked_object_update", &update);
    let (device, sighting) = bench.seen().await;
    assert_eq!((&*device, sighting.identity), ("cam", Identity::Plate("京A12345".to_owned())));
    bench.broker.deliver("frigate/available", "offline");
    assert!(bench.lane.hears("cam false").await.contains("says that it is away"));
}

/// fault C6: the broker is restarted and knows nothing of us.
#[tokio::test]
async fn a_broker_that_comes_back_is_asked_for_everything_again() {
    let mut bench = bench(TRAVEL).await;
    bench.tells("uhf-1", "online", "1");
    bench.lane.hears("uhf-1 true").await;
    bench.broker.knobs.throw_out.store(true, Ordering::SeqCst);
    bench.lane.hears("uhf-1 false").await;
    bench.tells("uhf-1", "read", &read(1, EPC, SystemClock.wall()));
    assert_eq!(bench.seen().await.1.identity, epc(EPC));
    assert_eq!(bench.broker.knobs.taken.load(Ordering::SeqCst), 2);
    let mut asked = Vec::new();
    while let Ok(filter) = bench.broker.filters.try_recv() {
        asked.push(filter);
    }
    let of_reader = asked.iter().filter(|filter| *filter == "kakou/v1/G1/IN1/uhf-1/read").count();
    assert_eq!(of_reader, 2, "{asked:?}");
    assert!(!asked.iter().any(|filter| filter.ends_with("/cmd")), "{asked:?}");
}

/// fault C6: a connection that is open and dead.
#[tokio::test]
async fn a_broker_that_says_nothing_any_more_is_given_up() {
    let mut bench = bench(TRAVEL).await;
    bench.tells("uhf-1", "online", "1");
    bench.lane.hears("uhf-1 true").await;
    bench.broker.knobs.mute.store(true, Ordering::SeqCst);
    bench.lane.hears("uhf-1 false").await;
    bench.broker.knobs.mute.store(false, Ordering::SeqCst);
    bench.lane.hears("r700 true").await;
    bench.tells("uhf-1", "online", "1");
    bench.lane.hears("uhf-1 true").await;
}

#[tokio::test]
async fn a_refused_password_is_told_and_tried_again() {
    let mut bench = bench(TRAVEL).await;
    bench.lane.hears("r700 true").await;
    bench.broker.knobs.refuse.store(true, Ordering::SeqCst);
    bench.broker.knobs.throw_out.store(true, Ordering::SeqCst);
    bench.lane.hears("r700 false").await;
    bench.broker.knobs.refuse.store(false, Ordering::SeqCst);
    bench.lane.hears("r700 true").await;
}

/// fault D4: a device that babbles is cut down to what can be looked at; another one is heard all the same.
#[tokio::test]
async fn a_flood_is_shed_and_counted_and_others_are_heard() {
    let mut bench = bench(TRAVEL).await;
    bench.lane.hears("r700 true").await;
    for number in 0..5000 {
        bench.broker.deliver("yard/r700", &format!(r#"{{"eventType":"none","number":{number}}}"#));
    }
    bench.tells("uhf-1", "read", &read(1, EPC, SystemClock.wall()));
    assert_eq!(bench.seen().await.1.identity, epc(EPC));
    let counted = bench.metrics.device("r700");
    let (shed, looked_at) = (counted.shed.get(), counted.frames.get());
    assert!(shed > 1000 && shed + looked_at == 5000, "{shed} shed, {looked_at} looked at");
    assert_eq!(bench.metrics.device("uhf-1").shed.get(), 0);
}

/// fault D3: a device that said how often it speaks, and does not.
#[tokio::test]
async fn a_device_that_owes_heartbeats_is_away_when_they_stay_out() {
    let mut bench = bench(TRAVEL).await;
    bench.looped("loop-a", 1, false);
    bench.lane.hears("loop-a true").await;
    assert!(bench.lane.hears("loop-a false").await.contains("says nothing any more"));
    bench.looped("loop-a", 2, false);
    bench.lane.hears("loop-a true").await;
}
