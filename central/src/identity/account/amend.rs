//! 账号信息变更: what an administrator corrects of an account that somebody made: name, contact, an officer's offices, an operator's yards.
//! Promises: a change names the version that was seen; the role and the enterprise stay what they are: whoever changes them gets another account.
//! Source: spec PO-044, PO-046.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use protocols::ids::{CustomsCode, YardId};
use serde::Deserialize;
use serde_json::Value;

use super::{AccountStatus, admin, fields};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, problem::Problem, query},
    identity::{Person, Role},
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Amended {
    version: i64,
    #[serde(default)]
    person_name: Option<String>,
    #[serde(default)]
    mobile: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    customs_codes: Vec<CustomsCode>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    yard_ids: Vec<YardId>,
}

/// Corrects name, contact, offices and yards of an account; what is absent is empty afterwards. The administrator answers for the mobile.
///
/// # Errors
/// 400, 401, 403, 404, 409 when it was changed meanwhile or is closed, 422.
#[utoipa::path(put, path = "/api/v1/admin/accounts/{account_id}", tag = "admin", params(("account_id" = String, Path)),
    request_body(content = inline(Amended), example = json!({"version": 1, "person_name": "李关", "mobile": "13816001236", "customs_codes": ["0708", "0709"]})),
    responses((status = 200, description = "as it is now", body = serde_json::Value), (status = 404, description = "no such account"),
              (status = 409, description = "changed meanwhile, or closed"), (status = 422, description = "all faults")))]
pub async fn amend(
    State(central): State<Central>,
    person: Person,
    Path(account_id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let request: Amended = body::read(&bytes)?;
    let text = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    };
    let (name, mobile, email) = (text(&request.person_name), text(&request.mobile), text(&request.email));
    let mut faults = Vec::new();
    faults.extend(name.as_deref().and_then(fields::person_name));
    faults.extend(mobile.as_deref().and_then(|mobile| fields::mobile(mobile, "PO-026")));
    faults.extend(email.as_deref().and_then(fields::email));
    query::judged(faults)?;
    let tx = central.store().begin().await?;
    let mut account = super::by_id(tx.conn(), &account_id).await?.ok_or_else(Problem::not_found)?;
    if account.version != request.version {
        return Err(Problem::version_conflict(account.version));
    }
    if account.status == AccountStatus::Closed {
        return Err(Problem::status_conflict("a closed account stays as it was"));
    }
    let mut faults = Vec::new();
    if account.role == Role::CustomsOfficer && request.customs_codes.is_empty() {
        faults.push(FieldError::required("customs_codes".into(), "PO-044"));
    }
    if account.role == Role::YardOperator && request.yard_ids.is_empty() {
        faults.push(FieldError::required("yard_ids".into(), "PO-040"));
    }
    query::judged(faults)?;
    let boxed = |text: Option<String>| text.map(String::into_boxed_str);
    let mobile = boxed(mobile);
    if account.mobile != mobile {
        account.mobile_confirmed = mobile.is_some();
    }
    account.person_name = boxed(name);
    account.mobile = mobile;
    account.email = boxed(email);
    account.customs_codes = request.customs_codes;
    account.yard_ids = request.yard_ids;
    super::update(&tx, &mut account).await?;
    admin::audited(&tx, &account, "amend", &person).await?;
    tx.commit().await?;
    Ok(Json(account.view()))
}
