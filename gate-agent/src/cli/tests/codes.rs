//! `decode` of scanners.

use super::super::decode::{Protocol, Side, lines};
use super::decoded;

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
