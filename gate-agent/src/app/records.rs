//! What the program itself records: its start and its end, and what the last run left in the emergency log.

use std::{io, sync::Arc, time::Duration};

use protocols::contract::EventType;
use serde_json::json;
use tokio::sync::watch;
use tracing::{info, warn};

use super::stop;
use crate::{
    apart::beside,
    clock::Clock,
    journal::{Draft, EmergencyLog, Journal},
    release_code::ReleaseCodes,
};

/// How long a log that cannot be read is left alone.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// Records the start or the stop of the agent. A new journal records its start once the centre has given it an epoch.
pub(super) async fn record(
    journal: Journal,
    clock: Arc<dyn Clock>,
    event_type: EventType,
    mut stopped: watch::Receiver<bool>,
) {
    let mut head = journal.head();
    let mut draft = Draft::new(event_type, clock.tick(), clock.wall());
    draft.detail = Some(json!({ "version": env!("CARGO_PKG_VERSION") }));
    loop {
        match journal.commit(vec![draft.clone()]).await {
            Ok(_) => return,
            Err(error) if *stopped.borrow() => return warn!(%error, "{} is not recorded", event_type.code()),
            Err(_) => {}
        }
        tokio::select! {
            () = stop(&mut stopped) => {}
            changed = head.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// Carries into the journal what the last run left in the emergency log, once the journal is open: before, the folder may not be there yet. Codes that stand in the log
/// are used, whatever becomes of its lines.
pub(super) async fn carry_over(
    journal: Journal,
    codes: Arc<ReleaseCodes>,
    log: EmergencyLog,
    mut stopped: watch::Receiver<bool>,
) {
    tokio::select! {
        () = stop(&mut stopped) => return,
        opened = journal.recovered() => if opened.is_err() { return },
    }
    let left = tokio::select! {
        () = stop(&mut stopped) => return,
        left = what_was_left(&codes, &log) => left,
    };
    if left.is_empty() {
        return;
    }
    let mut head = journal.head();
    while let Err(error) = journal.commit(left.clone()).await {
        warn!(%error, "what stands in the emergency log waits for the journal");
        tokio::select! {
            () = stop(&mut stopped) => return,
            changed = head.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
    match log.carried_over(None) {
        Ok(()) => info!("{} records of the emergency log are in the journal", left.len()),
        Err(error) => warn!(%error, "the emergency log cannot be emptied"),
    }
}

async fn what_was_left(codes: &Arc<ReleaseCodes>, log: &EmergencyLog) -> Vec<Draft> {
    let mut is_told = false;
    loop {
        let (codes, log) = (Arc::clone(codes), log.clone());
        // Lines that are gone before their codes are known would leave these codes good.
        let read = move || match codes.recall() {
            Ok(()) => log.left(),
            Err(why) => Err(io::Error::other(why.code())),
        };
        match beside(read).await.map_err(io::Error::other).and_then(|left| left) {
            Ok(left) => return left,
            Err(error) if !is_told => {
                is_told = true;
                warn!(%error, "the emergency log cannot be read; a person must look at it");
            }
            Err(_) => {}
        }
        tokio::time::sleep(READ_AGAIN).await;
    }
}
