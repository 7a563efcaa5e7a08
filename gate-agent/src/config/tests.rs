//! The configuration as its users see it: defaults, overrides, and every fault at once.

mod centre;
mod mqtt;

use std::time::Duration;

use protocols::lock::session::Sensor;

use super::{Config, ConfigError, DisplayBoard, Fault, Kind, LogFormat, PortSettings, find, parse};
use crate::lane::Role;

const EXAMPLE: &str = include_str!("../../gate-agent.example.toml");

/// Only what is required, with the example's values.
const LEAST: &str = r#"
    [gate]
    gate_id = "0708-G02"
    yard_id = "07080000001"
    [centre]
    token = "change-me"
    [[device]]
    name = "uhf-out1"
    kind = "uhf-chafon-18"
    port = "/dev/serial/by-id/usb-reader-out1"
    [[device]]
    name = "io-out1"
    kind = "modbus-io"
    port = "/dev/serial/by-id/usb-rs485-out1"
    [[lane]]
    lane_id = "OUT1"
    readers = ["uhf-out1"]
    barrier = { device = "io-out1" }
"#;

fn read(text: &str) -> Result<Config, ConfigError> {
    parse(text, [], None)
}

fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    parse(text, variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())), None)
}

fn faults(outcome: Result<Config, ConfigError>) -> Vec<String> {
    match outcome {
        Err(ConfigError::Faults(faults)) => faults.iter().map(Fault::to_string).collect(),
        other => panic!("expected faults, got {other:?}"),
    }
}

/// Asserts that the text with one piece replaced has exactly these faults.
fn refused(from: &str, to: &str, expected: &[&str]) {
    assert!(LEAST.contains(from), "the piece {from:?} is not in the text");
    assert_eq!(faults(read(&LEAST.replacen(from, to, 1))), expected, "{from} -> {to}");
}

#[test]
fn the_example_file_holds_the_defaults() {
    assert_eq!(read(EXAMPLE).unwrap(), read(LEAST).unwrap());
}

#[test]
fn the_example_file_names_every_key() {
    let keys = |text: &str| {
        let table: toml::Table = text.parse().unwrap();
        table.values().map(count_keys).sum::<usize>()
    };
    // gate 4, centre 8, panel 3, log 2, capture 2, reader 10, board 14 + 8 + 9, lane 7 + 3; persons are a comment: nobody by default.
    assert_eq!(keys(EXAMPLE), 70);
}

fn count_keys(value: &toml::Value) -> usize {
    match value {
        toml::Value::Table(table) => table.values().map(count_keys).sum(),
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            items.iter().map(count_keys).sum()
        }
        _ => 1,
    }
}

/// fault F3: refused as a whole, every reason listed.
#[test]
fn a_file_with_many_wrong_keys_names_all_of_them_at_once() {
    let text = include_str!("golden/many_faults.toml");
    let expected: Vec<&str> = include_str!("golden/many_faults.txt").lines().collect();
    assert_eq!(faults(read(text)), expected);
}

#[test]
fn a_secret_is_never_printed() {
    let config = read(&LEAST.replacen("change-me", "s3cr3t-t0ken", 1)).unwrap();
    assert!(!format!("{config:?}").contains("s3cr3t"));
    assert_eq!(config.centre.token.unwrap().expose(), "s3cr3t-t0ken");
    let both = LEAST.replacen("token = \"change-me\"", "token = \"s3cr3t\"\ntoken_file = \"/s/token\"", 1);
    assert_eq!(faults(read(&both)), ["centre.token: must not stand beside token_file"]);
    let wrong = faults(read(&LEAST.replacen("token = \"change-me\"", "token = 77123", 1)));
    assert_eq!(wrong, ["centre.token: must be a text that is not empty"]);
}

#[test]
fn a_token_file_is_read_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let text =
        LEAST.replacen("token = \"change-me\"", &format!("token_file = {:?}", file.to_str().unwrap()), 1);
    assert!(faults(read(&text))[0].starts_with("centre.token_file: must name a readable file"));
    std::fs::write(&file, "  t0ken\n").unwrap();
    assert_eq!(read(&text).unwrap().centre.token.unwrap().expose(), "t0ken");
}

