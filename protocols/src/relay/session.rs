//! 主站会话: the one master of a serial segment or of a TCP connection, asking one board at a time.
//! Promises: one request outstanding; commands before polls; an answer counts only when it fits its request; after a
//! time-out on a serial line the same board is left alone for another; inputs are `InputsUnknown` when the last answer is
//! older than a second; a pulse is sent once, and on TCP none is delivered after its time-out was told; a barrier closes only
//! behind a fresh sample that whoever drives the session has heard (fault D6).
//! Law: after each `handle`, `poll` until `Wait` or `HangUp`. `Flush` before a `Send`: discard what the system has buffered.
//! Absent: the port; what tells answers apart (`line`); broadcast, since boards disagree on who answers it.
//! Source: Modbus over serial line V1.02, 2.5; Modbus messaging on TCP/IP implementation guide V1.0b.

use super::command::{Act, CommandId, Failure, Next, Owner, Running};
use super::exchange::{Counters, HangUp, Input, Output, QUEUE, RESERVE_MAX, RelayEvent, Timing};
use super::line::{Asked, Line, SerialLine, TcpLine, Verdict};
use super::slave::{Link, Slave, SlaveConfig};
use super::wire::{Exception, Request, Response};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

/// Longest pause that a slow board makes for the others; with it, its inputs are still asked for within a second.
const OTHERS_MAX: Duration = Duration::from_millis(500);
/// Pause after a board refused to be read, or a release failed.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug)]
enum Job {
    Poll,
    Command(Running),
}

/// A request that is out, and why.
#[derive(Debug)]
struct Exchange {
    job: Job,
    slave: usize,
    request: Request,
    sent: Tick,
}

/// The master of one bus.
#[derive(Debug)]
pub struct Session {
    slaves: Vec<Slave>,
    commands: VecDeque<Running>,
    line: Line,
    exchange: Option<Exchange>,
    reserved: Tick,
    outputs: VecDeque<Output>,
    wake: Option<Tick>,
    /// It has told `HangUp`, and does nothing any more.
    over: bool,
    counters: Counters,
}

impl Session {
    /// A session on a serial line that has not yet asked anything; `Deadline` starts it.
    #[must_use]
    pub fn new(timing: Timing, slaves: Vec<SlaveConfig>) -> Self {
        Self::on(Line::Serial(SerialLine::new(timing)), slaves)
    }

    /// A session on a TCP connection that was just opened; `Deadline` starts it.
    #[must_use]
    pub fn over_tcp(slaves: Vec<SlaveConfig>) -> Self {
        Self::on(Line::Tcp(TcpLine::default()), slaves)
    }

    fn on(line: Line, slaves: Vec<SlaveConfig>) -> Self {
        Self {
            slaves: slaves.into_iter().map(Slave::new).collect(),
            commands: VecDeque::new(),
            line,
            exchange: None,
            reserved: Tick::default(),
            outputs: VecDeque::new(),
            wake: Some(Tick::default()),
            over: false,
            counters: Counters::default(),
        }
    }

