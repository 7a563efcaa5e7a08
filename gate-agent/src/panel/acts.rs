//! `POST /api/lanes/{lane}/acts`: what a person does at a lane.
//! Promises: nothing reaches a lane without a person's PIN, a reason and a time box; a second person proves himself too, or has issued a
//! code before; what is wrong with a request is told before any PIN is looked at; an act meant for one vehicle does not meet the next one.
//! Absent on purpose: what the act does, and whether the role may (`lane`); what a code is worth (`release_code`).
//! Source: `contract` section 7; faults E5 and E6; SG-237, SG-239..SG-241, SG-223.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State as Shared, rejection::BytesRejection},
    http::StatusCode,
};
use serde_json::{Value, json};
use tracing::{info, warn};

use super::{
    asked::{Asked, Other, Signature},
    problem::Problem,
    server::App,
    state::LaneView,
};
use crate::lane::{CodeId, Person, Refusal, Second};

/// `POST /api/lanes/{lane}/acts`.
pub(super) async fn act(
    Shared(app): Shared<App>,
    Path(lane): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let Asked { first, second, deed, visit, reason, valid } = Asked::read(body)?;
    let view = app.state.lanes.iter().find(|view| view.lane_id.as_str() == lane);
    let view = view.ok_or_else(Problem::not_found)?;
    if let Some(Other::Person(second)) = &second
        && second.person.trim() == first.person.trim()
    {
        return Err(Problem::from(Refusal::NeedsSecond).about("second.person"));
    }
    let person = prove(&app, first, "pin").await?;
    let second = match second {
        Some(Other::Person(second)) => {
            Some(Second { person: prove(&app, second, "second.pin").await?, code: None })
        }
        Some(Other::Code(code)) => {
            let approved = app.state.persons.approve(&person, code, &app.state.codes).await;
            Some(approved.map_err(|denied| Problem::from(denied).about("code"))?)
        }
        None => None,
    };
    if let Some(visit) = visit {
        same_vehicle(view, &visit)?;
    }
    let (who, what) = (person.id.clone(), deed.name());
    let with = second.as_ref().map(|second| second.person.id.clone());
    let by_code = second.as_ref().and_then(|second| second.code.clone());
    let code = by_code.as_ref().map(CodeId::as_str);
    let answer = view.counter.submit(person, second, deed, &reason, valid).await;
    let result = answer.map_or_else(Refusal::code, |()| "done");
    app.state.metrics.acted(what, result);
    let said = format!("{who} at {lane}: {what}: {result}");
    match answer {
        Ok(()) => {
            info!(%lane, act = what, person.id = %who, second.id = with.as_deref(), code.id = code, "{said}");
            Ok(Json(json!({ "done": true })))
        }
        Err(refusal) => {
            warn!(%lane, act = what, person.id = %who, second.id = with.as_deref(), code.id = code, result, "{said}");
            Err(refusal.into())
        }
    }
}

async fn prove(app: &App, who: Signature, field: &'static str) -> Result<Person, Problem> {
    let proved = app.state.persons.prove(who.person.trim(), who.pin).await;
    proved.map(|entry| entry.person).map_err(|denied| Problem::from(denied).about(field))
}

/// The vehicle that the person looked at still stands there.
fn same_vehicle(view: &LaneView, visit: &str) -> Result<(), Problem> {
    if view.live.borrow().visit_id.as_ref().is_some_and(|present| present.as_str() == visit) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "other_vehicle",
        "通道内已不是您核对的车辆，请重新核对",
        "another vehicle stands in the lane than the one you looked at",
    ))
}
