//! Frames of Modbus RTU as lines of `decode`. Without the request a reply's start is not known: bits and words are told bare.

use protocols::relay::wire::Request;

use super::decode::{Line, hex};

pub(super) const NAME: &str = "modbus-rtu";

fn line(kind: &'static str, frame: &[u8], text: String) -> Vec<Line> {
    vec![Line { kind, protocol: NAME, raw: Some(hex(frame)), text: Some(text), ..Line::default() }]
}

/// What a board says in one sound frame.
pub(super) fn from_device(frame: &[u8]) -> Vec<Line> {
    let text = match frame {
        [unit, function, exception, _, _] if function & 0x80 != 0 => {
            format!("unit {unit}: exception {exception:02X} to function {:02X}", function & 0x7F)
        }
        [unit, function @ (0x01 | 0x02), _, bits @ .., _, _] => {
            let what = if *function == 0x01 { "coils" } else { "inputs" };
            let bits: String = bits.iter().map(|byte| format!("{:08b}", byte.reverse_bits())).collect();
            format!("unit {unit}: {what} {bits}, lowest first")
        }
        [unit, 0x03, _, words @ .., _, _] => format!("unit {unit}: registers {}", hex(words)),
        [unit, function, address_high, address_low, high, low, _, _] => {
            let address = u16::from_be_bytes([*address_high, *address_low]);
            let value = u16::from_be_bytes([*high, *low]);
            format!("unit {unit}: function {function:02X} done at {address}, {value:04X}")
        }
        other => format!("{} bytes of a function that is not known", other.len()),
    };
    line("reply", frame, text)
}

/// What the master asks in one sound frame.
pub(super) fn from_host(frame: &[u8]) -> Vec<Line> {
    let text = match Request::decode(frame) {
        Ok((unit, request)) => format!("unit {unit}: {request:?}"),
        Err(error) => format!("request refused: {error}"),
    };
    line("status", frame, text)
}
