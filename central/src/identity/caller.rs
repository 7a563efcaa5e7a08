//! How a request becomes a person or a gate.
//! Promises: a token is looked for hashed, and compared in constant time where it is compared.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use protocols::ids::{GateId, YardId};

use super::{
    enterprise,
    person::{Declarant, Login, Person, Role, Standing},
};
use crate::{
    app::Central,
    config::{GateConfig, PersonConfig, TokenHash},
    declaration::problem::Problem,
};

/// Who may call, as read from the configuration.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    people: Vec<PersonConfig>,
    gates: Vec<GateConfig>,
}

impl Identities {
    /// Those of the configuration.
    #[must_use]
    pub const fn new(people: Vec<PersonConfig>, gates: Vec<GateConfig>) -> Self {
        Self { people, gates }
    }

    fn person(&self, token: &TokenHash) -> Option<&PersonConfig> {
        // No early end: every entry is compared, whichever matches.
        self.people
            .iter()
            .fold(None, |found, person| if person.token.matches(token) { Some(person) } else { found })
    }

    fn gate(&self, token: &TokenHash) -> Option<&GateConfig> {
        self.gates.iter().fold(None, |found, gate| if gate.token.matches(token) { Some(gate) } else { found })
    }
}

/// The gate that asks.
#[derive(Clone, Debug)]
pub struct GateCaller {
    /// 卡口.
    pub gate_id: GateId,
    /// Its yard.
    pub yard_id: YardId,
}

fn token(parts: &Parts) -> Result<TokenHash, Problem> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header
        .and_then(|text| text.strip_prefix("Bearer "))
        .map(TokenHash::of)
        .ok_or_else(Problem::unknown_caller)
}

impl FromRequestParts<Central> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, central: &Central) -> Result<Self, Problem> {
        let token = token(parts)?;
        let person = central.identities().person(&token).ok_or_else(Problem::unknown_caller)?;
        configured(central, person).await
    }
}

/// A person of the configuration: a program's key on a test bench, or the first administrator.
async fn configured(central: &Central, person: &PersonConfig) -> Result<Person, Problem> {
    let administrator = person.role == Role::EnterpriseAdmin;
    let standing = match (person.role, person.uscc) {
        (Role::EnterpriseAdmin | Role::EnterpriseOperator, Some(uscc)) => {
            let enterprise = enterprise::by_uscc(central.store().read(), uscc.as_str()).await?;
            Standing::Declarant(Declarant { uscc, card_no: person.card_no, enterprise, administrator })
        }
        (Role::AgencyOperator, Some(uscc)) => {
            let agency = enterprise::by_uscc(central.store().read(), uscc.as_str()).await?;
            Standing::Agency(agency.ok_or_else(Problem::no_permission)?)
        }
        (Role::EnterpriseAdmin | Role::EnterpriseOperator | Role::AgencyOperator, None) => {
            return Err(Problem::no_permission());
        }
        (Role::Individual, _) => Standing::Individual,
        (Role::CustomsOfficer, _) => Standing::Officer(person.customs_codes.clone()),
        (Role::CustomsHqOfficer, _) => Standing::Headquarters,
        (Role::PlatformAdmin, _) => Standing::Admin,
        (Role::Gateway, _) => Standing::Gateway,
        (Role::YardOperator, _) => Standing::Yard(person.yard_ids.clone()),
    };
    Ok(Person {
        account_id: None,
        name: person.name.clone(),
        role: person.role,
        login: Login::Key,
        session_id: None,
        card_no: person.card_no,
        address: None,
        standing,
    })
}

impl FromRequestParts<Central> for GateCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, central: &Central) -> Result<Self, Problem> {
        let token = token(parts)?;
        let gate = central.identities().gate(&token).ok_or_else(Problem::unknown_caller)?;
        Ok(Self { gate_id: gate.gate_id.clone(), yard_id: gate.yard_id })
    }
}
