//! 重量: what the scale should show, and whether it does.
//! Promises: exact in hundredths of a kilogram; the border of the tolerance is inside it.
//! Source: spec SG-228..SG-232.

use protocols::{
    contract::{EntryLine, IndexEntry, Kg},
    rules::{Direction, LaneDirection, YardPolicy},
};

/// What the declared weights add up to at one passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// The sum of all that is known.
    pub(super) gross: Kg,
    /// False when some cargo has no declared weight: then only less than `gross` is wrong (SG-228).
    pub(super) is_whole: bool,
}

/// The lines that count for a passage in this direction (SG-232): those that state it, and those that state none when the passage is
/// the laden one.
pub(super) fn lines_for(entry: &IndexEntry, direction: LaneDirection) -> impl Iterator<Item = &EntryLine> {
    let laden = entry.closing_passage();
    entry.lines.iter().filter(move |line| match line.direction {
        Some(Direction::Into) => direction == LaneDirection::In,
        Some(Direction::OutOf) => direction == LaneDirection::Out,
        None => direction == laden,
    })
}

/// SG-228, SG-229.
pub(super) fn expected(entry: &IndexEntry, direction: LaneDirection) -> Expected {
    let own = entry.vehicle_weight_kg.hundredths() + entry.trailer_weight_kg.hundredths();
    let mut lines = lines_for(entry, direction).peekable();
    if lines.peek().is_none() {
        return Expected { gross: Kg::from_hundredths(own), is_whole: true };
    }
    let (mut sum, mut is_whole) = (own + entry.container_weight_kg.hundredths(), true);
    for line in lines {
        match line.pickup_weight_kg {
            Some(kg) => sum = sum.saturating_add(kg.hundredths()),
            None => is_whole = false,
        }
    }
    if is_whole {
        return Expected { gross: Kg::from_hundredths(sum), is_whole };
    }
    // Of cargo that is only known in part the lower bound is vehicle, trailer and box alone.
    Expected { gross: Kg::from_hundredths(own + entry.container_weight_kg.hundredths()), is_whole }
}

/// SG-230: the greater of the percentage and the fixed amount.
pub(super) fn tolerance(expected: Kg, yard: &YardPolicy) -> Kg {
    // Hundredths of a kilogram times hundredths of a percent: ten thousand of these make a hundredth of a kilogram.
    let share =
        i128::from(expected.hundredths()) * i128::from(yard.weight_tolerance_pct.hundredths()) / 10_000;
    let share = i64::try_from(share).unwrap_or(i64::MAX);
    Kg::from_hundredths(share).max(yard.weight_tolerance_kg)
}

/// Whether the scale shows what it should.
pub(super) fn agrees(measured: Kg, expected: Expected, yard: &YardPolicy) -> bool {
    let allowed = tolerance(expected.gross, yard).hundredths();
    let difference = measured.hundredths().saturating_sub(expected.gross.hundredths());
    difference >= -allowed && (!expected.is_whole || difference <= allowed)
}
