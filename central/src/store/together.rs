//! 同批提交: what many callers want written at the same moment, in one transaction.
//! Promises: whoever comes while another transaction of the kind is under way waits for the next one, which takes up to `MOST` with it, in the
//! order in which they came; each gets its own answer, after the commit; a group that fails is tried one by one, so that nobody fails for
//! another; a caller that goes away takes nobody along.
//! Absent on purpose: waiting for company. One that is alone is served at once.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::StoreError;

/// Callers of one transaction.
const MOST: usize = 64;

/// A queue of callers.
#[derive(Debug)]
pub struct Together<T, A> {
    waiting: Mutex<VecDeque<Waiting<T, A>>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Waiting<T, A> {
    wish: T,
    answer: oneshot::Sender<Result<A, StoreError>>,
}

impl<T, A> Default for Together<T, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<T: Clone, A> Together<T, A> {
    /// The answer to this wish. `work` serves some, all or nothing, and answers each in its place; whoever's turn it is does it for those who
    /// wait.
    ///
    /// # Errors
    /// What `work` says of this wish alone.
    pub async fn serve<W, F>(&self, wish: T, work: W) -> Result<A, StoreError>
    where
        W: Fn(Vec<T>) -> F,
        F: Future<Output = Result<Vec<A>, StoreError>>,
    {
        let mut answered = self.wait(wish.clone());
        loop {
            let turn = tokio::select! {
                biased;
                answer = &mut answered => match answer {
                    Ok(answer) => return answer,
                    // Whoever had the turn has gone away in the middle of it, and so has its transaction.
                    Err(_) => {
                        answered = self.wait(wish.clone());
                        continue;
                    }
                },
                turn = self.turn.lock() => turn,
            };
            // Only those whose turn it is need room for the work.
            Box::pin(serve_some(self.next(), &work)).await;
            drop(turn);
        }
    }

    fn wait(&self, wish: T) -> oneshot::Receiver<Result<A, StoreError>> {
        let (answer, answered) = oneshot::channel();
        self.queue().push_back(Waiting { wish, answer });
        answered
    }

    /// Those whose turn it is; who has gone away is not served.
    fn next(&self) -> Vec<Waiting<T, A>> {
        let mut queue = self.queue();
        let mut some = Vec::new();
        while some.len() < MOST {
            let Some(one) = queue.pop_front() else { break };
            if !one.answer.is_closed() {
                some.push(one);
            }
        }
        some
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Waiting<T, A>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve_some<T, A, W, F>(some: Vec<Waiting<T, A>>, work: &W)
where
    T: Clone,
    W: Fn(Vec<T>) -> F,
    F: Future<Output = Result<Vec<A>, StoreError>>,
{
    let (wishes, callers): (Vec<T>, Vec<_>) = some.into_iter().map(|one| (one.wish, one.answer)).unzip();
    // One that went away meanwhile has had its wish all the same, so nobody minds who is not told.
    match work(wishes.clone()).await {
        Ok(answers) if answers.len() == callers.len() => {
            for (caller, answer) in callers.into_iter().zip(answers) {
                drop(caller.send(Ok(answer)));
            }
        }
        Err(error) if callers.len() == 1 => {
            if let Some(caller) = callers.into_iter().next() {
                drop(caller.send(Err(error)));
            }
        }
        _ => {
            for (wish, caller) in wishes.into_iter().zip(callers) {
                let nothing = || StoreError::Value { what: "answers", value: "none".into() };
                let answers = work(vec![wish]).await;
                drop(caller.send(answers.and_then(|answers| answers.into_iter().next().ok_or_else(nothing))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future::pending, rc::Rc};

    use futures::future::{join, join_all};

    use super::*;

    fn refused() -> StoreError {
        StoreError::Value { what: "wish", value: "13".into() }
    }

    /// Fault C8: those who wait are served with the next one, in their order; the one whose wish cannot be done fails alone.
    #[tokio::test]
    async fn many_are_served_at_once_and_none_fails_for_another() {
        let together = Together::<u32, u32>::default();
        let groups = RefCell::new(Vec::new());
        let work = async |some: Vec<u32>| {
            groups.borrow_mut().push(some.clone());
            tokio::task::yield_now().await;
            if some.contains(&13) { Err(refused()) } else { Ok(some.iter().map(|wish| wish * 2).collect()) }
        };
        let answers = join_all((0..100).map(|wish| together.serve(wish, &work))).await;
        for (wish, answer) in (0..).zip(answers) {
            assert_eq!(answer.ok(), (wish != 13).then_some(wish * 2));
        }
        let groups = groups.into_inner();
        let lengths: Vec<_> = groups.iter().map(Vec::len).filter(|length| *length > 1).collect();
        assert!(lengths == [64, 36] || lengths == [64, 35] || lengths == [64, 34], "{lengths:?}");
        let first: Vec<u32> = groups.concat().into_iter().take(64).collect();
        assert!(first.is_sorted(), "{first:?}");
    }

    /// Fault C8: whose turn it was and who went away leaves the others where they were: they are served.
    #[tokio::test]
    async fn who_goes_away_takes_nobody_along() {
        let together = Rc::new(Together::<u32, u32>::default());
        let hangs = async |_: Vec<u32>| pending().await;
        let serves = async |some: Vec<u32>| Ok(some);
        let mut leader = Box::pin(together.serve(1, hangs));
        let follower = together.serve(2, serves);
        // The leader takes both along.
        let waiting = together.wait(3);
        assert!(futures::poll!(&mut leader).is_pending());
        let goes = async { drop(leader) };
        let (answer, ()) = join(follower, goes).await;
        assert_eq!(answer.ok(), Some(2));
        assert!(waiting.await.is_err(), "taken along by who went away");
    }
}
