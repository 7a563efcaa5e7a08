//! 无权限: every refusal of a permission is on record (PO-335).
//! Promises: who was refused, what they asked for, from where; nothing of what they sent. The answer does not wait for more than one small
//! transaction, and is given whether that succeeds or not.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use serde_json::json;

use super::{Entry, write};
use crate::{app::Central, declaration::problem::REQUEST_ID, identity::Person, store::StoreError};

/// The layer around all that people ask for.
pub async fn noted(State(central): State<Central>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    if response.status() == StatusCode::FORBIDDEN
        && let Ok(person) = Person::from_request_parts(&mut asked, &central).await
        && let Err(error) = note(&central, &person, asked.method.as_str(), asked.uri.path()).await
    {
        tracing::error!(error = &error as &dyn std::error::Error, "a refusal is not on record");
    }
    response
}

async fn note(central: &Central, person: &Person, method: &str, path: &str) -> Result<(), StoreError> {
    const LONGEST: usize = 200;
    let tx = central.store().begin().await?;
    let (actor, number) = (&person.actor(), &*path.chars().take(LONGEST).collect::<String>());
    let detail =
        json!({ "method": method, "request_id": REQUEST_ID.try_with(Clone::clone).unwrap_or_default() });
    let entry =
        Entry { actor, subject: "permission", number, action: "REFUSED", before: None, after: None, detail };
    write(&tx, &entry).await?;
    tx.commit().await
}
