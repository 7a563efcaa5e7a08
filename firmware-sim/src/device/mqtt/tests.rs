//! The devices' messages, held against the page's vectors and the contract's samples, not against our own decoder; then
//! what each knob does, seen by the side that takes the messages.

use super::actuator::{Actuator, Light};
use super::camera::Camera;
use super::ground::{LoopSensor, Scale};
use super::medium::MediumReader;
use super::tag::{Batch, Make, Tag, TagReader};
use super::{Publish, STORE_MAX, commands};
use crate::device::barrier::{Barrier, Knobs as BarrierKnobs, Movement};
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;
use protocols::contract::{Kg, UtcMillis};
use protocols::ids::{DeviceName, GateId, LaneId, MediumKey, MediumType};
use protocols::mqtt::camera::Vendor;
use protocols::mqtt::intake::{Config, Intake};
use protocols::mqtt::kakou::{Command, EventId, Order, Payload};
use protocols::mqtt::report::Fact;
use protocols::mqtt::topic::Address;
use protocols::mqtt::{Dialect, Message};
use protocols::tick::Tick;
use serde_json::{Value, from_slice, json};

fn wall() -> UtcMillis {
    UtcMillis::parse("2025-11-20T08:00:00.000Z").unwrap()
}

fn address(device: &str) -> Address {
    Address {
        gate: GateId::parse("0708-G02").unwrap(),
        lane: LaneId::parse("OUT1").unwrap(),
        device: DeviceName::parse(device).unwrap(),
    }
}

fn tag(rssi_dbm: i32) -> Tag {
    Tag { epc: hex::decode("7EDA9038051002710002C0AE").unwrap(), tid: None, antenna: 1, rssi_dbm }
}

fn zebra(batch: Batch) -> TagReader {
    TagReader::new(Make::Zebra { mac: "C4:7D:CC:FF:FF:FF".into(), batch }, "zebra/fx1/data".into())
}

/// Each object of a payload.
fn objects(payload: &[u8]) -> Vec<Value> {
    serde_json::Deserializer::from_slice(payload).into_iter::<Value>().map(Result::unwrap).collect()
}

/// What an intake tells of these messages; a refusal as its words.
fn taken(intake: &mut Intake, messages: &[Publish]) -> Vec<String> {
    let told = messages.iter().flat_map(|message| {
        let message =
            Message { topic: &message.topic, payload: &message.payload, retained: message.retained };
        intake.take(&message, wall(), Tick::default())
    });
    told.map(|one| match one {
        Ok(report) => match report.fact {
            Fact::Seen(sighting) => format!("{:?} age {:?}", sighting.identity, sighting.age_ms),
            fact => format!("{fact:?}"),
        },
        Err(refusal) => format!("refused: {refusal}"),
    })
    .collect()
}

