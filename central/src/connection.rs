//! 连接: what the centre asks of the kernel for every connection, and who of the silent is let go.
//! Promises: small answers go out at once; a peer that is gone, or takes nothing of what is sent to it, costs a connection for two minutes at
//! most; so does one that says nothing and is asked nothing.
//! What is read is read in small pieces: whoever reads for HTTP takes a buffer as large as what it was last given, and keeps it for as long as
//! the connection lasts, and there may be thousands of gates.
//! Of a crowd that comes at once few are let in before the first of them are answered; the others wait with the kernel, where one costs
//! nothing but its turn.
//! Absent on purpose: how many connections there may be; that is the machine's limit of descriptors.
//! Source: invariant I6; faults C8, F4.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use rustix::net::sockopt;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, Take},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
    time::{Sleep, sleep, timeout},
};

/// A line that is quiet for so long is asked whether it is still there, and again each [`ASK_AGAIN`].
const ASK_AFTER: Duration = Duration::from_secs(30);
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// What is sent must be taken within so many milliseconds; so must an answer to the question come.
const TAKEN_WITHIN_MS: u32 = 60_000;
/// How long a caller may say and take nothing: twice the longest poll of a gate.
const SILENT: Duration = Duration::from_secs(120);
/// Most bytes of one read: a quarter of the least buffer of `hyper`, which grows when a read fills it; and of which no more is touched, so that the
/// rest of it takes no memory.
const AT_ONCE: u64 = 2048;
/// Connections that wait with the kernel: a yard's every gate, and those of its neighbours. The kernel takes its own limit where that is less.
const BACKLOG: u32 = 4096;
/// New connections whose first answer is not on its way yet.
const UNANSWERED: usize = 128;
/// So long at most.
const A_WHILE: Duration = Duration::from_secs(1);
/// The next one is let in after so long all the same: those that ask for nothing keep nobody out.
const LET_IN_AFTER: Duration = Duration::from_millis(10);

/// A socket that listens, with room for a crowd.
///
/// # Errors
/// What the kernel says.
pub(crate) fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // What the last run has left half closed is no reason not to start.
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// Sets a new connection up. One that cannot be set up works all the same, and is told.
pub(crate) fn set_up(stream: &TcpStream) {
    let done = stream.set_nodelay(true).and_then(|()| {
        sockopt::set_socket_keepalive(stream, true)?;
        sockopt::set_tcp_keepidle(stream, ASK_AFTER)?;
        sockopt::set_tcp_keepintvl(stream, ASK_AGAIN)?;
        Ok(sockopt::set_tcp_user_timeout(stream, TAKEN_WITHIN_MS)?)
    });
    if let Err(error) = done {
        tracing::debug!(%error, "a connection stays as the kernel made it");
    }
}

/// In which turn new connections are let in.
#[derive(Debug)]
pub(crate) struct Door(Arc<Semaphore>);

/// Of a new connection, until its first answer is on its way, it is gone, or it has had [`A_WHILE`]: whoever waits for news of its feed is answered late.
#[derive(Debug)]
struct Place(Option<AbortHandle>);

impl Place {
    fn held(free: OwnedSemaphorePermit) -> Self {
        let a_while = tokio::spawn(async move {
            sleep(A_WHILE).await;
            drop(free);
        });
        Self(Some(a_while.abort_handle()))
    }

    fn give_away(&mut self) {
        if let Some(held) = self.0.take() {
            held.abort();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_away();
    }
}

impl Default for Door {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(UNANSWERED)))
    }
}

impl Door {
    /// Waits until the next one may come in.
    async fn next(&self) -> Place {
        match timeout(LET_IN_AFTER, Arc::clone(&self.0).acquire_owned()).await {
            Ok(Ok(free)) => Place::held(free),
            Ok(Err(_)) | Err(_) => Place(None),
        }
    }
}

/// Accepts plain connections, and sets each up.
#[derive(Debug)]
pub(crate) struct PlainListener {
    tcp: TcpListener,
    door: Door,
}

impl PlainListener {
    /// Over this socket.
    pub(crate) fn new(tcp: TcpListener) -> Self {
        Self { tcp, door: Door::default() }
    }
}

/// From where a plain connection comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainPeer(pub(crate) SocketAddr);

