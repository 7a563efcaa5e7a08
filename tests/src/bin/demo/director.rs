//! Plays a scenario: gives the cues, waits for what must follow, shows the gate's words meanwhile.
//! Promises: never waits for a guessed time, only for conditions; a lorry's visit is over when its lane is idle again and the arm down.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail};
use kakou_tests::{
    Gate, Yard, clock, journal,
    line::Line,
    plan::{Device, PERSONS},
    record::Closing,
    simulator::{Drive as Vehicle, Pace},
};
use protocols::{
    contract::{Event, EventType},
    rules::TripStatus,
};
use serde_json::Value;

use super::{
    actor::Actor,
    live::Live,
    scenario::{Act, Drive, Scenario, Step},
    screen::{Look, Screen},
    summary::{LorryReport, Report},
    visit::{self, Visit},
};

/// Longer than anything in a demo takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often the journal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// One round through the scenario.
#[derive(Debug)]
pub(crate) struct Director<'a> {
    yard: &'a Yard,
    scenario: &'a Scenario,
    screen: &'a Screen,
    posts: Vec<Post<'a>>,
    /// By plate.
    actors: BTreeMap<&'a str, Actor>,
    visits: Vec<Played>,
}

/// A gate and what it has recorded.
#[derive(Debug)]
struct Post<'a> {
    gate: &'a Gate,
    live: Live<'a>,
}

/// A visit whose words are looked up in the end, when the journal is complete.
#[derive(Debug)]
struct Played {
    visit: Visit,
    visit_id: Option<String>,
    /// At which of the gates.
    post: usize,
}

