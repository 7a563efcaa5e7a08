//! Panels' conversations: what is shown when, and what becomes of a board that is gone.

use super::{bx, park};
use crate::display::bx::message::{Answer, Fault, Message, Reply, Request};
use crate::display::bx::profile::Profile as BxProfile;
use crate::display::bx::wire::{HOST, Packet};
use crate::display::panel::Panel;
use crate::display::park::Profile as ParkProfile;
use crate::display::screen::{Colour, Screen};
use crate::display::session::{Config, Session};
use crate::talk::Talk;
use crate::trial::{Device, Line};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// A board that hears everything and says nothing.
struct Mute;

impl Device for Mute {
    fn answer(&mut self, _sent: &[u8], _now: u64) -> Vec<u8> {
        Vec::new()
    }
}

/// A controller that can be switched off, be busy, and be heard through an echoing adapter.
struct Onbon {
    alive: bool,
    busy: bool,
    echoes: bool,
    rows: Vec<String>,
}

impl Onbon {
    fn new() -> Self {
        Self { alive: true, busy: false, echoes: false, rows: vec![String::new(); 2] }
    }
}

impl Device for Onbon {
    fn answer(&mut self, sent: &[u8], _now: u64) -> Vec<u8> {
        let mut heard = if self.echoes { sent.to_vec() } else { Vec::new() };
        if !self.alive {
            return heard;
        }
        let packet = Packet::parse(sent).unwrap();
        let (answer, request) = Request::decode(&Message::parse(&packet.data).unwrap()).unwrap();
        assert_eq!(answer, Answer::Wanted);
        let reply = match request {
            Request::Show { .. } if self.busy => Reply::Refused(Fault::BUSY),
            Request::Show { areas, .. } => {
                self.rows[usize::from(areas[0].id)] = areas[0].text.read();
                Reply::Accepted
            }
            _ => Reply::Accepted,
        };
        heard.extend(Packet::new(HOST, packet.destination, reply.encode()).encode().unwrap());
        heard
    }
}

fn short(bytes: &[u8]) -> String {
    let words = bx(bytes);
    let (_, what) = words.split_once(": Wanted ").unwrap();
    what.replace(" 64x16", "").replace("\\FO000", "")
}

fn onbon() -> Line<Session, Onbon> {
    Line::new(Session::new(Config::of(Panel::Bx(BxProfile::default()))), Onbon::new(), short)
}

fn show<D: Device>(line: &mut Line<Session, D>, lines: &[(&str, Colour)]) {
    let now = line.tick();
    line.talk.show(Screen::of(lines), now);
    line.settle();
}

/// Parking boards are mute: a frame a row, 50 ms apart, and again every 10 s.
#[test]
fn a_mute_panel_gets_its_rows_in_paces_and_again_every_ten_seconds() {
    let profile = ParkProfile { rows: 2, ..ParkProfile::default() };
    let words = |bytes: &[u8]| park(bytes).split_off("to 0: ".len());
    let mut line = Line::new(Session::new(Config::of(Panel::Park(profile))), Mute, words);
    line.run_until(1_000);
    assert_eq!(line.log, Vec::<String>::new(), "nothing to show, nothing sent");
    show(&mut line, &[("停车检查", Colour::Red)]);
    line.run_until(11_500);
    let want = [
        "1000 send row 0, 00 then 00, 5 s, FF000000: 停车检查",
        "1050 send row 1, 00 then 00, 5 s, FF000000:  ",
        "11000 send row 0, 00 then 00, 5 s, FF000000: 停车检查",
        "11050 send row 1, 00 then 00, 5 s, FF000000:  ",
    ];
    assert_eq!(line.log, want);
    line.say(b"noise");
    assert_eq!(line.talk.counters().bytes.noise_bytes, 5);
}

#[test]
fn a_new_screen_replaces_what_of_the_old_one_has_not_gone_out() {
    let profile = ParkProfile { rows: 3, ..ParkProfile::default() };
    let words = |bytes: &[u8]| park(bytes).split_off("to 0: row 0, 00 then 00, 5 s, ".len());
    let mut line = Line::new(Session::new(Config::of(Panel::Park(profile))), Mute, words);
    line.run_until(100);
    show(&mut line, &[("A", Colour::Red), ("B", Colour::Red), ("C", Colour::Red)]);
    line.run_until(160);
    show(&mut line, &[("D", Colour::Green)]);
    show(&mut line, &[("D", Colour::Green)]);
    line.run_until(400);
    let want = [
        "100 send FF000000: A",
        "150 send FF000000: B",
        "200 send 00FF0000: D",
        "250 send FF000000:  ",
        "300 send FF000000:  ",
    ];
    assert_eq!(line.log, want);
}

