//! `kill -9` of the agent under traffic, half of it at random moments and half at named places of the program, the centre being there
//! all the while. Afterwards: each pulse has its intent before it and no intent two, each intent has an outcome, and the centre has
//! the journal's events, all, once and in order.
//! `KAKOU_KILLS` (default 24), `KAKOU_SEED`.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use gate_agent::fail_point::NAMES;
use kakou_tests::{
    LanePlan, YardPlan,
    agent::Agent,
    chance::Chance,
    clock, parameter, play,
    record::{Closing, NewRecord, unused_epc},
    rest::Rest,
    simulator::{Drive, Simulator},
    wait,
};
use protocols::{
    contract::{Event, EventType},
    rules::LaneDirection,
};
use serde_json::json;

/// What the agent may need to be ready again, on a machine that does much else.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// Traffic reaches every place of the program within it.
const REACHED_WITHIN: Duration = Duration::from_secs(240);
/// The longest that the agent runs before a kill at a random moment.
const RANDOM_MS: u64 = 2500;
/// Behind one that gave up nobody comes so soon that the lane could take both for one: it must notice that the first has left, and
/// after an unknown outcome also that it is not under way.
const GAP_MS: u64 = 2000;
const WITHDRAW_MS: u32 = 400;
const BACK_OUT_MS: u32 = 700;
const ANYWHERE: &str = "anywhere";

/// How one run of the agent ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Killed from outside that long after its start.
    After(Duration),
    /// At the n-th pass of a named place.
    At(&'static str, u64),
}

#[derive(Debug, Default)]
struct Figures {
    kills: BTreeMap<&'static str, u64>,
    ready_ms: Vec<u128>,
}

/// Every named place in turn, and as many random moments between them.
fn ends(kills: u64, chance: &mut Chance) -> Vec<End> {
    let mut names = NAMES.iter().copied().cycle();
    let end = |round: u64| match (round % 2, names.next()) {
        (0, Some(name)) => {
            // A lorry makes a dozen records and batches, and one pulse.
            let often = if name.starts_with("barrier") { 2 } else { 12 };
            End::At(name, 1 + chance.below(often))
        }
        _ => End::After(Duration::from_millis(chance.below(RANDOM_MS))),
    };
    (0..kills).map(end).collect()
}

/// Runs the agent once, to that end.
async fn run_to(agent: &mut Agent, end: End, figures: &mut Figures) -> Result<()> {
    agent.process.launch.env = match end {
        End::At(name, pass) => vec![("KAKOU_FAIL_POINT".to_owned(), format!("{name}:{pass}"))],
        End::After(_) => Vec::new(),
    };
    let limit = if let End::After(limit) = end { limit } else { REACHED_WITHIN };
    let begun = clock::now();
    agent.process.start()?;
    let mut ready = false;
    while begun.elapsed() < limit && agent.process.is_running()? {
        if !ready && agent.is_ready().await {
            ready = true;
            figures.ready_ms.push(begun.elapsed().as_millis());
        }
        ensure!(ready || begun.elapsed() < READY_WITHIN, "not ready within {READY_WITHIN:?} of a restart");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let name = match end {
        End::At(name, pass) => {
            ensure!(
                !agent.process.is_running()?,
                "nothing passed {name} {pass} times within {REACHED_WITHIN:?}"
            );
            name
        }
        End::After(_) => ANYWHERE,
    };
    agent.process.kill()?;
    *figures.kills.entry(name).or_default() += 1;
    Ok(())
}

/// Lorries, one behind the other, until it is enough; how they ended.
async fn traffic(
    rest: &Rest,
    simulator: &Simulator,
    lane: &str,
    enough: &Cell<bool>,
) -> Result<BTreeMap<String, u64>> {
    let mut ended = BTreeMap::new();
    let mut number = 0_u64;
    let declare = async |number: u64| -> Result<String> {
        let epc = unused_epc();
        let closing = if number.is_multiple_of(2) { Closing::Entry } else { Closing::Exit };
        rest.declare_and_approve(&NewRecord::of(&epc, closing)).await?;
        Ok(epc)
    };
    let mut next = declare(number).await?;
    let mut at_ms = 0;
    while !enough.get() {
        let epc = std::mem::replace(&mut next, declare(number + 1).await?);
        let drive = Drive { at_ms, patience_ms: 2500, ..Drive::passes(lane, &epc) };
        let end = simulator.drive_to_its_end(&drive, Duration::from_secs(60)).await?;
        at_ms = if end == "passed" { 0 } else { GAP_MS };
        *ended.entry(end).or_default() += 1;
        number += 1;
    }
    Ok(ended)
}

fn two_entries() -> YardPlan {
    let mut plan = YardPlan::default();
    let lanes = ["IN1", "IN2"].map(|name| LanePlan {
        withdraw_ms: WITHDRAW_MS,
        back_out_ms: BACK_OUT_MS,
        ..LanePlan::new(name, LaneDirection::In)
    });
    plan.gates.iter_mut().for_each(|gate| gate.lanes = lanes.to_vec());
    plan
}

/// Each intent has one outcome, and no trip was passed twice.
fn settled(events: &[Event]) -> Result<BTreeMap<String, u64>> {
    let mut outcomes = BTreeMap::new();
    let (mut passed, mut intents) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        match event.event_type {
            EventType::RaiseIntent => {
                let trip = event.trip_no.as_ref().context("an automatic intent without a trip")?;
                ensure!(intents.insert(event.visit_id.clone()), "two intents in visit {:?}", event.visit_id);
                let here = events.iter().filter(|other| {
                    other.event_type == EventType::RaiseOutcome && other.visit_id == event.visit_id
                });
                let here: Vec<_> = here.filter_map(|other| other.outcome).collect();
                ensure!(
                    here.len() == 1,
                    "the intent for {trip} in {:?} has the outcomes {here:?}",
                    event.visit_id
                );
                for outcome in here {
                    *outcomes.entry(format!("{outcome:?}")).or_default() += 1;
                }
            }
            EventType::Pass => {
                let trip = event.trip_no.as_ref().context("a pass without a trip")?;
                ensure!(passed.insert(*trip), "trip {trip} was passed in twice");
            }
            _ => {}
        }
    }
    Ok(outcomes)
}

