//! Conversations as scripts: what the chip says and when, and what the session does.

use super::bytes;
use super::line::{CARD, Chip, Harm, KEY, Line, OTHER, line, settled};
use crate::card::pn532::memory::{CardKey, TextBlock};
use crate::card::pn532::repr::Most;
use crate::card::pn532::session::Config;
use crate::talk::Talk;
use alloc::string::ToString;
use alloc::{format, vec};
use core::time::Duration;

/// Vectors P1, P4, P6, P13: the conversation begins with the wake-up, and the SAM is configured first.
#[test]
fn a_chip_is_woken_configured_and_polled() {
    let mut line = Line::new(Config { most: Most::One, ..Config::default() }, Chip::new(&[]));
    line.run_until(300);
    let want = [
        "0 wake",
        "7 send 14",
        "37 send 02",
        "67 send 32",
        "97 send 4A",
        "127 online PN532, firmware 1.6",
        "127 Configured",
        "247 send 4A",
    ];
    assert_eq!(line.log, want);
    let sent = [
        "55550000000000000000000000000000",
        "0000FF 05FB D4 14011401 02 00",
        "0000FF 02FE D4 02 2A 00",
        "0000FF 06FA D4 32 05 FF0102 F3 00",
        "0000FF 04FC D4 4A 01 00 E1 00",
    ];
    assert_eq!(line.sent[..5], sent.map(bytes));
}

/// Vectors P7, P9: a card is told when it comes, at most twice a second while it lies there, and again when it returns.
#[test]
fn a_card_is_told_when_it_comes_and_not_more_than_twice_a_second() {
    let mut line = settled(&[]);
    line.chip.cards = vec![CARD.to_string()];
    line.run_until(11_000);
    let told = line.times("card 5CBBE5D5");
    assert!(told[0] < 1_200, "{told:?}");
    assert!(told.windows(2).all(|pair| pair[1] - pair[0] >= 500), "{told:?}");
    assert!((15..=20).contains(&told.len()), "{told:?}");
    line.chip.cards.clear();
    line.run_until(12_000);
    let last = line.times("card 5CBBE5D5").len();
    line.chip.cards = vec![CARD.to_string()];
    line.run_until(12_200);
    assert_eq!(line.times("card 5CBBE5D5").len(), last + 1, "told at once when it returns");
}

#[test]
fn between_polls_the_chip_forgets_its_cards_and_polls_keep_their_pace() {
    let mut line = settled(&[CARD]);
    line.run_until(3_050);
    let polls = line.times("send 4A");
    assert!(polls.windows(2).all(|pair| pair[1] - pair[0] == 150), "{polls:?}");
    assert_eq!(polls.len(), line.times("send 52").len());
    // One limits the retries, the others switch the field off.
    assert_eq!(polls.len() + 1, line.times("send 32").len());
    let off = bytes("0000FF 04FC D4 32 01 00 F9 00");
    assert_eq!(line.sent.iter().filter(|sent| **sent == off).count(), polls.len());
    let fast = Config { poll_every: Duration::ZERO, ..Config::default() };
    let mut line = Line::new(fast, Chip::new(&[]));
    line.run_until(3_000);
    let polls = line.times("send 4A");
    assert!(polls.windows(2).all(|pair| pair[1] - pair[0] == 100), "{polls:?}");
}

/// Vectors P10, P11, P12: several cards, 7-byte numbers, and an ATS that is no part of a number.
#[test]
fn several_cards_are_told_each() {
    assert_eq!(settled(&[CARD, "04A2B3C4D5E680"]).cards()[..2], ["card 5CBBE5D5", "card 04A2B3C4D5E680"]);
    let mut line = line(&[]);
    line.chip.polls.extend([
        "0000FF 15EB D5 4B 02 01 0004 08 04 5CBBE5D5 02 0004 08 04 24D34F59 4B 00",
        "0000FF 15EB D5 4B 01 01 0344 20 07 04112233445566 06 7577810280 12 00",
    ]);
    line.run_until(1_000);
    assert_eq!(line.cards(), ["card 5CBBE5D5", "card 24D34F59", "card 04112233445566"]);
}

/// A number of 4 bytes that begins with 08 is made up for one session: told, but marked, and never a credential.
#[test]
fn a_phones_made_up_numbers_are_told_as_such_and_not_more_than_twice_a_second() {
    let mut line = settled(&[]);
    for number in 0..20_u64 {
        line.chip.cards = vec![format!("08{number:06X}")];
        line.run_until(1_000 + (number + 1) * 100);
    }
    let cards = line.cards();
    assert!((3..=5).contains(&cards.len()), "{cards:?}");
    assert!(cards.iter().all(|card| card.ends_with("made up")), "{cards:?}");
}

