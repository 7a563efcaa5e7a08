//! The form in which a row is hashed: every member by name, so that a new one has to be thought of here before anything compiles.
//! Rules for change: a form stays as it is for ever. A member that this form does not have is left out of it (name it `_`); one day a
//! second form has it, and whoever asks says which form is meant. So gate and centre of different releases compare what both know.

use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use super::super::{
    change::{Denied, PolicyRow, SnapshotRow, Stub},
    entry::{Applied, EntryLine, IndexEntry},
    weight::Kg,
};
use crate::rules::{Gather, LanePolicy, LockSource, YardPolicy};

/// The form of this release.
pub const DIGEST_FORM: u32 = 1;

/// 摘要 of a row: the first 16 bytes of a SHA-256, as a number, so that digests can be summed; 32 lower-case hex digits on the wire.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowDigest(u128);

/// Text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a digest of 32 lower-case hex digits")]
pub struct NotADigest(pub String);

impl RowDigest {
    /// Of any row.
    #[must_use]
    pub fn of(row: &SnapshotRow) -> Self {
        match row {
            SnapshotRow::Entry(entry) => Self::of_entry(entry),
            SnapshotRow::Stub(stub) => Self::of_stub(stub),
            SnapshotRow::Deny(denied) => Self::of_denied(denied),
            SnapshotRow::Policy(policy) => Self::of_policy(policy),
        }
    }

    /// Of a usable record.
    #[must_use]
    pub fn of_entry(entry: &IndexEntry) -> Self {
        let IndexEntry {
            trip_no,
            unified_no,
            version_no,
            status,
            lock_source,
            lock_gate_id,
            lock_lane_id,
            lock_visit_id,
            customs_code,
            uscc,
            ie_flag,
            business_type,
            transport_mode,
            vehicle_pass_type,
            medium_type,
            medium_key,
            vehicle_weight_kg,
            trailer_weight_kg,
            container_weight_kg,
            approved_at,
            entry_passed,
            closing_passed,
            lines,
            applied,
        } = entry;
        let mut form = Form::of("entry");
        form.text(trip_no.as_str());
        form.text(unified_no.as_str());
        form.number((*version_no).into());
        form.text(status.code());
        form.maybe(lock_source.map(|source| match source {
            LockSource::Gate => "GATE",
            LockSource::Customs => "CUSTOMS",
        }));
        form.maybe(lock_gate_id.as_ref().map(|gate| gate.as_str()));
        form.maybe(lock_lane_id.as_ref().map(|lane| lane.as_str()));
        form.maybe(lock_visit_id.as_ref().map(|visit| visit.as_str()));
        form.text(customs_code.as_str());
        form.text(uscc.as_str());
        form.text(ie_flag.code());
        form.text(business_type.code());
        form.text(transport_mode.code());
        form.maybe(vehicle_pass_type.map(|pass_type| pass_type.code()));
        form.text(medium_type.as_str());
        form.text(medium_key.as_str());
        form.number(vehicle_weight_kg.hundredths());
        form.number(trailer_weight_kg.hundredths());
        form.number(container_weight_kg.hundredths());
        form.number(approved_at.as_millis());
        form.flag(*entry_passed);
        form.flag(*closing_passed);
        form.count(lines.len());
        lines.iter().for_each(|line| form.line(line));
        form.count(applied.len());
        for (gate, Applied { epoch, seq }) in applied {
            form.text(gate.as_str());
            form.number((*epoch).into());
            form.natural(*seq);
        }
        form.end()
    }

    /// Of a record that only says why.
    #[must_use]
    pub fn of_stub(stub: &Stub) -> Self {
        let Stub { medium_type, medium_key, trip_no, status, since, reason_code } = stub;
        let mut form = Form::of("stub");
        form.text(medium_type.as_str());
        form.text(medium_key.as_str());
        form.text(trip_no.as_str());
        form.text(status.code());
        form.number(since.as_millis());
        form.maybe(reason_code.map(|reason| reason.code()));
        form.end()
    }

    /// Of a denied medium.
    #[must_use]
    pub fn of_denied(denied: &Denied) -> Self {
        let Denied { medium_type, medium_key, reason, since, version } = denied;
        let mut form = Form::of("deny");
        form.text(medium_type.as_str());
        form.text(medium_key.as_str());
        form.text(reason);
        form.number(since.as_millis());
        form.natural(*version);
        form.end()
    }

    /// Of a row of policy.
    #[must_use]
    pub fn of_policy(policy: &PolicyRow) -> Self {
        let mut form = Form::of("policy");
        match policy {
            PolicyRow::Yard(yard) => form.yard(yard),
            PolicyRow::Lane(lane) => form.lane(lane),
        }
        form.end()
    }

    /// Both together; in any order the same.
    #[must_use]
    pub(super) const fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// Reads 32 lower-case hex digits.
    ///
    /// # Errors
    /// [`NotADigest`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotADigest> {
        let refused = || NotADigest(text.chars().take(40).collect());
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(refused());
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| refused())?;
        Ok(Self(u128::from_be_bytes(bytes)))
    }
}

