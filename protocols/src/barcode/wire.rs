//! Where the records and replies of a scanner begin and end: two kinds of item in one stream, back to back.
//! Promises: the same bytes and gaps give the same items however they were split; text is a record only when it starts
//! behind a record, a reply or a gap, or when STX and ETX frame it: what lost its head, or holds a byte that no text has,
//! is given up to its end and never told as a shorter text; every byte taken is accounted for (`Tally`).
//! Absent: the shared loop of `frame`: a record has no length and no check, so what is given up must be given up to its
//! end. The buffer is that of the longest QR text, so 218 bytes more than the 4 KiB of other families.
//! Source: GM65 manual V1.3, chapters 6 and 8; ISO/IEC 18004, capacity of version 40-L.

use crate::check;
use crate::frame::Tally;
use core::ops::Range;

/// Longest text of a record: 4296 characters of the largest QR symbol, 16 bytes of prefix, suffix and identifier.
pub const LONGEST: usize = 4296 + 16;

/// The buffer of a decoder, bytes: a longest record between STX and the mark that ends it.
pub const BUFFER: usize = LONGEST + 2;

/// Opens a reply (with `00` behind it) or a framed record.
pub const STX: u8 = 0x02;
/// Ends a record that STX opened.
pub const ETX: u8 = 0x03;
/// FNC1 as readers send it.
pub const GS: u8 = 0x1D;

const EOT: u8 = 0x04;
const TAB: u8 = 0x09;
const LF: u8 = 0x0A;
const CR: u8 = 0x0D;
const RS: u8 = 0x1E;

/// 结束符: what ends a record. CR, LF and CR LF always do, and ETX where STX opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing else does; silence in the middle of a record spoils it.
    LineEnd,
    /// TAB, too.
    Tab,
    /// Silence, too, for scanners that send no tail.
    Silence,
}

/// What ended a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A line end, TAB or ETX.
    Mark,
    /// Silence: nothing on the wire says that the text is whole.
    Silence,
}

/// 扫码记录: one record as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    bytes: &'a [u8],
    end: End,
}

impl<'a> Record<'a> {
    /// All of it: STX and the mark that ended it, if there were any.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What lies between; never empty.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        let inner = self.bytes.strip_prefix(&[STX]).unwrap_or(self.bytes);
        match (self.end, inner.split_last()) {
            (End::Mark, Some((_, body))) => body,
            _ => inner,
        }
    }

    /// What ended it.
    #[must_use]
    pub const fn end(&self) -> End {
        self.end
    }
}

/// What the bytes so far amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Nothing more to tell until more bytes or a gap come.
    NeedMore,
    /// Bytes given up; neighbours are told as one count, when an item or a gap ends them or the buffer's size is reached.
    Noise {
        /// How many.
        skipped: usize,
    },
    /// A module's reply whose length held but whose check fails. What lies inside is searched again.
    BadCheck(&'a [u8]),
    /// A module's reply, sound.
    Reply(&'a [u8]),
    /// A record.
    Record(Record<'a>),
}

/// Records that were given up; each counts once, however long it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spoilt {
    /// By a control character that no text has.
    pub control: u64,
    /// By silence, where a mark had to come.
    pub cut: u64,
    /// By their length.
    pub overlong: u64,
}

impl Spoilt {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.control.saturating_add(self.cut).saturating_add(self.overlong)
    }
}

/// What is held, and so how long to wait for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Nothing: a gap would change nothing.
    Nothing,
    /// An STX alone, which opens a reply or a record.
    Start,
    /// The beginning of a record, or bytes that are being given up.
    Text,
    /// The beginning of a reply.
    Reply,
}

/// How the front of the buffer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// Text may start here.
    Fresh,
    /// Here is an STX in the middle of something else. A character of a text may have turned into it, and then what
    /// follows is the end of that text: only an ETX, or a reply's check, says otherwise.
    Slipped,
    /// The rest of something spoilt, up to the mark that ends it; `opened` when STX had opened it.
    Spoilt { opened: bool },
}

enum Verdict {
    /// It may become something.
    Wait,
    /// That many bytes that mean nothing.
    Idle(usize),
    /// That many bytes are given up, and what follows is taken so.
    GiveUp(usize, Trust),
    /// A reply of that many bytes.
    Reply(usize),
    /// A reply of that many bytes whose check fails.
    BadCheck(usize),
    /// A record of that many bytes.
    Record(usize, End),
}

enum Found {
    Nothing,
    Noise(usize),
    Bad(Range<usize>),
    Reply(Range<usize>),
    Record(Range<usize>, End),
}

