//! 继电器与输入板: firmware of a relay and input board: Modbus RTU or TCP on one side, pins on the other.
//! Promises: one request a `poll`, so that the caller sees each change of an output on its own; a pulse ends by the
//! board's own clock; what is refused changes nothing; silence for another unit and for a bad CRC.
//! Chosen where sources are silent: on a serial line unit 0 executes writes without an answer, and answers only the vendor's
//! question for the address; on TCP, where units are for gateways, 0 and 255 are the board itself; a plain write to a coil
//! ends its pulse.
//! Absent: FC 06 to registers other than the address, changing the line rate.
//! Source: Modbus application protocol V1.1b3, chapters 6 and 7; Modbus messaging on TCP/IP V1.0b; Waveshare relay protocol
//! V2.

mod ear;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::time::Duration;
use ear::{Ear, Heard};
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_io::{ErrorKind, Read, ReadReady, Write};
use protocols::relay::wire::{
    ALL_RELAYS, Bits, Exception, FLASH_OFF, FLASH_ON, OFF, ON, Request, RequestError, Response, TOGGLE,
};
use protocols::tick::Tick;

/// Register with the board's address.
const ADDRESS_REGISTER: u16 = 0x4000;
/// Register with the firmware's version, hundredths.
const VERSION_REGISTER: u16 = 0x8000;
/// What the version register says: V2.00.
const VERSION: u16 = 200;
/// Unit that every board of a serial line listens to.
const EVERYBODY: u8 = 0;
/// Units that mean the board itself where it has an address of its own.
const ITSELF: [u8; 2] = [0, 0xFF];

/// What carries the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A serial line: Modbus RTU.
    Serial,
    /// A TCP connection: Modbus TCP.
    Tcp,
}

/// Which map the board follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Waveshare V2: toggling, all relays at once, timed pulses.
    Vendor,
    /// Plain Modbus: FC 05 takes only ON and OFF.
    Strict,
}

/// What the board did with one frame that was meant for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The frame as it came.
    pub frame: Vec<u8>,
    /// What it asked, unless it was not understood.
    pub request: Option<Request>,
    /// The refusal, if it was refused.
    pub refused: Option<Exception>,
}

/// What failed below the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The serial port.
    Port(ErrorKind),
    /// A pin, outside of a request (in a request it is exception 04).
    Pin,
}

#[derive(Clone, Copy, Debug, Default)]
struct Coil {
    on: bool,
    /// When the pulse ends, and what the coil is then.
    pulse: Option<(Tick, bool)>,
}

/// One board on one serial port.
#[derive(Debug)]
pub struct RelayBoard<P, O, I> {
    port: P,
    unit: u8,
    profile: Profile,
    outputs: Vec<O>,
    inputs: Vec<I>,
    coils: Vec<Coil>,
    carrier: Carrier,
    ear: Ear,
}

