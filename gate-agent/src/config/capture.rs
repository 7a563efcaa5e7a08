//! `[capture]`: whether what devices say is kept, and where.
//! Absent on purpose: what is left out of it; whoever plays it must have it whole.

use std::path::{Path, PathBuf};

use super::section::Section;

/// 采录: where what devices say goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// `keep_mib`, default 0: bytes that the files may take, as MiB in the file. 0 captures nothing; otherwise 8 at least.
    pub keep: u64,
    /// `folder`, default `capture` in the data folder.
    pub folder: PathBuf,
}

impl Capture {
    /// None where nothing is to be captured.
    pub(super) fn read(mut section: Section<'_>, data_dir: Option<&Path>) -> Option<Self> {
        const RULE: &str = "must be 0, which captures nothing, or 8 to 1048576 MiB";
        let mib = section.number("keep_mib", 0, 0..=1_048_576);
        if (1..8).contains(&mib) {
            section.fault("keep_mib", RULE, Some(mib.to_string()));
        }
        let folder = section.text("folder").map(PathBuf::from);
        section.finish();
        let folder = folder.or_else(|| Some(data_dir?.join("capture")))?;
        (mib > 0).then_some(Self { keep: u64::from(mib) * 1024 * 1024, folder })
    }
}
