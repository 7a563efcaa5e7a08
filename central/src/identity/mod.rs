//! Who is asking: the person behind a portal token, or the gate behind a gate token.
//! Promises: tokens are compared hashed and in constant time; every handler gets its caller through one extractor, so none can
//! forget to ask. Another enterprise's record does not exist for a person (SG-022).
//! Absent on purpose: accounts, passwords and cards; until they are there, the configuration names the people.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use protocols::ids::{CardNo, CustomsCode, GateId, Uscc, YardId};

use crate::{
    app::Central,
    config::{GateConfig, PersonConfig, Role, TokenHash},
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

/// 操作人员 or 关员: the person who asks.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user name.
    pub name: String,
    /// What the person is.
    pub standing: Standing,
}

/// What a person is.
#[derive(Clone, Debug)]
pub enum Standing {
    /// 操作人员 of an enterprise.
    Declarant(Declarant),
    /// 关员 of these customs areas.
    Officer(Vec<CustomsCode>),
    /// Keeps yards and lanes.
    Admin,
}

/// 操作人员.
#[derive(Clone, Copy, Debug)]
pub struct Declarant {
    /// 统一社会信用代码.
    pub uscc: Uscc,
    /// The bound card (SG-018).
    pub card_no: Option<CardNo>,
}

impl Person {
    /// The declarant, or 403.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn declarant(&self) -> Result<Declarant, Problem> {
        match &self.standing {
            Standing::Declarant(declarant) => Ok(*declarant),
            Standing::Officer(_) | Standing::Admin => Err(Problem::no_permission()),
        }
    }

    /// The officer's areas, or 403.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn officer(&self) -> Result<&[CustomsCode], Problem> {
        match &self.standing {
            Standing::Officer(areas) => Ok(areas),
            Standing::Declarant(_) | Standing::Admin => Err(Problem::no_permission()),
        }
    }

    /// 403 unless an officer or an administrator.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn must_oversee(&self) -> Result<(), Problem> {
        match &self.standing {
            Standing::Officer(_) | Standing::Admin => Ok(()),
            Standing::Declarant(_) => Err(Problem::no_permission()),
        }
    }

    /// 403 unless an administrator.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn must_administer(&self) -> Result<(), Problem> {
        match &self.standing {
            Standing::Admin => Ok(()),
            Standing::Declarant(_) | Standing::Officer(_) => Err(Problem::no_permission()),
        }
    }

    /// Whether a record of this enterprise in this area exists for the person (SG-022).
    #[must_use]
    pub fn sees(&self, uscc: &Uscc, area: &CustomsCode) -> bool {
        match &self.standing {
            Standing::Declarant(declarant) => declarant.uscc == *uscc,
            Standing::Officer(areas) => areas.contains(area),
            Standing::Admin => false,
        }
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
        let standing = match (person.role, person.uscc) {
            (Role::Declarant, Some(uscc)) => Standing::Declarant(Declarant { uscc, card_no: person.card_no }),
            (Role::Declarant, None) => return Err(Problem::no_permission()),
            (Role::Officer, _) => Standing::Officer(person.customs_codes.clone()),
            (Role::Admin, _) => Standing::Admin,
        };
        Ok(Self { name: person.name.clone(), standing })
    }
}

impl FromRequestParts<Central> for GateCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, central: &Central) -> Result<Self, Problem> {
        let token = token(parts)?;
        let gate = central.identities().gate(&token).ok_or_else(Problem::unknown_caller)?;
        Ok(Self { gate_id: gate.gate_id.clone(), yard_id: gate.yard_id })
    }
}