/// fault A1; design promises 1 and 2; invariants I1, I2, I3 and I5.
#[tokio::test]
async fn nothing_is_lost_doubled_or_opened_without_a_record_by_kill_9() -> Result<()> {
    let (kills, seed) = (parameter::number("KAKOU_KILLS", 24)?, parameter::number("KAKOU_SEED", 20_261_121)?);
    println!("KAKOU_KILLS={kills} KAKOU_SEED={seed}");
    let mut chance = Chance::from(seed);
    play(two_entries(), async |yard| {
        let rest = yard.rest().clone();
        let gate = yard.gate_mut()?;
        let (agent, simulator) = (&mut gate.agent, &gate.simulator);
        let enough = Cell::new(false);
        let killing = async {
            let done = kill_and_restart(agent, &ends(kills, &mut chance)).await;
            enough.set(true);
            done
        };
        let (figures, one, other) = tokio::join!(
            killing,
            traffic(&rest, simulator, "IN1", &enough),
            traffic(&rest, simulator, "IN2", &enough)
        );
        let (mut figures, one, other) = (figures?, one?, other?);
        let gate = yard.gate()?;
        gate.agent.has_its_devices().await?;
        let tally = yard.agrees().await?;
        let outcomes = settled(&gate.agent.events()?)?;
        let events = rest.events(&gate.plan.gate_id).await?.len();
        figures.ready_ms.sort_unstable();
        let middle = figures.ready_ms.get(figures.ready_ms.len() / 2);
        let told = json!({
            "test": "kill", "seed": seed, "kills": figures.kills, "ready_ms": {"p50": middle, "max": figures.ready_ms.last()},
            "lorries": {"IN1": one, "IN2": other}, "pulses": tally.raises, "intents": tally.intents, "outcomes": outcomes,
            "events": events,
        });
        println!("{told}");
        ensure!(tally.raises > 0, "no barrier ever opened: this run shows nothing");
        for name in NAMES.iter().copied().chain([ANYWHERE]) {
            ensure!(figures.kills.contains_key(name), "the agent was never killed at {name}; raise KAKOU_KILLS");
        }
        Ok(())
    })
    .await
}

async fn kill_and_restart(agent: &mut Agent, ends: &[End]) -> Result<Figures> {
    let mut figures = Figures::default();
    agent.process.kill()?;
    for end in ends {
        run_to(agent, *end, &mut figures).await.with_context(|| format!("{end:?}"))?;
    }
    agent.process.launch.env.clear();
    agent.process.start()?;
    wait::until_true("the agent to be ready in the end", READY_WITHIN, async || Ok(agent.is_ready().await))
        .await?;
    Ok(figures)
}
