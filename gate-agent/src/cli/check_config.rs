//! `check-config`: the faults come as the error of loading; this tells what a good one says.

use std::{io::Write, process::ExitCode};

use crate::config::{Broker, Config, Kind};

pub(super) fn check(config: &Config, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    writeln!(out, "ok")?;
    writeln!(
        out,
        "gate {} of yard {}, data in {}",
        config.gate.gate_id,
        config.gate.yard_id,
        config.gate.data_dir.display()
    )?;
    let by = if config.centre.token.is_some() { "a token" } else { "the gate's certificate" };
    writeln!(out, "centre {}, by {by}, panel {}", config.centre.url, config.panel.listen)?;
    if let Some(capture) = &config.capture {
        let mib = capture.keep / (1024 * 1024);
        writeln!(out, "what devices say is captured in {}, {mib} MiB", capture.folder.display())?;
    }
    if let Some(mqtt) = &config.mqtt {
        match &mqtt.broker {
            Broker::Yard(broker) => {
                let tls = if broker.authority.is_some() { "with" } else { "without" };
                writeln!(out, "broker {}:{}, {tls} TLS", broker.host, broker.port)?;
            }
            Broker::Embedded(broker) => writeln!(out, "broker of its own on {}", broker.listen)?,
        }
    }
    for device in &config.devices {
        let name = device.kind.name();
        let kind = match &device.kind {
            Kind::Uhf(reader) => format!("{name} at address {}", reader.address),
            Kind::Board(board) => format!("{name} at address {}", board.address),
            Kind::Locks(board) => format!("{name} at address {}", board.board),
            Kind::Seals(reader) => format!("{name} at address {}", reader.reader),
            Kind::Display(display) => {
                let (rows, cells) = display.board.size();
                format!("{name}, {rows} x {cells}")
            }
            Kind::Card(_) | Kind::Scanner(_) | Kind::Scale(_) | Kind::Speech(_) | Kind::Mqtt(_) => {
                name.to_owned()
            }
        };
        let place = match (&device.port, &device.kind) {
            (Some(port), _) => port.to_string(),
            (None, Kind::Mqtt(device)) => format!("topic {}", device.topics.text()),
            (None, _) => "nothing".to_owned(),
        };
        writeln!(out, "device {}: {kind} on {place}", device.name)?;
    }
    for lane in &config.lanes {
        let readers = if lane.readers.is_empty() {
            "nobody".to_owned()
        } else {
            lane.readers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let signs: String = [("shown on", &lane.display), ("said by", &lane.speech)]
            .into_iter()
            .filter_map(|(what, name)| Some(format!(", {what} {}", name.as_ref()?)))
            .collect();
        writeln!(out, "lane {}: read by {readers}, barrier on {}{signs}", lane.lane_id, lane.barrier.device)?;
    }
    Ok(ExitCode::SUCCESS)
}
