//! 在场卡: who lies on the reader, and who of them is to be told now.
//! Promises: a card that comes is told at once, one that stays is told again after the repeat time and never twice within
//! `REPEAT_MIN`, not even when it left and came back; two polls without it mean that it is gone; memory is bounded.
//! A phone, which makes up a new number for each poll, counts as one card that stays.
//! Absent: which lane or passage a card belongs to.
//! Source: the page's polling rule (two empty polls); fault D4, fault D5.

use crate::ids::CardUid;
use crate::tick::Tick;
use alloc::vec::Vec;
use core::time::Duration;

/// No card is told more often.
pub(super) const REPEAT_MIN: Duration = Duration::from_millis(500);
/// So many polls without a card mean that it is gone.
const GONE: u8 = 2;
/// Two cards a poll, polls 100 ms apart, each remembered for 500 ms: never more than this.
const MOST: usize = 16;

#[derive(Clone, Debug)]
struct Card {
    uid: CardUid,
    told: Tick,
    /// Polls in a row that did not list it.
    missed: u8,
    /// That its text cannot be read was told since it came.
    complained: bool,
}

/// The cards of one reader.
#[derive(Clone, Debug, Default)]
pub(super) struct Presence {
    cards: Vec<Card>,
}

impl Presence {
    /// Takes in what one poll listed; whether the card in each place is to be told now.
    pub(super) fn listed(&mut self, listed: &[CardUid], repeat: Duration, now: Tick) -> Vec<bool> {
        for card in &mut self.cards {
            let here = listed.iter().any(|uid| same(uid, &card.uid));
            card.missed = if here { card.missed } else { card.missed.saturating_add(1) };
        }
        let due = listed.iter().map(|uid| self.due(uid, repeat, now)).collect();
        self.cards.retain(|card| card.missed < GONE || now.since(card.told) < REPEAT_MIN);
        due
    }

    /// Whether it is worth telling that this card's text cannot be read: once while it lies there.
    pub(super) fn complain(&mut self, uid: &CardUid) -> bool {
        let card = self.cards.iter_mut().find(|card| same(uid, &card.uid));
        card.is_some_and(|card| !core::mem::replace(&mut card.complained, true))
    }

    /// Nobody knows any more who lies there.
    pub(super) fn forget(&mut self) {
        self.cards.clear();
    }

    fn due(&mut self, uid: &CardUid, repeat: Duration, now: Tick) -> bool {
        let Some(card) = self.cards.iter_mut().find(|card| same(uid, &card.uid)) else {
            if self.cards.len() >= MOST {
                self.cards.remove(0);
            }
            self.cards.push(Card { uid: uid.clone(), told: now, missed: 0, complained: false });
            return true;
        };
        let pause = if card.missed < GONE { repeat.max(REPEAT_MIN) } else { REPEAT_MIN };
        let due = now.since(card.told) >= pause;
        if due {
            card.complained &= card.missed < GONE;
            (card.told, card.missed) = (now, 0);
        } else if card.missed < GONE {
            // One that came back too soon stays gone until it is told.
            card.missed = 0;
        }
        due
    }
}

/// Whether two numbers are one card as far as anybody can tell.
fn same(one: &CardUid, other: &CardUid) -> bool {
    one == other || (one.is_random() && other.is_random())
}

#[cfg(test)]
mod tests {
    use super::Presence;
    use crate::ids::CardUid;
    use crate::tick::Tick;
    use alloc::format;
    use alloc::vec::Vec;
    use core::time::Duration;

    const REPEAT: Duration = Duration::from_secs(2);

    /// When a card was told, from polls every 100 ms that list it where `here` has a `#`.
    fn told(here: &str, repeat: Duration, uid: impl Fn(u64) -> CardUid) -> Vec<u64> {
        let mut presence = Presence::default();
        let polls = (0_u64..).zip(here.chars());
        let told = polls.filter_map(|(poll, c)| {
            let listed: Vec<CardUid> = (c == '#').then(|| uid(poll)).into_iter().collect();
            let due = presence.listed(&listed, repeat, Tick::from_millis(poll * 100));
            due.contains(&true).then_some(poll * 100)
        });
        told.collect()
    }

    fn card(_: u64) -> CardUid {
        CardUid::parse("5CBBE5D5").unwrap()
    }

    #[test]
    fn a_card_that_stays_is_told_again_only_after_the_repeat_time() {
        assert_eq!(told(&"#".repeat(45), REPEAT, card), [0, 2000, 4000]);
        assert_eq!(told(&"#".repeat(12), Duration::ZERO, card), [0, 500, 1000]);
        assert_eq!(told("#.#.#.#.#.", REPEAT, card), [0], "one missed poll is no absence");
    }

    #[test]
    fn a_card_that_left_is_told_when_it_comes_back_but_never_twice_within_half_a_second() {
        assert_eq!(told("#......#", REPEAT, card), [0, 700]);
        assert_eq!(told("#..#######", REPEAT, card), [0, 500]);
        assert_eq!(told("#..#..#..#..#..#", REPEAT, card), [0, 600, 1200]);
    }

    #[test]
    fn what_is_wrong_with_a_card_is_told_once_while_it_lies_there() {
        let mut presence = Presence::default();
        let mut poll = |ms: u64, here: bool| {
            let listed = if here { [card(0)].to_vec() } else { Vec::new() };
            presence.listed(&listed, Duration::ZERO, Tick::from_millis(ms));
            here && presence.complain(&card(0))
        };
        assert!(poll(0, true) && !poll(100, true) && !poll(600, true));
        assert!(!poll(700, false) && !poll(800, false) && poll(1_100, true), "it was gone");
        assert!(!Presence::default().complain(&card(0)), "nobody is there");
    }

    /// A number beginning with 08 is made up for one session.
    #[test]
    fn a_phone_that_makes_up_numbers_counts_as_one_card() {
        let phone = |poll| CardUid::parse(&format!("08{poll:06X}")).unwrap();
        assert_eq!(told(&"#".repeat(12), Duration::ZERO, phone), [0, 500, 1000]);
    }

    /// fault D4: thousands of different cards take no memory.
    #[test]
    fn many_cards_are_forgotten_again() {
        let mut presence = Presence::default();
        for number in 0..10_000_u32 {
            let uid = CardUid::parse(&format!("5C{number:06X}")).unwrap();
            let due = presence.listed(&[uid], REPEAT, Tick::from_millis(u64::from(number)));
            assert_eq!(due, [true]);
            assert!(presence.cards.len() <= super::MOST);
        }
    }
}
