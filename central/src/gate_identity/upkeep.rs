//! What keeps the line to the gates in order while the service runs: authorities that came or went, and the centre's own certificate.
//! Promises: another authority in the folder is taken up within seconds, in each process of a database; a folder that cannot be read
//! changes nothing; that the clock was ahead when gates were certified is in the log when it is put right, and at each start while it shows.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use protocols::{contract::UtcMillis, ids::GateId};

use super::{
    authority::{Authorities, AuthorityError, fingerprint},
    certificate::{self, GateCertificate},
    listener::{OwnEnd, TlsError},
};
use crate::{
    app::Central,
    config::Config,
    store::{Store, StoreError},
};

const LOOK_AGAIN: Duration = Duration::from_secs(5);
const DAY_MS: i64 = 86_400_000;

/// Why the line cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The authorities.
    #[error("the authority of gates")]
    Authority(#[from] AuthorityError),
    /// TLS.
    #[error("the listener of gates")]
    Tls(#[from] TlsError),
    /// The store.
    #[error("the certificates in the store")]
    Store(#[from] StoreError),
}

/// The authorities, if gates are served over TLS. All that have certified what is valid must be there: it is the right folder then.
///
/// # Errors
/// [`LineError`].
pub async fn authorities(config: &Config, store: &Store) -> Result<Option<Arc<Authorities>>, LineError> {
    if config.gate_line.listen().is_none() {
        return Ok(None);
    }
    tell_dates(store).await?;
    let folder = config.gate_line.folder(&config.store.data_dir);
    let living = living(store).await?;
    let known = if living.is_empty() {
        Authorities::open(&folder, store.clock().now())?
    } else {
        Authorities::read(&folder)?
    };
    if let Some(missing) = living.into_iter().find(|which| !known.have(which)) {
        return Err(AuthorityError::Missing { fingerprint: missing, folder }.into());
    }
    Ok(Some(Arc::new(known)))
}

/// Whose certificates count at present.
///
/// # Errors
/// [`StoreError`].
pub async fn living(store: &Store) -> Result<Vec<String>, StoreError> {
    let now = store.clock().now();
    let mut which: Vec<String> = counting(store, now).await?.into_iter().map(|one| one.authority).collect();
    which.sort();
    which.dedup();
    Ok(which)
}

async fn counting(store: &Store, now: UtcMillis) -> Result<Vec<GateCertificate>, StoreError> {
    let living = certificate::living(store.read(), now).await?.into_iter();
    Ok(living.filter(|one| one.check(now).is_ok()).collect())
}

/// Gates with a certificate that counts and was issued by a clock that was ahead of the present one.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn dated_ahead(store: &Store) -> Result<BTreeSet<GateId>, StoreError> {
    let now = store.clock().now();
    let counting = counting(store, now).await?.into_iter();
    Ok(counting.filter(|one| one.is_dated_ahead(now)).map(|one| one.gate_id).collect())
}

async fn tell_dates(store: &Store) -> Result<(), StoreError> {
    let gates = dated_ahead(store).await?;
    if !gates.is_empty() {
        tracing::warn!(
            ?gates,
            "certificates of {} gates begin later than now: the centre's clock was ahead when it issued them, or is behind; they count all the same",
            gates.len()
        );
    }
    Ok(())
}

/// The centre's own end, certified for its names.
///
/// # Errors
/// [`LineError`].
pub fn own_end(config: &Config, authorities: &Authorities, now: UtcMillis) -> Result<OwnEnd, LineError> {
    let own = authorities.certify_centre(&config.gate_line.names, now)?;
    Ok(OwnEnd::new(&own, authorities.oldest()?.certificate())?)
}

/// Looks after both until the service stops.
pub async fn run(central: Central, end: Arc<OwnEnd>) {
    let mut certified_at = central.store().clock().now();
    let mut looked_at = certified_at;
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let now = central.store().clock().now();
        if now < looked_at
            && let Err(error) = tell_dates(central.store()).await
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the certificates of gates cannot be looked at"
            );
        }
        looked_at = now;
        match look(&central, &end, certified_at) {
            Ok(at) => certified_at = at,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the authority of gates stays as it was"
                );
            }
        }
    }
}

/// When the centre's own certificate was made.
fn look(central: &Central, end: &OwnEnd, certified_at: UtcMillis) -> Result<UtcMillis, LineError> {
    let Some(before) = central.gate_authorities() else { return Ok(certified_at) };
    let found = Authorities::read(before.folder())?;
    let names =
        |known: &Authorities| known.certificates().map(|one| fingerprint(one.der())).collect::<Vec<_>>();
    let now = central.store().clock().now();
    let has_changed = names(&found) != names(&before);
    if !has_changed && now.as_millis() < certified_at.as_millis() + DAY_MS {
        return Ok(certified_at);
    }
    let own = found.certify_centre(&central.config().gate_line.names, now)?;
    end.exchange(&own, found.oldest()?.certificate())?;
    if has_changed {
        tracing::info!(authorities = ?names(&found), "the authorities of gates have changed");
        central.set_gate_authorities(found);
    }
    Ok(now)
}
