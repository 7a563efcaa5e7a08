//! The centre is gone while lorries come and go; then it is back.
//! `KAKOU_PASSAGES` (default 60): how many passages there are while it is gone.

use std::{cell::RefCell, collections::VecDeque, time::Duration};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    Gate, YardPlan, clock,
    line::Line,
    parameter, play,
    record::{Closing, NewRecord, unused_epc},
    rest::{Record, Rest},
    simulator::{Drive, Simulator},
    wait,
};
use protocols::{
    contract::{Event, EventType},
    rules::{ReasonCode, TripStatus},
};
use serde_json::json;

/// The last of a lorry's passages must not take longer.
const PASSAGE_WITHIN: Duration = Duration::from_secs(120);

/// What a lorry does while nobody is on the line, and what must have become of its trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    closing: Closing,
    leaves: bool,
    becomes: TripStatus,
    /// Why it is refused when it comes again at the entry.
    again: ReasonCode,
}

const PLANS: [Plan; 4] = [
    // SG-186, SG-236: laden out, and still inside.
    Plan { closing: Closing::Exit, leaves: false, becomes: TripStatus::Locked, again: ReasonCode::Locked },
    // SG-242: laden out, and gone.
    Plan {
        closing: Closing::Exit,
        leaves: true,
        becomes: TripStatus::LeftPort,
        again: ReasonCode::AlreadyUsed,
    },
    // SG-233: laden in, and still inside.
    Plan {
        closing: Closing::Entry,
        leaves: false,
        becomes: TripStatus::Closed,
        again: ReasonCode::AlreadyUsed,
    },
    // SG-244: laden in, and left empty.
    Plan {
        closing: Closing::Entry,
        leaves: true,
        becomes: TripStatus::LeftPort,
        again: ReasonCode::AlreadyUsed,
    },
];

struct Lorry {
    epc: String,
    plan: Plan,
    record: Record,
}

/// Lanes whose arms are quick, so that many lorries pass in little time.
fn quick_yard() -> YardPlan {
    let mut plan = YardPlan::default();
    for lane in plan.gates.iter_mut().flat_map(|gate| &mut gate.lanes) {
        (lane.rise_ms, lane.fall_ms) = (60, 60);
    }
    plan
}

/// Declares lorries in turn of [`PLANS`] until they make that many passages.
async fn declared(rest: &Rest, passages: u64) -> Result<Vec<Lorry>> {
    let (mut lorries, mut sum) = (Vec::new(), 0);
    for plan in PLANS.iter().cycle() {
        if sum >= passages {
            break;
        }
        let epc = unused_epc();
        let record = rest.declare_and_approve(&NewRecord::of(&epc, plan.closing)).await?;
        lorries.push(Lorry { epc, plan: *plan, record });
        sum += 1 + u64::from(plan.leaves);
    }
    Ok(lorries)
}

async fn passes(simulator: &Simulator, lane: &str, epc: &str) -> Result<()> {
    let end = simulator.drive_to_its_end(&Drive::passes(lane, epc), PASSAGE_WITHIN).await?;
    ensure!(end == "passed", "the lorry with {epc} ended at {lane} as {end}");
    Ok(())
}

/// All lorries come in, one behind the other; those that leave do so meanwhile, in the order in which they came.
async fn all_pass(simulator: &Simulator, lorries: &[Lorry]) -> Result<u64> {
    let inside = RefCell::new(VecDeque::new());
    let entering = async {
        for lorry in lorries {
            passes(simulator, "IN1", &lorry.epc).await?;
            if lorry.plan.leaves {
                inside.borrow_mut().push_back(&lorry.epc);
            }
        }
        anyhow::Ok(())
    };
    let leaving = async {
        let due = lorries.iter().filter(|lorry| lorry.plan.leaves).count();
        for _ in 0..due {
            let next = async || Ok(inside.borrow_mut().pop_front());
            let epc = wait::until("a lorry that leaves", PASSAGE_WITHIN, next).await?;
            passes(simulator, "OUT1", epc).await?;
        }
        Ok(due)
    };
    let ((), left) = tokio::try_join!(entering, leaving)?;
    Ok(u64::try_from(lorries.len() + left)?)
}

/// The same medium once more: it must be refused for that reason, the barrier stays down.
async fn is_refused(gate: &Gate, lane: &str, epc: &str, reason: ReasonCode) -> Result<()> {
    // Behind one that was refused the lane must notice first that it is gone.
    gate.agent.has_its_devices().await?;
    let before = gate.agent.events()?.len();
    let end = gate.simulator.drive_to_its_end(&Drive::leaves(lane, epc, 5000), PASSAGE_WITHIN).await?;
    ensure!(end == "refused_left", "{epc} came again and ended as {end}");
    let refused = |event: &Event| (event.event_type, event.reason_code) == (EventType::Refuse, Some(reason));
    let what = format!("{epc} refused as {reason}");
    gate.agent.records(what, before, |events| events.iter().any(refused).then_some(())).await
}

