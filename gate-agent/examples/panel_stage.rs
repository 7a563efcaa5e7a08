//! The panel with staged lanes: one in each kind of state, a journal with some passages, persons with known PINs. For looking at the page, and
//! for its browser test, which needs states that a whole yard reaches only with luck.
//! Usage: `cargo run -p gate-agent --example panel_stage [127.0.0.1:8090 [well|trouble]]`. Persons: zhang and wang (officers, 482017 and
//! 730195; wang is a supervisor, one of whose release codes is printed), li (operator, 904716). What a person does is printed, one line each, and played: a released vehicle passes and the lane is free.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a stage, run by hand and by tests"
)]

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use gate_agent::{
    apart::Apart,
    cache::{Cache, Residence},
    clock::{Clock, SystemClock},
    decision::{Compared, Finding},
    identity::TrustedTime,
    journal::{
        ClosedLane, Draft, EmergencyLog, IndexStamp, Journal, JournalState, LaneRef, SqliteStore, TripRef,
    },
    lane::{Arm, Counter, Deed, Person, Role, Snapshot, TakenCodes},
    panel::{Access, DeviceView, LaneView, Link, Metrics, State, UsageGauge, serve},
    person::{Entry, Pin, PinHash, Register},
    release_code::{Book, BookError, CodeTime, IssuedCode, ReleaseCode, ReleaseCodes},
    watchdog::Beat,
};
use protocols::{
    contract::{EventType, Hash, Kg, RaiseOutcome, ReadValue, Reads, UtcMillis},
    ids::{GateId, LaneId, TripNo, VisitId},
    rules::{LaneDirection, ReasonCode, Verdict},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, sync::watch};

const TRIPS: [&str; 3] = [
    "20251089500000048210000000000123",
    "20251089500000048210000000000124",
    "20251089500000048210000000000125",
];

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let listen: SocketAddr = args.next().unwrap_or_else(|| "127.0.0.1:8090".to_owned()).parse().unwrap();
    let is_trouble = args.next().as_deref() == Some("trouble");
    let folder = tempfile::tempdir().unwrap();
    let (clock, metrics) = (Arc::new(SystemClock), Arc::new(Metrics::new()));
    let gate_id = GateId::parse("0708-G02").unwrap();
    let journal_file = folder.path().join("journal.db");
    let store = SqliteStore::at(journal_file.clone(), gate_id.clone());
    let (journal, _thread) = Journal::start(store, gate_id.clone(), clock.clone()).unwrap();
    journal.state().wait_for(|state| *state == JournalState::Available).await.unwrap();
    journal.set_epoch(1).await.unwrap();
    let cache =
        Cache::open(&folder.path().join("index.db"), clock.clone(), journal.overlay(), Residence::Memory);
    fill(&cache);
    past(&journal).await;
    let error = is_trouble.then(|| "connection refused".into());
    let (_link, link) = watch::channel(Link {
        online: !is_trouble,
        clock_offset_ms: Some(if is_trouble { -7400 } else { 12 }),
        error,
        ..Link::default()
    });
    let silent = is_trouble.then(|| GateId::parse("0708-G03").unwrap());
    let (_silent, silent) = watch::channel(Vec::from_iter(silent));
    let persons = persons();
    let codes = codes(folder.path(), &gate_id, &journal, &persons);
    let lanes = lanes().into_iter().map(|(name, now)| stage(name, now, &journal)).collect();
    let listener = TcpListener::bind(listen).await.unwrap();
    let listen = listener.local_addr().unwrap();
    let state = State {
        gate_id,
        lanes,
        devices: devices(&metrics, is_trouble),
        journal,
        cache,
        link,
        codes,
        persons: Register::new(
            persons,
            clock.clone(),
            Arc::clone(&metrics),
            Apart::start("persons").unwrap(),
        ),
        metrics,
        access: Access { listen, names: Vec::new(), login_idle: Duration::from_secs(1800) },
        journal_file,
        silent_neighbours: Some(silent),
        usage: UsageGauge::default(),
        clock,
    };
    println!("panel stage on http://{listen}");
    serve(listener, Arc::new(state), std::future::pending()).await.unwrap();
}

