//! The plan as the programs' own configuration files.
//! Source: central/README.md, gate-agent.example.toml, firmware-sim/README.md.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::plan::{CAMERA_PASSWORD, DeskPlan, Device, GatePlan, LanePlan, Reach, YardPlan};

/// Token of the declarant in [`central`].
pub const DECLARANT: &str = "portal-token";
/// Token of the customs officer.
pub const OFFICER: &str = "officer-token";
/// Token of the administrator.
pub const ADMIN: &str = "admin-token";
/// Token of the yard's operator.
pub const OPERATOR: &str = "operator-token";
/// The enterprise that declares: name and 统一社会信用代码.
pub const ENTERPRISE: (&str, &str) = ("满洲里草原煤业有限公司", "91150781MA0N5XWB9P");
/// Its 海关十位编码.
pub const CUSTOMS_REG_NO: &str = "1507962233";
/// The declarant's card.
pub const DECLARANT_CARD: &str = "8950000004821";
/// The customs officer's card.
pub const OFFICER_CARD: &str = "0708000000017";

/// `central.toml`. `authority` is the certificate of whoever issued the people's cards; `for_gates` is where gates come over TLS, if they do.
///
/// # Errors
/// When it cannot be written as TOML.
pub fn central(
    plan: &YardPlan,
    data_dir: &Path,
    authority: &Path,
    for_gates: Option<SocketAddr>,
) -> Result<String> {
    let desk = match plan.desk {
        DeskPlan::Auto { send_delay_ms, approve_delay_ms } => {
            json!({"mode": "auto", "send_delay_ms": send_delay_ms, "approve_delay_ms": approve_delay_ms})
        }
        DeskPlan::Manual { send_delay_ms } => json!({"mode": "manual", "send_delay_ms": send_delay_ms}),
    };
    let lanes = plan.gates.iter().flat_map(|gate| gate.lanes.iter().map(move |lane| (gate, lane)));
    let lanes: Vec<Value> = lanes
        .map(|(gate, lane)| {
            json!({
                "yard_id": plan.yard_id, "gate_id": gate.gate_id, "lane_id": lane.lane_id,
                "lane_direction": lane.direction, "outermost": lane.outermost, "two_person_release": lane.two_persons,
                "collect_window_ms": lane.collect_window_ms, "lane_timeout_s": lane.lane_timeout_s,
                "pass_timeout_s": lane.pass_timeout_s, "gathers": lane.gathers,
            })
        })
        .collect();
    let gates = plan.gates.iter();
    let gates: Vec<Value> = gates
        .map(|gate| json!({"gate_id": gate.gate_id, "yard_id": plan.yard_id, "token": gate.token}))
        .collect();
    let people = [
        json!({"token": DECLARANT, "name": "wang", "role": "enterprise_operator", "uscc": ENTERPRISE.1, "card_no": DECLARANT_CARD}),
        json!({"token": OFFICER, "name": "li", "role": "customs_officer", "customs_codes": [plan.customs_code], "card_no": OFFICER_CARD}),
        json!({"token": ADMIN, "name": "root", "role": "platform_admin"}),
        json!({"token": OPERATOR, "name": "zhou", "role": "yard_operator", "yard_ids": [plan.yard_id]}),
    ];
    let people: Vec<Value> = people.into_iter().chain(plan.more_people.iter().cloned()).collect();
    let mut file = json!({
        "server": {"listen": plan.centre_listen, "port_search": true},
        // A server that is given is that of `scripts/with-postgres`, which keeps nothing.
        "store": {"data_dir": data_dir, "url": plan.store_url, "allow_unsafe_postgres": !plan.store_url.is_empty()},
        "desk": desk,
        "cards": {"authorities": [authority]},
        "portal": {
            "name": "中国(内蒙古)国际贸易单一窗口", "name_en": "Inner Mongolia Single Window", "training": true,
            "card_service": format!("http://{}", plan.card_service),
        },
        "enterprise": [{"name": ENTERPRISE.0, "uscc": ENTERPRISE.1, "customs_reg_no": CUSTOMS_REG_NO, "credit": "G"}],
        "person": people,
        "yard": [{"yard_id": plan.yard_id, "customs_codes": [plan.customs_code]}],
        "lane": lanes,
        "gate": gates,
    });
    let line = plan.certificate_lifetime_s.zip(for_gates).map(|(lifetime, listen)| {
        // A database that others could share asks for the folder by name; it is the one of who names none.
        json!({
            "listen": listen.to_string(), "names": ["localhost", "127.0.0.1"], "certificate_lifetime_s": lifetime,
            "authority_dir": data_dir.join("gate-authorities"),
        })
    });
    if let (Some(line), Some(file)) = (line, file.as_object_mut()) {
        file.insert("gates".to_owned(), line);
    }
    toml::to_string(&file).context("central.toml cannot be written")
}

