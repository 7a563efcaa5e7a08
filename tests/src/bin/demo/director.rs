//! Plays a scenario: gives the cues, waits for what must follow, shows the gate's words meanwhile.
//! Promises: never waits for a guessed time, only for conditions; a lorry's visit is over when its lane is idle again and the arm down.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail};
use kakou_tests::{
    Gate, Yard, clock, compare, journal,
    line::Line,
    record::{Closing, NewRecord},
    simulator::{Drive as Vehicle, Pace, Showing, Sign},
};
use protocols::{contract::EventType, rules::TripStatus};
use serde_json::Value;

use super::{
    live::Live,
    scenario::{Act, Drive, Scenario, Step},
    screen::{Look, Screen},
    summary::{LorryReport, Report},
    visit::{self, Visit},
};

/// Longer than anything in a demo takes.
const PATIENCE: Duration = Duration::from_secs(40);

/// How often the journal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// One round through the scenario.
#[derive(Debug)]
pub(crate) struct Director<'a> {
    yard: &'a Yard,
    gate: &'a Gate,
    scenario: &'a Scenario,
    screen: &'a Screen,
    live: Live<'a>,
    /// From a plate to its tag and the unified number of its newest record.
    actors: BTreeMap<&'a str, Actor>,
    visits: Vec<Played>,
}

#[derive(Debug)]
struct Actor {
    epc: String,
    unified_no: Option<String>,
}

/// A visit whose words are looked up in the end, when the journal is complete.
#[derive(Debug)]
struct Played {
    visit: Visit,
    visit_id: Option<String>,
}

impl<'a> Director<'a> {
    /// A round with tags that no round had before.
    pub(crate) fn new(yard: &'a Yard, scenario: &'a Scenario, screen: &'a Screen) -> Result<Self> {
        let (gate, now_s) = (yard.gate()?, clock::wall_ms() / 1000);
        let actor = |(number, lorry): (usize, &'a super::scenario::Lorry)| {
            (
                lorry.plate.as_str(),
                Actor { epc: format!("E28011606000{now_s:08X}{:04X}", number + 1), unified_no: None },
            )
        };
        let actors = scenario.lorries.iter().enumerate().map(actor).collect();
        Ok(Self { yard, gate, scenario, screen, live: Live::from_now(gate)?, actors, visits: Vec::new() })
    }

