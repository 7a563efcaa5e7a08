//! Named places at which a test may kill the program: `KAKOU_FAIL_POINT=journal.before_commit:3` aborts at the third pass.
//! And named mutations: `KAKOU_PULSE_FIRST=1` breaks a promise on purpose, to prove the test that watches it.
//! And lanes that stand still from their next vehicle on: `KAKOU_STANDS_STILL=IN1` keeps that lane's task, `KAKOU_BLOCKS=IN1` its thread as well.
//! Promises: nothing of it is in a release build; an abort runs no destructor, as `kill -9` runs none.
//! Absent on purpose: errors and delays; those are decorators around the ports.

/// Every name that [`fail_point`] is called with here, for tests that visit them all.
pub const NAMES: &[&str] = &[
    "journal.before_begin",
    "journal.before_commit",
    "journal.after_commit",
    "outbox.before_send",
    "outbox.after_send_before_ack",
    "outbox.after_ack",
    "cache.before_apply",
    "cache.after_apply",
    "barrier.before_pulse",
    "barrier.after_pulse",
    "barrier.before_outcome",
];

/// Aborts the process here when the environment asks for it; nothing in a release build.
#[cfg(debug_assertions)]
pub fn fail_point(name: &str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };
    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let wanted = WANTED.get_or_init(|| std::env::var("KAKOU_FAIL_POINT").ok().map(|text| parse(&text)));
    if let Some((at, pass)) = wanted
        && at == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *pass
    {
        std::process::abort();
    }
}

/// Aborts the process here when the environment asks for it; nothing in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn fail_point(_name: &str) {}

/// Whether the environment asks for this mutation with `NAME=1`; never in a release build.
#[cfg(debug_assertions)]
#[must_use]
pub fn mutation(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == "1")
}

/// Whether the environment asks for this mutation with `NAME=1`; never in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
#[must_use]
pub const fn mutation(_name: &str) -> bool {
    false
}

/// Waits here for ever where the environment names this lane in `KAKOU_STANDS_STILL=IN1,OUT1`; with its thread where it does in `KAKOU_BLOCKS`. Nothing in a release build.
#[cfg(debug_assertions)]
pub async fn stand_still(lane_id: &str) {
    let names_it = |variable: &str| {
        std::env::var(variable).is_ok_and(|lanes| lanes.split(',').any(|lane| lane == lane_id))
    };
    while names_it("KAKOU_BLOCKS") {
        std::thread::park();
    }
    if names_it("KAKOU_STANDS_STILL") {
        std::future::pending().await
    }
}

/// Waits here for ever where the environment names this lane; nothing in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
#[expect(clippy::unused_async, reason = "it waits in other builds")]
pub async fn stand_still(_lane_id: &str) {}

/// `name` or `name:n`, the n-th pass counted from 1.
#[cfg(debug_assertions)]
fn parse(text: &str) -> (String, u64) {
    match text.split_once(':') {
        Some((name, pass)) => (name.to_owned(), pass.parse().unwrap_or(1)),
        None => (text.to_owned(), 1),
    }
}

#[cfg(test)]
mod tests {
    #[cfg(debug_assertions)]
    #[test]
    fn a_name_may_carry_the_number_of_the_pass() {
        assert_eq!(super::parse("journal.before_commit:3"), ("journal.before_commit".to_owned(), 3));
        assert_eq!(super::parse("outbox.after_ack"), ("outbox.after_ack".to_owned(), 1));
    }

    #[test]
    fn an_unasked_mutation_is_off() {
        assert!(!super::mutation("KAKOU_NO_SUCH_MUTATION"));
    }

    #[test]
    fn an_unasked_point_is_passed() {
        super::NAMES.iter().for_each(|name| super::fail_point(name));
    }
}
