//! Measures the index: how long a warm file takes into memory, how many bytes a binding takes there, how long a look-up takes.
//! `cargo run --release -p gate-agent --example index_memory -- 1000000`
//! Targets: at most 600 bytes a binding and 5 s at a million. Look-ups before loading are measured too: they read the file.
#![expect(clippy::print_stdout, reason = "a measurement prints what it measured")]

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use gate_agent::{
    cache::{Cache, Residence},
    clock::{Clock, SystemClock},
    journal::Overlay,
};
use protocols::{
    contract::{EntryLine, Hash, IndexEntry, Kg, SnapshotHead, SnapshotRow, SnapshotTail, UtcMillis},
    ids::{CardNo, CustomsCode, GateId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc, YardId},
    rules::{BillType, BusinessType, Direction, IeFlag, ObjectType, PassType, TransportMode, TripStatus},
    tick::Tick,
};
use sha2::{Digest, Sha256};

fn main() -> anyhow::Result<()> {
    let bindings: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cache.db");
    let took = timed(|| fill(&path, bindings))?;
    println!("snapshot of {bindings} bindings taken in {} ms", took.as_millis());

    let before = resident()?;
    let (began, cache) = (now(), open(&path, Residence::Memory));
    let first = timed(|| look_up(&cache, 7))?;
    println!("first look-up, from the file: {} us", first.as_micros());
    futures::executor::block_on(cache.is_loaded().wait_for(|is_loaded| *is_loaded))?;
    println!("in memory after {} ms", now().since(began).as_millis());
    let bytes = resident()?.saturating_sub(before);
    println!("{} bytes a binding ({} MiB in all)", bytes / bindings.max(1), bytes >> 20);

    let mut times: Vec<Duration> = Vec::new();
    for n in 0..200_000_u64 {
        times.push(timed(|| look_up(&cache, n.wrapping_mul(0x9E37_79B9) % bindings))?);
    }
    times.sort_unstable();
    let at =
        |per_mille: usize| times.get(times.len() * per_mille / 1000).copied().unwrap_or_default().as_nanos();
    println!("look-up: p50 {} ns, p99 {} ns, p99.9 {} ns", at(500), at(990), at(999));
    Ok(())
}

fn open(path: &Path, residence: Residence) -> Cache {
    let overlay = Arc::new(Overlay::new(gate()));
    Cache::open(path, Arc::new(SystemClock), overlay, residence)
}

/// Takes a synthetic snapshot in, as from the centre.
fn fill(path: &Path, bindings: u64) -> anyhow::Result<()> {
    let cache = open(path, Residence::File);
    let mut snapshot = cache.begin_snapshot()?;
    let mut sha = Sha256::new();
    let mut line = |text: String| {
        sha.update(text.as_bytes());
        sha.update(b"\n");
        snapshot.line(&text)
    };
    let yard_id = YardId::parse("CNCEK070017")?;
    let head = SnapshotHead { yard_id, revision: 1, entries: bindings, stubs: 0, denied: 0, mark: None };
    line(serde_json::to_string(&head)?)?;
    let mut row = entry()?;
    let card = CardNo::parse("8950000004821")?;
    for serial in 0..bindings {
        row.trip_no = TripNo::from_parts(2025, 10, card, serial)?;
        row.unified_no = UnifiedNo::from_parts(2025, serial)?;
        row.medium_key = key(serial)?;
        line(serde_json::to_string(&SnapshotRow::Entry(row.clone()))?)?;
    }
    let tail = SnapshotTail { sha256: Hash(sha.finalize().into()), signed: None };
    snapshot.line(&serde_json::to_string(&tail)?)?;
    snapshot.finish()?;
    Ok(())
}

fn look_up(cache: &Cache, serial: u64) -> anyhow::Result<()> {
    let view = cache.look_up(&[(MediumType::ElectronicPlate, key(serial)?)])?;
    anyhow::ensure!(view.candidates.len() == 1, "binding {serial} is not found");
    Ok(())
}

fn gate() -> GateId {
    GateId::parse("0708-G02").unwrap_or_else(|_| unreachable!("a literal"))
}

fn key(serial: u64) -> anyhow::Result<MediumKey> {
    Ok(MediumKey::parse(&format!("E2801160600002{serial:010}"))?)
}

/// A bill of lading on a laden exit, as most records are.
fn entry() -> anyhow::Result<IndexEntry> {
    Ok(IndexEntry {
        trip_no: TripNo::parse("20251089500000048210000000000123")?,
        unified_no: UnifiedNo::from_parts(2025, 123)?,
        version_no: 1,
        status: TripStatus::CustomsApproved,
        lock_source: None,
        lock_gate_id: None,
        lock_lane_id: None,
        lock_visit_id: None,
        customs_code: CustomsCode::parse("0708")?,
        uscc: Uscc::parse("91150781MA0N5XWB9P")?,
        ie_flag: IeFlag::Import,
        business_type: BusinessType::Declaration,
        transport_mode: TransportMode::Road,
        vehicle_pass_type: Some(PassType::EmptyInLadenOut),
        medium_type: MediumType::ElectronicPlate,
        medium_key: key(0)?,
        vehicle_weight_kg: Kg::from_kilograms(8_600),
        trailer_weight_kg: Kg::from_kilograms(6_400),
        container_weight_kg: Kg::default(),
        approved_at: UtcMillis::parse("2025-10-13T00:41:17Z")?,
        entry_passed: false,
        closing_passed: false,
        lines: vec![EntryLine {
            line_no: 1,
            direction: Some(Direction::OutOf),
            object_type: ObjectType::BillOfLading,
            object_id: Some("MGL2510130087".into()),
            vessel_name: None,
            voyage_no: "0708251013017".into(),
            business_type: BusinessType::Declaration,
            bill_type: Some(BillType::FirstLeg),
            pickup_weight_kg: Some(Kg::from_kilograms(32_500)),
            container_no_1: None,
            container_no_2: None,
            seal_no_1: None,
            seal_no_2: None,
        }],
        applied: BTreeMap::new(),
    })
}

/// Resident memory of this process in bytes.
fn resident() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024)
}

fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let began = now();
    work()?;
    Ok(now().since(began))
}

fn now() -> Tick {
    SystemClock.tick()
}
