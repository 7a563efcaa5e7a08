//! 挂锁二进制报告: where a lock is and how it is, with numbers in BCD.
//! Promises: a report exists only when every BCD digit is one and date, time and place lie in their ranges; `write` gives back
//! the same bytes, what nobody explained included.
//! Absent: the bytes between the signal and the index, which differ with the version and stay as they came.
//! Source: traccar's Jt600 decoder and its test.

use super::wire::{Answer, BINARY_HEAD};
use crate::contract::UtcMillis;
use crate::talk::SealState;
use alloc::string::String;
use alloc::vec::Vec;
use chrono::{DateTime, Datelike, NaiveDate, Timelike};

/// Bytes behind the head up to the signal, and the index.
pub(super) const BODY_MIN: usize = 35;
/// From this version on a report has a number with which it is answered.
const NUMBERED: u8 = 0x19;
/// Ten-thousandths of a minute in a degree.
const DEGREE: i32 = 600_000;
/// The flags of a place; bit 3 nobody explains.
const VALID: u8 = 0x01;
const NORTH: u8 = 0x02;
const EAST: u8 = 0x04;

/// 挂锁状态: the status word of a padlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PadStatus(pub u16);

impl PadStatus {
    /// It is locked.
    pub const LOCKED: u16 = 1 << 7;
    /// It wants an answer.
    pub const ANSWER: u16 = 1 << 5;
    /// It was shaken.
    pub const VIBRATION: u16 = 1 << 4;
    /// Its power was cut.
    pub const POWER_CUT: u16 = 1 << 3;
    /// Its battery is low.
    pub const LOW_BATTERY: u16 = 1 << 11;
    /// It has a fault.
    pub const FAULT: u16 = 1 << 14;

    /// Whether a bit is set.
    #[must_use]
    pub const fn has(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    /// Sealed only when it is locked and nothing speaks against it. An open padlock does not say who opened it, so it is not
    /// known to be open by permission, nor to be tampered with.
    #[must_use]
    pub const fn state(self) -> SealState {
        let doubtful = self.has(Self::VIBRATION | Self::POWER_CUT | Self::FAULT);
        if self.has(Self::LOCKED) && !doubtful { SealState::Sealed } else { SealState::Unknown }
    }
}

/// 位置: where a lock says it is, in ten-thousandths of a minute, north and east positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Latitude.
    pub latitude: i32,
    /// Longitude.
    pub longitude: i32,
    /// The lock knows where it is; otherwise this is where it last knew.
    pub valid: bool,
}

/// 挂锁报告: one binary report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The lock's number, ten digits.
    pub id: String,
    /// Version byte.
    pub version: u8,
    /// Kinds of report and of lock, a nibble each.
    pub kinds: u8,
    /// When, by the lock's clock.
    pub at: UtcMillis,
    /// Where.
    pub place: Place,
    /// The nibble of which the place has its signs, as it came.
    pub place_flags: u8,
    /// Speed, course in units of 2 degrees.
    pub motion: [u8; 2],
    /// Odometer, kilometres.
    pub odometer: u32,
    /// Satellites.
    pub satellites: u8,
    /// The vehicle's number, as it was set.
    pub vehicle: u32,
    /// How it is.
    pub status: PadStatus,
    /// Battery in percent; FF while charging.
    pub battery: u8,
    /// Cell, area and signal of the mobile network.
    pub network: [u8; 5],
    /// As it came.
    pub rest: Vec<u8>,
    /// The report's number.
    pub index: u8,
}

impl Report {
    /// What one whole frame says; `None` when length, BCD or a range does not hold.
    #[must_use]
    pub fn read(frame: &[u8]) -> Option<Self> {
        let (head, body) = frame.split_first_chunk::<BINARY_HEAD>()?;
        let [0x24, id @ .., version, kinds, high, low] = *head else { return None };
        if usize::from(u16::from_be_bytes([high, low])) != body.len() {
            return None;
        }
        let (time, body) = body.split_first_chunk::<6>()?;
        let (latitude, body) = body.split_first_chunk::<4>()?;
        let (longitude, body) = body.split_first_chunk::<5>()?;
        let (numbers, body) = body.split_first_chunk::<11>()?;
        let [speed, course, o0, o1, o2, o3, satellites, vehicle @ ..] = *numbers;
        let (state, body) = body.split_first_chunk::<8>()?;
        let [status_high, status_low, battery, network @ ..] = *state;
        let (index, rest) = body.split_last()?;
        let (place, place_flags) = place(*latitude, *longitude)?;
        Some(Self {
            id: digits(&id)?,
            version,
            kinds,
            at: at(*time)?,
            place,
            place_flags,
            motion: [speed, course],
            odometer: u32::from_be_bytes([o0, o1, o2, o3]),
            satellites,
            vehicle: u32::from_be_bytes(vehicle),
            status: PadStatus(u16::from_be_bytes([status_high, status_low])),
            battery,
            network,
            rest: rest.to_vec(),
            index: *index,
        })
    }

