//! The project's programs: where they were built, and what builds them.
//! Promises: the programs beside the running test or demo are used, so that one profile is never mixed with another; a missing one
//! is an error that names the command.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// A program of this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The central service.
    Central,
    /// The edge agent.
    GateAgent,
    /// Simulated readers and boards.
    FirmwareSim,
    /// The gate's panel with staged lanes, an example of its package.
    PanelStage,
}

impl Program {
    /// Of package and executable alike.
    const fn name(self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::GateAgent => "gate-agent",
            Self::FirmwareSim => "firmware-sim",
            Self::PanelStage => "examples/panel_stage",
        }
    }

    /// Its executable, beside the one that runs now.
    ///
    /// # Errors
    /// When it is not built.
    pub fn path(self) -> Result<PathBuf> {
        let here = env::current_exe().context("the system does not tell which program this is")?;
        self.beside(&here)
    }

    fn beside(self, running: &Path) -> Result<PathBuf> {
        // A test lies in `target/<profile>/deps`, the demo in `target/<profile>`.
        let folder = running.parent().context("the running program lies nowhere")?;
        let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
        let found = folder.join(self.name());
        if found.is_file() {
            return Ok(found);
        }
        let release = if folder.ends_with("release") { " --release" } else { "" };
        let what = match self {
            Self::PanelStage => "gate-agent --example panel_stage",
            Self::Central | Self::GateAgent | Self::FirmwareSim => self.name(),
        };
        bail!("{} is not built; build it with: cargo build{release} -p {what}", found.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_names_the_command_that_builds_it() {
        let folder = tempfile::tempdir().unwrap();
        let running = |profile: &str| folder.path().join(profile).join("deps/some-test");
        let missing = Program::GateAgent.beside(&running("release")).unwrap_err().to_string();
        assert!(missing.ends_with("build it with: cargo build --release -p gate-agent"), "{missing}");
        let missing = Program::Central.beside(&running("debug")).unwrap_err().to_string();
        assert!(missing.ends_with("build it with: cargo build -p central"), "{missing}");

        std::fs::create_dir_all(folder.path().join("debug")).unwrap();
        std::fs::write(folder.path().join("debug/central"), "").unwrap();
        let found = Program::Central.beside(&running("debug")).unwrap();
        assert_eq!(found, folder.path().join("debug/central"));
    }
}