#[test]
fn a_variable_goes_before_the_file_and_is_checked_like_it() {
    let config = read_with(
        LEAST,
        &[
            ("KAKOU_GATE__GATE_ID", "0708-G03"),
            ("KAKOU_LOG__FORMAT", "json"),
            ("KAKOU_DEVICE__0__PORT", "/tmp/pty0"),
            ("KAKOU_DEVICE__1__POLL_MS", "20"),
            ("KAKOU_DEVICE__1__INPUTS__PHOTO_BEAM", "none"),
            ("KAKOU_FAIL_POINT", "barrier.before_pulse"),
            ("KAKOU_STORE__URL", "another program's"),
        ],
    )
    .unwrap();
    assert_eq!(config.gate.gate_id.as_str(), "0708-G03");
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.devices[0].port.as_ref().unwrap().place(), "/tmp/pty0");
    let Kind::Board(board) = &config.devices[1].kind else { panic!("a board") };
    assert_eq!((board.poll.as_millis(), board.inputs.channel("photo_beam")), (20, None));

    let told = faults(read_with(
        LEAST,
        &[
            ("KAKOU_GATE__GATE_ID", "no spaces"),
            ("KAKOU_GATE__GATES", "1"),
            ("KAKOU_DEVICE__1__BAUD", "fast"),
        ],
    ));
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("KAKOU_GATE__GATE_ID: "));
    assert_eq!(told[1], "KAKOU_GATE__GATES: is not a key of the configuration");
    assert_eq!(told[2], "KAKOU_DEVICE__1__BAUD: must be a whole number from 1200 to 921600, not \"fast\"");
}

#[test]
fn what_is_missing_is_named() {
    refused("token = \"change-me\"", "", &["centre.token: is missing, and token_file too"]);
    refused("gate_id = \"0708-G02\"", "", &["gate.gate_id: is missing"]);
    refused("barrier = { device = \"io-out1\" }", "", &["lane[0].barrier.device: is missing"]);
    let without = LEAST.split("[[lane]]").next().unwrap();
    assert_eq!(faults(read(without)), ["lane: must be there once at least, as [[lane]]"]);
}

/// fault E5, fault F3: nobody by default; each wrong key of a person is named, and a PIN is shown nowhere, right or wrong.
#[test]
fn persons_are_read_and_their_pins_are_not_shown() {
    const HASH: &str =
        "$argon2id$v=19$m=12288,t=3,p=1$c29tZXNhbHQxMjM0NTY3OA$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA";
    assert!(read(LEAST).unwrap().persons.is_empty());
    let with = |persons: &str| read(&format!("{LEAST}\n{persons}"));
    let person = |id: &str, role: &str, pin: &str| {
        format!("[[person]]\nid = {id:?}\nname = \" 张伟 \"\nrole = {role:?}\npin = {pin:?}\n")
    };
    let three = person("zhang", "officer", HASH)
        + &person("wang", "supervisor", HASH)
        + &person("li", "yard_operator", HASH);
    let config = with(&three).unwrap();
    let told: Vec<(&str, &str, Role, bool)> = config
        .persons
        .iter()
        .map(|entry| (&*entry.person.id, &*entry.name, entry.person.role, entry.issues_codes))
        .collect();
    let expected = [
        ("zhang", "张伟", Role::Officer, false),
        ("wang", "张伟", Role::Officer, true),
        ("li", "张伟", Role::Operator, false),
    ];
    assert_eq!(told, expected);
    assert!(!format!("{config:?}").contains("argon2id"));

    let wrong = person("zhang", "officer", "482017")
        + &person("zhang", "chief", &HASH.replace("m=12288", "m=8"))
        + "[[person]]\nid = \"two words\"\npin = 482017\nshift = 1\n";
    assert_eq!(
        faults(with(&wrong)),
        [
            "person[0].pin: must be what `gate-agent pin` prints",
            "person[1].role: must be \"officer\", \"supervisor\" or \"yard_operator\", not \"chief\"",
            "person[1].pin: must have cost at least m=7168,t=5 or m=12288,t=3: make it anew with `gate-agent pin`",
            "person[2].id: must have 1 to 32 characters of A-Z a-z 0-9 - _ ., not \"two words\"",
            "person[2].name: is missing",
            "person[2].role: is missing",
            "person[2].pin: must be a text that is not empty",
            "person[2].shift: is not a key of this section, not 1",
            "person[1].id: must be an id of its own, person[0] has it, not \"zhang\"",
        ]
    );
}

#[test]
fn a_lane_refers_to_devices_of_the_right_kind() {
    refused(
        "readers = [\"uhf-out1\"]",
        "readers = [\"io-out1\", \"uhf-in1\"]",
        &[
            "lane[0].readers: must name readers, this is a board, not \"io-out1\"",
            "lane[0].readers: must name a device, not \"uhf-in1\"",
        ],
    );
    refused(
        "device = \"io-out1\"",
        "device = \"uhf-out1\"",
        &["lane[0].barrier.device: must name a modbus-io or mqtt-kakou device, not \"uhf-out1\""],
    );
}

