//! How fast: weighbridges.

use std::{hint::black_box, time::Duration};

use anyhow::{Context, ensure};
use protocols::{
    frame::Progress,
    scale::{
        quantity::Unit,
        wire::{
            Format, Message, ScaleDecoder,
            a9::{self, Ninth, Value},
            check::{seven_bit_sum, xor},
            mt,
        },
    },
};

use super::{CHUNK, row};
use crate::{clock, row::Row};

pub(super) fn a9(frames: u32) -> anyhow::Result<Row> {
    let frame =
        |number: u32| Value::new(false, number % 1_000_000, 0).map(|value| a9::encode(value).to_vec());
    let told: Vec<Vec<u8>> = (0..frames).map(frame).collect::<Option<_>>().context("six digits")?;
    let took = weights(Format::A9(Ninth::Decimals), &told)?;
    let floor = {
        let began = clock::now();
        let sums =
            told.iter().filter(|frame| black_box(xor(frame.get(1..9).unwrap_or_default())) & 0x10 != 0);
        ensure!(sums.count() == told.len(), "a check of ours does not begin with 1");
        began.elapsed()
    };
    Ok(row(
        "codec_weighbridge-a9",
        told.iter().map(Vec::len).sum(),
        took,
        floor,
        "Stream of A9 continuous frames (12 bytes) in chunks of 64 bytes: framing, exclusive-or, digits, exact \
         kilograms. More is better. Floor: the exclusive-or alone over the same frames.",
    ))
}

pub(super) fn toledo(frames: u32) -> anyhow::Result<Row> {
    let frame = |number: u32| {
        Some(mt::Frame {
            a: mt::StatusA { point: 2, increment: 1 },
            b: mt::StatusB { kilograms: true, ..mt::StatusB::default() },
            c: mt::StatusC::default(),
            weight: mt::Field::new(number % 1_000_000, 1)?,
            tare: Some(mt::Field::BLANK),
        })
    };
    let encode = |number| frame(number).map(|frame| frame.encode(mt::Check::Sum));
    let told: Vec<Vec<u8>> = (0..frames).map(encode).collect::<Option<_>>().context("six digits")?;
    let took = weights(Format::Mt(mt::Form::CHECKED), &told)?;
    let floor = {
        let began = clock::now();
        // A frame with its own check sums up to nothing.
        let sound = told.iter().filter(|frame| black_box(seven_bit_sum(frame)) == 0).count();
        ensure!(sound == told.len(), "a frame of ours is not sound");
        began.elapsed()
    };
    Ok(row(
        "codec_weighbridge-mt",
        told.iter().map(Vec::len).sum(),
        took,
        floor,
        "Stream of Mettler Toledo continuous frames (18 bytes, with check) in chunks of 64 bytes: framing, seven-bit \
         sum, status words, digits, exact kilograms. More is better. Floor: the sum alone over the same frames.",
    ))
}

/// How long it takes to read these frames down to kilograms, as a port delivers them.
fn weights(format: Format, told: &[Vec<u8>]) -> anyhow::Result<Duration> {
    let stream = told.concat();
    let mut decoder = ScaleDecoder::new(format);
    let mut read = 0_usize;
    let began = clock::now();
    for chunk in stream.chunks(CHUNK) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            while let Progress::Frame(bytes) = decoder.pull() {
                if let Some(Message::Shown(shown)) = format.read(bytes, Unit::Kilogram) {
                    read += usize::from(black_box(shown.kg()).is_ok());
                }
            }
        }
    }
    let took = began.elapsed();
    ensure!(read == told.len(), "{read} of {} weights were decoded", told.len());
    Ok(took)
}
