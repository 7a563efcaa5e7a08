//! `decode` of MQTT messages.

use super::super::{
    decode::{Protocol, Side, lines},
    mqtt::Form,
};

/// The lines that messages of a form give, as JSON without the protocol's name.
fn messages(form: Form, stream: &str) -> Vec<String> {
    let told = lines(Protocol::Mqtt(form), Side::Reader, stream.as_bytes()).into_iter().map(|line| {
        let protocol = format!(r#""protocol":"{}","#, line.protocol);
        serde_json::to_string(&line).unwrap().replace(&protocol, "")
    });
    told.collect()
}

/// Vectors Q1, QX1: an R700's events, one a line.
#[test]
fn messages_of_an_impinj_reader_are_decoded() {
    let stream = r#"{"timestamp":"2025-11-20T08:00:00.123456789Z","hostname":"impinj-01-23-45","eventType":"tagInventory","tagInventoryEvent":{"epc":"ftqQOAUQAnEAAsCu","antennaPort":1,"peakRssiCdbm":-7000}}
        {"eventType":"tagInventory","tagInventoryEvent":{"epc":"1B6M3HjA9z7Yp5tD","epcHex":"3500B6D9800987654321FEDCBA"}}"#;
    let want = [
        r#"{"kind":"read","medium_type":"VE","medium_key":"7EDA9038051002710002C0AE","raw":"7EDA9038051002710002C0AE","antenna":1,"text":"-70.00 dBm, by impinj-01-23-45, at 2025-11-20T08:00:00.123Z"}"#,
        r#"{"kind":"status","text":"refused: epc and epcHex say different things"}"#,
    ];
    assert_eq!(messages(Form::Impinj, stream), want);
}

/// Vectors Q2, Q3, QX2: single, in an array and glued; noise ends with its line.
#[test]
fn messages_of_a_zebra_reader_are_decoded() {
    let event =
        |number: u8| format!(r#"{{"type":"SIMPLE","data":{{"eventNum":{number},"idHex":"112233"}}}}"#);
    let stream = format!("{}{}\n[{}] oh no\n{}\n{{\"data\"", event(1), event(2), event(3), event(4));
    let read = r#"{"kind":"read","medium_type":"VE","medium_key":"112233","raw":"112233"}"#;
    let noise = |skipped: usize| format!(r#"{{"kind":"noise","skipped":{skipped}}}"#);
    assert_eq!(messages(Form::Zebra, &stream), [read, read, read, &noise(6), read, &noise(7)]);
    assert_eq!(
        messages(Form::Zebra, r#"{"data":{"idHex":"11223344556677889900113","eventNum":7}}"#),
        [r#"{"kind":"status","text":"refused: idHex must be 1 to 32 whole bytes of hexadecimal digits"}"#]
    );
}

/// Vectors Q4, Q6, QX3, QX7: cameras of several makes in one stream, with and without their topic.
#[test]
fn messages_of_cameras_are_decoded() {
    let stream = r#"{"type":"lpr","id":"1.5-m","plate":"123ABC","score":0.95,"camera":"driveway_cam"}
        {"topic":"device/fd49/message/up/ivs_result","payload":{"name":"ivs_result","payload":{"AlarmInfoPlate":{"result":{"PlateResult":{"license":"5LqsQTEyMzQ1"}}}}}}
        {"name":"ivs_result","payload":{"AlarmInfoPlate":{"result":{"PlateResult":{"license":"X+aXoF8="}}}}}
        {"topic":"frigate/available","payload":"offline","retained":true}
        {"type":"lpr","plate":"123ABC","score":0.95"#;
    let want = [
        r#"{"kind":"read","medium_type":"VN","medium_key":"123ABC","raw":"123ABC","text":"950/1000 sure, by driveway_cam, event 1.5-m"}"#,
        r#"{"kind":"read","medium_type":"VN","medium_key":"京A12345","raw":"京A12345"}"#,
        r#"{"kind":"status","text":"vehicle without a plate"}"#,
        r#"{"kind":"status","text":"offline"}"#,
        r#"{"kind":"noise","skipped":43}"#,
    ];
    assert_eq!(messages(Form::Camera, stream), want);
}

/// Contract section 4: our own form, known by its topic or by its members; both ways.
#[test]
fn messages_of_our_own_form_are_decoded() {
    let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let at = r#""at":"2026-11-20T08:00:00.123Z""#;
    let about = format!("event {id}, at 2026-11-20T08:00:00.123Z");
    let topic = "kakou/v1/0708-G02/OUT1/d-1";
    for (message, want) in [
        (
            format!(r#"{{"id":"{id}","medium_type":"BC","medium_key":"7K3Q-1",{at}}}"#),
            format!(r#"{{"kind":"read","medium_type":"BC","medium_key":"7K3Q-1","raw":"7K3Q-1","text":"{about}"}}"#),
        ),
        (
            format!(r#"{{"topic":"{topic}/weight","payload":{{"id":"{id}","kg":49000.5,"stable":true,{at}}}}}"#),
            format!(r#"{{"kind":"weight","kg":49000.5,"stable":true,"text":"{about}"}}"#),
        ),
        (
            format!(r#"{{"id":"{id}","occupied":false,{at}}}"#),
            format!(r#"{{"kind":"status","text":"loop free, {about}"}}"#),
        ),
        (
            format!(r#"{{"id":"{id}","do":"raise"}}"#),
            format!(r#"{{"kind":"status","text":"command {id}: Raise"}}"#),
        ),
        (
            format!(r#"{{"topic":"{topic}/cmd","retained":true,"payload":{{"id":"{id}","do":"raise"}}}}"#),
            r#"{"kind":"status","text":"refused: retained message: an event is never taken from the broker's memory"}"#.to_owned(),
        ),
        (
            format!(r#"{{"position":"open","answer":{{"id":"{id}","done":true}},{at}}}"#),
            format!(r#"{{"kind":"reply","text":"position open, answer {id} done true, at 2026-11-20T08:00:00.123Z"}}"#),
        ),
        (
            format!(r#"{{"topic":"{topic}/online","payload":"0","retained":true}}"#),
            r#"{"kind":"status","text":"offline"}"#.to_owned(),
        ),
        (r#"{"a":1}"#.to_owned(), r#"{"kind":"status","text":"refused: a form that is not known"}"#.to_owned()),
    ] {
        assert_eq!(messages(Form::Kakou, &message), [want], "{message}");
    }
}

/// fault D1: any bytes give an answer, and none of them an identity.
#[test]
fn any_messages_are_answered() {
    let mut state = 1_u32;
    for length in 0..200 {
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(length)
        .collect();
        for form in [Form::Kakou, Form::Impinj, Form::Zebra, Form::Camera] {
            let told = lines(Protocol::Mqtt(form), Side::Host, &noise);
            assert!(!told.iter().any(|line| line.kind == "read"), "{form:?} {noise:02X?}");
        }
    }
}
