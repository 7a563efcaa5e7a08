//! Frames from board makers, public drivers and the Modbus specification. When one fails, the code is wrong, not this
//! file.

/// Requests, byte for byte: id, bytes, what the slave reads.
pub(super) const REQUESTS: &[(&str, &str, &str)] = &[
    // Waveshare relay protocol: relay 0 on, off, toggle (vendor value), all on (vendor address).
    ("M1", "01 05 0000 FF00 8C3A", "1 WriteCoil { address: 0, value: 65280 }"),
    ("M2", "01 05 0000 0000 CDCA", "1 WriteCoil { address: 0, value: 0 }"),
    ("M3", "01 05 0000 5500 F29A", "1 WriteCoil { address: 0, value: 21760 }"),
    ("M4", "01 05 00FF FF00 BC0A", "1 WriteCoil { address: 255, value: 65280 }"),
    ("M5", "01 01 0000 0008 3DCC", "1 ReadCoils { start: 0, count: 8 }"),
    ("M7", "01 0F 0000 0008 01 FF BED5", "1 WriteCoils { start: 0, bits: Bits { count: 8, bytes: [255] } }"),
    // Relay 0 on for 700 ms, timed by the board.
    ("M9", "01 05 0200 0007 8DB0", "1 WriteCoil { address: 512, value: 7 }"),
    ("M10", "01 02 0000 0008 79CC", "1 ReadInputs { start: 0, count: 8 }"),
    // Modbus specification examples with slave 17.
    ("M12", "11 01 0013 0025 0E84", "17 ReadCoils { start: 19, count: 37 }"),
    // Vendor: the unknown device address through address 0.
    ("M14", "00 03 4000 0001 901B", "0 ReadRegisters { start: 16384, count: 1 }"),
    ("M15", "11 02 00C4 0016 BAA9", "17 ReadInputs { start: 196, count: 22 }"),
    ("M17", "11 06 0001 0003 9A9B", "17 WriteRegister { address: 1, value: 3 }"),
    ("M18", "11 10 0001 0002 04 000A 0102 C6F0", "17 WriteRegisters { start: 1, words: [10, 258] }"),
];

/// Responses: id, the request answered, bytes, what the master reads.
pub(super) const RESPONSES: &[(&str, &str, &str, &str)] = &[
    ("M1", "01 05 0000 FF00 8C3A", "01 05 0000 FF00 8C3A", "Ok(Some(Written))"),
    ("M6", "01 01 0000 0008 3DCC", "01 01 01 00 5188", "Ok(Some(Bits(Bits { count: 8, bytes: [0] })))"),
    ("M8", "01 0F 0000 0008 01 FF BED5", "01 0F 0000 0008 540D", "Ok(Some(Written))"),
    // Inputs 0 and 2 active.
    ("M11", "01 02 0000 0008 79CC", "01 02 01 05 618B", "Ok(Some(Bits(Bits { count: 8, bytes: [5] })))"),
    (
        "M13",
        "11 01 0013 0025 0E84",
        "11 01 05 CD6BB20E1B 45E6",
        "Ok(Some(Bits(Bits { count: 37, bytes: [205, 107, 178, 14, 27] })))",
    ),
    (
        "M16",
        "11 02 00C4 0016 BAA9",
        "11 02 03 ACDB35 2018",
        "Ok(Some(Bits(Bits { count: 22, bytes: [172, 219, 53] })))",
    ),
    ("M17", "11 06 0001 0003 9A9B", "11 06 0001 0003 9A9B", "Ok(Some(Written))"),
    // Slave 10 does not have coil 1249 (specification example): exception 02.
    ("M19", "0A 01 04A1 0001 AC63", "0A 81 02 B053", "Ok(Some(Exception(Exception(2))))"),
    // A strict slave refuses toggle.
    ("M20", "01 05 0000 5500 F29A", "01 85 03 0291", "Ok(Some(Exception(Exception(3))))"),
    // The CRC should be 0C71; a public driver carries this frame in a comment.
    ("MX1", "01 05 0200 0005 0C71", "01 05 0200 0005 8DB0", "Err(Check)"),
    ("MX2", "01 01 0000 0008 3DCC", "01 01 01", "Ok(None)"),
    // Slave 2 answers when slave 1 was asked.
    ("MX3", "01 01 0000 0008 3DCC", "02 01 01 01 900C", "Err(Address)"),
    // Two bytes for eight coils: the CRC fits, the length does not.
    ("MX4", "01 01 0000 0008 3DCC", "01 01 02 5100 846C", "Err(Count)"),
    // CRC high byte first.
    ("MX6", "01 05 0000 FF00 8C3A", "01 05 0000 FF00 3A8C", "Err(Check)"),
    // A fragment that a misbehaving slave repeats (tokio-modbus issue 60).
    ("MX7", "01 01 0000 0008 3DCC", "02 01 83 02 01 83", "Err(Address)"),
    ("MX7 from the slave asked", "02 01 0000 0008 3DFF", "02 01 83 02 01 83", "Err(Count)"),
];
