//! 海关: the other side of a declaration.
//! `auto` answers by itself after a delay, `manual` waits for officers; both deliver. A drop folder will be a third mode.
//! Promises: what waits is what the table says (`DECLARED`, `SENT`), so a restart forgets nothing and answers nothing twice.

pub mod api;

use std::{sync::Arc, time::Duration};

use protocols::{contract::UtcMillis, rules::TripStatus};
use tokio::sync::Notify;

use crate::{
    app::Central,
    binding::{
        lifecycle::{self, Action, ApplyError, Cause},
        store,
    },
    config::{DeskConfig, DeskMode},
    store::{Store, StoreError},
};

const AT_ONCE: u32 = 200;
/// Another process may have declared something: look again at the latest after this.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

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

/// What the desk does by itself with a record in this status, and after how many milliseconds.
const fn duty(config: &DeskConfig, status: TripStatus) -> Option<(Action, u32)> {
    match (status, config.mode) {
        (TripStatus::Declared, _) => Some((Action::Deliver, config.send_delay_ms)),
        (TripStatus::Sent, DeskMode::Auto) => Some((Action::Approve, config.approve_delay_ms)),
        _ => None,
    }
}

/// Does everything that is due; tells when the next thing is.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_due(store: &Store, config: &DeskConfig) -> Result<Option<UtcMillis>, StoreError> {
    let mut next = None;
    for status in [TripStatus::Declared, TripStatus::Sent] {
        let Some((action, delay)) = duty(config, status) else { continue };
        let until = UtcMillis::from_millis(store.clock().now().as_millis() - i64::from(delay));
        loop {
            let waiting = store::waiting(store.read(), status, until, AT_ONCE).await?;
            if waiting.is_empty() {
                break;
            }
            let mut moved = false;
            for record in waiting {
                moved |= act(store, record.unified_no.as_str(), status, action).await?;
            }
            // Whatever did not move now is looked at again in the next round, not in this one for ever.
            if !moved {
                break;
            }
        }
        let oldest = store::oldest_waiting(store.read(), status).await?;
        let due = oldest.map(|since| UtcMillis::from_millis(since.as_millis() + i64::from(delay)));
        next = [next, due].into_iter().flatten().min();
    }
    Ok(next)
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
    let actor = if action.receipt_code().is_some() { "customs" } else { "centre" };
    let cause = Cause { actor: actor.into(), ..Cause::default() };
    match lifecycle::apply(&mut tx, &record, action, &cause, None).await {
        Ok(_) => tx.commit().await.map(|()| true),
        Err(ApplyError::OutOfPlace(refused)) => {
            tracing::warn!(record.unified_no = unified_no, "the desk had nothing to do: {refused}");
            Ok(false)
        }
        Err(ApplyError::Store(error)) => Err(error),
    }
}
