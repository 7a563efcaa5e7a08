//! A centre with the parties of section 13: two enterprises with their cards, officers of four offices, headquarters, the gateway.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use protocols::{
    contract::UtcMillis,
    ids::{CardNo, CustomsCode, Uscc},
};
use serde_json::{Value, json};

use crate::{
    config::{Config, PersonConfig, TokenHash},
    declaration::attachment::sample,
    identity::{
        Role,
        enterprise::{Credit, Enterprise, EnterpriseKind},
    },
    store::{column, execute, one},
    test_app::{ADMIN, TestApp},
};

pub(super) const BASE: &str = "/api/v1/attendance-exemptions";
pub(super) const DESK: &str = "/api/v1/desk/attendance-exemptions";
/// 上海远帆, 3122240123.
pub(super) const YUANFAN: &str = "yuanfan-token";
/// The same enterprise, another operator.
pub(super) const YUANFAN_2: &str = "yuanfan-token-2";
/// The same enterprise, without a card.
pub(super) const CARDLESS: &str = "yuanfan-cardless";
/// 宁波甬发, 3302230456.
pub(super) const YONGFA: &str = "yongfa-token";
pub(super) const HEADQUARTERS: &str = "headquarters-token";
pub(super) const GATEWAY: &str = "gateway-account-token";

/// The officer of an office.
pub(super) fn officer(office: &str) -> String {
    format!("officer-of-{office}")
}

const ENTERPRISES: [(&str, &str, &str); 2] = [
    ("上海远帆进出口有限公司", "91310115MA1K3ABC2K", "3122240123"),
    ("宁波甬发机械有限公司", "91330201MA2GTBCD7M", "3302230456"),
];
/// Token, role, enterprise, card, office.
type Seat = (&'static str, Role, Option<usize>, Option<&'static str>, &'static str);
const PEOPLE: [Seat; 10] = [
    (YUANFAN, Role::EnterpriseOperator, Some(0), Some("2100000123456"), ""),
    (YUANFAN_2, Role::EnterpriseOperator, Some(0), Some("2100000123457"), ""),
    (CARDLESS, Role::EnterpriseOperator, Some(0), None, ""),
    (YONGFA, Role::EnterpriseOperator, Some(1), Some("2100000345678"), ""),
    (HEADQUARTERS, Role::CustomsHqOfficer, None, Some("2100000000001"), ""),
    (GATEWAY, Role::Gateway, None, None, ""),
    ("officer-of-2225", Role::CustomsOfficer, None, Some("2225000000011"), "2225"),
    ("officer-of-2248", Role::CustomsOfficer, None, Some("2248000000012"), "2248"),
    ("officer-of-3104", Role::CustomsOfficer, None, Some("3104000000013"), "3104"),
    ("officer-of-0202", Role::CustomsOfficer, None, Some("0202000000014"), "0202"),
];

fn peopled(config: &mut Config) {
    for (name, uscc, code) in ENTERPRISES {
        config.enterprises.push(Enterprise {
            id: "".into(),
            kind: EnterpriseKind::Enterprise,
            name: name.into(),
            uscc: Some(uscc.into()),
            customs_reg_no: Some(code.into()),
            ciq_no: None,
            country: None,
            foreign_reg_no: None,
            credit: Credit::General,
            qualified: true,
            has_accounts: false,
        });
    }
    for (token, role, enterprise, card_no, office) in PEOPLE {
        config.people.push(PersonConfig {
            token: TokenHash::of(token),
            name: token.to_owned(),
            role,
            uscc: enterprise.map(|place| Uscc::parse(ENTERPRISES[place].1).unwrap()),
            card_no: card_no.map(|card| CardNo::parse(card).unwrap()),
            customs_codes: CustomsCode::parse(office).ok().into_iter().collect(),
            yard_ids: Vec::new(),
        });
    }
}

/// A file to be uploaded.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) category: String,
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}

