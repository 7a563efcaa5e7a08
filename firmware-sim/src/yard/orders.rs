//! What the control socket may ask of the yard, and the answers.
//! Promises: an order that names something unknown changes nothing and says what is unknown.
//! Absent: waiting for a vehicle's end (`task` keeps those who wait).

use super::{Turn, Yard};
use crate::board::firmware::Firmware;
use crate::control::order::{Order, Position, Which};
use crate::scenario::BarrierKnobs;
use crate::scenario::plan::VehiclePlan;
use crate::scenario::vehicle::{Loop, Vehicle};
use crate::witness::What;
use protocols::tick::Tick;
use protocols::uhf::tag::TagRead;
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
            Order::TagOn { device, epc, for_ms } => self.tag_on(&device, &epc, for_ms, now),
            Order::TagOff { device, epc } => self.tag(&device, &epc, false, now),
            Order::Loop { lane, which, occupied } => self.hold(lane, which, occupied, now),
            Order::Input { device, input, on } => self.input(&device, input, on),
            Order::Barrier { lane, knobs, force } => self.barrier(&lane, knobs, force, now),
            Order::Fault { device, what, for_ms } => {
                let slot = self.slot(&device)?;
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
        match self.slots.get(slot).map(|slot| &slot.firmware) {
            Some(Firmware::Relay(relay)) if input < relay.size.1 => {
                relay.inputs.set(input, on);
                Ok(json!({ "ok": true }))
            }
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

    fn tag_on(&mut self, device: &str, epc: &str, for_ms: Option<u64>, now: Tick) -> Result<Value, String> {
        let answer = self.tag(device, epc, true, now)?;
        if let Some(lasts) = for_ms {
            let at = now + Duration::from_millis(lasts);
            self.leaving.push((at, self.slot(device)?, read(epc)?));
        }
        Ok(answer)
    }

    fn tag(&mut self, device: &str, epc: &str, here: bool, now: Tick) -> Result<Value, String> {
        let slot = self.slot(device)?;
        if !matches!(self.slots.get(slot).map(|slot| &slot.firmware), Some(Firmware::Uhf(_))) {
            return Err(format!("{device:?} reads no tags"));
        }
        let changed = self.move_tag(slot, read(epc)?, here, now).map_err(|error| error.to_string())?;
        Ok(json!({ "ok": true, "changed": changed }))
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
        let did = slot.firmware.reboot();
        if let (true, Firmware::Uhf(reader)) = (factory, &mut slot.firmware) {
            reader.factory_reset();
        }
        let event = if factory { "factory reset" } else { "rebooted" }.to_owned();
        self.note(now, What::Device { device, event })?;
        if let Some(did) = did {
            self.take_up(index, did, now).map_err(|error| error.to_string())?;
        }
        Ok(json!({ "ok": true }))
    }

    fn state(&self, now: Tick) -> Value {
        let devices: Vec<Value> = self.slots.iter().map(|slot| self.device_state(slot)).collect();
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

    fn device_state(&self, slot: &super::Slot) -> Value {
        let faults: Vec<Value> =
            slot.line.faults.iter().map(|(id, fault)| json!({ "fault": id, "what": fault })).collect();
        let mut state = json!({
            "device": slot.name,
            "path": slot.place().path(),
            "listen": slot.place().address(),
            "plugged": slot.is_plugged(),
            "open": slot.is_open(),
            "baud": slot.baud,
            "bytes": slot.counters(),
            "faults": faults,
        });
        let more = match &slot.firmware {
            Firmware::Uhf(reader) => {
                let tags: Vec<String> = reader.field().iter().map(TagRead::epc_hex).collect();
                let mode = reader.settings().mode.read as u8;
                json!({ "kind": "uhf", "tags": tags, "read_mode": mode, "lost_bytes": reader.lost() })
            }
            Firmware::Relay(relay) => {
                let (coils, inputs) = relay.size;
                let coils: Vec<bool> = (0..coils).map(|coil| relay.outputs.get(coil)).collect();
                let inputs: Vec<bool> = (0..inputs).map(|input| relay.inputs.get(input)).collect();
                json!({ "kind": "relay", "coils": coils, "inputs": inputs })
            }
        };
        if let (Some(state), Value::Object(more)) = (state.as_object_mut(), more) {
            state.extend(more);
        }
        state
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

fn read(epc: &str) -> Result<TagRead, String> {
    let bytes = hex::decode(epc).unwrap_or_default();
    TagRead::new(&bytes).ok_or_else(|| format!("{epc:?} is not 1 to 62 bytes of hex"))
}
