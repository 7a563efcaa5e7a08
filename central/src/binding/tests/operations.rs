//! The spec's refused operations, section 15.3: each through the API, refused for the rule that the case names, nothing changed.

use axum::http::{Method, StatusCode};
use protocols::{contract::EventType, rules::LaneDirection};

use super::{super::lifecycle::Action, *};
use crate::test_app::{CARDLESS, DECLARANT, OFFICER, TestApp, TestGate, coal, path, trip_no};

/// A record of the first enterprise, and the gate of its yard.
struct Yard {
    app: TestApp,
    gate: TestGate,
    record: Value,
}

impl Yard {
    async fn with(status: &str) -> Self {
        let app = TestApp::open().await;
        let mut gate = TestGate::new("0708-G02");
        assert_eq!(gate.hello(&app, "store-1").await.0, StatusCode::OK);
        let record = match status {
            "SAVED" | "DECLARED" => app.save(coal("蒙LK8216")).await,
            _ => app.approved(coal("蒙LK8216")).await,
        };
        let mut pass = async |events: &[(EventType, LaneDirection)]| {
            for (kind, direction) in events {
                let event = gate.write(*kind, *direction, &format!("{direction}"), Some(trip_no(&record)));
                assert_eq!(gate.send(&app, vec![event]).await.0, StatusCode::OK);
            }
        };
        let (entry, exit) = (LaneDirection::In, LaneDirection::Out);
        match status {
            "DECLARED" => drop(app.declare(&record).await),
            "LOCKED" => pass(&[(EventType::Match, entry), (EventType::Pass, entry)]).await,
            "UNLOCKED" => pass(&[(EventType::Match, entry), (EventType::Refuse, entry)]).await,
            "LEFT_PORT" => {
                pass(&[(EventType::Match, entry), (EventType::Pass, entry)]).await;
                pass(&[(EventType::Match, exit), (EventType::Pass, exit), (EventType::LeftPort, exit)]).await;
            }
            _ => {}
        }
        assert_eq!(app.show(&record).await["status"], status);
        Self { app, gate, record }
    }

    /// 修改, 变更, 删单, 删除 on the record as it is now; the problem's code.
    async fn refused(&self, act: &str) -> String {
        let before = self.app.show(&self.record).await;
        let mut content = coal("蒙LK8216");
        content["version"] = before["version"].clone();
        let path = path(&self.record);
        let (status, answer) = match act {
            "save" => self.app.call(Method::PUT, &path, DECLARANT, content).await,
            "change" => self.app.post(&(path + "/change"), DECLARANT, content).await,
            "delete" => {
                let path = format!("{path}?version={}", before["version"]);
                self.app.call(Method::DELETE, &path, DECLARANT, Value::Null).await
            }
            other => {
                self.app
                    .post(&format!("{path}/{other}"), DECLARANT, json!({"version": before["version"]}))
                    .await
            }
        };
        assert_eq!(status, StatusCode::CONFLICT, "{act}: {answer}");
        assert_eq!(self.app.show(&self.record).await, before, "{act} has changed something");
        answer["code"].as_str().unwrap().to_owned()
    }
}

/// SG-267, O01 to O07 with SG-142, SG-143, SG-144, SG-145, SG-148, SG-198: an act that the status does not offer is refused.
#[tokio::test]
async fn acts_that_the_status_does_not_offer() {
    for (status, acts) in [
        ("DECLARED", &["save", "delete", "change", "delete-order", "declare"] as &[&str]),
        ("LOCKED", &["save", "delete", "change", "delete-order", "declare"]),
        ("LEFT_PORT", &["save", "delete", "change", "delete-order", "declare"]),
        ("UNLOCKED", &["save", "delete", "delete-order", "declare"]),
        ("SAVED", &["change", "delete-order"]),
        ("CUSTOMS_APPROVED", &["save", "delete", "declare"]),
    ] {
        let yard = Yard::with(status).await;
        for act in acts {
            assert_eq!(yard.refused(act).await, "PO_STATUS_CONFLICT", "{status} {act}");
        }
    }
}

