//! 连接: what the centre asks of the kernel for every connection, and who of the silent is let go.
//! Promises: small answers go out at once; a peer that is gone, or takes nothing of what is sent to it, costs a connection for two minutes at
//! most; so does one that says nothing and is asked nothing.
//! Absent on purpose: how many connections there may be; that is the machine's limit of descriptors.
//! Source: invariant I6; fault F4.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use rustix::net::sockopt;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// A line that is quiet for so long is asked whether it is still there, and again each [`ASK_AGAIN`].
const ASK_AFTER: Duration = Duration::from_secs(30);
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// What is sent must be taken within so many milliseconds; so must an answer to the question come.
const TAKEN_WITHIN_MS: u32 = 60_000;
/// How long a caller may say and take nothing: twice the longest poll of a gate.
const SILENT: Duration = Duration::from_secs(120);

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

/// A connection that ends after [`SILENT`] without a byte in either direction.
#[derive(Debug)]
pub struct Patient<S> {
    stream: S,
    until: Pin<Box<Sleep>>,
    patience: Duration,
}

impl<S> Patient<S> {
    /// Over this one.
    pub fn new(stream: S) -> Self {
        Self::with(stream, SILENT)
    }

    fn with(stream: S, patience: Duration) -> Self {
        Self { stream, until: Box::pin(sleep(patience)), patience }
    }

    /// What it is over.
    pub const fn stream(&self) -> &S {
        &self.stream
    }

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

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
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
        let mut ours = Patient::with(ours, Duration::from_secs(10));
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
