//! 数据查询: the conditions of section 8.
//! Source: spec AE-120..AE-129, AE-134; PO-204, PO-207, PO-208, PO-217.

use serde::Deserialize;

use super::{lifecycle::State, record::DocType};
use crate::declaration::{
    fault::FieldError,
    problem::Problem,
    query::{self, Conditions, Page, PeriodRule},
    record::Status,
};

/// AE-124.
const OPERATED: PeriodRule = PeriodRule {
    names: ["operated_from", "operated_to"],
    rule: "AE-124",
    most_days: Some(30),
    required: true,
};

/// 查询条件 as they come.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// 单据类型, required.
    doc_type: Option<String>,
    /// 单据状态; empty: all.
    status: Option<String>,
    /// 报关单号, of declarations.
    declaration_no: Option<String>,
    /// 提运单号, of bills.
    bill_no: Option<String>,
    /// 数据中心统一编号.
    data_center_no: Option<String>,
    /// 最近操作时间: the first day, required.
    operated_from: Option<String>,
    /// The last day, at most 30 days later, required.
    operated_to: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
    /// Counts beyond 10000, too.
    count_all: Option<bool>,
}

impl Query {
    /// Whether all are to be counted.
    pub(super) fn to_the_end(&self) -> bool {
        self.count_all.unwrap_or(false)
    }

    /// The conditions, for records of this applicant only (AE-134).
    ///
    /// # Errors
    /// All faults of the query.
    pub(super) fn conditions(&self, applicant: &str) -> Result<(Conditions, Page), Problem> {
        let mut faults = Vec::new();
        let mut text = |name: &str, sent: &Option<String>| query::text(name, sent.as_deref(), &mut faults);
        let doc_type = text("doc_type", &self.doc_type);
        let status = text("status", &self.status);
        let declaration_no = text("declaration_no", &self.declaration_no);
        let bill_no = text("bill_no", &self.bill_no);
        let data_center_no = text("data_center_no", &self.data_center_no);
        let kind = doc_type.as_deref().and_then(DocType::parse);
        match (&doc_type, kind) {
            (None, _) => faults.push(FieldError::required("doc_type".into(), "AE-126")),
            (Some(sent), None) => {
                let value = sent.as_str().into();
                faults.push(FieldError::unknown_code("doc_type".into(), "AE-120", value));
            }
            (Some(_), Some(_)) => {}
        }
        let state = status.as_deref().and_then(State::parse);
        if let (Some(sent), None) = (&status, state) {
            faults.push(FieldError::unknown_code("status".into(), "AE-121", sent.as_str().into()));
        }
        let (own, foreign) = match kind {
            Some(DocType::NonDeclaration) => {
                (bill_no, declaration_no.map(|sent| ("declaration_no", "AE-122", sent)))
            }
            Some(DocType::Declaration) | None => {
                (declaration_no, bill_no.map(|sent| ("bill_no", "AE-123", sent)))
            }
        };
        if let Some((name, rule, sent)) = foreign {
            let (zh, en) = ("该单据类型无此条件", "this kind of application has no such condition");
            faults.push(FieldError::format(name.into(), rule, zh, en, sent.into()));
        }
        let period = OPERATED.read(self.operated_from.as_deref(), self.operated_to.as_deref(), &mut faults);
        let page = Page::read(self.page, self.page_size, &mut faults);
        query::judged(faults)?;
        let mut conditions = Conditions::default();
        conditions.equals("applicant", applicant);
        if let Some(kind) = kind {
            conditions.equals("doc_type", kind.code());
            if let Some(number) = own {
                conditions.equals("subject_no", &kind.compared(&number));
            }
        }
        if let Some(state) = state {
            conditions.equals("status", state.code());
        }
        if let Some(number) = data_center_no {
            conditions.equals("number", &number);
        }
        if let Some(period) = period {
            conditions.within("operated_at", period);
        }
        Ok((conditions, page))
    }
}
