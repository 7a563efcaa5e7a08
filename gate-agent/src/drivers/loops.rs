//! 地感与限位: from input bits to what a lane is told of loops and arm.
//! Promises: occupied counts at once, free only after staying free for the settle time; unknown ends both; only changes
//! are told, and a change that a full lane could not take is told again at the next sample.
//! Absent: what a lane does with it; the bus.
//! Source: safety rules of the bus (unknown counts as occupied); LoopPlace and Arm of `lane`.

use std::time::Duration;

use protocols::{
    relay::board::{Board, Sensor},
    tick::Tick,
};

use super::link::LaneLink;
use crate::lane::{Arm, Input, Level, LoopPlace};

/// One loop, debounced.
#[derive(Debug)]
struct Loop {
    place: LoopPlace,
    sensors: &'static [Sensor],
    /// Since when it has been free without a break.
    free_since: Option<Tick>,
    now: Level,
    told: Level,
}

impl Loop {
    const fn new(place: LoopPlace, sensors: &'static [Sensor]) -> Self {
        Self { place, sensors, free_since: None, now: Level::Unknown, told: Level::Unknown }
    }

    fn sample(&mut self, occupied: bool, at: Tick, settle: Duration) {
        if occupied {
            self.free_since = None;
            self.now = Level::Occupied;
            return;
        }
        let since = *self.free_since.get_or_insert(at);
        if at.since(since) >= settle {
            self.now = Level::Free;
        }
    }

    fn unknown(&mut self) {
        self.free_since = None;
        self.now = Level::Unknown;
    }

    /// When it will have been free for long enough; none when nothing is awaited.
    fn settles(&self, settle: Duration) -> Option<Tick> {
        self.free_since.filter(|_| self.now != Level::Free).map(|since| since + settle)
    }
}

/// What the inputs of one lane say.
#[derive(Debug)]
pub(super) struct Sensors {
    loops: [Loop; 3],
    arm: Arm,
    arm_told: Arm,
    settle: Duration,
}

impl Sensors {
    pub(super) const fn new(settle: Duration) -> Self {
        Self {
            loops: [
                Loop::new(LoopPlace::Approach, &[Sensor::ApproachLoop]),
                // Whatever breaks the beam stands under the arm as much as what the loop feels.
                Loop::new(LoopPlace::Safety, &[Sensor::SafetyLoop, Sensor::PhotoBeam]),
                Loop::new(LoopPlace::Exit, &[Sensor::ExitLoop]),
            ],
            arm: Arm::Unknown,
            arm_told: Arm::Unknown,
            settle,
        }
    }

    /// Takes a sample of the board's inputs, shifted so that the lane's own begin at bit 0.
    pub(super) fn sample(&mut self, board: &Board, bits: u32, at: Tick) {
        for place in &mut self.loops {
            let speaks: Vec<bool> =
                place.sensors.iter().filter_map(|sensor| board.senses(*sensor, bits)).collect();
            if !speaks.is_empty() {
                place.sample(speaks.contains(&true), at, self.settle);
            }
        }
        let limit = |sensor| board.senses(sensor, bits);
        self.arm = match (limit(Sensor::OpenLimit), limit(Sensor::ClosedLimit)) {
            (Some(true), Some(true)) | (None, None) => Arm::Unknown,
            (Some(true), _) => Arm::Open,
            (_, Some(true)) => Arm::Closed,
            _ => Arm::Between,
        };
    }

    /// Takes what one loop tells by itself; none when nobody knows.
    pub(super) fn place(&mut self, place: LoopPlace, occupied: Option<bool>, at: Tick) {
        let settle = self.settle;
        for one in self.loops.iter_mut().filter(|one| one.place == place) {
            match occupied {
                Some(occupied) => one.sample(occupied, at, settle),
                None => one.unknown(),
            }
        }
    }

    /// Time has passed, and nothing was told: what is still free may count as free now.
    pub(super) fn settle(&mut self, at: Tick) {
        let settle = self.settle;
        for one in &mut self.loops {
            if one.settles(settle).is_some_and(|due| at >= due) {
                one.now = Level::Free;
            }
        }
    }

    /// When `settle` has something to do.
    pub(super) fn wake(&self) -> Option<Tick> {
        self.loops.iter().filter_map(|one| one.settles(self.settle)).min()
    }

    /// Takes where the arm says that it is.
    pub(super) fn arm_is(&mut self, arm: Arm) {
        self.arm = arm;
    }

    /// Whether that loop is known to be free.
    pub(super) fn is_free(&self, place: LoopPlace) -> bool {
        self.loops.iter().any(|one| one.place == place && one.now == Level::Free)
    }

    /// Nothing is known any more.
    pub(super) fn unknown(&mut self) {
        self.loops.iter_mut().for_each(Loop::unknown);
        self.arm = Arm::Unknown;
    }

    /// Where the arm is.
    pub(super) const fn arm(&self) -> Arm {
        self.arm
    }

