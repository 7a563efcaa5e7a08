//! Plays the UHF reader: answers what the agent asks, and tells tags unasked as a reader in scan mode does.
//! Absent on purpose: a field, radio times, wrong answers.
//! Source: UHFReader18 manual V2.0.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Instant,
};

use protocols::{
    frame::Progress,
    uhf::{
        repr::{Command, ReadMode, ReaderInfo, Reply, WorkMode, WorkModeReport},
        status::Status,
        tag::Family,
        wire::{HostFrame, Side, UhfDecoder},
    },
};
use rustix::{
    fd::OwnedFd,
    termios::{QueueSelector, tcflush},
};

use crate::{
    clock,
    codec::tag_frame,
    pty::{Pair, read, write_all},
};

/// The reader, and the thread that answers for it until the process ends.
#[derive(Debug)]
pub(crate) struct Reader {
    far: Arc<OwnedFd>,
    device: PathBuf,
    /// Held open between two agents.
    near: OwnedFd,
}

impl Reader {
    /// A reader fresh from the factory.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn start() -> io::Result<Self> {
        let Pair { far, near, device } = Pair::open()?;
        let far = Arc::new(far);
        let answering = Arc::clone(&far);
        thread::Builder::new().name("reader".to_owned()).spawn(move || play(&answering))?;
        Ok(Self { far, device, near })
    }

    /// The file that the agent opens.
    pub(crate) fn device(&self) -> &Path {
        &self.device
    }

    /// Tells the tag of binding `number`; gives the time at which its last byte was written.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn tell(&self, number: u32) -> anyhow::Result<Instant> {
        let frame = tag_frame(number)?;
        write_all(&self.far, &frame)?;
        Ok(clock::now())
    }

    /// Drops what no agent has read yet, as a port that nobody has open does; otherwise it would fill up and block.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn discard(&self) -> io::Result<()> {
        Ok(tcflush(&self.near, QueueSelector::IFlush)?)
    }
}

/// What the reader has been told to be.
struct Settings {
    mode: WorkMode,
    inventory_time: u8,
    power: u8,
}

fn play(port: &OwnedFd) {
    let mut settings = Settings { mode: WorkMode::serial(ReadMode::Answer), inventory_time: 10, power: 30 };
    let mut decoder = UhfDecoder::new(Side::Host);
    let mut buffer = [0; 256];
    while let Ok(count) = read(port, &mut buffer) {
        decoder.push(buffer.get(..count).unwrap_or_default());
        loop {
            let command = match decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => continue,
                Progress::Frame(frame) => {
                    HostFrame::parse(frame).ok().map(|frame| Command::decode(&frame, Family::Uhf18))
                }
            };
            let Some(Ok(command)) = command else { continue };
            let reply = settings.answer(&command).encode(0, Family::Uhf18);
            if reply.is_ok_and(|bytes| write_all(port, &bytes).is_err()) {
                return;
            }
        }
    }
}

impl Settings {
    fn answer(&mut self, command: &Command) -> Reply<'static> {
        match command {
            Command::ReaderInformation => return Reply::Information(self.information()),
            Command::GetWorkMode => {
                let mode = self.mode;
                return Reply::WorkMode(WorkModeReport {
                    wiegand: [0, 30, 10, 15],
                    mode,
                    accuracy: 0,
                    offset: 0,
                });
            }
            Command::SetWorkMode(mode) => self.mode = *mode,
            Command::SetInventoryTime(time) => self.inventory_time = time.tenths(),
            Command::SetPower(power) => self.power = power.dbm(),
            Command::Inventory | Command::InventoryOne => {
                return Reply::Answer { command: command.code(), status: Status::NoTag, detail: None };
            }
            // Address, rate, beep: nothing that a lane sees.
            _ => {}
        }
        Reply::Answer { command: command.code(), status: Status::Success, detail: None }
    }

    fn information(&self) -> ReaderInfo {
        ReaderInfo {
            version: [2, 0],
            kind: 0x09,
            protocols: 2,
            max_channel: 49,
            min_channel: 0,
            power: self.power,
            inventory_time: self.inventory_time,
            ports: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use protocols::{
        talk::{DeviceEvent, Input, Output, Talk},
        tick::Tick,
        uhf::session::{Config, Session},
    };

    use super::*;

    /// The agent's own session, driven over the pair until the reader is configured and a tag was told.
    #[test]
    fn the_agents_session_is_content_with_the_reader() {
        let reader = Reader::start().unwrap();
        let mut session = Session::new(Config::default());
        let (mut events, mut now) = (Vec::new(), 0);
        session.handle(Input::Deadline, Tick::from_millis(now));
        while !events.iter().any(|event| matches!(event, DeviceEvent::Seen(_))) {
            match session.poll() {
                Output::Send(bytes) => write_all(&reader.near, &bytes).unwrap(),
                Output::Event(event) => {
                    if event == DeviceEvent::Configured {
                        reader.tell(7).unwrap();
                    }
                    events.push(event);
                }
                Output::Wait(_) => {
                    let mut buffer = [0; 256];
                    let count = read(&reader.near, &mut buffer).unwrap();
                    now += 1;
                    session.handle(Input::Bytes(&buffer[..count]), Tick::from_millis(now));
                }
            }
        }
        assert!(matches!(events[0], DeviceEvent::Online(_)) && events.contains(&DeviceEvent::Configured));
    }
}
