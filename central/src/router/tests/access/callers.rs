//! Who calls: an account of every role, with its session, its card and its keys; and those whose session opens nothing.
//! Promises: what an account is and has stands in one line of [`SEATS`]; a column of the table is a name of [`CALLERS`].

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use protocols::ids::Uscc;
use serde_json::{Value, json};

use crate::{
    config::Config,
    identity::{
        Login,
        Role::{self, *},
        account::{self, AccountStatus, folded, lock, password},
        enterprise::{Credit, Enterprise, EnterpriseKind},
        session::{self, Beginning, key::AREAS},
    },
    store::execute,
    test_app::{ADMIN, TestApp, YARD},
    test_card::{TestCard, holder},
};

/// The columns. `key` and `key-other` are keys of the account that the row is for (`by`): with every scope, and with every scope but the
/// row's own. The last three are the owner's colleagues: whose session was left alone for too long, whose account was stopped while the
/// session was open, and whose name is locked because somebody guessed at the password.
pub(super) const CALLERS: [&str; 19] = [
    "nobody",
    "owner",
    "cardless",
    "other",
    "ent-adm",
    "individual",
    "agency",
    "yard",
    "officer",
    "elsewhere",
    "hq",
    "admin",
    "gateway",
    "gate",
    "key",
    "key-other",
    "lapsed",
    "stopped",
    "locked",
];

/// Customs code, credit code, name. The owner's, another one, the consignee's, and an agency.
pub(super) const FIRMS: [(&str, &str, &str); 4] = [
    ("3122480012", "91310115MA1H7K2R0J", "上海沪东报关有限公司"),
    ("3110916604", "91310104MA1K3L8878", "上海安康医药进出口有限公司"),
    ("3122263817", "91310115MA1FW3T93D", "上海鲜达果品进出口有限公司"),
    ("4420961170", "91442000MA4X2N7K6T", "中山市远通检验有限公司"),
];

/// Who has registered and is not verified yet; its card is issued to `newcomer`.
pub(super) const NEWCOMER: (&str, &str, &str) =
    ("3122240123", "91310115MA1K3ABC2K", "上海远帆进出口有限公司");

/// Name, role, enterprise, card, offices.
type Seat = (&'static str, Role, Option<usize>, &'static str, &'static [&'static str]);

const SEATS: [Seat; 15] = [
    ("owner", EnterpriseOperator, Some(0), "8930000040001", &[]),
    ("cardless", EnterpriseOperator, Some(0), "", &[]),
    ("other", EnterpriseOperator, Some(1), "8930000040002", &[]),
    ("ent-adm", EnterpriseAdmin, Some(0), "8930000040003", &[]),
    ("individual", Individual, None, "", &[]),
    ("agency", AgencyOperator, Some(3), "", &[]),
    ("yard", YardOperator, None, "", &[]),
    ("officer", CustomsOfficer, None, "2248000000021", &["0708", "2225", "2248"]),
    ("elsewhere", CustomsOfficer, None, "0100000000022", &["0100"]),
    ("hq", CustomsHqOfficer, None, "0000000000023", &[]),
    ("admin", PlatformAdmin, None, "", &[]),
    ("gateway", Gateway, None, "", &[]),
    ("lapsed", EnterpriseOperator, Some(0), "8930000040004", &[]),
    ("stopped", EnterpriseOperator, Some(0), "8930000040005", &[]),
    ("locked", EnterpriseOperator, Some(0), "8930000040006", &[]),
];

/// Everyone's.
pub(super) const PASSWORD: &str = "Harbour-2024x";

/// Puts the enterprises into the register.
pub(super) fn configured(config: &mut Config) {
    for (place, (code, uscc, name)) in FIRMS.into_iter().enumerate() {
        config.enterprises.push(Enterprise {
            id: "".into(),
            kind: if place == 3 { EnterpriseKind::Agency } else { EnterpriseKind::Enterprise },
            name: name.into(),
            uscc: Some(Uscc::parse(uscc).unwrap().as_str().into()),
            customs_reg_no: Some(code.into()),
            ciq_no: None,
            country: None,
            foreign_reg_no: None,
            credit: Credit::General,
            qualified: true,
            has_accounts: false,
        });
    }
}

/// The card of this number that is issued to whoever sits there.
pub(super) fn issued(seat: &str, card_no: &str) -> TestCard {
    let firm = if seat == "newcomer" {
        Some(NEWCOMER)
    } else {
        let (_, _, firm, ..) = SEATS.into_iter().find(|(name, ..)| *name == seat).unwrap();
        firm.map(|place| FIRMS[place])
    };
    TestCard::of(&holder(card_no, firm.map(|firm| firm.1), firm.map(|firm| firm.0)))
}

/// The card of who sits there, if they have one.
pub(super) fn card(seat: &str) -> Option<TestCard> {
    let (_, _, _, card_no, _) = SEATS.into_iter().find(|(name, ..)| *name == seat)?;
    (!card_no.is_empty()).then(|| issued(seat, card_no))
}

