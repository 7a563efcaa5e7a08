//! Who is asking, and what they are to the records.
//! `person`: roles and what they see · `caller`: how a request becomes a person or a gate · `enterprise`: the register ·
//! `card`: cards and whose they are · `signing`: what a card has signed.
//! Promises: tokens are compared hashed; every handler gets its caller through one extractor, so none can forget to ask. A record that
//! the person may not see does not exist for them (PO-049, SG-022).

pub mod caller;
pub mod card;
pub mod enterprise;
pub mod person;
mod secret;
pub mod signing;

pub use caller::{GateCaller, Identities};
pub use person::{Declarant, Login, Person, Role, Standing};
