//! 卡口证书: which certificates were issued to which gates, and which of them still count.
//! Promises: what counts is the very certificate that stands in the table, whatever another one says of itself; an earlier certificate of
//! a gate ends with the first use of the next, so that a copy of an old disk is refused and seen. When one begins is no condition: a centre
//! whose clock was ahead has dated ahead what it issued, and no gate is shut out when the clock is put right.
//! Of certificates of a gate that are not revoked the one that begins later was issued later, whatever the clock did: a renewal is issued two thirds
//! into the life of the one before at the earliest, after it has revoked what begins later and was never used; an enrolment revokes all.
//! Source: fault B1, fault C9, fault C10; docs/decisions 0080.

use protocols::{
    contract::UtcMillis,
    ids::{GateId, YardId},
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Value, json};

use crate::{
    gate_feed::alert::{self, Alert, Trouble},
    store::{Store, StoreError, Tx, all, column, execute, one},
};

/// For so long an earlier certificate goes on beside its successor: requests that are under way end in peace.
const TOGETHER_MS: u64 = 5 * 60 * 1000;
/// So far clocks of a centre's machines may be apart.
const AHEAD_MS: i64 = 60 * 1000;

/// 卡口证书.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateCertificate {
    /// SHA-256 of the certificate.
    pub fingerprint: String,
    /// Whose.
    pub gate_id: GateId,
    /// Its yard.
    pub yard_id: YardId,
    /// The serial number, as tools print it.
    pub serial: String,
    /// The fingerprint of whoever issued it.
    pub authority: String,
    /// SHA-256 of the public key.
    pub key_hash: String,
    /// From when.
    pub not_before: UtcMillis,
    /// Until when.
    pub not_after: UtcMillis,
    /// On whose word.
    pub issued_by: String,
    /// As the gate has it.
    pub pem: String,
    /// When it was first shown.
    pub first_used_at: Option<UtcMillis>,
    /// Since when there is a later one in use.
    pub superseded_at: Option<UtcMillis>,
    /// Since when it counts no more.
    pub revoked_at: Option<UtcMillis>,
    /// Who said so, and why.
    pub revoked: Option<(String, String)>,
}

/// Why a certificate does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// Its time is over.
    Expired,
    /// A person said so.
    Revoked,
    /// The gate has a later one, and uses it.
    Superseded,
}

impl GateCertificate {
    /// Whether it counts now.
    ///
    /// # Errors
    /// [`Invalid`], the gravest reason.
    pub fn check(&self, now: UtcMillis) -> Result<(), Invalid> {
        if self.revoked_at.is_some() {
            return Err(Invalid::Revoked);
        }
        // What was superseded by a clock that was ahead has been so for a while, too.
        let is_over = |since: UtcMillis| since.as_millis().abs_diff(now.as_millis()) >= TOGETHER_MS;
        if self.superseded_at.is_some_and(is_over) {
            return Err(Invalid::Superseded);
        }
        if now > self.not_after { Err(Invalid::Expired) } else { Ok(()) }
    }

    /// Whether it was issued by a clock that was ahead of this one; those of several processes are never quite the same.
    #[must_use]
    pub fn is_dated_ahead(&self, now: UtcMillis) -> bool {
        self.not_before.as_millis() > now.as_millis() + AHEAD_MS
    }

    /// Whether two thirds of its time are over.
    #[must_use]
    pub fn may_be_renewed(&self, now: UtcMillis) -> bool {
        let (from, until) = (self.not_before.as_millis(), self.not_after.as_millis());
        now.as_millis() >= from + (until - from) / 3 * 2
    }

    /// As administrators see it.
    #[must_use]
    pub fn shown(&self, now: UtcMillis) -> Value {
        let state = match self.check(now) {
            // It counts as any other does; that the clock was wrong is for a person to know.
            Ok(()) if self.is_dated_ahead(now) => "dated_ahead",
            Ok(()) => "valid",
            Err(Invalid::Expired) => "expired",
            Err(Invalid::Revoked) => "revoked",
            Err(Invalid::Superseded) => "superseded",
        };
        json!({
            "fingerprint": self.fingerprint, "serial": self.serial, "authority": self.authority, "state": state,
            "not_before": self.not_before, "not_after": self.not_after, "issued_by": self.issued_by,
            "first_used_at": self.first_used_at, "superseded_at": self.superseded_at, "revoked_at": self.revoked_at,
            "revoked_by": self.revoked.as_ref().map(|(who, _)| who), "revoked_reason": self.revoked.as_ref().map(|(_, why)| why),
        })
    }
}

const COLUMNS: &str = "fingerprint, gate_id, yard_id, serial, authority, key_hash, not_before, not_after, issued_by, pem, first_used_at, \
     superseded_at, revoked_at, revoked_by, revoked_reason";

