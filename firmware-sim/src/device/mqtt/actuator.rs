//! A barrier with its light and its sign that obeys commands of Kakou's own form.
//! Promises: a command is obeyed once, however often it is delivered, and never out of the broker's memory; each one is
//! answered, refusals with their reason; the position is told by the limit switches, whenever it changes.
//! Source: `contract` section 4; fault list, E2.

use super::Publish;
use crate::device::barrier::{self, Barrier, Movement};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use protocols::contract::UtcMillis;
use protocols::mqtt::kakou::{Answer, Command, EventId, Order, Payload, Position, State};
use protocols::mqtt::topic::Address;
use protocols::mqtt::{Message, PAYLOAD_MAX};
use protocols::tick::Tick;

/// How many commands it remembers.
const MEMORY: usize = 64;

/// What the light shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Stop.
    Red,
    /// Go.
    Green,
}

/// 栏杆机: one barrier on the broker.
#[derive(Clone, Debug)]
pub struct Actuator {
    address: Address,
    barrier: Barrier,
    light: Light,
    text: Box<str>,
    obeyed: VecDeque<EventId>,
    answer: Option<Answer>,
    told: Option<Position>,
    done: VecDeque<(Tick, Movement)>,
    /// It hears and says nothing.
    silent: bool,
}

impl Actuator {
    /// A closed barrier with a red light.
    #[must_use]
    pub fn new(address: Address, barrier: Barrier) -> Self {
        Self {
            address,
            barrier,
            light: Light::Red,
            text: Box::from(""),
            obeyed: VecDeque::new(),
            answer: None,
            told: None,
            done: VecDeque::new(),
            silent: false,
        }
    }

    /// The arm, to force it, or to make it stuck or slow.
    pub const fn barrier_mut(&mut self) -> &mut Barrier {
        &mut self.barrier
    }

    /// What the light shows.
    #[must_use]
    pub const fn light(&self) -> Light {
        self.light
    }

    /// What the sign shows.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Makes it hear and say nothing, or lets it speak again.
    pub const fn set_silent(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// A message came on its topic for commands.
    pub fn hear(&mut self, message: &Message<'_>, now: Tick, wall: UtcMillis) -> Vec<Publish> {
        if self.silent {
            return Vec::new();
        }
        match Payload::take(message, PAYLOAD_MAX) {
            Ok((topic, Payload::Command(command))) if topic.address == self.address => {
                self.obey(command, now);
                self.told = None;
                self.poll(now, wall)
            }
            _ => Vec::new(),
        }
    }

    /// Tells its position when that has changed.
    pub fn poll(&mut self, now: Tick, wall: UtcMillis) -> Vec<Publish> {
        let position = self.position(now);
        if self.silent || self.told == Some(position) {
            return Vec::new();
        }
        self.told = Some(position);
        let state = State { position, answer: self.answer.clone(), at: wall };
        Vec::from([Publish::ours(&self.address, &Payload::State(state))])
    }

    /// The next thing that the arm did until `now`; call until `None`.
    pub fn next_movement(&mut self, now: Tick) -> Option<(Tick, Movement)> {
        self.settle(now);
        self.done.pop_front()
    }

    /// When the arm reaches a limit next.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        self.barrier.wake()
    }

    fn obey(&mut self, Command { id, order }: Command, now: Tick) {
        if self.obeyed.contains(&id) {
            return;
        }
        if self.obeyed.len() >= MEMORY {
            self.obeyed.pop_front();
        }
        self.obeyed.push_back(id.clone());
        let refused = match order {
            Order::Raise => self.moved(barrier::Command::Open, now),
            Order::Lower => self.moved(barrier::Command::Close, now),
            Order::Red => self.lit(Light::Red),
            Order::Green => self.lit(Light::Green),
            Order::Text(text) => {
                self.text = text;
                None
            }
        };
        self.answer = Some(Answer { id, done: refused.is_none(), why: refused.map(Box::from) });
    }

    fn lit(&mut self, light: Light) -> Option<&'static str> {
        self.light = light;
        None
    }

    /// Commands the arm; why it did not obey.
    fn moved(&mut self, command: barrier::Command, now: Tick) -> Option<&'static str> {
        // What it did before is not about this command.
        self.settle(now);
        let before = self.done.len();
        self.barrier.command(command, now);
        self.settle(now);
        self.done.iter().skip(before).find_map(|(_, movement)| match movement {
            Movement::CloseRefused => Some("a vehicle is under the arm"),
            Movement::Ignored => Some("the arm is stuck"),
            _ => None,
        })
    }

    /// Notes what the arm did until `now`. Nobody may ask for it, so the oldest of too many go first.
    fn settle(&mut self, now: Tick) {
        while let Some(movement) = self.barrier.advance(now) {
            self.done.push_back(movement);
        }
        let most = self.done.len().saturating_sub(MEMORY);
        self.done.drain(..most);
    }

    fn position(&self, now: Tick) -> Position {
        match (self.barrier.open_limit(now), self.barrier.closed_limit(now)) {
            (true, false) => Position::Open,
            (false, true) => Position::Closed,
            (false, false) => Position::Between,
            (true, true) => Position::Unknown,
        }
    }
}
