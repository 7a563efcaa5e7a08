//! How one reader is to work, as the yard's configuration says it.
//! Absent: the port; what a lane does with antennas.
//! Source: UHFReader18 manual V2.0, timing and work mode; UHF RFID Reader Series User Manual V2.20, commands 0x01, 0x75.

use crate::uhf::repr::{HeartbeatTime, InventoryTime, Port, Power, QValue, ReadMode, TagSession};
use crate::uhf::tag::{AntennaForm, Family};
use core::time::Duration;

/// How one reader is to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Reader address; default 0, the factory's.
    pub address: u8,
    /// The family. `None`, the default: as reader information says; until then no tag is told, since the two layouts
    /// cannot be told apart.
    pub family: Option<Family>,
    /// `Answer`: we ask for each inventory. Any other mode: the reader tells tags unasked. Default `Scan`.
    pub mode: ReadMode,
    /// How long one inventory may run. Default 300 ms.
    pub inventory_time: InventoryTime,
    /// RF power to set; `None` leaves it as it is, which is the default.
    pub power: Option<Power>,
    /// Seconds for which the reader does not tell one tag again, scan mode. Default 0.
    pub repeat: u8,
    /// 288 family, answer mode: the antennas that are asked in turn. Default the first alone.
    pub ports: Ports,
    /// 288 family: how the reader names antennas. Default `Mask`, as readers of up to 8 ports do.
    pub antennas: AntennaForm,
    /// 288 family, answer mode: whether tags are asked for their TID too, which not all can tell. Default no.
    pub with_tid: bool,
    /// 288 family: how tags take turns. Default Q 4, for about sixteen tags in the field.
    pub q: QValue,
    /// 288 family: which of a tag's flags marks it as read. Default S0: told for as long as it stands in the field.
    pub tag_session: TagSession,
    /// 288 family, scan mode: the heartbeat's period to set; `None` leaves it as it is, which is the default. Readers are
    /// probed all the same: a heartbeat's least period is longer than a lane can wait.
    pub heartbeat: Option<HeartbeatTime>,
    /// Silence between two bytes that ends a frame: 15 ms on a plain serial line, 100 to 200 ms over USB or TCP, which
    /// batch. Default 150 ms.
    pub gap: Duration,
    /// A reader that has said nothing for so long is probed; in answer mode, how often its settings are looked at.
    /// Default 4 s.
    pub silence_probe: Duration,
    /// Probes in a row without an answer after which the reader is silent. Default 3.
    pub missed_probes: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: 0,
            family: None,
            mode: ReadMode::Scan,
            inventory_time: InventoryTime::SHORTEST,
            power: None,
            repeat: 0,
            ports: Ports::FIRST,
            antennas: AntennaForm::Mask,
            with_tid: false,
            q: QValue::of(4),
            tag_session: TagSession::S0,
            heartbeat: None,
            gap: Duration::from_millis(150),
            silence_probe: Duration::from_secs(4),
            missed_probes: 3,
        }
    }
}

/// Some of a reader's antennas, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports(u16);

impl Ports {
    /// The first alone.
    pub const FIRST: Self = Self(1);

    /// Bit 0 for port 1 to bit 15 for port 16; `None` without any.
    #[must_use]
    pub const fn of_mask(mask: u16) -> Option<Self> {
        if mask == 0 { None } else { Some(Self(mask)) }
    }

    /// The next of them behind that one, and around.
    #[must_use]
    pub fn after(self, port: Port) -> Port {
        let passed = u32::from(port.number());
        let ahead = self.0.rotate_right(passed);
        let next = (passed + ahead.trailing_zeros()) % u16::BITS;
        u8::try_from(next + 1).ok().and_then(Port::new).unwrap_or(Port::FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::Ports;
    use crate::uhf::repr::Port;

    #[test]
    fn antennas_take_turns_and_come_around() {
        let port = |number| Port::new(number).unwrap();
        let ports = Ports::of_mask(0b1000_0000_0000_0101).unwrap();
        for (behind, next) in [(1, 3), (2, 3), (3, 16), (16, 1), (15, 16)] {
            assert_eq!(ports.after(port(behind)), port(next), "behind {behind}");
        }
        assert_eq!(Ports::FIRST.after(Port::FIRST), Port::FIRST);
        assert_eq!(Ports::of_mask(0), None);
    }
}