    /// Takes one input; then `poll` until `Wait` or `HangUp`.
    pub fn handle(&mut self, input: Input<'_>, now: Tick) {
        match input {
            Input::Command { id, .. } if self.over => {
                self.tell(RelayEvent::CommandFailed { id, why: Failure::Offline });
            }
            _ if self.over => {}
            Input::Bytes(bytes) => {
                let verdict = self.line.receive(bytes, now, &mut self.counters);
                self.conclude(verdict, now);
            }
            Input::Command { id, unit, act } => self.enqueue(id, unit, act, now),
            Input::Withdraw(ids) => {
                self.withdraw(|command| matches!(command.owner, Owner::Lane(id) if ids.contains(&id)), now)
            }
            Input::Reserve { until } => self.reserved = until.min(now + RESERVE_MAX),
            Input::Deadline => {}
        }
        if !self.over {
            self.advance(now);
        }
        self.wake = if self.over { None } else { self.next_wake(now) };
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

    /// The request that is out, and its board.
    #[must_use]
    pub fn asked(&self) -> Option<(u8, &Request)> {
        let exchange = self.exchange.as_ref()?;
        Some((self.slaves.get(exchange.slave)?.unit(), &exchange.request))
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
                Running::plan(id, index, &slave.config.board, act, now).ok_or(Failure::NotPossible)
            }
            None => Err(Failure::NotPossible),
        };
        match planned {
            Ok(command) => {
                // A close that waits for its sample is overtaken, and would come down behind the raise.
                self.withdraw(|other| command.supersedes(other), now);
                self.commands.push_back(command);
            }
            Err(why) => self.tell(RelayEvent::CommandFailed { id, why }),
        }
    }

    /// Ends such commands before their next step, also one that is under way; `expire_commands` tells it.
    fn withdraw(&mut self, which: impl Fn(&Running) -> bool, now: Tick) {
        let under_way = match &mut self.exchange {
            Some(Exchange { job: Job::Command(command), .. }) => Some(command),
            Some(Exchange { job: Job::Poll, .. }) | None => None,
        };
        for command in self.commands.iter_mut().chain(under_way) {
            if which(command) {
                command.withdraw(now);
            }
        }
    }

    fn conclude(&mut self, verdict: Option<Verdict>, now: Tick) {
        match verdict {
            None => {}
            Some(Verdict::Answer(Response::Exception(Exception::TARGET_SILENT))) => {
                self.counters.timeouts += 1;
                self.give_up(now, now);
            }
            Some(Verdict::Answer(response)) => {
                if let Some(exchange) = self.exchange.take() {
                    self.answered(exchange, &response, now);
                }
            }
            Some(Verdict::Missed { late_until, silent }) => {
                let pulsed = matches!(&self.exchange, Some(Exchange { job: Job::Command(command), .. }) if command.pulses());
                self.give_up(late_until, now);
                if silent && self.line.is_connection() {
                    self.distrust(pulsed);
                }
            }
            Some(Verdict::Broken) => self.hang_up(HangUp::Malformed),
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
        slave.told = now;
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
            self.line.forget();
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
        let verdict = self.line.expire(now, &mut self.counters);
        self.conclude(verdict, now);
        self.expire_commands(now);
        for index in 0..self.slaves.len() {
            self.expire_inputs(index, now);
        }
        if !self.over && self.line.free_from().is_some_and(|from| now >= from) {
            self.start(now);
        }
    }

    /// Ends an exchange without a valid answer. Until `late_until` one may come, and would be taken for the answer to the
    /// board's next request.
    fn give_up(&mut self, late_until: Tick, now: Tick) {
        let Some(exchange) = self.exchange.take() else { return };
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

    /// A connection on which a request was not answered may be dead, and deliver it when it lives again.
    fn distrust(&mut self, pulsed: bool) {
        if pulsed {
            self.hang_up(HangUp::Unanswered);
        } else if self.slaves.iter().all(|slave| matches!(slave.link, Link::Offline { .. })) {
            self.hang_up(HangUp::Silent);
        }
    }

    /// Ends the session: what the lane waits for is told as not done, or as unknown where it was sent.
    fn hang_up(&mut self, why: HangUp) {
        if let Some(Exchange { job: Job::Command(command), slave, .. }) = self.exchange.take()
            && let (Owner::Lane(id), Some(slave)) = (command.owner, self.slaves.get(slave))
        {
            let why = match command.missed(slave) {
                Next::Failed(_, why) => why,
                Next::Step(_) | Next::Done(_) => Failure::Unanswered,
            };
            self.tell(RelayEvent::CommandFailed { id, why });
        }
        for command in core::mem::take(&mut self.commands) {
            if let Owner::Lane(id) = command.owner {
                self.tell(RelayEvent::CommandFailed { id, why: command.abandoned() });
            }
        }
        self.outputs.push_back(Output::HangUp(why));
        self.over = true;
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
            self.commands.iter().position(|command| self.runnable(command, now).is_some_and(|at| at <= now))
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

    /// When a command may run, if its board lets it. A close lets others pass until a poll has gone before it.
    fn runnable(&self, command: &Running, now: Tick) -> Option<Tick> {
        let slave = self.slaves.get(command.slave).filter(|slave| slave.ready())?;
        let from = if command.closes().is_some() { slave.closes_from(now)? } else { Tick::default() };
        Some(command.not_before.max(slave.quarantine).max(from))
    }

    fn send(&mut self, job: Job, slave: usize, request: Request, now: Tick) {
        let Some((unit, timeout)) =
            self.slaves.get(slave).map(|slave| (slave.unit(), slave.config.response_timeout))
        else {
            return;
        };
        self.counters.requests += 1;
        let asked = Asked { unit, request: request.clone(), sent: now, due: now + timeout };
        self.line.ask(asked, &mut self.outputs);
        self.exchange = Some(Exchange { job, slave, request, sent: now });
    }

    fn next_wake(&self, now: Tick) -> Option<Tick> {
        let line = match self.line.free_from() {
            None => self.line.wake(),
            Some(from) => {
                let commands = self.commands.iter().filter_map(|command| self.runnable(command, now));
                let polls = self.slaves.iter().map(|slave| slave.poll_due().max(self.reserved));
                commands.chain(polls).min().map(|at| at.max(from))
            }
        };
        let lane = self.commands.iter().filter(|command| matches!(command.owner, Owner::Lane(_)));
        let inputs = self.slaves.iter().filter_map(Slave::inputs_expire);
        line.into_iter().chain(lane.map(|command| command.expires)).chain(inputs).min()
    }
}
