//! How large the agent is: its file, and its memory when nothing passes.
//! Promises: the file is the one that a release build leaves; what of it never runs (names, line tables) is told by the file itself.
//! Source: ELF-64 (System V ABI, chapter 4).

use std::{fs, path::Path, thread, time::Duration};

use anyhow::Context;

use crate::{
    lane::passage::{Lane, PATIENCE},
    row::Row,
    run::say,
};

/// The names of this file's rows.
pub(crate) const NAMES: [&str; 2] = ["agent_idle_rss", "agent_binary_size"];

/// The rows: an agent with that folder, idle for so long.
///
/// # Errors
/// When it does not start, or its file is none.
pub(crate) fn rows(agent: &Path, data: &Path, bindings: u32, idle: Duration) -> anyhow::Result<Vec<Row>> {
    say(&format!("an idle agent for {idle:?}"));
    let mut lane = Lane::open(agent, data, bindings, "")?;
    lane.restart()?.says("index is in memory", PATIENCE)?;
    thread::sleep(idle);
    let resident = lane.agent()?.resident()?;
    let file = fs::read(agent).with_context(|| format!("cannot read {}", agent.display()))?;
    let needless = needless(&file).with_context(|| format!("{} is no ELF-64 file", agent.display()))?;
    #[expect(clippy::cast_precision_loss, reason = "files and memory are far below 2^53 bytes")]
    let (resident, size, runs) =
        (resident as f64, file.len() as f64, (file.len() as u64).saturating_sub(needless) as f64);
    Ok(vec![
        Row {
            name: "agent_idle_rss",
            value: resident / f64::from(1 << 20),
            unit: "MiB",
            floor: None,
            inside: "Resident memory of the agent with 10,000 bindings, one lane, its board polled, no centre, when nothing has passed for \
                     a minute (shorter in a quick run).",
        },
        Row {
            name: "agent_binary_size",
            value: size / 1e6,
            unit: "MB",
            floor: Some(runs / 1e6),
            inside: "The agent's file as the release build leaves it. Floor: the same without names (`.symtab`) and line tables \
                     (`.debug_*`): equal when they are stripped.",
        },
    ])
}

/// Bytes of the sections that no processor ever reads: names and debugging tables. None when this is no such file.
fn needless(file: &[u8]) -> Option<u64> {
    let number = |at: usize, size: usize| -> Option<u64> {
        let bytes = file.get(at..at.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    let place = |at: usize, size: usize| usize::try_from(number(at, size)?).ok();
    // Magic, 64 bits, little end first.
    if file.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (table, each, count, names) = (place(0x28, 8)?, place(0x3A, 2)?, place(0x3C, 2)?, place(0x3E, 2)?);
    let section = |number: usize| table.checked_add(number.checked_mul(each)?);
    let names = place(section(names)? + 0x18, 8)?;
    let mut sum = 0;
    for at in (0..count).map(section) {
        let at = at?;
        let name = file.get(names.checked_add(place(at, 4)?)?..)?;
        let is_needless =
            [&b".debug_"[..], b".symtab\0", b".strtab\0"].iter().any(|begin| name.starts_with(begin));
        if is_needless {
            sum += number(at + 0x20, 8)?;
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_has_names_and_a_text_has_no_sections() {
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        let found = needless(&own).unwrap();
        assert!(found > 0 && found < own.len() as u64, "{found}");
        assert_eq!(needless(b"not a program"), None);
        assert_eq!(needless(&own[..4096]), None);
    }
}
