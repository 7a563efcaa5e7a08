//! The next certificate: when it is asked for, and what is told while it does not come.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use protocols::contract::Credentials;

use super::{DAY, authority, centres_end, credentials, identity, keeper, noon, serve};
use crate::{
    clock::SimClock,
    identity::{IdentityFiles, IdentityKeeper, run_renewal},
    sync::HttpLink,
};

const ANSWER: Duration = Duration::from_secs(10);

/// Waits for what the task brings about.
async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not seen: {what}");
}

/// The centre's answers to renewals, one after the other, the last again and again.
type Script = Vec<Box<dyn Fn(&str) -> (u16, String) + Send>>;

async fn played(
    folder: &std::path::Path,
    clock: &Arc<SimClock>,
    script: Script,
) -> (Arc<IdentityKeeper>, Arc<Mutex<Vec<String>>>) {
    let own = authority();
    let keeper = keeper(folder, clock, Some(&identity(&own, (0, 45))));
    let (asked, script) = (Arc::new(Mutex::new(Vec::new())), Mutex::new(script));
    let seen = Arc::clone(&asked);
    let issuing = own.clone();
    let answer = move |request: &str| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /gate/v1/renew"), "{head}");
        let csr: serde_json::Value = serde_json::from_str(body).unwrap();
        let csr = csr["csr"].as_str().unwrap().to_owned();
        seen.lock().unwrap().push(csr.clone());
        let mut script = script.lock().unwrap();
        let (status, said) = if script.len() > 1 { script.remove(0)(&csr) } else { script[0](&csr) };
        if said.is_empty() {
            let next: Credentials = credentials(&issuing, &csr, (31, 76));
            return (200, serde_json::to_string(&next).unwrap());
        }
        (status, said)
    };
    let port = serve(centres_end(&own, &["localhost"], (-1, 400)), &own, answer).await;
    let link = HttpLink::certified(&format!("https://localhost:{}", port.port()), &keeper, ANSWER);
    tokio::spawn(run_renewal(Arc::clone(&keeper), link));
    (keeper, asked)
}

fn serial(keeper: &IdentityKeeper) -> Box<str> {
    keeper.current().borrow().as_ref().unwrap().certificate.clone()
}

/// fault C9: nothing is asked before two thirds of the life; then one key asks until the answer is there, and it is in use at once.
#[tokio::test]
async fn a_certificate_is_renewed_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    clock.advance(Duration::from_millis((29 * DAY).unsigned_abs()));
    let busy = |_: &str| (502, "not now".to_owned());
    let (keeper, asked) =
        played(folder.path(), &clock, vec![Box::new(busy), Box::new(|_| (200, String::new()))]).await;
    let first = serial(&keeper);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(asked.lock().unwrap().is_empty(), "it is too early");
    clock.advance(Duration::from_millis((6 * DAY).unsigned_abs()));
    until("a trouble that is told", || {
        keeper.trouble().borrow().as_deref().is_some_and(|told| told.contains("502"))
    })
    .await;
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert_eq!(serial(&keeper), first);
}

/// fault C9: what is over waits for a person, which the gate says; the same key asks again, and gets it.
#[tokio::test]
async fn a_late_renewal_waits_for_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    clock.advance(Duration::from_millis((60 * DAY).unsigned_abs()));
    let waits = |_: &str| (202, r#"{"since":"2025-12-12T04:00:00.000Z","ask_again_s":1}"#.to_owned());
    let (keeper, asked) =
        played(folder.path(), &clock, vec![Box::new(waits), Box::new(|_| (200, String::new()))]).await;
    let first = serial(&keeper);
    until("that it waits", || {
        keeper.trouble().borrow().as_deref().is_some_and(|told| told.contains("waits for an administrator"))
    })
    .await;
    until("the next certificate", || serial(&keeper) != first).await;
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    let keys: Vec<_> =
        asked.iter().map(|csr| protocols::ikey::SigningRequest::from_pem(csr).unwrap()).collect();
    assert_eq!(keys[0], keys[1], "one key, until it is answered");
    assert_eq!(*keeper.trouble().borrow(), None);
    assert!(!folder.path().join("identity-next.key").exists());
}

/// fault C9: whoever enrols a gate again while its renewal is refused does not wait for the next attempt, which is an hour away.
#[tokio::test]
async fn a_gate_that_is_enrolled_again_does_not_wait_for_the_next_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    clock.advance(Duration::from_millis((35 * DAY).unsigned_abs()));
    let refused = |_: &str| (403, r#"{"code":"GATE_RENEWAL_REFUSED"}"#.to_owned());
    let (keeper, asked) = played(folder.path(), &clock, vec![Box::new(refused)]).await;
    let first = serial(&keeper);
    until("that it is refused", || keeper.trouble().borrow().is_some()).await;
    IdentityFiles::in_folder(folder.path()).save(&identity(&authority(), (34, 79))).unwrap();
    until("the new identity", || serial(&keeper) != first).await;
    assert_eq!(*keeper.trouble().borrow(), None);
    assert_eq!(asked.lock().unwrap().len(), 1, "the next attempt is an hour away");
}

/// fault B1, fault F6: the centre's clock was ahead, so it asked for a person; once it is right it says that it is early, and nothing stands on the
/// panel any more.
#[tokio::test]
async fn what_the_centre_said_by_a_wrong_clock_is_over_when_it_is_early() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    clock.advance(Duration::from_millis((35 * DAY).unsigned_abs()));
    let waits = |_: &str| (202, r#"{"since":"2025-12-12T04:00:00.000Z","ask_again_s":1}"#.to_owned());
    let early = |_: &str| {
        (409, r#"{"code":"GATE_RENEWAL_EARLY","message_en":"it is early","message":""}"#.to_owned())
    };
    let (keeper, _) = played(folder.path(), &clock, vec![Box::new(waits), Box::new(early)]).await;
    keeper.expired();
    until("that it waits", || {
        keeper.trouble().borrow().as_deref().is_some_and(|told| told.contains("waits for an administrator"))
    })
    .await;
    until("that nothing is in the way", || keeper.trouble().borrow().is_none()).await;
    assert!(!keeper.has_expired());
}
