//! How a board hears requests: on a serial line by length, check and silence, on TCP by the header.
//! Promises: bytes that are no request are passed over on a serial line, where silence begins afresh; on TCP nothing behind
//! them is heard any more.

use super::Carrier;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use protocols::check::{self, CRC_16_MODBUS};
use protocols::frame::Progress;
use protocols::relay::mbap::{Header, Stream};
use protocols::relay::wire::{FRAME_MAX, ModbusDecoder, Request, RequestError, Side, sealed};
use protocols::tick::Tick;

/// Silence that ends a frame which its length did not end; generous, since ptys and adapters batch bytes.
const GAP: Duration = Duration::from_millis(20);

/// One request as it came.
#[derive(Debug)]
pub(super) struct Heard {
    /// The whole frame.
    pub(super) frame: Vec<u8>,
    /// For whom.
    pub(super) unit: u8,
    /// Its function, known or not.
    pub(super) function: u8,
    /// What it asks.
    pub(super) request: Result<Request, RequestError>,
    /// On TCP, the number that the answer repeats.
    transaction: Option<u16>,
}

impl Heard {
    /// The frame that answers it with this function and data.
    pub(super) fn answer(&self, pdu: &[u8]) -> Vec<u8> {
        match self.transaction {
            Some(transaction) => Header { transaction, unit: self.unit }.frame(pdu),
            None => sealed(self.unit, pdu),
        }
    }
}

/// What has come and is not yet a request.
#[derive(Debug)]
pub(super) enum Ear {
    Serial {
        decoder: Box<ModbusDecoder>,
        /// What came since the last silence, for frames whose function is unknown.
        burst: Vec<u8>,
        heard: Tick,
    },
    Tcp {
        stream: Stream,
        broken: bool,
    },
}

impl Ear {
    pub(super) fn new(carrier: Carrier) -> Self {
        match carrier {
            Carrier::Serial => Self::Serial {
                decoder: Box::new(ModbusDecoder::new(Side::Host)),
                burst: Vec::new(),
                heard: Tick::default(),
            },
            Carrier::Tcp => Self::Tcp { stream: Stream::default(), broken: false },
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], now: Tick) {
        match self {
            Self::Serial { decoder, burst, heard } => {
                *heard = now;
                decoder.push(bytes);
                burst.extend_from_slice(bytes);
                // Longer than any frame: nothing in it can be one frame on its own.
                burst.truncate(FRAME_MAX + 1);
            }
            Self::Tcp { stream, .. } => stream.push(bytes),
        }
    }

    /// The next request; call until `None`.
    pub(super) fn next(&mut self, now: Tick) -> Option<Heard> {
        match self {
            Self::Serial { decoder, burst, heard } => {
                if let Some(frame) = next_frame(decoder, burst) {
                    return Some(frame);
                }
                let held = decoder.held() > 0 || !burst.is_empty();
                if !held || now.since(*heard) < GAP {
                    return None;
                }
                decoder.gap();
                next_frame(decoder, burst).or_else(|| unknown_function(burst))
            }
            Self::Tcp { stream, broken } => match stream.pull() {
                Ok(found) => found.map(|(header, pdu)| Heard {
                    frame: header.frame(&pdu),
                    unit: header.unit,
                    function: pdu.first().copied().unwrap_or_default(),
                    request: Request::from_pdu(&pdu),
                    transaction: Some(header.transaction),
                }),
                Err(_) => {
                    *broken = true;
                    None
                }
            },
        }
    }

    /// When silence will have ended what is held.
    pub(super) fn wake(&self) -> Option<Tick> {
        match self {
            Self::Serial { decoder, burst, heard } => {
                (decoder.held() > 0 || !burst.is_empty()).then_some(*heard + GAP)
            }
            Self::Tcp { .. } => None,
        }
    }

    /// Whether nothing can be heard any more.
    pub(super) const fn is_broken(&self) -> bool {
        matches!(self, Self::Tcp { broken: true, .. })
    }
}

fn next_frame(decoder: &mut ModbusDecoder, burst: &mut Vec<u8>) -> Option<Heard> {
    loop {
        let frame = match decoder.pull() {
            Progress::NeedMore => return None,
            Progress::Noise { .. } => continue,
            Progress::BadCheck(_) => {
                burst.clear();
                continue;
            }
            Progress::Frame(frame) => frame.to_vec(),
        };
        burst.clear();
        let Some([unit, function]) = frame.first_chunk().copied() else { continue };
        let request = Request::decode(&frame).map(|(_, request)| request);
        return Some(Heard { frame, unit, function, request, transaction: None });
    }
}

/// A whole burst between two silences with a good CRC and a function that the decoder does not know.
fn unknown_function(burst: &mut Vec<u8>) -> Option<Heard> {
    let frame = core::mem::take(burst);
    let [unit, function] = frame.first_chunk().copied()?;
    let sound = check::holds(&CRC_16_MODBUS, &frame);
    let request = Err(RequestError::Function);
    sound.then_some(Heard { frame, unit, function, request, transaction: None })
}
