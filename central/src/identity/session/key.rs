//! 接口密钥: keys by which a person's programs call the API, with scopes.
//! Promises: a key is told once and kept hashed; it does what its scopes say and nothing more, and never what concerns accounts, cards or
//! keys: who has a key cannot make another. It serves as long as its account is active.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{Method, StatusCode},
};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::Central,
    config::TokenHash,
    declaration::{
        audit::{self, Entry},
        body,
        fault::FieldError,
        problem::Problem,
        query,
    },
    identity::{Login, Person},
    store::{StoreError, Tx, all, column, execute, from_json, one, to_json},
};

/// The first parts of paths that a scope can name.
pub const AREAS: &[&str] = &[
    "smart-gate",
    "appointments",
    "attendance-exemptions",
    "desk",
    "gateway",
    "gates",
    "alerts",
    "passages",
    "codes",
    "ports",
];
const MOST_KEYS: i64 = 20;

/// Whether a scope such as `smart-gate:write` is one.
fn is_scope(scope: &str) -> bool {
    scope.split_once(':').is_some_and(|(area, way)| AREAS.contains(&area) && matches!(way, "read" | "write"))
}

/// Whether these scopes open this request: `write` opens reading too.
#[must_use]
pub fn opens(scopes: &[String], method: &Method, path: &str) -> bool {
    let Some(area) = path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next()) else {
        return false;
    };
    let reads = matches!(*method, Method::GET | Method::HEAD);
    scopes
        .iter()
        .filter_map(|scope| scope.split_once(':'))
        .any(|(of, way)| AREAS.contains(&of) && of == area && (way == "write" || (way == "read" && reads)))
}

/// The account and the scopes of a key.
///
/// # Errors
/// [`StoreError`].
pub async fn of_token<C: ConnectionTrait>(
    conn: &C,
    token: &TokenHash,
) -> Result<Option<(String, Vec<String>)>, StoreError> {
    let sql = "SELECT account_id, scopes FROM api_key WHERE key_hash = $1 AND ended_at IS NULL";
    let Some(row) = one(conn, sql, [token.to_hex().into()]).await? else { return Ok(None) };
    Ok(Some((column(&row, "account_id")?, from_json("scopes", &column::<String>(&row, "scopes")?)?)))
}

/// The person's account, if they came in a way that may keep keys.
fn keeper(person: &Person) -> Result<&str, Problem> {
    if person.login == Login::Key {
        return Err(Problem::no_permission());
    }
    person.account_id.as_deref().ok_or_else(Problem::not_found)
}

/// The own keys; what they are is not told again.
///
/// # Errors
/// 401, 403 for a key.
#[utoipa::path(get, path = "/api/v1/account/keys", tag = "identity",
    responses((status = 200, description = "newest first", body = serde_json::Value, example = json!({"items": []})), (status = 403, description = "a key cannot see keys")))]
pub async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let sql = "SELECT id, name, scopes, created_at FROM api_key WHERE account_id = $1 AND ended_at IS NULL
               ORDER BY created_at DESC, id DESC";
    let rows = all(central.store().read(), sql, [keeper(&person)?.into()]).await?;
    let mut items = Vec::new();
    for row in &rows {
        let scopes: Value = from_json("scopes", &column::<String>(row, "scopes")?).map_err(Problem::from)?;
        let made = protocols::contract::UtcMillis::from_millis(column(row, "created_at")?);
        let (id, name): (String, String) = (column(row, "id")?, column(row, "name")?);
        items.push(json!({"id": id, "name": name, "scopes": scopes, "created_at": made}));
    }
    Ok(Json(json!({ "items": items })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    name: String,
    scopes: Vec<String>,
}

/// Makes a key; the answer is the only place where it is told.
///
/// # Errors
/// 400, 401, 403, 409 with too many, 422.
#[utoipa::path(post, path = "/api/v1/account/keys", tag = "identity",
    request_body(content = inline(NewKey), example = json!({"name": "ERP", "scopes": ["smart-gate:write"]})),
    responses((status = 201, description = "made", body = serde_json::Value, example = json!({"id": "…", "key": "kk_…"})),
              (status = 403, description = "a key cannot make keys"), (status = 409, description = "20 keys are enough"), (status = 422, description = "all faults")))]
