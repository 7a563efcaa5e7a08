//! Our session and our chip on one line, with each of the chip's knobs turned.

use crate::device::card::pn532::{Card, Knobs, Pn532, Timing};
use crate::device::loopback::Loopback;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use protocols::card::pn532::memory::{CardKey, KeyKind, TextBlock};
use protocols::card::pn532::session::{Config, Session};
use protocols::talk::{DeviceEvent, Identity, Input, Output, Talk};
use protocols::tick::Tick;

const CARD: [u8; 4] = [0x5C, 0xBB, 0xE5, 0xD5];
const ONLINE: &str = "online PN532, firmware 1.6";

struct Line {
    session: Session,
    chip: Pn532<Loopback>,
    now: u64,
    wake: Option<Tick>,
    log: Vec<(u64, String)>,
}

impl Line {
    fn new(config: Config) -> Self {
        let chip = Pn532::new(Loopback::default(), Timing::default());
        Self { session: Session::new(config), chip, now: 0, wake: Some(Tick::default()), log: Vec::new() }
    }

    /// A millisecond at a time.
    fn run_until(&mut self, end: u64) {
        while self.now < end {
            let now = Tick::from_millis(self.now);
            let Ok(()) = self.chip.poll(now);
            let said = core::mem::take(&mut self.chip.port_mut().outgoing);
            if !said.is_empty() {
                self.handle(Input::Bytes(&said), now);
            }
            if self.wake.is_some_and(|wake| wake <= now) {
                self.handle(Input::Deadline, now);
            }
            self.now += 1;
        }
    }

    fn handle(&mut self, input: Input<'_>, now: Tick) {
        self.session.handle(input, now);
        loop {
            match self.session.poll() {
                Output::Send(bytes) => self.chip.port_mut().incoming.extend(bytes),
                Output::Event(event) => self.log.push((self.now, name(&event))),
                Output::Wait(wake) => {
                    self.wake = wake;
                    return;
                }
            }
        }
    }

    fn enter(&mut self, card: Card) {
        assert!(self.chip.enter(card, Tick::from_millis(self.now)));
    }

    fn times(&self, what: &str) -> Vec<u64> {
        self.log.iter().filter(|(_, line)| line == what).map(|(at, _)| *at).collect()
    }
}

fn name(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Online(what) => format!("online {what}"),
        DeviceEvent::Seen(sighting) => match &sighting.identity {
            Identity::Uid(uid) => format!("card {}", uid.as_str()),
            Identity::CardText(text) => format!("text {text}"),
            other => panic!("a card reader saw {other:?}"),
        },
        other => format!("{other:?}"),
    }
}

#[test]
fn a_card_laid_down_is_told_within_a_poll_and_its_text_with_it() {
    let key = CardKey { kind: KeyKind::A, bytes: [0xFF; 6] };
    let text = Some(TextBlock { block: 4, key: Some(key) });
    let mut line = Line::new(Config { text, ..Config::default() });
    line.run_until(1_000);
    assert_eq!(line.times(ONLINE).len(), 1, "{:?}", line.log);
    line.enter(Card::classic(CARD).written(4, *b"5201900012345\0\0\0"));
    line.run_until(5_000);
    for what in ["card 5CBBE5D5", "text 5201900012345"] {
        let times = line.times(what);
        assert!(times[0] <= 1_250, "{:?}", line.log);
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 500), "{times:?}");
        assert!(times.len() >= 6);
    }
    assert_eq!(line.chip.next_fresh(), Some(CARD.to_vec()));
    assert_eq!(line.session.counters().timeouts, 0);
    assert_eq!(line.chip.lost(), 0);
}

/// fault D3: silent, then back; and a chip that lost its power.
#[test]
fn a_chip_that_was_away_is_told_and_configured_again() {
    let mut line = Line::new(Config::default());
    line.run_until(2_000);
    line.chip.knobs_mut().silent = true;
    line.run_until(12_000);
    assert_eq!(line.times("Silent").len(), 1);
    assert!(line.times("Silent")[0] < 3_000, "{:?}", line.log);
    line.chip.knobs_mut().silent = false;
    line.chip.reboot();
    line.run_until(14_000);
    assert_eq!(line.times(ONLINE).len(), 2, "{:?}", line.log);
    line.chip.reboot();
    line.run_until(15_000);
    assert_eq!(line.times("Configured").len(), 3, "{:?}", line.log);
    assert_eq!(line.times("Silent").len(), 1);
}

/// fault D1, fault D4: slow, doubled, spoilt, broken off or unasked, the replies tell the card that lies there, no other,
/// and not more often.
#[test]
fn no_knob_makes_another_card_or_hides_the_one_that_lies_there() {
    let ms = Duration::from_millis;
    for knobs in [
        Knobs { slow: ms(200), ..Knobs::default() },
        Knobs { duplicate: true, ..Knobs::default() },
        Knobs { wrong: 3, ..Knobs::default() },
        Knobs { cut: 2, ..Knobs::default() },
        Knobs { wrong: 1, cut: 1, duplicate: true, ..Knobs::default() },
        Knobs { babbling: Some(ms(3)), ..Knobs::default() },
    ] {
        let mut line = Line::new(Config::default());
        line.run_until(500);
        *line.chip.knobs_mut() = knobs;
        line.enter(Card::classic(CARD));
        line.run_until(10_000);
        let cards = line.times("card 5CBBE5D5");
        assert!(cards.len() >= 10, "{knobs:?}: {:?}", line.log);
        assert!(cards.windows(2).all(|pair| pair[1] - pair[0] >= 500), "{knobs:?}: {cards:?}");
        assert!(line.log.iter().all(|(_, line)| !line.starts_with("card") || line == "card 5CBBE5D5"));
        assert_eq!(line.times("Silent"), [0; 0], "{knobs:?}: {:?}", line.log);
        assert_eq!(line.chip.lost(), 0, "{knobs:?}");
    }
}

/// A phone lies there and makes up numbers: told as one card, at most twice a second.
#[test]
fn a_phone_does_not_flood_the_lane() {
    let mut line = Line::new(Config::default());
    line.enter(Card::phone());
    line.run_until(10_000);
    let cards = line.log.iter().filter(|(_, line)| line.starts_with("card 08")).count();
    assert!((15..=20).contains(&cards), "{:?}", line.log);
}
