//! What the control socket may ask of the yard, and the answers.
//! Promises: an order that names something unknown changes nothing and says what is unknown.
//! Absent: waiting for a vehicle's end (`task` keeps those who wait).

use super::{Turn, Yard};
use crate::control::order::{Order, Position, Which};
use crate::scenario::BarrierKnobs;
use crate::scenario::plan::VehiclePlan;
use crate::scenario::sign::SignPlan;
use crate::scenario::vehicle::{Loop, Vehicle};
use crate::witness::What;
use protocols::contract::Kg;
use protocols::tick::Tick;
use serde_json::{Value, json};
use std::time::Duration;

/// Most witness entries in one answer.
const PAGE: usize = 10_000;

impl Yard {
    /// Carries out one order.
    ///
    /// # Errors
    /// What to tell the one who gave it.
    pub fn obey(&mut self, order: Order, now: Tick) -> Result<Value, String> {
        match order {
            Order::Vehicle(plan) => self.come(plan, now),
            Order::Wait { .. } => Err("wait is answered when the vehicle ends".to_owned()),
            Order::Show { device, what, for_ms } => self.put_before(&device, &what, for_ms, now),
            Order::Hide { device, what } => self.take_from(&device, &what, now),
            Order::Load { lane, kg } => self.load(&lane, kg, now),
            Order::Loop { lane, which, occupied } => self.hold(lane, which, occupied, now),
            Order::Input { device, input, on } => self.input(&device, input, on),
            Order::Barrier { lane, knobs, force } => self.barrier(&lane, knobs, force, now),
            Order::Fault { device, what, for_ms } => {
                let slot = self.slot(&device)?;
                if self.slots.get(slot).is_some_and(|slot| slot.place().path().is_none()) {
                    return Err(format!("{device:?} has no line"));
                }
                self.last_fault += 1;
                let id = self.last_fault;
                self.turns.push(Turn { at: now, slot, id, begins: Some(what) });
                if let Some(lasts) = for_ms {
                    let at = now + Duration::from_millis(lasts);
                    self.turns.push(Turn { at, slot, id, begins: None });
                }
                Ok(json!({ "fault": id }))
            }
            Order::FaultOff { device, fault } => self.fault_off(&device, fault, now),
            Order::Unplug { device, after_bytes } => self.unplug(device, after_bytes, now),
            Order::Replug { device } => self.replug(device, now),
            Order::Reboot { device } => self.reboot(device, false, now),
            Order::FactoryReset { device } => self.reboot(device, true, now),
            Order::State => Ok(self.state(now)),
            Order::Witness { from } => {
                let entries: Vec<_> = self.witness.from(from, PAGE).collect();
                Ok(json!({ "last": self.witness.last(), "entries": entries }))
            }
        }
    }

    fn come(&mut self, plan: VehiclePlan, now: Tick) -> Result<Value, String> {
        if let Some(flaw) = self.scenario.vehicle_flaws("vehicle", &plan).first() {
            return Err(flaw.to_string());
        }
        self.last_vehicle += 1;
        self.vehicles.push((self.last_vehicle, Vehicle::new(plan, now)));
        Ok(json!({ "vehicle": self.last_vehicle }))
    }

    fn hold(&mut self, lane: String, which: Which, occupied: bool, now: Tick) -> Result<Value, String> {
        let index = self.lane(&lane)?;
        let which = match which {
            Which::Approach => Loop::Approach,
            Which::Safety => Loop::Safety,
            Which::Exit => Loop::Exit,
        };
        let changed = self.lanes.get_mut(index).and_then(|lane| lane.hold(which, occupied, now));
        if let Some(occupied) = changed {
            self.note(now, What::Loop { lane, which: which.name(), occupied })?;
        }
        Ok(json!({ "ok": true, "changed": changed.is_some() }))
    }

    fn input(&self, device: &str, input: u8, on: bool) -> Result<Value, String> {
        let slot = self.slot(device)?;
        match self.slots.get(slot) {
            Some(slot) if slot.firmware.set_input(input, on) => Ok(json!({ "ok": true })),
            _ => Err(format!("{device:?} has no input {input}")),
        }
    }

