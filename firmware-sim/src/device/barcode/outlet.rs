//! What a scanner has said and its knobs have not let out yet.
//! Promises: bytes leave in the order in which they were said.
//! Absent: the line's own faults (`fault`).

use super::Knobs;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use embedded_io::Write;
use protocols::tick::Tick;

#[derive(Debug, Default)]
pub(super) struct Outlet {
    pub(super) knobs: Knobs,
    queue: VecDeque<(Tick, Vec<u8>)>,
}

impl Outlet {
    pub(super) fn say(&mut self, bytes: &[u8], now: Tick) {
        if self.knobs.silent {
            return;
        }
        let times = if self.knobs.twice { 2 } else { 1 };
        self.queue.push_back((now + self.knobs.late, bytes.repeat(times)));
    }

    pub(super) fn flush<P: Write>(&mut self, port: &mut P, now: Tick) -> Result<(), P::Error> {
        while let Some((_, bytes)) = self.queue.pop_front_if(|(due, _)| *due <= now) {
            port.write_all(&bytes)?;
        }
        Ok(())
    }

    pub(super) fn wake(&self) -> Option<Tick> {
        self.queue.front().map(|(due, _)| *due)
    }
}
