//! From a capture's files to visits: files of one run of the agent that follow each other make a stretch, which is played from its beginning.
//! Promises: what is missing between files, and what of a file cannot be read, is a gap of the stretch or parts two stretches; memory holds one file
//! at a time.

use std::{
    fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use protocols::{ids::GateId, tick::Tick};

use super::{lane::Replayed, ledger::Ledger, yard::Yard};
use crate::{
    capture::{Header, Segment, Word, files},
    config::Config,
};

/// In a stretch whose beginning is not the agent's own, sessions and loops find their places within this.
const SETTLING: Duration = Duration::from_secs(10);
/// Records of a visit may be so much older or newer than what was captured of it, on the wall clock.
const SLACK_MS: i64 = 600_000;

/// Why a capture cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ReenactError {
    /// The folder or a file of it.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing is there.
    #[error("{0} has no file of a capture")]
    Nothing(PathBuf),
    /// Of another gate than the configuration's.
    #[error("the capture is of gate {captured}, the configuration of {configured}")]
    OtherGate {
        /// The capture's.
        captured: GateId,
        /// The configuration's.
        configured: GateId,
    },
    /// The wiring has changed since.
    #[error(
        "the capture has a device {0}, and the configuration has none that serves a lane by that name: it must be the configuration of that time"
    )]
    Device(Box<str>),
    /// Never, as far as anybody knows.
    #[error("no journal can be made in memory")]
    Memory,
}

/// A part of a capture without a missing file, played.
#[derive(Debug)]
pub struct Stretch {
    pub(super) begin: Tick,
    /// From here on everything is in its place.
    pub(super) sure_from: Tick,
    pub(super) end: Tick,
    /// A moment on both clocks.
    pub(super) known: (Tick, i64),
    pub(super) gaps: Vec<(Tick, Tick)>,
    pub(super) visits: Vec<Replayed>,
}

/// All stretches of a capture, played.
#[derive(Debug)]
pub struct Reenacted {
    pub(super) stretches: Vec<Stretch>,
    /// Files that are none of a capture, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// Which records can be of visits that this capture has, as wall times in milliseconds.
///
/// # Errors
/// [`ReenactError`] when there is nothing to play.
pub fn span(folder: &Path) -> Result<RangeInclusive<i64>, ReenactError> {
    let files = listed(folder)?;
    // The oldest file names the run by its beginning; the newest ends nobody knows when.
    let name = files.first().and_then(|path| path.file_name()).and_then(|name| name.to_str());
    let digits: String = name.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    let first = digits.parse::<i64>().unwrap_or(i64::MIN + SLACK_MS);
    Ok(first.saturating_sub(SLACK_MS)..=i64::MAX)
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, ReenactError> {
    let files = files(folder).map_err(|source| ReenactError::Read { path: folder.to_owned(), source })?;
    if files.is_empty() { Err(ReenactError::Nothing(folder.to_owned())) } else { Ok(files) }
}

/// Plays a capture.
///
/// # Errors
/// [`ReenactError`].
pub fn reenact(config: &Config, folder: &Path, ledger: &Ledger) -> Result<Reenacted, ReenactError> {
    let mut reenacted = Reenacted { stretches: Vec::new(), unreadable: Vec::new() };
    let mut playing: Option<Playing<'_>> = None;
    for path in listed(folder)? {
        let contents = fs::read(&path).map_err(|source| ReenactError::Read { path: path.clone(), source })?;
        let segment = match Segment::parse(&contents) {
            Ok(segment) => segment,
            Err(error) => {
                reenacted.unreadable.push((path, error.to_string()));
                continue;
            }
        };
        let (captured, configured) = (&segment.header.gate_id, &config.gate.gate_id);
        if captured != configured {
            let (captured, configured) = (captured.clone(), configured.clone());
            return Err(ReenactError::OtherGate { captured, configured });
        }
        let ended = playing.take_if(|playing| !playing.is_followed_by(&segment.header));
        reenacted.stretches.extend(ended.map(Playing::finish));
        match &mut playing {
            Some(playing) => playing.yard.knows(&segment.header),
            None => playing = Some(Playing::begin(config, ledger, &segment)?),
        }
        if let Some(playing) = &mut playing {
            playing.play(&segment)?;
        }
    }
    reenacted.stretches.extend(playing.map(Playing::finish));
    Ok(reenacted)
}

struct Playing<'a> {
    yard: Yard<'a>,
    run: u64,
    file: u64,
    stretch: Stretch,
}

impl<'a> Playing<'a> {
    fn begin(config: &'a Config, ledger: &'a Ledger, segment: &Segment) -> Result<Self, ReenactError> {
        let header = &segment.header;
        let mut yard = Yard::new(config, ledger, header)?;
        let begin = header.tick;
        let is_own = header.file == 1;
        for piece in segment.before.iter().filter(|_| !is_own) {
            yard.play(piece)?;
        }
        let stretch = Stretch {
            begin,
            sure_from: if is_own { begin } else { begin + SETTLING },
            end: begin,
            known: (begin, header.started.as_millis()),
            gaps: Vec::new(),
            visits: Vec::new(),
        };
        Ok(Self { yard, run: header.run, file: header.file, stretch })
    }

    fn is_followed_by(&self, header: &Header) -> bool {
        (header.run, header.file) == (self.run, self.file + 1)
    }

    fn play(&mut self, segment: &Segment) -> Result<(), ReenactError> {
        self.file = segment.header.file;
        for piece in &segment.pieces {
            if let Word::Gap { from, to, .. } = piece.word {
                self.stretch.gaps.push((from, to));
            }
            self.stretch.end = self.stretch.end.max(piece.at);
            self.yard.play(piece)?;
        }
        Ok(())
    }

    fn finish(self) -> Stretch {
        Stretch { visits: self.yard.into_visits(), ..self.stretch }
    }
}

impl Stretch {
    /// Wall time of a tick of this run, in milliseconds.
    pub(super) fn wall_ms(&self, at: Tick) -> i64 {
        let (tick, wall_ms) = self.known;
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        wall_ms.saturating_add(millis(at.since(tick))).saturating_sub(millis(tick.since(at)))
    }

    /// Whether something is missing between these.
    pub(super) fn has_gap(&self, from: Tick, to: Tick) -> bool {
        self.gaps.iter().any(|(first, last)| *first <= to && *last >= from)
    }
}