/// SG-267, O08 with SG-146: there is nothing to look at before somebody has answered.
#[tokio::test]
async fn receipts_before_there_is_one() {
    let yard = Yard::with("SAVED").await;
    let (status, answer) = yard.app.get(&(path(&yard.record) + "/receipts"), DECLARANT).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO_STATUS_CONFLICT")));
}

/// SG-267, O11, O12 with SG-018, SG-087, SG-264.
#[tokio::test]
async fn saving_without_a_card_or_with_a_number() {
    let app = TestApp::open().await;
    let (status, answer) = app.post("/api/v1/smart-gate/records", CARDLESS, coal("蒙LK8216")).await;
    assert_eq!((status, &answer["message"]), (StatusCode::FORBIDDEN, &json!("您无权限操作该数据")));
    let mut content = coal("蒙LK8216");
    content["unified_no"] = json!("202500000000000001");
    let (status, answer) = app.post("/api/v1/smart-gate/records", DECLARANT, content).await;
    assert_eq!((status, rules_in(&answer["fields"])), (StatusCode::UNPROCESSABLE_ENTITY, vec!["SG-087"]));
    assert_eq!(app.get("/api/v1/smart-gate/records", DECLARANT).await.1["total"], 0);
}

/// SG-267, O14, O15 with SG-022, SG-151: another enterprise's record does not exist; what a gate has locked meanwhile is not changed.
#[tokio::test]
async fn a_change_by_a_stranger_or_too_late() {
    let mut yard = Yard::with("CUSTOMS_APPROVED").await;
    let mut content = coal("蒙LK8216");
    content["version"] = yard.app.show(&yard.record).await["version"].clone();
    let change = path(&yard.record) + "/change";
    let stranger = "declarant-91370211MA3C9TQ4X9";
    assert_eq!(yard.app.post(&change, stranger, content.clone()).await.0, StatusCode::NOT_FOUND);
    let event = yard.gate.write(EventType::Match, LaneDirection::In, "v1", Some(trip_no(&yard.record)));
    yard.gate.send(&yard.app, vec![event]).await;
    let (status, answer) = yard.app.post(&change, DECLARANT, content).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO_VERSION_CONFLICT")));
    assert_eq!(yard.app.show(&yard.record).await["status"], "LOCKED");
}

/// SG-267, O16, O17 with SG-134, SG-135, SG-266.
#[tokio::test]
async fn a_query_with_half_a_period_or_one_backwards() {
    let app = TestApp::open().await;
    for (query, rule, message) in [
        ("entry_date_from=2025-10-01", "SG-134", "根据录入时间查询时，需要输入查询的起始时间和结束时间"),
        ("entry_date_from=2025-10-20&entry_date_to=2025-10-01", "SG-135", "结束时间不能小于起始时间"),
    ] {
        let (status, answer) = app.get(&format!("/api/v1/smart-gate/records?{query}"), DECLARANT).await;
        assert_eq!((status, rules_in(&answer["fields"])), (StatusCode::UNPROCESSABLE_ENTITY, vec![rule]));
        assert_eq!(answer["fields"][0]["message"], message);
    }
}

/// SG-267, O18 with SG-217: after a delete order the gates hold no entry of the trip, only the reason why.
#[tokio::test]
async fn a_trip_taken_out_by_a_delete_order() {
    let yard = Yard::with("CUSTOMS_APPROVED").await;
    let order = yard.app.act(DECLARANT, &path(&yard.record), "delete-order", Value::Null).await;
    assert_eq!(order.0, StatusCode::OK);
    yard.app.centre_acts(&yard.record, Action::Deliver).await;
    assert_eq!(yard.app.officer(&yard.record, "approve").await.0, StatusCode::OK);
    assert_eq!(yard.app.get(&path(&yard.record), OFFICER).await.1["status"], "CLOSED");
    let mut after = 0;
    let mut last = Value::Null;
    loop {
        let (_, answer) =
            yard.app.get(&format!("/gate/v1/changes?after={after}&wait=0"), &yard.gate.token()).await;
        let Some(newest) = answer["changes"].as_array().unwrap().last() else { break };
        (last, after) = (newest.clone(), newest["rev"].as_u64().unwrap());
    }
    assert_eq!((&last["op"], &last["trip_no"]), (&json!("stub"), &yard.record["trip_no"]), "{last}");
    assert_eq!(last["reason_code"], "withdrawn");
}
