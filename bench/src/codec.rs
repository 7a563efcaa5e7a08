//! How fast the two codecs of a lane turn bytes into meaning.
//! Promises: the bytes are cut out of one stream in chunks of 64, as a port delivers them; every frame is decoded to its
//! meaning and counted, so nothing can be optimised away. Floor: the check of the same frames alone, one pass.
//! Absent on purpose: noise and bad checks: a gate's line is sound nearly always.

use std::{hint::black_box, time::Duration};

use anyhow::{Context, ensure};
use protocols::{
    check::{CRC_16_MCRF4XX, CRC_16_MODBUS, holds},
    frame::Progress,
    relay::wire::{self, Bits, ModbusDecoder, ON, Request, Response},
    uhf::{
        repr::Reply,
        tag::{Family, TagRead},
        wire::{ReaderFrame, Side, UhfDecoder},
    },
};

use crate::{clock, row::Row};

/// As a serial driver hands bytes over.
const CHUNK: usize = 64;

/// The two throughput rows, over so many frames each.
///
/// # Errors
/// When a codec does not give back what was put in.
pub(crate) fn rows(frames: u32) -> anyhow::Result<Vec<Row>> {
    Ok(vec![uhf(frames)?, modbus(frames)?])
}

fn uhf(frames: u32) -> anyhow::Result<Row> {
    let tags: Vec<Vec<u8>> = (0..frames).map(tag_frame).collect::<anyhow::Result<_>>()?;
    let stream = tags.concat();
    let mut decoder = UhfDecoder::new(Side::Reader);
    let mut seen = 0_u32;
    let began = clock::now();
    for chunk in stream.chunks(CHUNK) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            while let Progress::Frame(bytes) = decoder.pull() {
                let frame = ReaderFrame::parse(bytes)?;
                if let Ok(Reply::Seen(tag)) = Reply::decode(&frame, Family::Uhf18) {
                    seen += u32::from(!black_box(tag).epc().is_empty());
                }
            }
        }
    }
    let took = began.elapsed();
    ensure!(seen == frames, "{seen} of {frames} tags were decoded");
    let floor = {
        let began = clock::now();
        let sound = tags.iter().filter(|frame| black_box(holds(&CRC_16_MCRF4XX, frame))).count();
        ensure!(sound == tags.len(), "a frame of ours is not sound");
        began.elapsed()
    };
    Ok(row(
        "codec_uhf-chafon-18",
        stream.len(),
        took,
        floor,
        "Stream of unsolicited tag frames (18 family, 12-byte EPC) in chunks of 64 bytes: framing, CRC, layout, tag. \
         More is better. Floor: CRC-16/MCRF4XX alone over the same frames.",
    ))
}

/// The bytes by which a reader in scan mode tells tag `number`.
///
/// # Errors
/// None in practice: an EPC of 12 bytes fits.
pub(crate) fn tag_frame(number: u32) -> anyhow::Result<Vec<u8>> {
    let tag = TagRead::new(&epc(number)).context("an EPC of 12 bytes")?;
    Ok(Reply::Seen(tag).encode(0, Family::Uhf18)?)
}

/// The EPC of binding `number`: spread over the key space, no two alike.
pub(crate) fn epc(number: u32) -> [u8; 12] {
    // Odd multiplier: a bijection on 32 bits, so that neighbours in number are not neighbours in key.
    let spread = number.wrapping_mul(0x9E37_79B1).to_be_bytes();
    let [a, b, c, d] = spread;
    [0xE2, 0x80, 0x11, 0x60, 0x60, 0x00, 0x02, 0x04, a, b, c, d]
}

fn modbus(frames: u32) -> anyhow::Result<Row> {
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

/// Seven polls and a pulse, over and over.
fn exchange(number: u32) -> (Request, Vec<u8>, Vec<u8>) {
    let (request, response) = match number % 8 {
        7 => (Request::WriteCoil { address: 0, value: ON }, Response::Written),
        _ => (Request::ReadInputs { start: 0, count: 8 }, Response::Bits(Bits::of(8, number))),
    };
    let (asked, answered) = (request.encode(1), response.encode(1, &request));
    (request, asked, answered)
}

#[expect(clippy::cast_precision_loss, reason = "a stream is far below 2^53 bytes")]
fn row(name: &'static str, bytes: usize, took: Duration, floor: Duration, inside: &'static str) -> Row {
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    Row { name, value: rate(took), unit: "MB/s", floor: Some(rate(floor)), inside }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_tags_are_alike() {
        let tags: BTreeSet<[u8; 12]> = (0..100_000).map(epc).collect();
        assert_eq!(tags.len(), 100_000);
    }

    #[test]
    fn both_codecs_give_back_what_was_put_in() {
        let rows = rows(64).unwrap();
        assert!(rows.iter().all(|row| row.value > 0.0 && row.floor.is_some()));
    }
}
