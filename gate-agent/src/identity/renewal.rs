//! 证书更新: the next certificate in time, from two thirds of the life of the present one on, and after its end with approval.
//! Promises: gates do not ask all at once; a failure is told with its reason and tried again within the time that is left; nothing else
//! waits for it; a gate that is enrolled again meanwhile speaks with its new identity within seconds.
//! Source: fault B1, fault C9; docs/decisions 0080.

use std::{sync::Arc, time::Duration};

use protocols::contract::UtcMillis;
use tokio::time::sleep;

use super::{
    file::Identity,
    keeper::{IdentityKeeper, with_cause},
};
use crate::sync::{HttpLink, LinkError, Renewed};

/// How often the folder and the time are looked at.
const LOOK: Duration = Duration::from_secs(5);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Looks after the certificate for as long as the program runs.
pub async fn run(keeper: Arc<IdentityKeeper>, link: HttpLink) {
    // Evenly over a tenth of a life, so that gates that were enrolled together do not come together.
    let jitter = rand::random_range(0..=1000);
    loop {
        keeper.look();
        let identity = keeper.current().borrow().clone();
        let had_expired = keeper.has_expired();
        let pause = match &identity {
            None => LOOK,
            Some(identity) => {
                let now = keeper.time().now();
                if now >= due(identity, jitter) || had_expired {
                    renew(&keeper, &link, identity).await
                } else {
                    // What was in the way of an attempt, by a time that has been put right since, is in the way of nothing.
                    keeper.in_trouble(None);
                    let left = due(identity, jitter).as_millis() - now.as_millis();
                    Duration::from_millis(left.unsigned_abs()).clamp(Duration::from_millis(100), LOOK)
                }
            }
        };
        wait(&keeper, pause, |keeper| {
            *keeper.current().borrow() != identity || (keeper.has_expired() && !had_expired)
        })
        .await;
    }
}

/// Waits so long, or until the folder or the centre has told something else: whoever enrols the gate meanwhile, or a line that comes back,
/// does not wait for the next attempt.
async fn wait(keeper: &IdentityKeeper, mut pause: Duration, is_other: impl Fn(&IdentityKeeper) -> bool) {
    while !pause.is_zero() {
        let step = pause.min(LOOK);
        sleep(step).await;
        pause -= step;
        keeper.look();
        if is_other(keeper) {
            return;
        }
    }
}

/// Two thirds of the life, and up to a tenth more.
fn due(identity: &Identity, jitter: i64) -> UtcMillis {
    let (from, life) = (identity.not_before.as_millis(), life(identity));
    UtcMillis::from_millis(from + life / 3 * 2 + life / 10 * jitter / 1000)
}

fn life(identity: &Identity) -> i64 {
    (identity.not_after.as_millis() - identity.not_before.as_millis()).max(0)
}

/// One attempt; how long to wait before the next look.
async fn renew(keeper: &IdentityKeeper, link: &HttpLink, identity: &Identity) -> Duration {
    let again =
        Duration::from_millis(life(identity).unsigned_abs() / 60).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    let asked = keeper.asking_key().and_then(|key| Ok((key.request()?, key)));
    let (request, key) = match asked {
        Ok(asked) => asked,
        Err(error) => {
            keeper.in_trouble(Some(&format!("no next certificate can be asked for: {}", with_cause(&error))));
            return again;
        }
    };
    match link.renew(request).await {
        Ok(Renewed::Certified(answered)) => match keeper.take(identity, &key, answered) {
            Ok(()) => LOOK,
            Err(error) => {
                keeper.in_trouble(Some(&format!(
                    "the next certificate cannot be kept: {}",
                    with_cause(&error)
                )));
                again
            }
        },
        Ok(Renewed::Waits(waits)) => {
            let what = format!(
                "the certificate expired at {}; since {} the next one waits for an administrator of the centre",
                identity.not_after, waits.since
            );
            keeper.in_trouble(Some(&what));
            Duration::from_secs(waits.ask_again_s.into()).clamp(LOOK, LONGEST_PAUSE)
        }
        // By the centre's clock it is not time yet: what it said by a wrong one before is over.
        Err(LinkError::Unexpected(said)) if said.contains("GATE_RENEWAL_EARLY") => {
            keeper.settled();
            again
        }
        Err(error) => {
            keeper.in_trouble(Some(&format!(
                "the certificate, good until {}, is not renewed: {error}",
                identity.not_after
            )));
            again
        }
    }
}
