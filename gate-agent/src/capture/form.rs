//! A file of a capture, as text that people can read.
//! ```text
//! kakou-capture 1
//! gate: 0708-G02
//! agent: 0.1.0
//! run: 1795161600123
//! file: 2
//! started: 2026-11-20T08:00:00.123Z
//! tick: 86400000000
//!
//! 86400000000 1 = uhf-in1
//! 86399000000 1 +
//! ---
//! 86400001200 1 < 0D00010100E280116060000204
//! 86400050000 2 .
//! ```
//! First the form and its number; then who wrote it, in which run of the agent, its number in that run, and the moment of its beginning on both
//! clocks; an empty line; then one word a line: microseconds on the clock that never goes back, the number of its source, a sign, and what
//! belongs to it: `=` a name, `+` opened, `-` gone and why, `<` bytes, `m` a message (kept by the broker or not, topic, payload), `.` woken, `!` an
//! order, `p` policy, `x` a gap (how many, from, to). Above `---` stands again what a reader of this file alone needs of those before. Words stand nearly in the order of their times.
//! Promises: a line that cannot be read is a gap from the word before it to the one behind it, never a guess; a last line without its end, of
//! an agent that was killed, is none.

use std::{fmt::Write as _, time::Duration};

use protocols::{contract::UtcMillis, ids::GateId, tick::Tick};

use super::{Ask, Asked, Word};

const FORM: &str = "kakou-capture 1";
/// Drivers ask for the time and then come to the queue, each at its own pace: a word may stand so far behind a later one.
const LATE: Duration = Duration::from_secs(2);
/// What stands between what is said again and what is new.
pub(super) const NEW: &str = "---";
const ASKS: [(Ask, &str); 5] = [
    (Ask::Raise, "raise"),
    (Ask::Lower, "lower"),
    (Ask::Red, "red"),
    (Ask::Green, "green"),
    (Ask::Reserve, "reserve"),
];

/// What stands above the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whose capture it is.
    pub gate_id: GateId,
    /// Version of the agent.
    pub agent: String,
    /// Wall time in milliseconds at which this run of the agent began its capture; names the run.
    pub run: u64,
    /// Number of the file in the run, from 1.
    pub file: u64,
    /// Wall time of the beginning.
    pub started: UtcMillis,
    /// The same moment on the clock that never goes back.
    pub tick: Tick,
}

/// Why a file is none of a capture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub struct Malformed {
    line: usize,
    rule: &'static str,
}

/// One word with its time and source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When the driver had it, on the clock that never goes back.
    pub at: Tick,
    /// The number of its source; 0 is the gate.
    pub of: u16,
    /// What.
    pub word: Word,
}

/// 采录文件.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What stands above.
    pub header: Header,
    /// What a reader needs of the files before, in the order of its times; of a run's first file next to nothing.
    pub before: Vec<Piece>,
    /// What is new, in the order of its times.
    pub pieces: Vec<Piece>,
}

impl Header {
    /// As text, with the empty line below.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { gate_id, agent, run, file, started, tick } = self;
        let tick = tick.as_micros();
        format!(
            "{FORM}\ngate: {gate_id}\nagent: {agent}\nrun: {run}\nfile: {file}\nstarted: {started}\ntick: {tick}\n\n"
        )
    }

    fn parse<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Result<Self, Malformed> {
        let mut line = 0;
        let mut next = |key: &str, rule: &'static str| {
            let (number, text) = lines.next().unwrap_or((line + 1, ""));
            line = number;
            match text.strip_prefix(key).and_then(|rest| rest.strip_prefix(": ")) {
                Some(value) => Ok((number, value)),
                None => Err(Malformed { line: number, rule }),
            }
        };
        let wrong = |line, rule| Malformed { line, rule };
        let (at, gate_id) = next("gate", "must be gate: and the gate's id")?;
        let gate_id = GateId::parse(gate_id).map_err(|_| wrong(at, "the gate's id is none"))?;
        let (_, agent) = next("agent", "must be agent: and its version")?;
        let agent = agent.to_owned();
        let (at, run) = next("run", "must be run: and a number")?;
        let run = run.parse().map_err(|_| wrong(at, "run must be a number"))?;
        let (at, file) = next("file", "must be file: and a number")?;
        let file = file.parse().map_err(|_| wrong(at, "file must be a number"))?;
        let (at, started) = next("started", "must be started: and a time")?;
        let started = UtcMillis::parse(started).map_err(|_| wrong(at, "started must be a time"))?;
        let (at, tick) = next("tick", "must be tick: and microseconds")?;
        let tick = tick.parse().map_err(|_| wrong(at, "tick must be whole microseconds"))?;
        Ok(Self { gate_id, agent, run, file, started, tick: Tick::from_micros(tick) })
    }
}