/// Makes the accounts; tells their keys as `$acc_<seat>`.
pub(super) async fn registered(app: &TestApp, names: &mut BTreeMap<String, String>) {
    let hash = password::hash(PASSWORD.to_owned()).await.unwrap();
    for (place, (seat, role, firm, _, offices)) in SEATS.into_iter().enumerate() {
        let firm = match firm {
            Some(firm) => {
                app.get(&format!("/api/v1/admin/enterprises/{}", FIRMS[firm].0), ADMIN).await.1["id"].clone()
            }
            None => Value::Null,
        };
        let yards: &[&str] = if role == YardOperator { &[YARD] } else { &[] };
        let body = json!({
            "username": format!("seat_{}", seat.replace('-', "_")), "role": role, "enterprise_id": firm, "customs_codes": offices,
            "yard_ids": yards, "mobile": format!("138000000{place:02}"),
        });
        let (status, made) = app.post("/api/v1/admin/accounts", ADMIN, body).await;
        assert_eq!(status, StatusCode::CREATED, "{seat}: {made}");
        let id = made["id"].as_str().unwrap();
        let tx = app.central.store().begin().await.unwrap();
        let mut account = account::by_id(tx.conn(), id).await.unwrap().unwrap();
        account.password_hash = Some(hash.clone());
        account::update(&tx, &mut account).await.unwrap();
        tx.commit().await.unwrap();
        names.insert(format!("acc_{seat}_v"), account.version.to_string());
        names.insert(format!("acc_{seat}"), id.to_owned());
    }
}

/// Logs an account in; officers by card, as they must.
pub(super) async fn logged_in(app: &TestApp, account_id: &str) -> (String, String) {
    let tx = app.central.store().begin().await.unwrap();
    let role = account::by_id(tx.conn(), account_id).await.unwrap().unwrap().role;
    let login = if matches!(role, CustomsOfficer | CustomsHqOfficer) { Login::Card } else { Login::Password };
    let beginning = Beginning { account_id, login, device: None, address: None };
    let (session, token) = session::begin(&tx, beginning).await.unwrap();
    tx.commit().await.unwrap();
    (session.id, token)
}

/// Logs everyone in; the tokens by seat.
pub(super) async fn all_in(app: &TestApp, names: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut tokens = BTreeMap::new();
    for (seat, ..) in SEATS {
        tokens.insert(seat.to_owned(), logged_in(app, &names[&format!("acc_{seat}")]).await.1);
    }
    tokens
}

/// Binds the cards of those who have one.
pub(super) async fn carded(app: &TestApp, tokens: &BTreeMap<String, String>) {
    for (seat, token) in tokens {
        let Some(card) = card(seat) else { continue };
        let (_, asked) = app.post("/api/v1/cards/challenges", token, json!({"purpose": "bind"})).await;
        let (status, bound) = app.post("/api/v1/cards/bind", token, card.answer(&asked)).await;
        assert_eq!(status, StatusCode::CREATED, "{seat}: {bound}");
    }
}

/// The names of an account's keys: with every scope, and with every scope but those of an area.
pub(super) fn key_name(seat: &str, without: Option<&str>) -> String {
    without.map_or_else(|| format!("key {seat}"), |area| format!("key {seat} without {area}"))
}

/// Makes the keys of everyone for whom a row can be; what they are, by name, and `$key_id`, one of the owner's.
pub(super) async fn keyed(
    app: &TestApp,
    tokens: &mut BTreeMap<String, String>,
    names: &mut BTreeMap<String, String>,
) {
    for (seat, ..) in SEATS {
        for without in std::iter::once(None).chain(AREAS.iter().copied().map(Some)) {
            let areas = AREAS.iter().filter(|area| Some(**area) != without);
            let scopes: Vec<_> = areas.map(|area| format!("{area}:write")).collect();
            let body = json!({"name": "ERP", "scopes": scopes});
            let (status, made) = app.post("/api/v1/account/keys", &tokens[seat], body).await;
            assert_eq!(status, StatusCode::CREATED, "{seat}: {made}");
            tokens.insert(key_name(seat, without), made["key"].as_str().unwrap().to_owned());
            if seat == "owner" {
                names.insert("key_id".into(), made["id"].as_str().unwrap().to_owned());
            }
        }
    }
}

/// Stops one colleague's account past all that ends sessions with it, and locks the name of another.
pub(super) async fn stopped(app: &TestApp, names: &BTreeMap<String, String>) {
    let tx = app.central.store().begin().await.unwrap();
    let mut account = account::by_id(tx.conn(), &names["acc_stopped"]).await.unwrap().unwrap();
    account.status = AccountStatus::Disabled;
    account::update(&tx, &mut account).await.unwrap();
    for _ in 0..5 {
        lock::failed(&tx, &folded("seat_locked")).await.unwrap();
    }
    assert!(lock::locked_until(&tx, "seat_locked").await.unwrap().is_some());
    // Nothing was asked with this session for 40 minutes.
    let sql = "UPDATE session SET seen_at = seen_at - 2400000, created_at = created_at - 2400000 WHERE account_id = $1";
    execute(tx.conn(), sql, [names["acc_lapsed"].clone().into()]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The token of a caller in a row that is for `by`, under this path.
pub(super) fn token<'a>(tokens: &'a BTreeMap<String, String>, caller: &str, by: &str, path: &str) -> &'a str {
    // Who has no account has no keys; the owner's are tried in their place.
    let keeper = if matches!(by, "nobody" | "gate") { "owner" } else { by };
    let area = path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next());
    let area = area.filter(|area| AREAS.contains(area)).unwrap_or(AREAS[0]);
    match caller {
        "nobody" => "",
        "gate" => "gate-token-0708-G02",
        "key" => &tokens[&key_name(keeper, None)],
        "key-other" => &tokens[&key_name(keeper, Some(area))],
        seat => &tokens[seat],
    }
}

/// Sends a request that must be answered with success while the set-up is made.
pub(super) async fn must(app: &TestApp, method: Method, path: &str, token: &str, body: Value) -> Value {
    let (status, answer) = app.call(method, path, token, body).await;
    assert!(status.is_success(), "{path}: {status} {answer}");
    answer
}
