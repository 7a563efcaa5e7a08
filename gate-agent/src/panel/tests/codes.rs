//! A release code in place of the second person, as it is asked for over the panel's wire.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use super::{Bench, bench, release, with};
use crate::{
    cache::samples::gate,
    clock::Clock,
    release_code::{ReleaseCode, tests::issue},
};

fn code(bench: &Bench) -> ReleaseCode {
    let store_id = bench.journal.found().unwrap().head.store_id.clone();
    issue(bench.folder.path(), &gate(), &store_id, bench.clock.wall())
}

fn by(code: &str) -> Value {
    with(&release(), &json!({ "code": code }))
}

/// Status, code, and what it is about.
fn told((status, body): &(u16, Value)) -> (u16, &str, Option<&str>) {
    (*status, body["code"].as_str().unwrap(), body["fields"][0]["path"].as_str())
}

/// fault E6: the code's issuer stands for the second person, and its id goes along; once it stands in a record it opens no more.
#[tokio::test]
async fn a_code_stands_for_its_issuer_once() {
    let bench = bench().await;
    let code = code(&bench);
    assert_eq!(bench.act(&by(&code.shown().to_lowercase())).await.0, 200);
    let act = bench.reached().remove(0);
    let second = act.second.unwrap();
    assert_eq!((&*act.person.id, &*second.person.id, second.code), ("zhang", "wang", Some(code.id())));

    bench.taken.spend(code.id());
    assert_eq!(told(&bench.act(&by(&code.shown())).await), (409, "code_used", Some("code")));
    assert!(bench.reached().is_empty());
    let text = bench.metrics.text(&crate::panel::Figures::default());
    assert!(text.contains("pin_checks_total{result=\"code_right\"} 1"), "{text}");
    assert!(text.contains("pin_checks_total{result=\"code_refused\"} 1"), "{text}");
}

/// fault E6: whoever issued it is not two persons with it; the first person's PIN is asked for as ever.
#[tokio::test]
async fn a_code_replaces_the_second_person_only() {
    let bench = bench().await;
    let code = code(&bench);
    let own = with(&by(&code.shown()), &json!({"person": "wang"}));
    assert_eq!(told(&bench.act(&own).await), (403, "needs_second", Some("code")));
    let wrong_pin = with(&by(&code.shown()), &json!({"pin": "000000"}));
    assert_eq!(told(&bench.act(&wrong_pin).await), (403, "wrong_pin", Some("pin")));
    assert!(bench.reached().is_empty());
    assert_eq!(bench.act(&by(&code.shown())).await.0, 200, "neither has used it up");
}

/// faults E5 and E6: wrong codes lock out, the right one too, however right the PIN is; a slip is told as one and does not count.
#[tokio::test]
async fn wrong_codes_count_for_the_lock_out() {
    let bench = bench().await;
    let code = code(&bench);
    let shown = code.shown();
    let slip = format!("{}{}", if shown.starts_with('A') { "C" } else { "A" }, &shown[1..]);
    for typed in ["", "482017", "K7M2-4RTX", slip.as_str()] {
        let answer = bench.act(&by(typed)).await;
        assert_eq!(told(&answer), (422, "wrong_members", Some("code")), "{typed}");
        assert!(typed.is_empty() || !answer.1.to_string().contains(typed));
    }
    for _ in 0..5 {
        let guess = ReleaseCode::draw(|id| *id == code.id());
        assert_eq!(told(&bench.act(&by(&guess.shown())).await), (403, "wrong_code", Some("code")));
    }
    let answer = bench.act(&by(&code.shown())).await;
    assert_eq!(told(&answer), (429, "locked_out", Some("code")));
    assert_eq!(answer.1["retry_after_s"], json!(30));
    assert!(bench.reached().is_empty());
    assert_eq!(bench.act(&release()).await.0, 200, "what needs no code is not locked");
    bench.clock.advance(Duration::from_secs(30));
    assert_eq!(bench.act(&by(&code.shown())).await.0, 200);
}

/// fault E6: a code is not used for nothing: not for an act that opens nothing, not beside a second person.
#[tokio::test]
async fn a_code_is_taken_only_where_it_is_of_use() {
    let bench = bench().await;
    let code = code(&bench);
    for over in [
        json!({"do": "send_back"}),
        json!({"do": "close_lane"}),
        json!({"second": {"person": "wang", "pin": "482017"}}),
    ] {
        let answer = bench.act(&with(&by(&code.shown()), &over)).await;
        assert_eq!(told(&answer), (422, "wrong_members", Some("code")), "{over}");
    }
    assert!(bench.reached().is_empty());
    assert_eq!(bench.act(&with(&by(&code.shown()), &json!({"do": "empty_exit"}))).await.0, 200);
}

/// fault E6: a file of codes that cannot be read opens nothing, says why, and locks nobody out.
#[tokio::test]
async fn an_unreadable_file_of_codes_is_told() {
    let bench = bench().await;
    let code = code(&bench);
    fs::write(bench.folder.path().join("release-codes.jsonl"), "no code\n").unwrap();
    for _ in 0..6 {
        let answer = bench.act(&by(&code.shown())).await;
        assert_eq!(told(&answer), (503, "codes_unreadable", Some("code")));
        assert!(!answer.1["message"].as_str().unwrap().is_ascii());
    }
    let state = bench.json("/api/state").await;
    assert!(state["attention"].to_string().contains("no release code is taken"), "{}", state["attention"]);
    assert!(bench.reached().is_empty());
}

/// fault E6: an ended code is refused whatever the wall clock says afterwards.
#[tokio::test]
async fn an_ended_code_is_told() {
    let bench = bench().await;
    let (code, issued) = (code(&bench), bench.clock.wall());
    bench.clock.advance(Duration::from_secs(31 * 24 * 3600));
    for _ in 0..2 {
        assert_eq!(told(&bench.act(&by(&code.shown())).await), (403, "code_expired", Some("code")));
        bench.clock.set_wall(issued);
    }
    assert!(bench.reached().is_empty());
}
