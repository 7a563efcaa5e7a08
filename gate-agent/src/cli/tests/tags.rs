//! `decode` of UHF readers' frames.

use protocols::uhf::tag::Family;

use super::super::decode::{Protocol, Side, lines};
use super::{bytes, decoded};

const UHF_18: Protocol = Protocol::Uhf(Family::Uhf18);

const UHF_288: Protocol = Protocol::Uhf(Family::Uhf288);

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
        assert_eq!(decoded(UHF_18, Side::Reader, hex), expected, "{hex}");
    }
}

#[test]
fn the_same_bytes_mean_something_else_from_the_other_side() {
    let host = decoded(UHF_18, Side::Host, "04 FF 21 19 95");
    assert_eq!(host, ["status command to 255: ReaderInformation"]);
    assert_eq!(decoded(UHF_18, Side::Reader, "04 FF 21 19 95"), ["noise 5"]);
}

/// Vectors C2, C4 to C6, C11, C12, C15, C20, C22, C23 of the UHFReader288 and its relatives.
#[test]
fn captured_frames_of_the_288_family_are_decoded() {
    let cases: &[(&str, &[&str])] = &[
        (
            "11 00 21 00 00 16 0C 03 4E 00 1E 0A 01 00 00 00 E6 51",
            &["reply reader of type 0x0c, firmware 0.22, 30 dBm"],
        ),
        (
            "15 00 01 03 01 01 0C 30 39 60 63 03 C7 43 80 00 1A 05 59 40 F9 3E",
            &["read VE 3039606303C74380001A0559", "status inventory MoreFollows, 1 tags"],
        ),
        ("07 00 01 01 01 00 1E 4B", &["status inventory Finished, 0 tags"]),
        (
            "23 00 01 03 01 02 0C 00 00 00 00 00 00 00 00 00 00 03 13 6B \
             0C 00 00 00 00 00 00 00 00 00 00 03 14 6C 70 F2",
            &[
                "read VE 000000000000000000000313",
                "read VE 000000000000000000000314",
                "status inventory MoreFollows, 2 tags",
            ],
        ),
        (
            "14 00 EE 00 01 0C E2 80 11 70 00 00 02 0F EB EA D3 B5 6B D3 2F",
            &["read VE E28011700000020FEBEAD3B5"],
        ),
        (
            "11 00 EE 28 00 00 00 07 01 00 00 02 00 00 01 2C 65 EA",
            &["status heartbeat 7, antennas good idle idle disconnected, 300 reads"],
        ),
        ("05 00 76 00 62 C9", &["reply command 0x76: Success"]),
        ("15 00 01 03 01 01 0C 00 00 00 00 00 00 00 00 00 00 03 13 6B B1 A6", &["bad_check"]),
        (
            "15 00 01 01 01 03 0C E2 80 11 70 00 00 02 0F EB EA D3 B5 6B 46 D1",
            &[
                "read VE E28011700000020FEBEAD3B5",
                "status inventory Finished, 1 tags, 2 more announced than sent",
            ],
        ),
        (
            "14 00 EE 00 01 1E E2 80 11 70 00 00 02 0F EB EA D3 B5 6B D0 04",
            &["status reply 0xee does not fit its layout"],
        ),
    ];
    for (hex, expected) in cases {
        assert_eq!(decoded(UHF_288, Side::Reader, hex), *expected, "{hex}");
    }
    let stopped = decoded(UHF_288, Side::Host, "05 00 76 00 62 C9");
    assert_eq!(stopped, ["status command to 0: SetReadMode(Answer)"], "vector C14");
}

#[test]
fn a_read_of_the_288_family_has_antenna_strength_and_tid_beside_it() {
    let frame =
        "20 00 EE 00 01 98 E2 80 11 70 00 00 02 0F EB EA D3 B5 E2 80 11 05 20 00 5A 3C 91 0B 07 1E 6B F5 1A";
    let told = lines(UHF_288, Side::Reader, &bytes(frame));
    let expected = "[{\"kind\":\"read\",\"protocol\":\"uhf-chafon-288\",\"medium_type\":\"VE\",\
                    \"medium_key\":\"E28011700000020FEBEAD3B5\",\"raw\":\"E28011700000020FEBEAD3B5\",\
                    \"antenna\":1,\"rssi\":107,\"text\":\"TID E280110520005A3C910B071E\"}]";
    assert_eq!(serde_json::to_string(&told).unwrap(), expected);
}
