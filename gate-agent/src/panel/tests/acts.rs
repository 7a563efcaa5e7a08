//! Acts: nothing reaches a lane without a person, a PIN, a reason and a time box.

use std::time::Duration;

use proptest::{
    prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, prop_oneof},
    strategy::{Just, Strategy},
    test_runner::TestRunner,
};
use protocols::{
    contract::Kg,
    ids::{ContainerNo, MediumKey, MediumType, SealNo, VisitId},
};
use serde_json::{Value, json};

use super::{Bench, bench, empty as snapshot, release, with};
use crate::{
    cache::samples::trip,
    lane::{Correction, Deed, Refusal, Role, Snapshot},
};

/// Status and code of an answer.
fn told((status, body): (u16, Value)) -> (u16, String) {
    (status, body["code"].as_str().unwrap_or("done").to_owned())
}

/// Paths of the members that an answer calls wrong.
fn wrong((status, body): &(u16, Value)) -> (u16, Vec<&str>) {
    (
        *status,
        body["fields"].as_array().unwrap().iter().map(|field| field["path"].as_str().unwrap()).collect(),
    )
}

async fn deed(bench: &Bench, over: Value) -> Deed {
    let answer = bench.act(&with(&release(), &over)).await;
    assert_eq!(answer.0, 200, "{over} {}", answer.1);
    bench.reached().remove(0).what
}

/// SG-239: the act reaches the lane with its person, his role, the reason and the time box.
#[tokio::test]
async fn an_act_reaches_the_lane_as_the_person_said_it() {
    let bench = bench().await;
    let body = with(&release(), &json!({"trip": trip(7).as_str(), "valid_s": 90, "reason": "  核对无误 "}));
    assert_eq!(bench.act(&body).await, (200, json!({"done": true})));
    let act = bench.reached().remove(0);
    assert_eq!((&*act.person.id, act.person.role, &*act.reason), ("zhang", Role::Officer, "核对无误"));
    assert_eq!((act.what, act.second), (Deed::Release { trip: Some(trip(7)) }, None));
    let text = bench.metrics.text(&crate::panel::Figures::default());
    assert!(text.contains("kakou_gate_acts_total{act=\"release\",result=\"done\"} 1"), "{text}");
}

/// SG-223, SG-237, SG-240, SG-241: every deed and every reading has its words on the wire.
#[tokio::test]
async fn every_deed_can_be_asked_for() {
    let bench = bench().await;
    for (name, what) in [
        ("send_back", Deed::SendBack),
        ("empty_exit", Deed::EmptyExit),
        ("close_lane", Deed::CloseLane),
        ("open_lane", Deed::OpenLane),
        ("release", Deed::Release { trip: None }),
    ] {
        assert_eq!(deed(&bench, json!({"do": name})).await, what);
    }
    assert_eq!(deed(&bench, json!({"do": "choose", "trip": trip(3).as_str()})).await, Deed::Choose(trip(3)));
    let plate = json!({"medium_type": "VN", "medium_key": "沪d·m9026"});
    let key = MediumKey::parse("沪DM9026").unwrap();
    let boxes = vec![ContainerNo::parse("CSQU3054383").unwrap()];
    for (read, what) in [
        (plate, Correction::Medium(MediumType::Plate, key)),
        (json!({"containers": ["csqu 305438-3", ""]}), Correction::Containers(boxes)),
        (json!({"containers": []}), Correction::Containers(Vec::new())),
        (
            json!({"seals": ["ab12", "99"]}),
            Correction::Seals(["AB12", "99"].iter().map(|seal| SealNo::parse(seal).unwrap()).collect()),
        ),
        (json!({"weight_kg": 49_000.5}), Correction::Weight(Kg::from_hundredths(4_900_050))),
    ] {
        assert_eq!(deed(&bench, json!({"do": "correct", "read": read})).await, Deed::Correct(what));
    }
}

