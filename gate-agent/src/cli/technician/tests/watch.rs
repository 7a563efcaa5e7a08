//! What a person reads, and what the words leave out.

use proptest::prelude::*;
use protocols::{tick::Tick, uhf::tag::Family};

use super::bench::bytes;
use crate::cli::{
    Cli,
    decode::{Line, Protocol, Side, lines},
    technician::{
        Misuse,
        target::{LineArgs, Target},
        words::{Count, Lately, Page},
    },
};

fn pages(protocol: Protocol, hex: &str) -> Vec<String> {
    lines(protocol, Side::Reader, &bytes(hex)).iter().map(|line| Page(line).to_string()).collect()
}

#[test]
fn a_line_reads_as_a_sentence_of_one_glance() {
    let read = "14 00 EE 00 01 0C E2 80 11 70 00 00 02 0F EB EA D3 B5 6B D3 2F";
    assert_eq!(
        pages(Protocol::Uhf(Family::Uhf288), read),
        ["read    VE E28011700000020FEBEAD3B5, antenna 0x1, signal 107"]
    );
    let weights = "02 2B 30 30 31 35 36 30 30 31 39 03 02 2B 30 30 30 30 30 30 31 31 42 03";
    let told = pages(Protocol::Scale(crate::cli::scale::Wire::A9), weights);
    assert_eq!(told[0], "weight  1560 kg");
    assert!(told[1].starts_with("bad     check fails, 022B"), "{told:?}");
    assert_eq!(pages(Protocol::Uhf(Family::Uhf18), "FF 00"), ["noise   2 bytes"]);
}

#[test]
fn the_same_words_come_again_after_two_seconds_and_all_are_counted() {
    let (mut lately, mut count) = (Lately::default(), Count::default());
    let said = |at: u64, lately: &mut Lately| lately.is_news("weight 1560 kg", Tick::from_millis(at));
    assert_eq!([0, 100, 1999, 2000, 2100].map(|at| said(at, &mut lately)), [true, false, false, true, false]);
    let read = Line { kind: "read", medium_key: Some("E2".to_owned()), ..Line::default() };
    let noise = Line { kind: "noise", skipped: Some(3), ..Line::default() };
    for line in [&read, &read, &noise] {
        count.take(line);
    }
    assert_eq!(
        count.to_string(),
        "0 bytes: 2 reads of 1 media, 0 weights, 0 replies, 0 status; 0 bad checks, 3 bytes of noise"
    );
}

/// Said before anything is opened.
#[test]
fn wrong_usage_is_said_with_what_would_be_right() {
    use clap::Parser;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("gate-agent.toml");
    std::fs::write(&config, include_str!("../../../../gate-agent.example.toml")).unwrap();
    let config = config.to_str().unwrap();
    let refused = |arguments: &[&str]| {
        let all = [&["gate-agent", "--config", config], arguments].concat();
        let error = Cli::try_parse_from(all).unwrap().run(&mut Vec::new()).unwrap_err();
        error.downcast_ref::<Misuse>().unwrap_or_else(|| panic!("{error:#}")).to_string()
    };
    for (arguments, expected) in [
        (
            &["probe", "uhf-9"][..],
            "\"uhf-9\" is neither a path, nor tcp:host:port, nor a device of the configuration, which has uhf-out1, io-out1",
        ),
        (
            &["watch", "/dev/x"],
            "say with --protocol what /dev/x speaks, or find it out with `gate-agent probe /dev/x`",
        ),
        (&["watch", "tcp:yard"], "yard: an address must be a host and a port such as 10.0.0.7:502"),
        (
            &["watch", "uhf-out1", "--baud", "9600"],
            "--baud and --parity are for a path; how uhf-out1 is set stands in the configuration",
        ),
        (
            &["watch", "/dev/x", "--protocol", "mqtt-zebra"],
            "mqtt-zebra comes as messages, never on a line: use `gate-agent decode`",
        ),
        (
            &["watch", "/dev/x", "--protocol", "display", "--ask"],
            "--ask: the agent does not speak display on a line of its own",
        ),
    ] {
        assert_eq!(refused(arguments), expected);
    }
    for wrong in
        [&["probe"][..], &["watch", "/dev/x", "--baud", "1"], &["record", "/dev/x", "f", "--for", "0"]]
    {
        let all = [&["gate-agent"], wrong].concat();
        assert_eq!(Cli::try_parse_from(all).unwrap_err().exit_code(), 2);
    }
}

/// A connection has no lock that shows: the agent that may have called is asked.
#[tokio::test]
async fn an_address_that_a_running_agent_has_called_is_left_alone() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let panel = listener.local_addr().unwrap();
    let example = include_str!("../../../../gate-agent.example.toml");
    let mut config = crate::config::parse(example, [], None).unwrap();
    config.panel.listen = panel;
    config.devices[1].port = Some(crate::config::PortSettings::tcp("10.0.0.7:502").unwrap());
    let target = |text: &str| Target::find(text, LineArgs::default(), 9600, || panic!("no name")).unwrap();
    let (board, other) = (target("tcp:10.0.0.7:502"), target("tcp:10.0.0.8:502"));
    let page = axum::Router::new().route("/status", axum::routing::get(async || "{}"));
    let agent = tokio::spawn(async move { axum::serve(listener, page).await });
    let refused = board.refuse_if_held(Some(&config)).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        format!("10.0.0.7:502 is held by the gate-agent whose panel is at {panel}: stop it first")
    );
    other.refuse_if_held(Some(&config)).await.unwrap();
    agent.abort();
    let _ = agent.await;
    board.refuse_if_held(Some(&config)).await.unwrap();
}

proptest! {
    /// fault D1: split frames. However a stream comes in pieces, it tells what the whole tells.
    #[test]
    fn pieces_tell_what_the_whole_tells(noise in prop::collection::vec(any::<u8>(), 1..300), size in 1_usize..40) {
        let uhf = [Family::Uhf18, Family::Uhf288].map(Protocol::Uhf);
        let others = [Protocol::Barcode, Protocol::BarcodeGm, Protocol::Modbus, Protocol::Pn532, Protocol::Display, Protocol::Eseal];
        for protocol in uhf.into_iter().chain(others) {
            let (mut stream, mut told) = (protocol.stream(Side::Reader), Vec::new());
            for piece in noise.chunks(size) {
                stream.push(piece, &mut told);
            }
            stream.gap(&mut told);
            let json = |lines: &[Line]| serde_json::to_string(lines).unwrap();
            prop_assert_eq!(json(&told), json(&lines(protocol, Side::Reader, &noise)));
        }
    }
}