/// A parking board speaks too: at once, between the rows, only the newest, and never again with a refresh.
#[test]
fn a_prompt_goes_out_once_and_only_the_newest_waits() {
    let profile = ParkProfile { rows: 2, ..ParkProfile::default() };
    let words = |bytes: &[u8]| park(bytes).replace(", 00 then 00, 5 s, FF000000", "");
    let mut line = Line::new(Session::new(Config::of(Panel::Park(profile))), Mute, words);
    line.run_until(100);
    show(&mut line, &[("A", Colour::Red)]);
    for text in ["old", "new [v0]"] {
        let now = line.tick();
        line.talk.say(text, now);
        line.settle();
    }
    line.run_until(10_120);
    let want = [
        "100 send to 0: row 0: A",
        "150 send to 0: ClearAndPlay new ［v0］",
        "200 send to 0: row 1:  ",
        "10100 send to 0: row 0: A",
    ];
    assert_eq!(line.log, want);
    let mut silent = onbon();
    silent.run_until(100);
    silent.talk.say("nobody hears this", silent.tick());
    silent.settle();
    silent.run_until(1_000);
    assert_eq!(silent.log, ["0 send Ping", "20 online Onbon controller"]);
}

#[test]
fn an_answering_panel_is_asked_first_and_then_shown_row_by_row() {
    let mut line = onbon();
    line.run_until(100);
    show(&mut line, &[("允许通行", Colour::Green)]);
    line.run_until(4_000);
    let want = [
        "0 send Ping",
        "20 online Onbon controller",
        "100 send area 0 at 0,0: 允许通行",
        "170 send area 1 at 0,16:  ",
        "190 configured",
    ];
    assert_eq!(line.log, want);
    assert_eq!(line.device.rows, ["\\FO000允许通行", "\\FO000 "]);
}

/// fault D3: a panel that falls silent is told within 10 s, nothing waits for it, and it gets its screen when it is back.
#[test]
fn a_silent_panel_is_told_and_shown_again_when_it_is_back() {
    let mut line = onbon();
    line.run_until(100);
    show(&mut line, &[("停车检查", Colour::Red)]);
    line.run_until(20_000);
    line.device.alive = false;
    line.run_until(60_000);
    let silent = line.first("silent", 0).unwrap();
    assert!((20_000..30_000).contains(&silent), "silent at {silent}");
    assert_eq!(line.count("silent"), 1);
    show(&mut line, &[("允许通行", Colour::Green)]);
    line.device = Onbon::new();
    line.run_until(70_000);
    assert_eq!(line.device.rows[0], "\\FO000允许通行");
    assert!(line.first("configured", 60_000).is_some());
}

#[test]
fn a_request_without_an_answer_is_sent_twice_more() {
    let mut line = onbon();
    line.device.alive = false;
    line.run_until(3_900);
    let want = ["0 send Ping", "1000 send Ping", "2000 send Ping", "3000 silent"];
    assert_eq!(line.log, want);
    assert_eq!(line.talk.counters().timeouts, 3);
}

#[test]
fn a_refusal_is_told_once_and_tried_again_with_the_next_refresh() {
    let mut line = onbon();
    line.device.busy = true;
    line.run_until(100);
    show(&mut line, &[("允许通行", Colour::Green)]);
    line.run_until(15_000);
    assert_eq!(line.count("refused row 1: busy"), 1);
    assert_eq!(line.count("configured"), 0);
    line.device.busy = false;
    line.run_until(25_000);
    assert_eq!(line.count("configured"), 1);
    assert_eq!(line.device.rows[0], "\\FO000允许通行");
}

#[test]
fn an_echoing_adapter_changes_nothing_but_a_counter() {
    let mut line = onbon();
    line.device.echoes = true;
    line.run_until(100);
    show(&mut line, &[("允许通行", Colour::Green)]);
    line.run_until(4_000);
    assert_eq!(line.talk.counters().echoes, 3);
    assert_eq!(line.count("configured"), 1);
    line.device.alive = false;
    line.run_until(20_000);
    assert_eq!(line.count("silent"), 1, "an echo is no answer: {:?}", line.log);
}

/// fault D1: a panel's line may carry anything.
#[test]
fn noise_and_other_controllers_are_no_answer() {
    let mut line = onbon();
    line.device.alive = false;
    line.run_until(100);
    line.say(&Packet::new(HOST, 7, Reply::Accepted.encode()).encode().unwrap());
    line.say(&crate::trial::noise(1, 4_000));
    line.run_until(3_900);
    assert_eq!(line.talk.counters().foreign, 1);
    assert_eq!(line.count("online Onbon controller"), 0);
    assert_eq!(line.count("silent"), 1);
}
