//! Makes a yard from a checked scenario and plugs its devices in.
//! Promises: each device's chance depends on the seed and its name only, so adding a device changes no other.

use super::lane::Lane;
use super::{Turn, Yard};
use crate::board::firmware;
use crate::board::line::Line;
use crate::board::port::Place;
use crate::board::slot::Slot;
use crate::scenario::Scenario;
use crate::scenario::device::{Device, Kind};
use crate::scenario::vehicle::Vehicle;
use crate::witness::Witness;
use protocols::tick::Tick;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::Duration;

impl Yard {
    /// All devices plugged in below `dir`, vehicles and faults of the scenario counted from `now`.
    ///
    /// # Errors
    /// A device file or listener cannot be made or published.
    pub fn build(scenario: Scenario, dir: &Path, seed: u64, witness: Witness, now: Tick) -> io::Result<Self> {
        let mut slots: Vec<Slot> =
            scenario.devices.iter().map(|device| slot(device, dir, seed, now)).collect();
        for slot in &mut slots {
            slot.plug()?;
        }
        let place = |name: &str| slots.iter().position(|slot| slot.name == name).unwrap_or(usize::MAX);
        let lanes: Vec<Lane> = scenario
            .lanes
            .iter()
            .map(|lane| {
                let sensors = lane.sensors().map(|(.., name)| place(name)).collect();
                Lane::new(lane, place(&lane.board), sensors)
            })
            .collect();
        let mut turns = Vec::new();
        for (id, window) in (1..).zip(&scenario.faults) {
            let (slot, at) = (place(&window.device), now + Duration::from_millis(window.at_ms));
            turns.push(Turn { at, slot, id, begins: Some(window.what.clone()) });
            if let Some(lasts) = window.for_ms {
                turns.push(Turn { at: at + Duration::from_millis(lasts), slot, id, begins: None });
            }
        }
        let vehicles: Vec<(u64, Vehicle)> =
            (1..).zip(scenario.vehicles.iter().map(|plan| Vehicle::new(plan.clone(), now))).collect();
        let mut yard = Self {
            last_vehicle: vehicles.len() as u64,
            last_fault: scenario.faults.len() as u64,
            slots,
            lanes,
            vehicles,
            ended: VecDeque::new(),
            turns,
            leaving: Vec::new(),
            witness,
            told: Vec::new(),
            scenario,
        };
        for index in 0..yard.lanes.len() {
            yard.show_inputs(index, now);
        }
        Ok(yard)
    }
}

fn slot(device: &Device, dir: &Path, seed: u64, now: Tick) -> Slot {
    let name = device.name().to_owned();
    let own = name.bytes().fold(seed, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let path = dir.join(device.path());
    let place = match (&device.kind, device.line.listen) {
        (Kind::Camera(camera), _) => Place::Broker(name.clone(), camera.clone()),
        (_, Some(address)) => Place::Address(path, address),
        (_, None) => Place::File(path),
    };
    let baud = device.baud();
    let line = Line::new(device.line.throttle.then_some(baud), own);
    let mut slot = Slot::new(name, place, firmware::of(device, now), line, baud, own);
    slot.strict_baud = device.line.strict_baud;
    slot
}
