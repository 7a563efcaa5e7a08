//! Modbus TCP frames from public bug reports and codecs. When one fails, the code is wrong, not this file.

/// Whole frames: where from, bytes, transaction, unit, function and data.
pub(super) const FRAMES: &[(&str, &str, u16, u8, &str)] = &[
    // A request for 8 registers from 0, and the answer to one like it.
    ("go-modbus issue 12, request", "0015 0000 0006 01 03 0000 0008", 0x15, 1, "03 0000 0008"),
    (
        "go-modbus issue 12, answer",
        "002D 0000 0013 01 03 10 0026 086D 000D 000E 000F 0010 0000 0000",
        0x2D,
        1,
        "03 10 0026 086D 000D 000E 000F 0010 0000 0000",
    ),
    ("EasyModbus issue 56, request", "0010 0000 0006 32 03 0A8B 0004", 0x10, 0x32, "03 0A8B 0004"),
    (
        "EasyModbus issue 56, answer",
        "0010 0000 000B 32 03 08 4931 1388 3A83 126F",
        0x10,
        0x32,
        "03 08 4931 1388 3A83 126F",
    ),
    ("eModbus issue 347, answer", "0001 0000 0007 01 03 04 0203 0405", 1, 1, "03 04 0203 0405"),
    // Exception 03 to FC 02.
    ("tokio-modbus codec, exception", "1001 0000 0003 FE 82 03", 0x1001, 0xFE, "82 03"),
    // Read one register: unit FF stands for the device that has the address.
    ("Modbus messaging guide, request", "1501 0000 0006 FF 03 0004 0001", 0x1501, 0xFF, "03 0004 0001"),
];

/// An answer that comes 25 s late and the right one, in one piece: `EasyModbusTCP.NET` issue 56.
pub(super) const LATE_AND_RIGHT: &str = "000F 0000 0013 32 03 10 3F73DE37 3F7541B3 3F774C57 3F757A45 \
                                         0010 0000 000B 32 03 08 4931 1388 3A83 126F";

/// Beginnings that no frame has.
pub(super) const MALFORMED: &[(&str, &str)] = &[
    ("tokio-modbus codec, another protocol", "1001 3312 0003 FE 00 0266 8203 00"),
    ("a length of nothing", "0001 0000 0000"),
    ("a length of the unit alone", "0001 0000 0001 01"),
    ("a length beyond the longest frame", "0001 0000 00FF 01 01"),
    ("a length of 256 bytes more", "0001 0000 01"),
    // M6 and M11 on a port of the wrong kind: a serial device server, not a gateway.
    ("a serial frame, M6", "01 01 01 00 5188"),
    ("a serial frame, M11", "01 02 01 05 618B"),
    ("another server's greeting, SSH-2.0", "5353482D322E30"),
    ("another server's greeting, HTTP/1.1", "485454502F312E31"),
];
