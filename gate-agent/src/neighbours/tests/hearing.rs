//! What is taken of pages that come late, twice, in another order or not at all.

use std::collections::BTreeSet;

use proptest::prelude::*;
use protocols::contract::{ActsPage, Applied, AskActs, EventType, GateAct, Hash, IndexMark, Shown};

use super::{act, page};
use crate::neighbours::{
    Past,
    hearing::{Heard, Hearing},
};

/// Every page of these tests is of it.
fn past() -> Past {
    let mut past = Past::default();
    past.came_to(Some(here()));
    past
}

fn here() -> IndexMark {
    IndexMark { revision: 5, mark: Hash([7; 32]) }
}

fn numbers(acts: &[GateAct]) -> Vec<u64> {
    acts.iter().map(|act| act.seq).collect()
}

fn pass(seq: u64) -> GateAct {
    act(seq, EventType::Pass, seq)
}

/// SG-249: pages in order are taken as they come; one that was heard brings nothing new.
#[test]
fn pages_in_order_are_taken_once() {
    let mut hearing = Hearing::default();
    let (first, second) = (page(0, 5, 5, &[pass(2), pass(5)]), page(5, 8, 8, &[pass(7)]));
    assert_eq!(numbers(&hearing.hear(&first, None, &past()).acts), [2, 5]);
    assert_eq!(hearing.hear(&first, None, &past()), Heard::default());
    assert_eq!(numbers(&hearing.hear(&second, None, &past()).acts), [7]);
    assert_eq!(hearing.reached, Applied { epoch: 1, seq: 8 });
    // It overlaps with what is known.
    assert_eq!(
        numbers(&hearing.hear(&page(4, 10, 10, &[pass(5), pass(7), pass(9)]), None, &past()).acts),
        [9]
    );
}

/// SG-249: what lies between is asked for before anything later is taken, and so is what lies behind a page.
#[test]
fn what_was_missed_is_asked_for() {
    let mut hearing = Hearing::default();
    hearing.hear(&page(0, 5, 5, &[pass(2)]), None, &past());
    let missed = hearing.hear(&page(9, 12, 12, &[pass(10)]), None, &past());
    let asked = AskActs { epoch: 1, after: 5 };
    assert_eq!(missed, Heard { ask: Some(asked), ..Heard::default() });
    let more = hearing.hear(&page(5, 9, 12, &[pass(8)]), None, &past());
    assert_eq!((numbers(&more.acts), more.ask), (vec![8], Some(AskActs { epoch: 1, after: 9 })));
    let rest = hearing.hear(&page(9, 12, 12, &[pass(10)]), None, &past());
    assert_eq!((numbers(&rest.acts), rest.ask), (vec![10], None));
}

/// What the index shows is neither asked for nor held, once the index here has come so far.
#[test]
fn what_the_index_shows_is_forgotten() {
    let mut hearing = Hearing::default();
    let shown = |seq, revision| Shown { seq, revision };
    let far = ActsPage { shown: shown(90, 77), ..page(90, 95, 95, &[pass(92)]) };
    assert_eq!(
        hearing.hear(&far, Some(76), &past()).ask,
        Some(AskActs { epoch: 1, after: 0 }),
        "the index is older"
    );
    let heard = hearing.hear(&far, Some(77), &past());
    assert_eq!((numbers(&heard.acts), heard.ask), (vec![92], None));
    assert_eq!(heard.forget, Some(Applied { epoch: 1, seq: 90 }));
    let later = ActsPage { shown: shown(95, 80), ..page(95, 95, 95, &[]) };
    assert_eq!(hearing.hear(&later, Some(77), &past()).forget, None);
    assert_eq!(hearing.index_reached(Some(79)), None);
    assert_eq!(hearing.index_reached(None), None, "an index in doubt shows nothing");
    assert_eq!(hearing.index_reached(Some(80)), Some(Applied { epoch: 1, seq: 95 }));
    assert_eq!(hearing.index_reached(Some(81)), None);
}

/// What the gate cannot tell any more was acknowledged and cut: nobody asks for it for ever.
#[test]
fn what_was_cut_is_not_asked_for() {
    let mut hearing = Hearing::default();
    let cut = ActsPage { from: 50, ..page(50, 60, 60, &[pass(55)]) };
    let heard = hearing.hear(&cut, None, &past());
    assert_eq!((numbers(&heard.acts), heard.ask), (vec![55], None));
}

/// fault C7: a centre that was restored has lost some of what it had: it is asked for again.
#[test]
fn what_a_restored_centre_has_lost_is_asked_for_again() {
    let mut hearing = Hearing::default();
    hearing.hear(
        &ActsPage { shown: Shown { seq: 90, revision: 77 }, ..page(0, 95, 95, &[]) },
        Some(77),
        &past(),
    );
    assert_eq!((hearing.forgotten, hearing.reached.seq), (90, 95));
    let restored = ActsPage { shown: Shown { seq: 40, revision: 30 }, ..page(95, 95, 95, &[]) };
    assert_eq!(hearing.hear(&restored, None, &past()).ask, Some(AskActs { epoch: 1, after: 40 }));
}

/// fault C7: an index that goes back never showed what it was taken to show, and one of a restored centre may have overtaken the number: all of it is asked for again.
#[test]
fn an_index_of_another_past_shows_nothing() {
    let told = ActsPage { shown: Shown { seq: 90, revision: 77 }, ..page(0, 95, 95, &[]) };
    let mut hearing = Hearing::default();
    hearing.hear(&told, Some(80), &past());
    assert_eq!((hearing.forgotten, hearing.forgotten_at), (90, 80));
    let mut doubted = hearing;
    assert_eq!(hearing.index_reached(Some(30)), None);
    assert_eq!((hearing.forgotten, hearing.reached.seq), (0, 0));
    assert_eq!(
        hearing.hear(&page(95, 95, 95, &[]), Some(30), &past()).ask,
        Some(AskActs { epoch: 1, after: 0 })
    );
    doubted.start_over();
    let again = ActsPage { after: 95, ..told };
    assert_eq!(doubted.hear(&again, None, &past()).ask, Some(AskActs { epoch: 1, after: 0 }));
}