impl Listener for PlainListener {
    type Io = Patient<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Patient<TcpStream>, SocketAddr) {
        let place = self.door.next().await;
        // Waits a moment when there are no descriptors, and never ends.
        let (stream, address) = Listener::accept(&mut self.tcp).await;
        set_up(&stream);
        (Patient::with(stream, place, SILENT), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, PlainListener>> for PlainPeer {
    fn connect_info(stream: IncomingStream<'_, PlainListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// What is read in small pieces, and gives its place away with its first answer.
#[derive(Debug)]
pub(crate) struct Small<S> {
    stream: Take<S>,
    place: Place,
}

impl<S: AsyncRead> Small<S> {
    fn new(stream: S, place: Place) -> Self {
        Self { stream: stream.take(AT_ONCE), place }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Small<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.set_limit(AT_ONCE);
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Small<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(self.stream.get_mut()).poll_write(context, bytes));
        self.place.give_away();
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(self.stream.get_mut()).poll_write_vectored(context, slices));
        self.place.give_away();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.get_ref().is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_shutdown(context)
    }
}

/// A connection that ends after [`SILENT`] without a byte in either direction.
#[derive(Debug)]
pub struct Patient<S> {
    stream: Small<S>,
    until: Pin<Box<Sleep>>,
    patience: Duration,
}

impl<S: AsyncRead> Patient<S> {
    /// Over this one, that has come in by this door.
    pub(crate) async fn by(door: &Door, stream: S) -> Self {
        Self::with(stream, door.next().await, SILENT)
    }

    fn with(stream: S, place: Place, patience: Duration) -> Self {
        Self { stream: Small::new(stream, place), until: Box::pin(sleep(patience)), patience }
    }

    /// What it is over.
    pub fn stream(&self) -> &S {
        self.stream.stream.get_ref()
    }
}

impl<S> Patient<S> {
    fn moved(&mut self) {
        self.until.set(sleep(self.patience));
    }

    /// Whether it was silent for too long; wakes the task when it will have been.
    fn is_silent(&mut self, context: &mut Context<'_>) -> bool {
        self.until.as_mut().poll(context).is_ready()
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the caller said and took nothing for too long")
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending if self.is_silent(context) => Poll::Ready(Err(too_long())),
            Poll::Pending => Poll::Pending,
            Poll::Ready(read) => {
                self.moved();
                Poll::Ready(read)
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        self.moved();
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices));
        self.moved();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::timeout,
    };

    use super::*;

    /// fault F4: a caller that says nothing is let go; one that goes on slowly is not.
    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_let_go() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut ours = Patient::with(ours, Place(None), Duration::from_secs(10));
        let mut byte = [0];
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(8)).await;
            theirs.write_all(b"x").await.unwrap();
            ours.read_exact(&mut byte).await.unwrap();
            tokio::time::sleep(Duration::from_secs(8)).await;
            ours.write_all(b"y").await.unwrap();
        }
        let soon = timeout(Duration::from_secs(9), ours.read_exact(&mut byte)).await;
        assert!(soon.is_err(), "it is let go too soon");
        let then = timeout(Duration::from_secs(2), ours.read_exact(&mut byte)).await.unwrap();
        assert_eq!(then.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    /// Invariant I6, fault C8: however much a caller has sent, no read fills the buffer of whoever reads; nothing of it is lost.
    #[tokio::test]
    async fn much_is_read_in_small_pieces() {
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let mut ours = Patient::by(&Door::default(), ours).await;
        let sent: Vec<u8> = (0..50_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        theirs.write_all(&sent).await.unwrap();
        drop(theirs);
        let (mut read, mut buffer) = (Vec::new(), vec![0; 8 * 1024]);
        loop {
            let count = ours.read(&mut buffer).await.unwrap();
            assert!(count <= buffer.len() / 4);
            if count == 0 {
                break;
            }
            read.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(read, sent);
    }

    /// Fault C8: of a crowd so many are let in at once, and one more for each that is answered or gone; those that ask for nothing, and those that wait
    /// for news, keep nobody out.
    #[tokio::test(start_paused = true)]
    async fn a_crowd_comes_in_by_turns() {
        let door = Door::default();
        let free = || async {
            // No time passes before everybody has done what there is to do.
            sleep(Duration::from_millis(1)).await;
            door.0.available_permits()
        };
        let (ours, _theirs) = tokio::io::duplex(64);
        let mut first = Patient::by(&door, ours).await;
        let mut silent = Vec::new();
        for _ in 1..UNANSWERED {
            silent.push(door.next().await);
        }
        assert_eq!(free().await, 0);
        first.write_all(b"an answer").await.unwrap();
        assert_eq!(free().await, 1, "whoever is answered has given the place away");
        silent.push(door.next().await);
        assert!(timeout(LET_IN_AFTER / 2, door.next()).await.is_err(), "let in too soon");
        let next = timeout(LET_IN_AFTER + LET_IN_AFTER / 2, door.next()).await;
        assert!(next.is_ok_and(|next| next.0.is_none()));
        silent.truncate(100);
        assert_eq!(free().await, UNANSWERED - 100, "so has whoever is gone");
        sleep(A_WHILE).await;
        assert_eq!(free().await, UNANSWERED, "and whoever has had a while");
    }

    /// Invariant I6: the kernel was asked to let go of those that are gone.
    #[tokio::test]
    async fn the_dead_are_asked_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (near, _) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let near = near.unwrap();
        set_up(&near);
        assert!(near.nodelay().unwrap() && sockopt::socket_keepalive(&near).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&near).unwrap(), ASK_AFTER);
        assert_eq!(sockopt::tcp_user_timeout(&near).unwrap(), TAKEN_WITHIN_MS);
    }
}
