//! `enrol`: from a code that an administrator of the centre has handed out to the certificate of this gate.
//! Promises: the code is in no output and no error; what was there before stays in use until the new certificate lies on the disk. A running
//! agent takes it up by itself.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use crate::{
    config::Config,
    identity::{self, Code, IdentityFiles},
};

#[derive(Args, Debug)]
pub(super) struct EnrolArgs {
    /// The code with the fingerprint behind its dot; without this it is read from the first line of the standard input.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// SHA-256 of the centre's authority, where the code was told without it.
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<String>,
}

impl EnrolArgs {
    pub(super) fn run(self, config: &Config, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        let text = match self.code {
            Some(code) => code,
            None => {
                let mut line = String::new();
                io::stdin().lock().read_line(&mut line).context("cannot read the standard input")?;
                line
            }
        };
        let code = Code::read(&text, self.fingerprint.as_deref())?;
        let folder = &config.gate.data_dir;
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let files = IdentityFiles::in_folder(folder);
        let enrolled = identity::enrol(&config.centre.url, &config.gate.gate_id, &files, &code);
        let known = runtime.context("cannot start the runtime")?.block_on(enrolled)?;
        writeln!(
            out,
            "gate {} of yard {} is enrolled, good until {}",
            known.gate_id, known.yard_id, known.not_after
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
