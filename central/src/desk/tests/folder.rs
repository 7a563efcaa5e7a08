//! The drop folder: letters out once, receipts in once, whatever is interrupted.

use std::{fs, path::PathBuf};

use axum::http::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use super::{
    super::{delivery, folder, settle_due},
    alerts, number,
};
use crate::{
    config::{DeskConfig, DeskMode, Receipt41},
    declaration::outbox::{self, Open, Progress},
    test_app::{DECLARANT, OFFICER, TestApp, coal, path},
};

/// A centre whose customs is a folder.
struct Exchange {
    app: TestApp,
}

fn by_file(folder: &TempDir) -> DeskConfig {
    let folder = folder.path().join("customs").to_string_lossy().into_owned();
    DeskConfig { mode: DeskMode::File, folder, send_delay_ms: 0, ..DeskConfig::default() }
}

impl Exchange {
    async fn open() -> Self {
        Self { app: TestApp::with_desk(by_file).await }
    }

    fn folder(&self, part: &str) -> PathBuf {
        PathBuf::from(&self.app.central.config().desk.folder).join(part)
    }

    fn names(&self, part: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder(part)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn text(&self, part: &str, name: &str) -> String {
        fs::read_to_string(self.folder(part).join(name)).unwrap()
    }

    fn lay(&self, name: &str, text: &str) {
        fs::create_dir_all(self.folder("in")).unwrap();
        fs::write(self.folder("in").join(name), text).unwrap();
    }

    async fn settle(&self) {
        settle_due(self.app.central.store(), &self.app.central.config().desk).await.unwrap();
    }

    async fn restarted(self) -> Self {
        Self { app: self.app.reopened().await }
    }

    async fn waiting(&self) -> Vec<Open> {
        let store = self.app.central.store();
        outbox::due(store.read(), store.clock().now(), 0, 10).await.unwrap()
    }
}

fn receipt(message_no: &str, trip_no: &serde_json::Value, code: &str, text: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><BulkGateReceipt><MessageId>{message_no}</MessageId><SureId>{}</SureId>\
         <feedback>{code}</feedback><feedback_msg>{text}</feedback_msg><feedback_time>2025-10-13 08:41:17</feedback_time></BulkGateReceipt>",
        trip_no.as_str().unwrap()
    )
}

/// SG-002, SG-170; the letter as it goes out, element by element (decision 0052).
#[tokio::test]
async fn a_declaration_goes_out_as_the_form_has_it() {
    let yard = Exchange::open().await;
    let mut content = coal("蒙LK8216");
    content["remark"] = json!("a<b & \u{1}");
    let record = yard.app.save(content).await;
    yard.app.declare(&record).await;
    yard.settle().await;
    let names = yard.names("out");
    let [name] = names.as_slice() else { panic!("{names:?}") };
    let row = name.trim_end_matches(".xml").splitn(3, '-').collect::<Vec<_>>();
    assert_eq!(&row[..2], [number(&record), "1"]);
    let expected = include_str!("declaration.xml")
        .replace("MESSAGE", row[2])
        .replace("UNIFIED", number(&record))
        .replace("TRIP", record["trip_no"].as_str().unwrap());
    let text = yard.text("out", name).replace("><", ">\n<");
    assert_eq!(text.trim(), expected.trim());
    assert_eq!(yard.app.show(&record).await["status"], "SENT");
    assert!(yard.names("tmp").is_empty());
}

/// SG-170: wherever the process stops between declaring and `SENT`, customs gets the letter once: it is taken away as soon as it lies there.
#[tokio::test]
async fn a_letter_goes_out_once_wherever_the_process_stops() {
    for steps in 0..5 {
        let mut yard = Exchange::open().await;
        let record = yard.app.save(coal("蒙LK8216")).await;
        yard.app.declare(&record).await;
        let row = yard.waiting().await.remove(0);
        let store = yard.app.central.store();
        let drop_folder = folder::DropFolder::new(&yard.app.central.config().desk.folder);
        if steps > 0 {
            assert!(delivery::claim(store, &row).await.unwrap());
        }
        if steps > 1 {
            assert!(delivery::write(store, &drop_folder, &row).await.unwrap().unwrap());
        }
        if steps > 2 {
            assert!(delivery::note_prepared(store, &row).await.unwrap());
        }
        if steps > 3 {
            drop_folder.place(&row).await.unwrap();
        }
        // Customs takes away what lies there, and the process starts again.
        let mut taken = 0;
        for round in 0..3 {
            for name in yard.names("out") {
                fs::remove_file(yard.folder("out").join(name)).unwrap();
                taken += 1;
            }
            yard = yard.restarted().await;
            yard.app.central.store().clock().advance(60_000 * (round + 1));
            yard.settle().await;
        }
        assert_eq!(taken, 1, "stopped after {steps} steps");
        assert_eq!(yard.app.show(&record).await["status"], "SENT", "stopped after {steps} steps");
        assert!(yard.names("tmp").is_empty() && yard.waiting().await.is_empty());
    }
}

