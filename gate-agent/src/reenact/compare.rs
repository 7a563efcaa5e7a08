//! Each visit of the journal beside what came out of the capture again.
//! Promises: every selected visit is told once, the same, different or not comparable; a visit of one side only is told too.

use std::{ops::RangeInclusive, time::Duration};

use protocols::{
    ids::{LaneId, VisitId},
    tick::Tick,
};

use super::{
    lane::Replayed,
    ledger::{Decided, Ledger, Recorded},
    stretch::{Reenacted, Stretch},
};

/// What was read so long before an arrival may be of its vehicle, and sessions need as long to find their places behind a gap.
const BEFORE: Duration = Duration::from_secs(10);
/// A visit that came out so near to the end of the journal or the capture may lie on the other side of it there.
const EDGE_MS: i64 = 5_000;
/// Both clocks of a machine go apart by less than this while it runs.
const APART_MS: u64 = 600_000;

/// Which visits are asked for.
#[derive(Clone, Debug)]
pub enum Selected {
    /// One.
    Visit(String),
    /// Those that arrived then, wall times in milliseconds.
    Within(RangeInclusive<i64>),
}

/// What came of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was decided as the journal has it.
    Same,
    /// It was decided otherwise.
    Different {
        /// By the journal.
        recorded: Vec<Decided>,
        /// Now.
        again: Vec<Decided>,
    },
    /// The capture shows a vehicle of which the journal says nothing.
    NotInJournal {
        /// What was decided about it now.
        again: Vec<Decided>,
    },
    /// The journal has a visit of which the capture shows nothing.
    NotInCapture {
        /// What the journal says.
        recorded: Vec<Decided>,
    },
    /// Nobody can say, and why.
    NotComparable(String),
}

/// One visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The journal's name of it.
    pub visit_id: Option<VisitId>,
    /// Where.
    pub lane_id: LaneId,
    /// When it began, on the wall clock, in milliseconds.
    pub arrived_ms: i64,
    /// What came of it.
    pub outcome: Outcome,
}

/// Holds what came out against the journal, in the order of arrival.
#[must_use]
pub fn compare(ledger: &Ledger, reenacted: &Reenacted, selected: &Selected) -> Vec<Finding> {
    let is_asked = |visit: &Recorded| match selected {
        Selected::Visit(wanted) => visit.visit_id.as_str() == wanted,
        Selected::Within(span) => span.contains(&visit.wall_ms),
    };
    let of_journal = ledger.visits.iter().enumerate().filter(|(_, visit)| is_asked(visit));
    let mut findings: Vec<Finding> = of_journal
        .map(|(place, visit)| Finding {
            visit_id: Some(visit.visit_id.clone()),
            lane_id: visit.lane_id.clone(),
            arrived_ms: visit.wall_ms,
            outcome: outcome(place, visit, reenacted),
        })
        .collect();
    if let Selected::Within(span) = selected {
        for stretch in &reenacted.stretches {
            let unknown = stretch.visits.iter().filter(|visit| visit.recorded.is_none());
            let unknown = unknown.filter(|visit| span.contains(&visit.wall_ms));
            findings.extend(unknown.filter_map(|visit| alone(visit, stretch, ledger)));
        }
    }
    findings.sort_by_key(|finding| finding.arrived_ms);
    findings
}

fn outcome(place: usize, visit: &Recorded, reenacted: &Reenacted) -> Outcome {
    let no = |why: &str| Outcome::NotComparable(why.to_owned());
    let holds = |stretch: &&Stretch| {
        (stretch.begin..=stretch.end).contains(&visit.arrived)
            && stretch.wall_ms(visit.arrived).abs_diff(visit.wall_ms) <= APART_MS
    };
    let Some(stretch) = reenacted.stretches.iter().find(holds) else {
        return no("nothing was captured then");
    };
    if let Some(why) = &visit.hindrance {
        return no(why);
    }
    if visit.arrived < stretch.sure_from {
        return no("what was captured begins too shortly before it");
    }
    if visit.last > stretch.end {
        return no("what was captured ends before it does");
    }
    if stretch.has_gap(shortly_before(visit.arrived), visit.last) {
        return no("there is a gap in what was captured");
    }
    let Some(again) = stretch.visits.iter().find(|again| again.recorded == Some(place)) else {
        return Outcome::NotInCapture { recorded: visit.decided.clone() };
    };
    match (&again.unknown, again.decided == visit.decided) {
        (_, true) => Outcome::Same,
        (Some(why), false) => no(why),
        (None, false) => Outcome::Different { recorded: visit.decided.clone(), again: again.decided.clone() },
    }
}

/// A visit that only the capture shows, unless it may be of what neither has.
fn alone(visit: &Replayed, stretch: &Stretch, ledger: &Ledger) -> Option<Finding> {
    let (first, last) = ledger.span()?;
    let is_inside = visit.at >= stretch.sure_from
        && (first..=last - EDGE_MS).contains(&visit.wall_ms)
        && visit.wall_ms <= stretch.wall_ms(stretch.end) - EDGE_MS;
    let has_gap = stretch.has_gap(shortly_before(visit.at), visit.at + BEFORE);
    (is_inside && !has_gap).then(|| Finding {
        visit_id: None,
        lane_id: visit.lane_id.clone(),
        arrived_ms: visit.wall_ms,
        outcome: Outcome::NotInJournal { again: visit.decided.clone() },
    })
}

fn shortly_before(at: Tick) -> Tick {
    Tick::from_micros(at.as_micros().saturating_sub(u64::try_from(BEFORE.as_micros()).unwrap_or(0)))
}
