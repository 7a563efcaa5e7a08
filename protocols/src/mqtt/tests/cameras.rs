//! Plate cameras: what each make leaves out, repeats or writes in its own way, and both ways of the wire.

use super::{received, said, say, told};
use crate::contract::UtcMillis;
use crate::mqtt::camera::alpha::to_http_json;
use crate::mqtt::camera::alpha_down::{Down, NEUTRAL_REPLY, Order};
use crate::mqtt::camera::{PlateEvent, Vendor};
use crate::mqtt::report::Fact;
use crate::mqtt::{Dialect, Message, PAYLOAD_MAX, decode};
use crate::talk::Identity;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proptest::prelude::{prop, prop_assert_eq, proptest};

fn on(topic: &str, payload: &str, retained: bool) -> Vec<String> {
    let message = Message { topic, payload: payload.as_bytes(), retained };
    decode(Dialect::AnyCamera, &message, PAYLOAD_MAX, received()).iter().map(say).collect()
}

fn by(vendor: Vendor, payload: &str) -> Vec<String> {
    said(Dialect::Camera(vendor), payload)
}

/// Page section 6, Frigate: a plate as text or as a pair; updates before the plate is read; objects that ended.
#[test]
fn frigate_plates_come_in_both_shapes_and_an_ended_object_is_no_sighting() {
    let event = |kind: &str, plate: &str| {
        format!(
            r#"{{"type":"{kind}","before":{{"id":"1.2-a","camera":"c"}},"after":{{"id":"1.2-a","camera":"c","frame_time":1763625601.5,"recognized_license_plate":{plate}}}}}"#
        )
    };
    let tail = "by c, id 1.2-a, at 2025-11-20T08:00:01.500Z, age 500";
    for (payload, want) in [
        (
            event("update", r#""123ABC","recognized_license_plate_score":0.9"#),
            format!("plate 123ABC, 900 permille, {tail}"),
        ),
        (event("new", r#"["123ABC",0.95]"#), format!("plate 123ABC, 950 permille, {tail}")),
        (event("new", r#""123ABC""#), format!("plate 123ABC, {tail}")),
        (event("update", "null"), "other update".to_string()),
        (event("end", r#""123ABC""#), "other end".to_string()),
        (
            event("new", r#"["123ABC"]"#),
            "refused: recognized_license_plate must be a text, or a text and its score".to_string(),
        ),
        (event("new", "17"), "refused: recognized_license_plate must be a text".to_string()),
        (r#"{"type":"lpr","plate":["123ABC",1]}"#.to_string(), "plate 123ABC, 1000 permille".to_string()),
        (
            r#"{"type":"lpr","plate":"123ABC","score":95}"#.to_string(),
            "refused: score must be a score in its range".to_string(),
        ),
        (
            r#"{"type":"lpr","plate":"123ABC","timestamp":"now"}"#.to_string(),
            "refused: timestamp must be seconds since 1970".to_string(),
        ),
        (r#"{"type":"lpr","id":"1"}"#.to_string(), "refused: plate is missing".to_string()),
        (r#"{"type":"description","id":"1"}"#.to_string(), "other description".to_string()),
    ] {
        assert_eq!(by(Vendor::Frigate, &payload), [want], "{payload}");
    }
}

/// Page section 6, Frigate: what its will says is a state, so the broker may keep it.
#[test]
fn frigate_says_whether_it_runs() {
    for (payload, want) in [
        ("online", "online true"),
        ("stopped", "online false"),
        ("offline", "online false"),
        ("{}", "refused: available must be online, stopped or offline"),
    ] {
        for retained in [false, true] {
            assert_eq!(on("frigate/available", payload, retained), [want]);
        }
    }
    assert_eq!(by(Vendor::Axis, "online"), ["refused: no JSON at line 1, column 1"]);
}

/// Page section 6, AlphaDigi; vectors Q5, Q6, QX3: plain over HTTP, base64 over MQTT, and neither is guessed.
#[test]
fn an_alpha_plate_is_plain_or_base64_by_its_envelope() {
    let result =
        |license: &str| format!(r#"{{"AlarmInfoPlate":{{"result":{{"PlateResult":{{{license}}}}}}}}}"#);
    let envelope = |license: &str| format!(r#"{{"name":"ivs_result","payload":{}}}"#, result(license));
    for (payload, want) in [
        (result(r#""license":"5LqsQTEyMzQ1""#), "plate 5LqsQTEyMzQ1"),
        (result(r#""license":"京A12345""#), "plate 京A12345"),
        (result(r#""license":"_无_""#), "no plate"),
        (result(r#""license":"""#), "no plate"),
        (result(r#""license":"A","confidence":101"#), "refused: confidence must be a score in its range"),
        (result(r#""licence":"A""#), "refused: license is missing"),
        (envelope(r#""license":"京A12345""#), "refused: license must be base64"),
        (envelope(r#""license":"OTM2022""#), "refused: license must be base64"),
        (envelope(r#""license":"_-8=""#), "refused: license must be base64"),
        (envelope(r#""license":"//8=""#), "refused: license must be base64 of UTF-8"),
        (envelope(r#""license":"IA==""#), "no plate"),
        (envelope(r#""license":"QQpC""#), "refused: license must be a plate"),
        (r#"{"AlarmInfoPlate":{}}"#.to_string(), "refused: result is missing"),
        (r#"{"AlarmInfoPlate":{"result":{}}}"#.to_string(), "refused: PlateResult is missing"),
        (r#"{"AlarmInfoPlate":7}"#.to_string(), "refused: AlarmInfoPlate must be an object"),
        (r#"{"sn":"a","name":"keep_alive","payload":{"type":"keep_alive"}}"#.to_string(), "alive, by a"),
        (r#"{"sn":"a","name":"snapshot","payload":{}}"#.to_string(), "other snapshot, by a"),
    ] {
        assert_eq!(by(Vendor::Alpha, &payload), [want], "{payload}");
    }
    let twice = r#"{"sn":"a","name":"ivs_result","payload":{"AlarmInfoPlate":{"serialno":"b","result":{"PlateResult":{"license":"QQ=="}}}}}"#;
    assert_eq!(by(Vendor::Alpha, twice), ["refused: sn and serialno say different things"]);
    // Firmware has been seen to send a zero byte before it: the topic says enough.
    assert_eq!(on("device/fd49/message/up/keep_alive", "\0{", false), ["alive, by fd49"]);
    assert_eq!(
        on("device/fd49/message/up/keep_alive", "{}", true),
        ["refused: retained message: an event is never taken from the broker's memory"]
    );
}

/// fault D8: a result that the camera kept while nobody listened never counts as fresh.
#[test]
fn an_offline_result_is_never_fresh() {
    let event = |offline: u8| {
        format!(
            r#"{{"AlarmInfoPlate":{{"result":{{"PlateResult":{{"license":"A1","isoffline":{offline},"timeStamp":{{"Timeval":{{"sec":1763625601,"usec":999000}}}}}}}}}}}}"#
        )
    };
    assert_eq!(by(Vendor::Alpha, &event(0)), ["plate A1, at 2025-11-20T08:00:01.999Z, age 1"]);
    assert_eq!(
        by(Vendor::Alpha, &event(1)),
        [format!("plate A1, at 2025-11-20T08:00:01.999Z, age {}", u64::MAX)]
    );
}

/// Page section 6, Hikvision: other types and heartbeats are no sightings; a local time is refused.
#[test]
fn a_hikvision_notification_is_a_sighting_only_when_it_is_one() {
    let alert = |rest: &str| format!(r#"{{"eventType":"ANPR",{rest}}}"#);
    for (payload, want) in [
        (alert(r#""ANPR":{"licensePlate":"123ABC"}"#), "plate 123ABC"),
        (alert(r#""channelID":"1","ANPR":{"licensePlate":"123ABC"}"#), "plate 123ABC, antenna 1"),
        (alert(r#""ANPR":{"licensePlate":"unknown","confidenceLevel":0}"#), "no plate"),
        (alert(r#""ANPR":{"licensePlate":""}"#), "no plate"),
        (alert(r#""ANPR":{}"#), "no plate"),
        (alert(r#""UUID":"u""#), "refused: ANPR is missing"),
        (
            alert(r#""dateTime":"2025-11-20T16:00:01","ANPR":{"licensePlate":"A"}"#),
            "refused: dateTime must be a time with its offset",
        ),
        (r#"{"eventType":"videoloss","eventState":"inactive","macAddress":"m"}"#.to_string(), "alive, by m"),
        (r#"{"eventType":"VMD","eventState":"active"}"#.to_string(), "other VMD"),
        (r#"{"ANPR":{"licensePlate":"A"}}"#.to_string(), "refused: eventType is missing"),
    ] {
        assert_eq!(by(Vendor::Hikvision, &payload), [want], "{payload}");
    }
}

/// Page section 6, Dahua: only `RealUTC` is true; an unread vehicle has its keys missing or empty.
#[test]
fn a_dahua_event_is_dated_by_real_utc_alone() {
    let event = |data: &str| format!(r#"{{"Code":"TrafficJunction","Data":{{{data}}}}}"#);
    for (payload, want) in [
        (event(r#""TrafficCar":{"PlateNumber":"京A12345"},"UTC":1706625295"#), "plate 京A12345"),
        (event(r#""Object":{"Text":"123ABC","Confidence":160}"#), "plate 123ABC"),
        (event(r#""TrafficCar":{"PlateNumber":""},"Object":{"Text":"123ABC"}"#), "plate 123ABC"),
        (event(r#""RealUTC":1763625601,"UTCMS":250"#), "no plate, at 2025-11-20T08:00:01.250Z, age 750"),
        (event(r#""RealUTC":"1763625601""#), "refused: RealUTC must be a whole number in its range"),
        (event(r#""UTCMS":250"#), "no plate"),
        (r#"{"Code":"TrafficJunction"}"#.to_string(), "refused: Data is missing"),
        (r#"{"Code":"VideoMotion","Data":{}}"#.to_string(), "other VideoMotion"),
        (r#"{"method":"x","params":{}}"#.to_string(), "refused: eventList is missing"),
    ] {
        assert_eq!(by(Vendor::Dahua, &payload), [want], "{payload}");
    }
    let list = r#"{"params":{"eventList":[{"Code":"A"},7,{"Code":"B"}]}}"#;
    assert_eq!(
        by(Vendor::Dahua, list),
        ["other A", "refused: neither an object nor an array of objects", "other B"]
    );
}

/// Page section 6, Axis: LOST comes ten seconds after the car has gone.
#[test]
fn a_lost_axis_car_is_no_sighting() {
    let event = |state: &str, rest: &str| format!(r#"{{"carID":17,"carState":"{state}"{rest}}}"#);
    for (payload, want) in [
        (event("update", r#","plateText":"A1","plateConfidence":0.5"#), "plate A1, 500 permille, id 17"),
        (event("NEW", r#","plateUTF8":"A1","sensorProviderID":"gate""#), "plate A1, by gate, id 17"),
        (event("lost", r#","plateUTF8":"A1""#), "other lost"),
        (event("new", ""), "refused: plateUTF8 is missing"),
        (
            event("new", r#","plateUTF8":"A1","plateConfidence":"NaN""#),
            "refused: plateConfidence must be a score from 0 to 1",
        ),
        (
            event("new", r#","plateUTF8":"A1","capture_timestamp":"soon""#),
            "refused: capture_timestamp must be milliseconds since 1970",
        ),
        (r#"{"carID":17}"#.to_string(), "refused: carState is missing"),
        (r#"{"carState":"new"}"#.to_string(), "refused: carID is missing"),
    ] {
        assert_eq!(by(Vendor::Axis, &payload), [want], "{payload}");
    }
}

/// Page section 6, Plate Recognizer: each result by itself, with the time and the camera of all.
#[test]
fn each_result_of_the_recognizer_is_told() {
    let results = r#"{"data":{"camera_id":"c","timestamp":"2025-11-20T10:00:01+02:00","results":[{"plate":"a1","score":1},{"score":1},{"plate":"b2"}]}}"#;
    let tail = "by c, at 2025-11-20T08:00:01.000Z, age 1000";
    assert_eq!(
        by(Vendor::PlateRecognizer, results),
        [
            format!("plate a1, 1000 permille, {tail}"),
            "refused: plate is missing".to_string(),
            format!("plate b2, {tail}")
        ]
    );
    assert_eq!(by(Vendor::PlateRecognizer, r#"{"plate":"a1","camera_id":"c"}"#), ["plate a1, by c"]);
    assert_eq!(by(Vendor::PlateRecognizer, r#"{"data":{"results":[]}}"#), ["other no results"]);
    assert_eq!(
        by(Vendor::PlateRecognizer, r#"{"data":{"timestamp":"2025-11-20 08:00:01","plate":"a"}}"#),
        ["refused: timestamp must be a time with its offset"]
    );
}

/// A plate is what the camera wrote: 32 characters of any script, no control characters.
#[test]
fn a_plate_is_bounded() {
    let event = |plate: &str| format!(r#"{{"type":"lpr","plate":"{plate}"}}"#);
    let long = "京".repeat(32);
    assert_eq!(by(Vendor::Frigate, &event(&long)), [format!("plate {long}")]);
    for wrong in [&*format!("{long}1"), r"A\u0000", r"A\n"] {
        assert_eq!(by(Vendor::Frigate, &event(wrong)), ["refused: plate must be a plate"]);
    }
    assert_eq!(by(Vendor::Frigate, &event(" ")), ["no plate"]);
    assert_eq!(said(Dialect::AnyCamera, r#"{"a":1}"#), ["refused: a form that is not known"]);
}

/// Page section 6, AlphaDigi downlink; the sample: pulse output 0 for 500 ms.
#[test]
fn what_goes_down_to_an_alpha_camera_reads_back() {
    let now = received();
    let pulse = Down::Pulse { output: 0, millis: 500 };
    let serial = Down::Serial { line: 0, frame: hex::decode("0064FFFF3014").unwrap() };
    for (down, name) in [(pulse, "gpio_out"), (serial, "serial_data")] {
        let order = Order { id: "17".into(), serial: "fd495d6ee960dbec".into(), down };
        assert_eq!(order.topic(), format!("device/fd495d6ee960dbec/message/down/{name}"));
        assert_eq!(Order::parse(order.to_json(now).as_bytes()), Ok(order));
    }
    let order = |rest: &str| Order::parse(format!(r#"{{"id":"1","sn":"a",{rest}}}"#).as_bytes());
    let sample = r#""name":"gpio_out","payload":{"body":{"io":0,"value":2,"delay":500}}"#;
    assert_eq!(order(sample).unwrap().down, Down::Pulse { output: 0, millis: 500 });
    assert!(order(&sample.replace('2', "1")).is_err(), "a level that stays is no pulse");
    assert!(order(r#""name":"tts_voice","payload":{"body":{}}"#).is_err());
    let cut = r#""name":"serial_data","payload":{"body":{"serialData":[{"serialChannel":0,"data":"AGQ=","dataLen":3}]}}"#;
    assert!(order(cut).is_err(), "cut short");
    assert!(
        !NEUTRAL_REPLY.contains("ok") && serde_json::from_str::<serde_json::Value>(NEUTRAL_REPLY).is_ok()
    );
}

proptest! {
    /// Any plate of any make reads back as it was written, and its make is known by its form.
    #[test]
    fn plates_read_back_as_written(
        plate in prop::option::of("[京沪粤][A-Z][A-Z0-9]{5,6}"),
        percent in prop::option::of(0..=100_u16),
        camera in "[a-z0-9]{1,16}",
        id in "[1-9][0-9]{0,8}-[1-9][0-9]{0,8}",
        millis in 0..4_102_444_800_000_i64,
    ) {
        let event = PlateEvent {
            plate: plate.map(String::into_boxed_str),
            confidence_permille: percent.map(|percent| percent * 10),
            camera: camera.into(),
            id: id.into(),
            at: UtcMillis::from_millis(millis),
        };
        for vendor in Vendor::ALL {
            let report = told(Dialect::AnyCamera, &vendor.to_json(&event)).remove(0).unwrap();
            prop_assert_eq!(&report, &told(Dialect::Camera(vendor), &vendor.to_json(&event)).remove(0).unwrap());
            prop_assert_eq!((&report.sender, report.at), (&Some(event.camera.clone()), Some(event.at)), "{:?}", vendor);
            if vendor != Vendor::PlateRecognizer {
                prop_assert_eq!(report.id.as_ref(), Some(&event.id));
            }
            check_plate(vendor, &report.fact, &event);
        }
        let pushed = told(Dialect::AnyCamera, &to_http_json(&event)).remove(0).unwrap();
        check_plate(Vendor::Alpha, &pushed.fact, &event);
    }
}

fn check_plate(vendor: Vendor, fact: &Fact, event: &PlateEvent) {
    let Some(plate) = &event.plate else {
        assert_eq!(*fact, Fact::NoPlate, "{vendor:?}");
        return;
    };
    let Fact::Seen(sighting) = fact else { panic!("{vendor:?} {fact:?}") };
    let lower = vendor == Vendor::PlateRecognizer;
    let want = if lower { plate.to_lowercase() } else { plate.to_string() };
    assert_eq!(sighting.identity, Identity::Plate(want), "{vendor:?}");
    let score = match vendor {
        Vendor::Dahua => None,
        Vendor::Alpha => Some(event.confidence_permille.unwrap_or_default()),
        _ => event.confidence_permille,
    };
    assert_eq!(sighting.confidence_permille, score, "{vendor:?}");
}
