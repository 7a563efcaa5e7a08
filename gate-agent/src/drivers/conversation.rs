//! From a device's configuration to its conversation: the one place that knows both.
//! Absent: boards, whose bus has a driver of its own (`bus`), and what speaks over the broker (`mqtt`).

use std::time::Duration;

use protocols::{
    barcode,
    card::pn532::{memory::TextBlock, session as card},
    display::{bx::message::Answer, panel::Panel, session as panel, voice},
    lock::session as lock,
    scale::{session as scale, stability, weighing},
    seal::reader::session as seal,
    uhf::{repr::ReadMode, session as uhf},
};

use super::{locks::WatchedLocks, reader::Begin, sign::SignConfig};
use crate::{
    config::{
        CardConfig, Device, DisplayBoard, Kind, LockConfig, PortSettings, ReaderMode, ScaleConfig,
        ScaleFormat, ScannerConfig, SealConfig, UhfConfig,
    },
    notice::Shape,
    panel::DeviceMetrics,
};

/// How to begin a conversation with a device of this kind; none for a board, for what speaks over the broker, and for what drivers see
/// and hear ([`sign`]). How a lock board's locks stand is laid out in `metrics`.
#[must_use]
pub fn conversation(kind: &Kind, metrics: &DeviceMetrics) -> Option<Begin> {
    match kind {
        Kind::Uhf(config) => {
            let config = uhf(config);
            Some(Box::new(move || Box::new(uhf::Session::new(config))))
        }
        Kind::Card(config) => {
            let config = card(config);
            Some(Box::new(move || Box::new(card::Session::new(config))))
        }
        Kind::Scanner(config) => {
            let config = scanner(config);
            Some(Box::new(move || Box::new(barcode::session::Session::new(config.clone()))))
        }
        Kind::Scale(config) => {
            let config = scale(config);
            Some(Box::new(move || Box::new(scale::Session::new(config))))
        }
        Kind::Seals(config) => {
            let config = seals(config);
            Some(Box::new(move || Box::new(seal::Session::new(config))))
        }
        Kind::Locks(config) => {
            let (config, shown) = (locks(config), metrics.locks.clone());
            Some(Box::new(move || Box::new(WatchedLocks::new(config.clone(), shown.clone()))))
        }
        Kind::Board(_) | Kind::Display(_) | Kind::Speech(_) | Kind::Mqtt(_) => None,
    }
}

/// Bytes of a row's frame beside its text, on the wire that has most.
const ROW_FRAME: u32 = 48;
/// Bytes of the longest prompt.
const PROMPT: u32 = 64;
/// Silence behind a frame: boards that draw hear nothing.
const DRAWING: Duration = Duration::from_millis(50);

/// How to speak with a display or a voice; none for other devices.
#[must_use]
pub fn sign(device: &Device) -> Option<SignConfig> {
    match &device.kind {
        Kind::Display(config) => {
            let (panel, answers) = match config.board {
                DisplayBoard::Park(profile) => (Panel::Park(profile), false),
                DisplayBoard::Bx(profile) => (Panel::Bx(profile), profile.answer == Answer::Wanted),
                DisplayBoard::Ab(profile) => (Panel::Ab(profile), false),
            };
            let (rows, cells) = config.board.size();
            let pace = pace(device.port.as_ref()?, cells);
            let session = panel::Config { refresh: config.refresh, pace, ..panel::Config::of(panel) };
            Some(SignConfig::Panel { session, answers, shape: Shape { rows, cells } })
        }
        Kind::Speech(config) => Some(SignConfig::Voice(voice::Config {
            music: config.music,
            silence_probe: config.silence_probe,
            ..voice::Config::default()
        })),
        Kind::Uhf(_)
        | Kind::Card(_)
        | Kind::Scanner(_)
        | Kind::Scale(_)
        | Kind::Seals(_)
        | Kind::Locks(_)
        | Kind::Board(_)
        | Kind::Mqtt(_) => None,
    }
}

/// From the beginning of a frame to the next one: a slow line must not store what is newer by then.
fn pace(port: &PortSettings, cells: u8) -> Duration {
    let on_the_line = match port {
        PortSettings::Serial(serial) => {
            let bits = 10 * (ROW_FRAME + u32::from(cells)).max(PROMPT);
            Duration::from_secs(1) * bits / serial.baud.max(1)
        }
        // What is behind an address tells no rate.
        PortSettings::Tcp(_) => Duration::from_millis(50),
    };
    on_the_line + DRAWING
}

/// When a scale's weights may be used; none for what is no scale.
#[must_use]
pub fn weighing_rule(kind: &Kind) -> Option<weighing::Rule> {
    let Kind::Scale(config) = kind else { return None };
    Some(weighing::Rule { division: config.division, minimum: config.least, ..weighing::Rule::default() })
}

fn uhf(config: &UhfConfig) -> uhf::Config {
    let mode = match config.mode {
        ReaderMode::Answer => ReadMode::Answer,
        ReaderMode::Scan => ReadMode::Scan,
    };
    uhf::Config {
        address: config.address,
        family: Some(config.family),
        mode,
        with_tid: config.with_tid,
        gap: config.gap,
        silence_probe: config.silence_probe,
        ..uhf::Config::default()
    }
}

fn card(config: &CardConfig) -> card::Config {
    card::Config {
        poll_every: config.poll,
        gap: config.gap,
        text: config.text_block.map(|block| TextBlock { block, key: None }),
        ..card::Config::default()
    }
}

fn scanner(config: &ScannerConfig) -> barcode::session::Config {
    let reading =
        barcode::repr::Reading { code_id: config.code_id, charset: config.charset, ..Default::default() };
    barcode::session::Config {
        reading,
        tail: config.tail,
        gap: config.gap,
        module: config.obeys.then(barcode::settings::Module::default),
    }
}

fn scale(config: &ScaleConfig) -> scale::Config {
    let wire = match config.format {
        ScaleFormat::Detect => scale::Wire::Detect,
        ScaleFormat::Listen(format) => scale::Wire::Listen(format),
        ScaleFormat::Ask => scale::Wire::Ask(scale::Asking::default()),
    };
    let stability =
        stability::Rule { window: config.rest, spread: config.division, ..stability::Rule::default() };
    scale::Config { wire, unit: config.unit, stability, ..scale::Config::default() }
}

fn locks(config: &LockConfig) -> lock::Config {
    lock::Config {
        board: config.board,
        locks: (1..=config.locks).collect(),
        sensor: config.sensor,
        poll_every: config.poll,
        ..lock::Config::default()
    }
}

fn seals(config: &SealConfig) -> seal::Config {
    seal::Config {
        reader: config.reader,
        gap: config.gap,
        silence_probe: config.silence_probe,
        ..seal::Config::default()
    }
}
