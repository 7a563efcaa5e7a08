//! 第三方账号: log-in by providers of OpenID Connect, such as the gateways of WeChat and Alipay (PO-053, PO-067).
//! `provider`: what is asked of a provider, and what of its answer is believed · `flow`: what waits while a person is there · `link`: whose an
//! identity is · `log_in`: into a session, or to a password · `own`: list, link, unlink.
//! Promises: authorization code with PKCE; state and nonce belong to one browser and serve once; one identity is one account's. An identity
//! that is nobody's opens nothing: its owner logs in by password, and it is linked then.
//! Absent on purpose: what else a provider knows of a person; tokens of providers are not kept.

mod flow;
mod link;
mod log_in;
mod own;
pub mod provider;
#[cfg(test)]
pub(crate) mod tests;

pub use link::redeem;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::Central;

/// The paths of third parties.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(log_in::providers))
        .routes(routes!(log_in::begin))
        .routes(routes!(log_in::finish))
        .routes(routes!(own::begin))
        .routes(routes!(own::list, own::link))
        .routes(routes!(own::unlink))
}