    /// The bytes on the wire; `None` for numbers that BCD or the length cannot say.
    #[must_use]
    pub fn write(&self) -> Option<Vec<u8>> {
        let id = hex::decode(&self.id).ok().filter(|id| id.len() == 5 && digits(id).is_some())?;
        let (latitude, longitude) = (digits_of(self.place.latitude)?, digits_of(self.place.longitude)?);
        let mut body = Vec::new();
        for field in fields_of(self.at)? {
            body.push(to_bcd(field)?);
        }
        body.extend_from_slice(bcd_bytes(latitude).get(1..)?);
        let tens = bcd_bytes(longitude / 10);
        body.extend_from_slice(tens.get(1..)?);
        body.push(u8::try_from(longitude % 10).ok()? << 4 | self.place_flags & 0x0F);
        body.extend_from_slice(&self.motion);
        body.extend_from_slice(&self.odometer.to_be_bytes());
        body.push(self.satellites);
        body.extend_from_slice(&self.vehicle.to_be_bytes());
        body.extend_from_slice(&self.status.0.to_be_bytes());
        body.push(self.battery);
        body.extend_from_slice(&self.network);
        body.extend_from_slice(&self.rest);
        body.push(self.index);
        let len = u16::try_from(body.len()).ok()?.to_be_bytes();
        Some([&[0x24][..], &id, &[self.version, self.kinds], &len, &body].concat())
    }

    /// What we answer, if the lock wants it.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        let numbered = Answer::Received(u16::from(self.index));
        let answer = if self.version >= NUMBERED { numbered } else { Answer::Plain };
        self.status.has(PadStatus::ANSWER).then_some(answer)
    }
}

fn bcd(byte: u8) -> Option<u32> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    (high < 10 && low < 10).then(|| u32::from(high) * 10 + u32::from(low))
}

/// The number that a row of BCD bytes says.
fn number(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |sum, byte| sum.checked_mul(100)?.checked_add(bcd(*byte)?))
}

fn digits(bytes: &[u8]) -> Option<String> {
    bytes.iter().all(|byte| bcd(*byte).is_some()).then(|| hex::encode(bytes))
}

/// Day, month, year, hour, minute, second; the year counts from 2000.
fn at(time: [u8; 6]) -> Option<UtcMillis> {
    let mut fields = [0; 6];
    for (field, byte) in fields.iter_mut().zip(time) {
        *field = bcd(byte)?;
    }
    let [day, month, year, hour, minute, second] = fields;
    instant(day, month, year, hour, minute, second)
}

/// An instant of the years 2000 to 2099; `None` when there is none such.
pub(super) fn instant(
    day: u32,
    month: u32,
    year: u32,
    hour: u32,
    minute: u32,
    second: u32,
) -> Option<UtcMillis> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()? + 2000, month, day)?;
    let time = date.and_hms_opt(hour, minute, second)?;
    Some(UtcMillis::from_millis(time.and_utc().timestamp_millis()))
}

/// Latitude `ddmm.mmmm`; longitude `dddmm.mmmm`, of whose last byte the lower nibble is flags; and what of these is left.
fn place(latitude: [u8; 4], longitude: [u8; 5]) -> Option<(Place, u8)> {
    let latitude = angle(number(&latitude)?, 90)?;
    let [tens @ .., last] = longitude;
    let longitude = number(&tens)?.checked_mul(10)?.checked_add(bcd(last >> 4)?)?;
    let longitude = angle(longitude, 180)?;
    let place = Place {
        latitude: if last & NORTH != 0 { latitude } else { -latitude },
        longitude: if last & EAST != 0 { longitude } else { -longitude },
        valid: last & VALID != 0,
    };
    Some((place, last & 0x0F))
}

/// Degrees before the last six digits, ten-thousandths of minutes in them.
fn angle(digits: u32, most: i32) -> Option<i32> {
    let (degrees, minutes) = (digits / 1_000_000, digits % 1_000_000);
    let minutes = i32::try_from(minutes).ok().filter(|minutes| *minutes < DEGREE)?;
    let angle = i32::try_from(degrees).ok()?.checked_mul(DEGREE)?.checked_add(minutes)?;
    (angle <= most * DEGREE).then_some(angle)
}

/// The digits that an angle stands in: degrees, then ten-thousandths of minutes.
fn digits_of(angle: i32) -> Option<u32> {
    let angle = angle.unsigned_abs();
    let degree = u32::try_from(DEGREE).ok()?;
    (angle / degree).checked_mul(1_000_000)?.checked_add(angle % degree)
}

/// Day, month, year, hour, minute, second of an instant of the years 2000 to 2099.
fn fields_of(at: UtcMillis) -> Option<[u32; 6]> {
    let time = DateTime::from_timestamp_millis(at.as_millis())?;
    let year = u32::try_from(time.year() - 2000).ok().filter(|year| *year < 100)?;
    Some([time.day(), time.month(), year, time.hour(), time.minute(), time.second()])
}

fn to_bcd(number: u32) -> Option<u8> {
    let number = u8::try_from(number).ok().filter(|number| *number < 100)?;
    Some(((number / 10) << 4) | (number % 10))
}

/// Ten digits in five bytes.
fn bcd_bytes(number: u32) -> [u8; 5] {
    let mut left = number;
    let mut bytes = [0; 5];
    for byte in bytes.iter_mut().rev() {
        // Below 100 always.
        *byte = to_bcd(left % 100).unwrap_or(0);
        left /= 100;
    }
    bytes
}
