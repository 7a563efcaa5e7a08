//! 外部系统: facts that other systems own: customs declarations and bills, and what customs thinks of an enterprise.
//! `register`: the facts that an administrator has put into our own tables, for training and tests · `remote`: another system, over
//! HTTP · `api`: the administrator's side of the register.
//! Promises: when the system cannot be asked, nothing is assumed about its answer (PO-338). An answer about another number, or one that
//! cannot be read, is no answer. Nobody asks while holding the one writer: callers ask first and judge in their transaction.

pub mod api;
mod register;
mod remote;

use protocols::{contract::UtcMillis, ids::CustomsCode};
use sea_orm::DatabaseConnection;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use remote::Remote;
pub use remote::RemoteError;

use crate::{
    config::ReferenceConfig,
    declaration::{formats, problem::Problem},
    identity::enterprise::{self, Credit},
    store::{Store, StoreError, Tx},
};

/// 报关单 as customs has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeclarationFacts {
    /// 报关单号.
    #[schema(required = false)]
    pub declaration_no: Box<str>,
    /// `I` or `E`.
    pub ie_flag: Box<str>,
    /// 申报单位, its customs code.
    pub declarant: Option<Box<str>>,
    /// 境内收发货人, its customs code.
    pub consignee: Box<str>,
    /// 申报口岸.
    pub declaration_port: Option<Box<str>>,
    /// 进出口岸.
    pub entry_exit_port: Option<Box<str>>,
    /// 申报时间.
    #[schema(value_type = Option<String>)]
    pub declared_at: Option<UtcMillis>,
    /// 申报日期, where the register has no time (AC-136).
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub declared_on: Option<chrono::NaiveDate>,
    /// 已放行.
    pub released: bool,
    /// 查验地海关.
    #[schema(value_type = Option<String>)]
    pub inspection_customs_code: Option<CustomsCode>,
    /// 查验指令.
    pub inspection_instruction: bool,
    /// The inspection has begun.
    pub inspection_begun: bool,
    /// What the centre has marked the instruction with; nobody types it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction_mark: Option<InstructionMark>,
}

/// 提运单 as customs has it in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BillFacts {
    /// 提运单号, upper case.
    #[schema(required = false)]
    pub bill_no: Box<str>,
    /// 收货人 or 发货人 in the manifest, their customs codes; empty when it names none.
    pub parties: Vec<Box<str>>,
    /// 查验地海关.
    #[schema(value_type = Option<String>)]
    pub inspection_customs_code: Option<CustomsCode>,
    /// 查验指令.
    pub inspection_instruction: bool,
    /// The inspection has begun.
    pub inspection_begun: bool,
    /// 已放行.
    pub released: bool,
    /// What the centre has marked the instruction with; nobody types it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction_mark: Option<InstructionMark>,
}

/// 查验指令标记: customs has agreed that the consignee does not attend; who does instead (AE-161).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InstructionMark {
    /// Always true.
    pub consignee_exempt: bool,
    /// 到场方式.
    pub attendance_mode: Value,
    /// 海关审核编号.
    pub review_no: Box<str>,
}

/// 企业资信 as customs has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// 信用等级; absent or null where customs has not rated the enterprise (AC-084).
    #[serde(default, deserialize_with = "enterprise::rated")]
    pub credit: Credit,
    /// 报关资质.
    pub qualified: bool,
}

/// The other system does not answer.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask the system that has the {what}")]
pub struct Unreachable {
    /// What was asked for.
    pub what: &'static str,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl From<Unreachable> for Problem {
    fn from(error: Unreachable) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a system that must be asked did not answer"
        );
        Self::upstream(error.to_string())
    }
}

/// What the two kinds of facts have in common: how they are named, stored and asked for.
trait Facts: Serialize + DeserializeOwned + Send {
    /// In messages and in the audit log.
    const WHAT: &'static str;
    /// The member that has the number.
    const NUMBER: &'static str;
    /// The table of the register.
    const TABLE: &'static str;
    /// The path of the other system.
    const PATH: &'static str;

    /// The number as it is stored and asked for; none when no such thing can have it.
    fn number(text: &str) -> Option<String>;
    /// The number that these facts are about.
    fn own_number(&self) -> &str;
    /// Where the mark of the instruction stands.
    fn mark(&mut self) -> &mut Option<InstructionMark>;
}

impl Facts for DeclarationFacts {
    const WHAT: &'static str = "declaration";
    const NUMBER: &'static str = "declaration_no";
    const TABLE: &'static str = "reference_declaration";
    const PATH: &'static str = "declarations";

