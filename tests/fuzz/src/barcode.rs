//! Bar-code scanners: records and replies in one stream, requests to a module, and what a record means.
//! Checks beyond those of every decoder: a record starts where a record may start, and is what was on the line there.

use crate::script::{Step, steps};
use crate::stream::{Part, Told, hold};
use protocols::barcode::aim::{Aim, CodeId};
use protocols::barcode::charset::Charset;
use protocols::barcode::gm::{BUFFER as REQUEST_BUFFER, Reply, Request, Requests};
use protocols::barcode::gs1::{self, FNC1, Strictness};
use protocols::barcode::repr::{Reading, Scan};
use protocols::barcode::wire::{BUFFER, End, Holding, LONGEST, Progress, Record, ScanDecoder, Tail};

/// Read one zone, as the manual has it.
const ASK: [u8; 9] = [0x7E, 0, 7, 1, 0, 0x0A, 1, 0xEE, 0x8A];
/// A record that always holds.
const GOOD: &[u8] = b"]C0ECIF202511200017\r";

/// A reply with these values; an empty body has one.
pub fn seal(body: &[u8]) -> Vec<u8> {
    let body = if body.is_empty() { &[0] } else { body };
    Reply::values(body).encode().expect("1 to 63 values fit a reply")
}

fn line(data: &[u8], seal: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    // Twice at most, or a script of nothing else would take seconds.
    let mut long = 2;
    for step in steps(data) {
        let bytes = match step {
            Step::Raw(bytes) => bytes.to_vec(),
            Step::Sealed(body) => seal(body),
            // What a short script could never spell: a text up to the longest, and beyond it.
            Step::Choice(choice) if choice % 8 == 7 && long > 0 => {
                long -= 1;
                vec![b'7'; LONGEST - 16 + usize::from(choice)]
            }
            Step::Later(_) | Step::Choice(_) => {
                parts.push(Part::Gap);
                continue;
            }
        };
        match parts.last_mut() {
            Some(Part::Bytes(before)) => before.extend(bytes),
            _ => parts.push(Part::Bytes(bytes)),
        }
    }
    parts
}

/// Decodes what one side sent, holds every result to its promises.
pub fn decoder(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    if choice & 1 == 1 {
        let write = |body: &[u8]| Request::Write { zone: 0x60, data: body }.encode().unwrap_or_default();
        let told = hold::<Requests, REQUEST_BUFFER>(Requests, &line(data, write), usize::from(*choice), &ASK);
        for frame in told {
            if let Told::Frame(bytes) = frame {
                let request = Request::parse(&bytes).expect("the decoder told a frame that does not parse");
                let again = request.encode().expect("what one frame asked fits one frame");
                assert_eq!(Request::parse(&again), Ok(request));
            }
        }
        return;
    }
    let tail = [Tail::LineEnd, Tail::Tab, Tail::Silence][usize::from(choice >> 1) % 3];
    let parts = line(data, seal);
    let whole = run(tail, &parts, || usize::MAX, meaning);
    assert_eq!(run(tail, &parts, || 1, |_| ()), whole, "told otherwise byte by byte");
    let mut turn = usize::from(*choice);
    let pieces = || {
        turn = turn.wrapping_mul(31).wrapping_add(7);
        1 + turn % 37
    };
    let varied = run(tail, &parts, pieces, |_| ());
    assert_eq!(varied, whole, "told otherwise in other pieces");
    found_again(tail, &parts);
}

/// A good record behind a gap is told, and without a gap at the latest when a false reply has swallowed its fill.
fn found_again(tail: Tail, parts: &[Part]) {
    let good = Item::Record(GOOD.to_vec());
    let mut healed = parts.to_vec();
    healed.extend([Part::Gap, Part::Bytes(GOOD.to_vec())]);
    assert_eq!(run(tail, &healed, || usize::MAX, |_| ()).pop(), Some(good.clone()), "lost behind a gap");
    // Of several false heads each may swallow 262 bytes, but they all lie in front.
    let mut resumed = parts.to_vec();
    resumed.extend((0..20).map(|_| Part::Bytes(GOOD.to_vec())));
    assert_eq!(run(tail, &resumed, || usize::MAX, |_| ()).pop(), Some(good), "never in step again");
}

/// One result of a decoder, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Noise(usize),
    Bad(Vec<u8>),
    Reply(Vec<u8>),
    Record(Vec<u8>),
}

/// A decoder, all that went into it, and where records may start.
struct Run {
    decoder: ScanDecoder,
    stream: Vec<u8>,
    /// Places behind a gap or an item.
    starts: Vec<usize>,
    items: Vec<Item>,
}

