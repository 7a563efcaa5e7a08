//! A lock board: how its locks stand is laid out for the panel while it tells, and is not known any more when it does not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use protocols::{
    frame::Progress,
    lock::{
        board::{LockAnswer, LockDecoder, LockRequest, LockWire},
        session::Sensor,
    },
};

use super::{
    PATIENCE, lane,
    port::{Address, Plug},
};
use crate::{
    clock::SystemClock,
    config::{Kind, LockConfig},
    drivers::{ReaderDriver, conversation},
    fusion::FieldLink,
    panel::{DeviceMetrics, Metrics},
};

/// Lock 1 is shut, lock 2 as the test says; the contacts are closed while a lock is shut.
async fn serve(plug: Arc<Plug>, second_is_shut: Arc<AtomicBool>) {
    let mut decoder = LockDecoder::new(LockWire);
    while let Some(bytes) = plug.heard().await {
        decoder.push(&bytes);
        while let Progress::Frame(frame) = decoder.pull() {
            let LockRequest { board, lock, act } = LockRequest::parse(frame).unwrap();
            let is_shut = lock == 1 || second_is_shut.load(Ordering::SeqCst);
            let state = if is_shut { 0x11 } else { 0x00 };
            plug.write(&LockAnswer { board, lock, act, state }.encode()).await;
        }
    }
}

async fn shows(metrics: &DeviceMetrics, words: &str) {
    let shown =
        || metrics.locks.told().iter().map(|lock| lock.words.en.clone()).collect::<Vec<_>>().join(", ");
    let waited = tokio::time::timeout(PATIENCE, async {
        while shown() != words {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "never {words:?}, but {:?}", shown());
}

#[tokio::test]
async fn locks_are_shown_as_their_board_tells_them_and_unknown_without_it() {
    let (address, metrics, shut) = (Address::new().await, Metrics::new(), Arc::new(AtomicBool::new(true)));
    let metrics = metrics.device("locks-1");
    let config =
        LockConfig { board: 1, locks: 2, sensor: Sensor::ClosedWhenShut, poll: Duration::from_millis(100) };
    let begin = conversation(&Kind::Locks(config), &metrics).unwrap();
    let ((link, mut lane), (field, _reports)) = (lane(), FieldLink::open(["locks-1".into()].into_iter()));
    let port = address.settings();
    let clock = Arc::new(SystemClock);
    let driver = ReaderDriver::new("locks-1", &port, begin, vec![link], field, clock, metrics.clone());
    tokio::spawn(driver.run());
    let served = tokio::spawn(serve(address.plug().await, Arc::clone(&shut)));
    assert_eq!(lane.hears("locks-1 true").await, "locks-1 true: lock board 1");
    shows(&metrics, "lock 1 shut, lock 2 shut").await;
    shut.store(false, Ordering::SeqCst);
    shows(&metrics, "lock 1 shut, lock 2 open").await;
    served.abort();
    let _ = served.await;
    lane.hears("locks-1 false").await;
    shows(&metrics, "lock 1 not known, lock 2 not known").await;
    tokio::spawn(serve(address.plug().await, shut));
    lane.hears("locks-1 true").await;
    shows(&metrics, "lock 1 shut, lock 2 open").await;
}
