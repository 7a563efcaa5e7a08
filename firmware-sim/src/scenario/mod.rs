//! 场景: which devices there are, how lanes are wired, who comes when, and what goes wrong.
//! Promises: an unknown key is an error; every fault of a file is told with the key that it concerns.
//! Reading order: this file (devices, lanes, fault windows), `check`, `plan` (one vehicle as written), `vehicle` (how it
//! drives).
//! Absent: judging `expect`; it is handed to whoever drives the scenario.

pub mod check;
pub mod plan;
pub mod vehicle;

use crate::fault::Fault;
use plan::VehiclePlan;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Of all chance; the command line's `--seed` goes before it.
    #[serde(default)]
    pub seed: u64,
    /// Readers and boards.
    #[serde(default, rename = "device")]
    pub devices: Vec<Device>,
    /// Lanes.
    #[serde(default, rename = "lane")]
    pub lanes: Vec<LaneWiring>,
    /// Who comes.
    #[serde(default, rename = "vehicle")]
    pub vehicles: Vec<VehiclePlan>,
    /// What goes wrong, and when.
    #[serde(default, rename = "fault")]
    pub faults: Vec<FaultWindow>,
}

/// One reader or board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Device {
    /// A UHF reader of the 18 family.
    Uhf(UhfDevice),
    /// A relay and input board.
    Relay(RelayDevice),
}

impl Device {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Uhf(device) => &device.name,
            Self::Relay(device) => &device.name,
        }
    }

    /// The address at which it listens, if a gate reaches it over TCP.
    #[must_use]
    pub const fn listen(&self) -> Option<SocketAddr> {
        match self {
            Self::Uhf(device) => device.listen,
            Self::Relay(device) => device.listen,
        }
    }

    /// The path of its symlink, or with `.tcp` behind it of the file that tells its address; below the folder of the run
    /// unless absolute.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        let (name, path) = match self {
            Self::Uhf(device) => (&device.name, &device.path),
            Self::Relay(device) => (&device.name, &device.path),
        };
        let mut path = path.clone().unwrap_or_else(|| PathBuf::from(name)).into_os_string();
        if self.listen().is_some() {
            path.push(".tcp");
        }
        path.into()
    }
}

/// 超高频读写器 as wired: knobs of the simulated reader.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UhfDevice {
    /// Its name; needed.
    pub name: String,
    /// Symlink; the name unless said.
    pub path: Option<PathBuf>,
    /// Listens there for the same bytes over TCP, in place of a device file; port 0 takes a free one.
    pub listen: Option<SocketAddr>,
    /// Bus address.
    pub address: u8,
    /// 9600, 19200, 38400, 57600 or 115200.
    pub baud: u32,
    /// Whether bytes take the time that the rate says.
    pub throttle: bool,
    /// Whether a gate that set another rate gets rubbish.
    pub strict_baud: bool,
    /// `answer` or `scan` at power-on; the gate may change it.
    pub mode: UhfMode,
    /// Repeat filter at power-on, seconds.
    pub repeat_s: u8,
    /// Reading one tag.
    pub per_tag_ms: u32,
    /// Finding no tag.
    pub empty_ms: u32,
    /// From one scan round to the next.
    pub round_ms: u32,
}

impl Default for UhfDevice {
    fn default() -> Self {
        Self {
            name: String::new(),
            path: None,
            listen: None,
            address: 0,
            baud: 57_600,
            throttle: false,
            strict_baud: false,
            mode: UhfMode::Answer,
            repeat_s: 1,
            per_tag_ms: 5,
            empty_ms: 60,
            round_ms: 40,
        }
    }
}

/// 读模式 at power-on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UhfMode {
    /// Reads when asked.
    #[default]
    Answer,
    /// Reads always, tells unasked.
    Scan,
    /// Reads while the lane's approach loop is occupied.
    Trigger,
}

