//! The spec's status sequences, through API, desk and gate events with a real hash chain.

use axum::http::{Method, StatusCode};
use protocols::{contract::EventType, rules::LaneDirection};

use super::{super::lifecycle::Action, *};
use crate::test_app::{DECLARANT, GATEWAY, TestApp, TestGate, coal, path, trip_no};

/// One lorry's day at one gate.
struct Day {
    app: TestApp,
    gate: TestGate,
    record: Option<Value>,
    content: Value,
    visit: u32,
    arrived: bool,
}

impl Day {
    async fn new(closing: &str) -> Self {
        let app = TestApp::open().await;
        let gate = TestGate::new("0708-G02");
        assert_eq!(gate.hello(&app, "store-1").await.0, StatusCode::OK);
        let mut content = coal("蒙LK8216");
        if closing == "entry" {
            content["ie_flag"] = json!("E");
            content["lines"][0]["direction"] = json!("I");
        }
        Self { app, gate, record: None, content, visit: 0, arrived: false }
    }

    fn record(&self) -> &Value {
        self.record.as_ref().unwrap()
    }

    async fn status(&self) -> String {
        let (status, record) = self.app.get(&path(self.record()), DECLARANT).await;
        if status == StatusCode::NOT_FOUND {
            "(deleted)".into()
        } else {
            record["status"].as_str().unwrap().to_owned()
        }
    }

    /// Brings a new record to the status from which the sequence starts; `LOCKED` is with the vehicle on site.
    async fn start(&mut self, status: &str) {
        let way: &[&str] = match status {
            "UNSAVED" => &[],
            "DECLARED" => &["save", "declare"],
            "SENT" => &["save", "declare", "sent"],
            "CUSTOMS_APPROVED" => &["save", "declare", "sent", "receipt 10"],
            "LOCKED" => &["save", "declare", "sent", "receipt 10", "IN MATCH", "IN PASS"],
            other => panic!("{other}"),
        };
        for step in way {
            self.step(step).await;
        }
    }

    /// Takes a step; false when it was refused.
    async fn step(&mut self, step: &str) -> bool {
        match step {
            "save" => self.save().await,
            "change+save" => self.change().await,
            "declare" => self.post("declare").await,
            "delete order" => self.post("delete-order").await,
            "delete" => {
                let version = self.app.show(self.record()).await["version"].clone();
                let delete = format!("{}?version={version}", path(self.record()));
                let status = self.app.call(Method::DELETE, &delete, DECLARANT, Value::Null).await.0;
                status == StatusCode::NO_CONTENT
            }
            "sent" => self.app.centre_acts(self.record(), Action::Deliver).await,
            "not sent" => self.app.centre_acts(self.record(), Action::FailDelivery).await,
            "in use" => self.app.centre_acts(self.record(), Action::Use).await,
            "customs hold" => self.officer("hold").await,
            "hold lifted" => self.officer("lift").await,
            "officer closes" => self.officer("close").await,
            "LEFT_PORT" if self.visit == 0 => self.customs("50").await,
            "LEFT_PORT" => self.event(EventType::LeftPort, LaneDirection::Out).await,
            other => match other.split_once(' ').unwrap() {
                ("receipt", code) => self.customs(code).await,
                (direction, event) => {
                    let event_type = EventType::ALL.iter().find(|kind| kind.code() == event).unwrap();
                    self.event(*event_type, LaneDirection::parse(direction).unwrap()).await
                }
            },
        }
    }

    async fn officer(&self, act: &str) -> bool {
        self.app.officer(self.record(), act).await.0 == StatusCode::OK
    }

    async fn post(&self, act: &str) -> bool {
        self.app.act(DECLARANT, &path(self.record()), act, Value::Null).await.0 == StatusCode::OK
    }

    async fn save(&mut self) -> bool {
        match &self.record {
            None => {
                self.record = Some(self.app.save(self.content.clone()).await);
                true
            }
            Some(record) => {
                let mut body = self.content.clone();
                body["version"] = self.app.show(record).await["version"].clone();
                self.app.call(Method::PUT, &path(record), DECLARANT, body).await.0 == StatusCode::OK
            }
        }
    }

    async fn change(&mut self) -> bool {
        self.content["trailer_weight_kg"] = json!(6550);
        let mut body = self.content.clone();
        body["version"] = self.app.show(self.record()).await["version"].clone();
        let path = path(self.record()) + "/change";
        self.app.post(&path, DECLARANT, body).await.0 == StatusCode::OK
    }

    async fn customs(&self, code: &str) -> bool {
        let body = json!({"unified_no": self.record()["unified_no"], "code": code, "text": "回执"});
        let (status, answer) = self.app.post("/api/v1/desk/receipts", GATEWAY, body).await;
        assert_eq!(status, StatusCode::OK, "receipt {code}: {answer}");
        answer["applied"] == true
    }

    /// A visit begins with its arrival, or with its match where the arrival is not told.
    async fn event(&mut self, event_type: EventType, direction: LaneDirection) -> bool {
        if event_type == EventType::Arrival
            || (event_type == EventType::Match && !self.arrived)
            || self.visit == 0
        {
            self.visit += 1;
        }
        self.arrived = event_type == EventType::Arrival;
        let trip = Some(trip_no(self.record())).filter(|_| event_type != EventType::Arrival);
        let event = self.gate.write(event_type, direction, &format!("visit-{}", self.visit), trip);
        let before = self.status().await;
        let (status, answer) = self.gate.send(&self.app, vec![event]).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        // A fact is never refused; what it has not moved can be told by the status only.
        self.status().await != before
    }
}