/// fault C7: the neighbour names a lower revision than before: its centre was restored, and the index here may still be of the past before, whatever its number.
#[test]
fn a_lower_revision_is_that_of_another_past() {
    let mut hearing = Hearing::default();
    hearing.hear(
        &ActsPage { shown: Shown { seq: 90, revision: 77 }, ..page(0, 95, 95, &[]) },
        Some(77),
        &past(),
    );
    let restored = ActsPage { shown: Shown { seq: 95, revision: 35 }, ..page(95, 95, 95, &[]) };
    assert_eq!(hearing.hear(&restored, Some(77), &past()).forget, None);
    assert_eq!(
        (hearing.hear(&restored, Some(77), &past()).forget, hearing.index_reached(Some(77))),
        (None, None)
    );
    let mut doubted = hearing;
    assert_eq!(hearing.index_reached(Some(78)), Some(Applied { epoch: 1, seq: 95 }), "the centre has looked");
    doubted.start_over();
    assert_eq!(doubted.hear(&restored, Some(36), &past()).forget, Some(Applied { epoch: 1, seq: 95 }));
}

/// fault C7: a restored centre gives the same numbers again: what a neighbour says by an index that this one has never come through shows nothing here.
#[test]
fn a_neighbour_of_another_past_is_not_believed_about_the_index() {
    let mut hearing = Hearing::default();
    let told = ActsPage { shown: Shown { seq: 90, revision: 77 }, ..page(0, 95, 95, &[pass(3)]) };
    for index in
        [None, Some(IndexMark { mark: Hash([8; 32]), ..here() }), Some(IndexMark { revision: 6, ..here() })]
    {
        assert_eq!(hearing.hear(&ActsPage { index, ..told.clone() }, Some(99), &past()).forget, None);
        assert_eq!(hearing.index_reached(Some(100)), None);
    }
    assert_eq!(hearing.hear(&told, Some(99), &past()).forget, Some(Applied { epoch: 1, seq: 90 }));
}

/// A page that a broker has kept, or somebody else, from before what is known changes nothing.
#[test]
fn an_older_page_brings_nothing() {
    let mut hearing = Hearing::default();
    let early = ActsPage { shown: Shown { seq: 3, revision: 5 }, ..page(5, 8, 8, &[pass(7)]) };
    hearing.hear(
        &ActsPage { shown: Shown { seq: 90, revision: 77 }, ..page(0, 95, 95, &[]) },
        Some(77),
        &past(),
    );
    let before = hearing;
    assert_eq!((hearing.hear(&early, Some(77), &past()), hearing), (Heard::default(), before));
}

/// A new journal has a higher epoch and begins anew; what is told of an older one is over.
#[test]
fn a_new_epoch_begins_anew() {
    let mut hearing = Hearing::default();
    hearing.hear(&page(0, 9, 9, &[pass(3)]), None, &past());
    let next = ActsPage { epoch: 2, ..page(0, 2, 2, &[pass(1)]) };
    assert_eq!(numbers(&hearing.hear(&next, None, &past()).acts), [1]);
    assert_eq!(hearing.hear(&page(9, 12, 12, &[pass(10)]), None, &past()), Heard::default());
    assert_eq!(hearing.reached, Applied { epoch: 2, seq: 2 });
}

proptest! {
    /// SG-249: whatever is lost, doubled and delivered late, when questions are answered in the end every act is known, each once, in order.
    #[test]
    fn nothing_is_missed_and_nothing_taken_twice(
        moves in prop::collection::vec(any::<bool>(), 1..120),
        pages in prop::collection::vec((0_u64..120, 1_u64..30), 0..60),
        (acked, revision) in (0_u64..60, 1_u64..50),
    ) {
        let head = moves.len() as u64;
        let all: Vec<GateAct> = (1..=head).zip(&moves).filter(|(_, moves)| **moves).map(|(seq, _)| pass(seq)).collect();
        let shown = Shown { seq: acked.min(head), revision };
        let cut = |after: u64, length: u64| {
            let (after, to) = (after.min(head), (after + length).min(head));
            let acts: Vec<_> = all.iter().filter(|act| act.seq > after && act.seq <= to).cloned().collect();
            ActsPage { shown, ..page(after, to, head, &acts) }
        };
        let mut hearing = Hearing::default();
        let mut taken = Vec::new();
        for (after, length) in pages {
            taken.extend(numbers(&hearing.hear(&cut(after, length), Some(25), &past()).acts));
        }
        let mut ask = hearing.hear(&cut(head, 0), Some(25), &past()).ask;
        let mut questions = 0;
        while let Some(AskActs { after, .. }) = ask {
            let heard = hearing.hear(&cut(after, 7), Some(25), &past());
            taken.extend(numbers(&heard.acts));
            ask = heard.ask;
            questions += 1;
            prop_assert!(questions <= 120, "it asks for ever");
        }
        let is_sorted = taken.windows(2).all(|pair| pair[0] < pair[1]);
        prop_assert!(is_sorted, "{taken:?}");
        let needed: BTreeSet<u64> = numbers(&all).into_iter().filter(|seq| *seq > hearing.forgotten).collect();
        let known: BTreeSet<u64> = taken.into_iter().collect();
        prop_assert!(needed.is_subset(&known), "{needed:?} {known:?}");
    }
}