#[test]
fn a_blank_or_impossible_number_is_counted_and_never_told() {
    for blank in ["00000000", "FFFFFFFF", "88045612", "0881A2B3C4D5E6", "00000000000000"] {
        let line = settled(&[blank, CARD]);
        assert!(line.cards().iter().all(|card| *card == "card 5CBBE5D5"), "{:?}", line.cards());
        assert!(line.session.counters().malformed > 3, "{blank}");
    }
}

/// Vector P23.
#[test]
fn a_list_that_does_not_fit_its_frame_tells_no_card() {
    let mut line = line(&[]);
    line.chip.polls.push_back("0000FF 0CF4 D5 4B 01 01 0004 08 0A 5CBBE5D5 F7 00");
    line.run_until(1_000);
    assert_eq!(line.cards(), [""; 0]);
    assert_eq!(line.session.counters().malformed, 1);
    assert_eq!(line.times("Silent"), [0; 0]);
    assert!(line.first("online PN532, firmware 1.6", 0).is_some(), "{:?}", line.log);
}

/// Vector P8: acknowledgement and reply in one read. Vector P15: an extended frame.
#[test]
fn an_acknowledgement_and_its_reply_in_one_read_are_two_frames() {
    for (poll, cards) in [
        ("0000FF00FF00 0000FF 0CF4 D5 4B 01 01 0004 08 04 24D34F59 2F 00", &["card 24D34F59"][..]),
        ("0000FF00FF00 0000FF FFFF 0003 FD D5 4B 00 E0 00", &[]),
    ] {
        let mut line = line(&[]);
        line.chip.harm.push((0x4A, Harm::AckLost));
        line.chip.polls.push_back(poll);
        line.run_until(240);
        assert_eq!(line.cards(), cards);
        assert!(line.first("Configured", 0).is_some(), "{:?}", line.log);
        assert_eq!(line.session.counters().foreign, 0);
    }
}

/// fault D1: nothing depends on how the bytes arrive.
#[test]
fn a_conversation_byte_by_byte_is_the_same() {
    let run = |dripping| {
        let mut line = line(&[CARD, OTHER]);
        line.dripping = dripping;
        line.chip.harm.extend([(0x4A, Harm::Spoilt), (0x02, Harm::Cut), (0x52, Harm::Deaf)]);
        line.run_until(5_000);
        (line.log, line.session.counters())
    };
    assert_eq!(run(false), run(true));
}

/// The number on a card: sector opened by its key, one block read. Command bytes as UM0701-02, 7.3.8 has them.
#[test]
fn a_cards_text_is_read_where_the_configuration_asks_for_it() {
    let text = Some(TextBlock { block: 4, key: Some(KEY) });
    let mut line = Line::new(Config { text, ..Config::default() }, Chip::new(&[CARD, "04A2B3C4D5E680"]));
    line.run_until(400);
    let want = ["card 5CBBE5D5", "card 04A2B3C4D5E680", "text 5201900012345", "text 5201900012345"];
    assert_eq!(line.cards(), want);
    let exchanges = [
        "0000FF 0FF1 D4 40 01 60 04 FFFFFFFFFFFF 5CBBE5D5 BC 00",
        "0000FF 05FB D4 40 01 30 04 B7 00",
        "0000FF 05FB D4 40 02 30 04 B6 00",
    ];
    let at = line.sent.iter().position(|sent| sent.get(6) == Some(&0x40)).unwrap();
    assert_eq!(line.sent[at..at + 3], exchanges.map(bytes));
}

/// Vector P14: a card with another key is told by its number alone, and why once while it lies there.
#[test]
fn a_card_whose_text_cannot_be_read_is_told_once_as_such() {
    let text = Some(TextBlock { block: 4, key: Some(CardKey { bytes: [1; 6], ..KEY }) });
    let mut line = Line::new(Config { text, ..Config::default() }, Chip::new(&[CARD]));
    let refusal = "refused text of a card: MIFARE authentication failed";
    line.run_until(5_000);
    assert_eq!(line.times(refusal).len(), 1, "{:?}", line.log);
    assert!(line.cards().iter().all(|card| *card == "card 5CBBE5D5"));
    line.chip.cards.clear();
    line.run_until(6_000);
    line.chip.cards = [CARD.to_string()].into();
    line.run_until(8_000);
    assert_eq!(line.times(refusal).len(), 2);
}

#[test]
fn a_blank_block_and_a_short_one_are_no_text() {
    let text = Some(TextBlock { block: 4, key: None });
    for block in [&[0; 16][..], b"5201900012345"] {
        let mut line = Line::new(Config { text, ..Config::default() }, Chip::new(&[CARD]));
        line.chip.block = block.to_vec();
        line.run_until(1_000);
        assert!(line.cards().iter().all(|card| *card == "card 5CBBE5D5"), "{:?}", line.log);
        assert_eq!(line.times("refused text of a card: none there").len(), 1);
    }
}
