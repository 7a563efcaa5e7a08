//! 显示板: firmware of LED panels that remembers what it shows, on the wires of `protocols::display`.
//! Promises: it shows what sound frames for it say, and nothing else; a parking board that hears a bad frame drops all until
//! the line was still for 50 ms; while it draws (`Timing::draw`) what comes is lost, as on real boards that are sent to
//! without pauses; an Onbon controller answers as its protocol says, forgets text whose time-out has passed, and refuses
//! what it does not know.
//! Absent: effects, fonts, scrolling; boards of the other wires never answer.
//! Source: OLM display protocol V2.6; BX-5K/6K protocol V1.4 of Onbon; SUNPN vendor page; lane equipment, timing.

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::string::String;
use core::time::Duration;
use embedded_io::{Read, ReadReady, Write};
use protocols::display::ab::{self, Ab, AbText};
use protocols::display::bx::area::Area;
use protocols::display::bx::message::{Answer, Fault, Message, Reply, Request, RequestError};
use protocols::display::bx::wire::{self as bx_wire, Bx, HOST, Packet};
use protocols::display::num::{self, BoardNumber, FourByte, Number, Sunpn};
use protocols::display::park::{self, Command, Frame, Park, RECOVERY_MS};
use protocols::tick::Tick;

use super::terminal::{Ear, Faults, Heard, Mouth};

/// Rows that a panel has at most.
pub const ROWS: usize = 16;
/// Silence that ends an incomplete frame.
const GAP: Duration = Duration::from_millis(RECOVERY_MS);
/// From here on addresses are broadcasts, which no controller answers.
const BROADCASTS: u16 = 0xFFFE;

/// Which wire the board speaks, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Parking board; frames for board 0 are for any.
    Park {
        /// Board address.
        board: u8,
    },
    /// Onbon controller.
    Bx {
        /// Controller address.
        address: u16,
    },
    /// AB parking board.
    Ab,
    /// SUNPN number panel.
    Sunpn,
    /// Four-byte number panel.
    FourByte {
        /// Board number.
        board: u8,
    },
}

/// 显示内容: what one row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The text, without the board's own control sequences.
    pub text: String,
    /// Red, green, blue where the wire has colours.
    pub colour: Option<[u8; 3]>,
    /// When it forgets it.
    until: Option<Tick>,
}

/// How long things take. The pages name only the pause that hosts must make; these are our choice within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Drawing a row; what comes meanwhile is lost. Default 40 ms.
    pub draw: Duration,
    /// An answer. Default 20 ms.
    pub answer: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { draw: Duration::from_millis(40), answer: Duration::from_millis(20) }
    }
}

/// One ear a wire.
#[derive(Debug)]
enum Ears {
    Park(u8, Box<Ear<Park, { park::BUFFER }>>),
    Bx(u16, Box<Ear<Bx, { bx_wire::BUFFER }>>),
    Ab(Box<Ear<Ab, { ab::BUFFER }>>),
    Sunpn(Box<Ear<Sunpn, { num::BUFFER }>>),
    FourByte(u8, Box<Ear<FourByte, { num::BUFFER }>>),
}

/// One panel on one serial port.
#[derive(Debug)]
pub struct DisplayBoard<P> {
    port: P,
    ears: Ears,
    mouth: Mouth,
    timing: Timing,
    busy: bool,
    rows: [Option<Shown>; ROWS],
    /// It draws until then.
    drawing: Tick,
    /// A parking board hears nothing until the line was still since then.
    deaf_since: Option<Tick>,
    lost: u64,
    spoken: Option<String>,
}

