//! A place for an adapter: a path at which pseudo-terminals are plugged in and out.

use std::{path::PathBuf, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::Mutex,
};
use tokio_serial::{SerialPort, SerialStream};

use crate::config::{Parity, PortSettings, StopBits};

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
        PortSettings { path, baud: 57_600, parity: Parity::None, stop_bits: StopBits::One }
    }

    /// Plugs an adapter in; dropping every clone of the result pulls it out.
    pub(super) fn plug(&self) -> Arc<Plug> {
        let (device, line) = SerialStream::pair().unwrap();
        let _ = std::fs::remove_file(&self.path);
        std::os::unix::fs::symlink(line.name().unwrap(), &self.path).unwrap();
        let (reader, writer) = tokio::io::split(device);
        Arc::new(Plug { reader: Mutex::new(reader), writer: Mutex::new(writer), _line: line })
    }
}

/// The device's end of a plugged adapter.
pub(super) struct Plug {
    reader: Mutex<ReadHalf<SerialStream>>,
    writer: Mutex<WriteHalf<SerialStream>>,
    /// Keeps the line up while the agent has not opened it.
    _line: SerialStream,
}

impl Plug {
    pub(super) async fn read(&self) -> Vec<u8> {
        let mut buffer = [0; 512];
        let count = self.reader.lock().await.read(&mut buffer).await.unwrap();
        buffer[..count].to_vec()
    }

    pub(super) async fn write(&self, bytes: &[u8]) {
        self.writer.lock().await.write_all(bytes).await.unwrap();
    }
}
