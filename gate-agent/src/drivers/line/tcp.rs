//! A TCP connection: how it is opened, so that it never delivers late.
//! Promises: an attempt ends within a second; no request waits for the acknowledgement of the one before; closing throws
//! away what the other side has not received yet, so that no pulse arrives after its time-out was told.
//! Source: faults section 4 (Nagle and delayed acknowledgement cost 44 ms a message).

use std::{io, time::Duration};

use tokio::net::TcpStream;

/// Longest wait for the other side to accept; a host on the yard's own network answers in milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn connect(address: Box<str>) -> io::Result<TcpStream> {
    let connection = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(&*address)).await??;
    connection.set_nodelay(true)?;
    connection.set_zero_linger()?;
    Ok(connection)
}
