//! 人工操作: what a person at the gate may do to the vehicle in a lane.
//! Promises: every act names its person and reason; what nobody may do (by role and policy) is refused before it reaches the lane;
//! an act whose time box has run out moves nothing, on the monotonic clock.
//! Absent on purpose: proving who the person is (`panel`), what a release code is worth (`release_code`), changing what was declared.
//! Source: `contract` section 7; spec SG-237, SG-239, SG-240, SG-241; `gate-practice` sections 6 and 7.

use protocols::{
    contract::Kg,
    ids::{ContainerNo, MediumKey, MediumType, SealNo, TripNo},
    rules::{LanePolicy, YardPolicy},
    tick::Tick,
};
use serde::{Deserialize, Serialize};

use crate::journal::{CLOSE_LANE, OPEN_LANE};

/// 操作人员: who acts, as the panel proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Stands in `officer_id` of events.
    pub id: Box<str>,
    /// What he is.
    pub role: Role,
}

/// 角色 of a person at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// 海关关员.
    Officer,
    /// 场所操作员.
    Operator,
}

/// 放行码编号: names a release code in events and lists. It is no secret, and opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeId(Box<str>);

impl CodeId {
    /// As it stands in a record.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// As it is written into one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The second person of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Second {
    /// Who.
    pub person: Person,
    /// By which code of his, issued before; none when he stands there and has proved himself.
    pub code: Option<CodeId>,
}

/// What a person does. The lane answers with [`Refusal`] or takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Whose answer this is waiting for; the lane names it in its answer.
    pub number: u64,
    /// Who.
    pub person: Person,
    /// The second person, where the policy asks for two.
    pub second: Option<Second>,
    /// What.
    pub what: Deed,
    /// Why, in the person's words.
    pub reason: Box<str>,
    /// The end of the time box: not carried out by then, it never will be.
    pub until: Tick,
}

/// The deed itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// 人工放行 (SG-239): opens, for this trip or for none.
    Release {
        /// The trip that the person names; without it the one that the lane matched, if any.
        trip: Option<TripNo>,
    },
    /// 退回 (SG-237): sends the vehicle back.
    SendBack,
    /// 空车离场 (SG-241): lets the vehicle out without the cargo.
    EmptyExit,
    /// 更正 (SG-240): types a reading that no device gave, or gave wrongly. The gate then judges anew.
    Correct(Correction),
    /// Names one of the trips that the decision offered (SG-223). The gate then judges that one.
    Choose(TripNo),
    /// 关闭通道: no vehicle is let through by itself.
    CloseLane,
    /// 开放通道: undoes that.
    OpenLane,
}

impl Deed {
    /// Its name on the panel's wire and in logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Release { .. } => "release",
            Self::SendBack => "send_back",
            Self::EmptyExit => "empty_exit",
            Self::Correct(_) => "correct",
            Self::Choose(_) => "choose",
            Self::CloseLane => CLOSE_LANE,
            Self::OpenLane => OPEN_LANE,
        }
    }
}

/// A reading as a person gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// A medium.
    Medium(MediumType, MediumKey),
    /// All boxes on the vehicle; none for an empty one.
    Containers(Vec<ContainerNo>),
    /// All seals on the boxes.
    Seals(Vec<SealNo>),
    /// The weight that the indicator shows.
    Weight(Kg),
}

/// Why an act was not taken. A value, not an error: the panel shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// This role may not do this at this yard.
    NotAllowed,
    /// The lane's policy asks for a second, different person.
    NeedsSecond,
    /// Nobody stands in the lane.
    NoVehicle,
    /// The barrier is already moving, or the lane is about to move it.
    Moving,
    /// The named trip is not among what the lane knows of this vehicle.
    UnknownTrip,
    /// It has no meaning in this lane or at this moment, such as an empty exit at an entry.
    OutOfPlace,
    /// The time box is over.
    Expired,
    /// The release code has opened before, or is opening in another lane now.
    CodeUsed,
    /// It could not be recorded, so nothing moves.
    NotRecorded,
}

impl Refusal {
    /// Its stable code on the panel's wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::NeedsSecond => "needs_second",
            Self::NoVehicle => "no_vehicle",
            Self::Moving => "moving",
            Self::UnknownTrip => "unknown_trip",
            Self::OutOfPlace => "out_of_place",
            Self::Expired => "expired",
            Self::CodeUsed => "code_used",
            Self::NotRecorded => "not_recorded",
        }
    }
}

