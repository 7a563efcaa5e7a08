//! 平台管理: accounts of every role, and the register of enterprises (PO-036, PO-046, PO-404, PO-405).
//! Absent on purpose: customs decisions; an administrator takes none.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
};
use protocols::{
    contract::UtcMillis,
    ids::{CustomsCode, Uscc, YardId},
};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Account, AccountStatus, fields, folded, lock, members, register::settle};
use crate::{
    app::Central,
    declaration::{
        body,
        fault::FieldError,
        formats,
        problem::Problem,
        query::{self, Conditions, Page},
        words,
    },
    identity::{
        Person, Role,
        enterprise::{self, Credit, Enterprise, EnterpriseKind},
    },
    store::Tx,
};

/// Conditions of a list of accounts.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// Any part of the user name.
    username: Option<String>,
    /// 角色.
    role: Option<String>,
    /// 账号状态.
    status: Option<String>,
    /// Those whose name is locked now, after wrong passwords (PO-062).
    locked: Option<bool>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
}

/// Accounts, by name.
///
/// # Errors
/// 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/admin/accounts", tag = "admin", params(AccountQuery),
    responses((status = 200, description = "one page", body = serde_json::Value), (status = 403, description = "not an administrator"), (status = 422, description = "all faults")))]
pub async fn list(
    State(central): State<Central>,
    person: Person,
    Query(query): Query<AccountQuery>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let mut faults = Vec::new();
    let page = Page::read(query.page, query.page_size, &mut faults);
    let mut conditions = Conditions::default();
    if let Some(name) = query::text("username", query.username.as_deref(), &mut faults) {
        conditions.contains("username_folded", &name);
    }
    if let Some(role) = query::text("role", query.role.as_deref(), &mut faults) {
        if Role::parse(&role).is_none() {
            faults.push(FieldError::unknown_code("role".into(), "PO-040", role.clone().into()));
        }
        conditions.equals("role", &role);
    }
    if let Some(status) = query::text("status", query.status.as_deref(), &mut faults) {
        if !["pending", "active", "disabled", "closed"].contains(&&*status) {
            faults.push(FieldError::unknown_code("status".into(), "PO-400", status.clone().into()));
        }
        conditions.equals("status", &status);
    }
    query::judged(faults)?;
    let now = central.store().clock().now();
    if let Some(locked) = query.locked {
        let not = if locked { "" } else { "NOT " };
        let locks = "SELECT username_folded FROM login_lock WHERE until > ?";
        conditions.add(format!("username_folded {not}IN ({locks})"), vec![now.as_millis().into()]);
    }
    let conn = central.store().read();
    let (total, accounts) = super::search(conn, &conditions, page).await?;
    let mut items = Vec::new();
    for account in &accounts {
        items.push(with_lock(conn, account, now).await?);
    }
    Ok(Json(query::listing(total, page, items)))
}

/// The account, and until when its name is locked.
async fn with_lock<C: ConnectionTrait>(
    conn: &C,
    account: &Account,
    now: UtcMillis,
) -> Result<Value, Problem> {
    let mut view = account.view();
    let until = lock::until(conn, &folded(&account.username), now).await?;
    if let Some(members) = view.as_object_mut() {
        members.insert("locked_until".into(), json!(until));
    }
    Ok(view)
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct NewAccount {
    username: Option<String>,
    role: Option<String>,
    person_name: Option<String>,
    mobile: Option<String>,
    email: Option<String>,
    enterprise_id: Option<String>,
    #[schema(value_type = Vec<String>)]
    customs_codes: Vec<CustomsCode>,
    #[schema(value_type = Vec<String>)]
    yard_ids: Vec<YardId>,
}

/// Makes an account that nobody can register: officers, yard operators, the gateway. It has no password: officers log in by card (PO-068),
/// the others set one by the code to their mobile (PO-037), programs get a key.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(post, path = "/api/v1/admin/accounts", tag = "admin",
    request_body(content = inline(NewAccount), example = json!({"username": "officer_li", "role": "customs_officer", "customs_codes": ["0708"], "mobile": "13816001236"})),
    responses((status = 201, description = "made", body = serde_json::Value), (status = 403, description = "not an administrator"), (status = 422, description = "all faults")))]
