//! `record`: everything that goes over a device's line, into a file (`recording`).
//! Promises: no file is written over; what came is in the file within a second, so that a killed program leaves a whole recording;
//! never more bytes than were asked for; a line that goes away ends it.
//! Absent: what the bytes mean (`replay`).

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use protocols::tick::Tick;

use super::{
    attend::{Ending, Event, Observer, attend},
    recording::{Header, write_piece},
    runtime,
    target::setting,
    watch::{SpokenArgs, seconds},
};
use crate::{
    cli::{complain, decode::Side},
    clock::{Clock, SystemClock},
    config::Config,
};

/// Bytes that nobody has said anything about go to the disk so often.
const FLUSH: Duration = Duration::from_millis(500);

/// What `record` is told.
#[derive(Args, Debug)]
pub(in crate::cli) struct RecordArgs {
    #[command(flatten)]
    spoken: SpokenArgs,
    /// The recording; must not exist yet.
    file: PathBuf,
    /// Stop after that many seconds instead of at Ctrl-C.
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    limit: Option<Duration>,
    /// Stop when so many bytes went over the line, both ways together.
    #[arg(long, value_name = "N", default_value_t = 16 * 1024 * 1024, value_parser = clap::value_parser!(u64).range(1..))]
    max_bytes: u64,
}

impl RecordArgs {
    pub(in crate::cli) fn run(
        &self,
        load: impl Fn() -> anyhow::Result<Config>,
        out: &mut impl Write,
    ) -> anyhow::Result<ExitCode> {
        let (target, spoken, mut dialogue) = self.spoken.resolve(&load)?;
        let runtime = runtime()?;
        let ended = runtime.block_on(async {
            target.refuse_if_held(load().ok().as_ref()).await?;
            let file = File::create_new(&self.file)
                .with_context(|| format!("cannot make {}", self.file.display()))?;
            let header = Header {
                device: target.called.clone(),
                line: setting(&target.port),
                protocol: spoken.map(|protocol| protocol.name().to_owned()),
                agent: env!("CARGO_PKG_VERSION").to_owned(),
                started: SystemClock.wall(),
            };
            let mut recorder = Recorder::new(BufWriter::new(file), self.max_bytes);
            header.write(&mut recorder.file)?;
            let (called, file) = (&target.called, self.file.display());
            complain(&format!("recording {called} ({}) to {file}, Ctrl-C ends it", header.line));
            let ending = attend(&target.port, &mut dialogue, &mut recorder, self.limit).await;
            recorder.file.flush().with_context(|| format!("cannot write {file}"))?;
            if recorder.pieces == 0 && ending.is_err() {
                // Nothing was opened: a file without a word would only stand in the way.
                std::fs::remove_file(&self.file)?;
            }
            ending.map(|ending| (ending, recorder))
        });
        let (ending, recorder) = ended?;
        let why = match (ending, &recorder.gone) {
            (_, Some(why)) => why.as_str(),
            (Ending::Stopped, None) => "stopped",
            (Ending::TimeUp, None) => "time is up",
            (Ending::Enough, None) => "--max-bytes reached",
        };
        let (bytes, pieces, file) = (recorder.bytes, recorder.pieces, self.file.display());
        writeln!(out, "{bytes} bytes in {pieces} pieces recorded to {file}: {why}")?;
        Ok(if recorder.gone.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

struct Recorder<W> {
    file: W,
    left: u64,
    bytes: u64,
    pieces: u64,
    began: Option<Tick>,
    /// When what was written is flushed.
    due: Option<Tick>,
    gone: Option<String>,
}

impl<W: Write> Recorder<W> {
    const fn new(file: W, max_bytes: u64) -> Self {
        Self { file, left: max_bytes, bytes: 0, pieces: 0, began: None, due: None, gone: None }
    }

    fn keep(&mut self, from: Side, bytes: &[u8], now: Tick) -> io::Result<ControlFlow<()>> {
        let fits = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        let bytes = bytes.get(..fits).unwrap_or_default();
        let since = now.since(self.began.unwrap_or(now));
        write_piece(&mut self.file, u64::try_from(since.as_micros()).unwrap_or(u64::MAX), from, bytes)?;
        self.left -= bytes.len() as u64;
        self.bytes += bytes.len() as u64;
        self.pieces += 1;
        self.due = self.due.or(Some(now + FLUSH));
        Ok(if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

impl<W: Write> Observer for Recorder<W> {
    fn event(&mut self, event: Event<'_>, now: Tick) -> io::Result<ControlFlow<()>> {
        match event {
            Event::Opened => self.began = self.began.or(Some(now)),
            Event::Said(bytes) => return self.keep(Side::Reader, bytes, now),
            Event::Asked(bytes) => return self.keep(Side::Host, bytes, now),
            Event::Remark(text) => complain(text),
            Event::Due => {
                self.due = None;
                self.file.flush()?;
            }
            Event::Gone(why) => {
                self.gone = Some(why.to_owned());
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn due(&self) -> Option<Tick> {
        self.due
    }
}
