//! The barrier behind a board: an arm that takes time, two limit switches and its own safety loop.
//! Promises: pure, `now` is an argument; every movement is told once, in order, with the moment at which it happened;
//! the arm never closes onto an occupied safety loop, whoever asks.
//! Absent: closing by itself (a gate's barrier closes on command only), the coils (a rising edge is one `command`).
//! Source: usual loop-controlled boom barriers; docs of the lane map in `protocols::relay`.

use alloc::collections::VecDeque;
use core::time::Duration;
use protocols::tick::Tick;

/// Millionths of the way up; exact enough that a turned-round arm keeps its place.
const UP: u64 = 1_000_000;

/// How a barrier behaves, well or badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// From closed to open.
    pub rise: Duration,
    /// From open to closed.
    pub fall: Duration,
    /// The motor takes commands and does not move.
    pub stuck: bool,
    /// What the limit switches say.
    pub feedback: Feedback,
    /// Travel times are this many times as long; 0 and 1 are as they stand.
    pub slow: u32,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            rise: Duration::from_millis(1200),
            fall: Duration::from_millis(1500),
            stuck: false,
            feedback: Feedback::True,
            slow: 1,
        }
    }
}

/// 限位开关: what the two limit switches tell of the arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// Where the arm is.
    True,
    /// Neither limit, ever: a cut cable.
    None,
    /// Both limits at once: a contradiction.
    Both,
}

/// 栏杆命令: what a pulse on a coil asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Raise the arm.
    Open,
    /// Lower the arm.
    Close,
    /// Stand still where it is.
    Stop,
}

/// What the arm did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// It began to rise.
    RiseStarted,
    /// It reached the open limit.
    Opened,
    /// It began to close.
    CloseStarted,
    /// It reached the closed limit.
    Closed,
    /// It stands between the limits, on command.
    Stopped,
    /// It was closing, the safety loop became occupied, and it rises again.
    Reversed,
    /// It was told to close over an occupied safety loop and did not.
    CloseRefused,
    /// A command came and the stuck motor did nothing.
    Ignored,
    /// Somebody moved it by hand, up or down; it is there now.
    Forced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Motion {
    Still,
    Rising,
    Falling,
}

/// 栏杆: one barrier.
#[derive(Clone, Debug)]
pub struct Barrier {
    knobs: Knobs,
    motion: Motion,
    /// Place and moment from which the motion counts.
    from: u64,
    since: Tick,
    obstructed: bool,
    done: VecDeque<(Tick, Movement)>,
}

impl Barrier {
    /// A closed barrier.
    #[must_use]
    pub fn new(knobs: Knobs) -> Self {
        Self {
            knobs,
            motion: Motion::Still,
            from: 0,
            since: Tick::default(),
            obstructed: false,
            done: VecDeque::new(),
        }
    }

    /// How it behaves.
    #[must_use]
    pub fn knobs(&self) -> Knobs {
        self.knobs
    }

    /// Makes it behave otherwise from now on; an arm under way goes on from where it is, a stuck one stops there.
    pub fn set_knobs(&mut self, knobs: Knobs, now: Tick) {
        self.settle(now);
        self.from = self.place(now);
        self.since = now;
        self.knobs = knobs;
        if knobs.stuck && self.motion != Motion::Still {
            self.motion = Motion::Still;
            self.done.push_back((now, Movement::Stopped));
        }
    }

    /// A pulse arrived.
    pub fn command(&mut self, command: Command, now: Tick) {
        self.settle(now);
        if self.knobs.stuck {
            self.done.push_back((now, Movement::Ignored));
            return;
        }
        match command {
            Command::Open => self.raise(Movement::RiseStarted, now),
            Command::Close if self.obstructed => self.done.push_back((now, Movement::CloseRefused)),
            Command::Close if self.motion != Motion::Falling && self.place(now) > 0 => {
                self.turn(Motion::Falling, now);
                self.done.push_back((now, Movement::CloseStarted));
            }
            Command::Close => {}
            Command::Stop if self.motion != Motion::Still => {
                self.turn(Motion::Still, now);
                self.done.push_back((now, Movement::Stopped));
            }
            Command::Stop => {}
        }
    }

