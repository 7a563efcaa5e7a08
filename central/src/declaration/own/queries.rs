//! Conditions of a query page under a name, for those who ask the same every day.
//! Promises: one of a manual at most is the one that its page begins with; a name stands once.
//! Absent on purpose: what the conditions mean. They are kept as the page has them, and judged by the list when it is asked.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{LONGEST_WORD, has_room, is_word, judged, manual, name, refused, taken};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, problem::Problem, query},
    identity::Person,
    store::{StoreError, Tx, all, column, execute, from_json, one, to_json},
};

const MOST_CONDITIONS: usize = 50;

pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(list, save)).routes(routes!(change, delete))
}

/// 常用查询.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct SavedQuery {
    id: String,
    /// Of which list.
    manual: String,
    /// What its person calls it.
    name: String,
    /// By their names, as the page has them.
    conditions: BTreeMap<String, String>,
    /// The page begins with it.
    is_default: bool,
    #[schema(value_type = String)]
    updated_at: UtcMillis,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct SavedQueries {
    items: Vec<SavedQuery>,
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Of {
    /// Of this list only.
    manual: Option<String>,
}

#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct New {
    manual: String,
    name: String,
    conditions: BTreeMap<String, String>,
    #[serde(default)]
    is_default: bool,
}

#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    name: String,
    conditions: BTreeMap<String, String>,
    #[serde(default)]
    is_default: bool,
}

fn read(row: &QueryResult) -> Result<SavedQuery, StoreError> {
    Ok(SavedQuery {
        id: column(row, "id")?,
        manual: column(row, "manual")?,
        name: column(row, "name")?,
        conditions: from_json("saved query", &column::<String>(row, "doc")?)?,
        is_default: column::<i64>(row, "is_default")? != 0,
        updated_at: UtcMillis::from_millis(column(row, "updated_at")?),
    })
}

fn judge(conditions: &BTreeMap<String, String>, faults: &mut Vec<FieldError>) {
    if conditions.len() > MOST_CONDITIONS {
        faults.push(refused("conditions", "条件过多", "at most 50 conditions", conditions.len()));
    }
    for (name, value) in conditions.iter().take(MOST_CONDITIONS) {
        let path: String = format!("conditions.{name}").chars().take(LONGEST_WORD).collect();
        if is_word(name) {
            query::text(&path, Some(value), faults);
        } else {
            faults.push(refused(
                &path,
                "条件名称有误",
                "not the name of a condition",
                name.chars().take(LONGEST_WORD).collect::<String>(),
            ));
        }
    }
}

/// My saved queries, by name.
///
/// # Errors
/// 400, 401.
#[utoipa::path(get, path = "/api/v1/saved-queries", tag = "own", params(Of),
    responses((status = 200, description = "mine", body = SavedQueries, example = json!({"items": [
                   {"id": "01999", "manual": "smart_gate", "name": "待审核", "conditions": {"status": "SENT"}, "is_default": true,
                    "updated_at": "2025-10-13T00:30:00.000Z"}]})),
              (status = 401, description = "not logged in")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    of: query::Sent<Of>,
) -> Result<Json<SavedQueries>, Problem> {
    let of = query::read(of)?;
    let sql =
        "SELECT * FROM saved_query WHERE person = $1 AND (manual = $2 OR $2 = '') ORDER BY manual, name";
    let values = [person.identity().into(), of.manual.unwrap_or_default().into()];
    let rows = all(central.store().read(), sql, values).await?;
    Ok(Json(SavedQueries { items: rows.iter().map(read).collect::<Result<_, _>>()? }))
}

/// Saves conditions under a name.
///
/// # Errors
/// 400, 401, 422; also when the name is taken.
#[utoipa::path(post, path = "/api/v1/saved-queries", tag = "own",
    request_body(content = inline(New), example = json!({"manual": "smart_gate", "name": "待审核", "conditions": {"status": "SENT"}})),
    responses((status = 201, description = "saved", body = SavedQuery), (status = 401, description = "not logged in"),
              (status = 422, description = "not a name or a condition, the name is taken, or too many")))]
