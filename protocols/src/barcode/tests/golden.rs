//! Frames and records from the GM65 manual, public drivers and independent decoders; some computed from the same rules.
//! When one fails, the code is wrong, not this file.
//! Columns: id, how the scanner is set, bytes, what is told until the gap behind them.

/// What a scanner's line is read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// No code ID, UTF-8.
    Plain,
    /// The module's letters.
    Letters,
    /// GBK.
    Gbk,
    /// "FAIL" tells a read that failed.
    Failing,
    /// No tail: silence ends a record.
    Tailless,
}

pub(super) type Vector = (&'static str, Set, &'static str, &'static [&'static str]);

/// What a scanner sends, sound.
pub(super) const SCANNED: &[Vector] = &[
    // Types 00, one value, 3E: the reply to B1 (manual 8.2).
    ("B2", Set::Plain, "02 00 00 01 3E E4AC", &["reply 3E"]),
    // Write, save or trigger accepted (manual 8.3, 8.4).
    ("B4", Set::Plain, "02 00 00 01 00 3331", &["reply 00"]),
    // CR LF tail, no code ID (public EM1365 driver).
    ("B8", Set::Plain, "303532333031 0D0A", &["Unknown 052301"]),
    // Divisor 0x0139, low byte first: 9600 bit/s.
    ("B10", Set::Plain, "02 00 00 02 3901 C14C", &["reply 3901"]),
    // An accepted trigger and the record it brought, in one read.
    ("B11", Set::Letters, "02 00 00 01 00 3331 6A 454349463137 0D", &["reply 00", "Code128 ECIF17"]),
    // ]C0: Code 128, identifier and data as a decoder gives them.
    ("B12", Set::Plain, "5D4330 45434946323032353131323030303137 0D", &["Code128 ECIF202511200017"]),
    // ]C1: GS1-128; the separator behind the lot comes as GS.
    (
        "B13",
        Set::Plain,
        "5D4331 3030313036313431343132333435363738393038 31304C4F5437 1D 3231534E3432 0D0A",
        &["Code128 0010614141234567890810LOT721SN42 (00)106141412345678908(10)LOT7(21)SN42"],
    ),
    // ]Q1: QR, UTF-8.
    ("B14", Set::Plain, "5D5131 E4BAAC 413132333435 0D", &["Qr 京A12345"]),
    // STX and ETX around it, GBK.
    ("B15", Set::Gbk, "02 5D5131 BEA9 413132333435 03", &["Qr 京A12345"]),
    // ]A1: Code 39, its check character N sent.
    ("B16", Set::Plain, "5D4131 534C49503230323530303137 4E 0D", &["Code39 SLIP20250017"]),
];

/// What a scanner sends, broken or meaning something else than a slip.
pub(super) const BROKEN: &[Vector] = &[
    // The CRC of 00 01 87 is D25E: no value 87, whatever a public driver's own test says.
    ("BX2", Set::Plain, "02 00 00 01 87 3331", &["bad check of 7"]),
    // Its check character would be N.
    ("BX4", Set::Plain, "5D4131 534C49503230323530303137 58 0D", &["refused CheckCharacter"]),
    ("BX6", Set::Failing, "4641494C 0D", &["no read"]),
    // A NUL inside: given up to the CR, and no slip 17.
    ("BX7", Set::Plain, "45434946 00 3137 0D", &["noise 8"]),
    // A reply that never ends (the agent's side of BX3).
    ("BX3 partial reply", Set::Plain, "02 00 00 01", &["noise 4"]),
    // Text in another set than the configured one is no text, and no key.
    ("B15 read as UTF-8", Set::Plain, "02 5D5131 BEA9 413132333435 03", &["Qr undecodable"]),
    // Silence where a CR had to come: the text may be shorter than it was.
    ("B8 cut", Set::Plain, "303532333031", &["noise 6"]),
    ("B8 without a tail", Set::Tailless, "303532333031", &["Unknown 052301 ended by silence"]),
    // An STX inside: a character turned into it, and 17 is no slip.
    ("BX7 with STX", Set::Plain, "45434946 02 3137 0D", &["noise 8"]),
    // An STX record behind rubbish is one, because ETX ends it.
    ("B15 behind rubbish", Set::Gbk, "4142 07 02 5D5131 BEA9 413132333435 03", &["noise 3", "Qr 京A12345"]),
    // A reply whose length was garbled swallows the head of a record; its rest is no slip, the next record is one.
    (
        "B11 garbled",
        Set::Letters,
        "02 00 00 05 00 3331 6A 454349463137 0D 6A 454349463138 0D",
        &["bad check of 11", "noise 4", "Code128 ECIF18"],
    ),
    // What claims 68 bytes is no reply; the record behind the next line end is found again.
    ("B8 behind a false head", Set::Plain, "02 00 41 42 0D 303532333031 0D", &["noise 5", "Unknown 052301"]),
    // Empty lines and empty frames are nothing at all.
    ("empty", Set::Plain, "0D0A 0A 02 03 02 0D", &[]),
    ("blanks", Set::Plain, "2020 0D", &["refused Empty"]),
];

/// What the host sends: id, bytes, meaning; all but the waived one encode to the same bytes again.
pub(super) const ASKED: &[(&str, &str, &str)] = &[
    ("B1", "7E00 07 01 000A 01 EE8A", "Read { zone: 10, count: 1 }"),
    ("B3", "7E00 08 01 000A 3E 4CCF", "Write { zone: 10, data: [62] }"),
    ("B5", "7E00 09 01 0000 00 DEC8", "Save"),
    ("B6", "7E00 08 01 0002 01 02DA", "Write { zone: 2, data: [1] }"),
    ("B7", "7E00 08 01 0002 01 ABCD", "Write { zone: 2, data: [1] }"),
    ("B9", "7E00 07 01 002A 02 D80F", "Read { zone: 42, count: 2 }"),
];

/// What a module must not obey.
pub(super) const ASKED_BADLY: &[(&str, &str, &[&str])] = &[
    ("BX1", "7E00 07 01 000A 01 1122", &["bad check of 9"]),
    ("BX3", "7E00 07 01 000A 01", &["noise 7"]),
    // The save command as the appendix misprints it: a byte short.
    ("BX5", "7E00 09 01 0000 DEC8", &["noise 8"]),
    // What is waived in a request holds in no reply, and the other way round.
    ("B4 from the wrong side", "02 00 00 01 00 3331", &["noise 7"]),
];