/// SG-166, SG-167, SG-168, SG-169, SG-170, SG-171, SG-172, SG-173, SG-174, SG-175, SG-176, SG-177, SG-178, SG-179, SG-180, SG-181, SG-182,
/// SG-183, SG-184, SG-185, SG-186, SG-187, SG-188, SG-190, SG-192, SG-195, SG-196, SG-197, SG-234, SG-235, SG-236, SG-237, SG-238, SG-239,
/// SG-241, SG-242, SG-244, SG-250, SG-268; SG-267, Q01 to Q19, and cases of our own: every step leads to the status that the spec names;
/// what it does not name is refused.
#[tokio::test]
async fn every_sequence_goes_through_the_statuses_of_the_spec() {
    let texts = [include_str!("../golden/sequences.jsonl"), include_str!("../golden/more_sequences.jsonl")];
    for case in texts.into_iter().flat_map(lines_of) {
        let mut day = Day::new(case["closing"].as_str().unwrap()).await;
        day.start(case["start"].as_str().unwrap()).await;
        for (place, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let told = step[0].as_str().unwrap();
            let refused = told.strip_prefix("refused ");
            let done = day.step(refused.unwrap_or(told)).await;
            assert_eq!(day.status().await, step[1].as_str().unwrap(), "{} step {place} {step}", case["case"]);
            // A fact of a gate is never refused; whether it moved the record, its status tells.
            let is_fact = ["IN ", "OUT ", "LEFT_PORT"].iter().any(|fact| told.starts_with(fact));
            assert!(is_fact || done == refused.is_none(), "{} step {place} {step}: {done}", case["case"]);
        }
    }
}

/// SG-231, SG-253: after the trip the enterprise sees who moved it, where and why, and what it weighed.
#[tokio::test]
async fn the_enterprise_sees_what_the_gate_did() {
    let mut day = Day::new("exit").await;
    day.start("LOCKED").await;
    for step in ["OUT MATCH", "OUT PASS", "LEFT_PORT"] {
        day.step(step).await;
    }
    let record = day.app.show(day.record()).await;
    assert_eq!(
        (&record["gross_in_kg"], &record["gross_out_kg"], &record["net_kg"]),
        (&json!(15010), &json!(47340), &json!(32330))
    );
    let (_, receipts) = day.app.get(&(path(&record) + "/receipts"), DECLARANT).await;
    let rows = receipts["items"].as_array().unwrap();
    let told: Vec<_> = rows
        .iter()
        .filter(|row| row["gate_id"] == "0708-G02")
        .map(|row| {
            format!(
                "{} {} {}",
                row["cause"].as_str().unwrap(),
                row["lane_id"].as_str().unwrap(),
                row["to"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(told, ["LEFT_PORT OUT1 LEFT_PORT", "PASS OUT1 CLOSED", "MATCH IN1 LOCKED"]);
}

/// SG-185, Q16: a hold that comes while the vehicle is in the lane, and goes when the vehicle has been refused, leaves the trip free.
#[tokio::test]
async fn a_refusal_under_a_hold_frees_what_lies_under_it() {
    for (refused, after) in [(true, "UNLOCKED"), (false, "LOCKED")] {
        let mut day = Day::new("exit").await;
        day.start("CUSTOMS_APPROVED").await;
        day.step("IN MATCH").await;
        day.step("customs hold").await;
        if refused {
            day.step("IN REFUSE").await;
        }
        assert_eq!(day.status().await, "LOCKED");
        day.step("hold lifted").await;
        assert_eq!(day.status().await, after);
    }
}

/// SG-185, SG-244: what happens under a hold comes to light when it is lifted: closed when the closing passage has taken place, locked
/// by the gate while the vehicle is in the lane or on site, free otherwise.
#[tokio::test]
async fn a_lifted_hold_shows_what_happened_under_it() {
    for (closing, under, after) in [
        ("exit", &[] as &[&str], "UNLOCKED"),
        ("exit", &["IN MATCH"], "LOCKED"),
        ("exit", &["IN MATCH", "IN REFUSE"], "UNLOCKED"),
        ("exit", &["IN MATCH", "IN PASS"], "LOCKED"),
        ("exit", &["IN MATCH", "IN PASS", "IN REFUSE"], "LOCKED"),
        ("exit", &["IN MANUAL_RELEASE"], "LOCKED"),
        ("entry", &["IN MATCH", "IN PASS"], "CLOSED"),
        ("entry", &["IN MANUAL_RELEASE"], "CLOSED"),
    ] {
        let mut day = Day::new(closing).await;
        day.start("CUSTOMS_APPROVED").await;
        day.step("customs hold").await;
        for step in under {
            day.step(step).await;
            assert_eq!(day.status().await, "LOCKED", "{closing} {under:?}");
        }
        let record = day.app.show(day.record()).await;
        assert_eq!(record["hold"]["source"], "CUSTOMS", "{closing} {under:?}");
        day.step("hold lifted").await;
        assert_eq!(day.status().await, after, "{closing} {under:?}");
        let record = day.app.show(day.record()).await;
        assert_eq!(record["hold"]["source"], if after == "LOCKED" { json!("GATE") } else { Value::Null });
    }
}

/// SG-185, SG-173: a hold over a trip whose approval was taken back does not end in a status that leads nowhere.
#[tokio::test]
async fn a_lifted_hold_without_an_approval_gives_the_record_back() {
    let mut day = Day::new("exit").await;
    day.start("CUSTOMS_APPROVED").await;
    for (step, status) in [
        ("receipt 20", "REJECTED"),
        ("IN MATCH", "LOCKED"),
        ("customs hold", "LOCKED"),
        ("IN REFUSE", "LOCKED"),
        ("hold lifted", "REJECTED"),
        ("save", "SAVED"),
    ] {
        day.step(step).await;
        assert_eq!(day.status().await, status, "{step}");
    }
}