impl Segment {
    /// Reads a file's contents.
    ///
    /// # Errors
    /// It does not begin as a capture does. What is wrong below its head is a gap.
    pub fn parse(contents: &[u8]) -> Result<Self, Malformed> {
        // What is no text is no word either.
        let text = String::from_utf8_lossy(contents);
        let whole = text.rfind('\n').and_then(|end| text.get(..=end)).unwrap_or_default();
        let mut lines = (1..).zip(whole.lines());
        match lines.next() {
            Some((_, FORM)) => {}
            Some(_) | None => return Err(Malformed { line: 1, rule: "must be \"kakou-capture 1\"" }),
        }
        let header = Header::parse(&mut lines)?;
        let mut reading = Reading { last: Tick::default(), damaged: false, pieces: Vec::new() };
        let mut before = Vec::new();
        for (_, line) in lines.filter(|(_, line)| !line.is_empty()) {
            if line == NEW {
                before.append(&mut reading.pieces);
                before.sort_by_key(|piece| piece.at);
                (reading.last, reading.damaged) = (header.tick, false);
            } else {
                reading.take(line);
            }
        }
        if reading.damaged {
            reading.gap_until(reading.last);
        }
        reading.pieces.sort_by_key(|piece| piece.at);
        Ok(Self { header, before, pieces: reading.pieces })
    }
}

struct Reading {
    last: Tick,
    /// A line was not read since the last word.
    damaged: bool,
    pieces: Vec<Piece>,
}

impl Reading {
    fn take(&mut self, line: &str) {
        let Some(piece) = piece(line) else {
            self.damaged = true;
            return;
        };
        if std::mem::take(&mut self.damaged) {
            self.gap_until(piece.at);
        }
        // What is said again above a file has its own time, or that of the file.
        let has_place = !matches!(piece.word, Word::Named(_) | Word::Policy(_));
        // Either this time is wrong or one before: nobody knows which, so that no word between them has one.
        if has_place && self.last.since(piece.at) > LATE {
            self.gap_until(piece.at);
            return;
        }
        if has_place {
            self.last = self.last.max(piece.at);
        }
        self.pieces.push(piece);
    }

    fn gap_until(&mut self, at: Tick) {
        let (from, to) = (self.last.min(at), self.last.max(at));
        self.pieces.push(Piece { at: from, of: 0, word: Word::Gap { count: 0, from, to } });
    }
}

/// One word as a line, with its end.
pub(super) fn line(at: Tick, of: u16, word: &Word) -> String {
    let mut line = format!("{} {of} ", at.as_micros());
    // Writing into a text never fails.
    let _ = match word {
        Word::Named(name) => write!(line, "= {}", plain(name)),
        Word::Opened => write!(line, "+"),
        Word::Lost(why) => write!(line, "- {}", plain(why)),
        Word::Said(bytes) => write!(line, "< {}", hex(bytes)),
        Word::Heard { retained, topic, payload } => {
            write!(line, "m {} {} {}", u8::from(*retained), hex(topic.as_bytes()), hex(payload))
        }
        Word::Woke => write!(line, "."),
        Word::Ordered(Asked { what, lane, id }) => {
            let name = ASKS.iter().find(|(ask, _)| ask == what).map_or("", |(_, name)| name);
            let id = id.as_deref().map(|id| format!(" {}", plain(id))).unwrap_or_default();
            write!(line, "! {name} {lane}{id}")
        }
        Word::Policy(json) => write!(line, "p {}", plain(json)),
        Word::Gap { count, from, to } => write!(line, "x {count} {} {}", from.as_micros(), to.as_micros()),
    };
    line.push('\n');
    line
}

/// A text that stays on its line.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn hex(bytes: &[u8]) -> String {
    // A dash, so that every word has as many parts whatever was said.
    if bytes.is_empty() {
        return "-".to_owned();
    }
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
    text
}

fn piece(line: &str) -> Option<Piece> {
    let (at, rest) = line.split_once(' ')?;
    let (of, rest) = rest.split_once(' ')?;
    let (sign, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let word = match sign {
        "=" if !rest.is_empty() => Word::Named(rest.into()),
        "+" if rest.is_empty() => Word::Opened,
        "-" => Word::Lost(rest.into()),
        "<" => Word::Said(bytes(rest)?),
        "m" => {
            let (retained, rest) = rest.split_once(' ')?;
            let (topic, payload) = rest.split_once(' ')?;
            let topic = String::from_utf8(bytes(topic)?.into_vec()).ok()?;
            Word::Heard { retained: flag(retained)?, topic: topic.into(), payload: bytes(payload)? }
        }
        "." if rest.is_empty() => Word::Woke,
        "!" => Word::Ordered(asked(rest)?),
        "p" => Word::Policy(rest.into()),
        "x" => {
            let mut numbers = rest.split(' ').map(|number| number.parse().ok());
            let (count, from, to) = (numbers.next()??, numbers.next()??, numbers.next()??);
            Word::Gap { count, from: Tick::from_micros(from), to: Tick::from_micros(to) }
        }
        _ => return None,
    };
    Some(Piece { at: Tick::from_micros(at.parse().ok()?), of: of.parse().ok()?, word })
}

fn asked(text: &str) -> Option<Asked> {
    let mut words = text.split(' ');
    let (name, lane, id) = (words.next()?, words.next()?, words.next());
    let what = ASKS.iter().find(|(_, known)| *known == name)?.0;
    Some(Asked { what, lane: lane.parse().ok()?, id: id.map(Into::into) })
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<Box<[u8]>> {
    if text == "-" {
        return Some(Box::default());
    }
    let (pairs, half) = text.as_bytes().as_chunks::<2>();
    if !half.is_empty() {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
