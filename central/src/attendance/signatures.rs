//! 电子签名 of an application, and whether they still hold.
//! Source: spec PO-099.

use axum::{
    Json,
    extract::{Path, State},
};

use super::{Record, api::own, desk};
use crate::{
    app::Central,
    declaration::{problem::Problem, record::Record as _},
    identity::{
        Person, Standing,
        signing::shown::{self, Signatures, Verification},
    },
};

/// The application, if it exists for this person: the applicant, or an officer of its office.
async fn seen(central: &Central, number: &str, person: &Person) -> Result<Record, Problem> {
    let conn = central.store().read();
    match &person.standing {
        Standing::Officer(_) => desk::visible(conn, number, person).await,
        _ => own(conn, number, person).await,
    }
}

/// What was signed about an application, newest first: an enterprise sees what its own people have signed.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/attendance-exemptions/{data_center_no}/signatures", tag = "attendance", params(("data_center_no" = String, Path)),
    responses((status = 200, description = "with the texts that were signed", body = Signatures)))]
pub(super) async fn list(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Signatures>, Problem> {
    seen(&central, &number, &person).await?;
    shown::of_record(&central, &person, Record::MANUAL, &number).await.map(Json)
}

/// Judges one of them anew, as of the time of the act.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/attendance-exemptions/{data_center_no}/signatures/{signature_id}/verification", tag = "attendance",
    params(("data_center_no" = String, Path), ("signature_id" = String, Path)),
    responses((status = 200, description = "each thing that was looked at", body = Verification)))]
pub(super) async fn verify(
    State(central): State<Central>,
    person: Person,
    Path((number, id)): Path<(String, String)>,
) -> Result<Json<Verification>, Problem> {
    seen(&central, &number, &person).await?;
    shown::verified(&central, &person, Record::MANUAL, &number, &id).await.map(Json)
}
