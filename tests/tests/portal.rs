//! The portal as persons use it: in a real browser, from the log-in to the receipt of customs.
//! Absent on purpose: the rules of a record; `central` tests them without a browser.

#[path = "portal/account.rs"]
mod account;
#[path = "portal/admin.rs"]
mod admin;
#[path = "portal/appointment.rs"]
mod appointment;
#[path = "portal/desk.rs"]
mod desk;
#[path = "portal/entrances.rs"]
mod entrances;
#[path = "portal/exemption.rs"]
mod exemption;
#[path = "portal/hands.rs"]
mod hands;
#[path = "portal/lists.rs"]
mod lists;
#[path = "portal/lost.rs"]
mod lost;
#[path = "portal/pictures.rs"]
mod pictures;
#[path = "portal/slip.rs"]
mod slip;
#[path = "portal/stage.rs"]
mod stage;
#[path = "portal/yard.rs"]
mod yard;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kakou_tests::browser;
use serde_json::{Value, json};
use stage::{ADMIN, CARD, Captcha, OFFICER, OFFICER_CARD, PASSWORD, PIN, Stage, USERNAME};

/// Browsers start slowly on a busy machine, and one story looks at every page four times.
const AT_THE_SCREEN: Duration = Duration::from_secs(3600);

async fn play(script: &str, stage: &Stage) -> Result<()> {
    play_with(script, stage, Value::Null).await.map(drop)
}

/// Tells the script these members, too; what it told.
#[expect(clippy::print_stdout, reason = "the seconds of each check are for people who look at a run")]
async fn play_with(script: &str, stage: &Stage, more: Value) -> Result<String> {
    let Captcha { drawn, text } = stage.captcha().await?;
    let mut given = json!({"url": stage.url, "captcha": drawn, "captcha_text": text, "username": USERNAME, "password": PASSWORD, "pin": PIN,
        "card": CARD, "officer_card": OFFICER_CARD, "officer_token": OFFICER, "admin_token": ADMIN, "card_service": stage.card_service});
    if let (Some(given), Value::Object(more)) = (given.as_object_mut(), more) {
        given.extend(more);
    }
    let told =
        browser::run(script, &given.to_string(), AT_THE_SCREEN).await.with_context(|| stage.explain())?;
    ensure!(told.contains(" passed, 0 failed"), "{told}");
    // Where the time of a story goes, for whoever asks for the output of tests.
    println!("{script}\n{told}");
    Ok(told)
}

/// PO-050, PO-054, PO-055, PO-056, PO-057, PO-093, PO-108, PO-120, PO-121, PO-130, PO-131, PO-156, PO-157, PO-158, PO-161, PO-167, PO-180, PO-186,
/// PO-230, PO-241, PO-244, SG-013, SG-023, SG-024, SG-025, SG-026, SG-031, SG-033, SG-114, SG-116, SG-139: a declarant logs in by password and
/// captcha, enters a binding by keyboard alone, saves and signs it; an officer approves it with a card; the declarant sees the receipt and logs out.
/// Then the declarant logs in by card.
#[tokio::test]
async fn a_binding_goes_from_the_keyboard_to_the_approval() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    play("portal-walk.mjs", &stage).await?;
    stage.insert(CARD).await?;
    play("portal-card.mjs", &stage).await
}

/// Portal patterns: every page in both languages, at 1440 and 390 pixels, light and dark, without a serious finding of axe, without sideways
/// scrolling and without an error on the console; what is to be signed fits a desk of 1280 pixels.
#[tokio::test]
async fn every_page_is_accessible_in_either_language_and_size() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    let ground = exemption::ground(&stage).await?;
    play_with("portal-pages.mjs", &stage, ground).await.map(drop)
}
