//! A recording told again, and played to somebody.

use std::{sync::Arc, time::Duration};

use protocols::uhf::tag::Family;

use super::bench::bytes;
use crate::{
    cli::{
        decode::{Protocol, Side, lines},
        scale,
        technician::{
            recording::Recording,
            replay::tell,
            stage::{Repeat, Stage, perform},
        },
    },
    clock::SystemClock,
    config::{Parity, PortSettings, SerialSettings, StopBits},
    drivers::{Attended, Heard},
};

fn recording(line: &str, pieces: &str) -> Recording {
    let head = "kakou-recording 1\ndevice: x\nagent: 0.1.0\nstarted: 2026-11-28T08:00:00.123Z\n";
    Recording::parse(format!("{head}line: {line}\n\n{pieces}").as_bytes()).unwrap()
}

fn told(recording: &Recording, protocol: Protocol) -> (Vec<String>, Duration) {
    let (mut words, mut time) = (Vec::new(), Duration::ZERO);
    tell(recording, protocol, |lines, wait| {
        time += wait;
        words.extend(lines.iter().map(|line| serde_json::to_string(line).unwrap()));
        Ok(())
    })
    .unwrap();
    (words, time)
}

/// The first half of a frame and, much later, the second: one frame only when nothing ended it between.
#[test]
fn silences_are_those_of_the_recorded_times() {
    let halves = |apart: u64| {
        recording(
            "57600 8N1",
            &format!("0 < 1100EE00E20000170014\n10 > 04FF211995\n{apart} < 026616706B488337\n"),
        )
    };
    let uhf = Protocol::Uhf(Family::Uhf18);
    let (near, time) = told(&halves(99_999), uhf);
    assert!(near.len() == 1 && near[0].contains("\"medium_key\":\"E20000170014026616706B48\""), "{near:?}");
    assert_eq!(time, Duration::from_micros(99_999));
    let (far, time) = told(&halves(100_000), uhf);
    assert!(far.iter().all(|line| line.contains("\"kind\":\"noise\"")), "{far:?}");
    assert_eq!(time, Duration::from_micros(100_000));
}

/// An indicator's format is found on its first bytes, and told as `decode` tells the whole.
#[test]
fn an_unknown_indicator_is_told_as_decode_tells_it() {
    let frame = "02 31 30 20 20 20 20 32 30 30 20 20 20 20 30 30 0D 1E";
    let pieces: Vec<String> =
        (0..40).map(|count| format!("{} < {}", count * 140_000, frame.replace(' ', ""))).collect();
    let (words, _) = told(&recording("9600 8N1", &pieces.join("\n")), Protocol::AnyScale);
    let whole = lines(Protocol::Scale(scale::Wire::Mt), Side::Reader, &bytes(frame).repeat(40));
    let whole: Vec<String> = whole.iter().map(|line| serde_json::to_string(line).unwrap()).collect();
    assert_eq!(words, whole);
}

#[test]
fn modbus_on_a_connection_is_told_as_on_a_serial_line() {
    let over_tcp = recording("tcp", "0 < 000100000004010201\n5 < 05\n9 < 0002000000040102\n20 < 0101\n");
    let (words, _) = told(&over_tcp, Protocol::Modbus);
    let serial = lines(Protocol::Modbus, Side::Reader, &bytes("01 02 01 05 61 8B"));
    assert_eq!(words.len(), 2);
    assert_eq!(words[0], serde_json::to_string(&serial[0]).unwrap());
    let rubbish = recording("tcp", "0 < 00010007AA\n");
    assert_eq!(
        told(&rubbish, Protocol::Modbus).0,
        ["{\"kind\":\"noise\",\"protocol\":\"modbus-rtu\",\"skipped\":5}"]
    );
}

/// Nothing before the port is open; the answer to a request when it is asked; what came by itself, after its time.
#[tokio::test]
async fn a_recording_is_played_to_whoever_asks() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("reader");
    let recording = recording("9600 8N1", "0 > 0102\n20000 < AABB\n40000 > 03\n41000 < CC\n90000 < DD\n");
    let stage = Stage::publish(&link).unwrap();
    let port = PortSettings::Serial(SerialSettings {
        path: link.to_str().unwrap().into(),
        baud: 9600,
        parity: Parity::None,
        stop_bits: StopBits::One,
    });
    let client = async {
        for _ in 0..2 {
            let mut line = Attended::new(&port, Arc::new(SystemClock));
            assert_eq!(line.next(&mut [0; 8], None).await, Heard::Opened);
            for (asked, expected) in [(&[1, 2][..], &[0xAA, 0xBB][..]), (&[3], &[0xCC, 0xDD])] {
                line.write(asked).await.unwrap();
                let mut heard = Vec::new();
                while heard.len() < expected.len() {
                    let mut buffer = [0; 8];
                    match line.next(&mut buffer, None).await {
                        Heard::Bytes(count) => heard.extend_from_slice(&buffer[..count]),
                        other => panic!("{other:?}"),
                    }
                }
                assert_eq!(heard, expected);
            }
        }
    };
    let both = async {
        tokio::select! {
            () = client => {}
            played = perform(&stage, &recording, Repeat::UntilStopped) => panic!("{played:?}"),
        }
    };
    tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
    drop(stage);
    assert!(!link.is_symlink(), "the link is left behind");
}