    /// Plays all steps.
    pub(crate) async fn play(&mut self) -> Result<()> {
        for step in &self.scenario.steps {
            self.step(step).await.with_context(|| format!("in {step:?}"))?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &'a Step) -> Result<()> {
        match step {
            Step::Say { text } => self.screen.say(&self.screen.paint(Look::Bold, &format!("\n{text}"))),
            Step::Declare { lorry, closing } => self.declare(lorry, *closing).await,
            Step::Reaches { lorry, status } => self.reaches(lorry, *status).await,
            Step::Desk { lorry, act } => self.act(lorry, *act).await,
            Step::Drive(drive) => self.drive(drive).await,
            Step::Cut => {
                self.gate.line.set(Line::Cut);
                self.wait_for("the gate to notice", None, async |director| {
                    Ok(director.status_says("/centre/online", &Value::Bool(false)).await)
                })
                .await?;
                self.remark("the line to the centre is cut")
            }
            Step::Mend => {
                self.gate.line.set(Line::Open);
                self.yard.delivered(self.gate, PATIENCE).await?;
                self.yard.fed(self.gate).await?;
                self.remark("the line is back, and everything has been delivered")
            }
            Step::Fault { device, what } => {
                let what = serde_json::to_value(what).context("the fault cannot be written")?;
                self.gate.simulator.fault(device, &what).await?;
                self.remark(&format!("line of {device}: {what}"))
            }
            Step::EndFaults { device } => {
                self.gate.simulator.end_faults(device).await?;
                self.remark(&format!("line of {device}: clean again"))
            }
        }
    }

    fn remark(&self, text: &str) -> Result<()> {
        self.screen.say(&self.screen.paint(Look::Dim, &format!("         {text}")))
    }

    fn actor(&self, plate: &str) -> Result<&Actor> {
        self.actors.get(plate).with_context(|| format!("no lorry {plate}"))
    }

    fn unified_no(&self, plate: &str) -> Result<&str> {
        self.actor(plate)?.unified_no.as_deref().with_context(|| format!("{plate} has no record"))
    }

    async fn declare(&mut self, plate: &str, closing: Closing) -> Result<()> {
        let record = self.yard.rest().declare(&NewRecord::of(&self.actor(plate)?.epc, closing)).await?;
        self.remark(&format!("{plate}: declared, trip {}", record.trip_no))?;
        if let Some(actor) = self.actors.get_mut(plate) {
            actor.unified_no = Some(record.unified_no);
        }
        self.yard.fed(self.gate).await.map(drop)
    }

    async fn reaches(&mut self, plate: &str, status: TripStatus) -> Result<()> {
        let record = self.yard.rest().reaches(self.unified_no(plate)?, status, PATIENCE).await?;
        self.yard.fed(self.gate).await?;
        self.remark(&format!("{plate}: {} {}", record.status.label_zh(), record.status))
    }

    async fn act(&self, plate: &str, act: Act) -> Result<()> {
        let rest = self.yard.rest();
        let done = match act {
            Act::Hold => {
                rest.desk(self.unified_no(plate)?, "hold", "查验").await?;
                "customs holds its trip 布控"
            }
            Act::Lift => {
                rest.desk(self.unified_no(plate)?, "lift", "查验完毕").await?;
                "customs lifts the hold 解除布控"
            }
            Act::Deny => {
                rest.deny(&self.actor(plate)?.epc, "涉嫌走私").await?;
                "customs puts its tag on the deny list 黑名单"
            }
        };
        self.yard.fed(self.gate).await?;
        self.remark(&format!("{plate}: {done}"))
    }

    async fn drive(&mut self, drive: &'a Drive) -> Result<()> {
        let present = Some((drive.lane.as_str(), drive.lorry.as_str()));
        let (events_before, seen_before) = (self.live.events().len(), self.gate.simulator.witness()?.len());
        let vehicle = Vehicle {
            name: drive.lorry.clone(),
            lane: drive.lane.clone(),
            at_ms: drive.after_ms,
            shows: vec![Showing {
                what: Sign::Tag { epc: self.actor(&drive.lorry)?.epc.clone() },
                from_ms: -200,
                for_ms: None,
            }],
            weight_kg: None,
            drives: drive.drives.clone(),
            patience_ms: drive.patience_ms,
            back_out_ms: 500,
            pace: Pace::LORRY,
        };
        let vehicle = self.gate.simulator.drive(&vehicle).await?;
        self.wait_for("the lane to judge", present, async |director| {
            let new = director.live.events().get(events_before..).unwrap_or_default();
            Ok(new.iter().any(|event| visit::verdict_of(event).is_some()))
        })
        .await?;
        if let Some(act) = drive.once_judged {
            self.act(&drive.lorry, act).await?;
        }
        self.wait_for("the lorry to end its visit", present, async |director| {
            Ok(director.has_left(vehicle, &drive.lane).await? && director.is_idle(&drive.lane).await)
        })
        .await?;
        let seen = self.gate.simulator.witness()?;
        let arrived = |event: &&protocols::contract::Event| {
            event.event_type == EventType::Arrival
                && event.lane_id.as_ref().is_some_and(|lane| lane.as_str() == drive.lane)
        };
        let arrival = self.live.events().get(events_before..).unwrap_or_default().iter().find(arrived);
        let visit_id = arrival.and_then(|event| event.visit_id.as_ref()).map(|id| id.as_str().to_owned());
        let rises = visit::rises(seen.get(seen_before..).unwrap_or_default(), &drive.lane);
        let was = super::scenario::Expect { says: Vec::new(), rises };
        let (plate, lane) = (drive.lorry.clone(), drive.lane.clone());
        self.visits
            .push(Played { visit: Visit { plate, lane, expect: drive.expect.clone(), was }, visit_id });
        Ok(())
    }

    /// Looks until there is a yes, showing what the gate records meanwhile.
    async fn wait_for(
        &mut self,
        what: &str,
        present: Option<(&str, &str)>,
        mut holds: impl AsyncFnMut(&Self) -> Result<bool>,
    ) -> Result<()> {
        let begun = clock::now();
        loop {
            // Asked first, so that the events which led to a yes are shown before the story goes on.
            let is_so = holds(self).await?;
            self.live.show_new(present, self.screen)?;
            if is_so {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("waited {} s in vain for {what}", PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The simulator no longer counts the vehicle among those under way, and the lane's arm is down.
    async fn has_left(&self, vehicle: u64, lane: &str) -> Result<bool> {
        let state = self.gate.simulator.order(&serde_json::json!({"do": "state"})).await?;
        let list = |name: &str| state.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let gone =
            !list("vehicles").iter().any(|one| one.get("vehicle").and_then(Value::as_u64) == Some(vehicle));
        let of_lane =
            |one: &Value, key: &str, value: &str| one.get(key).and_then(Value::as_str) == Some(value);
        let down =
            list("lanes").iter().any(|one| of_lane(one, "lane", lane) && of_lane(one, "arm", "closed"));
        Ok(gone && down)
    }

    async fn is_idle(&self, lane: &str) -> bool {
        let Ok(status) = self.gate.agent.status().await else { return false };
        let lanes = status.get("lanes").and_then(Value::as_array).cloned().unwrap_or_default();
        let word =
            |one: &Value, key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        lanes.iter().any(|one| word(one, "lane_id") == lane && word(one, "state") == "idle")
    }

    async fn status_says(&self, pointer: &str, value: &Value) -> bool {
        self.gate.agent.status().await.is_ok_and(|status| status.pointer(pointer) == Some(value))
    }

    /// Compares everything with everything.
    pub(crate) async fn finish(mut self) -> Result<Report> {
        let delivered = self.yard.delivered(self.gate, PATIENCE).await;
        self.live.show_new(None, self.screen)?;
        let events = self.live.events();
        let told = |played: Played| {
            let says = played.visit_id.map(|visit_id| visit::says(events, &visit_id)).unwrap_or_default();
            Visit { was: super::scenario::Expect { says, ..played.visit.was }, ..played.visit }
        };
        let visits = std::mem::take(&mut self.visits).into_iter().map(told).collect();
        let mut lorries = Vec::new();
        for lorry in &self.scenario.lorries {
            lorries.push(self.lorry(lorry).await?);
        }
        let (own, stored) =
            (self.gate.agent.journal_from(1)?, self.yard.rest().events(&self.gate.plan.gate_id).await?);
        let checks = vec![
            (
                "the centre has the journal, event for event",
                delivered.and_then(|_| {
                    let events = compare::centre_has_the_journal(&stored, &own)?;
                    Ok(format!("{events} events"))
                }),
            ),
            (
                "the journal's chain verifies",
                journal::verify(self.gate.agent.data_dir()).map(|said| without_store(&said)),
            ),
            (
                "every pulse that the witness saw has its one intent before it",
                self.gate
                    .raises_agree()
                    .map(|tally| format!("{} raises, {} intents", tally.raises, tally.intents)),
            ),
        ];
        Ok(Report { visits, lorries, checks })
    }

    async fn lorry(&self, lorry: &super::scenario::Lorry) -> Result<LorryReport> {
        let (plate, ends) = (lorry.plate.clone(), lorry.ends);
        let Some(unified_no) = &self.actor(&lorry.plate)?.unified_no else {
            return Ok(LorryReport { plate, ends, is: None, receipts: 0 });
        };
        let is = self.yard.rest().record(unified_no).await?.status;
        let receipts = self.yard.rest().receipts(unified_no).await?.len();
        Ok(LorryReport { plate, ends, is: Some(is), receipts })
    }
}

/// `epoch 1: 70 records, 1 to 70`: what `journal verify` says first, but for the store's long name.
fn without_store(said: &str) -> String {
    let line = said.lines().next().unwrap_or_default();
    line.split_once(", ").map_or(line, |(_, rest)| rest).to_owned()
}
