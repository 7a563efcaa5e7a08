//! How fast: the PN532's answers.

use std::hint::black_box;

use anyhow::ensure;
use protocols::{
    card::pn532::{
        repr::Reply as CardReply,
        target::Target,
        wire::{Frame, Pn532Decoder, Side as CardSide},
    },
    check::sum_complement,
    frame::Progress,
};

use super::{CHUNK, row};
use crate::{clock, row::Row};

pub(super) fn pn532(polls: u32) -> anyhow::Result<Row> {
    let acknowledged = Frame::Ack.encode(CardSide::Chip)?;
    let lists: Vec<Vec<u8>> =
        (0..polls).map(|poll| Ok(card_list(poll).encode()?)).collect::<anyhow::Result<_>>()?;
    let stream: Vec<u8> = lists.iter().flat_map(|list| [&acknowledged[..], list].concat()).collect();
    let mut decoder = Pn532Decoder::new(CardSide::Chip);
    let mut seen = 0_u32;
    let began = clock::now();
    for chunk in stream.chunks(CHUNK) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            while let Progress::Frame(bytes) = decoder.pull() {
                let Frame::Information(content) = Frame::parse(CardSide::Chip, bytes)? else { continue };
                if let Ok(CardReply::Targets(targets)) = CardReply::decode(content) {
                    seen += u32::from(black_box(targets).iter().all(|target| target.uid.len() == 4));
                }
            }
        }
    }
    let took = began.elapsed();
    ensure!(seen == polls, "{seen} of {polls} lists were decoded");
    let floor = {
        let began = clock::now();
        // Length with its check, then direction byte to sum: what lies between start code and postamble.
        let sound = lists.iter().filter(|list| {
            let summed = list.get(3..list.len().saturating_sub(1)).unwrap_or_default();
            black_box(sum_complement(summed)) == 0
        });
        ensure!(sound.count() == lists.len(), "a frame of ours is not sound");
        began.elapsed()
    };
    Ok(row(
        "codec_pn532",
        stream.len(),
        took,
        floor,
        "Answers to polls with one card (4-byte UID), each behind its acknowledgement, in chunks of 64 bytes: framing, \
         sums, layout, card. More is better. Floor: the sums alone over the same answers.",
    ))
}

/// What a chip answers to poll `number`: one Classic card.
fn card_list(number: u32) -> CardReply<'static> {
    let uid = number.wrapping_mul(0x9E37_79B1).to_be_bytes().to_vec();
    CardReply::Targets(vec![Target { number: 1, sens_res: 0x0004, sel_res: 0x08, uid, ats: None }])
}
