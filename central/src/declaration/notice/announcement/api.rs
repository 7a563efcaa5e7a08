//! The two faces of announcements: `/api/v1/admin/announcements` writes, `/api/v1/announcements` reads, and `/api/v1/public/announcements` reads
//! without a log-in what is for all.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use sea_orm::Value as SqlValue;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Action, Announcement, Audience, Status, may_announce};
use crate::{
    app::Central,
    declaration::{
        body,
        fault::FieldError,
        lifecycle::{self, Cause},
        numbering,
        problem::Problem,
        query::{self, Conditions, Page},
        record::{self, Head, Status as _},
        seen, words,
    },
    identity::{Person, enterprise},
    store::Tx,
};

const LONGEST_TITLE: usize = 100;
const LONGEST_KIND: usize = 20;
const LONGEST_BODY: usize = 20_000;

pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(drafts, draft))
        .routes(routes!(edit, show))
        .routes(routes!(publish))
        .routes(routes!(withdraw))
        .routes(routes!(list))
        .routes(routes!(read))
}

pub(super) fn open_router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(open_list)).routes(routes!(open_read))
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Draft {
    /// The version that is changed.
    version: Option<i64>,
    /// 标题, at most 100 characters.
    title: String,
    /// 消息类型, such as 公告.
    kind: String,
    /// `all`, `enterprises`, `agencies`, `enterprise:<credit code>` or `agency:<credit code or key>`.
    audience: String,
    /// 内容, at most 20,000 characters.
    body: String,
}

/// A draft may lack anything; what it has keeps its bounds.
async fn checked(tx: &Tx, draft: &Draft) -> Result<(), Problem> {
    let mut faults = Vec::new();
    for (path, text, longest) in [
        ("title", &draft.title, LONGEST_TITLE),
        ("kind", &draft.kind, LONGEST_KIND),
        ("body", &draft.body, LONGEST_BODY),
    ] {
        if text.trim().chars().count() > longest {
            let (zh, en) = (format!("最多{longest}个字符"), format!("at most {longest} characters"));
            faults.push(FieldError::format(path.into(), "PO-315", zh, en, Value::Null));
        }
    }
    let known = match Audience::of_announcement(&draft.audience) {
        Some(Audience::Enterprise(uscc)) => enterprise::by_uscc(tx.conn(), &uscc).await?.is_some(),
        Some(Audience::Agency(code)) => {
            enterprise::by_uscc(tx.conn(), &code).await?.is_some()
                || enterprise::by_id(tx.conn(), &code).await?.is_some()
        }
        Some(_) => true,
        None => draft.audience.is_empty(),
    };
    if !known {
        let value = draft.audience.chars().take(LONGEST_TITLE).collect::<String>().into();
        faults.push(FieldError::unknown_code("audience".into(), "PO-285", value));
    }
    query::judged(faults)
}

fn written(draft: Draft, into: &mut Announcement) {
    into.title = draft.title.trim().into();
    into.kind = if draft.kind.trim().is_empty() { "公告".into() } else { draft.kind.trim().into() };
    into.audience = if draft.audience.is_empty() { "all".into() } else { draft.audience };
    into.body = draft.body.trim().into();
}

/// 起草.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(post, path = "/api/v1/admin/announcements", tag = "announcements",
    request_body(content = inline(Draft), example = json!({"title": "关于提交年度工作报告的通知", "kind": "公告", "audience": "agencies", "body": "请各机构按时提交。"})),
    responses((status = 201, description = "a draft", body = Value), (status = 401, description = "not logged in"),
              (status = 403, description = "neither headquarters by card nor an administrator"), (status = 422, description = "all faults")))]
async fn draft(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    may_announce(&person)?;
    let draft: Draft = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    checked(&tx, &draft).await?;
    let (year, _) = numbering::year_and_month(tx.now());
    let serial = numbering::next(&tx, &format!("announcement_{year}")).await?;
    let mut announcement = Announcement {
        head: Head::new(&format!("GG{year}{serial:06}"), Status::Draft, tx.now()),
        audience: String::new(),
        title: String::new(),
        kind: String::new(),
        body: String::new(),
        published_at: None,
        withdrawn_because: None,
    };
    written(draft, &mut announcement);
    lifecycle::create(&tx, &announcement, Action::Save, &Cause::by(person.actor())).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!(announcement))))
}