/// SG-171, SG-172: a line that fails is tried again for 30 minutes; then the record is `SEND_FAILED` and can be declared again, which goes
/// out under another number once the line works.
#[tokio::test]
async fn a_failing_line_is_tried_for_half_an_hour() {
    let yard = Exchange::open().await;
    // A file where the folder should be: nothing can be written.
    fs::write(yard.folder("").parent().unwrap().join("customs"), "").unwrap();
    let record = yard.app.save(coal("蒙LK8216")).await;
    yard.app.declare(&record).await;
    let first = yard.waiting().await.remove(0).message_no;
    let mut minutes = 0;
    while yard.app.show(&record).await["status"] == "DECLARED" {
        yard.settle().await;
        yard.app.central.store().clock().advance(60_000);
        minutes += 1;
        assert!(minutes < 60, "given up in the end");
    }
    assert!((30..37).contains(&minutes), "after {minutes} minutes");
    let seen = yard.app.show(&record).await;
    assert_eq!(seen["status"], "SEND_FAILED");
    assert_eq!(alerts(&yard.app).await[0], "delivery_failing");
    let (_, told) = yard.app.get("/api/v1/alerts", OFFICER).await;
    let said = |member: &str| told["items"][0][member].as_str().unwrap().to_owned();
    let place = yard.folder("tmp").display().to_string();
    assert_eq!(said("text"), format!("declarations do not reach customs: cannot make {place}"));
    assert_eq!(said("text_zh"), format!("申报无法送达海关：无法建立 {place}"));
    fs::remove_file(yard.folder("").parent().unwrap().join("customs")).unwrap();
    yard.settle().await;
    assert!(yard.names("out").is_empty(), "what was given up does not go out by itself");
    yard.app.declare(&record).await;
    yard.settle().await;
    assert_eq!(yard.app.show(&record).await["status"], "SENT");
    let names = yard.names("out");
    assert!(names.len() == 1 && !names[0].contains(&first), "{names:?}");
}

/// SG-197: what a lock has overtaken does not go out any more, not even when it lies prepared.
#[tokio::test]
async fn an_overtaken_change_does_not_go_out() {
    let yard = Exchange::open().await;
    let record = yard.app.approved(coal("蒙LK8216")).await;
    let mut content = coal("蒙LK8216");
    content["version"] = record["version"].clone();
    assert_eq!(yard.app.post(&(path(&record) + "/change"), DECLARANT, content).await.0, StatusCode::OK);
    yard.app.declare(&record).await;
    let row = yard.waiting().await.remove(0);
    let store = yard.app.central.store();
    let drop_folder = folder::DropFolder::new(&yard.app.central.config().desk.folder);
    assert!(delivery::write(store, &drop_folder, &row).await.unwrap().unwrap());
    assert!(delivery::note_prepared(store, &row).await.unwrap());
    assert_eq!(yard.app.officer(&record, "hold").await.0, StatusCode::OK);
    yard.settle().await;
    assert!(yard.names("out").is_empty() && yard.names("tmp").is_empty());
}

