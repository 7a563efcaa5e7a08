//! Rules between sections: names refer to devices that exist, nothing is wired twice.
//! Promises: all such faults are told, also beside faults inside the sections.
//! Source: fault D2 (two adapters, one lane each): a port has one owner.

use std::collections::{BTreeMap, BTreeSet};

use protocols::{ids::GateId, mqtt::Dialect};

use super::{
    device::{BoardConfig, Device, Kind, PortSettings},
    lane::Lane,
    mqtt::{MqttConfig, Topics},
    section::Reading,
};

/// A device with its place in the file; without a body when it is wrong itself.
pub(super) type Placed = (Option<Box<str>>, Option<Device>);

pub(super) fn check(
    reading: &mut Reading,
    gate: Option<&GateId>,
    devices: &[Placed],
    lanes: &[Option<Lane>],
) {
    device_names(reading, devices);
    ports(reading, devices);
    topics(reading, gate, devices);
    lane_names(reading, lanes);
    references(reading, devices, lanes);
    signs(reading, devices, lanes);
    channels(reading, devices, lanes);
    messages(reading, devices, lanes);
}

fn device_names(reading: &mut Reading, devices: &[Placed]) {
    let mut seen = BTreeMap::new();
    for (place, (name, _)) in devices.iter().enumerate() {
        let Some(name) = name else { continue };
        if let Some(first) = seen.insert(name, place) {
            let rule = format!("must be a name of its own, device[{first}] has it");
            reading.fault(&format!("device[{place}].name"), rule, Some(format!("{name:?}")));
        }
    }
}

/// A port or an address belongs to one reader, or to boards with different addresses and the same settings.
fn ports(reading: &mut Reading, devices: &[Placed]) {
    for (place, (_, device)) in devices.iter().enumerate() {
        let Some(device) = device else { continue };
        for (earlier, (_, other)) in devices.iter().enumerate().take(place) {
            let Some((device_port, other)) = device.port.as_ref().zip(other.as_ref()) else { continue };
            let Some(port) = other.port.as_ref().filter(|port| port.place() == device_port.place()) else {
                continue;
            };
            let (key, rule, value) = match (&device.kind, &other.kind) {
                (Kind::Board(board), Kind::Board(first)) if board.address == first.address => (
                    "address",
                    format!("must differ from device[{earlier}] on the same port"),
                    board.address.to_string(),
                ),
                (Kind::Board(_), Kind::Board(_)) => match (device_port, port) {
                    (PortSettings::Serial(serial), shared) if device_port != shared => (
                        "baud",
                        format!("must have the settings of device[{earlier}] on the same port"),
                        serial.baud.to_string(),
                    ),
                    (PortSettings::Serial(_) | PortSettings::Tcp(_), _) => continue,
                },
                // A reader shares its port with nobody.
                (_, _) => (
                    device_port.key(),
                    format!("must be a port of its own, device[{earlier}] has it"),
                    format!("{:?}", device_port.place()),
                ),
            };
            reading.fault(&format!("device[{place}].{key}"), rule, Some(value));
        }
    }
}

/// Our own form is of this gate; devices that share a topic are told apart by what they call themselves, and a user has one password.
fn topics(reading: &mut Reading, gate: Option<&GateId>, devices: &[Placed]) {
    let mqtt = |placed: &Placed| match placed.1.as_ref().map(|device| &device.kind) {
        Some(Kind::Mqtt(config)) => Some(config.clone()),
        Some(_) | None => None,
    };
    let all: Vec<(usize, MqttConfig)> =
        devices.iter().enumerate().filter_map(|(place, placed)| Some((place, mqtt(placed)?))).collect();
    for (place, device) in &all {
        let text = device.topics.text();
        if let (Topics::Ours(address), Some(gate)) = (&device.topics, gate)
            && address.gate != *gate
        {
            let rule = format!("must be of this gate, kakou/v1/{gate}/lane/device");
            reading.fault(&format!("device[{place}].topic"), rule, Some(format!("{text:?}")));
        }
        for (earlier, other) in all.iter().take_while(|(earlier, _)| earlier < place) {
            let is_told_apart = match (&device.sender, &other.sender) {
                (Some(ours), Some(theirs)) => !ours.eq_ignore_ascii_case(theirs),
                (None, _) | (_, None) => false,
            };
            if other.topics == device.topics && !is_told_apart {
                let rule =
                    format!("must be a topic of its own, device[{earlier}] has it, or each needs its sender");
                reading.fault(&format!("device[{place}].topic"), rule, Some(format!("{text:?}")));
            }
            if let (Some(login), Some(first)) = (&device.login, &other.login)
                && login.user == first.user
                && login.password != first.password
            {
                let rule =
                    format!("must be a user of its own, device[{earlier}] has it with another password");
                reading.fault(&format!("device[{place}].user"), rule, Some(format!("{:?}", login.user)));
            }
        }
    }
}

