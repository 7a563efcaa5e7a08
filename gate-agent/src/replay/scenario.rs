//! Reading scenarios. The form stands in `gate-agent/replay/README.md`.

use protocols::{
    contract::{Denied, EntryLine, IndexEntry, Kg, Stub, UtcMillis},
    ids::{CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc, VisitId},
    rules::{
        BillType, BusinessType, Direction, Gather, IeFlag, LaneDirection, LanePolicy, LockSource, ObjectType,
        PassType, Percent, TransportMode, TripStatus, YardPolicy,
    },
};

pub(crate) struct Scenario {
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) lanes: Vec<LanePolicy>,
    pub(crate) overlaps: Vec<Vec<usize>>,
    pub(crate) yard: YardPolicy,
    pub(crate) entries: Vec<IndexEntry>,
    pub(crate) stubs: Vec<Stub>,
    pub(crate) denied: Vec<Denied>,
    /// (microseconds, lane, words), in order.
    pub(crate) steps: Vec<(u64, usize, Vec<String>)>,
    pub(crate) expected: Vec<String>,
}

pub(crate) fn gate() -> GateId {
    GateId::parse("0708-G02").unwrap()
}

pub(crate) fn start() -> UtcMillis {
    UtcMillis::parse("2026-11-20T08:00:00Z").unwrap()
}

pub(crate) fn trip_no(serial: u64) -> TripNo {
    TripNo::parse(&format!("2025108950000004821{serial:013}")).unwrap()
}

/// The serial number of a trip number of these scenarios.
pub(crate) fn serial(trip_no: TripNo) -> u64 {
    trip_no.as_str()[19..].parse().unwrap()
}

pub(crate) fn parse(file: &str, text: &str) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let context = || format!("{file}:{}: {line}", number + 1);
        if let Some(name) = line.strip_prefix("scenario ") {
            scenarios.push(Scenario {
                file: file.to_owned(),
                name: name.to_owned(),
                lanes: Vec::new(),
                overlaps: Vec::new(),
                yard: YardPolicy::new(vec![CustomsCode::parse("0708").unwrap()]),
                entries: Vec::new(),
                stubs: Vec::new(),
                denied: Vec::new(),
                steps: Vec::new(),
                expected: Vec::new(),
            });
            continue;
        }
        let scenario = scenarios.last_mut().unwrap_or_else(|| panic!("{}: before any scenario", context()));
        let words: Vec<&str> = line.split_whitespace().collect();
        scenario.take(&words).unwrap_or_else(|| panic!("{}: not understood", context()));
    }
    for scenario in &mut scenarios {
        scenario.steps.sort_by_key(|(at, ..)| *at);
        for lane in 0..scenario.lanes.len() {
            let name = scenario.lanes[lane].lane_id.as_str().to_owned();
            if !scenario.expected.iter().any(|line| line.starts_with(&format!("{name} "))) {
                scenario.expected.push(format!("{name} nothing"));
            }
        }
        let place = |line: &String| {
            scenario.lanes.iter().position(|lane| line.starts_with(&format!("{} ", lane.lane_id)))
        };
        let mut expected = scenario.expected.clone();
        expected.sort_by_key(place);
        scenario.expected = expected;
    }
    scenarios
}

