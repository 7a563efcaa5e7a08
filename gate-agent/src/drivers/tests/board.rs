//! A scripted relay and input board, with a barrier behind it, on a plugged adapter. It misbehaves as told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use protocols::relay::wire::{Bits, Exception, FLASH_ON, ON, Request, Response};

use super::port::Plug;

/// How an answer is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Comes after the time-out.
    Late(Duration),
    /// Ends early.
    Truncated,
    /// The adapter repeats the request first.
    Echo,
    /// From another address.
    WrongAddress,
    /// With a bad check.
    BadCheck,
    /// Not at all.
    Mute,
    /// An exception.
    Exception,
}

/// Which answers are spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Every n-th.
    Every(u32),
    /// Those to pulses.
    Pulses,
    /// Those to requests that release a relay.
    Releases,
    /// All.
    Always,
}

#[derive(Debug)]
pub(super) struct BoardSim {
    pub(super) inputs: u32,
    pub(super) relays: u32,
    pub(super) fault: Option<(Fault, When)>,
    /// Whether the arm follows a pulse.
    pub(super) moves: bool,
    /// Relay of each pulse that came in.
    pub(super) pulses: Vec<u16>,
    /// All writes, as (address, value).
    pub(super) writes: Vec<(u16, u16)>,
    /// How many it has given, spoilt ones included.
    pub(super) answers: u32,
}

pub(super) type Shared = Arc<Mutex<BoardSim>>;

pub(super) const OPEN: u32 = 1;
pub(super) const CLOSED: u32 = 1 << 1;
pub(super) const APPROACH: u32 = 1 << 2;
pub(super) const SAFETY: u32 = 1 << 3;

pub(super) fn board() -> Shared {
    Arc::new(Mutex::new(BoardSim {
        inputs: CLOSED,
        relays: 0,
        fault: None,
        moves: true,
        pulses: Vec::new(),
        writes: Vec::new(),
        answers: 0,
    }))
}

impl BoardSim {
    pub(super) fn answer(&mut self, request: &Request) -> Response {
        match *request {
            Request::ReadCoils { count, .. } => Response::Bits(Bits::of(count, self.relays)),
            Request::ReadInputs { count, .. } => Response::Bits(Bits::of(count, self.inputs)),
            Request::WriteCoil { address, value } => {
                self.writes.push((address, value));
                let relay = address % FLASH_ON;
                if value != 0 && (address >= FLASH_ON || relay % 8 < 3) {
                    self.pulses.push(relay);
                    self.arm(relay);
                }
                if address < FLASH_ON {
                    self.relays &= !(1 << address);
                    self.relays |= u32::from(value == ON) << address;
                }
                Response::Written
            }
            ref other => panic!("the bus asked {other:?}"),
        }
    }

    /// Relays 0 and 8 open the barriers of inputs 0 and 8, relays 1 and 9 close them.
    fn arm(&mut self, relay: u16) {
        let shift = relay / 8 * 8;
        if self.moves {
            self.inputs &= !((OPEN | CLOSED) << shift);
            self.inputs |= if relay.is_multiple_of(8) { OPEN << shift } else { CLOSED << shift };
        }
    }

    /// The bytes of an answer, and how late they come.
    fn spoil(&mut self, frame: &[u8]) -> (Vec<u8>, Duration) {
        let (unit, request) = Request::decode(frame).unwrap();
        let pulsed = self.pulses.len();
        let spoilt = match self.fault {
            Some((Fault::Exception, When::Pulses)) if matches!(request, Request::WriteCoil { address, .. } if address >= FLASH_ON) =>
            {
                return (Response::Exception(Exception(4)).encode(unit, &request), Duration::ZERO);
            }
            Some((Fault::Exception, When::Releases))
                if matches!(request, Request::WriteCoil { value: 0, .. }) =>
            {
                return (Response::Exception(Exception(4)).encode(unit, &request), Duration::ZERO);
            }
            fault => fault,
        };
        let response = self.answer(&request);
        let good = response.encode(unit, &request);
        self.answers += 1;
        let (Some((fault, when)), now) = (spoilt, Duration::ZERO) else { return (good, Duration::ZERO) };
        let hit = match when {
            When::Every(n) => self.answers.is_multiple_of(n),
            When::Pulses => self.pulses.len() > pulsed,
            When::Releases => false,
            When::Always => true,
        };
        match fault {
            _ if !hit => (good, now),
            Fault::Late(by) => (good, by),
            Fault::Truncated => (good[..good.len() - 3].to_vec(), now),
            Fault::Echo => ([frame, &good].concat(), now),
            Fault::WrongAddress => (response.encode(unit + 1, &request), now),
            Fault::BadCheck => {
                let mut bad = good;
                bad.reverse();
                bad.rotate_right(1);
                bad[0] = unit;
                bad[1] = request.function();
                (bad, now)
            }
            Fault::Mute => (Vec::new(), now),
            Fault::Exception => (Response::Exception(Exception(4)).encode(unit, &request), now),
        }
    }
}

/// Answers for as long as the future lives.
pub(super) async fn serve(plug: Arc<Plug>, board: Shared) {
    let mut line = Vec::new();
    loop {
        line.extend(plug.read().await);
        while Request::decode(&line).is_err() {
            line.extend(plug.read().await);
        }
        let frame = std::mem::take(&mut line);
        let (bytes, late) = board.lock().unwrap().spoil(&frame);
        if !late.is_zero() {
            tokio::time::sleep(late).await;
        }
        plug.write(&bytes).await;
    }
}
