//! 登录、退出: the ways into a session and out of it (PO-050, PO-054..PO-063, PO-068, PO-120, PO-123).
//! Promises: captcha before password; a wrong name and a wrong password get one answer in one time; an officer gets no session by
//! password; every log-in, taken or refused, is in the audit log.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Beginning, Session, captcha};
use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        body,
        fault::FieldError,
        problem::Problem,
        query,
    },
    identity::{
        Login, Person, Role,
        account::{self, Account, AccountStatus, folded, lock, lock::Rate, password},
        application,
        caller::Address,
        third_party,
    },
    store::Tx,
};

/// The cookie of a browser's session.
pub const COOKIE: &str = "kakou_session";
const PER_ADDRESS: Rate = Rate { what: "login", most: 100, seconds: 600 };

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct ByPassword {
    username: Option<String>,
    password: Option<String>,
    captcha_id: Option<String>,
    captcha: Option<String>,
    agreements_accepted: bool,
    /// From a log-in by a provider whose identity is linked to no account yet (PO-067).
    link_ticket: Option<String>,
}

/// 用户名密码登录. The token is for programs; a browser keeps the cookie that comes beside it. With a `link_ticket` the identity of another
/// provider is linked to the account as well.
///
/// # Errors
/// 400, 401 (`PO_LOGIN_FAILED`, `PO_ACCOUNT_LOCKED`), 403 (`PO_LOGIN_METHOD` for officers), 409 for a `link_ticket` that serves no more, 422 (`PO_CAPTCHA_WRONG`,
/// `PO_AGREEMENT_REQUIRED`, required fields), 429.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "identity", security(()),
    request_body(content = inline(ByPassword), example = json!({"username": "yuanfan_admin", "password": "(as registered)", "captcha_id": "…", "captcha": "yebq", "agreements_accepted": true})),
    responses((status = 201, description = "logged in", body = serde_json::Value, example = json!({"session": "open", "token": "ks_…", "username": "yuanfan_admin", "role": "enterprise_admin"})),
              (status = 401, description = "a wrong name or password, or locked"), (status = 403, description = "this role logs in by card"),
              (status = 409, description = "the link_ticket serves no more, or not in this browser"), (status = 422, description = "captcha, agreements, required fields"), (status = 429, description = "too often")))]
pub async fn by_password(
    State(central): State<Central>,
    Address(address): Address,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    // What serde would say of a body that does not parse could hold a password.
    let request: ByPassword = body::read_secret(
        &bytes,
        "username, password, captcha_id, captcha, agreements_accepted and link_ticket",
    )?;
    let (username, typed) = judged(&request)?;
    let name = folded(&username);
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let (id, text) = (request.captcha_id.as_deref(), request.captcha.as_deref());
    let seen = captcha::redeem(&tx, id.unwrap_or_default(), text.unwrap_or_default()).await?;
    let locked = lock::locked_until(&tx, &name).await?.is_some();
    let known = account::by_username(tx.conn(), &name).await?;
    tx.commit().await?;
    if !seen {
        return Err(wrong_captcha());
    }
    if locked {
        return Err(lock::locked());
    }
    let hash = known.as_ref().and_then(|account| account.password_hash.clone());
    let right = password::is_right(typed, hash).await?;
    let tx = central.store().begin().await?;
    let known = known.filter(|account| account.status == AccountStatus::Active);
    let Some(account) = known.filter(|_| right) else {
        let locks = lock::failed(&tx, &name).await?;
        refused(&tx, &username, if locks { "login_locked" } else { "login_failed" }, address).await?;
        tx.commit().await?;
        return Err(Problem::unknown_caller());
    };
    if !application::admits(account.role, Login::Password) {
        refused(&tx, &username, "login_method", address).await?;
        tx.commit().await?;
        return Err(wrong_way());
    }
    lock::clear(&tx, &name).await?;
    if let Some(ticket) = request.link_ticket.as_deref().filter(|ticket| !ticket.is_empty()) {
        third_party::redeem(&tx, &account, ticket, &headers, address.clone()).await?;
    }
    let answer = open(&tx, &account, Login::Password, &headers, address).await?;
    tx.commit().await?;
    Ok(answer)
}

fn judged(request: &ByPassword) -> Result<(String, String), Problem> {
    let mut faults = Vec::new();
    let mut text = |name: &str, sent: &Option<String>, rule| {
        let sent = sent.clone().filter(|text| !text.trim().is_empty());
        if sent.is_none() {
            faults.push(FieldError::required(name.into(), rule));
        }
        sent.unwrap_or_default()
    };
    let username = text("username", &request.username, "PO-054");
    let password = text("password", &request.password, "PO-055");
    text("captcha_id", &request.captcha_id, "PO-056");
    text("captcha", &request.captcha, "PO-056");
    if !request.agreements_accepted {
        let (zh, en) = ("请阅读并同意《用户协议》与《隐私协议》", "read and accept both agreements");
        let mut fault = FieldError::format("agreements_accepted".into(), "PO-057", zh, en, false.into());
        fault.code = "PO_AGREEMENT_REQUIRED";
        faults.push(fault);
    }
    query::judged(faults)?;
    Ok((username, password))
}

