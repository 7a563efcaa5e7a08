//! One gate that comes back: connects, says hello, sends what it has, and does as the agent does when it is turned away or the line breaks
//! (`gate-agent` `sync::line`, `outbox`, `backoff`, with the defaults of its configuration).
//! Told 503 it stays away for as long as it was told and by chance up to half as long again, with its line open unless the centre has
//! ended it; a line that breaks, or is silent for longer than an answer may take, is made anew after half to the whole of 1, 2, 4 … 30 s, by a chance of its own, and what it
//! sends then is half as much.

use std::{io, time::Duration};

use anyhow::{Context as _, anyhow, ensure};
use protocols::contract::{EventsAck, HelloAnswer};
use tokio::time::{sleep, timeout};

use crate::{
    clock,
    gates::line::{Line, Message},
    ingest::journal::Journal,
    query::world::chance,
};

/// Most events of a batch.
const MOST: usize = 500;
const CONNECT: Duration = Duration::from_secs(5);
/// `request_timeout_s`.
const ANSWER: Duration = Duration::from_secs(13);
/// `retry_min_ms` and `retry_max_s`.
const RETRY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];
/// At least and at most, when the centre is busy.
const BUSY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];
/// When it does not say for how long.
const UNTOLD: Duration = Duration::from_secs(5);
/// A centre that has not taken everything by then has come to a stand.
const GIVE_UP: Duration = Duration::from_secs(600);

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// How long each answered hello took.
    pub(super) hellos: Vec<Duration>,
    /// How long each batch took that was taken, from its sending to its acknowledgement.
    pub(super) batches: Vec<Duration>,
    /// Answers of 503.
    pub(super) busy: u32,
    /// Lines that broke or were silent.
    pub(super) broken: u32,
}

/// A gate on its way back.
pub(super) struct Gate {
    number: u32,
    journal: Journal,
    address: String,
    /// Present after a hello, until it breaks.
    line: Option<Line>,
    /// How many events the centre has.
    acked: usize,
    most: usize,
    retry: Duration,
    told: Told,
}

/// Why a step came to nothing.
enum Stopped {
    Busy(Duration),
    Broken,
    /// What no agent gets over by itself.
    Failed(anyhow::Error),
}

impl From<io::Error> for Stopped {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

impl From<anyhow::Error> for Stopped {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl Gate {
    pub(super) fn new(number: u32, journal: Journal, address: &str) -> Self {
        let [retry, _] = RETRY;
        let (line, told) = (None, Told::default());
        Self { number, journal, address: address.to_owned(), line, acked: 0, most: MOST, retry, told }
    }

    /// Until the centre has everything.
    ///
    /// # Errors
    /// When it answers what it never may, or for too long does not have it.
    pub(super) async fn come_back(mut self) -> anyhow::Result<Told> {
        let began = clock::now();
        while self.acked < self.journal.events.len() {
            ensure!(began.elapsed() < GIVE_UP, "gate {} is still not served", self.number);
            match self.step().await {
                Ok(()) => {}
                Err(Stopped::Busy(wait)) => {
                    self.told.busy += 1;
                    // And up to half of it more.
                    let jitter = chance(u64::from(self.number), self.told.busy.into()) % 1001;
                    sleep(wait + wait / 2 * u32::try_from(jitter).unwrap_or_default() / 1000).await;
                }
                Err(Stopped::Broken) => {
                    self.told.broken += 1;
                    self.line = None;
                    self.most = (self.most / 2).max(1);
                    let wait = self.next_retry();
                    sleep(wait).await;
                }
                Err(Stopped::Failed(error)) => return Err(error),
            }
        }
        Ok(self.told)
    }

    /// A hello, or a batch.
    async fn step(&mut self) -> Result<(), Stopped> {
        let Some(mut line) = self.line.take() else {
            let mut line = connect(&self.address, &self.journal.token).await?;
            self.greet(&mut line).await?;
            self.line = Some(line);
            return Ok(());
        };
        if !line.is_open() {
            line = connect(&self.address, &self.journal.token).await?;
        }
        let pushed = self.push(&mut line).await;
        self.line = Some(line);
        pushed
    }

    async fn greet(&mut self, line: &mut Line) -> Result<(), Stopped> {
        let hello = self.journal.hello();
        let (answer, took) = ask(line, "POST /gate/v1/hello", &hello).await?;
        let answer: HelloAnswer =
            serde_json::from_slice(self.taken(&answer)?).context("no answer to a hello")?;
        let [first, _] = RETRY;
        self.retry = first;
        self.acked = usize::try_from(answer.expected_seq.saturating_sub(1)).context("too many events")?;
        self.told.hellos.push(took);
        Ok(())
    }

    async fn push(&mut self, line: &mut Line) -> Result<(), Stopped> {
        let rest = self.journal.events.get(self.acked..).unwrap_or_default();
        let batch = rest.get(..self.most).unwrap_or(rest);
        let (sent, body) = (batch.len(), self.journal.body(batch));
        let (answer, took) = ask(line, "POST /gate/v1/events", &body).await?;
        let ack: EventsAck = serde_json::from_slice(self.taken(&answer)?).context("no receipt")?;
        let acked = usize::try_from(ack.acked_seq).context("too many events")?;
        if acked != self.acked + sent {
            return Err(anyhow!("{acked} events acknowledged, sent up to {}", self.acked + sent).into());
        }
        self.acked = acked;
        self.most = (self.most * 2).min(MOST);
        self.told.batches.push(took);
        Ok(())
    }

    /// The body of an answer of 200.
    fn taken<'a>(&self, answer: &'a Message) -> Result<&'a [u8], Stopped> {
        match answer.status() {
            Some(200) => Ok(&answer.body),
            Some(503) => {
                let [least, most] = BUSY;
                Err(Stopped::Busy(answer.retry_after().unwrap_or(UNTOLD).clamp(least, most)))
            }
            _ => {
                let said = String::from_utf8_lossy(&answer.body);
                Err(anyhow!("gate {}: {} {said}", self.number, answer.first).into())
            }
        }
    }

    /// How long to wait before the line is made anew; twice as long the next time.
    fn next_retry(&mut self) -> Duration {
        let jitter = chance(u64::from(self.number), self.told.broken.into()) % 1001;
        let half = self.retry / 2;
        let [_, longest] = RETRY;
        self.retry = (self.retry * 2).min(longest);
        half + half * u32::try_from(jitter).unwrap_or_default() / 1000
    }
}

async fn connect(address: &str, token: &str) -> Result<Line, Stopped> {
    let connected = timeout(CONNECT, Line::open(address, token)).await;
    Ok(connected.map_err(|_| Stopped::Broken)??)
}

/// An answer, and how long it took.
async fn ask(line: &mut Line, what: &str, body: &str) -> Result<(Message, Duration), Stopped> {
    let began = clock::now();
    let answer = timeout(ANSWER, line.ask(what, body)).await.map_err(|_| Stopped::Broken)??;
    Ok((answer, began.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_whose_line_breaks_waits_longer_each_time_and_not_as_long_as_the_others() {
        let waits = |number| {
            let journal = crate::ingest::journal::of(number, 1, 1).unwrap();
            let mut gate = Gate::new(number, journal, "");
            [(); 7].map(|()| {
                gate.told.broken += 1;
                gate.next_retry()
            })
        };
        let (one, other) = (waits(1), waits(2));
        for (place, most) in [1, 2, 4, 8, 16, 30, 30].map(Duration::from_secs).iter().enumerate() {
            assert!(one[place] >= *most / 2 && one[place] <= *most, "{one:?}");
        }
        assert_ne!(one, other);
    }
}