/// Whether these persons may do this here; the lane's shell asks before it hands the act to the lane.
///
/// # Errors
/// [`Refusal::NotAllowed`] and [`Refusal::NeedsSecond`].
pub fn permitted(act: &Act, lane: &LanePolicy, yard: &YardPolicy) -> Result<(), Refusal> {
    let opens = matches!(act.what, Deed::Release { .. } | Deed::EmptyExit);
    let may_open = |person: &Person| person.role == Role::Officer || yard.operator_may_release;
    // Which of several trips a vehicle has is an officer's word (SG-223).
    let may_choose = act.person.role == Role::Officer || yard.operator_may_release;
    let allowed = match act.what {
        Deed::Release { .. } | Deed::EmptyExit => may_open(&act.person),
        Deed::Choose(_) => may_choose,
        Deed::SendBack | Deed::Correct(_) | Deed::CloseLane | Deed::OpenLane => true,
    };
    if !allowed {
        return Err(Refusal::NotAllowed);
    }
    if opens && lane.two_person_release {
        match &act.second {
            None => return Err(Refusal::NeedsSecond),
            Some(second) if second.person.id == act.person.id => return Err(Refusal::NeedsSecond),
            Some(second) if !may_open(&second.person) => return Err(Refusal::NotAllowed),
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols::{
        ids::{CustomsCode, GateId, LaneId},
        rules::LaneDirection,
    };

    fn person(id: &str, role: Role) -> Person {
        Person { id: id.into(), role }
    }

    fn act(person: Person, second: Option<Person>, what: Deed) -> Act {
        let second = second.map(|person| Second { person, code: None });
        Act { number: 1, person, second, what, reason: "test".into(), until: Tick::default() }
    }

    /// Contract section 7; SG-239: releasing is an officer's, and an operator's only where the yard says so.
    #[test]
    fn an_operator_releases_only_by_the_yards_policy() {
        let gate_id = GateId::parse("0708-G02").unwrap();
        let lane = LanePolicy::new(gate_id, LaneId::parse("IN1").unwrap(), LaneDirection::In);
        let mut yard = YardPolicy::new(vec![CustomsCode::parse("0708").unwrap()]);
        let release = |role| act(person("a", role), None, Deed::Release { trip: None });
        assert_eq!(permitted(&release(Role::Officer), &lane, &yard), Ok(()));
        assert_eq!(permitted(&release(Role::Operator), &lane, &yard), Err(Refusal::NotAllowed));
        for what in [Deed::SendBack, Deed::Correct(Correction::Weight(Kg::default())), Deed::CloseLane] {
            assert_eq!(permitted(&act(person("a", Role::Operator), None, what), &lane, &yard), Ok(()));
        }
        yard.operator_may_release = true;
        assert_eq!(permitted(&release(Role::Operator), &lane, &yard), Ok(()));
    }

    /// fault E6: where two persons are asked for, one person is not two.
    #[test]
    fn a_release_by_two_needs_two_different_persons() {
        let gate_id = GateId::parse("0708-G02").unwrap();
        let mut lane = LanePolicy::new(gate_id, LaneId::parse("IN1").unwrap(), LaneDirection::In);
        lane.two_person_release = true;
        let yard = YardPolicy::new(vec![CustomsCode::parse("0708").unwrap()]);
        let officer = |id: &str| person(id, Role::Officer);
        let release = |second| act(officer("a"), second, Deed::Release { trip: None });
        assert_eq!(permitted(&release(None), &lane, &yard), Err(Refusal::NeedsSecond));
        assert_eq!(permitted(&release(Some(officer("a"))), &lane, &yard), Err(Refusal::NeedsSecond));
        let operator = Some(person("b", Role::Operator));
        assert_eq!(permitted(&release(operator), &lane, &yard), Err(Refusal::NotAllowed));
        assert_eq!(permitted(&release(Some(officer("b"))), &lane, &yard), Ok(()));
    }

    /// fault E6: a code of one's own is no second person, and an operator's is worth no more than the operator.
    #[test]
    fn a_code_is_worth_what_its_issuer_is() {
        let gate_id = GateId::parse("0708-G02").unwrap();
        let mut lane = LanePolicy::new(gate_id, LaneId::parse("IN1").unwrap(), LaneDirection::In);
        lane.two_person_release = true;
        let yard = YardPolicy::new(vec![CustomsCode::parse("0708").unwrap()]);
        let by_code_of = |id: &str, role| {
            let second = Second { person: person(id, role), code: Some(CodeId::new("K7M")) };
            let release = act(person("a", Role::Officer), None, Deed::Release { trip: None });
            permitted(&Act { second: Some(second), ..release }, &lane, &yard)
        };
        assert_eq!(by_code_of("b", Role::Officer), Ok(()));
        assert_eq!(by_code_of("a", Role::Officer), Err(Refusal::NeedsSecond));
        assert_eq!(by_code_of("b", Role::Operator), Err(Refusal::NotAllowed));
    }
}
