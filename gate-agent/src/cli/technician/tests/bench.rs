//! A scripted device behind a pseudo-terminal, as an adapter in `/dev` would be.

use std::{os::fd::OwnedFd, path::PathBuf, sync::mpsc, thread, time::Duration};

use protocols::barcode::{
    gm::{Reply as GmReply, Request as GmRequest},
    zone::IDENTITY,
};
use rustix::{
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

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

/// A device that is plugged in; dropping it pulls it out.
pub(super) struct Bench {
    pub(super) path: PathBuf,
    /// Keeps the line up while nobody has it open; without it the device's threads end.
    _near: OwnedFd,
    _alive: mpsc::Sender<()>,
}

impl Bench {
    /// Answers by the script and, unasked, says the same again and again.
    pub(super) fn new(script: Script, unasked: Option<(Vec<u8>, Duration)>) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let far = openpt(flags).unwrap();
        grantpt(&far).unwrap();
        unlockpt(&far).unwrap();
        let path = PathBuf::from(ptsname(&far, Vec::new()).unwrap().into_string().unwrap());
        let near = ioctl_tiocgptpeer(&far, flags).unwrap();
        let mut modes = tcgetattr(&near).unwrap();
        modes.make_raw();
        tcsetattr(&near, OptionalActions::Now, &modes).unwrap();
        let (alive, gone) = mpsc::channel::<()>();
        if let Some((said, every)) = unasked {
            let far = far.try_clone().unwrap();
            thread::spawn(move || {
                while gone.recv_timeout(every) == Err(mpsc::RecvTimeoutError::Timeout) {
                    let _ = rustix::io::write(&far, &said);
                }
            });
        }
        thread::spawn(move || {
            let (mut heard, mut buffer) = (Vec::new(), [0; 512]);
            while let Ok(count @ 1..) = rustix::io::read(&far, &mut buffer) {
                heard.extend_from_slice(&buffer[..count]);
                let answer = script(&heard);
                if !answer.is_empty() {
                    heard.clear();
                    let _ = rustix::io::write(&far, &answer);
                }
            }
        });
        Self { path, _near: near, _alive: alive }
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
