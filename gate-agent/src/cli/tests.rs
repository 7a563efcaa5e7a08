//! The command line as it is called.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::{
    Cli,
    decode::{Protocol, Side, UsageError, lines},
};
use crate::config::ConfigError;

/// Calls the program; its exit status as far as it can be compared, and its output.
fn call(arguments: &[&str]) -> (anyhow::Result<ExitCode>, String) {
    let mut out = Vec::new();
    let cli = Cli::try_parse_from([&["gate-agent"], arguments].concat()).unwrap();
    let code = cli.run(&mut out);
    (code, String::from_utf8(out).unwrap())
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// The lines in short words: the kind and what matters of it.
fn decoded(protocol: Protocol, side: Side, hex: &str) -> Vec<String> {
    let told = lines(protocol, side, &bytes(hex)).into_iter().map(|line| match line.kind {
        "read" => format!("read {} {}", line.medium_type.unwrap(), line.medium_key.unwrap()),
        "noise" => format!("noise {}", line.skipped.unwrap()),
        "bad_check" => "bad_check".to_owned(),
        kind => format!("{kind} {}", line.text.unwrap()),
    });
    told.collect()
}

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

/// Vectors of the UHFReader18 and its relatives: captured frames and spoilt ones.
#[test]
fn captured_reader_frames_are_decoded() {
    let keepalive = "11 00 EE 00 E2 80 11 70 00 00 02 0F EB EA D3 B5 5E 57 56 00 00 00 00 00 \
                     11 00 EE 00 E2 80 11 70 00 00 02 0F EB EA D3 B5 5E 57";
    let plate = "read VE E28011700000020FEBEAD3B5";
    let cases: &[(&str, &[&str])] = &[
        (
            "13 00 01 03 01 0C 00 00 00 00 00 00 00 00 00 00 03 13 3F 39",
            &["read VE 000000000000000000000313", "status inventory MoreFollows, 1 tags"],
        ),
        ("11 00 EE 00 E2 00 00 17 00 14 02 66 16 70 6B 48 83 37", &["read VE E2000017001402661670 6B48"]),
        ("05 00 0F FB E2 A7", &["reply command 0x0f: NoTag"]),
        ("05 00 00 FE 87 73", &["reply command 0x00: IllegalCommand"]),
        ("15 00 01 03 01 01 0C 00 00 00 00 00 00 00 00 00 00 03 13 6B B1 A6", &["bad_check"]),
        ("11 00 EE 00 E2 80 11 70 00 00", &["noise 10"]),
        (
            "13 00 01 01 03 0C E2 80 11 70 00 00 02 0F EB EA D3 B5 5D F5",
            &[plate, "status inventory Finished, 1 tags, 2 more announced than sent"],
        ),
        ("03 00 21 00", &["noise 4"]),
        ("FF 00 A5 11 00 EE 00 E2 80 11 70 00 00 02 0F EB EA D3 B5 5E 57", &["noise 3", plate]),
        (
            "11 00 21 00 02 0B 3D C0 0A 3C 01 01 00 01 CD FF 05 00 0F FB E2 A7",
            &["bad_check", "reply command 0x0f: NoTag"],
        ),
        (keepalive, &[plate, plate]),
        ("", &[]),
    ];
    for (hex, expected) in cases {
        let expected: Vec<String> =
            expected.iter().map(|words| words.replace("1670 6B48", "16706B48")).collect();
        assert_eq!(decoded(Protocol::Uhf, Side::Reader, hex), expected, "{hex}");
    }
}

#[test]
fn the_same_bytes_mean_something_else_from_the_other_side() {
    let host = decoded(Protocol::Uhf, Side::Host, "04 FF 21 19 95");
    assert_eq!(host, ["status command to 255: ReaderInformation"]);
    assert_eq!(decoded(Protocol::Uhf, Side::Reader, "04 FF 21 19 95"), ["noise 5"]);
}

/// Vectors of relay boards: good replies, exceptions, a swapped check.
#[test]
fn captured_board_frames_are_decoded() {
    let cases: &[(&str, &[&str])] = &[
        ("01 01 01 00 51 88", &["reply unit 1: coils 00000000, lowest first"]),
        ("01 02 01 05 61 8B", &["reply unit 1: inputs 10100000, lowest first"]),
        ("01 05 00 00 FF 00 8C 3A", &["reply unit 1: function 05 done at 0, FF00"]),
        ("01 0F 00 00 00 08 54 0D", &["reply unit 1: function 0F done at 0, 0008"]),
        ("01 85 03 02 91", &["reply unit 1: exception 03 to function 05"]),
        ("01 05 00 00 FF 00 3A 8C", &["bad_check"]),
        ("01 01 01", &["noise 3"]),
    ];
    for (hex, expected) in cases {
        assert_eq!(decoded(Protocol::Modbus, Side::Reader, hex), *expected, "{hex}");
    }
    let asked = decoded(Protocol::Modbus, Side::Host, "01 02 00 00 00 08 79 CC");
    assert_eq!(asked, ["status unit 1: ReadInputs { start: 0, count: 8 }"]);
}

/// fault D1: any bytes give an answer, and every byte is accounted for as frame, bad frame or noise.
#[test]
fn any_bytes_are_answered() {
    let mut state = 1_u32;
    for length in 0..400 {
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(length)
        .collect();
        for protocol in [Protocol::Uhf, Protocol::Modbus] {
            for side in [Side::Reader, Side::Host] {
                let told = lines(protocol, side, &noise);
                assert!(!told.iter().any(|line| line.kind == "read"), "{protocol:?} {side:?} {noise:02X?}");
                assert_eq!(told.is_empty(), length == 0);
            }
        }
    }
}

#[test]
fn a_file_of_hex_is_decoded_to_one_object_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.hex");
    std::fs::write(&file, "1100EE00 E20000170014026616706B48\n 8337").unwrap();
    let (code, out) = call(&["decode", "--protocol", "uhf-chafon-18", "--hex", file.to_str().unwrap()]);
    assert_eq!(code.unwrap(), ExitCode::SUCCESS);
    let expected = "{\"kind\":\"read\",\"protocol\":\"uhf-chafon-18\",\"medium_type\":\"VE\",\
                    \"medium_key\":\"E20000170014026616706B48\",\"raw\":\"E20000170014026616706B48\"}\n";
    assert_eq!(out, expected);
}

