//! 现场总线驱动: the one owner of a Modbus port or connection, between its boards and their lanes.
//! Promises: an order goes out as soon as the bus is free; a raise's pulse is written at most once; a close that waits is
//! taken back when the space below the arm is no longer known to be free (fault D6); after a loss of the port all inputs are
//! unknown and the relays are read before anything is driven; a barrier relay found energised by nobody is released; one
//! board's fault does not stop the others (fault D7).
//! Absent: the conversation (`protocols::relay::session`); spawning (`app`).
//! Reading order: here the loop, then `orders` and `events`; `played` does again what a capture tells.
//! Source: rules of the bus in `protocols::relay`; design promise 1.

mod events;
mod orders;
mod played;

use std::{collections::HashMap, sync::Arc, time::Duration};

use protocols::{
    contract::RaiseOutcome,
    relay::{
        board::Coil,
        exchange::{Counters, Input, Output, Timing},
        session::Session,
        wire::Request,
    },
    tick::Tick,
};
use tokio::sync::mpsc;
use tracing::debug;

use super::{
    barrier::{Barrier, BarrierFault, Done, ORDERS, Order},
    boards::BoardState,
    line::{Line, LineEvent, sleep_until},
    link::LaneLink,
    loops::Sensors,
    raise::Raise,
};
use crate::{
    capture::Tap,
    clock::Clock,
    config::{BoardConfig, PortSettings},
    fail_point::fail_point,
    lane::{self, Light},
    panel::Metrics,
};

/// How one lane hangs on a board of the bus.
#[derive(Clone, Debug)]
pub struct LaneWiring {
    /// Name of its board.
    pub device: Box<str>,
    /// Added to the board's relays.
    pub coil_offset: u16,
    /// Added to the board's inputs.
    pub input_offset: u16,
    /// The open limit must be reached within it.
    pub arm_travel: Duration,
    /// The lane.
    pub link: LaneLink,
}

struct LaneState {
    wiring: LaneWiring,
    board: usize,
    sensors: Sensors,
    raise: Option<Raise>,
    /// What the light shall show, told again to a board that was away.
    light: Option<Light>,
}

/// Who waits for the outcome of a command.
enum Purpose {
    Raise(usize),
    Lower(usize, Done),
    /// Nobody; what it was, for the log.
    Quiet(&'static str),
}

/// The driver of one port with Modbus boards.
pub struct BusDriver {
    clock: Arc<dyn Clock>,
    line: Line,
    /// Times of a serial line; a connection has none.
    timing: Option<Timing>,
    boards: Vec<BoardState>,
    lanes: Vec<LaneState>,
    orders: mpsc::Receiver<Order>,
    session: Option<Session>,
    purposes: HashMap<u64, Purpose>,
    last_id: u64,
    /// The board asked last, to which the line's counters belong.
    asked: usize,
    counted: Counters,
    tap: Tap,
    /// Orders that lanes have given and the capture that is played has not come to.
    given: Vec<Order>,
}

/// A driver for the boards of one port, and a barrier for each lane in the same order. A lane whose device is none of
/// `boards` is left out of both. Ends when all barriers are dropped.
#[must_use]
pub fn bus(
    port: &PortSettings,
    boards: &[(&str, &BoardConfig)],
    lanes: Vec<LaneWiring>,
    clock: Arc<dyn Clock>,
    metrics: &Metrics,
) -> (BusDriver, Vec<Barrier>) {
    let (sender, orders) = mpsc::channel(ORDERS);
    let states = boards.iter().map(|(name, config)| BoardState::new(name, config, metrics.device(name)));
    let states: Vec<BoardState> = states.collect();
    let lanes: Vec<LaneState> = lanes
        .into_iter()
        .filter_map(|wiring| {
            let board = states.iter().position(|state| state.name == wiring.device)?;
            let sensors = Sensors::new(states.get(board)?.config.settle);
            Some(LaneState { wiring, board, sensors, raise: None, light: None })
        })
        .collect();
    let barriers = (0..lanes.len()).map(|lane| Barrier::new(lane, sender.clone())).collect();
    let counters = boards.first().map(|(name, _)| metrics.device(name)).unwrap_or_default();
    let driver = BusDriver {
        line: Line::new(port.clone(), clock.clone(), counters),
        clock,
        timing: match port {
            PortSettings::Serial(serial) => Some(Timing::at_baud(serial.baud)),
            PortSettings::Tcp(_) => None,
        },
        boards: states,
        lanes,
        orders,
        session: None,
        purposes: HashMap::new(),
        last_id: 0,
        asked: 0,
        counted: Counters::default(),
        tap: Tap::default(),
        given: Vec::new(),
    };
    (driver, barriers)
}

impl BusDriver {
    /// The same, with all that moves it told to a capture.
    #[must_use]
    pub fn captured(self, tap: Tap) -> Self {
        Self { tap, ..self }
    }

    /// Its first board, by which a capture names the bus.
    #[must_use]
    pub fn name(&self) -> &str {
        self.boards.first().map_or("", |board| &board.name)
    }

    /// Runs until every barrier handle is dropped.
    pub async fn run(mut self) {
        let mut buffer = [0; 512];
        let mut wake = None;
        loop {
            tokio::select! {
                biased;
                order = self.orders.recv() => match order {
                    Some(order) => {
                        if self.tap.is_on() {
                            self.tap.ordered(self.clock.tick(), order.told());
                        }
                        self.order(order);
                    }
                    None => return,
                },
                event = self.line.next(&mut buffer) => self.line_event(event, &buffer),
                () = sleep_until(&*self.clock, wake) => self.woken(),
            }
            wake = self.settle().await;
        }
    }

