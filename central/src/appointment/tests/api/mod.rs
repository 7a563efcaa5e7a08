//! The manual through the real router.
//! `cases`: sections 17.1 to 17.3 · `sequences`: section 17.4 · `people`: who sees and may do what · `drafts`: entry, numbers, copies ·
//! `answers`: customs and its messages · `races`: two at once · `search`: section 13 · `standing`: section 7 · `until_submission`: what may be
//! changed, and when submission is · `delivery`: how what was signed reaches customs.

mod answers;
mod cases;
mod delivery;
mod drafts;
mod people;
mod races;
mod search;
mod sequences;
mod standing;
mod until_submission;

use axum::http::{Method, StatusCode};
use sea_orm::Value as Sql;
use serde_json::{Value, json};

use super::{
    super::record::Appointment,
    calendar,
    examples::{as_sent, valid},
    instant,
};
use crate::{
    config,
    declaration::record::{Record, Status},
    identity::enterprise,
    store::{execute, to_json},
    test_app::{ADMIN, TestApp},
    test_card::{TestCard, holder},
};

/// Enterprises of section 17: customs code, credit code, name, inspection code, card.
const ENTERPRISES: [(&str, &str, &str, &str, &str); 6] = [
    ("3122480012", "91310115MA1H7K2R0J", "上海沪东报关有限公司", "3100612896", ""),
    ("3122263817", "91310115MA1FW3T93D", "上海鲜达果品进出口有限公司", "3100655012", "8930000099001"),
    ("3110916604", "91310104MA1K3L8878", "上海安康医药进出口有限公司", "3100690331", "8930000099002"),
    ("4419962055", "91440300MA5DAX8P8Y", "深圳南海能源进出口有限公司", "4700610077", ""),
    ("3702162209", "91370211MA3C9TQ4X9", "青岛恒达机械进出口有限公司", "3700628840", ""),
    ("4420961170", "91442000MA4X2N7K6T", "中山市远通国际物流有限公司", "4420603318", "8930000099003"),
];
/// The declarant of most cases, and its consignee's person.
const DECLARANT: &str = "declarant-91310115MA1H7K2R0J";
const CONSIGNEE: &str = "declarant-91310115MA1FW3T93D";
const STRANGER: &str = "declarant-91310104MA1K3L8878";
const NO_CARD: &str = "no-card-token";
const OFFICER_2248: &str = "officer-2248-token";
const OFFICER_2225: &str = "officer-2225-token";
const HEADQUARTERS: &str = "headquarters-token";
const GATEWAY: &str = "gateway-token";

fn people() -> String {
    let mut text = String::new();
    for (code, uscc, name, ciq_no, card) in ENTERPRISES {
        text += &format!(
            "[[enterprise]]\nname = \"{name}\"\nuscc = \"{uscc}\"\ncustoms_reg_no = \"{code}\"\nciq_no = \"{ciq_no}\"\n"
        );
        // The others have a person in every test bench.
        if !card.is_empty() {
            text += &format!(
                "[[person]]\ntoken = \"declarant-{uscc}\"\nname = \"wu\"\nrole = \"enterprise_operator\"\nuscc = \"{uscc}\"\ncard_no = \"{card}\"\n"
            );
        }
    }
    let people = [
        (NO_CARD, "chen", "enterprise_operator", "uscc = \"91310115MA1H7K2R0J\""),
        (OFFICER_2248, "qian", "customs_officer", "customs_codes = [\"2248\"]\ncard_no = \"2248000000011\""),
        (OFFICER_2225, "zhou", "customs_officer", "customs_codes = [\"2225\"]\ncard_no = \"2225000000012\""),
        (HEADQUARTERS, "feng", "customs_hq_officer", "card_no = \"0000000000013\""),
        (GATEWAY, "gateway", "gateway", ""),
    ];
    for (token, name, role, more) in people {
        text += &format!("[[person]]\ntoken = \"{token}\"\nname = \"{name}\"\nrole = \"{role}\"\n{more}\n");
    }
    text
}

/// A centre with the enterprises, officers and calendars of section 17.
struct Bench {
    app: TestApp,
}

