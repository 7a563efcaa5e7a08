//! What a scenario's words about persons, readers and the centre mean to the yard.

use std::time::Duration;

use crate::{
    decision::{Container, Gross, Medium, Reading, Seal, Standing, Weighed},
    fusion::{IcKeyForm, Seen, seen, standing},
    journal::TripRef,
    lane::{Act, Correction, Deed, Handed, Input, Person, Role, Second, permitted},
};
use protocols::{
    ids::{ContainerNo, MediumKey, MediumType, SealNo},
    rules::{LockSource, TripStatus},
    talk::{Identity, SealState},
};

use super::{
    super::scenario::{cdbm, denied, kilograms, trip_no},
    Yard, moment,
};

impl Yard<'_> {
    pub(super) fn acts(&mut self, lane: usize, words: &[&str], now: u64) {
        let number = |text: &str| trip_no(text.parse().unwrap());
        let person = |id: &str, role| Person { id: id.into(), role };
        let mut by = person("8950000004821", Role::Officer);
        let (mut second, mut until) = (None, moment(now).tick + Duration::from_secs(30));
        let mut words = words;
        while let [prefix @ ("operator" | "two" | "alone" | "late"), rest @ ..] = words {
            match *prefix {
                "operator" => by.role = Role::Operator,
                "two" => second = Some(person("8950000004822", Role::Officer)),
                "alone" => second = Some(by.clone()),
                _ => until = moment(now.saturating_sub(1_000_000)).tick,
            }
            words = rest;
        }
        let mut trip = None;
        let what = match *words {
            ["release"] => Deed::Release { trip: None },
            ["release", text] => {
                trip = Some(TripRef { trip_no: number(text), version_no: 1 });
                Deed::Release { trip: Some(number(text)) }
            }
            ["send_back"] => Deed::SendBack,
            ["empty_exit"] => Deed::EmptyExit,
            ["choose", text] => Deed::Choose(number(text)),
            ["close_lane"] => Deed::CloseLane,
            ["open_lane"] => Deed::OpenLane,
            ["correct", "weight", kg] => Deed::Correct(Correction::Weight(kilograms(kg).unwrap())),
            ["correct", "plate", plate] => {
                let key = MediumKey::read(MediumType::Plate, plate).unwrap();
                Deed::Correct(Correction::Medium(MediumType::Plate, key))
            }
            ["correct", "tag", key] => {
                let key = MediumKey::read(MediumType::ElectronicPlate, key).unwrap();
                Deed::Correct(Correction::Medium(MediumType::ElectronicPlate, key))
            }
            ["correct", "card", key] => {
                let key = MediumKey::read(MediumType::IcCard, key).unwrap();
                Deed::Correct(Correction::Medium(MediumType::IcCard, key))
            }
            ["correct", "code", key] => {
                let key = MediumKey::read(MediumType::BarCode, key).unwrap();
                Deed::Correct(Correction::Medium(MediumType::BarCode, key))
            }
            ["correct", "seal", ref numbers @ ..] => {
                let numbers = numbers.iter().map(|text| SealNo::parse(text).unwrap());
                Deed::Correct(Correction::Seals(numbers.collect()))
            }
            ["correct", "box", ref numbers @ ..] => {
                let numbers = numbers.iter().map(|text| ContainerNo::parse(text).unwrap());
                Deed::Correct(Correction::Containers(numbers.collect()))
            }
            ref other => panic!("no act {other:?}"),
        };
        self.numbers += 1;
        let second = second.map(|person| Second { person, code: None });
        let act = Act { number: self.numbers, person: by, second, what, reason: "replay".into(), until };
        if let Err(refusal) = permitted(&act, &self.scenario.lanes[lane], &self.scenario.yard) {
            self.answers.insert(act.number, refusal.code());
            return;
        }
        self.step(lane, Input::Act(Box::new(Handed { act, trip })), now);
    }

    pub(super) fn reads(&mut self, lane: usize, words: &[&str], age_ms: Option<u64>, now: u64) {
        let at = moment(now).tick;
        let device =
            |kind: &str| -> Box<str> { format!("{kind}-{}", self.scenario.lanes[lane].lane_id).into() };
        match *words {
            ["tag", epc, ref rest @ ..] => {
                let (signal, tid) = match *rest {
                    [] => (None, None),
                    [dbm] => (cdbm(dbm), None),
                    ["tid", tid] => (None, Some(tid)),
                    [dbm, "tid", tid] => (cdbm(dbm), Some(tid)),
                    ref other => panic!("no tag facts {other:?}"),
                };
                let standing =
                    if age_ms.is_some_and(|age| age > 5000) { Standing::Late } else { Standing::Counts };
                let medium = Medium {
                    medium_type: MediumType::ElectronicPlate,
                    key: MediumKey::read(MediumType::ElectronicPlate, epc).unwrap(),
                    raw: None,
                    device: device("uhf"),
                    tid: tid.map(Into::into),
                    confidence: None,
                    signal,
                    looks: 1,
                    standing,
                    at,
                };
                let mut told = Vec::new();
                self.field.hear(&[lane], medium, at, &mut told);
                for (lane, medium) in told {
                    self.step(lane, Input::Read(Reading::Medium(medium)), now);
                }
            }
            ["weight", ref rest @ ..] => {
                let state = match *rest {
                    ["none"] => Gross::None,
                    [kg] => Gross::Stable(kilograms(kg).unwrap()),
                    [_, "moving"] => Gross::Unstable,
                    ref other => panic!("no weight {other:?}"),
                };
                let weighed = Weighed { state, device: device("scale"), by_hand: false, at };
                self.step(lane, Input::Read(Reading::Weight(weighed)), now);
            }
            ["seal", number, state] => {
                let state = match state {
                    "sealed" => SealState::Sealed,
                    "open" => SealState::Open,
                    "tampered" => SealState::Tampered,
                    _ => SealState::Unknown,
                };
                self.identity(
                    lane,
                    &Identity::Seal { number: number.into(), state },
                    None,
                    device("seal"),
                    now,
                );
            }
            ["plate", plate] => {
                self.identity(lane, &Identity::Plate(plate.into()), None, device("camera"), now)
            }
            ["plate", plate, confidence] => {
                let per_mille = cdbm(confidence).and_then(|it| u16::try_from(it * 10).ok());
                self.identity(lane, &Identity::Plate(plate.into()), per_mille, device("camera"), now);
            }
            ["box", number] => {
                self.identity(lane, &Identity::Container(number.into()), None, device("camera"), now);
            }
            ["card", uid] => {
                let uid = protocols::ids::CardUid::parse(uid).unwrap();
                self.identity(lane, &Identity::Uid(uid), None, device("card"), now);
            }
            ["code", text] => {
                // A small number is the trip number of a slip of that trip.
                let text = text.parse().map_or(text.to_owned(), |number| trip_no(number).to_string());
                let code = Identity::Code { raw: text.clone(), text };
                self.identity(lane, &code, None, device("scanner"), now);
            }
            ref other => panic!("nothing is called {other:?}"),
        }
    }

    fn identity(
        &mut self,
        lane: usize,
        identity: &Identity,
        confidence: Option<u16>,
        device: Box<str>,
        now: u64,
    ) {
        let at = moment(now).tick;
        let reading = match seen(identity, IcKeyForm::UidHex).unwrap() {
            Seen::Container(number) => {
                Reading::Container(Container { number, device, confidence, by_hand: false, at })
            }
            Seen::Seal(number, state) => Reading::Seal(Seal { number, state, device, by_hand: false, at }),
            Seen::Medium(medium_type, key, raw) => Reading::Medium(Medium {
                medium_type,
                key,
                raw,
                device,
                tid: None,
                confidence,
                signal: None,
                looks: 1,
                standing: standing(identity, Duration::ZERO, Duration::ZERO),
                at,
            }),
        };
        self.step(lane, Input::Read(reading), now);
    }

    /// What the centre's line brings: the index moves under the lanes.
    pub(super) fn centre_says(&mut self, words: &[&str], now: u64) {
        match *words {
            ["deny", medium, key] => self.denied.push(denied(medium, key).unwrap()),
            [what, number] => {
                let trip_no = trip_no(number.parse().unwrap());
                let entry = self.entries.iter_mut().find(|entry| entry.trip_no == trip_no).unwrap();
                (entry.status, entry.lock_source) = match what {
                    "hold" => (TripStatus::Locked, Some(LockSource::Customs)),
                    "free" => (TripStatus::CustomsApproved, None),
                    "remove" => (TripStatus::LeftPort, None),
                    other => panic!("the centre does not say {other:?}"),
                };
            }
            ref other => panic!("the centre does not say {other:?}"),
        }
        for lane in 0..self.lanes.len() {
            self.step(lane, Input::IndexMoved, now);
        }
    }
}