fn lane_names(reading: &mut Reading, lanes: &[Option<Lane>]) {
    let mut seen = BTreeMap::new();
    for (place, lane) in lanes.iter().enumerate() {
        let Some(lane) = lane else { continue };
        if let Some(first) = seen.insert(lane.lane_id.as_str(), place) {
            let rule = format!("must be a lane of its own, lane[{first}] has it");
            reading.fault(
                &format!("lane[{place}].lane_id"),
                rule,
                Some(format!("{:?}", lane.lane_id.as_str())),
            );
        }
    }
}

fn references(reading: &mut Reading, devices: &[Placed], lanes: &[Option<Lane>]) {
    let known: BTreeSet<&str> = devices.iter().filter_map(|(name, _)| name.as_deref()).collect();
    for (place, lane) in lanes.iter().enumerate() {
        let Some(lane) = lane else { continue };
        let mut used = BTreeSet::new();
        for reader in &lane.readers {
            let rule = match find(devices, &reader.device).map(|device| &device.kind) {
                _ if !used.insert((&reader.device, reader.antenna)) => "must name each reader once",
                None if !known.contains(&*reader.device) => "must name a device",
                Some(Kind::Board(_)) => "must name readers, this is a board",
                Some(Kind::Display(_) | Kind::Speech(_)) => "must name readers, this only shows or speaks",
                None | Some(_) => continue,
            };
            reading.fault(&format!("lane[{place}].readers"), rule, Some(format!("{:?}", reader.device)));
        }
        for other in &lane.overlaps {
            let is_there = lanes.iter().flatten().any(|lane| lane.lane_id == *other);
            let rule = match is_there {
                _ if *other == lane.lane_id => "must name other lanes",
                false => "must name a lane of this gate",
                true => continue,
            };
            reading.fault(&format!("lane[{place}].overlaps"), rule, Some(format!("{:?}", other.as_str())));
        }
        let board = &lane.barrier.device;
        let rule = match find(devices, board).map(|device| &device.kind) {
            None if !known.contains(&**board) => "must name a device",
            None | Some(Kind::Board(_)) => continue,
            Some(Kind::Mqtt(device)) if device.dialect == Dialect::Kakou => continue,
            Some(_) => "must name a modbus-io or mqtt-kakou device",
        };
        reading.fault(&format!("lane[{place}].barrier.device"), rule, Some(format!("{board:?}")));
    }
}

/// What a lane shows and says goes to boards that can, and a board tells of one lane only: a driver must not take another's word for
/// his own.
fn signs(reading: &mut Reading, devices: &[Placed], lanes: &[Option<Lane>]) {
    let known: BTreeSet<&str> = devices.iter().filter_map(|(name, _)| name.as_deref()).collect();
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, lane) in lanes.iter().enumerate() {
        let Some(lane) = lane else { continue };
        for (key, named) in [("display", &lane.display), ("speech", &lane.speech)] {
            let Some(name) = named else { continue };
            let rule = match (find(devices, name).map(|device| &device.kind), key) {
                (None, _) if !known.contains(&**name) => "must name a device".to_owned(),
                (Some(kind), "display") if !matches!(kind, Kind::Display(_)) => {
                    "must name a display".to_owned()
                }
                (Some(kind), "speech") if !kind.speaks() => {
                    "must name a speech-syn or display-park device".to_owned()
                }
                _ => match *taken.entry(name).or_insert(place) {
                    first if first == place => continue,
                    first => format!("must be a board of its own, lane[{first}] has it"),
                },
            };
            reading.fault(&format!("lane[{place}].{key}"), rule, Some(format!("{name:?}")));
        }
    }
}

