//! What every serial decoder is held to, whatever its family.
//! Checks: the same results for any split; each byte accounted for once; a gap leaves nothing behind; a sound frame after
//! a gap is told as it is.

use protocols::frame::{Decoder, Framing, Progress};

/// One result of a decoder, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Noise(usize),
    Bad(Vec<u8>),
    Frame(Vec<u8>),
}

/// What happens on the line, sealing done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Bytes(Vec<u8>),
    Gap,
}

/// Feeds `parts` in pieces of whatever sizes `cut` says, to a decoder of its own, and gives what it told.
pub fn run<F: Framing, const N: usize>(
    framing: F,
    parts: &[Part],
    mut cut: impl FnMut() -> usize,
) -> Vec<Told> {
    let mut decoder = Decoder::<F, N>::new(framing);
    let mut told = Vec::new();
    let mut fed = 0;
    for part in parts {
        match part {
            Part::Bytes(bytes) => {
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let (piece, after) = rest.split_at(cut().clamp(1, rest.len()));
                    rest = after;
                    let mut piece = piece;
                    while !piece.is_empty() {
                        let taken = decoder.push(piece);
                        drain(&mut decoder, &mut told);
                        assert!(taken > 0 || decoder.held() < N, "a full decoder gave nothing up");
                        piece = &piece[taken..];
                        fed += taken;
                    }
                }
            }
            Part::Gap => {
                decoder.gap();
                drain(&mut decoder, &mut told);
                assert_eq!(decoder.held(), 0, "a gap left bytes behind");
            }
        }
    }
    let tally = decoder.tally();
    let gone = tally.frame_bytes + tally.idle_bytes + tally.noise_bytes + tally.bad_bytes;
    assert_eq!(gone + decoder.held() as u64, fed as u64, "bytes appeared or vanished: {tally:?}");
    let frames = told.iter().filter(|one| matches!(one, Told::Frame(_))).count();
    let bad = told.iter().filter(|one| matches!(one, Told::Bad(_))).count();
    assert_eq!((tally.frames, tally.bad_checks), (frames as u64, bad as u64), "told and counted differ");
    told
}

fn drain<F: Framing, const N: usize>(decoder: &mut Decoder<F, N>, told: &mut Vec<Told>) {
    // Each result gives up at least a byte or tells of one given up, so twice the buffer is more than enough.
    for _ in 0..=2 * N {
        match decoder.pull() {
            Progress::NeedMore => return,
            Progress::Noise { skipped } => told.push(Told::Noise(skipped)),
            Progress::BadCheck(bytes) => told.push(Told::Bad(bytes.to_vec())),
            Progress::Frame(bytes) => told.push(Told::Frame(bytes.to_vec())),
        }
    }
    panic!("the decoder never asks for more");
}

/// Holds a decoder to its promises over `parts`, and gives what it told. `good` is a frame that always holds.
pub fn hold<F: Framing + Copy, const N: usize>(
    framing: F,
    parts: &[Part],
    cut: usize,
    good: &[u8],
) -> Vec<Told> {
    let whole = run::<F, N>(framing, parts, || usize::MAX);
    assert_eq!(run::<F, N>(framing, parts, || 1), whole, "told otherwise byte by byte");
    let mut turn = cut;
    let varied = run::<F, N>(framing, parts, || {
        turn = turn.wrapping_mul(31).wrapping_add(7);
        1 + turn % 37
    });
    assert_eq!(varied, whole, "told otherwise in other pieces");

    let mut healed = parts.to_vec();
    healed.extend([Part::Gap, Part::Bytes(good.to_vec())]);
    let last = run::<F, N>(framing, &healed, || usize::MAX).pop();
    assert_eq!(last, Some(Told::Frame(good.to_vec())), "a good frame behind a gap was lost");

    // Without a gap a wrong length byte may swallow frames, but only as many as one longest frame holds; more of the
    // same bytes may hide inside a frame that holds by chance, and as many again may still be held.
    let copies = 2 + 3 * (N / 2).div_ceil(good.len());
    let mut resumed = parts.to_vec();
    resumed.extend((0..copies).map(|_| Part::Bytes(good.to_vec())));
    let found = run::<F, N>(framing, &resumed, || usize::MAX);
    assert!(found.iter().any(|one| *one == Told::Frame(good.to_vec())), "never in step again");
    whole
}
