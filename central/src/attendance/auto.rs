//! A desk that answers by itself, for demos and training (`desk.mode = "auto"`): hands applications over, stores them, and agrees after the delay.
//! Promises: it keeps to the rules of officers (AE-162); where customs' facts cannot be had it waits (PO-338). What waits is what the table
//! says, so a restart forgets nothing and answers nothing twice. In mode `manual` the gateway and officers do all this.

use std::time::Duration;

use protocols::contract::UtcMillis;

use super::{
    api::known_of,
    desk, gateway,
    lifecycle::State,
    record::Record,
    rules::decision::{self, Answer, Verdict},
    store,
};
use crate::{
    app::Central,
    config::{DeskConfig, DeskMode},
    declaration::{actor::Actor, lifecycle::Cause, problem::Problem, record},
};

const AT_ONCE: u32 = 200;
/// Another process may have taken an application: look again at the latest after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Answers for ever; does nothing in mode `manual`.
pub async fn run(central: Central) {
    if central.config().desk.mode == DeskMode::Manual {
        return;
    }
    loop {
        if let Err(problem) = settle_due(&central, &central.config().desk).await {
            tracing::error!(?problem, "the desk for attendance could not answer");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Does everything that is due.
///
/// # Errors
/// When the store fails; what is left waits for the next round.
pub(super) async fn settle_due(central: &Central, config: &DeskConfig) -> Result<(), Problem> {
    let now = central.store().clock().now().as_millis();
    for (state, delay) in [
        (State::Applied, config.send_delay_ms),
        (State::SentToCustoms, 0),
        (State::CustomsReceived, config.approve_delay_ms),
    ] {
        let until = UtcMillis::from_millis(now - i64::from(delay));
        for waiting in store::waiting(central.store().read(), state, until, AT_ONCE).await? {
            act(central, waiting.number(), state).await?;
        }
    }
    Ok(())
}

/// One act on a record that is in this state.
async fn act(central: &Central, number: &str, state: State) -> Result<(), Problem> {
    let found = record::find::<Record, _>(central.store().read(), number).await?;
    let Some(seen) = found.filter(|record| record.head.status == state) else { return Ok(()) };
    let verdict = if state == State::CustomsReceived {
        match known_of(central, &seen).await {
            Ok(known) => Some(known),
            Err(problem) => {
                tracing::warn!(?problem, "the desk for attendance waits for customs' facts");
                return Ok(());
            }
        }
    } else {
        None
    };
    let tx = central.store().begin().await?;
    let taken = record::take::<Record>(&tx, number).await?;
    let Some(before) = taken.filter(|record| record.head.version == seen.head.version) else { return Ok(()) };
    let cause = Cause::by(Actor::centre());
    match state {
        State::Applied => drop(gateway::moved(&tx, &before, gateway::Said::HandedOver, &cause).await?),
        State::SentToCustoms => drop(gateway::moved(&tx, &before, gateway::Said::Stored, &cause).await?),
        _ => {
            let Some(known) = verdict else { return Ok(()) };
            let agreed = Verdict { answer: Answer::Agree, form: &before.form, opinion: None, known: &known };
            let faults = decision::judge(&agreed);
            let said: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
            let (answer, opinion) = match said.as_slice() {
                [] => (Answer::Agree, None),
                said => (Answer::Disagree, Some(said.join("；"))),
            };
            desk::settle(central, &tx, &before, answer, opinion.as_deref(), Actor::customs()).await?;
        }
    }
    Ok(tx.commit().await?)
}
