//! The master of a bus with two boards, on a serial line or a connection that may carry anything.
//! Checks: it always comes to rest; it only sends requests of ours, one at a time; every command has one outcome; a pulse
//! is sent once at most; behind any rubbish honest boards are found again, on TCP by a new connection where it hung up.

use crate::relay::{answer, seal};
use crate::script::{Step, steps};
use protocols::relay::board::{Board, Coil, PulseStyle, State};
use protocols::relay::command::{Act, CommandId};
use protocols::relay::exchange::{Input, Output, RelayEvent, Timing};
use protocols::relay::mbap::{Header, Stream};
use protocols::relay::session::Session;
use protocols::relay::slave::SlaveConfig;
use protocols::relay::wire::{FLASH_ON, ON, Request};
use protocols::tick::Tick;
use std::collections::BTreeMap;
use std::time::Duration;

const COILS: [Coil; 4] = [Coil::BarrierOpen, Coil::BarrierClose, Coil::Green, Coil::Horn];

/// What carries the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A serial line.
    Serial,
    /// A TCP connection.
    Tcp,
}

/// A request that is out.
#[derive(Clone, Debug)]
struct Asked {
    unit: u8,
    request: Request,
    /// On TCP.
    transaction: u16,
}

struct Bench {
    carrier: Carrier,
    session: Session,
    now: Tick,
    wake: Option<Tick>,
    asked: Option<Asked>,
    /// The session hung up: the next moment brings a new one.
    hung_up: bool,
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
                Output::Flush => {
                    assert_eq!(self.carrier, Carrier::Serial, "bytes of a connection thrown away")
                }
                Output::HangUp(why) => {
                    assert_eq!(self.carrier, Carrier::Tcp, "a serial line hung up: {why}");
                    assert!(!self.hung_up, "hung up twice");
                    self.hung_up = true;
                }
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
        assert!(!self.hung_up, "sent on a connection that it gave up");
        let (transaction, unit, request) = match self.carrier {
            Carrier::Serial => {
                let (unit, request) = Request::decode(bytes).expect("the session sent no request");
                (0, unit, request)
            }
            Carrier::Tcp => {
                let mut stream = Stream::default();
                stream.push(bytes);
                let (header, pdu) = stream.pull().expect("a header").expect("a whole frame");
                assert_eq!(stream.held(), 0, "more than a frame");
                let request = Request::from_pdu(&pdu).expect("the session sent no request");
                (header.transaction, header.unit, request)
            }
        };
        assert_eq!(self.session.asked(), Some((unit, &request)), "another request than it says");
        assert!(matches!(unit, 1 | 2), "asked board {unit}, which is not there");
        if let Request::WriteCoil { address, value } = request {
            let timed = unit == 1 && address >= FLASH_ON;
            let by_hand = unit == 2 && value == ON && matches!(address, 0 | 1);
            self.pulses_sent += usize::from(timed || by_hand);
            assert!(self.pulses_sent <= self.pulses_wanted, "a pulse too many");
        }
        self.asked = Some(Asked { unit, request, transaction });
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
        if std::mem::take(&mut self.hung_up) {
            self.session = session(self.carrier);
            self.online.clear();
            self.asked = None;
            self.wake = None;
        }
        self.now = self.wake.map_or(self.now + Duration::from_secs(1), |wake| self.now.max(wake));
        for _ in 0..8 {
            self.handle(Input::Deadline);
            if self.wake.is_none_or(|wake| wake > self.now) {
                return;
            }
        }
        panic!("the session wants the same moment again and again");
    }

    /// A frame around `body`: its check, or on TCP the number of the request that is out.
    fn sealed(&self, body: &[u8]) -> Vec<u8> {
        match (self.carrier, body.split_first()) {
            (Carrier::Tcp, Some((unit, pdu))) => {
                let transaction = self.asked.as_ref().map_or(0, |asked| asked.transaction);
                Header { transaction, unit: *unit }.frame(pdu)
            }
            (Carrier::Tcp, None) | (Carrier::Serial, _) => seal(body),
        }
    }

    /// A right answer to the request that is out.
    fn answer(&self, choice: u8) -> Option<Vec<u8>> {
        let Asked { unit, request, transaction } = self.asked.as_ref()?;
        let header = Header { transaction: *transaction, unit: *unit };
        Some(match self.carrier {
            Carrier::Serial => answer(choice, request).encode(*unit, request),
            Carrier::Tcp => header.frame(&answer(choice, request).pdu(request)),
        })
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

fn session(carrier: Carrier) -> Session {
    let boards = [Board::lane(1, PulseStyle::Timed), Board::lane(2, PulseStyle::OnOff)];
    let slaves = boards.into_iter().map(SlaveConfig::new).collect();
    match carrier {
        Carrier::Serial => Session::new(Timing::at_baud(9600), slaves),
        Carrier::Tcp => Session::over_tcp(slaves),
    }
}

/// One life of a bus.
pub fn conversation(carrier: Carrier, data: &[u8]) {
    let mut bench = Bench {
        carrier,
        session: session(carrier),
        now: Tick::default(),
        wake: None,
        asked: None,
        hung_up: false,
        outcomes: BTreeMap::new(),
        pulses_wanted: 0,
        pulses_sent: 0,
        online: Vec::new(),
    };
    bench.deadline();
    for step in steps(data) {
        match step {
            Step::Raw(bytes) => bench.handle(Input::Bytes(bytes)),
            Step::Sealed(body) => bench.handle(Input::Bytes(&bench.sealed(body))),
            Step::Later(Duration::ZERO) => bench.deadline(),
            Step::Later(wait) => {
                bench.now = bench.now + wait;
                bench.handle(Input::Deadline);
            }
            Step::Choice(choice) if choice < 16 => bench.command(choice),
            Step::Choice(choice) => {
                if let Some(answer) = bench.answer(choice) {
                    bench.handle(Input::Bytes(&answer));
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
        while let Some(answer) = bench.answer(0) {
            bench.asked = None;
            bench.now = bench.now + Duration::from_millis(8);
            bench.handle(Input::Bytes(&answer));
        }
        let settled = bench.outcomes.values().all(|outcomes| *outcomes == 1);
        if settled && bench.online.contains(&1) && bench.online.contains(&2) {
            return;
        }
    }
    panic!("boards online: {:?}; outcomes: {:?}", bench.online, bench.outcomes);
}
