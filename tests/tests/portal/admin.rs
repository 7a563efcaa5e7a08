//! Administrators: what they keep, and that nobody else is shown it.

use anyhow::Result;
use serde_json::json;

use crate::{
    play_with,
    stage::{HEADQUARTERS, Stage},
};

/// PO-046, PO-285, PO-335, PO-339, PO-404, PO-405, PO-415, PO-416, PO-417, AC-095, AC-099, AE-168: an administrator makes a calendar and adds a day
/// off, adds a code and retires it, drafts, publishes and withdraws an announcement, makes an officer's account, disables and enables it, frees a
/// locked name, and reads all of it in the log; headquarters keeps the scopes of exemptions; each role is shown its own pages and no other. In
/// Chinese on a desk, in English on a phone.
#[tokio::test]
async fn an_administrator_keeps_the_platform() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    stage.lock_out()?;
    let more = json!({"hq_token": HEADQUARTERS});
    play_with("portal-admin.mjs", &stage, more).await.map(drop)
}
