//! 黑名单: media that never open, kept by customs officers for one yard or for all.
//! Promises: every change of the list takes a new version, so an older row never replaces a newer one. A medium denied both for a yard
//! and for all stays denied until both are gone. A yard that is added later denies what was denied for all before (invariant I4).

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use protocols::{
    contract::{Denied, UtcMillis},
    ids::{MediumKey, MediumType, YardId},
};
use sea_orm::QueryResult;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{policy::yard_policy, publish};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, numbering, problem::Problem, words},
    identity::Person,
    store::{StoreError, Tx, all, column, execute, one},
};

/// The scope that means every yard.
const EVERYWHERE: &str = "*";

/// Which medium, where, and why.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DenyRequest {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    yard_id: Option<YardId>,
    #[schema(value_type = String)]
    medium_type: MediumType,
    medium_key: String,
    #[serde(default)]
    reason: Option<String>,
}

impl DenyRequest {
    fn key(&self) -> Result<MediumKey, Problem> {
        MediumKey::read(self.medium_type, &self.medium_key).map_err(|error| {
            let (zh, en) = ("绑定介质关键信息格式错误", error.to_string());
            Problem::fields(vec![FieldError::format(
                "medium_key".into(),
                "SG-077",
                zh,
                en,
                self.medium_key.as_str().into(),
            )])
        })
    }

    fn scope(&self) -> String {
        self.yard_id.map_or_else(|| EVERYWHERE.to_owned(), |yard| yard.to_string())
    }
}

/// Denies a medium.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(post, path = "/api/v1/desk/deny", tag = "desk",
    request_body(content = inline(DenyRequest), example = json!({"yard_id": null, "medium_type": "VN", "medium_key": "蒙LK8216", "reason": "布控"})),
    responses((status = 201, description = "denied", body = serde_json::Value, example = json!({"version": 3}))))]
pub async fn add(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    person.officer()?;
    let request: DenyRequest = body::read(&bytes)?;
    let key = request.key()?;
    let reason = words::read("reason", request.reason.as_deref(), Some("SG-183"));
    let reason = reason.map_err(Problem::fields)?.unwrap_or_default();
    let mut tx = central.store().begin().await?;
    if let Some(yard) = request.yard_id
        && yard_policy(tx.conn(), &yard).await?.is_none()
    {
        let fault = FieldError::unknown_code("yard_id".into(), "SG-206", json!(yard));
        return Err(Problem::fields(vec![fault]));
    }
    let version = next_version(&tx).await?;
    let sql = "INSERT INTO deny_rule (scope, medium_type, medium_key, reason, since, version)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (scope, medium_type, medium_key)
               DO UPDATE SET reason = excluded.reason, since = excluded.since, version = excluded.version";
    let values = [
        request.scope().into(),
        request.medium_type.as_str().into(),
        key.as_str().into(),
        reason.into(),
        tx.now().as_millis().into(),
        i64::try_from(version).unwrap_or(i64::MAX).into(),
    ];
    execute(tx.conn(), sql, values).await?;
    show(&mut tx, request.yard_id, request.medium_type, &key, version).await?;
    tx.commit().await?;
    tracing::info!(person.name = person.name, deny.version = version, "a medium was denied");
    Ok((StatusCode::CREATED, Json(json!({ "version": version }))))
}

/// Takes a medium off the list.
///
/// # Errors
/// 400, 401, 403, 404.
#[utoipa::path(post, path = "/api/v1/desk/deny/remove", tag = "desk",
    request_body(content = inline(DenyRequest), example = json!({"yard_id": null, "medium_type": "VN", "medium_key": "蒙LK8216"})),
    responses((status = 200, description = "no longer denied", body = serde_json::Value, example = json!({"version": 4}))))]
pub async fn remove(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.officer()?;
    let request: DenyRequest = body::read(&bytes)?;
    let key = request.key()?;
    let mut tx = central.store().begin().await?;
    let version = next_version(&tx).await?;
    let sql = "DELETE FROM deny_rule WHERE scope = $1 AND medium_type = $2 AND medium_key = $3";
    let values = [request.scope().into(), request.medium_type.as_str().into(), key.as_str().into()];
    if execute(tx.conn(), sql, values).await? == 0 {
        return Err(Problem::not_found());
    }
    show(&mut tx, request.yard_id, request.medium_type, &key, version).await?;
    tx.commit().await?;
    tracing::info!(person.name = person.name, deny.version = version, "a medium is no longer denied");
    Ok(Json(json!({ "version": version })))
}