/// 继电器板 as wired: knobs of the simulated board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelayDevice {
    /// Its name; needed.
    pub name: String,
    /// Symlink; the name unless said.
    pub path: Option<PathBuf>,
    /// Listens there and speaks Modbus TCP, in place of a device file; port 0 takes a free one.
    pub listen: Option<SocketAddr>,
    /// Modbus address, 1 to 247.
    pub unit: u8,
    /// Bits a second.
    pub baud: u32,
    /// Whether bytes take the time that the rate says.
    pub throttle: bool,
    /// Whether a gate that set another rate gets rubbish.
    pub strict_baud: bool,
    /// `vendor` (timed pulses) or `strict` (plain coils only).
    pub profile: RelayProfile,
    /// Outputs, 1 to 32.
    pub coils: u8,
    /// Inputs, 1 to 32.
    pub inputs: u8,
}

impl Default for RelayDevice {
    fn default() -> Self {
        Self {
            name: String::new(),
            path: None,
            listen: None,
            unit: 1,
            baud: 9600,
            throttle: false,
            strict_baud: false,
            profile: RelayProfile::Vendor,
            coils: 8,
            inputs: 8,
        }
    }
}

/// Which map a board follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelayProfile {
    /// Waveshare V2.
    Vendor,
    /// Plain Modbus.
    Strict,
}

/// 通道 as wired: which reader, which board, and what is on which channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LaneWiring {
    /// Its name, such as `OUT1`; needed.
    pub name: String,
    /// The UHF reader's name; needed.
    pub reader: String,
    /// The board's name; needed.
    pub board: String,
    /// Inputs, by role.
    pub inputs: InputMap,
    /// Coils, by role.
    pub coils: CoilMap,
    /// How the barrier behaves at the start.
    pub barrier: BarrierKnobs,
}

/// Which digital input sees what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputMap {
    /// Arm fully open.
    pub open_limit: u8,
    /// Arm fully closed.
    pub closed_limit: u8,
    /// Loop before the arm.
    pub approach: u8,
    /// Loop under the arm.
    pub safety: u8,
    /// Loop behind the arm.
    pub exit: u8,
}

impl Default for InputMap {
    fn default() -> Self {
        Self { open_limit: 0, closed_limit: 1, approach: 2, safety: 3, exit: 4 }
    }
}

impl InputMap {
    /// Roles and channels.
    #[must_use]
    pub fn all(&self) -> [(&'static str, u8); 5] {
        [
            ("open_limit", self.open_limit),
            ("closed_limit", self.closed_limit),
            ("approach", self.approach),
            ("safety", self.safety),
            ("exit", self.exit),
        ]
    }
}

/// Which coil does what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoilMap {
    /// Raises the arm.
    pub open: u8,
    /// Lowers the arm.
    pub close: u8,
    /// Stops the arm.
    pub stop: u8,
    /// Red light.
    pub red: u8,
    /// Green light.
    pub green: u8,
}

impl Default for CoilMap {
    fn default() -> Self {
        Self { open: 0, close: 1, stop: 2, red: 3, green: 4 }
    }
}

impl CoilMap {
    /// Roles and channels.
    #[must_use]
    pub fn all(&self) -> [(&'static str, u8); 5] {
        [
            ("open", self.open),
            ("close", self.close),
            ("stop", self.stop),
            ("red", self.red),
            ("green", self.green),
        ]
    }
}

/// How a barrier behaves; what is not said stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BarrierKnobs {
    /// From closed to open; 1200 at the start.
    pub rise_ms: Option<u32>,
    /// From open to closed; 1500 at the start.
    pub fall_ms: Option<u32>,
    /// The motor does nothing.
    pub stuck: Option<bool>,
    /// `true`, `none` (neither limit) or `both`.
    pub feedback: Option<FeedbackKnob>,
    /// Travel takes that many times as long.
    pub slow: Option<u32>,
}

/// What the limit switches tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKnob {
    /// The truth.
    True,
    /// Neither limit, ever.
    None,
    /// Both limits at once.
    Both,
}

/// 故障时段: a fault that begins by itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultWindow {
    /// On whose line.
    pub device: String,
    /// After the start.
    #[serde(default)]
    pub at_ms: u64,
    /// How long; for ever unless said.
    #[serde(default)]
    pub for_ms: Option<u64>,
    /// What.
    pub what: Fault,
}
