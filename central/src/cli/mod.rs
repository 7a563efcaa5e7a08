//! 命令行: what an operator asks of the program beside running it.
//! Promises: results go to the writer that is given, errors to the caller; nothing that is secret is written there.

pub mod gates;
pub mod platform_key;
pub mod verify_signature;

#[cfg(test)]
mod tests;