/// SG-233, SG-236, SG-242, SG-244, SG-247, SG-248, SG-249: the gate works without the centre, uses each trip once, and the centre has
/// everything afterwards.
#[tokio::test]
async fn a_yard_without_its_centre_works_and_tells_everything_later() -> Result<()> {
    let passages = parameter::number("KAKOU_PASSAGES", 60)?;
    play(quick_yard(), async |yard| {
        let lorries = declared(yard.rest(), passages).await?;
        yard.fed(yard.gate()?).await?;
        yard.centre.process.kill()?;
        let gate = yard.gate()?;
        let (before, begun) = (gate.agent.journal_from(1)?.len(), clock::now());
        let made = all_pass(&gate.simulator, &lorries).await?;
        let took = begun.elapsed();
        for lorry in PLANS.iter().filter_map(|plan| lorries.iter().find(|lorry| lorry.plan == *plan)) {
            is_refused(gate, "IN1", &lorry.epc, lorry.plan.again).await?;
        }
        gate.agent.has_its_devices().await?;
        let offline = gate.agent.journal_from(1)?.len() - before;
        let backlog =
            gate.agent.status().await?.pointer("/journal/backlog").and_then(serde_json::Value::as_u64);
        ensure!(
            backlog.is_some_and(|backlog| backlog >= u64::try_from(offline).unwrap_or(0)),
            "the backlog is {backlog:?} of {offline}"
        );

        yard.centre.start_again().await?;
        let begun = clock::now();
        yard.delivered(yard.gate()?, Duration::from_secs(60 + passages / 10)).await?;
        let drained = begun.elapsed();
        let tally = yard.agrees().await?;
        for lorry in &lorries {
            let became = yard.rest().record(&lorry.record.unified_no).await?.status;
            ensure!(
                became == lorry.plan.becomes,
                "{} of {:?} became {became}",
                lorry.record.trip_no,
                lorry.plan
            );
        }
        let a_minute = f64::from(u32::try_from(made)?) * 60.0 / took.as_secs_f64();
        let told = json!({
            "test": "offline", "passages": made, "per_minute": a_minute.round(), "events": offline,
            "drained_ms": drained.as_millis(), "pulses": tally.raises,
        });
        println!("{told}");
        ensure!(u64::try_from(tally.raises)? == made, "{made} passages and {} pulses", tally.raises);
        Ok(())
    })
    .await
}

/// SG-249; `contract` section 3: changes that are older than the gate's own use, and arrive after it, reopen nothing; nor does a restart.
#[tokio::test]
async fn a_stale_change_never_reopens_a_used_trip() -> Result<()> {
    play(quick_yard(), async |yard| {
        let rest = yard.rest().clone();
        let lorries = declared(&rest, 6).await?;
        let stay: Vec<&Lorry> = lorries.iter().filter(|lorry| !lorry.plan.leaves).collect();
        yard.fed(yard.gate()?).await?;
        // Short requests pass, so changes arrive; whatever carries an event is cut.
        yard.gate()?.line.set(Line::ResetAfter(900));
        let stored = rest.events(&yard.gate()?.plan.gate_id).await?.len();
        for lorry in &stay {
            passes(&yard.gate()?.simulator, "IN1", &lorry.epc).await?;
        }
        for lorry in &stay {
            // The centre does not know that the trip is used: for it, the trip is free, held, and free again.
            rest.desk(&lorry.record.unified_no, "hold", "布控").await?;
            rest.desk(&lorry.record.unified_no, "lift", "").await?;
            let freed = rest.record(&lorry.record.unified_no).await?.status;
            ensure!(freed == TripStatus::Unlocked, "at the centre the trip is {freed}");
        }
        yard.fed(yard.gate()?).await?;
        ensure!(
            rest.events(&yard.gate()?.plan.gate_id).await?.len() == stored,
            "no event came through the cut line"
        );
        for lorry in &stay {
            is_refused(yard.gate()?, "IN1", &lorry.epc, lorry.plan.again).await?;
        }
        let gate = yard.gate_mut()?;
        gate.agent.process.kill()?;
        gate.agent.start().await?;
        for lorry in &stay {
            is_refused(yard.gate()?, "IN1", &lorry.epc, lorry.plan.again).await?;
        }
        yard.gate()?.line.set(Line::Open);
        let tally = yard.agrees().await?;
        ensure!(tally.raises == stay.len(), "{} lorries and {} pulses", stay.len(), tally.raises);
        for lorry in &stay {
            rest.reaches(&lorry.record.unified_no, lorry.plan.becomes, Duration::from_secs(20)).await?;
        }
        yard.fed(yard.gate()?).await?;
        for lorry in &stay {
            is_refused(yard.gate()?, "IN1", &lorry.epc, lorry.plan.again)
                .await
                .context("the centre knows it now")?;
        }
        Ok(())
    })
    .await
}
