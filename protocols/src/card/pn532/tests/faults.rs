//! Conversations that go wrong: what the session does about it, and what it never tells.

use super::line::{ACK, AGAIN, CARD, Chip, Harm, Line, line, settled};
use super::{bytes, noise};
use crate::card::pn532::session::Config;
use crate::talk::Talk;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;

const ONLINE: &str = "online PN532, firmware 1.6";

/// The log from then on, without what cards there were.
fn since(line: &Line, from: u64) -> Vec<&str> {
    let lines = line.log.iter().filter_map(|line| Some((line.split_once(' ')?, line.as_str())));
    lines.filter(|((at, _), _)| at.parse().is_ok_and(|at: u64| at >= from)).map(|(_, line)| line).collect()
}

/// Vector P21: a reply with a bad sum is asked for once more; the second is given up.
#[test]
fn a_spoilt_reply_is_asked_for_once() {
    let mut line = line(&[CARD]);
    line.chip.harm.push((0x4A, Harm::Spoilt));
    line.run_until(160);
    let online = format!("157 {ONLINE}");
    let want = ["97 send 4A", "127 nack", &online, "157 Configured", "157 card 5CBBE5D5", "157 send 52"];
    assert_eq!(since(&line, 97), want);

    let mut line = settled(&[]);
    line.chip.polls.push_back("0000FF 01FF D5 00 00");
    line.chip.harm.push((AGAIN, Harm::Spoilt));
    line.run_until(1_500);
    assert_eq!(since(&line, 1_100)[..3], ["1147 send 4A", "1177 nack", "1297 send 4A"], "{:?}", line.log);
    assert_eq!(line.session.counters().bytes.bad_checks, 2);
    assert_eq!(line.times("abort"), [0; 0]);
}

/// Before the acknowledgement nothing can be the reply; asking again would bring the reply to another command.
#[test]
fn what_is_spoilt_before_the_acknowledgement_is_not_asked_for_again() {
    let mut line = settled(&[]);
    line.run_until(1_147);
    line.hear(&bytes("0000FF 01FF D5 00 00"));
    line.run_until(1_280);
    assert_eq!(since(&line, 1_100), ["1147 send 4A"]);
    assert_eq!(line.session.counters().bytes.bad_checks, 1);
}

/// Vector P24: a reply that breaks off is given up after the gap, its command aborted, and no card told.
#[test]
fn a_reply_that_breaks_off_is_aborted_after_the_gap() {
    let mut line = settled(&[]);
    line.chip.polls.push_back("0000FF 0CF4 D5 4B 01 01 0004 08 04 5C");
    line.run_until(1_400);
    assert_eq!(since(&line, 1_100), ["1147 send 4A", "1197 abort", "1297 send 4A"]);
    assert_eq!(line.cards(), [""; 0]);
    let counters = line.session.counters();
    assert_eq!((counters.bytes.noise_bytes, counters.timeouts), (14, 1));
}

#[test]
fn a_line_that_breaks_off_ends_the_frame_at_once() {
    let mut line = settled(&[]);
    line.chip.polls.push_back("0000FF 0CF4 D5 4B 01 01 0004 08 04 5C");
    line.run_until(1_180);
    line.gap();
    line.run_until(1_400);
    assert_eq!(since(&line, 1_100), ["1147 send 4A", "1180 abort", "1297 send 4A"]);
}

/// Zeros and 55 between frames are normal, and break nothing off.
#[test]
fn idle_bytes_behind_an_acknowledgement_do_not_end_the_wait_for_the_reply() {
    let mut line = settled(&[]);
    line.chip.polls.push_back("0000FF00FF00 55 00");
    line.run_until(1_200);
    line.hear(&bytes("0000FF 0CF4 D5 4B 01 01 0004 08 04 5CBBE5D5 FD 00"));
    line.run_until(1_210);
    assert_eq!(line.cards(), ["card 5CBBE5D5"], "{:?}", line.log);
}

/// No acknowledgement within 15 ms (and 20 ms for the adapter): the wake-up again, and the settings with it.
#[test]
fn a_command_without_acknowledgement_brings_the_wake_up_again() {
    let mut line = settled(&[]);
    line.chip.harm.push((0x4A, Harm::Deaf));
    line.run_until(1_350);
    let want = [
        "1147 send 4A",
        "1183 abort",
        "1208 wake",
        "1215 send 14",
        "1245 send 02",
        "1275 send 32",
        "1305 Configured",
        "1305 send 4A",
    ];
    assert_eq!(since(&line, 1_100)[..want.len()], want, "{:?}", line.log);
}

