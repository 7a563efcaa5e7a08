//! 主站会话: the one master of an RS-485 segment, asking one board at a time.
//! Promises: one request outstanding; commands before polls; an answer counts only when address, function, byte count
//! and CRC fit, and no byte is shifted to find one; after a time-out the same board is left alone for another; inputs
//! are `InputsUnknown` when the last answer is older than a second; a pulse is sent once.
//! Law: after each `handle`, `poll` until `Wait`. `Flush` before a `Send`: discard what the system has buffered.
//! Absent: the port; broadcast, since boards disagree on who answers it.
//! Source: Modbus over serial line V1.02, 2.5; `slowtec/tokio-modbus` issues 60 and 180 for what boards do in fact.

use super::command::{Act, CommandId, Failure, Next, Owner, Running};
use super::exchange::{COMMAND_WAIT, Counters, Input, Output, QUEUE, RESERVE_MAX, RelayEvent, Timing};
use super::slave::{Link, Slave, SlaveConfig};
use super::wire::{FRAME_MAX, Mismatch, Request, Response};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

/// How long to wait for silence on a line that will not be silent.
const PATIENCE: Duration = Duration::from_millis(60);
/// Longest pause that a slow board makes for the others; with it, its inputs are still asked for within a second.
const OTHERS_MAX: Duration = Duration::from_millis(500);
/// Pause after a board refused to be read, or a release failed.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    Unknown,
    Present,
    Absent,
}

#[derive(Debug)]
enum Job {
    Poll,
    Command(Running),
}

#[derive(Debug)]
struct Exchange {
    job: Job,
    slave: usize,
    request: Request,
    frame: Vec<u8>,
    sent: Tick,
    due: Tick,
    got: Vec<u8>,
}

#[derive(Debug)]
enum Line {
    /// Free from `from` on; strays push that back, `patience` at most.
    Idle { from: Tick, patience: Tick },
    /// A request is out. `last`: when the latest byte of the answer came.
    Waiting { exchange: Exchange, last: Option<Tick> },
    /// The answer cannot be one: wait for silence.
    Draining { exchange: Exchange, until: Tick, patience: Tick, late_until: Tick },
}

/// The master of one bus.
#[derive(Debug)]
pub struct Session {
    timing: Timing,
    slaves: Vec<Slave>,
    commands: VecDeque<Running>,
    line: Line,
    echo: Echo,
    reserved: Tick,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    counters: Counters,
}

impl Session {
    /// A session that has not yet asked anything; `Deadline` starts it.
    #[must_use]
    pub fn new(timing: Timing, slaves: Vec<SlaveConfig>) -> Self {
        Self {
            timing,
            slaves: slaves.into_iter().map(Slave::new).collect(),
            commands: VecDeque::new(),
            line: Line::Idle { from: Tick::default(), patience: Tick::default() },
            echo: Echo::Unknown,
            reserved: Tick::default(),
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            counters: Counters::default(),
        }
    }

