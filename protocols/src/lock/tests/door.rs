//! Conversations with a door motor.

use super::door;
use crate::lock::door::{Config, Door};
use crate::lock::dooya::{GROUP, Motion};
use crate::trial::{Device, Line};
use alloc::vec::Vec;

/// A motor that repeats what it is told.
struct Motor {
    alive: bool,
}

impl Device for Motor {
    fn answer(&mut self, sent: &[u8], _now: u64) -> Vec<u8> {
        if self.alive { sent.to_vec() } else { Vec::new() }
    }
}

fn line(id: [u8; 2]) -> Line<Door, Motor> {
    Line::new(Door::new(Config::of(id)), Motor { alive: true }, door)
}

fn order(line: &mut Line<Door, Motor>, motion: Motion) {
    let now = line.tick();
    line.talk.order(motion, now);
    line.settle();
}

/// Vector L17.
#[test]
fn an_order_is_sent_once_when_the_motor_repeats_it() {
    let mut line = line([0x12, 0x34]);
    line.run_until(100);
    order(&mut line, Motion::Open);
    line.run_until(5_000);
    assert_eq!(line.log, ["100 send 12 34 Open", "120 online door motor 1234"]);
}

#[test]
fn an_order_without_an_answer_is_sent_three_times_and_never_later() {
    let mut line = line([0x12, 0x34]);
    line.device.alive = false;
    order(&mut line, Motion::Close);
    line.run_until(60_000);
    let want = [
        "0 send 12 34 Close",
        "300 send 12 34 Close",
        "600 send 12 34 Close",
        "900 refused Close: no answer",
        "900 silent",
    ];
    assert_eq!(line.log, want);
}

#[test]
fn the_newest_order_replaces_one_that_was_not_answered() {
    let mut line = line([0x12, 0x34]);
    line.device.alive = false;
    order(&mut line, Motion::Close);
    line.run_until(350);
    line.device.alive = true;
    order(&mut line, Motion::Stop);
    line.run_until(5_000);
    let last = line.log.last().unwrap();
    assert_eq!((line.count("send 12 34 Close"), line.count("send 12 34 Stop")), (2, 1), "{last}");
}

#[test]
fn a_group_does_not_answer() {
    let mut line = line(GROUP);
    order(&mut line, Motion::Open);
    line.run_until(5_000);
    assert_eq!(line.log, ["0 send 00 00 Open"]);
}
