//! What gates and administrators send, as the OpenAPI document tells it: these types are of `protocols`, which knows no documents.
//! Promises: the members of the types that are read, of the same kinds.

use serde_json::Value;

/// A gate with its journal presents itself.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Hello {
    /// 卡口.
    gate_id: String,
    /// A UUID made with the journal file; a new one gets the next epoch.
    store_id: String,
    /// The agent's version.
    version: String,
    /// The epoch of the journal's records; absent as long as it has none.
    epoch: Option<u32>,
    /// Where its index stands; absent before the first.
    #[schema(inline)]
    index: Option<Index>,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Index {
    /// The revision.
    revision: u64,
    /// Its mark: 64 lower-case hex digits, as a snapshot or the changes told it.
    mark: String,
}

/// How a gate is now.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Status {
    /// 卡口.
    gate_id: String,
    /// The gate's clock.
    at: String,
    /// Its newest event, if it has any.
    #[schema(inline)]
    head: Option<Head>,
    /// Its index's revision, if it has one.
    index_revision: Option<u64>,
    /// Seconds since the centre last confirmed the index.
    index_age_s: Option<u64>,
    /// Its lanes.
    #[schema(inline)]
    lanes: Vec<Lane>,
    /// How the gate itself is; an older agent does not tell.
    #[schema(inline)]
    health: Option<Health>,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Health {
    /// Events that the centre does not have yet.
    backlog: u64,
    /// Gate's clock minus centre's, in milliseconds.
    clock_offset_ms: Option<i64>,
    /// `opening`, `available`, `slow`, `on_reserve` or `unavailable`.
    journal: String,
    /// Why it is unavailable, in the gate's words.
    journal_error: Option<String>,
    /// What is free of the disk with its data, in mebibytes.
    disk_free_mb: Option<u64>,
    /// The whole of that disk.
    disk_total_mb: Option<u64>,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Head {
    epoch: u32,
    seq: u64,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Lane {
    /// 通道.
    lane_id: String,
    /// The state's name in lower case.
    state: String,
    /// The visit in it.
    visit_id: Option<String>,
    /// The last verdict of that visit.
    verdict: Option<String>,
    /// Its reason.
    reason_code: Option<String>,
    /// Devices of the lane that do not answer.
    faults: Vec<String>,
}

/// Events of a gate, in order.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Batch {
    /// 卡口.
    gate_id: String,
    /// The journal's epoch.
    epoch: u32,
    /// As the gate wrote them.
    #[schema(max_items = 500)]
    events: Vec<Value>,
}

/// Why events were not taken, and where the centre stands.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Refusal {
    /// `gap`, `chain` or `epoch`.
    code: String,
    /// The next event that the centre wants.
    expected_seq: u64,
    /// The hash before it.
    expected_hash: String,
}

/// What an index holds, for the centre to say whether that is what the yard shows; `sums` or `part`, not both.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Digests {
    /// How digests are made; this centre knows form 1.
    #[schema(minimum = 1, maximum = 1)]
    form: u32,
    /// The index's revision.
    revision: u64,
    /// Its mark, as a snapshot or the changes told it.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    mark: Option<String>,
    /// The whole index.
    #[schema(inline)]
    sums: Option<Sums>,
    /// A part of it.
    #[schema(inline)]
    part: Option<Part>,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Sums {
    /// Entries and stubs, in ranges of trips.
    #[schema(inline, min_items = 1)]
    trips: Vec<RangeSum>,
    /// Denied media.
    #[schema(inline)]
    denied: Sum,
    /// Rows of policy.
    #[schema(inline)]
    policy: Sum,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct RangeSum {
    /// 车次确认编号 of the range's last trip; none for the last range.
    #[schema(pattern = "^20[0-9]{2}(0[1-9]|1[0-2])[0-9]{26}$")]
    to: Option<String>,
    /// How many rows.
    rows: u64,
    /// The sum of their digests modulo 2^128.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    digest: String,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Sum {
    /// How many rows.
    rows: u64,
    /// The sum of their digests modulo 2^128.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    digest: String,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Part {
    /// `trip`, `deny` or `policy`.
    #[schema(pattern = "^(trip|deny|policy)$")]
    kind: String,
    /// Behind this key; from the first when absent.
    after: Option<String>,
    /// Up to this one; to the last when absent.
    to: Option<String>,
    /// All rows of the kind in between.
    #[schema(inline, max_items = 1000)]
    rows: Vec<KeyedDigest>,
}

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct KeyedDigest {
    /// A trip's number; `VE E28000000001`; `yard` or `lane/0708-G02/OUT1`.
    key: String,
    /// The row's digest.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    digest: String,
}

/// 场所: what holds for all lanes of a yard; what is absent takes the default.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct Yard {
    /// 关区代码 of the customs areas that feed this yard (SG-206).
    customs_codes: Vec<String>,
    /// Allowed deviation of the gross weight in percent (SG-230).
    #[schema(required = false)]
    weight_tolerance_pct: f64,
    /// Allowed deviation in kilograms; the greater of both counts (SG-230).
    #[schema(required = false)]
    weight_tolerance_kg: f64,
    /// Older than this, in hours, the index lets nobody pass by itself (SG-209).
    #[schema(required = false)]
    max_index_age_h: u32,
    /// Older than this, in days, an approval needs a person; off when absent (SG-210).
    max_binding_age_days: Option<u32>,
    /// May a yard operator release, or only an officer.
    #[schema(required = false)]
    operator_may_release: bool,
    /// How this yard writes card numbers.
    #[schema(required = false)]
    ic_key_form: String,
    /// Refuses a second usable record for one medium key (SG-107).
    #[schema(required = false)]
    one_open_record_per_medium: bool,
    /// How long acknowledged journal records are kept, in days.
    #[schema(required = false)]
    journal_keep_days: u32,
}

/// 通道: how one lane works; what is absent takes the default.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
pub(super) struct LanePolicy {
    /// The gate whose lane it is.
    gate_id: String,
    /// The lane.
    lane_id: String,
    /// Which way it leads.
    lane_direction: String,
    /// True when behind it the vehicle has left the port (SG-243).
    #[schema(required = false)]
    outermost: bool,
    /// What it must see.
    #[schema(required = false)]
    gathers: Vec<String>,
    /// How long reads are collected once a vehicle stands there, in milliseconds.
    #[schema(required = false)]
    collect_window_ms: u32,
    /// How long a vehicle may stand without a pass, in seconds (SG-237).
    #[schema(required = false)]
    lane_timeout_s: u32,
    /// How long a vehicle may take through the open barrier, in seconds.
    #[schema(required = false)]
    pass_timeout_s: u32,
    /// How old a buffered read may be and still open, in milliseconds.
    #[schema(required = false)]
    max_read_age_ms: u32,
    /// True when a manual release needs two persons.
    #[schema(required = false)]
    two_person_release: bool,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use protocols::rules::{LanePolicy, YardPolicy};
    use serde::Serialize;
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    fn same_members(told: &impl Serialize, read: &impl Serialize) {
        let names = |value: Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(json!(told)["properties"].clone()), names(json!(read)));
    }

    /// PO-331: a policy in the document has the members of the policy that is read.
    #[test]
    fn policies_are_told_as_they_are_read() {
        same_members(&super::Yard::schema(), &YardPolicy::new(Vec::new()));
        let lane: LanePolicy = serde_json::from_value(
            json!({"gate_id": "0708-G02", "lane_id": "OUT1", "lane_direction": "OUT"}),
        )
        .unwrap();
        same_members(&super::LanePolicy::schema(), &lane);
    }
}
