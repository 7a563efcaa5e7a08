//! The capture's own thread: words from the queue into a ring of files.
//! Promises: all files of the folder together never take more than they may: the oldest go first, also those of earlier runs; what a disk does
//! not take is counted, told in the next file, and tried again; a word is in the file within a second, so that a killed agent leaves
//! nearly all; nothing is ever synced.
//! Bounded: of each line the words since it was opened are kept, [`OPENING`] at most, and stand again above each further file, so that a session can
//! begin there.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use protocols::{contract::UtcMillis, ids::GateId, tick::Tick};
use tracing::warn;

use super::{
    Tap, Word,
    form::{Header, NEW, line},
    tap::{Dropped, Noted, QUEUE},
};
use crate::clock::Clock;

/// Files that the ring is made of.
const FILES: u64 = 8;
/// Words of a line since it was opened that are said again, and their bytes.
const OPENING: (usize, usize) = (64, 16 * 1024);
/// What came stands in the file after so long.
const FLUSH: Duration = Duration::from_millis(500);
/// A folder that does not take a file is left alone for so long.
const AGAIN: Duration = Duration::from_secs(10);
const ENDING: &str = ".capture";

/// Where a capture goes, and how much of it is kept.
#[derive(Clone, Debug)]
pub struct Ring {
    /// The folder; made when it is not there.
    pub folder: PathBuf,
    /// Bytes that all its files may take.
    pub keep: u64,
    /// The gate.
    pub gate_id: GateId,
}

/// A running capture: gives drivers their ways in. The thread ends when it and all of those are gone.
pub struct Writing {
    queue: SyncSender<Noted>,
    waiting: Arc<AtomicUsize>,
    clock: Arc<dyn Clock>,
    sources: u16,
}

impl Writing {
    /// Starts the thread. What the disk says is told in the log, and stops nothing.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(ring: Ring, clock: Arc<dyn Clock>) -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, noted) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let run = u64::try_from(clock.wall().as_millis()).unwrap_or(0);
        let keeper = Keeper {
            ring,
            clock: Arc::clone(&clock),
            run,
            number: 0,
            file: None,
            written: 0,
            last: Tick::default(),
            flushed: Tick::default(),
            sources: Vec::new(),
            policy: None,
            not_before: Tick::default(),
            unwritten: None,
            waiting: Arc::clone(&waiting),
        };
        let thread =
            std::thread::Builder::new().name("capture".to_owned()).spawn(move || keeper.run(&noted))?;
        Ok((Self { queue, waiting, clock, sources: 0 }, thread))
    }

    /// A way in for one more driver.
    pub fn tap(&mut self, name: &str) -> Tap {
        self.sources += 1;
        Tap::open(self.sources, name, self.queue.clone(), Arc::clone(&self.waiting), self.clock.tick())
    }
}

/// The capture's files in a folder, in the order in which they were written.
///
/// # Errors
/// Those of the folder.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(ENDING) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

struct Source {
    of: u16,
    name: Box<str>,
    dropped: Option<Arc<Dropped>>,
    /// What it said since its line was opened.
    opening: Vec<(Tick, String)>,
    bytes: usize,
}

struct Keeper {
    ring: Ring,
    clock: Arc<dyn Clock>,
    run: u64,
    number: u64,
    file: Option<BufWriter<File>>,
    written: u64,
    /// The latest time of a word.
    last: Tick,
    flushed: Tick,
    sources: Vec<Source>,
    /// The newest, as its line.
    policy: Option<String>,
    /// When a file is tried again after the disk did not take one.
    not_before: Tick,
    /// What the disk did not take: how many words, the first, the last.
    unwritten: Option<(u64, Tick, Tick)>,
    waiting: Arc<AtomicUsize>,
}

impl Keeper {
    fn run(mut self, noted: &Receiver<Noted>) {
        loop {
            match noted.recv_timeout(FLUSH) {
                Ok(noted) => self.take(noted),
                Err(RecvTimeoutError::Timeout) => self.flush(),
                Err(RecvTimeoutError::Disconnected) => {
                    self.tell_dropped();
                    return self.flush();
                }
            }
            self.tell_dropped();
        }
    }

    fn take(&mut self, noted: Noted) {
        let Noted { at, of, word, size, dropped } = noted;
        self.waiting.fetch_sub(size, Ordering::Relaxed);
        let line = line(at, of, &word);
        // Written before it is remembered: what stands above a file is not said in it once more.
        self.write(at, &line);
        match &word {
            Word::Named(name) => {
                let name = name.clone();
                self.sources.push(Source { of, name, dropped, opening: Vec::new(), bytes: 0 });
            }
            Word::Policy(_) => self.policy = Some(line),
            Word::Opened
            | Word::Said(_)
            | Word::Heard { .. }
            | Word::Lost(_)
            | Word::Woke
            | Word::Ordered(_)
            | Word::Gap { .. } => self.remember(at, of, &word, line),
        }
    }

