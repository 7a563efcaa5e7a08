//! A scripted device behind a pseudo-terminal, as an adapter in `/dev` would be.

use std::{path::PathBuf, time::Duration};

use protocols::barcode::{
    gm::{Reply as GmReply, Request as GmRequest},
    zone::IDENTITY,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_serial::{SerialPort, SerialStream};

use crate::config::{Parity, PortSettings, SerialSettings, StopBits};

/// `01 05 00` as bytes.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// What a device says to what it has heard since it last said something.
pub(super) type Script = Box<dyn Fn(&[u8]) -> Vec<u8> + Send>;

/// One that says this when a request ends so.
pub(super) fn answers(request: Vec<u8>, answer: Vec<u8>) -> Script {
    Box::new(move |heard| if heard.ends_with(&request) { answer.clone() } else { Vec::new() })
}

/// One that never says anything to anybody.
pub(super) fn mute() -> Script {
    Box::new(|_| Vec::new())
}

/// A module of the GM family.
pub(super) fn gm65() -> Script {
    let identity = GmReply::values(&[5, 0x64, 0x20, 0x15, 0x0C, 0x01]).encode().unwrap();
    answers(GmRequest::Read { zone: IDENTITY, count: 6 }.encode().unwrap(), identity)
}

/// A device that is plugged in.
pub(super) struct Bench {
    pub(super) path: PathBuf,
    /// Keeps the line up while nobody has it open.
    _near: SerialStream,
    device: tokio::task::JoinHandle<()>,
}

impl Bench {
    /// Answers by the script and, unasked, says the same again and again.
    pub(super) fn new(script: Script, unasked: Option<(Vec<u8>, Duration)>) -> Self {
        let (mut far, near) = SerialStream::pair().unwrap();
        let path = PathBuf::from(near.name().unwrap());
        let device = tokio::spawn(async move {
            let (mut heard, mut buffer) = (Vec::new(), [0; 512]);
            let (said, every) = unasked.unwrap_or((Vec::new(), Duration::from_secs(3600)));
            let mut clock = tokio::time::interval(every);
            loop {
                tokio::select! {
                    count = far.read(&mut buffer) => {
                        let Ok(count) = count else { return };
                        heard.extend_from_slice(&buffer[..count]);
                        let answer = script(&heard);
                        if !answer.is_empty() {
                            heard.clear();
                            let _ = far.write_all(&answer).await;
                        }
                    }
                    _ = clock.tick() => drop(far.write_all(&said).await),
                }
            }
        });
        Self { path, _near: near, device }
    }

    pub(super) fn port(&self) -> PortSettings {
        PortSettings::Serial(SerialSettings {
            path: self.path.to_str().unwrap().into(),
            baud: 9600,
            parity: Parity::None,
            stop_bits: StopBits::One,
        })
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.device.abort();
    }
}
