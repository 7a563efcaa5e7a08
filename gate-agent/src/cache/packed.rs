//! A row of the index as bytes, the same in the file and in memory: trip, medium, then the record, then a CRC-32.
//! Promises: what is unpacked equals what was packed; one changed byte is an error (CRC-32 finds every single burst of 32 bits).
//! Rules for change: this is a file format. New members go behind a new kind byte; a golden test pins the bytes of today's.
//! Why not JSON or the wire types themselves: a fifth of the size, and the wire's weights and times have no postcard form.

use std::collections::BTreeMap;

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use protocols::{
    contract::{Applied, EntryLine, IndexEntry, Kg, Stub, UtcMillis},
    ids::{CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc, VisitId},
    rules::{
        BillType, BusinessType, Direction, IeFlag, LockSource, ObjectType, PassType, ReasonCode,
        TransportMode, TripStatus,
    },
};
use serde::{Deserialize, Serialize};

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

const ENTRY: u8 = 1;
const STUB: u8 = 2;
const TRIP: usize = 16;

/// The bytes do not unpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a row of the index is damaged")]
pub(super) struct Damaged;

/// 索引行: an entry or a stub, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackedRow(Box<[u8]>);

/// What a row holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row {
    Entry(IndexEntry),
    Stub(Stub),
}

impl PackedRow {
    pub(super) fn of_entry(entry: &IndexEntry) -> Result<Self, Damaged> {
        let medium = medium_bytes(entry.medium_type, &entry.medium_key);
        Self::pack(&entry.trip_no, &medium, ENTRY, &PackedEntry::of(entry)?)
    }

    pub(super) fn of_stub(stub: &Stub) -> Result<Self, Damaged> {
        let body =
            PackedStub { status: stub.status, since: stub.since.as_millis(), reason: stub.reason_code };
        Self::pack(&stub.trip_no, &medium_bytes(stub.medium_type, &stub.medium_key), STUB, &body)
    }

