//! The line to the centre: with a token to this machine, with the gate's certificate to any other; and what the panel shows of it.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    clock::Clock,
    config::Config,
    identity::{IdentityFiles, IdentityKeeper, TrustedTime},
    panel,
    sync::{HttpLink, HttpLinkError, Receipts, SyncState},
};

/// The link, and over TLS whoever keeps its identity.
pub(super) fn to_the_centre(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<(HttpLink, Option<Arc<IdentityKeeper>>), HttpLinkError> {
    let (url, answer) = (config.centre.url.as_str(), config.centre.request_timeout);
    if let Some(token) = &config.centre.token {
        return Ok((HttpLink::new(url, token.expose(), answer)?, None));
    }
    let files = IdentityFiles::in_folder(&config.gate.data_dir);
    let time = Arc::new(TrustedTime::new(Arc::clone(clock), files.floor()));
    let keeper = IdentityKeeper::open(files, time);
    Ok((HttpLink::certified(url, &keeper, answer), Some(keeper)))
}

/// What is asked of the centre's receipts, and of what it tells of its index: its signature, but over plain HTTP, where nobody's authority is known.
pub(super) fn receipts(config: &Config, keeper: Option<&Arc<IdentityKeeper>>) -> Receipts {
    keeper.map_or(Receipts::Unsigned, |keeper| Receipts::signed(keeper, &config.gate.journal_file()))
}

/// What the panel shows: the gravest of what is wrong. Of a gate without a line to speak of, what is wrong with its identity says why.
pub(super) async fn show(
    mut state: watch::Receiver<SyncState>,
    identity: Option<watch::Receiver<Option<Arc<str>>>>,
    link: watch::Sender<panel::Link>,
) {
    // Over plain HTTP there is none, and nothing ever changes.
    let nothing = watch::Sender::new(None);
    let mut identity = identity.unwrap_or_else(|| nothing.subscribe());
    loop {
        let now = state.borrow_and_update().clone();
        let trouble = identity.borrow_and_update().clone();
        let alarm = now.alarm.as_ref().map(ToString::to_string);
        let refused = now.index_refused.map(|refused| refused.to_string());
        let graver = alarm.as_deref().or(refused.as_deref()).or(trouble.as_deref());
        link.send_replace(panel::Link {
            online: now.is_online(),
            clock_offset_ms: now.clock_offset_ms,
            compared_at: now.compared_at,
            repaired_rows: now.repaired.replaced + now.repaired.removed,
            error: graver.or(now.last_error.as_deref()).map(Into::into),
        });
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            changed = identity.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use protocols::tick::Tick;

    use super::*;
    use crate::{
        identity::ReceiptError,
        sync::{Alarm, IndexRefused, Line},
    };

    /// fault E3: that the centre's index is not taken is on the panel until it is, before what went wrong once; that events are held back is graver.
    #[tokio::test]
    async fn the_gravest_of_what_is_wrong_is_shown() {
        let state = watch::Sender::new(SyncState {
            line: Line::Online(Tick::default()),
            last_error: Some("a line that was cut".into()),
            alarm: None,
            index_refused: None,
            clock_offset_ms: None,
            acked_seq: 0,
            backlog: 0,
            revision: None,
            compared_at: None,
            repaired: crate::cache::Repaired::default(),
        });
        let shown = watch::Sender::new(panel::Link::default());
        let mut seen = shown.subscribe();
        let task = tokio::spawn(show(state.subscribe(), None, shown));
        let refused = IndexRefused(ReceiptError::Signature);
        let alarm = Alarm::Receipt(ReceiptError::Absent);
        for (index_refused, alarm, expected) in [
            (Some(refused), None, refused.to_string()),
            (Some(refused), Some(alarm.clone()), alarm.to_string()),
            (None, None, "a line that was cut".to_owned()),
        ] {
            state.send_modify(|state| (state.index_refused, state.alarm) = (index_refused, alarm));
            seen.wait_for(|link| link.error.as_deref() == Some(expected.as_str())).await.unwrap();
        }
        task.abort();
    }
}
