//! Frames from the user manual, public drivers and captures. When one fails, the code is wrong, not this file.
//! Columns: id, sender, bytes, what the decoder tells until the gap behind them.

use crate::card::pn532::wire::Side::{self, Chip, Host};

pub(super) type Vector = (&'static str, Side, &'static str, &'static [&'static str]);

/// Sound frames: decoding and encoding again gives the same bytes, but for what is marked.
pub(super) const VALID: &[Vector] = &[
    // Ack, as in every driver (UM0701-02, 6.2.1.3).
    ("P2", Chip, "0000FF 00FF 00", &["ack"]),
    // SAMConfiguration done (pn532.js, src/Pn532.test.js).
    ("P3", Chip, "0000FF 02FE D5 15 16 00", &["sam configured"]),
    ("P4", Host, "0000FF 02FE D4 02 2A 00", &["GetFirmwareVersion"]),
    // IC 32, version 1, revision 6, support 7: captured in many drivers.
    ("P5", Chip, "0000FF 06FA D5 03 32010607 E8 00", &["chip 32, 1.6, support 7"]),
    // One card, 106 kbit/s type A.
    (
        "P6",
        Host,
        "0000FF 04FC D4 4A 01 00 E1 00",
        &["ListTargets { most: One, modulation: TypeA, only: [] }"],
    ),
    // Captured: number 1, SENS_RES 0004, SEL_RES 08, four bytes of UID.
    ("P7", Chip, "0000FF 0CF4 D5 4B 01 01 0004 08 04 5CBBE5D5 FD 00", &["1 cards", "1 5CBBE5D5 Classic 1K"]),
    // Nobody there.
    ("P9", Chip, "0000FF 03FD D5 4B 00 E0 00", &["0 cards"]),
    (
        "P10",
        Chip,
        "0000FF 0FF1 D5 4B 01 01 0044 00 07 04A2B3C4D5E680 3B 00",
        &["1 cards", "1 04A2B3C4D5E680 Ultralight or NTAG"],
    ),
    // SEL_RES 20: an ATS of 6 bytes follows, its length byte among them.
    (
        "P11",
        Chip,
        "0000FF 15EB D5 4B 01 01 0344 20 07 04112233445566 06 7577810280 12 00",
        &["1 cards", "1 04112233445566 DESFire ats 7577810280"],
    ),
    (
        "P12",
        Chip,
        "0000FF 15EB D5 4B 02 01 0004 08 04 5CBBE5D5 02 0004 08 04 24D34F59 4B 00",
        &["2 cards", "1 5CBBE5D5 Classic 1K", "2 24D34F59 Classic 1K"],
    ),
    // Item 05: retries FF, 01, 02.
    (
        "P13",
        Host,
        "0000FF 06FA D4 32 05 FF0102 F3 00",
        &["LimitRetries(Retries { atr: 255, psl: 1, passive: 2 })"],
    ),
    ("P14", Chip, "0000FF 03FD D5 41 14 D6 00", &["exchanged: MIFARE authentication failed, 0 bytes"]),
    // Application level error (UM0701-02, 6.2.1.5).
    ("P16", Chip, "0000FF 01FF 7F 81 00", &["syntax error"]),
];