fn run(tail: Tail, parts: &[Part], mut cut: impl FnMut() -> usize, look: fn(&Record<'_>)) -> Vec<Item> {
    let mut run =
        Run { decoder: ScanDecoder::new(tail), stream: Vec::new(), starts: vec![0], items: Vec::new() };
    for part in parts {
        match part {
            Part::Bytes(bytes) => {
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let piece = &rest[..cut().clamp(1, rest.len())];
                    let taken = run.decoder.push(piece);
                    run.stream.extend_from_slice(&piece[..taken]);
                    run.drain(look);
                    assert!(taken > 0 || run.decoder.held() < BUFFER, "a full decoder gave nothing up");
                    rest = &rest[taken..];
                }
            }
            Part::Gap => {
                run.decoder.gap();
                run.drain(look);
                assert_eq!(run.decoder.holding(), Holding::Nothing, "a gap left something behind");
                run.starts.push(run.stream.len());
            }
        }
    }
    let tally = run.decoder.tally();
    let frames = run.items.iter().filter(|item| matches!(item, Item::Reply(_) | Item::Record(_))).count();
    let bad = run.items.iter().filter(|item| matches!(item, Item::Bad(_))).count();
    assert_eq!((tally.frames, tally.bad_checks), (frames as u64, bad as u64), "told and counted differ");
    assert_eq!(run.gone() + run.decoder.held(), run.stream.len(), "bytes appeared or vanished");
    run.items
}

impl Run {
    /// How many bytes were judged: the place behind the last of them.
    fn gone(&self) -> usize {
        let tally = self.decoder.tally();
        let gone = tally.frame_bytes + tally.idle_bytes + tally.noise_bytes + tally.bad_bytes;
        usize::try_from(gone).expect("a stream fits memory")
    }

    fn drain(&mut self, look: fn(&Record<'_>)) {
        for _ in 0..=2 * BUFFER {
            let item = match self.decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { skipped } => Item::Noise(skipped),
                Progress::BadCheck(bytes) => Item::Bad(bytes.to_vec()),
                Progress::Reply(bytes) => {
                    let reply = Reply::parse(bytes).expect("the decoder told a reply that does not parse");
                    assert_eq!(reply.encode().as_deref(), Ok(bytes));
                    Item::Reply(bytes.to_vec())
                }
                Progress::Record(record) => {
                    look(&record);
                    let framed = record.bytes().starts_with(&[2]) && record.bytes().ends_with(&[3]);
                    let (bytes, framed) = (record.bytes().to_vec(), framed && record.end() == End::Mark);
                    self.placed(&bytes, framed);
                    Item::Record(bytes)
                }
            };
            if matches!(item, Item::Reply(_) | Item::Record(_)) {
                self.starts.push(self.gone());
            }
            self.items.push(item);
        }
        panic!("the decoder never asks for more");
    }

    /// Before a record lies a gap, an item or a mark; only one between STX and ETX may lie anywhere.
    fn placed(&self, record: &[u8], framed: bool) {
        let from = self.gone() - record.len();
        assert_eq!(self.stream.get(from..self.gone()), Some(record), "a record that was not on the line");
        let before = from.checked_sub(1).and_then(|before| self.stream.get(before));
        let marked = before.is_none_or(|before| [3, 9, 10, 13].contains(before));
        assert!(
            marked || framed || self.starts.contains(&from),
            "a record that lost its head: {record:02X?}"
        );
    }
}

/// What a record means under several configurations.
fn meaning(record: &Record<'_>) {
    assert!(!record.body().is_empty() && record.body().len() <= LONGEST);
    for charset in [Charset::Utf8, Charset::Gbk, Charset::Big5, Charset::ShiftJis, Charset::Latin1] {
        for (code_id, separator, strictness) in [
            (CodeId::Off, FNC1, Strictness::Lenient),
            (CodeId::Letter, '~', Strictness::Strict),
            (CodeId::Aim, FNC1, Strictness::Strict),
        ] {
            let reading = Reading { code_id, charset, separator, gs1: strictness, no_read: None };
            let Ok(Scan::Code(code)) = reading.read(record) else { continue };
            assert!(code_id != CodeId::Aim || code.aim.is_some(), "an identifier out of nowhere");
            assert_eq!(code.aim.is_some(), Aim::split(record.body()).is_some());
            let Some(text) = code.text() else { continue };
            assert_eq!(text.trim(), text);
            assert!(!text.is_empty() && !text.contains(FNC1));
            if let Some(Ok(elements)) = code.elements(Strictness::Lenient) {
                let written = gs1::write(&elements);
                assert_eq!(gs1::parse(&written, FNC1, Strictness::Strict), Ok(elements));
            }
        }
    }
}
