//! 线路: the reader's serial line: frames in, frames out, and what can be wrong with it.
//! Promises: what comes while the reader is busy is counted as lost; frames go out in order, however late; without a knob
//! turned nothing is spoilt.
//! Absent: noise and lost bytes, which are the host's line's (`fault`).
//! Source: UHFReader18 manual V2.0, timing; the faults of group D.

use super::GAP;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::frame::Progress;
use protocols::tick::Tick;
use protocols::uhf::repr::Reply;
use protocols::uhf::status::Status;
use protocols::uhf::tag::{Family, TagRead, Tags};
use protocols::uhf::wire::{READER_DATA_MAX, Side, UhfDecoder};

/// What is wrong with a reader; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Knobs {
    /// Silent: it takes commands, and nothing that it tells arrives.
    pub silent: bool,
    /// Slow: everything that it tells comes so much later.
    pub late: Duration,
    /// Duplicate: each frame comes twice.
    pub duplicate: bool,
    /// Wrong: the check of each frame fails.
    pub wrong_check: bool,
    /// Wrong: tag lists promise one tag more than they hold.
    pub overcount: bool,
    /// Babbling: a made-up tag is told unasked each time that so much has passed; zero for none.
    pub babble: Duration,
    /// 288 family: antennas that are cut off, bit 0 for the first.
    pub cut: u8,
}

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A sound frame.
    Frame(Vec<u8>),
    /// A frame with a bad check, for this address.
    Bad(u8),
}

/// Which list of tags is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) family: Family,
    pub(super) address: u8,
    /// Antenna, as the family tells it.
    pub(super) antenna: u8,
    pub(super) command: u8,
    /// The status of its last frame.
    pub(super) last: Status,
}

#[derive(Debug)]
pub(super) struct Line<P> {
    pub(super) port: P,
    pub(super) knobs: Knobs,
    decoder: UhfDecoder,
    /// Read from the port and not yet looked at.
    rest: Vec<u8>,
    heard: Tick,
    lost: u64,
    /// Frames on their way out and when they leave.
    outbox: VecDeque<(Tick, Vec<u8>)>,
    babbles: Option<Tick>,
    made_up: u64,
}

impl<P: Read + Write + ReadReady> Line<P> {
    pub(super) fn new(port: P) -> Self {
        Self {
            port,
            knobs: Knobs::default(),
            decoder: UhfDecoder::new(Side::Host),
            rest: Vec::new(),
            heard: Tick::default(),
            lost: 0,
            outbox: VecDeque::new(),
            babbles: None,
            made_up: 0,
        }
    }

    /// How many bytes came while the reader was busy.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Forgets what was under way.
    pub(super) fn reset(&mut self) {
        self.decoder = UhfDecoder::new(Side::Host);
        self.rest.clear();
        self.outbox.clear();
        self.babbles = None;
    }

    /// The next frame; call until `None`.
    pub(super) fn next(&mut self, now: Tick, busy: bool) -> Result<Option<Heard>, P::Error> {
        loop {
            if let Some(heard) = self.pull(busy) {
                return Ok(Some(heard));
            }
            if self.rest.is_empty() {
                if self.decoder.held() > 0 && now.since(self.heard) >= GAP {
                    self.decoder.gap();
                    continue;
                }
                if !self.read()? {
                    return Ok(None);
                }
            }
            self.heard = now;
            if busy {
                self.lost = self.lost.saturating_add(self.rest.len() as u64);
                self.rest.clear();
                continue;
            }
            let taken = self.decoder.push(&self.rest);
            self.rest.drain(..taken.min(self.rest.len()));
        }
    }

    fn pull(&mut self, busy: bool) -> Option<Heard> {
        loop {
            match self.decoder.pull() {
                Progress::NeedMore => return None,
                Progress::Noise { .. } => {}
                Progress::BadCheck(bytes) => return bytes.get(1).map(|address| Heard::Bad(*address)),
                Progress::Frame(bytes) if busy => self.lost = self.lost.saturating_add(bytes.len() as u64),
                Progress::Frame(bytes) => return Some(Heard::Frame(bytes.to_vec())),
            }
        }
    }

