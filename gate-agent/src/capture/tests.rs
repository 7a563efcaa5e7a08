//! The capture: its words, its ring, and what is missing of it.

use std::{fs, path::Path, sync::Arc, time::Duration};

use protocols::{contract::UtcMillis, ids::GateId, tick::Tick};
use tempfile::TempDir;

use super::{
    Ask, Asked, Header, Piece, Ring, Segment, Tap, Word, Writing, files,
    form::{NEW, line},
};
use crate::clock::SimClock;

const WALL: &str = "2026-11-20T08:00:00.000Z";

fn at(micros: u64) -> Tick {
    Tick::from_micros(micros)
}

fn header() -> Header {
    Header {
        gate_id: GateId::parse("0708-G02").unwrap(),
        agent: "0.1.0".to_owned(),
        run: 1_795_161_600_123,
        file: 1,
        started: UtcMillis::parse(WALL).unwrap(),
        tick: at(1_000),
    }
}

fn words() -> Vec<Word> {
    let asked = |what, lane, id: Option<&str>| Word::Ordered(Asked { what, lane, id: id.map(Into::into) });
    vec![
        Word::Named("uhf-in1".into()),
        Word::Opened,
        Word::Said([0x0D, 0, 0xFF].into()),
        Word::Said(Box::default()),
        Word::Heard { retained: true, topic: "kakou/v1/a b/read".into(), payload: b"{}".as_slice().into() },
        Word::Heard { retained: false, topic: "t".into(), payload: Box::default() },
        Word::Woke,
        Word::Lost("/dev/ttyUSB0 is gone: end of stream".into()),
        asked(Ask::Raise, 1, None),
        asked(Ask::Lower, 0, Some("0f8fad5b-d9cb-469f-a165-70867728950e")),
        asked(Ask::Red, 0, None),
        asked(Ask::Green, 0, None),
        asked(Ask::Reserve, 0, None),
        Word::Policy("{\"yard\":null,\"lanes\":[]}".into()),
        Word::Gap { count: 7, from: at(5), to: at(9) },
    ]
}

fn file(lines: &[String]) -> Segment {
    Segment::parse(format!("{}{NEW}\n{}", header().text(), lines.concat()).as_bytes()).unwrap()
}

#[test]
fn every_word_comes_back_as_it_was_written() {
    let written: Vec<Piece> = (0..)
        .zip(words())
        .map(|(place, word)| Piece { at: at(2_000 + place), of: u16::try_from(place).unwrap(), word })
        .collect();
    let lines: Vec<String> = written.iter().map(|piece| line(piece.at, piece.of, &piece.word)).collect();
    let read = file(&lines);
    assert_eq!((read.header, read.pieces), (header(), written));
}

/// Whatever a file holds, nothing of it is guessed: what cannot be read, or has an impossible time, is a gap between its neighbours.
#[test]
fn a_line_that_cannot_be_read_is_a_gap() {
    let whole = [line(at(2_000), 1, &Word::Woke), line(at(3_000), 1, &Word::Said([1].into()))];
    for damaged in ["2500 1 < 0G\n", "2500 1 ? \n", "x\n", "2500 1 ! raise x\n", "2500 1 < 0\n"] {
        let [first, last] = whole.clone();
        let read = file(&[first, damaged.to_owned(), last]).pieces;
        let gap = Word::Gap { count: 0, from: at(2_000), to: at(3_000) };
        assert!(read.len() == 3 && read.iter().any(|piece| piece.word == gap), "{damaged:?}: {read:?}");
    }
    let jumped = [line(at(9_000_000), 1, &Word::Woke), line(at(3_000), 1, &Word::Woke)];
    let read = file(&jumped).pieces;
    let gap = Word::Gap { count: 0, from: at(3_000), to: at(9_000_000) };
    assert!(read.iter().any(|piece| piece.word == gap), "{read:?}");
    // Drivers come to the queue each at its own pace.
    let close = [line(at(3_000), 1, &Word::Woke), line(at(2_999), 2, &Word::Woke)];
    assert_eq!(file(&close).pieces.iter().map(|piece| piece.of).collect::<Vec<_>>(), [2, 1]);
    let killed = file(&[whole[0].clone(), "3000 1 < 01".to_owned()]);
    assert_eq!(killed.pieces.len(), 1, "an agent that was killed");
    assert!(Segment::parse(b"kakou-recording 1\n").is_err());
    assert!(
        Segment::parse(header().text().replace("run: 1", "run: ").replace("run: ", "run: x").as_bytes())
            .is_err()
    );
}

struct Bench {
    folder: TempDir,
    clock: Arc<SimClock>,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(SimClock::at(UtcMillis::parse(WALL).unwrap()));
        clock.advance(Duration::from_secs(1));
        Self { folder: TempDir::new().unwrap(), clock }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("capture")
    }

    /// Captures what the story says, and waits until all of it is written.
    fn capture(&self, keep: u64, story: impl FnOnce(&mut Writing)) {
        let ring = Ring { folder: self.path(), keep, gate_id: GateId::parse("0708-G02").unwrap() };
        let (mut writing, thread) = Writing::start(ring, self.clock.clone()).unwrap();
        story(&mut writing);
        drop(writing);
        thread.join().unwrap();
        self.clock.advance(Duration::from_secs(1));
    }
}

