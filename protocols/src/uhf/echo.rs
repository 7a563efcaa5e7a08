//! 回波: what a half-duplex adapter repeats of our own command, taken out before decoding.
//! Promises: only an exact copy right behind the command is dropped; anything else is handed on unchanged.
//! Absent: guessing on commands whose echo equals their success reply (stopping a 288 is one): the adapter is learned at
//! reader information, whose command no reader can send, and forgotten when that comes back without echo again and again.

use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adapter {
    Unknown,
    Echoes,
    Quiet,
}

/// How often in a row an echoing adapter may seem quiet: noise hides an echo now and then.
const CONTRARY_MAX: u8 = 3;

#[derive(Debug)]
pub(super) struct Echo {
    adapter: Adapter,
    /// What the command out can show of the adapter.
    kind: Sent,
    /// How often in a row the adapter seemed to be another than it is taken for.
    contrary: u8,
    /// The command that may come back, and how much of it has.
    expected: Vec<u8>,
    matched: usize,
}

/// What the first bytes behind a command were.
pub(super) enum Heard<'a> {
    /// No copy of the command: these held bytes, then those.
    Bytes(Vec<u8>, &'a [u8]),
    /// A copy was dropped; these follow.
    Echoed(&'a [u8]),
    /// Perhaps a copy: hold on.
    Waiting,
}

impl Echo {
    pub(super) const fn new() -> Self {
        let (adapter, kind) = (Adapter::Unknown, Sent::LikeReplies);
        Self { adapter, kind, contrary: 0, expected: Vec::new(), matched: 0 }
    }

    /// A command goes out. At one that is unlike any reply the adapter shows itself.
    pub(super) fn sent(&mut self, command: &[u8], kind: Sent) {
        self.matched = 0;
        self.expected.clear();
        self.kind = kind;
        if kind == Sent::UnlikeReplies || self.adapter == Adapter::Echoes {
            self.expected.extend_from_slice(command);
        }
    }

    pub(super) fn hear<'a>(&mut self, bytes: &'a [u8]) -> Heard<'a> {
        let rest = self.expected.get(self.matched..).unwrap_or_default();
        if rest.is_empty() {
            return Heard::Bytes(Vec::new(), bytes);
        }
        let same = rest.iter().zip(bytes).take_while(|(want, got)| want == got).count();
        if same == rest.len() {
            if self.kind == Sent::UnlikeReplies {
                (self.adapter, self.contrary) = (Adapter::Echoes, 0);
            }
            self.expected.clear();
            return Heard::Echoed(bytes.get(same..).unwrap_or_default());
        }
        if same == bytes.len() {
            self.matched += same;
            return Heard::Waiting;
        }
        if self.kind == Sent::UnlikeReplies && self.adapter == Adapter::Echoes {
            self.contrary += 1;
            if self.contrary >= CONTRARY_MAX {
                (self.adapter, self.contrary) = (Adapter::Quiet, 0);
            }
        }
        Heard::Bytes(self.give_back(), bytes)
    }

    /// Bytes held back that turned out to be no echo.
    pub(super) fn give_back(&mut self) -> Vec<u8> {
        if self.adapter == Adapter::Unknown && !self.expected.is_empty() {
            self.adapter = Adapter::Quiet;
        }
        let mut held = core::mem::take(&mut self.expected);
        held.truncate(self.matched);
        self.matched = 0;
        held
    }
}

/// Whether a command's bytes can be mistaken for a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Its length byte is below that of any reply.
    UnlikeReplies,
    /// It may equal its own success reply.
    LikeReplies,
}
