//! The slip from the declaration to the lane: the centre's key, printed by somebody else's program, read by another, told by a scanner.
//! What opens is the paper of a record that is bound by it; any other paper, and one that was misread, opens nothing.
#![expect(
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do; JSON indexed by name never panics"
)]

#[path = "slip/page.rs"]
mod page;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, LanePlan, Yard, YardPlan,
    paper::{Read, print_and_read},
    play,
    record::{Closing, Medium, NewRecord, unused_epc},
    rest::Record,
    scanner::Scanner,
    simulator::Drive,
    wait,
};
use protocols::{
    contract::{Event, EventType},
    rules::{LaneDirection, ReasonCode, TripStatus, Verdict},
};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(120);

/// An entry with a scanner, the test's own.
fn plan(scanner: &Scanner) -> YardPlan {
    let name = "IN1-paper".to_owned();
    let device = json!({"name": name, "kind": "scanner", "port": scanner.file()});
    let lane = LanePlan { more_readers: vec![name], ..LanePlan::new("IN1", LaneDirection::In) };
    let mut plan = YardPlan::default();
    for gate in &mut plan.gates {
        (gate.lanes, gate.more_devices) = (vec![lane.clone()], vec![device.clone()]);
    }
    plan
}

/// A trip that the gate knows as approved.
async fn expected(yard: &Yard, medium: Medium) -> Result<Record> {
    let record = yard.rest().declare_and_approve(&NewRecord::by(medium, Closing::Entry)).await?;
    yard.fed(yard.gate()?).await?;
    Ok(record)
}

/// The record's slip, printed as that kind of symbol and read back.
async fn printed(yard: &Yard, record: &Record, kind: &str) -> Result<Read> {
    let slip = yard.rest().slip(&record.unified_no).await?;
    let symbols = slip["symbols"].as_array().context("a slip without symbols")?;
    let symbol = symbols.iter().find(|symbol| symbol["kind"] == kind);
    let text = symbol.and_then(|symbol| symbol["text"].as_str());
    let text = text.with_context(|| format!("the slip has no {kind}: {slip}"))?;
    let read = print_and_read(kind, text).await?;
    ensure!(read.text == text, "{text} came back from paper as {}", read.text);
    Ok(read)
}

/// A vehicle without a tag stands before the barrier; its number.
async fn stands(gate: &Gate, drive: Drive) -> Result<u64> {
    wait::until_true(
        "the lane to be empty",
        WITHIN,
        async || Ok(lane(gate).await?["state"] == json!("idle")),
    )
    .await?;
    let vehicle = gate.simulator.drive(&drive.without_tag()).await?;
    wait::until_true("the lane to see a vehicle", WITHIN, async || {
        Ok(lane(gate).await?["visit_id"].is_string())
    })
    .await?;
    Ok(vehicle)
}

async fn lane(gate: &Gate) -> Result<Value> {
    let status = gate.agent.status().await?;
    status.pointer("/lanes/0").cloned().with_context(|| format!("no lane: {status}"))
}

async fn lane_says(gate: &Gate, reason: ReasonCode) -> Result<Value> {
    let mut said = Value::Null;
    let told = wait::until_true(format!("the lane to say {reason}"), WITHIN, async || {
        said = lane(gate).await?;
        Ok(said["state"] == json!("held") && said["reason"] == json!(reason.code()))
    })
    .await;
    told.with_context(|| format!("it says {said}"))?;
    Ok(said)
}

fn of_trip<'a>(events: &'a [Event], record: &Record, event_type: EventType) -> Vec<&'a Event> {
    let its = |event: &&Event| {
        event.event_type == event_type
            && event.trip_no.is_some_and(|trip_no| trip_no.as_str() == record.trip_no)
    };
    events.iter().filter(its).collect()
}

/// Contract section 2, the slip: the paper of a record that is bound by bar code opens the gate, once, whichever of its symbols is
/// read and whether or not the scanner says which.
#[tokio::test]
async fn the_paper_of_a_bar_code_record_opens_the_gate_once() -> Result<()> {
    let scanner = Scanner::plug()?;
    play(plan(&scanner), async |yard| {
        let papers = [("code_128", "]C0"), ("code_128", ""), ("qr", "]Q1")];
        for (kind, identifier) in papers {
            let record = expected(yard, Medium::slip()).await?;
            let gate = yard.gate()?;
            let read = printed(yard, &record, kind).await?;
            ensure!(identifier.is_empty() || read.identifier == identifier, "{kind} is {}", read.identifier);
            let told = format!("{identifier}{}", read.text);

            let vehicle = stands(gate, Drive::passes("IN1", "")).await?;
            scanner.scans(&told)?;
            let end = gate.simulator.ended(vehicle, WITHIN).await?;
            ensure!(end == "passed", "{told}: the lorry {end}");
            yard.rest().reaches(&record.unified_no, TripStatus::Closed, WITHIN).await?;

            let events = gate.agent.events()?;
            let matched = of_trip(&events, &record, EventType::Match);
            let of_paper = matched.iter().filter_map(|event| event.reads.barcode.as_ref());
            let of_paper: Vec<_> = of_paper.map(|read| (read.value.as_str(), read.raw.as_deref())).collect();
            let raw = format!("{told}\r");
            ensure!(of_paper.len() == 1, "{told}: matched by {of_paper:?}");
            ensure!(of_paper[0].0 == read.text, "{told}: matched by {of_paper:?}");
            ensure!(
                of_paper[0].1.is_none_or(|kept| raw.starts_with(kept)),
                "the raw reading of {told} is {of_paper:?}"
            );
            ensure!(of_trip(&events, &record, EventType::Pass).len() == 1, "{told}: no pass was recorded");

            // The same paper in another driver's hand: so soon behind the first it would be taken for that one's still.
            let vehicle = stands(gate, Drive::leaves("IN1", "", 12_000)).await?;
            tokio::time::sleep(Duration::from_millis(1500)).await;
            scanner.scans(&told)?;
            lane_says(gate, ReasonCode::AlreadyUsed).await?;
            let end = gate.simulator.ended(vehicle, WITHIN).await?;
            ensure!(end == "refused_left", "{told}, used again: the lorry {end}");
        }
        let tally = yard.agrees().await?;
        ensure!(tally.raises == papers.len(), "{} raises for {} papers", tally.raises, papers.len());
        Ok(())
    })
    .await
}

