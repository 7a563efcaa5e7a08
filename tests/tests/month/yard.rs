//! The world: lorries that come and go all day, the steel that they pass, and a queue of what happens when. It holds what is due soon, and
//! nothing of what is over, so that a month is as long as it is and no longer.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use gate_agent::{
    clock::Clock as _,
    decision::{Medium, Reading, Standing},
    lane::{Arm, Input, Level, LoopPlace},
};
use kakou_tests::chance::Chance;
use protocols::{contract::RaiseOutcome, ids::MediumType};

use super::{
    centre::Centre,
    clock::{DriftingClock, Micros, SECOND},
    gate::{Gate, Order},
    line::Drained,
    plan,
};

pub(crate) const DAY: Micros = 86_400 * SECOND;
/// A lorry goes out so long after it came in; nobody overtakes.
const STAYS: Micros = 7_200 * SECOND;
/// From the approach loop to the closed arm nobody takes longer.
const PASSAGE: Micros = 15 * SECOND;
const ARM: Micros = 800_000;
/// One lorry in so many slots is turned away: it is denied, or nobody has declared it, by turns.
const STRANGERS: u64 = 25;
/// While the line holds, the gate says hello so often (`sync::line`).
const GREETS: Micros = 600 * SECOND;
/// More in a day than two lanes of one gate can take.
const MOST: u64 = 4_000;

/// On the way through, after the arm is up.
const DRIVE: [(Micros, LoopPlace, Level); 5] = [
    (400_000, LoopPlace::Safety, Level::Occupied),
    (900_000, LoopPlace::Approach, Level::Free),
    (1_100_000, LoopPlace::Exit, Level::Occupied),
    (1_600_000, LoopPlace::Safety, Level::Free),
    (2_000_000, LoopPlace::Exit, Level::Free),
];

#[derive(Clone, Copy, Debug)]
enum Happening {
    /// The so-manieth slot of the way in begins.
    Slot(u64),
    /// A lorry drives up to a lane.
    Comes(usize, u64),
    /// It turns round before the closed arm.
    Turns(usize),
    /// The camera tells its plate.
    Reads(usize, u64),
    Loop(usize, LoopPlace, Level),
    Arm(usize, Arm),
    /// The lane's deadline.
    Wake(usize),
    Greets,
}

pub(crate) struct Yard {
    pub(crate) now: Micros,
    due: BTreeMap<(Micros, u64), Happening>,
    number: u64,
    pub(crate) chance: Chance,
    pub(crate) gate: Gate,
    pub(crate) centre: Centre,
    pub(crate) line_is_up: bool,
    pub(crate) drained: Drained,
    slot: Micros,
    /// How many slots there are in all.
    slots: u64,
    /// Nobody comes who would not be through by then.
    end: Micros,
    /// Who stands in each lane, and what wakes the lane next.
    standing: [Option<u64>; 2],
    wakes: [Micros; 2],
    /// By their numbers: who came in, who went out.
    pub(crate) came: u64,
    pub(crate) left: u64,
    pub(crate) strangers: u64,
    pub(crate) pulses: u64,
}

impl Yard {
    /// A yard in which lorries make so many passages a day, half of them in and half out, and whose gate has its index already.
    pub(crate) fn new(folder: &Path, days: u64, a_day: u64, ppm: i64) -> Self {
        assert!((2..=MOST).contains(&a_day), "{a_day} passages a day: between 2 and {MOST} are possible");
        let slots = days * a_day / 2;
        let clock = Arc::new(DriftingClock::new(plan::start(), ppm));
        let mut yard = Self {
            now: 0,
            due: BTreeMap::new(),
            number: 0,
            chance: Chance::from(days * a_day),
            gate: Gate::new(folder, clock),
            // One more than come: that one is denied.
            centre: Centre::new(slots + 1),
            line_is_up: true,
            drained: Drained::default(),
            slot: 2 * DAY / a_day,
            slots,
            end: days * DAY,
            standing: [None; 2],
            wakes: [0; 2],
            came: 0,
            left: 0,
            strangers: 0,
            pulses: 0,
        };
        yard.centre.feed.deny(plan::plate(slots + 1), plan::start());
        yard.talk();
        yard.gate.begins();
        yard.later(0, Happening::Slot(0));
        yard.later(GREETS, Happening::Greets);
        yard
    }

    fn later(&mut self, after: Micros, happening: Happening) {
        self.number += 1;
        self.due.insert((self.now + after, self.number), happening);
    }

