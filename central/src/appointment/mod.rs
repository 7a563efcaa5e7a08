//! 预约通关: clearance outside the working hours of customs, asked for by the enterprise and decided by the declaration port.
//! `draft`: sections 4 and 5, what is entered · `goods` · `rules`: sections 4 to 8 as a table · `lead_time`: section 8 · `facts`: what the
//! rules are told · `feedback`: section 10 · `cancellation`: section 11 · `explanation`: section 12 · `search`: section 13 · `lifecycle`: section
//! 14 · `signing`: what the card signs · `api`: the enterprise's face · `desk` and `customs`: the other side · `gateway`: how what was signed reaches it ·
//! `duties`: what the clock does · `view`: the JSON · `store`: all SQL.
//! ```text
//! DRAFT -> SUBMITTED -> ACCEPTED -> BOOKED -> CLEARED
//!              |            |          |-> CLEARED_NO_FEEDBACK -> CLEARED
//!              |            '----------'-> CANCELLED
//!              '------------'-> REJECTED
//! ```
//! Absent on purpose: what is only a screen's (keys, colours, tabs, printing), and the line to customs: the gateway fetches and brings
//! (AC-006, AC-213).

pub mod api;
mod cancellation;
mod customs;
pub mod desk;
pub mod draft;
pub mod duties;
mod explanation;
mod facts;
mod feedback;
mod gateway;
pub mod goods;
pub mod lead_time;
pub mod lifecycle;
mod numbers;
pub mod record;
mod rules;
mod search;
mod shape;
mod signing;
mod store;
mod view;

use utoipa_axum::router::OpenApiRouter;

use crate::app::Central;

/// The paths of the manual.
pub fn router() -> OpenApiRouter<Central> {
    api::router().merge(desk::router()).merge(gateway::router())
}

#[cfg(test)]
mod tests;
