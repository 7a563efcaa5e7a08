//! `/api/lookup?q=`: what the index knows of a trip number or of a medium, as an officer asks who has a paper in his hand.
//! Promises: the same answer that a lane would get, this gate's own acts laid over; looking up changes nothing.
//! Absent on purpose: searching by container, seal or bill (SG-204): the index has no such keys yet.

use axum::{
    Json,
    extract::{Query, State as Shared},
};
use protocols::{
    contract::Denied,
    ids::{MediumKey, MediumType, TripNo},
};
use serde::{Deserialize, Serialize};

use super::{
    problem::{Field, Problem},
    server::App,
    status::{Bound, TripStatus},
    words::Words,
};
use crate::decision::View;

/// A number of a card, a tag or a trip.
const LONGEST: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    q: Option<String>,
}

/// What is known.
#[derive(Serialize)]
pub(super) struct Found {
    /// Revision and age of the index that was asked.
    revision: Option<u64>,
    age_s: Option<u64>,
    /// Usable records.
    trips: Vec<TripStatus>,
    /// Records that only give a reason.
    stubs: Vec<Stubbed>,
    /// Media on the deny list.
    denied: Vec<Denied>,
}

#[derive(Serialize)]
struct Stubbed {
    trip_no: String,
    medium_type: String,
    medium_key: String,
    status: String,
    since: String,
    reason: String,
    reason_words: Words,
}

/// `GET /api/lookup?q=`.
pub(super) async fn look_up(
    Shared(app): Shared<App>,
    question: Result<Query<Question>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Found>, Problem> {
    let q = question.ok().and_then(|Query(question)| question.q).unwrap_or_default();
    let q = q.trim();
    if !(1..=LONGEST).contains(&q.chars().count()) {
        let why =
            ("请输入车次编号、车牌、标签、卡号或条码", "type a trip number, plate, tag, card or bar code");
        return Err(Problem::members(vec![Field::new("q", why.0, why.1)]));
    }
    let cache = &app.state.cache;
    let by_trip = match TripNo::parse(q) {
        Ok(trip_no) => Some(cache.look_up_trip(&trip_no)),
        Err(_) => None,
    };
    // A number alone does not say of what it is.
    let media: Vec<(MediumType, MediumKey)> = MediumType::ALL
        .into_iter()
        .filter_map(|medium_type| Some((medium_type, MediumKey::read(medium_type, q).ok()?)))
        .collect();
    let views: Result<Vec<View>, _> = by_trip.into_iter().chain([cache.look_up(&media)]).collect();
    let views = views.map_err(|error| Problem::unreadable("index", "索引", &error))?;
    Ok(Json(found(views)))
}

fn found(views: Vec<View>) -> Found {
    let index = views.first().and_then(|view| view.index);
    let mut found = Found {
        revision: index.map(|index| index.revision),
        age_s: index.map(|index| index.age_s),
        trips: Vec::new(),
        stubs: Vec::new(),
        denied: Vec::new(),
    };
    for view in views {
        let trips = view.candidates.iter().map(|entry| TripStatus {
            trip_no: entry.trip_no.to_string(),
            version_no: entry.version_no,
            bound: Some(Bound::of(entry)),
        });
        found.trips.extend(trips);
        found.stubs.extend(view.stubs.iter().map(|stub| Stubbed {
            trip_no: stub.trip_no.to_string(),
            medium_type: stub.medium_type.to_string(),
            medium_key: stub.medium_key.to_string(),
            status: stub.status.to_string(),
            since: stub.since.to_string(),
            reason: stub.reason().to_string(),
            reason_words: Words::of_reason(stub.reason()),
        }));
        found.denied.extend(view.denied);
    }
    found
}
