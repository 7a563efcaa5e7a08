//! Release codes of a running agent: from what they are judged.

use std::{sync::Arc, time::Duration};

use crate::{
    apart::beside,
    clock::Clock,
    config::Config,
    identity::{IdentityFiles, IdentityKeeper, TrustedTime},
    journal::{EmergencyLog, Journal},
    lane::TakenCodes,
    release_code::{CodeTime, ReleaseCodes},
};

/// How often the file is looked at, and the next start told how late it is, if that has moved.
const LOOK_AFTER: Duration = Duration::from_secs(5 * 60);

/// Those of this gate, by the time that its certificates are judged by too; a gate without one has the floor that an earlier one left.
pub(super) fn of_this_gate(
    config: &Config,
    journal: &Journal,
    keeper: Option<&Arc<IdentityKeeper>>,
    clock: &Arc<dyn Clock>,
    taken: TakenCodes,
) -> Arc<ReleaseCodes> {
    let (folder, gate_id) = (&config.gate.data_dir, config.gate.gate_id.clone());
    let own = || Arc::new(TrustedTime::new(Arc::clone(clock), IdentityFiles::in_folder(folder).floor()));
    let trusted = keeper.map_or_else(own, |keeper| Arc::clone(keeper.time()));
    let time = CodeTime::open(folder, trusted, Arc::clone(clock));
    let emergency = EmergencyLog::at(config.gate.emergency_log.clone());
    Arc::new(ReleaseCodes::open(folder, gate_id, journal.clone(), &emergency, taken, time))
}

/// Looks after them for as long as the agent runs, once the journal is open: before, the folder may not be there yet.
pub(super) async fn look_after(codes: Arc<ReleaseCodes>, journal: Journal) {
    if journal.recovered().await.is_err() {
        return;
    }
    loop {
        let codes = Arc::clone(&codes);
        // A disk that hangs keeps nobody else from running, and without a thread they are looked after the next time.
        let _ = beside(move || codes.look_after()).await;
        tokio::time::sleep(LOOK_AFTER).await;
    }
}