    /// Takes one input; then `poll` until `Wait`.
    pub fn handle(&mut self, input: Input<'_>, now: Tick) {
        match input {
            Input::Bytes(bytes) => self.receive(bytes, now),
            Input::Command { id, unit, act } => self.enqueue(id, unit, act, now),
            Input::Reserve { until } => self.reserved = until.min(now + RESERVE_MAX),
            Input::Deadline => {}
        }
        self.advance(now);
        self.wake = self.next_wake();
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(self.wake))
    }

    /// What went over the line so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn tell(&mut self, event: RelayEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn enqueue(&mut self, id: CommandId, unit: u8, act: Act, now: Tick) {
        let found = self.slaves.iter().enumerate().find(|(_, slave)| slave.unit() == unit);
        let planned = match found {
            _ if self.commands.len() >= QUEUE => Err(Failure::QueueFull),
            Some((_, slave)) if slave.link != Link::Online => Err(Failure::Offline),
            Some((index, slave)) => {
                let expires = now + COMMAND_WAIT;
                Running::plan(id, index, &slave.config.board, act, expires).ok_or(Failure::NotPossible)
            }
            None => Err(Failure::NotPossible),
        };
        match planned {
            Ok(command) => self.commands.push_back(command),
            Err(why) => self.tell(RelayEvent::CommandFailed { id, why }),
        }
    }

    fn receive(&mut self, bytes: &[u8], now: Tick) {
        let inter_char = self.timing.inter_char;
        match &mut self.line {
            Line::Idle { from, patience } => {
                self.counters.stray_bytes += bytes.len() as u64;
                if now >= *from + self.timing.quiet {
                    *patience = now + PATIENCE;
                }
                *from = (now + self.timing.quiet).min(*patience).max(*from);
            }
            Line::Draining { until, patience, .. } => {
                self.counters.stray_bytes += bytes.len() as u64;
                *until = (now + inter_char).min(*patience);
            }
            Line::Waiting { exchange, last } => {
                *last = Some(now);
                let room = (2 * FRAME_MAX).saturating_sub(exchange.got.len());
                exchange.got.extend(bytes.iter().take(room));
                self.judge(now);
            }
        }
    }

    /// Judges what has come of an answer.
    fn judge(&mut self, now: Tick) {
        let Line::Waiting { exchange, .. } = &self.line else { return };
        let Some(slave) = self.slaves.get(exchange.slave) else { return };
        let Some((echoed, body)) = strip_echo(self.echo, &exchange.frame, &exchange.got) else { return };
        let verdict = body.and_then(|body| Response::decode(body, slave.unit(), &exchange.request));
        if verdict == Ok(None) {
            return;
        }
        let Some(exchange) = self.end_exchange(now) else { return };
        match verdict {
            Ok(None) => {}
            Ok(Some(response)) => {
                self.counters.echoes += u64::from(echoed == Echo::Present);
                self.echo = echoed;
                self.answered(exchange, &response, now);
            }
            Err(mismatch) => {
                self.counters.missed(Some(mismatch));
                // Behind bytes that are not the board's whole answer, that answer may still come.
                let late_until = if mismatch == Mismatch::Check { now } else { exchange.due };
                let (until, patience) = (now + self.timing.inter_char, now + PATIENCE);
                self.line = Line::Draining { exchange, until, patience, late_until };
            }
        }
    }

    /// Frees the line from after the silence due, and returns the exchange that held it.
    fn end_exchange(&mut self, now: Tick) -> Option<Exchange> {
        let idle = Line::Idle { from: now + self.timing.quiet, patience: now + PATIENCE };
        match core::mem::replace(&mut self.line, idle) {
            Line::Waiting { exchange, .. } | Line::Draining { exchange, .. } => Some(exchange),
            Line::Idle { .. } => None,
        }
    }

    fn answered(&mut self, exchange: Exchange, response: &Response, now: Tick) {
        self.counters.answers += 1;
        self.counters.exceptions += u64::from(matches!(response, Response::Exception(_)));
        let Some(slave) = self.slaves.get_mut(exchange.slave) else { return };
        slave.answered();
        match exchange.job {
            Job::Poll => self.polled(exchange.slave, &exchange.request, response, exchange.sent, now),
            Job::Command(command) => {
                let next = command.answered(response, slave, now);
                self.follow(next, now);
            }
        }
    }

    fn polled(&mut self, index: usize, request: &Request, response: &Response, sent: Tick, now: Tick) {
        let alone = self.slaves.len() == 1;
        let Some(slave) = self.slaves.get_mut(index) else { return };
        let unit = slave.unit();
        // A slow board leaves the others two thirds of the line.
        let others = if alone { Duration::ZERO } else { (now.since(sent) * 2).min(OTHERS_MAX) };
        slave.next_poll = (sent + slave.config.poll_every).max(now + others);
        match (request, response) {
            (_, Response::Exception(exception)) => {
                slave.next_poll = now + REFUSED_PAUSE;
                let function = request.function();
                self.tell(RelayEvent::Refused { unit, function, exception: *exception });
                return;
            }
            (Request::ReadInputs { .. }, Response::Bits(bits)) => {
                slave.sampled = Some(sent);
                let event = RelayEvent::Inputs { unit, bits: bits.low(), at: sent };
                self.outputs.push_back(Output::Event(event));
            }
            (_, Response::Bits(bits)) => {
                slave.relays = Some(bits.low());
                if slave.config.board.inputs > 0 {
                    slave.next_poll = now;
                }
            }
            (_, Response::Words(_) | Response::Written) => {}
        }
        if slave.link != Link::Online {
            slave.link = Link::Online;
            let relays = slave.relays.unwrap_or(0);
            self.tell(RelayEvent::Online { unit, relays });
        }
    }

    fn follow(&mut self, next: Next, now: Tick) {
        match next {
            Next::Step(command) => self.commands.push_front(command),
            Next::Done(command) => match command.owner {
                Owner::Lane(id) => self.tell(RelayEvent::CommandDone { id }),
                Owner::Release { .. } => {}
                Owner::Stuck { relay } => {
                    let unit = self.slaves.get(command.slave).map_or(0, Slave::unit);
                    self.tell(RelayEvent::Released { unit, relay });
                }
            },
            Next::Failed(mut command, why) => match command.owner {
                Owner::Lane(id) => self.tell(RelayEvent::CommandFailed { id, why }),
                Owner::Release { relay } | Owner::Stuck { relay } => {
                    self.tell_stuck(&mut command);
                    self.commands.push_front(command.again(relay, now + REFUSED_PAUSE));
                }
            },
        }
    }

    fn tell_stuck(&mut self, command: &mut Running) {
        let unit = self.slaves.get(command.slave).map_or(0, Slave::unit);
        if let Some(relay) = command.untold() {
            self.tell(RelayEvent::StuckOn { unit, relay });
        }
    }

    fn go_offline(&mut self, index: usize, now: Tick) {
        let Some(slave) = self.slaves.get_mut(index) else { return };
        let unit = slave.unit();
        let known = slave.sampled.take().is_some();
        let fresh = !matches!(slave.link, Link::Offline { .. });
        slave.go_offline(now);
        if self.slaves.iter().all(|slave| slave.link != Link::Online) {
            // What was taken for an echo may have been noise, and the wrong belief would refuse every answer.
            self.echo = Echo::Unknown;
        }
        if known {
            self.tell(RelayEvent::InputsUnknown { unit });
        }
        if fresh {
            self.tell(RelayEvent::Offline { unit });
        }
        for mut command in core::mem::take(&mut self.commands) {
            match command.owner {
                _ if command.slave != index => self.commands.push_back(command),
                Owner::Lane(id) => self.tell(RelayEvent::CommandFailed { id, why: command.abandoned() }),
                Owner::Release { .. } | Owner::Stuck { .. } => {
                    self.tell_stuck(&mut command);
                    self.commands.push_back(command);
                }
            }
        }
    }

    /// Does what time has brought: ends exchanges, lets inputs grow old, starts the next request.
    fn advance(&mut self, now: Tick) {
        match &self.line {
            Line::Idle { .. } => {}
            Line::Waiting { exchange, last: None } if now >= exchange.due => {
                self.counters.missed(None);
                let late_until = exchange.due + exchange.due.since(exchange.sent);
                self.give_up(late_until, now);
            }
            Line::Waiting { exchange, last: Some(last) }
                if now >= exchange.due || now >= *last + self.timing.inter_char =>
            {
                self.counters.missed(Some(Mismatch::Short));
                let late_until = exchange.due;
                self.give_up(late_until, now);
            }
            Line::Draining { until, late_until, .. } if now >= *until => {
                let late_until = *late_until;
                self.give_up(late_until, now);
            }
            Line::Waiting { .. } | Line::Draining { .. } => {}
        }
        self.expire_commands(now);
        for index in 0..self.slaves.len() {
            self.expire_inputs(index, now);
        }
        if matches!(self.line, Line::Idle { from, .. } if now >= from) {
            self.start(now);
        }
    }

    /// Ends an exchange without a valid answer. Until `late_until` one may come, and would be taken for the answer to the
    /// board's next request.
    fn give_up(&mut self, late_until: Tick, now: Tick) {
        let Some(exchange) = self.end_exchange(now) else { return };
        let Some(slave) = self.slaves.get_mut(exchange.slave) else { return };
        slave.quarantine = slave.quarantine.max(late_until);
        let mut offline = slave.failed(now);
        if let Job::Command(command) = exchange.job {
            let next = command.missed(slave);
            offline |= matches!(next, Next::Failed(_, Failure::Unanswered));
            self.follow(next, now);
        }
        if offline {
            self.go_offline(exchange.slave, now);
        }
    }

    /// A command that could not run for long is told as failed: a barrier does not move long after its decision.
    fn expire_commands(&mut self, now: Tick) {
        for command in core::mem::take(&mut self.commands) {
            match command.owner {
                Owner::Lane(id) if now >= command.expires => {
                    self.tell(RelayEvent::CommandFailed { id, why: command.abandoned() });
                }
                Owner::Lane(_) | Owner::Release { .. } | Owner::Stuck { .. } => {
                    self.commands.push_back(command)
                }
            }
        }
    }

    fn expire_inputs(&mut self, index: usize, now: Tick) {
        let Some(slave) = self.slaves.get_mut(index) else { return };
        if slave.inputs_expire().is_some_and(|at| now >= at) {
            slave.sampled = None;
            slave.relays = None;
            let unit = slave.unit();
            self.tell(RelayEvent::InputsUnknown { unit });
        }
    }

    fn start(&mut self, now: Tick) {
        if let Some(at) =
            self.commands.iter().position(|command| self.runnable(command).is_some_and(|at| at <= now))
        {
            let Some(mut command) = self.commands.remove(at) else { return };
            let index = command.slave;
            let Some(slave) = self.slaves.get_mut(index) else { return };
            let Some((request, release)) = command.request(slave, now) else { return };
            if command.raises() {
                // The bus was kept free for this; from here on the open limit and the loops are wanted again.
                self.reserved = now;
            }
            if let Some((Owner::Release { relay }, release)) = release.map(|release| (release.owner, release))
            {
                self.commands.retain(|old| !old.frees(index, relay));
                self.commands.push_front(release);
            }
            self.send(Job::Command(command), index, request, now);
            return;
        }
        let due =
            self.slaves.iter().enumerate().filter(|(_, slave)| slave.poll_due().max(self.reserved) <= now);
        if let Some((index, slave)) = due.min_by_key(|(_, slave)| slave.poll_due()) {
            let request = slave.question();
            self.send(Job::Poll, index, request, now);
        }
    }

    /// When a command may run, if its board lets it.
    fn runnable(&self, command: &Running) -> Option<Tick> {
        let slave = self.slaves.get(command.slave).filter(|slave| slave.ready())?;
        Some(command.not_before.max(slave.quarantine))
    }

    fn send(&mut self, job: Job, slave: usize, request: Request, now: Tick) {
        let Some((unit, timeout)) =
            self.slaves.get(slave).map(|slave| (slave.unit(), slave.config.response_timeout))
        else {
            return;
        };
        let frame = request.encode(unit);
        self.counters.requests += 1;
        self.outputs.extend([Output::Flush, Output::Send(frame.clone())]);
        let exchange =
            Exchange { job, slave, request, frame, sent: now, due: now + timeout, got: Vec::new() };
        self.line = Line::Waiting { exchange, last: None };
    }

    fn next_wake(&self) -> Option<Tick> {
        let line = match &self.line {
            Line::Waiting { exchange, last } => {
                let broken_off = last.map(|last| last + self.timing.inter_char);
                Some(broken_off.map_or(exchange.due, |at| at.min(exchange.due)))
            }
            Line::Draining { until, .. } => Some(*until),
            Line::Idle { from, .. } => {
                let commands = self.commands.iter().filter_map(|command| self.runnable(command));
                let polls = self.slaves.iter().map(|slave| slave.poll_due().max(self.reserved));
                commands.chain(polls).min().map(|at| at.max(*from))
            }
        };
        let lane = self.commands.iter().filter(|command| matches!(command.owner, Owner::Lane(_)));
        let inputs = self.slaves.iter().filter_map(Slave::inputs_expire);
        line.into_iter().chain(lane.map(|command| command.expires)).chain(inputs).min()
    }
}

/// What the adapter does, and the answer behind the echo; `None` while that cannot be told yet.
fn strip_echo<'a>(echo: Echo, sent: &[u8], got: &'a [u8]) -> Option<(Echo, Result<&'a [u8], Mismatch>)> {
    match (echo, got.strip_prefix(sent)) {
        (Echo::Absent, _) => Some((Echo::Absent, Ok(got))),
        (_, Some(rest)) => Some((Echo::Present, Ok(rest))),
        (_, None) if sent.starts_with(got) => None,
        (Echo::Unknown, None) => Some((Echo::Absent, Ok(got))),
        (Echo::Present, None) => Some((Echo::Present, Err(Mismatch::Count))),
    }
}
