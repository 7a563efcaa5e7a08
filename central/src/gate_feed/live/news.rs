//! 新情况: everything that a person at a screen sees at the start, and what has moved since.
//! Promises: read in one transaction, so the number told with it is exactly as far as it goes; bounded, whatever has happened meanwhile: who
//! has been away for too long gets everything anew.

use protocols::contract::UtcMillis;
use sea_orm::DatabaseTransaction;
use serde_json::{Value, json};

use super::{
    SERIES,
    view::{self, SILENT_AFTER_S},
};
use crate::{
    app::Central,
    declaration::query::{Conditions, Page, documents},
    gate_feed::{alert, passage::Passage, reach::Reach},
    store::{StoreError, column, one},
};

/// Passages at the start.
const RECENT: u64 = 20;
/// Open alerts at the start; the newest.
const ALERTS: u64 = 100;
/// Passages and alerts that are told as news; more than these, and everything is told anew.
const MOST: u64 = 100;

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// How far it goes.
    pub upto: i64,
    /// What there is.
    pub what: What,
}

/// What there is to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Everything.
    State(Value),
    /// What has moved.
    Moved(Value),
    /// What has moved is not for this person.
    Nothing,
}

/// How far the series has come.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(central: &Central) -> Result<i64, StoreError> {
    number(central.store().read()).await
}

async fn number<C: sea_orm::ConnectionTrait>(conn: &C) -> Result<i64, StoreError> {
    let row = one(conn, "SELECT value FROM counter WHERE name = $1", [SERIES.into()]).await?;
    row.map_or(Ok(0), |row| column(&row, "value"))
}

/// Everything, or what came after a number; none when nothing did.
///
/// # Errors
/// [`StoreError`].
pub async fn read(central: &Central, reach: &Reach, after: Option<i64>) -> Result<Option<News>, StoreError> {
    let tx = central.store().begin_read().await?;
    let upto = number(&tx).await?;
    let news = match after {
        // A number that was never given is one of another centre, or of this one before it was restored.
        Some(after) if after == upto => None,
        Some(after) if after < upto => match since(&tx, central, reach, after).await? {
            Some(what) => Some(News { upto, what }),
            None => Some(News { upto, what: state(&tx, central, reach).await? }),
        },
        _ => Some(News { upto, what: state(&tx, central, reach).await? }),
    };
    tx.commit().await?;
    Ok(news)
}

async fn state(tx: &DatabaseTransaction, central: &Central, reach: &Reach) -> Result<What, StoreError> {
    let mut seen = Conditions::default();
    reach.narrow("yard_id", &mut seen);
    let page = Page { page: 1, size: RECENT };
    let passages: Vec<Passage> =
        documents(tx, "passage", "number", &seen, "began_at DESC, number DESC", page).await?;
    let open = alert::open(reach);
    let (alerts, total) = (alert::newest(tx, &open, ALERTS).await?, alert::count(tx, &open).await?);
    Ok(What::State(json!({
        "now": now(central), "silent_after_s": SILENT_AFTER_S, "gates": view::gates(tx, central, reach, None).await?,
        "passages": shown(&passages), "alerts": alerts, "alerts_total": total,
    })))
}

/// None when there is more than can be told as news.
async fn since(
    tx: &DatabaseTransaction,
    central: &Central,
    reach: &Reach,
    after: i64,
) -> Result<Option<What>, StoreError> {
    let mut moved = Conditions::default();
    reach.narrow("yard_id", &mut moved);
    moved.add("moved > ?", vec![after.into()]);
    let page = Page { page: 1, size: MOST + 1 };
    let passages: Vec<Passage> = documents(tx, "passage", "number", &moved, "moved, number", page).await?;
    let mut moved = Conditions::default();
    reach.narrow_alerts(&mut moved);
    moved.add("moved > ?", vec![after.into()]);
    let alerts = alert::newest(tx, &moved, MOST + 1).await?;
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    if passages.len() > most || alerts.len() > most {
        return Ok(None);
    }
    let gates = view::gates(tx, central, reach, Some(after)).await?;
    if passages.is_empty() && alerts.is_empty() && gates.is_empty() {
        return Ok(Some(What::Nothing));
    }
    let total = if alerts.is_empty() { None } else { Some(alert::count(tx, &alert::open(reach)).await?) };
    Ok(Some(What::Moved(json!({
        "now": now(central), "gates": gates, "passages": shown(&passages), "alerts": alerts, "alerts_total": total,
    }))))
}

fn shown(passages: &[Passage]) -> Vec<Value> {
    passages.iter().map(Passage::shown).collect()
}

fn now(central: &Central) -> UtcMillis {
    central.store().clock().now()
}
