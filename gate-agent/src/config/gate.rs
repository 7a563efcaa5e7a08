//! `[gate]`: which gate this is and where it keeps its data.

use std::path::PathBuf;

use protocols::ids::{GateId, YardId};

use super::section::Section;

/// 卡口: who this agent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// `gate_id`, required: such as `0708-G02`.
    pub gate_id: GateId,
    /// `yard_id`, required: the yard's 11 digits.
    pub yard_id: YardId,
    /// `data_dir`, default `/var/lib/kakou`: journal, index and emergency log. `--data-dir` goes before it.
    pub data_dir: PathBuf,
    /// `emergency_log`, default `emergency.log` in the data folder: where a person's release is recorded when the journal cannot be
    /// written. Best on another disk.
    pub emergency_log: PathBuf,
}

impl Gate {
    pub(super) const DATA_DIR: &str = "/var/lib/kakou";

    pub(super) fn read(mut section: Section<'_>, data_dir: Option<PathBuf>) -> Option<Self> {
        let gate_id = section.required("gate_id", GateId::parse);
        let yard_id = section.required("yard_id", YardId::parse);
        let in_file = section.text("data_dir").map(PathBuf::from);
        let emergency_log = section.text("emergency_log").map(PathBuf::from);
        section.finish();
        let data_dir = data_dir.or(in_file).unwrap_or_else(|| Self::DATA_DIR.into());
        let emergency_log = emergency_log.unwrap_or_else(|| data_dir.join("emergency.log"));
        Some(Self { gate_id: gate_id?, yard_id: yard_id?, data_dir, emergency_log })
    }

    /// The journal's file.
    #[must_use]
    pub fn journal_file(&self) -> PathBuf {
        self.data_dir.join("journal.db")
    }

    /// The index's file.
    #[must_use]
    pub fn index_file(&self) -> PathBuf {
        self.data_dir.join("index.db")
    }
}
