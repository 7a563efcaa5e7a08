//! What a run is asked to do.
//! Promises: a part of a run (`--quick`, `--only`) never touches the page unless told where to write one.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

/// Measures the gate agent beside the floors of this machine.
#[derive(Clone, Debug, Parser)]
#[command(name = "bench", version)]
pub(crate) struct Settings {
    /// A short run: 300 passages, 100 of them by MQTT, 100 in noise, 50,000 bindings, 10 s of idleness. Its figures are rough.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Vehicles that pass while the decision is measured.
    #[arg(long, value_name = "N")]
    passages: Option<u32>,
    /// Vehicles that pass while the decision by way of a broker is measured.
    #[arg(long, value_name = "N")]
    mqtt_passages: Option<u32>,
    /// Vehicles that pass in noise, and as many in calm between.
    #[arg(long, value_name = "N")]
    flood_passages: Option<u32>,
    /// How long the agent idles before its memory is looked at.
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
    /// Bindings in the index.
    #[arg(long, value_name = "N")]
    bindings: Option<u32>,
    /// Records in each of the centre's tables.
    #[arg(long, value_name = "N")]
    records: Option<u32>,
    /// Trips whose events each of two gates sends to the centre.
    #[arg(long, value_name = "N")]
    trips: Option<u32>,
    /// Gates that listen to the centre while it changes.
    #[arg(long, value_name = "N")]
    gates: Option<u32>,
    /// Changes that they are told.
    #[arg(long, value_name = "N")]
    changes: Option<u32>,
    /// Gates that come back to the centre at once.
    #[arg(long, value_name = "N")]
    crowd: Option<u32>,
    /// The centre to measure; by default the one beside this program, built first.
    #[arg(long, value_name = "FILE")]
    pub(crate) centre: Option<PathBuf>,
    /// Requests of each kind for a list of the centre.
    #[arg(long, value_name = "N")]
    requests: Option<u32>,
    /// Only this figure or group: lane, mqtt, flood, size, query, ingest, feed, crowd, index, codec, seal, or a name of the table. May be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// The agent to measure; by default the one beside this program, built first.
    #[arg(long, value_name = "FILE")]
    pub(crate) agent: Option<PathBuf>,
    /// Where journal, index and configuration of the measured agent are made; a folder on a disk, emptied first.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Where the JSON goes; by default `target/bench.json`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where the page goes; by default `docs/benchmarks.md` after a whole run, and nowhere after a part of one.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn passages(&self) -> u32 {
        self.passages.unwrap_or(if self.quick { 300 } else { 10_000 })
    }

    pub(crate) fn mqtt_passages(&self) -> u32 {
        self.mqtt_passages.unwrap_or(if self.quick { 100 } else { 1000 })
    }

    pub(crate) fn flood_passages(&self) -> u32 {
        self.flood_passages.unwrap_or(if self.quick { 100 } else { 1000 })
    }

    /// Records of each manual.
    pub(crate) fn records(&self) -> u32 {
        self.records.unwrap_or(if self.quick { 50_000 } else { 1_000_000 })
    }

    pub(crate) fn trips(&self) -> u32 {
        self.trips.unwrap_or(if self.quick { 300 } else { 5000 })
    }

    /// Gates that listen.
    pub(crate) fn gates(&self) -> u32 {
        self.gates.unwrap_or(if self.quick { 200 } else { 1000 }).max(1)
    }

    pub(crate) fn changes(&self) -> u32 {
        self.changes.unwrap_or(if self.quick { 20 } else { 120 }).max(1)
    }

    /// Gates that come back at once.
    pub(crate) fn crowd(&self) -> u32 {
        self.crowd.unwrap_or(if self.quick { 200 } else { 2000 }).max(1)
    }

    pub(crate) fn requests(&self) -> u32 {
        self.requests.unwrap_or(if self.quick { 100 } else { 500 })
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle.unwrap_or(if self.quick { 10 } else { 60 }))
    }

    pub(crate) fn bindings(&self) -> u32 {
        self.bindings.unwrap_or(if self.quick { 50_000 } else { 1_000_000 })
    }

    /// Frames of each codec and events of the chain.
    pub(crate) fn repeats(&self) -> u32 {
        if self.quick { 20_000 } else { 500_000 }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("target/bench"))
    }

    pub(crate) fn json_path(&self) -> PathBuf {
        self.json.clone().unwrap_or_else(|| PathBuf::from("target/bench.json"))
    }

    /// None when no page is to be written.
    pub(crate) fn page_path(&self) -> Option<PathBuf> {
        let whole = !self.quick && self.only.is_empty();
        self.page.clone().or_else(|| whole.then(|| PathBuf::from("docs/benchmarks.md")))
    }

    /// Whether a group, or any of the names that it measures, is asked for.
    pub(crate) fn wants(&self, group: &str, names: &[&str]) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == group || names.contains(&only.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Settings {
        Settings::parse_from([&["bench"], arguments].concat())
    }

    #[test]
    fn only_a_whole_run_writes_the_page_by_itself() {
        assert_eq!(parse(&[]).page_path(), Some("docs/benchmarks.md".into()));
        assert_eq!(parse(&["--quick"]).page_path(), None);
        assert_eq!(parse(&["--only", "codec"]).page_path(), None);
        assert_eq!(parse(&["--quick", "--page", "a.md"]).page_path(), Some("a.md".into()));
    }

    #[test]
    fn a_part_is_asked_for_by_its_group_or_by_a_name() {
        let part = parse(&["--only", "codec", "--only", "lookup_p50"]);
        assert!(
            part.wants("codec", &[])
                && part.wants("index", &["lookup_p50"])
                && !part.wants("seal", &["chain_seal"])
        );
        assert!(parse(&[]).wants("seal", &[]));
    }

    #[test]
    fn the_numbers_given_go_before_those_of_a_quick_run() {
        let quick = parse(&["--quick", "--passages", "10"]);
        assert_eq!((quick.passages(), quick.bindings()), (10, 50_000));
        assert_eq!((parse(&[]).passages(), parse(&[]).bindings()), (10_000, 1_000_000));
        assert_eq!(
            (parse(&[]).mqtt_passages(), parse(&["--flood-passages", "8"]).flood_passages()),
            (1000, 8)
        );
        assert_eq!((parse(&[]).gates(), parse(&["--crowd", "20"]).crowd()), (1000, 20));
    }
}