#[test]
fn a_reply_whose_acknowledgement_was_lost_counts() {
    let mut line = settled(&[CARD]);
    line.chip.harm.extend([(0x4A, Harm::AckLost), (0x52, Harm::AckLost)]);
    line.run_until(3_000);
    assert_eq!(line.times("wake"), [0]);
    assert_eq!(line.session.counters().timeouts, 0);
}

/// fault D3: a chip that falls silent with its port open gets the wake-up, then the link test, and is told; when it is
/// back it is configured again.
#[test]
fn a_silent_chip_is_told_within_a_second_and_configured_when_it_is_back() {
    let mut line = settled(&[]);
    line.chip.alive = false;
    line.run_until(1_320);
    let want = [
        "1147 send 4A",
        "1183 abort",
        "1208 wake",
        "1215 send 14",
        "1252 abort",
        "1277 send 00",
        "1314 abort",
        "1314 Silent",
    ];
    assert_eq!(since(&line, 1_100), want);
    line.run_until(60_000);
    assert_eq!(line.times("Silent").len(), 1);
    assert!((50..60).contains(&line.times("wake").len()), "one attempt a second");
    line.chip.alive = true;
    line.chip.reboot();
    line.run_until(62_000);
    assert_eq!(line.times(ONLINE).len(), 2);
    assert!(line.first("Configured", 60_000).is_some());
    assert!(line.chip.limited);
}

/// Nobody knows what happened to the cards meanwhile, so they are told anew.
#[test]
fn a_card_that_lies_there_when_the_chip_is_back_is_told_at_once() {
    let config = Config { repeat: Duration::from_secs(600), ..Config::default() };
    let mut line = Line::new(config, Chip::new(&[CARD]));
    line.run_until(5_000);
    assert_eq!(line.cards().len(), 1);
    line.chip.alive = false;
    line.run_until(10_000);
    line.chip.alive = true;
    line.run_until(12_000);
    assert_eq!(line.cards().len(), 2, "{:?}", line.log);
}

#[test]
fn a_chip_that_never_answers_is_told_once() {
    let mut chip = Chip::new(&[]);
    chip.alive = false;
    let mut line = Line::new(Config::default(), chip);
    line.run_until(30_000);
    assert_eq!(line.times("Silent").len(), 1);
    assert_eq!(line.times(ONLINE), [0; 0]);
}

/// fault D3: a chip that lost its power for a moment sleeps; it is woken and configured again, and its card told.
#[test]
fn a_chip_that_rebooted_is_configured_again() {
    let mut line = settled(&[]);
    line.chip.reboot();
    line.run_until(1_500);
    assert!(line.first("Configured", 1_000).is_some(), "{:?}", line.log);
    assert!(line.chip.limited);
    // One that forgot its limit and does not sleep looks for a card for ever.
    line.chip.limited = false;
    line.run_until(4_000);
    assert!(line.first("Configured", 1_500).is_some(), "{:?}", line.log);
    assert!(line.chip.limited);
    assert_eq!(line.times("Silent"), [0; 0]);
}

/// fault D3: the power went while a poll was under way: one reply is lost, then one command, and still it is only woken.
#[test]
fn a_chip_that_rebooted_during_a_poll_is_woken_before_it_is_called_silent() {
    let mut line = settled(&[]);
    line.chip.harm.push((0x4A, Harm::Mute));
    line.run_until(1_200);
    line.chip.reboot();
    line.run_until(2_500);
    assert!(line.first("Configured", 1_200).is_some(), "{:?}", line.log);
    assert_eq!(line.times("Silent"), [0; 0]);
}

/// A chip that answers all but polls is of no use: it is never told as one that answers.
#[test]
fn a_chip_that_does_not_answer_polls_is_silent() {
    let mut line = line(&[CARD]);
    line.chip.harm.extend([(0x4A, Harm::Mute); 100]);
    line.run_until(20_000);
    assert_eq!(line.times("Silent").len(), 1, "{:?}", line.log);
    assert_eq!(line.times(ONLINE), [0; 0]);
    line.chip.harm.clear();
    line.run_until(24_000);
    assert_eq!(line.times(ONLINE).len(), 1);
    assert_eq!(line.cards().first(), Some(&"card 5CBBE5D5"));
}