    /// Lives until then.
    pub(crate) fn lives_until(&mut self, end: Micros) {
        while let Some(next) = self.due.first_entry().filter(|next| next.key().0 <= end) {
            let (at, happening) = (next.key().0, next.remove());
            self.comes_to(at);
            self.happens(happening);
            assert!(self.due.len() < 500, "fault C1: {} happenings are due", self.due.len());
        }
        self.comes_to(end);
    }

    fn comes_to(&mut self, now: Micros) {
        self.now = now;
        self.gate.clock.goes_to(now);
        self.centre.now = self.gate.clock.true_time();
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Slot(slot) => self.slot_begins(slot),
            Happening::Comes(l, serial) => {
                assert!(self.gate.is_idle(l) && self.standing[l].is_none(), "lane {l} is not free");
                self.standing[l] = Some(serial);
                self.tells(l, Input::Loop(LoopPlace::Approach, Level::Occupied));
                let after = 200_000 + self.chance.below(600_000);
                self.later(after, Happening::Reads(l, serial));
            }
            Happening::Turns(l) => {
                assert!(self.standing[l].take().is_some(), "who turns round in lane {l} stands there");
                self.tells(l, Input::Loop(LoopPlace::Approach, Level::Free));
            }
            Happening::Reads(l, serial) => self.reads(l, serial),
            Happening::Loop(l, place, level) => {
                if (place, level) == (LoopPlace::Exit, Level::Free) {
                    self.is_through(l);
                }
                self.tells(l, Input::Loop(place, level));
            }
            Happening::Arm(l, arm) => {
                self.tells(l, Input::Arm(arm));
                if arm == Arm::Open {
                    self.tells(l, Input::Raised(RaiseOutcome::Raised));
                    for (after, place, level) in DRIVE {
                        self.later(after, Happening::Loop(l, place, level));
                    }
                }
            }
            Happening::Wake(l) => {
                if self.wakes[l] == self.now {
                    self.wakes[l] = 0;
                    self.tells(l, Input::Deadline);
                }
            }
            Happening::Greets => {
                if self.line_is_up {
                    self.talk();
                }
                self.later(GREETS, Happening::Greets);
            }
        }
    }

    fn slot_begins(&mut self, slot: u64) {
        if slot >= self.slots {
            return;
        }
        let after = self.chance.below(self.slot / 2);
        self.later(after, Happening::Comes(0, slot + 1));
        if slot % STRANGERS == STRANGERS - 1 {
            self.strangers += 1;
            let serial = self.slots + 1 + self.strangers % 2 * (1 + self.strangers);
            self.later(self.slot / 4 * 3, Happening::Comes(0, serial));
            self.later(self.slot / 4 * 3 + 6 * SECOND, Happening::Turns(0));
        }
        self.later(self.slot, Happening::Slot(slot + 1));
    }

    fn reads(&mut self, l: usize, serial: u64) {
        let medium = Medium {
            medium_type: MediumType::Plate,
            key: plan::plate(serial),
            raw: None,
            device: "camera".into(),
            tid: None,
            confidence: Some(990),
            signal: None,
            looks: 1,
            standing: Standing::Counts,
            at: self.gate.clock.tick(),
        };
        self.tells(l, Input::Read(Reading::Medium(medium)));
    }

    fn is_through(&mut self, l: usize) {
        let serial = self.standing[l].take().unwrap();
        if l == 1 {
            self.left += 1;
            assert_eq!(serial, self.left, "nobody overtakes");
            return;
        }
        self.came += 1;
        assert_eq!(serial, self.came, "nobody overtakes");
        if self.now + STAYS + PASSAGE < self.end {
            self.later(STAYS, Happening::Comes(1, serial));
        }
    }

    /// A lane hears something; what it asks of its arm comes later, and so does its deadline.
    fn tells(&mut self, l: usize, input: Input) {
        for order in self.gate.step(l, input) {
            match order {
                Order::Raise => {
                    self.pulses += 1;
                    self.later(ARM, Happening::Arm(l, Arm::Open));
                }
                Order::Lower => self.later(ARM, Happening::Arm(l, Arm::Closed)),
            }
        }
        let Some(deadline) = self.gate.deadline(l) else { return };
        let wake = self.gate.clock.when(deadline).max(self.now + 1);
        if self.wakes[l] != wake {
            self.wakes[l] = wake;
            self.later(wake - self.now, Happening::Wake(l));
        }
    }
}
