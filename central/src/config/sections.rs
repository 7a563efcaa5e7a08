//! The plain sections of `central.toml`: each a struct, each key with its default.

use std::net::SocketAddr;

use serde::Deserialize;

use super::{Config, Wrong};
use crate::store::StoreUrl;

/// `[server]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port; `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Take the next free port when this one is taken; false.
    pub port_search: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), port_search: false }
    }
}

/// `[store]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// The folder of the SQLite file, and of snapshots while they are sent; `data`.
    pub data_dir: String,
    /// Another SQLite file, `sqlite:...`, or a PostgreSQL database, `postgres://...`; empty for the file in `data_dir`.
    pub url: StoreUrl,
    /// Connections that only read; 4.
    pub read_connections: u32,
    /// Start on a PostgreSQL server that a power cut makes forget what it has committed (`fsync`, `full_page_writes` off), for tests; false.
    pub allow_unsafe_postgres: bool,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            url: StoreUrl::default(),
            read_connections: 4,
            allow_unsafe_postgres: false,
        }
    }
}

/// `[blob]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlobConfig {
    /// A bucket, `s3://bucket/folder`; empty for the folder `blobs` in `store.data_dir`. The bucket's credentials, region and endpoint come
    /// from its own variables of the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT` ...).
    pub url: String,
}

/// `[attachment]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttachmentConfig {
    /// Files that are read at once; 2. More wait, and are told to come back after `check_s`.
    pub max_checks: u32,
    /// Seconds that a file may take to be read; 10. One that takes longer is refused.
    pub check_s: u32,
}

impl Default for AttachmentConfig {
    fn default() -> Self {
        Self { max_checks: 2, check_s: 10 }
    }
}

/// Who answers for customs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskMode {
    /// Approves by itself after a delay, for demos and tests.
    Auto,
    /// Officers answer over REST.
    Manual,
    /// Customs answers through a drop folder.
    File,
}

/// What a customs receipt 41 means (SG-183).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt41 {
    /// 海关布控: a missed hold is worse than a stopped lorry.
    Hold,
    /// The vehicle is at a lane of customs' own.
    InUse,
}

/// `[desk]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeskConfig {
    /// Who answers; `auto`.
    pub mode: DeskMode,
    /// The drop folder of mode `file`; empty.
    pub folder: String,
    /// What receipt 41 means; `hold`.
    pub receipt_41: Receipt41,
    /// Milliseconds from 申报 to 发往内网成功; 500.
    pub send_delay_ms: u32,
    /// Milliseconds from 发往内网成功 to 海关审核通过 in mode `auto`; 1500.
    pub approve_delay_ms: u32,
}

impl Default for DeskConfig {
    fn default() -> Self {
        Self {
            mode: DeskMode::Auto,
            folder: String::new(),
            receipt_41: Receipt41::Hold,
            send_delay_ms: 500,
            approve_delay_ms: 1500,
        }
    }
}

/// `[feed]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedConfig {
    /// Changes in one answer; 500.
    pub max_changes: u32,
    /// Changes kept for each yard; 100000. Who asks for an older revision takes a snapshot.
    pub keep_changes: u32,
    /// Days for which a withdrawn or used trip says why; 7.
    pub stub_days: u32,
    /// Snapshots made at once; 2. More are told to come back. Fewer than `store.read_connections`, so that everyone else can read.
    pub max_snapshots: u32,
    /// Mebibytes that snapshots take in `store.data_dir` while gates take them; 2048. Who would need more is told to come back, unless it is the only
    /// one.
    pub max_snapshot_mb: u32,
    /// People and programs that watch the gates at once; 256. More are told to come back.
    pub max_streams: u32,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self {
            max_changes: 500,
            keep_changes: 100_000,
            stub_days: 7,
            max_snapshots: 2,
            max_snapshot_mb: 2048,
            max_streams: 256,
        }
    }
}

impl FeedConfig {
    /// What all snapshots under way may take together.
    #[must_use]
    pub fn most_snapshot_bytes(&self) -> u64 {
        u64::from(self.max_snapshot_mb) * 1024 * 1024
    }
}

/// `[intake]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntakeConfig {
    /// Batches in flight at once; 8: one is written, the others are verified meanwhile. More are told to come back.
    pub max_batches: u32,
}

impl Default for IntakeConfig {
    fn default() -> Self {
        Self { max_batches: 8 }
    }
}

/// `[short_messages]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShortMessageConfig {
    /// The gateway that takes `POST {"id", "mobile", "body"}`; empty for files in `data_dir/short-messages`, for training and tests.
    pub url: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// How; `human`.
    pub format: LogFormat,
    /// What, as `tracing` directives; `info`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Human, filter: "info".into() }
    }
}

/// What a type cannot say: numbers that must not be 0, directives that must parse.
pub(super) fn check(config: &Config, wrong: &mut Vec<Wrong>) {
    for (key, value) in [
        ("store.read_connections", config.store.read_connections),
        ("feed.max_changes", config.feed.max_changes),
        ("feed.keep_changes", config.feed.keep_changes),
        ("feed.stub_days", config.feed.stub_days),
        ("feed.max_snapshots", config.feed.max_snapshots),
        ("feed.max_snapshot_mb", config.feed.max_snapshot_mb),
        ("intake.max_batches", config.intake.max_batches),
        ("attachment.max_checks", config.attachment.max_checks),
        ("attachment.check_s", config.attachment.check_s),
    ] {
        if value == 0 {
            wrong.push(Wrong { key: key.into(), why: "must be at least 1".into() });
        }
    }
    if config.feed.max_snapshots >= config.store.read_connections {
        let why = "must be less than store.read_connections".into();
        wrong.push(Wrong { key: "feed.max_snapshots".into(), why });
    }
    if !config.blob.url.is_empty() && !config.blob.url.starts_with("s3://") {
        wrong.push(Wrong { key: "blob.url".into(), why: "must be s3://bucket/folder, or empty".into() });
    }
    if config.desk.mode == DeskMode::File && config.desk.folder.is_empty() {
        let why = "mode file needs a folder".into();
        wrong.push(Wrong { key: "desk.folder".into(), why });
    }
    if let Err(error) = config.log.filter.parse::<tracing_subscriber::EnvFilter>() {
        wrong.push(Wrong { key: "log.filter".into(), why: error.to_string() });
    }
}
