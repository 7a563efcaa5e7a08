//! 线路: the network between one gate and the centre, as a TCP proxy whose line can be cut, frozen, slowed and broken.
//! Promises: a change of the line takes effect at once, also for connections that stand; nothing is altered or reordered inside a
//! connection, as TCP would not allow it either.
//! Limits: no packets here, so loss and reordering show as delay and resets; in a black hole the system still accepts new
//! connections, and what was sent into it arrives after `Open`, as a retransmission would.
//! Source: faults C2 (half-open connections), C4 (flapping), C5 (acknowledgements lost at batch boundaries).

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// What the line does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Everything passes.
    Open,
    /// Every connection is reset, new ones too.
    Cut,
    /// Connections stay open and nothing passes, either way.
    BlackHole,
    /// Each piece is so much late, each way.
    Slow(Duration),
    /// Requests arrive, and the first byte of an answer resets the connection: the centre has acted, the gate does not know.
    ResetAnswers,
    /// Each connection is reset after so many bytes of requests.
    ResetAfter(u64),
}

/// What has passed so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Connections that the gate made.
    pub connections: u64,
    /// Connections that were reset here.
    pub resets: u64,
    /// Bytes towards the centre.
    pub requests: u64,
    /// Bytes towards the gate.
    pub answers: u64,
}

/// What a connection looks at.
#[derive(Clone, Copy, Debug)]
struct State {
    line: Line,
    /// Grows with every cut, so that a connection notices also one that is long over.
    cuts: u64,
}

/// A connection's view of the line.
#[derive(Clone, Debug)]
struct View {
    state: watch::Receiver<State>,
    /// `cuts` when the connection came.
    born: u64,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    resets: AtomicU64,
    requests: AtomicU64,
    answers: AtomicU64,
}

/// The proxy; it goes with its value.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    centre: watch::Sender<SocketAddr>,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Listens on a free port of this machine; the line is open.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(centre: SocketAddr) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for the fault proxy")?;
        let address = listener.local_addr().context("the fault proxy has no address")?;
        let state = watch::Sender::new(State { line: Line::Open, cuts: 0 });
        let (centre, counts) = (watch::Sender::new(centre), Arc::default());
        let task = tokio::spawn(accept(listener, state.subscribe(), centre.subscribe(), Arc::clone(&counts)));
        Ok(Self { address, state, centre, counts, task })
    }

    /// Where the gate finds the centre.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the line.
    pub fn set(&self, line: Line) {
        self.state.send_modify(|state| {
            state.line = line;
            state.cuts += u64::from(line == Line::Cut);
        });
    }

    /// What the line does.
    #[must_use]
    pub fn now(&self) -> Line {
        self.state.borrow().line
    }

    /// Resets every connection once and leaves the line as it was: what a NAT box does that forgets.
    pub fn reset_all(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// The centre is elsewhere now; counts for new connections.
    pub fn lead_to(&self, centre: SocketAddr) {
        self.centre.send_replace(centre);
    }

    /// What has passed.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Traffic {
            connections: read(&self.counts.connections),
            resets: read(&self.counts.resets),
            requests: read(&self.counts.requests),
            answers: read(&self.counts.answers),
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    state: watch::Receiver<State>,
    centre: watch::Receiver<SocketAddr>,
    counts: Arc<Counts>,
) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((gate, _)) => {
                    counts.connections.fetch_add(1, Ordering::Relaxed);
                    let line = View { born: state.borrow().cuts, state: state.clone() };
                    open.spawn(carry(gate, *centre.borrow(), line, Arc::clone(&counts)));
                }
                // Out of descriptors: those that end make room.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = open.join_next() => {}
        }
    }
}

async fn carry(gate: TcpStream, centre: SocketAddr, mut line: View, counts: Arc<Counts>) {
    let Ok(_) = line.passes().await else { return reset(&gate, &counts) };
    let Ok(far) = TcpStream::connect(centre).await else { return reset(&gate, &counts) };
    // Nagle and delayed acknowledgements stall small messages by 40 ms.
    let _ = (gate.set_nodelay(true), far.set_nodelay(true));
    let ((from_gate, to_gate), (from_far, to_far)) = (gate.into_split(), far.into_split());
    let upward = pump(from_gate, to_far, line.clone(), Way::Requests, &counts);
    let downward = pump(from_far, to_gate, line, Way::Answers, &counts);
    // One broken way breaks both; one that merely ended leaves the other going.
    let broken = tokio::try_join!(upward, downward).is_err();
    if broken {
        counts.resets.fetch_add(1, Ordering::Relaxed);
    }
}

fn reset(stream: &TcpStream, counts: &Counts) {
    counts.resets.fetch_add(1, Ordering::Relaxed);
    // Where the system refuses, an orderly end is as good.
    let _ = stream.set_zero_linger();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Requests,
    Answers,
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut line: View,
    way: Way,
    counts: &Counts,
) -> io::Result<()> {
    let ended = pump_until_broken(&mut from, &mut to, &mut line, way, counts).await;
    if ended.is_err() {
        let _ = (from.as_ref().set_zero_linger(), to.as_ref().set_zero_linger());
    }
    ended
}

async fn pump_until_broken(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    line: &mut View,
    way: Way,
    counts: &Counts,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut carried = 0_u64;
    loop {
        let read = tokio::select! {
            biased;
            broken = line.cut() => return Err(broken),
            read = from.read(&mut buffer) => read?,
        };
        let late = line.passes().await?;
        tokio::select! {
            broken = line.cut() => return Err(broken),
            () = tokio::time::sleep(late) => {}
        }
        if read == 0 {
            return to.shutdown().await;
        }
        let now = line.state.borrow().line;
        let bytes = buffer.get(..read).unwrap_or_default();
        carried += u64::try_from(read).unwrap_or(u64::MAX);
        match (now, way) {
            (Line::ResetAnswers, Way::Answers) => return Err(broken()),
            (Line::ResetAfter(most), Way::Requests) if carried > most => return Err(broken()),
            (Line::Open | Line::Cut | Line::BlackHole | Line::Slow(_), _)
            | (Line::ResetAnswers, Way::Requests)
            | (Line::ResetAfter(_), _) => to.write_all(bytes).await?,
        }
        let count = if way == Way::Requests { &counts.requests } else { &counts.answers };
        count.fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl View {
    /// Pending until the connection is cut.
    async fn cut(&mut self) -> io::Error {
        // A proxy that is gone cuts everything.
        let _ = self.state.wait_for(|state| state.line == Line::Cut || state.cuts != self.born).await;
        broken()
    }

    /// Waits while the line is a black hole; then how late a piece is.
    async fn passes(&mut self) -> io::Result<Duration> {
        let born = self.born;
        let looked = self.state.wait_for(|state| state.line != Line::BlackHole || state.cuts != born).await;
        let state = *looked.map_err(|_| broken())?;
        match state.line {
            _ if state.cuts != born => Err(broken()),
            Line::Cut => Err(broken()),
            Line::Slow(late) => Ok(late),
            Line::Open | Line::BlackHole | Line::ResetAnswers | Line::ResetAfter(_) => Ok(Duration::ZERO),
        }
    }
}

fn broken() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

#[cfg(test)]
mod tests;
