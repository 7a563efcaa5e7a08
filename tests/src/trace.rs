//! System calls of a program, as `strace` saw them: what was written to which file, and what was synced when.
//! Promises: calls stand in the order in which the tracer saw them begin; an end is known where there was one. A thread goes on only
//! when the tracer has noted what it did, so an end that caused a beginning always stands before it.
//! Needs the Debian package strace 5 or newer; without it a test fails and says so.
//! Source: strace(1): `-f -D -y -x`, "<unfinished ...>", "<... resumed>".

use std::{collections::HashMap, fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{process::Launch, wait};

/// Calls that write or make durable.
const CALLS: &str = "trace=pwrite64,write,writev,fsync,fdatasync";
/// Each sync takes a tenth of a second, as on a slow disk: what does not wait for it is then seen not to.
const SLOW_SYNC: &str = "inject=fsync,fdatasync:delay_enter=100000";
/// More than a page of SQLite.
const BYTES_SHOWN: &str = "8192";

/// One system call on an open file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Line of the trace at which it began, from 0.
    pub begun: usize,
    /// Line at which it ended; none when the trace ends before.
    pub ended: Option<usize>,
    /// When it began, microseconds since 1970.
    pub at_us: u64,
    /// Its name.
    pub name: String,
    /// The file.
    pub file: String,
    /// What was written.
    pub bytes: Vec<u8>,
    /// What it answered.
    pub result: Option<i64>,
}

/// The same program under `strace`, its calls in `output`, and each of its syncs slowed by 100 ms. The process that is started is still the program itself, so signals reach it.
///
/// # Errors
/// When there is no strace.
pub fn traced(launch: &Launch, output: &Path) -> Result<Launch> {
    let there = Command::new("strace").arg("-V").output();
    ensure!(
        there.is_ok_and(|told| told.status.success()),
        "strace is missing: apt-get install strace (make setup FOR=test)"
    );
    let options = ["-f", "-D", "-ttt", "-y", "-x", "-s", BYTES_SHOWN, "-e", CALLS, "-e", SLOW_SYNC, "-o"];
    let mut args: Vec<String> = options.map(ToOwned::to_owned).to_vec();
    args.extend([output.display().to_string(), "--".to_owned(), launch.program.display().to_string()]);
    args.extend(launch.args.iter().cloned());
    Ok(Launch { program: "strace".into(), args, ..launch.clone() })
}

/// The calls of a traced program that has ended; waits until the tracer has written its last line.
///
/// # Errors
/// When that does not come, or the file cannot be read.
pub async fn finished(output: &Path, pid: u32) -> Result<Vec<Call>> {
    let mut text = String::new();
    wait::until_true("the end of the trace", Duration::from_secs(120), async || {
        text = fs::read_to_string(output).with_context(|| format!("cannot read {}", output.display()))?;
        let is_end = |line: &str| line.split(' ').next() == Some(&*pid.to_string()) && line.contains(" +++ ");
        Ok(text.ends_with('\n') && text.lines().any(is_end))
    })
    .await?;
    Ok(calls(&text))
}

/// Reads a trace. Lines of another form (signals, ends of threads) are left out.
#[must_use]
pub fn calls(text: &str) -> Vec<Call> {
    let mut found: Vec<Call> = Vec::new();
    let mut open: HashMap<&str, usize> = HashMap::new();
    for (line_no, line) in text.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((time, what)) = rest.trim_start().split_once(' ') else { continue };
        if what.starts_with("<... ") {
            if let Some(call) = open.remove(thread).and_then(|place| found.get_mut(place)) {
                (call.ended, call.result) = (Some(line_no), result(what));
            }
        } else if let Some(mut call) = call(what, time, line_no) {
            if what.ends_with("<unfinished ...>") {
                open.insert(thread, found.len());
            } else {
                (call.ended, call.result) = (Some(line_no), result(what));
            }
            found.push(call);
        }
    }
    found
}

