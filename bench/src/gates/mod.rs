//! Many gates at once at one running centre, each with a connection and a task of its own in this process.
//! `line`: HTTP on a connection, for thousands at once · `descriptors`: as many as they need · `feed`: what changes at the centre reaches
//! those that listen · `crowd`: all come back in the same second with what they have recorded.
//! Absent on purpose: TLS: gates of this machine show a token, so what a handshake costs is in none of these figures.

pub(crate) mod crowd;
mod descriptors;
pub(crate) mod feed;
mod line;

use std::time::Duration;

/// A duration in milliseconds, from a figure in microseconds.
fn millis(micros: f64) -> f64 {
    micros / 1000.0
}

/// Bytes in MiB.
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// No answer takes longer but of a centre that has come to a stand.
const PATIENCE: Duration = Duration::from_secs(60);
