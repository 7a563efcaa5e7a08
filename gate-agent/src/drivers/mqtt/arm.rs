//! 栏杆机 over the broker: one lane's barrier, light and loops, each a device of our own form.
//! Promises: a raise is published once, by the proof of its commit, never kept and never repeated; it is `Raised` only by a state that
//! answers this very command and says that the arm is open; what a silent or distant device said last is not believed; an arm is
//! lowered only onto space known to be free, and what would lower it later goes with its connection (fault D6).
//! Absent: the connection; passages (`lane`).
//! Source: `contract` sections 3 and 4; rules of the bus (an acceptance is no movement), in `protocols::relay`.

use std::time::Duration;

use protocols::{
    contract::RaiseOutcome,
    mqtt::{
        kakou::{Command, EventId, Order as Act, Payload, Position, State},
        topic::{Address, Channel},
    },
    relay::command::CommandId,
    tick::Tick,
};
use tokio::sync::oneshot;
use tracing::{debug, warn};
use uuid::Uuid;

use super::connection::{Connection, EXPIRY_S, LOWER_EXPIRY_S};
use crate::{
    drivers::{
        barrier::{BarrierFault, Done},
        link::{LaneLink, Told},
        loops::Sensors,
        raise::Raise,
    },
    fail_point::fail_point,
    journal::Committed,
    lane::{Arm, Input, Light, LoopPlace},
};

/// Longest wait for the answer to a command that lowers: the device obeys it within its expiry or never hears of it, and has as long
/// again to tell.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How one lane's barrier and loops are wired.
#[derive(Clone, Debug)]
pub struct ArmWiring {
    /// The device that obeys commands.
    pub barrier: Box<str>,
    /// Where it hears them.
    pub address: Address,
    /// What senses the lane's vehicles.
    pub loops: Vec<(LoopPlace, Box<str>)>,
    /// A loop is free only after staying free so long.
    pub settle: Duration,
    /// The arm must be open within it.
    pub arm_travel: Duration,
    /// The lane.
    pub link: LaneLink,
}

/// A command to lower the arm that its device has not answered.
struct Lowering {
    id: EventId,
    answer: Done,
    until: Tick,
    /// By which the connection knows whether the broker has taken it.
    number: u64,
}

/// One lane's barrier.
pub(super) struct MqttArm {
    pub(super) wiring: ArmWiring,
    sensors: Sensors,
    /// Where its device last said that the arm is; believed only while the device is there.
    position: Arm,
    raise: Option<(EventId, Raise)>,
    lowering: Vec<Lowering>,
    /// What the light shall show, told again to a device that was away.
    light: Option<Light>,
    is_online: bool,
    told: Told,
}

impl MqttArm {
    pub(super) fn new(wiring: ArmWiring) -> Self {
        let sensors = Sensors::new(wiring.settle);
        Self {
            wiring,
            sensors,
            position: Arm::Unknown,
            raise: None,
            lowering: Vec::new(),
            light: None,
            is_online: false,
            told: Told::default(),
        }
    }

    /// Uses the proof up: the command goes to the broker now, or never.
    pub(super) fn raise(
        &mut self,
        id: EventId,
        proof: Committed,
        answer: oneshot::Sender<RaiseOutcome>,
        connection: &mut Connection,
        now: Tick,
    ) {
        if self.raise.is_some() || !self.is_online {
            // Nothing was sent, and nothing will be.
            Raise::new(CommandId(0), proof, answer, now, Duration::ZERO).finish(RaiseOutcome::TimedOut);
            return;
        }
        let mut raise = Raise::new(CommandId(0), proof, answer, now, self.wiring.arm_travel);
        fail_point("barrier.before_pulse");
        raise.write(now);
        let sent = self.command(&id, Act::Raise, connection).is_some();
        fail_point("barrier.after_pulse");
        if sent {
            self.raise = Some((id, raise));
        } else {
            raise.finish(RaiseOutcome::TimedOut);
        }
    }

    pub(super) fn lower(&mut self, id: EventId, answer: Done, connection: &mut Connection, now: Tick) {
        let fault = if !self.is_online {
            Some(BarrierFault::Offline)
        } else if self.raise.is_some() {
            Some(BarrierFault::Raising)
        } else if !self.is_clear() {
            Some(BarrierFault::Obstructed)
        } else {
            None
        };
        if let Some(fault) = fault {
            let _ = answer.send(Err(fault));
            return;
        }
        match self.command(&id, Act::Lower, connection) {
            Some(number) => {
                self.lowering.push(Lowering { id, answer, until: now + ANSWER_WITHIN, number });
            }
            None => drop(answer.send(Err(BarrierFault::Offline))),
        }
    }

    /// Whether nothing is under the arm, or nothing is wired to know it.
    fn is_clear(&self) -> bool {
        let has_safety = self.wiring.loops.iter().any(|(place, _)| *place == LoopPlace::Safety);
        !has_safety || self.sensors.is_free(LoopPlace::Safety)
    }

