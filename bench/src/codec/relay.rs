//! How fast: Modbus RTU and TCP, both ends.

use std::hint::black_box;

use anyhow::ensure;
use protocols::{
    check::{CRC_16_MODBUS, holds},
    frame::Progress,
    relay::{
        mbap::{Header, Stream},
        wire::{self, Bits, ModbusDecoder, ON, Request, Response},
    },
};

use super::row;
use crate::{clock, row::Row};

pub(super) fn modbus(frames: u32) -> anyhow::Result<Row> {
    let exchanges: Vec<(Request, Vec<u8>, Vec<u8>)> = (0..frames).map(exchange).collect();
    let bytes: usize = exchanges.iter().map(|(_, asked, answered)| asked.len() + answered.len()).sum();
    let mut decoder = ModbusDecoder::new(wire::Side::Host);
    let mut sound = 0_u32;
    let began = clock::now();
    for (request, asked, answered) in &exchanges {
        let mut decoded = None;
        decoder.push(asked);
        while let Progress::Frame(frame) = decoder.pull() {
            decoded = Request::decode(frame).ok();
        }
        let answer = Response::decode(answered, 1, request);
        let holds = decoded.is_some_and(|(unit, decoded)| unit == 1 && decoded == *request)
            && matches!(black_box(answer), Ok(Some(_)));
        sound += u32::from(holds);
    }
    let took = began.elapsed();
    ensure!(sound == frames, "{sound} of {frames} exchanges were decoded");
    let floor = {
        let began = clock::now();
        let held = exchanges.iter().filter(|(_, asked, answered)| {
            black_box(holds(&CRC_16_MODBUS, asked)) && black_box(holds(&CRC_16_MODBUS, answered))
        });
        ensure!(held.count() == exchanges.len(), "a frame of ours is not sound");
        began.elapsed()
    };
    Ok(row(
        "codec_modbus-rtu",
        bytes,
        took,
        floor,
        "Requests decoded as a board does (framing, CRC, layout) and their responses as the master does (against the \
         request): seven polls of 8 inputs, then one coil pulse. More is better. Floor: CRC-16/MODBUS alone over the \
         same frames.",
    ))
}

pub(super) fn modbus_tcp(frames: u32) -> anyhow::Result<Row> {
    let framed = |number: u32| {
        let (request, response) = conversation(number);
        let header = Header { transaction: u16::try_from(number % 0x1_0000).unwrap_or_default(), unit: 1 };
        let (asked, answered) = (header.frame(&request.pdu()), header.frame(&response.pdu(&request)));
        (header, request, asked, answered)
    };
    let exchanges: Vec<(Header, Request, Vec<u8>, Vec<u8>)> = (0..frames).map(framed).collect();
    let bytes: usize = exchanges.iter().map(|(_, _, asked, answered)| asked.len() + answered.len()).sum();
    let (mut at_board, mut at_master, mut sound) = (Stream::default(), Stream::default(), 0_u32);
    let began = clock::now();
    for (header, request, asked, answered) in &exchanges {
        at_board.push(asked);
        let decoded = at_board.pull()?.map(|(header, pdu)| (header, Request::from_pdu(&pdu)));
        at_master.push(answered);
        let answer = at_master.pull()?.map(|(header, pdu)| (header, Response::from_pdu(&pdu, request)));
        let asks = decoded.is_some_and(|(to, decoded)| to == *header && decoded.as_ref() == Ok(request));
        let answers = black_box(answer).is_some_and(|(from, answer)| from == *header && answer.is_ok());
        sound += u32::from(asks && answers);
    }
    let took = began.elapsed();
    ensure!(sound == frames, "{sound} of {frames} exchanges were decoded");
    let floor = {
        let mut copy = Vec::with_capacity(bytes);
        let began = clock::now();
        for (_, _, asked, answered) in &exchanges {
            copy.extend_from_slice(black_box(asked));
            copy.extend_from_slice(black_box(answered));
        }
        ensure!(black_box(&copy).len() == bytes, "the copy is not whole");
        began.elapsed()
    };
    Ok(row(
        "codec_modbus-tcp",
        bytes,
        took,
        floor,
        "The same exchanges with MBAP headers: cut, number, unit and layout, both ends. More is better. Floor: one copy \
         of the same frames, which have no check.",
    ))
}

/// Seven polls and a pulse, over and over.
fn conversation(number: u32) -> (Request, Response) {
    match number % 8 {
        7 => (Request::WriteCoil { address: 0, value: ON }, Response::Written),
        _ => (Request::ReadInputs { start: 0, count: 8 }, Response::Bits(Bits::of(8, number))),
    }
}

/// The same as frames of a serial line.
fn exchange(number: u32) -> (Request, Vec<u8>, Vec<u8>) {
    let (request, response) = conversation(number);
    let (asked, answered) = (request.encode(1), response.encode(1, &request));
    (request, asked, answered)
}