/// The list's next version. It is not below the time, in milliseconds: a restored centre has forgotten how far it was, and gates take nothing older than
/// what they have (fault C7).
async fn next_version(tx: &Tx) -> Result<u64, StoreError> {
    numbering::next_from(tx, "deny_list", tx.now().as_millis()).await
}

/// Shows the yards what now holds for this medium.
async fn show(
    tx: &mut Tx,
    yard: Option<YardId>,
    medium_type: MediumType,
    key: &MediumKey,
    version: u64,
) -> Result<(), StoreError> {
    let yards = match yard {
        Some(yard) => vec![yard],
        None => publish::all_yards(tx.conn()).await?,
    };
    for yard in yards {
        let sql = "SELECT reason, since FROM deny_rule WHERE scope IN ($1, $2) AND medium_type = $3 AND medium_key = $4
                   ORDER BY version DESC LIMIT 1";
        let values =
            [yard.as_str().into(), EVERYWHERE.into(), medium_type.as_str().into(), key.as_str().into()];
        match one(tx.conn(), sql, values).await? {
            Some(row) => {
                let (reason, since) =
                    (column(&row, "reason")?, UtcMillis::from_millis(column(&row, "since")?));
                let denied = Denied { medium_type, medium_key: key.clone(), reason, since, version };
                publish::deny_in(tx, &yard, &denied).await?;
            }
            None => publish::allow_in(tx, &yard, medium_type, key, version).await?,
        }
    }
    Ok(())
}

/// Shows each yard what is denied there and not shown: all of it to one that was added since.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn complete(tx: &mut Tx) -> Result<(), StoreError> {
    let sql = "SELECT DISTINCT yard.yard_id, rule.medium_type, rule.medium_key
               FROM yard JOIN deny_rule rule ON rule.scope IN (yard.yard_id, $1)
               LEFT JOIN index_row shown ON shown.yard_id = yard.yard_id AND shown.kind = $2
                   AND shown.medium_type = rule.medium_type AND shown.medium_key = rule.medium_key
               WHERE shown.yard_id IS NULL ORDER BY yard.yard_id, rule.medium_type, rule.medium_key";
    let missing = all(tx.conn(), sql, [EVERYWHERE.into(), publish::DENY.into()]).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let version = next_version(tx).await?;
    for row in &missing {
        let [yard, medium_type, key] =
            ["yard_id", "medium_type", "medium_key"].map(|name| column::<String>(row, name));
        let (yard, medium_type, key) = (yard?, medium_type?, key?);
        let unknown = |what, value: &str| StoreError::Value { what, value: value.to_owned() };
        let yard = YardId::parse(&yard).map_err(|_| unknown("yard_id", &yard))?;
        let medium_type =
            MediumType::parse(&medium_type).map_err(|_| unknown("medium_type", &medium_type))?;
        let key = MediumKey::parse(&key).map_err(|_| unknown("medium_key", &key))?;
        show(tx, Some(yard), medium_type, &key, version).await?;
    }
    tracing::warn!(
        deny.version = version,
        rows = missing.len(),
        "denied media were not shown in every yard; now they are"
    );
    Ok(())
}

/// 黑名单.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/desk/deny", tag = "desk",
    responses((status = 200, description = "the list", body = serde_json::Value)))]
pub async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    person.officer()?;
    let sql =
        "SELECT scope, medium_type, medium_key, reason, since, version FROM deny_rule ORDER BY version DESC";
    let rows = all(central.store().read(), sql, []).await?;
    let item = |row: &QueryResult| -> Result<Value, StoreError> {
        let scope: String = column(row, "scope")?;
        Ok(json!({
            "yard_id": Some(scope).filter(|scope| scope != EVERYWHERE), "medium_type": column::<String>(row, "medium_type")?,
            "medium_key": column::<String>(row, "medium_key")?, "reason": column::<String>(row, "reason")?,
            "since": UtcMillis::from_millis(column(row, "since")?), "version": column::<i64>(row, "version")?,
        }))
    };
    Ok(Json(json!({ "items": rows.iter().map(item).collect::<Result<Vec<_>, _>>()? })))
}