impl<P: Read + Write + ReadReady, O: OutputPin, I: InputPin> RelayBoard<P, O, I> {
    /// A board that has just been powered: all outputs off once it is first polled or written to.
    pub fn new(
        port: P,
        carrier: Carrier,
        unit: u8,
        profile: Profile,
        outputs: Vec<O>,
        inputs: Vec<I>,
    ) -> Self {
        let coils = outputs.iter().map(|_| Coil::default()).collect();
        Self { port, unit, profile, outputs, inputs, coils, carrier, ear: Ear::new(carrier) }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// The board's address.
    #[must_use]
    pub fn unit(&self) -> u8 {
        self.unit
    }

    /// Whether a coil is energised; `false` beyond the last.
    #[must_use]
    pub fn coil(&self, index: usize) -> bool {
        self.coils.get(index).is_some_and(|coil| coil.on)
    }

    /// A master has connected: what another one left unfinished is over.
    pub fn connected(&mut self) {
        self.ear = Ear::new(self.carrier);
    }

    /// Whether what came on the connection is no Modbus, so that the board wants it closed.
    #[must_use]
    pub fn hangs_up(&self) -> bool {
        self.ear.is_broken()
    }

    /// Power was away and is back: all outputs off, pulses forgotten.
    ///
    /// # Errors
    /// A pin.
    pub fn reboot(&mut self) -> Result<(), Failure> {
        self.ear = Ear::new(self.carrier);
        for index in 0..self.coils.len() {
            self.set(index, Coil::default()).map_err(|()| Failure::Pin)?;
        }
        Ok(())
    }

    /// Ends pulses that are over, or serves one request; call until `None`.
    ///
    /// # Errors
    /// The port or a pin.
    pub fn poll(&mut self, now: Tick) -> Result<Option<Served>, Failure> {
        self.end_pulses(now)?;
        let mut chunk = [0; 64];
        loop {
            while let Some(heard) = self.ear.next(now) {
                if let Some(served) = self.serve(heard, now)? {
                    return Ok(Some(served));
                }
            }
            if !self.port.read_ready().map_err(port)? {
                return Ok(None);
            }
            let count = self.port.read(&mut chunk).map_err(port)?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
            self.ear.push(bytes, now);
        }
    }

    /// When `poll` has something to do again, if no bytes come before.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        self.coils.iter().filter_map(|coil| coil.pulse.map(|(until, _)| until)).chain(self.ear.wake()).min()
    }

    /// Carries out what was heard and answers it; `None` when it is not for this board.
    fn serve(&mut self, heard: Heard, now: Tick) -> Result<Option<Served>, Failure> {
        let unit = heard.unit;
        // Before a new address takes hold: the answer still carries the old one.
        let addressed = unit == self.unit || (self.carrier == Carrier::Tcp && ITSELF.contains(&unit));
        let result = match &heard.request {
            Ok(request) if addressed || unit == EVERYBODY => self.execute(request, now),
            Err(RequestError::Count) if addressed => Err(Exception::ILLEGAL_VALUE),
            Err(RequestError::Function) if addressed => Err(Exception::ILLEGAL_FUNCTION),
            Ok(_) | Err(_) => return Ok(None),
        };
        let asks_address = Ok(Request::ReadRegisters { start: ADDRESS_REGISTER, count: 1 });
        if addressed || heard.request == asks_address {
            let pdu = match (&heard.request, &result) {
                (Ok(request), Ok(response)) => response.pdu(request),
                (_, result) => {
                    let why = result.as_ref().err().copied().unwrap_or(Exception::ILLEGAL_FUNCTION);
                    alloc::vec![heard.function | 0x80, why.0]
                }
            };
            self.port.write_all(&heard.answer(&pdu)).map_err(port)?;
        }
        Ok(Some(Served { frame: heard.frame, request: heard.request.ok(), refused: result.err() }))
    }

    fn execute(&mut self, request: &Request, now: Tick) -> Result<Response, Exception> {
        match request {
            Request::ReadCoils { start, count } => {
                let levels: Vec<bool> = self.coils.iter().map(|coil| coil.on).collect();
                packed(&levels, *start, *count)
            }
            Request::ReadInputs { start, count } => {
                let levels: Result<Vec<bool>, I::Error> =
                    self.inputs.iter_mut().map(InputPin::is_high).collect();
                packed(&levels.map_err(|_| Exception::DEVICE_FAILURE)?, *start, *count)
            }
            Request::ReadRegisters { start: ADDRESS_REGISTER, count: 1 } => {
                Ok(Response::Words(alloc::vec![u16::from(self.unit)]))
            }
            Request::ReadRegisters { start: VERSION_REGISTER, count: 1 } => {
                Ok(Response::Words(alloc::vec![VERSION]))
            }
            Request::WriteRegister { address: ADDRESS_REGISTER, value } => {
                let unit = u8::try_from(*value).ok().filter(|unit| *unit > 0);
                self.unit = unit.ok_or(Exception::ILLEGAL_VALUE)?;
                Ok(Response::Written)
            }
            Request::ReadRegisters { .. } | Request::WriteRegister { .. } => Err(Exception::ILLEGAL_ADDRESS),
            Request::WriteRegisters { .. } => Err(Exception::ILLEGAL_FUNCTION),
            Request::WriteCoils { start, bits } => self.write_pattern(*start, bits),
            Request::WriteCoil { address, value } => self.write_coil(*address, *value, now),
        }
    }

