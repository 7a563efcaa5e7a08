//! What the program itself records: its start and its end, and what the last run left in the emergency log.

use std::{fmt::Display, io, path::PathBuf, sync::Arc, time::Duration};

use protocols::contract::EventType;
use serde_json::json;
use tokio::sync::watch;
use tracing::{info, warn};

use super::stop;
use crate::{
    apart::beside,
    clock::Clock,
    journal::{Draft, EmergencyLog, Journal, missing},
    release_code::ReleaseCodes,
    watchdog,
};

/// How long a log that cannot be read is left alone.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// What the program says of itself, now.
pub(super) fn said(event_type: EventType, clock: &dyn Clock) -> Draft {
    let mut draft = Draft::new(event_type, clock.tick(), clock.wall());
    draft.detail = Some(json!({ "version": env!("CARGO_PKG_VERSION") }));
    draft
}

/// Records the start, and with it why the run before was ended, if its supervisor did that. Once the journal is open: before, the folder may not be there yet.
pub(super) async fn record_start(
    journal: Journal,
    mut start: Draft,
    data_dir: PathBuf,
    mut stopped: watch::Receiver<bool>,
) {
    tokio::select! {
        () = stop(&mut stopped) => return,
        opened = journal.recovered() => if opened.is_err() { return },
    }
    let folder = data_dir.clone();
    let left = beside(move || watchdog::left(&folder)).await.map_err(io::Error::other).and_then(|left| left);
    let left = left.unwrap_or_else(|error| {
        warn!(%error, "why the last run ended cannot be read: {error}");
        None
    });
    if let (Some(stood), Some(detail)) = (&left, &mut start.detail) {
        warn!("the agent was started anew: {stood} at {}", stood.at);
        detail["stood_still"] = json!(stood);
    }
    if !record(journal, start, stopped).await || left.is_none() {
        return;
    }
    let forgotten = beside(move || watchdog::forget(&data_dir)).await.map_err(io::Error::other);
    if let Err(error) = forgotten.and_then(|forgotten| forgotten) {
        warn!(%error, "the next start will say it once more: {error}");
    }
}

/// Records the start or the stop of the agent; true when that is durable. A new journal records its start once the centre has given it an epoch.
pub(super) async fn record(journal: Journal, draft: Draft, mut stopped: watch::Receiver<bool>) -> bool {
    let mut head = journal.head();
    loop {
        match journal.commit(vec![draft.clone()]).await {
            Ok(_) => return true,
            Err(error) if *stopped.borrow() => {
                warn!(%error, "{} is not recorded", draft.event_type.code());
                return false;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop(&mut stopped) => {}
            changed = head.changed() => if changed.is_err() { return false },
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// Where releases of the last run may stand.
pub(super) struct Left {
    /// Besides the journal.
    pub log: EmergencyLog,
    /// Whatever it has already.
    pub journal_file: PathBuf,
    /// What they were opened with.
    pub codes: Arc<ReleaseCodes>,
}

/// Carries into the journal what the last run left in the emergency log and not there, once the journal is open: before, the folder may not be there yet. Codes that
/// stand in the log are used, whatever becomes of its lines.
pub(super) async fn carry_over(journal: Journal, left: Left, mut stopped: watch::Receiver<bool>) {
    let Left { log, journal_file, codes } = left;
    tokio::select! {
        () = stop(&mut stopped) => return,
        opened = journal.recovered() => if opened.is_err() { return },
    }
    let left = tokio::select! {
        () = stop(&mut stopped) => return,
        left = what_was_left(&codes, &log) => left,
    };
    let all = left.clone();
    let left = match beside(move || missing(&journal_file, left)).await.map_err(io::Error::other) {
        Ok(Ok(left)) => left,
        Ok(Err(error)) => twice(&all, &error),
        Err(error) => twice(&all, &error),
    };
    let mut head = journal.head();
    // A lane may have found the file unread when its own lines were in the journal.
    while !left.is_empty()
        && let Err(error) = journal.commit(left.clone()).await
    {
        warn!(%error, "what stands in the emergency log waits for the journal");
        tokio::select! {
            () = stop(&mut stopped) => return,
            changed = head.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
    match log.carried_over(None) {
        Ok(()) if all.is_empty() => {}
        Ok(()) => info!(
            "{} records of the emergency log are in the journal, {} of them since now",
            all.len(),
            left.len()
        ),
        Err(error) => warn!(%error, "the emergency log cannot be emptied"),
    }
}

fn twice(all: &[Draft], error: &impl Display) -> Vec<Draft> {
    warn!(%error, "what stands in the emergency log may come twice into the journal: {error}");
    all.to_vec()
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
