//! The ways out of the portal: each notice to each of them, tried at most four times.
//! Promises: nothing waits for it (PO-284); a try is counted before it is made, so that a way out that brings the process down is given up as well;
//! what came of it stands with the delivery and in the log, without secrets.

use std::time::Duration;

use protocols::contract::UtcMillis;
use sea_orm::QueryResult;

use super::{Outgoing, RecordLink, mail::Mail, webhook::Hooks};
use crate::{
    app::Central,
    store::{StoreError, all, column, execute},
};

const EVERY: Duration = Duration::from_secs(5);
const AT_ONCE: i64 = 20;
/// What follows the first try: retried up to 3 times.
const AGAIN_AFTER_MS: [i64; 3] = [60_000, 10 * 60_000, 60 * 60_000];
/// A try that says nothing for so long has failed with its process.
const TRY_MS: i64 = 60_000;
const LONGEST_RESULT: usize = 300;

struct Delivery {
    id: String,
    channel: String,
    target: String,
    tries: i64,
    due_at: i64,
    notice: Outgoing,
}

/// Runs for ever.
pub async fn run(central: Central) {
    let mut round = tokio::time::interval(EVERY);
    loop {
        round.tick().await;
        if let Err(error) = once(&central).await {
            tracing::error!(error = &error as &dyn std::error::Error, "notices could not be sent on");
        }
    }
}

/// Sends what is due; tells how many tries were made.
///
/// # Errors
/// [`StoreError`].
pub async fn once(central: &Central) -> Result<u64, StoreError> {
    let now = central.store().clock().now().as_millis();
    let sql = "SELECT d.id AS delivery, d.channel, d.target, d.tries, d.due_at, n.id, n.kind, n.title, n.body, n.created_at, n.manual,
               n.number, n.status FROM delivery d JOIN notice n ON n.id = d.notice_id WHERE d.due_at <= $1 ORDER BY d.due_at, d.id LIMIT $2";
    let rows = all(central.store().read(), sql, [now.into(), AT_ONCE.into()]).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (mail, hooks) = (Mail::new(&central.config().notice), Hooks::new(&central.config().webhooks));
    let mut tries = 0;
    for row in &rows {
        let delivery = read(row)?;
        if !claim(central, &delivery).await? {
            continue;
        }
        tries += 1;
        let result = match delivery.channel.as_str() {
            "mail" => mail.send(&delivery.target, &delivery.notice).await,
            _ => hooks.send(&delivery.target, &delivery.notice, now).await,
        };
        settle(central, &delivery, result).await?;
    }
    Ok(tries)
}

fn read(row: &QueryResult) -> Result<Delivery, StoreError> {
    let text = |name: &str| column::<String>(row, name);
    let record = match column::<Option<String>>(row, "manual")? {
        None => None,
        Some(manual) => Some(RecordLink { manual, number: text("number")?, status: text("status")? }),
    };
    let notice = Outgoing {
        id: text("id")?,
        kind: text("kind")?,
        title: text("title")?,
        body: text("body")?,
        created_at: UtcMillis::from_millis(column(row, "created_at")?),
        record,
    };
    Ok(Delivery {
        id: text("delivery")?,
        channel: text("channel")?,
        target: text("target")?,
        tries: column(row, "tries")?,
        due_at: column(row, "due_at")?,
        notice,
    })
}

/// Counts the try, unless another process has taken it.
async fn claim(central: &Central, delivery: &Delivery) -> Result<bool, StoreError> {
    let tx = central.store().begin().await?;
    let sql = "UPDATE delivery SET tries = tries + 1, due_at = $3 WHERE id = $1 AND due_at = $2";
    let again = tx.now().as_millis() + TRY_MS;
    let claimed =
        execute(tx.conn(), sql, [delivery.id.clone().into(), delivery.due_at.into(), again.into()]).await?;
    tx.commit().await?;
    Ok(claimed == 1)
}

async fn settle(
    central: &Central,
    delivery: &Delivery,
    result: Result<(), String>,
) -> Result<(), StoreError> {
    let tx = central.store().begin().await?;
    let now = tx.now().as_millis();
    let again = usize::try_from(delivery.tries).ok().and_then(|tries| AGAIN_AFTER_MS.get(tries));
    let (due, said) = match result {
        Ok(()) => (None, "delivered".to_owned()),
        Err(why) => (again.map(|after| now + after), why.chars().take(LONGEST_RESULT).collect()),
    };
    let sql = "UPDATE delivery SET due_at = $2, done_at = $3, result = $4 WHERE id = $1";
    let done = if due.is_none() { Some(now) } else { None };
    execute(tx.conn(), sql, [delivery.id.clone().into(), due.into(), done.into(), said.clone().into()])
        .await?;
    tx.commit().await?;
    tracing::info!(
        notice.id = delivery.notice.id,
        delivery.channel = delivery.channel,
        delivery.target = delivery.target,
        delivery.again = due.is_some(),
        "notice {} by {}: {said}",
        delivery.notice.id,
        delivery.channel
    );
    Ok(())
}
