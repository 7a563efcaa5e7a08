//! 挂锁文本报告: `(id,P45,…)`, what happened at a lock and who opened it.
//! Promises: a report exists only when it has all its fields, and date, time and place lie in their ranges; `write` gives back
//! what `read` took, in places of five decimals.
//! Absent: other text messages; the meaning of event sources, which no public page gives.
//! Source: traccar's Jt600 decoder (P45) and its test.

use super::binary::instant;
use super::wire::{Answer, inside};
use crate::contract::UtcMillis;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use chrono::DateTime;

/// Hundred-thousandths of a degree in a degree.
const DEGREE: u32 = 100_000;

/// 挂锁事件: one text report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextReport {
    /// The lock's number.
    pub id: String,
    /// When, by the lock's clock.
    pub at: UtcMillis,
    /// Latitude in hundred-thousandths of a degree, north positive.
    pub latitude: i32,
    /// Longitude in the same, east positive.
    pub longitude: i32,
    /// The lock knows where it is; otherwise this is where it last knew.
    pub valid: bool,
    /// As the lock counts it.
    pub speed: u16,
    /// Degrees.
    pub course: u16,
    /// What the event came from.
    pub source: u16,
    /// Whether an opening was verified, as the lock counts it.
    pub unlock: u16,
    /// The card that was shown; `None` for zeros.
    pub card: Option<String>,
    /// Whether a password was verified, as the lock counts it.
    pub password: u16,
    /// Wrong passwords so far.
    pub wrong_passwords: u16,
    /// The report's number.
    pub index: u16,
    /// Fields that nobody explains, as they came.
    pub more: Vec<String>,
}

impl TextReport {
    /// What one whole text frame of a lock says.
    #[must_use]
    pub fn read(frame: &[u8]) -> Option<Self> {
        let text = inside(frame)?;
        let fields: Vec<&str> = text.split(',').collect();
        let [id, "P45", date, time, latitude, ns, longitude, ew, fix, rest @ ..] = fields.as_slice() else {
            return None;
        };
        let [speed, course, source, unlock, card, password, wrong, index, more @ ..] = rest else {
            return None;
        };
        let north = one_of(ns, "N", "S")?;
        let east = one_of(ew, "E", "W")?;
        let (day, month, year) = pairs(date)?;
        let (hour, minute, second) = pairs(time)?;
        let digits = |text: &str| !text.is_empty() && text.len() <= 20 && decimal(text);
        (digits(id) && digits(card)).then_some(())?;
        Some(Self {
            id: String::from(*id),
            at: instant(day, month, year, hour, minute, second)?,
            latitude: angle(latitude, 90, north)?,
            longitude: angle(longitude, 180, east)?,
            valid: one_of(fix, "A", "V")?,
            speed: number(speed)?,
            course: number(course)?,
            source: number(source)?,
            unlock: number(unlock)?,
            card: Some(String::from(*card)).filter(|card| card.bytes().any(|digit| digit != b'0')),
            password: number(password)?,
            wrong_passwords: number(wrong)?,
            index: number(index)?,
            more: more.iter().map(|field| String::from(*field)).collect(),
        })
    }

    /// The bytes on the wire; ten zeros stand for no card.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let at = DateTime::from_timestamp_millis(self.at.as_millis()).unwrap_or_default();
        let place = |angle: i32| {
            let angle = angle.unsigned_abs();
            format!("{}.{:05}", angle / DEGREE, angle % DEGREE)
        };
        let sign = |set: bool, yes: char, no: char| if set { yes } else { no };
        let mut text = format!(
            "({},P45,{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            self.id,
            at.format("%d%m%y,%H%M%S"),
            place(self.latitude),
            sign(self.latitude >= 0, 'N', 'S'),
            place(self.longitude),
            sign(self.longitude >= 0, 'E', 'W'),
            sign(self.valid, 'A', 'V'),
            self.speed,
            self.course,
            self.source,
            self.unlock,
            self.card.as_deref().unwrap_or("0000000000"),
            self.password,
            self.wrong_passwords,
            self.index,
        );
        for field in &self.more {
            text.push(',');
            text.push_str(field);
        }
        text.push(')');
        text.into_bytes()
    }

    /// What we answer.
    #[must_use]
    pub const fn answer(&self) -> Answer {
        Answer::Received(self.index)
    }
}

fn one_of(text: &str, yes: &str, no: &str) -> Option<bool> {
    if text == yes {
        Some(true)
    } else if text == no {
        Some(false)
    } else {
        None
    }
}

fn decimal(text: &str) -> bool {
    text.bytes().all(|sign| sign.is_ascii_digit())
}

fn number(text: &str) -> Option<u16> {
    if decimal(text) { text.parse().ok() } else { None }
}

/// Three numbers of two digits.
fn pairs(text: &str) -> Option<(u32, u32, u32)> {
    if text.len() != 6 || !decimal(text) {
        return None;
    }
    let pair = |at: usize| text.get(at..at + 2).and_then(|digits| digits.parse().ok());
    Some((pair(0)?, pair(2)?, pair(4)?))
}

/// Degrees with decimals, of which five count.
fn angle(text: &str, most: u32, positive: bool) -> Option<i32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if whole.len() > 3 || decimals.is_empty() || !decimal(whole) || !decimal(decimals) {
        return None;
    }
    let decimals = decimals.bytes().chain(core::iter::repeat(b'0')).take(5);
    let decimals = decimals.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let angle = whole.parse::<u32>().ok()? * DEGREE + decimals;
    let angle = i32::try_from(angle).ok().filter(|_| angle <= most * DEGREE)?;
    Some(if positive { angle } else { -angle })
}
