//! Persons: how an enterprise comes in by itself, gets back in, binds its card and adds a member; how an officer's first card is bound.

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::{
    play_with,
    stage::{OFFICER_CARD, PIN, Stage},
};

/// PO-020, PO-021, PO-022, PO-023, PO-024, PO-025, PO-026, PO-028, PO-029, PO-030, PO-035, PO-036, PO-037, PO-038, PO-058, PO-069, PO-070, PO-092,
/// PO-104, PO-404, PO-405, PO-407, PO-408: an enterprise registers itself with the code of its mobile and a card, logs in, binds the card, keeps its
/// account and its members, and gets back in after it has forgotten the password; in Chinese on a desk and in English on a phone.
#[tokio::test]
async fn an_enterprise_comes_in_by_itself() -> Result<()> {
    let stage = Stage::start().await?;
    for act in ["arrive", "member", "recover"] {
        let more = json!({"messages": stage.messages(), "act": act});
        play_with("portal-account.mjs", &stage, more).await?;
    }
    Ok(())
}

/// PO-064, PO-068, PO-407: an officer's account that an administrator has made has no way in but a card; the code to the mobile and the card's PIN bind the
/// first one, and the card opens the session.
#[tokio::test]
async fn an_officer_binds_the_first_card() -> Result<()> {
    let stage = Stage::start().await?;
    let officer = json!({"username": "officer_li", "role": "customs_officer", "customs_codes": ["0708"], "mobile": "13816004321"});
    stage.administer("/api/v1/admin/accounts", officer).await.context("no account of an officer")?;
    stage.insert(OFFICER_CARD).await?;
    let more = json!({"messages": stage.messages(), "officer": "officer_li", "officer_card": OFFICER_CARD, "pin": PIN});
    play_with("portal-first-card.mjs", &stage, more).await.map(drop)
}
