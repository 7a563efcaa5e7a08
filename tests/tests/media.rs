//! A lane with everything: cards, codes, seals and a scale, in one simulated yard from the declaration to the closed trip.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, Yard, YardPlan, play,
    record::{CONTAINER_KG, Closing, EMPTY_KG, Medium, NewRecord, PICKUP_KG, Sealed, unused_epc},
    simulator::{Drive, Sign},
};
use protocols::{
    contract::{Event, EventType},
    rules::{ReasonCode, TripStatus, Verdict},
};

const WITHIN: Duration = Duration::from_secs(120);
const LADEN_KG: u32 = EMPTY_KG + PICKUP_KG;

fn yard_with_everything() -> YardPlan {
    let mut plan = YardPlan::default();
    for lane in plan.gates.iter_mut().flat_map(|gate| &mut gate.lanes) {
        *lane = lane.clone().with_everything();
    }
    plan
}

/// A lorry that comes a moment after the one before: no sooner is what both show two arrivals and not one.
fn shows(lane: &str, sign: Sign, weight_kg: u32) -> Drive {
    Drive { shows: vec![sign.into()], weight_kg: Some(weight_kg), at_ms: 1_500, ..Drive::passes(lane, "") }
}

fn leaves(drive: Drive) -> Drive {
    Drive { drives: "leaves".to_owned(), patience_ms: 20_000, ..drive }
}

async fn drive(gate: &Gate, drive: &Drive, end: &str) -> Result<()> {
    // Behind one that was refused the lane must notice first that it is gone.
    gate.agent.has_its_devices().await?;
    let is = gate.simulator.drive_to_its_end(drive, WITHIN).await?;
    ensure!(is == end, "{}: the lorry {is} and not {end}", drive.lane);
    Ok(())
}

/// The newest judgement of the gate, once it is that one.
async fn judged(gate: &Gate, due: (Verdict, ReasonCode)) -> Result<Event> {
    let newest = |events: &[Event]| {
        let last = events.iter().rev().find(|event| event.verdict.is_some())?;
        (last.verdict.zip(last.reason_code) == Some(due)).then(|| last.clone())
    };
    gate.agent.records(format!("{} {} as the newest judgement", due.0, due.1), 0, newest).await
}

/// Declared, approved, and known to the gate.
async fn approved(yard: &Yard, record: &NewRecord) -> Result<String> {
    let record = yard.rest().declare_and_approve(record).await?;
    yard.fed(yard.gate()?).await?;
    Ok(record.unified_no)
}

/// SG-212, SG-213: a card and a code open the lane as a tag does, and each only once; contract section 2: the card's key is its
/// serial number in upper-case hex, the code's its text.
#[tokio::test]
async fn a_card_and_a_code_each_open_the_lane_and_are_refused_when_used_or_unknown() -> Result<()> {
    play(yard_with_everything(), async |yard| {
        let media = [
            (Medium::card("04A1B2C3D4E5F6"), card("04a1b2c3d4e5f6"), card("0102030A")),
            (Medium::code("KK-2025-0001"), code("KK-2025-0001"), code("KK-2025-0002")),
        ];
        let count = media.len();
        for (medium, own, unknown) in media {
            let unified_no = approved(yard, &NewRecord::by(medium, Closing::Entry)).await?;
            let gate = yard.gate()?;
            drive(gate, &leaves(shows("IN1", unknown, LADEN_KG)), "refused_left").await?;
            judged(gate, (Verdict::Refuse, ReasonCode::NoBinding)).await?;
            drive(gate, &shows("IN1", own.clone(), LADEN_KG), "passed").await?;
            yard.rest().reaches(&unified_no, TripStatus::Closed, WITHIN).await?;
            drive(gate, &leaves(shows("IN1", own, LADEN_KG)), "refused_left").await?;
            judged(gate, (Verdict::Refuse, ReasonCode::AlreadyUsed)).await?;
        }
        ensure!(yard.agrees().await?.raises == count, "one raise a medium");
        Ok(())
    })
    .await
}

/// SG-224, SG-228, SG-230: a lorry that weighs what was declared passes; one that weighs too much is held for a person.
#[tokio::test]
async fn an_overweight_lorry_is_held_by_a_real_scale() -> Result<()> {
    play(yard_with_everything(), async |yard| {
        let epc = unused_epc();
        let unified_no = approved(yard, &NewRecord::of(&epc, Closing::Entry)).await?;
        let gate = yard.gate()?;
        let tag = || Sign::Tag { epc: epc.clone() };
        drive(gate, &leaves(shows("IN1", tag(), LADEN_KG + 6_000)), "refused_left").await?;
        judged(gate, (Verdict::Person, ReasonCode::WeightOutOfTolerance)).await?;
        drive(gate, &shows("IN1", tag(), LADEN_KG + 400), "passed").await?;
        yard.rest().reaches(&unified_no, TripStatus::Closed, WITHIN).await?;
        let events = gate.agent.events()?;
        let passed = events.iter().rev().find(|event| event.event_type == EventType::Pass);
        let written = serde_json::to_value(passed.context("no pass")?)?.to_string();
        ensure!(written.contains("47900"), "the weight is not with the passage: {written}");
        ensure!(yard.agrees().await?.raises == 1, "one raise");
        Ok(())
    })
    .await
}

/// SG-226: every declared seal must be read and whole; the lane says which one is not.
#[tokio::test]
async fn a_container_passes_only_with_its_seals_whole() -> Result<()> {
    play(yard_with_everything(), async |yard| {
        let epc = unused_epc();
        let sealed = Sealed {
            container: "TGHU4829152".to_owned(),
            seals: vec!["HGTK00001234".to_owned(), "HGTK00001235".to_owned()],
        };
        let record = NewRecord { sealed: Some(sealed), ..NewRecord::of(&epc, Closing::Entry) };
        let unified_no = approved(yard, &record).await?;
        let gate = yard.gate()?;
        let lorry = |seals: &[(&str, &'static str)]| Drive {
            shows: [Sign::Tag { epc: epc.clone() }]
                .into_iter()
                .chain(seals.iter().map(|(number, state)| Sign::Seal { number: (*number).to_owned(), state }))
                .map(Into::into)
                .collect(),
            ..shows("IN1", Sign::Tag { epc: epc.clone() }, EMPTY_KG + CONTAINER_KG + 9_000)
        };
        for (seals, expected) in [
            (&[("HGTK00001234", "sealed")][..], ReasonCode::SealMissing),
            (&[("HGTK00001234", "sealed"), ("HGTK00001235", "tampered")], ReasonCode::SealMismatch),
        ] {
            drive(gate, &leaves(lorry(seals)), "refused_left").await?;
            judged(gate, (Verdict::Person, expected)).await?;
        }
        drive(gate, &lorry(&[("HGTK00001235", "sealed"), ("HGTK00001234", "sealed")]), "passed").await?;
        yard.rest().reaches(&unified_no, TripStatus::Closed, WITHIN).await?;
        Ok(())
    })
    .await
}

fn card(uid: &str) -> Sign {
    Sign::Card { uid: uid.to_owned() }
}

fn code(text: &str) -> Sign {
    Sign::Label { text: text.to_owned() }
}