/// Each lane needs what begins and ends a passage, inside the board, and shares no channel with another lane.
fn channels(reading: &mut Reading, devices: &[Placed], lanes: &[Option<Lane>]) {
    let mut taken: BTreeMap<(&str, &str, u16), usize> = BTreeMap::new();
    for (place, lane) in lanes.iter().enumerate() {
        let Some(lane) = lane else { continue };
        let Some(Kind::Board(board)) = find(devices, &lane.barrier.device).map(|device| &device.kind) else {
            continue;
        };
        for (what, offset, needed, map) in banks(board, lane) {
            for name in needed {
                if map.channel(name).is_none() {
                    let rule = format!("must name a board with {what}.{name} wired");
                    let value = Some(format!("{:?}", lane.barrier.device));
                    reading.fault(&format!("lane[{place}].barrier.device"), rule, value);
                }
            }
            let key = format!("lane[{place}].barrier.{}_offset", what.trim_end_matches('s'));
            // What the lane drives or senses: a second lane need not have the board's horn.
            let used = map.wired.iter().filter(|(name, _)| USED.contains(name));
            for (name, channel) in used {
                let channel = channel + offset;
                if channel >= map.count {
                    let rule = format!("must leave {name} below the board's {} channels", map.count);
                    reading.fault(&key, rule, Some(offset.to_string()));
                } else if let Some(first) = taken.insert((&lane.barrier.device, what, channel), place) {
                    let rule = format!("must leave {name} off channel {channel} of lane[{first}]");
                    reading.fault(&key, rule, Some(offset.to_string()));
                }
            }
        }
    }
}

/// A barrier over the broker is one lane's, and its loops are devices that say often that they live; a board senses its own.
fn messages(reading: &mut Reading, devices: &[Placed], lanes: &[Option<Lane>]) {
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, lane) in lanes.iter().enumerate() {
        let Some(lane) = lane else { continue };
        let key = |key: &str| format!("lane[{place}].{key}");
        let barrier = &lane.barrier.device;
        let loops = match (find(devices, barrier).map(|device| &device.kind), &lane.loops) {
            (Some(Kind::Mqtt(_)), Some(loops)) => loops,
            (Some(Kind::Mqtt(_)), None) => {
                reading.fault(&key("loops"), "is missing: no board senses this lane's vehicles", None);
                continue;
            }
            (Some(Kind::Board(_)), Some(_)) => {
                reading.fault(&key("loops"), "must not stand beside a board, which senses them itself", None);
                continue;
            }
            (_, _) => continue,
        };
        for (what, offset) in
            [("coil_offset", lane.barrier.coil_offset), ("input_offset", lane.barrier.input_offset)]
        {
            if offset > 0 {
                let rule = "must not stand there: only a board has channels";
                reading.fault(&key(&format!("barrier.{what}")), rule, Some(offset.to_string()));
            }
        }
        let named = [
            ("approach", Some(&loops.approach)),
            ("safety", loops.safety.as_ref()),
            ("exit", Some(&loops.exit)),
        ];
        let named = named.into_iter().filter_map(|(what, name)| Some((format!("loops.{what}"), name?)));
        for (what, name) in named.chain([("barrier.device".to_owned(), barrier)]) {
            let is_loop = what != "barrier.device";
            let rule = match find(devices, name).map(|device| &device.kind) {
                Some(Kind::Mqtt(device)) if device.dialect == Dialect::Kakou => {
                    match taken.insert(name, place) {
                        Some(first) => format!("must be a device of its own, lane[{first}] has it"),
                        None if is_loop && device.heartbeat.is_none() => {
                            "must name a device with heartbeat_s: a loop that is silent must be noticed"
                                .to_owned()
                        }
                        None => continue,
                    }
                }
                Some(_) => "must name an mqtt-kakou device".to_owned(),
                None if devices.iter().any(|(known, _)| known.as_deref() == Some(name)) => continue,
                None => "must name a device".to_owned(),
            };
            reading.fault(&key(&what), rule, Some(format!("{name:?}")));
        }
    }
}

/// What a lane drives or senses of its board.
const USED: [&str; 10] = [
    "barrier_open",
    "barrier_close",
    "red",
    "green",
    "open_limit",
    "closed_limit",
    "approach_loop",
    "safety_loop",
    "exit_loop",
    "photo_beam",
];

type Bank<'a> = (&'static str, u16, &'static [&'static str], &'a super::device::LineMap);

/// Without one of these a lane begins no passage, or ends none. `barrier_close` may be missing: some barriers come down by themselves.
fn banks<'a>(board: &'a BoardConfig, lane: &Lane) -> [Bank<'a>; 2] {
    [
        ("coils", lane.barrier.coil_offset, &["barrier_open"], &board.coils),
        (
            "inputs",
            lane.barrier.input_offset,
            &["open_limit", "closed_limit", "approach_loop", "exit_loop"],
            &board.inputs,
        ),
    ]
}

fn find<'a>(devices: &'a [Placed], name: &str) -> Option<&'a Device> {
    devices.iter().filter_map(|(_, device)| device.as_ref()).find(|device| &*device.name == name)
}
