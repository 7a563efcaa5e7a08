//! A gate with its lanes as it is now: what it said last and when, how its index, its clock and its journal are, and the last vehicle of each lane.
//! Promises: a lane that the policy has and a gate that the configuration has are shown before they have ever said a word.

use std::collections::BTreeMap;

use protocols::{
    contract::{LaneLive, LiveStatus, PolicyRow, UtcMillis},
    rules::LanePolicy,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    app::Central,
    gate_feed::{
        passage::{Passage, reason},
        publish::POLICY,
        reach::Reach,
    },
    store::{StoreError, all, column, from_json, one},
};

/// A gate that has not been heard for so long is silent; it says how it is at least every ten seconds.
pub const SILENT_AFTER_S: u32 = 30;

/// Since when a lane is as it is, by the centre's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    state: String,
    visit_id: Option<String>,
    at: UtcMillis,
}

/// The same by lane.
pub type Lanes = BTreeMap<String, Since>;

/// Since when each lane of a new status is as it is.
#[must_use]
pub fn since(before: &Lanes, live: &LiveStatus, now: UtcMillis) -> Lanes {
    let lane = |lane: &LaneLive| {
        let visit_id = lane.visit_id.as_ref().map(ToString::to_string);
        let same = before.get(lane.lane_id.as_str());
        let same = same.filter(|same| same.state == lane.state && same.visit_id == visit_id);
        let at = same.map_or(now, |same| same.at);
        (lane.lane_id.to_string(), Since { state: lane.state.clone(), visit_id, at })
    };
    live.lanes.iter().map(lane).collect()
}

/// The gates that this person sees; those that moved after a number, or all.
///
/// # Errors
/// [`StoreError`].
pub async fn gates<C: ConnectionTrait>(
    conn: &C,
    central: &Central,
    reach: &Reach,
    after: Option<i64>,
) -> Result<Vec<Value>, StoreError> {
    let sql = "SELECT g.gate_id, g.yard_id, g.epoch, g.agent_version, g.seen_at, g.live, g.lanes, e.seq, e.hash, y.revision
               FROM gate g JOIN gate_epoch e ON e.gate_id = g.gate_id AND e.epoch = g.epoch
               LEFT JOIN yard y ON y.yard_id = g.yard_id WHERE g.moved > $1 ORDER BY g.gate_id";
    let rows = all(conn, sql, [after.unwrap_or(-1).into()]).await?;
    let mut shown = BTreeMap::new();
    for row in &rows {
        let (gate, yard): (String, String) = (column(row, "gate_id")?, column(row, "yard_id")?);
        if reach.has(&yard) {
            let gate_shown = heard(conn, row, (&gate, &yard)).await?;
            shown.insert(gate, gate_shown);
        }
    }
    if after.is_none() {
        for gate in central.identities().gates() {
            let (id, yard) = (gate.gate_id.as_str(), gate.yard_id.as_str());
            if reach.has(yard) && !shown.contains_key(id) {
                let lanes = lanes(conn, (id, yard), None, &Lanes::new()).await?;
                let never = json!({
                    "gate_id": id, "yard_id": yard, "epoch": null, "seq": null, "hash": null, "agent_version": null,
                    "seen_at": null, "live": null, "unsent": null, "yard_revision": null, "lanes": lanes,
                });
                shown.insert(id.to_owned(), never);
            }
        }
    }
    Ok(shown.into_values().collect())
}

