//! From a device's configuration to its conversation: the one place that knows both.
//! Absent: boards, whose bus has a driver of its own (`bus`), and what speaks over the broker (`mqtt`).

use protocols::{
    barcode,
    card::pn532::{memory::TextBlock, session as card},
    scale::{session as scale, stability, weighing},
    seal::reader::session as seal,
    uhf::{repr::ReadMode, session as uhf},
};

use super::reader::Begin;
use crate::config::{
    CardConfig, Kind, ReaderMode, ScaleConfig, ScaleFormat, ScannerConfig, SealConfig, UhfConfig,
};

/// How to begin a conversation with a device of this kind; none for a board, or what speaks over the broker.
#[must_use]
pub fn conversation(kind: &Kind) -> Option<Begin> {
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
        Kind::Board(_) | Kind::Mqtt(_) => None,
    }
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

fn seals(config: &SealConfig) -> seal::Config {
    seal::Config {
        reader: config.reader,
        gap: config.gap,
        silence_probe: config.silence_probe,
        ..seal::Config::default()
    }
}
