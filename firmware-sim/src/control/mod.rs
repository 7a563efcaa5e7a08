//! 控制口: a Unix socket through which demo, tests and benchmarks drive the yard.
//! One JSON object a line asks, one JSON object a line answers, in order; the README lists them all.

pub mod order;
pub mod server;