pub async fn create(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    person.must_administer()?;
    let request: NewAccount = body::read(&bytes)?;
    let mut faults = Vec::new();
    let role = request.role.as_deref().and_then(Role::parse);
    if role.is_none() {
        faults.push(FieldError::unknown_code("role".into(), "PO-040", json!(request.role)));
    }
    let username = request.username.as_deref().map(str::trim).unwrap_or_default();
    faults.extend(fields::username(username));
    faults.extend(request.mobile.as_deref().and_then(|mobile| fields::mobile(mobile, "PO-026")));
    faults.extend(request.email.as_deref().and_then(fields::email));
    let wants = |name: &str, rule| FieldError::required(name.into(), rule);
    match role {
        Some(Role::CustomsOfficer) if request.customs_codes.is_empty() => {
            faults.push(wants("customs_codes", "PO-044"));
        }
        Some(Role::YardOperator) if request.yard_ids.is_empty() => faults.push(wants("yard_ids", "PO-040")),
        Some(Role::EnterpriseAdmin | Role::EnterpriseOperator | Role::AgencyOperator)
            if request.enterprise_id.is_none() =>
        {
            faults.push(wants("enterprise_id", "PO-041"));
        }
        _ => {}
    }
    query::judged(faults)?;
    let Some(role) = role else { return Err(Problem::no_permission()) };
    let tx = central.store().begin().await?;
    if let Some(id) = request.enterprise_id.as_deref() {
        let known = enterprise::by_id(tx.conn(), id).await?;
        let known = known.ok_or_else(|| {
            Problem::fields(vec![FieldError::unknown_code("enterprise_id".into(), "PO-041", id.into())])
        })?;
        enterprise::update(&tx, &Enterprise { has_accounts: true, ..known }).await?;
    }
    let account = Account {
        id: uuid::Uuid::now_v7().to_string().into(),
        username: username.into(),
        role,
        status: AccountStatus::Active,
        enterprise_id: request.enterprise_id.map(String::into_boxed_str),
        mobile_confirmed: request.mobile.is_some(),
        mobile: request.mobile.map(String::into_boxed_str),
        identity_verified: true,
        email: request.email.map(String::into_boxed_str),
        person_name: request.person_name.map(String::into_boxed_str),
        id_document: None,
        customs_codes: request.customs_codes,
        yard_ids: request.yard_ids,
        password_hash: None,
        agreements_version: None,
        created_at: tx.now(),
        reason: None,
        version: 0,
    };
    if !super::insert(&tx, &account).await? {
        return Err(members::taken(username));
    }
    audited(&tx, &account, "create", &person).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(account.view())))
}

/// The log names the administrator, the account and the act.
pub(super) async fn audited(
    tx: &Tx,
    account: &Account,
    action: &str,
    person: &Person,
) -> Result<(), Problem> {
    use crate::declaration::audit::{self, Entry};
    let entry = Entry {
        actor: &person.actor(),
        subject: "account",
        number: &account.id,
        action,
        before: None,
        after: Some(account.status.code()),
        detail: json!(account.reason),
    };
    Ok(audit::write(tx, &entry).await?)
}

/// One account.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/admin/accounts/{account_id}", tag = "admin", params(("account_id" = String, Path)),
    responses((status = 200, description = "as it is", body = serde_json::Value), (status = 404, description = "no such account")))]
pub async fn show(
    State(central): State<Central>,
    person: Person,
    Path(account_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let conn = central.store().read();
    let account = super::by_id(conn, &account_id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(with_lock(conn, &account, central.store().clock().now()).await?))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Act {
    reason: Option<String>,
}

/// `verify` (the enterprise's identity, PO-036), `disable` with a reason, `enable`, `unlock` (a name that wrong passwords have locked).
///
/// # Errors
/// 400, 401, 403, 404, 409, 422 without a reason.
#[utoipa::path(post, path = "/api/v1/admin/accounts/{account_id}/{act}", tag = "admin", params(("account_id" = String, Path), ("act" = String, Path)),
    request_body(content = inline(Act), example = json!({"reason": "营业执照已核对"})),
    responses((status = 200, description = "as it is now", body = serde_json::Value), (status = 404, description = "no such account or act"), (status = 409, description = "not in this status")))]
