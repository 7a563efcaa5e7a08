//! `decode` of boards, panels, locks and seals.

use super::super::decode::{Protocol, Side};
use super::decoded;

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

/// Vectors L1 to L17, LX1 to LX8: the first bytes say which panel, chip, lock or door it is.
#[test]
fn frames_of_panels_chips_and_locks_are_decoded() {
    let onbon = "A5 A5 A5 A5 A5 A5 A5 A5 01 00 00 80 00 00 00 00 00 00 FE 02";
    let host: &[(String, &[&str])] = &[
        (
            "00 64 FF FF 62 25 00 15 01 00 02 15 01 03 00 FF 00 00 00 00 00 00 00 12 00 BB B6 D3 AD B9 E2 C1 D9 C7 \
             EB C8 EB B3 A1 CD A3 B3 B5 F4 F5"
                .into(),
            &["status parking board 0, row 0: 欢迎光临请入场停车"],
        ),
        (
            "00 64 FF FF 30 09 02 BB B6 D3 AD B9 E2 C1 D9 26 A8".into(),
            &["status parking board 0 speaks, ClearAndPlay: 欢迎光临"],
        ),
        (format!("{onbon} 05 00 A2 00 01 00 00 68 F8 5A"), &["status Onbon controller 1: ping"]),
        (format!("{onbon} 05 00 A1 02 01 00 00 2D 40 5A"), &["status Onbon controller 1: status?"]),
        (
            format!(
                "{onbon} 33 00 A3 06 02 00 00 00 01 2A 00 00 00 00 18 00 40 00 0C 00 01 0A 01 02 00 00 00 00 01 01 \
                 01 00 17 02 0F 00 00 00 5C 46 4F 30 30 30 48 55 4D 3A 36 36 25 52 48 36 7A 5A"
            ),
            &["status Onbon controller 1: area 1: \\FO000HUM:66%RH"],
        ),
        ("FD 00 0B 01 00 D3 EE D2 F4 CC EC CF C2 C1".into(), &["status speech chip speaks: 宇音天下"]),
        ("FD 00 02 02 FD".into(), &["status speech chip: Stop"]),
        ("8A 01 01 11 9B".into(), &["status lock board 1, lock 1: Open"]),
        ("80 01 01 33 B3".into(), &["status lock board 1, lock 1: Query"]),
        ("3A 00 78 03 01 B6 0A".into(), &["status SUNPN panel: 888, colour 0"]),
        ("05 03 E7 EF".into(), &["status four-byte panel 5: 999"]),
        (
            "AB 19 02 02 20 25 FC 0C 21 20 2E 21 28 BB B6 D3 AD B9 E2 C1 D9 03 22 23 21 20 03".into(),
            &["status AB board: 欢迎光临"],
        ),
        ("55 12 34 03 01 AD 8A".into(), &["status door motor 1234: Open"]),
        ("00 64 FF FF 30 09 02 BB B6 D3 AD B9 E2 C1 D9 A8 26".into(), &["bad_check"]),
        ("00 64 FF FF 68 05 02 01 A9 17".into(), &["noise 10"]),
        (format!("{onbon} 05 00 A2 00 01 00 00 4C DC 5A"), &["bad_check"]),
        (
            format!("{onbon} 05 00 A2 00 01 5A A5 92 23 5A {onbon} 05 00 A2 00 01 00 00 68 F8 5A"),
            &["noise 30", "status Onbon controller 1: ping"],
        ),
        (format!("{onbon} 05 00 A2 00 01 5B 03 A6 02 92 23 5A"), &["noise 32"]),
        ("8A 01 01 00 8B".into(), &["bad_check"]),
        ("2A 00 78 03 01 A6 0A".into(), &["noise 7"]),
    ];
    for (hex, expected) in host {
        assert_eq!(decoded(Protocol::Display, Side::Host, hex), *expected, "{hex}");
    }
    // The same from the other side, and what only that side says.
    for (hex, expected) in [
        ("05 03 E7 EF", "status four-byte panel 5: 999"),
        ("8A 01 01 11 9B", "reply lock board 1, lock 1: Open, state 11"),
        ("80 01 01 00 80", "reply lock board 1, lock 1: Query, state 00"),
        ("4F", "reply speech chip: Idle"),
        (
            "A5 A5 00 80 FE FF 00 00 00 00 00 00 FE 02 05 00 A0 00 00 00 00 14 AC 5A",
            "reply Onbon controller 65534: accepted",
        ),
    ] {
        assert_eq!(decoded(Protocol::Display, Side::Reader, hex), [expected], "{hex}");
    }
    let utf8 = "FD 00 0B 01 00 00 00 0C E4 BD A0 E5 A5 BD E4 B8 96 E7 95 8C 00";
    assert_eq!(decoded(Protocol::Display, Side::Host, utf8), ["bad_check", "noise 7"]);
}

/// Vectors L18 to L23, LX9, LX10: seals with their state, and what a padlock wants for an answer.
#[test]
fn frames_of_seals_are_decoded() {
    let padlock = "24 80 41 30 09 78 19 14 00 34 06 10 21 07 54 43 54 19 36 31 00 62 13 42 3B 00 00 00 00 00 6C 07 00 00 00 \
                   00 20 E0 64 F9 1E A0 67 1D 00 02 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 07 F1 00 EA 0F 6E";
    let text: Vec<String> =
        b"(8000632862,P45,290322,132412,25.28217,S,57.54683,W,A,0,0,5,0,0000000000,0,0,9,0)"
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
    let text = text.join(" ");
    for (side, hex, expected) in [
        (Side::Host, "02 00 06 00 01 00 16 88 42 03", "status to reader 1: Status"),
        (Side::Host, "02 00 06 00 01 00 0A 5B FF 03", "status to reader 1: Acknowledge"),
        (Side::Host, "28 50 36 39 2C 30 2C 39 29", "status report 9 received"),
        (
            Side::Reader,
            "02 00 0A 00 01 80 16 00 00 00 00 4A 06 03",
            "reply reader 1, command 0x0016: status 00000000",
        ),
        (
            Side::Reader,
            "02 00 12 00 01 80 0A 00 00 01 09 00 01 00 BC 61 4E 0A A0 84 DD 03",
            "read seal 0001-12345678: Tampered, status A0, reader 1, channel 1",
        ),
        (Side::Reader, "02 00 12 00 01 80 0A 00 00 01 09 00 01 00 BC 61 4E 0A 80 84 DD 03", "bad_check"),
        (
            Side::Reader,
            &text,
            "read padlock 8000632862: Unknown, event 5, at 2022-03-29T13:24:12.000Z, answer (P69,0,9)",
        ),
        (
            Side::Reader,
            padlock,
            "read padlock 8041300978: Sealed, status 20E0, at 2021-10-06T07:54:43.000Z, answer (P69,0,110)",
        ),
        (Side::Reader, "24 80 41 30 09 78 19 14 00 34 06 10 21 07 54 43 54 1A 36 31", "noise 20"),
    ] {
        assert_eq!(decoded(Protocol::Eseal, side, hex), [expected], "{hex}");
    }
}
