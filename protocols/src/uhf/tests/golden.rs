//! Frames from captures, public drivers and manuals. When one fails, the code is wrong, not this file.
//! Columns: id, family, sender, bytes, what the decoder tells until the gap behind them.

use crate::uhf::tag::Family::{self, Uhf18, Uhf288};
use crate::uhf::wire::Side::{self, Host, Reader};

pub(super) type Vector = (&'static str, Family, Side, &'static str, &'static [&'static str]);

/// Sound frames: decoding and encoding again gives the same bytes.
pub(super) const VALID: &[Vector] = &[
    // Len 4, broadcast, 0x21: sniffed from the vendor's software.
    ("C1", Uhf18, Host, "04FF211995", &["to FF: ReaderInformation"]),
    // CF-RU6402, firmware 0.22, 6B and Gen2, 865.1 to 867.9 MHz, 30 dBm, 1 s, antenna 1 (chafon-rfid, test_base.py).
    (
        "C2",
        Uhf288,
        Reader,
        "11002100 0016 0C 03 4E 00 1E 0A 01000000 E651",
        &["information 0.22 type 0C protocols 3 channels 78..0 30 dBm 10 x 100 ms ports Some([1, 0, 0, 0])"],
    ),
    // Status 03, one tuple of 12 bytes (chafon-rfid, test_uhfreader18.py).
    (
        "C3",
        Uhf18,
        Reader,
        "13000103 01 0C000000000000000000000313 3F39",
        &["MoreFollows, missing 0", "tag 000000000000000000000313"],
    ),
    // Antenna 1, one tuple with RSSI 0x40 (chafon-rfid, test_uhfreader288.py).
    (
        "C4",
        Uhf288,
        Reader,
        "15000103 01 01 0C3039606303C74380001A0559 40 F93E",
        &["MoreFollows, missing 0", "tag 3039606303C74380001A0559 antenna 1 rssi 64"],
    ),
    ("C5", Uhf288, Reader, "07000101 01 00 1E4B", &["Finished, missing 0"]),
    (
        "C6",
        Uhf288,
        Reader,
        "23000103 01 02 0C000000000000000000000313 6B 0C000000000000000000000314 6C 70F2",
        &[
            "MoreFollows, missing 0",
            "tag 000000000000000000000313 antenna 1 rssi 107",
            "tag 000000000000000000000314 antenna 1 rssi 108",
        ],
    ),
    // Active mode: the EPC lies bare between status and CRC (vendor's configuration guide).
    ("C7", Uhf18, Reader, "1100EE00 E20000170014026616706B48 8337", &["tag E20000170014026616706B48"]),
    // Wiegand 00 1E 0A 0F, then scan, serial output, several tags, first 2, words 6, repeat 0, accuracy 0, offset 0.
    (
        "C8",
        Uhf18,
        Reader,
        "11003600 001E0A0F 010204020600 0000 A666",
        &["work mode Scan state 2 inventory 4 first 2 words 6 repeat 0 wiegand [0, 30, 10, 15]"],
    ),
    // Set work mode: answer, serial, several tags.
    (
        "C9",
        Uhf18,
        Host,
        "0A0035 000204020600 CD09",
        &[
            "to 00: SetWorkMode(WorkMode { read: Answer, state: 2, inventory: 4, first: 2, words: 6, repeat: 0 })",
        ],
    ),
    ("C10", Uhf18, Reader, "05000FFBE2A7", &["answer 0F NoTag"]),
    (
        "C11",
        Uhf288,
        Reader,
        "1400EE00 01 0CE2801170000 0020FEBEAD3B5 6B D32F",
        &["tag E28011700000020FEBEAD3B5 antenna 1 rssi 107"],
    ),
    // Packet 7, ports good idle idle disconnected, 300 reads.
    (
        "C12",
        Uhf288,
        Reader,
        "1100EE28 00000007 01000002 0000012C 65EA",
        &["heartbeat 7 ports [1, 0, 0, 2] total 300"],
    ),
    // Inventory of the 288 family, Q 15, antenna 1, 2 s: its parameters are none of the 18 family's.
    ("C13", Uhf288, Host, "0DFF01 0F000100000000 8014 C03A", &["to FF: 01 refused, WrongLength"]),
    ("C14", Uhf288, Host, "05007600 62C9", &["to 00: 76 refused, IllegalCommand"]),
    // The same bytes from the other side are a success reply.
    ("C15", Uhf288, Reader, "05007600 62C9", &["answer 76 Success"]),
    ("C16", Uhf18, Host, "070033 020102 ECF2", &["to 00: Beep { active: 2, silent: 1, times: 2 }"]),
    ("C17", Uhf18, Reader, "050000FE8773", &["answer 00 IllegalCommand"]),
];

/// Broken frames and mixed streams.
pub(super) const BROKEN: &[Vector] = &[
    // CRC high byte A6 where A5 is right.
    ("C20", Uhf288, Reader, "15000103 01 01 0C000000000000000000000313 6B B1A6", &["bad check of 22"]),
    // Cut short: nothing until the gap, then noise.
    ("C21", Uhf18, Reader, "1100EE00E28011700000", &["noise 10"]),
    // Three tuples promised, one there.
    (
        "C22",
        Uhf18,
        Reader,
        "13000101 03 0CE28011700000020FEBEAD3B5 5DF5",
        &["Finished, missing 2", "tag E28011700000020FEBEAD3B5"],
    ),
    // Inner length 30 exceeds the frame.
    ("C23", Uhf288, Reader, "1400EE00 01 1EE28011700000020FEBEAD3B5 6B D004", &["misfit EE"]),
    // Len 3 is below the minimum.
    ("C24", Uhf18, Reader, "03002100", &["noise 4"]),
    // FF claims 255 bytes and A5 165: behind them is a report.
    (
        "C25",
        Uhf18,
        Reader,
        "FF00A5 1100EE00 E28011700000020FEBEAD3B5 5E57",
        &["noise 3", "tag E28011700000020FEBEAD3B5"],
    ),
    // A frame that lost bytes swallows the head of the next: CRC fails at 18 bytes, and C10 lies inside and beyond.
    (
        "C26",
        Uhf18,
        Reader,
        "11002100020B3DC00A3C01010001CDFF 05000FFBE2A7",
        &["bad check of 18", "answer 0F NoTag"],
    ),
    // A keep-alive between two reports.
    (
        "C27",
        Uhf18,
        Reader,
        "1100EE00E28011700000020FEBEAD3B55E57 560000000000 1100EE00E28011700000020FEBEAD3B55E57",
        &["tag E28011700000020FEBEAD3B5", "tag E28011700000020FEBEAD3B5"],
    ),
    // Away from a frame boundary the same six bytes claim 87 and are noise.
    ("C27 behind noise", Uhf18, Reader, "00 560000000000", &["noise 7"]),
];
