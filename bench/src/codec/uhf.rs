//! How fast: tags of both UHF families.

use std::hint::black_box;

use anyhow::{Context, ensure};
use protocols::{
    check::{CRC_16_MCRF4XX, holds},
    frame::Progress,
    uhf::{
        repr::Reply,
        tag::{Family, TagRead},
        wire::{ReaderFrame, Side, UhfDecoder},
    },
};

use super::{CHUNK, row};
use crate::{clock, row::Row};

pub(super) fn uhf_18(frames: u32) -> anyhow::Result<Row> {
    let tags: Vec<Vec<u8>> = (0..frames).map(tag_frame).collect::<anyhow::Result<_>>()?;
    uhf(
        "codec_uhf-chafon-18",
        Family::Uhf18,
        &tags,
        "Stream of unsolicited tag frames (18 family, 12-byte EPC) in chunks of 64 bytes: framing, CRC, layout, tag. \
         More is better. Floor: CRC-16/MCRF4XX alone over the same frames.",
    )
}

pub(super) fn uhf_288(frames: u32) -> anyhow::Result<Row> {
    let report = |number| -> anyhow::Result<Vec<u8>> {
        let tag = TagRead::new(&epc(number)).context("an EPC of 12 bytes")?.seen_by(1, 0x6B);
        Ok(Reply::Seen(tag).encode(0, Family::Uhf288)?)
    };
    let tags: Vec<Vec<u8>> = (0..frames).map(report).collect::<anyhow::Result<_>>()?;
    uhf(
        "codec_uhf-chafon-288",
        Family::Uhf288,
        &tags,
        "Stream of real-time tag frames (288 family, antenna, 12-byte EPC, RSSI) in chunks of 64 bytes: framing, CRC, \
         layout, tag. More is better. Floor: CRC-16/MCRF4XX alone over the same frames.",
    )
}

fn uhf(name: &'static str, family: Family, tags: &[Vec<u8>], inside: &'static str) -> anyhow::Result<Row> {
    let stream = tags.concat();
    let mut decoder = UhfDecoder::new(Side::Reader);
    let mut seen = 0_usize;
    let began = clock::now();
    for chunk in stream.chunks(CHUNK) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            while let Progress::Frame(bytes) = decoder.pull() {
                let frame = ReaderFrame::parse(bytes)?;
                if let Ok(Reply::Seen(tag)) = Reply::decode(&frame, family) {
                    seen += usize::from(!black_box(tag).epc().is_empty());
                }
            }
        }
    }
    let took = began.elapsed();
    ensure!(seen == tags.len(), "{seen} of {} tags were decoded", tags.len());
    let floor = {
        let began = clock::now();
        let sound = tags.iter().filter(|frame| black_box(holds(&CRC_16_MCRF4XX, frame))).count();
        ensure!(sound == tags.len(), "a frame of ours is not sound");
        began.elapsed()
    };
    Ok(row(name, stream.len(), took, floor, inside))
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