fn persons() -> Vec<Entry> {
    let entry = |id: &str, name: &str, role, pin: &str| Entry {
        person: Person { id: id.into(), role },
        name: name.into(),
        pin: PinHash::of(&Pin::chosen(pin).unwrap()).unwrap(),
        issues_codes: id == "wang",
    };
    vec![
        entry("zhang", "张伟", Role::Officer, "482017"),
        entry("wang", "王芳", Role::Officer, "730195"),
        entry("li", "李强", Role::Operator, "904716"),
    ]
}

/// The agent's release codes, and one of them printed.
fn codes(folder: &Path, gate_id: &GateId, journal: &Journal, persons: &[Entry]) -> Arc<ReleaseCodes> {
    let clock = Arc::new(SystemClock);
    let trusted = Arc::new(TrustedTime::new(clock.clone(), None));
    let time = CodeTime::open(folder, trusted, clock.clone());
    let (code, issuer) = (ReleaseCode::draw(|_| false), persons.iter().find(|entry| entry.issues_codes));
    let (now, store_id) = (time.now(), journal.found().unwrap().head.store_id.clone());
    let until = UtcMillis::from_millis(now.as_millis() + 86_400_000);
    let issued = IssuedCode::new(&code, issuer.unwrap(), (now, until), gate_id, &store_id).unwrap();
    let put_in = |codes: &mut Vec<IssuedCode>| {
        codes.push(issued);
        Ok::<_, BookError>(())
    };
    Book::in_folder(folder).change(now, put_in).unwrap();
    println!("code {}", code.shown());
    let emergency = EmergencyLog::at(folder.join("emergency.log"));
    let (gate_id, taken) = (gate_id.clone(), TakenCodes::default());
    Arc::new(ReleaseCodes::open(folder, gate_id, journal.clone(), &emergency, taken, time))
}

