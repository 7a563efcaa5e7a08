//! `watch`: what a device says, line by line, while it says it.
//! Promises: a device of the configuration is spoken with as the agent would, a path is only listened to unless `--ask` is said;
//! with `--json` the standard output has `decode`'s lines and nothing else.
//! Absent: fusion, lanes, barriers: whatever is read here opens nothing.

use std::{
    io::{self, Write},
    ops::ControlFlow,
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use protocols::tick::Tick;

use super::{
    attend::{Event, Observer, attend},
    runtime,
    target::{LineArgs, Misuse, Target, device, factory_baud, listener, protocol, setting, spoken},
    words::{Count, Lately, Page},
};
use crate::{
    cli::{complain, decode::Protocol, stream::Stream},
    config::Config,
    drivers::Dialogue,
};

/// What `watch` is told.
#[derive(Args, Debug)]
pub(in crate::cli) struct WatchArgs {
    #[command(flatten)]
    pub(super) spoken: SpokenArgs,
    /// Print the lines of `decode`, and the counters on the standard error.
    #[arg(long)]
    json: bool,
    /// Print every line; without it the same words come again after two seconds only.
    #[arg(long)]
    all: bool,
    /// Stop after that many seconds instead of at Ctrl-C.
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    limit: Option<Duration>,
}

/// Which device, and who says what to it.
#[derive(Args, Debug)]
pub(super) struct SpokenArgs {
    /// A path such as `/dev/ttyUSB0`, `tcp:host:port`, or the name of a device of the configuration. With a name the agent's own
    /// conversation is held with the device, settings included; a path or an address is only listened to.
    pub(super) device: String,
    /// What the device speaks: a name of `decode`, or the kind of a device such as `weighbridge`.
    #[arg(long, value_name = "NAME")]
    protocol: Option<String>,
    /// Speak to a path or an address as the agent would to such a device with all its defaults; this may set the device's mode.
    #[arg(long)]
    ask: bool,
    #[command(flatten)]
    line: LineArgs,
}

impl SpokenArgs {
    /// The device, what it speaks if anybody says, and the dialogue to be held with it.
    pub(super) fn resolve(
        &self,
        load: impl Fn() -> anyhow::Result<Config>,
    ) -> anyhow::Result<(Target, Option<Protocol>, Option<Dialogue>)> {
        let said = self.protocol.as_deref().map(protocol).transpose()?;
        let mut target = Target::find(&self.device, self.line, factory_baud(said), &load)?;
        let spoken = said.or_else(|| target.kind.as_ref().and_then(spoken));
        if let (None, Some(protocol), true) = (&target.kind, spoken, self.ask) {
            target.kind = Some(device(protocol, &target.port)?.kind);
        }
        if self.ask && target.kind.is_none() {
            return Err(Misuse::NoProtocol(target.called).into());
        }
        let dialogue =
            target.kind.as_ref().and_then(|kind| Dialogue::with(kind, &target.port, target.beside.clone()));
        Ok((target, spoken, dialogue))
    }
}

/// Seconds, with decimals if need be.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero() && time.as_secs() <= 7 * 24 * 3600)
        .ok_or_else(|| "must be more than 0 seconds and at most a week".to_owned())
}

impl WatchArgs {
    pub(in crate::cli) fn run(
        &self,
        load: impl Fn() -> anyhow::Result<Config>,
        out: &mut impl Write,
    ) -> anyhow::Result<ExitCode> {
        let (target, spoken, mut dialogue) = self.spoken.resolve(&load)?;
        let protocol = spoken.ok_or_else(|| Misuse::NoProtocol(target.called.clone()))?;
        let how = if dialogue.is_some() { "speaking" } else { "listening" };
        complain(&format!("{how} on {} ({}), Ctrl-C ends it", target.called, setting(&target.port)));
        let mut watcher = Watcher::new(&target, protocol, self, out);
        let runtime = runtime()?;
        let ended = runtime.block_on(async {
            target.refuse_if_held(load().ok().as_ref()).await?;
            attend(&target.port, &mut dialogue, &mut watcher, self.limit).await
        });
        watcher.count.timeouts += dialogue.map_or(0, |dialogue| dialogue.timeouts());
        ended?;
        watcher.finish()?;
        Ok(ExitCode::SUCCESS)
    }
}

struct Watcher<'a, W> {
    out: &'a mut W,
    called: &'a str,
    json: bool,
    all: bool,
    stream: Box<dyn Stream>,
    gap: Duration,
    /// When incomplete bytes end, unless more come.
    due: Option<Tick>,
    began: Option<Tick>,
    lately: Lately,
    count: Count,
}

impl<'a, W: Write> Watcher<'a, W> {
    fn new(target: &'a Target, protocol: Protocol, args: &WatchArgs, out: &'a mut W) -> Self {
        Self {
            out,
            called: &target.called,
            json: args.json,
            all: args.all,
            stream: listener(protocol, target.is_tcp()),
            gap: protocol.gap(),
            due: None,
            began: None,
            lately: Lately::default(),
            count: Count::default(),
        }
    }

    fn tell(
        &mut self,
        now: Tick,
        decode: impl FnOnce(&mut dyn Stream, &mut Vec<crate::cli::decode::Line>),
    ) -> io::Result<()> {
        let mut lines = Vec::new();
        decode(&mut *self.stream, &mut lines);
        for line in &lines {
            self.count.take(line);
            if self.json {
                serde_json::to_writer(&mut *self.out, line)?;
                writeln!(self.out)?;
                continue;
            }
            let words = Page(line).to_string();
            if self.all || self.lately.is_news(&words, now) {
                let since = now.since(self.began.unwrap_or(now));
                writeln!(self.out, "{:>9.3} {words}", since.as_secs_f64())?;
            }
        }
        self.out.flush()
    }

    fn finish(mut self) -> io::Result<()> {
        let now = self.began.unwrap_or_default();
        self.tell(now, |stream, out| stream.gap(out))?;
        let count = self.count.to_string();
        if self.json {
            complain(&count);
            Ok(())
        } else {
            writeln!(self.out, "{count}")
        }
    }
}

impl<W: Write> Observer for Watcher<'_, W> {
    fn event(&mut self, event: Event<'_>, now: Tick) -> io::Result<ControlFlow<()>> {
        match event {
            Event::Opened => self.began = self.began.or(Some(now)),
            Event::Said(bytes) => {
                self.count.bytes += bytes.len() as u64;
                self.due = Some(now + self.gap);
                self.tell(now, |stream, out| stream.push(bytes, out))?;
            }
            Event::Asked(bytes) => self.count.asked += bytes.len() as u64,
            Event::Remark(text) => complain(&format!("{} {text}", self.called)),
            Event::Gone(why) => {
                self.count.losses += 1;
                complain(&format!("{why}; waiting for it"));
                self.due = None;
                self.tell(now, |stream, out| stream.gap(out))?;
            }
            Event::Due => {
                self.due = None;
                self.tell(now, |stream, out| stream.gap(out))?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn due(&self) -> Option<Tick> {
        self.due
    }
}
