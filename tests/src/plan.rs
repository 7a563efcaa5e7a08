//! What a yard is made of: gates with lanes, a desk, and times short enough for tests.
//! Promises: `YardPlan::default()` is the yard that most tests want: one gate with an entry and an outermost exit.
//! Absent on purpose: the files' syntax (`config`).

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use protocols::rules::LaneDirection;
use serde_json::{Map, Value};

/// The whole yard.
#[derive(Clone, Debug)]
pub struct YardPlan {
    /// 场所编号.
    pub yard_id: String,
    /// The customs area that feeds it; records are declared for it.
    pub customs_code: String,
    /// Who answers declarations.
    pub desk: DeskPlan,
    /// The gates; one agent and one simulator each.
    pub gates: Vec<GatePlan>,
    /// Where the centre listens; port 0 takes a free one. A port that is taken gives way to the next.
    pub centre_listen: String,
    /// Gates come over TLS, with certificates that are good for so many seconds; over plain HTTP with their tokens where nothing is said.
    pub certificate_lifetime_s: Option<u32>,
    /// `[store] url` of the centre; empty for a SQLite file in its folder.
    pub store_url: String,
    /// Where pages of the portal look for cards.
    pub card_service: SocketAddr,
    /// `[[person]]` of the centre, beside those of every yard.
    pub more_people: Vec<Value>,
    /// The yard's folder; a temporary one, removed in the end, when none is named.
    pub folder: Option<PathBuf>,
}

/// Where a card service listens unless somebody else does.
pub const CARD_SERVICE_PORT: u16 = 18_089;

/// The customs desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskPlan {
    /// Approves everything by itself.
    Auto {
        /// From `DECLARED` to `SENT`.
        send_delay_ms: u32,
        /// From `SENT` to `CUSTOMS_APPROVED`.
        approve_delay_ms: u32,
    },
    /// An officer answers (`Rest::desk`).
    Manual {
        /// From `DECLARED` to `SENT`.
        send_delay_ms: u32,
    },
}

/// One gate.
#[derive(Clone, Debug)]
pub struct GatePlan {
    /// 卡口.
    pub gate_id: String,
    /// Its bearer token.
    pub token: String,
    /// Its lanes.
    pub lanes: Vec<LanePlan>,
    /// Port of the agent's panel; a free one when 0, the next free one when taken.
    pub panel_port: u16,
    /// Longest hold of a request for changes, seconds.
    pub long_poll_s: u32,
    /// Beyond that wait the line counts as dead, seconds.
    pub request_timeout_s: u32,
    /// First pause after a failed call.
    pub retry_min_ms: u32,
    /// Longest pause after failed calls, seconds.
    pub retry_max_s: u32,
    /// `compare_s`.
    pub compare_s: u32,
    /// What the agent logs.
    pub log_level: String,
    /// Who may act at its panel.
    pub persons: Vec<PersonPlan>,
    /// Port of the broker inside its agent, where a lane has a camera; a free one when 0.
    pub broker_port: u16,
    /// `[mqtt]` of its agent, where devices speak over a broker.
    pub mqtt: Option<Value>,
    /// Devices of its agent beside those of the lanes.
    pub more_devices: Vec<Value>,
    /// What its capture may take; none when 0.
    pub capture_mib: u32,
}

/// A person at a gate. The PINs are no secrets: they lead into yards that live for minutes on one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonPlan {
    /// As events name him.
    pub id: &'static str,
    /// As people call him.
    pub name: &'static str,
    /// `officer` or `yard_operator`.
    pub role: &'static str,
    /// What he types.
    pub pin: &'static str,
    /// What the agent is told of it; made once, since a hash is meant to cost time.
    pub pin_hash: &'static str,
}

/// Two officers, so that a release by two can be played, of whom one may issue codes for it; and an operator.
pub const PERSONS: [PersonPlan; 3] = [
    PersonPlan {
        id: "zhang",
        name: "张伟",
        role: "officer",
        pin: "482017",
        pin_hash: "$argon2id$v=19$m=12288,t=3,p=1$QM84M+xFWtqECBdhD5JYRQ$x7QpEYj3aPlkq4oahluxDxH0CRbRv+W6WBFhiKLPF0Y",
    },
    PersonPlan {
        id: "wang",
        name: "王芳",
        role: "supervisor",
        pin: "730195",
        pin_hash: "$argon2id$v=19$m=12288,t=3,p=1$+6rA9Azct3wrhMlH6iVC+g$reuY6EAmVtcixNOOTxzvMgntSmUuKCb1rDK7calTzG8",
    },
    PersonPlan {
        id: "li",
        name: "李强",
        role: "yard_operator",
        pin: "904716",
        pin_hash: "$argon2id$v=19$m=12288,t=3,p=1$fms6+oCMhkL9uTE7yvQ//w$XcQDUMrn8aIaMpFLjublc3RhiUZuIA6DQCv8cowwOfQ",
    },
];

/// What stands in a lane beside its reader and its board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// 读卡器 `{lane_id}-card`.
    Cards,
    /// 扫码器 `{lane_id}-code`.
    Scanner,
    /// 关锁读写器 `{lane_id}-seal`.
    Seals,
    /// 地磅 `{lane_id}-scale`.
    Scale,
    /// 车牌相机 `{lane_id}-cam`, at the broker inside the agent.
    Camera,
}

impl Device {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Cards, Self::Scanner, Self::Seals, Self::Scale, Self::Camera];

    /// Its name in that lane.
    #[must_use]
    pub fn name(self, lane_id: &str) -> String {
        let what = match self {
            Self::Cards => "card",
            Self::Scanner => "code",
            Self::Seals => "seal",
            Self::Scale => "scale",
            Self::Camera => "cam",
        };
        format!("{lane_id}-{what}")
    }
}

