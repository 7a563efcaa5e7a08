//! 卡介质登记: every bound card and every revoked certificate, as the platform's administrators see them (PO-046, PO-104).

use axum::{Json, extract::State};
use protocols::contract::UtcMillis;
use sea_orm::QueryResult;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::Central,
    declaration::{
        fault::FieldError,
        problem::Problem,
        query::{self, Conditions, Page},
    },
    identity::Person,
    store::{StoreError, all, column},
};

/// Conditions of a list of cards.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardQuery {
    /// 卡号.
    card_no: Option<String>,
    /// Any part of the user name.
    username: Option<String>,
    /// `bound` or `suspended`.
    state: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
}

const CARDS: &str = "card_binding JOIN account ON account.id = card_binding.account_id";

/// Every bound card, by number, with whose it is.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/admin/cards", tag = "cards", params(CardQuery),
    responses((status = 200, description = "one page", body = serde_json::Value, example = json!({"items": [{"card_no": "2100000123456", "username": "yuanfan_op1",
                   "role": "enterprise_operator", "uscc": "91310115MA1K3ABC2K", "state": "bound", "state_since": "2025-10-13T00:30:00.000Z", "reason": null,
                   "bound_at": "2025-10-13T00:30:00.000Z", "not_after": "2028-10-12T00:30:00.000Z"}], "page": 1, "page_size": 10, "total": 1, "total_is_more": false})),
              (status = 403, description = "not an administrator"), (status = 422, description = "a condition breaks a rule")))]
pub async fn cards(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<CardQuery>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let asked = query::read(asked)?;
    let now = central.store().clock().now();
    let mut faults = Vec::new();
    let mut conditions = Conditions::default();
    if let Some(number) = query::text("card_no", asked.card_no.as_deref(), &mut faults) {
        conditions.equals("card_no", &number);
    }
    if let Some(name) = query::text("username", asked.username.as_deref(), &mut faults) {
        conditions.contains("username_folded", &name);
    }
    if let Some(state) = query::text("state", asked.state.as_deref(), &mut faults) {
        // A certificate that has run out suspends its card without anybody's act (PO-408).
        match &*state {
            "bound" => conditions.add("state = 'bound' AND not_after >= ?", vec![now.as_millis().into()]),
            "suspended" => {
                conditions.add("(state = 'suspended' OR not_after < ?)", vec![now.as_millis().into()]);
            }
            _ => faults.push(FieldError::unknown_code("state".into(), "PO-408", state.into())),
        }
    }
    let page = Page::read(asked.page, asked.page_size, &mut faults);
    query::judged(faults)?;
    let conn = central.store().read();
    let total = query::count(conn, CARDS, &conditions, false).await?;
    let (clause, values) = conditions.sql();
    let (size, offset) = (page.size, page.offset());
    let sql = format!(
        "SELECT card_no, username, role, uscc, state, state_since, reason, bound_at, not_after FROM {CARDS}
         WHERE {clause} ORDER BY card_no LIMIT {size} OFFSET {offset}"
    );
    let item = |row: &QueryResult| -> Result<Value, StoreError> {
        let text = |name: &str| column::<String>(row, name);
        let perhaps = |name: &str| column::<Option<String>>(row, name);
        let time = |name: &str| column::<i64>(row, name).map(UtcMillis::from_millis);
        let ends = time("not_after")?;
        let state = if ends < now { "suspended".to_owned() } else { text("state")? };
        Ok(
            json!({"card_no": text("card_no")?, "username": text("username")?, "role": text("role")?, "uscc": perhaps("uscc")?,
                  "state": state, "state_since": time("state_since")?, "reason": perhaps("reason")?, "bound_at": time("bound_at")?, "not_after": ends}),
        )
    };
    let items = all(conn, &sql, values).await?.iter().map(item).collect::<Result<_, _>>()?;
    Ok(Json(query::listing(total, page, items)))
}

/// Conditions of a list of revoked certificates.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RevokedQuery {
    /// The certificate's serial number.
    serial: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
}

/// Every certificate that was revoked, the last noted first.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/cards/revocations", tag = "cards", params(RevokedQuery),
    responses((status = 200, description = "one page", body = serde_json::Value, example = json!({"items": [{"issuer": "6b1c...", "serial": "5a01...",
                   "revoked_at": "2025-10-13T00:30:00.000Z", "noted_at": "2025-10-13T00:30:00.000Z", "reason": "卡介质遗失"}], "page": 1, "page_size": 10,
                   "total": 1, "total_is_more": false})), (status = 403, description = "not an administrator")))]
pub async fn revoked(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<RevokedQuery>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let mut conditions = Conditions::default();
    if let Some(serial) = query::text("serial", asked.serial.as_deref(), &mut faults) {
        conditions.equals("serial", &serial);
    }
    let page = Page::read(asked.page, asked.page_size, &mut faults);
    query::judged(faults)?;
    let conn = central.store().read();
    let total = query::count(conn, "revoked_certificate", &conditions, false).await?;
    let (clause, values) = conditions.sql();
    let (size, offset) = (page.size, page.offset());
    let sql = format!(
        "SELECT issuer, serial, revoked_at, noted_at, reason FROM revoked_certificate WHERE {clause}
         ORDER BY noted_at DESC, issuer, serial LIMIT {size} OFFSET {offset}"
    );
    let item = |row: &QueryResult| -> Result<Value, StoreError> {
        let time = |name: &str| column::<i64>(row, name).map(UtcMillis::from_millis);
        let (issuer, serial): (String, String) = (column(row, "issuer")?, column(row, "serial")?);
        Ok(
            json!({"issuer": issuer, "serial": serial, "revoked_at": time("revoked_at")?, "noted_at": time("noted_at")?,
                  "reason": column::<String>(row, "reason")?}),
        )
    };
    let items = all(conn, &sql, values).await?.iter().map(item).collect::<Result<_, _>>()?;
    Ok(Json(query::listing(total, page, items)))
}
