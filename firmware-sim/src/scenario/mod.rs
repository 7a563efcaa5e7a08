//! 场景: which devices there are, how lanes are wired, who comes when, and what goes wrong.
//! Promises: an unknown key is an error; every fault of a file is told with the key that it concerns.
//! Reading order: this file (lanes, fault windows), `device`, `check`, `plan` (one vehicle as written), `sign` (what is seen of
//! it), `vehicle` (how it drives).
//! Absent: judging `expect`; it is handed to whoever drives the scenario.

pub mod check;
pub mod device;
pub mod plan;
pub mod sign;
pub mod vehicle;

use crate::fault::Fault;
use device::Device;
use plan::VehiclePlan;
use serde::{Deserialize, Serialize};
use sign::Sign;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Of all chance; the command line's `--seed` goes before it.
    #[serde(default)]
    pub seed: u64,
    /// Readers, scales and boards.
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

/// 通道 as wired: which reader, which board, and what is on which channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LaneWiring {
    /// Its name, such as `OUT1`; needed.
    pub name: String,
    /// The UHF reader's name, if there is one.
    pub reader: Option<String>,
    /// The card reader's name, if there is one.
    pub cards: Option<String>,
    /// The scanner's name, if there is one.
    pub scanner: Option<String>,
    /// The seal reader's name, if there is one.
    pub seals: Option<String>,
    /// The plate camera's name, if there is one.
    pub camera: Option<String>,
    /// The scale's name, if there is one; its platform lies where the approach loop is.
    pub scale: Option<String>,
    /// The board's name; needed.
    pub board: String,
    /// Inputs, by role.
    pub inputs: InputMap,
    /// Coils, by role.
    pub coils: CoilMap,
    /// How the barrier behaves at the start.
    pub barrier: BarrierKnobs,
}

impl LaneWiring {
    /// What in the lane sees or feels vehicles: key, kind and name of each device.
    pub fn sensors(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        let all = [
            ("reader", "uhf", &self.reader),
            ("cards", "card", &self.cards),
            ("scanner", "scanner", &self.scanner),
            ("seals", "seals", &self.seals),
            ("camera", "camera", &self.camera),
            ("scale", "scale", &self.scale),
        ];
        all.into_iter().filter_map(|(role, kind, name)| Some((role, kind, name.as_deref()?)))
    }

    /// Which device sees such a thing.
    #[must_use]
    pub fn sensor(&self, sign: &Sign) -> Option<&str> {
        match sign {
            Sign::Tag(_) => self.reader.as_deref(),
            Sign::Card(_) => self.cards.as_deref(),
            Sign::Label(_) => self.scanner.as_deref(),
            Sign::Seal(..) => self.seals.as_deref(),
            Sign::Plate { .. } => self.camera.as_deref(),
        }
    }
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