/// The command whose reply stays out is aborted before the next, and its late reply is dropped and counted.
#[test]
fn a_late_reply_is_dropped() {
    let mut line = settled(&[]);
    line.chip.harm.push((0x4A, Harm::Mute));
    line.run_until(1_518);
    assert_eq!(since(&line, 1_100), ["1147 send 4A", "1518 abort"]);
    line.hear(&bytes("0000FF 0CF4 D5 4B 01 01 0004 08 04 5CBBE5D5 FD 00"));
    // Half of another before the next command, which must not make the rest of it its own.
    line.run_until(1_540);
    line.hear(&bytes("0000FF 0CF4 D5 4B 01 01"));
    line.run_until(1_543);
    line.hear(&bytes("0004 08 04 5CBBE5D5 FD 00"));
    line.run_until(2_000);
    assert_eq!(line.cards(), [""; 0]);
    let counters = line.session.counters();
    assert_eq!((counters.foreign, counters.timeouts), (1, 1));
    assert_eq!(line.times("wake"), [0]);
}

/// A reply to another command is dropped and counted; so is what nobody asked for. fault D4.
#[test]
fn an_unexpected_reply_is_dropped() {
    let mut line = settled(&[]);
    line.run_until(1_150);
    line.hear(&bytes("0000FF 03FD D5 41 14 D6 00"));
    line.run_until(1_200);
    for _ in 0..1_000 {
        line.hear(&bytes("0000FF 0CF4 D5 4B 01 01 0004 08 04 5CBBE5D5 FD 00"));
        line.hear(&bytes(ACK));
    }
    line.run_until(1_240);
    assert_eq!(line.session.counters().foreign, 2_001);
    assert_eq!(since(&line, 1_100), ["1147 send 4A"]);
}

/// Vector P16: what the chip cannot understand is told once, and the conversation goes on.
#[test]
fn a_syntax_error_is_told_once() {
    const REFUSAL: &str = "refused command 4A: syntax error";
    let mut line = settled(&[]);
    line.chip.polls.push_back("0000FF 01FF 7F 81 00");
    line.run_until(2_000);
    assert_eq!(line.times(REFUSAL).len(), 1, "{:?}", line.log);
    assert_eq!(line.times("wake"), [0]);
    // A chip that understands all but polls is of no use.
    line.chip.polls.extend(["0000FF 01FF 7F 81 00"; 20]);
    line.run_until(20_000);
    assert_eq!(line.times(REFUSAL).len(), 2, "{:?}", line.log);
    assert_eq!(line.times("Silent").len(), 1);
    line.run_until(40_000);
    assert_eq!(line.times(ONLINE).len(), 2);
}

/// Vector P16: settings that are refused are told, and the rest goes on.
#[test]
fn a_chip_that_refuses_a_setting_is_polled_all_the_same() {
    let mut line = line(&[CARD]);
    line.chip.refuses = vec![0x14, 0x02, 0x32, 0x52];
    line.run_until(1_000);
    for code in ["14", "02", "32", "52"] {
        assert_eq!(line.times(&format!("refused command {code}: syntax error")).len(), 1, "{:?}", line.log);
    }
    assert_eq!(line.times("online chip that does not say what it is").len(), 1);
    assert_eq!(line.times("Configured"), [0; 0]);
    assert!(line.cards().contains(&"card 5CBBE5D5"));
    assert_eq!(line.times("wake"), [0]);
}

#[test]
fn another_chip_is_told_as_unsupported_and_asked_again() {
    let mut line = line(&[CARD]);
    line.chip.ic = 0x07;
    line.run_until(10_000);
    assert_eq!(line.times("unsupported chip 07, firmware 1.6").len(), 1);
    assert_eq!(line.times("send 02").len(), 5);
    assert_eq!(line.times("send 4A"), [0; 0]);
    line.chip.ic = 0x32;
    line.run_until(13_000);
    assert_eq!(line.times(ONLINE).len(), 1);
}

/// fault D1: noise alone makes neither a card nor an answering chip, and the chip behind it is found again.
#[test]
fn noise_tells_nothing_and_is_got_over() {
    let mut chip = Chip::new(&[CARD]);
    chip.alive = false;
    let mut line = Line::new(Config::default(), chip);
    for seed in 0..2_000 {
        line.run_until(seed * 3 + 1);
        line.hear(&noise(seed, 50));
    }
    assert_eq!(line.cards(), [""; 0]);
    assert_eq!(line.times(ONLINE), [0; 0]);
    line.chip.alive = true;
    line.run_until(10_000);
    assert_eq!(line.cards().first(), Some(&"card 5CBBE5D5"));
}
