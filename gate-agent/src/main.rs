//! The gate agent's program. All of it is in the library, where tests and measurements reach it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    gate_agent::cli::main()
}