impl Bench {
    /// With the calendars of this year, at this moment.
    async fn open(now: &str) -> Self {
        let more = config::read(people().parse().unwrap(), std::iter::empty()).unwrap();
        let app = TestApp::open_with(|config| {
            config.people.extend(more.people);
            config.enterprises.extend(more.enterprises);
        });
        let bench = Self { app: app.await };
        bench.at(now);
        let year = now[..4].parse().unwrap();
        for port in ["2248", "2225", "5320", "5720"] {
            let body = json!({ "version": 0, "calendar": calendar(port, year).unwrap() });
            let path = format!("/api/v1/admin/ports/{port}/calendar");
            let (status, answer) = bench.app.call(Method::PUT, &path, ADMIN, body).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        bench
    }

    /// The card that is bound to the declarant's account.
    fn own_card(&self) -> TestCard {
        TestCard::of(&holder("8930000012345", Some("91310115MA1H7K2R0J"), Some("3122480012")))
    }

    /// Puts the clock to a moment in China.
    fn at(&self, now: &str) {
        self.app.central.store().clock().set(instant(now));
    }

    /// What customs thinks of an enterprise from now on.
    async fn rate(&self, code: &str, credit: &Value, qualified: bool) {
        let tx = self.app.central.store().begin().await.unwrap();
        let mut found = enterprise::by_customs_reg_no(tx.conn(), code).await.unwrap().unwrap();
        found.credit = serde_json::from_value(credit.clone()).unwrap();
        found.qualified = qualified;
        enterprise::update(&tx, &found).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Puts an application into the store as it is, for cases that begin in the middle.
    async fn plant(&self, record: &Appointment) {
        let head = record.head();
        let mut values: Vec<Sql> = vec![
            head.number.to_string().into(),
            head.version.into(),
            head.status.code().into(),
            head.status_since.as_millis().into(),
            head.entered_at.as_millis().into(),
            head.operated_at.as_millis().into(),
            i64::from(head.answered).into(),
        ];
        values.extend(record.columns());
        values.push(to_json("record", record).unwrap().into());
        let places: Vec<_> = (1..=values.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "INSERT INTO appointment (number, version, status, status_since, entered_at, operated_at, answered, {}, doc) VALUES ({})",
            Appointment::COLUMNS.join(", "),
            places.join(", ")
        );
        let tx = self.app.central.store().begin().await.unwrap();
        execute(tx.conn(), &sql, values).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// 暂存 of a new application of the content of A02.
    async fn saved(&self) -> Value {
        let (status, record) = self.app.post(ROOT, DECLARANT, content("A02")).await;
        assert_eq!(status, StatusCode::CREATED, "{record}");
        record
    }

    /// The same, submitted.
    async fn submitted(&self) -> Value {
        let record = self.saved().await;
        let (status, record) = self.signed(DECLARANT, &path(&record), "submit", json!({})).await;
        assert_eq!(status, StatusCode::OK, "{record}");
        record
    }

    /// The same, approved by customs.
    async fn booked(&self) -> Value {
        let record = self.submitted().await;
        let (status, answer) = self.decides(OFFICER_2248, &record, "approve", None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.show(DECLARANT, &record).await
    }

    async fn show(&self, token: &str, record: &Value) -> Value {
        let (status, record) = self.app.get(&path(record), token).await;
        assert_eq!(status, StatusCode::OK, "{record}");
        record
    }

    /// An act that is signed, on the application as it is now; `members` go into the statement and into the act.
    async fn signed(&self, token: &str, path: &str, action: &str, members: Value) -> (StatusCode, Value) {
        let mut asked = members.clone();
        if asked["version"].is_null() {
            asked["version"] = self.app.get(path, token).await.1["version"].clone();
        }
        let mut body = asked.clone();
        asked["action"] = json!(action);
        self.signed_as(token, path, asked, &mut body, action).await
    }

    async fn signed_as(
        &self,
        token: &str,
        path: &str,
        asked: Value,
        body: &mut Value,
        action: &str,
    ) -> (StatusCode, Value) {
        let (status, statement) = self.app.post(&format!("{path}/statements"), token, asked).await;
        if status != StatusCode::CREATED {
            return (status, statement);
        }
        body["signature"] = self.app.sign(token, &statement);
        self.app.post(&format!("{path}/{action}"), token, body.clone()).await
    }

    /// An officer's decision about the application as it is now.
    async fn decides(
        &self,
        token: &str,
        record: &Value,
        act: &str,
        text: Option<&str>,
    ) -> (StatusCode, Value) {
        let version = self.app.get(&path(record), token).await.1["version"].clone();
        let desk = format!("/api/v1/desk/appointments/{}", record["pre_entry_no"].as_str().unwrap());
        let asked = json!({ "action": act, "version": version, "text": text });
        let mut body = json!({ "version": version, "text": text });
        self.signed_as(token, &desk, asked, &mut body, act).await
    }

    /// A message of customs.
    async fn message(&self, record: &Value, code: &str, message_no: &str) -> (StatusCode, Value) {
        let body = json!({ "pre_entry_no": record["pre_entry_no"], "code": code, "text": "回执", "message_no": message_no });
        self.app.post("/api/v1/desk/appointments/receipts", GATEWAY, body).await
    }

    /// Types declaration numbers.
    async fn types(&self, record: &Value, numbers: &Value) -> (StatusCode, Value) {
        let version = self.app.get(&path(record), DECLARANT).await.1["version"].clone();
        let body = json!({ "version": version, "declaration_nos": numbers });
        self.app.call(Method::PUT, &(path(record) + "/feedback"), DECLARANT, body).await
    }
}

const ROOT: &str = "/api/v1/appointments";

fn path(record: &Value) -> String {
    format!("{ROOT}/{}", record["pre_entry_no"].as_str().unwrap())
}

/// The user's fields of a valid case, as a client sends them.
fn content(case: &str) -> Value {
    let mut sent = as_sent(&valid(case)["record"]);
    for name in ["application_no", "pre_entry_no", "slot_end"] {
        sent.as_object_mut().unwrap().remove(name);
    }
    for row in sent["goods"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("seq");
    }
    sent
}

/// The requirements that an answer names.
fn rules_in(answer: &Value) -> Vec<&str> {
    answer["fields"].as_array().into_iter().flatten().filter_map(|fault| fault["rule"].as_str()).collect()
}
