//! Whose gates a person sees: a yard's operator those of the own yards, an officer those of the yards that the own offices feed,
//! headquarters and administrators all; nobody else any.

use protocols::ids::YardId;
use sea_orm::{ConnectionTrait, Value};

use super::publish;
use crate::{
    declaration::{problem::Problem, query::Conditions},
    identity::{Person, Standing},
};

/// Which gates, passages and alerts exist for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    All,
    /// Those of these yards, and, for an officer, alerts about trips of these offices.
    Yards {
        /// 场所编号.
        yards: Vec<YardId>,
        /// 关区代码.
        offices: Vec<String>,
    },
}

impl Reach {
    /// What this person sees, or 403.
    ///
    /// # Errors
    /// [`Problem::no_permission`], the store's.
    pub async fn of<C: ConnectionTrait>(conn: &C, person: &Person) -> Result<Self, Problem> {
        match &person.standing {
            Standing::Headquarters | Standing::Admin => Ok(Self::All),
            Standing::Yard(yards) => Ok(Self::Yards { yards: yards.clone(), offices: Vec::new() }),
            Standing::Officer(offices) => {
                let mut yards = Vec::new();
                for office in offices {
                    yards.extend(publish::yards_of(conn, office).await?);
                }
                yards.sort_unstable();
                yards.dedup();
                Ok(Self::Yards { yards, offices: offices.iter().map(ToString::to_string).collect() })
            }
            _ => Err(Problem::no_permission()),
        }
    }

    /// Whether it has this yard.
    #[must_use]
    pub fn has(&self, yard: &str) -> bool {
        match self {
            Self::All => true,
            Self::Yards { yards, .. } => yards.iter().any(|own| own.as_str() == yard),
        }
    }

    /// Adds the condition for rows that have a yard.
    pub fn narrow(&self, column: &str, conditions: &mut Conditions) {
        if let Self::Yards { .. } = self {
            conditions.one_of(column, self.yards());
        }
    }

    /// Adds the condition for alerts. One that names no gate is about a trip, and then of the trip's office, or about the centre itself.
    pub fn narrow_alerts(&self, conditions: &mut Conditions) {
        let Self::Yards { offices, .. } = self else { return };
        let yards = self.yards();
        let of_gates = if yards.is_empty() {
            "1 = 0".to_owned()
        } else {
            format!("gate_id IN (SELECT gate_id FROM gate WHERE yard_id IN ({}))", places(yards.len()))
        };
        if offices.is_empty() {
            return conditions.add(of_gates, yards);
        }
        let of_offices = format!(
            "gate_id IS NULL AND (trip_no IS NULL OR trip_no IN
             (SELECT trip_no FROM smart_gate_record WHERE customs_code IN ({})))",
            places(offices.len())
        );
        let values = yards.into_iter().chain(offices.iter().map(|office| office.as_str().into())).collect();
        conditions.add(format!("({of_gates} OR ({of_offices}))"), values);
    }

    fn yards(&self) -> Vec<Value> {
        match self {
            Self::All => Vec::new(),
            Self::Yards { yards, .. } => yards.iter().map(|yard| yard.as_str().into()).collect(),
        }
    }
}

/// A place for each value; one that stands alone would be taken for a list of all values.
fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}
