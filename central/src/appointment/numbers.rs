//! 编号 of applications.
//! Promises: each is given out once, in the transaction that uses it.
//! Source: spec AC-055, AC-056.

use protocols::ids::CustomsCode;

use crate::{
    declaration::numbering,
    store::{StoreError, Tx},
};

/// 预录入编号: `YTG`, year, eleven digits, at the first save (AC-055).
pub(super) async fn pre_entry(tx: &Tx) -> Result<String, StoreError> {
    let (year, _) = numbering::year_and_month(tx.now());
    let serial = numbering::next(tx, &format!("appointment_{year}")).await?;
    Ok(format!("YTG{year:04}{serial:011}"))
}

/// 预约通关申请单申请编号: declaration port, year, ten digits, at approval (AC-056).
pub(super) async fn application(tx: &Tx, declaration_port: &CustomsCode) -> Result<String, StoreError> {
    let (year, _) = numbering::year_and_month(tx.now());
    let serial = numbering::next(tx, &format!("appointment_{declaration_port}_{year}")).await?;
    Ok(format!("{declaration_port}{year:04}{serial:010}"))
}
