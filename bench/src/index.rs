//! Load and look-up of the index, in this process, by the agent's own library; and the files that the measured agent finds.
//! Promises: look-ups hit, each another binding, in an order that no cache line can foresee; the floor asks the same keys of a
//! plain hash map in the same loop.

use std::{
    collections::HashMap, fs, hint::black_box, io::Read as _, path::Path, sync::Arc, thread, time::Duration,
};

use anyhow::{Context, bail, ensure};
use gate_agent::{
    cache::{Cache, Residence},
    clock::SystemClock,
    journal::{JournalCore, Overlay, SqliteStore},
};
use protocols::{
    contract::{Hash, SnapshotHead, SnapshotRow, SnapshotTail},
    ids::{GateId, MediumKey, MediumType, YardId},
};
use sha2::{Digest, Sha256};

use crate::{
    bindings::{self, GATE, YARD},
    clock,
    latency::Latency,
    row::Row,
    run::say,
};

/// Look-ups that are timed.
const LOOK_UPS: u32 = 200_000;
/// Longest wait for an index to load.
const PATIENCE: Duration = Duration::from_secs(300);

/// The names of this file's rows.
pub(crate) const NAMES: [&str; 3] = ["index_load", "lookup_p50", "lookup_p99"];

/// The file of the index in an agent's data folder.
const CACHE: &str = "cache.db";
/// The file of the journal in an agent's data folder.
const JOURNAL: &str = "journal.db";

/// Makes the folder anew: a journal that has its epoch, so that the agent works offline, and an index with its snapshot.
///
/// # Errors
/// When the library refuses or the disk fails.
pub(crate) fn prepare(folder: &Path, count: u32) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder)?;
    let gate = GateId::parse(GATE)?;
    let store = SqliteStore::at(folder.join(JOURNAL), gate.clone());
    let (mut journal, _) = JournalCore::open(store, gate, Arc::new(SystemClock))?;
    journal.set_epoch(1)?;
    say(&format!("making an index of {count} bindings"));
    take_snapshot(&open(folder)?, count)
}

fn open(folder: &Path) -> anyhow::Result<Cache> {
    let overlay = Arc::new(Overlay::new(GateId::parse(GATE)?));
    Ok(Cache::open(&folder.join(CACHE), Arc::new(SystemClock), overlay, Residence::Memory))
}

/// Gives the library the lines that a centre would send.
fn take_snapshot(cache: &Cache, count: u32) -> anyhow::Result<()> {
    let mut builder = cache.begin_snapshot()?;
    let mut sha = Sha256::new();
    let mut line = |text: String| {
        sha.update(text.as_bytes());
        sha.update(b"\n");
        builder.line(&text)
    };
    let head = SnapshotHead {
        yard_id: YardId::parse(YARD)?,
        revision: 1,
        entries: u64::from(count),
        stubs: 0,
        denied: 0,
        mark: None,
    };
    line(serde_json::to_string(&head)?)?;
    for row in bindings::policy()? {
        line(serde_json::to_string(&SnapshotRow::Policy(row))?)?;
    }
    for number in 0..count {
        line(serde_json::to_string(&SnapshotRow::Entry(bindings::entry(number)?))?)?;
    }
    let tail = SnapshotTail { sha256: Hash(sha.finalize().into()), signed: None };
    builder.line(&serde_json::to_string(&tail)?)?;
    builder.finish()?;
    Ok(())
}

/// The rows of load and look-up.
///
/// # Errors
/// When the index does not load, or a look-up does not find its binding.
pub(crate) fn rows(folder: &Path, count: u32) -> anyhow::Result<Vec<Row>> {
    let floor = read_file(&folder.join(CACHE))?;
    say("loading the index");
    let began = clock::now();
    let cache = open(folder)?;
    while cache.counts().is_none() {
        ensure!(began.elapsed() < PATIENCE, "the index did not load within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(1));
    }
    let took = began.elapsed();
    ensure!(cache.counts() == Some((count as usize, 0)), "the index holds {:?}", cache.counts());
    let load = Row {
        name: "index_load",
        value: took.as_secs_f64(),
        unit: "s",
        floor: Some(floor.as_secs_f64()),
        inside: "Opening `cache.db` and reading every binding into memory, checksums verified, in a process of its own with \
                 the file in the page cache. Floor: reading the same file once.",
    };
    say("looking bindings up");
    let (ours, plain) = look_up(&cache, count)?;
    let row = |name, percentile| Row {
        name,
        value: ours.nanos(percentile),
        unit: "ns",
        floor: Some(plain.nanos(percentile)),
        inside: "One key asked of the loaded index: deny list, rows of the key, checksum, record unpacked, the gate's own acts \
                 laid over. Floor: the same key asked of a plain `HashMap` that gives a number. Both hold one reading of the \
                 clock.",
    };
    Ok(vec![load, row("lookup_p50", 50.0), row("lookup_p99", 99.0)])
}

/// How long the bytes take without a library; the second pass, so that the file is warm.
fn read_file(path: &Path) -> anyhow::Result<Duration> {
    let mut buffer = vec![0; 1 << 20];
    let mut took = Duration::ZERO;
    for _ in 0..2 {
        let mut file = fs::File::open(path)?;
        let began = clock::now();
        while black_box(file.read(&mut buffer)?) > 0 {}
        took = began.elapsed();
    }
    Ok(took)
}

fn look_up(cache: &Cache, count: u32) -> anyhow::Result<(Latency, Latency)> {
    let keys = (0..count).map(bindings::key).collect::<Result<Vec<MediumKey>, _>>()?;
    let plain: HashMap<(MediumType, MediumKey), u32> = keys
        .iter()
        .zip(0..)
        .map(|(key, number)| ((MediumType::ElectronicPlate, key.clone()), number))
        .collect();
    let (mut ours, mut floor) = (Latency::new()?, Latency::new()?);
    for turn in 0..LOOK_UPS {
        // A step that shares no factor with any count: every binding comes, far from the one before.
        let place = (u64::from(turn) * 2_654_435_761) % u64::from(count);
        let Some(key) = usize::try_from(place).ok().and_then(|place| keys.get(place)) else { continue };
        let media = [(MediumType::ElectronicPlate, key.clone())];
        let [medium] = &media;
        let began = clock::now();
        let found = black_box(plain.get(black_box(medium)));
        floor.record(began.elapsed());
        let began = clock::now();
        let view = black_box(cache.look_up(black_box(&media)));
        ours.record(began.elapsed());
        match view {
            Ok(view) if view.candidates.len() == 1 && found.is_some() => {}
            other => bail!("binding {place} is not in the index: {other:?}"),
        }
    }
    Ok((ours, floor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prepared_folder_loads_and_every_look_up_hits() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        prepare(&data, 500).unwrap();
        let names: Vec<_> = rows(&data, 500).unwrap().iter().map(|row| row.name).collect();
        assert_eq!(names, NAMES);
    }
}
