//! A scripted UHFReader18 behind a plugged adapter.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use protocols::{
    frame::Progress,
    uhf::{
        repr::{Command, ReadMode, ReaderInfo, Reply, WorkMode, WorkModeReport},
        status::Status,
        tag::{Family, TagRead, Tags},
        wire::{HostFrame, Side, UhfDecoder},
    },
};

use super::port::Plug;

/// What a test turns while the reader runs.
#[derive(Default)]
pub(super) struct Knobs {
    /// It takes commands and answers nothing.
    pub(super) mute: AtomicBool,
    /// How often its work mode was set.
    pub(super) configured: AtomicUsize,
    /// In answer mode, whether a tag is in the field.
    pub(super) tag: AtomicBool,
}

/// The tag that stands in the field.
pub(super) const EPC: &str = "E280117000000200EBEAD3B5";

/// Answers commands for as long as the adapter is plugged in, or the driver connected, and the future lives.
pub(super) async fn serve(plug: Arc<Plug>, knobs: Arc<Knobs>) {
    let mut decoder = UhfDecoder::new(Side::Host);
    while let Some(bytes) = plug.heard().await {
        assert_eq!(decoder.push(&bytes), bytes.len());
        let mut replies = Vec::new();
        loop {
            match decoder.pull() {
                Progress::NeedMore => break,
                Progress::Frame(frame) => {
                    let command = Command::decode(&HostFrame::parse(frame).unwrap(), Family::Uhf18).unwrap();
                    replies.push(reply(command, &knobs));
                }
                other @ (Progress::Noise { .. } | Progress::BadCheck(_)) => panic!("the host sent {other:?}"),
            }
        }
        if !knobs.mute.load(Ordering::SeqCst) {
            for bytes in replies {
                plug.write(&bytes).await;
            }
        }
    }
}

fn reply(command: Command, knobs: &Knobs) -> Vec<u8> {
    let in_field = [tag(EPC)];
    let data = Tags::write(Family::Uhf18, 0, &in_field);
    let reply = match command {
        Command::ReaderInformation => Reply::Information(ReaderInfo {
            version: [2, 32],
            kind: 0x09,
            protocols: 3,
            max_channel: 0,
            min_channel: 0,
            power: 30,
            inventory_time: 3,
            ports: None,
        }),
        Command::GetWorkMode => Reply::WorkMode(WorkModeReport {
            wiegand: [0; 4],
            mode: WorkMode::serial(ReadMode::Scan),
            accuracy: 0,
            offset: 0,
        }),
        Command::Inventory if knobs.tag.load(Ordering::SeqCst) => {
            let tags = Tags::parse(Family::Uhf18, &data).unwrap();
            Reply::Tags { command: command.code(), status: Status::Finished, tags }
        }
        Command::Inventory => Reply::Answer { command: command.code(), status: Status::NoTag, detail: None },
        Command::SetWorkMode(_) => {
            knobs.configured.fetch_add(1, Ordering::SeqCst);
            Reply::Answer { command: command.code(), status: Status::Success, detail: None }
        }
        _ => Reply::Answer { command: command.code(), status: Status::Success, detail: None },
    };
    reply.encode(0, Family::Uhf18).unwrap()
}

pub(super) fn tag(hex: &str) -> TagRead {
    let bytes: Vec<u8> =
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
    TagRead::new(&bytes).unwrap()
}

/// The unsolicited report of a tag.
pub(super) fn report(hex: &str) -> Vec<u8> {
    Reply::Seen(tag(hex)).encode(0, Family::Uhf18).unwrap()
}
