//! 发往内网: how a letter leaves the outbox, and what becomes of one that cannot.
//! Promises: a letter is handed over once, wherever the process stops in between; the status moves in the transaction that ends its row
//! of the outbox; after 30 minutes of failing tries the record is `SEND_FAILED` and the person is told (SG-170, SG-171).

use protocols::{contract::UtcMillis, rules::TripStatus};

use super::folder::{DropFolder, FolderError, letter};
use crate::{
    binding::{
        lifecycle::{self, Action},
        store as records,
    },
    config::{DeskConfig, DeskMode},
    declaration::{
        actor::Actor,
        lifecycle::{ApplyError, Cause},
        outbox::{self, Open, Progress},
    },
    gate_feed::alert::{self, Alert, Trouble},
    store::{Store, StoreError},
};

/// Whether a letter has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It has, and the status says so.
    Yes,
    /// Not now: it will be tried again, or it is not to be delivered any more.
    No,
}

/// One try to deliver a letter.
///
/// # Errors
/// [`StoreError`]; a line that fails is none: it is tried again.
pub async fn attempt(store: &Store, config: &DeskConfig, row: &Open) -> Result<Delivered, StoreError> {
    match config.mode {
        // The desk is in this very process: there is no line that could fail.
        DeskMode::Auto | DeskMode::Manual => confirm(store, &row.message_no, Action::Deliver, None).await,
        DeskMode::File => {
            let folder = DropFolder::new(&config.folder);
            if !claim(store, row).await? {
                return Ok(Delivered::No);
            }
            match hand_over(store, &folder, row).await? {
                Ok(true) => confirm(store, &row.message_no, Action::Deliver, None).await,
                Ok(false) => Ok(Delivered::No),
                Err(error) => failed(store, row, &error).await,
            }
        }
    }
}

/// Takes the letter for this try.
pub(super) async fn claim(store: &Store, row: &Open) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let taken = outbox::claim(&tx, row).await?;
    tx.commit().await?;
    Ok(taken)
}

/// Writes the letter and puts it into the folder; false when it is not to be delivered any more.
async fn hand_over(
    store: &Store,
    folder: &DropFolder,
    row: &Open,
) -> Result<Result<bool, FolderError>, StoreError> {
    if row.progress == Progress::Waiting {
        match write(store, folder, row).await? {
            Ok(true) => {}
            other => return Ok(other),
        }
        if !note_prepared(store, row).await? {
            return Ok(Ok(false));
        }
    }
    Ok(folder.place(row).await.map(|()| true))
}

/// Step one: the whole letter lies in the folder, where nobody takes it from.
pub(super) async fn write(
    store: &Store,
    folder: &DropFolder,
    row: &Open,
) -> Result<Result<bool, FolderError>, StoreError> {
    // A record that has moved on has ended its row, too.
    let Some(record) = records::find(store.read(), &row.number)
        .await?
        .filter(|record| record.status == TripStatus::Declared && record.version_no == row.version_no)
    else {
        return Ok(Ok(false));
    };
    let text = match letter::text(row, &record) {
        Ok(text) => text,
        Err(error) => return Ok(Err(FolderError::Letter(error))),
    };
    Ok(folder.prepare(row, &text).await.map(|()| true))
}

/// Step two: the table knows that it does; from here on a letter that does not lie there has been handed over.
pub(super) async fn note_prepared(store: &Store, row: &Open) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let noted = outbox::prepared(&tx, &row.message_no).await?;
    tx.commit().await?;
    Ok(noted)
}

/// The last step: the record's status follows, in the transaction that ends the row.
pub(super) async fn confirm(
    store: &Store,
    message_no: &str,
    action: Action,
    text: Option<String>,
) -> Result<Delivered, StoreError> {
    let mut tx = store.begin().await?;
    let Some(row) = outbox::open(tx.conn(), message_no).await? else { return Ok(Delivered::No) };
    let Some(record) = records::find(tx.conn(), &row.number).await? else { return Ok(Delivered::No) };
    let cause = Cause::by(Actor::centre()).saying(text);
    match lifecycle::apply(&mut tx, &record, action, &cause, None).await {
        Ok(_) => tx.commit().await.map(|()| Delivered::Yes),
        Err(ApplyError::OutOfPlace(refused)) => {
            tracing::warn!(record.unified_no = row.number, "a letter has no record to go with it: {refused}");
            Ok(Delivered::No)
        }
        Err(ApplyError::Overtaken(_)) => Ok(Delivered::No),
        Err(ApplyError::Store(error)) => Err(error),
    }
}

/// A try has failed: another one follows, until it has been tried for 30 minutes.
async fn failed(store: &Store, row: &Open, error: &FolderError) -> Result<Delivered, StoreError> {
    let now: UtcMillis = store.clock().now();
    tracing::warn!(
        record.unified_no = row.number,
        outbox.tries = row.tries + 1,
        error = error as &dyn std::error::Error,
        "a letter could not be delivered"
    );
    let tx = store.begin().await?;
    let alert = Alert::of(&Trouble::DeclarationsStay(error.words()));
    alert::raise_rarely(&tx, &alert).await?;
    tx.commit().await?;
    if !row.is_given_up(now) {
        return Ok(Delivered::No);
    }
    let text = "30分钟内多次重试，未能发往内网".to_owned();
    confirm(store, &row.message_no, Action::FailDelivery, Some(text)).await
}
