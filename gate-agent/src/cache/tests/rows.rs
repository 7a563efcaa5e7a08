//! The packed row and the index in memory.

use proptest::prelude::*;
use protocols::{
    contract::Applied,
    ids::{MediumType, VisitId},
    rules::{LockSource, ReasonCode, TripStatus},
};

use super::super::{
    index::{Index, RowOp},
    packed::{Damaged, PackedRow, Row, medium_bytes, trip_bytes},
    samples,
};

fn locked(serial: u64) -> protocols::contract::IndexEntry {
    let mut entry = samples::entry(serial);
    entry.status = TripStatus::Locked;
    entry.lock_source = Some(LockSource::Gate);
    entry.lock_gate_id = Some(samples::gate());
    entry.lock_lane_id = Some(samples::lane("IN1"));
    entry.lock_visit_id = Some(VisitId::parse("0708-G02-20251013-0415").unwrap());
    entry.applied.insert(samples::gate(), Applied { epoch: 2, seq: 88_412 });
    entry.lines[0].container_no_1 = Some("CSQU3054383".into());
    entry.lines[0].vessel_name = Some("中远之星".into());
    entry
}

/// SG-202: every field of an entry and of a stub comes back as it was.
#[test]
fn rows_come_back_as_they_were() {
    for entry in [samples::entry(1), locked(2)] {
        let packed = PackedRow::of_entry(&entry).unwrap();
        assert_eq!(PackedRow::read(packed.bytes().to_vec()).unwrap().unpack(), Ok(Row::Entry(entry)));
    }
    let mut stub = samples::stub(3);
    stub.reason_code = Some(ReasonCode::Withdrawn);
    assert_eq!(PackedRow::of_stub(&stub).unwrap().unpack(), Ok(Row::Stub(stub)));
}

/// The bytes are a file format: when this fails, older caches no longer read, so the format's number has to go up.
#[test]
fn the_bytes_are_those_of_format_1() {
    let packed = PackedRow::of_stub(&samples::stub(3)).unwrap();
    assert_eq!(
        hex(packed.bytes()),
        "000000ff9acc9e12ec083dd5961f2003010c45323830303030303030303302028088cdbbbb6600a0323468"
    );
}

/// No changed byte goes unseen.
#[test]
fn every_changed_byte_is_damage() {
    let packed = PackedRow::of_entry(&locked(1)).unwrap();
    for place in 0..packed.bytes().len() {
        let mut bytes = packed.bytes().to_vec();
        bytes[place] ^= 0x10;
        assert_eq!(PackedRow::read(bytes), Err(Damaged), "byte {place}");
        assert_eq!(PackedRow::read(packed.bytes()[..place].to_vec()), Err(Damaged), "cut at {place}");
    }
}

proptest! {
    /// The index in memory equals a plain list under any puts and removals.
    #[test]
    fn the_index_equals_a_list(ops in prop::collection::vec((0..12_u64, 0..4_u64, 0..3_u8), 1..120)) {
        let (mut index, mut list) = (Index::default(), std::collections::BTreeMap::new());
        for (serial, medium, kind) in ops {
            let key = samples::key(&format!("M{medium}"));
            let row = match kind {
                0 => { let mut entry = samples::entry(serial); entry.medium_key = key; PackedRow::of_entry(&entry) }
                1 => { let mut stub = samples::stub(serial); stub.medium_key = key; PackedRow::of_stub(&stub) }
                _ => Err(Damaged),
            };
            match row {
                Ok(row) => { list.insert(serial, row.clone()); index.apply(RowOp::Put(row)); }
                Err(_) => { list.remove(&serial); index.apply(RowOp::Remove(trip_bytes(&samples::trip(serial)).unwrap())); }
            }
        }
        let stubs = list.values().filter(|row| row.is_stub()).count();
        prop_assert_eq!(index.counts(), (list.len() - stubs, stubs));
        for medium in 0..4 {
            let medium = medium_bytes(MediumType::ElectronicPlate, &samples::key(&format!("M{medium}")));
            let mut found: Vec<_> = index.find(&medium).cloned().collect();
            found.sort_by(|one, other| one.trip().cmp(other.trip()));
            let expected: Vec<_> = list.values().filter(|row| row.medium() == medium).cloned().collect();
            prop_assert_eq!(found, expected);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
