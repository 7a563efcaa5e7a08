//! 合看: gates that stand at the same revision of a yard look at its log together.
//! Promises: what a gate is told was read after it had asked, so it misses nothing that any process had committed by then. Of a thousand gates
//! that one commit wakes the first one reads; those that had asked before a reading began have its answer. A reading that fails or is given up
//! is nobody's but its own. Nothing is remembered of a revision at which no gate stands.
//! Source: design section 3 ("within a second"); fault C8.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use protocols::ids::YardId;

/// By yard and revision.
type Spots<T> = HashMap<(YardId, u64), Weak<Spot<T>>>;

/// The revisions at which gates stand.
#[derive(Debug)]
pub struct Looks<T>(Mutex<Spots<T>>);

/// One revision of a yard, for as long as a gate stands there.
#[derive(Debug)]
pub(super) struct Spot<T> {
    /// Readings that have begun.
    begun: AtomicU64,
    /// The last one that has ended, by its number.
    last: tokio::sync::Mutex<Option<(u64, T)>>,
}

impl<T> Default for Looks<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Looks<T> {
    /// The place of a gate that has this revision of its yard.
    pub(super) fn spot(&self, yard: YardId, revision: u64) -> Arc<Spot<T>> {
        let mut spots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spot) = spots.get(&(yard, revision)).and_then(Weak::upgrade) {
            return spot;
        }
        spots.retain(|_, spot| spot.strong_count() > 0);
        let spot = Arc::new(Spot { begun: AtomicU64::new(0), last: tokio::sync::Mutex::default() });
        spots.insert((yard, revision), Arc::downgrade(&spot));
        spot
    }
}

impl<T: Clone> Spot<T> {
    /// What `read` finds, or what another gate's reading has found that began after this was asked.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) async fn look<E>(&self, read: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if let Some((number, found)) = &*last
            && *number > asked
        {
            return Ok(found.clone());
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let found = read.await?;
        *last = Some((number, found.clone()));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use tokio::task::yield_now;

    use super::*;

    fn yard() -> YardId {
        YardId::parse("CNEHX070801").unwrap()
    }

    /// The second and the third asked after the first had begun to read, so they read once more, together.
    #[tokio::test]
    async fn who_asked_before_a_reading_began_has_its_answer() {
        let (looks, reads) = (Looks::<u32>::default(), AtomicU32::new(0));
        let spot = looks.spot(yard(), 7);
        let look = || {
            spot.look(async {
                yield_now().await;
                Ok::<_, ()>(reads.fetch_add(1, Ordering::SeqCst))
            })
        };
        let found = tokio::join!(look(), look(), look());
        assert_eq!(found, (Ok(0), Ok(1), Ok(1)));
        assert_eq!(look().await, Ok(2), "nothing is told that was read before it was asked for");
    }

    /// A reading that fails is told to the one that has read; the next one reads by itself.
    #[tokio::test]
    async fn a_failure_is_nobody_elses() {
        let looks = Looks::<u32>::default();
        let spot = looks.spot(yard(), 7);
        let fails = spot.look(async {
            yield_now().await;
            Err("the disk")
        });
        let found =
            tokio::join!(fails, spot.look(async { Ok::<_, &str>(1) }), spot.look(async { Ok::<_, &str>(2) }));
        assert_eq!(found, (Err("the disk"), Ok(1), Ok(1)));
    }

    #[test]
    fn gates_of_one_revision_share_a_spot_that_goes_with_the_last_of_them() {
        let looks = Looks::<u32>::default();
        let [one, other] = [looks.spot(yard(), 7), looks.spot(yard(), 7)];
        assert!(Arc::ptr_eq(&one, &other) && !Arc::ptr_eq(&one, &looks.spot(yard(), 8)));
        drop((one, other));
        let _later = looks.spot(yard(), 9);
        assert_eq!(looks.0.lock().unwrap().len(), 1);
    }
}