fn read(folder: &Path) -> Vec<Segment> {
    files(folder).unwrap().iter().map(|path| Segment::parse(&fs::read(path).unwrap()).unwrap()).collect()
}

/// All words of a source that took so many steps of 40 bytes, slowly enough for the thread to follow.
fn talks(tap: &Tap, count: u64) {
    tap.opened(at(10_000));
    for step in 1..=count {
        tap.said(at(10_000 + step * 1_000), &[0x5A; 40]);
        if step % 500 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Fault A5: a capture never takes more of the disk than it may, over all runs; the oldest goes first, and each file can be read alone.
#[test]
fn the_ring_keeps_the_newest_and_never_more_than_it_may() {
    let bench = Bench::new();
    let keep = 256 * 1024;
    for _ in 0..3 {
        bench.capture(keep, |writing| talks(&writing.tap("uhf-in1"), 4_000));
        let sizes = files(&bench.path()).unwrap().into_iter().map(|path| fs::metadata(path).unwrap().len());
        let taken: u64 = sizes.sum();
        assert!(taken <= keep && taken > keep / 2, "{taken} bytes");
    }
    let kept = read(&bench.path());
    let last = kept.last().unwrap();
    assert_eq!(last.pieces.last().unwrap().at, at(10_000 + 4_000_000));
    assert!(last.header.file > 2, "{:?}", last.header);
    assert!(last.before.iter().any(|piece| piece.word == Word::Named("uhf-in1".into())));
    assert!(last.before.iter().any(|piece| piece.word == Word::Opened), "a session can begin there");
    for pair in kept.windows(2) {
        let follows = pair[0].header.run == pair[1].header.run;
        assert!(!follows || pair[0].header.file + 1 == pair[1].header.file);
        assert!(pair[0].pieces.len() > 10);
    }
}

/// Fault D4, invariant I8: what finds no room is dropped, and the capture says how much and when; whoever speaks never waits.
#[test]
fn what_finds_no_room_is_told_as_a_gap() {
    let bench = Bench::new();
    let told = 60_000_u64;
    bench.capture(64 * 1024 * 1024, |writing| {
        let tap = writing.tap("mad");
        for step in 0..told {
            tap.said(at(step), &[0; 8]);
        }
        // A picture is no word.
        tap.heard(at(told), false, "camera", &vec![0; 100 * 1024]);
    });
    let pieces: Vec<Piece> = read(&bench.path()).into_iter().flat_map(|segment| segment.pieces).collect();
    let said = pieces.iter().filter(|piece| matches!(piece.word, Word::Said(_))).count() as u64;
    let dropped: u64 = pieces
        .iter()
        .map(|piece| match piece.word {
            Word::Gap { count, from, to } => {
                assert!(from <= to && to <= at(told), "{piece:?}");
                count
            }
            _ => 0,
        })
        .sum();
    assert_eq!(said + dropped, told + 1);
    assert!(dropped >= 1);
}

/// Fault A5: a folder that takes no file stops nobody, and what it did not take is a gap of the next file.
#[test]
fn a_folder_that_takes_nothing_stops_nobody() {
    let bench = Bench::new();
    fs::write(bench.path(), "no folder").unwrap();
    bench.capture(1024 * 1024, |writing| {
        let tap = writing.tap("uhf-in1");
        tap.said(at(1_000), &[1]);
        while !bench.is_told(&tap) {}
    });
    let pieces: Vec<Piece> = read(&bench.path()).into_iter().flat_map(|segment| segment.pieces).collect();
    assert!(matches!(pieces[0].word, Word::Gap { from, .. } if from <= at(1_000)), "{pieces:?}");
}

impl Bench {
    /// Mends the folder, says something later, and looks whether it is there.
    fn is_told(&self, tap: &Tap) -> bool {
        if self.path().is_file() {
            std::thread::sleep(Duration::from_millis(20));
            fs::remove_file(self.path()).unwrap();
        }
        tap.said(at(20_000_000), &[2]);
        std::thread::sleep(Duration::from_millis(5));
        files(&self.path()).is_ok_and(|files| !files.is_empty())
    }
}

/// Where nothing is captured, a word leads nowhere.
#[test]
fn a_tap_that_leads_nowhere_makes_nothing() {
    let tap = Tap::default();
    assert!(!tap.is_on());
    tap.said(at(1), &[1]);
    assert!(Bench::new().is_on());
}

impl Bench {
    fn is_on(&self) -> bool {
        let mut is_on = false;
        self.capture(1024 * 1024, |writing| is_on = writing.tap("uhf-in1").is_on());
        is_on
    }
}
