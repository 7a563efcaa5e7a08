//! How a request becomes a person or a gate.
//! A person comes with `Authorization: Bearer` (a key of the configuration, a session's token, an account's key) or with the cookie of a
//! session; a gate with its certificate, or on this machine with its own token.
//! Promises: tokens are looked for hashed, and compared in constant time where they are compared; a cookie that another site makes the
//! browser send does nothing; an account that is not active has no sessions and no keys; an application is asked for in a session that it
//! accepts (PO-071..PO-075).

use std::{collections::HashMap, convert::Infallible};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Method, header, request::Parts},
};
use protocols::ids::{GateId, Uscc, YardId};

use super::{
    account::{self, Account, AccountStatus},
    application::Application,
    card::{binding, refusal},
    enterprise,
    person::{Declarant, Login, Person, Role, Standing},
    session::{
        self, Shown, key,
        login::{COOKIE, wrong_way},
    },
};
use crate::{
    app::Central,
    config::{GateConfig, PersonConfig, TokenHash},
    connection::PlainPeer,
    declaration::problem::Problem,
    gate_identity::{
        certificate,
        peer::{self, Line},
    },
    store::StoreError,
};

/// Who may call, as read from the configuration.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    people: Vec<PersonConfig>,
    gates: Vec<GateConfig>,
    /// The place of each gate among them.
    by_token: HashMap<TokenHash, usize>,
}

impl Identities {
    /// Those of the configuration.
    #[must_use]
    pub fn new(people: Vec<PersonConfig>, gates: Vec<GateConfig>) -> Self {
        let by_token = gates.iter().zip(0..).map(|(gate, place)| (gate.token.clone(), place)).collect();
        Self { people, gates, by_token }
    }

    fn person(&self, token: &TokenHash) -> Option<&PersonConfig> {
        // No early end: every entry is compared, whichever matches.
        self.people
            .iter()
            .fold(None, |found, person| if person.token.matches(token) { Some(person) } else { found })
    }

    /// The gates of the configuration.
    #[must_use]
    pub fn gates(&self) -> &[GateConfig] {
        &self.gates
    }

    /// Looked up, since a thousand gates poll all day: whoever cannot choose the SHA-256 of what they send learns nothing from how long it takes.
    fn gate(&self, token: &TokenHash) -> Option<&GateConfig> {
        self.gates.get(*self.by_token.get(token)?).filter(|gate| gate.token.matches(token))
    }
}

/// The gate that asks.
#[derive(Clone, Debug)]
pub struct GateCaller {
    /// 卡口.
    pub gate_id: GateId,
    /// Its yard.
    pub yard_id: YardId,
    /// The fingerprint of its certificate; none for one of this machine.
    certificate: Option<Box<str>>,
}

impl GateCaller {
    /// Whether it is connected over TLS.
    #[must_use]
    pub const fn is_certified(&self) -> bool {
        self.certificate.is_some()
    }

    /// 401 when what it has shown does not count any more: for calls that wait.
    ///
    /// # Errors
    /// 401.
    pub async fn must_still_count(&self, central: &Central) -> Result<(), Problem> {
        let Some(fingerprint) = &self.certificate else { return Ok(()) };
        let known = certificate::by_fingerprint(central.store().read(), fingerprint).await?;
        let known = known.ok_or_else(Problem::unknown_caller)?;
        known.check(central.store().clock().now()).map_err(peer::invalid)
    }
}

/// From where a request came, as far as it is known.
#[derive(Clone, Debug)]
pub struct Address(pub Option<String>);

fn address(parts: &Parts) -> Option<String> {
    let plain = parts.extensions.get::<ConnectInfo<PlainPeer>>().map(|info| info.0.0.ip().to_string());
    plain.or_else(|| peer::address_over_tls(parts))
}

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(address(parts)))
    }
}

fn bearer(parts: &Parts) -> Option<TokenHash> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(|text| text.strip_prefix("Bearer ")).map(TokenHash::of)
}

/// The session's cookie, unless another site makes the browser write with it.
fn cookie(parts: &Parts) -> Option<TokenHash> {
    let told = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let foreign = told("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let writes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if foreign && writes {
        return None;
    }
    let pairs = told(header::COOKIE.as_str())?.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| *name == COOKIE).map(|(_, token)| TokenHash::of(token))
}

impl FromRequestParts<Central> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, central: &Central) -> Result<Self, Problem> {
        let person = known(parts, central).await?;
        let application = Application::of_path(parts.uri.path());
        if application.is_some_and(|application| !application.accepts(person.login)) {
            return Err(wrong_way());
        }
        Ok(person)
    }
}