/// SG-174, SG-180; PO-233: receipts are taken in the order of their names, each once by its number, and put away.
#[tokio::test]
async fn receipts_are_taken_once() {
    let yard = Exchange::open().await;
    let record = yard.app.save(coal("蒙LK8216")).await;
    yard.app.declare(&record).await;
    yard.settle().await;
    let trip = &record["trip_no"];
    yard.lay("2.xml", &receipt("R2", trip, "41", "布控"));
    yard.lay("1.xml", &receipt("R1", trip, "10", ""));
    yard.lay(".3.xml", "still being written");
    yard.lay("3.xml.part", "still being written");
    yard.settle().await;
    let seen = yard.app.show(&record).await;
    assert_eq!((&seen["status"], &seen["hold"]["reason"]), (&json!("LOCKED"), &json!("布控")));
    assert_eq!(yard.names("done"), ["1.xml", "2.xml"]);
    let yard = yard.restarted().await;
    yard.lay("4.xml", &receipt("R1", trip, "10", ""));
    yard.lay("2.xml", &receipt("R2", trip, "41", "布控"));
    yard.settle().await;
    assert_eq!(yard.app.show(&record).await["version"], seen["version"], "nothing is taken twice");
    assert_eq!(yard.names("done"), ["1.xml", "2.xml", "2.xml.2", "4.xml"]);
    assert!(alerts(&yard.app).await.is_empty());
    let (_, receipts) = yard.app.get(&(path(&record) + "/receipts"), DECLARANT).await;
    let told: Vec<_> =
        receipts["items"].as_array().unwrap().iter().map(|row| row["message_no"].clone()).collect();
    assert_eq!(told[..2], [json!("R2"), json!("R1")]);
}

/// PO-233: a receipt that is stored, but was not put away before the process stopped, is put away and not taken again.
#[tokio::test]
async fn a_receipt_that_was_stored_is_only_put_away() {
    let yard = Exchange::open().await;
    let record = yard.app.save(coal("蒙LK8216")).await;
    yard.app.declare(&record).await;
    yard.settle().await;
    let text = receipt("R1", &record["trip_no"], "10", "");
    yard.lay("1.xml", &text);
    yard.settle().await;
    let version = yard.app.show(&record).await["version"].clone();
    fs::rename(yard.folder("done").join("1.xml"), yard.folder("in").join("1.xml")).unwrap();
    let yard = yard.restarted().await;
    yard.settle().await;
    assert_eq!(yard.app.show(&record).await["version"], version);
    assert_eq!((yard.names("in"), yard.names("done")), (vec![], vec!["1.xml".to_owned()]));
}

/// SG-165, SG-190, SG-197: an answer to a version that is no longer the newest changes nothing, is kept, and is raised.
#[tokio::test]
async fn an_answer_to_another_version_changes_nothing() {
    let yard = Exchange::open().await;
    let record = yard.app.approved(coal("蒙LK8216")).await;
    let mut content = coal("蒙LK8216");
    content["version"] = record["version"].clone();
    yard.app.post(&(path(&record) + "/change"), DECLARANT, content).await;
    yard.app.declare(&record).await;
    yard.settle().await;
    let old = receipt("R9", &record["trip_no"], "20", "晚到")
        .replace("<feedback>", "<VersionNo>1</VersionNo><feedback>");
    yard.lay("1.xml", &old);
    yard.settle().await;
    assert_eq!(yard.app.show(&record).await["status"], "SENT");
    assert_eq!(alerts(&yard.app).await, ["receipt_out_of_place"]);
    yard.lay("2.xml", &old.replace("R9", "R10").replace("<VersionNo>1", "<VersionNo>2"));
    yard.settle().await;
    assert_eq!(yard.app.show(&record).await["status"], "REJECTED");
}

