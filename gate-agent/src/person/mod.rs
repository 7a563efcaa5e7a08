//! 操作人员: who may act at this gate, and the proof that somebody is who he says he is.
//! Promises: a PIN is kept as an Argon2id hash only and is in no log, error or debug output; a check costs the same whether the person
//! exists or not; wrong PINs lock out, per person and for all, on the monotonic clock and without the centre.
//! Reading order: `pin`, `lockout`, `register`.
//! Absent on purpose: what a person may do (`lane::permitted`), who is logged in (`panel`), accounts at the centre.
//! Source: faults E5 and E6; `contract` section 7; decision record 0021.

mod lockout;
mod pin;
mod register;
#[cfg(test)]
pub(crate) mod samples;

pub use lockout::{Lockout, Standing};
pub use pin::{NotAPinHash, Pin, PinHash, WeakPin};
pub use register::{Denied, Entry, Register};