/// fault D2: a port has one owner, so that two readers never share an adapter.
#[test]
fn a_port_has_one_reader_or_boards_of_different_addresses() {
    refused(
        "/dev/serial/by-id/usb-rs485-out1",
        "/dev/serial/by-id/usb-reader-out1",
        &[
            "device[1].port: must be a port of its own, device[0] has it, not \"/dev/serial/by-id/usb-reader-out1\"",
        ],
    );
    let second = |extra: &str| {
        let board = format!(
            "[[device]]\nname = \"io-2\"\nkind = \"modbus-io\"\nport = \"/dev/serial/by-id/usb-rs485-out1\"\n{extra}\n[[lane]]"
        );
        read(&LEAST.replacen("[[lane]]", &board, 1))
    };
    assert!(second("address = 2").is_ok());
    assert_eq!(faults(second("")), ["device[2].address: must differ from device[1] on the same port, not 1"]);
    assert_eq!(
        faults(second("address = 2\nbaud = 19200")),
        ["device[2].baud: must have the settings of device[1] on the same port, not 19200"]
    );
}

/// Any device may be reached over TCP; what is for serial ports only is refused beside it.
#[test]
fn a_device_is_reached_at_a_port_or_at_an_address() {
    const PORT: &str = "port = \"/dev/serial/by-id/usb-rs485-out1\"";
    for (address, kept) in [
        ("10.0.0.7:502", "10.0.0.7:502"),
        ("IO-Out1.yard_07.example:1502", "io-out1.yard_07.example:1502"),
        ("[fe80::1]:502", "[fe80::1]:502"),
    ] {
        let config = read(&LEAST.replacen(PORT, &format!("tcp = {address:?}"), 1)).unwrap();
        assert_eq!(config.devices[1].port, Some(PortSettings::Tcp(kept.into())));
        assert_eq!(config.devices[1].port.as_ref().unwrap().to_string(), format!("tcp {kept}"));
    }
    for address in [
        "10.0.0.7",
        "10.0.0.7:0",
        "10.0.0.7:65536",
        ":502",
        "10.0.0.7:+502",
        "fe80::1:502",
        "a b:502",
        "[a]:502",
    ] {
        let rule = "must be a host and a port such as 10.0.0.7:502";
        refused(PORT, &format!("tcp = {address:?}"), &[&format!("device[1].tcp: {rule}, not {address:?}")]);
    }
    refused(PORT, "", &["device[1].port: is missing, and tcp too"]);
    refused(
        PORT,
        &format!("{PORT}\ntcp = \"10.0.0.7:502\"\nbaud = 9600\nparity = \"even\"\nstop_bits = 1"),
        &[
            "device[1].port: must not stand beside tcp, not \"/dev/serial/by-id/usb-rs485-out1\"",
            "device[1].baud: must not stand beside tcp, not 9600",
            "device[1].parity: must not stand beside tcp, not \"even\"",
            "device[1].stop_bits: must not stand beside tcp, not 1",
        ],
    );
    let over = [("KAKOU_DEVICE__1__TCP", "10.0.0.7:502")];
    let told = faults(read_with(LEAST, &over));
    assert_eq!(told.len(), 1, "{told:?}: the file's port is still there");
    assert!(read_with(&LEAST.replacen(PORT, "", 1), &over).is_ok());
}

/// fault D2: an address has one owner too; boards behind one gateway share it.
#[test]
fn an_address_has_one_reader_or_boards_of_different_addresses() {
    let both = LEAST
        .replacen("port = \"/dev/serial/by-id/usb-reader-out1\"", "tcp = \"Gate.example:4001\"", 1)
        .replacen("port = \"/dev/serial/by-id/usb-rs485-out1\"", "tcp = \"gate.example:4001\"", 1);
    let rule = "must be a port of its own, device[0] has it, not \"gate.example:4001\"";
    assert_eq!(faults(read(&both)), [format!("device[1].tcp: {rule}")]);
    let gateway = |address: u8| {
        let second = format!(
            "[[device]]\nname = \"io-2\"\nkind = \"modbus-io\"\ntcp = \"gate.example:502\"\naddress = {address}\n[[lane]]"
        );
        let first = "tcp = \"gate.example:502\"";
        read(
            &LEAST
                .replacen("port = \"/dev/serial/by-id/usb-rs485-out1\"", first, 1)
                .replacen("[[lane]]", &second, 1),
        )
    };
    assert!(gateway(2).is_ok());
    assert!(gateway(255).is_ok(), "a board without a gateway");
    assert_eq!(faults(gateway(1)), ["device[2].address: must differ from device[1] on the same port, not 1"]);
}

