//! Who is asking, and what they are to the records.
//! `application`: which way of logging in opens what · `shield`: passkeys on phones · `third_party`: log-in by other providers ·
//! `account`: who may log in · `session`: who is · `person`: roles and what they see · `caller`: how a request becomes a person or a gate ·
//! `enterprise`: the register · `card`: cards and whose they are · `signing`: what a card has signed.
//! Promises: tokens are compared hashed; every handler gets its caller through one extractor, so none can forget to ask. A record that
//! the person may not see does not exist for them (PO-049, SG-022).

pub mod account;
pub mod application;
pub mod caller;
pub mod card;
pub mod enterprise;
pub mod messenger;
pub mod person;
mod secret;
pub mod session;
pub mod shield;
pub mod signing;
pub mod third_party;

pub use caller::{GateCaller, Identities};
pub use person::{Declarant, Login, Person, Role, Standing};