    /// Whether the space under the arm is known to be free, or nothing is wired to know it.
    pub(super) fn clear_below(&self, board: &Board) -> bool {
        self.loops.iter().filter(|place| place.place == LoopPlace::Safety).all(|place| {
            let wired = place.sensors.iter().any(|sensor| board.senses(*sensor, 0).is_some());
            !wired || place.now == Level::Free
        })
    }

    /// Tells the lane what has changed.
    pub(super) fn tell(&mut self, link: &LaneLink) {
        for place in &mut self.loops {
            if place.now != place.told && link.tell(Input::Loop(place.place, place.now)) {
                place.told = place.now;
            }
        }
        if self.arm != self.arm_told && link.tell(Input::Arm(self.arm)) {
            self.arm_told = self.arm;
        }
    }
}

#[cfg(test)]
mod tests {
    use protocols::relay::board::PulseStyle;
    use tokio::sync::mpsc;

    use super::*;

    const APPROACH: u32 = 1 << 2;
    const SAFETY: u32 = 1 << 3;
    const BEAM: u32 = 1 << 5;
    const OPEN: u32 = 1;
    const CLOSED: u32 = 1 << 1;

    struct Bench {
        sensors: Sensors,
        board: Board,
        link: LaneLink,
        inbox: mpsc::Receiver<Input>,
    }

    fn bench(room: usize) -> Bench {
        let (sender, inbox) = mpsc::channel(room);
        let sensors = Sensors::new(Duration::from_millis(300));
        Bench { sensors, board: Board::lane(1, PulseStyle::Timed), link: LaneLink::new(sender), inbox }
    }

    impl Bench {
        /// Samples, and what the lane is told, in short words.
        fn at(&mut self, ms: u64, bits: u32) -> Vec<String> {
            self.sensors.sample(&self.board, bits, Tick::from_millis(ms));
            self.told()
        }

        fn told(&mut self) -> Vec<String> {
            self.sensors.tell(&self.link);
            let mut told = Vec::new();
            while let Ok(input) = self.inbox.try_recv() {
                told.push(match input {
                    Input::Loop(place, level) => format!("{place:?} {level:?}"),
                    Input::Arm(arm) => format!("arm {arm:?}"),
                    other => panic!("{other:?}"),
                });
            }
            told
        }
    }

    #[test]
    fn occupied_counts_at_once_and_free_only_after_it_settled() {
        let mut bench = bench(16);
        assert_eq!(bench.at(0, APPROACH | CLOSED), ["Approach Occupied", "arm Closed"]);
        assert_eq!(bench.at(50, CLOSED), [""; 0]);
        assert_eq!(bench.at(300, CLOSED), ["Safety Free", "Exit Free"], "approach is free since 50 only");
        assert_eq!(bench.at(340, APPROACH | CLOSED), [""; 0], "a break starts it anew");
        assert_eq!(bench.at(360, CLOSED), [""; 0]);
        assert_eq!(bench.at(659, CLOSED), [""; 0]);
        assert_eq!(bench.at(660, CLOSED), ["Approach Free"]);
    }

    #[test]
    fn the_beam_counts_as_the_safety_loop() {
        let mut bench = bench(16);
        assert_eq!(bench.at(0, BEAM | CLOSED)[0], "Safety Occupied");
        assert!(!bench.sensors.clear_below(&bench.board));
        bench.at(100, CLOSED);
        bench.at(400, CLOSED);
        assert!(bench.sensors.clear_below(&bench.board));
        bench.at(450, SAFETY | CLOSED);
        assert!(!bench.sensors.clear_below(&bench.board));
    }

    #[test]
    fn a_gap_makes_everything_unknown_and_free_must_settle_again() {
        let mut bench = bench(16);
        bench.at(0, CLOSED);
        bench.at(300, CLOSED);
        bench.sensors.unknown();
        assert_eq!(bench.told(), ["Approach Unknown", "Safety Unknown", "Exit Unknown", "arm Unknown"]);
        assert!(!bench.sensors.clear_below(&bench.board));
        assert_eq!(bench.at(2000, CLOSED), ["arm Closed"]);
        assert_eq!(bench.at(2300, CLOSED), ["Approach Free", "Safety Free", "Exit Free"]);
    }

    /// fault D6: contradicting feedback is no position.
    #[test]
    fn both_limits_at_once_are_no_position() {
        let mut bench = bench(16);
        assert_eq!(bench.at(0, OPEN), ["arm Open"]);
        assert_eq!(bench.at(50, 0), ["arm Between"]);
        assert_eq!(bench.at(100, OPEN | CLOSED), ["arm Unknown"]);
    }

    #[test]
    fn what_a_full_lane_could_not_take_is_told_at_the_next_sample() {
        let mut bench = bench(1);
        assert_eq!(bench.at(0, APPROACH | CLOSED), ["Approach Occupied"]);
        assert_eq!(bench.at(50, APPROACH | CLOSED), ["arm Closed"]);
        assert_eq!(bench.at(100, APPROACH | CLOSED), [""; 0]);
    }
}