/// Vector Q1, all members but the phase angle and the names that a preset adds.
#[test]
fn an_impinj_reader_says_what_the_vector_says() {
    let mut reader = TagReader::new(Make::Impinj { hostname: "impinj-01-23-45".into() }, "r700/1".into());
    let seen = Tag { tid: Some(hex::decode("E2801170200014CD9B5A08EC").unwrap()), ..tag(-70) };
    let told = reader.see(&[seen], UtcMillis::from_millis(wall().as_millis() + 100));
    let [Publish { topic, payload, retained: false }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(topic, "r700/1");
    let want = json!({
        "timestamp": "2025-11-20T08:00:00.100Z",
        "hostname": "impinj-01-23-45",
        "eventType": "tagInventory",
        "tagInventoryEvent": {
            "epc": "ftqQOAUQAnEAAsCu",
            "epcHex": "7EDA9038051002710002C0AE",
            "tid": "4oARcCAAFM2bWgjs",
            "tidHex": "E2801170200014CD9B5A08EC",
            "antennaPort": 1,
            "peakRssiCdbm": -7000,
            "lastSeenTime": "2025-11-20T08:00:00.100Z",
        },
    });
    assert_eq!(from_slice::<Value>(payload).unwrap(), want);
}

/// Vector Q3, member for member: two events glued together; and the same in an array and one by one.
#[test]
fn a_zebra_reader_says_what_the_vector_says() {
    let vector = br#"{"type":"SIMPLE","timestamp":"2025-11-20T08:00:00.000+0000","data":{"MAC":"C4:7D:CC:FF:FF:FF","antenna":1,"eventNum":1,"format":"epc","idHex":"7EDA9038051002710002C0AE","peakRssi":-70,"reads":1}}{"type":"SIMPLE","timestamp":"2025-11-20T08:00:00.000+0000","data":{"MAC":"C4:7D:CC:FF:FF:FF","antenna":1,"eventNum":2,"format":"epc","idHex":"7EDA9038051002710002C0AE","peakRssi":-69,"reads":1}}"#;
    let want = objects(vector);
    let both = [tag(-70), tag(-69)];
    let glued = zebra(Batch::Glued).see(&both, wall());
    assert_eq!(glued.len(), 1);
    assert_eq!(objects(&glued[0].payload), want);
    let array = zebra(Batch::Array).see(&both, wall());
    assert_eq!(objects(&array[0].payload), [Value::Array(want.clone())]);
    let single = zebra(Batch::Single).see(&both, wall());
    assert_eq!(single.iter().flat_map(|one| objects(&one.payload)).collect::<Vec<_>>(), want);
}

/// Vectors Q4 and Q6: the members that identify, in the names and spellings of their makes.
#[test]
fn cameras_say_what_the_vectors_say() {
    let at = UtcMillis::from_millis(1_607_123_958_748);
    let mut frigate = Camera::new(Vendor::Frigate, "driveway_cam".into(), "frigate".into());
    let told = frigate.see(Some("123ABC"), 950, at);
    assert_eq!(told[0].topic, "frigate/tracked_object_update");
    let want = json!({
        "type": "lpr", "id": "1-1", "plate": "123ABC", "score": 0.95, "camera": "driveway_cam",
        "timestamp": 1_607_123_958.748,
    });
    assert_eq!(from_slice::<Value>(&told[0].payload).unwrap(), want);

    let mut alpha = Camera::new(Vendor::Alpha, "fd495d6ee960dbec".into(), "".into());
    let told = alpha.see(Some("京A12345"), 920, UtcMillis::from_millis(1_763_600_000_000));
    assert_eq!(told[0].topic, "device/fd495d6ee960dbec/message/up/ivs_result");
    let told: Value = from_slice(&told[0].payload).unwrap();
    assert_eq!(
        (&told["sn"], &told["name"], &told["version"], &told["timestamp"]),
        (&json!("fd495d6ee960dbec"), &json!("ivs_result"), &json!("1.0"), &json!(1_763_600_000))
    );
    let result = &told["payload"]["AlarmInfoPlate"]["result"]["PlateResult"];
    assert_eq!((&result["license"], &result["confidence"]), (&json!("5LqsQTEyMzQ1"), &json!(92)));
    let unread: Value = from_slice(&alpha.see(None, 0, wall())[0].payload).unwrap();
    assert_eq!(unread["payload"]["AlarmInfoPlate"]["result"]["PlateResult"]["license"], "X+aXoF8=");
    assert_eq!(alpha.heartbeat().unwrap().topic, "device/fd495d6ee960dbec/message/up/keep_alive");
}

/// Contract section 4: the samples, with the names that this form gives its members.
#[test]
fn devices_of_our_own_form_say_what_the_contract_shows() {
    let key = MediumKey::read(MediumType::ElectronicPlate, "E280116060000204").unwrap();
    let read =
        MediumReader::new(address("uhf-1"), 7).read(MediumType::ElectronicPlate, &key, Some(980), wall());
    let weight = Scale::new(address("scale-1"), 7).weigh(Kg::from_kilograms(49_000), true, wall());
    let mut sensor = LoopSensor::new(address("loop-1"), 7);
    let occupied = sensor.feel(true, wall());
    assert_eq!(sensor.feel(true, wall()), []);
    let id = "00000000-0000-0007-0000-000000000001";
    let at = "2025-11-20T08:00:00.000Z";
    for (told, topic, want) in [
        (
            read,
            "kakou/v1/0708-G02/OUT1/uhf-1/read",
            json!({"id": id, "medium_type": "VE", "medium_key": "E280116060000204", "at": at, "confidence": 0.98}),
        ),
        (
            weight,
            "kakou/v1/0708-G02/OUT1/scale-1/weight",
            json!({"id": id, "kg": 49000, "stable": true, "at": at}),
        ),
        (occupied, "kakou/v1/0708-G02/OUT1/loop-1/loop", json!({"id": id, "occupied": true, "at": at})),
    ] {
        assert_eq!(told.len(), 1);
        assert_eq!((&*told[0].topic, told[0].retained), (topic, false));
        assert_eq!(from_slice::<Value>(&told[0].payload).unwrap(), want);
    }
    let will = Publish::will(&address("loop-1"));
    assert_eq!(
        (&*will.topic, &*will.payload, will.retained),
        ("kakou/v1/0708-G02/OUT1/loop-1/online", &b"0"[..], true)
    );
    assert_eq!(Publish::online(&address("loop-1")).payload, b"1");
}

/// fault D3, D4, D8, E2 and the page's section 3.1: each knob, as the other side sees it.
#[test]
fn each_knob_is_met_by_the_side_that_takes_the_messages() {
    let plain = "Epc([126, 218, 144, 56, 5, 16, 2, 113, 0, 2, 192, 174]) age Some(0)";
    let run = |knobs: fn(&mut super::Knobs)| {
        let mut reader = zebra(Batch::Single);
        knobs(reader.knobs_mut());
        let messages = reader.see(&[tag(-70)], wall());
        taken(&mut Intake::new(Config::of(Dialect::Zebra), Tick::default()), &messages)
    };
    assert_eq!(run(|_| {}), [plain]);
    assert_eq!(run(|knobs| knobs.silent = true), Vec::<String>::new());
    assert_eq!(run(|knobs| knobs.duplicate = true), [plain]);
    assert_eq!(run(|knobs| knobs.babble = 2), [plain, plain, plain]);
    assert_eq!(run(|knobs| knobs.wrong = true), [plain.replace("174", "175")]);
    assert_eq!(run(|knobs| knobs.clock_ms = -60_000), [plain.replace("Some(0)", "Some(60000)")]);
    assert_eq!(
        run(|knobs| knobs.clock_ms = 3_600_000),
        [plain.replace("Some(0)", "Some(18446744073709551615)")]
    );
    assert!(run(|knobs| knobs.retain = true)[0].starts_with("refused: retained"));
    assert!(run(|knobs| knobs.cut = 3)[0].starts_with("refused: no JSON"));
}

/// fault D8: behind a lost link the reader stores, and everything comes late, in order and bounded.
#[test]
fn what_was_held_back_comes_with_its_own_time() {
    let mut reader = zebra(Batch::Single);
    let mut intake = Intake::new(Config::of(Dialect::Zebra), Tick::default());
    taken(&mut intake, &reader.see(&[tag(-70)], UtcMillis::from_millis(wall().as_millis() - 9000)));
    reader.knobs_mut().hold = true;
    for second in [-8_i64, -7] {
        assert_eq!(reader.see(&[tag(-70)], UtcMillis::from_millis(wall().as_millis() + second * 1000)), []);
    }
    reader.knobs_mut().hold = false;
    let told = taken(&mut intake, &reader.release());
    assert!(told[0].ends_with("age Some(8000)") && told[1].ends_with("age Some(7000)"), "{told:?}");
    assert_eq!(reader.release(), []);
    reader.knobs_mut().hold = true;
    for _ in 0..STORE_MAX + 3 {
        reader.see(&[tag(-70)], wall());
    }
    let told = taken(&mut intake, &reader.release());
    assert_eq!(told.len(), STORE_MAX + 1);
    assert_eq!(told[0], "Missed(3)", "the oldest were lost, and it shows");
    reader.knobs_mut().hold = false;
    reader.reboot();
    let later = UtcMillis::from_millis(wall().as_millis() + 1);
    assert_eq!(taken(&mut intake, &reader.see(&[tag(-70)], later)).len(), 1);
}

/// Every make: wrong plates, plates that get better, and events of babblers that are their own.
#[test]
fn a_camera_of_any_make_is_understood_with_each_knob() {
    for vendor in Vendor::ALL {
        let mut camera = Camera::new(vendor, "c1".into(), "cams/c1".into());
        let mut intake = Intake::new(Config::of(Dialect::Camera(vendor)), Tick::default());
        let mut tell = |messages: &[Publish]| taken(&mut intake, messages).join(" ").to_uppercase();
        assert_eq!(
            tell(&camera.see(Some("京A12345"), 900, wall())),
            "PLATE(\"京A12345\") AGE SOME(0)",
            "{vendor:?}"
        );
        let better = tell(&camera.improve(Some("京A12346"), 950, wall()));
        assert_eq!(better, "PLATE(\"京A12346\") AGE SOME(0)", "{vendor:?}");
        assert_eq!(tell(&camera.see(None, 0, wall())), "NOPLATE", "{vendor:?}");
        camera.knobs_mut().wrong = true;
        assert_eq!(tell(&camera.see(Some("京A12345"), 900, wall())), "PLATE(\"京A12348\") AGE SOME(0)");
        *camera.knobs_mut() = super::Knobs { babble: 3, ..super::Knobs::default() };
        assert_eq!(
            tell(&camera.see(Some("京A12345"), 900, wall())).matches("京A12345").count(),
            4,
            "{vendor:?}"
        );
        camera.knobs_mut().silent = true;
        assert_eq!(camera.heartbeat(), None);
    }
}

struct Gate {
    actuator: Actuator,
    now: u64,
}

impl Gate {
    fn new() -> Self {
        let knobs = BarrierKnobs {
            rise: Duration::from_secs(1),
            fall: Duration::from_secs(2),
            ..BarrierKnobs::default()
        };
        Self { actuator: Actuator::new(address("bar-1"), Barrier::new(knobs)), now: 0 }
    }

    /// Sends a command and gives what it answers until that many milliseconds later: position, and its last answer.
    fn send(&mut self, id: u128, order: Order, retained: bool, wait: u64) -> Vec<String> {
        let topic = commands(&address("bar-1"));
        let payload = Payload::Command(Command { id: EventId::from_bits(id), order }).to_bytes();
        let message = Message { topic: &topic, payload: &payload, retained };
        let mut told = self.actuator.hear(&message, Tick::from_millis(self.now), wall());
        let until = self.now + wait;
        while let Some(wake) = self.actuator.wake().filter(|wake| *wake <= Tick::from_millis(until)) {
            told.extend(self.actuator.poll(wake, wall()));
            while self.actuator.next_movement(wake).is_some() {}
        }
        self.now = until;
        told.iter().map(|publish| state(&publish.payload)).collect()
    }
}

fn state(payload: &[u8]) -> String {
    let state: Value = from_slice(payload).unwrap();
    let answer = &state["answer"];
    format!("{} {} {}", state["position"], answer["done"], answer["why"]).replace('"', "")
}

/// Contract section 4, faults D6 and E2: obeyed once, answered each time, never out of the broker's memory.
#[test]
fn an_actuator_obeys_each_command_once_and_answers_it() {
    let mut gate = Gate::new();
    assert_eq!(
        gate.send(1, Order::Raise, true, 2000),
        Vec::<String>::new(),
        "a retained raise is an old one"
    );
    assert_eq!(gate.send(2, Order::Raise, false, 2000), ["closed true null", "open true null"]);
    assert_eq!(gate.send(3, Order::Lower, false, 3000), ["open true null", "closed true null"]);
    assert_eq!(
        gate.send(2, Order::Raise, false, 2000),
        ["closed true null"],
        "repeated, and not obeyed again"
    );
    assert_eq!(gate.send(4, Order::Green, false, 0), ["closed true null"]);
    assert_eq!(gate.send(5, Order::Text("请通行".into()), false, 0), ["closed true null"]);
    assert_eq!((gate.actuator.light(), gate.actuator.text()), (Light::Green, "请通行"));
    gate.actuator.barrier_mut().force(true, Tick::from_millis(gate.now));
    gate.actuator.barrier_mut().safety(true, Tick::from_millis(gate.now));
    assert_eq!(gate.send(6, Order::Lower, false, 0), ["open false a vehicle is under the arm"]);
    let moved: Vec<Movement> =
        core::iter::from_fn(|| gate.actuator.next_movement(Tick::from_millis(gate.now)))
            .map(|(_, what)| what)
            .collect();
    assert_eq!(moved, [Movement::Forced, Movement::CloseRefused]);
    gate.actuator.set_silent(true);
    assert_eq!(gate.send(7, Order::Red, false, 0), Vec::<String>::new());
    assert_eq!(gate.actuator.light(), Light::Green);
}

/// What an actuator tells is a state that the other side may take from the broker's memory.
#[test]
fn the_state_of_an_actuator_is_understood_when_it_was_retained() {
    let mut actuator = Actuator::new(address("bar-1"), Barrier::new(BarrierKnobs::default()));
    let told = actuator.poll(Tick::default(), wall());
    assert!(told[0].retained);
    assert_eq!(actuator.poll(Tick::default(), wall()), vec![]);
    let config = Config { address: Some(address("bar-1")), ..Config::of(Dialect::Kakou) };
    let said = taken(&mut Intake::new(config, Tick::default()), &told);
    assert!(said[0].starts_with("State(State { position: Closed, answer: None"), "{said:?}");
}
