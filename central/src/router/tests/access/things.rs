//! What is there to ask for: records of every manual in the states in which they are acted on, and what else a path can name. Each is a name
//! that `requests.txt` can use: `$bind_draft`, and its version as `$bind_draft_v`.
//! Promises: everything is made as people make it, through the router; nothing is put into the store behind it.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use protocols::{
    base64::Alphabet::Standard,
    contract::{EventType, UtcMillis},
    rules::{LaneDirection, ReasonCode},
};
use serde_json::{Value, json};

use super::{
    callers::{FIRMS, NEWCOMER, PASSWORD, all_in, card, carded, logged_in, must},
    devices::{self, Devices},
};
use crate::{
    binding::lifecycle::Action,
    declaration::attachment::sample,
    desk,
    gate_identity::tests::{End, Line, csr},
    identity::{session::captcha, shield::tests::phone::Phone},
    store::{all, column},
    test_app::{ADMIN, TestApp, TestGate, coal},
    test_card::authority,
};

/// The moment at which everything is asked, a Saturday, when slots of that day have begun.
pub(super) const NOW: &str = "2025-10-18T02:30:00Z";
/// When applications are handed in.
const BEFORE: &str = "2025-10-14T02:00:00Z";

const BINDINGS: &str = "/api/v1/smart-gate/records";
const APPOINTMENTS: &str = "/api/v1/appointments";
const EXEMPTIONS: &str = "/api/v1/attendance-exemptions";

/// Makes things, and keeps their names.
struct Maker<'a> {
    app: &'a TestApp,
    tokens: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
    devices: &'a mut Devices,
}

/// Makes everything; the tokens of the seats, and the names.
pub(super) async fn made(
    app: &TestApp,
    names: BTreeMap<String, String>,
    devices: &mut Devices,
) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let mut maker = Maker { app, tokens: BTreeMap::new(), names, devices };
    maker.at(BEFORE).await;
    carded(app, &maker.tokens).await;
    maker.admin().await;
    maker.bindings().await;
    maker.appointments().await;
    let enrolled = Line::of(app).enrol("0708-G03").await;
    maker.at(NOW).await;
    maker.answers_to_appointments().await;
    maker.exemptions().await;
    maker.people().await;
    maker.ways_to_log_in().await;
    maker.gates().await;
    maker.certificates(&enrolled).await;
    // The session in which everything is asked has not shown its card yet.
    maker.at(NOW).await;
    (maker.tokens, maker.names)
}

