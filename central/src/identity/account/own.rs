//! 账号与安全: what a person does with the own account (PO-038).

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Account, AccountStatus, fields, password, register::log};
use crate::{
    app::Central,
    declaration::{body, problem::Problem, query},
    identity::{Person, Role, enterprise, session},
    store::Tx,
};

/// The account of the one who asks; a person of the configuration has none.
async fn own(tx: &Tx, person: &Person) -> Result<Account, Problem> {
    let id = person.account_id.as_deref().ok_or_else(Problem::not_found)?;
    super::by_id(tx.conn(), id).await?.ok_or_else(Problem::not_found)
}

/// 个人信息.
///
/// # Errors
/// 401, 404 for a key of the configuration.
#[utoipa::path(get, path = "/api/v1/account", tag = "identity",
    responses((status = 200, description = "account and enterprise", body = serde_json::Value), (status = 404, description = "no account stands behind this key")))]
pub async fn show(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let id = person.account_id.as_deref().ok_or_else(Problem::not_found)?;
    let conn = central.store().read();
    let account = super::by_id(conn, id).await?.ok_or_else(Problem::not_found)?;
    let enterprise = match account.enterprise_id.as_deref() {
        Some(id) => enterprise::by_id(conn, id).await?,
        None => None,
    };
    let mut view = account.view();
    if let Some(members) = view.as_object_mut() {
        members.insert("enterprise".into(), json!(enterprise));
        members.insert("card_no".into(), json!(person.card_no));
    }
    Ok(Json(view))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    email: Option<String>,
    person_name: Option<String>,
}

/// Changes e-mail and name.
///
/// # Errors
/// 400, 401, 404, 422.
#[utoipa::path(put, path = "/api/v1/account", tag = "identity",
    request_body(content = inline(Change), example = json!({"email": "ops@yuanfan.example.cn", "person_name": "王芳"})),
    responses((status = 200, description = "as it is now", body = serde_json::Value), (status = 422, description = "all faults")))]
pub async fn change(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: Change = body::read(&bytes)?;
    let text = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let (email, person_name) = (text(request.email), text(request.person_name));
    let mut faults = Vec::new();
    faults.extend(email.as_deref().and_then(fields::email));
    faults.extend(person_name.as_deref().and_then(fields::person_name));
    query::judged(faults)?;
    let tx = central.store().begin().await?;
    let mut account = own(&tx, &person).await?;
    account.email = email.map(String::into_boxed_str);
    account.person_name = person_name.map(String::into_boxed_str);
    super::update(&tx, &mut account).await?;
    log(&tx, &account, "change_account", person.address.clone()).await?;
    tx.commit().await?;
    Ok(Json(account.view()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    password: String,
    new_password: String,
}

/// 密码管理: every session of the account ends, this one too (PO-069).
///
/// # Errors
/// 400, 401, 403 with a wrong password, 404, 422 with a weak one.
#[utoipa::path(put, path = "/api/v1/account/password", tag = "identity",
    request_body(content = inline(NewPassword), example = json!({"password": "(the present one)", "new_password": "(8 to 64 characters)"})),
    responses((status = 204, description = "set; log in again"), (status = 403, description = "the present password is another one"),
              (status = 422, description = "too weak")))]
pub async fn change_password(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    // What serde would say of a body that does not parse could hold a password.
    let request: NewPassword = body::read_secret(&bytes, "password and new_password, both texts")?;
    let mut faults = Vec::new();
    password::judge("new_password", &request.new_password, &person.name, &mut faults);
    query::judged(faults)?;
    let id = person.account_id.as_deref().ok_or_else(Problem::not_found)?;
    let known = super::by_id(central.store().read(), id).await?.ok_or_else(Problem::not_found)?;
    if !password::is_right(request.password, known.password_hash.clone()).await? {
        let (zh, en) = ("用户名或密码错误", "the present password is another one");
        return Err(Problem::forbidden("PO_LOGIN_FAILED", zh, en));
    }
    let hash = password::hash(request.new_password).await?;
    let tx = central.store().begin().await?;
    let mut account = own(&tx, &person).await?;
    account.password_hash = Some(hash);
    super::update(&tx, &mut account).await?;
    session::end_all(&tx, &account.id, "password_change", None).await?;
    log(&tx, &account, "change_password", person.address.clone()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 注销: closes the account for good; its name is not given out again (PO-406).
///
/// # Errors
/// 401, 404, 409 for the last administrator of an enterprise that has other accounts.
#[utoipa::path(post, path = "/api/v1/account/close", tag = "identity",
    responses((status = 204, description = "closed"), (status = 409, description = "somebody else must be administrator first")))]
pub async fn close(State(central): State<Central>, person: Person) -> Result<StatusCode, Problem> {
    let tx = central.store().begin().await?;
    let mut account = own(&tx, &person).await?;
    if account.status != AccountStatus::Active {
        return Err(Problem::status_conflict("only an active account can be closed"));
    }
    if leaves_nobody_to_administer(&tx, &account).await? {
        return Err(Problem::status_conflict("the enterprise would have accounts and no administrator"));
    }
    account.status = AccountStatus::Closed;
    super::update(&tx, &mut account).await?;
    session::end_all(&tx, &account.id, "account_closed", None).await?;
    log(&tx, &account, "close", person.address.clone()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether an enterprise that still has accounts would lose its last administrator with this one.
async fn leaves_nobody_to_administer(tx: &Tx, account: &Account) -> Result<bool, Problem> {
    let Some(enterprise_id) =
        account.enterprise_id.as_deref().filter(|_| account.role == Role::EnterpriseAdmin)
    else {
        return Ok(false);
    };
    let others = super::of_enterprise(tx.conn(), enterprise_id).await?;
    let alive = |other: &&Account| other.id != account.id && other.status != AccountStatus::Closed;
    let mut roles = others.iter().filter(alive).map(|other| other.role).peekable();
    Ok(roles.peek().is_some() && !roles.any(|role| role == Role::EnterpriseAdmin))
}
