//! The decoder loop that every serial codec shares: a bounded buffer, and one place where bytes are given up.
//! Promises: the same bytes and gaps give the same sequence of results however they were split; a frame whose length
//! and shape held but whose check failed is reported once; every byte taken is accounted for (`Tally`); no allocation.
//! Absent: what a frame looks like (`Framing`, one a family and side), what it means (`repr`), timers (`gap` is told).
//! Source: resynchronisation rules of the UHFReader18 manual V2.0 and of Modbus over serial line V1.02.

use core::ops::Range;

/// Where the front of the buffer lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Right behind a good frame, at the start of the stream, or behind a gap.
    Boundary,
    /// Behind bytes that were given up.
    Slipped,
}

/// What a family says of the front of the buffer. Lengths are never zero and never more than the front holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// It may become a frame.
    NeedMore,
    /// No frame starts with this byte.
    NotAFrame,
    /// A frame of that many bytes whose check holds.
    Whole(usize),
    /// Length and shape of a frame of that many bytes, but the check fails.
    BadCheck(usize),
    /// That many bytes of keep-alive, which mean nothing.
    Idle(usize),
}

/// How a family, seen from one side, marks off its frames.
pub trait Framing {
    /// Judges the front of the buffer, which is never empty.
    fn measure(&self, front: &[u8], place: Place) -> Measure;
}

/// What the bytes so far amount to. The lane counts the three bad cases apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Nothing more to tell until more bytes or a gap come.
    NeedMore,
    /// Bytes given up; neighbours are told as one count, when a frame or a gap ends them or the buffer's size is reached.
    Noise {
        /// How many.
        skipped: usize,
    },
    /// A frame whose length and shape held but whose check fails. What lies inside is searched again, but only a
    /// sound frame found there is told.
    BadCheck(&'a [u8]),
    /// A whole frame with its check, sound.
    Frame(&'a [u8]),
}

/// Where the bytes went. `frame_bytes + idle_bytes + noise_bytes + bad_bytes` and what is still held make up all bytes taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sound frames.
    pub frames: u64,
    /// Bytes in sound frames.
    pub frame_bytes: u64,
    /// Bytes of keep-alives.
    pub idle_bytes: u64,
    /// Bytes given up outside of bad frames.
    pub noise_bytes: u64,
    /// Frames with a bad check.
    pub bad_checks: u64,
    /// Bytes given up inside of bad frames.
    pub bad_bytes: u64,
}

enum Found {
    Nothing,
    Noise(usize),
    Bad(Range<usize>),
    Frame(Range<usize>),
}

/// Cuts a stream into frames. `N`, the buffer, must hold the family's longest frame.
#[derive(Clone, Debug)]
pub struct Decoder<F, const N: usize> {
    framing: F,
    buffer: [u8; N],
    start: usize,
    end: usize,
    place: Place,
    /// A gap ended what is held: no byte that would complete it will come.
    ended: bool,
    /// How many bytes at the front belong to a frame already told as `BadCheck`.
    suspect: usize,
    /// Bytes given up and not yet told.
    noise: usize,
    tally: Tally,
}

impl<F: Framing, const N: usize> Decoder<F, N> {
    /// A decoder with an empty buffer.
    #[must_use]
    pub fn new(framing: F) -> Self {
        Self {
            framing,
            buffer: [0; N],
            start: 0,
            end: 0,
            place: Place::Boundary,
            ended: false,
            suspect: 0,
            noise: 0,
            tally: Tally::default(),
        }
    }

    /// Takes what fits and returns how many bytes that were; the caller pulls and offers the rest again. Nothing is
    /// taken between a `gap` and the `NeedMore` that follows it.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        if self.ended {
            return 0;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let taken = room.len().min(bytes.len());
        for (slot, byte) in room.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        self.end += taken;
        taken
    }

    /// Silence on the line: what is incomplete ends here. Pull until `NeedMore` afterwards.
    pub fn gap(&mut self) {
        self.ended = self.held() > 0 || self.noise > 0;
        if !self.ended {
            self.place = Place::Boundary;
        }
    }

    /// The next result; call until `NeedMore`.
    pub fn pull(&mut self) -> Progress<'_> {
        match self.find() {
            Found::Nothing => Progress::NeedMore,
            Found::Noise(skipped) => Progress::Noise { skipped },
            Found::Bad(range) => Progress::BadCheck(self.buffer.get(range).unwrap_or_default()),
            Found::Frame(range) => Progress::Frame(self.buffer.get(range).unwrap_or_default()),
        }
    }

    /// How many bytes are held and not yet judged.
    #[must_use]
    pub fn held(&self) -> usize {
        self.end - self.start
    }

    /// Where the bytes went so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    fn find(&mut self) -> Found {
        loop {
            if self.noise >= N {
                return self.tell_noise();
            }
            if self.held() == 0 {
                return self.dry();
            }
            let front = self.buffer.get(self.start..self.end).unwrap_or_default();
            match self.framing.measure(front, self.place) {
                // A full buffer that still wants more would stand still for ever.
                Measure::NeedMore if !self.ended && front.len() < N => return Found::Nothing,
                Measure::NeedMore | Measure::NotAFrame => self.slip(),
                Measure::BadCheck(_) if self.suspect > 0 => self.slip(),
                Measure::Idle(len) => {
                    self.tally.idle_bytes += self.take(len).len() as u64;
                }
                Measure::BadCheck(_) | Measure::Whole(_) if self.noise > 0 => return self.tell_noise(),
                Measure::BadCheck(len) => {
                    self.suspect = len;
                    self.tally.bad_checks += 1;
                    return Found::Bad(self.start..self.start + len);
                }
                Measure::Whole(len) => {
                    let range = self.take(len);
                    self.place = Place::Boundary;
                    self.tally.frames += 1;
                    self.tally.frame_bytes += range.len() as u64;
                    return Found::Frame(range);
                }
            }
        }
    }

    fn take(&mut self, len: usize) -> Range<usize> {
        let from = self.start;
        self.start = (from + len.max(1)).min(self.end);
        self.suspect = self.suspect.saturating_sub(self.start - from);
        from..self.start
    }

    fn slip(&mut self) {
        if self.suspect > 0 {
            self.tally.bad_bytes += 1;
        } else {
            self.tally.noise_bytes += 1;
            self.noise += 1;
        }
        self.take(1);
        self.place = Place::Slipped;
    }

    fn dry(&mut self) -> Found {
        if !self.ended {
            return Found::Nothing;
        }
        self.ended = false;
        self.place = Place::Boundary;
        self.suspect = 0;
        if self.noise > 0 { self.tell_noise() } else { Found::Nothing }
    }

    fn tell_noise(&mut self) -> Found {
        Found::Noise(core::mem::take(&mut self.noise))
    }
}
