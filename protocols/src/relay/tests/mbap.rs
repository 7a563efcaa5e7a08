//! Modbus TCP frames: those of others, the page's vectors without their serial frames, and what must hold for any bytes.

use super::bytes;
use super::golden::{REQUESTS, RESPONSES};
use super::golden_tcp::{FRAMES, LATE_AND_RIGHT, MALFORMED};
use crate::relay::mbap::{ADU_MAX, Header, Malformed, Stream};
use crate::relay::wire::{Mismatch, Request, RequestError, Response};
use alloc::vec::Vec;
use alloc::{format, vec};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

/// All frames of a stream that comes in these pieces, and whether it broke.
pub(super) fn frames(pieces: &[&[u8]]) -> (Vec<(Header, Vec<u8>)>, bool) {
    let (mut stream, mut found) = (Stream::default(), Vec::new());
    for piece in pieces {
        stream.push(piece);
        loop {
            match stream.pull() {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(Malformed) => return (found, true),
            }
        }
        assert!(stream.held() < ADU_MAX, "more than a frame is held");
    }
    (found, false)
}

/// fault D1: whole, byte by byte, cut off and glued together the frames are the same.
#[test]
fn frames_of_others_are_read_however_they_come_and_encode_to_the_same_bytes() {
    for (id, hex, transaction, unit, pdu) in FRAMES {
        let (frame, header) = (bytes(hex), Header { transaction: *transaction, unit: *unit });
        let want = vec![(header, bytes(pdu))];
        assert_eq!(frames(&[&frame]), (want.clone(), false), "{id}");
        assert_eq!(frames(&frame.chunks(1).collect::<Vec<_>>()), (want.clone(), false), "{id} byte by byte");
        assert_eq!(frames(&[&[&frame[..], &frame].concat()]), ([&want[..], &want].concat(), false), "{id}");
        for cut in 0..frame.len() {
            assert_eq!(frames(&[&frame[..cut]]), (Vec::new(), false), "{id} cut to {cut}");
        }
        assert_eq!(header.frame(&bytes(pdu)), frame, "{id}");
    }
}

/// fault D1: told at the first wrong byte, and nothing behind it is believed, not even a good frame.
#[test]
fn a_header_that_is_none_ends_the_stream() {
    let good = bytes(FRAMES[4].1);
    for (id, hex) in MALFORMED {
        let bad = bytes(hex);
        assert_eq!(frames(&[&bad]), (Vec::new(), true), "{id}");
        let (before, broken) = frames(&[&[&good[..], &bad].concat()]);
        assert_eq!((before.len(), broken), (1, true), "{id}: the frame before it holds");
        let mut stream = Stream::default();
        stream.push(&[&bad[..], &good].concat());
        assert_eq!(stream.pull(), Err(Malformed), "{id}");
        stream.push(&good);
        assert_eq!((stream.pull(), stream.held()), (Err(Malformed), 0), "{id}");
    }
}

/// Vectors M1..M20, MX2, MX4 and MX7 without address and CRC, as TCP carries them.
#[test]
fn function_and_data_mean_the_same_on_tcp_as_on_a_serial_line() {
    let inside = |hex: &str| {
        let frame = bytes(hex);
        frame[1..frame.len() - 2].to_vec()
    };
    for (id, hex, want) in REQUESTS {
        let request = Request::from_pdu(&inside(hex)).unwrap();
        assert_eq!(format!("{} {request:?}", bytes(hex)[0]), *want, "{id}");
        assert_eq!(request.pdu(), inside(hex), "{id}");
    }
    for (id, request, response, want) in RESPONSES {
        let request = Request::from_pdu(&inside(request)).unwrap();
        // These two end early, and have no CRC that could be taken off.
        let pdu = if id.starts_with("MX2") || id.starts_with("MX7") {
            bytes(response)[1..].to_vec()
        } else {
            inside(response)
        };
        let read = Response::from_pdu(&pdu, &request);
        match (*id, &read) {
            // Their faults are in address and CRC, which TCP has not: the header tells the board, TCP itself the rest.
            ("MX1" | "MX3" | "MX6", _) => {}
            ("MX2" | "MX4" | "MX7" | "MX7 from the slave asked", _) => {
                assert_eq!(read, Err(Mismatch::Count), "{id}");
            }
            (_, Ok(response)) => {
                assert_eq!(format!("Ok(Some({response:?}))"), *want, "{id}");
                assert_eq!(response.pdu(&request), pdu, "{id}");
            }
            (_, Err(mismatch)) => panic!("{id}: {mismatch}"),
        }
    }
}

