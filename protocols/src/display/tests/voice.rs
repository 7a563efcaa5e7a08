//! Conversations with a speech chip.

use super::speech;
use crate::display::syn::{Command, Reply};
use crate::display::voice::{Config, QUEUE, Voice};
use crate::talk::Talk;
use crate::tick::Tick;
use crate::trial::{Device, Line};
use alloc::format;
use alloc::vec::Vec;

/// A chip that can be switched off and that may refuse.
struct Chip {
    alive: bool,
    understands: bool,
    speaking: bool,
}

impl Device for Chip {
    fn answer(&mut self, sent: &[u8], _now: u64) -> Vec<u8> {
        if !self.alive {
            return Vec::new();
        }
        let reply = match Command::decode(sent).unwrap() {
            Command::Query if self.speaking => Reply::Busy,
            Command::Query => Reply::Idle,
            Command::Speak { .. } if !self.understands => Reply::NotUnderstood,
            Command::Speak { .. } => {
                self.speaking = true;
                Reply::Accepted
            }
            _ => {
                self.speaking = false;
                Reply::Accepted
            }
        };
        Vec::from([reply as u8])
    }
}

fn line() -> Line<Voice, Chip> {
    let chip = Chip { alive: true, understands: true, speaking: false };
    Line::new(Voice::new(Config::default(), Tick::default()), chip, speech)
}

fn say(line: &mut Line<Voice, Chip>, text: &str) {
    let now = line.tick();
    line.talk.say(text, now);
    line.settle();
}

fn done(line: &mut Line<Voice, Chip>) {
    line.device.speaking = false;
    line.say(&[Reply::Idle as u8]);
}

/// Vectors L9, L10: a new prompt would cut off the one before, so it waits for 4F; `hush` stops.
#[test]
fn prompts_are_spoken_one_after_the_other() {
    let mut line = line();
    line.run_until(50);
    line.say(&[Reply::Ready as u8]);
    say(&mut line, "车辆已放行");
    say(&mut line, "请下一辆");
    line.run_until(2_000);
    done(&mut line);
    line.run_until(2_500);
    let now = line.tick();
    line.talk.hush(now);
    line.settle();
    line.run_until(3_000);
    let want = ["50 online SYN6288", "50 send Gbk 车辆已放行", "2000 send Gbk 请下一辆", "2500 send Stop"];
    assert_eq!(line.log, want);
}

/// A chip that was powered long before us never says 4A: after 1 s it is asked.
#[test]
fn a_chip_that_is_up_already_is_asked() {
    let mut line = line();
    say(&mut line, "请停车");
    line.run_until(1_500);
    assert_eq!(line.log, ["1000 send Query", "1020 online SYN6288", "1020 send Gbk 请停车"]);
}

/// fault D3: speech is tried twice, then told and dropped; it goes on when the chip is back.
#[test]
fn a_silent_chip_is_told_once_and_speech_goes_on_when_it_is_back() {
    let mut line = line();
    line.run_until(20_000);
    line.device.alive = false;
    say(&mut line, "请停车");
    say(&mut line, "请稍候");
    line.run_until(40_000);
    let silent = line.first("silent", 0).unwrap();
    assert!((20_000..30_000).contains(&silent), "silent at {silent}");
    assert_eq!((line.count("silent"), line.count("send Gbk 请停车")), (1, 2));
    say(&mut line, "old news");
    assert_eq!(line.talk.dropped(), 3);
    line.device.alive = true;
    line.run_until(45_000);
    say(&mut line, "允许通行");
    line.run_until(46_000);
    assert_eq!(line.count("send Gbk 允许通行"), 1);
    assert_eq!(line.count("send Gbk old news"), 0);
}

/// fault D3: also a chip that dies while it speaks is found within 10 s, and a lost 4F holds nothing up for longer.
#[test]
fn a_lost_end_of_speech_is_found_by_asking() {
    let mut line = line();
    line.run_until(2_000);
    say(&mut line, "请停车");
    say(&mut line, "请稍候");
    line.run_until(4_000);
    line.device.speaking = false;
    line.run_until(9_000);
    assert_eq!(line.count("send Gbk 请稍候"), 1, "{:?}", line.log);
    line.device.alive = false;
    line.run_until(19_000);
    assert_eq!(line.count("silent"), 1);
}

/// Vector LX6: what the chip does not understand it answers with 45; that is told and not repeated.
#[test]
fn a_refused_prompt_is_told_and_dropped() {
    let mut line = line();
    line.run_until(2_000);
    line.device.understands = false;
    say(&mut line, "请停车");
    line.run_until(3_000);
    assert_eq!(line.count("send Gbk 请停车"), 1);
    assert_eq!(line.count("refused not understood: prompt"), 1);
    assert_eq!(line.talk.dropped(), 1);
}

#[test]
fn only_so_many_prompts_wait_and_the_oldest_is_dropped() {
    let mut line = line();
    line.run_until(2_000);
    say(&mut line, "now");
    for number in 0..=QUEUE {
        say(&mut line, &format!("{number}"));
        say(&mut line, &format!("{number}"));
    }
    assert_eq!(line.talk.dropped(), 1);
    done(&mut line);
    line.run_until(2_100);
    for _ in 0..QUEUE {
        done(&mut line);
        let next = line.now + 100;
        line.run_until(next);
    }
    let spoken: Vec<_> = line.log.iter().filter_map(|entry| entry.split_once("send Gbk ")).collect();
    let spoken: Vec<_> = spoken.into_iter().map(|(_, text)| text).collect();
    assert_eq!(spoken, ["now", "1", "2", "3", "4"]);
}

/// fault D1: noise on the chip's line is no answer, and counted.
#[test]
fn noise_is_counted() {
    let mut line = line();
    line.device.alive = false;
    line.say(&[0x00, 0xFF, 0x37]);
    assert_eq!(line.talk.counters().bytes.noise_bytes, 3);
    assert_eq!(line.count("online SYN6288"), 0);
}
