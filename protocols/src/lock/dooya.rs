//! 卷帘电机: DOOYA motor controllers of roller doors, seven bytes each way.
//! Promises: an order exists only for bytes whose shape and CRC held; `encode` gives back the same bytes. The motor answers an
//! order by repeating it, and a group order not at all.
//! Absent: reading and setting positions and addresses.
//! Source: DOOYA RS-485 interface page, control commands; a public driver.

use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::vec::Vec;

/// The buffer of a decoder, bytes: two frames and more.
pub const BUFFER: usize = 16;
/// Every motor of the line; none of them answers.
pub const GROUP: [u8; 2] = [0, 0];

const HEAD: u8 = 0x55;
const CONTROL: u8 = 0x03;
const FRAME: usize = 7;

/// Frames of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DooyaWire;

/// Cuts a motor's line into frames.
pub type DooyaDecoder = Decoder<DooyaWire, BUFFER>;

impl Framing for DooyaWire {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        if front.first() != Some(&HEAD) || front.get(3).is_some_and(|function| *function != CONTROL) {
            return Measure::NotAFrame;
        }
        match front.get(..FRAME) {
            None => Measure::NeedMore,
            Some(frame) if check::holds(&check::CRC_16_MODBUS, frame) => Measure::Whole(FRAME),
            Some(_) => Measure::BadCheck(FRAME),
        }
    }
}

/// 卷帘动作: what a door is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Open.
    Open = 1,
    /// Close.
    Close = 2,
    /// Stand still.
    Stop = 3,
}

/// 卷帘命令: an order to one motor, and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The motor's number, low byte first as on the wire; `GROUP` for all.
    pub id: [u8; 2],
    /// What it is to do.
    pub motion: Motion,
}

impl Order {
    /// What one whole frame says, its shape and CRC tested; `None` for motions that nobody names.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        match (DooyaWire.measure(bytes, Place::Boundary), bytes) {
            (Measure::Whole(FRAME), [_, low, high, _, motion, _, _]) => {
                let motions = [Motion::Open, Motion::Close, Motion::Stop];
                let motion = motions.into_iter().find(|known| *known as u8 == *motion)?;
                Some(Self { id: [*low, *high], motion })
            }
            _ => None,
        }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let [low, high] = self.id;
        let mut frame = alloc::vec![HEAD, low, high, CONTROL, self.motion as u8];
        check::append(&check::CRC_16_MODBUS, &mut frame);
        frame
    }
}
