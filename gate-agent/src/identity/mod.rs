//! 卡口身份: what this gate is known by at the centre, and whom it takes for the centre.
//! `key`: the gate's own · `file`: where all of it lies · `time`: by which certificates are judged · `trust`: TLS and why it failed ·
//! `enrol`: the first certificate · `keeper`: the present one · `renewal`: the next · `receipt`: what the centre signs · `signed`: what
//! the gate signs.
//! Promises: the key is made here and leaves the gate never; plain HTTP knows none of this; no lane waits for any of it.
//! Absent on purpose: people (`person`), the centre's calls (`sync`).
//! Source: `design` section 4; fault B2, fault C9; docs/decisions 0080, 0081, 0083, 0085, 0087, 0098.

mod enrol;
mod file;
mod keeper;
mod key;
mod receipt;
mod renewal;
mod signed;
#[cfg(test)]
pub(crate) mod tests;
mod time;
mod trust;

pub use enrol::{Code, CodeError, EnrolError, enrol};
pub use file::{Identity, IdentityError, IdentityFiles};
pub use keeper::IdentityKeeper;
pub use key::{GateKey, KeyError};
pub use receipt::{ReceiptError, is_certificate, verify_index, verify_receipt};
pub use renewal::run as run_renewal;
pub use signed::{ExportSignature, sign_acts, sign_export, verify_acts, verify_signature};
pub use time::TrustedTime;
pub(crate) use time::later;
pub use trust::{TrustError, Untrusted, certified, why};
