//! What the machine needs for the same work without us, measured between the passages of the same run.
//! Promises: a floor does nothing but the named work, on dedicated threads with blocking calls: no runtime, no codec.
//! Reading order: `echo` (pty), `commit` (disk), `exchange` (bus).

pub(crate) mod commit;
pub(crate) mod echo;
pub(crate) mod exchange;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{commit::Commit, echo::Echo, exchange::Exchange};

    #[test]
    fn every_floor_does_its_work() {
        let folder = tempfile::tempdir().unwrap();
        let mut commit = Commit::open(&folder.path().join("floor.db")).unwrap();
        let echo = Echo::start(18, 8).unwrap();
        let silence = Duration::from_millis(5);
        let exchange = Exchange::start(silence).unwrap();
        for _ in 0..3 {
            commit.once().unwrap();
            assert!(echo.once().unwrap() > Duration::ZERO);
            assert!(exchange.once().unwrap() >= silence, "the silence is kept");
        }
        assert_eq!(commit.rows().unwrap(), 6, "two records a commit, as a match and its intent");
    }
}