/// What is hashed. Each value says how long it is, so that nothing moves from one into the next.
struct Form(Sha256);

impl Form {
    fn of(kind: &str) -> Self {
        let mut form = Self(Sha256::new());
        form.text(kind);
        form
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }

    /// An absent text is none that any length could have.
    fn maybe(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.natural(u64::MAX),
        }
    }

    fn number(&mut self, number: i64) {
        self.0.update(number.to_le_bytes());
    }

    fn natural(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        self.natural(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn flag(&mut self, flag: bool) {
        self.0.update([u8::from(flag)]);
    }

    fn maybe_number(&mut self, number: Option<i64>) {
        self.flag(number.is_some());
        self.number(number.unwrap_or_default());
    }

    fn line(&mut self, line: &EntryLine) {
        let EntryLine {
            line_no,
            direction,
            object_type,
            object_id,
            vessel_name,
            voyage_no,
            business_type,
            bill_type,
            pickup_weight_kg,
            container_no_1,
            container_no_2,
            seal_no_1,
            seal_no_2,
        } = line;
        self.number((*line_no).into());
        self.maybe(direction.map(|direction| direction.code()));
        self.text(object_type.code());
        self.maybe(object_id.as_deref());
        self.maybe(vessel_name.as_deref());
        self.text(voyage_no);
        self.text(business_type.code());
        self.maybe(bill_type.map(|bill_type| bill_type.code()));
        self.maybe_number(pickup_weight_kg.map(Kg::hundredths));
        for text in [container_no_1, container_no_2, seal_no_1, seal_no_2] {
            self.maybe(text.as_deref());
        }
    }

    fn yard(&mut self, yard: &YardPolicy) {
        let YardPolicy {
            customs_codes,
            weight_tolerance_pct,
            weight_tolerance_kg,
            max_index_age_h,
            max_binding_age_days,
            operator_may_release,
            ic_key_form,
            one_open_record_per_medium,
            journal_keep_days,
        } = yard;
        self.text("yard");
        self.count(customs_codes.len());
        customs_codes.iter().for_each(|code| self.text(code.as_str()));
        self.number(weight_tolerance_pct.hundredths());
        self.number(weight_tolerance_kg.hundredths());
        self.number((*max_index_age_h).into());
        self.maybe_number(max_binding_age_days.map(i64::from));
        self.flag(*operator_may_release);
        self.text(ic_key_form);
        self.flag(*one_open_record_per_medium);
        self.number((*journal_keep_days).into());
    }

    fn lane(&mut self, lane: &LanePolicy) {
        let LanePolicy {
            gate_id,
            lane_id,
            lane_direction,
            outermost,
            gathers,
            collect_window_ms,
            lane_timeout_s,
            pass_timeout_s,
            max_read_age_ms,
            two_person_release,
        } = lane;
        self.text("lane");
        self.text(gate_id.as_str());
        self.text(lane_id.as_str());
        self.text(lane_direction.code());
        self.flag(*outermost);
        self.count(gathers.len());
        for gather in gathers {
            self.text(match gather {
                Gather::Plate => "plate",
                Gather::Containers => "containers",
                Gather::Seals => "seals",
                Gather::Weight => "weight",
            });
        }
        for number in [collect_window_ms, lane_timeout_s, pass_timeout_s, max_read_age_ms] {
            self.number((*number).into());
        }
        self.flag(*two_person_release);
    }

    fn end(self) -> RowDigest {
        let hash: [u8; 32] = self.0.finalize().into();
        RowDigest(hash.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte)))
    }
}

impl fmt::Display for RowDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for RowDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowDigest({self})")
    }
}

