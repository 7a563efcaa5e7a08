//! 卡口: what gates are told and what they tell, `/gate/v1`.
//! `publish`: the rows of a yard's index and its revisions · `snapshot`, `changes`: how gates read them, `look`: many at once, `digests`: whether they
//! have them · `hello`, `status`: who is there, `greeting`: many at once · `intake`: their events · `policy`, `deny`: what administrators and officers
//! put into the feed, `areas`: whose records a yard shows · `yards`: which yards and
//! lanes there are · `mark`: whose past an index is · `gate_clock`: when gates' times were by the centre's clock · `upkeep`: what time removes.
//! What people see of it, as far as their `reach` goes: `overview`, `passage`: who came, `live`: what happens now, `alert`: what is wrong.
//! Promises: a revision is taken in the transaction whose effect it shows, so revisions rise in commit order without gaps.
//! Source: `contract` section 3; spec SG-202..SG-209, SG-245..SG-254.

pub mod alert;
mod areas;
pub mod changes;
pub mod deny;
pub mod digests;
pub mod gate_clock;
pub mod greeting;
pub mod hello;
pub mod intake;
pub mod live;
pub mod look;
mod mark;
pub mod overview;
pub mod passage;
pub mod policy;
pub mod publish;
pub mod reach;
mod shape;
pub mod snapshot;
pub mod upkeep;
mod yards;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::Central;

/// What persons and programs of the centre ask about gates.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(deny::list, deny::add))
        .routes(routes!(deny::remove))
        .routes(routes!(policy::get_yard, policy::put_yard))
        .routes(routes!(yards::list))
        .routes(routes!(policy::get_lane, policy::put_lane))
        .routes(routes!(overview::gates))
        .routes(routes!(overview::events))
        .routes(routes!(live::stream::stream))
        .routes(routes!(passage::search::list))
        .routes(routes!(passage::search::show))
        .routes(routes!(alert::list))
        .routes(routes!(alert::acknowledge))
}

/// What gates ask and tell. Each is read as far as it can be meant and no further: a gate may send many at once, and each is held in memory.
pub fn gates_router() -> OpenApiRouter<Central> {
    let at_most = DefaultBodyLimit::max;
    OpenApiRouter::new()
        .merge(OpenApiRouter::new().routes(routes!(hello::hello)).layer(at_most(hello::MOST_HELLO_BYTES)))
        .merge(OpenApiRouter::new().routes(routes!(hello::status)).layer(at_most(hello::MOST_STATUS_BYTES)))
        .routes(routes!(snapshot::snapshot))
        .routes(routes!(changes::changes))
        .merge(OpenApiRouter::new().routes(routes!(digests::digests)).layer(at_most(digests::MOST_BYTES)))
        .merge(OpenApiRouter::new().routes(routes!(intake::api::events)).layer(at_most(intake::MOST_BYTES)))
}

#[cfg(test)]
mod tests;