/// One lane, with a reader `{lane_id}-uhf` and a board `{lane_id}-io` of its own.
#[derive(Clone, Debug)]
pub struct LanePlan {
    /// 通道.
    pub lane_id: String,
    /// Which way it leads.
    pub direction: LaneDirection,
    /// Behind it the vehicle has left the port.
    pub outermost: bool,
    /// A release asks for two persons.
    pub two_persons: bool,
    /// How long reads are collected before a refusal.
    pub collect_window_ms: u32,
    /// The yard's patience with a vehicle that stands, seconds.
    pub lane_timeout_s: u32,
    /// And with one that passes, seconds.
    pub pass_timeout_s: u32,
    /// Approach loop free for so long: gone.
    pub withdraw_ms: u32,
    /// Arm up and no loop occupied for so long: backed out.
    pub back_out_ms: u32,
    /// A medium not read for so long is a new arrival.
    pub key_absence_ms: u32,
    /// The simulated arm's way up.
    pub rise_ms: u32,
    /// Its way down.
    pub fall_ms: u32,
    /// What stands there beside reader and board.
    pub devices: Vec<Device>,
    /// What it must see: `plate containers seals weight`.
    pub gathers: Vec<&'static str>,
    /// How the agent reaches its reader.
    pub reader_at: Reach,
    /// How the agent reaches its board.
    pub board_at: Reach,
    /// Readers of the lane beside its own, from the gate's `more_devices`.
    pub more_readers: Vec<String>,
    /// Keys of the agent's `[[lane]]` that take the place of those for its board.
    pub own_keys: Map<String, Value>,
}

/// How a device of a lane is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By the simulator's device file.
    File,
    /// Over TCP, at an address on which the simulator listens.
    Address(SocketAddr),
    /// It is somebody else's, with these keys in the agent's file; the simulator's own is asked by nobody.
    Foreign(Map<String, Value>),
}

impl Default for YardPlan {
    fn default() -> Self {
        Self {
            yard_id: "CNEHX070801".to_owned(),
            customs_code: "0708".to_owned(),
            desk: DeskPlan::Auto { send_delay_ms: 20, approve_delay_ms: 50 },
            gates: vec![GatePlan::new("0708-G02")],
            centre_listen: "127.0.0.1:0".to_owned(),
            certificate_lifetime_s: None,
            store_url: String::new(),
            card_service: SocketAddr::from((Ipv4Addr::LOCALHOST, CARD_SERVICE_PORT)),
            more_people: Vec::new(),
            folder: None,
        }
    }
}

impl GatePlan {
    /// A gate with an entry `IN1` and an outermost exit `OUT1`.
    #[must_use]
    pub fn new(gate_id: &str) -> Self {
        let exit = LanePlan { outermost: true, ..LanePlan::new("OUT1", LaneDirection::Out) };
        Self {
            gate_id: gate_id.to_owned(),
            token: format!("gate-token-{gate_id}"),
            lanes: vec![LanePlan::new("IN1", LaneDirection::In), exit],
            panel_port: 0,
            long_poll_s: 20,
            request_timeout_s: 5,
            retry_min_ms: 100,
            retry_max_s: 1,
            compare_s: 86_400,
            log_level: "info".to_owned(),
            persons: PERSONS.to_vec(),
            broker_port: 0,
            mqtt: None,
            more_devices: Vec::new(),
            capture_mib: 0,
        }
    }
}

/// What cameras prove themselves with at their agent's broker. No secret: it leads into yards that live for minutes on one machine.
pub const CAMERA_PASSWORD: &str = "camera-of-a-test-yard";

impl GatePlan {
    /// True when something speaks over the broker inside the agent.
    #[must_use]
    pub fn has_cameras(&self) -> bool {
        self.lanes.iter().any(|lane| lane.devices.contains(&Device::Camera))
    }

    /// Where the broker inside its agent listens.
    #[must_use]
    pub fn broker(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.broker_port))
    }
}

impl LanePlan {
    /// A brisk lane: its arm needs a fifth of a second, its patience is short.
    #[must_use]
    pub fn new(lane_id: &str, direction: LaneDirection) -> Self {
        Self {
            lane_id: lane_id.to_owned(),
            direction,
            outermost: false,
            two_persons: false,
            collect_window_ms: 500,
            lane_timeout_s: 600,
            pass_timeout_s: 60,
            withdraw_ms: 600,
            back_out_ms: 1500,
            key_absence_ms: 1000,
            rise_ms: 200,
            fall_ms: 200,
            devices: Vec::new(),
            gathers: Vec::new(),
            reader_at: Reach::File,
            board_at: Reach::File,
            more_readers: Vec::new(),
            own_keys: Map::new(),
        }
    }

    /// The same lane with everything that a lane can have; it weighs and reads seals.
    #[must_use]
    pub fn with_everything(self) -> Self {
        // A scale needs its time to come to rest.
        let collect_window_ms = self.collect_window_ms.max(6000);
        Self { devices: Device::ALL.to_vec(), gathers: vec!["seals", "weight"], collect_window_ms, ..self }
    }

    /// Its reader's name.
    #[must_use]
    pub fn reader(&self) -> String {
        format!("{}-uhf", self.lane_id)
    }

    /// Its board's name.
    #[must_use]
    pub fn board(&self) -> String {
        format!("{}-io", self.lane_id)
    }
}
