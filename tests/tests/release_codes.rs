//! A gate without a line to the centre and with one person at it, whose lanes ask for two: he releases by a code that a supervisor has issued
//! before. The agent is killed between the record of such a release and its pulse; the code is used, and nothing has moved.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use kakou_tests::{LanePlan, YardPlan, agent::Agent, line::Line, plan::PERSONS, play};
use protocols::{
    contract::{Event, EventType, RaiseOutcome},
    rules::LaneDirection,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(60);

fn two_entries() -> YardPlan {
    let mut plan = YardPlan::default();
    let lanes =
        ["IN1", "IN2"].map(|name| LanePlan { two_persons: true, ..LanePlan::new(name, LaneDirection::In) });
    plan.gates.iter_mut().for_each(|gate| gate.lanes = lanes.to_vec());
    plan
}

/// The officer `zhang`, alone, by this code.
fn by(code: &str) -> Value {
    let [zhang, ..] = PERSONS;
    json!({"person": zhang.id, "pin": zhang.pin, "do": "release", "reason": "the line is down", "code": code})
}

/// He releases, and is refused for this reason.
async fn refused(agent: &Agent, lane: &str, code: &str, why: &str) -> Result<()> {
    match agent.act(lane, &by(code)).await {
        Ok(()) => bail!("{lane} opened by a code that is {why}"),
        Err(error) => {
            ensure!(error.to_string().contains(why), "refused, but not as {why}: {error}");
            Ok(())
        }
    }
}

fn of(events: &[Event], event_type: EventType) -> Vec<&Event> {
    events.iter().filter(|event| event.event_type == event_type).collect()
}

/// fault E6, fault A1; contract section 7: a code opens once, with its issuer as the second person in journal and centre; killed between record
/// and pulse it has opened nothing and is used all the same; a revoked one, and one's own, open nothing; no code and no PIN is in the log.
#[tokio::test]
async fn one_person_without_a_line_releases_by_a_code_once() -> Result<()> {
    play(two_entries(), async |yard| {
        let [_, wang, _] = PERSONS;
        let gate = yard.gate_mut()?;
        gate.line.set(Line::Cut);
        let agent = &mut gate.agent;
        let issue = ["release-codes", "issue", "--person", wang.id, "--count", "4"];
        ensure!(agent.command(&issue, "000000").is_err(), "issued without the supervisor's PIN");
        let printed = agent.command(&issue, wang.pin)?;
        let codes: Vec<&str> = printed.lines().collect();
        let [killed, good, revoked, left] = *codes.as_slice() else { bail!("printed {printed}") };

        // Killed between the durable record and the pulse.
        agent.process.stop(SOON).await?;
        agent.process.launch.env = vec![("KAKOU_FAIL_POINT".to_owned(), "barrier.before_pulse".to_owned())];
        agent.start().await?;
        // The lane answers behind the record and before the pulse; whether the answer still leaves the machine is a matter of moments.
        let _ = agent.act("IN1", &by(killed)).await;
        agent.process.ended(SOON).await?;
        agent.process.launch.env.clear();
        agent.start().await?;
        refused(agent, "IN1", killed, "code_used").await?;

        // One code, two lanes, the same moment; then once more.
        let (act, one_agent) = (by(good), &*agent);
        let answers = tokio::join!(one_agent.act("IN1", &act), one_agent.act("IN2", &act));
        ensure!(answers.0.is_ok() != answers.1.is_ok(), "{answers:?}");
        refused(agent, "IN2", good, "code_used").await?;

        let id = |code: &str| code.get(..3).unwrap_or_default().to_owned();
        agent.command(&["release-codes", "revoke", &id(revoked)], "")?;
        refused(agent, "IN2", revoked, "code_revoked").await?;
        let own =
            json!({"person": wang.id, "pin": wang.pin, "do": "release", "reason": "alone", "code": left});
        let answer = agent.act("IN2", &own).await;
        ensure!(answer.is_err_and(|error| error.to_string().contains("needs_second")), "his own code opened");
        let listed = agent.command(&["release-codes", "list"], "")?;
        for (code, stands) in [(killed, "used"), (good, "used"), (revoked, "revoked"), (left, "good")] {
            let line = format!("{} {stands} of {}", id(code), wang.id);
            ensure!(listed.contains(&line), "{line} is not in\n{listed}");
        }

        let events = agent.events()?;
        let released = of(&events, EventType::ManualRelease);
        let told: Vec<Option<&Value>> = released.iter().map(|event| event.detail.as_ref()).collect();
        let expected = [killed, good].map(|code| (json!(wang.id), json!(id(code))));
        let names = |detail: &Option<&Value>| {
            detail.map(|detail| (detail["second"].clone(), detail["code"].clone())).unwrap_or_default()
        };
        ensure!(told.iter().map(names).eq(expected), "the journal has {told:?}");
        let outcomes: Vec<_> =
            of(&events, EventType::RaiseOutcome).iter().filter_map(|event| event.outcome).collect();
        ensure!(
            outcomes.contains(&RaiseOutcome::Unknown),
            "nobody knows what came of the kill: {outcomes:?}"
        );
        let log = agent.process.output()?;
        for secret in codes.iter().copied().chain([wang.pin]) {
            ensure!(!log.contains(secret) && !log.contains(&secret.replace('-', "")), "{secret} is logged");
        }
        ensure!(log.contains(&format!("code {} of {} is good", id(good), wang.id)), "a use is logged");
        agent.has_its_devices().await?;

        yard.gate()?.line.set(Line::Open);
        let tally = yard.agrees().await.context("with the line back")?;
        ensure!(
            tally.raises == 1 && tally.intents == 2,
            "{} pulses, {} intents",
            tally.raises,
            tally.intents
        );
        Ok(())
    })
    .await
}