impl<'a> Director<'a> {
    /// A round with media that no round had before.
    pub(crate) fn new(yard: &'a Yard, scenario: &'a Scenario, screen: &'a Screen) -> Result<Self> {
        let now_s = clock::wall_ms() / 1000;
        let lorries = (1..).zip(&scenario.lorries);
        let actors =
            lorries.map(|(number, lorry)| (lorry.plate.as_str(), Actor::new(lorry, number, now_s))).collect();
        let post = |gate| Ok(Post { gate, live: Live::from_now(gate)? });
        let posts = yard.gates.iter().map(post).collect::<Result<_>>()?;
        Ok(Self { yard, scenario, screen, posts, actors, visits: Vec::new() })
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
            Step::Desk { lorry, act } => self.act(lorry, *act, None).await,
            Step::Drive(drive) => self.drive(drive).await,
            Step::Cut => {
                self.posts.iter().for_each(|post| post.gate.line.set(Line::Cut));
                self.wait_for("the gates to notice", None, async |director| {
                    Ok(director.all_are_alone().await)
                })
                .await?;
                self.remark("the lines to the centre are cut")
            }
            Step::Mend => {
                self.posts.iter().for_each(|post| post.gate.line.set(Line::Open));
                self.delivered().await?;
                self.fed().await?;
                self.remark("the lines are back, and everything has been delivered")
            }
            Step::Fault { device, what } => {
                let what = serde_json::to_value(what).context("the fault cannot be written")?;
                self.gate_with(device)?.simulator.fault(device, &what).await?;
                self.remark(&format!("line of {device}: {what}"))
            }
            Step::EndFaults { device } => {
                self.gate_with(device)?.simulator.end_faults(device).await?;
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

    /// Which gate has that lane.
    fn post(&self, lane: &str) -> Result<(usize, &Post<'a>)> {
        let has = |post: &Post<'_>| post.gate.plan.lanes.iter().any(|own| own.lane_id == lane);
        let found = self.posts.iter().enumerate().find(|(_, post)| has(post));
        found.with_context(|| format!("no gate has a lane {lane}"))
    }

    /// Which gate has the lane of that device.
    fn gate_with(&self, device: &str) -> Result<&'a Gate> {
        let lane = device.split('-').next().unwrap_or_default();
        Ok(self.post(lane)?.1.gate)
    }

    /// Every gate knows what the centre knows.
    async fn fed(&self) -> Result<()> {
        for post in &self.posts {
            self.yard.fed(post.gate).await?;
        }
        Ok(())
    }

    /// The centre has every gate's journal.
    async fn delivered(&self) -> Result<()> {
        for post in &self.posts {
            self.yard.delivered(post.gate, PATIENCE).await?;
        }
        Ok(())
    }

    async fn declare(&mut self, plate: &str, closing: Closing) -> Result<()> {
        let new = self.actors.get_mut(plate).with_context(|| format!("no lorry {plate}"))?.declares(closing);
        let record = self.yard.rest().declare(&new).await?;
        let (kind, key) = (new.medium.kind, new.medium.key.unwrap_or_default());
        self.remark(&format!("{plate}: declared by {kind} {key}, trip {}", record.trip_no))?;
        if let Some(actor) = self.actors.get_mut(plate) {
            actor.unified_no = Some(record.unified_no);
        }
        self.fed().await
    }

    async fn reaches(&mut self, plate: &str, status: TripStatus) -> Result<()> {
        let record = self.yard.rest().reaches(self.unified_no(plate)?, status, PATIENCE).await?;
        self.fed().await?;
        self.remark(&format!("{plate}: {} {}", record.status.label_zh(), record.status))
    }

    async fn act(&self, plate: &str, act: Act, lane: Option<&str>) -> Result<()> {
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
                rest.deny(&self.actor(plate)?.medium, "涉嫌走私").await?;
                "customs puts its medium on the deny list 黑名单"
            }
            Act::Release => {
                let [officer, ..] = PERSONS;
                let act = serde_json::json!({
                    "person": officer.id, "pin": officer.pin, "do": "release", "reason": "已现场核对，同意放行",
                    "trip": self.yard.rest().record(self.unified_no(plate)?).await?.trip_no,
                });
                let lane = lane.context("a release needs a lane that holds a lorry")?;
                self.post(lane)?.1.gate.agent.act(lane, &act).await?;
                "an officer at the gate has looked and releases it 人工放行"
            }
        };
        self.fed().await?;
        self.remark(&format!("{plate}: {done}"))
    }

    async fn drive(&mut self, drive: &'a Drive) -> Result<()> {
        let present = Some((drive.lane.as_str(), drive.lorry.as_str()));
        let (place, post) = self.post(&drive.lane)?;
        let gate = post.gate;
        let (events_before, seen_before) = (post.live.events().len(), gate.simulator.witness()?.len());
        let lane = gate.plan.lanes.iter().find(|lane| lane.lane_id == drive.lane);
        let lane = lane.context("a gate without its lane")?;
        let actor = self.actor(&drive.lorry)?;
        let weighs = lane.devices.contains(&Device::Scale);
        let vehicle = Vehicle {
            name: drive.lorry.clone(),
            lane: drive.lane.clone(),
            at_ms: drive.after_ms,
            shows: actor.shows(drive),
            weight_kg: weighs.then(|| actor.weight_kg(lane.direction, drive.overload_kg)),
            drives: drive.drives.clone(),
            patience_ms: drive.patience_ms,
            back_out_ms: 500,
            pace: Pace::LORRY,
        };
        let vehicle = gate.simulator.drive(&vehicle).await?;
        self.wait_for("the lane to judge", present, async |director| {
            Ok(director.since(place, events_before).iter().any(|event| visit::verdict_of(event).is_some()))
        })
        .await?;
        if let Some(act) = drive.once_judged {
            self.act(&drive.lorry, act, Some(&drive.lane)).await?;
        }
        self.wait_for("the lorry to end its visit", present, async |_| {
            Ok(has_left(gate, vehicle, &drive.lane).await? && is_idle(gate, &drive.lane).await)
        })
        .await?;
        let seen = gate.simulator.witness()?;
        let arrived = |event: &&Event| {
            event.event_type == EventType::Arrival
                && event.lane_id.as_ref().is_some_and(|lane| lane.as_str() == drive.lane)
        };
        let arrival = self.since(place, events_before).iter().find(arrived);
        let visit_id = arrival.and_then(|event| event.visit_id.as_ref()).map(|id| id.as_str().to_owned());
        let rises = visit::rises(seen.get(seen_before..).unwrap_or_default(), &drive.lane);
        let was = super::scenario::Expect { says: Vec::new(), rises };
        let (plate, lane) = (drive.lorry.clone(), drive.lane.clone());
        let visit = Visit { plate, lane, expect: drive.expect.clone(), was };
        self.visits.push(Played { visit, visit_id, post: place });
        Ok(())
    }

    /// What a gate has recorded behind its first so many events.
    fn since(&self, post: usize, before: usize) -> &[Event] {
        self.posts.get(post).and_then(|post| post.live.events().get(before..)).unwrap_or_default()
    }

    async fn all_are_alone(&self) -> bool {
        for post in &self.posts {
            let status = post.gate.agent.status().await;
            if !status.is_ok_and(|status| status.pointer("/centre/online") == Some(&Value::Bool(false))) {
                return false;
            }
        }
        true
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
            self.show_new(present)?;
            if is_so {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("waited {} s in vain for {what}", PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn show_new(&mut self, present: Option<(&str, &str)>) -> Result<()> {
        for post in &mut self.posts {
            post.live.show_new(present, self.screen)?;
        }
        Ok(())
    }

    /// Compares everything with everything.
    pub(crate) async fn finish(mut self) -> Result<Report> {
        let delivered = self.delivered().await;
        self.show_new(None)?;
        let played = std::mem::take(&mut self.visits);
        let told = |played: Played| {
            let events = self.since(played.post, 0);
            let says = played.visit_id.map(|visit_id| visit::says(events, &visit_id)).unwrap_or_default();
            Visit { was: super::scenario::Expect { says, ..played.visit.was }, ..played.visit }
        };
        let visits = played.into_iter().map(told).collect();
        let mut lorries = Vec::new();
        for lorry in &self.scenario.lorries {
            lorries.push(self.lorry(lorry).await?);
        }
        let mut checks =
            vec![("everything was delivered".to_owned(), delivered.map(|()| "in time".to_owned()))];
        for Post { gate, .. } in &self.posts {
            let name = &gate.plan.gate_id;
            checks.push((
                format!("{name}: the centre has the journal, event for event"),
                self.yard.centre_has_the_journal(gate).await.map(|events| format!("{events} events")),
            ));
            checks.push((
                format!("{name}: the journal's chain verifies"),
                journal::verify(gate.agent.data_dir()).map(|said| without_store(&said)),
            ));
            checks.push((
                format!("{name}: every pulse that the witness saw has its one intent before it"),
                gate.raises_agree()
                    .map(|tally| format!("{} raises, {} intents", tally.raises, tally.intents)),
            ));
        }
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

/// The simulator no longer counts the vehicle among those under way, and the lane's arm is down.
async fn has_left(gate: &Gate, vehicle: u64, lane: &str) -> Result<bool> {
    let state = gate.simulator.order(&serde_json::json!({"do": "state"})).await?;
    let list = |name: &str| state.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let gone =
        !list("vehicles").iter().any(|one| one.get("vehicle").and_then(Value::as_u64) == Some(vehicle));
    let of_lane = |one: &Value, key: &str, value: &str| one.get(key).and_then(Value::as_str) == Some(value);
    let down = list("lanes").iter().any(|one| of_lane(one, "lane", lane) && of_lane(one, "arm", "closed"));
    Ok(gone && down)
}

async fn is_idle(gate: &Gate, lane: &str) -> bool {
    let Ok(status) = gate.agent.status().await else { return false };
    let lanes = status.get("lanes").and_then(Value::as_array).cloned().unwrap_or_default();
    let word = |one: &Value, key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    lanes.iter().any(|one| word(one, "lane_id") == lane && word(one, "state") == "idle")
}

/// `epoch 1: 70 records, 1 to 70`: what `journal verify` says first, but for the store's long name.
fn without_store(said: &str) -> String {
    let line = said.lines().next().unwrap_or_default();
    line.split_once(", ").map_or(line, |(_, rest)| rest).to_owned()
}
