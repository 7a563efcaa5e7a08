//! 称重判定: when a lane may use a weight.
//! Promises: a weight is `Usable` only when the newest reading is younger than a second, at rest, not net, above the
//! minimum and not beyond the maximum, the vehicle stands where it should, and the platform was seen empty since the
//! vehicle before. It is then watched for five seconds: if it leaves one division, if the stream breaks off or the
//! vehicle moves meanwhile, it is `Withdrawn`. Afterwards it stays this vehicle's weight, also while it drives off;
//! only another load at rest withdraws it, and behind an empty platform no other takes its place.
//! Absent: comparing with what was declared; timers (`wake` says when to come again); measuring.
//! Source: OIML R 76-1:2006, printing and storing only in equilibrium, 1 e over the five seconds behind it; the zero rule
//! of unattended weighing: |w| within half a division up to the configured band.

use crate::contract::Kg;
use crate::talk::{NoWeight, WeightReading};
use crate::tick::Tick;
use core::time::Duration;

/// What a usable weight must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The scale's division, 1 e. Default 20 kg.
    pub division: Kg,
    /// Least load; an empty platform is none. Default 400 kg, 20 e.
    pub minimum: Kg,
    /// Most that the scale is made for, where its wire does not tell overload. Default: not judged.
    pub maximum: Option<Kg>,
    /// Up to here the platform counts as empty, in both directions. Default 10 kg, 0.5 e.
    pub zero_band: Kg,
    /// Older readings are none. Default 1 s.
    pub fresh: Duration,
    /// How long a weight is watched. Default 5 s.
    pub watch: Duration,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            division: Kg::from_kilograms(20),
            minimum: Kg::from_kilograms(400),
            maximum: None,
            zero_band: Kg::from_kilograms(10),
            fresh: Duration::from_secs(1),
            watch: Duration::from_secs(5),
        }
    }
}

/// What the lane tells.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The scale told a reading.
    Reading(&'a WeightReading),
    /// The scale is silent.
    Silent,
    /// Loops and position sensors say whether all of the vehicle, and nothing else, is on the platform. A lane without
    /// any never says so, and the vehicle counts as well placed.
    Placed(bool),
    /// The vehicle before has left: from here on readings belong to the next one.
    NextVehicle,
    /// The time of the last `wake` has come.
    Deadline,
}

/// 称重结论: whether there is a weight to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// None yet.
    NotYet(Hindrance),
    /// This vehicle's weight.
    Usable(Kg),
    /// What was usable is not any more: whoever used it must know. A new one may follow.
    Withdrawn(Hindrance),
}

/// 称重障碍: what stands against using a weight, the first of these that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// No reading, or an old one.
    #[error("no fresh reading")]
    NoData,
    /// A reading without a weight.
    #[error("{0}")]
    NoWeight(NoWeight),
    /// The display shows net: nothing to compare a gross weight with.
    #[error("display shows net")]
    Net,
    /// The platform was not seen empty since the vehicle before.
    #[error("zero not seen since the vehicle before")]
    ZeroNotSeen,
    /// The vehicle does not stand where it should.
    #[error("vehicle not wholly on the platform")]
    NotPlaced,
    /// Less than the least load.
    #[error("below the least load")]
    BelowMinimum,
    /// More than the scale is made for.
    #[error("beyond the scale's capacity")]
    AboveMaximum,
    /// In motion.
    #[error("in motion")]
    Moving,
    /// Another load than the one that was usable.
    #[error("weight has changed")]
    Changed,
}

/// What of a reading counts here.
#[derive(Clone, Copy, Debug)]
struct Latest {
    value: Result<Kg, NoWeight>,
    stable: bool,
    net: bool,
    at: Tick,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Nothing usable so far, or what was is withdrawn.
    Waiting { withdrawn: Option<Hindrance> },
    /// Usable, and watched until then.
    Watched { kg: Kg, until: Tick },
    /// Usable, and no longer watched. `gone`: the platform was empty since.
    Kept { kg: Kg, gone: bool },
}

/// One platform, vehicle after vehicle.
#[derive(Clone, Debug)]
pub struct Weighing {
    rule: Rule,
    latest: Option<Latest>,
    placed: bool,
    zero_seen: bool,
    stage: Stage,
}

