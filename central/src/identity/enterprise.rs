//! 企业: the register of enterprises and agencies, with what other systems say of them.
//! Promises: facts of an enterprise are read from here, never typed again in a module (PO-017); a code belongs to one enterprise.
//! Source: spec PO-028..PO-034, PO-112; AC-059, AC-082..AC-092.

use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    config::Config,
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        query::{self, Conditions, Page, Total},
    },
    store::{Store, StoreError, Tx, all, column, execute, from_json, one, to_json},
};

/// 信用等级, as customs rates enterprises. The names of customs' register are read as well (AC-082, AC-083).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Credit {
    /// 高级认证企业.
    #[serde(rename = "A", alias = "ADVANCED_CERTIFIED")]
    Advanced,
    /// 一般认证企业, 一般信用企业, and whoever is not rated: the stricter times are the safe ones (AC-084).
    #[default]
    #[serde(rename = "G", alias = "GENERAL_CERTIFIED", alias = "GENERAL_CREDIT")]
    General,
    /// 失信企业.
    #[serde(rename = "D", alias = "DISHONEST")]
    Dishonest,
}

/// Reads a rating that may be null.
///
/// # Errors
/// Those of the format.
pub fn rated<'de, D: Deserializer<'de>>(from: D) -> Result<Credit, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Credit {
    /// The code in JSON and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Advanced => "A",
            Self::General => "G",
            Self::Dishonest => "D",
        }
    }
}

/// What kind of party it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnterpriseKind {
    /// 企业.
    Enterprise,
    /// 检验机构, here or abroad (PO-034).
    Agency,
}

impl EnterpriseKind {
    /// The code in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Agency => "agency",
        }
    }
}

/// 企业 as the register has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enterprise {
    /// The register's own key.
    pub id: Box<str>,
    /// What kind.
    pub kind: EnterpriseKind,
    /// 企业名称.
    pub name: Box<str>,
    /// 统一社会信用代码; none for an agency abroad.
    pub uscc: Option<Box<str>>,
    /// 海关十位编码.
    pub customs_reg_no: Option<Box<str>>,
    /// 检验检疫编码.
    pub ciq_no: Option<Box<str>>,
    /// 国家地区 of an agency abroad.
    #[serde(default)]
    pub country: Option<Box<str>>,
    /// Its registration number there.
    #[serde(default)]
    pub foreign_reg_no: Option<Box<str>>,
    /// 信用等级.
    pub credit: Credit,
    /// 报关资质 (AC-090).
    pub qualified: bool,
    /// Somebody has registered for it: further people come through its administrator (PO-022).
    #[serde(default)]
    pub has_accounts: bool,
}

/// The enterprise with this credit code.
///
/// # Errors
/// [`StoreError`].
pub async fn by_uscc<C: ConnectionTrait>(conn: &C, uscc: &str) -> Result<Option<Enterprise>, StoreError> {
    by(conn, "uscc", uscc).await
}

/// The enterprise with this customs code.
///
/// # Errors
/// [`StoreError`].
pub async fn by_customs_reg_no<C: ConnectionTrait>(
    conn: &C,
    customs_reg_no: &str,
) -> Result<Option<Enterprise>, StoreError> {
    by(conn, "customs_reg_no", customs_reg_no).await
}

/// The enterprise with this key of the register.
///
/// # Errors
/// [`StoreError`].
pub async fn by_id<C: ConnectionTrait>(conn: &C, id: &str) -> Result<Option<Enterprise>, StoreError> {
    by(conn, "id", id).await
}

async fn by<C: ConnectionTrait>(conn: &C, key: &str, value: &str) -> Result<Option<Enterprise>, StoreError> {
    let sql = format!("SELECT doc FROM enterprise WHERE {key} = $1");
    one(conn, &sql, [value.into()]).await?.as_ref().map(read).transpose()
}

fn read(row: &QueryResult) -> Result<Enterprise, StoreError> {
    from_json("enterprise", &column::<String>(row, "doc")?)
}

/// One page of the register.
///
/// # Errors
/// [`StoreError`].
pub async fn search<C: ConnectionTrait>(
    conn: &C,
    conditions: &Conditions,
    page: Page,
) -> Result<(Total, Vec<Enterprise>), StoreError> {
    let total = query::count(conn, "enterprise", conditions, false).await?;
    let (clause, values) = conditions.sql();
    let (size, offset) = (page.size, page.offset());
    let sql =
        format!("SELECT doc FROM enterprise WHERE {clause} ORDER BY name, id LIMIT {size} OFFSET {offset}");
    Ok((total, all(conn, &sql, values).await?.iter().map(read).collect::<Result<_, _>>()?))
}

/// Notes who changed what the register says.
///
/// # Errors
/// [`StoreError`].
pub async fn audit(tx: &Tx, enterprise: &Enterprise, actor: &Actor) -> Result<(), StoreError> {
    let detail = serde_json::json!({"credit": enterprise.credit, "qualified": enterprise.qualified});
    let entry = Entry {
        actor,
        subject: "enterprise",
        number: &enterprise.id,
        action: "put",
        before: None,
        after: None,
        detail,
    };
    audit::write(tx, &entry).await
}

/// Puts an enterprise into the register.
///
/// # Errors
/// [`StoreError`], also when one of its codes belongs to another one.
pub async fn insert(tx: &Tx, enterprise: &Enterprise) -> Result<(), StoreError> {
    let sql = "INSERT INTO enterprise (id, kind, name, uscc, customs_reg_no, ciq_no, credit, qualified, doc, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let mut values = row(enterprise)?.to_vec();
    values.push(tx.now().as_millis().into());
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

/// Writes what has become of an enterprise.
///
/// # Errors
/// [`StoreError`], also when one of its codes belongs to another one.
pub async fn update(tx: &Tx, enterprise: &Enterprise) -> Result<(), StoreError> {
    let sql = "UPDATE enterprise SET kind = $2, name = $3, uscc = $4, customs_reg_no = $5, ciq_no = $6, credit = $7,
               qualified = $8, doc = $9 WHERE id = $1";
    execute(tx.conn(), sql, row(enterprise)?).await?;
    Ok(())
}

fn row(enterprise: &Enterprise) -> Result<[sea_orm::Value; 9], StoreError> {
    let text = |text: &Option<Box<str>>| text.as_deref().map(ToOwned::to_owned);
    Ok([
        enterprise.id.to_string().into(),
        enterprise.kind.code().into(),
        enterprise.name.to_string().into(),
        text(&enterprise.uscc).into(),
        text(&enterprise.customs_reg_no).into(),
        text(&enterprise.ciq_no).into(),
        enterprise.credit.code().into(),
        i64::from(enterprise.qualified).into(),
        to_json("enterprise", enterprise)?.into(),
    ])
}

/// Puts what the configuration has and the register does not have yet.
///
/// # Errors
/// [`StoreError`].
pub async fn seed(store: &Store, config: &Config) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    for seeded in &config.enterprises {
        let known = match (&seeded.uscc, &seeded.customs_reg_no) {
            (Some(uscc), _) => by_uscc(tx.conn(), uscc).await?,
            (None, Some(customs_reg_no)) => by_customs_reg_no(tx.conn(), customs_reg_no).await?,
            (None, None) => None,
        };
        if known.is_none() {
            insert(&tx, &Enterprise { id: uuid::Uuid::now_v7().to_string().into(), ..seeded.clone() })
                .await?;
        }
    }
    tx.commit().await
}