impl Scenario {
    pub(crate) fn lane(&self, name: &str) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.lane_id.as_str() == name)
    }

    fn take(&mut self, words: &[&str]) -> Option<()> {
        match words {
            ["lanes", lanes @ ..] => {
                for word in lanes {
                    let (name, direction) = word.split_once(':')?;
                    let outermost = direction == "out";
                    let direction = match direction {
                        "in" => LaneDirection::In,
                        "out" | "inner" => LaneDirection::Out,
                        _ => return None,
                    };
                    let mut policy = LanePolicy::new(gate(), LaneId::parse(name).ok()?, direction);
                    policy.outermost = outermost;
                    self.lanes.push(policy);
                    self.overlaps.push(Vec::new());
                }
            }
            ["overlap", one, other] => {
                let (one, other) = (self.lane(one)?, self.lane(other)?);
                self.overlaps[one].push(other);
                self.overlaps[other].push(one);
            }
            ["gathers", lane, what @ ..] => {
                let lane = self.lane(lane)?;
                for word in what {
                    let gather: Gather = serde_json::from_value(serde_json::json!(word)).ok()?;
                    self.lanes[lane].gathers.insert(gather);
                }
            }
            ["tolerance", percent, kg] => {
                self.yard.weight_tolerance_pct = Percent::from_hundredths(hundredths(percent)?);
                self.yard.weight_tolerance_kg = Kg::from_hundredths(hundredths(kg)?);
            }
            ["trip", number, medium, key, facts @ ..] => {
                let entry = entry(number.parse().ok()?, medium, key, facts)?;
                self.entries.push(entry);
            }
            ["stub", number, medium, key, status] => {
                let medium_type = MediumType::parse(medium).ok()?;
                self.stubs.push(Stub {
                    medium_type,
                    medium_key: MediumKey::read(medium_type, key).ok()?,
                    trip_no: trip_no(number.parse().ok()?),
                    status: status_of(status)?,
                    since: start(),
                    reason_code: None,
                });
            }
            ["deny", medium, key] => {
                self.denied.push(denied(medium, key)?);
            }
            ["two_persons", lane] => {
                let lane = self.lane(lane)?;
                self.lanes[lane].two_person_release = true;
            }
            ["operators", "release"] => self.yard.operator_may_release = true,
            ["=>", "trip" | "answers", ..] => self.expected.push(words[1..].join(" ")),
            ["=>", lane, ..] => {
                self.lane(lane)?;
                self.expected.push(words[1..].join(" "));
            }
            [at, lane, rest @ ..] => {
                let lane = self.lane(lane)?;
                let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
                for at in moments(at)? {
                    self.steps.push((at, lane, rest.clone()));
                }
            }
            _ => return None,
        }
        Some(())
    }
}

pub(crate) fn denied(medium: &str, key: &str) -> Option<Denied> {
    let medium_type = MediumType::parse(medium).ok()?;
    serde_json::from_value(serde_json::json!({
        "medium_type": medium, "reason": "test", "since": "2026-11-01T00:00:00.000Z", "version": 1,
        "medium_key": MediumKey::read(medium_type, key).ok()?.as_str(),
    }))
    .ok()
}

/// `2.00`, or `0.20..8.00/0.10`.
fn moments(text: &str) -> Option<Vec<u64>> {
    let micros = |text: &str| hundredths(text).and_then(|it| u64::try_from(it).ok()).map(|it| it * 10_000);
    let Some((from, rest)) = text.split_once("..") else { return Some(vec![micros(text)?]) };
    let (to, step) = rest.split_once('/')?;
    let (from, to, step) = (micros(from)?, micros(to)?, usize::try_from(micros(step)?).ok()?);
    Some((from..=to).step_by(step).collect())
}

/// A decimal with at most two places, exactly.
fn hundredths(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: i64 = format!("{part:0<2}").get(..2)?.parse().ok()?;
    Some(sign * (whole.parse::<i64>().ok()? * 100 + part))
}

pub(crate) fn kilograms(text: &str) -> Option<Kg> {
    hundredths(text).map(Kg::from_hundredths)
}

pub(crate) fn cdbm(text: &str) -> Option<i32> {
    hundredths(text).and_then(|it| i32::try_from(it).ok())
}

fn status_of(text: &str) -> Option<TripStatus> {
    serde_json::from_value(serde_json::json!(text)).ok()
}

