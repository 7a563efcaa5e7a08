//! Plays the relay and input board: answers each request at once, and tells when it came.
//! Promises: the time of a request is taken as soon as its last byte is read, before anything else is done with it.
//! Absent on purpose: relays that stay on, wrong answers, line rates: a measurement's board always works.
//! Source: Waveshare "Modbus RTU IO 8CH"; the lane map of the agent's example configuration.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use protocols::{
    frame::Progress,
    relay::wire::{Bits, FLASH_ON, ModbusDecoder, Request, Response, Side},
};
use rustix::fd::OwnedFd;

use crate::{
    clock,
    pty::{Pair, read, write_all},
};

/// Inputs of the lane map.
pub(crate) mod input {
    /// The arm is up.
    pub(crate) const OPEN: u32 = 1;
    /// The arm is down.
    pub(crate) const CLOSED: u32 = 1 << 1;
    /// A vehicle stands before the barrier.
    pub(crate) const APPROACH: u32 = 1 << 2;
    /// A vehicle stands behind the barrier.
    pub(crate) const EXIT: u32 = 1 << 4;
}

/// Relay that opens the barrier.
const BARRIER_OPEN: u16 = 0;

/// What a request asked for, as far as a passage needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The inputs; these were told.
    Inputs(u32),
    /// The barrier's opening pulse.
    Open,
    /// Anything else.
    Other,
}

/// One request, answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// What it asked.
    pub(crate) asked: Asked,
    /// When its last byte was read.
    pub(crate) at: Instant,
    /// When its answer was written.
    pub(crate) answered: Instant,
}

/// The board, and the thread that plays it.
#[derive(Debug)]
pub(crate) struct Board {
    inputs: Arc<AtomicU32>,
    seen: Receiver<Seen>,
    device: PathBuf,
    /// Held open between two agents.
    _near: OwnedFd,
}

impl Board {
    /// A board with the arm down and nobody there.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn start() -> io::Result<Self> {
        let Pair { far, near, device } = Pair::open()?;
        let inputs = Arc::new(AtomicU32::new(input::CLOSED));
        let (told, seen) = channel();
        let shared = Arc::clone(&inputs);
        // Ends when the receiver is dropped, at the agent's next request, or with the process.
        thread::Builder::new().name("board".to_owned()).spawn(move || play(&far, &shared, &told))?;
        Ok(Self { inputs, seen, device, _near: near })
    }

    /// The file that the agent opens.
    pub(crate) fn device(&self) -> &Path {
        &self.device
    }

    /// What the inputs say from now on.
    pub(crate) fn set(&self, inputs: u32) {
        self.inputs.store(inputs, Ordering::SeqCst);
    }

    /// The next request.
    ///
    /// # Errors
    /// When none comes in time.
    pub(crate) fn next(&self, patience: Duration) -> anyhow::Result<Seen> {
        self.seen
            .recv_timeout(patience)
            .with_context(|| format!("the agent asked its board nothing for {patience:?}"))
    }

    /// The next request, or none when none comes in time.
    ///
    /// # Errors
    /// When the board's thread has ended.
    pub(crate) fn quiet(&self, patience: Duration) -> anyhow::Result<Option<Seen>> {
        match self.seen.recv_timeout(patience) {
            Ok(seen) => Ok(Some(seen)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the board's thread has ended"),
        }
    }

    /// Forgets the requests that came so far.
    pub(crate) fn forget(&self) {
        while self.seen.try_recv().is_ok() {}
    }

    /// Waits until the agent has been told these inputs.
    ///
    /// # Errors
    /// When it does not ask in time.
    pub(crate) fn told(&self, inputs: u32, patience: Duration) -> anyhow::Result<Seen> {
        self.wait(Asked::Inputs(inputs), patience)
    }

    /// Waits for such a request.
    ///
    /// # Errors
    /// When it does not come in time.
    pub(crate) fn wait(&self, asked: Asked, patience: Duration) -> anyhow::Result<Seen> {
        let began = clock::now();
        while let Some(left) = patience.checked_sub(began.elapsed()) {
            let seen = self.next(left)?;
            if seen.asked == asked {
                return Ok(seen);
            }
        }
        bail!("no {asked:?} within {patience:?}")
    }
}

/// Answers until nobody listens any more.
fn play(port: &OwnedFd, inputs: &AtomicU32, told: &Sender<Seen>) {
    let mut decoder = ModbusDecoder::new(Side::Host);
    let mut buffer = [0; 256];
    while let Ok(count) = read(port, &mut buffer) {
        let at = clock::now();
        decoder.push(buffer.get(..count).unwrap_or_default());
        loop {
            let request = match decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(frame) => Request::decode(frame),
            };
            let Ok((unit, request)) = request else { continue };
            let (response, asked) = answer(&request, inputs.load(Ordering::SeqCst));
            if write_all(port, &response.encode(unit, &request)).is_err() {
                return;
            }
            let seen = Seen { asked, at, answered: clock::now() };
            if told.send(seen).is_err() {
                return;
            }
        }
    }
}

fn answer(request: &Request, inputs: u32) -> (Response, Asked) {
    match request {
        Request::ReadInputs { count, .. } => {
            (Response::Bits(Bits::of(*count, inputs)), Asked::Inputs(inputs))
        }
        Request::ReadCoils { count, .. } => (Response::Bits(Bits::of(*count, 0)), Asked::Other),
        Request::ReadRegisters { count, .. } => (Response::Words(vec![0; usize::from(*count)]), Asked::Other),
        Request::WriteCoil { address, value } if *address == FLASH_ON + BARRIER_OPEN && *value > 0 => {
            (Response::Written, Asked::Open)
        }
        Request::WriteCoil { .. }
        | Request::WriteRegister { .. }
        | Request::WriteCoils { .. }
        | Request::WriteRegisters { .. } => (Response::Written, Asked::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_board_answers_what_is_asked_and_tells_a_pulse_from_a_switch() {
        let pulse = Request::WriteCoil { address: FLASH_ON, value: 5 };
        let light = Request::WriteCoil { address: 3, value: 0xFF00 };
        let poll = Request::ReadInputs { start: 0, count: 8 };
        let board = Board::start().unwrap();
        board.set(input::APPROACH);
        for (request, asked) in
            [(pulse, Asked::Open), (light, Asked::Other), (poll, Asked::Inputs(input::APPROACH))]
        {
            write_all(&board._near, &request.encode(1)).unwrap();
            let mut answer = vec![0; request.response_len()];
            crate::pty::read_exactly(&board._near, &mut answer).unwrap();
            assert!(matches!(Response::decode(&answer, 1, &request), Ok(Some(_))), "{request:?}");
            assert_eq!(board.next(Duration::from_secs(5)).unwrap().asked, asked);
        }
    }
}