    /// Reads some of what waits in the port; `false` when nothing does.
    fn read(&mut self) -> Result<bool, P::Error> {
        let mut chunk = [0; 64];
        if !self.port.read_ready()? {
            return Ok(false);
        }
        let count = self.port.read(&mut chunk)?;
        self.rest.extend_from_slice(chunk.get(..count).unwrap_or_default());
        Ok(count > 0)
    }

    /// What waits in the port came while the reader was busy.
    pub(super) fn lose(&mut self) -> Result<(), P::Error> {
        while self.read()? {
            self.lost = self.lost.saturating_add(self.rest.len() as u64);
            self.rest.clear();
        }
        Ok(())
    }

    pub(super) fn send(
        &mut self,
        address: u8,
        family: Family,
        reply: &Reply<'_>,
        now: Tick,
    ) -> Result<(), P::Error> {
        // Never too long: lists are cut by `fitting`, everything else is short.
        let mut bytes = reply.encode(address, family).unwrap_or_default();
        if self.knobs.silent {
            return Ok(());
        }
        if let Some(check) = bytes.last_mut().filter(|_| self.knobs.wrong_check) {
            *check ^= 0xFF;
        }
        let copies = if self.knobs.duplicate { 2 } else { 1 };
        self.outbox.extend((0..copies).map(|_| (now + self.knobs.late, bytes.clone())));
        self.flush(now)
    }

    /// Tells tags in as many frames as they need.
    pub(super) fn send_tags(&mut self, list: &List, reads: &[TagRead], now: Tick) -> Result<(), P::Error> {
        let mut left = reads;
        loop {
            let (told, rest) = left.split_at(fitting(list.family, left));
            let status = if rest.is_empty() { list.last } else { Status::MoreFollows };
            let mut data = Tags::write(list.family, list.antenna, told);
            let count = if list.family == Family::Uhf18 { 0 } else { 1 };
            if let Some(count) = data.get_mut(count).filter(|_| self.knobs.overcount) {
                *count = count.saturating_add(1);
            }
            if let Some(tags) = Tags::parse(list.family, &data) {
                let reply = Reply::Tags { command: list.command, status, tags };
                self.send(list.address, list.family, &reply, now)?;
            }
            if rest.is_empty() {
                return Ok(());
            }
            left = rest;
        }
    }

    /// Tells a made-up tag when it is time: `FA1E` and a running number.
    pub(super) fn babble(&mut self, address: u8, family: Family, now: Tick) -> Result<(), P::Error> {
        if self.knobs.babble.is_zero() {
            self.babbles = None;
            return Ok(());
        }
        if *self.babbles.get_or_insert(now) > now {
            return Ok(());
        }
        self.babbles = Some(now + self.knobs.babble);
        self.made_up += 1;
        let epc = [&[0xFA, 0x1E, 0, 0][..], &self.made_up.to_be_bytes()].concat();
        let Some(read) = TagRead::new(&epc) else { return Ok(()) };
        self.send(address, family, &Reply::Seen(read.seen_by(1, 0x40)), now)
    }

    /// Lets go what is due.
    pub(super) fn flush(&mut self, now: Tick) -> Result<(), P::Error> {
        while let Some((_, bytes)) = self.outbox.pop_front_if(|(due, _)| *due <= now) {
            self.port.write_all(&bytes)?;
        }
        Ok(())
    }

    /// When there is something to do, if no bytes come before.
    pub(super) fn wake(&self) -> Option<Tick> {
        let gap = (self.decoder.held() > 0).then_some(self.heard + GAP);
        let leaves = self.outbox.front().map(|(due, _)| *due);
        let babbles = (!self.knobs.babble.is_zero()).then(|| self.babbles.unwrap_or_default());
        [gap, leaves, babbles].into_iter().flatten().min()
    }
}

/// How many of the first reads fit one frame; of any at least one, since an EPC is 62 bytes at most.
fn fitting(family: Family, reads: &[TagRead]) -> usize {
    let head = if family == Family::Uhf18 { 1 } else { 2 };
    let size = |read: &TagRead| match family {
        Family::Uhf18 => read.epc().len() + 1,
        Family::Uhf288 => read.epc().len() + 2 + read.tid.map_or(0, |tid| tid.len()),
    };
    let mut room = READER_DATA_MAX - head;
    let fit = reads.iter().take_while(|read| match room.checked_sub(size(read)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    });
    fit.count().max(1).min(reads.len())
}