#[test]
fn one_board_may_serve_two_lanes_on_channels_of_their_own() {
    let lane =
        "[[lane]]\nlane_id = \"IN1\"\nbarrier = { device = \"io-out1\", coil_offset = 8, input_offset = 8 }";
    let wide =
        LEAST.replacen("kind = \"modbus-io\"", "kind = \"modbus-io\"\ncoil_count = 16\ninput_count = 16", 1);
    let config = read(&format!("{wide}\n{lane}")).unwrap();
    assert_eq!((config.lanes[1].barrier.coil_offset, config.lanes[1].barrier.input_offset), (8, 8));
    let told = faults(read(&format!("{wide}\n{}", lane.replace("coil_offset = 8", "coil_offset = 3"))));
    assert_eq!(
        told,
        [
            "lane[1].barrier.coil_offset: must leave barrier_open off channel 3 of lane[0], not 3",
            "lane[1].barrier.coil_offset: must leave barrier_close off channel 4 of lane[0], not 3",
        ]
    );
    assert!(
        faults(read(&format!("{LEAST}\n{lane}")))
            .iter()
            .any(|fault| fault.contains("below the board's 8 channels"))
    );
}

#[test]
fn a_data_folder_on_the_command_line_goes_before_the_file() {
    let config = parse(LEAST, [], Some("/tmp/elsewhere".into())).unwrap();
    assert_eq!(config.gate.data_dir.to_str(), Some("/tmp/elsewhere"));
}

#[test]
fn a_named_file_is_not_looked_for_elsewhere() {
    let named = std::path::Path::new("/nowhere/at/all.toml");
    assert_eq!(find(Some(named)).unwrap(), named);
    let Err(ConfigError::Syntax(message)) = read("gate = [") else { panic!("no TOML") };
    assert!(message.contains("line 1"), "{message}");
}

/// fault E9: a line that is no TOML may hold a password.
#[test]
fn what_is_no_toml_is_told_by_its_line_and_not_by_its_words() {
    let Err(ConfigError::Syntax(message)) = read("[mqtt]\npassword = \"Open-Sesame\nport = 1883") else {
        panic!("no TOML")
    };
    assert!(message.starts_with("line 2: ") && !message.contains("Sesame"), "{message}");
}

/// Each kind of device has keys and defaults of its own, and a key of another kind is refused.
#[test]
fn each_kind_of_reader_has_its_own_keys() {
    let with = |devices: &str| {
        let text = LEAST.replace("[[lane]]", &format!("{devices}\n[[lane]]"));
        parse(&text, [], None)
    };
    let config = with(
        r#"
        [[device]]
        name = "uhf-288"
        kind = "uhf-chafon-288"
        tcp = "10.0.0.6:4001"
        with_tid = "yes"
        [[device]]
        name = "card-1"
        kind = "pn532"
        port = "/dev/ttyUSB7"
        text_block = 4
        [[device]]
        name = "scan-1"
        kind = "scanner-gm"
        port = "/dev/ttyUSB6"
        charset = "gbk"
        [[device]]
        name = "scale-1"
        kind = "weighbridge"
        port = "/dev/ttyUSB8"
        format = "mt-checked"
        division_kg = 50
        [[device]]
        name = "seals-1"
        kind = "eseal-reader"
        port = "/dev/ttyUSB9"
        [[device]]
        name = "locks-1"
        kind = "lock-board"
        port = "/dev/ttyUSB5"
        locks = 4
        sensor = "closed-when-open"
    "#,
    )
    .unwrap();
    let kind = |name: &str| &config.devices.iter().find(|device| &*device.name == name).unwrap().kind;
    let Kind::Uhf(uhf) = kind("uhf-288") else { panic!("a reader of tags") };
    assert!(uhf.with_tid && uhf.address == 0);
    let Kind::Card(card) = kind("card-1") else { panic!("a reader of cards") };
    assert_eq!((card.text_block, card.poll), (Some(4), Duration::from_millis(150)));
    let Kind::Scanner(scanner) = kind("scan-1") else { panic!("a scanner") };
    assert!(scanner.obeys && scanner.charset == protocols::barcode::charset::Charset::Gbk);
    let Kind::Scale(scale) = kind("scale-1") else { panic!("a scale") };
    assert_eq!((scale.division.to_string(), scale.least.to_string()), ("50".to_owned(), "500".to_owned()));
    let Kind::Seals(seals) = kind("seals-1") else { panic!("a reader of seals") };
    assert_eq!(seals.reader, 1);
    let Kind::Locks(locks) = kind("locks-1") else { panic!("a lock board") };
    assert_eq!((locks.board, locks.locks, locks.sensor), (1, 4, Sensor::ClosedWhenOpen));
    let wrong = with(
        "[[device]]\nname = \"s\"\nkind = \"weighbridge\"\nport = \"/dev/ttyUSB8\"\nmode = \"scan\"\nformat = \"x\"\n",
    );
    let told = wrong.unwrap_err().to_string();
    assert!(
        told.contains("device[2].mode: is not a key") && told.contains("device[2].format: must be"),
        "{told}"
    );
}

