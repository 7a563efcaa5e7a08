//! 企业操作员: the accounts below an enterprise, kept by its administrator (PO-022, PO-040, PO-404, PO-405).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Account, AccountStatus, fields, folded, lock, password, register::log};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, problem::Problem, query, words},
    identity::{Declarant, Person, Role, session},
    store::Tx,
};

/// The enterprise that this person administers, or 403.
fn administered(person: &Person) -> Result<&Declarant, Problem> {
    let declarant = person.declarant()?;
    if declarant.administrator { Ok(declarant) } else { Err(Problem::no_permission()) }
}

fn enterprise_id(declarant: &Declarant) -> Result<&str, Problem> {
    declarant.enterprise.as_ref().map(|enterprise| &*enterprise.id).ok_or_else(Problem::not_found)
}

/// The accounts of the own enterprise.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/enterprise/members", tag = "identity",
    responses((status = 200, description = "by name", body = serde_json::Value, example = json!({"items": []})), (status = 403, description = "not an administrator")))]
pub async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let id = enterprise_id(administered(&person)?)?;
    let accounts = super::of_enterprise(central.store().read(), id).await?;
    let items: Vec<_> = accounts.iter().map(Account::view).collect();
    Ok(Json(json!({ "items": items })))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMember {
    username: String,
    password: String,
    mobile: String,
    person_name: Option<String>,
}

/// Makes an operator. The administrator answers for the mobile, so the account is usable at once.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(post, path = "/api/v1/enterprise/members", tag = "identity",
    request_body(content = inline(NewMember), example = json!({"username": "yuanfan_op1", "password": "(8 to 64 characters)", "mobile": "13816001235", "person_name": "王芳"})),
    responses((status = 201, description = "made", body = serde_json::Value), (status = 403, description = "not an administrator"), (status = 422, description = "all faults")))]
pub async fn create(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let id = enterprise_id(administered(&person)?)?.to_owned();
    let request: NewMember =
        body::read_secret(&bytes, "username, password, mobile and, if you like, person_name")?;
    let mut faults = Vec::new();
    let (username, mobile) = (request.username.trim(), request.mobile.trim());
    let name = request.person_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    faults.extend(fields::username(username));
    faults.extend(fields::mobile(mobile, "PO-026"));
    faults.extend(name.and_then(fields::person_name));
    password::judge("password", &request.password, username, &mut faults);
    query::judged(faults)?;
    let hash = password::hash(request.password.clone()).await?;
    let tx = central.store().begin().await?;
    let account = Account {
        id: uuid::Uuid::now_v7().to_string().into(),
        username: username.into(),
        role: Role::EnterpriseOperator,
        status: AccountStatus::Active,
        enterprise_id: Some(id.into()),
        mobile: Some(mobile.into()),
        mobile_confirmed: true,
        identity_verified: true,
        email: None,
        person_name: name.map(Into::into),
        id_document: None,
        customs_codes: Vec::new(),
        yard_ids: Vec::new(),
        password_hash: Some(hash),
        agreements_version: None,
        created_at: tx.now(),
        reason: None,
        version: 0,
    };
    if !super::insert(&tx, &account).await? {
        return Err(taken(username));
    }
    log(&tx, &account, "create_member", person.address.clone()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(account.view())))
}

pub(super) fn taken(username: &str) -> Problem {
    let (zh, en) = ("用户名已被使用", "the user name is taken");
    Problem::fields(vec![FieldError::format("username".into(), "PO-024", zh, en, username.into())])
}

/// An account of the enterprise that this person administers; another one does not exist.
///
/// # Errors
/// 403, 404.
pub(in crate::identity) async fn member<C: ConnectionTrait>(
    conn: &C,
    person: &Person,
    id: &str,
) -> Result<Account, Problem> {
    let enterprise = enterprise_id(administered(person)?)?;
    let account = super::by_id(conn, id).await?.ok_or_else(Problem::not_found)?;
    if account.enterprise_id.as_deref() == Some(enterprise) { Ok(account) } else { Err(Problem::not_found()) }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Stop {
    reason: Option<String>,
}

/// Stops an operator's account; its sessions end (PO-404).
///
/// # Errors
/// 400, 401, 403, 404, 409, 422 without a reason.
#[utoipa::path(post, path = "/api/v1/enterprise/members/{account_id}/disable", tag = "identity", params(("account_id" = String, Path)),
    request_body(content = inline(Stop), example = json!({"reason": "已离职"})),
    responses((status = 200, description = "as it is now", body = serde_json::Value), (status = 404, description = "not of this enterprise"), (status = 409, description = "not active")))]
