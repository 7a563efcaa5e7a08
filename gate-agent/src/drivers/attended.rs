//! 值守线路: one device's line in a person's hands, as the technician's commands hold it.
//! Promises: the same port, settings and lock as the agent's driver of that device, so that the two never share a line; what is
//! said to a device here is what the agent would say to it.
//! Absent: what bytes mean to a person (`cli`); fusion and lanes: nothing that is heard here reaches them.
//! Reading order: `Attended` (the line), `Dialogue` (what the agent would say on it).

use std::{io, sync::Arc};

use protocols::{
    relay::{
        exchange::{Input as BusInput, Output as BusOutput, RelayEvent, Timing},
        session::Session as Bus,
    },
    talk::{DeviceEvent, Input, Output, Talk},
    tick::Tick,
};

use super::{
    boards::slave,
    conversation::conversation,
    line::{Line, LineEvent, sleep_until},
    reader::Begin,
};
use crate::{
    clock::Clock,
    config::{BoardConfig, Kind, PortSettings},
    panel::DeviceMetrics,
};

/// What happened on an attended line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is open; nothing was read yet.
    Opened,
    /// So many bytes stand in the buffer.
    Bytes(usize),
    /// It was open and is gone.
    Gone(Box<str>),
    /// It cannot be opened; it is tried again.
    NotThere(Box<str>),
    /// The time that was asked for has come.
    Time,
}

/// 值守线路: a line that a person looks at.
pub struct Attended {
    clock: Arc<dyn Clock>,
    line: Line,
}

impl Attended {
    /// A line that is not open yet.
    #[must_use]
    pub fn new(port: &PortSettings, clock: Arc<dyn Clock>) -> Self {
        Self { line: Line::new(port.clone(), clock.clone(), DeviceMetrics::default()), clock }
    }

    /// Waits for the next thing to happen, `until` then at most. May be dropped at any await. On a line that never rests bytes
    /// go before the time: whoever has a deadline looks at the clock behind each.
    pub async fn next(&mut self, buffer: &mut [u8], until: Option<Tick>) -> Heard {
        tokio::select! {
            biased;
            event = self.line.next(buffer) => match event {
                LineEvent::Opened => Heard::Opened,
                LineEvent::Bytes(count) => Heard::Bytes(count),
                LineEvent::Lost(why) => Heard::Gone(why),
                LineEvent::NotThere(why) => Heard::NotThere(why),
            },
            () = sleep_until(&*self.clock, until) => Heard::Time,
        }
    }

    /// Writes all of a request.
    ///
    /// # Errors
    /// When the line is closed or does not take it.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.line.write(bytes).await
    }

    /// Throws away what was received and not read.
    pub fn discard(&mut self) -> u64 {
        self.line.discard()
    }

    /// Closes the line, which is opened anew.
    pub fn close(&mut self, why: &str) {
        self.line.lost(why);
    }
}

/// What a dialogue wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// Write these bytes.
    Send(Vec<u8>),
    /// Throw away what was received and not read.
    Discard,
    /// Tell the person.
    Remark(String),
    /// Close the connection; why.
    HangUp(String),
    /// Nothing more; come again with bytes or at that time.
    Wait(Option<Tick>),
}

enum Speaker {
    Device(Box<dyn Talk + Send>),
    Board(Box<Bus>),
}

/// What a dialogue is begun from.
enum Source {
    Device(Begin),
    Board { timing: Option<Timing>, boards: Vec<BoardConfig> },
}

/// 会话: what the agent would say to a device, begun anew whenever its line opens. Of boards it only reads: nothing here
/// orders a coil.
pub struct Dialogue {
    source: Source,
    speaker: Option<Speaker>,
    /// Inputs of each board as they were told last.
    inputs: Vec<(u8, u32)>,
}

impl Dialogue {
    /// With a device of that kind; `beside` are the other boards of its port, which the agent's bus asks in turn. None for what is only
    /// told what to show or say.
    #[must_use]
    pub fn with(kind: &Kind, port: &PortSettings, beside: Vec<BoardConfig>) -> Option<Self> {
        let source = match (conversation(kind, &DeviceMetrics::default()), kind) {
            (Some(begin), _) => Source::Device(begin),
            (None, Kind::Board(board)) => Source::Board {
                timing: match port {
                    PortSettings::Serial(serial) => Some(Timing::at_baud(serial.baud)),
                    PortSettings::Tcp(_) => None,
                },
                boards: std::iter::once(board.clone()).chain(beside).collect(),
            },
            (None, _) => return None,
        };
        Some(Self { source, speaker: None, inputs: Vec::new() })
    }