    pub(super) const fn is_raising(&self) -> bool {
        self.raise.is_some()
    }

    /// Whether a command to lower it must not go out any more, although the broker may still be without it: it has become old, or
    /// something may be under the arm by now.
    pub(super) fn wants_back(&self, connection: &Connection, now: Tick) -> bool {
        let mut unsent = self.lowering.iter().filter(|one| connection.is_on_the_way(one.number));
        unsent.any(|one| now >= one.until || !self.is_clear())
    }

    pub(super) fn light(&mut self, light: Light, connection: &mut Connection) {
        self.light = Some(light);
        self.show_light(connection);
    }

    /// What a device of this lane told; the device says which one it is by its name.
    pub(super) fn looped(&mut self, device: &str, occupied: Option<bool>, now: Tick) {
        let its = self.wiring.loops.iter().filter(|(_, name)| **name == *device);
        for place in its.map(|(place, _)| *place).collect::<Vec<_>>() {
            self.sensors.place(place, occupied, now);
        }
    }

    /// Its barrier answered, or told where it is.
    pub(super) fn state(&mut self, state: &State) {
        self.position = match state.position {
            Position::Open => Arm::Open,
            Position::Closed => Arm::Closed,
            Position::Between => Arm::Between,
            Position::Unknown => Arm::Unknown,
        };
        let Some(answer) = &state.answer else { return };
        if let Some(at) = self.lowering.iter().position(|one| one.id == answer.id) {
            let one = self.lowering.swap_remove(at);
            let _ = one.answer.send(if answer.done { Ok(()) } else { Err(BarrierFault::Refused) });
        }
        if self.raise.as_ref().is_some_and(|(id, _)| *id == answer.id) {
            match (answer.done, state.position) {
                (false, _) => {
                    let why = answer.why.as_deref().unwrap_or("without a reason");
                    warn!(device.name = %self.wiring.barrier, "{} refuses to rise: {why}", self.wiring.barrier);
                    self.finish(RaiseOutcome::Refused);
                }
                (true, Position::Open) => self.finish(RaiseOutcome::Raised),
                // Accepted is not open: the limit is awaited.
                (true, Position::Closed | Position::Between | Position::Unknown) => {}
            }
        }
    }

    /// Its barrier's device works, or no longer: then nobody knows where the arm is.
    pub(super) fn presence(&mut self, online: bool, why: &str, connection: &mut Connection) {
        let came = online && !self.is_online;
        self.is_online = online;
        self.told.set(online, why);
        if !online {
            self.position = Arm::Unknown;
        }
        if came {
            self.show_light(connection);
        }
    }

    /// When something is over: a raise, an answer, a loop that settles.
    pub(super) fn wake(&self) -> Option<Tick> {
        let raise = self.raise.as_ref().map(|(_, raise)| raise.deadline);
        let answers = self.lowering.iter().map(|one| one.until);
        raise.into_iter().chain(answers).chain(self.sensors.wake()).min()
    }

    /// Ends what is overdue. True when a raise is: what the broker has not acknowledged by then must not go out later.
    pub(super) fn overdue(&mut self, now: Tick) -> bool {
        self.sensors.settle(now);
        for one in self.lowering.extract_if(.., |one| now >= one.until) {
            let _ = one.answer.send(Err(BarrierFault::Unconfirmed));
        }
        let is_over = self.raise.as_ref().is_some_and(|(_, raise)| now >= raise.deadline);
        if is_over {
            self.finish(RaiseOutcome::TimedOut);
        }
        is_over
    }

    pub(super) fn spread(&mut self) {
        let also = |online| Some(Input::Barrier { online });
        self.told.spread(&self.wiring.barrier, std::iter::once(&self.wiring.link), also);
        self.sensors.arm_is(if self.is_online { self.position } else { Arm::Unknown });
        self.sensors.tell(&self.wiring.link);
    }

    fn finish(&mut self, outcome: RaiseOutcome) {
        let Some((_, raise)) = self.raise.take() else { return };
        debug!(record = raise.record(), "raise ends as {outcome:?}");
        raise.finish(outcome);
    }

    fn show_light(&self, connection: &mut Connection) {
        let act = match self.light {
            Some(Light::Red) => Act::Red,
            Some(Light::Green) => Act::Green,
            None => return,
        };
        if self.is_online && self.command(&new_id(), act, connection).is_none() {
            warn!(device.name = %self.wiring.barrier, "the light of {} stays as it is", self.wiring.barrier);
        }
    }

    fn command(&self, id: &EventId, order: Act, connection: &mut Connection) -> Option<u64> {
        let expiry_s = if order == Act::Lower { LOWER_EXPIRY_S } else { EXPIRY_S };
        let topic = self.wiring.address.topic(Channel::Command).to_string();
        let payload = Payload::Command(Command { id: id.clone(), order });
        connection.command(topic, payload.to_bytes(), expiry_s)
    }
}

pub(super) fn new_id() -> EventId {
    EventId::from_bits(Uuid::new_v4().as_u128())
}