async fn heard<C: ConnectionTrait>(
    conn: &C,
    row: &QueryResult,
    (gate, yard): (&str, &str),
) -> Result<Value, StoreError> {
    let live: Option<String> = column(row, "live")?;
    let live: Option<Value> = live.map(|text| from_json("live status", &text)).transpose()?;
    let since: Lanes = from_json("lanes", &column::<String>(row, "lanes")?)?;
    let (epoch, seq): (i64, i64) = (column(row, "epoch")?, column(row, "seq")?);
    let head = live.as_ref().and_then(|live| live.get("head"));
    let number = |name: &str| head.and_then(|head| head.get(name)).and_then(Value::as_i64);
    // What the gate has written and the centre does not have: all of the journal's newest epoch that is not stored yet.
    let unsent = number("seq").filter(|_| number("epoch") == Some(epoch)).map(|head| (head - seq).max(0));
    let lanes = lanes(conn, (gate, yard), live.as_ref(), &since).await?;
    Ok(json!({
        "gate_id": gate, "yard_id": yard, "epoch": epoch, "seq": seq,
        "hash": column::<String>(row, "hash")?, "agent_version": column::<String>(row, "agent_version")?,
        "seen_at": UtcMillis::from_millis(column(row, "seen_at")?), "live": live, "unsent": unsent,
        "yard_revision": column::<Option<i64>>(row, "revision")?, "lanes": lanes,
    }))
}

/// The lanes that the policy has, and those that the gate says it has.
async fn lanes<C: ConnectionTrait>(
    conn: &C,
    (gate, yard): (&str, &str),
    live: Option<&Value>,
    since: &Lanes,
) -> Result<Vec<Value>, StoreError> {
    let sql = "SELECT body FROM index_row WHERE yard_id = $1 AND kind = $2 AND name >= $3 AND name < $4";
    // All names that begin with `gate/`: `0` is the sign after the stroke.
    let values = [yard.into(), POLICY.into(), format!("{gate}/").into(), format!("{gate}0").into()];
    let rows = all(conn, sql, values).await?;
    let mut found: BTreeMap<String, (Option<LanePolicy>, Option<LaneLive>)> = BTreeMap::new();
    for row in &rows {
        let policy: PolicyRow = from_json("lane policy", &column::<String>(row, "body")?)?;
        if let PolicyRow::Lane(policy) = policy
            && policy.gate_id.as_str() == gate
        {
            found.insert(policy.lane_id.to_string(), (Some(policy), None));
        }
    }
    let told = live.and_then(|live| live.get("lanes")).and_then(Value::as_array);
    for lane in told.into_iter().flatten() {
        let lane: LaneLive = serde_json::from_value(lane.clone())
            .map_err(|source| StoreError::Document { what: "live lane", source })?;
        let (_, live) = found.entry(lane.lane_id.to_string()).or_default();
        *live = Some(lane);
    }
    let mut shown = Vec::new();
    for (lane_id, (policy, live)) in found {
        let last = last(conn, gate, &lane_id).await?;
        shown.push(json!({
            "lane_id": lane_id,
            "lane_direction": policy.as_ref().map(|policy| policy.lane_direction)
                .or_else(|| last.as_ref().and_then(|last| last.lane_direction)),
            "outermost": policy.is_some_and(|policy| policy.outermost),
            "state": live.as_ref().map(|live| live.state.clone()),
            "since": since.get(&lane_id).map(|since| since.at),
            "visit_id": live.as_ref().and_then(|live| live.visit_id.clone()),
            "verdict": live.as_ref().and_then(|live| live.verdict),
            "reason": live.as_ref().and_then(|live| live.reason_code).map(reason),
            "faults": live.as_ref().map(|live| live.faults.clone()).unwrap_or_default(),
            "last": last.map(|last| last.shown()),
        }));
    }
    Ok(shown)
}

/// The lane's newest passage.
async fn last<C: ConnectionTrait>(conn: &C, gate: &str, lane: &str) -> Result<Option<Passage>, StoreError> {
    let sql = "SELECT doc FROM passage WHERE gate_id = $1 AND lane_id = $2 ORDER BY began_at DESC, number DESC LIMIT 1";
    let row = one(conn, sql, [gate.into(), lane.into()]).await?;
    row.map(|row| from_json("passage", &column::<String>(&row, "doc")?)).transpose()
}
