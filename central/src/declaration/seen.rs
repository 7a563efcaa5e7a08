//! 版本: what a person saw of a record before acting on it.
//! Promises: an act names the version that the person saw; a record that has moved on since is not touched (PO-333).

use serde::Deserialize;

use super::{fault::FieldError, problem::Problem};

/// The version that the person saw, in the query of an act without a body.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Seen {
    /// `version` of the record as displayed.
    pub version: Option<i64>,
}

/// Refuses an act on another version than the one that was seen; `rule` is the requirement of the manual.
///
/// # Errors
/// 422 without a version, 409 with another one.
pub fn same_version(present: i64, seen: Option<i64>, rule: &'static str) -> Result<(), Problem> {
    match seen {
        None => Err(Problem::fields(vec![FieldError::required("version".into(), rule)])),
        Some(seen) if seen == present => Ok(()),
        Some(_) => Err(Problem::version_conflict(present)),
    }
}
