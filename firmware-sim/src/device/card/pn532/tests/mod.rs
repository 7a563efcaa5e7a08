//! The chip's bytes, held against the user manual, public drivers and captures, not against our own decoder; then
//! against our own session.

mod session;

use super::{Card, Knobs, Pn532, Timing};
use crate::device::loopback::{Loopback, bytes, hex};
use alloc::string::String;
use core::time::Duration;
use protocols::tick::Tick;

/// Wake-up and SAMConfiguration in one write (pn532.js, src/Pn532.test.js).
const WAKE_UP: &str = "55 55 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF 05 FB D4 14 01 14 01 02 00";
const ACK: &str = "00 00 FF 00 FF 00";
const SAM_DONE: &str = "00 00 FF 02 FE D5 15 16 00";
const FIRMWARE: &str = "00 00 FF 02 FE D4 02 2A 00";
const FIRMWARE_1_6: &str = "00 00 FF 06 FA D5 03 32 01 06 07 E8 00";
/// Retries of looking for a card: two.
const LIMIT: &str = "00 00 FF 06 FA D4 32 05 FF 01 02 F3 00";
const LIMITED: &str = "00 00 FF 02 FE D5 33 F8 00";
const LIST_ONE: &str = "00 00 FF 04 FC D4 4A 01 00 E1 00";
const LIST_TWO: &str = "00 00 FF 04 FC D4 4A 02 00 E0 00";
const NOBODY: &str = "00 00 FF 03 FD D5 4B 00 E0 00";
const CLASSIC: &str = "00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 5C BB E5 D5 FD 00";
const NACK: &str = "00 00 FF FF 00 00";

const CARD: [u8; 4] = [0x5C, 0xBB, 0xE5, 0xD5];
const OTHER: [u8; 4] = [0x24, 0xD3, 0x4F, 0x59];

struct Bench {
    chip: Pn532<Loopback>,
    now: Tick,
}

impl Bench {
    fn asleep() -> Self {
        Self { chip: Pn532::new(Loopback::default(), Timing::default()), now: Tick::from_millis(1000) }
    }

    /// Awake, configured, and not looking for cards for ever.
    fn new(cards: &[Card]) -> Self {
        let mut bench = Self::asleep();
        assert_eq!(bench.ask(WAKE_UP, 10), answer(SAM_DONE));
        assert_eq!(bench.ask(LIMIT, 10), answer(LIMITED));
        for card in cards {
            assert!(bench.chip.enter(card.clone(), bench.now));
        }
        bench
    }

    /// Sends at once and tells what comes until that many milliseconds later, polled as `wake` says.
    fn ask(&mut self, request: &str, wait: u64) -> String {
        self.chip.port_mut().incoming.extend(bytes(request));
        let until = self.now + Duration::from_millis(wait);
        loop {
            let Ok(()) = self.chip.poll(self.now);
            match self.chip.wake().filter(|wake| *wake <= until) {
                Some(wake) => self.now = wake.max(self.now),
                None => break,
            }
            if self.now >= until {
                break;
            }
        }
        self.now = until;
        let Ok(()) = self.chip.poll(self.now);
        hex(&core::mem::take(&mut self.chip.port_mut().outgoing))
    }
}

/// Acknowledgement and reply.
fn answer(reply: &str) -> String {
    [ACK, reply].join(" ")
}

/// Vectors P1 to P6, P9, P13, P16.
#[test]
fn commands_get_the_answers_of_the_manual_byte_for_byte() {
    let mut bench = Bench::asleep();
    for (name, request, reply) in [
        ("P1, P3", WAKE_UP, SAM_DONE),
        ("P4, P5", FIRMWARE, FIRMWARE_1_6),
        ("P13", LIMIT, LIMITED),
        ("P6, P9", LIST_ONE, NOBODY),
        ("link test", "00 00 FF 05 FB D4 00 00 4B 41 A0 00", "00 00 FF 05 FB D5 01 00 4B 41 9E 00"),
        ("RF field off", "00 00 FF 04 FC D4 32 01 00 F9 00", LIMITED),
        ("InRelease of all", "00 00 FF 03 FD D4 52 00 DA 00", "00 00 FF 03 FD D5 53 00 D8 00"),
        ("InDeselect of all", "00 00 FF 03 FD D4 44 00 E8 00", "00 00 FF 03 FD D5 45 00 E6 00"),
        ("P16, unknown command", "00 00 FF 02 FE D4 99 93 00", "00 00 FF 01 FF 7F 81 00"),
        ("three cards are too many", "00 00 FF 04 FC D4 4A 03 00 DF 00", "00 00 FF 01 FF 7F 81 00"),
        ("type B", "00 00 FF 05 FB D4 4A 01 03 00 DE 00", NOBODY),
    ] {
        assert_eq!(bench.ask(request, 100), answer(reply), "{name}");
    }
}

