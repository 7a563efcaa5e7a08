//! The command line as it is called.

mod cards;
mod codes;
mod lane;
mod messages;
mod receipts;
mod redecide;
mod reenact;
mod release_codes;
mod scales;
mod signed;
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
        let others =
            [Protocol::Modbus, Protocol::BarcodeGm, Protocol::Pn532, Protocol::Display, Protocol::Eseal];
        let uhf = [Family::Uhf18, Family::Uhf288].map(Protocol::Uhf);
        for protocol in uhf.into_iter().chain(others).chain(scales) {
            for side in [Side::Reader, Side::Host] {
                let told = lines(protocol, side, &noise);
                // A scanner's text has no check, so noise may read as one.
                let unchecked = protocol == Protocol::BarcodeGm && side == Side::Reader;
                let read = told.iter().any(|line| line.kind == "read");
                assert!(!read || unchecked, "{protocol:?} {side:?} {noise:02X?}");
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

/// SG-209; section 6, point 16 of the fault list: a number for the site's engineer, and what limits it.
#[test]
fn the_status_tells_how_long_the_gate_can_stay_offline() {
    let with = |offline: &str| {
        let status = format!(
            r#"{{"gate_id":"0708-G02","version":"0.1.0","not_ready":[],"lanes":[],"devices":[],
            "journal":{{"state":"available","error":null,"epoch":1,"head":9,"acked":9,"backlog":0,"last_commit_us":10,"slow":false}},
            "index":{{"revision":3,"age_s":7200,"entries":1,"damage":null}},
            "centre":{{"online":true,"clock_offset_ms":0,"error":null}},"offline":{offline}}}"#
        );
        let mut out = Vec::new();
        super::status::show(&serde_json::from_str(&status).unwrap(), &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        page.lines().find_map(|line| line.strip_prefix("without the centre: ")).unwrap().to_owned()
    };
    let rest = r#""index_left_s":0,"disk_left_s":null,"free_bytes":null,"bytes_per_day":null"#;
    let told = with(&format!(r#"{{"left_s":2671200,"limit":"index_age","is_assumed":false,{rest}}}"#));
    assert_eq!(told, "30.9 days, then the index is too old");
    let told = with(&format!(r#"{{"left_s":43200,"limit":"disk","is_assumed":true,{rest}}}"#));
    assert_eq!(told, "0.5 days, then the disk is full (growth of the journal assumed)");
    let told = with(&format!(r#"{{"left_s":0,"limit":"no_index","is_assumed":false,{rest}}}"#));
    assert_eq!(told, "nobody passes by himself, there is no index");
}

/// fault E5: a PIN goes in by the standard input, its hash comes out, and a weak one is refused without being repeated.
#[test]
fn a_pin_becomes_a_hash_that_the_configuration_takes() {
    let hash = |text: &str| {
        let mut out = Vec::new();
        let outcome = super::pin::of_lines(&mut text.as_bytes(), &mut out);
        (outcome, String::from_utf8(out).unwrap())
    };
    let (outcome, out) = hash("482017\n");
    outcome.unwrap();
    let printed = crate::person::PinHash::parse(out.trim_end()).unwrap();
    assert!(printed.is_of(&crate::person::Pin::entered("482017")));
    for text in ["", "123456\n", "4820a7\n"] {
        let (outcome, out) = hash(text);
        let error = format!("{:#}", outcome.unwrap_err());
        assert!(out.is_empty() && !error.contains("123456") && !error.contains("4820a7"), "{error}");
    }
}

#[test]
fn the_status_reads_as_a_page() {
    let status = r#"{"gate_id":"0708-G02","version":"0.1.0","not_ready":["index: no snapshot yet"],
        "lanes":[{"lane_id":"OUT1","running":true,"state":"held","visit_id":null,"verdict":null,"reason":"lane_closed","faults":["io-1"]}],
        "devices":[{"name":"io-1","kind":"modbus-io","online":false,"reads":1,"frames":2,"bad_checks":3,"noise_bytes":4,"errors":5,"reconnects":6,"shed":7},
          {"name":"locks-1","kind":"lock-board","online":true,"reads":0,"frames":9,"bad_checks":0,"noise_bytes":0,"errors":0,"reconnects":0,"shed":0,
           "locks":[{"lock":1,"state":"shut","words":{"zh":"锁 1 已锁","en":"lock 1 shut"}}]}],
        "journal":{"state":"available","error":null,"epoch":1,"head":9,"acked":4,"backlog":5,"last_commit_us":10,"slow":false},
        "index":{"revision":null,"age_s":null,"entries":null,"damage":null},
        "centre":{"online":false,"clock_offset_ms":null,"error":"refused"}}"#;
    let mut out = Vec::new();
    super::status::show(&serde_json::from_str(status).unwrap(), &mut out).unwrap();
    let page = String::from_utf8(out).unwrap();
    assert_eq!(
        page,
        "gate 0708-G02 (version 0.1.0): NOT READY\n  index: no snapshot yet\nlane OUT1: held, lane_closed, broken: io-1\n\
         device io-1: OFFLINE, 1 reads, 3 bad checks, 5 errors\n\
         device locks-1: online, 0 reads, 0 bad checks, 0 errors, lock 1 shut\njournal available: head 9, at the centre 4, waiting 5\n\
         index: none yet\ncentre: OFFLINE, refused\n"
    );
}
