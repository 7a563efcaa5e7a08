//! Tags: lists, antennas, and TIDs beside EPCs.

use super::{bytes, noise};
use crate::uhf::repr::Reply;
use crate::uhf::tag::{AntennaForm, Family, TagRead, Tags};
use crate::uhf::wire::ReaderFrame;
use alloc::vec::Vec;
use alloc::{format, vec};
use proptest::prelude::{any, prop, prop_assert_eq, proptest};

const EPC: &str = "E28011700000020FEBEAD3B5";
const TID: &str = "E280110520005A3C910B071E";

fn with_tid() -> TagRead {
    TagRead::new(&bytes(EPC)).unwrap().seen_by(1, 0x6B).with_tid(bytes(TID).try_into().unwrap())
}

fn unasked(data: &[u8]) -> Option<TagRead> {
    match Reply::decode(&ReaderFrame { address: 0, code: 0xEE, status: 0, data }, Family::Uhf288) {
        Ok(Reply::Seen(tag)) => Some(tag),
        _ => None,
    }
}

/// The manual counts the TID in the length, other descriptions do not.
#[test]
fn a_tid_beside_the_epc_is_told_whether_or_not_the_length_counts_it() {
    for head in ["98", "8C"] {
        let tuple = format!("{head}{EPC}{TID}6B");
        assert_eq!(unasked(&bytes(&format!("01{tuple}"))), Some(with_tid()), "{head} unasked");
        for count in 1..=3 {
            let data = bytes(&format!("010{count}{}", tuple.repeat(count)));
            let tags = Tags::parse(Family::Uhf288, &data).unwrap();
            assert_eq!(
                (tags.iter().collect::<Vec<_>>(), tags.overrun()),
                (vec![with_tid(); count], 0),
                "{head}"
            );
        }
    }
}

/// No false identity: where an EPC ends before its TID is not guessed from a frame that does not come out even.
#[test]
fn in_a_broken_list_tags_with_a_tid_are_counted_and_not_told() {
    let plain = TagRead::new(&[1, 2]).unwrap().seen_by(1, 7);
    let data = bytes(&format!("010302010207 98{EPC}{TID}6B"));
    let tags = Tags::parse(Family::Uhf288, &data).unwrap();
    assert_eq!((tags.iter().collect::<Vec<_>>(), tags.overrun()), (vec![plain], 2));
    assert_eq!(unasked(&bytes(&format!("0198{EPC}{TID}"))), None);
    assert_eq!(unasked(&bytes("018BE280110520005A3C910B076B")), None, "no room for an EPC");
}

#[test]
fn phase_and_frequency_behind_the_rssi_are_passed_over() {
    let plain = TagRead::new(&bytes(EPC)).unwrap().seen_by(1, 0x6B);
    assert_eq!(unasked(&bytes(&format!("014C{EPC}6B 00112233 0D F7A0"))), Some(plain));
    assert_eq!(unasked(&bytes(&format!("01D8{EPC}{TID}6B 00112233 0D F7A0"))), Some(with_tid()));
    assert_eq!(unasked(&bytes(&format!("014C{EPC}6B 00112233 0D"))), None);
    let two = bytes(&format!("0102 4C{EPC}6B001122330DF7A0 0C{EPC}6B"));
    assert_eq!(Tags::parse(Family::Uhf288, &two).unwrap().iter().collect::<Vec<_>>(), [plain, plain]);
}

#[test]
fn an_antenna_is_a_bit_on_small_readers_and_an_index_on_large_ones() {
    let port = |raw, form| with_tid().seen_by(raw, 0).port(form);
    for (raw, mask, index) in [(0x01, 1, 2), (0x04, 3, 5), (0x05, 1, 6), (0x0F, 1, 16), (0x80, 8, 129)] {
        assert_eq!((port(raw, AntennaForm::Mask), port(raw, AntennaForm::Index)), (Some(mask), Some(index)));
    }
    assert_eq!((port(0, AntennaForm::Mask), port(0, AntennaForm::Index)), (None, Some(1)));
    assert_eq!(TagRead::new(&[1]).unwrap().port(AntennaForm::Mask), None);
}

/// fault D1: any bytes as a tag list are read without a step beyond them.
#[test]
fn any_bytes_as_a_list_are_read_and_counted() {
    for seed in 0..2000 {
        let data = noise(seed, 2 + usize::try_from(seed % 120).unwrap());
        for family in [Family::Uhf18, Family::Uhf288] {
            let tags = Tags::parse(family, &data).unwrap();
            assert!(tags.iter().count() + tags.overrun() <= 255);
        }
    }
}

proptest! {
    #[test]
    fn tag_lists_come_back_as_written(
        tags in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..=62), any::<u8>(), any::<bool>()), 0..4),
        wide in any::<bool>(),
    ) {
        let family = if wide { Family::Uhf288 } else { Family::Uhf18 };
        let tid = bytes(TID).try_into().unwrap();
        let reads: Vec<TagRead> = tags.iter().map(|(epc, rssi, with_tid)| {
            let read = TagRead::new(epc).unwrap();
            match (wide, with_tid) {
                (false, _) => read,
                (true, false) => read.seen_by(4, *rssi),
                (true, true) => read.seen_by(4, *rssi).with_tid(tid),
            }
        }).collect();
        let data = Tags::write(family, 4, &reads);
        let tags = Tags::parse(family, &data).unwrap();
        prop_assert_eq!(tags.overrun(), 0);
        prop_assert_eq!(tags.iter().collect::<Vec<_>>(), reads);
    }
}
