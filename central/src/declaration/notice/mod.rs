//! 通知: what people are told, and where they are told it.
//! `audience`: to whom · `inbox`: the list in the portal · `deliver`, `mail`, `webhook`: the ways out · `announcement`: what officers and
//! administrators publish.
//! Promises: a notice in the portal is made in the transaction that causes it, always; the ways out are best effort and never hold that
//! transaction up (PO-284). One that is tied to a record is open until the record leaves the state that caused it (PO-282).
//! Source: spec PO-280..PO-285, PO-415..PO-417.

pub mod announcement;
pub mod audience;
pub mod deliver;
mod inbox;
mod mail;
mod webhook;

use protocols::contract::UtcMillis;
use sea_orm::Value;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;

pub use audience::Audience;

use crate::{
    app::Central,
    store::{StoreError, Tx, execute},
};

/// 通知 as it is made.
#[derive(Clone, Debug)]
pub struct NewNotice<'a> {
    /// To whom.
    pub audience: &'a Audience,
    /// What kind, such as `appointment.approved`; stable, for programs.
    pub kind: &'static str,
    /// 标题.
    pub title: String,
    /// 内容.
    pub body: String,
    /// The record that it is about.
    pub record: Option<About<'a>>,
    /// Who gets it by mail as well (PO-283).
    pub mail_to: Vec<String>,
}

/// The record that a notice is about, in the state that caused it.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The manual.
    pub manual: &'a str,
    /// The record's number.
    pub number: &'a str,
    /// 单证状态.
    pub status: &'a str,
}

/// The paths.
pub fn router() -> OpenApiRouter<Central> {
    inbox::router().merge(announcement::router())
}

/// Makes a notice, and notes for the ways out that it is to go.
///
/// # Errors
/// [`StoreError`].
pub async fn create(central: &Central, tx: &Tx, notice: &NewNotice<'_>) -> Result<(), StoreError> {
    let id = uuid::Uuid::now_v7().to_string();
    let record = notice.record.as_ref();
    let sql = "INSERT INTO notice (id, created_at, audience, kind, title, body, manual, number, status)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values: [Value; 9] = [
        id.clone().into(),
        tx.now().as_millis().into(),
        notice.audience.code().into(),
        notice.kind.into(),
        notice.title.clone().into(),
        notice.body.clone().into(),
        record.map(|record| record.manual.to_owned()).into(),
        record.map(|record| record.number.to_owned()).into(),
        record.map(|record| record.status.to_owned()).into(),
    ];
    execute(tx.conn(), sql, values).await?;
    let hooks = central.config().webhooks.iter().map(|hook| ("webhook", hook.name.clone()));
    let mails = notice.mail_to.iter().map(|address| ("mail", address.clone()));
    let mails = mails.filter(|_| !central.config().notice.smtp_url.is_empty());
    for (channel, target) in hooks.chain(mails) {
        let sql = "INSERT INTO delivery (id, notice_id, channel, target, tries, due_at) VALUES ($1, $2, $3, $4, 0, $5)";
        let key = uuid::Uuid::now_v7().to_string();
        let values =
            [key.into(), id.clone().into(), channel.into(), target.into(), tx.now().as_millis().into()];
        execute(tx.conn(), sql, values).await?;
    }
    Ok(())
}

/// The record is in this state now, or gone: notices of other states are no longer to do (PO-282). Each step of a life cycle says so.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn left(
    tx: &Tx,
    manual: &str,
    number: &str,
    now_in: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE notice SET closed_at = $3 WHERE manual = $1 AND number = $2 AND closed_at IS NULL AND status <> $4";
    let values =
        [manual.into(), number.into(), tx.now().as_millis().into(), now_in.unwrap_or_default().into()];
    execute(tx.conn(), sql, values).await.map(|_| ())
}

/// 通知 as it goes out.
#[derive(Clone, Debug, Serialize)]
struct Outgoing {
    id: String,
    kind: String,
    title: String,
    body: String,
    created_at: UtcMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<RecordLink>,
}

/// The record that a notice is about, as a link needs it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct RecordLink {
    /// The manual.
    manual: String,
    /// The record's number.
    number: String,
    /// 单证状态 that caused the notice.
    status: String,
}

#[cfg(test)]
mod tests;
