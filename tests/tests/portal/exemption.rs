//! 免于到场协助查验 as declarant and officer use it, from the empty form to the figures.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    play_with,
    stage::{ADMIN, CUSTOMS_REG_NO, GATEWAY, HEADQUARTERS, Stage},
};

const OFFICE: &str = "0708";
const DECLARATION: &str = "070820261000123456";
/// Of another enterprise.
const FOREIGN: &str = "070820261000999999";
const BILL: &str = "MGL2510130087";

/// What customs knows of the goods, and that the office takes applications of both kinds.
pub(crate) async fn ground(stage: &Stage) -> Result<Value> {
    let facts = |consignee: &str| {
        json!({"ie_flag": "I", "consignee": consignee, "released": false, "inspection_customs_code": OFFICE, "inspection_instruction": true,
               "inspection_begun": false})
    };
    for (number, consignee) in [(DECLARATION, CUSTOMS_REG_NO), (FOREIGN, "3122240123")] {
        let path = format!("/api/v1/admin/reference/declarations/{number}");
        stage.ask(Method::PUT, ADMIN, &path, facts(consignee)).await?;
    }
    let bill = json!({"parties": [CUSTOMS_REG_NO], "inspection_customs_code": OFFICE, "inspection_instruction": true, "inspection_begun": false,
                      "released": false});
    stage.ask(Method::PUT, ADMIN, &format!("/api/v1/admin/reference/bills/{BILL}"), bill).await?;
    for kind in ["declaration", "non_declaration"] {
        let path = format!("/api/v1/admin/attendance-scopes/{kind}/{OFFICE}");
        stage.ask(Method::PUT, HEADQUARTERS, &path, json!({"valid_from": "2020-02-11"})).await?;
    }
    let told = json!({"declaration": DECLARATION, "foreign": FOREIGN, "bill": BILL, "office": OFFICE, "gateway_token": GATEWAY});
    Ok(json!({ "exemption": told }))
}

/// AE-011, AE-012, AE-014, AE-016, AE-021, AE-022, AE-031, AE-033, AE-036, AE-057, AE-081, AE-084, AE-085, AE-087, AE-101, AE-104, AE-106, AE-107,
/// PO-099, AE-120, AE-122, AE-123, AE-124, AE-126, AE-129, AE-130, AE-133, AE-147, AE-150, AE-151, AE-153, AE-161, AE-163, AE-166, AE-169, AE-207: a
/// declarant enters an exemption by keyboard alone, attaches, saves and signs it; an officer agrees at the desk with a card; the declarant sees the
/// receipt, queries and prints; the figures count it. Then a bill is entered and deleted on a phone of 390 pixels, in English.
#[tokio::test]
async fn an_exemption_goes_from_the_keyboard_to_the_figures() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    let more = ground(&stage).await?;
    play_with("portal-exemption.mjs", &stage, more).await.map(drop)
}
