//! What the clock does with applications: the time for feedback ends, and who has neither fed back nor explained has broken the rule.
//! Promises: what is due is what the table says, so a restart forgets nothing; what waits for customs is left alone (AC-206).
//! Source: spec AC-193, AC-206.

use std::time::Duration;

use protocols::contract::UtcMillis;

use super::{customs, lifecycle::Action, record::Appointment, store};
use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        lifecycle::{ApplyError, Cause},
        record,
    },
    store::{Store, StoreError},
};

const AT_ONCE: u32 = 200;
/// An approval or an answer may have made something due meanwhile: look again at the latest after this.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Does its duties for ever.
pub async fn run(central: Central) {
    loop {
        let next = match settle_due(central.store()).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "cannot end the time for feedback");
                None
            }
        };
        let now = central.store().clock().now().as_millis();
        let until = |due: UtcMillis| Duration::from_millis((due.as_millis() - now).max(1000).unsigned_abs());
        tokio::time::sleep(next.map_or(LOOK_AGAIN, until).min(LOOK_AGAIN)).await;
    }
}

/// Ends what is due; tells when the next thing is.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_due(store: &Store) -> Result<Option<UtcMillis>, StoreError> {
    loop {
        let due = store::ended(store.read(), store.clock().now(), AT_ONCE).await?;
        let mut moved = false;
        for record in due {
            moved |= end(store, &record.head.number).await?;
        }
        // Whatever did not move now is looked at again in the next round, not in this one for ever.
        if !moved {
            return store::next_end(store.read()).await;
        }
    }
}

/// False when the application has moved on meanwhile.
async fn end(store: &Store, number: &str) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let Some(record) = record::take::<Appointment>(&tx, number).await? else { return Ok(false) };
    match customs::take(&tx, &record, Action::EndWindow, &Cause::by(Actor::centre())).await {
        Ok(_) => tx.commit().await.map(|()| true),
        Err(ApplyError::OutOfPlace(_) | ApplyError::Overtaken(_)) => Ok(false),
        Err(ApplyError::Store(error)) => Err(error),
    }
}
