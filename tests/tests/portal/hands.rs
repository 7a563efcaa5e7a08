//! What hands do at the portal: a binding's whole life by keyboard, mouse and fingers; keys one by one; input methods; tabs, menu and buttons.

use anyhow::Result;
use serde_json::{Value, json};

use crate::{
    play_with,
    stage::{CARD, Stage},
};

async fn story(script: &str, more: Value) -> Result<String> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    stage.insert(CARD).await?;
    play_with(script, &stage, more).await
}

async fn life(language: &str, size: &str, hands: &str) -> Result<()> {
    story("portal-life.mjs", json!({"life": {"language": language, "size": size, "hands": hands}}))
        .await
        .map(drop)
}

/// PO-155, PO-172, PO-200, PO-249, SG-114, SG-145, SG-147, SG-260: no mouse, in Chinese: logged in, entered, saved, declared with the card, approved,
/// changed, answered, deleted by an order, found by an address, exported and printed.
#[tokio::test]
async fn a_binding_lives_by_keyboard_alone() -> Result<()> {
    life("zh", "desk", "keys").await
}

/// The same life in English, with the mouse.
#[tokio::test]
async fn a_binding_lives_in_english() -> Result<()> {
    life("en", "desk", "mouse").await
}

/// The same life at 390 pixels in Chinese, by fingers.
#[tokio::test]
async fn a_binding_lives_on_a_phone() -> Result<()> {
    life("zh", "phone", "taps").await
}

/// PO-150, PO-151, PO-152, PO-153, PO-154, PO-155, PO-156, PO-157, PO-158, PO-159, PO-160, PO-161, PO-164, PO-165, PO-167, PO-170, SG-031, SG-032,
/// SG-033, SG-258, SG-263: each key of the table does what it says, and nothing where its button is grey, under a dialog, or on the way to customs.
#[tokio::test]
async fn every_key_does_what_it_says() -> Result<()> {
    story("portal-keys.mjs", json!({})).await.map(drop)
}

/// Portal patterns "Keyboard": while an input method composes, and with its Enter just after, no key does anything but take the signs.
#[tokio::test]
async fn keys_of_an_input_method_are_its_own() -> Result<()> {
    story("portal-ime.mjs", json!({})).await.map(drop)
}

/// PO-180, PO-181, PO-182, PO-183, PO-184, PO-185, PO-240, PO-242, PO-246, SG-027, SG-028, SG-029, SG-030, SG-106, SG-109, SG-120, SG-121, SG-122,
/// SG-123, SG-258, SG-259: tabs, menu, columns, the buttons of header and rows, fields that turn grey, empty and yellow, and deletions here and
/// elsewhere.
#[tokio::test]
async fn tabs_menu_columns_and_buttons_keep_their_promises() -> Result<()> {
    story("portal-frame.mjs", json!({})).await.map(drop)
}

/// Portal patterns "Budgets": the first load is at most 500 kB, each further page 100 kB, compressed; the times until interactive are printed.
#[tokio::test]
async fn pages_are_light_and_soon_there() -> Result<()> {
    let told = story("portal-figures.mjs", json!({})).await?;
    for line in told.lines().filter(|line| line.starts_with("portal:")) {
        println!("{line}");
    }
    Ok(())
}
