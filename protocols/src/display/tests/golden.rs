//! Frames from public drivers and manuals, and spoilt ones. When one fails, the code is wrong, not this file.
//! Columns: id, bytes, what the decoder tells until the gap behind them.

pub(super) type Vector = (&'static str, &'static str, &'static [&'static str]);

/// Parking boards, "DA VR PN CMD DL DATA CRC".
pub(super) const PARK: &[Vector] = &[
    // 00 any board, 62, 37 bytes: row 0, scroll, 2 s, scroll, font 3, for ever, red, 18 bytes of text (public driver).
    (
        "L1",
        "00 64 FF FF 62 25 00 15 01 00 02 15 01 03 00 FF 00 00 00 00 00 00 00 12 00 BB B6 D3 AD B9 E2 C1 D9 C7 EB C8 EB \
         B3 A1 CD A3 B3 B5 F4 F5",
        &["to 0: row 0, 15 then 15, 2 s, FF000000: 欢迎光临请入场停车"],
    ),
    ("L2", "00 64 FF FF 30 09 02 BB B6 D3 AD B9 E2 C1 D9 26 A8", &["to 0: ClearAndPlay 欢迎光临"]),
    (
        "L3",
        "00 64 FF FF 62 1B 01 00 01 00 05 00 01 03 00 00 FF 00 00 00 00 00 00 08 00 D4 CA D0 ED CD A8 D0 D0 DB D3",
        &["to 0: row 1, 00 then 00, 5 s, 00FF0000: 允许通行"],
    ),
    // CRC high byte first.
    ("LX1", "00 64 FF FF 30 09 02 BB B6 D3 AD B9 E2 C1 D9 A8 26", &["bad check of 17"]),
    // The CRC fits two bytes, but DL says five: nothing until the time-out, then noise.
    ("LX2", "00 64 FF FF 68 05 02 01 A9 17", &["noise 10"]),
    // Stored file 1 in row 2: DL right (computed).
    ("stored file", "00 64 FF FF 68 02 02 01 18 D6", &["to 0: File { row: 2, file: 1 }"]),
];

/// Onbon controllers.
pub(super) const BX: &[Vector] = &[
    // To 1 from 8000, any type, version 2, 5 bytes: A2 00, answer wanted.
    (
        "L4",
        "A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A200010000 68F8 5A",
        &["to 1 from 8000: Wanted Ping"],
    ),
    (
        "L5",
        "A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A102010000 2D40 5A",
        &["to 1 from 8000: Wanted Status"],
    ),
    // No answer wanted; one area of 42 bytes: 0, 24, 64 by 12, text \FO000HUM:66%RH.
    (
        "L6",
        "A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 3300 A306020000 00 01 2A00 00 0000 1800 4000 0C00 01 0A 01 0200 \
         000000 01 01 01 00 17 02 0F000000 5C464F30303048554D3A3636255248 367A 5A",
        &["to 1 from 8000: Unwanted area 1 at 0,24 64x12: \\FO000HUM:66%RH"],
    ),
    // The data is A2 00 01 5A A5: both reserved bytes need an escape.
    (
        "L7",
        "A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A20001 5B02 A602 9223 5A",
        &["to 1 from 8000: Wanted Ping"],
    ),
    // Broadcast, pixels marked in the highest bit, 欢迎光临 in 128 by 32 (BX-6K, vendor's page).
    (
        "vendor area",
        "A5A5A5A5A5A5A5A5 FEFF 0080 000000000000 FE 02 2C00 A306010000 00 01 2300 00 0080 0000 8080 2000 00 00 00 0A00 \
         000000 02 01 01 00 02 0A 08000000 BBB6D3ADB9E2C1D9 3C49 5A",
        &["to 65534 from 8000: Wanted area 0 at 32768,0 32896x32: 欢迎光临"],
    ),
    // ACK as the vendor's page prints it, nine A5 before it.
    (
        "vendor ACK",
        "A5A5A5A5A5A5A5A5A5 0080 FEFF 000000000000 FE 02 0500 A000000000 14AC 5A",
        &["to 32768 from FFFE: Accepted"],
    ),
    // CRC-16/MODBUS where ARC is right.
    ("LX3", "A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A200010000 4CDC 5A", &["bad check of 30"]),
    // L7 without its escapes: ends at the first 5A with too few bytes.
    ("LX4", "A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A20001 5A A5 9223 5A", &["noise 30"]),
    // The next good frame behind LX4 is not lost.
    (
        "LX4 then L4",
        "A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A20001 5A A5 9223 5A \
         A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A200010000 68F8 5A",
        &["noise 30", "to 1 from 8000: Wanted Ping"],
    ),
    // 5B 03 is no escape.
    ("LX5", "A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A20001 5B03 A602 9223 5A", &["noise 32"]),
    // A frame that lost its end is given up when the next one begins.
    (
        "L4 cut, then L5",
        "A5A5A5A5A5A5A5A5 0100 0080 0000000000 \
         A5A5A5A5A5A5A5A5 0100 0080 000000000000 FE 02 0500 A102010000 2D40 5A",
        &["noise 17", "to 1 from 8000: Wanted Status"],
    ),
];

