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

/// What gates ask and tell.
pub fn gates_router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(hello::hello))
        .routes(routes!(hello::status))
        .routes(routes!(snapshot::snapshot))
        .routes(routes!(changes::changes))
        .routes(routes!(digests::digests))
        .routes(routes!(intake::api::events))
}

#[cfg(test)]
mod tests;
