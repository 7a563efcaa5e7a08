//! A centre in process for tests: the real router on a database that goes with the test (`test_ground`), with a clock that stands.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{Method, Request, StatusCode},
    response::Response,
};
use http_body_util::BodyExt;
use protocols::{
    contract::{Event, EventType, Hash, Kg, Reads, UtcMillis, seal},
    ids::{GateId, LaneId, TripNo, VisitId},
    rules::LaneDirection,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{
    app::Central,
    binding::lifecycle::Action,
    clock::Clock,
    config::{self, Config, DeskConfig},
    declaration::attachment::Checker,
    desk,
    router::router,
    test_card::{self, TestCard},
    test_ground::Ground,
};

/// The enterprises of the spec's valid records, each with its card.
const ENTERPRISES: [(&str, &str); 4] = [
    ("91150781MA0N5XWB9P", "8950000004821"),
    ("91310115MA1H7K2R0J", "8930000012345"),
    ("91370211MA3C9TQ4X9", "8970000030017"),
    ("91440300MA5DAX8P8Y", "8530000077102"),
];

pub(crate) const YARD: &str = "CNEHX070801";
pub(crate) const OFFICER: &str = "officer-token";
pub(crate) const ADMIN: &str = "admin-token";
pub(crate) const HEADQUARTERS: &str = "headquarters-token";
pub(crate) const GATEWAY: &str = "gateway-token";
pub(crate) const CARDLESS: &str = "cardless-token";
/// The declarant of the first enterprise.
pub(crate) const DECLARANT: &str = "declarant-91150781MA0N5XWB9P";

fn config_text() -> String {
    let mut text = format!(
        r#"
        [gates]
        listen = "127.0.0.1:0"
        names = ["localhost", "127.0.0.1"]
        [feed]
        max_changes = 3
        [intake]
        max_batches = 2
        [[person]]
        token = "{OFFICER}"
        name = "li"
        role = "customs_officer"
        card_no = "0708000000017"
        customs_codes = ["0708", "2225", "4227", "5304", "2233"]
        [[person]]
        token = "elsewhere-token"
        name = "zhao"
        role = "customs_officer"
        card_no = "0100000000018"
        customs_codes = ["0100"]
        [[person]]
        token = "{ADMIN}"
        name = "root"
        role = "platform_admin"
        [[person]]
        token = "{HEADQUARTERS}"
        name = "chen"
        role = "customs_hq_officer"
        [[person]]
        token = "{GATEWAY}"
        name = "gateway"
        role = "gateway"
        [[person]]
        token = "{CARDLESS}"
        name = "sun"
        role = "enterprise_operator"
        uscc = "91150781MA0N5XWB9P"
        [[yard]]
        yard_id = "{YARD}"
        customs_codes = ["0708", "2225", "4227", "5304", "2233"]
        [[lane]]
        yard_id = "{YARD}"
        gate_id = "0708-G02"
        lane_id = "OUT1"
        lane_direction = "OUT"
        outermost = true
        "#
    );
    for (uscc, card_no) in ENTERPRISES {
        text += &format!(
            "[[person]]\ntoken = \"declarant-{uscc}\"\nname = \"wang\"\nrole = \"enterprise_operator\"\nuscc = \"{uscc}\"\ncard_no = \"{card_no}\"\n"
        );
    }
    for gate in ["0708-G02", "0708-G03"] {
        text +=
            &format!("[[gate]]\ngate_id = \"{gate}\"\nyard_id = \"{YARD}\"\ntoken = \"gate-token-{gate}\"\n");
    }
    text
}

/// A centre with one yard, two gates, four enterprises and officers.
pub(crate) struct TestApp {
    pub(crate) central: Central,
    /// Cards in readers, by token, in place of the configured ones.
    pub(crate) held: Mutex<HashMap<String, TestCard>>,
    pub(crate) router: Router,
    /// The authority's certificate, apart from the data.
    _authority: TempDir,
    // Last: what is connected goes before the database does.
    ground: Arc<Ground>,
}

impl TestApp {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::open_on(Arc::new(Ground::fresh().await), change).await
    }

    /// Opens the same data again, as a restarted process would, or another one beside this.
    pub(crate) async fn reopened(&self) -> Self {
        self.reopened_with(|_| {}).await
    }

    /// The same data by another configuration.
    pub(crate) async fn reopened_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        let desk = self.central.config().desk.clone();
        let change = |config: &mut Config| {
            config.desk = desk;
            change(config);
        };
        Self::open_on(Arc::clone(&self.ground), change).await
    }

    /// A centre whose desk is set up otherwise.
    pub(crate) async fn with_desk(desk: impl FnOnce(&TempDir) -> DeskConfig) -> Self {
        let ground = Arc::new(Ground::fresh().await);
        let desk = desk(ground.folder());
        Self::open_on(ground, |config| config.desk = desk).await
    }

    /// A centre on this ground, with another configuration.
    pub(crate) async fn open_on(ground: Arc<Ground>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config: Config = config::read(config_text().parse().unwrap(), std::iter::empty()).unwrap();
        config.store = ground.config();
        let authority = tempfile::tempdir().unwrap();
        config.cards.authorities = vec![test_card::authority_file(authority.path())];
        change(&mut config);
        let clock = Clock::standing(UtcMillis::parse("2025-10-13T00:30:00Z").unwrap());
        let central = Central::open(config, clock, Checker::Here).await.unwrap();
        Self {
            held: Mutex::default(),
            // Requests in process come from this machine.
            router: router(central.clone()).layer(MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9)))),
            central,
            _authority: authority,
            ground,
        }
    }

    /// One request; the answer's body as JSON, null when it has none.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let (status, bytes) = self.call_raw(method, path, token, body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    pub(crate) async fn call_raw(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> (StatusCode, Vec<u8>) {
        let response = self.respond(method, path, token, body).await;
        let status = response.status();
        (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    /// A request whose body is text, as it stands.
    pub(crate) async fn call_text(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: &str,
    ) -> (StatusCode, Vec<u8>) {
        let request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        let response = self.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        let status = response.status();
        (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    /// Any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// The answer before its body is read.
    pub(crate) async fn respond(&self, method: Method, path: &str, token: &str, body: Value) -> Response {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }

    /// The status of a request with these headers and no token.
    pub(crate) async fn with_headers(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> StatusCode {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
    }

    /// The body of an answer as it is sent to a caller that takes zstd.
    pub(crate) async fn call_accepting_zstd(&self, path: &str, token: &str) -> Vec<u8> {
        let request = Request::builder()
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("accept-encoding", "gzip, zstd;q=0.9");
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "zstd");
        response.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, token, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, token, body).await
    }

    /// 暂存 of this content by the first enterprise.
    pub(crate) async fn save(&self, content: Value) -> Value {
        let (status, record) = self.post("/api/v1/smart-gate/records", DECLARANT, content).await;
        assert_eq!(status, StatusCode::CREATED, "{record}");
        record
    }

    /// The record as its enterprise sees it.
    pub(crate) async fn show(&self, record: &Value) -> Value {
        let (status, record) = self.get(&path(record), DECLARANT).await;
        assert_eq!(status, StatusCode::OK, "{record}");
        record
    }

    /// 申报, signed by the card of the first enterprise.
    pub(crate) async fn declare(&self, record: &Value) -> Value {
        let (status, declared) = self.act(DECLARANT, &path(record), "declare", Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{declared}");
        declared
    }

    /// What the centre does by itself, without waiting for the desk's delay.
    pub(crate) async fn centre_acts(&self, record: &Value, action: Action) -> bool {
        let number = record["unified_no"].as_str().unwrap();
        let status = self.show(record).await["status"].clone();
        let status = serde_json::from_value(status).unwrap();
        desk::act(self.central.store(), number, status, action).await.unwrap()
    }

    /// An officer's act on the record as it is now, signed.
    pub(crate) async fn officer(&self, record: &Value, act: &str) -> (StatusCode, Value) {
        let version = self.get(&path(record), OFFICER).await.1["version"].clone();
        let body = json!({"version": version, "text": "布控"});
        self.act_saying(OFFICER, &desk_path(record), act, body).await
    }

    /// A record of this content, approved by customs.
    pub(crate) async fn approved(&self, content: Value) -> Value {
        let record = self.save(content).await;
        self.declare(&record).await;
        self.centre_acts(&record, Action::Deliver).await;
        let (status, answer) = self.officer(&record, "approve").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.show(&record).await
    }
}

pub(crate) fn path(record: &Value) -> String {
    format!("/api/v1/smart-gate/records/{}", record["unified_no"].as_str().unwrap())
}

/// Where officers decide about the record.
pub(crate) fn desk_path(record: &Value) -> String {
    format!("/api/v1/desk/records/{}", record["unified_no"].as_str().unwrap())
}

/// Bulk import by road: V01 of the spec, as a client sends it.
pub(crate) fn coal(medium_key: &str) -> Value {
    json!({
        "customs_code": "0708", "medium_type": "VN", "medium_key": medium_key, "business_type": "1000000000",
        "transport_mode": "4", "ie_flag": "I", "vehicle_pass_type": "02", "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400,
        "container_weight_kg": 0, "remark": "长协煤",
        "lines": [{"direction": "E", "object_type": "B", "object_id": "MGL2510130087", "voyage_no": "0708251013017",
                   "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500}]
    })
}

/// A gate's journal: makes events whose chain holds.
#[derive(Clone, Debug)]
pub(crate) struct TestGate {
    pub(crate) gate_id: GateId,
    pub(crate) epoch: u32,
    seq: u64,
    head: Hash,
    clock: UtcMillis,
}

impl TestGate {
    pub(crate) fn new(gate_id: &str) -> Self {
        let clock = UtcMillis::parse("2025-10-13T01:00:00Z").unwrap();
        Self { gate_id: GateId::parse(gate_id).unwrap(), epoch: 1, seq: 0, head: Hash::ZERO, clock }
    }

    pub(crate) fn token(&self) -> String {
        format!("gate-token-{}", self.gate_id)
    }

    pub(crate) async fn hello(&self, app: &TestApp, store_id: &str) -> (StatusCode, Value) {
        let body = json!({"gate_id": self.gate_id, "store_id": store_id, "version": "0.1.0"});
        app.post("/gate/v1/hello", &self.token(), body).await
    }

    /// The next event of the journal; one second after the one before.
    pub(crate) fn event(
        &mut self,
        event_type: EventType,
        direction: LaneDirection,
        visit: &str,
        trip: Option<TripNo>,
    ) -> Event {
        self.seq += 1;
        self.clock = UtcMillis::from_millis(self.clock.as_millis() + 1000);
        let gross = match direction {
            LaneDirection::In => Kg::from_kilograms(15_010),
            LaneDirection::Out => Kg::from_kilograms(47_340),
        };
        Event {
            event_id: format!("{}-{}-{}", self.gate_id, self.epoch, self.seq).into(),
            gate_id: self.gate_id.clone(),
            lane_id: Some(LaneId::parse(&format!("{direction}1")).unwrap()),
            lane_direction: Some(direction),
            visit_id: Some(VisitId::parse(visit).unwrap()),
            epoch: self.epoch,
            seq: self.seq,
            occurred_at: self.clock,
            event_type,
            verdict: None,
            mode: None,
            trip_no: trip,
            version_no: trip.map(|_| 1),
            reads: Reads { gross_kg: Some(gross), ..Reads::default() },
            reason_code: None,
            officer_id: None,
            images: Vec::new(),
            index_revision: None,
            index_age_s: None,
            outcome: None,
            detail: None,
            basis: None,
            mono_us: 0,
            clock_offset_ms: Some(0),
            prev_hash: self.head,
            hash: Hash::ZERO,
        }
    }

    /// Puts an event into the chain.
    pub(crate) fn sealed(&mut self, mut event: Event) -> Value {
        let text = seal(&mut event).unwrap();
        self.head = event.hash;
        serde_json::from_str(&text).unwrap()
    }

    /// Makes an event and puts it into the chain.
    pub(crate) fn write(
        &mut self,
        event_type: EventType,
        direction: LaneDirection,
        visit: &str,
        trip: Option<TripNo>,
    ) -> Value {
        let event = self.event(event_type, direction, visit, trip);
        self.sealed(event)
    }

    pub(crate) async fn send(&self, app: &TestApp, events: Vec<Value>) -> (StatusCode, Value) {
        let body = json!({"gate_id": self.gate_id, "epoch": self.epoch, "events": events});
        app.post("/gate/v1/events", &self.token(), body).await
    }
}

pub(crate) fn trip_no(record: &Value) -> TripNo {
    TripNo::parse(record["trip_no"].as_str().unwrap()).unwrap()
}