/// `gate-agent.toml`. `line` is where the gate finds the centre, over TLS or not, `devices` the simulator's folder.
///
/// # Errors
/// When it cannot be written as TOML.
pub fn gate_agent(
    yard_id: &str,
    gate: &GatePlan,
    (line, has_tls): (SocketAddr, bool),
    panel: SocketAddr,
    devices: &Path,
    data_dir: &Path,
) -> Result<String> {
    let device = |lane: &LanePlan| {
        let reader =
            json!({"name": lane.reader(), "kind": "uhf-chafon-18", "gap_ms": 15, "silence_probe_s": 1});
        let board = json!({"name": lane.board(), "kind": "modbus-io", "poll_ms": 20, "pulse_ms": 100, "settle_ms": 100});
        let board = reached(board, &lane.board_at, &devices.join(lane.board()));
        // A lane with a barrier elsewhere leaves its board to nobody.
        let board = (!lane.own_keys.contains_key("barrier")).then_some(board);
        let reader = reached(reader, &lane.reader_at, &devices.join(lane.reader()));
        let more = lane.devices.iter().map(|device| {
            let name = device.name(&lane.lane_id);
            match device {
                Device::Camera => settings(*device, &name),
                _ => reached(settings(*device, &name), &Reach::File, &devices.join(&name)),
            }
        });
        [Some(reader), board].into_iter().flatten().chain(more).collect::<Vec<_>>()
    };
    let lane = |lane: &LanePlan| {
        let own = lane.devices.iter().map(|device| device.name(&lane.lane_id));
        let more = own.chain(lane.more_readers.clone());
        let readers: Vec<String> = [lane.reader()].into_iter().chain(more).collect();
        let mut keys = json!({
            "lane_id": lane.lane_id, "readers": readers, "withdraw_ms": lane.withdraw_ms,
            "back_out_ms": lane.back_out_ms, "key_absence_ms": lane.key_absence_ms,
            "barrier": {"device": lane.board()},
        });
        if let Some(keys) = keys.as_object_mut() {
            keys.extend(lane.own_keys.clone());
        }
        keys
    };
    let person = |person: &crate::plan::PersonPlan| json!({"id": person.id, "name": person.name, "role": person.role, "pin": person.pin_hash});
    let devices: Vec<Value> =
        gate.lanes.iter().flat_map(device).chain(gate.more_devices.iter().cloned()).collect();
    let mut file = json!({
        "gate": {"gate_id": gate.gate_id, "yard_id": yard_id, "data_dir": data_dir},
        "centre": {
            "url": format!("http://{line}"), "token": gate.token, "long_poll_s": gate.long_poll_s,
            "request_timeout_s": gate.request_timeout_s, "status_s": 1,
            "retry_min_ms": gate.retry_min_ms, "retry_max_s": gate.retry_max_s, "compare_s": gate.compare_s,
        },
        "panel": {"listen": panel.to_string()},
        "log": {"format": "human", "level": gate.log_level},
        "capture": {"keep_mib": gate.capture_mib},
        "device": devices,
        "lane": gate.lanes.iter().map(lane).collect::<Vec<_>>(),
        "person": gate.persons.iter().map(person).collect::<Vec<_>>(),
    });
    if let (true, Some(centre)) = (has_tls, file.get_mut("centre").and_then(Value::as_object_mut)) {
        centre.insert("url".to_owned(), json!(format!("https://{line}")));
        centre.remove("token");
    }
    let embedded = gate.has_cameras().then(|| json!({"embedded": {"listen": gate.broker().to_string()}}));
    if let (Some(mqtt), Some(file)) = (gate.mqtt.clone().or(embedded), file.as_object_mut()) {
        file.insert("mqtt".to_owned(), mqtt);
    }
    toml::to_string(&file).context("gate-agent.toml cannot be written")
}