#[test]
fn a_request_that_cannot_be_carried_out_says_which_exception_is_due() {
    for hex in ["", "2B 0E 01 00", "04 0000 0001", "81 02", "00"] {
        assert_eq!(Request::from_pdu(&bytes(hex)), Err(RequestError::Function), "{hex}");
    }
    for hex in [
        "01",
        "01 0000 00",
        "01 0000 0008 00",
        "01 0000 0000",
        "02 0000 07D1",
        "03 0000 007E",
        "05 0000 FF00 00",
        "0F 0000 0009 01 FF",
        "0F 0000 0008 02 FF",
        "0F 0000 0008",
        "10 0000 0002 02 0001",
        "10 0000 0001 03 000100",
    ] {
        assert_eq!(Request::from_pdu(&bytes(hex)), Err(RequestError::Count), "{hex}");
    }
    let read = Request::ReadInputs { start: 0, count: 8 };
    for (hex, why) in [
        ("", Mismatch::Function),
        ("01 01 00", Mismatch::Function),
        ("81 02", Mismatch::Function),
        ("02", Mismatch::Count),
        ("02 01", Mismatch::Count),
        ("02 01 05 00", Mismatch::Count),
        ("82", Mismatch::Count),
        ("82 02 00", Mismatch::Count),
    ] {
        assert_eq!(Response::from_pdu(&bytes(hex), &read), Err(why), "{hex}");
    }
}

#[test]
fn a_late_answer_and_the_right_one_in_one_piece_give_the_right_one() {
    let (found, broken) = frames(&[&bytes(LATE_AND_RIGHT)]);
    let numbers: Vec<u16> = found.iter().map(|(header, _)| header.transaction).collect();
    assert_eq!((numbers, broken), (vec![0x0F, 0x10], false));
    let asked = Request::from_pdu(&bytes(FRAMES[2].4)).unwrap();
    let words = Response::Words(vec![0x4931, 0x1388, 0x3A83, 0x126F]);
    assert_eq!(Response::from_pdu(&found[1].1, &asked), Ok(words));
    assert_eq!(Response::from_pdu(&found[0].1, &asked), Err(Mismatch::Count));
}

proptest! {
    /// fault D1: any bytes in any pieces give the same frames as in one, and no more than a frame is held.
    #[test]
    fn splits_change_nothing(
        mut stream in prop::collection::vec(any::<u8>(), 0..600),
        sound in prop::collection::vec((any::<u16>(), any::<u8>(), prop::collection::vec(any::<u8>(), 1..=253)), 0..4),
        cuts in prop::collection::vec(1_usize..90, 1..40),
    ) {
        let mut whole = Vec::new();
        for (transaction, unit, pdu) in &sound {
            whole.extend(Header { transaction: *transaction, unit: *unit }.frame(pdu));
        }
        whole.append(&mut stream);
        let (mut pieces, mut rest) = (Vec::new(), &whole[..]);
        for cut in cuts.iter().cycle() {
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            pieces.push(piece);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let (found, broken) = frames(&pieces);
        prop_assert_eq!(frames(&[&whole]), (found.clone(), broken));
        prop_assert!(found.len() >= sound.len());
        for ((transaction, unit, pdu), (header, read)) in sound.iter().zip(&found) {
            prop_assert_eq!((*transaction, *unit, pdu), (header.transaction, header.unit, read));
        }
    }
}
