//! The only file that asks for the time.
//! Promises: a standing clock moves only when it is told to, so a test never waits.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use protocols::contract::UtcMillis;

/// Where the time comes from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Standing(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `at` until it is advanced.
    #[must_use]
    pub fn standing(at: UtcMillis) -> Self {
        Self(Source::Standing(Arc::new(AtomicI64::new(at.as_millis()))))
    }

    /// Moves a standing clock by so many milliseconds; the machine's clock stays as it is.
    pub fn advance(&self, millis: i64) {
        if let Source::Standing(at) = &self.0 {
            at.fetch_add(millis, Ordering::SeqCst);
        }
    }

    /// Puts a standing clock to an instant; the machine's clock stays as it is.
    #[cfg(test)]
    pub(crate) fn set(&self, to: UtcMillis) {
        if let Source::Standing(at) = &self.0 {
            at.store(to.as_millis(), Ordering::SeqCst);
        }
    }

    /// Now, in UTC.
    #[must_use]
    pub fn now(&self) -> UtcMillis {
        match &self.0 {
            Source::Standing(at) => UtcMillis::from_millis(at.load(Ordering::SeqCst)),
            Source::System => UtcMillis::from_millis(system_millis()),
        }
    }
}

/// Seconds that no setting of a clock moves.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(tokio::time::Instant);

impl Seconds {
    /// From now on.
    #[must_use]
    pub fn from_now() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Whole ones, since then.
    #[must_use]
    pub fn passed(self) -> u64 {
        self.0.elapsed().as_secs()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the file that may ask")]
fn system_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
