//! 海关审核台: the other side of a declaration.
//! `delivery`: how a letter leaves the outbox · `folder`: customs' drop folder, mode `file` · `settle`: where customs' word meets a
//! record · `api`: what one officer does with one record · `bulk`: one act on many · `work`: what waits.
//! `auto` delivers and answers by itself after a delay, `manual` delivers and waits for officers, `file` delivers into a folder and
//! takes answers out of it; officers can act in all three.
//! Promises: what waits is what the tables say (the outbox, `SENT`), so a restart forgets nothing, sends nothing and answers nothing
//! twice.

pub mod api;
pub mod bulk;
pub mod delivery;
pub mod folder;
mod settle;
#[cfg(test)]
mod tests;
pub mod work;

use std::{sync::Arc, time::Duration};

use protocols::{contract::UtcMillis, rules::TripStatus};
use tokio::sync::Notify;

use crate::{
    app::Central,
    binding::{
        lifecycle::{self, Action},
        store,
    },
    config::{DeskConfig, DeskMode},
    declaration::{
        actor::Actor,
        lifecycle::{ApplyError, Cause},
        outbox,
    },
    store::{Store, StoreError},
};
use delivery::Delivered;

const AT_ONCE: u32 = 200;
/// Another process may have declared something: look again at the latest after this.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long an answer may lie in the drop folder.
const LOOK_INTO_FOLDER_MS: i64 = 1000;

/// The desk's bell.
#[derive(Clone, Debug, Default)]
pub struct Desk(Arc<Notify>);

impl Desk {
    /// Something was declared.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// Answers for ever.
pub async fn run(central: Central) {
    loop {
        let config = &central.config().desk;
        let next = match settle_due(central.store(), config).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the desk could not answer");
                None
            }
        };
        let now = central.store().clock().now().as_millis();
        let wait = next.map_or(LOOK_AGAIN, |due| {
            Duration::from_millis((due.as_millis() - now).max(1).unsigned_abs()).min(LOOK_AGAIN)
        });
        tokio::select! {
            () = central.desk().0.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Does everything that is due; tells when the next thing is.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_due(store: &Store, config: &DeskConfig) -> Result<Option<UtcMillis>, StoreError> {
    deliver_due(store, config).await?;
    let mut next = outbox::next_due(store.read(), config.send_delay_ms).await?;
    match config.mode {
        DeskMode::Auto => {
            let due = approve_due(store, config.approve_delay_ms).await?;
            next = [next, due].into_iter().flatten().min();
        }
        DeskMode::Manual => {}
        DeskMode::File => {
            folder::take_answers(store, config).await?;
            let look = UtcMillis::from_millis(store.clock().now().as_millis() + LOOK_INTO_FOLDER_MS);
            next = [next, Some(look)].into_iter().flatten().min();
        }
    }
    Ok(next)
}

/// Delivers what is due.
async fn deliver_due(store: &Store, config: &DeskConfig) -> Result<(), StoreError> {
    loop {
        let now = store.clock().now();
        let due = outbox::due(store.read(), now, config.send_delay_ms, AT_ONCE).await?;
        let mut moved = false;
        for row in &due {
            moved |= delivery::attempt(store, config, row).await? == Delivered::Yes;
        }
        // Whatever did not move now is looked at again in the next round, not in this one for ever.
        if !moved {
            return Ok(());
        }
    }
}

/// Answers what was sent so long ago, in mode `auto`; tells when the next one is due.
async fn approve_due(store: &Store, delay_ms: u32) -> Result<Option<UtcMillis>, StoreError> {
    let delay = i64::from(delay_ms);
    let until = UtcMillis::from_millis(store.clock().now().as_millis() - delay);
    loop {
        let mut moved = false;
        for record in store::waiting(store.read(), TripStatus::Sent, until, AT_ONCE).await? {
            moved |= act(store, record.unified_no.as_str(), TripStatus::Sent, Action::Approve).await?;
        }
        if !moved {
            break;
        }
    }
    let oldest = store::oldest_waiting(store.read(), TripStatus::Sent).await?;
    Ok(oldest.map(|since| UtcMillis::from_millis(since.as_millis() + delay)))
}

/// One act of the centre or of the automatic desk; false when the record has moved on meanwhile.
///
/// # Errors
/// [`StoreError`].
pub async fn act(
    store: &Store,
    unified_no: &str,
    status: TripStatus,
    action: Action,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let Some(record) = store::find(tx.conn(), unified_no).await?.filter(|record| record.status == status)
    else {
        return Ok(false);
    };
    let actor = if action.receipt_code().is_some() { Actor::customs() } else { Actor::centre() };
    match lifecycle::apply(&mut tx, &record, action, &Cause::by(actor), None).await {
        Ok(_) => tx.commit().await.map(|()| true),
        Err(ApplyError::OutOfPlace(refused)) => {
            tracing::warn!(record.unified_no = unified_no, "the desk had nothing to do: {refused}");
            Ok(false)
        }
        Err(ApplyError::Overtaken(_)) => Ok(false),
        Err(ApplyError::Store(error)) => Err(error),
    }
}