pub async fn create(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let account_id = keeper(&person)?;
    let request: NewKey = body::read(&bytes)?;
    let mut faults = Vec::new();
    let name = request.name.trim();
    if !(1..=50).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let (zh, en) = ("名称为1至50个字符", "1 to 50 characters");
        faults.push(FieldError::format(
            "name".into(),
            "PO-330",
            zh,
            en,
            name.chars().take(60).collect::<String>().into(),
        ));
    }
    if request.scopes.is_empty() {
        faults.push(FieldError::required("scopes".into(), "PO-330"));
    }
    for (place, scope) in request.scopes.iter().enumerate().take(50) {
        if !is_scope(scope) {
            let value = scope.chars().take(60).collect::<String>().into();
            faults.push(FieldError::unknown_code(format!("scopes[{place}]"), "PO-330", value));
        }
    }
    query::judged(faults)?;
    let secret: [u8; 32] = rand::random();
    let key = format!("kk_{}", hex::encode(secret));
    let tx = central.store().begin().await?;
    let sql = "SELECT COUNT(*) AS keys FROM api_key WHERE account_id = $1 AND ended_at IS NULL";
    let keys: i64 =
        one(tx.conn(), sql, [account_id.into()]).await?.map_or(Ok(0), |row| column(&row, "keys"))?;
    if keys >= MOST_KEYS {
        return Err(Problem::status_conflict("the account has 20 keys already"));
    }
    let id = uuid::Uuid::now_v7().to_string();
    let sql = "INSERT INTO api_key (id, key_hash, account_id, name, scopes, created_at, used_at, ended_at)
               VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL)";
    let values = [
        id.clone().into(),
        TokenHash::of(&key).to_hex().into(),
        account_id.into(),
        name.into(),
        to_json("scopes", &request.scopes)?.into(),
        tx.now().as_millis().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    note(&tx, &person, &id, "create_key").await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"id": id, "key": key, "name": name, "scopes": request.scopes}))))
}

pub(super) async fn note(tx: &Tx, person: &Person, id: &str, action: &str) -> Result<(), Problem> {
    let entry = Entry {
        actor: &person.actor(),
        subject: "api_key",
        number: id,
        action,
        before: None,
        after: None,
        detail: Value::Null,
    };
    Ok(audit::write(tx, &entry).await?)
}

/// Ends a key.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/v1/account/keys/{key_id}", tag = "identity", params(("key_id" = String, Path)),
    responses((status = 204, description = "ended"), (status = 403, description = "a key cannot end keys"), (status = 404, description = "no such key of this account")))]
pub async fn end(
    State(central): State<Central>,
    person: Person,
    Path(key_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let account_id = keeper(&person)?;
    let tx = central.store().begin().await?;
    let sql = "UPDATE api_key SET ended_at = $3 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL";
    let now = tx.now().as_millis().into();
    if execute(tx.conn(), sql, [key_id.clone().into(), account_id.into(), now]).await? != 1 {
        return Err(Problem::not_found());
    }
    note(&tx, &person, &key_id, "end_key").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PO-330: a key reads or writes what its scopes name, and nothing of accounts whatever they say.
    #[test]
    fn a_scope_opens_its_own_paths_only() {
        let scopes = |list: &[&str]| list.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>();
        let records = "/api/v1/smart-gate/records";
        for (has, method, path, open) in [
            (&["smart-gate:read"][..], Method::GET, records, true),
            (&["smart-gate:read"], Method::POST, records, false),
            (&["smart-gate:write"], Method::POST, records, true),
            (&["smart-gate:write"], Method::GET, records, true),
            (&["appointments:write", "desk:read"], Method::GET, records, false),
            (&["account:write"], Method::GET, "/api/v1/account/keys", false),
            (&["smart-gate:write"], Method::GET, "/api/v1/smart-gate-like", false),
            (&["smart-gate:write"], Method::GET, "/gate/v1/changes", false),
        ] {
            assert_eq!(opens(&scopes(has), &method, path), open, "{has:?} {method} {path}");
        }
        assert!(
            is_scope("desk:read") && !is_scope("admin:write") && !is_scope("desk") && !is_scope("desk:all")
        );
    }
}
