//! Makes a yard from a checked scenario and plugs its devices in.
//! Promises: each device's chance depends on the seed and its name only, so adding a device changes no other.

use super::lane::Lane;
use super::{Turn, Yard};
use crate::board::firmware::Firmware;
use crate::board::line::Line;
use crate::board::port::Place;
use crate::board::slot::Slot;
use crate::device::relay::{Carrier, Profile};
use crate::device::uhf::{Settings, Timing};
use crate::scenario::vehicle::Vehicle;
use crate::scenario::{Device, RelayProfile, Scenario, UhfDevice, UhfMode};
use crate::witness::Witness;
use protocols::tick::Tick;
use protocols::uhf::repr::{Baud, ReadMode, WorkMode};
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
        let mut slots: Vec<Slot> = scenario.devices.iter().map(|device| slot(device, dir, seed)).collect();
        for slot in &mut slots {
            slot.plug()?;
        }
        let place = |name: &str| slots.iter().position(|slot| slot.name == name).unwrap_or(usize::MAX);
        let lanes: Vec<Lane> = scenario
            .lanes
            .iter()
            .map(|lane| {
                let (reader, board) = (place(&lane.reader), place(&lane.board));
                Lane::new(lane.name.clone(), reader, board, lane.inputs, lane.coils, lane.barrier)
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

fn slot(device: &Device, dir: &Path, seed: u64) -> Slot {
    let name = device.name().to_owned();
    let own = name.bytes().fold(seed, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let path = dir.join(device.path());
    let place = match device.listen() {
        Some(address) => Place::Address(path, address),
        None => Place::File(path),
    };
    let (firmware, baud, throttle, strict) = match device {
        Device::Uhf(uhf) => (reader(uhf), uhf.baud, uhf.throttle, uhf.strict_baud),
        Device::Relay(relay) => {
            let profile = match relay.profile {
                RelayProfile::Vendor => Profile::Vendor,
                RelayProfile::Strict => Profile::Strict,
            };
            let carrier = if relay.listen.is_some() { Carrier::Tcp } else { Carrier::Serial };
            let firmware = Firmware::relay(carrier, relay.unit, profile, relay.coils, relay.inputs);
            (firmware, relay.baud, relay.throttle, relay.strict_baud)
        }
    };
    let line = Line::new(throttle.then_some(baud), own);
    let mut slot = Slot::new(name, place, firmware, line, baud, own);
    slot.strict_baud = strict;
    slot
}

fn reader(device: &UhfDevice) -> Firmware {
    let read = match device.mode {
        UhfMode::Answer => ReadMode::Answer,
        UhfMode::Scan => ReadMode::Scan,
        UhfMode::Trigger => ReadMode::TriggerLow,
    };
    let baud = match device.baud {
        9600 => Baud::B9600,
        19_200 => Baud::B19200,
        38_400 => Baud::B38400,
        115_200 => Baud::B115200,
        _ => Baud::B57600,
    };
    let settings = Settings {
        address: device.address,
        baud,
        mode: WorkMode { repeat: device.repeat_s, ..WorkMode::serial(read) },
        ..Settings::factory()
    };
    let millis = |millis: u32| Duration::from_millis(u64::from(millis));
    let timing = Timing {
        per_tag: millis(device.per_tag_ms),
        empty: millis(device.empty_ms),
        round: millis(device.round_ms),
    };
    Firmware::uhf(settings, timing)
}
