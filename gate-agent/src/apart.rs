//! Work that blocks, beside the program's tasks.
//! The runtime makes a thread for such work when it needs one. When the system gives none, the work waits for an older one to be free, for ever and in silence (fault A8).
//! So whatever a person's release needs has a thread of its own, made at the start; all else is begun soon or not at all, and whoever asked hears which.
//! Promises: work is done once or never; what was refused is never done later.
//! Absent on purpose: what is done; threads that live by themselves (the journal's, the index's loader).
//! Source: fault A8; docs/decisions 0090.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
    time::Duration,
};

use tokio::{sync::oneshot, task::spawn_blocking, time::timeout};

/// Pieces of work that may wait for one thread.
const QUEUE: usize = 64;
/// Room for the functions that run there; what they need much of lies on the heap.
const STACK: usize = 1024 * 1024;
/// How long work may wait for one of the runtime's threads.
const BEGINS_WITHIN: Duration = Duration::from_secs(5);

/// Why work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// It was not begun.
    #[error("the system gives no further thread")]
    NoThread,
    /// Too much waits already; it was not begun.
    #[error("too much waits for this thread")]
    Busy,
    /// It was begun and did not come to its end.
    #[error("the work was broken off")]
    BrokenOff,
}

type Work = Box<dyn FnOnce() + Send>;

/// 专用线程: one thread, there from the start; clones give it work, which is done in turn. It ends with the last of them.
#[derive(Clone, Debug)]
pub struct Apart(SyncSender<Work>);

impl Apart {
    /// Makes the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(name: &str) -> io::Result<Self> {
        let (sender, inbox) = sync_channel::<Work>(QUEUE);
        let run = move || {
            for work in inbox {
                // Whoever waits for it hears that it was broken off; the thread is there for the next.
                let _ = catch_unwind(AssertUnwindSafe(work));
            }
        };
        std::thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(run)?;
        Ok(Self(sender))
    }

    /// Does this after all that was given before. What was taken is done, whether or not anybody waits for its end.
    ///
    /// # Errors
    /// [`NotDone::Busy`] at once; [`NotDone::BrokenOff`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let (done, result) = oneshot::channel();
        let work = move || {
            // Who has gone away needs no answer.
            let _ = done.send(work());
        };
        self.0.try_send(Box::new(work)).map_err(|_| NotDone::Busy)?;
        result.await.map_err(|_| NotDone::BrokenOff)
    }
}

/// Does this on one of the runtime's threads.
///
/// # Errors
/// [`NotDone::NoThread`] when none has taken it within five seconds; it is given up then. [`NotDone::BrokenOff`].
pub async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotDone> {
    begun_within(BEGINS_WITHIN, work).await
}

async fn begun_within<T: Send + 'static>(
    wait: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NotDone> {
    let offered = Arc::new(Mutex::new(Some(work)));
    let place = Arc::clone(&offered);
    let mut running = spawn_blocking(move || take(&place).map(|work| work()));
    let ended = match timeout(wait, &mut running).await {
        Ok(ended) => ended,
        // Nobody has taken it, and nobody will.
        Err(_) if take(&offered).is_some() => return Err(NotDone::NoThread),
        Err(_) => running.await,
    };
    ended.ok().flatten().ok_or(NotDone::BrokenOff)
}

fn take<W>(offered: &Mutex<Option<W>>) -> Option<W> {
    offered.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// fault A8: where the runtime has no thread to give, work is refused in time and never done afterwards; what has a thread of its own is done all the same.
    #[test]
    fn without_a_further_thread_work_is_refused_and_not_done_later() {
        let apart = Apart::start("own").unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (go_on, held) = channel::<()>();
        let (told, heard) = channel();
        let other = told.clone();
        runtime.block_on(async {
            let holds = spawn_blocking(move || held.recv());
            let refused = begun_within(Duration::from_millis(50), move || told.send("late")).await;
            assert_eq!(refused.map(drop), Err(NotDone::NoThread));
            assert_eq!(apart.run(move || other.send("own")).await, Ok(Ok(())));
            go_on.send(()).unwrap();
            holds.await.unwrap().unwrap();
            assert_eq!(beside(|| 7).await, Ok(7), "behind what was given up");
        });
        assert_eq!(heard.iter().collect::<Vec<_>>(), ["own"]);
    }

    /// Work that takes longer than it may wait is not given up: it was begun.
    #[tokio::test(start_paused = true)]
    async fn what_was_begun_is_waited_for() {
        let ((has_begun, begun), (go_on, held)) = (oneshot::channel(), channel());
        let work = move || {
            has_begun.send(()).unwrap();
            held.recv()
        };
        let running = tokio::spawn(beside(work));
        begun.await.unwrap();
        tokio::time::advance(BEGINS_WITHIN * 2).await;
        tokio::task::yield_now().await;
        go_on.send(5).unwrap();
        assert_eq!(running.await.unwrap(), Ok(Ok(5)));
    }

    /// fault A8: bounded, in turn, and one piece of work that panics costs no other.
    #[tokio::test]
    async fn a_thread_takes_so_much_and_outlives_what_fails() {
        let apart = Apart::start("own").unwrap();
        let failed: Result<(), _> = apart.run(|| panic!("as it may")).await;
        assert_eq!(failed, Err(NotDone::BrokenOff));
        let (go_on, held) = channel::<()>();
        let first = tokio::spawn({
            let apart = apart.clone();
            async move { apart.run(move || held.recv().is_ok()).await }
        });
        let mut waiting = futures::stream::FuturesUnordered::new();
        for number in 0..=QUEUE + 1 {
            waiting.push(tokio::spawn({
                let apart = apart.clone();
                async move { apart.run(move || number).await }
            }));
        }
        let refused = futures::StreamExt::next(&mut waiting).await.unwrap().unwrap();
        assert_eq!(refused, Err(NotDone::Busy));
        go_on.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(true));
        let done = futures::StreamExt::collect::<Vec<_>>(waiting).await;
        // The thread may have had the first in its hands by then.
        assert!(done.iter().filter(|one| one.as_ref().unwrap().is_ok()).count() >= QUEUE - 1);
    }
}