/// AB boards.
pub(super) const AB: &[Vector] = &[
    (
        "L16",
        "AB 19 02 02 20 25 FC 0C 21 20 2E 21 28 BB B6 D3 AD B9 E2 C1 D9 03 22 23 21 20 03",
        &["欢迎光临, 0202 .. 0322232120"],
    ),
    // A damaged text passes: the check does not cover it.
    (
        "L16 damaged",
        "AB 19 02 02 20 25 FC 0C 21 20 2E 21 28 BB B6 D3 AD B9 E2 C1 D8 03 22 23 21 20 03",
        &["欢迎光霖, 0202 .. 0322232120"],
    ),
    (
        "L16, check wrong",
        "AB 19 02 02 20 25 FC 0C 21 20 2E 21 28 BB B6 D3 AD B9 E2 C1 D9 03 22 23 21 20 04",
        &["bad check of 27"],
    ),
    // The two lengths disagree.
    (
        "L16, length wrong",
        "AB 19 02 02 20 25 FC 0C 21 20 2E 21 27 BB B6 D3 AD B9 E2 C1 D9 03 22 23 21 20 03",
        &["noise 27"],
    ),
    ("L16 cut", "AB 19 02 02 20 25", &["noise 6"]),
];

/// SUNPN number panels.
pub(super) const SUNPN: &[Vector] = &[
    ("L14", "3A 00 78 03 01 B6 0A", &["colour 0: 888"]),
    ("LX8", "2A 00 78 03 01 A6 0A", &["noise 7"]),
    ("L14, sum wrong", "3A 00 78 03 01 B7 0A", &["bad check of 7"]),
    ("L14, end wrong", "3A 00 78 03 01 B6 0D", &["noise 7"]),
];

/// Four-byte number panels.
pub(super) const FOUR_BYTE: &[Vector] =
    &[("L15", "05 03 E7 EF", &["board 5: 999"]), ("L15, sum wrong", "05 03 E7 EE", &["bad check of 4"])];

/// SYN6288, from the host.
pub(super) const SYN: &[Vector] = &[
    ("L8", "FD 00 0B 01 00 D3 EE D2 F4 CC EC CF C2 C1", &["Gb2312 宇音天下"]),
    ("L9", "FD 00 0D 01 01 B3 B5 C1 BE D2 D1 B7 C5 D0 D0 F8", &["Gbk 车辆已放行"]),
    ("L10", "FD 00 02 02 FD", &["Stop"]),
    // As a driver's table has it.
    ("query", "FD 00 02 21 DE", &["Query"]),
    // UTF-8 text, a constant behind it, a length that is not its own: 14 bytes would be the frame.
    (
        "LX6",
        "FD 00 0B 01 00 00 00 0C E4 BD A0 E5 A5 BD E4 B8 96 E7 95 8C 00",
        &["bad check of 14", "noise 7"],
    ),
    ("too long", "FD 00 CC 01 01 B3 B5", &["noise 7"]),
];
