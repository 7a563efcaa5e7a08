//! 手机盾: a passkey of the account on a phone, which opens sessions and signs by its PIN or its owner's finger (PO-052, PO-066, PO-105).
//! `client_data`, `authenticator`, `key`: what a shield's answer consists of · `ceremony`: what is believed of it · `challenge`: what it
//! answers to · `options`: what a browser is asked for · `store`: the rows · `own`: apply, list, rename, renew, withdraw · `members`: what an
//! enterprise's administrator sees and withdraws · `log_in`: on the same device · `request`: by a code on another screen · `signature`: over
//! the acts of a statement.
//! Promises: user verification always; a withdrawn shield opens and signs nothing, and the sessions that shields opened end with it.
//! Absent on purpose: attestation; passkeys of officers, who have cards (PO-068).

mod authenticator;
mod ceremony;
mod challenge;
mod client_data;
mod key;
mod log_in;
mod members;
mod options;
mod own;
mod request;
pub mod signature;
mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use ceremony::{Assertion, Registration};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::card::refusal;
use crate::{app::Central, declaration::problem::Problem};

/// The paths of shields.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(own::challenge))
        .routes(routes!(own::list, own::apply))
        .routes(routes!(own::rename))
        .routes(routes!(own::renew))
        .routes(routes!(own::withdraw))
        .routes(routes!(own::requests))
        .routes(routes!(members::list))
        .routes(routes!(members::withdraw))
        .routes(routes!(log_in::challenge))
        .routes(routes!(log_in::log_in))
        .routes(routes!(request::ask))
        .routes(routes!(request::show))
        .routes(routes!(request::confirm))
        .routes(routes!(request::refuse))
        .routes(routes!(request::collect))
}

/// Why the answer of a shield is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("a member is not what browsers write: base64url of some kilobytes, of type public-key")]
    Encoding,
    #[error("the client data cannot be read")]
    ClientData,
    #[error("it answers another ceremony than the one asked for")]
    Ceremony,
    #[error("it answers another challenge, or one that serves no more")]
    Challenge,
    #[error("it was asked by a page that is not the portal's")]
    Origin,
    #[error("the authenticator data cannot be read")]
    AuthenticatorData,
    #[error("it works for another site")]
    Site,
    #[error("nobody was there")]
    Presence,
    #[error("the person was not verified by PIN or otherwise")]
    Verification,
    #[error("its key is none of ES256 or Ed25519")]
    Key,
    #[error("the signature does not hold")]
    Signature,
    #[error("it has signed less often than it did before: there is a copy of it")]
    Counter,
    #[error("no shield of this platform answers to this credential")]
    Unknown,
    #[error("the shield has run out; renew it")]
    Expired,
    #[error("the shield belongs to another account")]
    Account,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        refusal::invalid(&fault.to_string())
    }
}