/// Vectors P7, P10, P11, P12.
#[test]
fn cards_are_listed_as_captured() {
    let (ntag, desfire) =
        ([0x04, 0xA2, 0xB3, 0xC4, 0xD5, 0xE6, 0x80], [0x04, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66]);
    for (name, cards, list) in [
        ("P7", &[Card::classic(CARD)][..], CLASSIC),
        ("P8", &[Card::classic(OTHER)], "00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 24 D3 4F 59 2F 00"),
        ("P10", &[Card::ntag(ntag)], "00 00 FF 0F F1 D5 4B 01 01 00 44 00 07 04 A2 B3 C4 D5 E6 80 3B 00"),
        (
            "P11",
            &[Card::desfire(desfire)],
            "00 00 FF 15 EB D5 4B 01 01 03 44 20 07 04 11 22 33 44 55 66 06 75 77 81 02 80 12 00",
        ),
        (
            "P12",
            &[Card::classic(CARD), Card::classic(OTHER)],
            "00 00 FF 15 EB D5 4B 02 01 00 04 08 04 5C BB E5 D5 02 00 04 08 04 24 D3 4F 59 4B 00",
        ),
    ] {
        assert_eq!(Bench::new(cards).ask(LIST_TWO, 50), answer(list), "{name}");
    }
    let both = [Card::classic(CARD), Card::classic(OTHER)];
    assert_eq!(Bench::new(&both).ask(LIST_ONE, 50), answer(CLASSIC), "one is asked for");
    let only = "00 00 FF 08 F8 D4 4A 01 00 5C BB E5 D5 10 00";
    assert_eq!(Bench::new(&[both[1].clone(), both[0].clone()]).ask(only, 50), answer(CLASSIC), "that one");
}

#[test]
fn a_chip_sleeps_until_it_is_woken_and_wants_its_sam_configured_first() {
    let mut bench = Bench::asleep();
    assert_eq!(bench.ask(FIRMWARE, 100), "");
    assert_eq!(bench.ask("55 55 00 00 00 00 00 00 00 00 00 00 00 00 00 00", 100), "");
    assert_eq!(bench.ask(FIRMWARE, 100), "");
    assert_eq!(bench.ask(WAKE_UP, 100), answer(SAM_DONE));
    assert_eq!(bench.ask(FIRMWARE, 100), answer(FIRMWARE_1_6));
    bench.chip.reboot();
    assert_eq!(bench.ask(FIRMWARE, 100), "");
}

/// Without a limit the look ends when a card comes, or by an abort; what comes meanwhile is lost.
#[test]
fn without_a_limit_a_chip_looks_for_a_card_for_ever() {
    let mut bench = Bench::asleep();
    bench.ask(WAKE_UP, 10);
    assert_eq!(bench.ask(LIST_ONE, 60_000), ACK);
    assert_eq!(bench.ask(FIRMWARE, 100), "");
    assert_eq!(bench.chip.lost(), 1);
    assert!(bench.chip.enter(Card::classic(CARD), bench.now));
    assert_eq!(bench.ask("", 30), CLASSIC);
    assert!(bench.chip.leave(&CARD));
    assert_eq!(bench.ask(LIST_ONE, 1_000), ACK);
    assert_eq!(bench.ask(ACK, 1_000), "");
    assert_eq!(bench.ask(FIRMWARE, 10), answer(FIRMWARE_1_6));
}

/// Vectors P20, P21, P22, P24 from the other side: what is no frame gets no answer, and is got over.
#[test]
fn a_bad_frame_is_met_with_silence() {
    for bad in [
        "00 00 FF 01 FE D4 44 00",
        "00 00 FF 02 FE D4 02 2B 00",
        "00 00 FF 02 FF D4 02 2A 00",
        "00 00 FF 04 FC D4 4A 01",
        "00 00 FF 02 FE D5 02 29 00",
        "A7 00 FF 12 00 55",
    ] {
        let mut bench = Bench::new(&[]);
        assert_eq!(bench.ask(bad, 100), "", "{bad}");
        assert_eq!(bench.ask(FIRMWARE, 100), answer(FIRMWARE_1_6), "{bad}");
    }
    let mut bench = Bench::new(&[]);
    assert_eq!(bench.ask("00 FF 12 00 00 FF 02 FE D4 02 2A 00", 100), answer(FIRMWARE_1_6), "P25");
}

