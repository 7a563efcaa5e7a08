//! A broker as a capture tells of it.

use futures::FutureExt;

use super::*;
use crate::capture::{Ask, Asked, Word};

fn heard(device: &str, channel: &str, payload: &str) -> Word {
    let topic = format!("kakou/v1/G1/IN1/{device}/{channel}").into();
    Word::Heard { retained: false, topic, payload: payload.as_bytes().into() }
}

/// Decision 0091: what a capture has of a broker comes to the same reports without one, and a raise to the answer that it got then by its name.
#[tokio::test]
async fn a_captured_broker_is_played_without_one() {
    let (mut driver, barrier, mut lane, mut reports) = driver(1, Duration::from_secs(3), &Metrics::new());
    let at = SystemClock.wall();
    driver.play(&Word::Opened);
    driver.play(&heard("arm", "online", "1"));
    driver.play(&heard("arm", "state", &format!(r#"{{"position":"closed","answer":null,"at":"{at}"}}"#)));
    lane.hears("barrier true").await;
    lane.hears("arm Closed").await;
    let read = format!(r#"{{"id":"{}","medium_type":"VE","medium_key":"E28011","at":"{at}"}}"#, id(1));
    driver.play(&heard("uhf-1", "read", &read));
    assert_eq!(&*reports.try_recv().unwrap().device, "uhf-1");

    let mut outcome = barrier.raise(proof()).boxed();
    driver.play(&Word::Woke);
    let open = |number| {
        let answer = format!(r#"{{"id":"{}","done":true,"why":null}}"#, id(number));
        heard("arm", "state", &format!(r#"{{"position":"open","answer":{answer},"at":"{at}"}}"#))
    };
    // The capture has not come to the order yet, so that nothing is an answer to it.
    driver.play(&open(7));
    assert_eq!((&mut outcome).now_or_never(), None);
    let asked = Asked { what: Ask::Raise, lane: 0, id: Some(id(7).into()) };
    driver.play(&Word::Ordered(asked));
    driver.play(&open(8));
    assert_eq!((&mut outcome).now_or_never(), None, "another's answer");
    driver.play(&open(7));
    assert_eq!((&mut outcome).now_or_never(), Some(RaiseOutcome::Raised));
}
