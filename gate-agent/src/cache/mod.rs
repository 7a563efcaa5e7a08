//! Comes next.
#[cfg(test)]
pub(crate) mod samples;