impl<P: Read + Write + ReadReady> DisplayBoard<P> {
    /// A board that has just been powered: it shows nothing.
    pub fn new(port: P, wire: Wire, timing: Timing, faults: Faults) -> Self {
        let ears = match wire {
            Wire::Park { board } => Ears::Park(board, Box::new(Ear::new(Park, GAP))),
            Wire::Bx { address } => Ears::Bx(address, Box::new(Ear::new(Bx, GAP))),
            Wire::Ab => Ears::Ab(Box::new(Ear::new(Ab, GAP))),
            Wire::Sunpn => Ears::Sunpn(Box::new(Ear::new(Sunpn::default(), GAP))),
            Wire::FourByte { board } => Ears::FourByte(board, Box::new(Ear::new(FourByte, GAP))),
        };
        Self {
            port,
            ears,
            mouth: Mouth::new(faults),
            timing,
            busy: false,
            rows: [const { None }; ROWS],
            drawing: Tick::default(),
            deaf_since: None,
            lost: 0,
            spoken: None,
        }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// What a row shows.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&Shown> {
        self.rows.get(row)?.as_ref()
    }

    /// What the board was last told to say aloud.
    #[must_use]
    pub fn spoken(&self) -> Option<&str> {
        self.spoken.as_deref()
    }

