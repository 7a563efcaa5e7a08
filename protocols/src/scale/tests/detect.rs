//! Which format a line carries.

use super::golden::VALID;
use super::{bytes, golden, noise};
use crate::scale::detect::{AnyOf, Detected, Detector, FRAMES, best};
use crate::scale::wire::{Format, a9, equals, mt};
use alloc::vec::Vec;

fn detected(stream: &[u8]) -> Option<Detected> {
    let mut detector = Detector::default();
    detector.push(stream);
    detector.verdict()
}

/// The start-up rule: every format that sends unasked is found after 64 frames and not before, `=` text as such.
#[test]
fn every_format_is_found_after_64_frames() {
    for (id, format, hex, _) in VALID {
        let frame = bytes(hex);
        let enough = detected(&frame.repeat(FRAMES as usize + 1));
        let expected = match format {
            Format::A9Command(_) => None,
            Format::Equals(equals::Form { mark: equals::Mark::First, order: equals::Order::Forward }) => {
                continue;
            }
            Format::Equals(_) => Some(Detected::Equals),
            other => Some(Detected::Format(*other)),
        };
        assert_eq!(enough, expected, "{id}");
        assert_eq!(detected(&frame.repeat(FRAMES as usize - 1)), None, "{id} too early");
    }
}

/// fault D1: a stream that begins in the middle of a frame and is noisy is found all the same; noise is nothing.
#[test]
fn a_noisy_stream_is_found_and_noise_is_not() {
    for id in ["W1", "W11", "W12", "W16", "W17"] {
        let frame = golden(id);
        let mut stream = frame[5..].to_vec();
        for at in 0..120 {
            stream.extend(&frame);
            if at % 7 == 0 {
                stream.extend(noise(at, 5));
            }
        }
        let (_, format, ..) = VALID.iter().find(|(known, ..)| *known == id).unwrap();
        assert_eq!(detected(&stream), Some(Detected::Format(*format)), "{id}");
    }
    assert_eq!(detected(&noise(1, 100_000)), None);
}

/// A whole capture is read under the guess that fits it best; a frame with a wrong check is still one of that format.
#[test]
fn a_capture_is_read_under_the_guess_that_fits_it_best() {
    const CHECKED: &[Format] = &[Format::Mt(mt::Form::CHECKED)];
    const PLAIN: &[Format] = &[Format::Mt(mt::Form::PLAIN)];
    let guesses = [AnyOf(CHECKED), AnyOf(PLAIN)];
    let guess = |stream: &[u8]| best(&guesses, stream).unwrap().0;
    for id in ["W11", "W13", "W14", "W15", "WX6", "MT check 02"] {
        assert_eq!(guess(&golden(id)), CHECKED, "{id}");
        assert_eq!(guess(&golden(id).repeat(9)), CHECKED, "{id}, nine of it");
    }
    for id in ["W12", "MT blank"] {
        assert_eq!(guess(&golden(id)), PLAIN, "{id}");
        assert_eq!(guess(&golden(id).repeat(9)), PLAIN, "{id}, nine of it");
    }
    assert!(best(&[], &[]).is_none());
}

#[test]
fn several_formats_on_one_line_are_told_apart_frame_by_frame() {
    let yaohua = [
        Format::A9(a9::Ninth::Decimals),
        Format::A9Command(a9::Ninth::Decimals),
        Format::A12,
        Format::A12Bare,
    ];
    for (id, want) in [("W1", 0), ("W7", 1), ("W8", 1), ("W9", 2), ("W10", 2), ("A12 bare", 3)] {
        assert_eq!(AnyOf(&yaohua).format(&golden(id)), Some(yaohua[want]), "{id}");
    }
    let none: Vec<u8> = golden("W16");
    assert_eq!(AnyOf(&yaohua).format(&none), None);
}
