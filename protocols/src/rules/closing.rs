//! 办结: which passage ends the business of a trip.
//! Source: spec SG-233, first matching case of its table.

use super::codes::{BusinessType, Direction, IeFlag, LaneDirection, PassType};

/// What of a record decides its closing passage.
#[derive(Clone, Copy, Debug)]
pub struct ClosingFacts<'a> {
    /// The directions that the lines state; `None` for a line that states none.
    pub line_directions: &'a [Option<Direction>],
    /// 过卡车辆类型 of the header.
    pub pass_type: Option<PassType>,
    /// 业务类型 of the header.
    pub business_type: BusinessType,
    /// 进出口标志 of the header.
    pub ie_flag: IeFlag,
}

/// The passage after which the trip's business is done (SG-233).
#[must_use]
pub fn closing_passage(facts: &ClosingFacts<'_>) -> LaneDirection {
    let states = |wanted| facts.line_directions.contains(&Some(wanted));
    match (states(Direction::Into), states(Direction::OutOf)) {
        (true, false) => return LaneDirection::In,
        (_, true) => return LaneDirection::Out,
        (false, false) => {}
    }
    match (facts.pass_type, facts.business_type, facts.ie_flag) {
        (Some(PassType::LadenInEmptyOut), _, _) => LaneDirection::In,
        (Some(PassType::EmptyInLadenOut | PassType::LadenInLadenOut | PassType::EmptyInEmptyOut), _, _)
        | (None, BusinessType::EmptyVehicle, _)
        | (None, _, IeFlag::Import) => LaneDirection::Out,
        (None, _, IeFlag::Export) => LaneDirection::In,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SG-233: the seven rows of the table, in order, each with a case that only its row decides.
    #[test]
    fn first_matching_row_names_the_closing_passage() {
        use BusinessType::{Declaration, EmptyVehicle};
        use LaneDirection::{In, Out};
        let (i, e) = (Some(Direction::Into), Some(Direction::OutOf));
        type Case<'a> = (&'a [Option<Direction>], Option<PassType>, BusinessType, IeFlag, LaneDirection);
        let cases: &[Case<'_>] = &[
            (&[i, None], Some(PassType::EmptyInLadenOut), Declaration, IeFlag::Import, In),
            (&[e], Some(PassType::LadenInEmptyOut), Declaration, IeFlag::Export, Out),
            (&[i, e], Some(PassType::LadenInEmptyOut), Declaration, IeFlag::Export, Out),
            (&[None], Some(PassType::LadenInEmptyOut), Declaration, IeFlag::Import, In),
            (&[None], Some(PassType::EmptyInLadenOut), Declaration, IeFlag::Export, Out),
            (&[], Some(PassType::LadenInLadenOut), Declaration, IeFlag::Export, Out),
            (&[], Some(PassType::EmptyInEmptyOut), Declaration, IeFlag::Export, Out),
            (&[], None, EmptyVehicle, IeFlag::Export, Out),
            (&[None], None, Declaration, IeFlag::Import, Out),
            (&[None], None, Declaration, IeFlag::Export, In),
        ];
        for (n, (line_directions, pass_type, business_type, ie_flag, expected)) in cases.iter().enumerate() {
            let facts = ClosingFacts {
                line_directions,
                pass_type: *pass_type,
                business_type: *business_type,
                ie_flag: *ie_flag,
            };
            assert_eq!(closing_passage(&facts), *expected, "case {n}");
        }
    }
}
