//! What the page says of machine, disk, date and commit.
//! Promises: what cannot be found out is said to be unknown, never guessed.

use std::{fs, path::Path, process::Command};

use anyhow::Context as _;

use crate::clock;

/// The lines at the head of the page, as pairs of name and text.
pub(crate) fn lines(data: &Path) -> Vec<(&'static str, String)> {
    vec![
        ("Machine", format!("{}, {} cores, {}", processor(), cores(), memory())),
        ("System", system()),
        ("Disk", disk(data)),
        ("Date", clock::wall().to_string()),
        ("Commit", commit()),
    ]
}

/// How busy the machine was with other things: the mean number of runnable threads in the last minute.
pub(crate) fn load() -> String {
    unknown(read("/proc/loadavg").split_whitespace().next().map(str::to_owned))
}

/// Resident memory of a process, bytes.
///
/// # Errors
/// When the system does not say.
pub(crate) fn resident(process: u32) -> anyhow::Result<u64> {
    memory_of(process, "VmRSS")
}

/// The most that it has had since [`forget_most`], bytes.
///
/// # Errors
/// When the system does not say.
pub(crate) fn most_resident(process: u32) -> anyhow::Result<u64> {
    memory_of(process, "VmHWM")
}

/// Lets the system count the most anew.
///
/// # Errors
/// When it does not.
pub(crate) fn forget_most(process: u32) -> anyhow::Result<()> {
    fs::write(format!("/proc/{process}/clear_refs"), "5").context("the most memory cannot be counted anew")
}

fn memory_of(process: u32, name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib = field(&status, name).with_context(|| format!("no {name}"))?;
    let kib: u64 = kib.trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn unknown(found: Option<String>) -> String {
    found.filter(|text| !text.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

fn processor() -> String {
    unknown(field(&read("/proc/cpuinfo"), "model name"))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn memory() -> String {
    let kib = field(&read("/proc/meminfo"), "MemTotal");
    let gib = kib.and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok()).map(|kib| kib >> 20);
    gib.map_or_else(|| "memory unknown".to_owned(), |gib| format!("{gib} GiB of memory"))
}

fn system() -> String {
    let name = |of: &str| unknown(Some(read(&format!("/proc/sys/kernel/{of}")).trim().to_owned()));
    format!("{} {}", name("ostype"), name("osrelease"))
}

/// The file system under a folder, as the mount table tells it: the longest mount point that holds it.
fn disk(data: &Path) -> String {
    let full = fs::canonicalize(data).unwrap_or_else(|_| data.to_path_buf());
    let mounts = read("/proc/mounts");
    let holding = mounts.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (device, point, kind) = (words.next()?, words.next()?, words.next()?);
        full.starts_with(point).then_some((point.len(), format!("{kind} on {device}")))
    });
    unknown(holding.max_by_key(|(length, _)| *length).map(|(_, text)| text))
}

/// The commit of the working tree, and whether anything but the measurements' own page differs from it.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
    };
    let Some(hash) = git(&["rev-parse", "--short=12", "HEAD"]) else { return unknown(None) };
    let changed = git(&["status", "--porcelain", "--", ".", ":!docs/benchmarks.md"])
        .is_none_or(|text| !text.is_empty());
    if changed { format!("{hash}, with changes not committed") } else { hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_process_is_told_now_and_at_most() {
        let own = std::process::id();
        forget_most(own).unwrap();
        let [now, most] = [resident(own).unwrap(), most_resident(own).unwrap()];
        assert!(now > 100_000 && most > 100_000, "{now} {most}");
    }

    #[test]
    fn the_field_of_a_table_is_found_and_a_missing_one_is_unknown() {
        assert_eq!(field("model name\t: A\nmodel\t: B\n", "model name").as_deref(), Some("A"));
        assert_eq!(unknown(field("", "model name")), "unknown");
    }
}
