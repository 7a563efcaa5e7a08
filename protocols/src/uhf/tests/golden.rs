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
    // Inventory of the 288 family: Q 15, S0, no mask bits, target A, antenna 1, 2 s.
    (
        "C13",
        Uhf288,
        Host,
        "0DFF01 0F00 01000000 008014 C03A",
        &["to FF: inventory Q 0F session 00 mask Some(0 bits of Epc at 0: ) tid None A port 1 20 x 100 ms"],
    ),
    // Its parameters are none of the 18 family's.
    ("C13 to an 18", Uhf18, Host, "0DFF01 0F000100000000 8014 C03A", &["to FF: 01 refused, WrongLength"]),
    ("C14", Uhf288, Host, "05007600 62C9", &["to 00: SetReadMode(Answer)"]),
    ("C14 to an 18", Uhf18, Host, "05007600 62C9", &["to 00: 76 refused, IllegalCommand"]),
    // The same bytes from the other side are a success reply.
    ("C15", Uhf288, Reader, "05007600 62C9", &["answer 76 Success"]),
    ("C16", Uhf18, Host, "070033 020102 ECF2", &["to 00: Beep { active: 2, silent: 1, times: 2 }"]),
    ("C17", Uhf18, Reader, "050000FE8773", &["answer 00 IllegalCommand"]),
];

/// More of the 288 family: captures of public drivers, and frames computed from the manual's tables.
pub(super) const OF_288: &[Vector] = &[
    // CF-MU804, firmware 1.20: a type that no manual names, told by its four antenna bytes; ScanTime 0.
    (
        "MU804 information",
        Uhf288,
        Reader,
        "11002100 0114 75 02 31 80 1E 00 01010001 D5E0",
        &["information 1.20 type 75 protocols 2 channels 49..128 30 dBm 0 x 100 ms ports Some([1, 1, 0, 1])"],
    ),
    // CF-MU804's driver asks: Q 4, session FD, target A, antenna 1, 5 s, and no mask.
    (
        "MU804 inventory",
        Uhf288,
        Host,
        "090001 04FD 008032 4D9B",
        &["to 00: inventory Q 04 session FD mask None tid None A port 1 50 x 100 ms"],
    ),
    // Antenna mask 4 is the third (chafon-rfid, test_uhfreader288.py).
    (
        "antenna 3",
        Uhf288,
        Reader,
        "15000103 04 01 0C49440000000000000A000334 64 25C0",
        &["MoreFollows, missing 0", "tag 49440000000000000A000334 antenna 4 rssi 100"],
    ),
    // An EPC of two words (same file).
    (
        "short EPC",
        Uhf288,
        Reader,
        "0D000103 01 01 0400323038 6D A3D2",
        &["MoreFollows, missing 0", "tag 00323038 antenna 1 rssi 109"],
    ),
    // Five bytes behind Q and session that are TID range and antenna, not a mask.
    (
        "0x01 TID, antenna 3",
        Uhf288,
        Host,
        "0B0001 0400 0006 008203 73A9",
        &[
            "to 00: inventory Q 04 session 00 mask None tid Some(TidPart { first: 0, words: 6 }) A port 3 3 x 100 ms",
        ],
    ),
    (
        "0x01 mask of a byte",
        Uhf288,
        Host,
        "0B0001 0400 01002008E2 AD6D",
        &["to 00: inventory Q 04 session 00 mask Some(8 bits of Epc at 32: E2) tid None"],
    ),
    ("0x01 without Q", Uhf288, Host, "040001 DB4B", &["to 00: 01 refused, WrongLength"]),
    (
        "0x01 mask memory 0",
        Uhf288,
        Host,
        "0B0001 0400 00002008E2 E966",
        &["to 00: 01 refused, ParameterError"],
    ),
    (
        "0x75",
        Uhf288,
        Host,
        "090075 0000010400 B53C",
        &[
            "to 00: SetRealTime { settings: RealTime { protocol: Gen2, pause: Pause(0), filter: 1, q: QValue(4), session: TagSession(0) }, mask: None, tid: None }",
        ],
    ),
    ("0x75 cut short", Uhf288, Host, "060075 0000 75B2", &["to 00: 75 refused, WrongLength"]),
    ("0x76 real-time", Uhf288, Host, "050076 01 EBD8", &["to 00: SetReadMode(Scan)"]),
    ("0x76 while low", Uhf288, Host, "050076 02 70EA", &["to 00: SetReadMode(TriggerLow)"]),
    ("0x76 while high", Uhf288, Host, "050076 03 F9FB", &["to 00: 76 refused, ParameterError"]),
    ("0x77", Uhf288, Host, "040077 6A5D", &["to 00: GetReadMode"]),
    // Real-time, Gen2, 10 ms, filter 1 s, Q 4, S0; mask of 32 bytes without bits, TID range 0.
    (
        "0x77 reply",
        Uhf288,
        Reader,
        "31007700 01 0000010400 01000000 0000000000000000000000000000000000000000000000000000000000000000 0000 A6C4",
        &["read mode Scan pause 10 ms filter 1 s Q 04 session 00 and 38 more"],
    ),
    ("0x78 set", Uhf288, Host, "050078 82 68F4", &["to 00: heartbeat, order Some(2)"]),
    ("0x78 ask", Uhf288, Host, "050078 00 7253", &["to 00: heartbeat, order None"]),
    ("0x78 reply", Uhf288, Reader, "06007800 02 186E", &["heartbeat every 2 x 30 s"]),
    ("0x46", Uhf288, Host, "050046 03 5B4D", &["to 00: SetOutputs { first: true, second: true }"]),
    ("0x47", Uhf288, Host, "040047 E96C", &["to 00: GetPins"]),
    ("0x47 reply", Uhf288, Reader, "06004700 21 E8B1", &["pins 21"]),
    ("antenna broken", Uhf288, Reader, "060001F8 01 8DF2", &["answer 01 AntennaError"]),
    ("statistics asked for", Uhf288, Reader, "0C000126 01 000A 0000012C A3D5", &["statistics 1 10 300"]),
    ("statistics unasked", Uhf288, Reader, "0C00EE26 01 000A 0000012C 0696", &["statistics 1 10 300"]),
    // The length counts EPC and TID together, as the manual says.
    (
        "TID unasked",
        Uhf288,
        Reader,
        "2000EE00 01 98E28011700000020FEBEAD3B5 E2801105 20005A3C910B071E 6B F51A",
        &["tag E28011700000020FEBEAD3B5 antenna 1 rssi 107 tid E280110520005A3C910B071E"],
    ),
    (
        "TID asked for",
        Uhf288,
        Reader,
        "21000101 04 01 98E28011700000020FEBEAD3B5 E280110520005A3C910B071E 6B 10B1",
        &[
            "Finished, missing 0",
            "tag E28011700000020FEBEAD3B5 antenna 4 rssi 107 tid E280110520005A3C910B071E",
        ],
    ),
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
    // C22 in the layout of the 288 family.
    (
        "C22 of a 288",
        Uhf288,
        Reader,
        "15000101 01 03 0CE28011700000020FEBEAD3B5 6B 46D1",
        &["Finished, missing 2", "tag E28011700000020FEBEAD3B5 antenna 1 rssi 107"],
    ),
    // A heartbeat is no tag of the 18 family, whatever its bytes could be.
    ("C12 to an 18", Uhf18, Reader, "1100EE28 00000007 01000002 0000012C 65EA", &["misfit EE"]),
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
