//! UHF readers: frames of both sides, and what they mean.

use crate::script::{Step, steps};
use crate::stream::{Part, Told, hold, run};
use protocols::check;
use protocols::uhf::repr::{Command, Reply};
use protocols::uhf::tag::Family;
use protocols::uhf::wire::{BUFFER, HostFrame, ReaderFrame, Side};

/// Reader information, asked of every reader.
const ASK: [u8; 5] = [0x04, 0xFF, 0x21, 0x19, 0x95];

/// A frame of the family around `body`: its length before, its check behind.
pub fn seal(body: &[u8]) -> Vec<u8> {
    let mut frame = vec![u8::try_from(body.len() + 2).unwrap_or(u8::MAX)];
    frame.extend_from_slice(body);
    check::append(&check::CRC_16_MCRF4XX, &mut frame);
    frame
}

/// What the script does to a line.
pub fn line(data: &[u8]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for step in steps(data) {
        let bytes = match step {
            Step::Raw(bytes) => bytes.to_vec(),
            Step::Sealed(body) => seal(body),
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

/// Decodes what one side sent, holds every result to its promises.
pub fn decoder(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let side = if choice & 1 == 0 { Side::Reader } else { Side::Host };
    let good = match side {
        Side::Host => ASK.to_vec(),
        Side::Reader => seal(&[0, 0xEE, 0, 0xE2, 0, 0, 0x17, 1, 0x40, 2, 0x66, 0x17, 6, 0xB4, 0x80]),
    };
    let told = hold::<Side, BUFFER>(side, &line(data), usize::from(*choice), &good);
    for frame in told.into_iter().filter_map(frame) {
        match side {
            Side::Host => host(&frame),
            Side::Reader => reader(&frame),
        }
    }
}

/// The sound frames that a reader's line carries, and nothing checked.
pub fn reader_frames(data: &[u8]) -> Vec<Vec<u8>> {
    run::<Side, BUFFER>(Side::Reader, &line(data), || usize::MAX).into_iter().filter_map(frame).collect()
}

fn frame(told: Told) -> Option<Vec<u8>> {
    match told {
        Told::Frame(bytes) => Some(bytes),
        Told::Noise(_) | Told::Bad(_) => None,
    }
}

fn host(bytes: &[u8]) {
    let frame = HostFrame::parse(bytes).expect("the decoder told a frame that does not parse");
    assert_eq!(frame.encode().as_deref(), Ok(bytes));
    for family in [Family::Uhf18, Family::Uhf288] {
        if let Ok(command) = Command::decode(&frame, family) {
            assert_eq!(command.encode(frame.address), bytes, "{family:?} {command:?}");
        }
    }
}

fn reader(bytes: &[u8]) {
    let frame = ReaderFrame::parse(bytes).expect("the decoder told a frame that does not parse");
    assert_eq!(frame.encode().as_deref(), Ok(bytes));
    for family in [Family::Uhf18, Family::Uhf288] {
        let Ok(reply) = Reply::decode(&frame, family) else { continue };
        if let Reply::Tags { tags, .. } = &reply {
            assert!(tags.iter().count() + tags.overrun() <= 255);
            for tag in tags.iter() {
                let stands = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
                assert!(stands(tag.epc()), "an EPC out of nowhere");
                assert!(tag.tid.is_none_or(|tid| stands(&tid)), "a TID out of nowhere");
            }
        }
        let again = reply.encode(frame.address, family).expect("what one frame said fits one frame");
        let again = ReaderFrame::parse(&again).expect("our own frame holds");
        assert_eq!(
            Reply::decode(&again, family).as_ref(),
            Ok(&reply),
            "{family:?} written back says otherwise"
        );
    }
}
