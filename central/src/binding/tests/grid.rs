//! Who may do what in which status: every state of a record, every act, every kind of person, through the API, as reviewed.

use axum::http::{Method, StatusCode};
use protocols::{
    contract::UtcMillis,
    ids::{CardNo, GateId, LaneId, TripNo, UnifiedNo, Uscc, VisitId},
    rules::TripStatus,
};

use super::{
    super::{
        CustomsAreas, Draft, Hold,
        lifecycle::{Action, moved},
        store,
    },
    *,
};
use crate::{
    binding::Record,
    declaration::{actor::Actor, lifecycle::Cause},
    store::execute,
    test_app::{ADMIN, CARDLESS, DECLARANT, GATEWAY, HEADQUARTERS, OFFICER, TestApp, coal},
};

const ACTORS: &[(&str, &str)] = &[
    ("enterprise", DECLARANT),
    ("officer of the area", OFFICER),
    ("enterprise without a card", CARDLESS),
    ("another enterprise", "declarant-91370211MA3C9TQ4X9"),
    ("officer of another area", "elsewhere-token"),
    ("headquarters", HEADQUARTERS),
    ("administrator", ADMIN),
    ("gateway", GATEWAY),
];

const ACTS: &[&str] = &[
    "view",
    "copy",
    "receipts",
    "slip",
    "save",
    "declare",
    "delete",
    "change",
    "delete-order",
    "approve",
    "return",
    "finish",
    "hold",
    "lift",
    "close",
    "left-port",
];

/// The states, each with the way there.
const STATES: &[(&str, &[Action])] = {
    use Action::{
        Approve, ApproveDeletion, Change, Close, Declare, DeleteOrder, Deliver, FailDelivery, Finish,
        LeavePort, Lift, Return, Use,
    };
    &[
        ("SAVED", &[]),
        ("DECLARED", &[Declare]),
        ("SENT", &[Declare, Deliver]),
        ("SEND_FAILED", &[Declare, FailDelivery]),
        ("REJECTED", &[Declare, Deliver, Return]),
        ("REJECTED approval taken back", &[Declare, Deliver, Approve, Return]),
        ("CUSTOMS_APPROVED", &[Declare, Deliver, Approve]),
        ("SAVED change", &[Declare, Deliver, Approve, Change]),
        ("DECLARED change", &[Declare, Deliver, Approve, Change, Declare]),
        ("SENT change", &[Declare, Deliver, Approve, Change, Declare, Deliver]),
        ("SEND_FAILED change", &[Declare, Deliver, Approve, Change, Declare, FailDelivery]),
        ("REJECTED change", &[Declare, Deliver, Approve, Change, Declare, Deliver, Return]),
        ("SAVED change of unlocked", &[Declare, Deliver, Approve, Action::Hold, Lift, Change]),
        ("DECLARED delete order", &[Declare, Deliver, Approve, DeleteOrder]),
        ("SENT delete order", &[Declare, Deliver, Approve, DeleteOrder, Deliver]),
        ("SEND_FAILED delete order", &[Declare, Deliver, Approve, DeleteOrder, FailDelivery]),
        ("CLOSED delete order", &[Declare, Deliver, Approve, DeleteOrder, Deliver, ApproveDeletion]),
        ("LOCKED by a gate", &[Declare, Deliver, Approve]),
        ("LOCKED by customs", &[Declare, Deliver, Approve, Action::Hold]),
        ("LOCKED at customs' lane", &[Declare, Deliver, Approve, Use]),
        ("UNLOCKED", &[Declare, Deliver, Approve, Action::Hold, Lift]),
        ("CLOSED", &[Declare, Deliver, Approve, Finish]),
        ("MANUALLY_CLOSED", &[Declare, Deliver, Approve, Close]),
        ("LEFT_PORT", &[Declare, Deliver, Approve, Close, LeavePort]),
    ]
};

fn in_state(serial: u64, name: &str, way: &[Action]) -> Record {
    let now = UtcMillis::parse("2025-10-13T00:30:00Z").unwrap();
    let areas = CustomsAreas::embedded();
    let body = Draft::parse(coal("蒙LK8216")).unwrap().check(&areas, None).unwrap().declaration;
    let card = CardNo::parse("8950000004821").unwrap();
    let numbers =
        (UnifiedNo::from_parts(2025, serial).unwrap(), TripNo::from_parts(2025, 10, card, serial).unwrap());
    let mut record = Record::new(numbers, (Uscc::parse("91150781MA0N5XWB9P").unwrap(), card), body, now);
    let cause = Cause::by(Actor::centre());
    for action in way {
        record = moved(&record, *action, &cause, now).unwrap().unwrap();
    }
    if name.ends_with("by a gate") {
        record.status = TripStatus::Locked;
        record.hold = Some(Hold::Gate {
            gate_id: GateId::parse("0708-G02").unwrap(),
            lane_id: LaneId::parse("IN1").unwrap(),
            visit_id: VisitId::parse("v1").unwrap(),
            since: now,
        });
    }
    assert_eq!(record.status.code(), name.split(' ').next().unwrap());
    record
}

/// Puts the record into the store as it was, whatever an act has made of it.
async fn put(app: &TestApp, record: &Record) {
    let tx = app.central.store().begin().await.unwrap();
    let number = record.unified_no.as_str();
    for sql in [
        "DELETE FROM smart_gate_record WHERE unified_no = $1",
        "DELETE FROM outbox WHERE number = $1",
        "DELETE FROM deleted_record WHERE unified_no = $1",
    ] {
        execute(tx.conn(), sql, [number.into()]).await.unwrap();
    }
    store::insert(&tx, record).await.unwrap();
    tx.commit().await.unwrap();
}

