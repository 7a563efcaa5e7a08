//! Where a gate finds a device: a device file, an address, or a broker.
//! Promises: a device that is plugged in again stands where it stood.

use super::broker::BrokerLink;
use super::pty::Pty;
use super::tcp::Tcp;
use crate::device::mqtt::Publish;
use crate::scenario::device::CameraDevice;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};

/// The place of a device, whether it is there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A symlink to its device file.
    File(PathBuf),
    /// An address, and the file that tells it.
    Address(PathBuf, SocketAddr),
    /// A broker, and the name by which the device is known there.
    Broker(String, CameraDevice),
}

impl Place {
    /// The symlink, or the file that tells the address.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Address(path, _) => Some(path),
            Self::Broker(..) => None,
        }
    }

    /// The address, if it is one; port 0 until it was first used.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::File(_) => None,
            Self::Address(_, address) => Some(*address),
            Self::Broker(_, keys) => Some(keys.broker),
        }
    }

    /// Puts a device there. A port that the system chooses is kept for the next time.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(&mut self) -> io::Result<Port> {
        match self {
            Self::File(path) => Pty::publish(path).map(Port::Pty),
            Self::Address(path, address) => {
                let tcp = Tcp::publish(path, *address)?;
                *address = tcp.address();
                Ok(Port::Tcp(tcp))
            }
            Self::Broker(name, keys) => BrokerLink::open(name, keys).map(Port::Broker),
        }
    }
}

/// A device's own end of what a gate opens.
#[derive(Debug)]
pub enum Port {
    /// Of a device file.
    Pty(Pty),
    /// Of a connection.
    Tcp(Tcp),
    /// At a broker, which knows no bytes but messages.
    Broker(BrokerLink),
}

impl Port {
    /// Whether a gate has it open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Pty(pty) => pty.is_open(),
            Self::Tcp(tcp) => tcp.is_open(),
            Self::Broker(link) => link.is_open(),
        }
    }

    /// Whether another connection was opened since the last call; a device file has none.
    pub fn is_fresh(&mut self) -> bool {
        match self {
            Self::Pty(_) | Self::Broker(_) => false,
            Self::Tcp(tcp) => tcp.is_fresh(),
        }
    }

    /// Closes the connection; a device file cannot.
    pub fn hang_up(&mut self) {
        if let Self::Tcp(tcp) = self {
            tcp.hang_up();
        }
    }

    /// Waits for bytes from the gate, or for the gate to come or go, then appends the bytes to `into`.
    ///
    /// # Errors
    /// What the system says.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<()>> {
        match self {
            Self::Pty(pty) => pty.poll_read(cx, into),
            Self::Tcp(tcp) => tcp.poll_read(cx, into),
            Self::Broker(_) => Poll::Pending,
        }
    }

    /// Writes towards the gate without waiting; returns how many bytes were lost because nobody took them.
    pub fn write(&self, bytes: &[u8]) -> usize {
        match self {
            Self::Pty(pty) => pty.write(bytes),
            Self::Tcp(tcp) => tcp.write(bytes),
            Self::Broker(_) => bytes.len(),
        }
    }

    /// Publishes without waiting; `false` when the message is lost.
    #[must_use]
    pub fn publish(&self, message: Publish) -> bool {
        match self {
            Self::Pty(_) | Self::Tcp(_) => false,
            Self::Broker(link) => link.publish(message),
        }
    }

    /// Line rate that the gate has set, bits a second; a connection has none.
    #[must_use]
    pub fn rate(&self) -> Option<u32> {
        match self {
            Self::Pty(pty) => pty.rate(),
            Self::Tcp(_) | Self::Broker(_) => None,
        }
    }
}