impl File {
    /// A statement or other material, one page.
    pub(super) fn of(category: &str) -> Self {
        Self {
            category: category.into(),
            name: "声明.pdf".into(),
            media_type: "application/pdf".into(),
            bytes: sample::pdf(1, 2000),
        }
    }
}

/// What came back.
pub(super) type Answer = (StatusCode, Value);

pub(super) struct World {
    pub(super) app: TestApp,
}

impl World {
    /// At the time of the first example.
    pub(super) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// The same with other keys in its configuration.
    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let changed = |config: &mut Config| {
            peopled(config);
            change(config);
        };
        let world = Self { app: TestApp::open_with(changed).await };
        world.at("2020-04-10T09:12:00+08:00");
        world
    }

    pub(super) fn at(&self, time: &str) {
        let clock = self.app.central.store().clock();
        clock.advance(UtcMillis::parse(time).unwrap().as_millis() - clock.now().as_millis());
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.app.central.store().clock().advance(seconds * 1000);
    }

    /// The next serial of this name will be the one after `last`.
    pub(super) async fn counted(&self, name: &str, last: i64) {
        let tx = self.app.central.store().begin().await.unwrap();
        let sql =
            "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2";
        execute(tx.conn(), sql, [name.into(), last.into()]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// How many applications are stored.
    pub(super) async fn stored(&self) -> i64 {
        let sql = "SELECT COUNT(*) AS n FROM attendance_record";
        column(&one(self.app.central.store().read(), sql, []).await.unwrap().unwrap(), "n").unwrap()
    }

    /// Customs knows this declaration, of the first enterprise, to be inspected at 2225; `change` says what is different.
    pub(super) async fn declaration(&self, number: &str, change: Value) {
        let mut facts = json!({
            "ie_flag": "I", "consignee": "3122240123", "released": false, "inspection_customs_code": "2225",
            "inspection_instruction": true, "inspection_begun": false,
        });
        json_patch::merge(&mut facts, &change);
        let path = format!("/api/v1/admin/reference/declarations/{number}");
        let (status, answer) = self.app.call(Method::PUT, &path, ADMIN, facts).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// The same of a bill, to be inspected at 2248.
    pub(super) async fn bill(&self, number: &str, change: Value) {
        let mut facts = json!({
            "parties": ["3122240123"], "released": false, "inspection_customs_code": "2248",
            "inspection_instruction": true, "inspection_begun": false,
        });
        json_patch::merge(&mut facts, &change);
        let path = format!("/api/v1/admin/reference/bills/{number}");
        let (status, answer) = self.app.call(Method::PUT, &path, ADMIN, facts).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// Headquarters puts an office into the scope of a kind.
    pub(super) async fn scope(&self, kind: &str, office: &str, suspended: bool) {
        let path = format!("/api/v1/admin/attendance-scopes/{kind}/{office}");
        let body = json!({"valid_from": "2020-02-11", "suspended": suspended});
        let (status, answer) = self.app.call(Method::PUT, &path, HEADQUARTERS, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    pub(super) async fn out_of_scope(&self, kind: &str, office: &str) {
        let path = format!("/api/v1/admin/attendance-scopes/{kind}/{office}");
        self.app.call(Method::DELETE, &path, HEADQUARTERS, Value::Null).await;
    }

    pub(super) async fn create(&self, token: &str, body: Value) -> Answer {
        self.app.post(BASE, token, body).await
    }

    pub(super) async fn show(&self, token: &str, number: &str) -> Value {
        let (status, record) = self.app.get(&format!("{BASE}/{number}"), token).await;
        assert_eq!(status, StatusCode::OK, "{record}");
        record
    }

    /// 暂存 of a stored record with this version.
    pub(super) async fn save(&self, token: &str, number: &str, mut body: Value) -> Answer {
        if body["version"].is_null() {
            body["version"] = self.show(token, number).await["version"].clone();
        }
        self.app.call(Method::PUT, &format!("{BASE}/{number}"), token, body).await
    }

    /// 添加文件, with the card where `signs`.
    pub(super) async fn upload(&self, token: &str, number: &str, file: &File, signs: bool) -> Answer {
        let version = self.show(token, number).await["version"].clone();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!(
                "{BASE}/{number}/attachments?version={version}&category={}&file_name={}",
                file.category,
                percent(&file.name)
            ))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", &file.media_type);
        if signs {
            let asked = json!({"action": "upload", "version": version});
            let (status, statement) =
                self.app.post(&format!("{BASE}/{number}/statements"), token, asked).await;
            if status != StatusCode::CREATED {
                return (status, statement);
            }
            request = request.header("x-card-statement", self.app.sign(token, &statement).to_string());
        }
        let response = self.app.send(request.body(Body::from(file.bytes.clone())).unwrap()).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// 申请, with the card in the reader.
    pub(super) async fn apply(&self, token: &str, number: &str) -> Answer {
        self.app.act(token, &format!("{BASE}/{number}"), "apply", json!({})).await
    }

    /// A report of the gateway about the record's newest message.
    pub(super) async fn report(&self, number: &str, report: &str, more: Value) -> Answer {
        let row = one(
            self.app.central.store().read(),
            "SELECT doc FROM attendance_record WHERE number = $1",
            [number.into()],
        )
        .await
        .unwrap()
        .unwrap();
        let doc: Value = serde_json::from_str(&column::<String>(&row, "doc").unwrap()).unwrap();
        let mut body = json!({
            "report_no": format!("{number}-{report}-{}", doc["head"]["version"]), "report": report,
            "message_no": doc["message"]["no"],
        });
        json_patch::merge(&mut body, &more);
        self.app.post(&format!("/api/v1/gateway/attendance-exemptions/{number}/reports"), GATEWAY, body).await
    }

    /// Customs' system has it.
    pub(super) async fn received(&self, number: &str) {
        for report in ["handed_over", "stored"] {
            let (status, answer) = self.report(number, report, json!({})).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
    }

    /// An officer's decision, signed.
    pub(super) async fn decide(&self, office: &str, number: &str, action: &str, opinion: &str) -> Answer {
        let (token, path) = (officer(office), format!("{DESK}/{number}"));
        let version = self.app.get(&path, &token).await.1["version"].clone();
        let version = if version.is_null() { json!(1) } else { version };
        let asked = json!({"action": action, "version": version, "opinion": opinion});
        let (status, statement) = self.app.post(&format!("{path}/statements"), &token, asked).await;
        if status != StatusCode::CREATED {
            return (status, statement);
        }
        let signature = self.app.sign(&token, &statement);
        let body = json!({"version": version, "opinion": opinion, "signature": signature});
        self.app.post(&format!("{path}/{action}"), &token, body).await
    }

    /// An application of the first enterprise for this declaration, as it is just before 申请; its number.
    pub(super) async fn ready(&self, token: &str, declaration_no: &str) -> String {
        let (status, saved) = self.create(token, form(declaration_no)).await;
        assert_eq!(status, StatusCode::CREATED, "{saved}");
        let number = saved["data_center_no"].as_str().unwrap().to_owned();
        let (status, answer) = self.upload(token, &number, &File::of("00000002"), true).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        number
    }

    /// The same, applied for.
    pub(super) async fn applied(&self, token: &str, declaration_no: &str) -> String {
        let number = self.ready(token, declaration_no).await;
        let (status, answer) = self.apply(token, &number).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        number
    }
}

/// A declaration's complete form.
pub(super) fn form(declaration_no: &str) -> Value {
    json!({"doc_type": "declaration", "declaration_no": declaration_no, "contact_name": "王芳", "contact_phone": "13816001234"})
}

/// A bill's complete form.
pub(super) fn bill_form(bill_no: &str) -> Value {
    json!({"doc_type": "non_declaration", "bill_no": bill_no, "contact_name": "王芳", "contact_phone": "13816001234"})
}

/// All but letters and digits of ASCII as `%XX`.
fn percent(text: &str) -> String {
    let one = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(one).collect()
}
