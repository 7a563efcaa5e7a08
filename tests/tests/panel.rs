//! The gate's panel as persons use it: in a real browser, in both languages, with the keyboard alone.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Yard, YardPlan, browser,
    plan::PERSONS,
    play,
    programs::Program,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
    wait,
};
use protocols::{
    contract::{Event, EventType},
    rules::{ReasonCode, TripStatus, Verdict},
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(60);
/// Browsers start slowly on a busy machine.
const AT_THE_SCREEN: Duration = Duration::from_secs(900);

/// faults E5 and F6; portal patterns on keyboard, 390 px and WCAG 2.2 AA: every state of the page in both languages, sizes and schemes.
#[tokio::test]
async fn every_state_of_the_panel_is_usable_by_keyboard_and_accessible() -> Result<()> {
    let stage = Program::PanelStage.path()?.display().to_string();
    let told = browser::run("stage.mjs", &stage, AT_THE_SCREEN * 2).await?;
    ensure!(told.contains(" passed, 0 failed"), "{told}");
    Ok(())
}

/// SG-239, SG-213; contract section 7: an officer releases a lorry that the gate may not judge alone, once in Chinese and once in English; lane,
/// journal, witness and centre all say who did it and why.
#[tokio::test]
async fn an_officer_releases_a_held_lorry_in_either_language() -> Result<()> {
    play(YardPlan::default(), async |yard| {
        let reasons = [("zh", "核对单证与车辆一致"), ("en", "Papers and vehicle agree")];
        for (place, (language, reason)) in reasons.into_iter().enumerate() {
            let trip_no = release(yard, language, reason, PERSONS[place].id, PERSONS[place].pin).await?;
            let gate = yard.gate()?;
            let events = gate.agent.events()?;
            let released = last_release(&events)?;
            ensure!(
                released.officer_id.as_deref() == Some(PERSONS[place].id),
                "the journal names {:?}",
                released.officer_id
            );
            ensure!(
                released.reason_code == Some(ReasonCode::ManualRelease),
                "the journal says {:?}",
                released.reason_code
            );
            ensure!(
                released.trip_no.is_some_and(|trip| trip.as_str() == trip_no),
                "the journal names {:?}",
                released.trip_no
            );
            let written = released.detail.as_ref().map(Value::to_string).unwrap_or_default();
            ensure!(written.contains(reason), "the reason {reason} is not in {written}");
        }
        // Everything that was recorded is at the centre, and every pulse had its intent.
        let tally = yard.agrees().await?;
        ensure!(tally.raises == 2, "{} pulses", tally.raises);
        Ok(())
    })
    .await
}

/// A lorry stands at the exit without a recorded entry; a person releases it at the screen. The trip that it has.
async fn release(yard: &mut Yard, language: &str, reason: &str, person: &str, pin: &str) -> Result<String> {
    let epc = unused_epc();
    let record = yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Exit)).await?;
    let gate = yard.gate()?;
    yard.fed(gate).await?;
    let patience_ms = u64::try_from(AT_THE_SCREEN.as_millis())?;
    let lorry = gate.simulator.drive(&Drive { patience_ms, ..Drive::passes("OUT1", &epc) }).await?;
    wait::until_true("the lane to wait for a person", SOON, async || {
        let status = gate.agent.status().await?;
        let mut lanes = status.get("lanes").and_then(Value::as_array).into_iter().flatten();
        let says = |lane: &Value, name: &str, value: Value| lane.get(name) == Some(&value);
        Ok(lanes.any(|lane| {
            says(lane, "lane_id", json!("OUT1"))
                && says(lane, "verdict", json!(Verdict::Person))
                && says(lane, "state", json!("held"))
        }))
    })
    .await?;
    let at = json!({"url": gate.agent.url(), "lane": "OUT1", "number": 2, "language": language, "person": person, "pin": pin, "reason": reason});
    let told = browser::run("yard.mjs", &at.to_string(), AT_THE_SCREEN).await?;
    ensure!(told.contains(" passed, 0 failed"), "{told}");
    let end = gate.simulator.ended(lorry, SOON).await?;
    ensure!(end == "passed", "the released lorry ended as {end}");
    yard.rest().reaches(&record.unified_no, TripStatus::LeftPort, SOON).await?;
    Ok(record.trip_no)
}

fn last_release(events: &[Event]) -> Result<&Event> {
    let mut released = events.iter().filter(|event| event.event_type == EventType::ManualRelease);
    released.next_back().context("nothing was released by a person")
}
