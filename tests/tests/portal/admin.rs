//! Administrators: what they keep, and that nobody else is shown it.

use anyhow::Result;
use kakou_tests::{ports, programs::Program};
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

/// fault C9: the line that the portal shows with an enrolment code enrols a gate as it stands; the gate is revoked there, and a new code brings it back.
#[tokio::test]
async fn a_gate_is_enrolled_by_the_line_that_the_page_shows() -> Result<()> {
    let (line, panel) = (ports::free(0)?.to_string(), ports::free(0)?.to_string());
    let stage = Stage::start_with(json!({"gates": {"listen": line, "names": ["127.0.0.1"]}})).await?;
    let folder = stage.config().with_file_name("gate");
    let more = json!({"gate_agent": Program::GateAgent.path()?, "gate_line": line, "panel": panel, "folder": folder});
    play_with("portal-gates.mjs", &stage, more).await.map(drop)
}
