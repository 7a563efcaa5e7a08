//! `decode` of what weighbridges send.

use std::process::ExitCode;

use super::super::{
    decode::{Protocol, Side},
    scale::Wire,
};
use super::{call, decoded};

/// Vectors W1 to W10, WX1 to WX5, WX8: Yaohua continuous, command mode and A12.
#[test]
fn captured_frames_of_yaohua_indicators_are_decoded() {
    let cases: &[(&str, &[&str])] = &[
        ("02 2B 30 30 31 35 36 30 30 31 39 03", &["weight 1560"]),
        ("02 2B 30 30 30 30 30 30 30 31 42 03", &["weight 0"]),
        ("02 2B 30 30 30 32 30 35 32 31 45 03", &["weight 2.05"]),
        ("02 2D 30 30 30 30 32 30 30 31 46 03", &["weight -20"]),
        ("02 41 42 2B 30 30 38 38 38 30 33 31 33 03", &["weight 8.88 address A, gross"]),
        ("02 41 41 30 30 03", &["reply address A: Handshake"]),
        ("57 47 30 30 34 2E 31 33 39 6B 67 33 44 0D 0A", &["weight 4.139 gross"]),
        ("20 20 20 20 20 20 20 20 20 4F 4C 32 33 0D 0A", &["status overload"]),
        ("02 2B 30 30 30 30 30 30 31 31 42 03", &["bad_check"]),
        ("02 2B 30 31 32 35 30 30 30 45 32 03", &["bad_check"]),
        ("02 2B 30 30 31 02 2B 30 30 31 35 36 30 30 31 39 03", &["noise 5", "weight 1560"]),
        ("02 2B 31 32 33 34 35 36 35 31 39 03", &["noise 12"]),
        ("11 2B 30 30 31 35 36 30 30 31 39 13", &["noise 12"]),
        ("02 42 42 2D 30 30 30 30 31 32 31 31 46 03", &["weight -1.2 address B, gross"]),
        ("", &[]),
    ];
    for (hex, expected) in cases {
        assert_eq!(decoded(Protocol::Scale(Wire::A9), Side::Reader, hex), *expected, "{hex}");
    }
    let asked = decoded(Protocol::Scale(Wire::A9), Side::Host, "02 41 42 30 33 03 02 41 41 30 30 03");
    assert_eq!(asked, ["status asked of A: Gross", "status asked of A: Handshake"]);
}

/// Vectors W11 to W15, WX6: Mettler Toledo, with and without a check.
#[test]
fn captured_frames_of_toledo_indicators_are_decoded() {
    let checked = "02 31 30 20 20 20 20 32 30 30 20 20 20 20 30 30 0D";
    let plain = "02 31 30 20 20 31 36 39 36 30 20 20 20 20 30 30 0D";
    let cases: &[(&str, &[&str])] = &[
        (&format!("{checked} 1E"), &["weight 200 at rest gross, tare 0 kg"]),
        (plain, &["weight 16960 at rest gross, tare 0 kg"]),
        (&format!("{plain} {plain}"), &["weight 16960 at rest gross, tare 0 kg"; 2]),
        (
            "02 2A 38 20 20 31 32 33 34 30 20 20 20 20 20 30 0D 05",
            &["weight 12340 in motion gross, tare 0 kg"],
        ),
        ("02 2A 33 20 20 20 20 20 34 30 20 20 20 31 30 30 0D 1F", &["weight -40 at rest net, tare 100 kg"]),
        ("02 2A 34 20 20 20 20 20 20 20 20 20 20 20 20 30 0D 63", &["status gross, out of range, tare 0 kg"]),
        (&format!("{checked} 1F"), &["bad_check"]),
        (&format!("{checked} 1F {checked} 1E"), &["bad_check", "weight 200 at rest gross, tare 0 kg"]),
        (
            "02 2A 20 20 20 20 20 32 32 30 20 20 20 20 20 20 0D",
            &["status gross, 220 lb: unit is none of kg, t and g"],
        ),
        ("02 2D 20 22 20 20 31 32 33 34 20 20 20 20 20 20 0D", &["weight 1234 at rest gross"]),
    ];
    for (hex, expected) in cases {
        assert_eq!(decoded(Protocol::Scale(Wire::Mt), Side::Reader, hex), *expected, "{hex}");
    }
    assert_eq!(decoded(Protocol::Scale(Wire::Mt), Side::Host, "50 0D"), ["noise 2"]);
}

/// Vectors W9, W16 to W19, WX7, WX9: lines of text and `=` text.
#[test]
fn captured_lines_of_text_are_decoded() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"ST,GS,  ,       0kg \r\n", &["weight 0 at rest gross"]),
        (b"US,GS,+  27.26kg\r\n", &["weight 27.26 in motion gross"]),
        (
            b"ST,GS,  ,       0kg \r\nUS,GS,+  27.26kg\r\n",
            &["weight 0 at rest gross", "weight 27.26 in motion gross"],
        ),
        (b"=000.3000", &["weight 3"]),
        (b"=00.1000-", &["weight -1"]),
        (b"=000.3000=000.3000", &["weight 3"; 2]),
        (b"=-0001.00", &["weight -1"]),
        (b"543.210=543.210=", &["weight 12.345"; 2]),
        (b"OL,GS,1\x85,         kg\r\n", &["status gross, overload"]),
        (b"ST,GS,+  27.", &["noise 12"]),
        (b"WG004.139kg3D\r\n", &["weight 4.139 gross"]),
        (b"   15600\r\n   15600\r\n", &["weight 15600"; 2]),
    ];
    for (text, expected) in cases {
        let hex: String = text.iter().map(|byte| format!("{byte:02X} ")).collect();
        assert_eq!(decoded(Protocol::Scale(Wire::Ascii), Side::Reader, &hex), *expected, "{hex}");
    }
}

/// Weights are exact decimals in their JSON too.
#[test]
fn a_weight_is_one_object_with_its_digits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.hex");
    std::fs::write(&file, "02 2A3320 202020203430 202020313030 0D 1F").unwrap();
    let (code, out) = call(&["decode", "--protocol", "weighbridge-mt", "--hex", file.to_str().unwrap()]);
    assert_eq!(code.unwrap(), ExitCode::SUCCESS);
    let expected = "{\"kind\":\"weight\",\"protocol\":\"weighbridge-mt\",\
                    \"raw\":\"022A33202020202034302020203130300D1F\",\"kg\":-40,\"stable\":true,\
                    \"text\":\"net, tare 100 kg\"}\n";
    assert_eq!(out, expected);
}