/// Takes the announcement for a change, in the version that the person saw.
async fn take(tx: &Tx, number: &str, version: Option<i64>) -> Result<Announcement, Problem> {
    let found: Option<Announcement> = record::take(tx, number).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    seen::same_version(found.head.version, version, "PO-333")?;
    Ok(found)
}

async fn apply(
    tx: Tx,
    before: &Announcement,
    action: Action,
    cause: &Cause,
    change: impl FnOnce(&mut Announcement),
) -> Result<Json<Value>, Problem> {
    let after = lifecycle::apply(&tx, before, action, cause, change).await?;
    tx.commit().await?;
    Ok(Json(json!(after)))
}

/// Changes a draft.
///
/// # Errors
/// 400, 401, 403, 404, 409, 422.
#[utoipa::path(put, path = "/api/v1/admin/announcements/{number}", tag = "announcements", params(("number" = String, Path, example = "GG2025000001")),
    request_body(content = inline(Draft), example = json!({"version": 1, "title": "通知", "kind": "公告", "audience": "all", "body": "内容"})),
    responses((status = 200, description = "the draft", body = Value), (status = 403, description = "may not"), (status = 404, description = "none"),
              (status = 409, description = "published already, or another version"), (status = 422, description = "all faults")))]
async fn edit(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    may_announce(&person)?;
    let draft: Draft = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let before = take(&tx, &number, draft.version).await?;
    checked(&tx, &draft).await?;
    apply(tx, &before, Action::Save, &Cause::by(person.actor()), |announcement| written(draft, announcement))
        .await
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Act {
    /// The version that the person sees.
    version: Option<i64>,
    /// Why it is withdrawn.
    reason: Option<String>,
}

/// 发布.
///
/// # Errors
/// 400, 401, 403, 404, 409, 422 without title or body (PO-416).
#[utoipa::path(post, path = "/api/v1/admin/announcements/{number}/publish", tag = "announcements",
    params(("number" = String, Path, example = "GG2025000001")), request_body(content = inline(Act), example = json!({"version": 1})),
    responses((status = 200, description = "published", body = Value), (status = 403, description = "may not"), (status = 404, description = "none"),
              (status = 409, description = "not a draft, or another version"), (status = 422, description = "title or body is missing")))]
async fn publish(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    may_announce(&person)?;
    let act: Act = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let before = take(&tx, &number, act.version).await?;
    let missing =
        [("title", &before.title), ("body", &before.body)].into_iter().filter(|(_, text)| text.is_empty());
    query::judged(missing.map(|(path, _)| FieldError::required(path.into(), "PO-416")).collect())?;
    let now = tx.now();
    apply(tx, &before, Action::Publish, &Cause::by(person.actor()), |announcement| {
        announcement.published_at = Some(now)
    })
    .await
}

/// 撤回.
///
/// # Errors
/// 400, 401, 403, 404, 409, 422 without a reason (PO-417).
#[utoipa::path(post, path = "/api/v1/admin/announcements/{number}/withdraw", tag = "announcements",
    params(("number" = String, Path, example = "GG2025000001")), request_body(content = inline(Act), example = json!({"version": 2, "reason": "内容有误"})),
    responses((status = 200, description = "withdrawn", body = Value), (status = 403, description = "may not"), (status = 404, description = "none"),
              (status = 409, description = "not published, or another version"), (status = 422, description = "no reason")))]
async fn withdraw(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    may_announce(&person)?;
    let act: Act = body::read(&bytes)?;
    let reason = words::read("reason", act.reason.as_deref(), Some("PO-417")).map_err(Problem::fields)?;
    let tx = central.store().begin().await?;
    let before = take(&tx, &number, act.version).await?;
    let cause = Cause::by(person.actor()).saying(reason.clone());
    apply(tx, &before, Action::Withdraw, &cause, |announcement| announcement.withdrawn_because = reason).await
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Any part of the title.
    title: Option<String>,
    page: Option<u64>,
    page_size: Option<u64>,
}

async fn page(
    central: &Central,
    asked: query::Sent<Asked>,
    mut conditions: Conditions,
    order: &str,
    view: fn(&Announcement) -> Value,
) -> Result<Json<Value>, Problem> {
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let page = Page::read(asked.page, asked.page_size, &mut faults);
    if let Some(title) = query::text("title", asked.title.as_deref(), &mut faults) {
        conditions.contains("title", &title);
    }
    query::judged(faults)?;
    let conn = central.store().read();
    let total = query::count(conn, "announcement", &conditions, false).await?;
    let found: Vec<Announcement> = query::page(conn, &conditions, order, page).await?;
    Ok(Json(query::listing(total, page, found.iter().map(view).collect())))
}

