//! `replay`: a recording, told as `decode` tells a capture, or played as a device for an agent to be tested against.
//! Promises: silences are those of the recorded times, so that the lines are those of the hour; a recording that is none is refused
//! with the line and the rule.
//! Absent: the host's side, which `decode --side host` explains; captures of a whole gate (`cli::reenact`).

use std::{fs, io::Write, path::PathBuf, process::ExitCode, thread, time::Duration};

use anyhow::Context;
use clap::Args;

use super::{
    recording::{Piece, Recording},
    stage::{self, Repeat},
    target::{Misuse, listener, protocol},
};
use crate::{
    cli::{
        decode::{Line, Protocol, Side},
        reenact::ReenactArgs,
    },
    config::Config,
};

/// What `replay` is told.
#[derive(Args, Debug)]
pub(in crate::cli) struct ReplayArgs {
    /// The recording.
    #[arg(required_unless_present = "capture")]
    file: Option<PathBuf>,
    /// What was spoken, where the recording does not say it or says it wrongly.
    #[arg(long, value_name = "NAME")]
    protocol: Option<String>,
    /// As slowly as it came.
    #[arg(long)]
    at_speed: bool,
    /// Play the device instead, on a pseudo-terminal that LINK leads to, for `port = "LINK"` of an agent. What was recorded behind a
    /// request is played when somebody asks; what came by itself, at its time.
    #[arg(long, value_name = "LINK", conflicts_with_all = ["protocol", "at_speed", "capture"])]
    serve: Option<PathBuf>,
    /// With --serve: from the beginning again, whenever it has ended or somebody new opens the port, until Ctrl-C.
    #[arg(long, requires = "serve")]
    repeat: bool,
    #[command(flatten)]
    captured: ReenactArgs,
}

impl ReplayArgs {
    pub(in crate::cli) fn run(
        &self,
        load: impl FnOnce() -> anyhow::Result<Config>,
        out: &mut impl Write,
    ) -> anyhow::Result<ExitCode> {
        if self.captured.is_asked() {
            return self.captured.run(load, out);
        }
        let said = self.protocol.as_deref().map(protocol).transpose()?;
        let path = self.file.as_ref().context("no recording is named")?;
        let file = path.display();
        let contents = fs::read(path).with_context(|| format!("cannot read {file}"))?;
        let recording = Recording::parse(&contents).with_context(|| format!("{file} is no recording"))?;
        if let Some(link) = &self.serve {
            let repeat = if self.repeat { Repeat::UntilStopped } else { Repeat::Once };
            stage::serve(&recording, link, repeat, out)?;
            return Ok(ExitCode::SUCCESS);
        }
        let spoken = match (said, &recording.header.protocol) {
            (Some(said), _) => said,
            (None, Some(name)) => protocol(name)?,
            (None, None) => return Err(Misuse::Unsaid(file.to_string()).into()),
        };
        tell(&recording, spoken, |lines, wait| {
            if self.at_speed {
                out.flush()?;
                thread::sleep(wait);
            }
            for line in lines {
                serde_json::to_writer(&mut *out, &line)?;
                writeln!(out)?;
            }
            Ok(())
        })?;
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Tells what the device said: the lines of each piece, and how long after the one before it came.
pub(super) fn tell(
    recording: &Recording,
    protocol: Protocol,
    mut emit: impl FnMut(Vec<Line>, Duration) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut stream = listener(protocol, recording.header.is_tcp());
    let said = recording.pieces.iter().filter(|piece| piece.from == Side::Reader);
    let mut before: Option<&Piece> = None;
    for piece in said {
        let since = |piece: &Piece| piece.at_us - before.map_or(0, |before| before.at_us);
        let pause = Duration::from_micros(since(piece));
        let mut lines = Vec::new();
        if before.is_some() && pause >= protocol.gap() {
            stream.gap(&mut lines);
            emit(std::mem::take(&mut lines), protocol.gap())?;
            stream.push(&piece.bytes, &mut lines);
            emit(lines, pause - protocol.gap())?;
        } else {
            stream.push(&piece.bytes, &mut lines);
            emit(lines, pause)?;
        }
        before = Some(piece);
    }
    let mut lines = Vec::new();
    stream.gap(&mut lines);
    emit(lines, Duration::ZERO)
}