/// Sound frames in another form than ours: wake-up before the frame, two frames in one read, extended length, a frame
/// without its preamble, and frames glued without postamble.
pub(super) const OTHER_FORMS: &[Vector] = &[
    // The wake-up is idle; normal mode, 1 s, IRQ (pn532.js, src/Pn532.test.js).
    (
        "P1",
        Host,
        "5555000000000000000000000000 0000FF 05FB D4 14 011401 02 00",
        &["SamConfiguration { timeout: 20, irq: 1 }"],
    ),
    // Captured.
    (
        "P8",
        Chip,
        "0000FF00FF00 0000FF 0CF4 D5 4B 01 01 0004 08 04 24D34F59 2F 00",
        &["ack", "1 cards", "1 24D34F59 Classic 1K"],
    ),
    // P9 as an extended frame.
    ("P15", Chip, "0000FF FFFF 0003 FD D5 4B 00 E0 00", &["0 cards"]),
    (
        "P3 without preamble, then P9",
        Chip,
        "00FF 02FE D51516 00 0000FF 03FD D54B00 E0 00",
        &["sam configured", "0 cards"],
    ),
    (
        "P2 and P9 among idle bytes",
        Chip,
        "550000 0000FF00FF00 00005500 0000FF 03FD D54B00 E0 00 5555",
        &["ack", "0 cards"],
    ),
    ("P3 without postamble, then noise", Chip, "0000FF 02FE D51516 A7", &["sam configured", "noise 1"]),
];

/// Broken frames and mixed streams.
pub(super) const BROKEN: &[Vector] = &[
    // LEN 01 asks for LCS FF (pn532.js, src/Pn532.test.js).
    ("P20", Chip, "0000FF 01FE D5 43 00", &["noise 8"]),
    // Sum 2B is right.
    ("P21", Chip, "0000FF 01FF D5 00 00", &["bad check of 8"]),
    // LEN 02 asks for LCS FE: nothing more is waited for.
    ("P22", Chip, "0000FF 02FF D5 43 00", &["noise 8"]),
    // Sums good, but a UID of 10 bytes would end beyond the frame.
    ("P23", Chip, "0000FF 0CF4 D5 4B 01 01 0004 08 0A 5CBBE5D5 F7 00", &["misfit 4A"]),
    // Cut short: nothing until the gap.
    ("P24", Chip, "0000FF 0CF4 D5 4B 01 01 0004 08 04 5C", &["noise 14"]),
    // Noise like a start code (LEN 12, LCS 00), then an acknowledgement.
    ("P25", Chip, "00FF12 0000FF00FF00", &["noise 3", "ack"]),
    // What follows are variations of the above. P4 is the other side's.
    ("host's frame from the chip", Chip, "0000FF 02FE D4 02 2A 00", &["noise 9"]),
    ("chip's frame from the host", Host, "0000FF 02FE D5 15 16 00", &["noise 9"]),
    // An error frame is the chip's alone, and has one byte.
    ("error frame from the host", Host, "0000FF 01FF 7F 81 00", &["noise 8"]),
    ("error frame of two bytes", Chip, "0000FF 02FE 7F 00 81 00", &["noise 9"]),
    // LEN 0, and an extended length beyond the longest frame (0x010A).
    ("empty", Chip, "0000FF 0000 00 0000FF00FF00", &["noise 6", "ack"]),
    ("too long", Chip, "0000FF FFFF 010A F5 D5 0000FF00FF00", &["noise 9", "ack"]),
    // P7 lost a byte, P9 follows: the sum is looked for one byte too far.
    (
        "P7 damaged, then P9",
        Chip,
        "0000FF 0CF4 D5 4B 01 01 0004 08 04 5CBBE5 FD 00 0000FF 03FD D54B00 E0 00",
        &["bad check of 19", "0 cards"],
    ),
    // No command byte at all.
    ("no command", Chip, "0000FF 01FF D5 2B 00", &["misfit none"]),
    // A UID of 5 bytes: one with its check byte still attached.
    ("five bytes", Chip, "0000FF 0DF3 D5 4B 01 01 0004 08 05 5CBBE5D5AA 52 00", &["misfit 4A"]),
    // Three cards, more than the chip holds; bytes left over behind the last card; an ATS of no byte.
    ("three cards", Chip, "0000FF 03FD D5 4B 03 DD 00", &["misfit 4A"]),
    ("left over", Chip, "0000FF 04FC D5 4B 00 00 E0 00", &["misfit 4A"]),
    ("no ats", Chip, "0000FF 0DF3 D5 4B 01 01 0004 20 04 5CBBE5D5 00 E5 00", &["misfit 4A"]),
];
