//! No keystroke is lost: not to a killed browser, a lapsed session, a pulled card, somebody else's change, a centre that is away, or a slow save.

use anyhow::Result;
use serde_json::json;

use crate::{
    play_with,
    stage::{CARD, Stage},
};

async fn story(name: &str) -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    stage.insert(CARD).await?;
    play_with("portal-lost.mjs", &stage, json!({"story": name, "centre": stage.centre()})).await.map(drop)
}

/// PO-413, portal patterns "Work is never lost": a browser is killed while somebody types; another one offers everything that was typed up to the
/// last second, or up to the last field that was left.
#[tokio::test]
async fn a_killed_browser_takes_nothing_along() -> Result<()> {
    story("crash").await
}

/// PO-069, PO-413: a dialog counts down before the session ends; when it has ended the page stays, typing goes on in it, and it goes on as it was
/// after the next log-in.
#[tokio::test]
async fn a_lapsed_session_takes_nothing_along() -> Result<()> {
    story("lapse").await
}

/// PO-069, PO-413: twelve hours are the longest: a countdown before, which can be put off, and the same page after the next log-in.
#[tokio::test]
async fn the_end_of_a_long_day_takes_nothing_along() -> Result<()> {
    story("longest").await
}

/// PO-093, PO-096: the card is pulled while it signs, and in the midst of a session that it opened; nothing is declared, nothing is lost, and with the
/// card in again it goes on.
#[tokio::test]
async fn a_pulled_card_takes_nothing_along() -> Result<()> {
    story("card").await
}

/// PO-333: what somebody else has changed meanwhile stands beside one's own, to be chosen field by field, also when the own entries come out of a copy;
/// what was typed into a record that somebody has deleted begins a new one.
#[tokio::test]
async fn somebody_elses_change_takes_nothing_along() -> Result<()> {
    story("conflict").await
}

/// PO-241, PO-334: while the centre is away one types on; the copy arrives by itself once it is back; a save whose answer was lost makes one record,
/// and what is typed during a slow save is there after it, with the cursor at its place.
#[tokio::test]
async fn a_centre_that_is_away_takes_nothing_along() -> Result<()> {
    story("away").await
}
