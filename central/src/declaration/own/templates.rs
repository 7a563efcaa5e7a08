//! Content that new records begin with: a person's own, and what an enterprise's people share.
//! Promises: one's own is nobody else's; what is shared is seen in the enterprise only, and changed by who made it or the enterprise's
//! administrator; a name stands once among those of its owner.
//! Absent on purpose: what the content means. It is kept as the page has it, and judged when a record is saved.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{has_room, judged, manual, name, taken};
use crate::{
    app::Central,
    declaration::{body, problem::Problem, query},
    identity::{Person, Standing},
    store::{StoreError, Tx, all, column, execute, from_json, one, to_json},
};

pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(list, save)).routes(routes!(show, change, delete))
}

/// Whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Own,
    Enterprise,
}

/// 录入模板.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Template {
    id: String,
    manual: String,
    name: String,
    scope: Scope,
    /// The user name of who made it.
    made_by: String,
    /// Whether I may change and delete it.
    mine_to_change: bool,
    #[schema(value_type = String)]
    updated_at: UtcMillis,
    /// As the page has it; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Map<String, Value>>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Templates {
    items: Vec<Template>,
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Of {
    /// Of this manual only.
    manual: Option<String>,
}

#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct New {
    manual: String,
    name: String,
    scope: Scope,
    content: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    name: String,
    /// What it has now stays where none is given.
    #[serde(default)]
    content: Option<Map<String, Value>>,
}

/// Under what an enterprise's people share theirs; none for who belongs to no enterprise.
fn enterprise(person: &Person) -> Option<String> {
    match &person.standing {
        Standing::Declarant(declarant) => Some(format!("enterprise:{}", declarant.uscc)),
        Standing::Agency(agency) => Some(format!("enterprise:{}", agency.id)),
        _ => None,
    }
}

fn owner(person: &Person, scope: Scope) -> Result<String, Problem> {
    match scope {
        Scope::Own => Ok(person.identity()),
        Scope::Enterprise => enterprise(person).ok_or_else(Problem::no_permission),
    }
}

fn read(row: &QueryResult, person: &Person) -> Result<Template, StoreError> {
    let administers = matches!(&person.standing, Standing::Declarant(declarant) if declarant.administrator);
    let scope =
        if column::<String>(row, "owner")? == person.identity() { Scope::Own } else { Scope::Enterprise };
    let is_maker = column::<String>(row, "maker")? == person.identity();
    Ok(Template {
        id: column(row, "id")?,
        manual: column(row, "manual")?,
        name: column(row, "name")?,
        scope,
        made_by: column(row, "made_by")?,
        mine_to_change: is_maker || administers,
        updated_at: UtcMillis::from_millis(column(row, "updated_at")?),
        content: None,
    })
}

/// Those that I may fill a new record from: mine, and my enterprise's; by name, without their content.
///
/// # Errors
/// 400, 401.
#[utoipa::path(get, path = "/api/v1/entry-templates", tag = "own", params(Of),
    responses((status = 200, description = "mine and my enterprise's", body = Templates, example = json!({"items": [
                   {"id": "01999", "manual": "smart_gate", "name": "长协煤", "scope": "enterprise", "made_by": "wang", "mine_to_change": false,
                    "updated_at": "2025-10-13T00:30:00.000Z"}]})),
              (status = 401, description = "not logged in")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    of: query::Sent<Of>,
) -> Result<Json<Templates>, Problem> {
    let of = query::read(of)?;
    let sql = "SELECT id, owner, maker, made_by, manual, name, updated_at FROM entry_template
               WHERE owner IN ($1, $2) AND (manual = $3 OR $3 = '') ORDER BY manual, name, id";
    let owner = person.identity();
    let shared = enterprise(&person).unwrap_or_else(|| owner.clone());
    let rows =
        all(central.store().read(), sql, [owner.into(), shared.into(), of.manual.unwrap_or_default().into()])
            .await?;
    Ok(Json(Templates { items: rows.iter().map(|row| read(row, &person)).collect::<Result<_, _>>()? }))
}

/// The row, if it is for this person.
async fn visible<C: ConnectionTrait>(conn: &C, person: &Person, id: &str) -> Result<QueryResult, Problem> {
    let owner = person.identity();
    let shared = enterprise(person).unwrap_or_else(|| owner.clone());
    let sql = "SELECT * FROM entry_template WHERE id = $1 AND owner IN ($2, $3)";
    one(conn, sql, [id.into(), owner.into(), shared.into()]).await?.ok_or_else(Problem::not_found)
}

/// One of them, with its content.
///
/// # Errors
/// 401, 404.
#[utoipa::path(get, path = "/api/v1/entry-templates/{template_id}", tag = "own", params(("template_id" = String, Path)),
    responses((status = 200, description = "with its content", body = Template), (status = 401, description = "not logged in"),
              (status = 404, description = "neither mine nor my enterprise's")))]