/// An act that asks for a signature. Whatever its statement is refused for, the act without one is refused for, too.
async fn signed(app: &TestApp, token: &str, root: &str, act: &str, body: Value) -> (StatusCode, Value) {
    let answer = app.act_saying(token, root, act, body.clone()).await;
    if !answer.0.is_success() {
        assert_eq!(app.post(&format!("{root}/{act}"), token, body).await.0, answer.0, "{act} {token}");
    }
    answer
}

/// What the act comes to: the status afterwards, `-` where it is not possible in this status, or why the person may not.
async fn outcome(app: &TestApp, record: &Record, act: &str, token: &str) -> String {
    let path = format!("/api/v1/smart-gate/records/{}", record.unified_no);
    let version = record.version;
    let mut content = coal("蒙LK8216");
    content["version"] = json!(version);
    let (status, _) = match act {
        "view" => app.get(&path, token).await,
        "copy" | "receipts" | "slip" => app.get(&format!("{path}/{act}"), token).await,
        "save" => app.call(Method::PUT, &path, token, content).await,
        "change" => app.post(&(path + "/change"), token, content).await,
        "delete" => app.call(Method::DELETE, &format!("{path}?version={version}"), token, Value::Null).await,
        "declare" | "delete-order" => signed(app, token, &path, act, json!({"version": version})).await,
        other => {
            let path = format!("/api/v1/desk/records/{}", record.unified_no);
            signed(app, token, &path, other, json!({"version": version, "text": "复核"})).await
        }
    };
    match status {
        StatusCode::CONFLICT => "-".into(),
        StatusCode::OK | StatusCode::NO_CONTENT => {
            let after = store::find(app.central.store().read(), record.unified_no.as_str()).await.unwrap();
            match after {
                Some(after) if after == *record => "ok".into(),
                Some(after) => {
                    put(app, record).await;
                    after.status.code().to_owned()
                }
                None => {
                    put(app, record).await;
                    "(deleted)".into()
                }
            }
        }
        other => other.as_u16().to_string(),
    }
}

/// What is not possible is left out; what the person may not at all is said of the enterprise's acts and of the desk's as a whole.
fn in_short(row: &str) -> String {
    let mut short = row.to_owned();
    for (side, acts) in [("enterprise", &ACTS[4..9]), ("desk", &ACTS[9..])] {
        for code in ["403", "404"] {
            let cells: String = acts.iter().map(|act| format!(" {act}={code}")).collect();
            short = short.replace(&cells, &format!(" {side}={code}"));
        }
    }
    short.split(' ').filter(|cell| !cell.ends_with("=-")).collect::<Vec<_>>().join(" ")
}

/// SG-018, SG-022, SG-113, SG-117, SG-118, SG-139, SG-140, SG-141, SG-142, SG-143, SG-144, SG-145, SG-146, SG-147, SG-148, SG-150, SG-172,
/// SG-185, SG-190, SG-198; PO-044, PO-045, PO-046, PO-047, PO-049, PO-215, PO-337.
#[tokio::test]
async fn who_may_do_what_in_which_state() {
    let app = TestApp::open().await;
    let records: Vec<_> =
        (1..).zip(STATES).map(|(serial, (name, way))| (*name, in_state(serial, name, way))).collect();
    for (_, record) in &records {
        put(&app, record).await;
    }
    let mut told = String::new();
    for (actor, token) in ACTORS {
        told += &format!("{actor}\n");
        let mut rows: Vec<(String, String)> = Vec::new();
        for (name, record) in &records {
            let mut row = String::new();
            for act in ACTS {
                row += &format!(" {act}={}", outcome(&app, record, act, token).await);
            }
            rows.push(((*name).to_owned(), row));
        }
        // One line where all states are alike.
        if rows.iter().all(|(_, row)| *row == rows[0].1) {
            rows.truncate(1);
            rows[0].0 = "(any)".into();
        }
        for (name, row) in rows {
            let acts = in_short(&row);
            told += &format!("  {name:28}{acts}\n");
        }
    }
    assert_eq!(told, include_str!("../golden/grid.txt"), "the grid differs from the reviewed one:\n{told}");
}

/// SG-139, SG-150, PO-215: what a record's JSON offers is what the API takes, state by state, for both sides.
#[tokio::test]
async fn what_is_offered_is_what_is_possible() {
    let app = TestApp::open().await;
    for (serial, (name, way)) in (1..).zip(STATES) {
        let record = in_state(serial, name, way);
        put(&app, &record).await;
        for token in [DECLARANT, OFFICER] {
            let path = format!("/api/v1/smart-gate/records/{}", record.unified_no);
            let offered = app.get(&path, token).await.1["actions"].clone();
            let mut possible = Vec::new();
            for act in ACTS {
                let outcome = outcome(&app, &record, act, token).await;
                if outcome != "-" && outcome.parse::<u16>().is_err() {
                    possible.push(*act);
                }
            }
            let mut offered: Vec<_> =
                offered.as_array().unwrap().iter().map(|act| act.as_str().unwrap()).collect();
            offered.sort_unstable();
            possible.sort_unstable();
            assert_eq!(offered, possible, "{name} {token}");
        }
    }
}
