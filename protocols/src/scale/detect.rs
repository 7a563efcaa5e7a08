//! 格式识别: which format a line carries, found by trying all of them on the same bytes.
//! Promises: the format under which the fewest bytes are noise; told once 64 of its frames came and they are most of the
//! line. `=` text is found, but never which way round it is: that needs configuration.
//! Absent: command mode, whose indicators say nothing until asked; finding it again while running (`session` freezes it).
//! Source: start-up rule of the field: 02 … 03 at distance 11 is A9, 02 … 0D at distance 16 is MT, commas and CR LF are
//! CAS or A&D, nothing but digits, point, minus and `=` is reversed text.

use super::wire::{BUFFER, Format, ScaleDecoder, a9, equals, mt};
use crate::frame::{Decoder, Framing, Measure, Place, Progress, Tally};
use alloc::vec::Vec;

/// How many frames are looked at.
pub const FRAMES: u64 = 64;

/// All formats that send unasked and can be told apart.
const CANDIDATES: [Format; 12] = [
    Format::A9(a9::Ninth::Decimals),
    Format::Mt(mt::Form::CHECKED),
    Format::Mt(mt::Form::PLAIN),
    Format::Mt(mt::Form::SHORT_CHECKED),
    Format::Mt(mt::Form::SHORT),
    Format::A12,
    Format::A12Bare,
    Format::Cas22,
    Format::And18,
    Format::Cas10,
    Format::Equals(equals::Form::ONE),
    Format::Equals(equals::Form::LAST),
];

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    /// This format.
    Format(Format),
    /// `=` text, one way or the other.
    Equals,
}

/// All candidates, side by side on one line.
#[derive(Debug)]
pub struct Detector {
    tried: Vec<(Format, ScaleDecoder)>,
}

impl Default for Detector {
    fn default() -> Self {
        Self { tried: CANDIDATES.into_iter().map(|format| (format, Decoder::new(format))).collect() }
    }
}

impl Detector {
    /// Bytes came.
    pub fn push(&mut self, bytes: &[u8]) {
        for (_, decoder) in &mut self.tried {
            let mut rest = bytes;
            while !rest.is_empty() {
                let taken = decoder.push(rest);
                rest = rest.get(taken..).unwrap_or_default();
                drain(decoder);
            }
        }
    }

    /// Silence on the line.
    pub fn gap(&mut self) {
        for (_, decoder) in &mut self.tried {
            decoder.gap();
            drain(decoder);
        }
    }

    /// How many frames there were, under any format.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.tried.iter().map(|(_, decoder)| decoder.tally().frames).sum()
    }

    /// What it is, once that is sure.
    #[must_use]
    pub fn verdict(&self) -> Option<Detected> {
        let (format, decoder) = self.likeliest()?;
        let tally = decoder.tally();
        let mostly = tally.frame_bytes >= 3 * (tally.noise_bytes + tally.bad_bytes);
        if tally.frames < FRAMES || !mostly {
            return None;
        }
        Some(match format {
            Format::Equals(_) => Detected::Equals,
            sure => Detected::Format(*sure),
        })
    }

    /// The decoder of a format, with what it has counted and holds; the others are dropped.
    #[must_use]
    pub fn into_decoder(self, format: Format) -> ScaleDecoder {
        let found = self.tried.into_iter().find(|(tried, _)| *tried == format);
        found.map_or_else(|| Decoder::new(format), |(_, decoder)| decoder)
    }

    fn likeliest(&self) -> Option<&(Format, ScaleDecoder)> {
        let seen = self.tried.iter().filter(|(_, decoder)| decoder.tally().frames > 0);
        seen.min_by_key(|(_, decoder)| misfit(decoder.tally()))
    }
}

fn drain(decoder: &mut ScaleDecoder) {
    while decoder.pull() != Progress::NeedMore {}
}

/// How badly a line fits: bytes that are no frame, then frames whose check fails.
const fn misfit(tally: Tally) -> (u64, u64) {
    (tally.noise_bytes, tally.bad_checks)
}

/// Several formats at once, for captures: a frame is the first format's under which it may be one.
#[derive(Clone, Copy, Debug)]
pub struct AnyOf<'a>(pub &'a [Format]);

impl AnyOf<'_> {
    /// The format of a whole frame.
    #[must_use]
    pub fn format(self, frame: &[u8]) -> Option<Format> {
        self.0.iter().copied().find(|format| format.read(frame, super::quantity::Unit::Kilogram).is_some())
    }
}

impl Framing for AnyOf<'_> {
    fn measure(&self, front: &[u8], place: Place) -> Measure {
        // One that still wants more goes before a later one that is content: so splits change nothing.
        let mut judged = self.0.iter().map(|format| format.measure(front, place));
        judged.find(|measure| *measure != Measure::NotAFrame).unwrap_or(Measure::NotAFrame)
    }
}

/// Which of several guesses fits a whole capture best; the first of equals.
#[must_use]
pub fn best<'a>(guesses: &[AnyOf<'a>], capture: &[u8]) -> Option<AnyOf<'a>> {
    guesses.iter().copied().min_by_key(|guess| {
        let mut decoder = Decoder::<_, BUFFER>::new(*guess);
        let mut rest = capture;
        loop {
            let taken = decoder.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            let ended = rest.is_empty();
            if ended {
                decoder.gap();
            }
            while decoder.pull() != Progress::NeedMore {}
            if ended {
                return misfit(decoder.tally());
            }
        }
    })
}
