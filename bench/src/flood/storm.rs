//! A client that floods one device's topic with forged reads, each of another tag; and what the broker can carry at all.
//! Promises: forged reads are well-formed and fresh, so nothing but their number is wrong with them; their tags are in no index.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::ensure;
use protocols::{
    ids::MediumType,
    mqtt::kakou::{EventId, Payload, Read},
};

use crate::{bindings, clock, mqtt::peer::Peer};

/// Messages that the broker's rate is measured with.
const MEASURED: u64 = 30_000;
/// Messages on the way meanwhile: enough that nobody waits, few enough that the broker drops none.
const WINDOW: u64 = 400;
/// Longest time for them.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two bundles of messages.
const TICK: Duration = Duration::from_millis(2);
/// The first forged tag; bindings are numbered from nought.
const FORGED: u32 = 1 << 31;

/// Messages a second that the broker carries from one bare client to another, at quality 0.
///
/// # Errors
/// When it loses some, or takes too long.
pub(crate) fn capacity(port: u16) -> anyhow::Result<f64> {
    const TOPIC: &str = "kakou/v1/0708-G02/OUT9/bare/read";
    let arrived = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&arrived);
    let _listener = Peer::hearing(port, "bench-counter", Some(TOPIC), move |_, _, _| {
        counted.fetch_add(1, Ordering::SeqCst);
    })?;
    let publisher = Peer::silent(port, "bench-capacity")?;
    let began = clock::now();
    for number in 0..MEASURED {
        publisher.pour(TOPIC, forged(number)?)?;
        while number.saturating_sub(arrived.load(Ordering::SeqCst)) > WINDOW {
            ensure!(began.elapsed() < PATIENCE, "the broker lost messages of a bare client");
            thread::yield_now();
        }
    }
    while arrived.load(Ordering::SeqCst) < MEASURED {
        ensure!(began.elapsed() < PATIENCE, "the broker lost messages of a bare client");
        thread::yield_now();
    }
    #[expect(clippy::cast_precision_loss, reason = "thirty thousand")]
    let count = MEASURED as f64;
    Ok(count / began.elapsed().as_secs_f64())
}

/// A flood at a rate, which ends when the value is dropped.
#[derive(Debug)]
pub(crate) struct Storm {
    ends: Arc<AtomicBool>,
    blowing: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Storm {
    /// A flood of so many messages a second to that topic, which does not blow yet.
    ///
    /// # Errors
    /// When the broker does not take the client.
    pub(crate) fn start(port: u16, topic: String, rate: f64) -> anyhow::Result<Self> {
        let publisher = Peer::silent(port, "bench-storm")?;
        let [ends, blowing] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let sent = Arc::new(AtomicU64::new(0));
        let (is_over, is_on, counted) = (Arc::clone(&ends), Arc::clone(&blowing), Arc::clone(&sent));
        let thread = thread::Builder::new().name("storm".to_owned()).spawn(move || {
            // A flood that breaks off is told by its count.
            let _ = blow(&publisher, &topic, rate, [&is_over, &is_on], &counted);
        })?;
        Ok(Self { ends, blowing, sent, thread: Some(thread) })
    }

    /// Begins or ends.
    pub(crate) fn blow(&self, on: bool) {
        self.blowing.store(on, Ordering::SeqCst);
    }

    /// Messages that the client took so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // It panicked, or it is over: over it is.
            let _ = thread.join();
        }
    }
}

fn blow(
    publisher: &Peer,
    topic: &str,
    rate: f64,
    [ends, blowing]: [&AtomicBool; 2],
    sent: &AtomicU64,
) -> anyhow::Result<()> {
    let (mut last, mut owed) = (clock::now(), 0.0);
    while !ends.load(Ordering::SeqCst) {
        thread::sleep(TICK);
        let now = clock::now();
        let earned = now.duration_since(last).as_secs_f64() * rate;
        last = now;
        if !blowing.load(Ordering::SeqCst) {
            owed = 0.0;
            continue;
        }
        // What a standstill of this thread left behind is caught up with, but not without end.
        owed = f64::min(owed + earned, rate);
        while owed >= 1.0 && blowing.load(Ordering::SeqCst) {
            owed -= 1.0;
            publisher.pour(topic, forged(sent.fetch_add(1, Ordering::SeqCst))?)?;
        }
    }
    Ok(())
}

/// The payload of forged read `number`.
fn forged(number: u64) -> anyhow::Result<Vec<u8>> {
    let read = Read {
        id: EventId::from_bits(u128::from(number) | 1 << 127),
        medium_type: MediumType::ElectronicPlate,
        medium_key: bindings::key(FORGED | u32::try_from(number & 0x7FFF_FFFF).unwrap_or(0))?,
        at: clock::wall(),
        confidence_permille: None,
    };
    Ok(Payload::Read(read).to_bytes())
}

#[cfg(test)]
mod tests {
    use protocols::mqtt::topic::Channel;

    use super::*;

    #[test]
    fn a_forged_read_is_well_formed_and_of_no_binding() {
        let Ok(Payload::Read(read)) = Payload::parse(Channel::Read, &forged(7).unwrap()) else {
            panic!("no read")
        };
        assert!((0..10_000).all(|number| bindings::key(number).unwrap() != read.medium_key));
    }
}