pub async fn act(
    State(central): State<Central>,
    person: Person,
    Path((account_id, act)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let request: Act = if bytes.is_empty() { Act::default() } else { body::read(&bytes)? };
    let tx = central.store().begin().await?;
    let mut account = super::by_id(tx.conn(), &account_id).await?.ok_or_else(Problem::not_found)?;
    match (&*act, account.status) {
        ("verify", AccountStatus::Pending) if !account.identity_verified => {
            account.identity_verified = true;
            settle(&mut account);
            super::update(&tx, &mut account).await?;
        }
        ("disable", AccountStatus::Active | AccountStatus::Pending) => {
            let reason = words::read("reason", request.reason.as_deref(), Some("PO-404"));
            members::stop(&tx, &mut account, reason.map_err(Problem::fields)?).await?;
        }
        ("enable", AccountStatus::Disabled) => {
            account.status = AccountStatus::Pending;
            account.reason = None;
            // What was never confirmed is not confirmed by being given free.
            let officer = account.password_hash.is_none();
            account.mobile_confirmed |= officer;
            settle(&mut account);
            super::update(&tx, &mut account).await?;
        }
        ("unlock", _) => {
            let name = folded(&account.username);
            if lock::until(tx.conn(), &name, tx.now()).await?.is_none() {
                return Err(Problem::status_conflict("the name is not locked"));
            }
            lock::clear(&tx, &name).await?;
        }
        ("verify" | "disable" | "enable", status) => {
            return Err(Problem::status_conflict(format!(
                "{act} is not possible in status {}",
                status.code()
            )));
        }
        _ => return Err(Problem::not_found()),
    }
    audited(&tx, &account, &act, &person).await?;
    tx.commit().await?;
    Ok(Json(account.view()))
}

/// Conditions of a list of enterprises.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EnterpriseQuery {
    /// Any part of the name.
    name: Option<String>,
    /// 海关十位编码.
    customs_reg_no: Option<String>,
    /// 统一社会信用代码.
    uscc: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
}

/// The register, by name.
///
/// # Errors
/// 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/admin/enterprises", tag = "admin", params(EnterpriseQuery),
    responses((status = 200, description = "one page", body = serde_json::Value), (status = 403, description = "not an administrator")))]
pub async fn enterprises(
    State(central): State<Central>,
    person: Person,
    Query(query): Query<EnterpriseQuery>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let mut faults = Vec::new();
    let page = Page::read(query.page, query.page_size, &mut faults);
    let mut conditions = Conditions::default();
    if let Some(name) = query::text("name", query.name.as_deref(), &mut faults) {
        conditions.contains("name", &name);
    }
    if let Some(code) = query::text("customs_reg_no", query.customs_reg_no.as_deref(), &mut faults) {
        conditions.equals("customs_reg_no", &code);
    }
    if let Some(code) = query::text("uscc", query.uscc.as_deref(), &mut faults) {
        conditions.equals("uscc", &code);
    }
    query::judged(faults)?;
    let (total, found) = enterprise::search(central.store().read(), &conditions, page).await?;
    let items = found.iter().map(|enterprise| json!(enterprise)).collect();
    Ok(Json(query::listing(total, page, items)))
}

/// One enterprise by its customs code.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/admin/enterprises/{customs_reg_no}", tag = "admin", params(("customs_reg_no" = String, Path)),
    responses((status = 200, description = "as the register has it", body = serde_json::Value), (status = 404, description = "not registered")))]