    /// Bytes from the file, checked.
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, Damaged> {
        let row = Self(bytes.into_boxed_slice());
        row.body()?;
        Ok(row)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The trip's key in the tables.
    pub(super) fn trip(&self) -> &[u8] {
        self.0.get(..TRIP).unwrap_or_default()
    }

    /// The medium's key in the tables: type, length, text.
    pub(super) fn medium(&self) -> &[u8] {
        let end = self.0.get(TRIP + 1).map_or(0, |length| TRIP + 2 + usize::from(*length));
        self.0.get(TRIP..end).unwrap_or_default()
    }

    pub(super) fn is_stub(&self) -> bool {
        self.0.get(TRIP + self.medium().len()) == Some(&STUB)
    }

    pub(super) fn unpack(&self) -> Result<Row, Damaged> {
        let (kind, body) = self.body()?;
        let trip: [u8; TRIP] = self.trip().try_into().map_err(|_| Damaged)?;
        let trip_no = TripNo::parse(&trip_text(trip)).map_err(|_| Damaged)?;
        let (medium_type, medium_key) = read_medium(self.medium())?;
        match kind {
            ENTRY => {
                let packed: PackedEntry = postcard::from_bytes(body).map_err(|_| Damaged)?;
                packed.entry(trip_no, medium_type, medium_key).map(Row::Entry)
            }
            STUB => {
                let packed: PackedStub = postcard::from_bytes(body).map_err(|_| Damaged)?;
                Ok(Row::Stub(Stub {
                    medium_type,
                    medium_key,
                    trip_no,
                    status: packed.status,
                    since: UtcMillis::from_millis(packed.since),
                    reason_code: packed.reason,
                }))
            }
            _ => Err(Damaged),
        }
    }

    fn pack(trip_no: &TripNo, medium: &[u8], kind: u8, body: &impl Serialize) -> Result<Self, Damaged> {
        let mut bytes = trip_bytes(trip_no)?.to_vec();
        bytes.extend_from_slice(medium);
        bytes.push(kind);
        let mut bytes = postcard::to_extend(body, bytes).map_err(|_| Damaged)?;
        bytes.extend_from_slice(&CRC.checksum(&bytes).to_le_bytes());
        Ok(Self(bytes.into_boxed_slice()))
    }

    /// Kind and record, once the checksum holds.
    fn body(&self) -> Result<(u8, &[u8]), Damaged> {
        let (covered, check) = self.0.split_last_chunk::<4>().ok_or(Damaged)?;
        if CRC.checksum(covered) != u32::from_le_bytes(*check) {
            return Err(Damaged);
        }
        let medium = self.medium().len();
        if medium == 0 {
            return Err(Damaged);
        }
        let (kind, body) = covered.get(TRIP + medium..).and_then(<[u8]>::split_first).ok_or(Damaged)?;
        Ok((*kind, body))
    }
}

/// The trip's number as bytes that sort as the number does.
pub(super) fn trip_bytes(trip_no: &TripNo) -> Result<[u8; TRIP], Damaged> {
    trip_no.as_str().parse::<u128>().map(u128::to_be_bytes).map_err(|_| Damaged)
}

/// The number of [`trip_bytes`].
pub(super) fn trip_text(bytes: [u8; TRIP]) -> String {
    format!("{:032}", u128::from_be_bytes(bytes))
}

/// Type, length and text. A key has at most 64 characters of at most 4 bytes, so 255 is cut only where nothing can match anyway.
pub(super) fn medium_bytes(medium_type: MediumType, key: &MediumKey) -> Vec<u8> {
    let text = key.as_str().as_bytes();
    let text = text.get(..255).unwrap_or(text);
    let place = MediumType::ALL.iter().position(|known| *known == medium_type).unwrap_or(0);
    let mut bytes = Vec::with_capacity(2 + text.len());
    bytes.push(u8::try_from(place).unwrap_or(u8::MAX));
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(text);
    bytes
}

fn read_medium(bytes: &[u8]) -> Result<(MediumType, MediumKey), Damaged> {
    let [place, _, text @ ..] = bytes else { return Err(Damaged) };
    let medium_type = MediumType::ALL.get(usize::from(*place)).ok_or(Damaged)?;
    let text = std::str::from_utf8(text).map_err(|_| Damaged)?;
    Ok((*medium_type, MediumKey::parse(text).map_err(|_| Damaged)?))
}

#[derive(Serialize, Deserialize)]
struct PackedStub {
    status: TripStatus,
    since: i64,
    reason: Option<ReasonCode>,
}

/// An entry without its trip and medium; weights in hundredths, times in milliseconds.
#[derive(Serialize, Deserialize)]
struct PackedEntry {
    unified_no: u64,
    version_no: u32,
    status: TripStatus,
    lock_source: Option<LockSource>,
    lock_gate_id: Option<GateId>,
    lock_lane_id: Option<LaneId>,
    lock_visit_id: Option<VisitId>,
    customs_code: CustomsCode,
    uscc: Uscc,
    ie_flag: IeFlag,
    business_type: BusinessType,
    transport_mode: TransportMode,
    vehicle_pass_type: Option<PassType>,
    vehicle_weight: i64,
    trailer_weight: i64,
    container_weight: i64,
    approved_at: i64,
    entry_passed: bool,
    closing_passed: bool,
    lines: Vec<PackedLine>,
    applied: Vec<(GateId, u32, u64)>,
}

#[derive(Serialize, Deserialize)]
struct PackedLine {
    line_no: u16,
    direction: Option<Direction>,
    object_type: ObjectType,
    object_id: Option<Box<str>>,
    vessel_name: Option<Box<str>>,
    voyage_no: Box<str>,
    business_type: BusinessType,
    bill_type: Option<BillType>,
    pickup_weight: Option<i64>,
    container_no_1: Option<Box<str>>,
    container_no_2: Option<Box<str>>,
    seal_no_1: Option<Box<str>>,
    seal_no_2: Option<Box<str>>,
}

impl PackedEntry {
    fn of(entry: &IndexEntry) -> Result<Self, Damaged> {
        let applied = entry.applied.iter().map(|(gate, at)| (gate.clone(), at.epoch, at.seq)).collect();
        Ok(Self {
            unified_no: entry.unified_no.as_str().parse().map_err(|_| Damaged)?,
            version_no: entry.version_no,
            status: entry.status,
            lock_source: entry.lock_source,
            lock_gate_id: entry.lock_gate_id.clone(),
            lock_lane_id: entry.lock_lane_id.clone(),
            lock_visit_id: entry.lock_visit_id.clone(),
            customs_code: entry.customs_code,
            uscc: entry.uscc,
            ie_flag: entry.ie_flag,
            business_type: entry.business_type,
            transport_mode: entry.transport_mode,
            vehicle_pass_type: entry.vehicle_pass_type,
            vehicle_weight: entry.vehicle_weight_kg.hundredths(),
            trailer_weight: entry.trailer_weight_kg.hundredths(),
            container_weight: entry.container_weight_kg.hundredths(),
            approved_at: entry.approved_at.as_millis(),
            entry_passed: entry.entry_passed,
            closing_passed: entry.closing_passed,
            lines: entry.lines.iter().map(PackedLine::of).collect(),
            applied,
        })
    }