async fn save(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<SavedQuery>), Problem> {
    let new: New = body::read(&bytes)?;
    let mut faults = Vec::new();
    manual(&new.manual, &mut faults);
    let name = name(&new.name, &mut faults);
    judge(&new.conditions, &mut faults);
    judged(faults)?;
    let tx = central.store().begin().await?;
    let counted = "SELECT COUNT(*) AS in_all, COUNT(CASE WHEN manual = $2 THEN 1 END) AS here FROM saved_query WHERE person = $1";
    has_room(&tx, counted, &person.identity(), &new.manual).await?;
    let saved = SavedQuery {
        id: uuid::Uuid::now_v7().to_string(),
        manual: new.manual,
        name,
        conditions: new.conditions,
        is_default: new.is_default,
        updated_at: tx.now(),
    };
    store(&tx, &person, &saved).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(saved)))
}

/// Writes one, in the place of itself; its name may be nobody else's of the person, and a new default ends the old one.
async fn store(tx: &Tx, person: &Person, saved: &SavedQuery) -> Result<(), Problem> {
    let sql = "SELECT id FROM saved_query WHERE person = $1 AND manual = $2 AND name = $3 AND id <> $4";
    let values = [
        person.identity().into(),
        saved.manual.clone().into(),
        saved.name.clone().into(),
        saved.id.clone().into(),
    ];
    if one(tx.conn(), sql, values).await?.is_some() {
        return Err(taken(&saved.name));
    }
    if saved.is_default {
        let sql = "UPDATE saved_query SET is_default = 0 WHERE person = $1 AND manual = $2";
        execute(tx.conn(), sql, [person.identity().into(), saved.manual.clone().into()]).await?;
    }
    let sql = "INSERT INTO saved_query (id, person, manual, name, is_default, updated_at, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (id) DO UPDATE SET name = $4, is_default = $5, updated_at = $6, doc = $7";
    let values = [
        saved.id.clone().into(),
        person.identity().into(),
        saved.manual.clone().into(),
        saved.name.clone().into(),
        i64::from(saved.is_default).into(),
        tx.now().as_millis().into(),
        to_json("saved query", &saved.conditions)?.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

async fn mine<C: ConnectionTrait>(conn: &C, person: &Person, id: &str) -> Result<SavedQuery, Problem> {
    let sql = "SELECT * FROM saved_query WHERE person = $1 AND id = $2";
    let row = one(conn, sql, [person.identity().into(), id.into()]).await?.ok_or_else(Problem::not_found)?;
    Ok(read(&row)?)
}

/// Renames it, gives it other conditions, makes it the one that the page begins with, or takes that back.
///
/// # Errors
/// 400, 401, 404, 422.
#[utoipa::path(put, path = "/api/v1/saved-queries/{query_id}", tag = "own", params(("query_id" = String, Path)),
    request_body(content = inline(Change), example = json!({"name": "待审核", "conditions": {"status": "SENT"}, "is_default": true})),
    responses((status = 200, description = "as it is now", body = SavedQuery), (status = 401, description = "not logged in"),
              (status = 404, description = "not mine"), (status = 422, description = "not a name or a condition, or the name is taken")))]
async fn change(
    State(central): State<Central>,
    person: Person,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<SavedQuery>, Problem> {
    let before = mine(central.store().read(), &person, &id).await?;
    let change: Change = body::read(&bytes)?;
    let mut faults = Vec::new();
    let name = name(&change.name, &mut faults);
    judge(&change.conditions, &mut faults);
    judged(faults)?;
    let tx = central.store().begin().await?;
    mine(tx.conn(), &person, &id).await?;
    let Change { conditions, is_default, .. } = change;
    let saved = SavedQuery { name, conditions, is_default, updated_at: tx.now(), ..before };
    store(&tx, &person, &saved).await?;
    tx.commit().await?;
    Ok(Json(saved))
}

/// Deletes it.
///
/// # Errors
/// 401, 404.
#[utoipa::path(delete, path = "/api/v1/saved-queries/{query_id}", tag = "own", params(("query_id" = String, Path)),
    responses((status = 204, description = "gone"), (status = 401, description = "not logged in"), (status = 404, description = "not mine")))]
async fn delete(
    State(central): State<Central>,
    person: Person,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let tx = central.store().begin().await?;
    let sql = "DELETE FROM saved_query WHERE person = $1 AND id = $2";
    let gone = execute(tx.conn(), sql, [person.identity().into(), id.into()]).await?;
    tx.commit().await?;
    if gone > 0 { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
