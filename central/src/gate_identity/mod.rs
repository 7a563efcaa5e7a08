//! 卡口身份: how a gate gets to be known, stays known, and is known no more.
//! `authority`: the centre's own, by which both ends are certified · `certificate`: what was issued, and what of it counts · `code`: what a
//! gate enrols with · `enrol`, `renew`: how gates get certificates · `peer`: who is at the other end of a request · `listener`: TLS ·
//! `receipt`: what the centre has of a gate's events, signed · `index`: what it tells of an index, signed · `admin`: what administrators see
//! and do · `upkeep`: what changes while the service runs.
//! Promises: a client without a certificate that counts reaches health, enrolment and renewal, and nothing else; a gate's key never
//! leaves the gate; each enrolment, renewal, revocation and decision is in the log.
//! Absent on purpose: cards of people (`identity::card`), whose keys are of other kinds.
//! Source: `design` section 4; fault C9, fault C10; docs/decisions 0080, 0081, 0083, 0087.

mod admin;
pub mod authority;
pub mod certificate;
mod code;
mod enrol;
pub mod index;
mod issue;
pub mod listener;
pub mod peer;
pub mod receipt;
mod renew;
mod shape;
pub mod upkeep;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::Central;

/// A code, or nothing, and a request for a certificate, which is about 1 KB. Whoever sends it is nobody yet: what he may have the centre hold is little.
const MOST_BYTES: usize = 16 * 1024;

/// What administrators ask and do.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(admin::make_code))
        .routes(routes!(admin::list))
        .routes(routes!(admin::revoke))
        .routes(routes!(admin::approve))
        .routes(routes!(admin::refuse))
}

/// What gates ask.
pub fn gates_router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(enrol::enrol))
        .routes(routes!(renew::renew))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

#[cfg(test)]
pub(crate) mod tests;
