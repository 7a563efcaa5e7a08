//! How fast the codecs of panels and e-seals turn bytes into meaning.
//! Promises: as `codec`: one stream in chunks of 64, every frame decoded to its meaning and counted. Floor: the check of the
//! same bytes alone, one pass.
//! Absent on purpose: the other panels' wires, which have the same shape; noise.

use std::hint::black_box;

use anyhow::{Context, ensure};
use protocols::{
    check::{CRC_16_ARC, CRC_16_XMODEM},
    display::{
        bx::{
            message::{Message, Request},
            profile::Profile,
            wire::{Bx, BxDecoder, Packet},
        },
        panel::Panel,
        screen::{Colour, Screen},
    },
    frame::{Decoder, Framing, Progress},
    seal::{
        reader::{
            repr::{Message as SealMessage, SealBurst},
            wire::{Frame, SealDecoder, SealWire},
        },
        status::{SealId, ShortStatus},
    },
    talk::SealState,
};

use crate::{clock, codec, row::Row};

/// The names of the rows.
pub(crate) const NAMES: [&str; 2] = ["codec_display-bx", "codec_eseal"];

/// The throughput rows, over so many frames each.
///
/// # Errors
/// When a codec does not give back what was put in.
pub(crate) fn rows(frames: u32) -> anyhow::Result<Vec<Row>> {
    Ok(vec![onbon(frames)?, seals(frames)?])
}

fn onbon(frames: u32) -> anyhow::Result<Row> {
    let lines: Vec<Vec<u8>> = (0..frames).map(shown).collect::<anyhow::Result<_>>()?;
    let stream = lines.concat();
    let mut seen = 0_u32;
    let began = clock::now();
    each(&mut BxDecoder::new(Bx), &stream, |bytes| {
        let packet = Packet::parse(bytes);
        let request =
            packet.as_ref().and_then(|packet| Message::parse(&packet.data)).map(|it| Request::decode(&it));
        if let Some(Ok((_, Request::Show { areas, .. }))) = request {
            seen += u32::from(black_box(areas).iter().all(|area| !area.text.as_bytes().is_empty()));
        }
    });
    let took = began.elapsed();
    ensure!(seen == frames, "{seen} of {frames} areas were decoded");
    let floor = {
        let began = clock::now();
        let checks = lines.iter().map(|line| black_box(CRC_16_ARC.checksum(line)));
        ensure!(checks.count() == lines.len(), "nothing was summed");
        began.elapsed()
    };
    Ok(codec::row(
        "codec_display-bx",
        stream.len(),
        took,
        floor,
        "Frames that show one line of 8 cells on an Onbon panel, in chunks of 64 bytes: framing, escapes, CRC, packet, area. \
         More is better. Floor: CRC-16/ARC alone over the same bytes, escapes included.",
    ))
}

/// The frame of one line.
fn shown(number: u32) -> anyhow::Result<Vec<u8>> {
    let text = format!("{:08}", number % 100_000_000);
    let panel = Panel::Bx(Profile { rows: 1, ..Profile::default() });
    panel.render(&Screen::of(&[(&text, Colour::Green)])).pop().context("one row is one frame")
}

fn seals(frames: u32) -> anyhow::Result<Row> {
    let bursts: Vec<Vec<u8>> = (0..frames).map(burst).collect::<anyhow::Result<_>>()?;
    let stream = bursts.concat();
    let mut seen = 0_u32;
    let began = clock::now();
    each(&mut SealDecoder::new(SealWire), &stream, |bytes| {
        let message = Frame::parse(bytes).map(|frame| SealMessage::decode(&frame));
        if let Some(Ok(SealMessage::Burst { burst, .. })) = message {
            seen += u32::from(black_box(burst).status.state() == SealState::Sealed);
        }
    });
    let took = began.elapsed();
    ensure!(seen == frames, "{seen} of {frames} seals were decoded");
    let floor = {
        let began = clock::now();
        let sound = bursts.iter().filter(|burst| {
            let checked = burst.get(1..burst.len().saturating_sub(1)).unwrap_or_default();
            black_box(CRC_16_XMODEM.checksum(checked)) == 0
        });
        ensure!(sound.count() == bursts.len(), "a frame of ours is not sound");
        began.elapsed()
    };
    Ok(codec::row(
        "codec_eseal",
        stream.len(),
        took,
        floor,
        "Unsolicited messages of a DataReader (one seal each), in chunks of 64 bytes: framing, CRC, layout, state. More is \
         better. Floor: CRC-16/XMODEM alone over the same frames.",
    ))
}

/// The frame by which a reader tells seal `number`.
fn burst(number: u32) -> anyhow::Result<Vec<u8>> {
    let seal = SealId { family: 1, number };
    let burst = SealBurst { channel: 1, seal, kind: 0x0A, status: ShortStatus(0), organisation: None };
    Ok(SealMessage::Burst { status: [0; 2], burst }.encode(1)?)
}

/// Hands a stream over as a port does, and each frame on.
fn each<F: Framing, const N: usize>(
    decoder: &mut Decoder<F, N>,
    stream: &[u8],
    mut frame: impl FnMut(&[u8]),
) {
    for chunk in stream.chunks(codec::CHUNK) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            while let Progress::Frame(bytes) = decoder.pull() {
                frame(bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NAMES, rows};

    #[test]
    fn both_codecs_give_back_what_was_put_in() {
        let rows = rows(64).unwrap();
        assert_eq!(rows.iter().map(|row| row.name).collect::<Vec<_>>(), NAMES);
        assert!(rows.iter().all(|row| row.value > 0.0 && row.floor.is_some()));
    }
}