/// The last reply again, as often as it is asked for.
#[test]
fn nack_brings_the_last_reply_again() {
    let mut bench = Bench::new(&[Card::classic(CARD)]);
    assert_eq!(bench.ask(LIST_ONE, 50), answer(CLASSIC));
    assert_eq!(bench.ask(NACK, 10), CLASSIC);
    assert_eq!(bench.ask(NACK, 10), CLASSIC);
    bench.chip.knobs_mut().wrong = 1;
    let spoilt = CLASSIC.replace("FD 00", "ED 00");
    assert_eq!(bench.ask(LIST_ONE, 50), answer(&spoilt));
    assert_eq!(bench.ask(NACK, 10), CLASSIC);
}

#[test]
fn a_released_card_sleeps_until_the_field_was_off() {
    let mut bench = Bench::new(&[Card::classic(CARD)]);
    assert_eq!(bench.ask(LIST_ONE, 50), answer(CLASSIC));
    assert_eq!(bench.ask(LIST_ONE, 50), answer(CLASSIC));
    bench.ask("00 00 FF 03 FD D4 52 00 DA 00", 10);
    assert_eq!(bench.ask(LIST_ONE, 100), answer(NOBODY));
    bench.ask("00 00 FF 04 FC D4 32 01 00 F9 00", 10);
    assert_eq!(bench.ask(LIST_ONE, 50), answer(CLASSIC));
}

/// Vector P14, and the bytes of UM0701-02, 7.3.8.
#[test]
fn a_block_is_read_with_the_right_key_only() {
    let card = Card::classic(CARD).written(4, *b"5201900012345\0\0\0");
    let mut bench = Bench::new(core::slice::from_ref(&card));
    let authenticate = "00 00 FF 0F F1 D4 40 01 60 04 FF FF FF FF FF FF 5C BB E5 D5 BC 00";
    let read = "00 00 FF 05 FB D4 40 01 30 04 B7 00";
    let refused = "00 00 FF 03 FD D5 41 14 D6 00";
    let timed_out = "00 00 FF 03 FD D5 41 01 E9 00";
    assert_eq!(bench.ask(read, 20), answer(timed_out), "nobody is listed");
    bench.ask(LIST_ONE, 50);
    assert_eq!(bench.ask(read, 20), answer(refused), "locked");
    assert_eq!(bench.ask(authenticate, 20), answer("00 00 FF 03 FD D5 41 00 EA 00"));
    let data = "00 00 FF 13 ED D5 41 00 35 32 30 31 39 30 30 30 31 32 33 34 35 00 00 00 5A 00";
    assert_eq!(bench.ask(read, 20), answer(data));

    let mut bench = Bench::new(&[card.locked([0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5])]);
    bench.ask(LIST_ONE, 50);
    assert_eq!(bench.ask(authenticate, 20), answer(refused), "P14");
    assert_eq!(bench.ask(read, 20), answer(timed_out), "it has gone to sleep");
}

#[test]
fn a_phone_makes_up_a_number_for_each_look() {
    let mut bench = Bench::new(&[Card::phone()]);
    let (one, other) = (bench.ask(LIST_ONE, 50), bench.ask(LIST_ONE, 50));
    let uid = |list: &str| String::from(&list[ACK.len() + 1..][13 * 3..][..11]);
    assert!(uid(&one).starts_with("08 ") && uid(&other).starts_with("08 "), "{one}");
    assert_ne!(uid(&one), uid(&other));
    assert!(bench.chip.next_fresh().is_some() && bench.chip.next_fresh().is_none());
}

#[test]
fn each_knob_does_what_it_says() {
    let mut bench = Bench::new(&[]);
    bench.chip.knobs_mut().slow = Duration::from_millis(200);
    assert_eq!(bench.ask(FIRMWARE, 200), ACK);
    assert_eq!(bench.ask("", 10), FIRMWARE_1_6);
    *bench.chip.knobs_mut() = Knobs { duplicate: true, ..Knobs::default() };
    assert_eq!(bench.ask(FIRMWARE, 10), answer(&[FIRMWARE_1_6, FIRMWARE_1_6].join(" ")));
    *bench.chip.knobs_mut() = Knobs { cut: 1, ..Knobs::default() };
    assert_eq!(bench.ask(FIRMWARE, 10), answer("00 00 FF 06 FA D5 03 32 01"));
    assert_eq!(bench.ask(FIRMWARE, 10), answer(FIRMWARE_1_6));
    *bench.chip.knobs_mut() = Knobs { babbling: Some(Duration::from_millis(30)), ..Knobs::default() };
    assert_eq!(bench.ask("", 100), [FIRMWARE_1_6; 3].join(" "));
    *bench.chip.knobs_mut() = Knobs { silent: true, ..Knobs::default() };
    assert_eq!(bench.ask(FIRMWARE, 1_000), "");
    *bench.chip.knobs_mut() = Knobs::default();
    assert_eq!(bench.ask(FIRMWARE, 10), answer(FIRMWARE_1_6));
}