/// What is wrong is told all at once and by name, before any PIN is looked at; values are never repeated.
#[tokio::test]
async fn wrong_members_are_named_and_nothing_reaches_the_lane() {
    let bench = bench().await;
    for (over, paths) in [
        (json!({"reason": ""}), &["reason"][..]),
        (json!({"reason": " 好 "}), &["reason"]),
        (json!({"reason": "x".repeat(201)}), &["reason"]),
        (json!({"reason": "a\u{7}b"}), &["reason"]),
        (json!({"valid_s": 0}), &["valid_s"]),
        (json!({"valid_s": 121, "reason": "", "trip": "7"}), &["trip", "reason", "valid_s"]),
        (json!({"do": "dance"}), &["do"]),
        (json!({"do": "choose"}), &["trip"]),
        (json!({"do": "send_back", "trip": trip(1).as_str()}), &["trip"]),
        (json!({"do": "correct"}), &["read"]),
        (json!({"do": "release", "read": {"seals": []}}), &["read"]),
        (json!({"do": "correct", "read": {"seals": [], "weight_kg": 5}}), &["read"]),
        (json!({"do": "correct", "read": {}}), &["read"]),
        (json!({"do": "correct", "read": {"medium_type": "XX", "medium_key": "1"}}), &["read.medium_type"]),
        (json!({"do": "correct", "read": {"medium_type": "VN", "medium_key": "1"}}), &["read.medium_key"]),
        (json!({"do": "correct", "read": {"containers": ["CSQU3054384"]}}), &["read.containers"]),
        (json!({"do": "correct", "read": {"seals": ["#"]}}), &["read.seals"]),
        (json!({"do": "correct", "read": {"weight_kg": 0}}), &["read.weight_kg"]),
        (json!({"do": "correct", "read": {"weight_kg": 600_000}}), &["read.weight_kg"]),
    ] {
        let answer = bench.act(&with(&release(), &over)).await;
        assert_eq!(wrong(&answer), (422, paths.to_vec()), "{over}");
        assert!(!answer.1.to_string().contains("482017"));
    }
    assert!(bench.reached().is_empty());
}

/// fault E9: a PIN of the wrong JSON type is not repeated by the parser's words, which reach answer and log.
#[tokio::test]
async fn an_unreadable_request_is_answered_without_its_content() {
    let bench = bench().await;
    for body in [
        json!({"person": "zhang", "pin": 482_017, "do": "release", "reason": "核对无误"}),
        with(&release(), &json!({"force": true})),
        json!({"person": "zhang", "pin": "482017"}),
        json!([1]),
    ] {
        let answer = bench.act(&body).await;
        assert!(!answer.1.to_string().contains("482017"), "{}", answer.1);
        assert_eq!(told(answer), (400, "malformed".to_owned()));
    }
    let long = with(&release(), &json!({"reason": "x".repeat(9000)}));
    assert_eq!(told(bench.act(&long).await), (413, "too_large".to_owned()));
    let no_lane = bench.post("/api/lanes/IN9/acts", &release()).await;
    assert_eq!(told(no_lane), (404, "not_found".to_owned()));
    assert!(bench.reached().is_empty());
}

/// faults E5 and E6; `contract` section 7: a wrong PIN is refused and counted, then locked out, and so is the right one then.
#[tokio::test]
async fn wrong_pins_are_refused_then_locked_out() {
    let bench = bench().await;
    let guess = with(&release(), &json!({"pin": "000000"}));
    for _ in 0..5 {
        let answer = bench.act(&guess).await;
        assert_eq!(wrong(&answer), (403, vec!["pin"]));
        assert_eq!(answer.1["code"], json!("wrong_pin"));
    }
    let (status, body) = bench.act(&release()).await;
    assert_eq!((status, &body["code"], &body["retry_after_s"]), (429, &json!("locked_out"), &json!(30)));
    assert!(body["message"].as_str().unwrap().contains("30 秒"), "{body}");
    assert!(bench.reached().is_empty());
    let state = bench.json("/api/state").await;
    assert_eq!(state["pins"], json!({"persons": 3, "locked": 1, "all_locked_s": null}));
    assert!(state["attention"].to_string().contains("must wait"), "it is shown: {}", state["attention"]);
    bench.clock.advance(Duration::from_secs(30));
    assert_eq!(bench.act(&release()).await.0, 200);
}

