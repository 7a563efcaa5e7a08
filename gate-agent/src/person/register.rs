//! 人员名册: who may act here, and the one place where a PIN is checked.
//! Promises: one check at a time, off the runtime's threads; what was begun is counted even if the asker goes away; the answer to a wrong
//! PIN, to an unknown person and to a waiting one differ in nothing but what the asker must know.
//! Bounded: beyond [`MOST_WAITING`] checks the next is turned away.
//! Source: fault E5; ASVS 5.0 V6; decision record 0021.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;
use tracing::{info, warn};

use super::{
    lockout::{Lockout, Standing},
    pin::{Pin, PinHash},
};
use crate::{
    apart::Apart,
    clock::Clock,
    lane::{Person, Second},
    panel::Metrics,
    release_code::{NoCode, ReleaseCode, ReleaseCodes},
};

/// Checks that may wait for their turn: as many as persons may stand at one gate's screens.
const MOST_WAITING: usize = 8;
/// Names longer than this are nobody's.
const LONGEST_ID: usize = 64;

/// 名册条目: one person of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who, as events name him.
    pub person: Person,
    /// How he is called.
    pub name: Box<str>,
    /// What proves him.
    pub pin: PinHash,
    /// A supervisor: he may issue release codes.
    pub issues_codes: bool,
}

/// Why somebody is not taken for who he says he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody is in the register, so nobody can act here.
    NobodyKnown,
    /// No such person, or another PIN.
    Wrong {
        /// The next try must wait so long.
        wait: Option<Duration>,
    },
    /// Too many wrong PINs: not even looked at.
    Locked {
        /// For so long yet.
        wait: Duration,
    },
    /// The release code is not good.
    NoCode {
        /// Why.
        why: NoCode,
        /// The next try with a code must wait so long.
        wait: Option<Duration>,
    },
    /// Too many checks at once.
    Busy,
}

/// 人员名册. Clones are the same register.
#[derive(Clone)]
pub struct Register(Arc<Inner>);

struct Inner {
    entries: Vec<Entry>,
    lockout: Mutex<Lockout>,
    turn: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// A release needs a checked PIN, whatever the system has left (fault A8).
    apart: Apart,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl Register {
    /// A register of these persons, who are checked on this thread.
    #[must_use]
    pub fn new(entries: Vec<Entry>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>, apart: Apart) -> Self {
        let (lockout, turn, waiting) = (Mutex::default(), Arc::new(Semaphore::new(1)), AtomicUsize::new(0));
        Self(Arc::new(Inner { entries, lockout, turn, waiting, apart, clock, metrics }))
    }

    /// How many persons there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// True when nobody can act here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// How the lock-out stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.0.lockout().standing(self.0.clock.tick())
    }

    /// Checks that somebody is who he says he is.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn prove(&self, id: &str, pin: Pin) -> Result<Entry, Denied> {
        let id: Box<str> = id.chars().take(LONGEST_ID).collect::<String>().into();
        self.in_turn(move |inner| inner.check(&id, &pin)).await
    }

    /// Checks that a code, which this person gives, stands for a second person. It is not used up by that.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn approve(
        &self,
        asker: &Person,
        code: ReleaseCode,
        codes: &Arc<ReleaseCodes>,
    ) -> Result<Second, Denied> {
        let (asker, codes) = (asker.id.clone(), Arc::clone(codes));
        self.in_turn(move |inner| inner.check_code(&asker, &code, &codes)).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        check: impl FnOnce(&Inner) -> Result<T, Denied> + Send + 'static,
    ) -> Result<T, Denied> {
        if self.is_empty() {
            return Err(Denied::NobodyKnown);
        }
        let _place = Place::take(&self.0).ok_or(Denied::Busy)?;
        let Ok(turn) = Arc::clone(&self.0.turn).acquire_owned().await else { return Err(Denied::Busy) };
        let inner = Arc::clone(&self.0);
        // The turn goes with the work: an asker that hangs up neither stops it nor lets a second check begin beside it.
        let check = move || {
            let answer = check(&inner);
            drop(turn);
            answer
        };
        self.0.apart.run(check).await.unwrap_or(Err(Denied::Busy))
    }
}

impl Inner {
    fn check(&self, id: &str, pin: &Pin) -> Result<Entry, Denied> {
        if let Some(wait) = self.lockout().wait(id, self.clock.tick()) {
            self.metrics.pin_checked("locked");
            return Err(Denied::Locked { wait });
        }
        let known = self.entries.iter().find(|entry| *entry.person.id == *id);
        // For nobody the first person's hash is computed and the answer thrown away: it takes as long.
        let is_right = known.or_else(|| self.entries.first()).is_some_and(|entry| entry.pin.is_of(pin));
        match known.filter(|_| is_right) {
            Some(entry) => {
                self.lockout().succeeded(id);
                self.metrics.pin_checked("right");
                info!(person.id = %entry.person.id, "{} proved who he is", entry.person.id);
                Ok(entry.clone())
            }
            None => {
                let wait = self.lockout().failed(id, self.clock.tick());
                self.metrics.pin_checked("wrong");
                tell(known, wait);
                Err(Denied::Wrong { wait })
            }
        }
    }