fn wrong_captcha() -> Problem {
    let (zh, en) = ("验证码错误或已过期", "a wrong captcha, or one that serves no more");
    let mut fault = FieldError::format("captcha".into(), "PO-060", zh, en, Value::Null);
    fault.code = "PO_CAPTCHA_WRONG";
    Problem::fields(vec![fault])
}

/// 当前应用不支持该登录方式.
#[must_use]
pub fn wrong_way() -> Problem {
    Problem::forbidden("PO_LOGIN_METHOD", "当前应用不支持该登录方式", "log in another way: officers by card")
}

/// Puts on record that a log-in was refused.
///
/// # Errors
/// When the store fails.
pub(in crate::identity) async fn refused(
    tx: &Tx,
    username: &str,
    action: &str,
    address: Option<String>,
) -> Result<(), Problem> {
    let name: String = username.chars().take(64).collect();
    let actor = Actor { name: name.clone(), role: "anonymous".into(), card_no: None, address };
    let entry = Entry {
        actor: &actor,
        subject: "session",
        number: &name,
        action,
        before: None,
        after: None,
        detail: Value::Null,
    };
    Ok(audit::write(tx, &entry).await?)
}

/// Opens the session and answers with its token, as a member and as a cookie.
///
/// # Errors
/// When the store fails.
pub async fn open(
    tx: &Tx,
    account: &Account,
    login: Login,
    headers: &HeaderMap,
    address: Option<String>,
) -> Result<Response, Problem> {
    // Each way asks before and puts the refusal on record; none that forgets opens anything.
    if !application::admits(account.role, login) {
        return Err(wrong_way());
    }
    let device = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(ToOwned::to_owned);
    let beginning = Beginning { account_id: &account.id, login, device, address: address.clone() };
    let (session, token) = super::begin(tx, beginning).await?;
    let actor = Actor {
        name: account.username.to_string(),
        role: account.role.code().into(),
        card_no: None,
        address,
    };
    let entry = Entry {
        actor: &actor,
        subject: "session",
        number: &session.id,
        action: "login",
        before: None,
        after: Some("open"),
        detail: json!(login),
    };
    audit::write(tx, &entry).await?;
    let mut view = view(&session, &account.username, account.role);
    if let Some(members) = view.as_object_mut() {
        members.insert("token".into(), token.clone().into());
    }
    let mut response = (StatusCode::CREATED, Json(view)).into_response();
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=43200");
    set_cookie(&mut response, &cookie);
    Ok(response)
}

/// Adds a cookie to an answer that nobody may keep.
pub(in crate::identity) fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn view(session: &Session, username: &str, role: Role) -> Value {
    json!({"session": "open", "session_id": session.id, "username": username, "role": role, "login": session.login,
           "ends_at": session.ends_at()})
}

/// Who is logged in, and when that ends in any case (PO-069); a key has no end.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/v1/session", tag = "identity",
    responses((status = 200, description = "the person behind the token", body = serde_json::Value,
               example = json!({"username": "yuanfan_admin", "role": "enterprise_admin", "login": "password", "card_no": "2100000123456",
                                "session_id": "0199…", "ends_at": "2025-10-13T12:30:00.000Z"}))))]
pub async fn show(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let ends_at = match person.session_id.as_deref() {
        Some(id) => super::of_id(central.store(), id).await?.map(|session| session.ends_at()),
        None => None,
    };
    Ok(Json(
        json!({"username": person.name, "role": person.role, "login": person.login, "card_no": person.card_no,
                "session_id": person.session_id, "ends_at": ends_at}),
    ))
}

/// 退出: the token and the cookie serve no more (PO-120, PO-123).
///
/// # Errors
/// 401, 409 for a key, which has no session.
#[utoipa::path(delete, path = "/api/v1/session", tag = "identity",
    responses((status = 204, description = "logged out"), (status = 409, description = "a key has no session to end")))]
pub async fn out(State(central): State<Central>, person: Person) -> Result<Response, Problem> {
    let (Some(account_id), Some(session_id)) = (person.account_id.as_deref(), person.session_id.as_deref())
    else {
        return Err(Problem::status_conflict("a key has no session to end"));
    };
    let tx = central.store().begin().await?;
    super::end(&tx, account_id, session_id, "logout").await?;
    let entry = Entry {
        actor: &person.actor(),
        subject: "session",
        number: session_id,
        action: "logout",
        before: Some("open"),
        after: Some("ended"),
        detail: Value::Null,
    };
    audit::write(&tx, &entry).await?;
    tx.commit().await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &format!("{COOKIE}=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0"));
    Ok(response)
}
