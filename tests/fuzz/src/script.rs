//! How a target reads the fuzzer's bytes: as a short script of what happens on a line.
//! A step's head byte holds its kind in the low two bits and an argument in the other six. So the fuzzer can make frames
//! whose check holds without having to solve the CRC, next to bytes as raw as it likes.

use std::time::Duration;

/// One thing that happens on the line.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// These bytes, as they are.
    Raw(&'a [u8]),
    /// These bytes, sealed to a frame by the family's own length and check.
    Sealed(&'a [u8]),
    /// Nothing, for so long; zero is a gap that the line itself tells.
    Later(Duration),
    /// Whatever the target lets be chosen: 0 to 63.
    Choice(u8),
}

/// The script that `data` writes; a last step that runs out of bytes gets those there are.
pub fn steps(mut data: &[u8]) -> impl Iterator<Item = Step<'_>> {
    std::iter::from_fn(move || {
        let (head, rest) = data.split_first()?;
        data = rest;
        let argument = head >> 2;
        let step = match head & 3 {
            2 => Step::Later(later(argument)),
            3 => Step::Choice(argument),
            kind => {
                let (bytes, rest) = data.split_at(usize::from(argument).min(data.len()));
                data = rest;
                if kind == 0 { Step::Raw(bytes) } else { Step::Sealed(bytes) }
            }
        };
        Some(step)
    })
}

/// 0, then powers of two from 1 ms to about 35 minutes.
fn later(argument: u8) -> Duration {
    match argument.checked_sub(1) {
        None => Duration::ZERO,
        Some(power) => Duration::from_millis(1 << (power % 22)),
    }
}