    fn remember(&mut self, at: Tick, of: u16, word: &Word, line: String) {
        let Some(source) = self.sources.iter_mut().find(|source| source.of == of) else { return };
        if matches!(word, Word::Opened) {
            source.opening.clear();
            source.bytes = 0;
        }
        if source.opening.len() < OPENING.0 && source.bytes + line.len() <= OPENING.1 {
            source.bytes += line.len();
            source.opening.push((at, line));
        }
    }

    fn tell_dropped(&mut self) {
        let told: Vec<_> = self
            .sources
            .iter()
            .filter_map(|source| Some((source.of, source.dropped.as_ref()?.take()?)))
            .collect();
        for (of, (count, from, to)) in told {
            let at = self.last;
            self.write(at, &line(at, of, &Word::Gap { count, from, to }));
        }
    }

    /// Writes a line, into a new file where this one is full.
    fn write(&mut self, at: Tick, line: &str) {
        self.last = self.last.max(at);
        let is_full = self.written + line.len() as u64 > self.ring.keep / FILES;
        if self.file.is_none() || is_full {
            self.flush();
            self.file = None;
            if at < self.not_before {
                return self.lost(at);
            }
            if let Err(error) = self.begin(at) {
                return self.failed(at, &error);
            }
        }
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            return self.failed(at, &error);
        }
        self.written += line.len() as u64;
        if at.since(self.flushed) >= FLUSH {
            self.flushed = at;
            self.flush();
        }
    }

    /// Makes room, and a file that can be read without those before it.
    fn begin(&mut self, at: Tick) -> io::Result<()> {
        fs::create_dir_all(&self.ring.folder)?;
        self.make_room()?;
        self.number += 1;
        let name = format!("{:013}-{:08}{ENDING}", self.run, self.number);
        let path = self.ring.folder.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let mut file = BufWriter::new(file);
        // The words of the file begin when its first was said, which may wait here for a while.
        let waited = self.clock.tick().since(at).as_millis();
        let wall_ms = self.clock.wall().as_millis() - i64::try_from(waited).unwrap_or(0);
        let header = Header {
            gate_id: self.ring.gate_id.clone(),
            agent: env!("CARGO_PKG_VERSION").to_owned(),
            run: self.run,
            file: self.number,
            started: UtcMillis::from_millis(wall_ms),
            tick: at,
        };
        let mut text = header.text();
        for source in &self.sources {
            text.push_str(&line(at, source.of, &Word::Named(source.name.clone())));
        }
        text.extend(self.policy.iter().map(String::as_str));
        let mut openings: Vec<&(Tick, String)> =
            self.sources.iter().flat_map(|source| &source.opening).collect();
        openings.sort_by_key(|(at, _)| *at);
        text.extend(openings.iter().map(|(_, line)| line.as_str()));
        text.push_str(NEW);
        text.push('\n');
        if let Some((count, from, to)) = self.unwritten.take() {
            text.push_str(&line(at, 0, &Word::Gap { count, from, to }));
        }
        file.write_all(text.as_bytes())?;
        self.written = text.len() as u64;
        self.file = Some(file);
        Ok(())
    }

    /// Lets the oldest files go until one more fits.
    fn make_room(&self) -> io::Result<()> {
        let files = files(&self.ring.folder)?;
        let sizes: Vec<u64> =
            files.iter().map(|path| fs::metadata(path).map(|meta| meta.len())).collect::<io::Result<_>>()?;
        let mut taken: u64 = sizes.iter().sum();
        let next = self.ring.keep / FILES;
        for (path, size) in files.iter().zip(sizes) {
            if taken + next <= self.ring.keep {
                return Ok(());
            }
            fs::remove_file(path)?;
            taken -= size;
        }
        Ok(())
    }

    fn flush(&mut self) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.flush()
        {
            let at = self.clock.tick();
            self.failed(at, &error);
        }
    }

    fn failed(&mut self, at: Tick, error: &io::Error) {
        warn!(%error, "the capture is not written: {error}");
        if let Some(file) = self.file.take() {
            // What is in its buffer would be written when it goes, and the disk has just refused that.
            let _ = file.into_parts();
        }
        self.not_before = at + AGAIN;
        // What stood in the buffer is lost with it.
        let from = self.flushed.max(Tick::from_micros(at.as_micros().saturating_sub(1_000_000)));
        self.lost(from);
        self.lost(at);
    }

    fn lost(&mut self, at: Tick) {
        let (count, from, to) = self.unwritten.unwrap_or((0, at, at));
        self.unwritten = Some((count + 1, from.min(at), to.max(at)));
    }
}