    /// What fails counts beside the asker's PIN, which he has just typed rightly: that takes back nothing of it.
    fn check_code(&self, asker: &str, code: &ReleaseCode, codes: &ReleaseCodes) -> Result<Second, Denied> {
        let (name, id) = (format!("{asker} code"), code.id());
        if let Some(wait) = self.lockout().wait(&name, self.clock.tick()) {
            self.metrics.pin_checked("locked");
            return Err(Denied::Locked { wait });
        }
        match codes.judge(code, asker, &self.entries) {
            Ok(second) => {
                self.lockout().succeeded(&name);
                self.metrics.pin_checked("code_right");
                let (issuer, id) = (&second.person.id, id.as_str());
                info!(person.id = asker, second.id = %issuer, code.id = id, "code {id} of {issuer} is good");
                Ok(second)
            }
            Err(why) => {
                let wait = why.counts().then(|| self.lockout().failed(&name, self.clock.tick())).flatten();
                self.metrics.pin_checked("code_refused");
                let id = id.as_str();
                warn!(person.id = asker, code.id = id, "code {id} of {asker} is refused: {}", why.code());
                Err(Denied::NoCode { why, wait })
            }
        }
    }

    fn lockout(&self) -> MutexGuard<'_, Lockout> {
        self.lockout.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name that nobody has is not written down: it may be a PIN in the wrong field.
fn tell(known: Option<&Entry>, wait: Option<Duration>) {
    let who = known.map_or("somebody who is not in the register", |entry| &entry.person.id);
    match wait {
        Some(wait) => warn!(person.id = who, "wrong PIN for {who}: no further try for {} s", wait.as_secs()),
        None => warn!(person.id = who, "wrong PIN for {who}"),
    }
}

/// A place in the queue, given back when it goes.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(inner: &'a Inner) -> Option<Self> {
        let place = Self(&inner.waiting);
        (inner.waiting.fetch_add(1, Ordering::SeqCst) < MOST_WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::SimClock, person::samples::register};
    use protocols::contract::UtcMillis;

    fn bench() -> (Register, Arc<SimClock>, Arc<Metrics>) {
        let (clock, metrics) = (Arc::new(SimClock::at(UtcMillis::from_millis(0))), Arc::new(Metrics::new()));
        clock.advance(Duration::from_secs(100));
        (register(clock.clone(), Arc::clone(&metrics)), clock, metrics)
    }

    async fn prove(register: &Register, id: &str, pin: &str) -> Result<Box<str>, Denied> {
        register.prove(id, Pin::entered(pin)).await.map(|entry| entry.person.id)
    }

    #[tokio::test]
    async fn only_a_persons_own_pin_proves_him() {
        let (register, _, _) = bench();
        assert_eq!(prove(&register, "zhang", "482017").await, Ok("zhang".into()));
        assert_eq!(prove(&register, "li", "730195").await, Ok("li".into()));
        let wrong = Err(Denied::Wrong { wait: None });
        for (id, pin) in
            [("zhang", "730195"), ("li", "482017"), ("nobody", "482017"), ("ZHANG", "482017"), ("", "")]
        {
            assert_eq!(prove(&register, id, pin).await, wrong, "{id}");
        }
        let empty = Register::new(
            Vec::new(),
            Arc::new(SimClock::at(UtcMillis::from_millis(0))),
            Arc::default(),
            Apart::start("persons").unwrap(),
        );
        assert_eq!(prove(&empty, "zhang", "482017").await, Err(Denied::NobodyKnown));
    }

    /// fault E5: five wrong PINs, then even the right one waits; a person who does not exist is told the same.
    #[tokio::test]
    async fn wrong_pins_lock_out_on_the_monotonic_clock() {
        let (register, clock, metrics) = bench();
        for id in ["zhang", "nobody"] {
            for _ in 0..4 {
                assert_eq!(prove(&register, id, "000000").await, Err(Denied::Wrong { wait: None }));
            }
            let wait = Some(Duration::from_secs(30));
            assert_eq!(prove(&register, id, "000000").await, Err(Denied::Wrong { wait }));
            let wait = Duration::from_secs(30);
            assert_eq!(prove(&register, id, "482017").await, Err(Denied::Locked { wait }));
        }
        assert_eq!(register.standing().locked, 2);
        // fault B1: setting the wall clock ahead opens nothing.
        clock.set_wall(UtcMillis::from_millis(4_000_000_000_000));
        assert!(matches!(prove(&register, "zhang", "482017").await, Err(Denied::Locked { .. })));
        clock.advance(Duration::from_secs(31));
        assert_eq!(prove(&register, "zhang", "482017").await, Ok("zhang".into()));
        assert_eq!(
            prove(&register, "nobody", "482017").await.map(drop),
            Err(Denied::Wrong { wait: Some(Duration::from_secs(60)) })
        );
        let text = metrics.text(&crate::panel::Figures::default());
        assert!(text.contains("kakou_gate_pin_checks_total{result=\"locked\"} 3"), "{text}");
    }

    /// Invariant I6 of the fault list: a crowd at the door is turned away, not queued up for ever.
    #[tokio::test]
    async fn checks_that_would_wait_too_long_are_turned_away() {
        let (register, _, _) = bench();
        let all = (0..40).map(|_| prove(&register, "zhang", "482017"));
        let answers = futures::future::join_all(all).await;
        let busy = answers.iter().filter(|answer| **answer == Err(Denied::Busy)).count();
        assert_eq!(busy, 40 - MOST_WAITING);
        assert_eq!(prove(&register, "zhang", "482017").await, Ok("zhang".into()));
    }
}
