//! 预约通关 as a declarant uses it, from the empty form to the cancellation that customs confirms.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::json;

use super::{
    play, play_with,
    stage::{ADMIN, Stage},
};

/// AC-003, AC-021, AC-022, AC-023, AC-024, AC-025, AC-026, AC-028, AC-029, AC-031, AC-032, AC-033, AC-034, AC-036, AC-037, AC-041, AC-047, AC-048,
/// AC-052, AC-053, AC-064, AC-066, AC-068, AC-073, AC-080, AC-088, AC-114, AC-118, AC-123, AC-126, AC-144, AC-147, AC-148, AC-151, AC-160, AC-161,
/// AC-162, AC-171, AC-173, AC-174, AC-175, AC-176, AC-179, AC-180, AC-219, AC-220, PO-099, PO-132, PO-135, PO-136, PO-260, PO-266, PO-386: an application is entered by keyboard alone, given
/// a file, signed with the card, approved, fed back, printed, cancelled, copied, found and deleted.
#[tokio::test]
async fn an_appointment_goes_from_the_keyboard_to_its_cancellation() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    let dishonest = json!({"name": "失信贸易有限公司", "credit": "D", "qualified": true});
    stage.ask(Method::PUT, ADMIN, "/api/v1/admin/enterprises/3122263899", dishonest).await?;
    play("portal-appointment.mjs", &stage).await
}

/// Portal patterns: the same pages in English on a phone of 390 pixels, with dates that are typed as ISO text in any browser (PO-314).
#[tokio::test]
async fn an_appointment_is_entered_on_a_phone_in_english() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    play("portal-appointment-phone.mjs", &stage).await
}

/// AC-123, AC-125, AC-126, AC-127, AC-142, AC-151, AC-152, AC-153, AC-154, AC-155, AC-156, AC-157, AC-158, AC-204, AC-207: once the slot has begun, a
/// declarant sends declaration numbers for one appointment and an explanation with a file for another, both signed; customs accepts both.
#[tokio::test]
async fn declaration_numbers_and_an_explanation_follow_the_slot() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    let told = play_with("portal-appointment-later.mjs", &stage, json!({"act": "approve"})).await?;
    let numbers = told.lines().find_map(|line| line.strip_prefix("numbers ")).context("no numbers")?;
    let numbers: Vec<_> = numbers.split(' ').collect();
    // A slot lies days ahead when it is asked for: this one has begun ten minutes ago.
    let begin = "CAST(strftime('%s', 'now') AS INTEGER) * 1000 - 600000";
    let moved = format!(
        "UPDATE appointment SET slot_start = {begin}, window_end = {begin} + 6 * 86400000,
         doc = json_set(doc, '$.content.slot_start', strftime('%Y-%m-%dT%H:%M:00.000Z', 'now', '-10 minutes')) WHERE number IN (?1, ?2)"
    );
    let [fed_back, explained] = numbers[..] else { anyhow::bail!("not two numbers: {numbers:?}") };
    ensure!(stage.store()?.execute(&moved, [fed_back, explained])? == 2, "the slots were not moved");
    play_with("portal-appointment-later.mjs", &stage, json!({"act": "answer", "numbers": numbers}))
        .await
        .map(drop)
}
