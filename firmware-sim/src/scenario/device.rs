//! `[[device]]`: what hangs on a line of its own, and how that line is.
//! Promises: the keys of the line are the same for every kind; an unknown key is an error that names the device.
//! Absent: what is right of the contents (`check`); the firmware (`board::firmware`).

use protocols::contract::Kg;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// One device and its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// How it is reached.
    pub line: LineKeys,
    /// What it is.
    pub kind: Kind,
}

/// What every device has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineKeys {
    /// Its name; needed.
    pub name: String,
    /// Symlink; the name unless said.
    pub path: Option<PathBuf>,
    /// Listens there for the same bytes over TCP, a board for Modbus TCP, in place of a device file; port 0 takes a free one.
    pub listen: Option<SocketAddr>,
    /// Bits a second; unless said the usual rate of the kind.
    pub baud: Option<u32>,
    /// Whether bytes take the time that the rate says.
    pub throttle: bool,
    /// Whether a gate that set another rate gets rubbish.
    pub strict_baud: bool,
}

/// The keys of [`LineKeys`].
const LINE: [&str; 6] = ["name", "path", "listen", "baud", "throttle", "strict_baud"];

/// What a device is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// A UHF reader of the Chafon families.
    Uhf(UhfDevice),
    /// A PN532 card reader.
    Card(CardDevice),
    /// A bar-code scanner.
    Scanner(ScannerDevice),
    /// A weighbridge with its indicator.
    Scale(ScaleDevice),
    /// A reader of electronic seals.
    Seals(SealDevice),
    /// A plate camera at a broker.
    Camera(CameraDevice),
    /// A relay and input board.
    Relay(RelayDevice),
}

impl Kind {
    /// Its name in the file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Uhf(_) => "uhf",
            Self::Card(_) => "card",
            Self::Scanner(_) => "scanner",
            Self::Scale(_) => "scale",
            Self::Seals(_) => "seals",
            Self::Camera(_) => "camera",
            Self::Relay(_) => "relay",
        }
    }
}

impl Device {
    /// A device of that kind with nothing but a name.
    #[must_use]
    pub fn new(name: &str, kind: Kind) -> Self {
        Self { line: LineKeys { name: name.to_owned(), ..LineKeys::default() }, kind }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.line.name
    }

    /// Bits a second.
    #[must_use]
    pub fn baud(&self) -> u32 {
        self.line.baud.unwrap_or(match self.kind {
            Kind::Uhf(_) => 57_600,
            Kind::Card(_) => 115_200,
            Kind::Scanner(_) | Kind::Scale(_) | Kind::Seals(_) | Kind::Relay(_) => 9600,
            Kind::Camera(_) => 0,
        })
    }

    /// The path of its symlink, or with `.tcp` behind it of the file that tells its address; below the folder of the run
    /// unless absolute.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        let own = || PathBuf::from(&self.line.name);
        let mut path = self.line.path.clone().unwrap_or_else(own).into_os_string();
        if self.line.listen.is_some() {
            path.push(".tcp");
        }
        path.into()
    }
}

impl<'de> Deserialize<'de> for Device {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = toml::Table::deserialize(deserializer)?;
        let line: toml::Table =
            LINE.into_iter().filter_map(|key| Some((key.to_owned(), keys.remove(key)?))).collect();
        let line: LineKeys = line.try_into().map_err(de::Error::custom)?;
        let told = |error: toml::de::Error| de::Error::custom(format!("device {:?}: {error}", line.name));
        let kind = Kind::deserialize(keys).map_err(told)?;
        Ok(Self { line, kind })
    }
}

/// 超高频读写器 as wired: knobs of the simulated reader.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UhfDevice {
    /// 18 or 288.
    pub family: u16,
    /// Bus address.
    pub address: u8,
    /// `answer` or `scan` at power-on; the gate may change it.
    pub mode: UhfMode,
    /// Repeat filter of the 18 family at power-on, seconds.
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
            family: 18,
            address: 0,
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

/// 读卡器 as wired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardDevice {}

/// 扫码器 as wired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScannerDevice {
    /// Whether it is a module that obeys commands; otherwise it only talks.
    pub module: bool,
    /// Whether it puts the AIM identifier before each record; a module is told that by the gate.
    pub aim: bool,
}

/// 地磅 as wired.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScaleDevice {
    /// `a9`, `a9_command`, `a12`, `mt`, `cas22`, `and18` or `equals`.
    pub format: ScaleFormat,
    /// How long the platform swings after a change.
    pub settle_ms: u32,
    /// From one frame to the next.
    pub every_ms: u32,
    /// How far the zero wanders in a minute, kg.
    pub drift_kg: Kg,
}

impl Default for ScaleDevice {
    fn default() -> Self {
        Self { format: ScaleFormat::A9, settle_ms: 1500, every_ms: 80, drift_kg: Kg::default() }
    }
}

/// 数据格式 of a simulated indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleFormat {
    /// XK3190-A9, continuous.
    #[default]
    A9,
    /// XK3190-A9, asked.
    A9Command,
    /// XK3190-A12 with its check.
    A12,
    /// Mettler Toledo continuous.
    Mt,
    /// CAS 22 bytes.
    Cas22,
    /// A&D 18 bytes.
    And18,
    /// `=` and reversed digits.
    Equals,
}

/// 关锁读写器 as wired.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SealDevice {
    /// The reader's number.
    pub address: u16,
}

impl Default for SealDevice {
    fn default() -> Self {
        Self { address: 1 }
    }
}

/// 车牌相机 as wired.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraDevice {
    /// The gate's broker; needed.
    pub broker: SocketAddr,
    /// By whom it is known there; the device's name unless said.
    #[serde(default)]
    pub user: Option<String>,
    /// With which password; without one it logs in as nobody.
    #[serde(default)]
    pub password: Option<String>,
    /// Whose form it speaks.
    #[serde(default)]
    pub vendor: CameraVendor,
    /// Where it publishes, or what stands before the make's own topic; the device's name unless said.
    #[serde(default)]
    pub topic: Option<String>,
}

/// The password is in no debug text.
impl fmt::Debug for CameraDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { broker, user, vendor, topic, .. } = self;
        f.debug_struct("CameraDevice")
            .field("broker", broker)
            .field("user", user)
            .field("vendor", vendor)
            .field("topic", topic)
            .finish_non_exhaustive()
    }
}

/// Whose form a camera speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraVendor {
    /// 臻识 and AlphaDigi.
    #[default]
    Alpha,
    /// Frigate.
    Frigate,
    /// Hikvision, ISAPI in its JSON form.
    Hikvision,
    /// Dahua ITC.
    Dahua,
    /// Axis License Plate Verifier.
    Axis,
    /// Plate Recognizer Stream.
    PlateRecognizer,
}

/// 继电器板 as wired: knobs of the simulated board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelayDevice {
    /// Modbus address, 1 to 247.
    pub unit: u8,
    /// `vendor` (timed pulses) or `strict` (plain coils only).
    pub profile: RelayProfile,
    /// Outputs, 1 to 32.
    pub coils: u8,
    /// Inputs, 1 to 32.
    pub inputs: u8,
}

impl Default for RelayDevice {
    fn default() -> Self {
        Self { unit: 1, profile: RelayProfile::Vendor, coils: 8, inputs: 8 }
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