    fn barrier(
        &mut self,
        lane: &str,
        knobs: Option<BarrierKnobs>,
        force: Option<Position>,
        now: Tick,
    ) -> Result<Value, String> {
        let index = self.lane(lane)?;
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.turn_knobs(knobs.unwrap_or_default(), now);
            if let Some(force) = force {
                lane.barrier.force(force == Position::Open, now);
            }
        }
        Ok(json!({ "ok": true }))
    }

    fn put_before(
        &mut self,
        device: &str,
        what: &SignPlan,
        for_ms: Option<u64>,
        now: Tick,
    ) -> Result<Value, String> {
        let answer = self.see(device, what, true, now)?;
        if let Some(lasts) = for_ms {
            let at = now + Duration::from_millis(lasts);
            self.leaving.push((at, self.slot(device)?, sign(what)?));
        }
        Ok(answer)
    }

    fn take_from(&mut self, device: &str, what: &SignPlan, now: Tick) -> Result<Value, String> {
        self.see(device, what, false, now)
    }

    fn see(&mut self, device: &str, what: &SignPlan, here: bool, now: Tick) -> Result<Value, String> {
        let (slot, sign) = (self.slot(device)?, sign(what)?);
        match self.show(slot, &sign, here, now).map_err(|error| error.to_string())? {
            Some(changed) => Ok(json!({ "ok": true, "changed": changed })),
            None => Err(format!("{device:?} sees no {}", sign.what())),
        }
    }

    fn load(&mut self, lane: &str, kg: Kg, now: Tick) -> Result<Value, String> {
        let index = self.lane(lane)?;
        let load = self.lanes.get_mut(index).map(|lane| lane.put(kg)).unwrap_or_default();
        match self.feel(index, load, now).map_err(|error| error.to_string())? {
            true => Ok(json!({ "ok": true })),
            false => Err(format!("{lane:?} has no scale")),
        }
    }

    fn fault_off(&mut self, device: &str, fault: Option<u64>, now: Tick) -> Result<Value, String> {
        let index = self.slot(device)?;
        let Some(slot) = self.slots.get_mut(index) else { return Err("no such device".to_owned()) };
        let ends: Vec<u64> = slot.line.faults.iter().map(|(id, _)| id).collect();
        let ends: Vec<u64> = ends.into_iter().filter(|id| fault.is_none_or(|only| only == *id)).collect();
        for id in &ends {
            slot.line.faults.end(*id);
        }
        self.turns.retain(|turn| turn.slot != index || fault.is_some_and(|only| only != turn.id));
        for id in &ends {
            let event = format!("fault {id} ends");
            self.note(now, What::Device { device: device.to_owned(), event })?;
        }
        Ok(json!({ "ok": true, "ended": ends }))
    }

    fn unplug(&mut self, device: String, after: Option<usize>, now: Tick) -> Result<Value, String> {
        let index = self.slot(&device)?;
        let Some(slot) = self.slots.get_mut(index) else { return Err("no such device".to_owned()) };
        if let Some(bytes) = after.filter(|_| slot.is_plugged()) {
            slot.unplug_after(bytes);
            return Ok(json!({ "ok": true, "changed": false }));
        }
        let was = slot.unplug();
        self.note(now, What::Device { device, event: "unplugged".to_owned() })?;
        Ok(json!({ "ok": true, "changed": was }))
    }

    fn replug(&mut self, device: String, now: Tick) -> Result<Value, String> {
        let index = self.slot(&device)?;
        let Some(slot) = self.slots.get_mut(index) else { return Err("no such device".to_owned()) };
        slot.plug().map_err(|error| format!("cannot plug {device:?} in: {error}"))?;
        self.note(now, What::Device { device, event: "replugged".to_owned() })?;
        Ok(json!({ "ok": true }))
    }

    fn reboot(&mut self, device: String, factory: bool, now: Tick) -> Result<Value, String> {
        let index = self.slot(&device)?;
        let Some(slot) = self.slots.get_mut(index) else { return Err("no such device".to_owned()) };
        slot.line.cut();
        let did = slot.firmware.reboot(now);
        if factory && !slot.firmware.factory_reset() {
            return Err(format!("{device:?} has no factory settings"));
        }
        let event = if factory { "factory reset" } else { "rebooted" }.to_owned();
        self.note(now, What::Device { device, event })?;
        if let Some(did) = did {
            self.take_up(index, did, now).map_err(|error| error.to_string())?;
        }
        Ok(json!({ "ok": true }))
    }

    fn state(&self, now: Tick) -> Value {
        let devices: Vec<Value> = self.slots.iter().map(|slot| device_state(slot, now)).collect();
        let lanes: Vec<Value> = self
            .lanes
            .iter()
            .map(|lane| {
                let arm = match () {
                    () if lane.barrier.is_up(now) => "open",
                    () if lane.barrier.is_down(now) => "closed",
                    () => "between",
                };
                json!({
                    "lane": lane.name,
                    "arm": arm,
                    "percent": lane.barrier.percent(now),
                    "approach": lane.is_covered(Loop::Approach),
                    "safety": lane.is_covered(Loop::Safety),
                    "exit": lane.is_covered(Loop::Exit),
                })
            })
            .collect();
        let vehicles: Vec<Value> = self
            .vehicles
            .iter()
            .map(|(id, vehicle)| {
                let plan = vehicle.plan();
                json!({ "vehicle": id, "name": plan.name, "lane": plan.lane, "in_lane": vehicle.is_in_lane() })
            })
            .collect();
        let mono_us = now.as_micros();
        let witness = self.witness.last();
        json!({ "mono_us": mono_us, "devices": devices, "lanes": lanes, "vehicles": vehicles, "witness": witness })
    }

    fn slot(&self, name: &str) -> Result<usize, String> {
        let found = self.slots.iter().position(|slot| slot.name == name);
        found.ok_or_else(|| format!("no device is called {name:?}"))
    }

    fn lane(&self, name: &str) -> Result<usize, String> {
        let found = self.lanes.iter().position(|lane| lane.name == name);
        found.ok_or_else(|| format!("no lane is called {name:?}"))
    }

    fn note(&mut self, now: Tick, what: What) -> Result<(), String> {
        self.witness.note(now, what).map_err(|error| format!("cannot write the witness: {error}"))
    }
}

fn device_state(slot: &super::Slot, now: Tick) -> Value {
    let faults: Vec<Value> =
        slot.line.faults.iter().map(|(id, fault)| json!({ "fault": id, "what": fault })).collect();
    let mut state = json!({
        "device": slot.name,
        "kind": slot.firmware.kind(),
        "path": slot.place().path(),
        "listen": slot.place().address(),
        "plugged": slot.is_plugged(),
        "open": slot.is_open(),
        "baud": slot.baud,
        "bytes": slot.counters(),
        "faults": faults,
    });
    if let (Some(state), Value::Object(more)) = (state.as_object_mut(), slot.firmware.state(now)) {
        state.extend(more);
    }
    state
}

fn sign(what: &SignPlan) -> Result<crate::scenario::sign::Sign, String> {
    what.sign().map_err(|(key, why)| format!("{key}: {why}"))
}
