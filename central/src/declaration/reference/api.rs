//! The administrator's side of the register: to put, show and remove what training and tests take for facts.
//! Promises: what is put can be read as facts, and is about the number in the path; each change is audited. Where another system has
//! the facts, the register is closed (409), so that nobody believes to have changed something.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Map, Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{BillFacts, DeclarationFacts, Facts, register};
use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        body,
        fault::FieldError,
        formats,
        problem::Problem,
        query,
    },
    identity::Person,
};

/// The paths of the register.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(list_declarations))
        .routes(routes!(list_bills))
        .routes(routes!(show_declaration, put_declaration, remove_declaration))
        .routes(routes!(show_bill, put_bill, remove_bill))
}

/// Conditions of a list of facts.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Any part of the number.
    number: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
}

/// The declarations of the register, what was put last first.
///
/// # Errors
/// 400, 401, 403, 409 where another system has the facts, 422.
#[utoipa::path(get, path = "/api/v1/admin/reference/declarations", tag = "admin", params(Asked),
    responses((status = 200, description = "one page", body = serde_json::Value, example = json!({"items": [], "page": 1, "page_size": 10, "total": 0, "total_is_more": false})),
              (status = 409, description = "another system has the facts")))]
async fn list_declarations(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    list::<DeclarationFacts>(&central, &person, asked).await
}

/// The bills of the register, what was put last first.
///
/// # Errors
/// 400, 401, 403, 409 where another system has the facts, 422.
#[utoipa::path(get, path = "/api/v1/admin/reference/bills", tag = "admin", params(Asked),
    responses((status = 200, description = "one page", body = serde_json::Value, example = json!({"items": [], "page": 1, "page_size": 10, "total": 0, "total_is_more": false})),
              (status = 409, description = "another system has the facts")))]
async fn list_bills(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    list::<BillFacts>(&central, &person, asked).await
}

async fn list<F: Facts>(
    central: &Central,
    person: &Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    must_be_open::<F>(central, person)?;
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let mut conditions = query::Conditions::default();
    if let Some(number) = query::text("number", asked.number.as_deref(), &mut faults) {
        conditions.contains("number", &number);
    }
    let page = query::Page::read(asked.page, asked.page_size, &mut faults);
    query::judged(faults)?;
    let conn = central.store().read();
    let total = query::count(conn, F::TABLE, &conditions, false).await?;
    let order = "updated_at DESC, number";
    let found: Vec<F> = query::documents(conn, F::TABLE, "number", &conditions, order, page).await?;
    Ok(Json(query::listing(total, page, found.iter().map(|facts| json!(facts)).collect())))
}

/// What the register says of a declaration.
///
/// # Errors
/// 401, 403, 404, 409 where another system has the facts.
#[utoipa::path(get, path = "/api/v1/admin/reference/declarations/{number}", tag = "admin", params(("number" = String, Path)),
    responses((status = 200, description = "the facts", body = serde_json::Value), (status = 404, description = "not known"),
              (status = 409, description = "another system has the facts")))]
pub async fn show_declaration(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    show::<DeclarationFacts>(&central, &person, &number).await
}

/// Puts what is to be taken for a fact about a declaration.
///
/// # Errors
/// 400, 401, 403, 409 where another system has the facts, 422.
#[utoipa::path(put, path = "/api/v1/admin/reference/declarations/{number}", tag = "admin", params(("number" = String, Path)),
    request_body(content = inline(DeclarationFacts), example = json!({"ie_flag": "I", "consignee": "3122240123", "declarant": "3122240123",
        "declaration_port": "2225", "entry_exit_port": "2225", "declared_at": "2020-04-09T10:00:00+08:00", "released": false,
        "inspection_customs_code": "2225", "inspection_instruction": true, "inspection_begun": false})),
    responses((status = 200, description = "the facts as stored", body = serde_json::Value),
              (status = 409, description = "another system has the facts"), (status = 422, description = "all faults")))]
pub async fn put_declaration(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    put(&central, &person, &number, &bytes, faults_of_declaration).await
}

/// Removes what is taken for a fact about a declaration.
///
/// # Errors
/// 401, 403, 404, 409 where another system has the facts.
#[utoipa::path(delete, path = "/api/v1/admin/reference/declarations/{number}", tag = "admin", params(("number" = String, Path)),
    responses((status = 204, description = "removed"), (status = 404, description = "not known"),
              (status = 409, description = "another system has the facts")))]
pub async fn remove_declaration(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<StatusCode, Problem> {
    remove::<DeclarationFacts>(&central, &person, &number).await
}

/// What the register says of a bill.
///
/// # Errors
/// 401, 403, 404, 409 where another system has the facts.
#[utoipa::path(get, path = "/api/v1/admin/reference/bills/{number}", tag = "admin", params(("number" = String, Path)),
    responses((status = 200, description = "the facts", body = serde_json::Value), (status = 404, description = "not known"),
              (status = 409, description = "another system has the facts")))]
pub async fn show_bill(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    show::<BillFacts>(&central, &person, &number).await
}

/// Puts what is to be taken for a fact about a bill.
///
/// # Errors
/// 400, 401, 403, 409 where another system has the facts, 422.
#[utoipa::path(put, path = "/api/v1/admin/reference/bills/{number}", tag = "admin", params(("number" = String, Path)),
    request_body(content = inline(BillFacts), example = json!({"parties": ["3122240123"], "inspection_customs_code": "2248",
        "inspection_instruction": true, "inspection_begun": false, "released": false})),
    responses((status = 200, description = "the facts as stored", body = serde_json::Value),
              (status = 409, description = "another system has the facts"), (status = 422, description = "all faults")))]
