//! How fast: bar codes.

use std::hint::black_box;

use anyhow::{Context, ensure};
use protocols::barcode::{
    aim::{Aim, CodeId},
    repr::{Layout, Reading, Scan},
    wire::{Progress as ScanProgress, ScanDecoder, Tail},
};

use super::{CHUNK, row};
use crate::{clock, row::Row};

pub(super) fn barcode(frames: u32) -> anyhow::Result<Row> {
    let code_128 = Aim::new(b'C', b'0').context("the identifier of Code 128")?;
    let layout = Layout { code_id: CodeId::Aim, ..Layout::plain() };
    let stream = (0..frames).flat_map(|number| layout.write(code_128, format!("SZ{number:018}").as_bytes()));
    let stream: Vec<u8> = stream.collect();
    let reading = Reading { code_id: CodeId::Aim, ..Reading::default() };
    let mut decoder = ScanDecoder::new(Tail::LineEnd);
    let mut seen = 0_u32;
    let began = clock::now();
    for chunk in stream.chunks(CHUNK) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            while let ScanProgress::Record(record) = decoder.pull() {
                if let Ok(Scan::Code(code)) = reading.read(&record) {
                    seen += u32::from(black_box(code.text()).is_some_and(|text| text.len() == 20));
                }
            }
        }
    }
    let took = began.elapsed();
    ensure!(seen == frames, "{seen} of {frames} slips were read");
    let floor = {
        let began = clock::now();
        let lines =
            stream.split(|byte| *byte == b'\r').map(|line| black_box(line).len()).filter(|len| *len == 23);
        ensure!(lines.count() == frames as usize, "a record of ours is no line");
        began.elapsed()
    };
    Ok(row(
        "codec_barcode",
        stream.len(),
        took,
        floor,
        "Stream of Code 128 slips (AIM identifier, key of 20 characters, CR) in chunks of 64 bytes: record, identifier, \
         character set, key and raw text. More is better. Floor: the line ends alone found in the same bytes.",
    ))
}