impl Weighing {
    /// A platform of which nothing is known.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        let stage = Stage::Waiting { withdrawn: None };
        Self { rule, latest: None, placed: true, zero_seen: false, stage }
    }

    /// Takes one input; what holds then.
    pub fn handle(&mut self, input: Input<'_>, now: Tick) -> Verdict {
        let ended = self.pass(now);
        match input {
            Input::Reading(reading) => {
                let WeightReading { value, stable, net, .. } = *reading;
                self.latest = Some(Latest { value, stable, net: net == Some(true), at: now });
                let empty = self.is_empty(now);
                self.zero_seen |= empty;
                if let Stage::Kept { gone, .. } = &mut self.stage {
                    *gone |= empty;
                }
            }
            Input::Silent => self.latest = None,
            Input::Placed(placed) => self.placed = placed,
            Input::NextVehicle => {
                self.zero_seen = self.is_empty(now);
                self.stage = Stage::Waiting { withdrawn: None };
            }
            Input::Deadline => {}
        }
        // What ended in between is told before anything new is usable, however late the caller comes.
        if !ended {
            self.judge(now);
        }
        self.verdict()
    }

    /// When the verdict may change without any input.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let stale = self.latest.map(|latest| latest.at + self.rule.fresh);
        match self.stage {
            Stage::Waiting { .. } => stale,
            Stage::Watched { until, .. } => Some(stale.map_or(until, |stale| stale.min(until))),
            Stage::Kept { .. } => None,
        }
    }

    /// Time has passed since the last input: what ended in between, in the order in which it did. Whether a usable weight
    /// was withdrawn.
    fn pass(&mut self, now: Tick) -> bool {
        let stale = self.latest.map(|latest| latest.at + self.rule.fresh).filter(|stale| *stale <= now);
        if stale.is_some() {
            self.latest = None;
        }
        match self.stage {
            Stage::Watched { until, .. } if stale.is_some_and(|stale| stale < until) => {
                self.stage = Stage::Waiting { withdrawn: Some(Hindrance::NoData) };
                true
            }
            Stage::Watched { kg, until } if until <= now => {
                self.stage = Stage::Kept { kg, gone: false };
                false
            }
            Stage::Waiting { .. } | Stage::Watched { .. } | Stage::Kept { .. } => false,
        }
    }

    fn judge(&mut self, now: Tick) {
        let hindrance = self.hindrance();
        match (self.stage, self.latest) {
            (Stage::Waiting { .. }, Some(Latest { value: Ok(kg), .. })) if hindrance.is_none() => {
                self.stage = Stage::Watched { kg, until: now + self.rule.watch };
            }
            (Stage::Waiting { .. }, _) => {}
            (Stage::Watched { kg, .. }, _) => {
                // Motion within a division is what the five seconds are for; anything else ends the weight.
                let left = hindrance.filter(|why| *why != Hindrance::Moving).or_else(|| self.left(kg));
                if left.is_some() {
                    self.stage = Stage::Waiting { withdrawn: left };
                }
            }
            (Stage::Kept { kg, gone }, _) => {
                if hindrance.is_none() && self.left(kg).is_some() {
                    // Behind an empty platform it is somebody else: no weight of this vehicle's any more.
                    self.zero_seen &= !gone;
                    self.stage = Stage::Waiting { withdrawn: Some(Hindrance::Changed) };
                }
            }
        }
    }

    fn verdict(&self) -> Verdict {
        match (self.stage, self.hindrance()) {
            (Stage::Watched { kg, .. } | Stage::Kept { kg, .. }, _) => Verdict::Usable(kg),
            (Stage::Waiting { withdrawn: Some(why) }, _) => Verdict::Withdrawn(why),
            (Stage::Waiting { withdrawn: None }, why) => Verdict::NotYet(why.unwrap_or(Hindrance::NoData)),
        }
    }

    /// What stands against the newest reading.
    fn hindrance(&self) -> Option<Hindrance> {
        let Some(Latest { value, stable, net, .. }) = self.latest else { return Some(Hindrance::NoData) };
        let kg = match value {
            Ok(kg) => kg,
            Err(why) => return Some(Hindrance::NoWeight(why)),
        };
        let checks = [
            (net, Hindrance::Net),
            (!self.zero_seen, Hindrance::ZeroNotSeen),
            (!self.placed, Hindrance::NotPlaced),
            (kg <= Kg::default() || kg < self.rule.minimum, Hindrance::BelowMinimum),
            (self.rule.maximum.is_some_and(|maximum| kg > maximum), Hindrance::AboveMaximum),
            (!stable, Hindrance::Moving),
        ];
        checks.into_iter().find(|(holds, _)| *holds).map(|(_, why)| why)
    }

    /// Whether the newest reading is another load than this.
    fn left(&self, kg: Kg) -> Option<Hindrance> {
        let value = self.latest?.value.ok()?;
        let apart = value.hundredths().saturating_sub(kg.hundredths()).saturating_abs();
        (apart > self.rule.division.hundredths()).then_some(Hindrance::Changed)
    }

    /// Whether the newest reading is an empty platform.
    fn is_empty(&self, now: Tick) -> bool {
        self.latest.is_some_and(|Latest { value, net, at, .. }| {
            let band = self.rule.zero_band.hundredths();
            let empty = value.is_ok_and(|kg| kg.hundredths().saturating_abs() <= band);
            empty && !net && now.since(at) < self.rule.fresh
        })
    }
}
