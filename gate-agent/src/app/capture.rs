//! The capture of what devices say, where the configuration asks for one.
//! Absent: how it is written (`capture`).

use std::{sync::Arc, thread::JoinHandle};

use tokio::task::JoinSet;
use tracing::{info, warn};

use super::AppError;
use crate::{
    cache::{Cache, Policy},
    capture::{Ring, Tap, Writing},
    clock::Clock,
    config::Config,
};

/// What a capture calls the broker by; no device may be called so.
pub(crate) const BROKER: &str = "[mqtt]";
/// The source of what the centre's administrators have set.
const POLICY: &str = "[policy]";

/// A capture that is being put together, or none.
pub(super) struct Captured(Option<(Writing, JoinHandle<()>)>);

impl Captured {
    /// Begins one, where the configuration asks for it.
    pub(super) fn start(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, AppError> {
        let Some(capture) = &config.capture else { return Ok(Self(None)) };
        let ring =
            Ring { folder: capture.folder.clone(), keep: capture.keep, gate_id: config.gate.gate_id.clone() };
        info!("what devices say is captured in {}", capture.folder.display());
        Ok(Self(Some(Writing::start(ring, Arc::clone(clock))?)))
    }

    /// A way in for a driver; it leads nowhere where nothing is captured.
    pub(super) fn tap(&mut self, name: &str) -> Tap {
        self.0.as_mut().map(|(writing, _)| writing.tap(name)).unwrap_or_default()
    }

    /// All drivers have their ways in: from now on the policy is followed, which no device says.
    pub(super) fn follow(
        mut self,
        cache: &Cache,
        clock: &Arc<dyn Clock>,
        others: &mut JoinSet<()>,
    ) -> Thread {
        let tap = self.tap(POLICY);
        let Some((_, thread)) = self.0 else { return Thread(None) };
        others.spawn(follow_policy(cache.clone(), Arc::clone(clock), tap));
        Thread(Some(thread))
    }
}

/// The capture's thread, which ends behind the last driver.
pub(super) struct Thread(Option<JoinHandle<()>>);

impl Thread {
    /// Waits until all is written.
    pub(super) async fn finish(self) {
        let Some(thread) = self.0 else { return };
        if tokio::task::spawn_blocking(move || thread.join()).await.is_err() {
            warn!("the capture's thread did not end in order");
        }
    }
}

async fn follow_policy(cache: Cache, clock: Arc<dyn Clock>, tap: Tap) {
    let mut revision = cache.revision();
    let mut told: Option<Arc<Policy>> = None;
    loop {
        let now = cache.policy();
        if told.as_ref() != Some(&now) {
            tap.policy(clock.tick(), &as_json(&now));
            told = Some(now);
        }
        if revision.changed().await.is_err() {
            return;
        }
    }
}

fn as_json(policy: &Policy) -> String {
    serde_json::json!({ "yard": policy.yard, "lanes": policy.lanes }).to_string()
}