/// A device's section, but for how it is reached.
fn settings(device: Device, name: &str) -> Value {
    match device {
        Device::Cards => json!({"name": name, "kind": "pn532", "poll_ms": 100}),
        Device::Scanner => json!({"name": name, "kind": "scanner"}),
        Device::Seals => json!({"name": name, "kind": "eseal-reader", "silence_probe_s": 1}),
        Device::Scale => json!({"name": name, "kind": "weighbridge", "format": "a9", "rest_ms": 500}),
        Device::Camera => json!({
            "name": name, "kind": "mqtt-camera-alpha", "topic": format!("device/{name}/message/up/+"), "password": CAMERA_PASSWORD,
        }),
    }
}

/// A device of the agent's file, with the keys that say how it is reached.
fn reached(mut device: Value, at: &Reach, file: &Path) -> Value {
    if let Some(keys) = device.as_object_mut() {
        match at {
            Reach::File => drop(keys.insert("port".to_owned(), json!(file))),
            Reach::Address(address) => drop(keys.insert("tcp".to_owned(), json!(address))),
            Reach::Foreign(own) => keys.extend(own.clone()),
        }
    }
    device
}

/// The simulator's scenario: devices and lanes; vehicles come over the control socket.
///
/// # Errors
/// When it cannot be written as TOML.
pub fn simulator(gate: &GatePlan) -> Result<String> {
    let device = |kind: &str, name: String, at: &Reach| match at {
        Reach::Address(address) => json!({"kind": kind, "name": name, "listen": address}),
        Reach::File | Reach::Foreign(_) => json!({"kind": kind, "name": name}),
    };
    let devices = gate.lanes.iter().flat_map(|lane| {
        let own =
            [device("uhf", lane.reader(), &lane.reader_at), device("relay", lane.board(), &lane.board_at)];
        own.into_iter()
            .chain(lane.devices.iter().map(|device| simulated(*device, &device.name(&lane.lane_id), gate)))
    });
    let lanes = gate.lanes.iter().map(|lane| {
        let mut wiring = json!({
            "name": lane.lane_id, "reader": lane.reader(), "board": lane.board(),
            "barrier": {"rise_ms": lane.rise_ms, "fall_ms": lane.fall_ms},
        });
        for device in &lane.devices {
            let role = match device {
                Device::Cards => "cards",
                Device::Scanner => "scanner",
                Device::Seals => "seals",
                Device::Scale => "scale",
                Device::Camera => "camera",
            };
            if let Some(keys) = wiring.as_object_mut() {
                keys.insert(role.to_owned(), json!(device.name(&lane.lane_id)));
            }
        }
        wiring
    });
    let file = json!({"device": devices.collect::<Vec<_>>(), "lane": lanes.collect::<Vec<_>>()});
    toml::to_string(&file).context("the scenario cannot be written")
}

/// A device of the scenario; scales that come to rest sooner than a lorry's, for stories that do not take all day.
fn simulated(device: Device, name: &str, gate: &GatePlan) -> Value {
    match device {
        Device::Cards => json!({"kind": "card", "name": name}),
        Device::Scanner => json!({"kind": "scanner", "name": name}),
        Device::Seals => json!({"kind": "seals", "name": name}),
        Device::Scale => json!({"kind": "scale", "name": name, "settle_ms": 400}),
        Device::Camera => json!({
            "kind": "camera", "name": name, "broker": gate.broker().to_string(), "password": CAMERA_PASSWORD,
        }),
    }
}
