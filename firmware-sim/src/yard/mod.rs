//! 场站: all simulated devices, lanes, barriers and vehicles, moved on together.
//! Promises: one owner, one thread of events; whatever is due at a moment happens in one fixed order (devices,
//! barriers, vehicles), and all of it is witnessed.
//! Reading order: this file (what is moved, and the order), `lane` (one barrier with its loops), `orders` (what the
//! control socket may ask), `task` (the loop that waits).
//! Absent: sockets and files other than the witness's (`control`, `cli`).

pub mod build;
pub mod lane;
pub mod orders;
pub mod task;

use crate::board::firmware::Told;
use crate::board::slot::Slot;
use crate::device::relay::Served;
use crate::fault::Fault;
use crate::scenario::Scenario;
use crate::scenario::sign::Sign;
use crate::scenario::vehicle::{Effect, Loop, Outcome, Stage, Vehicle};
use crate::witness::{What, Witness};
use lane::Lane;
use protocols::contract::Kg;
use protocols::relay::wire::{FLASH_OFF, FLASH_ON, Request};
use protocols::tick::Tick;
use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll};

/// Ended vehicles whose end can still be asked for.
const REMEMBERED: usize = 10_000;

/// A fault that begins or ends by itself.
#[derive(Debug)]
struct Turn {
    at: Tick,
    slot: usize,
    id: u64,
    /// The fault that begins; none where it ends.
    begins: Option<Fault>,
}

/// 场站: everything that is simulated.
#[derive(Debug)]
pub struct Yard {
    /// As read; plans that come later are checked against it.
    scenario: Scenario,
    slots: Vec<Slot>,
    lanes: Vec<Lane>,
    vehicles: Vec<(u64, Vehicle)>,
    ended: VecDeque<(u64, Outcome)>,
    turns: Vec<Turn>,
    /// What the control socket put into a device's view for a while.
    leaving: Vec<(Tick, usize, Sign)>,
    witness: Witness,
    last_vehicle: u64,
    last_fault: u64,
    /// What firmware did, taken up at once; kept to spare allocations.
    told: Vec<Told>,
}

