//! Seal readers and padlocks: frames of both sides, and what they mean.
//! Checks: the decoder's promises; what was read is written back alike; only a clean status is sealed.

use crate::display::{frames, parts};
use crate::stream::hold;
use protocols::seal::pad::binary::Report;
use protocols::seal::pad::text::TextReport;
use protocols::seal::pad::wire::{self as pad, Answer, PadWire};
use protocols::seal::reader::repr::{Command, Message};
use protocols::seal::reader::wire::{self as reader, Frame, SealWire};
use protocols::seal::status::{SealId, ShortStatus};
use protocols::talk::SealState;

/// A reader's frame around `body`: reader and code first.
pub fn seal(body: &[u8]) -> Vec<u8> {
    match body {
        [reader_high, reader_low, code_high, code_low, data @ ..] => Frame {
            reader: u16::from_be_bytes([*reader_high, *reader_low]),
            code: u16::from_be_bytes([*code_high, *code_low]),
            data,
        }
        .encode()
        .unwrap_or_default(),
        short => short.to_vec(),
    }
}

/// A padlock's frame around `body`: text in brackets, or a binary report's length put right.
pub fn seal_pad(body: &[u8]) -> Vec<u8> {
    match body.split_first() {
        Some((0x24, rest)) if rest.len() >= 9 => {
            let mut frame = body.to_vec();
            let len = u16::try_from(frame.len() - 10).unwrap_or(u16::MAX).to_be_bytes();
            frame[8..10].copy_from_slice(&len);
            frame
        }
        _ => [b"(", body, b")"].concat(),
    }
}

/// Decodes what came, holds every result to its promises.
pub fn decoder(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let cut = usize::from(*choice);
    if choice & 1 == 0 { readers(data, cut) } else { padlocks(data, cut) }
}

fn readers(data: &[u8], cut: usize) {
    let good = seal(&[0, 1, 0, 0x16]);
    for frame in frames(hold::<SealWire, { reader::BUFFER }>(SealWire, &parts(data, seal), cut, &good)) {
        let parsed = Frame::parse(&frame).expect("the decoder told a frame that does not parse");
        assert_eq!(parsed.encode().as_deref(), Ok(frame.as_slice()));
        if let Ok(command) = Command::decode(&parsed) {
            assert_eq!(command.encode(parsed.reader).as_deref(), Ok(frame.as_slice()), "{command:?}");
        }
        let Ok(message) = Message::decode(&parsed) else { continue };
        assert_eq!(message.encode(parsed.reader).as_deref(), Ok(frame.as_slice()), "{message:?}");
        if let Message::Burst { burst, .. } = message {
            number(burst.seal);
            state(burst.status);
        }
    }
}

fn number(seal: SealId) {
    let declared = seal.declared();
    assert!(protocols::ids::SealNo::parse(&declared).is_ok(), "{declared} is no seal number");
    if let Some(printed) = seal.printed() {
        assert_eq!(SealId::parse(&printed), Some(seal));
    }
}

fn state(status: ShortStatus) {
    let against = ShortStatus::TAMPERED | ShortStatus::OPENED | ShortStatus::SUSPENDED_SET | 0x0E;
    assert_eq!(status.state() == SealState::Sealed, status.0 & against == 0, "{status:?}");
    if status.has(ShortStatus::OPENED) && !status.has(ShortStatus::OPEN_APPROVED) {
        assert_eq!(status.state(), SealState::Tampered);
    }
}

fn padlocks(data: &[u8], cut: usize) {
    for frame in frames(hold::<PadWire, { pad::BUFFER }>(PadWire, &parts(data, seal_pad), cut, b"(P35)")) {
        if let Some(report) = Report::read(&frame) {
            assert_eq!(report.write().as_deref(), Some(frame.as_slice()), "{report:?}");
            assert!(
                report.place.latitude.abs() <= 90 * 600_000 && report.place.longitude.abs() <= 180 * 600_000
            );
        } else if let Some(report) = TextReport::read(&frame) {
            assert_eq!(TextReport::read(&report.write()).as_ref(), Some(&report));
        }
        if let Some(answer) = Answer::parse(&frame) {
            assert_eq!(answer.encode(), frame);
        }
    }
}
