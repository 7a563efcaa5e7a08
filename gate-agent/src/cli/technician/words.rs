//! One line of `decode` as a person reads it, and what a while of watching came to.
//! Promises: what stands there long is said again every other second, not at each frame; nothing is left out of the count.
//! Absent: the JSON form, which is `decode`'s.

use std::{
    collections::HashSet,
    fmt::{self, Display},
    time::Duration,
};

use protocols::tick::Tick;

use crate::cli::decode::Line;

/// How long the same words are not said again.
const AGAIN: Duration = Duration::from_secs(2);
/// How many different words are remembered.
const REMEMBERED: usize = 64;
/// How many different media are told apart.
const MEDIA: usize = 10_000;

/// `read    VE E28011700000020FEBEAD3B5, antenna 1, signal 107`.
pub(super) struct Page<'a>(pub(super) &'a Line);

impl Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.0;
        let kind = if line.kind == "bad_check" { "bad" } else { line.kind };
        write!(f, "{kind:<7}")?;
        let mut parts: Vec<String> = Vec::new();
        match (&line.medium_type, &line.medium_key) {
            (Some(medium), Some(key)) => parts.push(format!("{medium} {key}")),
            _ if line.kind == "bad_check" => parts.push("check fails".to_owned()),
            _ => {}
        }
        if let Some(kg) = line.kg.as_ref().and_then(|kg| serde_json::to_string(kg).ok()) {
            let rest = match line.stable {
                Some(true) => " at rest",
                Some(false) => " in motion",
                None => "",
            };
            parts.push(format!("{kg} kg{rest}"));
        }
        parts.extend(line.skipped.map(|skipped| format!("{skipped} bytes")));
        parts.extend(line.antenna.map(|antenna| format!("antenna {antenna:#x}")));
        parts.extend(line.rssi.map(|rssi| format!("signal {rssi}")));
        parts.extend(line.text.clone());
        // Bytes are only of use where nothing else says what came.
        if line.kind == "bad_check" || parts.is_empty() {
            parts.extend(line.raw.clone());
        }
        write!(f, " {}", parts.join(", "))
    }
}

/// Which words were said lately.
#[derive(Debug, Default)]
pub(super) struct Lately(Vec<(String, Tick)>);

impl Lately {
    /// Whether these words are worth saying now; then they count as said.
    pub(super) fn is_news(&mut self, words: &str, now: Tick) -> bool {
        self.0.retain(|(_, at)| now.since(*at) < AGAIN);
        if self.0.iter().any(|(said, _)| said == words) {
            return false;
        }
        if self.0.len() >= REMEMBERED {
            self.0.remove(0);
        }
        self.0.push((words.to_owned(), now));
        true
    }
}

/// 计数: what a while of watching came to.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) bytes: u64,
    pub(super) asked: u64,
    reads: u64,
    media: HashSet<String>,
    weights: u64,
    replies: u64,
    statuses: u64,
    bad_checks: u64,
    noise: u64,
    pub(super) timeouts: u64,
    pub(super) losses: u64,
}

impl Count {
    pub(super) fn take(&mut self, line: &Line) {
        match line.kind {
            "read" => {
                self.reads += 1;
                if self.media.len() < MEDIA {
                    self.media.extend(line.medium_key.clone());
                }
            }
            "weight" => self.weights += 1,
            "reply" => self.replies += 1,
            "bad_check" => self.bad_checks += 1,
            "noise" => self.noise += line.skipped.unwrap_or_default() as u64,
            _ => self.statuses += 1,
        }
    }
}

impl Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes: {} reads of {} media, {} weights, {} replies, {} status; {} bad checks, {} bytes of noise",
            self.bytes,
            self.reads,
            self.media.len(),
            self.weights,
            self.replies,
            self.statuses,
            self.bad_checks,
            self.noise
        )?;
        if self.asked > 0 {
            write!(f, "; {} bytes asked, {} without an answer", self.asked, self.timeouts)?;
        }
        if self.losses > 0 { write!(f, "; lost {} times", self.losses) } else { Ok(()) }
    }
}
