//! Bodies of the calls by which a gate gets its certificate, and gets the next one.
//! Source: `contract` section 3; docs/decisions 0080.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use super::time::UtcMillis;
use crate::ids::{GateId, YardId};

/// `POST enrol`: a code that is good for once, and the key that is to be certified.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// What an administrator handed out, without the authority's fingerprint.
    pub code: String,
    /// PKCS#10 in PEM.
    pub csr: String,
}

/// The code is a secret.
impl fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolRequest").field("csr", &self.csr).finish_non_exhaustive()
    }
}

/// `POST renew`: the key that is to be certified next; who asks is told by the certificate of the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewRequest {
    /// PKCS#10 in PEM.
    pub csr: String,
}

/// What a gate is certified with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The gate that the code, or the certificate before, stands for.
    pub gate_id: GateId,
    /// Its yard.
    pub yard_id: YardId,
    /// The certificate, PEM.
    pub certificate: Box<str>,
    /// The authorities by which the centre is to be known, PEM each; the newest issues.
    pub authorities: Vec<Box<str>>,
    /// From when it is valid.
    pub not_before: UtcMillis,
    /// Until when.
    pub not_after: UtcMillis,
}

/// `POST renew` after the certificate's end (202): a person at the centre has to approve it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalWaits {
    /// Since when it waits.
    pub since: UtcMillis,
    /// Seconds after which to ask again.
    pub ask_again_s: u32,
}
