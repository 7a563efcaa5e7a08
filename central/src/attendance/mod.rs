//! 免于到场协助查验申请: the manual of applications for staying away from an inspection.
//! `draft`, `record`: sections 3 and 4, the fields · `rules`: what must hold of them, a function a rule · `facts`: what customs says of the
//! number · `scope`: AE-060..AE-062 · `files`, `card`: section 5 · `lifecycle`, `claim`: sections 6, 7 and 11 · `search`: section 8 · `api`, `apply`,
//! `bulk`: what the applicant does · `signatures`: what was signed · `desk`, `statistics`: section 10 · `gateway`: AE-018 · `auto`: a desk that answers by itself ·
//! `view`: a record as JSON · `store`: all SQL.
//! ```text
//! SAVED -> APPLIED -> SENT_TO_CUSTOMS -> CUSTOMS_RECEIVED -> APPROVED / REJECTED
//!   ^--------- SEND_FAILED, RECEIVE_FAILED
//! ```
//! Refuses on purpose: withdrawing an application, revoking a consent, asking for supplements (AE-164, AE-165).

pub mod api;
mod apply;
pub mod auto;
mod bulk;
mod card;
mod claim;
mod desk;
mod draft;
mod facts;
mod files;
mod gateway;
pub mod lifecycle;
pub mod record;
mod rules;
mod scope;
mod search;
mod shape;
mod signatures;
mod statistics;
mod store;
mod view;

pub use record::Record;

use crate::app::Central;
use utoipa_axum::router::OpenApiRouter;

/// Every path of the manual.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .merge(api::router())
        .merge(apply::router())
        .merge(bulk::router())
        .merge(files::router())
        .merge(desk::router())
        .merge(statistics::router())
        .merge(gateway::router())
        .merge(scope::router())
}

#[cfg(test)]
mod tests;