/// SG-219; contract section 2, the slip: the paper of a record that is bound by another medium is for a person; its trip stays free
/// for that medium.
#[tokio::test]
async fn the_paper_of_another_medium_calls_a_person() -> Result<()> {
    let scanner = Scanner::plug()?;
    play(plan(&scanner), async |yard| {
        for medium in [Medium::tag(&unused_epc()), Medium::plate("蒙LK8216")] {
            let record = expected(yard, medium.clone()).await?;
            let gate = yard.gate()?;
            let read = printed(yard, &record, "qr").await?;
            ensure!(read.text == record.trip_no, "{medium:?}: the paper holds {}", read.text);

            let vehicle = stands(gate, Drive::leaves("IN1", "", 12_000)).await?;
            scanner.scans(&format!("{}{}", read.identifier, read.text))?;
            let said = lane_says(gate, ReasonCode::SlipRead).await?;
            ensure!(said["verdict"] == json!(Verdict::Person.to_string()), "{medium:?}: {said}");
            ensure!(said["offered"][0]["trip_no"] == json!(record.trip_no), "{medium:?}: {said}");
            let end = gate.simulator.ended(vehicle, WITHIN).await?;
            ensure!(end == "refused_left", "{medium:?}: the lorry {end}");

            let events = gate.agent.events()?;
            ensure!(
                of_trip(&events, &record, EventType::Match).is_empty(),
                "{medium:?} matched by its paper"
            );
            yard.delivered(gate, WITHIN).await?;
            let record = yard.rest().record(&record.unified_no).await?;
            ensure!(record.status == TripStatus::CustomsApproved, "{medium:?} is {}", record.status);
        }
        ensure!(yard.agrees().await?.raises == 0, "a paper opened that is no medium");
        Ok(())
    })
    .await
}

/// Contract section 2, the slip; decision 0018: a key whose check character is wrong matches nothing and is told as that; scanned
/// again without a fault it opens.
#[tokio::test]
async fn a_misread_paper_matches_nothing_and_is_told_as_misread() -> Result<()> {
    let scanner = Scanner::plug()?;
    play(plan(&scanner), async |yard| {
        let record = expected(yard, Medium::slip()).await?;
        let gate = yard.gate()?;
        let read = printed(yard, &record, "code_128").await?;
        let (body, check) = read.text.split_at(read.text.len() - 1);
        let misread = format!("{body}{}", if check == "0" { "1" } else { "0" });

        let vehicle = stands(gate, Drive::passes("IN1", "")).await?;
        scanner.scans(&format!("{}{misread}", read.identifier))?;
        let said = lane_says(gate, ReasonCode::NoBinding).await?;
        let told = said["compare"].as_array().is_some_and(|rows| {
            rows.iter().any(|row| row["what"] == "slip_check" && row["read"] == json!([misread]))
        });
        ensure!(told, "the panel does not say that it was misread: {said}");
        ensure!(said["next"]["zh"].as_str().is_some_and(|next| next.contains("校验字符")), "{said}");
        let refused = |events: &[Event]| {
            events.iter().rfind(|event| event.event_type == EventType::Refuse)?.detail.clone()
        };
        let detail = gate.agent.records("a refusal with its detail", 0, refused).await?;
        ensure!(detail["findings"][0]["what"] == "slip_check", "the journal says {detail}");
        ensure!(gate.raises_agree()?.raises == 0, "a misread paper opened");

        scanner.scans(&read.text)?;
        let end = gate.simulator.ended(vehicle, WITHIN).await?;
        ensure!(end == "passed", "scanned again, the lorry {end}");
        yard.rest().reaches(&record.unified_no, TripStatus::Closed, WITHIN).await?;
        ensure!(yard.agrees().await?.raises == 1, "one lorry, one raise");
        Ok(())
    })
    .await
}
