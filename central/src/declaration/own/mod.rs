//! What people keep for themselves at the centre, so that it is there wherever they log in.
//! `settings`: how the pages look · `queries`: conditions under a name · `templates`: content that new records begin with · `last_used`: what was
//! entered last.
//! Promises: nobody sees another's, but for templates that an enterprise's people share; what one person can make the centre keep is bounded.
//! Absent on purpose: rules of records; what a new record begins with is judged when it is saved.
//! Source: spec PO-049, PO-183, PO-202.

mod last_used;
mod queries;
mod settings;
mod templates;
#[cfg(test)]
mod tests;

use axum::extract::DefaultBodyLimit;
use sea_orm::Value as Param;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::Central,
    declaration::{fault::FieldError, problem::Problem, query},
    store::{Tx, column, one},
};

/// Of one person and manual, and of what an enterprise's people share for it.
const MOST: i64 = 100;
/// For all manuals together: a manual is any word.
const MOST_IN_ALL: i64 = 500;
/// What one of these may weigh.
const MOST_BYTES: usize = 128 * 1024;
const LONGEST_NAME: usize = 40;
const LONGEST_WORD: usize = 64;

/// The paths.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .merge(queries::router())
        .merge(templates::router())
        .merge(last_used::router())
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .merge(settings::router())
}

/// What names a manual, a list, a column or a condition.
fn is_word(text: &str) -> bool {
    (1..=LONGEST_WORD).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn refused(path: &str, zh: &str, en: &str, value: impl Into<Value>) -> FieldError {
    FieldError::format(path.into(), "PO-332", zh, en, value.into())
}

/// The manual that something is kept for.
fn manual(sent: &str, faults: &mut Vec<FieldError>) {
    if !is_word(sent) {
        let value: String = sent.chars().take(LONGEST_WORD).collect();
        faults.push(refused("manual", "仅限字母、数字、-、_和.", "letters, digits, -, _ and .", value));
    }
}

/// What a person calls something: blanks around it cut.
fn name(sent: &str, faults: &mut Vec<FieldError>) -> String {
    let name = sent.trim();
    if name.is_empty() {
        faults.push(FieldError::required("name".into(), "PO-332"));
    } else if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let value: String = name.chars().take(LONGEST_NAME).collect();
        faults.push(refused(
            "name",
            "最多40个字符，不含控制字符",
            "at most 40 characters, none of control",
            value,
        ));
    }
    name.to_owned()
}

fn taken(name: &str) -> Problem {
    Problem::fields(vec![refused("name", "名称已存在", "the name is taken", name)])
}

/// Refuses one more than [`MOST`] for a manual, or than [`MOST_IN_ALL`].
async fn has_room(tx: &Tx, counted: &str, owner: &str, manual: &str) -> Result<(), Problem> {
    let values: [Param; 2] = [owner.into(), manual.into()];
    let row = one(tx.conn(), counted, values).await?;
    let kept = |name| row.as_ref().map_or(Ok(0_i64), |row| column(row, name));
    if kept("here")? >= MOST || kept("in_all")? >= MOST_IN_ALL { Err(too_many()) } else { Ok(()) }
}

fn too_many() -> Problem {
    Problem::fields(vec![refused("name", "最多保存100项，请先删除", "at most 100; delete some first", MOST)])
}

fn judged(faults: Vec<FieldError>) -> Result<(), Problem> {
    query::judged(faults)
}
