//! The panel's connections: so many at once, and none that stands still.
//! Promises: beyond [`MOST`] connections the next waits to be taken; one over which nothing went for [`STILL`] is closed, so that idle or
//! deliberately slow clients cannot use up what the gate has (invariant I6).
//! Source: fault E5; fault list, section 4 (Nagle).

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};

/// Connections at once.
const MOST: usize = 128;
/// The live state beats every five seconds; whoever neither reads nor writes for so long is gone.
const STILL: Duration = Duration::from_secs(30);

/// The listener.
pub(super) struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

/// One connection.
pub(super) struct Visitor {
    stream: TcpStream,
    still: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Door {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(MOST)) }
    }
}

impl Listener for Door {
    type Io = Visitor;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Visitor, SocketAddr) {
        loop {
            // First the place: who finds none waits in the system's own queue. The semaphore is never closed.
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { continue };
            let (stream, peer) = Listener::accept(&mut self.listener).await;
            // Small answers must not wait for the last acknowledgement; where that fails they do.
            let _ = stream.set_nodelay(true);
            return (Visitor { stream, still: Box::pin(sleep(STILL)), _place: place }, peer);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Visitor {
    /// What the stream says; when it says nothing for too long, that it is over.
    fn moved<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.still.set(sleep(STILL));
            return poll;
        }
        match self.still.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Visitor {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.moved(cx, poll)
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.moved(cx, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{io::AsyncReadExt, time::timeout};

    async fn door() -> (Door, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Door::new(listener), address)
    }

    /// fault E5: a client that keeps its connection and says nothing does not keep it for ever.
    #[tokio::test(start_paused = true)]
    async fn a_connection_that_stands_still_is_closed() {
        let (mut door, address) = door().await;
        let _client = TcpStream::connect(address).await.unwrap();
        let (mut visitor, _) = door.accept().await;
        let ended = visitor.read(&mut [0; 16]).await;
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    /// Invariant I6 of the fault list: connections are bounded, and one that goes makes room.
    #[tokio::test]
    async fn so_many_connections_are_taken_and_no_more() {
        let (mut door, address) = door().await;
        let mut taken = Vec::new();
        for _ in 0..MOST {
            let client = TcpStream::connect(address).await.unwrap();
            taken.push((client, door.accept().await));
        }
        let _waiting = TcpStream::connect(address).await.unwrap();
        let moment = Duration::from_millis(100);
        assert!(timeout(moment, door.accept()).await.is_err());
        taken.pop();
        assert!(timeout(Duration::from_secs(5), door.accept()).await.is_ok());
    }
}