async fn show(
    State(central): State<Central>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Json<Template>, Problem> {
    let row = visible(central.store().read(), &person, &id).await?;
    let content = Some(from_json("template", &column::<String>(&row, "doc")?)?);
    Ok(Json(Template { content, ..read(&row, &person)? }))
}

/// Saves content under a name, for oneself or for the enterprise.
///
/// # Errors
/// 400, 401, 403 for an enterprise that one does not belong to, 413, 422; also when the name is taken.
#[utoipa::path(post, path = "/api/v1/entry-templates", tag = "own",
    request_body(content = inline(New), example = json!({"manual": "smart_gate", "name": "长协煤", "scope": "own",
        "content": {"values": {"customs_code": "0708", "medium_type": "VN"}, "rows": []}})),
    responses((status = 201, description = "saved", body = Template), (status = 401, description = "not logged in"),
              (status = 403, description = "no enterprise to share it in"), (status = 422, description = "not a name, the name is taken, or too many")))]
async fn save(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Template>), Problem> {
    let new: New = body::read(&bytes)?;
    let owner = owner(&person, new.scope)?;
    let mut faults = Vec::new();
    manual(&new.manual, &mut faults);
    let name = name(&new.name, &mut faults);
    judged(faults)?;
    let tx = central.store().begin().await?;
    let counted = "SELECT COUNT(*) AS in_all, COUNT(CASE WHEN manual = $2 THEN 1 END) AS here FROM entry_template WHERE owner = $1";
    has_room(&tx, counted, &owner, &new.manual).await?;
    let id = uuid::Uuid::now_v7().to_string();
    free(&tx, &owner, &new.manual, &name, &id).await?;
    let sql = "INSERT INTO entry_template (id, owner, manual, name, maker, made_by, updated_at, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        id.clone().into(),
        owner.into(),
        new.manual.clone().into(),
        name.clone().into(),
        person.identity().into(),
        person.name.clone().into(),
        tx.now().as_millis().into(),
        to_json("template", &new.content)?.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    let updated_at = tx.now();
    tx.commit().await?;
    let New { manual, scope, content, .. } = new;
    let (made_by, content) = (person.name, Some(content));
    let saved = Template { id, manual, name, scope, made_by, mine_to_change: true, updated_at, content };
    Ok((StatusCode::CREATED, Json(saved)))
}

async fn free(tx: &Tx, owner: &str, manual: &str, name: &str, id: &str) -> Result<(), Problem> {
    let sql = "SELECT id FROM entry_template WHERE owner = $1 AND manual = $2 AND name = $3 AND id <> $4";
    match one(tx.conn(), sql, [owner.into(), manual.into(), name.into(), id.into()]).await? {
        Some(_) => Err(taken(name)),
        None => Ok(()),
    }
}

/// The row, if this person may change it.
async fn changeable(tx: &Tx, person: &Person, id: &str) -> Result<(String, Template), Problem> {
    let row = visible(tx.conn(), person, id).await?;
    let template = read(&row, person)?;
    if template.mine_to_change {
        Ok((column(&row, "owner")?, template))
    } else {
        Err(Problem::no_permission())
    }
}

/// Renames it, or gives it other content.
///
/// # Errors
/// 400, 401, 403, 404, 422.
#[utoipa::path(put, path = "/api/v1/entry-templates/{template_id}", tag = "own", params(("template_id" = String, Path)),
    request_body(content = inline(Change), example = json!({"name": "长协煤，两箱"})),
    responses((status = 200, description = "as it is now, without its content", body = Template), (status = 401, description = "not logged in"),
              (status = 403, description = "the enterprise's, made by somebody else"), (status = 404, description = "not for me"),
              (status = 422, description = "not a name, or the name is taken")))]
async fn change(
    State(central): State<Central>,
    person: Person,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Template>, Problem> {
    visible(central.store().read(), &person, &id).await?;
    let change: Change = body::read(&bytes)?;
    let mut faults = Vec::new();
    let name = name(&change.name, &mut faults);
    judged(faults)?;
    let tx = central.store().begin().await?;
    let (owner, before) = changeable(&tx, &person, &id).await?;
    free(&tx, &owner, &before.manual, &name, &id).await?;
    let now = tx.now();
    let sql = "UPDATE entry_template SET name = $2, updated_at = $3 WHERE id = $1";
    execute(tx.conn(), sql, [id.clone().into(), name.clone().into(), now.as_millis().into()]).await?;
    if let Some(content) = &change.content {
        let sql = "UPDATE entry_template SET doc = $2 WHERE id = $1";
        execute(tx.conn(), sql, [id.into(), to_json("template", content)?.into()]).await?;
    }
    tx.commit().await?;
    Ok(Json(Template { name, updated_at: now, ..before }))
}

/// Deletes it.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/v1/entry-templates/{template_id}", tag = "own", params(("template_id" = String, Path)),
    responses((status = 204, description = "gone"), (status = 401, description = "not logged in"),
              (status = 403, description = "the enterprise's, made by somebody else"), (status = 404, description = "not for me")))]
async fn delete(
    State(central): State<Central>,
    person: Person,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let tx = central.store().begin().await?;
    changeable(&tx, &person, &id).await?;
    execute(tx.conn(), "DELETE FROM entry_template WHERE id = $1", [id.into()]).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