/// Whoever it is, in whatever way they came.
async fn known(parts: &Parts, central: &Central) -> Result<Person, Problem> {
    let from = address(parts);
    let Some(token) = bearer(parts) else {
        let token = cookie(parts).ok_or_else(Problem::unknown_caller)?;
        return of_session(central, &token, from).await?.ok_or_else(Problem::unknown_caller);
    };
    if let Some(person) = central.identities().person(&token) {
        return configured(central, person, from).await;
    }
    if let Some(person) = of_session(central, &token, from.clone()).await? {
        return Ok(person);
    }
    let found = key::of_token(central.store().read(), &token).await?;
    let (account_id, scopes) = found.ok_or_else(Problem::unknown_caller)?;
    let account = active(central, &account_id).await?.ok_or_else(Problem::unknown_caller)?;
    if !key::opens(&scopes, &parts.method, parts.uri.path()) {
        return Err(Problem::no_permission());
    }
    of_account(central, &account, Login::Key, None, from).await
}

async fn active(central: &Central, account_id: &str) -> Result<Option<Account>, StoreError> {
    let account = account::by_id(central.store().read(), account_id).await?;
    Ok(account.filter(|account| account.status == AccountStatus::Active))
}

/// Whether the person is still who they were when they asked: the session is open, the account active and what it may see the same. Asking is no
/// activity of theirs (PO-069).
///
/// # Errors
/// [`StoreError`].
pub async fn is_still(central: &Central, person: &Person) -> Result<bool, StoreError> {
    if let Some(session) = &person.session_id
        && !session::is_open(central.store(), session).await?
    {
        return Ok(false);
    }
    let Some(account) = &person.account_id else { return Ok(true) };
    let account = active(central, account).await?.filter(|account| account.role == person.role);
    Ok(account.is_some_and(|account| match &person.standing {
        Standing::Officer(offices) => *offices == account.customs_codes,
        Standing::Yard(yards) => *yards == account.yard_ids,
        _ => true,
    }))
}

async fn of_session(
    central: &Central,
    token: &TokenHash,
    from: Option<String>,
) -> Result<Option<Person>, Problem> {
    let session = match session::of_token(central.store(), token).await? {
        Some(Shown::Open(session)) => session,
        Some(Shown::CardRemoved) => return Err(refusal::removed()),
        None => return Ok(None),
    };
    let Some(account) = active(central, &session.account_id).await? else { return Ok(None) };
    let (login, id) = (session.login, Some(session.id.into_boxed_str()));
    of_account(central, &account, login, id, from).await.map(Some)
}

/// The person of an account.
async fn of_account(
    central: &Central,
    account: &Account,
    login: Login,
    session_id: Option<Box<str>>,
    from: Option<String>,
) -> Result<Person, Problem> {
    let conn = central.store().read();
    let enterprise = match account.enterprise_id.as_deref() {
        Some(id) => enterprise::by_id(conn, id).await?,
        None => None,
    };
    let card_no = binding::of_account(conn, &account.id).await?.map(|bound| bound.card_no);
    let standing = match account.role {
        Role::EnterpriseAdmin | Role::EnterpriseOperator => {
            let enterprise = enterprise.ok_or_else(Problem::no_permission)?;
            let uscc = enterprise.uscc.as_deref().and_then(|uscc| Uscc::parse(uscc).ok());
            let uscc = uscc.ok_or_else(Problem::no_permission)?;
            let administrator = account.role == Role::EnterpriseAdmin;
            Standing::Declarant(Declarant { uscc, card_no, enterprise: Some(enterprise), administrator })
        }
        Role::AgencyOperator => Standing::Agency(enterprise.ok_or_else(Problem::no_permission)?),
        Role::Individual => Standing::Individual,
        Role::CustomsOfficer => Standing::Officer(account.customs_codes.clone()),
        Role::CustomsHqOfficer => Standing::Headquarters,
        Role::PlatformAdmin => Standing::Admin,
        Role::Gateway => Standing::Gateway,
        Role::YardOperator => Standing::Yard(account.yard_ids.clone()),
    };
    Ok(Person {
        account_id: Some(account.id.clone()),
        name: account.username.to_string(),
        role: account.role,
        login,
        session_id,
        card_no,
        address: from,
        standing,
    })
}

/// A person of the configuration: a program's key on a test bench, or the first administrator.
async fn configured(
    central: &Central,
    person: &PersonConfig,
    from: Option<String>,
) -> Result<Person, Problem> {
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
        address: from,
        standing,
    })
}

impl FromRequestParts<Central> for GateCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, central: &Central) -> Result<Self, Problem> {
        let line = Line::from_request_parts(parts, central).await?;
        if let Line::Tls(_) = line {
            // Apart, since it is over when the call begins, and a call may wait.
            let shown = Box::pin(line.valid_certificate(central)).await?;
            let certificate = Some(shown.fingerprint.into());
            return Ok(Self { gate_id: shown.gate_id, yard_id: shown.yard_id, certificate });
        }
        let token = bearer(parts).ok_or_else(Problem::unknown_caller)?;
        let gate = central.identities().gate(&token).ok_or_else(Problem::unknown_caller)?;
        Ok(Self { gate_id: gate.gate_id.clone(), yard_id: gate.yard_id, certificate: None })
    }
}
