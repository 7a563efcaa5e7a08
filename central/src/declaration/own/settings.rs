//! How the pages look to a person: language, dark mode, density, page size, columns and their widths.
//! Promises: what a change does not name stays as it was, so that two open pages do not undo each other.
//! Source: spec PO-183, PO-202.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{is_word, judged, refused};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, problem::Problem},
    identity::Person,
    store::{StoreError, column, execute, from_json, one, to_json},
};

const MOST_BYTES: usize = 16 * 1024;
const MOST_LISTS: usize = 40;
const MOST_COLUMNS: usize = 60;
const WIDTHS: std::ops::RangeInclusive<u32> = 24..=2000;
const PAGE_SIZES: [u32; 4] = [10, 20, 50, 100];

pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(show, change)).layer(DefaultBodyLimit::max(MOST_BYTES))
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Language {
    Zh,
    En,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Density {
    Small,
    Middle,
    Large,
}

/// 界面设置: what is not there was never chosen, and is as the page would have it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dark: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    density: Option<Density>,
    #[serde(skip_serializing_if = "Option::is_none")]
    menu_folded: Option<bool>,
    /// 10, 20, 50 or 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    page_size: Option<u32>,
    /// By the list's name. One that is named is replaced as a whole.
    lists: BTreeMap<String, Columns>,
}

/// Of one list.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Columns {
    /// Columns that are not shown.
    hidden: Vec<String>,
    /// Pixels, 24 to 2000.
    widths: BTreeMap<String, u32>,
}

impl Settings {
    fn judge(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        if let Some(size) = self.page_size.filter(|size| !PAGE_SIZES.contains(size)) {
            faults.push(refused("page_size", "每页10、20、50或100条", "10, 20, 50 or 100", size));
        }
        for (list, columns) in &self.lists {
            let fits = is_word(list)
                && columns.hidden.len() <= MOST_COLUMNS
                && columns.widths.len() <= MOST_COLUMNS
                && columns.hidden.iter().chain(columns.widths.keys()).all(|column| is_word(column))
                && columns.widths.values().all(|width| WIDTHS.contains(width));
            if !fits {
                let (zh, en) = ("列设置有误", "names of at most 60 columns, widths of 24 to 2000 pixels");
                faults.push(refused("lists", zh, en, list.chars().take(64).collect::<String>()));
            }
        }
        faults
    }

    /// With what a change names in the place of what was there.
    fn with(mut self, change: Self) -> Self {
        self.lists.extend(change.lists);
        Self {
            language: change.language.or(self.language),
            dark: change.dark.or(self.dark),
            density: change.density.or(self.density),
            menu_folded: change.menu_folded.or(self.menu_folded),
            page_size: change.page_size.or(self.page_size),
            lists: self.lists,
        }
    }
}

async fn kept<C: ConnectionTrait>(conn: &C, person: &Person) -> Result<Settings, StoreError> {
    let sql = "SELECT doc FROM person_settings WHERE person = $1";
    match one(conn, sql, [person.identity().into()]).await? {
        Some(row) => from_json("settings", &column::<String>(&row, "doc")?),
        None => Ok(Settings::default()),
    }
}

/// My settings, as far as I have chosen any.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/v1/account/settings", tag = "own",
    responses((status = 200, description = "what I have chosen", body = Settings, example = json!({
                   "language": "en", "dark": true, "density": "small", "page_size": 20,
                   "lists": {"smart-gate": {"hidden": ["trip_no"], "widths": {"medium_key": 180}}}})),
              (status = 401, description = "not logged in")))]
async fn show(State(central): State<Central>, person: Person) -> Result<Json<Settings>, Problem> {
    Ok(Json(kept(central.store().read(), &person).await?))
}

/// Changes some of them; what is not named stays. Answers all of them.
///
/// # Errors
/// 400, 401, 413, 422.
#[utoipa::path(patch, path = "/api/v1/account/settings", tag = "own",
    request_body(content = inline(Settings), example = json!({"density": "large", "lists": {"smart-gate": {"hidden": ["trip_no"]}}})),
    responses((status = 200, description = "all of them", body = Settings), (status = 401, description = "not logged in"),
              (status = 413, description = "more than 16 KiB"), (status = 422, description = "a setting that there is not")))]
async fn change(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Settings>, Problem> {
    let change: Settings = body::read(&bytes)?;
    judged(change.judge())?;
    let tx = central.store().begin().await?;
    let all = kept(tx.conn(), &person).await?.with(change);
    if all.lists.len() > MOST_LISTS {
        return Err(Problem::fields(vec![refused("lists", "列表过多", "at most 40 lists", all.lists.len())]));
    }
    let sql = "INSERT INTO person_settings (person, updated_at, doc) VALUES ($1, $2, $3)
               ON CONFLICT (person) DO UPDATE SET updated_at = $2, doc = $3";
    let values = [person.identity().into(), tx.now().as_millis().into(), to_json("settings", &all)?.into()];
    execute(tx.conn(), sql, values).await?;
    tx.commit().await?;
    Ok(Json(all))
}
