//! Relay boards: Modbus requests and responses, on serial lines and on TCP.

use crate::script::{Step, steps};
use crate::stream::{Part, Told, hold};
use protocols::check;
use protocols::relay::mbap::{ADU_MAX, Header, Stream};
use protocols::relay::wire::{Bits, Exception, FRAME_MAX, Request, Response, Side};

/// A frame of the family around `body`: its check behind.
pub fn seal(body: &[u8]) -> Vec<u8> {
    let mut frame = body.to_vec();
    check::append(&check::CRC_16_MODBUS, &mut frame);
    frame
}

/// Requests and responses as a listener between both sides cuts them, and as the slave reads them.
pub fn decoder(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let (side, good) = if choice & 1 == 0 {
        (Side::Host, seal(&[1, 5, 0, 0, 0xFF, 0]))
    } else {
        (Side::Device, seal(&[1, 2, 1, 5]))
    };
    let mut parts: Vec<Part> = Vec::new();
    for step in steps(data) {
        let bytes = match step {
            Step::Raw(bytes) => bytes.to_vec(),
            Step::Sealed(body) => seal(body),
            Step::Later(_) | Step::Choice(_) => {
                parts.push(Part::Gap);
                continue;
            }
        };
        match parts.last_mut() {
            Some(Part::Bytes(before)) => before.extend(bytes),
            _ => parts.push(Part::Bytes(bytes)),
        }
    }
    for told in hold::<Side, { 2 * FRAME_MAX }>(side, &parts, usize::from(*choice), &good) {
        if let (Side::Host, Told::Frame(bytes)) = (side, told) {
            request(&bytes);
        }
    }
}

/// A sound frame of the master's: what it asks is written back alike.
fn request(bytes: &[u8]) {
    let Ok((unit, request)) = Request::decode(bytes) else { return };
    let again = request.encode(unit);
    assert_eq!(Request::decode(&again), Ok((unit, request.clone())), "written back it asks otherwise");
    // Unused bits of a pattern are the only bytes that two frames of one meaning may differ in.
    if !matches!(request, Request::WriteCoils { .. }) {
        assert_eq!(again, bytes, "{request:?}");
    }
    assert!(request.response_len() <= FRAME_MAX, "{request:?}");
}

/// What a request is answered with: `data` is a request's body, its length first, then a line's script.
pub fn reply(data: &[u8]) {
    let Some((length, rest)) = data.split_first() else { return };
    let (body, script) = rest.split_at(usize::from(*length).min(rest.len()));
    let Ok((unit, request)) = Request::decode(&seal(body)) else { return };
    let mut bytes = Vec::new();
    for step in steps(script) {
        match step {
            Step::Raw(raw) => bytes.extend_from_slice(raw),
            Step::Sealed(body) => bytes.extend(seal(body)),
            Step::Later(_) => {}
            Step::Choice(choice) => bytes.extend(answer(choice, &request).encode(unit, &request)),
        }
    }
    let verdicts: Vec<_> =
        (0..=bytes.len()).map(|end| Response::decode(&bytes[..end], unit, &request)).collect();
    for (end, pair) in verdicts.windows(2).enumerate() {
        match &pair[0] {
            Ok(None) => {}
            Ok(Some(response)) => assert!(pair[1].is_err(), "{response:?} at {end} grew a byte longer"),
            Err(_) => assert!(pair[1].is_err(), "wrong at {end} and right with a byte more"),
        }
    }
    if let Some(Ok(Some(response))) = verdicts.last() {
        let again = response.encode(unit, &request);
        assert_eq!(Response::decode(&again, unit, &request), Ok(Some(response.clone())));
        if !matches!(response, Response::Bits(_)) {
            assert_eq!(again, bytes, "{response:?}");
        }
    }
}

/// A right answer to a request; `choice` is what it says.
pub fn answer(choice: u8, request: &Request) -> Response {
    let bits = |count: u16| {
        let bytes = vec![choice.wrapping_mul(5); usize::from(count).div_ceil(8)];
        Bits::unpack(count, &bytes).map_or(Response::Exception(Exception::DEVICE_FAILURE), Response::Bits)
    };
    match request {
        _ if choice >= 56 => Response::Exception(Exception(choice - 55)),
        Request::ReadCoils { count, .. } | Request::ReadInputs { count, .. } => bits(*count),
        Request::ReadRegisters { count, .. } => Response::Words(vec![u16::from(choice); usize::from(*count)]),
        _ => Response::Written,
    }
}

/// One connection, from either end: cut alike however it comes, written back alike, and never believed behind a header that
/// is none. A sealed step is a frame whose header fits.
pub fn tcp(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let mut bytes = Vec::new();
    for step in steps(data) {
        match step {
            Step::Raw(raw) => bytes.extend_from_slice(raw),
            Step::Sealed(body) => {
                let (unit, pdu) = body.split_first().unwrap_or((&1, &[]));
                let transaction = u16::from(*choice) << 8 | pdu.len() as u16;
                bytes.extend(Header { transaction, unit: *unit }.frame(pdu));
            }
            Step::Later(_) | Step::Choice(_) => {}
        }
    }
    let (whole, broken) = cut(&bytes, bytes.len().max(1));
    let mut accounted = 0;
    for (header, pdu) in &whole {
        let frame = header.frame(pdu);
        assert_eq!(frame, bytes[accounted..accounted + frame.len()], "written back it is another frame");
        accounted += frame.len();
        pdus(pdu);
    }
    assert!(broken || bytes.len() - accounted < ADU_MAX, "a whole frame was not seen");
    assert_eq!(cut(&bytes, 1), (whole.clone(), broken), "byte by byte it is another stream");
    assert_eq!(cut(&bytes, usize::from(*choice).max(1)), (whole, broken), "in pieces of {choice}");
}

/// The frames of a stream that comes in pieces of that size, and whether it broke.
fn cut(bytes: &[u8], size: usize) -> (Vec<(Header, Vec<u8>)>, bool) {
    let (mut stream, mut found) = (Stream::default(), Vec::new());
    for piece in bytes.chunks(size) {
        stream.push(piece);
        loop {
            match stream.pull() {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(_) => {
                    stream.push(&[0, 1, 0, 0, 0, 2, 1, 3]);
                    assert!(
                        stream.pull().is_err() && stream.held() == 0,
                        "a good frame is believed behind a bad header"
                    );
                    return (found, true);
                }
            }
        }
        assert!(stream.held() < ADU_MAX, "{} bytes held", stream.held());
    }
    (found, false)
}

/// What either end reads in function and data: written back it is the same.
fn pdus(pdu: &[u8]) {
    let Ok(request) = Request::from_pdu(pdu) else { return };
    let again = request.pdu();
    assert_eq!(Request::from_pdu(&again), Ok(request.clone()), "written back it asks otherwise");
    if !matches!(request, Request::WriteCoils { .. }) {
        assert_eq!(again, pdu, "{request:?}");
    }
    for choice in [0, 21, 60] {
        let response = answer(choice, &request);
        assert_eq!(Response::from_pdu(&response.pdu(&request), &request), Ok(response));
    }
}
