//! A person at the panel: scripts of `tests/browser` that drive a real browser.
//! Promises: what a script told is told on when it fails; a browser or package that is missing is an error that names the command.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;

/// Runs a script with one argument and waits for its end; what it told.
///
/// # Errors
/// When it cannot be run, finds something wrong, or is not through within that time.
pub async fn run(script: &str, argument: &str, within: Duration) -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    ensure!(
        folder.join("node_modules").is_dir(),
        "the browser tests lack their packages: run scripts/setup test"
    );
    let pictures = std::env::temp_dir();
    let child = Command::new("node")
        .args([script, argument])
        .current_dir(&folder)
        .env("PICTURES", &pictures)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run node: run scripts/setup test")?;
    let ended = tokio::time::timeout(within, child.wait_with_output()).await;
    let output = ended.with_context(|| format!("{script} is not through after {} s", within.as_secs()))??;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{script}: {}\n{told}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(told)
}
