//! The bodies of these calls as the document shows them.

use utoipa::ToSchema;

/// `POST enrol`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the document reads it; the contract's own type is read from the body")]
pub(super) struct Enrol {
    /// What an administrator handed out, without the fingerprint behind the dot.
    code: String,
    /// PKCS#10 with a P-256 key, PEM.
    csr: String,
}

/// `POST renew`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the document reads it; the contract's own type is read from the body")]
pub(super) struct Renew {
    /// PKCS#10 with a new P-256 key, PEM.
    csr: String,
}