fn entry(number: u64, medium: &str, key: &str, facts: &[&str]) -> Option<IndexEntry> {
    let medium_type = MediumType::parse(medium).ok()?;
    let approved = |order: u64| UtcMillis::from_millis(start().as_millis() - 86_400_000 + order as i64);
    let mut entry = IndexEntry {
        trip_no: trip_no(number),
        unified_no: UnifiedNo::parse(&format!("2025{number:014}")).ok()?,
        version_no: 1,
        status: TripStatus::CustomsApproved,
        lock_source: None,
        lock_gate_id: None,
        lock_lane_id: None,
        lock_visit_id: None,
        customs_code: CustomsCode::parse("0708").ok()?,
        uscc: Uscc::parse("91110000600037341L").ok()?,
        ie_flag: IeFlag::Import,
        business_type: BusinessType::Declaration,
        transport_mode: TransportMode::Road,
        vehicle_pass_type: None,
        medium_type,
        medium_key: MediumKey::read(medium_type, key).ok()?,
        vehicle_weight_kg: Kg::from_kilograms(8600),
        trailer_weight_kg: Kg::from_kilograms(6400),
        container_weight_kg: Kg::default(),
        approved_at: approved(number),
        entry_passed: false,
        closing_passed: false,
        lines: Vec::new(),
        applied: Default::default(),
    };
    let mut direction = Some(Direction::OutOf);
    let mut objects: Vec<(ObjectType, String, Option<String>)> = Vec::new();
    let mut cargo = Some(Kg::from_kilograms(32_500));
    let mut has_lines = true;
    for fact in facts {
        match fact.split_once('=') {
            Some(("bill", bills)) => {
                let bill = |bill: &str| (ObjectType::BillOfLading, bill.to_owned(), None);
                objects.extend(bills.split(',').map(bill));
            }
            Some(("box", boxes)) => objects.extend(boxes.split(',').map(|text| {
                let (number, seals) =
                    text.split_once('/').map_or((text, None), |(box_, seals)| (box_, Some(seals)));
                (ObjectType::Container, number.to_owned(), seals.map(ToOwned::to_owned))
            })),
            Some(("plate", plates)) => {
                let plate = |plate: &str| (ObjectType::VehiclePlate, plate.to_owned(), None);
                objects.extend(plates.split(',').map(plate));
            }
            Some(("dir", "E")) => direction = Some(Direction::OutOf),
            Some(("dir", "I")) => direction = Some(Direction::Into),
            Some(("dir", "-")) => direction = None,
            Some(("kg", weights)) => {
                let mut parts = weights.split('/');
                entry.vehicle_weight_kg = kilograms(parts.next()?)?;
                entry.trailer_weight_kg = kilograms(parts.next()?)?;
                entry.container_weight_kg = kilograms(parts.next()?)?;
                cargo = match parts.next()? {
                    "-" => None,
                    text => Some(kilograms(text)?),
                };
            }
            Some(("lines", "none")) => has_lines = false,
            Some(("pass", code)) => entry.vehicle_pass_type = Some(PassType::parse(code).ok()?),
            Some(("flag", "E")) => entry.ie_flag = IeFlag::Export,
            Some(("flag", "I")) => entry.ie_flag = IeFlag::Import,
            Some(("area", code)) => entry.customs_code = CustomsCode::parse(code).ok()?,
            Some(("status", status)) => entry.status = status_of(status)?,
            Some(("approved", order)) => entry.approved_at = approved(order.parse().ok()?),
            None if *fact == "inside" => entry.entry_passed = true,
            None if *fact == "closed" => entry.closing_passed = true,
            None if *fact == "hold" => {
                (entry.status, entry.lock_source) = (TripStatus::Locked, Some(LockSource::Customs));
            }
            _ => return None,
        }
    }
    if entry.status == TripStatus::Locked && entry.lock_source.is_none() {
        entry.lock_source = Some(LockSource::Gate);
        entry.lock_gate_id = Some(gate());
        entry.lock_lane_id = LaneId::parse("ELSEWHERE").ok();
        entry.lock_visit_id = VisitId::parse("before").ok();
    }
    if objects.is_empty() && has_lines {
        objects.push((ObjectType::BillOfLading, format!("BILL{number}"), None));
    }
    // The declared cargo stands in the first bill or box, as one weighing cannot tell lines apart.
    for (place, (object_type, id, seals)) in objects.into_iter().enumerate() {
        let is_cargo = object_type != ObjectType::VehiclePlate;
        entry.lines.push(EntryLine {
            line_no: u16::try_from(place + 1).ok()?,
            direction,
            object_type,
            vessel_name: None,
            voyage_no: "0708251013017".into(),
            business_type: BusinessType::Declaration,
            bill_type: (object_type == ObjectType::BillOfLading).then_some(BillType::FirstLeg),
            pickup_weight_kg: match cargo {
                Some(kg) if is_cargo && place == 0 => Some(kg),
                Some(_) => Some(Kg::default()),
                None => None,
            },
            container_no_1: (object_type == ObjectType::Container).then(|| id.as_str().into()),
            container_no_2: None,
            seal_no_1: seals.map(Into::into),
            seal_no_2: None,
            object_id: Some(id.into()),
        });
    }
    Some(entry)
}
