//! The runtime's own time, which tests pause and turn.

use tokio::time::Instant;

pub(super) fn now() -> Instant {
    Instant::now()
}
