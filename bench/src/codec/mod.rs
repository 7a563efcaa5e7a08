//! How fast the codecs of a lane turn bytes into meaning, a file a family.
//! Promises: the bytes are cut out of one stream in chunks of 64, as a port delivers them; every frame is decoded to its
//! meaning and counted, so nothing can be optimised away. Floor: the check of the same frames alone, one pass; where frames have
//! no check, one copy of them; of JSON messages, parsing them without asking what they mean.
//! Absent on purpose: noise and bad checks: a gate's line is sound nearly always.

mod barcode;
mod card;
mod mqtt;
mod relay;
mod scale;
mod uhf;

use std::time::Duration;

pub(crate) use uhf::{epc, tag_frame};

use crate::row::Row;

/// As a serial driver hands bytes over.
pub(crate) const CHUNK: usize = 64;

/// The throughput rows, over so many frames each.
///
/// # Errors
/// When a codec does not give back what was put in.
pub(crate) fn rows(frames: u32) -> anyhow::Result<Vec<Row>> {
    Ok(vec![
        uhf::uhf_18(frames)?,
        uhf::uhf_288(frames)?,
        relay::modbus(frames)?,
        relay::modbus_tcp(frames)?,
        card::pn532(frames)?,
        barcode::barcode(frames)?,
        scale::a9(frames)?,
        scale::toledo(frames)?,
        mqtt::mqtt(frames)?,
    ])
}

/// A throughput row: bytes over time, beside its floor.
pub(crate) fn row(
    name: &'static str,
    bytes: usize,
    took: Duration,
    floor: Duration,
    inside: &'static str,
) -> Row {
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
    fn all_codecs_give_back_what_was_put_in() {
        let rows = rows(64).unwrap();
        assert!(rows.iter().all(|row| row.value > 0.0 && row.floor.is_some()));
    }
}
