//! Does every pulse that the hardware saw stand in the journal, before it and once?
//! Promises: judges by what board and arm really did (the witness), not by what the agent believes; every fault found is told.
//! Limits: knows lanes whose open coil is coil 0 of a board of their own (`LanePlan::board`).
//! Source: design promise 1; invariant I3; `contract` section 3 (`RAISE_INTENT`, `RAISE_OUTCOME`).

use std::collections::BTreeMap;

use protocols::contract::{Event, EventType, RaiseOutcome};

use crate::witness::Entry;

/// Where a lane's barrier hangs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wiring {
    /// The lane.
    pub lane_id: String,
    /// The board whose coil 0 opens it.
    pub board: String,
}

/// What agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pulses that the boards saw, each with its intent.
    pub raises: usize,
    /// Intents, with or without a pulse.
    pub intents: usize,
}

/// Witnesses' and agents' clocks are read one after the other on the same machine.
const SLACK_US: u64 = 2_000;

/// A pulse's command and the coil's change are noted within the same round of the simulator.
const COIL_AFTER_US: u64 = 50_000;

struct Intent<'a> {
    event: &'a Event,
    outcome: Option<&'a Event>,
    is_last: bool,
    pulses: Vec<&'a Entry>,
}

/// Compares all lanes; `slept_us` is [`crate::clock::slept_us`].
///
/// # Errors
/// Everything that does not agree, a sentence each.
pub fn check(
    witness: &[Entry],
    journal: &[Event],
    lanes: &[Wiring],
    slept_us: u64,
) -> Result<Tally, Vec<String>> {
    let (mut tally, mut faults) = (Tally::default(), Vec::new());
    for lane in lanes {
        let mut intents = intents(journal, &lane.lane_id);
        let pulses: Vec<&Entry> = witness.iter().filter(|entry| is_pulse(entry, lane)).collect();
        tally.raises += pulses.len();
        tally.intents += intents.len();
        for pulse in &pulses {
            let at = pulse.mono_us + slept_us;
            match intents.iter_mut().rev().find(|intent| intent.event.mono_us <= at + SLACK_US) {
                Some(intent) => intent.pulses.push(pulse),
                None => faults.push(format!(
                    "{}: the pulse that the witness saw at {} (no. {}) has no RAISE_INTENT before it",
                    lane.lane_id, pulse.at, pulse.n
                )),
            }
        }
        faults.extend(intents.iter().flat_map(|intent| intent.faults(lane, witness, slept_us)));
        faults.extend(stray_coils(witness, &pulses, lane));
    }
    if faults.is_empty() { Ok(tally) } else { Err(faults) }
}

fn intents<'a>(journal: &'a [Event], lane: &str) -> Vec<Intent<'a>> {
    let mut found: Vec<Intent<'a>> = Vec::new();
    for event in journal.iter().filter(|event| event.lane_id.as_ref().is_some_and(|id| id.as_str() == lane)) {
        if event.event_type == EventType::RaiseIntent {
            found.iter_mut().for_each(|earlier| earlier.is_last = false);
            found.push(Intent { event, outcome: None, is_last: true, pulses: Vec::new() });
        }
        if event.event_type == EventType::RaiseOutcome
            && let Some(intent) =
                found.iter_mut().rev().find(|intent| intent.event.visit_id == event.visit_id)
        {
            intent.outcome = intent.outcome.or(Some(event));
        }
    }
    found
}

/// A write that was not refused and turns the open coil on.
fn is_pulse(entry: &Entry, lane: &Wiring) -> bool {
    entry.kind == "command"
        && entry.device.as_deref() == Some(lane.board.as_str())
        && entry.refused.is_none()
        && entry.says.as_deref().is_some_and(|says| says.starts_with("coil 0 on"))
}

impl Intent<'_> {
    fn faults(&self, lane: &Wiring, witness: &[Entry], slept_us: u64) -> Vec<String> {
        let name = format!(
            "{}: RAISE_INTENT {}/{} of visit {}",
            lane.lane_id,
            self.event.epoch,
            self.event.seq,
            self.event.visit_id.as_ref().map_or("(none)", |visit| visit.as_str())
        );
        let mut faults = Vec::new();
        if self.pulses.len() > 1 {
            let seen: BTreeMap<u64, &str> =
                self.pulses.iter().map(|pulse| (pulse.n, pulse.at.as_str())).collect();
            faults.push(format!("{name} was pulsed {} times: {seen:?}", self.pulses.len()));
        }
        match self.outcome.map(|event| (event, event.outcome)) {
            Some((_, Some(RaiseOutcome::Raised))) if self.pulses.is_empty() => {
                faults.push(format!("{name} ended as raised, and the witness saw no pulse"));
            }
            Some((event, Some(RaiseOutcome::Raised))) => {
                if !arm_is_up(witness, &lane.lane_id, event.mono_us.saturating_sub(slept_us)) {
                    faults.push(format!("{name} ended as raised while the witness saw the arm not up"));
                }
            }
            Some((_, Some(RaiseOutcome::Refused))) if !self.pulses.is_empty() => {
                faults.push(format!("{name} ended as refused, and yet the board took a pulse"));
            }
            Some((_, Some(RaiseOutcome::Refused | RaiseOutcome::TimedOut | RaiseOutcome::Unknown))) => {}
            Some((event, None)) => {
                faults.push(format!("{name}: RAISE_OUTCOME {} names no outcome", event.seq))
            }
            None if self.is_last => {}
            None => faults.push(format!("{name} has no RAISE_OUTCOME, and the lane has raised again since")),
        }
        faults
    }
}

/// What the arm did last before that moment was to reach its upper end.
fn arm_is_up(witness: &[Entry], lane: &str, at: u64) -> bool {
    let moves = ["rise_started", "opened", "close_started", "closed", "stopped", "reversed", "forced"];
    let mut before = witness.iter().filter(|entry| entry.mono_us <= at + SLACK_US);
    let last = before.rfind(|entry| moves.iter().any(|movement| entry.is_arm(lane, movement)));
    last.is_some_and(|entry| matches!(entry.movement.as_deref(), Some("opened" | "forced")))
}

/// The open coil came on without a command that this check counts.
fn stray_coils(witness: &[Entry], pulses: &[&Entry], lane: &Wiring) -> Vec<String> {
    let role = format!("{} open", lane.lane_id);
    let came_on = witness
        .iter()
        .filter(|entry| entry.kind == "coil" && entry.on == Some(true) && entry.role.as_ref() == Some(&role));
    let stray = came_on.filter(|coil| {
        !pulses.iter().any(|pulse| {
            pulse.mono_us <= coil.mono_us + SLACK_US && coil.mono_us <= pulse.mono_us + COIL_AFTER_US
        })
    });
    stray
        .map(|coil| {
            format!(
                "{}: the open coil came on at {} (no. {}) without a command",
                lane.lane_id, coil.at, coil.n
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