    fn entry(
        self,
        trip_no: TripNo,
        medium_type: MediumType,
        medium_key: MediumKey,
    ) -> Result<IndexEntry, Damaged> {
        let applied = |(gate, epoch, seq)| (gate, Applied { epoch, seq });
        Ok(IndexEntry {
            trip_no,
            unified_no: UnifiedNo::parse(&format!("{:018}", self.unified_no)).map_err(|_| Damaged)?,
            version_no: self.version_no,
            status: self.status,
            lock_source: self.lock_source,
            lock_gate_id: self.lock_gate_id,
            lock_lane_id: self.lock_lane_id,
            lock_visit_id: self.lock_visit_id,
            customs_code: self.customs_code,
            uscc: self.uscc,
            ie_flag: self.ie_flag,
            business_type: self.business_type,
            transport_mode: self.transport_mode,
            vehicle_pass_type: self.vehicle_pass_type,
            medium_type,
            medium_key,
            vehicle_weight_kg: Kg::from_hundredths(self.vehicle_weight),
            trailer_weight_kg: Kg::from_hundredths(self.trailer_weight),
            container_weight_kg: Kg::from_hundredths(self.container_weight),
            approved_at: UtcMillis::from_millis(self.approved_at),
            entry_passed: self.entry_passed,
            closing_passed: self.closing_passed,
            lines: self.lines.into_iter().map(PackedLine::line).collect(),
            applied: self.applied.into_iter().map(applied).collect::<BTreeMap<_, _>>(),
        })
    }
}

impl PackedLine {
    fn of(line: &EntryLine) -> Self {
        Self {
            line_no: line.line_no,
            direction: line.direction,
            object_type: line.object_type,
            object_id: line.object_id.clone(),
            vessel_name: line.vessel_name.clone(),
            voyage_no: line.voyage_no.clone(),
            business_type: line.business_type,
            bill_type: line.bill_type,
            pickup_weight: line.pickup_weight_kg.map(Kg::hundredths),
            container_no_1: line.container_no_1.clone(),
            container_no_2: line.container_no_2.clone(),
            seal_no_1: line.seal_no_1.clone(),
            seal_no_2: line.seal_no_2.clone(),
        }
    }

    fn line(self) -> EntryLine {
        EntryLine {
            line_no: self.line_no,
            direction: self.direction,
            object_type: self.object_type,
            object_id: self.object_id,
            vessel_name: self.vessel_name,
            voyage_no: self.voyage_no,
            business_type: self.business_type,
            bill_type: self.bill_type,
            pickup_weight_kg: self.pickup_weight.map(Kg::from_hundredths),
            container_no_1: self.container_no_1,
            container_no_2: self.container_no_2,
            seal_no_1: self.seal_no_1,
            seal_no_2: self.seal_no_2,
        }
    }
}
