//! A basis as it is read back from its record.
//! Promises: whatever stands there, it is read whole or refused; nothing is guessed, so that a decision is never made again from something
//! else than was recorded.

use protocols::{
    contract::{Event, Hash, Kg, PolicyRow, SnapshotRow, UtcMillis},
    ids::{ContainerNo, MediumKey, MediumType, SealNo, TripNo},
    tick::Tick,
};
use serde_json::Value;

use super::{Basis, RULES, STANDINGS, STATES};
use crate::{
    decision::{
        Evidence, View,
        evidence::Heard,
        reading::{Container, Gross, Medium, Seal, Standing, Weighed},
    },
    journal::IndexStamp,
};

/// Why a decision cannot be made again from its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasisError {
    /// No decision, or one of an agent that kept none.
    #[error("the record has no basis")]
    Absent,
    /// By other rules than this release's.
    #[error("it was decided by rules {0}, these are rules {RULES}")]
    OtherRules(u64),
    /// Too much was looked at to be kept.
    #[error("{0} rows were looked at, too many to be kept in the record")]
    LeftOut(u64),
    /// Not as a gate writes it.
    #[error("its {0} cannot be read")]
    Unreadable(&'static str),
}

impl Basis {
    /// The basis of the decision that this event records.
    ///
    /// # Errors
    /// [`BasisError`].
    pub fn recorded(event: &Event) -> Result<Self, BasisError> {
        use BasisError::{Absent, LeftOut, OtherRules, Unreadable};
        let told = event.basis.as_ref().ok_or(Absent)?;
        match told.get("rules").and_then(Value::as_u64) {
            Some(RULES) => {}
            Some(other) => return Err(OtherRules(other)),
            None => return Err(Unreadable("rules")),
        }
        if let Some(left_out) = told.get("left_out") {
            return Err(LeftOut(left_out.get("rows").and_then(Value::as_u64).unwrap_or(0)));
        }
        let at = text(told, "at").and_then(|at| UtcMillis::parse(at).ok()).ok_or(Unreadable("at"))?;
        let chosen = match told.get("chosen") {
            None => None,
            Some(trip) => Some(trip_no(trip).ok_or(Unreadable("chosen"))?),
        };
        let mark = match told.get("mark") {
            None => None,
            Some(mark) => Some(hash(mark).ok_or(Unreadable("mark"))?),
        };
        let stamp = |(revision, age_s)| IndexStamp { revision, age_s, mark };
        let mut view = View {
            index: event.index_revision.zip(event.index_age_s).map(stamp),
            yard: None,
            yard_has_entry_lane: is(told, "entry_lane"),
            candidates: Vec::new(),
            stubs: Vec::new(),
            denied: Vec::new(),
            by_slip: Vec::new(),
            near: Vec::new(),
        };
        let mut policy = None;
        for told in list(told, "rows") {
            match (row(told).ok_or(Unreadable("rows"))?, text(told, "as")) {
                (SnapshotRow::Entry(entry), None) => view.candidates.push(entry),
                (SnapshotRow::Entry(entry), Some("slip")) => view.by_slip.push(entry),
                (SnapshotRow::Entry(entry), Some("near")) => view.near.push(entry),
                (SnapshotRow::Stub(stub), None) => view.stubs.push(stub),
                (SnapshotRow::Deny(denied), None) => view.denied.push(denied),
                (SnapshotRow::Policy(PolicyRow::Yard(yard)), None) => view.yard = Some(yard),
                (SnapshotRow::Policy(PolicyRow::Lane(lane)), None) => policy = Some(lane),
                (_, Some(_)) => return Err(Unreadable("rows")),
            }
        }
        let evidence = evidence(told).ok_or(Unreadable("readings"))?;
        let policy = policy.ok_or(Unreadable("rows"))?;
        Ok(Self { evidence, view, policy, chosen, at })
    }
}

/// The row with what was left out of it; members that no rule asks take a policy's defaults.
fn row(told: &Value) -> Option<SnapshotRow> {
    let mut row = told.clone();
    let members = row.as_object_mut()?;
    for flag in ["entry_passed", "closing_passed"] {
        members.entry(flag).or_insert(Value::Bool(false));
    }
    members.entry("lines").or_insert_with(|| Value::Array(Vec::new()));
    members.entry("reason").or_insert_with(|| Value::String(String::new()));
    serde_json::from_value(row).ok()
}

fn evidence(told: &Value) -> Option<Evidence> {
    let media = list(told, "media").iter().map(medium).collect::<Option<Vec<_>>>()?;
    let container = |told: &Value| {
        let number = ContainerNo::parse(text(told, "number")?).ok()?;
        let by_hand = is(told, "by_hand");
        Some(Container { number, device: Box::default(), confidence: None, by_hand, at: Tick::default() })
    };
    let containers = list(told, "containers").iter().map(container).collect::<Option<Vec<_>>>()?;
    let seal = |told: &Value| {
        let number = SealNo::parse(text(told, "number")?).ok()?;
        let state = named(&STATES, text(told, "state")?)?;
        Some(Seal { number, state, device: Box::default(), by_hand: false, at: Tick::default() })
    };
    let seals = list(told, "seals").iter().map(seal).collect::<Option<Vec<_>>>()?;
    let state = match told.get("weighed") {
        None => None,
        Some(Value::String(word)) if word == "unstable" => Some(Gross::Unstable),
        Some(Value::String(word)) if word == "none" => Some(Gross::None),
        Some(weighed) => Some(Gross::Stable(kilograms(weighed.get("kg")?)?)),
    };
    let weighed = |state| Weighed { state, device: Box::default(), by_hand: false, at: Tick::default() };
    Some(Evidence::of_record(media, containers, seals, state.map(weighed)))
}

fn medium(told: &Value) -> Option<Heard> {
    let number = |name: &str| told.get(name).and_then(Value::as_i64);
    let confidence = number("confidence").map(u16::try_from).transpose().ok()?;
    let standing = match text(told, "standing") {
        None => Standing::Counts,
        Some(name) => named(&STANDINGS, name)?,
    };
    let medium = Medium {
        medium_type: MediumType::parse(text(told, "t")?).ok()?,
        key: MediumKey::parse(text(told, "key")?).ok()?,
        raw: None,
        device: Box::default(),
        tid: None,
        confidence,
        signal: number("signal").map(i32::try_from).transpose().ok()?,
        looks: u32::try_from(number("looks").unwrap_or(1)).ok()?,
        standing,
        at: Tick::default(),
    };
    let alone = i64::from(confidence.unwrap_or(1000));
    let sureness = u32::try_from(number("sureness").unwrap_or(alone)).ok()?;
    Some(Heard { medium, sureness, is_copied: is(told, "copied") })
}

fn named<T: Copy>(names: &[(T, &str)], name: &str) -> Option<T> {
    names.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
}

fn kilograms(told: &Value) -> Option<Kg> {
    serde_json::from_value(told.clone()).ok()
}

fn hash(told: &Value) -> Option<Hash> {
    Hash::parse(told.as_str()?).ok()
}

fn trip_no(told: &Value) -> Option<TripNo> {
    TripNo::parse(told.as_str()?).ok()
}

fn text<'a>(told: &'a Value, name: &str) -> Option<&'a str> {
    told.get(name)?.as_str()
}

fn is(told: &Value, name: &str) -> bool {
    told.get(name) == Some(&Value::Bool(true))
}

fn list<'a>(told: &'a Value, name: &str) -> &'a [Value] {
    told.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