fn devices(metrics: &Metrics, is_trouble: bool) -> Vec<DeviceView> {
    let kinds = [
        ("uhf-in1", "uhf-chafon-18"),
        ("io-in1", "modbus-io"),
        ("uhf-out1", "uhf-chafon-18"),
        ("scale-out1", "weighbridge-a9"),
        ("cam-out1", "mqtt-camera"),
    ];
    let view = |(place, (name, kind)): (usize, (&str, &'static str))| {
        let counters = metrics.device(name);
        let is_dead = is_trouble && name == "uhf-out1";
        counters.online.set(i64::from(!is_dead));
        counters.reads.inc_by(4812 * (place as u64 + 1));
        counters.frames.inc_by(98_231 * (place as u64 + 1));
        counters.bad_checks.inc_by(place as u64);
        if is_dead {
            counters.errors.inc_by(214);
        }
        DeviceView { name: name.into(), kind, metrics: counters }
    };
    kinds.into_iter().enumerate().map(view).collect()
}

fn read(value: &str) -> Option<ReadValue> {
    Some(ReadValue {
        value: value.to_owned(),
        confidence: Some(962),
        device: Some("cam-out1".to_owned()),
        ..ReadValue::default()
    })
}

fn trip(number: usize) -> TripRef {
    TripRef { trip_no: TripNo::parse(TRIPS[number]).unwrap(), version_no: 1 }
}

fn finding(reason: ReasonCode, what: Compared, expected: &str, read: &str) -> Finding {
    Finding { reason, what, expected: expected.into(), read: read.into() }
}

fn empty(state: &'static str) -> Snapshot {
    Snapshot {
        state,
        visit_id: None,
        verdict: None,
        reason: None,
        faults: Vec::new(),
        since: None,
        reads: Reads::default(),
        trip: None,
        offered: Vec::new(),
        findings: Vec::new(),
        arm: Arm::Closed,
        closed: None,
        is_over: false,
    }
}

fn closed(lane: &str, by: &str, why: &str) -> ClosedLane {
    ClosedLane {
        lane_id: LaneId::parse(lane).unwrap(),
        by: by.into(),
        at: SystemClock.wall(),
        why: why.into(),
    }
}

fn held(visit: &str, verdict: Verdict, reason: ReasonCode, ago_s: i64) -> Snapshot {
    let since = UtcMillis::from_millis(SystemClock.wall().as_millis() - ago_s * 1000);
    Snapshot {
        visit_id: Some(VisitId::parse(&format!("0708-G02-{visit}-20251013-1-0042")).unwrap()),
        verdict: Some(verdict),
        reason: Some(reason),
        since: Some(since),
        ..empty("held")
    }
}

/// One lane in each kind of state.
fn lanes() -> Vec<(&'static str, Snapshot)> {
    let near = Snapshot {
        reads: Reads {
            plate: read("沪DM9028"),
            e_plate: read("E28011606000020000000123"),
            ..Reads::default()
        },
        trip: Some(trip(0)),
        findings: vec![finding(ReasonCode::NearPlate, Compared::Plate, "沪DM9026", "沪DM9028")],
        ..held("IN1", Verdict::Person, ReasonCode::NearPlate, 47)
    };
    let heavy = Snapshot {
        reads: Reads {
            plate: read("蒙B77301"),
            e_plate: read("E28011606000020000000124"),
            containers: read("CSQU3054383").into_iter().collect(),
            gross_kg: Some(Kg::from_kilograms(52_140)),
            ..Reads::default()
        },
        trip: Some(trip(1)),
        findings: vec![
            finding(ReasonCode::WeightOutOfTolerance, Compared::Weight, "47500.5", "52140"),
            finding(ReasonCode::SealMissing, Compared::Seal, "AB1029|AB1030", ""),
        ],
        ..held("OUT1", Verdict::Person, ReasonCode::WeightOutOfTolerance, 125)
    };
    let several = Snapshot {
        reads: Reads { e_plate: read("E28011606000020000000125"), ..Reads::default() },
        offered: vec![trip(1), trip(2)],
        ..held("OUT2", Verdict::Person, ReasonCode::Ambiguous, 9)
    };
    let stopped = Snapshot {
        reads: Reads { plate: read("京AF0236"), ..Reads::default() },
        ..held("IN2", Verdict::Refuse, ReasonCode::CustomsHold, 310)
    };
    let through = Snapshot {
        reads: Reads { plate: read("津C55208"), ..Reads::default() },
        trip: Some(trip(2)),
        arm: Arm::Open,
        state: "passing",
        ..held("OUT3", Verdict::Pass, ReasonCode::Ok, 12)
    };
    vec![
        ("IN1", near),
        ("OUT1", heavy),
        ("OUT2", several),
        ("IN2", stopped),
        ("OUT3", through),
        ("IN3", empty("idle")),
        ("IN4", Snapshot { closed: Some(closed("IN4", "8950000004821", "地磅检修")), ..empty("idle") }),
        ("OUT4", Snapshot { reason: Some(ReasonCode::LaneClosed), arm: Arm::Unknown, ..empty("closed") }),
    ]
}

/// A lane that takes acts, prints them, and plays what they would do.
fn stage(name: &'static str, now: Snapshot, journal: &Journal) -> LaneView {
    let lane_id = LaneId::parse(name).unwrap();
    let (shown, live) = watch::channel(now);
    let (counter, mut inbox) = Counter::open(Arc::new(SystemClock));
    let (journal, id) = (journal.clone(), lane_id.clone());
    tokio::spawn(async move {
        while let Some((act, answer)) = inbox.recv().await {
            let second = act.second.as_ref().map(|second| second.person.id.clone());
            let code = act.second.as_ref().and_then(|second| second.code.clone());
            let trip = match &act.what {
                Deed::Release { trip } => trip.map(|trip| trip.to_string()),
                Deed::Choose(trip) => Some(trip.to_string()),
                _ => None,
            };
            let told = json!({"lane": name, "act": act.what.name(), "person": act.person.id, "second": second, "code": code,
                "reason": act.reason, "trip": trip});
            println!("{told}");
            let _ = answer.send(Ok(()));
            let visit_id = shown.borrow().visit_id.clone();
            let opens = matches!(act.what, Deed::Release { .. } | Deed::EmptyExit);
            if let (true, Some(visit_id)) = (opens, visit_id) {
                let released = Draft {
                    officer_id: Some(act.person.id.clone()),
                    detail: Some(json!({"reason": act.reason, "second": second, "code": code})),
                    ..event(
                        EventType::ManualRelease,
                        &id,
                        &visit_id,
                        Some(Verdict::Person),
                        Some(ReasonCode::ManualRelease),
                        0,
                    )
                };
                let _ = journal
                    .commit(vec![event(EventType::Arrival, &id, &visit_id, None, None, 30), released])
                    .await;
                for (state, arm) in [("opening", Arm::Between), ("passing", Arm::Open)] {
                    shown.send_modify(|now| {
                        (now.state, now.arm, now.reason) = (state, arm, Some(ReasonCode::ManualRelease))
                    });
                    tokio::time::sleep(Duration::from_millis(700)).await;
                }
                shown.send_replace(empty("idle"));
            }
            match act.what {
                Deed::CloseLane => {
                    shown.send_modify(|now| now.closed = Some(closed(name, &act.person.id, &act.reason)));
                }
                Deed::OpenLane => shown.send_modify(|now| now.closed = None),
                Deed::SendBack => shown.send_modify(|now| now.reason = Some(ReasonCode::SentBack)),
                Deed::Correct(_) | Deed::Choose(_) | Deed::Release { .. } | Deed::EmptyExit => {}
            }
        }
    });
    LaneView { lane_id, live, counter, beat: Beat::default() }
}

fn event(
    event_type: EventType,
    lane_id: &LaneId,
    visit_id: &VisitId,
    verdict: Option<Verdict>,
    reason: Option<ReasonCode>,
    ago_s: i64,
) -> Draft {
    let direction = if lane_id.as_str().starts_with("IN") { LaneDirection::In } else { LaneDirection::Out };
    let at = UtcMillis::from_millis(SystemClock.wall().as_millis() - ago_s * 1000);
    Draft {
        lane: Some(LaneRef { lane_id: lane_id.clone(), direction }),
        visit_id: Some(visit_id.clone()),
        verdict,
        reason,
        index: Some(IndexStamp { revision: 128, age_s: 4, mark: None }),
        ..Draft::new(event_type, SystemClock.tick(), at)
    }
}

/// Some passages that have ended.
async fn past(journal: &Journal) {
    let plates = ["沪DM9026", "蒙B77301", "京AF0236", "津C55208", "冀B12X45", "沪A0D817挂", "鲁B7K229"];
    for number in 0..14_usize {
        let lane_id = LaneId::parse(["IN1", "OUT1", "OUT2"][number % 3]).unwrap();
        let visit_id = VisitId::parse(&format!("0708-G02-{lane_id}-20251013-1-{number:04}")).unwrap();
        let ago = 3600 - i64::try_from(number).unwrap() * 240;
        let of =
            |event_type, verdict, reason, ago| event(event_type, &lane_id, &visit_id, verdict, reason, ago);
        let mut arrival = of(EventType::Arrival, None, None, ago);
        arrival.reads.plate = read(plates[number % plates.len()]);
        let (pass, person, refuse) = (Some(Verdict::Pass), Some(Verdict::Person), Some(Verdict::Refuse));
        let mut drafts = vec![arrival];
        match number % 5 {
            3 => drafts.push(of(EventType::Refuse, refuse, Some(ReasonCode::NoBinding), ago - 3)),
            4 => {
                drafts.push(of(EventType::LaneState, person, Some(ReasonCode::NearPlate), ago - 3));
                let mut released =
                    of(EventType::ManualRelease, person, Some(ReasonCode::ManualRelease), ago - 60);
                released.officer_id = Some("zhang".into());
                released.trip = Some(trip(number % 3));
                released.detail = Some(json!({"reason": "已核对车辆、单证与绑定信息一致"}));
                drafts.push(released);
            }
            _ => {
                let mut intent = of(EventType::RaiseIntent, pass, Some(ReasonCode::Ok), ago - 2);
                intent.trip = Some(trip(number % 3));
                let mut raised = of(EventType::RaiseOutcome, pass, Some(ReasonCode::Ok), ago - 4);
                raised.outcome = Some(RaiseOutcome::Raised);
                drafts.extend([intent, raised, of(EventType::Pass, pass, Some(ReasonCode::Ok), ago - 15)]);
            }
        }
        journal.commit(drafts).await.unwrap();
    }
}

/// An index of three trips, a yard's policy, and lanes of which two ask for two persons.
fn fill(cache: &Cache) {
    let line = |object: &str| {
        json!({"line_no": 1, "direction": "E", "object_type": "B", "object_id": object, "vessel_name": null, "voyage_no": "0708251013017",
               "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500, "container_no_1": "CSQU3054383",
               "container_no_2": null, "seal_no_1": "AB1029|AB1030", "seal_no_2": null})
    };
    let plate = json!({"line_no": 2, "direction": null, "object_type": "VN", "object_id": "沪DM9026", "vessel_name": null,
        "voyage_no": "0708251013017", "business_type": "1000000000", "bill_type": null, "pickup_weight_kg": 0, "container_no_1": null,
        "container_no_2": null, "seal_no_1": null, "seal_no_2": null});
    let entry = |number: usize| {
        let mut lines = vec![line(&format!("MGL251013008{number}"))];
        if number == 0 {
            lines.push(plate.clone());
        }
        json!({"t": "entry", "trip_no": TRIPS[number], "unified_no": format!("2025{number:014}"), "version_no": 1,
            "status": "CUSTOMS_APPROVED", "lock_source": null, "lock_gate_id": null, "customs_code": "0708",
            "uscc": "91150781MA0N5XWB9P", "ie_flag": "I", "business_type": "1000000000", "transport_mode": "4",
            "vehicle_pass_type": "02", "medium_type": "VE", "medium_key": format!("E2801160600002000000012{}", 3 + number),
            "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400.5, "container_weight_kg": 0, "approved_at": "2025-10-12T02:11:00.000Z",
            "entry_passed": number != 2, "closing_passed": false, "lines": lines})
    };
    let lane = |name: &str| {
        let direction = if name.starts_with("IN") { "IN" } else { "OUT" };
        json!({"t": "policy", "scope": "lane", "gate_id": "0708-G02", "lane_id": name, "lane_direction": direction,
               "two_person_release": matches!(name, "OUT1" | "IN2")})
    };
    let mut rows: Vec<Value> = (0..3).map(entry).collect();
    rows.push(json!({"t": "policy", "scope": "yard", "customs_codes": ["0708"]}));
    rows.extend(["IN1", "IN2", "IN3", "IN4", "OUT1", "OUT2", "OUT3"].map(lane));
    let head = json!({"yard_id": "CNEHX070801", "revision": 128, "entries": 3, "stubs": 0, "denied": 0});
    let mut lines: Vec<String> = [head].iter().chain(&rows).map(ToString::to_string).collect();
    let mut sha = Sha256::new();
    lines.iter().for_each(|line| sha.update(format!("{line}\n")));
    lines.push(json!({"sha256": Hash(sha.finalize().into())}).to_string());
    let mut snapshot = cache.begin_snapshot().unwrap();
    lines.iter().try_for_each(|line| snapshot.line(line)).unwrap();
    snapshot.finish().unwrap();
}