/// Cuts what a scanner sent into records and replies.
#[derive(Clone, Debug)]
pub struct ScanDecoder {
    tail: Tail,
    buffer: [u8; BUFFER],
    start: usize,
    end: usize,
    /// How many bytes at the front are known to be text, so that no byte is looked at twice.
    seen: usize,
    trust: Trust,
    /// A gap ended what is held: no byte that would complete it will come.
    ended: bool,
    /// How many bytes at the front belong to a reply already told as `BadCheck`.
    suspect: usize,
    /// Bytes given up and not yet told.
    noise: usize,
    spoilt: Spoilt,
    tally: Tally,
}

impl ScanDecoder {
    /// A decoder with an empty buffer.
    #[must_use]
    pub fn new(tail: Tail) -> Self {
        Self {
            tail,
            buffer: [0; BUFFER],
            start: 0,
            end: 0,
            seen: 0,
            trust: Trust::Fresh,
            ended: false,
            suspect: 0,
            noise: 0,
            spoilt: Spoilt::default(),
            tally: Tally::default(),
        }
    }

    /// Takes what fits and returns how many bytes that were; the caller pulls and offers the rest again. Nothing is
    /// taken between a `gap` and the `NeedMore` that follows it.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        if self.ended {
            return 0;
        }
        // A long text comes in many pieces; it is moved once at most.
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
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
            self.trust = Trust::Fresh;
        }
    }

    /// The next result; call until `NeedMore`.
    pub fn pull(&mut self) -> Progress<'_> {
        match self.find() {
            Found::Nothing => Progress::NeedMore,
            Found::Noise(skipped) => Progress::Noise { skipped },
            Found::Bad(range) => Progress::BadCheck(self.buffer.get(range).unwrap_or_default()),
            Found::Reply(range) => Progress::Reply(self.buffer.get(range).unwrap_or_default()),
            Found::Record(range, end) => {
                Progress::Record(Record { bytes: self.buffer.get(range).unwrap_or_default(), end })
            }
        }
    }

    /// How many bytes are held and not yet judged.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.end - self.start
    }

    /// What is held once `pull` gave `NeedMore`.
    #[must_use]
    pub fn holding(&self) -> Holding {
        match self.front() {
            [] if self.noise == 0 && self.trust == Trust::Fresh => Holding::Nothing,
            [STX] => Holding::Start,
            [STX, 0, ..] => Holding::Reply,
            _ => Holding::Text,
        }
    }

    /// Where the bytes went so far; a frame is a record or a reply.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// The records that were given up so far.
    #[must_use]
    pub const fn spoilt(&self) -> Spoilt {
        self.spoilt
    }

    fn front(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn find(&mut self) -> Found {
        loop {
            if self.noise >= BUFFER {
                return self.tell_noise();
            }
            if self.held() == 0 {
                return self.dry();
            }
            match self.judge() {
                Verdict::Wait => return Found::Nothing,
                Verdict::Idle(len) => {
                    self.tally.idle_bytes += self.take(len).len() as u64;
                    self.trust = Trust::Fresh;
                }
                Verdict::GiveUp(len, trust) => self.give_up(len, trust),
                // The second bad check at one place would tell the same bytes twice.
                Verdict::BadCheck(_) if self.suspect > 0 => {
                    self.give_up(1, Trust::Spoilt { opened: false });
                }
                Verdict::BadCheck(_) | Verdict::Reply(_) | Verdict::Record(..) if self.noise > 0 => {
                    return self.tell_noise();
                }
                Verdict::BadCheck(len) => {
                    self.suspect = len;
                    self.tally.bad_checks += 1;
                    return Found::Bad(self.start..self.start + len);
                }
                Verdict::Reply(len) => return Found::Reply(self.take_frame(len)),
                Verdict::Record(len, end) => return Found::Record(self.take_frame(len), end),
            }
        }
    }

    /// Judges the front of the buffer, which is not empty; waits for no byte once a gap has come.
    fn judge(&mut self) -> Verdict {
        if let Trust::Spoilt { opened } = self.trust {
            return self.skip_spoilt(opened);
        }
        match self.front() {
            [STX] if self.ended => Verdict::GiveUp(1, Trust::Fresh),
            [STX] => Verdict::Wait,
            [STX, STX, ..] => Verdict::GiveUp(1, Trust::Slipped),
            [STX, 0, ..] => self.judge_reply(),
            [STX, ETX, ..] => Verdict::Idle(2),
            [STX, mark, ..] if self.ends(*mark) => Verdict::Idle(2),
            [STX, ..] => self.judge_text(true),
            // The LF of a CR LF, and empty lines.
            [mark, ..] if self.ends(*mark) => Verdict::Idle(1),
            [byte, ..] if is_text(*byte) => self.judge_text(false),
            // A first character that the line spoilt would otherwise leave a shorter text.
            _ => Verdict::GiveUp(1, Trust::Spoilt { opened: false }),
        }
    }

    /// `02 00 Types Lens Datas CRC`, where a Lens of 0 says 256.
    fn judge_reply(&self) -> Verdict {
        let front = self.front();
        let whole = front.get(3).map(|len| if *len == 0 { 256 + 6 } else { usize::from(*len) + 6 });
        match whole.and_then(|whole| front.get(..whole)) {
            None if self.ended => Verdict::GiveUp(1, Trust::Spoilt { opened: false }),
            None => Verdict::Wait,
            Some(frame) if check::holds(&check::CRC_16_XMODEM, frame.get(2..).unwrap_or_default()) => {
                Verdict::Reply(frame.len())
            }
            Some(frame) => Verdict::BadCheck(frame.len()),
        }
    }

    fn judge_text(&mut self, opened: bool) -> Verdict {
        let first = usize::from(opened);
        let whole = self.trust == Trust::Fresh;
        // What looks like a frame inside of a reply that does not hold is a part of that reply.
        let framed = opened && (whole || self.suspect == 0);
        let from = self.seen.max(first);
        let rest = self.front().get(from..).unwrap_or_default();
        let stop = rest.iter().position(|byte| !is_text(*byte));
        let len = from + stop.unwrap_or(rest.len());
        let mark = stop.and_then(|stop| rest.get(stop)).copied();
        if len - first > LONGEST {
            self.spoilt.overlong += 1;
            return Verdict::GiveUp(len, Trust::Spoilt { opened: framed });
        }
        match mark {
            Some(ETX) if framed => Verdict::Record(len + 1, End::Mark),
            Some(mark) if self.ends(mark) && whole => Verdict::Record(len + 1, End::Mark),
            Some(mark) => {
                self.spoilt.control += 1;
                let rest = if mark == STX { Trust::Slipped } else { Trust::Spoilt { opened: framed } };
                Verdict::GiveUp(len, rest)
            }
            None if !self.ended => {
                self.seen = len;
                Verdict::Wait
            }
            None if self.tail == Tail::Silence && whole => Verdict::Record(len, End::Silence),
            None => {
                self.spoilt.cut += 1;
                Verdict::GiveUp(len, Trust::Fresh)
            }
        }
    }

    /// The rest of something spoilt: up to its mark, or up to an STX, which no text holds.
    fn skip_spoilt(&self, opened: bool) -> Verdict {
        let front = self.front();
        let stops = |byte: &u8| *byte == STX || self.ends(*byte) || (opened && *byte == ETX);
        match front.iter().position(stops) {
            None => Verdict::GiveUp(front.len(), self.trust),
            Some(at) if front.get(at) == Some(&STX) => Verdict::GiveUp(at, Trust::Slipped),
            Some(at) => Verdict::GiveUp(at + 1, Trust::Fresh),
        }
    }

    fn ends(&self, byte: u8) -> bool {
        byte == CR || byte == LF || (byte == TAB && self.tail == Tail::Tab)
    }

    fn take(&mut self, len: usize) -> Range<usize> {
        let from = self.start;
        self.start = (from + len).min(self.end);
        self.suspect = self.suspect.saturating_sub(self.start - from);
        self.seen = 0;
        from..self.start
    }

    fn take_frame(&mut self, len: usize) -> Range<usize> {
        let range = self.take(len);
        self.trust = Trust::Fresh;
        self.tally.frames += 1;
        self.tally.frame_bytes += range.len() as u64;
        range
    }

    fn give_up(&mut self, len: usize, trust: Trust) {
        let told = len.min(self.suspect);
        let fresh = self.take(len).len().saturating_sub(told);
        self.tally.bad_bytes += told as u64;
        self.tally.noise_bytes += fresh as u64;
        self.noise += fresh;
        self.trust = trust;
    }

    fn dry(&mut self) -> Found {
        if !self.ended {
            return Found::Nothing;
        }
        self.ended = false;
        self.trust = Trust::Fresh;
        self.suspect = 0;
        if self.noise > 0 { self.tell_noise() } else { Found::Nothing }
    }

    /// A buffer's worth at most, so that the counts do not depend on how the bytes were split.
    fn tell_noise(&mut self) -> Found {
        let skipped = self.noise.min(BUFFER);
        self.noise -= skipped;
        Found::Noise(skipped)
    }
}

/// What a text may hold: printable characters, all bytes of other character sets, and the separators of GS1 and
/// ISO 15434. `ScanDecoder` ends a record at anything else.
const fn is_text(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E | 0x80.. | GS | RS | EOT)
}
