//! The command line as it is called.

mod cards;
mod lane;
mod messages;
mod scales;
mod tags;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use protocols::uhf::tag::Family;

use super::{
    Cli,
    decode::{Protocol, Side, UsageError, lines},
    scale,
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
        "read" => match (line.medium_type, line.medium_key, line.text) {
            (Some(medium), Some(key), _) => format!("read {medium} {key}"),
            (_, _, text) => format!("read {}", text.unwrap()),
        },
        "noise" => format!("noise {}", line.skipped.unwrap()),
        "bad_check" => "bad_check".to_owned(),
        "weight" => {
            let kg = serde_json::to_string(&line.kg.unwrap()).unwrap();
            let rest = match line.stable {
                Some(true) => " at rest",
                Some(false) => " in motion",
                None => "",
            };
            format!("weight {kg}{rest} {}", line.text.unwrap_or_default()).trim_end().to_owned()
        }
        kind => format!("{kind} {}", line.text.unwrap()),
    });
    told.collect()
}

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

/// fault D1: any bytes give an answer, and every byte is accounted for as frame, bad frame or noise.
/// Vectors of bar-code scanners: plain lines, AIM identifiers, GS1, Code 39 with its check character, broken ones.
#[test]
fn captured_scanner_records_are_decoded() {
    let cases: &[(&str, &[&str])] = &[
        ("30 35 32 33 30 31 0D 0A", &["read BC 052301"]),
        ("5D 43 30 45 43 49 46 32 30 32 35 31 31 32 30 30 30 31 37 0D", &["read BC ECIF202511200017"]),
        (
            "5D 43 31 30 30 31 30 36 31 34 31 34 31 32 33 34 35 36 37 38 39 30 38 31 30 4C 4F 54 37 1D \
             32 31 53 4E 34 32 0D 0A",
            &["read BC 0010614141234567890810LOT721SN42"],
        ),
        ("5D 51 31 E4 BA AC 41 31 32 33 34 35 0D", &["read BC 京A12345"]),
        ("02 5D 51 31 BE A9 41 31 32 33 34 35 03", &["read BC 京A12345"]),
        ("5D 41 31 53 4C 49 50 32 30 32 35 30 30 31 37 4E 0D", &["read BC SLIP20250017"]),
        ("5D 41 31 53 4C 49 50 32 30 32 35 30 30 31 37 58 0D", &["bad_check"]),
        ("46 41 49 4C 0D", &["status no read"]),
        ("45 43 49 46 00 31 37 0D", &["noise 8"]),
        ("FF FF 0D", &["status a character set that is not known"]),
        (
            "20 41 20 42 0D",
            &["status medium_key \"A B\" of BC holds ' ', which such a key cannot have (SG-077)"],
        ),
        ("30 35", &["read BC 05"]),
        ("", &[]),
    ];
    for (hex, expected) in cases {
        assert_eq!(decoded(Protocol::Barcode, Side::Reader, hex), *expected, "{hex}");
    }
    assert_eq!(decoded(Protocol::Barcode, Side::Host, "30 35"), ["noise 2"]);
    let gs1 = lines(Protocol::Barcode, Side::Reader, b"]C110LOT7\x1d21SN42\r\n");
    let [read] = gs1.as_slice() else { panic!("{gs1:?}") };
    assert_eq!(read.raw.as_deref(), Some("]C110LOT7\u{1D}21SN42\r"), "the raw text keeps all");
    assert_eq!(read.text.as_deref(), Some("Code128; Batch(\"LOT7\"); Serial(\"SN42\")"));
    let cut = lines(Protocol::Barcode, Side::Reader, b"052301");
    assert_eq!(cut.first().and_then(|line| line.text.as_deref()), Some("ended by silence"));
}

/// Vectors of GM modules: replies, a reply with its record behind, a check that fails, and what the host asks.
#[test]
fn captured_module_frames_are_decoded() {
    let cases: &[(Side, &str, &[&str])] = &[
        (Side::Reader, "02 00 00 01 3E E4 AC", &["reply success, 3E"]),
        (Side::Reader, "02 00 00 02 39 01 C1 4C", &["reply success, 3901"]),
        (
            Side::Reader,
            "02 00 00 01 00 33 31 6A 45 43 49 46 31 37 0D",
            &["reply success, 00", "read BC ECIF17"],
        ),
        (Side::Reader, "30 35 32 33 30 31 0D 0A", &["read BC 052301"]),
        (Side::Reader, "02 00 00 01 87 33 31", &["bad_check"]),
        (Side::Reader, "02 00 00 01", &["noise 4"]),
        (Side::Host, "7E 00 07 01 00 0A 01 EE 8A", &["status reads 1 zones from 000A"]),
        (Side::Host, "7E 00 08 01 00 02 01 AB CD", &["status writes 01 from zone 0002"]),
        (Side::Host, "7E 00 09 01 00 00 00 DE C8", &["status saves all zones"]),
        (Side::Host, "7E 00 07 01 00 0A 01 11 22", &["bad_check"]),
        (Side::Host, "7E 00 07 01 00 0A 01", &["noise 7"]),
        (Side::Host, "7E 00 09 01 00 00 DE C8", &["noise 8"]),
    ];
    for (side, hex, expected) in cases {
        assert_eq!(decoded(Protocol::BarcodeGm, *side, hex), *expected, "{hex}");
    }
}

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
        let scales = scale::Wire::ALL.map(Protocol::Scale);
        let others = [Protocol::Modbus, Protocol::Pn532, Protocol::Display, Protocol::Eseal];
        let uhf = [Family::Uhf18, Family::Uhf288].map(Protocol::Uhf);
        for protocol in uhf.into_iter().chain(others).chain(scales) {
        for protocol in [Protocol::Uhf, Protocol::Modbus, Protocol::Barcode, Protocol::BarcodeGm] {
            // A scanner's text has no check, so noise may read as one.
            let unchecked = matches!(protocol, Protocol::Barcode | Protocol::BarcodeGm);
            for side in [Side::Reader, Side::Host] {
                let told = lines(protocol, side, &noise);
                let read = told.iter().any(|line| line.kind == "read");
                assert!(!read || (unchecked && side == Side::Reader), "{protocol:?} {side:?} {noise:02X?}");
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
        ("llrp", "", "protocol llrp is not in this version, but uhf-chafon-18, "),
        ("morse", "", "unknown protocol morse; known are uhf-chafon-18, "),
        (
            "llrp",
            "",
            "protocol llrp is not in this version; uhf-chafon-18, barcode, barcode-gm and modbus-rtu are",
        ),
        ("morse", "", "unknown protocol morse; uhf-chafon-18, barcode, barcode-gm and modbus-rtu are known"),
        ("modbus-rtu", "01 0x", "--hex: character 5 of the input is not a hexadecimal digit"),
        ("modbus-rtu", "01 0", "--hex: the input ends in the middle of a byte"),
    ] {
        std::fs::write(file, text).unwrap();
        let error = call(&["decode", "--protocol", protocol, "--hex", file]).0.unwrap_err();
        let told = error.downcast_ref::<UsageError>().unwrap().to_string();
        assert!(told.starts_with(expected), "{told}");
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