/// What drivers see and hear: each kind of board with its own keys, one lane a board, and a parking board may show and speak.
#[test]
fn a_lane_names_the_boards_that_tell_its_drivers() {
    let with = |keys: &str, devices: &str| {
        let text = LEAST.replace("[[lane]]", &format!("{devices}\n[[lane]]\n{keys}"));
        parse(&text, [], None)
    };
    const BOARDS: &str = r#"
        [[device]]
        name = "park-1"
        kind = "display-park"
        port = "/dev/ttyUSB6"
        [[device]]
        name = "led-1"
        kind = "display-bx"
        port = "/dev/ttyUSB7"
        rows = 4
        cells = 16
        unit = "columns"
        [[device]]
        name = "voice-1"
        kind = "speech-syn"
        tcp = "10.0.0.9:4001"
    "#;
    let config = with("display = \"park-1\"\nspeech = \"park-1\"", BOARDS).unwrap();
    let lane = &config.lanes[0];
    assert_eq!((lane.display.as_deref(), lane.speech.as_deref()), (Some("park-1"), Some("park-1")));
    let Kind::Display(park) = &config.device("park-1").unwrap().kind else { panic!("a display") };
    assert_eq!(
        (park.board.size(), park.refresh, park.board.speaks()),
        ((4, 8), Duration::from_secs(10), true)
    );
    let device = config.device("led-1").unwrap();
    let Kind::Display(led) = &device.kind else { panic!("a display") };
    assert_eq!((led.board.size(), led.board.speaks(), device.kind.name()), ((4, 16), false, "display-bx"));
    let DisplayBoard::Bx(profile) = led.board else { panic!("an Onbon") };
    assert_eq!((profile.width, profile.address, profile.time_out), (128, 1, 30));
    let Some(PortSettings::Serial(serial)) = &device.port else { panic!("a serial port") };
    assert_eq!(serial.baud, 57_600);
    assert!(with("display = \"led-1\"\nspeech = \"voice-1\"", BOARDS).is_ok());
    assert!(with("", BOARDS).is_ok(), "boards that wait for their lane");
    assert_eq!(
        faults(with("display = \"uhf-out1\"\nspeech = \"led-1\"", BOARDS)),
        [
            "lane[0].display: must name a display, not \"uhf-out1\"",
            "lane[0].speech: must name a speech-syn or display-park device, not \"led-1\"",
        ]
    );
    let dark = BOARDS.replace("unit = \"columns\"", "time_out_s = 8\nrefresh_s = 8");
    assert_eq!(faults(with("", &dark)), ["device[3].time_out_s: must be 0 or more than refresh_s, not 8"]);
}

/// One antenna of a reader may serve one lane; overlaps name lanes of this gate.
#[test]
fn a_lane_names_antennas_and_overlapping_lanes() {
    let text = LEAST.replace("readers = [\"uhf-out1\"]", "readers = [\"uhf-out1:2\"]\noverlaps = [\"OUT9\"]");
    let told = parse(&text, [], None).unwrap_err().to_string();
    assert!(told.contains("lane[0].overlaps: must name a lane of this gate, not \"OUT9\""), "{told}");
    let text = LEAST.replace("readers = [\"uhf-out1\"]", "readers = [\"uhf-out1:2\"]");
    let config = parse(&text, [], None).unwrap();
    assert_eq!(config.lanes[0].readers[0].antenna, Some(2));
    let text = LEAST.replace("readers = [\"uhf-out1\"]", "readers = [\"uhf-out1:x\"]");
    assert!(parse(&text, [], None).unwrap_err().to_string().contains("name:antenna"));
}