    fn write_pattern(&mut self, start: u16, bits: &Bits) -> Result<Response, Exception> {
        let first = usize::from(start);
        if first + usize::from(bits.count()) > self.coils.len() {
            return Err(Exception::ILLEGAL_ADDRESS);
        }
        for (index, bit) in (first..).zip((0..bits.count()).map_while(|bit| bits.get(bit))) {
            self.set(index, Coil { on: bit, pulse: None }).map_err(|()| Exception::DEVICE_FAILURE)?;
        }
        Ok(Response::Written)
    }

    fn write_coil(&mut self, address: u16, value: u16, now: Tick) -> Result<Response, Exception> {
        let count = u16::try_from(self.coils.len()).unwrap_or(u16::MAX);
        let vendor = self.profile == Profile::Vendor;
        let relays = match address {
            ALL_RELAYS if vendor => 0..self.coils.len(),
            relay if relay < count => usize::from(relay)..usize::from(relay) + 1,
            _ if vendor => return self.flash(address, value, now),
            _ => return Err(Exception::ILLEGAL_ADDRESS),
        };
        for index in relays {
            let on = match value {
                ON => true,
                OFF => false,
                TOGGLE if vendor => !self.coil(index),
                _ => return Err(Exception::ILLEGAL_VALUE),
            };
            self.set(index, Coil { on, pulse: None }).map_err(|()| Exception::DEVICE_FAILURE)?;
        }
        Ok(Response::Written)
    }

    fn flash(&mut self, address: u16, tenths: u16, now: Tick) -> Result<Response, Exception> {
        let (relay, on) = match (address.checked_sub(FLASH_OFF), address.checked_sub(FLASH_ON)) {
            (Some(relay), _) => (relay, false),
            (None, Some(relay)) => (relay, true),
            (None, None) => return Err(Exception::ILLEGAL_ADDRESS),
        };
        let index = usize::from(relay);
        if index >= self.coils.len() {
            return Err(Exception::ILLEGAL_ADDRESS);
        }
        if tenths == 0 {
            return Err(Exception::ILLEGAL_VALUE);
        }
        let until = now + Duration::from_millis(100) * u32::from(tenths);
        self.set(index, Coil { on, pulse: Some((until, !on)) }).map_err(|()| Exception::DEVICE_FAILURE)?;
        Ok(Response::Written)
    }

    fn end_pulses(&mut self, now: Tick) -> Result<(), Failure> {
        for index in 0..self.coils.len() {
            let over = self.coils.get(index).and_then(|coil| coil.pulse).filter(|(until, _)| *until <= now);
            if let Some((_, then)) = over {
                self.set(index, Coil { on: then, pulse: None }).map_err(|()| Failure::Pin)?;
            }
        }
        Ok(())
    }

    fn set(&mut self, index: usize, to: Coil) -> Result<(), ()> {
        let (Some(coil), Some(pin)) = (self.coils.get_mut(index), self.outputs.get_mut(index)) else {
            return Err(());
        };
        if to.on { pin.set_high() } else { pin.set_low() }.map_err(|_| ())?;
        *coil = to;
        Ok(())
    }
}

/// `count` levels from `start`, as a response packs them; address error beyond the last.
fn packed(levels: &[bool], start: u16, count: u16) -> Result<Response, Exception> {
    let first = usize::from(start);
    let wanted = levels.get(first..first + usize::from(count)).ok_or(Exception::ILLEGAL_ADDRESS)?;
    let bytes: Vec<u8> = wanted
        .chunks(8)
        .map(|eight| eight.iter().rev().fold(0, |byte, level| byte << 1 | u8::from(*level)))
        .collect();
    Bits::unpack(count, &bytes).map(Response::Bits).ok_or(Exception::DEVICE_FAILURE)
}

fn port<E: embedded_io::Error>(error: E) -> Failure {
    Failure::Port(error.kind())
}
