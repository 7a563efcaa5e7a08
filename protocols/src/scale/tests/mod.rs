//! The golden frames, however they arrive, and what must hold for any bytes.

mod codec;
mod detect;
mod golden;
mod session;
mod weighing;

use super::quantity::Unit;
use super::repr::{Indication, Kind};
use super::wire::{Format, Message, ScaleDecoder};
use crate::frame::{Decoder, Progress};
use crate::talk::WeightReading;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use golden::{BROKEN, VALID};

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

/// The bytes of a golden frame.
fn golden(id: &str) -> Vec<u8> {
    let known = VALID.iter().chain(BROKEN).find(|(known, ..)| *known == id);
    bytes(known.unwrap_or_else(|| panic!("no vector {id}")).2)
}

/// What a decoder tells of these pieces, one after the other.
fn tell(decoder: &mut ScaleDecoder, format: Format, pieces: &[&[u8]], out: &mut Vec<String>) {
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = &rest[taken..];
            drain(decoder, format, out);
        }
    }
}

fn end(decoder: &mut ScaleDecoder, format: Format, out: &mut Vec<String>) {
    decoder.gap();
    drain(decoder, format, out);
}

fn drain(decoder: &mut ScaleDecoder, format: Format, out: &mut Vec<String>) {
    loop {
        match decoder.pull() {
            Progress::NeedMore => return,
            Progress::Noise { skipped } => out.push(format!("noise {skipped}")),
            Progress::BadCheck(bad) => out.push(format!("bad check of {}", bad.len())),
            Progress::Frame(frame) => out.push(words(format, frame)),
        }
    }
}

/// All that a fresh decoder tells of a stream and the gap behind it.
fn told(format: Format, stream: &[u8]) -> Vec<String> {
    let (mut decoder, mut out) = (Decoder::new(format), Vec::new());
    tell(&mut decoder, format, &[stream], &mut out);
    end(&mut decoder, format, &mut out);
    out
}

fn words(format: Format, frame: &[u8]) -> String {
    match format.read(frame, Unit::Kilogram).unwrap_or_else(|| panic!("{format:?} told {frame:02X?}")) {
        Message::Shown(shown) => indication(&shown),
        Message::Answer(answer) => {
            let Format::A9Command(ninth) = format else { panic!("{format:?} answered") };
            let head = format!("{} {:?}", char::from(answer.address.letter()), answer.ask);
            match answer.indication(ninth, Unit::Kilogram) {
                Some(shown) => format!("{head} {}", indication(&shown)),
                None => head,
            }
        }
    }
}

fn indication(shown: &Indication) -> String {
    let kind = match shown.kind {
        Some(Kind::Gross) => "gross ",
        Some(Kind::Net) => "net ",
        Some(Kind::Tare) => "tare ",
        None => "",
    };
    let value = shown.value.map_or_else(|why| format!("{why}"), |value| format!("{value}"));
    let rest = match shown.stable {
        Some(true) => " at rest",
        Some(false) => " in motion",
        None => "",
    };
    let tare = shown.tare.map_or(String::new(), |tare| format!(" tare {tare}"));
    format!("{kind}{value}{rest}{tare}")
}

/// A reading in words: `15600 at rest`, `out of range`.
fn reading(reading: &WeightReading) -> String {
    let rest = if reading.stable { " at rest" } else { "" };
    let net = match reading.net {
        Some(true) => " net",
        Some(false) => " gross",
        None => "",
    };
    match reading.value {
        Ok(kg) => format!("{kg}{net}{rest}"),
        Err(why) => format!("{why}"),
    }
}

/// The same numbers on every run.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}
