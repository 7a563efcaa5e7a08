//! What alerts tell: everything in both languages, and what was stored before there were two.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use protocols::{
    contract::{ChainError, EventType, Hash, RaiseOutcome, UtcMillis},
    ids::GateId,
};
use serde_json::{Value, json};

use super::{Alert, Trouble, Unfit, Words, raise, subject};
use crate::{
    gate_feed::passage::store::catch_up,
    store::{column, execute, one},
    test_app::{OFFICER, TestApp, TestGate},
};

/// One of each, with what both texts must have of it as it is.
fn samples() -> Vec<(Trouble<'static>, &'static [&'static str])> {
    let status = || Words::new("退单", "REJECTED");
    let stuck = || Words::new("无法写入 /out/a.xml", "cannot write /out/a.xml");
    let receipt = |unfit, about| Trouble::Receipt { unfit, code: "R77", about, status: status() };
    let altered = ChainError::Altered { seq: 9, named: Hash::ZERO, computed: Hash([0xab; 32]) };
    vec![
        (Trouble::UsedTwice, &[]),
        (Trouble::MovedUnapproved, &[]),
        (Trouble::OtherVersion { judged_by: 3, in_force: 5 }, &["3", "5"]),
        (Trouble::HeldTripMoved, &[]),
        (Trouble::PassMissing, &[]),
        (Trouble::OutOfPlace, &[]),
        (Trouble::LeftBeforeEntry, &[]),
        (Trouble::EntryAfterExit, &[]),
        (Trouble::NoLane, &[]),
        (Trouble::NeverApproved, &[]),
        (Trouble::UnknownTrip(EventType::LeftPort), &[]),
        (Trouble::ForeignTrip(EventType::EmptyExit), &[]),
        (
            Trouble::UnreadableEvent { seq: 12, why: "missing field `reads`" },
            &["12", "missing field `reads`"],
        ),
        (Trouble::OtherGate { seq: 12, named: "0708-G03" }, &["12", "0708-G03"]),
        (Trouble::RepeatedId { seq: 12 }, &["12", "event_id"]),
        (Trouble::ClockOffset { ms: -5001 }, &["-5001"]),
        (Trouble::OldJournal { epoch: 1, in_use: 4 }, &["1", "4"]),
        (Trouble::OldEvents { epoch: 1, in_use: 4 }, &["1", "4"]),
        (Trouble::OtherContent { epoch: 4, seq: 12 }, &["4", "12"]),
        (Trouble::BrokenEvent(ChainError::NotAnObject), &["JSON"]),
        (Trouble::BrokenEvent(ChainError::Member("prev_hash")), &["\"prev_hash\""]),
        (Trouble::BrokenEvent(altered), &["9", "0000", "abab"]),
        (Trouble::BrokenEvent(ChainError::NotCanonical), &[]),
        (Trouble::NotTheNext { seq: 12 }, &["12"]),
        (Trouble::PassageUnconfirmed, &[]),
        (Trouble::RaiseFailed(RaiseOutcome::Refused), &[]),
        (Trouble::RaiseFailed(RaiseOutcome::TimedOut), &[]),
        (Trouble::RaiseFailed(RaiseOutcome::Unknown), &[]),
        (Trouble::Tailgating, &[]),
        (Trouble::DeviceFault { device: None, why: None }, &[]),
        (
            Trouble::DeviceFault { device: Some("OUT1-uhf"), why: Some("no answer") },
            &["OUT1-uhf", "no answer"],
        ),
        (Trouble::Shed, &[]),
        (Trouble::DiskFull, &[]),
        (Trouble::NotRecording { why: None }, &[]),
        (
            Trouble::NotRecording { why: Some("Read-only file system (os error 30)") },
            &["Read-only file system (os error 30)"],
        ),
        (Trouble::StoodStill { lanes: vec!["IN1", "OUT1"], all: false }, &["IN1", "OUT1"]),
        (Trouble::StoodStill { lanes: vec!["IN1"], all: true }, &[]),
        (Trouble::IndexDiffered { replaced: 11, removed: 12, kept: 13, fetched: true }, &["11", "12", "13"]),
        (Trouble::GateCopied { serial: "5A:01" }, &["5A:01"]),
        (
            Trouble::GateRenewalWaits { since: UtcMillis::parse("2025-10-13T00:30:00Z").unwrap() },
            &["2025-10-13"],
        ),
        (receipt(Unfit::UnknownCode, None), &["R77"]),
        (receipt(Unfit::OutOfPlace, Some("YTG201800000000003")), &["R77", "YTG201800000000003"]),
        (Trouble::DeclarationsStay(stuck()), &["/out/a.xml"]),
        (Trouble::AppointmentsStay("line 2 is cut"), &["line 2 is cut"]),
        (Trouble::BadFile { name: "1.xml", why: stuck() }, &["1.xml", "/out/a.xml"]),
    ]
}

/// The names of an enum of ours, as its source has them: what is added later is asked for here without anybody remembering it.
fn variants(source: &str, head: &str) -> BTreeSet<String> {
    let (_, body) = source.split_once(head).unwrap();
    let lines = body.lines().skip(1).take_while(|line| *line != "}");
    let names = lines
        .filter_map(|line| line.strip_prefix("    ").filter(|line| line.starts_with(char::is_uppercase)));
    names.map(first_word).collect()
}

fn first_word(text: &str) -> String {
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn is_chinese(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

/// Portal patterns, "Looks, print, languages": whatever there is an alert for is told in both languages, with the same particulars.
#[test]
fn every_trouble_is_told_in_both_languages_with_its_particulars() {
    let (mut troubles, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for (trouble, particulars) in samples() {
        let (code, words) = trouble.told();
        troubles.insert(first_word(&format!("{trouble:?}")));
        codes.insert(format!("{code:?}"));
        assert!(words.zh.chars().any(is_chinese), "{trouble:?}: {words:?}");
        assert!(!words.en.is_empty() && !words.en.chars().any(is_chinese), "{trouble:?}: {words:?}");
        for particular in particulars {
            assert!(
                words.zh.contains(particular) && words.en.contains(particular),
                "{particular}: {words:?}"
            );
        }
    }
    assert_eq!(troubles, variants(include_str!("trouble.rs"), "pub enum Trouble<'a> {"));
    assert_eq!(codes, variants(include_str!("../alert.rs"), "pub enum AlertCode {"));
}

/// What a device or customs has said stands in both languages as it was said; what we know ourselves is told in each.
#[test]
fn what_was_said_is_told_as_it_was_said() {
    let status = Words::new("退单", "REJECTED");
    let about = Some("YTG201800000000003");
    let receipt = Trouble::Receipt { unfit: Unfit::OutOfPlace, code: "R77", about, status };
    for (trouble, zh, en) in [
        (
            Trouble::DeviceFault { device: Some("scale"), why: Some("传感器: overload") },
            "scale 无法工作：传感器: overload",
            "scale does not work: 传感器: overload",
        ),
        (
            Trouble::AppointmentsStay("线路中断"),
            "预约申请单的报文无法送达海关：线路中断",
            "messages of appointments do not reach customs: 线路中断",
        ),
        (
            receipt,
            "关于 YTG201800000000003 的海关回执 R77 未引起变化，单证状态：退单",
            "customs receipt R77 about YTG201800000000003 changes nothing in status REJECTED",
        ),
        (
            Trouble::GateRenewalWaits { since: UtcMillis::parse("2025-10-13T18:30:00Z").unwrap() },
            "证书已于 2025-10-14 02:30:00 到期；下一份证书须由管理员批准",
            "the certificate expired at 2025-10-13T18:30:00.000Z; an administrator must approve the next",
        ),
    ] {
        assert_eq!(trouble.told().1, Words::new(zh, en));
    }
}

/// The pages have a name and a meaning for every code, in both languages (`check/words.mjs` holds them to that).
#[test]
fn the_pages_know_every_code() {
    let names =
        include_str!("../../../portal/src/yard/words.ts").split_once("export const alertCodes").unwrap().1;
    let meanings = include_str!("../../../portal/src/yard/alert-words.ts");
    for (trouble, _) in samples() {
        let code = json!(trouble.told().0);
        let entry = format!("\n  {}: [", code.as_str().unwrap());
        assert!(names.contains(&entry) && meanings.contains(&entry), "{code}");
    }
}

/// A device is the same one whatever is wrong with it; anything else of a gate is the same by its code.
#[test]
fn what_counts_as_the_same_alert_is_named_by_its_device() {
    let gate = GateId::parse("0708-G02").unwrap();
    let of = |trouble: &Trouble<'_>| subject(&Alert::of_gate(&gate, trouble));
    let fault = |device, why| of(&Trouble::DeviceFault { device: Some(device), why: Some(why) });
    assert_eq!(fault("scale", "late by 501 ms"), fault("scale", "gone: no answer"));
    assert_ne!(fault("scale", "gone"), fault("camera", "gone"));
    assert_eq!(of(&Trouble::ClockOffset { ms: 5001 }), of(&Trouble::ClockOffset { ms: 5002 }));
}

/// An alert that was stored before there were Chinese texts is listed, caught up with and acknowledged; it has its English one.
#[tokio::test]
async fn an_alert_of_before_is_told_by_its_english_text() {
    let app = TestApp::open().await;
    TestGate::new("0708-G02").hello(&app, "store-1").await;
    let store = app.central.store();
    let gate = GateId::parse("0708-G02").unwrap();
    let tx = store.begin().await.unwrap();
    for _ in 0..2 {
        raise(&tx, &Alert::of_gate(&gate, &Trouble::Shed)).await.unwrap();
    }
    let doc = json!({"code": "shed", "gate_id": "0708-G02", "trip_no": null, "event_id": null,
                     "text": "the gate dropped records by policy", "occurred_at": null});
    let sql = "UPDATE alert SET doc = $1, gate_id = NULL, moved = 0 WHERE id = 1";
    execute(tx.conn(), sql, [doc.to_string().into()]).await.unwrap();
    tx.commit().await.unwrap();
    catch_up(store).await.unwrap();
    let sql = "SELECT gate_id FROM alert WHERE id = 1 AND moved > 0";
    let row = one(store.read(), sql, []).await.unwrap().unwrap();
    assert_eq!(column::<String>(&row, "gate_id").unwrap(), "0708-G02");

    let told = |alert: &Value| (alert["text"].clone(), alert["text_zh"].clone());
    let english = json!("the gate dropped records by policy");
    let before = (english.clone(), Value::Null);
    let (status, list) = app.get("/api/v1/alerts", OFFICER).await;
    assert_eq!((status, told(&list["items"][0])), (StatusCode::OK, before.clone()));
    assert_eq!(told(&list["items"][1]), (english, json!("卡口已按规定丢弃部分记录")));
    let (status, known) = app.post("/api/v1/alerts/1/acknowledge", OFFICER, Value::Null).await;
    assert_eq!((status, told(&known), &known["acknowledged_by"]), (StatusCode::OK, before, &json!("li")));
}
