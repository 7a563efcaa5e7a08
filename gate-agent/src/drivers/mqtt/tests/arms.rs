//! A barrier on the broker: by its proof, once, and believed only when it answers.

use std::sync::atomic::Ordering;

use protocols::mqtt::{
    Message, PAYLOAD_MAX,
    kakou::{Command, Order, Payload},
};
use rumqttc::v5::mqttbytes::v5::Publish;

use super::*;
use crate::{drivers::BarrierFault, lane::Light};

const TRAVEL: Duration = Duration::from_secs(3);
const SHORT: Duration = Duration::from_millis(600);

impl Bench {
    /// The arm's device is there, and the arm is down.
    async fn ready(&mut self) {
        self.tells("arm", "online", "1");
        self.state("closed", None);
        self.lane.hears("barrier true").await;
        self.lane.hears("arm Closed").await;
    }

    fn state(&self, position: &str, answer: Option<(&Command, bool)>) {
        let at = SystemClock.wall();
        let answer = answer.map_or("null".to_owned(), |(command, done)| {
            format!(r#"{{"id":"{}","done":{done},"why":"stuck"}}"#, command.id)
        });
        let payload = format!(r#"{{"position":"{position}","answer":{answer},"at":"{at}"}}"#);
        self.tells("arm", "state", &payload);
    }

    async fn ordered(&mut self) -> (Command, Publish) {
        let publish = self.broker.published().await;
        let topic = str::from_utf8(&publish.topic).unwrap();
        let (topic, payload) = Payload::take(&Message::fresh(topic, &publish.payload), PAYLOAD_MAX).unwrap();
        assert_eq!(topic.to_string(), "kakou/v1/G1/IN1/arm/cmd");
        let Payload::Command(command) = payload else { panic!("a command") };
        (command, publish)
    }
}

#[tokio::test]
async fn a_raise_is_one_command_that_nobody_keeps_and_ends_when_the_arm_is_open() {
    let mut bench = bench(TRAVEL).await;
    bench.ready().await;
    let outcome = tokio::spawn(bench.barrier.raise(proof()));
    let (command, publish) = bench.ordered().await;
    assert_eq!(command.order, Order::Raise);
    let expiry = publish.properties.as_ref().and_then(|properties| properties.message_expiry_interval);
    assert_eq!((publish.retain, expiry), (false, Some(5)));
    // Accepted, and on its way: not yet raised. Open by somebody else's command: not by ours.
    bench.state("between", Some((&command, true)));
    bench.lane.hears("arm Between").await;
    let other = Command { id: super::super::arm::new_id(), order: Order::Raise };
    bench.state("open", Some((&other, true)));
    bench.lane.hears("arm Open").await;
    assert!(!outcome.is_finished());
    bench.state("open", Some((&command, true)));
    assert_eq!(outcome.await.unwrap(), RaiseOutcome::Raised);
    assert_eq!(bench.broker.left(), 0);
}

#[tokio::test]
async fn a_raise_that_the_device_refuses_is_refused() {
    let mut bench = bench(TRAVEL).await;
    bench.ready().await;
    let outcome = tokio::spawn(bench.barrier.raise(proof()));
    let (command, _) = bench.ordered().await;
    bench.state("closed", Some((&command, false)));
    assert_eq!(outcome.await.unwrap(), RaiseOutcome::Refused);
}

/// fault D6: no feedback is no movement, and nothing is tried again by itself.
#[tokio::test]
async fn a_raise_without_an_answer_timed_out_and_is_not_repeated() {
    let mut bench = bench(SHORT).await;
    bench.ready().await;
    assert_eq!(bench.raise().await, RaiseOutcome::TimedOut);
    assert_eq!(bench.broker.left(), 1);
    bench.broker.knobs.throw_out.store(true, Ordering::SeqCst);
    bench.lane.hears("barrier false").await;
    // What is told before the new connection listens goes with the old one.
    bench.lane.hears("r700 true").await;
    bench.tells("arm", "online", "1");
    bench.lane.hears("barrier true").await;
    assert_eq!(bench.broker.left(), 0, "a new connection sends nothing of the old one");
}

#[tokio::test]
async fn a_raise_for_a_barrier_that_is_away_is_never_published() {
    let mut bench = bench(SHORT).await;
    bench.ready().await;
    bench.tells("arm", "online", "0");
    bench.lane.hears("arm Unknown").await;
    assert_eq!(bench.raise().await, RaiseOutcome::TimedOut);
    bench.tells("arm", "online", "1");
    bench.lane.hears("barrier true").await;
    assert_eq!(bench.broker.left(), 0);
}

/// What the broker has not even acknowledged may still lie in a socket: the connection goes with it.
#[tokio::test]
async fn a_command_that_the_broker_does_not_take_in_time_ends_the_connection() {
    let mut bench = bench(SHORT).await;
    bench.ready().await;
    bench.broker.knobs.withhold.store(true, Ordering::SeqCst);
    assert_eq!(bench.raise().await, RaiseOutcome::TimedOut);
    assert!(bench.lane.hears("arm false").await.contains("waited too long"));
}

/// fault D6: no close command with an obstruction, or without knowing.
#[tokio::test]
async fn an_arm_comes_down_only_where_nothing_is_under_it() {
    let mut bench = bench(TRAVEL).await;
    bench.ready().await;
    assert_eq!(bench.barrier.lower().await, Err(BarrierFault::Obstructed), "nobody has told of the loop");
    bench.looped("loop-s", 1, true);
    bench.lane.hears("Safety Occupied").await;
    assert_eq!(bench.barrier.lower().await, Err(BarrierFault::Obstructed));
    bench.looped("loop-s", 2, false);
    bench.lane.hears("Safety Free").await;
    let outcome = tokio::spawn(bench.barrier.lower());
    let (command, publish) = bench.ordered().await;
    assert_eq!(command.order, Order::Lower);
    let expiry = publish.properties.as_ref().and_then(|properties| properties.message_expiry_interval);
    assert_eq!(expiry, Some(1), "no close comes late out of the broker");
    bench.state("closed", Some((&command, true)));
    assert_eq!(outcome.await.unwrap(), Ok(()));
}

/// fault D6: a close that the broker may not have yet goes with its connection when something comes under the arm.
#[tokio::test]
async fn a_close_on_its_way_is_stopped_when_the_loop_becomes_occupied() {
    let mut bench = bench(TRAVEL).await;
    bench.ready().await;
    bench.looped("loop-s", 1, false);
    bench.lane.hears("Safety Free").await;
    bench.broker.knobs.withhold.store(true, Ordering::SeqCst);
    let _close = bench.barrier.lower();
    assert_eq!(bench.ordered().await.0.order, Order::Lower);
    bench.looped("loop-s", 2, true);
    assert!(bench.lane.hears("arm false").await.contains("had to be stopped"));
    // What is told before the new connection listens goes with the old one.
    bench.lane.hears("r700 true").await;
    bench.tells("arm", "online", "1");
    bench.lane.hears("barrier true").await;
    assert_eq!(bench.broker.left(), 0, "a new connection sends nothing of the old one");
}

#[tokio::test]
async fn loops_are_heard_settled_and_unknown_when_their_device_is_away() {
    let mut bench = bench(TRAVEL).await;
    bench.looped("loop-x", 1, true);
    bench.lane.hears("Exit Occupied").await;
    bench.looped("loop-x", 2, false);
    bench.lane.hears("Exit Free").await;
    bench.tells("loop-x", "online", "0");
    bench.lane.hears("Exit Unknown").await;
    let old = format!(r#"{{"id":"{}","occupied":true,"at":"2026-01-01T00:00:00Z"}}"#, id(3));
    bench.looped("loop-x", 4, true);
    bench.lane.hears("Exit Occupied").await;
    bench.tells("loop-x", "loop", &old);
    bench.lane.hears("Exit Unknown").await;
}

#[tokio::test]
async fn the_light_is_told_again_to_a_device_that_was_away() {
    let mut bench = bench(TRAVEL).await;
    bench.ready().await;
    bench.barrier.light(Light::Red);
    assert_eq!(bench.ordered().await.0.order, Order::Red);
    bench.tells("arm", "online", "0");
    bench.lane.hears("barrier false").await;
    bench.barrier.light(Light::Green);
    bench.tells("arm", "online", "1");
    assert_eq!(bench.ordered().await.0.order, Order::Green);
    assert_eq!(bench.broker.left(), 0);
}