/// `pwrite64(9</x/journal.db-wal>, "…", 4096, 32) = 4096`
fn call(what: &str, time: &str, begun: usize) -> Option<Call> {
    let (name, rest) = what.split_once('(')?;
    let (_, rest) = rest.split_once('<')?;
    let (file, rest) = rest.split_once('>')?;
    let bytes = rest.strip_prefix(", \"").map(unescape).unwrap_or_default();
    let (name, file) = (name.to_owned(), file.to_owned());
    Some(Call { begun, ended: None, at_us: micros(time)?, name, file, bytes, result: None })
}

fn micros(time: &str) -> Option<u64> {
    let (seconds, fraction) = time.split_once('.')?;
    Some(seconds.parse::<u64>().ok()? * 1_000_000 + fraction.parse::<u64>().ok()?)
}

fn result(what: &str) -> Option<i64> {
    let (_, result) = what.rsplit_once(") ")?;
    result.trim_start().strip_prefix("= ")?.split(' ').next()?.parse().ok()
}

/// A C string up to its closing quote.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => break,
            b'\\' => match rest.next() {
                Some(b'x') => bytes.push(number(&mut rest, 16, 2)),
                Some(digit @ b'0'..=b'7') => {
                    let mut value = u32::from(digit - b'0');
                    let mut more = 2;
                    while let Some(next @ b'0'..=b'7') = rest.peek().copied().filter(|_| more > 0) {
                        value = value * 8 + u32::from(next - b'0');
                        more -= 1;
                        rest.next();
                    }
                    bytes.push(u8::try_from(value).unwrap_or(u8::MAX));
                }
                Some(b'n') => bytes.push(b'\n'),
                Some(b't') => bytes.push(b'\t'),
                Some(b'r') => bytes.push(b'\r'),
                Some(b'v') => bytes.push(0x0B),
                Some(b'f') => bytes.push(0x0C),
                Some(plain) => bytes.push(plain),
                None => break,
            },
            plain => bytes.push(plain),
        }
    }
    bytes
}

fn number(rest: &mut impl Iterator<Item = u8>, base: u32, digits: usize) -> u8 {
    let digits = rest.take(digits).filter_map(|digit| char::from(digit).to_digit(base));
    u8::try_from(digits.fold(0, |value, digit| value * base + digit)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"
7 1763694000.000001 pwrite64(9</d/journal.db-wal>, "a\n\0017\"\\b\x7f", 8, 32) = 8
7 1763694000.000100 fdatasync(9</d/journal.db-wal> <unfinished ...>
8 1763694000.000150 write(5</dev/pts/3>, "\x01\x05\x02\x00\x00\x05\x0c\x71", 8) = 8
7 1763694000.000200 <... fdatasync resumed>) = 0
7 1763694000.000300 fsync(9</d/journal.db-wal>) = -1 EIO (Input/output error)
8 1763694000.000400 --- SIGTERM {si_signo=SIGTERM} ---
8 1763694000.000500 +++ exited with 0 +++
"#;

    #[test]
    fn a_trace_gives_calls_with_beginning_end_and_bytes() {
        let found = calls(TRACE);
        let told: Vec<_> =
            found.iter().map(|call| (&*call.name, call.begun, call.ended, call.result)).collect();
        let expected = [
            ("pwrite64", 1, Some(1), Some(8)),
            ("fdatasync", 2, Some(4), Some(0)),
            ("write", 3, Some(3), Some(8)),
            ("fsync", 5, Some(5), Some(-1)),
        ];
        assert_eq!(told, expected);
        assert_eq!(found[0].bytes, b"a\n\x017\"\\b\x7f");
        assert_eq!((&*found[2].file, &*found[2].bytes), ("/dev/pts/3", &[1, 5, 2, 0, 0, 5, 12, 0x71][..]));
        assert_eq!(found[2].at_us - found[0].at_us, 149);
    }
}