#[test]
fn wrong_usage_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.hex");
    let file = file.to_str().unwrap();
    for (protocol, text, expected) in [
        ("llrp", "", "protocol llrp is not in this version; uhf-chafon-18 and modbus-rtu are"),
        ("morse", "", "unknown protocol morse; uhf-chafon-18 and modbus-rtu are known"),
        ("modbus-rtu", "01 0x", "--hex: character 5 of the input is not a hexadecimal digit"),
        ("modbus-rtu", "01 0", "--hex: the input ends in the middle of a byte"),
    ] {
        std::fs::write(file, text).unwrap();
        let error = call(&["decode", "--protocol", protocol, "--hex", file]).0.unwrap_err();
        assert_eq!(error.downcast_ref::<UsageError>().unwrap().to_string(), expected);
    }
    assert_eq!(Cli::try_parse_from(["gate-agent", "decode", "--protocol"]).unwrap_err().exit_code(), 2);
}

#[test]
fn check_config_tells_what_a_good_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gate-agent.toml");
    std::fs::write(&file, include_str!("../../gate-agent.example.toml")).unwrap();
    let (code, out) = call(&["check-config", "--config", file.to_str().unwrap(), "--data-dir", "/tmp/data"]);
    assert_eq!(code.unwrap(), ExitCode::SUCCESS);
    assert!(out.starts_with("ok\ngate 0708-G02 of yard 07080000001, data in /tmp/data\n"), "{out}");
    assert!(out.contains("lane OUT1: read by uhf-out1, barrier on io-out1"), "{out}");
    std::fs::write(&file, "[gate]\n").unwrap();
    let error = call(&["check-config", "--config", file.to_str().unwrap()]).0.unwrap_err();
    assert!(
        matches!(error.downcast_ref(), Some(ConfigError::Faults(faults)) if faults.len() == 4),
        "{error}"
    );
}

#[test]
fn a_journal_that_is_none_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("journal.db");
    assert!(call(&["journal", "verify", missing.to_str().unwrap()]).0.is_err());
    assert!(call(&["journal", "export", missing.to_str().unwrap(), "--from", "2"]).0.is_err());
}

#[test]
fn the_status_reads_as_a_page() {
    let status = r#"{"gate_id":"0708-G02","version":"0.1.0","not_ready":["index: no snapshot yet"],
        "lanes":[{"lane_id":"OUT1","running":true,"state":"held","visit_id":null,"verdict":null,"reason":"lane_closed","faults":["io-1"]}],
        "devices":[{"name":"io-1","kind":"modbus-io","online":false,"reads":1,"frames":2,"bad_checks":3,"noise_bytes":4,"errors":5,"reconnects":6,"shed":7}],
        "journal":{"state":"available","error":null,"epoch":1,"head":9,"acked":4,"backlog":5,"last_commit_us":10,"slow":false},
        "index":{"revision":null,"age_s":null,"entries":null,"damage":null},
        "centre":{"online":false,"clock_offset_ms":null,"error":"refused"}}"#;
    let mut out = Vec::new();
    super::status::show(&serde_json::from_str(status).unwrap(), &mut out).unwrap();
    let page = String::from_utf8(out).unwrap();
    assert_eq!(
        page,
        "gate 0708-G02 (version 0.1.0): NOT READY\n  index: no snapshot yet\nlane OUT1: held, lane_closed, broken: io-1\n\
         device io-1: OFFLINE, 1 reads, 3 bad checks, 5 errors\njournal available: head 9, at the centre 4, waiting 5\n\
         index: none yet\ncentre: OFFLINE, refused\n"
    );
}
