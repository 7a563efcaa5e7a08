//! A network or mounts of a test's own: the test runs itself again inside, and they go with that process.
//! Promises: a machine that refuses them fails the test with its own words; nothing is skipped. Root stays who he is; anybody else is root in
//! a namespace of users of his own, and there only.
//! Needs `unshare` of util-linux, which every Debian has, and `ip` of iproute2 for a network.

use std::{env, ffi::OsString, path::Path, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};

/// Tells the run inside where its folder is; empty when it has none.
const INSIDE: &str = "KAKOU_INSIDE";

/// What a test has for itself.
#[derive(Clone, Copy, Debug)]
pub enum Own<'a> {
    /// A network in which there is nothing but loopback, and that down.
    Network,
    /// Mounts, which nobody else sees; the folder is for the test to mount in.
    Mounts(&'a Path),
}

/// The folder of a run inside; none outside.
#[must_use]
pub fn inside() -> Option<PathBuf> {
    env::var_os(INSIDE).map(PathBuf::from)
}

/// Runs the test of this name again inside, after this script of the shell, to which the folder is `$2`. What it printed of figures, a line each.
///
/// # Errors
/// When the machine gives no namespace, the script fails or the test does, with all that was said.
pub fn again(test: &str, own: Own<'_>, script: &str) -> Result<Vec<String>> {
    let (namespace, folder) = match own {
        Own::Network => ("--net", OsString::new()),
        Own::Mounts(folder) => ("--mount", folder.as_os_str().to_owned()),
    };
    // Root needs no namespace of users, and some machines give none to anybody.
    let users: &[&str] =
        if rustix::process::geteuid().is_root() { &[] } else { &["--user", "--map-root-user"] };
    let script = format!("{script}\nexec \"$0\" --exact \"$1\" --nocapture");
    let here = env::current_exe().context("the system does not tell which program this is")?;
    let mut command = Command::new("unshare");
    command.args(users).args([namespace, "sh", "-ec", &script]).arg(here).arg(test).arg(&folder);
    let output = command.env(INSIDE, &folder).output().context("cannot run unshare of util-linux")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && said.contains("1 passed"),
        "{test} in a namespace of its own (unshare {users:?} {namespace}): {}\n{said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(said.lines().filter(|line| line.starts_with('{')).map(ToOwned::to_owned).collect())
}