impl Serialize for RowDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for RowDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use serde_json::{Value, json};

    use super::*;

    fn rows() -> [(Value, &'static str); 5] {
        let trip_no = "20251089500000048210000000000123";
        let at = "2025-10-13T04:00:00.000Z";
        let line = json!({
            "line_no": 1, "direction": "E", "object_type": "B", "object_id": "MGL2510130087", "vessel_name": null,
            "voyage_no": "0708251013017", "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500,
            "container_no_1": null, "container_no_2": null, "seal_no_1": null, "seal_no_2": "HN1|HN2"
        });
        let entry = json!({
            "t": "entry", "trip_no": trip_no, "unified_no": "202500000000000123", "version_no": 1, "status": "LOCKED",
            "lock_source": "GATE", "lock_gate_id": "0708-G02", "lock_lane_id": "OUT1", "lock_visit_id": "v1", "customs_code": "0708",
            "uscc": "91150781MA0N5XWB9P", "ie_flag": "I", "business_type": "1000000000", "transport_mode": "4",
            "vehicle_pass_type": "02", "medium_type": "VE", "medium_key": "E28000000001", "vehicle_weight_kg": 8600,
            "trailer_weight_kg": 6400.5, "container_weight_kg": 0, "approved_at": at, "entry_passed": true, "closing_passed": false,
            "lines": [line], "applied": {"0708-G02": {"epoch": 1, "seq": 7}}
        });
        [
            (entry, "a53bed9dcceba4b7901b5924d9009c17"),
            (
                json!({"t": "stub", "medium_type": "VN", "medium_key": "蒙LK8216", "trip_no": trip_no, "status": "SENT", "since": at}),
                "fc913d4440a732f17ccb02a8d0df5070",
            ),
            (
                json!({"t": "deny", "medium_type": "VN", "medium_key": "蒙LK8216", "reason": "布控", "since": at, "version": 7}),
                "2270181658f1db9d8cd06a5c9d05c398",
            ),
            (
                json!({"t": "policy", "scope": "yard", "customs_codes": ["0708"]}),
                "9b6a88c2c05922d18e42c016757f2cf0",
            ),
            (
                json!({"t": "policy", "scope": "lane", "gate_id": "0708-G02", "lane_id": "OUT1", "lane_direction": "OUT", "outermost": true, "gathers": ["weight", "plate"]}),
                "8747c5966e4be7fa6eee54d6c5e96162",
            ),
        ]
    }

    fn digest(row: &Value) -> RowDigest {
        RowDigest::of(&serde_json::from_value(row.clone()).unwrap())
    }

    /// Contract section 3, decision 0088: form 1 is what it was. The digests were computed apart, by a script after the decision's words; when one
    /// differs, the form is wrong and not the test. Members of a later release change nothing.
    #[test]
    fn the_form_stays_as_it_is() {
        for (mut row, told) in rows() {
            assert_eq!(digest(&row).to_string(), told, "{row}");
            row["of_a_later_release"] = json!(7);
            assert_eq!(digest(&row).to_string(), told, "{row}");
        }
    }

    /// Decision 0088: a change of any member shows, those of a line and what a gate has been told of included.
    #[test]
    fn every_member_counts() {
        let mut changed = 0;
        for (row, _) in rows() {
            let whole = digest(&row);
            for (name, value) in row.as_object().unwrap() {
                let mut other = row.clone();
                other[name] = match (name.as_str(), value) {
                    ("t" | "scope" | "lines" | "customs_codes" | "applied" | "gathers", _) => continue,
                    ("trip_no", _) => json!("20251089500000048210000000000124"),
                    ("unified_no", _) => json!("202500000000000124"),
                    ("lane_direction", _) => json!("IN"),
                    ("status", _) => json!("CLOSED"),
                    ("lock_source", _) => json!("CUSTOMS"),
                    ("customs_code", _) => json!("0709"),
                    ("uscc", _) => json!("91310115MA1H7K2R0J"),
                    ("ie_flag", _) => json!("E"),
                    ("business_type", _) => json!("0100000000"),
                    ("transport_mode", _) => json!("2"),
                    ("vehicle_pass_type", _) => Value::Null,
                    ("medium_type", _) => json!("IC"),
                    (_, Value::String(text)) if text.ends_with('Z') => json!("2025-10-13T04:00:00.001Z"),
                    (_, Value::String(text)) => json!(text.clone() + "1"),
                    (_, Value::Number(number)) if number.is_u64() => json!(number.as_u64().unwrap() + 1),
                    (_, Value::Number(_)) => json!(6400.51),
                    (_, Value::Bool(flag)) => json!(!flag),
                    (other, _) => panic!("{other}"),
                };
                assert_ne!(digest(&other), whole, "{name} of {row}");
                changed += 1;
            }
        }
        assert!(changed > 30, "only {changed} members");
        let (entry, _) = &rows()[0];
        for (place, value) in [
            ("/lines/0/line_no", json!(2)),
            ("/lines/0/direction", Value::Null),
            ("/lines/0/vessel_name", json!("")),
            ("/lines/0/pickup_weight_kg", Value::Null),
            ("/lines/0/seal_no_1", json!("HN1|HN2")),
            ("/applied/0708-G02/seq", json!(8)),
            ("/applied/0708-G02/epoch", json!(2)),
            ("/applied", json!({})),
            ("/lines", json!([])),
        ] {
            let mut other = entry.clone();
            *other.pointer_mut(place).unwrap() = value;
            assert_ne!(digest(&other), digest(entry), "{place}");
        }
    }

    /// Contract section 3: one digest has one spelling.
    #[test]
    fn a_digest_has_one_spelling() {
        let text = "00000000000000000000000000000abc";
        assert_eq!(RowDigest::parse(text).unwrap().to_string(), text);
        for wrong in ["", "abc", "00000000000000000000000000000ABC", "g0000000000000000000000000000abc"] {
            assert!(RowDigest::parse(wrong).is_err(), "{wrong}");
        }
    }
}
