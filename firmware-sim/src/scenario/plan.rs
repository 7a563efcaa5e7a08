//! One vehicle as a scenario or the control socket writes it down.
//! Promises: every duration has a default that a lorry would take.

use super::sign::SignPlan;
use protocols::contract::Kg;
use serde::{Deserialize, Serialize};

/// 车辆: who comes, what readers see of it, how it drives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VehiclePlan {
    /// For people.
    pub name: String,
    /// At which lane; needed.
    pub lane: String,
    /// When it turns up: after the start, or after the command. It waits behind another vehicle in its lane.
    pub at_ms: u64,
    /// What the lane's readers see of it.
    pub shows: Vec<Showing>,
    /// What the lane's scale feels, kg; nothing unless said.
    pub weight_kg: Option<Kg>,
    /// What it does at the barrier.
    pub drives: Drives,
    /// How long it stands at the approach loop before it gives up.
    pub patience_ms: u64,
    /// When a vehicle that backs out does so: after reaching the loop, or after the arm is up.
    pub back_out_ms: u64,
    /// How fast it drives once the arm is up.
    pub pace: Pace,
    /// What the gate should say; not judged here.
    pub expect: Option<Expect>,
}

impl Default for VehiclePlan {
    fn default() -> Self {
        Self {
            name: String::new(),
            lane: String::new(),
            at_ms: 0,
            shows: Vec::new(),
            weight_kg: None,
            drives: Drives::Passes,
            patience_ms: 15_000,
            back_out_ms: 1000,
            pace: Pace::default(),
            expect: None,
        }
    }
}

impl VehiclePlan {
    /// How long before its approach loop something of it may be seen.
    #[must_use]
    pub fn lead_ms(&self) -> u64 {
        self.shows.iter().map(|showing| showing.from_ms.min(0).unsigned_abs()).max().unwrap_or(0)
    }
}

/// What the vehicle does at the barrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drives {
    /// Waits until the arm is up, then passes; gives up after `patience_ms`.
    #[default]
    Passes,
    /// Expects a refusal: leaves after `patience_ms`; passes if the arm goes up after all.
    Leaves,
    /// Backs out `back_out_ms` after it reached the approach loop, whatever the arm does.
    BacksOutBefore,
    /// Waits until the arm is up, and backs out `back_out_ms` later without passing.
    BacksOutAfter,
    /// Follows the vehicle before it without waiting for a turn of its own, through an arm that is still up.
    Tailgates,
}

/// What a device of the lane sees of the vehicle. Times count from the moment at which the approach loop becomes occupied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Showing {
    /// What is seen; its kind says by which of the lane's devices.
    pub what: SignPlan,
    /// When it comes into view; negative is before the loop.
    #[serde(default)]
    pub from_ms: i64,
    /// How long it stays; until the vehicle is gone unless said.
    #[serde(default)]
    pub for_ms: Option<u64>,
    /// How often it comes into view.
    #[serde(default = "one")]
    pub times: u32,
    /// From one coming to the next, where there are several.
    #[serde(default)]
    pub every_ms: u64,
}

const fn one() -> u32 {
    1
}

/// How fast a vehicle drives; all but `reaction_ms` count from when it starts to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// From the arm's being up to moving.
    pub reaction_ms: u64,
    /// When it reaches the safety loop.
    pub to_safety_ms: u64,
    /// When it has left the approach loop.
    pub approach_ms: u64,
    /// When it reaches the exit loop.
    pub to_exit_ms: u64,
    /// How long it covers the safety loop.
    pub safety_ms: u64,
    /// How long it covers the exit loop.
    pub exit_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            reaction_ms: 300,
            to_safety_ms: 300,
            approach_ms: 900,
            to_exit_ms: 1000,
            safety_ms: 1200,
            exit_ms: 1200,
        }
    }
}

/// 期望: what the gate should decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// `Y`, `N` or `M`.
    pub verdict: String,
    /// A reason code, such as `ok` or `no_binding`.
    pub reason: String,
}
