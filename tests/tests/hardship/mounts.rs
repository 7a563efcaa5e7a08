//! File systems of a test's own, in which its gate keeps its data.

use std::path::PathBuf;

use anyhow::Result;
use kakou_tests::namespace::{self, Own};

/// Runs the test of that name again with mounts of its own, and says so; none for the run inside, which gets its yard's folder.
pub(super) fn with_mounts(test: &str, mount: &str) -> Result<Option<PathBuf>> {
    if let Some(folder) = namespace::inside() {
        return Ok(Some(folder.join("yard")));
    }
    let folder = tempfile::tempdir()?;
    let figures = namespace::again(test, Own::Mounts(folder.path()), mount)?;
    figures.iter().for_each(|line| println!("{line}"));
    Ok(None)
}