impl Maker<'_> {
    /// Everybody logs in again at this moment.
    async fn at(&mut self, moment: &str) {
        self.app.central.store().clock().set(UtcMillis::parse(moment).unwrap());
        self.tokens = all_in(self.app, &self.names).await;
    }

    fn token(&self, seat: &str) -> &str {
        &self.tokens[seat]
    }

    async fn send(&self, method: Method, path: &str, seat: &str, body: Value) -> Value {
        must(self.app, method, path, self.token(seat), body).await
    }

    async fn post(&self, path: &str, seat: &str, body: Value) -> Value {
        self.send(Method::POST, path, seat, body).await
    }

    fn name(&mut self, name: &str, value: impl Into<String>) {
        self.names.insert(name.to_owned(), value.into());
    }

    /// Names a record and its version.
    fn record(&mut self, name: &str, number: &str, record: &Value) {
        self.name(name, record[number].as_str().unwrap());
        self.name(&format!("{name}_v"), record["version"].to_string());
    }

    /// A signed act of who sits there; `members` go into the statement and into the act.
    async fn signed(&self, seat: &str, record_path: &str, action: &str, members: Value) -> Value {
        let mut asked = members.clone();
        asked["action"] = json!(action);
        let statement = self.post(&format!("{record_path}/statements"), seat, asked).await;
        let mut body = members;
        body["signature"] = card(seat).unwrap().sign(&statement);
        self.post(&format!("{record_path}/{action}"), seat, body).await
    }

    /// What administrators, headquarters and officers keep.
    async fn admin(&mut self) {
        // Who registered long ago may ask for the code again.
        let body = json!({"user_kind": "individual", "username": "sun_yu", "password": PASSWORD, "mobile": "13916001294",
                          "person_name": "孙宇", "id_type": "passport", "id_number": "E12345677", "agreements_accepted": true});
        let waiting = must(self.app, Method::POST, "/api/v1/registrations", "", body).await;
        self.name("acc_waiting", waiting["account_id"].as_str().unwrap());
        let calendar = json!({"working_day": [["08:30", "12:00"], ["13:30", "17:00"]], "published_from": "2025-01-01",
                              "published_until": "2025-12-31"});
        let path = "/api/v1/admin/ports/2248/calendar";
        let kept = self.send(Method::PUT, path, "admin", json!({"version": 0, "calendar": calendar})).await;
        self.name("calendar_v", kept["version"].to_string());
        let path = "/api/v1/admin/attendance-scopes/declaration/2225";
        self.send(Method::PUT, path, "hq", json!({"valid_from": "2020-02-11"})).await;
        for serial in 1..=5 {
            let facts = json!({"ie_flag": "I", "consignee": FIRMS[0].0, "released": false, "inspection_customs_code": "2225",
                               "inspection_instruction": true, "inspection_begun": false});
            let path = format!("/api/v1/admin/reference/declarations/22252020100012345{serial}");
            self.send(Method::PUT, &path, "admin", facts).await;
        }
        let facts = json!({"parties": [FIRMS[0].0], "inspection_customs_code": "2248", "released": false,
                           "inspection_instruction": true, "inspection_begun": false});
        self.send(Method::PUT, "/api/v1/admin/reference/bills/SITTAO1234567", "admin", facts).await;
        for (name, publish) in [("ann_draft", false), ("ann_public", true)] {
            let body = json!({"title": "通知", "kind": "公告", "audience": "all", "body": "内容"});
            let made = self.post("/api/v1/admin/announcements", "admin", body).await;
            let number = made["number"].as_str().unwrap();
            let path = format!("/api/v1/admin/announcements/{number}/publish");
            let now = match publish {
                true => self.post(&path, "admin", json!({"version": made["version"]})).await,
                false => made.clone(),
            };
            self.record(name, "number", &now);
        }
        let deny = json!({"yard_id": null, "medium_type": "VN", "medium_key": "沪B99999", "reason": "布控"});
        self.post("/api/v1/desk/deny", "officer", deny).await;
    }

    /// Bindings: one that is typed, one that customs has to answer, one that is approved.
    async fn bindings(&mut self) {
        for (name, key) in [("bind_draft", "蒙LK8216"), ("bind_sent", "蒙LK8217"), ("bind_ok", "蒙LK8218")]
        {
            let record = self.post(BINDINGS, "owner", coal(key)).await;
            let number = record["unified_no"].as_str().unwrap();
            let path = format!("{BINDINGS}/{number}");
            if name != "bind_draft" {
                let body = json!({"version": record["version"]});
                let declared = self.signed("owner", &path, "declare", body).await;
                let status = serde_json::from_value(declared["status"].clone()).unwrap();
                assert!(desk::act(self.app.central.store(), number, status, Action::Deliver).await.unwrap());
            }
            if name == "bind_ok" {
                let version = self.app.get(&path, self.token("owner")).await.1["version"].clone();
                let desk = format!("/api/v1/desk/records/{number}");
                self.signed("officer", &desk, "approve", json!({"version": version})).await;
            }
            let record = self.app.get(&path, self.token("owner")).await.1;
            self.record(name, "unified_no", &record);
            self.name(&format!("{name}_trip"), record["trip_no"].as_str().unwrap());
        }
    }

    fn application(slot: &str) -> Value {
        json!({"consignee": {"customs_reg_no": FIRMS[2].0}, "contact_name": "李敏", "contact_mobile": "13917250418", "declaration_port": "2248",
               "entry_exit_port": "2248", "transport_mode": "2", "slot_start": slot, "reason": "鲜车厘子到港，易腐货物需周末紧急验放",
               "ie_flag": "I", "goods": [{"hs_code": "0809290000", "name": "鲜樱桃（车厘子）"}]})
    }

    /// Applications: one that is typed, with a file; one that customs has to answer; one that can be cancelled; two whose slot has begun.
    async fn appointments(&mut self) {
        let (next, today) = ("2025-10-25T02:00:00.000Z", "2025-10-18T02:00:00.000Z");
        for (name, slot) in [
            ("appt_draft", next),
            ("appt_sent", next),
            ("appt_booked", next),
            ("appt_due", today),
            ("appt_late", today),
        ] {
            let record = self.post(APPOINTMENTS, "owner", Self::application(slot)).await;
            let number = record["pre_entry_no"].as_str().unwrap();
            let (path, desk) =
                (format!("{APPOINTMENTS}/{number}"), format!("/api/v1/desk/appointments/{number}"));
            let mut version = record["version"].clone();
            if matches!(name, "appt_draft" | "appt_sent") {
                let record =
                    self.file(&format!("{path}/attachments?version={version}&file_name=a.pdf"), None).await;
                self.name(&format!("{name}_file"), record["attachments"][0]["id"].as_str().unwrap());
                version = record["version"].clone();
            }
            if name == "appt_sent" {
                self.name("appt_message", format!("{number}-{version}"));
            }
            if name != "appt_draft" {
                version = self.signed("owner", &path, "submit", json!({"version": version})).await["version"]
                    .clone();
            }
            if !matches!(name, "appt_draft" | "appt_sent") {
                self.signed("officer", &desk, "approve", json!({"version": version})).await;
            }
            self.shown(name, &path, "pre_entry_no").await;
        }
    }

    /// Names the record as its declarant sees it now.
    async fn shown(&mut self, name: &str, path: &str, number: &str) {
        let (status, record) = self.app.get(path, self.token("owner")).await;
        assert_eq!(status, StatusCode::OK, "{record}");
        self.record(name, number, &record);
    }

    /// What follows an appointment is typed: declaration numbers of one, the explanation of the other.
    async fn answers_to_appointments(&mut self) {
        for (name, part, member, value) in [
            ("appt_due", "feedback", "declaration_nos", json!(["224820251000090001"])),
            ("appt_late", "explanation", "text", json!("船期推迟")),
        ] {
            let path = format!("{APPOINTMENTS}/{}", self.names[name]);
            let version: i64 = self.names[&format!("{name}_v")].parse().unwrap();
            self.send(
                Method::PUT,
                &format!("{path}/{part}"),
                "owner",
                json!({"version": version, member: value}),
            )
            .await;
            self.shown(name, &path, "pre_entry_no").await;
        }
    }

    /// Uploads a file of one page for the owner, with a card's statement where there is one.
    async fn file(&self, path: &str, statement: Option<Value>) -> Value {
        let request = Request::builder().method(Method::POST).uri(path);
        let mut request = request
            .header("authorization", format!("Bearer {}", self.token("owner")))
            .header("content-type", "application/pdf");
        if let Some(statement) = statement {
            request = request.header("x-card-statement", statement.to_string());
        }
        let response = self.app.send(request.body(Body::from(sample::pdf(1, 2000))).unwrap()).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        assert_eq!(status, StatusCode::CREATED, "{path}: {answer}");
        answer
    }

    /// Applications for staying away: one that is typed, one that is complete, one that the gateway has, one that customs has.
    async fn exemptions(&mut self) {
        for (serial, name) in
            ["att_new", "att_ready", "att_applied", "att_in", "att_done"].into_iter().enumerate()
        {
            let body = json!({"doc_type": "declaration", "declaration_no": format!("22252020100012345{}", serial + 1),
                              "contact_name": "王芳", "contact_phone": "13816001234"});
            let record = self.post(EXEMPTIONS, "owner", body).await;
            let number = record["data_center_no"].as_str().unwrap();
            let path = format!("{EXEMPTIONS}/{number}");
            let mut version = record["version"].clone();
            if name != "att_new" {
                let asked = json!({"action": "upload", "version": version});
                let statement = self.post(&format!("{path}/statements"), "owner", asked).await;
                let signature = card("owner").unwrap().sign(&statement);
                let query = format!("version={version}&category=00000002&file_name=a.pdf");
                let record = self.file(&format!("{path}/attachments?{query}"), Some(signature)).await;
                version = record["version"].clone();
                self.name(&format!("{name}_file"), record["attachments"][0]["id"].as_str().unwrap());
            }
            if matches!(name, "att_applied" | "att_in" | "att_done") {
                self.signed("owner", &path, "apply", json!({"version": version})).await;
            }
            if matches!(name, "att_in" | "att_done") {
                self.reported(number, &["handed_over", "stored"]).await;
            }
            if name == "att_done" {
                let version = self.app.get(&path, self.token("owner")).await.1["version"].clone();
                let desk = format!("/api/v1/desk/attendance-exemptions/{number}");
                self.signed("officer", &desk, "approve", json!({"version": version})).await;
            }
            self.shown(name, &path, "data_center_no").await;
        }
        self.name("att_message", format!("{}-1", self.names["att_applied"]));
    }

    async fn reported(&self, number: &str, reports: &[&str]) {
        let due =
            self.app.get("/api/v1/gateway/attendance-exemptions/messages", self.token("gateway")).await.1;
        let items = due["items"].as_array().unwrap();
        let message = items.iter().find(|message| message["data_center_no"] == number).unwrap();
        for report in reports {
            let body = json!({"report_no": format!("{number}-{report}"), "report": report, "message_no": message["message_no"]});
            self.post(&format!("/api/v1/gateway/attendance-exemptions/{number}/reports"), "gateway", body)
                .await;
        }
    }

    /// What belongs to people and their enterprises.
    async fn people(&mut self) {
        let body = json!({"user_kind": "individual", "username": "zhao_min", "password": PASSWORD, "mobile": "13916001299",
                          "person_name": "赵敏", "id_type": "passport", "id_number": "E12345678", "agreements_accepted": true});
        let pending = must(self.app, Method::POST, "/api/v1/registrations", "", body).await;
        self.name("acc_pending", pending["account_id"].as_str().unwrap());
        must(self.app, Method::POST, "/api/v1/recoveries", "", json!({"mobile": "13800000000"})).await;
        let officer = json!({"username": "officer_first", "role": "customs_officer", "customs_codes": ["0708"], "mobile": "13916001293"});
        self.post("/api/v1/admin/accounts", "admin", officer).await;
        must(self.app, Method::POST, "/api/v1/first-cards", "", json!({"username": "officer_first"})).await;
        let codes =
            [("code_confirm", "13916001299"), ("code_recover", "13800000000"), ("code_first", "13916001293")];
        for (name, mobile) in codes {
            let code = self.code(mobile).await;
            self.name(name, code);
        }
        for seat in ["owner", "ent-adm"] {
            let card = card(seat).unwrap();
            self.name(&format!("card_{seat}"), card.certificate.holder().unwrap().card_no.to_string());
        }
        self.name("certificate", Standard.encode(card("locked").unwrap().certificate.der()));
        let at = UtcMillis::parse(NOW).unwrap();
        self.name("revoked", Standard.encode(&authority().revoke(&[], at).unwrap()));
        self.send(
            Method::PUT,
            "/api/v1/working-copies/appointment/new-1",
            "owner",
            json!({"contact_name": "王"}),
        )
        .await;
        let saved = json!({"manual": "smart_gate", "name": "常用", "conditions": {}});
        let saved = self.post("/api/v1/saved-queries", "owner", saved).await;
        self.name("saved_query", saved["id"].as_str().unwrap());
        let shared = json!({"manual": "smart_gate", "name": "长协煤", "scope": "enterprise", "content": {}});
        let shared = self.post("/api/v1/entry-templates", "owner", shared).await;
        self.name("template", shared["id"].as_str().unwrap());
        for (name, path) in [
            ("bind_signature", format!("{BINDINGS}/{}", self.names["bind_ok"])),
            ("appt_signature", format!("{APPOINTMENTS}/{}", self.names["appt_booked"])),
            ("att_signature", format!("{EXEMPTIONS}/{}", self.names["att_in"])),
        ] {
            let signed = self.send(Method::GET, &format!("{path}/signatures"), "owner", Value::Null).await;
            self.name(name, signed["items"][0]["id"].as_str().unwrap());
        }
        let tx = self.app.central.store().begin().await.unwrap();
        let (captcha, text) = captcha::issue(&tx).await.unwrap();
        tx.commit().await.unwrap();
        self.name("captcha", captcha);
        self.name("code_captcha", text);
        let (session, _) = logged_in(self.app, &self.names["acc_owner"]).await;
        self.name("session", session);
        let notices = self.app.get("/api/v1/notices", self.token("owner")).await.1;
        self.name("notice", notices["items"][0]["id"].as_str().unwrap());
    }

    /// The code in the last message to this mobile.
    async fn code(&self, mobile: &str) -> String {
        let sql = "SELECT body FROM short_message WHERE mobile = $1 ORDER BY id DESC LIMIT 1";
        let rows = all(self.app.central.store().read(), sql, [mobile.into()]).await.unwrap();
        let body: String = column(&rows[0], "body").unwrap();
        body.chars().filter(char::is_ascii_digit).take(6).collect()
    }

    /// A shield of the owner and one of another enterprise; a log-in that waits for the first and one that it has confirmed; an identity of
    /// the owner at another provider; a registration that waits for a card of its enterprise.
    async fn ways_to_log_in(&mut self) {
        for seat in ["owner", "other"] {
            let asked = json!({"purpose": "apply"});
            let asked = self.post("/api/v1/account/shields/challenges", seat, asked).await;
            let phone = Phone::es256();
            let body = json!({"name": "手机", "credential": phone.make(&asked["public_key"])});
            let shield = self.post("/api/v1/account/shields", seat, body).await;
            if seat == "owner" {
                self.name("shield", shield["id"].as_str().unwrap());
            }
            self.devices.phones.insert(seat.to_owned(), phone);
        }
        let requests = "/api/v1/sessions/shield/requests";
        let asked = json!({"username": "seat_owner"});
        let waits = must(self.app, Method::POST, requests, "", asked).await;
        self.name("shield_request", waits["request_id"].as_str().unwrap());
        let asked = must(self.app, Method::POST, requests, "", json!({})).await;
        let path = format!("{requests}/{}", asked["request_id"].as_str().unwrap());
        let shown = self.app.get(&path, "").await.1;
        let credential = self.devices.phones.get_mut("owner").unwrap().answer(&shown["public_key"]);
        let body = json!({ "credential": credential });
        must(self.app, Method::POST, &format!("{path}/confirm"), "", body).await;
        self.name("shield_confirmed", asked["request_id"].as_str().unwrap());
        self.name("code_poll", asked["poll_token"].as_str().unwrap());
        let owner = self.token("owner");
        let (cookie, back) = self.devices.back(self.app, owner, true, "openid-owner").await.unwrap();
        let (status, _, identity) =
            devices::sent(self.app, "/api/v1/account/identities", owner, Some(&cookie), back).await;
        assert_eq!(status, StatusCode::CREATED, "{identity}");
        self.name("identity", identity["id"].as_str().unwrap());
        let (customs_reg_no, uscc, name) = NEWCOMER;
        let body = json!({"user_kind": "enterprise", "username": "yuanfan_admin", "password": PASSWORD, "mobile": "13916001295",
                          "enterprise_name": name, "uscc": uscc, "customs_reg_no": customs_reg_no, "agreements_accepted": true});
        let newcomer = must(self.app, Method::POST, "/api/v1/registrations", "", body).await;
        let id = newcomer["account_id"].as_str().unwrap().to_owned();
        let body = json!({"code": self.code("13916001295").await});
        must(self.app, Method::POST, &format!("/api/v1/registrations/{id}/confirm"), "", body).await;
        self.name("acc_newcomer", id);
    }

    /// A gate that has said hello and let a vehicle pass that no loop saw, and what its journal goes on with.
    async fn gates(&mut self) {
        let mut gate = TestGate::new("0708-G02");
        assert_eq!(gate.hello(self.app, "a-store").await.0, StatusCode::OK);
        let mut passed = gate.event(EventType::Pass, LaneDirection::In, "a-visit", None);
        passed.reason_code = Some(ReasonCode::PassageUnconfirmed);
        let passed = gate.sealed(passed);
        assert_eq!(gate.send(self.app, vec![passed]).await.0, StatusCode::OK);
        let passages = self.app.get("/api/v1/passages", ADMIN).await.1;
        let alerts = self.app.get("/api/v1/alerts?open=true", ADMIN).await.1;
        // As long as other names, so that another one can be made of it.
        let number = |item: &Value| format!("{:010}", item.as_i64().unwrap());
        self.name("passage", number(&passages["items"][0]["number"]));
        self.name("alert", number(&alerts["items"][0]["id"]));
        let event =
            gate.write(EventType::Arrival, LaneDirection::In, "0199e3a4-5c1e-7b40-9d0e-3f6b2c8a7d11", None);
        self.name("event", event.to_string());
        assert_eq!(self.app.get("/api/v1/gates", ADMIN).await.0, StatusCode::OK);
    }

    /// A code that nobody has used, a key that may use it, and a gate whose certificate is over (`world`) and who asks for the next.
    async fn certificates(&mut self, expired: &End) {
        let line = Line::of(self.app);
        let code = line.code("0708-G02").await;
        self.name("code_gate", code);
        self.name("code_csr", csr().replace('\n', "\\n"));
        assert_eq!(line.renew(expired, &csr()).await.0, StatusCode::ACCEPTED);
        let listed = self.app.get("/api/v1/admin/gate-identities", ADMIN).await.1;
        self.name("code_renewal", listed["renewals"][0]["key_hash"].as_str().unwrap());
    }
}
