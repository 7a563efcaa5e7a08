//! A place for an adapter, a path at which pseudo-terminals are plugged in and out; and an address, at which drivers call.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::Mutex,
};
use tokio_serial::{SerialPort, SerialStream};

use crate::config::{Parity, PortSettings, SerialSettings, StopBits};

/// Where the adapter is looked for, as `/dev/serial/by-id/...` would be.
pub(super) struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adapter");
        Self { _folder: folder, path }
    }

    pub(super) fn settings(&self) -> PortSettings {
        let path = self.path.to_str().unwrap().into();
        let settings = SerialSettings { path, baud: 57_600, parity: Parity::None, stop_bits: StopBits::One };
        PortSettings::Serial(settings)
    }

    /// Plugs an adapter in; dropping every clone of the result pulls it out.
    pub(super) fn plug(&self) -> Arc<Plug> {
        let (device, line) = SerialStream::pair().unwrap();
        let _ = std::fs::remove_file(&self.path);
        std::os::unix::fs::symlink(line.name().unwrap(), &self.path).unwrap();
        Arc::new(Plug::new(device, Some(line)))
    }
}

/// Where a device listens, as a board on the yard's network would.
pub(super) struct Address {
    listener: TcpListener,
    address: SocketAddr,
}

impl Address {
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { address: listener.local_addr().unwrap(), listener }
    }

    pub(super) fn settings(&self) -> PortSettings {
        PortSettings::Tcp(self.address.to_string().into())
    }

    /// Waits for a driver to call; dropping every clone of the result hangs up.
    pub(super) async fn plug(&self) -> Arc<Plug> {
        let (stream, _) = self.listener.accept().await.unwrap();
        Arc::new(Plug::new(stream, None))
    }

    /// Stops listening; the address stays the same for `open`.
    pub(super) fn close(self) -> SocketAddr {
        self.address
    }

    pub(super) async fn open(address: SocketAddr) -> Self {
        Self { listener: TcpListener::bind(address).await.unwrap(), address }
    }
}

/// The device's end of a plugged adapter or of a connection.
pub(super) struct Plug {
    reader: Mutex<Box<dyn AsyncRead + Send + Unpin>>,
    writer: Mutex<Box<dyn AsyncWrite + Send + Unpin>>,
    /// Keeps the line up while the agent has not opened it.
    _line: Option<SerialStream>,
}

impl Plug {
    fn new(device: impl AsyncRead + AsyncWrite + Send + 'static, line: Option<SerialStream>) -> Self {
        let (reader, writer) = tokio::io::split(device);
        Self { reader: Mutex::new(Box::new(reader)), writer: Mutex::new(Box::new(writer)), _line: line }
    }

    /// What came at a plugged adapter, which stays up.
    pub(super) async fn read(&self) -> Vec<u8> {
        self.heard().await.expect("a line that stays up")
    }

    /// What came; none once a driver has hung up.
    pub(super) async fn heard(&self) -> Option<Vec<u8>> {
        let mut buffer = [0; 512];
        let count = self.reader.lock().await.read(&mut buffer).await.unwrap_or_default();
        (count > 0).then(|| buffer[..count].to_vec())
    }

    /// A driver that has hung up needs no answer.
    pub(super) async fn write(&self, bytes: &[u8]) {
        let _ = self.writer.lock().await.write_all(bytes).await;
    }
}