    /// The safety loop under the arm changed.
    pub fn safety(&mut self, occupied: bool, now: Tick) {
        self.settle(now);
        self.obstructed = occupied;
        if occupied && self.motion == Motion::Falling {
            self.raise(Movement::Reversed, now);
        }
    }

    /// Somebody moves the arm by hand, all the way: a movement without a command.
    pub fn force(&mut self, open: bool, now: Tick) {
        self.settle(now);
        self.motion = Motion::Still;
        self.from = if open { UP } else { 0 };
        self.since = now;
        self.done.push_back((now, Movement::Forced));
    }

    /// The next thing that the arm did until `now`; call until `None`.
    pub fn advance(&mut self, now: Tick) -> Option<(Tick, Movement)> {
        self.settle(now);
        self.done.pop_front()
    }

    /// When the arm reaches a limit next, if it moves.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        match self.motion {
            Motion::Still => None,
            Motion::Rising => Some(self.since + self.travel(self.knobs.rise, UP - self.from)),
            Motion::Falling => Some(self.since + self.travel(self.knobs.fall, self.from)),
        }
    }

    /// Whether the arm is truly up, whatever the switches say: what a driver sees.
    #[must_use]
    pub fn is_up(&self, now: Tick) -> bool {
        self.place(now) == UP
    }

    /// Whether the arm is truly down: what a driver sees.
    #[must_use]
    pub fn is_down(&self, now: Tick) -> bool {
        self.place(now) == 0
    }

    /// How far up the arm is, in percent.
    #[must_use]
    pub fn percent(&self, now: Tick) -> u8 {
        u8::try_from(self.place(now) * 100 / UP).unwrap_or(100)
    }

    /// The open limit switch.
    #[must_use]
    pub fn open_limit(&self, now: Tick) -> bool {
        self.switch(self.is_up(now))
    }

    /// The closed limit switch.
    #[must_use]
    pub fn closed_limit(&self, now: Tick) -> bool {
        self.switch(self.is_down(now))
    }

    fn switch(&self, truth: bool) -> bool {
        match self.knobs.feedback {
            Feedback::True => truth,
            Feedback::None => false,
            Feedback::Both => true,
        }
    }

    fn raise(&mut self, why: Movement, now: Tick) {
        if self.motion != Motion::Rising && self.place(now) < UP {
            self.turn(Motion::Rising, now);
            self.done.push_back((now, why));
        }
    }

    fn turn(&mut self, motion: Motion, now: Tick) {
        self.from = self.place(now);
        self.since = now;
        self.motion = motion;
    }

    /// Ends a motion whose limit was reached, at the moment at which it was.
    fn settle(&mut self, now: Tick) {
        let Some(at) = self.wake().filter(|at| *at <= now) else { return };
        let (place, what) = match self.motion {
            Motion::Rising => (UP, Movement::Opened),
            Motion::Falling | Motion::Still => (0, Movement::Closed),
        };
        (self.from, self.since, self.motion) = (place, at, Motion::Still);
        self.done.push_back((at, what));
    }

    fn place(&self, now: Tick) -> u64 {
        let gone = |whole: Duration| {
            let whole = micros(whole * self.knobs.slow.max(1)).max(1);
            UP.saturating_mul(micros(now.since(self.since))) / whole
        };
        match self.motion {
            Motion::Still => self.from,
            Motion::Rising => (self.from + gone(self.knobs.rise)).min(UP),
            Motion::Falling => self.from.saturating_sub(gone(self.knobs.fall)),
        }
    }

    fn travel(&self, whole: Duration, way: u64) -> Duration {
        let whole = micros(whole * self.knobs.slow.max(1));
        Duration::from_micros((whole.saturating_mul(way)).div_ceil(UP))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Barrier, Command, Feedback, Knobs, Movement};
    use alloc::vec::Vec;
    use core::time::Duration;
    use protocols::tick::Tick;

    fn at(millis: u64) -> Tick {
        Tick::from_millis(millis)
    }

    fn barrier() -> Barrier {
        Barrier::new(Knobs { rise: Duration::from_secs(1), fall: Duration::from_secs(2), ..Knobs::default() })
    }

    fn told(barrier: &mut Barrier, until: u64) -> Vec<(u64, Movement)> {
        core::iter::from_fn(|| barrier.advance(at(until)))
            .map(|(tick, what)| (tick.as_micros() / 1000, what))
            .collect()
    }

    #[test]
    fn an_open_command_takes_the_travel_time_and_shows_at_the_limits() {
        let mut barrier = barrier();
        assert!(barrier.closed_limit(at(0)) && !barrier.open_limit(at(0)));
        barrier.command(Command::Open, at(100));
        assert_eq!(barrier.wake(), Some(at(1100)));
        assert!(!barrier.closed_limit(at(600)) && !barrier.open_limit(at(600)));
        assert_eq!(barrier.percent(at(600)), 50);
        assert_eq!(told(&mut barrier, 5000), [(100, Movement::RiseStarted), (1100, Movement::Opened)]);
        assert!(barrier.open_limit(at(5000)) && !barrier.closed_limit(at(5000)));
    }

    #[test]
    fn a_second_open_command_on_the_way_changes_nothing() {
        let mut barrier = barrier();
        barrier.command(Command::Open, at(0));
        barrier.command(Command::Open, at(500));
        assert_eq!(told(&mut barrier, 1000), [(0, Movement::RiseStarted), (1000, Movement::Opened)]);
    }

    /// fault D6: an obstruction during close.
    #[test]
    fn an_obstruction_during_close_turns_the_arm_round_from_where_it_is() {
        let mut barrier = barrier();
        barrier.force(true, at(0));
        barrier.command(Command::Close, at(0));
        barrier.safety(true, at(1000));
        let expected = [
            (0, Movement::Forced),
            (0, Movement::CloseStarted),
            (1000, Movement::Reversed),
            (1500, Movement::Opened),
        ];
        assert_eq!(told(&mut barrier, 9000), expected);
        barrier.command(Command::Close, at(9000));
        assert_eq!(told(&mut barrier, 9000), [(9000, Movement::CloseRefused)]);
        barrier.safety(false, at(9100));
        assert!(barrier.is_up(at(20_000)), "it does not close by itself");
    }

    #[test]
    fn stop_holds_the_arm_between_the_limits() {
        let mut barrier = barrier();
        barrier.command(Command::Open, at(0));
        barrier.command(Command::Stop, at(300));
        assert_eq!(barrier.percent(at(60_000)), 30);
        assert_eq!(barrier.wake(), None);
        barrier.command(Command::Close, at(60_000));
        assert_eq!(barrier.wake(), Some(at(60_600)));
    }

    /// fault D6: stuck contact, no feedback, feedback contradicts, moves without command.
    #[test]
    fn the_knobs_make_it_stuck_silent_contradicting_or_slow() {
        let mut stuck = Barrier::new(Knobs { stuck: true, ..Knobs::default() });
        stuck.command(Command::Open, at(0));
        assert_eq!(told(&mut stuck, 9000), [(0, Movement::Ignored)]);
        assert!(stuck.closed_limit(at(9000)));

        let mut silent = Barrier::new(Knobs { feedback: Feedback::None, ..Knobs::default() });
        silent.force(true, at(0));
        assert!(silent.is_up(at(0)) && !silent.open_limit(at(0)) && !silent.closed_limit(at(0)));

        let both = Barrier::new(Knobs { feedback: Feedback::Both, ..Knobs::default() });
        assert!(both.open_limit(at(0)) && both.closed_limit(at(0)));

        let mut slow = barrier();
        slow.set_knobs(Knobs { slow: 3, ..slow.knobs() }, at(0));
        slow.command(Command::Open, at(0));
        assert_eq!(slow.wake(), Some(at(3000)));
    }
}