pub async fn put_bill(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    put(&central, &person, &number, &bytes, faults_of_bill).await
}

/// Removes what is taken for a fact about a bill.
///
/// # Errors
/// 401, 403, 404, 409 where another system has the facts.
#[utoipa::path(delete, path = "/api/v1/admin/reference/bills/{number}", tag = "admin", params(("number" = String, Path)),
    responses((status = 204, description = "removed"), (status = 404, description = "not known"),
              (status = 409, description = "another system has the facts")))]
pub async fn remove_bill(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<StatusCode, Problem> {
    remove::<BillFacts>(&central, &person, &number).await
}

async fn show<F: Facts>(central: &Central, person: &Person, number: &str) -> Result<Json<Value>, Problem> {
    let number = opened::<F>(central, person, number)?.ok_or_else(Problem::not_found)?;
    let found: Option<F> = register::find(central.store().read(), &number).await?;
    Ok(Json(json!(found.ok_or_else(Problem::not_found)?)))
}

async fn put<F: Facts>(
    central: &Central,
    person: &Person,
    number: &str,
    bytes: &Bytes,
    judge: fn(&F) -> Vec<FieldError>,
) -> Result<Json<Value>, Problem> {
    let sent = number;
    let number = opened::<F>(central, person, number)?;
    let number = number.ok_or_else(|| Problem::fields(vec![bad(F::NUMBER, sent)]))?;
    let mut facts: F = read(bytes, &number)?;
    query::judged(judge(&facts))?;
    let tx = central.store().begin().await?;
    // Facts that are typed again keep what customs has agreed to (AE-161); who types cannot agree.
    let before: Option<F> = register::find(tx.conn(), &number).await?;
    *facts.mark() = before.and_then(|mut before| before.mark().take());
    register::put(&tx, &facts).await?;
    audit::write(&tx, &entry::<F>(&person.actor(), &number, "put", json!(facts))).await?;
    tx.commit().await?;
    Ok(Json(json!(facts)))
}

async fn remove<F: Facts>(central: &Central, person: &Person, number: &str) -> Result<StatusCode, Problem> {
    let number = opened::<F>(central, person, number)?.ok_or_else(Problem::not_found)?;
    let tx = central.store().begin().await?;
    if !register::remove::<F>(&tx, &number).await? {
        return Err(Problem::not_found());
    }
    audit::write(&tx, &entry::<F>(&person.actor(), &number, "remove", Value::Null)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The number as the register has it, for an administrator where the register is open.
fn opened<F: Facts>(central: &Central, person: &Person, number: &str) -> Result<Option<String>, Problem> {
    must_be_open::<F>(central, person)?;
    Ok(F::number(number))
}

fn must_be_open<F: Facts>(central: &Central, person: &Person) -> Result<(), Problem> {
    person.must_administer()?;
    if central.reference().is_register() {
        Ok(())
    } else {
        Err(Problem::status_conflict(format!("another system has the facts about a {}", F::WHAT)))
    }
}

/// The body as facts about this number; a member that facts do not have is not dropped in silence.
fn read<F: Facts>(bytes: &Bytes, number: &str) -> Result<F, Problem> {
    let mut members: Map<String, Value> = body::read(bytes)?;
    let own = members.insert(F::NUMBER.to_owned(), number.into());
    let facts: F = body::read(Value::Object(members.clone()).to_string().as_bytes())?;
    let known = serde_json::to_value(&facts).unwrap_or_default();
    let unknown = members.iter().filter(|(name, _)| known.get(name).is_none()).map(|(name, value)| {
        FieldError::format(name.clone(), "PO-332", "未知的数据项", "unknown member", value.clone())
    });
    let mut faults: Vec<_> = unknown.collect();
    if let Some(own) = own.filter(|own| own.as_str().and_then(F::number).as_deref() != Some(number)) {
        faults.push(FieldError::format(
            F::NUMBER.into(),
            "PO-332",
            "与路径不一致",
            "must be that of the path",
            own,
        ));
    }
    query::judged(faults)?;
    Ok(facts)
}

fn faults_of_declaration(facts: &DeclarationFacts) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if !matches!(&*facts.ie_flag, "I" | "E") {
        faults.push(FieldError::unknown_code("ie_flag".into(), "PO-332", json!(facts.ie_flag)));
    }
    faults.extend(party("consignee", &facts.consignee));
    faults.extend(facts.declarant.as_deref().and_then(|code| party("declarant", code)));
    faults
}

fn faults_of_bill(facts: &BillFacts) -> Vec<FieldError> {
    facts
        .parties
        .iter()
        .enumerate()
        .filter_map(|(place, code)| party(&format!("parties[{place}]"), code))
        .collect()
}

fn party(path: &str, code: &str) -> Option<FieldError> {
    (!formats::is_customs_reg_no(code)).then(|| bad(path, code))
}

fn bad(path: &str, value: &str) -> FieldError {
    let value: String = value.chars().take(40).collect();
    FieldError::format(path.into(), "PO-332", "编号格式有误", "not a number of this kind", value.into())
}

fn entry<'a, F: Facts>(actor: &'a Actor, number: &'a str, action: &'a str, detail: Value) -> Entry<'a> {
    Entry { actor, subject: F::TABLE, number, action, before: None, after: None, detail }
}