    /// How many frames came while it drew, and were lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// What is wrong with it from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.mouth.faults = faults;
    }

    /// An Onbon controller that refuses to show anything, since it is busy.
    pub fn set_busy(&mut self, busy: bool) {
        self.busy = busy;
    }

    /// Power was away and is back: nothing is shown any more.
    pub fn reboot(&mut self) {
        self.rows = [const { None }; ROWS];
        self.mouth.forget();
        self.deaf_since = None;
        match &mut self.ears {
            Ears::Park(_, ear) => ear.reset(),
            Ears::Bx(_, ear) => ear.reset(),
            Ears::Ab(ear) => ear.reset(),
            Ears::Sunpn(ear) => ear.reset(),
            Ears::FourByte(_, ear) => ear.reset(),
        }
    }

    /// Does what is due: hears frames, answers, forgets old text.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        for row in &mut self.rows {
            row.take_if(|shown| shown.until.is_some_and(|until| now >= until));
        }
        let heard = match &mut self.ears {
            Ears::Park(_, ear) => ear.hear(&mut self.port, now),
            Ears::Bx(_, ear) => ear.hear(&mut self.port, now),
            Ears::Ab(ear) => ear.hear(&mut self.port, now),
            Ears::Sunpn(ear) => ear.hear(&mut self.port, now),
            Ears::FourByte(_, ear) => ear.hear(&mut self.port, now),
        };
        for heard in heard? {
            self.take(heard, now);
        }
        self.mouth.speak(&mut self.port, now)
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let ear = match &self.ears {
            Ears::Park(_, ear) => ear.wake(),
            Ears::Bx(_, ear) => ear.wake(),
            Ears::Ab(ear) => ear.wake(),
            Ears::Sunpn(ear) => ear.wake(),
            Ears::FourByte(_, ear) => ear.wake(),
        };
        let forgets = self.rows.iter().flatten().filter_map(|shown| shown.until);
        forgets.chain(ear).chain(self.mouth.wake()).min()
    }

    fn take(&mut self, heard: Heard, now: Tick) {
        if self.deaf(&heard, now) {
            return;
        }
        let Heard::Frame(bytes) = heard else { return };
        if now < self.drawing {
            self.lost += 1;
            return;
        }
        match self.ears {
            Ears::Park(board, _) => self.park(board, &bytes, now),
            Ears::Bx(address, _) => self.bx(address, &bytes, now),
            Ears::Ab(_) => {
                let text = AbText::parse(&bytes).map(|frame| frame.text.read());
                self.show(0, text, None, None, now);
            }
            Ears::Sunpn(_) => {
                let number = Number::parse(&bytes, Sunpn::default());
                let colour = number.and_then(|number| colour_of(number.colour));
                let text = number.map(|number| alloc::format!("{}", number.value));
                self.show(0, text, colour, None, now);
            }
            Ears::FourByte(board, _) => {
                let number = BoardNumber::parse(&bytes).filter(|number| number.board == board);
                let text = number.map(|number| alloc::format!("{}", number.value));
                self.show(0, text, None, None, now);
            }
        }
    }

    /// Whether a parking board does not listen, since it heard a bad frame and the line has not been still since.
    fn deaf(&mut self, heard: &Heard, now: Tick) -> bool {
        if !matches!(self.ears, Ears::Park(..)) {
            return false;
        }
        let still = self.deaf_since.is_none_or(|since| now.since(since) >= GAP);
        let deaf = *heard == Heard::Bad || !still;
        self.deaf_since = deaf.then_some(now);
        deaf
    }

    fn show(
        &mut self,
        row: usize,
        text: Option<String>,
        colour: Option<[u8; 3]>,
        until: Option<Tick>,
        now: Tick,
    ) {
        if let (Some(slot), Some(text)) = (self.rows.get_mut(row), text) {
            *slot = Some(Shown { text, colour, until });
            self.drawing = now + self.timing.draw;
        }
    }

    fn park(&mut self, board: u8, bytes: &[u8], now: Tick) {
        let Some(frame) = Frame::parse(bytes).filter(|frame| frame.board == board || frame.board == 0) else {
            return;
        };
        match Command::decode(&frame) {
            Ok(Command::Line(line)) => {
                let [red, green, blue, _] = line.colour;
                let text = Some(line.text.read());
                self.show(usize::from(line.row), text, Some([red, green, blue]), None, now);
            }
            Ok(Command::File { row, file }) => {
                self.show(usize::from(row), Some(alloc::format!("file {file}")), None, None, now);
            }
            Ok(Command::Speak { text, .. }) => self.spoken = Some(text.read()),
            Err(_) => {}
        }
    }

    fn bx(&mut self, address: u16, bytes: &[u8], now: Tick) {
        let Some(packet) = Packet::parse(bytes) else { return };
        let broadcast = packet.destination >= BROADCASTS;
        if packet.destination != address && !broadcast {
            return;
        }
        let Some(message) = Message::parse(&packet.data) else { return };
        let reply = match Request::decode(&message) {
            Ok((_, Request::Show { .. })) if self.busy => Reply::Refused(Fault::BUSY),
            Ok((_, Request::Show { delete, areas })) => {
                for id in delete {
                    self.forget_row(usize::from(id));
                }
                areas.iter().for_each(|area| self.area(area, now));
                Reply::Accepted
            }
            Ok((_, Request::Delete(_))) => {
                (0..ROWS).for_each(|row| self.forget_row(row));
                Reply::Accepted
            }
            Ok((_, Request::Ping)) => Reply::Accepted,
            Ok((_, Request::Status)) => Reply::Data { command: message.command, bytes: alloc::vec![0; 4] },
            Err(RequestError::Unknown(..)) => Reply::Refused(Fault::NO_COMMAND),
            Err(RequestError::Layout(..)) => Reply::Refused(Fault::CHECK),
        };
        if message.flag == Answer::Wanted as u8 && !broadcast {
            let answer = Packet::new(HOST, address, reply.encode());
            // Never too long: a status is four bytes.
            self.mouth.say(&answer.encode().unwrap_or_default(), self.timing.answer, now);
        }
    }

    fn area(&mut self, area: &Area, now: Tick) {
        let text = area.text.read();
        let text = text.strip_prefix("\\FO000").unwrap_or(&text).into();
        let times_out = area.run_mode == 2;
        let until = times_out.then(|| now + Duration::from_secs(u64::from(area.time_out)));
        self.show(usize::from(area.id), Some(text), None, until, now);
    }

    fn forget_row(&mut self, row: usize) {
        if let Some(slot) = self.rows.get_mut(row) {
            *slot = None;
        }
    }
}

fn colour_of(code: u8) -> Option<[u8; 3]> {
    match code {
        0 => Some([0, 0xFF, 0]),
        1 => Some([0xFF, 0xFF, 0]),
        2 => Some([0xFF, 0, 0]),
        _ => None,
    }
}
