//! `[[enterprise]]`: what a fresh register begins with: test benches, training, and a seeded reference store.

use protocols::ids::Uscc;
use toml::Table;

use super::{Row, Wrong};
use crate::{
    declaration::formats,
    identity::enterprise::{Credit, Enterprise, EnterpriseKind},
};

pub(super) fn read(rows: Vec<Table>, wrong: &mut Vec<Wrong>) -> Vec<Enterprise> {
    let enterprise = |(place, keys)| {
        let mut row = Row::new("enterprise", place, keys, wrong);
        let (name, uscc): (_, Option<Uscc>) = (row.required::<String>("name"), row.optional("uscc"));
        let customs_reg_no: Option<String> = row.optional("customs_reg_no");
        let ciq_no: Option<String> = row.optional("ciq_no");
        let kind = row.optional("kind").unwrap_or(EnterpriseKind::Enterprise);
        let credit = row.optional("credit").unwrap_or(Credit::General);
        let qualified = row.optional("qualified").unwrap_or(true);
        if customs_reg_no.as_ref().is_some_and(|code| !formats::is_customs_reg_no(code)) {
            row.refuse("customs_reg_no", "must be 5 digits and 5 digits or capital letters (PO-306)");
        }
        if uscc.is_none() && customs_reg_no.is_none() {
            row.refuse("uscc", "give uscc or customs_reg_no");
        }
        row.end();
        let text = |text: Option<String>| text.map(String::into_boxed_str);
        Some(Enterprise {
            id: "".into(),
            kind,
            name: name?.into(),
            uscc: uscc.map(|uscc| uscc.as_str().into()),
            customs_reg_no: text(customs_reg_no),
            ciq_no: text(ciq_no),
            country: None,
            foreign_reg_no: None,
            credit,
            qualified,
            has_accounts: false,
        })
    };
    rows.into_iter().enumerate().filter_map(enterprise).collect()
}
