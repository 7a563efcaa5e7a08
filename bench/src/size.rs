//! How large the agent is: its file, and its memory when nothing passes.
//! Promises: the file is the one that a release build leaves and a yard gets; what of it never runs (names, line tables) is told by the file itself.
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

    /// A file of nothing but sections: their names, and of each the bytes that it says it has.
    fn elf(sections: &[(&str, u64)]) -> Vec<u8> {
        let (mut table, mut names) = (Vec::new(), Vec::new());
        let names_at = 0x40 + 0x40 * (sections.len() as u64 + 1);
        for (name, size) in sections.iter().chain(&[(".shstrtab", 0)]) {
            let mut entry = [0; 0x40];
            entry[..4].copy_from_slice(&u32::try_from(names.len()).unwrap().to_le_bytes());
            entry[0x18..0x20].copy_from_slice(&names_at.to_le_bytes());
            entry[0x20..0x28].copy_from_slice(&size.to_le_bytes());
            table.extend(entry);
            names.extend([name.as_bytes(), b"\0"].concat());
        }
        let mut file = vec![0; 0x40];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (file[0x28], file[0x3A]) = (0x40, 0x40);
        (file[0x3C], file[0x3E]) = (sections.len() as u8 + 1, sections.len() as u8);
        [file, table, names].concat()
    }

    #[test]
    fn names_and_line_tables_are_counted_and_code_is_not() {
        let file = elf(&[(".text", 9000), (".debug_line", 800), (".symtab", 70), (".strtab", 6)]);
        assert_eq!(needless(&file), Some(876));
        assert_eq!(needless(&elf(&[(".text", 9000)])), Some(0));
        assert_eq!(needless(b"not a program"), None);
        assert_eq!(needless(&file[..0x80]), None, "cut off");
    }

    #[test]
    fn this_very_program_can_be_read() {
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(needless(&own).unwrap() < own.len() as u64);
    }
}