/// A file that cannot be read is kept with its reason and raises one alert, however often the process stops before it is put away.
#[tokio::test]
async fn a_file_that_cannot_be_read_is_kept_with_its_reason() {
    let yard = Exchange::open().await;
    let record = yard.app.save(coal("蒙LK8216")).await;
    let trip = &record["trip_no"];
    let bad: Vec<(&str, String, &str)> = vec![
        ("1.xml", "not xml at all".into(), "not a receipt"),
        (
            "2.xml",
            receipt("R1", &json!("20259999999999999999999999999999"), "10", ""),
            "no record has the number",
        ),
        ("3.xml", receipt("", trip, "10", ""), "MessageId"),
        ("4.xml", receipt("R1", &json!(" "), "10", ""), "neither SureId nor DataId"),
        ("5.xml", receipt("R1", trip, " ", ""), "feedback"),
        ("6.xml", receipt("R1", trip, "10", "").replace("2025-10-13 08", "yesterday"), "feedback_time"),
        ("7.xml", receipt("R1", trip, "10", &"x".repeat(70_000)), "longer than"),
        (
            "8.xml",
            receipt("R1", trip, "10", "&leak;")
                .replace("?>", "?><!DOCTYPE a [<!ENTITY leak SYSTEM \"file:///etc/passwd\">]>"),
            "not a receipt",
        ),
    ];
    for (name, text, _) in &bad {
        yard.lay(name, text);
    }
    fs::write(yard.folder("in").join("9.xml"), [0xff, 0xfe, 0x3c]).unwrap();
    yard.settle().await;
    for (name, text, why) in
        bad.iter().map(|(name, text, why)| (*name, Some(text), *why)).chain([("9.xml", None, "not UTF-8")])
    {
        let reason = yard.text("bad", &format!("{name}.reason.txt"));
        assert!(reason.contains(why), "{name}: {reason}");
        if let Some(text) = text {
            assert_eq!(yard.text("bad", name), *text, "{name} is kept as it was");
        }
    }
    assert!(yard.names("in").is_empty());
    assert_eq!(alerts(&yard.app).await, vec!["bad_receipt_file"; 9]);
    let (_, told) = yard.app.get("/api/v1/alerts", OFFICER).await;
    for (number, alert) in (1..).zip(told["items"].as_array().unwrap()) {
        let reason = yard.text("bad", &format!("{number}.xml.reason.txt"));
        let (zh, en) = reason.trim_end().split_once('\n').unwrap();
        assert_eq!(alert["text"], format!("receipt file {number}.xml is in bad/: {en}"));
        assert_eq!(alert["text_zh"], format!("回执文件 {number}.xml 已移入 bad/：{zh}"));
        assert_ne!(zh, en);
    }
    // As if the process had stopped before it put the file away.
    fs::rename(yard.folder("bad").join("1.xml"), yard.folder("in").join("1.xml")).unwrap();
    let yard = yard.restarted().await;
    yard.settle().await;
    assert_eq!(alerts(&yard.app).await.len(), 9);
    assert!(yard.names("in").is_empty());
    assert_eq!(yard.app.show(&record).await["status"], "SAVED");
}

/// SG-183, spec README: at an office whose own lanes send 41, the trip is in use, not held; its 42 frees it.
#[tokio::test]
async fn receipt_41_means_what_the_office_says() {
    for (receipt_41, source) in [(Receipt41::Hold, "CUSTOMS"), (Receipt41::InUse, "GATE")] {
        let yard =
            Exchange { app: TestApp::with_desk(|folder| DeskConfig { receipt_41, ..by_file(folder) }).await };
        let record = yard.app.approved(coal("蒙LK8216")).await;
        yard.lay("1.xml", &receipt("R1", &record["trip_no"], "41", ""));
        yard.settle().await;
        let seen = yard.app.show(&record).await;
        assert_eq!((&seen["status"], &seen["hold"]["source"]), (&json!("LOCKED"), &json!(source)));
        yard.lay("2.xml", &receipt("R2", &record["trip_no"], "42", ""));
        yard.settle().await;
        assert_eq!(yard.app.show(&record).await["status"], "UNLOCKED");
    }
}

/// Letters that wait when the desk is switched to another mode are delivered by that mode.
#[tokio::test]
async fn a_prepared_letter_outlives_a_restart() {
    let yard = Exchange::open().await;
    let record = yard.app.save(coal("蒙LK8216")).await;
    yard.app.declare(&record).await;
    let row = yard.waiting().await.remove(0);
    let store = yard.app.central.store();
    let drop_folder = folder::DropFolder::new(&yard.app.central.config().desk.folder);
    delivery::write(store, &drop_folder, &row).await.unwrap().unwrap();
    delivery::note_prepared(store, &row).await.unwrap();
    let yard = yard.restarted().await;
    assert_eq!(yard.waiting().await[0].progress, Progress::Prepared);
    let manual = DeskConfig { mode: DeskMode::Manual, send_delay_ms: 0, ..DeskConfig::default() };
    settle_due(yard.app.central.store(), &manual).await.unwrap();
    assert_eq!(yard.app.show(&record).await["status"], "SENT");
}