impl Yard {
    /// Waits until a gate has written something; a device whose port fails is unplugged.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut any = Poll::Pending;
        for slot in &mut self.slots {
            if let Poll::Ready(result) = slot.poll_read(cx) {
                if result.is_err() {
                    slot.unplug();
                }
                any = Poll::Ready(());
            }
        }
        any
    }

    /// Does everything that is due.
    ///
    /// # Errors
    /// The witness's file cannot be written.
    pub fn advance(&mut self, now: Tick) -> io::Result<()> {
        self.take_turns(now)?;
        for index in 0..self.slots.len() {
            self.run_slot(index, now)?;
        }
        for index in 0..self.lanes.len() {
            self.witness_arm(index, now)?;
        }
        for index in 0..self.vehicles.len() {
            self.drive(index, now)?;
        }
        for index in 0..self.lanes.len() {
            self.witness_arm(index, now)?;
            self.show_inputs(index, now);
        }
        let ended = self.vehicles.extract_if(.., |(_, vehicle)| vehicle.outcome().is_some());
        self.ended.extend(ended.filter_map(|(id, vehicle)| Some((id, vehicle.outcome()?))));
        let surplus = self.ended.len().saturating_sub(REMEMBERED);
        self.ended.drain(..surplus);
        Ok(())
    }

    /// When something is due next, if no gate writes before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let slots = self.slots.iter().filter_map(Slot::wake);
        let lanes = self.lanes.iter().filter_map(|lane| lane.barrier.wake());
        let vehicles = self.vehicles.iter().filter_map(|(_, vehicle)| vehicle.wake());
        let turns = self.turns.iter().map(|turn| turn.at);
        let leaving = self.leaving.iter().map(|(at, ..)| *at);
        slots.chain(lanes).chain(vehicles).chain(turns).chain(leaving).min()
    }

    /// How a vehicle ended; `None` while it is under way, `Some(None)` when nobody of that number is known.
    #[must_use]
    pub fn outcome(&self, id: u64) -> Option<Option<Outcome>> {
        if self.vehicles.iter().any(|(known, _)| *known == id) {
            return None;
        }
        Some(self.ended.iter().find(|(known, _)| *known == id).map(|(_, outcome)| *outcome))
    }

    fn take_turns(&mut self, now: Tick) -> io::Result<()> {
        let mut due: Vec<_> = self.turns.extract_if(.., |turn| turn.at <= now).collect();
        due.sort_by_key(|turn| turn.at);
        for Turn { at, slot, id, begins } in due {
            let Some(slot) = self.slots.get_mut(slot) else { continue };
            let event = match begins {
                Some(fault) => {
                    let event = format!("fault {id} begins: {fault:?}");
                    slot.line.faults.begin(id, fault, at);
                    event
                }
                None if slot.line.faults.end(id) => format!("fault {id} ends"),
                None => continue,
            };
            let device = slot.name.clone();
            self.witness.note(at, What::Device { device, event })?;
        }
        let leave: Vec<_> = self.leaving.extract_if(.., |(at, ..)| *at <= now).collect();
        for (at, slot, sign) in leave {
            self.show(slot, &sign, false, at)?;
        }
        Ok(())
    }

    fn run_slot(&mut self, index: usize, now: Tick) -> io::Result<()> {
        let mut told = std::mem::take(&mut self.told);
        let pulled = self.slots.get_mut(index).is_some_and(|slot| slot.run(now, &mut told));
        for did in told.drain(..) {
            self.take_up(index, did, now)?;
        }
        self.told = told;
        if let Some(slot) = self.slots.get(index).filter(|_| pulled) {
            let (device, event) = (slot.name.clone(), "unplugged".to_owned());
            self.witness.note(now, What::Device { device, event })?;
        }
        Ok(())
    }

    fn take_up(&mut self, index: usize, did: Told, now: Tick) -> io::Result<()> {
        let Some(device) = self.slots.get(index).map(|slot| slot.name.clone()) else { return Ok(()) };
        match did {
            Told::Report { what, key } => self.witness.note(now, What::Report { device, what, key }),
            Told::Outputs { served, before, after } => {
                if let Some(command) = served.and_then(|served| command(&device, &served)) {
                    self.witness.note(now, command)?;
                }
                for coil in (0..32).filter(|coil| (before ^ after) >> coil & 1 == 1) {
                    let on = after >> coil & 1 == 1;
                    let wired = self.lanes.iter_mut().find_map(|lane| {
                        let role = lane.role(index, coil)?;
                        Some((lane, role))
                    });
                    let role = wired.map(|(lane, role)| {
                        if on {
                            lane.energised(role, now);
                        }
                        format!("{} {role}", lane.name)
                    });
                    self.witness.note(now, What::Coil { device: device.clone(), coil, on, role })?;
                }
                Ok(())
            }
        }
    }

    fn witness_arm(&mut self, index: usize, now: Tick) -> io::Result<()> {
        let Some(lane) = self.lanes.get_mut(index) else { return Ok(()) };
        while let Some((at, movement)) = lane.barrier.advance(now) {
            let (name, percent) = (lane.name.clone(), lane.barrier.percent(at.max(now)));
            let movement = lane::movement_name(movement);
            self.witness.note(at, What::Arm { lane: name, movement, percent })?;
        }
        Ok(())
    }

    fn drive(&mut self, index: usize, now: Tick) -> io::Result<()> {
        let Some((_, vehicle)) = self.vehicles.get(index) else { return Ok(()) };
        let Some(at) = self.lanes.iter().position(|lane| lane.name == vehicle.plan().lane) else {
            return Ok(());
        };
        let mut others = self.vehicles.iter().enumerate().filter(|(other, _)| *other != index);
        let free =
            !others.any(|(_, (_, other))| other.is_in_lane() && other.plan().lane == vehicle.plan().lane);
        let Some(view) = self.lanes.get(at).map(|lane| lane.view(free, now)) else { return Ok(()) };
        let Some((id, vehicle)) = self.vehicles.get_mut(index) else { return Ok(()) };
        let (id, weight) = (*id, vehicle.plan().weight_kg);
        for effect in vehicle.step(view, now) {
            match effect {
                Effect::Loop(which, occupied) => {
                    self.cover(at, which, occupied, now)?;
                    if let (Loop::Approach, Some(weight)) = (which, weight) {
                        let load = self.lanes.get_mut(at).map(|lane| lane.weigh(weight, occupied));
                        self.feel(at, load.unwrap_or_default(), now)?;
                    }
                }
                Effect::Shows(sign, here) => self.show_in_lane(at, &sign, here, now)?,
                Effect::Stage(stage) => self.note_stage(id, at, stage, now)?,
            }
        }
        Ok(())
    }

    /// So much stands on the platform of a lane; `false` when the lane has none.
    fn feel(&mut self, lane: usize, kg: Kg, now: Tick) -> io::Result<bool> {
        let sensors = self.lanes.get(lane).map(|lane| lane.sensors.clone()).unwrap_or_default();
        for index in sensors {
            let Some(slot) = self.slots.get_mut(index) else { continue };
            if slot.firmware.feels(kg, now) {
                let device = slot.name.clone();
                self.witness.note(now, What::Load { device, kg })?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn note_stage(&mut self, vehicle: u64, lane: usize, stage: Stage, now: Tick) -> io::Result<()> {
        let lane = self.lanes.get(lane).map(|lane| lane.name.clone()).unwrap_or_default();
        self.witness.note(now, What::Vehicle { vehicle, lane, stage: stage.name() })
    }

    fn cover(&mut self, index: usize, which: Loop, occupied: bool, now: Tick) -> io::Result<()> {
        let Some(lane) = self.lanes.get_mut(index) else { return Ok(()) };
        let Some(changed) = lane.cover(which, occupied, now) else { return Ok(()) };
        let lane = lane.name.clone();
        self.show_inputs(index, now);
        self.witness.note(now, What::Loop { lane, which: which.name(), occupied: changed })
    }

    /// The device of the lane that sees such things sees it, or no longer.
    fn show_in_lane(&mut self, lane: usize, sign: &Sign, here: bool, now: Tick) -> io::Result<()> {
        let sensors = self.lanes.get(lane).map(|lane| lane.sensors.clone()).unwrap_or_default();
        for index in sensors {
            if self.show(index, sign, here, now)?.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Something comes into a device's view or leaves it: whether that is new; `None` when the device does not see such things.
    fn show(&mut self, slot: usize, sign: &Sign, here: bool, now: Tick) -> io::Result<Option<bool>> {
        let Some(slot) = self.slots.get_mut(slot) else { return Ok(None) };
        let changed = slot.firmware.sees(sign, here, now);
        if changed == Some(true) {
            let (device, what, key) = (slot.name.clone(), sign.what(), sign.key());
            self.witness.note(now, What::Sign { device, what, key, here })?;
        }
        Ok(changed)
    }

    /// Puts limits and loops on the board's inputs, and tells the lane's devices whether something stands on the approach loop.
    fn show_inputs(&mut self, index: usize, now: Tick) {
        let Some(lane) = self.lanes.get(index) else { return };
        if let Some(board) = self.slots.get(lane.board) {
            for (channel, level) in lane.levels(now) {
                board.firmware.set_input(channel, level);
            }
        }
        let occupied = lane.is_covered(Loop::Approach);
        for sensor in &lane.sensors {
            if let Some(slot) = self.slots.get_mut(*sensor) {
                slot.firmware.approach(occupied);
            }
        }
    }
}

/// What the witness says of a served frame; reading requests are not witnessed.
fn command(device: &str, served: &Served) -> Option<What> {
    let says = match &served.request {
        Some(Request::ReadCoils { .. } | Request::ReadInputs { .. } | Request::ReadRegisters { .. }) => {
            return None;
        }
        Some(Request::WriteCoil { address, value: 0xFF00 }) => format!("coil {address} on"),
        Some(Request::WriteCoil { address, value: 0 }) => format!("coil {address} off"),
        Some(Request::WriteCoil { address, value }) if *address >= FLASH_OFF => {
            format!("coil {} off for {} ms", address - FLASH_OFF, u32::from(*value) * 100)
        }
        Some(Request::WriteCoil { address, value }) if *address >= FLASH_ON => {
            format!("coil {} on for {} ms", address - FLASH_ON, u32::from(*value) * 100)
        }
        Some(Request::WriteCoil { address, value }) => format!("coil {address} value {value:04X}"),
        Some(Request::WriteCoils { start, bits }) => {
            format!("{} coils from {start}: {:b}", bits.count(), bits.low())
        }
        Some(Request::WriteRegister { address, value }) => format!("register {address} = {value}"),
        Some(Request::WriteRegisters { start, words }) => format!("{} registers from {start}", words.len()),
        None => "not understood".to_owned(),
    };
    Some(What::Command {
        device: device.to_owned(),
        frame: hex::encode_upper(&served.frame),
        says,
        refused: served.refused.map(|refused| refused.0),
    })
}