/// Every announcement, drafts and withdrawn ones included, newest first.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/admin/announcements", tag = "announcements", params(Asked),
    responses((status = 200, description = "one page", body = Value, example = json!({"total": 0, "total_is_more": false, "page": 1, "page_size": 10, "items": []})),
              (status = 401, description = "not logged in"), (status = 403, description = "may not")))]
async fn drafts(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    may_announce(&person)?;
    page(&central, asked, Conditions::default(), "entered_at DESC, number DESC", |announcement| {
        json!(announcement)
    })
    .await
}

/// One of them.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/admin/announcements/{number}", tag = "announcements", params(("number" = String, Path, example = "GG2025000001")),
    responses((status = 200, description = "with its version", body = Value), (status = 403, description = "may not"), (status = 404, description = "none")))]
async fn show(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    may_announce(&person)?;
    let found: Option<Announcement> = record::find(central.store().read(), &number).await?;
    found.map(|announcement| Json(json!(announcement))).ok_or_else(Problem::not_found)
}

/// What a reader sees in the list (PO-281).
fn line(announcement: &Announcement) -> Value {
    let day = announcement.published_at.map(|at| numbering::date_in_china(at).replace('-', "/"));
    let (title, kind) = (&announcement.title, &announcement.kind);
    json!({"number": announcement.head.number, "title": title, "kind": kind, "published_on": day})
}

fn whole(announcement: &Announcement) -> Value {
    let mut value = line(announcement);
    if let Value::Object(members) = &mut value {
        members.insert("body".into(), announcement.body.clone().into());
        members.insert("published_at".into(), json!(announcement.published_at));
    }
    value
}

/// Published, and for these audiences.
fn seen_by(audiences: Vec<String>) -> Conditions {
    let mut conditions = Conditions::default();
    conditions.equals("status", Status::Published.code());
    conditions.add("audience IN (?)", audiences.into_iter().map(SqlValue::from).collect());
    conditions
}

const NEWEST: &str = "published_at DESC, number DESC";

async fn one_of(central: &Central, number: &str, audiences: &[String]) -> Result<Json<Value>, Problem> {
    let found: Option<Announcement> = record::find(central.store().read(), number).await?;
    let found =
        found.filter(|found| found.head.status == Status::Published && audiences.contains(&found.audience));
    found.map(|announcement| Json(whole(&announcement))).ok_or_else(Problem::not_found)
}

/// 公告消息 for this person: title, kind, day of publication; newest first.
///
/// # Errors
/// 400, 401, 422.
#[utoipa::path(get, path = "/api/v1/announcements", tag = "announcements", params(Asked),
    responses((status = 200, description = "one page", body = Value, example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10,
                   "items": [{"number": "GG2025000001", "title": "通知", "kind": "公告", "published_on": "2025/10/13"}]})),
              (status = 401, description = "not logged in")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    page(&central, asked, seen_by(Audience::of(&person)), NEWEST, line).await
}

/// One of them with its text.
///
/// # Errors
/// 401, 404.
#[utoipa::path(get, path = "/api/v1/announcements/{number}", tag = "announcements", params(("number" = String, Path, example = "GG2025000001")),
    responses((status = 200, description = "with its text", body = Value), (status = 401, description = "not logged in"),
              (status = 404, description = "not published, or not for this person")))]
async fn read(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    one_of(&central, &number, &Audience::of(&person)).await
}

/// What is for all, for a visitor.
///
/// # Errors
/// 400, 422.
#[utoipa::path(get, path = "/api/v1/public/announcements", tag = "announcements", security(()), params(Asked),
    responses((status = 200, description = "one page", body = Value, example = json!({"total": 0, "total_is_more": false, "page": 1, "page_size": 10, "items": []}))))]
async fn open_list(
    State(central): State<Central>,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    page(&central, asked, seen_by(vec![Audience::All.code()]), NEWEST, line).await
}

/// One of them with its text.
///
/// # Errors
/// 404.
#[utoipa::path(get, path = "/api/v1/public/announcements/{number}", tag = "announcements", security(()), params(("number" = String, Path, example = "GG2025000001")),
    responses((status = 200, description = "with its text", body = Value), (status = 404, description = "not published, or not for all")))]
async fn open_read(
    State(central): State<Central>,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    one_of(&central, &number, &[Audience::All.code()]).await
}
