//! Sums a witness file up: what each board was told and what each barrier did.

use anyhow::Context;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Counts by kind and by the words that tell entries of one kind apart.
pub(super) fn of(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    count(BufReader::new(file)).with_context(|| format!("cannot read {}", path.display()))
}

fn count(lines: impl BufRead) -> anyhow::Result<String> {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    let (mut total, mut expected, mut gaps) = (0_u64, None, 0_u64);
    for (index, line) in lines.lines().enumerate() {
        let entry: Value =
            serde_json::from_str(&line?).with_context(|| format!("line {} is no JSON", index + 1))?;
        let word = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let n = entry.get("n").and_then(Value::as_u64).unwrap_or_default();
        // A run that appends to an older file begins at 1 again.
        gaps += u64::from(n != 1 && expected.is_some_and(|expected| expected != n));
        (total, expected) = (total + 1, Some(n + 1));
        let what = match word("kind").as_str() {
            "command" => format!("{} {}", word("device"), word("says")),
            "coil" => {
                let on = entry.get("on").and_then(Value::as_bool).unwrap_or_default();
                let coil = entry.get("coil").and_then(Value::as_u64).unwrap_or_default();
                format!("{} {coil} {} {}", word("device"), word("role"), if on { "on" } else { "off" })
            }
            "arm" => format!("{} {}", word("lane"), word("movement")),
            "vehicle" => format!("{} {}", word("lane"), word("stage")),
            "loop" => format!("{} {}", word("lane"), word("which")),
            _ => word("device"),
        };
        *counts.entry((word("kind"), what)).or_default() += 1;
    }
    let mut text = format!("{total} entries, {gaps} gaps in the numbers\n");
    for ((kind, what), count) in counts {
        writeln!(text, "{count:>8}  {kind:<8} {what}")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn entries_are_counted_and_a_missing_number_shows() {
        let log = r#"{"n":1,"kind":"arm","lane":"IN1","movement":"opened"}
{"n":2,"kind":"arm","lane":"IN1","movement":"opened"}
{"n":4,"kind":"command","device":"IN1-io","says":"coil 0 on for 500 ms"}
"#;
        let text = count(log.as_bytes()).expect("JSON lines");
        assert!(text.starts_with("3 entries, 1 gaps"), "{text}");
        assert!(text.contains("2  arm      IN1 opened"), "{text}");
        assert!(text.contains("1  command  IN1-io coil 0 on for 500 ms"), "{text}");
    }
}
