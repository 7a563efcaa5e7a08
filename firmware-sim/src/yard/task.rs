//! The loop that waits for bytes, orders and moments, and moves the yard on after each.
//! Promises: after any wake-up everything that is due is done before the next wait; a stop is taken between two moves.
//! Absent: the time (`clock`), the sockets' text (`control`).

use super::Yard;
use crate::clock;
use crate::control::order::Order;
use protocols::tick::Tick;
use serde_json::{Value, json};
use std::io;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// One order and the way back to the one who gave it.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub order: Order,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Value>,
}

struct Waiting {
    vehicle: u64,
    until: Option<Tick>,
    answer: oneshot::Sender<Value>,
}

/// Runs until `stop` is done or the last sender of orders is gone.
///
/// # Errors
/// The witness's file cannot be written.
pub async fn run(
    mut yard: Yard,
    mut orders: mpsc::Receiver<Asked>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    tokio::pin!(stop);
    let mut waiting: Vec<Waiting> = Vec::new();
    loop {
        let now = clock::now();
        yard.advance(now)?;
        settle(&yard, &mut waiting, now);
        let wake = waiting.iter().filter_map(|one| one.until).chain(yard.wake()).min();
        let rest = wake.map_or(Duration::from_secs(3600), |wake| wake.since(clock::now()));
        tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            () = std::future::poll_fn(|cx| yard.poll_read(cx)) => {}
            asked = orders.recv() => match asked {
                Some(Asked { order, answer }) => take(&mut yard, &mut waiting, order, answer)?,
                None => return Ok(()),
            },
            () = tokio::time::sleep(rest) => {}
        }
    }
}

fn take(
    yard: &mut Yard,
    waiting: &mut Vec<Waiting>,
    order: Order,
    answer: oneshot::Sender<Value>,
) -> io::Result<()> {
    let now = clock::now();
    if let Order::Wait { vehicle, timeout_ms } = order {
        let until = timeout_ms.map(|millis| now + Duration::from_millis(millis));
        waiting.push(Waiting { vehicle, until, answer });
        return Ok(());
    }
    // What is due before the order happens before it.
    yard.advance(now)?;
    let told = yard.obey(order, now).unwrap_or_else(|why| json!({ "error": why }));
    // The one who asked may be gone; the order holds all the same.
    let _ = answer.send(told);
    Ok(())
}

fn settle(yard: &Yard, waiting: &mut Vec<Waiting>, now: Tick) {
    let over = |one: &Waiting| {
        if let Some(outcome) = yard.outcome(one.vehicle) {
            return Some(match outcome {
                Some(outcome) => json!({ "vehicle": one.vehicle, "end": outcome.name() }),
                None => json!({ "error": format!("no vehicle {} is known", one.vehicle) }),
            });
        }
        let late = one.until.is_some_and(|until| until <= now);
        late.then(|| json!({ "error": format!("vehicle {} is still under way", one.vehicle) }))
    };
    let mut index = 0;
    while let Some(one) = waiting.get(index) {
        match over(one) {
            Some(told) => {
                let _ = waiting.swap_remove(index).answer.send(told);
            }
            None => index += 1,
        }
    }
}