    fn woken(&mut self) {
        let now = self.clock.tick();
        self.tap.woke(now);
        self.feed_at(Input::Deadline, now);
    }

    /// Does what is due, and tells lanes what has changed; returns when there is something to do again.
    async fn settle(&mut self) -> Option<Tick> {
        self.overdue();
        let session = self.pump().await;
        let raises = self.lanes.iter().filter_map(|lane| lane.raise.as_ref().map(|raise| raise.deadline));
        let wake = raises.chain(session).min();
        self.tell();
        wake
    }

    fn feed(&mut self, input: Input<'_>) {
        self.feed_at(input, self.clock.tick());
    }

    fn feed_at(&mut self, input: Input<'_>, now: Tick) {
        if let Some(session) = &mut self.session {
            session.handle(input, now);
        }
    }

    fn line_event(&mut self, event: LineEvent, buffer: &[u8]) {
        let now = self.clock.tick();
        match event {
            LineEvent::Opened => {
                self.tap.opened(now);
                // A fresh session reads the relays before it drives any.
                let slaves = self.boards.iter().map(BoardState::slave).collect();
                self.session = Some(match self.timing {
                    Some(timing) => Session::new(timing, slaves),
                    None => Session::over_tcp(slaves),
                });
                self.counted = Counters::default();
                self.feed_at(Input::Deadline, now);
            }
            LineEvent::Bytes(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                self.tap.said(now, bytes);
                self.feed_at(Input::Bytes(bytes), now);
            }
            LineEvent::Lost(why) | LineEvent::NotThere(why) => {
                self.tap.lost(now, &why);
                self.port_lost(&why);
            }
        }
    }

    fn port_lost(&mut self, why: &str) {
        self.session = None;
        self.boards.iter_mut().for_each(|board| board.lost(why));
        self.lanes.iter_mut().for_each(|lane| lane.sensors.unknown());
        for (_, purpose) in std::mem::take(&mut self.purposes) {
            match purpose {
                Purpose::Lower(_, answer) => drop(answer.send(Err(BarrierFault::Offline))),
                Purpose::Raise(_) | Purpose::Quiet(_) => {}
            }
        }
        for lane in 0..self.lanes.len() {
            if self.lanes.get(lane).and_then(|state| state.raise.as_ref()).is_some_and(Raise::waits) {
                self.finish(lane, RaiseOutcome::TimedOut);
            }
        }
    }

    /// Does what the session asks until it waits; returns until when.
    async fn pump(&mut self) -> Option<Tick> {
        loop {
            match self.session.as_mut()?.poll() {
                Output::Flush => {
                    self.line.discard();
                }
                Output::Send(frame) => self.send(&frame).await,
                Output::Event(event) => self.heard(event),
                Output::HangUp(why) => {
                    self.count();
                    if let LineEvent::Lost(why) = self.line.lost(why) {
                        self.port_lost(&why);
                    }
                }
                Output::Wait(until) => {
                    self.count();
                    return until;
                }
            }
        }
    }

    async fn send(&mut self, frame: &[u8]) {
        self.count();
        let asked = self.session.as_ref().and_then(Session::asked);
        let Some((unit, request)) = asked.map(|(unit, request)| (unit, request.clone())) else { return };
        self.asked = self.boards.iter().position(|board| board.board.unit == unit).unwrap_or_default();
        let raising = self.raising(unit, &request);
        if raising.is_some() {
            fail_point("barrier.before_pulse");
        }
        if let Some(raise) = raising.and_then(|lane| self.lanes.get_mut(lane)?.raise.as_mut()) {
            raise.write(self.clock.tick());
        }
        let written = self.line.write(frame).await;
        if let Request::WriteCoil { address, value } = request {
            let at = self.clock.tick().as_micros();
            debug!(mono_us = at, unit, address, value, raise = raising.is_some(), "coil request written");
        }
        if raising.is_some() {
            fail_point("barrier.after_pulse");
        }
        if let Err(error) = written
            && let LineEvent::Lost(why) = self.line.lost(error)
        {
            self.tap.lost(self.clock.tick(), &why);
            self.port_lost(&why);
        }
    }

    /// The lane whose waiting raise this request is.
    fn raising(&self, unit: u8, request: &Request) -> Option<usize> {
        let Request::WriteCoil { address, value } = request else { return None };
        self.lanes.iter().position(|state| {
            let relay = self
                .boards
                .get(state.board)
                .filter(|board| board.board.unit == unit)
                .and_then(|board| board.board.relay_in(Coil::BarrierOpen, state.wiring.coil_offset));
            let pulse = relay.is_some_and(|relay| *value != 0 && address % 0x0100 == relay);
            pulse && state.raise.as_ref().is_some_and(Raise::waits)
        })
    }

    fn board_mut(&mut self, unit: u8) -> Option<&mut BoardState> {
        self.boards.iter_mut().find(|board| board.board.unit == unit)
    }

    fn count(&mut self) {
        let Some(now) = self.session.as_ref().map(Session::counters) else { return };
        let before = std::mem::replace(&mut self.counted, now);
        if let Some(board) = self.boards.get(self.asked) {
            board.count(before, now);
        }
    }

    /// Tells every lane what has changed.
    fn tell(&mut self) {
        for (place, board) in self.boards.iter_mut().enumerate() {
            let links: Vec<&LaneLink> =
                self.lanes.iter().filter(|lane| lane.board == place).map(|lane| &lane.wiring.link).collect();
            board.told.spread(&board.name, links.into_iter(), |online| Some(lane::Input::Barrier { online }));
        }
        for state in &mut self.lanes {
            state.sensors.tell(&state.wiring.link);
        }
    }
}