pub async fn show_enterprise(
    State(central): State<Central>,
    person: Person,
    Path(customs_reg_no): Path<String>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let found = enterprise::by_customs_reg_no(central.store().read(), &customs_reg_no).await?;
    Ok(Json(json!(found.ok_or_else(Problem::not_found)?)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PutEnterprise {
    name: String,
    uscc: Option<String>,
    ciq_no: Option<String>,
    #[serde(default, deserialize_with = "enterprise::rated")]
    #[schema(inline)]
    credit: Credit,
    qualified: bool,
}

/// Puts an enterprise into the register, or what customs says of it now: name, codes, credit, qualification. `credit` is `A`, `G` or `D`, or
/// as customs' register calls it (`ADVANCED_CERTIFIED`, `GENERAL_CERTIFIED`, `GENERAL_CREDIT`, `DISHONEST`); without a rating it is `G`.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(put, path = "/api/v1/admin/enterprises/{customs_reg_no}", tag = "admin", params(("customs_reg_no" = String, Path)),
    request_body(content = inline(PutEnterprise), example = json!({"name": "上海远帆进出口有限公司", "uscc": "91310115MA1K3ABC2K", "ciq_no": "3100612896", "credit": "G", "qualified": true})),
    responses((status = 200, description = "as the register has it now", body = serde_json::Value), (status = 422, description = "all faults")))]
pub async fn put_enterprise(
    State(central): State<Central>,
    person: Person,
    Path(customs_reg_no): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let request: PutEnterprise = body::read(&bytes)?;
    let mut faults = Vec::new();
    if !formats::is_customs_reg_no(&customs_reg_no) {
        let (zh, en) =
            ("海关十位编码为5位数字加5位数字或大写字母", "5 digits, then 5 digits or capital letters");
        faults.push(FieldError::format(
            "customs_reg_no".into(),
            "PO-306",
            zh,
            en,
            customs_reg_no.chars().take(40).collect::<String>().into(),
        ));
    }
    let name = request.name.trim();
    if !(2..=100).contains(&name.chars().count()) {
        let (zh, en) = ("企业名称为2至100个字符", "2 to 100 characters");
        faults.push(FieldError::format(
            "name".into(),
            "PO-028",
            zh,
            en,
            name.chars().take(120).collect::<String>().into(),
        ));
    }
    if let Some(uscc) = request.uscc.as_deref().filter(|uscc| Uscc::parse(uscc).is_err()) {
        let (zh, en) = ("统一社会信用代码有误", "not a unified social credit code (GB 32100-2015)");
        faults.push(FieldError::format(
            "uscc".into(),
            "PO-305",
            zh,
            en,
            uscc.chars().take(40).collect::<String>().into(),
        ));
    }
    query::judged(faults)?;
    let tx = central.store().begin().await?;
    let known = enterprise::by_customs_reg_no(tx.conn(), &customs_reg_no).await?;
    let of_uscc = match request.uscc.as_deref() {
        Some(uscc) => enterprise::by_uscc(tx.conn(), uscc).await?,
        None => None,
    };
    let others = of_uscc.as_ref().filter(|other| {
        other.customs_reg_no.is_some() && other.customs_reg_no.as_deref() != Some(&*customs_reg_no)
    });
    if others.is_some() {
        let (zh, en) = ("该统一社会信用代码属于另一企业", "the credit code belongs to another enterprise");
        return Err(Problem::fields(vec![FieldError::format(
            "uscc".into(),
            "PO-030",
            zh,
            en,
            json!(request.uscc),
        )]));
    }
    let boxed = |text: Option<String>| text.map(String::into_boxed_str);
    let before = known.or(of_uscc);
    let is_new = before.is_none();
    let before = before.unwrap_or_else(|| Enterprise {
        id: uuid::Uuid::now_v7().to_string().into(),
        kind: EnterpriseKind::Enterprise,
        name: "".into(),
        uscc: None,
        customs_reg_no: None,
        ciq_no: None,
        country: None,
        foreign_reg_no: None,
        credit: request.credit,
        qualified: request.qualified,
        has_accounts: false,
    });
    let after = Enterprise {
        name: name.into(),
        customs_reg_no: Some(customs_reg_no.into()),
        uscc: boxed(request.uscc).or_else(|| before.uscc.clone()),
        ciq_no: boxed(request.ciq_no).or_else(|| before.ciq_no.clone()),
        credit: request.credit,
        qualified: request.qualified,
        ..before
    };
    if is_new {
        enterprise::insert(&tx, &after).await?;
    } else {
        enterprise::update(&tx, &after).await?;
    }
    enterprise::audit(&tx, &after, &person.actor()).await?;
    tx.commit().await?;
    Ok(Json(json!(after)))
}
