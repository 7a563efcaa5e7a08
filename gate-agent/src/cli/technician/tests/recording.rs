//! The form of a recording, held to its rules.

use proptest::prelude::*;
use protocols::contract::UtcMillis;

use crate::cli::{
    decode::Side,
    technician::recording::{Header, Piece, Recording, write_piece},
};

const HEAD: &str = "kakou-recording 1\ndevice: /dev/ttyUSB0\nline: 9600 8N1\nprotocol: weighbridge\nagent: 0.1.0\n\
                    started: 2026-11-28T08:00:00.123Z\n\n";

fn refused(text: &str) -> String {
    Recording::parse(text.as_bytes()).unwrap_err().to_string()
}

fn written(recording: &Recording) -> Vec<u8> {
    let mut out = Vec::new();
    recording.header.write(&mut out).unwrap();
    for piece in &recording.pieces {
        write_piece(&mut out, piece.at_us, piece.from, &piece.bytes).unwrap();
    }
    out
}

#[test]
fn a_recording_is_read_as_the_page_has_it() {
    let text = format!("{HEAD}# the lorry drives on\n0 < 022b\n\n81234 > 04FF211995\n");
    let recording = Recording::parse(text.as_bytes()).unwrap();
    assert_eq!(
        (recording.header.protocol.as_deref(), recording.header.is_tcp()),
        (Some("weighbridge"), false)
    );
    let pieces: Vec<_> = recording.pieces.iter().map(|piece| (piece.line, piece.at_us, piece.from)).collect();
    assert_eq!(pieces, [(9, 0, Side::Reader), (11, 81_234, Side::Host)]);
    assert_eq!(recording.pieces[0].bytes, [0x02, 0x2B]);
}

#[test]
fn what_breaks_a_rule_is_refused_with_its_line_and_the_rule() {
    let without = |key: &str| {
        let lines = HEAD.lines().filter(|line| !line.starts_with(key));
        lines.collect::<Vec<_>>().join("\n") + "\n\n"
    };
    let cases = [
        (String::new(), "line 1: must be \"kakou-recording 1\""),
        ("kakou-recording 2\n".to_owned(), "line 1: must be \"kakou-recording 1\""),
        (without("device"), "line 6: device is missing above"),
        (without("line"), "line 6: line is missing above"),
        (without("agent"), "line 6: agent is missing above"),
        (without("started"), "line 6: started is missing above"),
        (
            HEAD.replace("2026-", "soon-"),
            "line 6: started: \"soon-11-28T08:00:00.123Z\" is not an RFC 3339 time",
        ),
        (
            HEAD.replace("protocol", "port"),
            "line 4: the key must be one of device, line, protocol, agent, started",
        ),
        (HEAD.replace("protocol", "device"), "line 4: device must stand there once"),
        // The end of such a line would not be where the one who wrote it had it.
        (HEAD.replace("weighbridge", "we\r\r"), "line 4: protocol must have no control characters"),
        (
            "kakou-recording 1\n0 < 02\n".to_owned(),
            "line 2: must be `key: value`, or empty before the first piece",
        ),
        (format!("{HEAD}0 <\n"), "line 8: must be microseconds, < or >, and hexadecimal digits"),
        (format!("{HEAD}0 < 02 2B\n"), "line 8: must be microseconds, < or >, and hexadecimal digits"),
        (format!("{HEAD}-1 < 02\n"), "line 8: the time must be whole microseconds, at most 31622400000000"),
        (
            format!("{HEAD}18446744073709551615 < 02\n"),
            "line 8: the time must be whole microseconds, at most 31622400000000",
        ),
        (format!("{HEAD}0 = 02\n"), "line 8: the direction must be < (from the device) or > (to it)"),
        (format!("{HEAD}0 < 022\n"), "line 8: the bytes end in the middle of one"),
        (format!("{HEAD}0 < 02é\n"), "line 8: the bytes must be hexadecimal digits"),
        (format!("{HEAD}0 < 0G\n"), "line 8: the bytes must be hexadecimal digits"),
        (format!("{HEAD}5 < 02\n4 < 02\n"), "line 9: the time must not be before line 8's"),
        (format!("{HEAD}0 < {}\n", "00".repeat(65_537)), "line 8: a piece must have 65536 bytes at most"),
    ];
    for (text, rule) in cases {
        assert_eq!(refused(&text), rule, "{text}");
    }
    let torn = [HEAD.as_bytes(), b"0 < 02\n0 < \xFF"].concat();
    assert_eq!(Recording::parse(&torn).unwrap_err().to_string(), "line 9: must be text in UTF-8");
}

fn recordings() -> impl Strategy<Value = Recording> {
    let piece = (0_u64..2_000_000, any::<bool>(), prop::collection::vec(any::<u8>(), 1..40));
    (prop::option::of("[a-z0-9-]{1,20}"), 0_i64..2_000_000_000_000, prop::collection::vec(piece, 0..20))
        .prop_map(|(protocol, started, pieces)| {
            let header = Header {
                device: "uhf-out1".to_owned(),
                line: "tcp".to_owned(),
                protocol,
                agent: "0.1.0".to_owned(),
                started: UtcMillis::from_millis(started),
            };
            let first = 7 + usize::from(header.protocol.is_some());
            let mut at_us = 0;
            let pieces = (first..).zip(pieces).map(|(line, (pause, reader, bytes))| {
                at_us += pause;
                Piece { line, at_us, from: if reader { Side::Reader } else { Side::Host }, bytes }
            });
            Recording { header, pieces: pieces.collect() }
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(recording in recordings()) {
        prop_assert_eq!(Recording::parse(&written(&recording)).unwrap(), recording);
    }

    /// fault D1: a file is whatever somebody hands over.
    #[test]
    fn any_bytes_are_read_or_refused(noise in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Recording::parse(&noise).is_err());
        let _ = Recording::parse(&[HEAD.as_bytes(), &noise].concat());
    }

    /// fault D1: a recording that was cut or altered anywhere.
    #[test]
    fn a_damaged_recording_is_read_or_refused(
        recording in recordings(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut text = written(&recording);
        let at = at.index(text.len());
        if cut { text.truncate(at) } else { text[at] = byte }
        if let Err(error) = Recording::parse(&text) {
            prop_assert!(error.to_string().starts_with("line "));
        }
    }
}