pub async fn disable(
    State(central): State<Central>,
    person: Person,
    Path(account_id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    administered(&person)?;
    let request: Stop = body::read(&bytes)?;
    let reason = words::read("reason", request.reason.as_deref(), Some("PO-404")).map_err(Problem::fields)?;
    let tx = central.store().begin().await?;
    let mut account = member(tx.conn(), &person, &account_id).await?;
    if account.status != AccountStatus::Active || person.account_id.as_deref() == Some(&*account.id) {
        return Err(Problem::status_conflict("only an active account of somebody else can be disabled"));
    }
    stop(&tx, &mut account, reason).await?;
    log(&tx, &account, "disable", person.address.clone()).await?;
    tx.commit().await?;
    Ok(Json(account.view()))
}

pub(super) async fn stop(tx: &Tx, account: &mut Account, reason: Option<String>) -> Result<(), Problem> {
    account.status = AccountStatus::Disabled;
    account.reason = reason.map(String::into_boxed_str);
    super::update(tx, account).await?;
    session::end_all(tx, &account.id, "disabled", None).await?;
    Ok(())
}

/// Gives an operator's account free again (PO-405).
///
/// # Errors
/// 401, 403, 404, 409.
#[utoipa::path(post, path = "/api/v1/enterprise/members/{account_id}/enable", tag = "identity", params(("account_id" = String, Path)),
    responses((status = 200, description = "as it is now", body = serde_json::Value), (status = 409, description = "not disabled")))]
pub async fn enable(
    State(central): State<Central>,
    person: Person,
    Path(account_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let tx = central.store().begin().await?;
    let mut account = member(tx.conn(), &person, &account_id).await?;
    if account.status != AccountStatus::Disabled {
        return Err(Problem::status_conflict("the account is not disabled"));
    }
    account.status = AccountStatus::Active;
    account.reason = None;
    super::update(&tx, &mut account).await?;
    log(&tx, &account, "enable", person.address.clone()).await?;
    tx.commit().await?;
    Ok(Json(account.view()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    new_password: String,
}

/// 重置密码: gives an operator a new password, to be changed by its holder; the sessions end, and so does a lock (PO-403).
///
/// # Errors
/// 400, 401, 403, 404, 409 unless active, or for the own account, 422 for a weak one.
#[utoipa::path(post, path = "/api/v1/enterprise/members/{account_id}/password", tag = "identity", params(("account_id" = String, Path)),
    request_body(content = inline(NewPassword), example = json!({"new_password": "(8 to 64 characters)"})),
    responses((status = 204, description = "set"), (status = 404, description = "not of this enterprise"), (status = 409, description = "not active, or the own account"),
              (status = 422, description = "too weak")))]
pub async fn set_password(
    State(central): State<Central>,
    person: Person,
    Path(account_id): Path<String>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    administered(&person)?;
    let request: NewPassword = body::read_secret(&bytes, "new_password")?;
    let known = member(central.store().read(), &person, &account_id).await?;
    let mut faults = Vec::new();
    password::judge("new_password", &request.new_password, &known.username, &mut faults);
    query::judged(faults)?;
    let hash = password::hash(request.new_password).await?;
    let tx = central.store().begin().await?;
    let mut account = member(tx.conn(), &person, &account_id).await?;
    if account.status != AccountStatus::Active || person.account_id.as_deref() == Some(&*account.id) {
        return Err(Problem::status_conflict(
            "only the password of an active account of somebody else is reset",
        ));
    }
    account.password_hash = Some(hash);
    super::update(&tx, &mut account).await?;
    session::end_all(&tx, &account.id, "password_reset", None).await?;
    lock::clear(&tx, &folded(&account.username)).await?;
    log(&tx, &account, "reset_member_password", person.address.clone()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
