//! The broker and what speaks over it, as written in the file.

use protocols::mqtt::{Dialect, camera::Vendor};

use super::super::{Broker, Config, ConfigError, Kind, MqttConfig};
use super::{LEAST, faults, read};

const ARM: &str = r#"
    [[device]]
    name = "arm-1"
    kind = "mqtt-kakou"
    topic = "kakou/v1/0708-G02/IN1/arm-1"
    [[device]]
    name = "loop-a"
    kind = "mqtt-kakou"
    topic = "kakou/v1/0708-G02/IN1/loop-a"
    heartbeat_s = 5
    [[device]]
    name = "loop-x"
    kind = "mqtt-kakou"
    topic = "kakou/v1/0708-G02/IN1/loop-x"
    heartbeat_s = 5
    [[lane]]
    lane_id = "IN1"
    barrier = { device = "arm-1" }
    loops = { approach = "loop-a", exit = "loop-x" }
"#;

fn with(more: &str) -> Result<Config, ConfigError> {
    read(&format!("{LEAST}\n{more}"))
}

fn device(config: &Config, name: &str) -> MqttConfig {
    match &config.device(name).unwrap().kind {
        Kind::Mqtt(device) => device.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_yards_broker_has_defaults_and_a_lane_may_live_on_it() {
    let config = with(&format!("[mqtt]\nurl = \"mqtt://10.0.0.5\"\n{ARM}")).unwrap();
    let mqtt = config.mqtt.as_ref().unwrap();
    let Broker::Yard(broker) = &mqtt.broker else { panic!("the yard's") };
    assert_eq!((&*broker.host, broker.port, mqtt.keep_alive.as_secs()), ("10.0.0.5", 1883, 10));
    assert!(broker.login.is_none() && broker.authority.is_none() && mqtt.client_id.is_none());
    let loops = config.lanes[1].loops.as_ref().unwrap();
    assert_eq!((&*loops.approach, &loops.safety, loops.settle.as_millis()), ("loop-a", &None, 300));
    let arm = device(&config, "arm-1");
    assert_eq!((arm.limit, arm.heartbeat), (16 * 1024, None));
    let filters = ["read", "weight", "loop", "state", "online"];
    assert_eq!(arm.filters(), filters.map(|channel| format!("kakou/v1/0708-G02/IN1/arm-1/{channel}")));
}

#[test]
fn each_form_has_its_kind() {
    for (kind, dialect, limit) in [
        ("mqtt-impinj", Dialect::Impinj, 16),
        ("mqtt-zebra", Dialect::Zebra, 16),
        ("mqtt-camera", Dialect::AnyCamera, 512),
        ("mqtt-camera-frigate", Dialect::Camera(Vendor::Frigate), 512),
        ("mqtt-camera-alpha", Dialect::Camera(Vendor::Alpha), 512),
        ("mqtt-camera-hikvision", Dialect::Camera(Vendor::Hikvision), 512),
        ("mqtt-camera-dahua", Dialect::Camera(Vendor::Dahua), 512),
        ("mqtt-camera-axis", Dialect::Camera(Vendor::Axis), 512),
        ("mqtt-camera-recognizer", Dialect::Camera(Vendor::PlateRecognizer), 512),
    ] {
        let one = format!(
            "[mqtt]\nurl = \"mqtt://localhost\"\n[[device]]\nname = \"d\"\nkind = {kind:?}\ntopic = \"a/b\"\n"
        );
        let config = with(&one).unwrap();
        let device = device(&config, "d");
        assert_eq!((device.dialect, device.limit), (dialect, limit * 1024), "{kind}");
        assert_eq!(config.device("d").unwrap().kind.name(), kind);
    }
}

/// fault E9: passwords are read, checked and shown nowhere.
#[test]
fn passwords_are_never_printed() {
    let yard = "[mqtt]\nurl = \"mqtt://localhost\"\nuser = \"gate\"\npassword = \"s3cr3t\"\n";
    let config = with(yard).unwrap();
    assert!(!format!("{config:?}").contains("s3cr3t"));
    let Broker::Yard(broker) = &config.mqtt.unwrap().broker else { panic!("the yard's") };
    assert_eq!(broker.login.as_ref().map(|login| login.password.expose()), Some("s3cr3t"));

    let own = "[mqtt.embedded]\n[[device]]\nname = \"r\"\nkind = \"mqtt-zebra\"\ntopic = \"z/r\"\npassword = \"s3cr3t\"\n";
    let config = with(own).unwrap();
    assert!(!format!("{config:?}").contains("s3cr3t"));
    let login = device(&config, "r").login.unwrap();
    assert_eq!((&*login.user, login.password.expose()), ("r", "s3cr3t"));

    let wrong = format!(
        "{own}[[device]]\nname = \"s\"\nkind = \"mqtt-zebra\"\ntopic = \"z/s\"\nuser = \"r\"\npassword = \"0ther\"\n"
    );
    let told = faults(with(&wrong));
    assert_eq!(
        told,
        ["device[3].user: must be a user of its own, device[2] has it with another password, not \"r\""]
    );
    let both =
        faults(with(&own.replace("[mqtt.embedded]", "[mqtt]\npassword = \"s3cr3t\"\n[mqtt.embedded]")));
    assert_eq!(both, ["mqtt.password: must not stand beside [mqtt.embedded]"]);
}

#[test]
fn what_does_not_fit_together_is_named() {
    let told = |text: &str| faults(with(text));
    assert_eq!(told("[mqtt]\n"), ["mqtt.url: is missing, and [mqtt.embedded] too"]);
    assert_eq!(told("[mqtt]\nurl = \"mqtts://b\"\n"), ["mqtt.ca_file: is missing: mqtts needs it"]);
    let device = "[[device]]\nname = \"r\"\nkind = \"mqtt-zebra\"\ntopic = \"z/r\"\n";
    assert_eq!(told(device), ["device[2].kind: needs a section [mqtt]"]);
    assert_eq!(
        told(&format!("[mqtt.embedded]\n{device}")),
        ["device[2].password: is missing, and password_file too"]
    );
    let url = "[mqtt]\nurl = \"mqtt://localhost\"\n";
    assert_eq!(
        told(&format!("{url}{}", ARM.replace("0708-G02/IN1/arm-1", "0708-G03/IN1/arm-1"))),
        [
            "device[2].topic: must be of this gate, kakou/v1/0708-G02/lane/device, not \"kakou/v1/0708-G03/IN1/arm-1\""
        ]
    );
    assert_eq!(
        told(&format!("{url}{}", ARM.replace("exit = \"loop-x\"", "exit = \"loop-a\""))),
        ["lane[1].loops.exit: must be a device of its own, lane[1] has it, not \"loop-a\""]
    );
    let board = LEAST.replace(
        "barrier = { device = \"io-out1\" }",
        "barrier = { device = \"io-out1\" }\nloops = { approach = \"a\", exit = \"b\" }",
    );
    assert_eq!(
        faults(read(&board)),
        ["lane[0].loops: must not stand beside a board, which senses them itself"]
    );
    let shared = "[[device]]\nname = \"a\"\nkind = \"mqtt-impinj\"\ntopic = \"i\"\nsender = \"x\"\n[[device]]\nname = \"b\"\nkind = \"mqtt-impinj\"\ntopic = \"i\"\nsender = \"X\"\n";
    assert_eq!(
        told(&format!("{url}{shared}")),
        [
            "device[3].topic: must be a topic of its own, device[2] has it, or each needs its sender, not \"i\""
        ]
    );
    assert!(with(&format!("{url}{}", shared.replace("\"X\"", "\"y\""))).is_ok());
}