    /// The line is open.
    pub fn begin(&mut self, now: Tick) {
        self.inputs.clear();
        self.speaker = Some(match &self.source {
            Source::Device(begin) => Speaker::Device(begin()),
            Source::Board { timing, boards } => {
                let slaves = boards.iter().map(slave).collect();
                Speaker::Board(Box::new(match timing {
                    Some(timing) => Bus::new(*timing, slaves),
                    None => Bus::over_tcp(slaves),
                }))
            }
        });
        self.wake(now);
    }

    /// The line is gone.
    pub fn end(&mut self) {
        self.speaker = None;
    }

    /// Bytes came.
    pub fn hear(&mut self, bytes: &[u8], now: Tick) {
        match &mut self.speaker {
            Some(Speaker::Device(talk)) => talk.handle(Input::Bytes(bytes), now),
            Some(Speaker::Board(bus)) => bus.handle(BusInput::Bytes(bytes), now),
            None => {}
        }
    }

    /// The time of the last `Wait` has come.
    pub fn wake(&mut self, now: Tick) {
        match &mut self.speaker {
            Some(Speaker::Device(talk)) => talk.handle(Input::Deadline, now),
            Some(Speaker::Board(bus)) => bus.handle(BusInput::Deadline, now),
            None => {}
        }
    }

    /// The next thing to do; until `Wait`.
    pub fn poll(&mut self) -> Say {
        loop {
            let said = match &mut self.speaker {
                None => return Say::Wait(None),
                Some(Speaker::Device(talk)) => match talk.poll() {
                    Output::Send(bytes) => return Say::Send(bytes),
                    Output::Wait(until) => return Say::Wait(until),
                    Output::Event(event) => of_device(event),
                },
                Some(Speaker::Board(bus)) => match bus.poll() {
                    BusOutput::Send(bytes) => return Say::Send(bytes),
                    BusOutput::Flush => return Say::Discard,
                    BusOutput::HangUp(why) => return Say::HangUp(why.to_string()),
                    BusOutput::Wait(until) => return Say::Wait(until),
                    BusOutput::Event(event) => self.of_board(event),
                },
            };
            if let Some(text) = said {
                return Say::Remark(text);
            }
        }
    }

    /// Requests that were not answered.
    #[must_use]
    pub fn timeouts(&self) -> u64 {
        match &self.speaker {
            Some(Speaker::Device(talk)) => talk.counters().timeouts,
            Some(Speaker::Board(bus)) => bus.counters().timeouts,
            None => 0,
        }
    }

    fn of_board(&mut self, event: RelayEvent) -> Option<String> {
        match event {
            RelayEvent::Online { unit, relays } => {
                Some(format!("board {unit} answers, relays {relays:#010b}"))
            }
            RelayEvent::Offline { unit } => Some(format!("board {unit} does not answer")),
            RelayEvent::Inputs { unit, bits, .. } => self.inputs_of(unit, bits),
            RelayEvent::InputsUnknown { unit } => {
                self.inputs.retain(|(known, _)| *known != unit);
                Some(format!("board {unit}: inputs unknown"))
            }
            RelayEvent::Refused { unit, function, exception } => {
                Some(format!("board {unit} refuses function {function:02X}: exception {:02X}", exception.0))
            }
            RelayEvent::CommandDone { .. }
            | RelayEvent::CommandFailed { .. }
            | RelayEvent::StuckOn { .. }
            | RelayEvent::Released { .. } => None,
        }
    }

    /// The inputs that speak, by the names of the configuration; none while nothing has changed.
    fn inputs_of(&mut self, unit: u8, bits: u32) -> Option<String> {
        let news = (unit, bits);
        if self.inputs.contains(&news) {
            return None;
        }
        self.inputs.retain(|(known, _)| *known != unit);
        self.inputs.push(news);
        let Source::Board { boards, .. } = &self.source else { return None };
        let map = &boards.iter().find(|board| board.address == unit)?.inputs;
        let speak = map.wired.iter().filter(|(name, input)| {
            let on = bits >> input & 1 == 1;
            on != map.active_low.contains(name)
        });
        let names: Vec<&str> = speak.map(|(name, _)| *name).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(" ") };
        Some(format!("board {unit}, inputs that speak: {names}"))
    }
}

/// In words; what was seen or weighed the bytes themselves tell.
fn of_device(event: DeviceEvent) -> Option<String> {
    match event {
        DeviceEvent::Online(what) => Some(format!("answers: {what}")),
        DeviceEvent::Unsupported(what) => Some(format!("is not supported: {what}")),
        DeviceEvent::Configured => Some("is configured".to_owned()),
        DeviceEvent::Refused(what) => Some(format!("refuses: {what}")),
        DeviceEvent::Silent => Some("does not answer".to_owned()),
        DeviceEvent::Seen(_) | DeviceEvent::Weight(_) => None,
    }
}
