//! The address at which a gate reaches a device over TCP: a listener on this machine, published in a file.
//! Promises: one gate at a time, the newest; bytes told while none is connected are lost; dropping the value closes listener
//! and connection, so that a gate is refused until the device is there again.
//! Absent: rates and faults (`line`); a network that loses a peer without a word, which is the line fault `silence`.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};
use tokio::net::{TcpListener, TcpStream};

/// A listener, and the gate that is connected.
#[derive(Debug)]
pub struct Tcp {
    file: PathBuf,
    address: SocketAddr,
    listener: TcpListener,
    gate: Option<TcpStream>,
    /// A gate has connected since it was last asked for.
    fresh: bool,
}

impl Tcp {
    /// Listens, and writes the address with its port into `file`. Needs a Tokio runtime.
    ///
    /// # Errors
    /// What the system says, such as `AddrInUse`.
    pub fn publish(file: &Path, address: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        write_file(file, address)?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Self { file: file.to_path_buf(), address, listener, gate: None, fresh: false })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether a gate is connected.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.gate.is_some()
    }

    /// Whether a gate has connected since the last call.
    pub fn is_fresh(&mut self) -> bool {
        std::mem::take(&mut self.fresh)
    }

    /// Closes the gate's connection.
    pub fn hang_up(&mut self) {
        self.gate = None;
    }

    /// Waits until bytes may be there or a gate has come or gone, then appends the bytes to `into`.
    ///
    /// # Errors
    /// What the system says of the listener.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<()>> {
        let mut changed = false;
        while let Poll::Ready(accepted) = self.listener.poll_accept(cx) {
            let (stream, _) = accepted?;
            // Answers must not wait for acknowledgements of the one before; on a connection that is gone already it is all one.
            let _ = stream.set_nodelay(true);
            (self.gate, self.fresh, changed) = (Some(stream), true, true);
            into.clear();
        }
        let mut chunk = [0; 1024];
        while let Some(gate) = &self.gate {
            match gate.poll_read_ready(cx) {
                Poll::Pending => break,
                Poll::Ready(_) => {}
            }
            match gate.try_read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(count) if count > 0 => {
                    into.extend_from_slice(chunk.get(..count).unwrap_or_default());
                    return Poll::Ready(Ok(()));
                }
                Ok(_) | Err(_) => {
                    self.gate = None;
                    changed = true;
                }
            }
        }
        if changed { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Writes towards the gate without waiting; returns how many bytes were lost because nobody took them.
    pub fn write(&self, mut bytes: &[u8]) -> usize {
        let Some(gate) = &self.gate else { return bytes.len() };
        while !bytes.is_empty() {
            match gate.try_write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(_) => break,
            }
        }
        bytes.len()
    }
}

impl Drop for Tcp {
    fn drop(&mut self) {
        if fs::read_to_string(&self.file).is_ok_and(|text| text.trim() == self.address.to_string()) {
            let _ = fs::remove_file(&self.file);
        }
    }
}

/// In one step, so that nobody reads half an address.
fn write_file(file: &Path, address: SocketAddr) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    fs::write(&fresh, format!("{address}\n"))?;
    fs::rename(&fresh, file)
}
