//! 板卡: the boards of one bus as the configuration wires them.
//! Promises: a board that refused a poll is back with its next good answer; one whose relay may be energised only when the relay
//! is released, or when a new session has begun, which reads the relays first.
//! Absent: the bus (`bus`).

use protocols::relay::{
    board::{Active, Board, Coil, Sensor},
    exchange::Counters,
    slave::SlaveConfig,
};

use super::link::Told;
use crate::{config::BoardConfig, panel::DeviceMetrics};

/// One board, and what was told of it.
pub(super) struct BoardState {
    pub(super) name: Box<str>,
    pub(super) board: Board,
    pub(super) config: BoardConfig,
    pub(super) told: Told,
    /// It refused its last poll.
    refuses: bool,
    /// Relays that may be energised though nobody wants it, as bits.
    stuck: u32,
    metrics: DeviceMetrics,
}

impl BoardState {
    pub(super) fn new(name: &str, config: &BoardConfig, metrics: DeviceMetrics) -> Self {
        Self {
            name: name.into(),
            board: wired(config),
            config: config.clone(),
            told: Told::default(),
            refuses: false,
            stuck: 0,
            metrics,
        }
    }

    /// How the session is to ask it.
    pub(super) fn slave(&self) -> SlaveConfig {
        slave(&self.config)
    }

    /// It answers; with a relay that may be energised it is not usable all the same.
    pub(super) fn online(&mut self, why: impl Into<Box<str>>) {
        self.refuses = false;
        if self.stuck == 0 {
            self.metrics.online.set(1);
            self.told.set(true, why);
        }
    }

    pub(super) fn offline(&mut self, why: impl Into<Box<str>>) {
        let why = why.into();
        if self.metrics.online.set(0) == 1 {
            tracing::warn!(device.name = %self.name, "board {} is offline: {why}", self.name);
        }
        self.told.set(false, why);
    }

    /// It refuses a poll; its line holds, so nothing but a good answer will say that it is well again.
    pub(super) fn refused(&mut self, why: impl Into<Box<str>>) {
        self.refuses = true;
        self.offline(why);
    }

    pub(super) fn stuck_on(&mut self, relay: u16) {
        self.stuck |= 1_u32.checked_shl(u32::from(relay)).unwrap_or(0);
        self.offline(format!("relay {relay} may be energised"));
    }

    pub(super) fn released(&mut self, relay: u16) {
        self.stuck &= !1_u32.checked_shl(u32::from(relay)).unwrap_or(0);
        self.online(format!("relay {relay} is released"));
    }

    /// The port is gone, and the session with all that it knew of relays.
    pub(super) fn lost(&mut self, why: impl Into<Box<str>>) {
        (self.refuses, self.stuck) = (false, 0);
        self.offline(why);
    }

    /// Its inputs came: a good answer.
    pub(super) fn sampled(&mut self) {
        self.metrics.reads.inc();
        if self.refuses {
            self.online("answers again");
        }
    }

    /// Adds what the bus counted while this board was the one asked.
    pub(super) fn count(&self, before: Counters, now: Counters) {
        let errors = |counters: Counters| {
            counters.timeouts
                + counters.short
                + counters.wrong_address
                + counters.wrong_function
                + counters.wrong_count
                + counters.bad_check
                + counters.malformed
        };
        self.metrics.frames.inc_by(now.answers - before.answers);
        self.metrics.bad_checks.inc_by(now.bad_check - before.bad_check);
        self.metrics.noise_bytes.inc_by(now.stray_bytes - before.stray_bytes);
        self.metrics.errors.inc_by(errors(now) - errors(before));
    }
}

/// How a session is to ask a board that is configured so.
pub(super) fn slave(config: &BoardConfig) -> SlaveConfig {
    SlaveConfig { board: wired(config), response_timeout: config.response_timeout, poll_every: config.poll }
}

fn wired(config: &BoardConfig) -> Board {
    let outputs = config.coils.wired.iter().filter_map(|(name, relay)| Some((coil(name)?, *relay)));
    let sensors = config.inputs.wired.iter().filter_map(|(name, input)| {
        let active = if config.inputs.active_low.contains(name) { Active::Low } else { Active::High };
        Some((sensor(name)?, *input, active))
    });
    Board {
        unit: config.address,
        coils: config.coils.count,
        inputs: config.inputs.count,
        pulse: config.pulse,
        outputs: outputs.collect(),
        sensors: sensors.collect(),
    }
}

fn coil(name: &str) -> Option<Coil> {
    Some(match name {
        "barrier_open" => Coil::BarrierOpen,
        "barrier_close" => Coil::BarrierClose,
        "barrier_stop" => Coil::BarrierStop,
        "red" => Coil::Red,
        "green" => Coil::Green,
        "horn" => Coil::Horn,
        "display_power" => Coil::DisplayPower,
        "heartbeat" => Coil::Heartbeat,
        _ => return None,
    })
}

fn sensor(name: &str) -> Option<Sensor> {
    Some(match name {
        "open_limit" => Sensor::OpenLimit,
        "closed_limit" => Sensor::ClosedLimit,
        "approach_loop" => Sensor::ApproachLoop,
        "safety_loop" => Sensor::SafetyLoop,
        "exit_loop" => Sensor::ExitLoop,
        "photo_beam" => Sensor::PhotoBeam,
        "boom_forced" => Sensor::BoomForced,
        "cabinet_door" => Sensor::CabinetDoor,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::config::{Kind, parse};

    /// The names of the file and those of the protocol are the same list.
    #[test]
    fn every_name_of_the_file_is_wired() {
        let config = parse(include_str!("../../gate-agent.example.toml"), [], None).unwrap();
        let Kind::Board(board) = &config.devices[1].kind else { panic!("a board") };
        let wired = super::wired(board);
        let example = protocols::relay::board::Board::lane(1, board.pulse);
        assert_eq!(wired, example);
    }
}
