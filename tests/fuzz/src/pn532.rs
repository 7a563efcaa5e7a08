//! PN532 card readers: frames of both sides, and what they mean.

use crate::script::{Step, steps};
use crate::stream::{Part, Told, hold};
use protocols::card::pn532::repr::{Command, Reply};
use protocols::card::pn532::wire::{BUFFER, Frame, Side};

/// GetFirmwareVersion, asked of every chip.
const ASK: [u8; 9] = [0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00];
/// SAMConfiguration done.
const DONE: [u8; 9] = [0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD5, 0x15, 0x16, 0x00];

/// In which form frames are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Normal,
    Extended,
}

/// A frame of that side around `body`: its lengths before, its sum behind.
pub fn seal(side: Side, form: Form, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len() + 1).unwrap_or(u8::MAX);
    let mut frame = match form {
        Form::Normal => vec![0x00, 0x00, 0xFF, length, length.wrapping_neg()],
        Form::Extended => vec![0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x00, length, length.wrapping_neg()],
    };
    let tfi = if side == Side::Host { 0xD4 } else { 0xD5 };
    let sum = body.iter().fold(tfi, |sum: u8, byte| sum.wrapping_add(*byte));
    frame.push(tfi);
    frame.extend_from_slice(body);
    frame.extend_from_slice(&[sum.wrapping_neg(), 0x00]);
    frame
}

/// Decodes what one side sent, holds every result to its promises.
pub fn decoder(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let (side, good) = if choice & 1 == 0 { (Side::Chip, DONE) } else { (Side::Host, ASK) };
    let form = if choice & 2 == 0 { Form::Normal } else { Form::Extended };
    let told = hold::<Side, BUFFER>(side, &line(side, form, data), usize::from(*choice), &good);
    for one in told {
        let Told::Frame(bytes) = one else { continue };
        let frame = Frame::parse(side, &bytes).expect("the decoder told a frame that does not parse");
        let again = frame.encode(side).expect("what one frame said fits one frame");
        assert_eq!(Frame::parse(side, &again), Ok(frame));
        match (frame, side) {
            (Frame::Information(content), Side::Host) => host(content),
            (Frame::Information(content), Side::Chip) => chip(content),
            (Frame::Ack | Frame::Nack | Frame::SyntaxError, _) => {}
        }
    }
}

/// What the script does to a line.
fn line(side: Side, form: Form, data: &[u8]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for step in steps(data) {
        let bytes = match step {
            Step::Raw(bytes) => bytes.to_vec(),
            Step::Sealed(body) => seal(side, form, body),
            Step::Later(_) | Step::Choice(_) => {
                parts.push(Part::Gap);
                continue;
            }
        };
        match parts.last_mut() {
            Some(Part::Bytes(before)) => before.extend(bytes),
            _ => parts.push(Part::Bytes(bytes)),
        }
    }
    parts
}

fn host(content: &[u8]) {
    if let Ok(command) = Command::decode(content) {
        let bytes = command.encode().expect("what one frame asked fits one frame");
        assert_eq!(Frame::parse(Side::Host, &bytes), Ok(Frame::Information(content)), "{command:?}");
    }
}

fn chip(content: &[u8]) {
    let Ok(reply) = Reply::decode(content) else { return };
    assert_eq!(Reply::answers(content), Some(reply.code()));
    let bytes = reply.encode().expect("what one frame said fits one frame");
    assert_eq!(Frame::parse(Side::Chip, &bytes), Ok(Frame::Information(content)), "{reply:?}");
    if let Reply::Targets(targets) = &reply {
        assert!(targets.len() <= 2);
        for target in targets {
            assert!(matches!(target.uid.len(), 4 | 7 | 10));
        }
    }
}
