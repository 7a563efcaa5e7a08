//! 电子签名 of an application, and whether they still hold.
//! Source: spec PO-099.

use axum::{
    Json,
    extract::{Path, State},
};

use super::{Appointment, visible};
use crate::{
    app::Central,
    declaration::{problem::Problem, record::Record as _},
    identity::{
        Person,
        signing::shown::{self, Signatures, Verification},
    },
};

/// What was signed about an application, newest first: an enterprise sees what its own people have signed.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/appointments/{pre_entry_no}/signatures", tag = "appointment", params(("pre_entry_no" = String, Path)),
    responses((status = 200, description = "with the texts that were signed", body = Signatures)))]
pub(super) async fn list(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Signatures>, Problem> {
    visible(central.store().read(), &number, &person).await?;
    shown::of_record(&central, &person, Appointment::MANUAL, &number).await.map(Json)
}

/// Judges one of them anew, as of the time of the act.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/appointments/{pre_entry_no}/signatures/{signature_id}/verification", tag = "appointment",
    params(("pre_entry_no" = String, Path), ("signature_id" = String, Path)),
    responses((status = 200, description = "each thing that was looked at", body = Verification)))]
pub(super) async fn verify(
    State(central): State<Central>,
    person: Person,
    Path((number, id)): Path<(String, String)>,
) -> Result<Json<Verification>, Problem> {
    visible(central.store().read(), &number, &person).await?;
    shown::verified(&central, &person, Appointment::MANUAL, &number, &id).await.map(Json)
}
