//! 通道表: what is wired to which channel of a board, and how that board makes a pulse.
//! Promises: a name that is not wired is `None`, never channel 0; a barrier's opposite direction is known by name.
//! Absent: deciding when to drive what (the lane), and the bus (`session`).
//! Source: Waveshare "Modbus RTU Relay 8CH" protocol V2 for the timed pulse; the example map is ours.

use super::wire::{FLASH_ON, OFF, ON, Request};
use alloc::vec::Vec;
use core::time::Duration;

/// 输出点: what a relay drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coil {
    /// Barrier up, pulsed.
    BarrierOpen,
    /// Barrier down, pulsed.
    BarrierClose,
    /// Barrier stop, pulsed.
    BarrierStop,
    /// Traffic light red.
    Red,
    /// Traffic light green.
    Green,
    /// Horn or spare.
    Horn,
    /// Power of the display.
    DisplayPower,
    /// Watchdog's heartbeat.
    Heartbeat,
}

impl Coil {
    /// The coil that must be off before this one is driven.
    #[must_use]
    pub const fn opposite(self) -> Option<Self> {
        match self {
            Self::BarrierOpen => Some(Self::BarrierClose),
            Self::BarrierClose => Some(Self::BarrierOpen),
            Self::BarrierStop
            | Self::Red
            | Self::Green
            | Self::Horn
            | Self::DisplayPower
            | Self::Heartbeat => None,
        }
    }
}

/// 输入点: what an input senses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensor {
    /// The barrier is fully open.
    OpenLimit,
    /// The barrier is fully closed.
    ClosedLimit,
    /// Ground loop before the barrier.
    ApproachLoop,
    /// Ground loop under the arm.
    SafetyLoop,
    /// Ground loop behind the barrier.
    ExitLoop,
    /// Something breaks the photo beam.
    PhotoBeam,
    /// The boom is detached or was forced.
    BoomForced,
    /// Cabinet door or emergency stop.
    CabinetDoor,
}

/// Which level of an input means that its sensor speaks. Wire loops and beams so that a broken wire means "occupied".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Active {
    /// The bit is 1.
    High,
    /// The bit is 0.
    Low,
}

/// How a board makes a pulse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PulseStyle {
    /// The board times it itself, in units of 100 ms (vendor addresses of FC 05). Preferred: no crash of ours can leave
    /// the relay energised.
    Timed,
    /// On and off by two writes; the off-write is repeated until confirmed.
    OnOff,
}

/// 板卡配置: one relay and input board of the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Slave address, 1 to 247.
    pub unit: u8,
    /// How many relays it has, 32 at most.
    pub coils: u16,
    /// How many inputs it has, 32 at most; 0 for a relay board.
    pub inputs: u16,
    /// How it makes a pulse.
    pub pulse: PulseStyle,
    /// Relay of each wired output.
    pub outputs: Vec<(Coil, u16)>,
    /// Input of each wired sensor.
    pub sensors: Vec<(Sensor, u16, Active)>,
}

impl Board {
    /// The eight-channel lane board of the example map.
    #[must_use]
    pub fn lane(unit: u8, pulse: PulseStyle) -> Self {
        use Coil::{BarrierClose, BarrierOpen, BarrierStop, DisplayPower, Green, Heartbeat, Horn, Red};
        use Sensor::{
            ApproachLoop, BoomForced, CabinetDoor, ClosedLimit, ExitLoop, OpenLimit, PhotoBeam, SafetyLoop,
        };
        let coils = [BarrierOpen, BarrierClose, BarrierStop, Red, Green, Horn, DisplayPower, Heartbeat];
        let sensors =
            [OpenLimit, ClosedLimit, ApproachLoop, SafetyLoop, ExitLoop, PhotoBeam, BoomForced, CabinetDoor];
        Self {
            unit,
            coils: 8,
            inputs: 8,
            pulse,
            outputs: coils.into_iter().zip(0..).collect(),
            sensors: sensors
                .into_iter()
                .zip(0..)
                .map(|(sensor, input)| (sensor, input, Active::High))
                .collect(),
        }
    }

    /// The relay of an output, if it is wired.
    #[must_use]
    pub fn relay(&self, coil: Coil) -> Option<u16> {
        self.outputs.iter().find(|(name, _)| *name == coil).map(|(_, relay)| *relay)
    }

    /// The relay of an output in a bank: relays of a further lane of the same board lie `bank` behind the first one's.
    #[must_use]
    pub fn relay_in(&self, coil: Coil, bank: u16) -> Option<u16> {
        self.relay(coil)?.checked_add(bank).filter(|relay| *relay < self.coils)
    }

    /// Whether a sensor speaks in these input bits; `None` when it is not wired.
    #[must_use]
    pub fn senses(&self, sensor: Sensor, bits: u32) -> Option<bool> {
        let (_, input, active) = self.sensors.iter().find(|(name, _, _)| *name == sensor)?;
        let high = bits.checked_shr(u32::from(*input))? & 1 == 1;
        Some(high == (*active == Active::High))
    }
}

/// The request that switches a relay.
#[must_use]
pub const fn switch(relay: u16, state: State) -> Request {
    let value = match state {
        State::On => ON,
        State::Off => OFF,
    };
    Request::WriteCoil { address: relay, value }
}

/// The request for a pulse that the board times, rounded up to 100 ms; `None` for zero and for what the value cannot say.
#[must_use]
pub fn flash(relay: u16, length: Duration) -> Option<Request> {
    let tenths = u16::try_from(length.as_millis().div_ceil(100)).ok().filter(|tenths| *tenths > 0)?;
    // The longest stays below 0x5500 and 0xFF00, which a plain board would take for a switch.
    (tenths < 0x0FFF && relay < 0x0100)
        .then_some(Request::WriteCoil { address: FLASH_ON + relay, value: tenths })
}

/// What a relay shall be or is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Energised.
    On,
    /// Released.
    Off,
}

#[cfg(test)]
mod tests {
    use super::{Active, Board, Coil, PulseStyle, Sensor, flash};
    use core::time::Duration;

    #[test]
    fn a_sensor_speaks_at_its_own_level_and_an_unwired_one_never() {
        let mut board = Board::lane(1, PulseStyle::Timed);
        assert_eq!(board.senses(Sensor::SafetyLoop, 0b1000), Some(true));
        assert_eq!(board.senses(Sensor::SafetyLoop, 0b0111), Some(false));
        board.sensors = [(Sensor::SafetyLoop, 3, Active::Low)].to_vec();
        assert_eq!(board.senses(Sensor::SafetyLoop, 0), Some(true), "a broken wire means occupied");
        assert_eq!(board.senses(Sensor::ExitLoop, 0xFF), None);
        board.outputs.clear();
        assert_eq!(board.relay(Coil::BarrierOpen), None);
    }

    #[test]
    fn a_timed_pulse_is_rounded_up_and_never_zero_or_endless() {
        let encoded = |ms| flash(0, Duration::from_millis(ms)).map(|request| request.encode(1));
        assert_eq!(encoded(700), Some([0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0].to_vec()));
        assert_eq!(encoded(601), encoded(700));
        assert_eq!(encoded(0), None);
        assert_eq!(encoded(1_000_000), None);
    }
}