    fn number(text: &str) -> Option<String> {
        formats::is_declaration_no(text).then(|| text.to_owned())
    }

    fn own_number(&self) -> &str {
        &self.declaration_no
    }

    fn mark(&mut self) -> &mut Option<InstructionMark> {
        &mut self.instruction_mark
    }
}

impl Facts for BillFacts {
    const WHAT: &'static str = "bill";
    const NUMBER: &'static str = "bill_no";
    const TABLE: &'static str = "reference_bill";
    const PATH: &'static str = "bills";

    fn number(text: &str) -> Option<String> {
        formats::is_bill_no(text).then(|| text.to_ascii_uppercase())
    }

    fn own_number(&self) -> &str {
        &self.bill_no
    }

    fn mark(&mut self) -> &mut Option<InstructionMark> {
        &mut self.instruction_mark
    }
}

/// Where the facts come from; one of the two by configuration.
#[derive(Clone, Debug)]
pub struct Reference(Source);

#[derive(Clone, Debug)]
enum Source {
    Register(DatabaseConnection),
    Remote(Remote),
}

impl Reference {
    /// The system that the configuration names, or the register in the store; nothing is asked yet.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn open(config: &ReferenceConfig, store: &Store) -> Result<Self, RemoteError> {
        let source = if config.url.is_empty() {
            Source::Register(store.read().clone())
        } else {
            Source::Remote(Remote::new(config)?)
        };
        Ok(Self(source))
    }

    /// The declaration of this number.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn declaration(&self, number: &str) -> Result<Option<DeclarationFacts>, Unreachable> {
        self.facts(number).await
    }

    /// The bill of this number, whatever the case of its letters.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn bill(&self, number: &str) -> Result<Option<BillFacts>, Unreachable> {
        self.facts(number).await
    }

    /// What customs thinks of the enterprise of this customs code; none when it is not registered.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn standing(&self, customs_reg_no: &str) -> Result<Option<Standing>, Unreachable> {
        const WHAT: &str = "standing of enterprises";
        if !formats::is_customs_reg_no(customs_reg_no) {
            return Ok(None);
        }
        match &self.0 {
            Source::Remote(remote) => remote.ask(WHAT, &["enterprises", customs_reg_no]).await,
            Source::Register(conn) => {
                let found = enterprise::by_customs_reg_no(conn, customs_reg_no).await;
                let found = found.map_err(|source| Unreachable { what: WHAT, source: source.into() })?;
                Ok(found.map(|found| Standing { credit: found.credit, qualified: found.qualified }))
            }
        }
    }

    /// Marks the inspection instruction of a declaration where the register has it; another system is told by the gateway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark_declaration(
        &self,
        tx: &Tx,
        number: &str,
        mark: InstructionMark,
    ) -> Result<(), StoreError> {
        self.marked::<DeclarationFacts>(tx, number, mark).await
    }

    /// The same of a bill.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark_bill(&self, tx: &Tx, number: &str, mark: InstructionMark) -> Result<(), StoreError> {
        self.marked::<BillFacts>(tx, number, mark).await
    }

    async fn marked<F: Facts>(&self, tx: &Tx, number: &str, mark: InstructionMark) -> Result<(), StoreError> {
        let Some(number) = F::number(number).filter(|_| self.is_register()) else { return Ok(()) };
        let found: Option<F> = register::find(tx.conn(), &number).await?;
        let Some(mut facts) = found else { return Ok(()) };
        *facts.mark() = Some(mark);
        register::put(tx, &facts).await
    }

    /// Whether the register answers, and not another system.
    const fn is_register(&self) -> bool {
        matches!(self.0, Source::Register(_))
    }

    async fn facts<F: Facts>(&self, number: &str) -> Result<Option<F>, Unreachable> {
        let Some(number) = F::number(number) else { return Ok(None) };
        let found: Option<F> = match &self.0 {
            Source::Remote(remote) => remote.ask(F::WHAT, &[F::PATH, &number]).await?,
            Source::Register(conn) => register::find(conn, &number)
                .await
                .map_err(|source| Unreachable { what: F::WHAT, source: source.into() })?,
        };
        match found {
            Some(facts) if facts.own_number() != number => {
                let source = format!("asked for {number}, answered about {:.40}", facts.own_number()).into();
                Err(Unreachable { what: F::WHAT, source })
            }
            found => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests;