/// fault E6: a second person proves himself with his own PIN, and is not the first.
#[tokio::test]
async fn a_second_person_proves_himself_too() {
    let bench = bench().await;
    let second = |person: &str, pin: &str| {
        let second = json!({"second": {"person": person, "pin": pin}});
        with(&release(), &second)
    };
    let answer = bench.act(&second("wang", "000000")).await;
    assert_eq!(wrong(&answer), (403, vec!["second.pin"]));
    let answer = bench.act(&second("zhang", "482017")).await;
    assert_eq!(answer.1["code"], json!("needs_second"));
    assert!(bench.reached().is_empty());
    assert_eq!(bench.act(&second("wang", "482017")).await.0, 200);
    let second = bench.reached().remove(0).second.unwrap();
    assert_eq!((&*second.person.id, second.code), ("wang", None));
}

/// fault E6: what was meant for one vehicle does not meet the next one.
#[tokio::test]
async fn an_act_is_for_the_vehicle_that_the_person_looked_at() {
    let bench = bench().await;
    let visit_id = Some(VisitId::parse("0708-G02-OUT1-20251013-1-0007").unwrap());
    bench.lane.as_ref().unwrap().send_replace(Snapshot { visit_id, ..snapshot("held") });
    let of = |visit: &str| with(&release(), &json!({"visit": visit}));
    let answer = bench.act(&of("0708-G02-OUT1-20251013-1-0006")).await;
    assert_eq!(told(answer), (409, "other_vehicle".to_owned()));
    assert!(bench.reached().is_empty());
    assert_eq!(bench.act(&of("0708-G02-OUT1-20251013-1-0007")).await.0, 200);
    bench.lane.as_ref().unwrap().send_replace(snapshot("idle"));
    assert_eq!(told(bench.act(&of("0708-G02-OUT1-20251013-1-0007")).await).0, 409);
}

/// A lane's refusal is told with its code, in both languages, with a status that says whose turn it is.
#[tokio::test]
async fn a_lanes_refusal_is_told() {
    let bench = bench().await;
    for (refusal, status) in [
        (Refusal::NotAllowed, 403),
        (Refusal::NeedsSecond, 403),
        (Refusal::NoVehicle, 409),
        (Refusal::Moving, 409),
        (Refusal::UnknownTrip, 409),
        (Refusal::OutOfPlace, 409),
        (Refusal::Expired, 409),
        (Refusal::CodeUsed, 409),
        (Refusal::NotRecorded, 503),
    ] {
        *bench.says.lock().unwrap() = Err(refusal);
        let (answered, body) = bench.act(&release()).await;
        assert_eq!((answered, body["code"].as_str().unwrap()), (status, refusal.code()));
        assert!(
            !body["message"].as_str().unwrap().is_ascii() && body["message_en"].as_str().unwrap().is_ascii()
        );
    }
}

/// faults E5, E6, E7: whatever is sent, only a person of the register with his own PIN, a reason and a time box moves anything.
#[test]
fn no_act_without_a_persons_own_pin() {
    let words = |known: &'static [&'static str]| {
        prop_oneof![proptest::sample::select(known).prop_map(ToOwned::to_owned), any::<String>()]
    };
    let bodies = (
        words(&["zhang", "wang", "li", " zhang "]),
        words(&["482017", "730195", "482018", ""]),
        words(&["release", "send_back", "open_lane", "RELEASE"]),
        words(&["核对无误", "", "x", "queue"]),
        prop_oneof![Just(30_i64), -2_i64..130],
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bench = runtime.block_on(bench());
    let mut runner = TestRunner::new(ProptestConfig { cases: 96, ..ProptestConfig::default() });
    let law = |(person, pin, name, reason, valid_s): (String, String, String, String, i64)| {
        // Long enough that no lock-out of the case before hides what this one does.
        bench.clock.advance(Duration::from_secs(13 * 3600));
        let body = json!({"person": person, "pin": pin, "do": name, "reason": reason, "valid_s": valid_s});
        let (status, _) = runtime.block_on(bench.act(&body));
        let right = matches!((person.trim(), pin.as_str()), ("zhang" | "wang", "482017") | ("li", "730195"));
        let reasoned =
            (2..=200).contains(&reason.trim().chars().count()) && !reason.trim().contains(char::is_control);
        let known = ["release", "send_back", "open_lane"].contains(&name.as_str());
        let expected = right && reasoned && known && (1..=120).contains(&valid_s);
        prop_assert_eq!(status == 200, expected);
        prop_assert!(bench.reached().len() == usize::from(expected));
        Ok(())
    };
    runner.run(&bodies, law).unwrap();
}
