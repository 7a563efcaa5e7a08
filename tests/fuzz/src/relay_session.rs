//! The master of a bus with two boards, on a line that may carry anything.
//! Checks: it always comes to rest; it only sends requests of ours, one at a time; every command has one outcome; a pulse
//! is sent once at most; behind any rubbish honest boards are found again.

use crate::relay::{answer, seal};
use crate::script::{Step, steps};
use protocols::relay::board::{Board, Coil, PulseStyle, State};
use protocols::relay::command::{Act, CommandId};
use protocols::relay::exchange::{Input, Output, RelayEvent, Timing};
use protocols::relay::session::Session;
use protocols::relay::slave::SlaveConfig;
use protocols::relay::wire::{FLASH_ON, ON, Request};
use protocols::tick::Tick;
use std::collections::BTreeMap;
use std::time::Duration;

const COILS: [Coil; 4] = [Coil::BarrierOpen, Coil::BarrierClose, Coil::Green, Coil::Horn];

struct Bench {
    session: Session,
    now: Tick,
    wake: Option<Tick>,
    /// The request out, and its board.
    asked: Option<(u8, Request)>,
    /// Outcomes of each command.
    outcomes: BTreeMap<u64, usize>,
    pulses_wanted: usize,
    pulses_sent: usize,
    /// Boards that are online.
    online: Vec<u8>,
}

impl Bench {
    fn handle(&mut self, input: Input<'_>) {
        let mut sends = 0;
        self.session.handle(input, self.now);
        for _ in 0..512 {
            match self.session.poll() {
                Output::Wait(wake) => {
                    self.wake = wake;
                    return;
                }
                Output::Flush => {}
                Output::Send(bytes) => {
                    sends += 1;
                    assert!(sends <= 1, "two requests at once");
                    self.sent(&bytes);
                }
                Output::Event(event) => self.told(event),
            }
        }
        panic!("the session never waits");
    }

    fn sent(&mut self, bytes: &[u8]) {
        let (unit, request) = Request::decode(bytes).expect("the session sent no request");
        assert!(matches!(unit, 1 | 2), "asked board {unit}, which is not there");
        if let Request::WriteCoil { address, value } = request {
            let timed = unit == 1 && address >= FLASH_ON;
            let by_hand = unit == 2 && value == ON && matches!(address, 0 | 1);
            self.pulses_sent += usize::from(timed || by_hand);
            assert!(self.pulses_sent <= self.pulses_wanted, "a pulse too many");
        }
        self.asked = Some((unit, request));
    }

    fn told(&mut self, event: RelayEvent) {
        match event {
            RelayEvent::CommandDone { id } | RelayEvent::CommandFailed { id, .. } => {
                let outcomes =
                    self.outcomes.get_mut(&id.0).expect("an outcome of a command that nobody gave");
                *outcomes += 1;
                assert_eq!(*outcomes, 1, "command {} has two outcomes", id.0);
            }
            RelayEvent::Online { unit, .. } => self.online.push(unit),
            RelayEvent::Offline { unit } => self.online.retain(|other| *other != unit),
            RelayEvent::Inputs { at, .. } => assert!(at <= self.now, "inputs from the future"),
            RelayEvent::InputsUnknown { .. }
            | RelayEvent::Refused { .. }
            | RelayEvent::StuckOn { .. }
            | RelayEvent::Released { .. } => {}
        }
    }

    fn deadline(&mut self) {
        self.now = self.wake.map_or(self.now + Duration::from_secs(1), |wake| self.now.max(wake));
        for _ in 0..8 {
            self.handle(Input::Deadline);
            if self.wake.is_none_or(|wake| wake > self.now) {
                return;
            }
        }
        panic!("the session wants the same moment again and again");
    }

    fn command(&mut self, choice: u8) {
        let id = self.outcomes.len() as u64;
        let unit = 1 + choice % 2;
        let coil = COILS[usize::from(choice / 2 % 4)];
        // On board 2 pulses are two writes; switching the barrier's relays there would look like one.
        let barrier = matches!(coil, Coil::BarrierOpen | Coil::BarrierClose);
        let act = if barrier {
            self.pulses_wanted += 1;
            Act::Pulse { coil, bank: 0, length: Duration::from_millis(400) }
        } else {
            let state = if choice & 8 == 0 { State::On } else { State::Off };
            Act::Switch { coil, bank: 0, state }
        };
        self.outcomes.insert(id, 0);
        self.handle(Input::Command { id: CommandId(id), unit, act });
    }
}

/// One life of a bus.
pub fn conversation(data: &[u8]) {
    let boards = [Board::lane(1, PulseStyle::Timed), Board::lane(2, PulseStyle::OnOff)];
    let mut bench = Bench {
        session: Session::new(Timing::at_baud(9600), boards.into_iter().map(SlaveConfig::new).collect()),
        now: Tick::default(),
        wake: None,
        asked: None,
        outcomes: BTreeMap::new(),
        pulses_wanted: 0,
        pulses_sent: 0,
        online: Vec::new(),
    };
    bench.deadline();
    for step in steps(data) {
        match step {
            Step::Raw(bytes) => bench.handle(Input::Bytes(bytes)),
            Step::Sealed(body) => bench.handle(Input::Bytes(&seal(body))),
            Step::Later(Duration::ZERO) => bench.deadline(),
            Step::Later(wait) => {
                bench.now = bench.now + wait;
                bench.handle(Input::Deadline);
            }
            Step::Choice(choice) if choice < 16 => bench.command(choice),
            Step::Choice(choice) => {
                if let Some((unit, request)) = bench.asked.clone() {
                    bench.handle(Input::Bytes(&answer(choice, unit, &request)));
                }
            }
        }
    }
    finds_honest_boards(&mut bench);
}

/// From here on both boards answer at once, with every relay off, until all is settled.
fn finds_honest_boards(bench: &mut Bench) {
    bench.asked = None;
    for _ in 0..2_000 {
        bench.deadline();
        while let Some((unit, request)) = bench.asked.take() {
            bench.now = bench.now + Duration::from_millis(8);
            bench.handle(Input::Bytes(&answer(0, unit, &request)));
        }
        let settled = bench.outcomes.values().all(|outcomes| *outcomes == 1);
        if settled && bench.online.contains(&1) && bench.online.contains(&2) {
            return;
        }
    }
    panic!("boards online: {:?}; outcomes: {:?}", bench.online, bench.outcomes);
}
