//! 过磅: what the lanes of a scale are told of the vehicle on it.
//! Promises: pure; a weight is told as at rest only while `Weighing` calls it usable for this vehicle; what was told and is no longer
//! true is taken back; a lane whose visit begins hears what holds now.
//! Source: `protocols::scale::weighing`; SG-228, SG-231.

use std::{sync::Arc, time::Duration};

use protocols::{
    scale::weighing::{Hindrance, Input, Rule, Verdict, Weighing},
    talk::WeightReading,
    tick::Tick,
};

use crate::decision::Gross;

/// What did not change is told again after so long, for lanes that have just begun a visit.
const AGAIN: Duration = Duration::from_secs(1);

/// One scale.
#[derive(Debug)]
struct Scale {
    device: Arc<str>,
    weighing: Weighing,
    told: Option<(Gross, Tick)>,
}

/// All scales of one agent.
#[derive(Debug, Default)]
pub(super) struct Scales(Vec<Scale>);

impl Scales {
    /// Scales by device, each with the rule when its weights may be used.
    pub(super) fn new(scales: Vec<(Arc<str>, Rule)>) -> Self {
        let scale = |(device, rule)| Scale { device, weighing: Weighing::new(rule), told: None };
        Self(scales.into_iter().map(scale).collect())
    }

    /// A reading of this device; what its lanes are to be told, if anything. A scale without a rule of its own takes the default's.
    pub(super) fn weighed(&mut self, device: &Arc<str>, reading: &WeightReading, now: Tick) -> Option<Gross> {
        if !self.0.iter().any(|scale| scale.device == *device) {
            let weighing = Weighing::new(Rule::default());
            self.0.push(Scale { device: Arc::clone(device), weighing, told: None });
        }
        let scale = self.0.iter_mut().find(|scale| scale.device == *device)?;
        let verdict = scale.weighing.handle(Input::Reading(reading), now);
        scale.tell(verdict, now)
    }

    /// The vehicle on this device's platform has left its lane.
    pub(super) fn next_vehicle(&mut self, device: &str, now: Tick) {
        for scale in self.0.iter_mut().filter(|scale| *scale.device == *device) {
            scale.weighing.handle(Input::NextVehicle, now);
            scale.told = None;
        }
    }

    /// What time alone has changed, by device.
    pub(super) fn due(&mut self, now: Tick) -> Vec<(Arc<str>, Gross)> {
        let due = self.0.iter_mut().filter(|scale| scale.weighing.wake().is_some_and(|wake| now >= wake));
        due.filter_map(|scale| {
            let verdict = scale.weighing.handle(Input::Deadline, now);
            Some((Arc::clone(&scale.device), scale.tell(verdict, now)?))
        })
        .collect()
    }

    /// When `due` has something to do.
    pub(super) fn wake(&self) -> Option<Tick> {
        self.0.iter().filter_map(|scale| scale.weighing.wake()).min()
    }
}

impl Scale {
    fn tell(&mut self, verdict: Verdict, now: Tick) -> Option<Gross> {
        let gross = gross(verdict);
        if self.told.is_some_and(|(told, at)| told == gross && now.since(at) < AGAIN) {
            return None;
        }
        self.told = Some((gross, now));
        Some(gross)
    }
}

fn gross(verdict: Verdict) -> Gross {
    match verdict {
        Verdict::Usable(kg) => Gross::Stable(kg),
        Verdict::NotYet(Hindrance::Moving | Hindrance::NotPlaced | Hindrance::Changed)
        | Verdict::Withdrawn(Hindrance::Moving | Hindrance::NotPlaced | Hindrance::Changed) => {
            Gross::Unstable
        }
        Verdict::NotYet(_) | Verdict::Withdrawn(_) => Gross::None,
    }
}

#[cfg(test)]
mod tests {
    use protocols::contract::Kg;

    use super::*;

    fn reading(kg: i64, stable: bool) -> WeightReading {
        WeightReading { value: Ok(Kg::from_kilograms(kg)), stable, net: None, raw: Box::default() }
    }

    fn at(millis: u64) -> Tick {
        Tick::from_millis(100_000 + millis)
    }

    /// SG-228: a weight belongs to the vehicle on the platform: the zero between two vehicles must have been seen.
    #[test]
    fn a_weight_is_told_once_it_may_be_used_and_only_for_its_vehicle() {
        let device: Arc<str> = "scale-1".into();
        let mut scales = Scales::new(vec![(Arc::clone(&device), Rule::default())]);
        let mut told = |kg, stable, millis| scales.weighed(&device, &reading(kg, stable), at(millis));
        assert_eq!(told(0, true, 0), Some(Gross::None));
        assert_eq!(told(20_000, false, 300), Some(Gross::Unstable));
        assert_eq!(told(47_500, true, 600), Some(Gross::Stable(Kg::from_kilograms(47_500))));
        assert_eq!(told(47_500, true, 900), None, "known");
        assert_eq!(told(47_500, true, 1700), Some(Gross::Stable(Kg::from_kilograms(47_500))), "told again");
        scales.next_vehicle("scale-1", at(1800));
        let told = scales.weighed(&device, &reading(47_500, true), at(1900));
        assert_eq!(told, Some(Gross::None), "the platform was not empty since the vehicle before");
    }

    /// A scale that falls silent takes its weight back while it is watched.
    #[test]
    fn a_silent_scale_takes_its_weight_back() {
        let device: Arc<str> = "scale-1".into();
        let mut scales = Scales::new(vec![(Arc::clone(&device), Rule::default())]);
        scales.weighed(&device, &reading(0, true), at(0));
        scales.weighed(&device, &reading(47_500, true), at(500));
        let wake = scales.wake().unwrap();
        assert_eq!(scales.due(wake), [(device, Gross::None)]);
    }
}