fn read(row: &QueryResult) -> Result<GateCertificate, StoreError> {
    let (gate_id, yard_id): (String, String) = (column(row, "gate_id")?, column(row, "yard_id")?);
    let bad = |what, value: &str| StoreError::Value { what, value: value.to_owned() };
    let at = |name| Ok::<_, StoreError>(column::<Option<i64>>(row, name)?.map(UtcMillis::from_millis));
    let (by, why): (Option<String>, Option<String>) =
        (column(row, "revoked_by")?, column(row, "revoked_reason")?);
    Ok(GateCertificate {
        fingerprint: column(row, "fingerprint")?,
        gate_id: GateId::parse(&gate_id).map_err(|_| bad("gate_id", &gate_id))?,
        yard_id: YardId::parse(&yard_id).map_err(|_| bad("yard_id", &yard_id))?,
        serial: column(row, "serial")?,
        authority: column(row, "authority")?,
        key_hash: column(row, "key_hash")?,
        not_before: UtcMillis::from_millis(column(row, "not_before")?),
        not_after: UtcMillis::from_millis(column(row, "not_after")?),
        issued_by: column(row, "issued_by")?,
        pem: column(row, "pem")?,
        first_used_at: at("first_used_at")?,
        superseded_at: at("superseded_at")?,
        revoked_at: at("revoked_at")?,
        revoked: by.zip(why),
    })
}

/// The certificate with this fingerprint.
///
/// # Errors
/// [`StoreError`].
pub async fn by_fingerprint<C: ConnectionTrait>(
    conn: &C,
    fingerprint: &str,
) -> Result<Option<GateCertificate>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM gate_certificate WHERE fingerprint = $1");
    one(conn, &sql, [fingerprint.into()]).await?.as_ref().map(read).transpose()
}

/// A gate's certificates, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_gate<C: ConnectionTrait>(
    conn: &C,
    gate_id: &GateId,
) -> Result<Vec<GateCertificate>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM gate_certificate WHERE gate_id = $1 ORDER BY not_before DESC, fingerprint"
    );
    all(conn, &sql, [gate_id.as_str().into()]).await?.iter().map(read).collect()
}

/// All whose time was not over then, by gate, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn living<C: ConnectionTrait>(
    conn: &C,
    not_over_at: UtcMillis,
) -> Result<Vec<GateCertificate>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM gate_certificate WHERE not_after >= $1 ORDER BY gate_id, not_before DESC, fingerprint"
    );
    all(conn, &sql, [not_over_at.as_millis().into()]).await?.iter().map(read).collect()
}

/// Keeps a certificate that was made.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Tx, certificate: &GateCertificate) -> Result<(), StoreError> {
    let sql = "INSERT INTO gate_certificate
                   (fingerprint, gate_id, yard_id, serial, authority, key_hash, not_before, not_after, issued_by, pem)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values = [
        certificate.fingerprint.as_str().into(),
        certificate.gate_id.as_str().into(),
        certificate.yard_id.as_str().into(),
        certificate.serial.as_str().into(),
        certificate.authority.as_str().into(),
        certificate.key_hash.as_str().into(),
        certificate.not_before.as_millis().into(),
        certificate.not_after.as_millis().into(),
        certificate.issued_by.as_str().into(),
        certificate.pem.as_str().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

/// Revokes what a gate has; how many certificates that were.
///
/// # Errors
/// [`StoreError`].
pub async fn revoke_all(tx: &Tx, gate_id: &GateId, who: &str, why: &str) -> Result<u64, StoreError> {
    let sql = "UPDATE gate_certificate SET revoked_at = $2, revoked_by = $3, revoked_reason = $4
               WHERE gate_id = $1 AND revoked_at IS NULL";
    let values = [gate_id.as_str().into(), tx.now().as_millis().into(), who.into(), why.into()];
    execute(tx.conn(), sql, values).await
}

/// Notes that a certificate was shown for the first time: those before it end, which are those that begin no later.
///
/// # Errors
/// [`StoreError`].
pub async fn used(store: &Store, shown: &GateCertificate) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    let now = tx.now().as_millis();
    let sql =
        "UPDATE gate_certificate SET first_used_at = $2 WHERE fingerprint = $1 AND first_used_at IS NULL";
    if execute(tx.conn(), sql, [shown.fingerprint.as_str().into(), now.into()]).await? > 0 {
        let sql = "UPDATE gate_certificate SET superseded_at = $3
                   WHERE gate_id = $1 AND fingerprint <> $2 AND not_before <= $4 AND superseded_at IS NULL";
        let values = [
            shown.gate_id.as_str().into(),
            shown.fingerprint.as_str().into(),
            now.into(),
            shown.not_before.as_millis().into(),
        ];
        execute(tx.conn(), sql, values).await?;
    }
    tx.commit().await
}

/// Somebody showed a certificate that its gate no longer uses: a copy of the gate's disk, most likely.
///
/// # Errors
/// [`StoreError`].
pub async fn raise_copy(store: &Store, shown: &GateCertificate) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    let trouble = Trouble::GateCopied { serial: &shown.serial };
    alert::raise_rarely(&tx, &Alert::of_gate(&shown.gate_id, &trouble)).await?;
    tx.commit().await
}
