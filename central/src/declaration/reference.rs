//! 外部系统: facts that other systems own: customs declarations and bills, and what customs thinks of an enterprise.
//! Promises: when the system cannot be asked, nothing is assumed about its answer (PO-338).

use protocols::{contract::UtcMillis, ids::CustomsCode};
use serde::{Deserialize, Serialize};

use crate::{declaration::problem::Problem, identity::enterprise::Credit};

/// 报关单 as customs has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclarationFacts {
    /// 报关单号.
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
    pub declared_at: Option<UtcMillis>,
    /// 申报日期, where the register has no time (AC-136).
    #[serde(default)]
    pub declared_on: Option<chrono::NaiveDate>,
    /// 已放行.
    pub released: bool,
    /// 查验地海关.
    pub inspection_customs_code: Option<CustomsCode>,
    /// 查验指令.
    pub inspection_instruction: bool,
    /// The inspection has begun.
    pub inspection_begun: bool,
}

/// 提运单 as customs has it in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillFacts {
    /// 提运单号, upper case.
    pub bill_no: Box<str>,
    /// 收货人 or 发货人 in the manifest, their customs codes; empty when it names none.
    pub parties: Vec<Box<str>>,
    /// 查验地海关.
    pub inspection_customs_code: Option<CustomsCode>,
    /// 查验指令.
    pub inspection_instruction: bool,
    /// The inspection has begun.
    pub inspection_begun: bool,
    /// 已放行.
    pub released: bool,
}

/// 企业资信 as customs has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// 信用等级.
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

/// Where the facts come from; one of the two by configuration.
#[derive(Clone, Debug, Default)]
pub struct Reference;

impl Reference {
    /// The declaration of this number.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn declaration(&self, number: &str) -> Result<Option<DeclarationFacts>, Unreachable> {
        let _ = number;
        Ok(None)
    }

    /// The bill of this number.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn bill(&self, number: &str) -> Result<Option<BillFacts>, Unreachable> {
        let _ = number;
        Ok(None)
    }

    /// What customs thinks of the enterprise of this customs code; none when it is not registered.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn standing(&self, customs_reg_no: &str) -> Result<Option<Standing>, Unreachable> {
        let _ = customs_reg_no;
        Ok(None)
    }
}
