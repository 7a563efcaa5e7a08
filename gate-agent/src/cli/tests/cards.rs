//! `decode` of card readers' frames.

use super::super::decode::{Protocol, Side, lines};
use super::{bytes, decoded};

/// Vectors P2 to P25 of the PN532 that the chip sends, glued, spoilt and broken off; then a number that no card can have.
const PN532_REPLIES: &[(&str, &[&str])] = &[
    ("00 00 FF 00 FF 00", &["status acknowledged"]),
    ("00 00 FF 02 FE D5 15 16 00", &["reply SAM configured"]),
    ("00 00 FF 06 FA D5 03 32 01 06 07 E8 00", &["reply chip 32, firmware 1.6"]),
    ("00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 5C BB E5 D5 FD 00", &["read IC 5CBBE5D5", "reply 1 card"]),
    (
        "00 00 FF 00 FF 00 00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 24 D3 4F 59 2F 00",
        &["status acknowledged", "read IC 24D34F59", "reply 1 card"],
    ),
    ("00 00 FF 03 FD D5 4B 00 E0 00", &["reply 0 cards"]),
    (
        "00 00 FF 0F F1 D5 4B 01 01 00 44 00 07 04 A2 B3 C4 D5 E6 80 3B 00",
        &["read IC 04A2B3C4D5E680", "reply 1 card"],
    ),
    (
        "00 00 FF 15 EB D5 4B 01 01 03 44 20 07 04 11 22 33 44 55 66 06 75 77 81 02 80 12 00",
        &["read IC 04112233445566", "reply 1 card"],
    ),
    (
        "00 00 FF 15 EB D5 4B 02 01 00 04 08 04 5C BB E5 D5 02 00 04 08 04 24 D3 4F 59 4B 00",
        &["read IC 5CBBE5D5", "read IC 24D34F59", "reply 2 cards"],
    ),
    ("00 00 FF 03 FD D5 41 14 D6 00", &["reply card exchange: MIFARE authentication failed, data "]),
    ("00 00 FF FF FF 00 03 FD D5 4B 00 E0 00", &["reply 0 cards"]),
    ("00 00 FF 01 FF 7F 81 00", &["status syntax error"]),
    ("00 00 FF 01 FE D5 43 00", &["noise 8"]),
    ("00 00 FF 01 FF D5 00 00", &["bad_check"]),
    ("00 00 FF 02 FF D5 43 00", &["noise 8"]),
    ("00 00 FF 0C F4 D5 4B 01 01 00 04 08 0A 5C BB E5 D5 F7 00", &["status reply does not fit its layout"]),
    ("00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 5C", &["noise 14"]),
    ("00 FF 12 00 00 FF 00 FF 00", &["noise 3", "status acknowledged"]),
    (
        "00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 00 00 00 00 CE 00",
        &["status card uid \"00000000\" is a blank or failed read", "reply 1 card"],
    ),
];

#[test]
fn replies_of_a_card_reader_are_decoded() {
    for (hex, expected) in PN532_REPLIES {
        assert_eq!(decoded(Protocol::Pn532, Side::Reader, hex), *expected, "{hex}");
    }
}

/// Vectors P1, P4, P6 and P13 of the PN532.
#[test]
fn commands_to_a_card_reader_are_decoded() {
    let cases = [
        (
            "55 55 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF 05 FB D4 14 01 14 01 02 00",
            "status command SamConfiguration { timeout: 20, irq: 1 }",
        ),
        ("00 00 FF 02 FE D4 02 2A 00", "status command GetFirmwareVersion"),
        (
            "00 00 FF 04 FC D4 4A 01 00 E1 00",
            "status command ListTargets { most: One, modulation: TypeA, only: [] }",
        ),
        (
            "00 00 FF 06 FA D4 32 05 FF 01 02 F3 00",
            "status command LimitRetries(Retries { atr: 255, psl: 1, passive: 2 })",
        ),
        ("00 00 FF FF 00 00", "status asks for the last frame again"),
        ("00 00 FF 02 FE D4 99 93 00", "status command 0x99: unknown command"),
    ];
    for (hex, expected) in cases {
        assert_eq!(decoded(Protocol::Pn532, Side::Host, hex), [expected], "{hex}");
    }
}

/// A number of 4 bytes that begins with 08 was made up for one session.
#[test]
fn a_made_up_card_number_is_marked() {
    let frame = bytes("00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 08 12 34 56 2A 00");
    let read = lines(Protocol::Pn532, Side::Reader, &frame).remove(0);
    assert_eq!(read.medium_key.as_deref(), Some("08123456"));
    assert_eq!(read.text.as_deref(), Some("Classic 1K, number made up for one session"));
}
