//! 口令: what a person types to prove himself, and the hash that is kept of it.
//! Promises: the digits are never printed; a hash weaker than OWASP's least for Argon2id, or so costly that it would stall the gate,
//! is refused; two hashes of one PIN differ.
//! Limits: a PIN of six digits is found quickly by whoever has the hash and time. The hash protects against a glance into the file; the
//! file's own rights and the lock-out protect the rest.
//! Source: OWASP Password Storage Cheat Sheet (Argon2id); RFC 9106; the PHC string format.

use std::fmt;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use serde::{Deserialize, Deserializer};

/// Digits of a PIN.
const LENGTH: std::ops::RangeInclusive<usize> = 6..=12;
/// What this release makes: 12 MiB, three passes. The gate has little memory to spare, and checks one PIN at a time.
const MEMORY_KIB: u32 = 12 * 1024;
const PASSES: u32 = 3;
/// What it takes.
const MEMORY_KIB_RANGE: std::ops::RangeInclusive<u32> = 7 * 1024..=64 * 1024;
const LEAST_WORK: u32 = 7 * 1024 * 5;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 4;
const LEAST_SALT: usize = 8;
const LEAST_OUTPUT: usize = 16;

/// Those that are tried first where people choose six digits, and no other rule here refuses.
const TRIED_FIRST: [&str; 10] =
    ["112233", "123321", "147258", "147852", "159357", "159753", "258369", "520131", "789456", "5201314"];

/// 口令, as somebody typed it.
pub struct Pin(Box<str>);

/// Why a PIN is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPin {
    /// Too short, too long, or not only digits.
    #[error("a PIN has 6 to 12 digits and nothing else")]
    NotDigits,
    /// One or two different digits.
    #[error("a PIN needs at least three different digits")]
    FewDigits,
    /// 123456, 864208 and their like.
    #[error("a PIN must not run up or down in even steps")]
    Run,
    /// 123123 and its like.
    #[error("a PIN must not repeat itself")]
    Repeats,
    /// A day of the calendar.
    #[error("a PIN must not be a date")]
    Date,
    /// On the list of what is tried first.
    #[error("this PIN is among those that are tried first")]
    TriedFirst,
}

impl Pin {
    /// What a person typed to prove himself; it is compared, not judged.
    #[must_use]
    pub fn entered(text: &str) -> Self {
        Self(text.into())
    }

    /// What a person chooses.
    ///
    /// # Errors
    /// [`WeakPin`] names the rule.
    pub fn chosen(text: &str) -> Result<Self, WeakPin> {
        let digits: Vec<u8> = text.bytes().map(|byte| byte.wrapping_sub(b'0')).collect();
        if !LENGTH.contains(&digits.len()) || digits.iter().any(|digit| *digit > 9) {
            return Err(WeakPin::NotDigits);
        }
        let mut different = digits.clone();
        different.sort_unstable();
        different.dedup();
        if different.len() < 3 {
            return Err(WeakPin::FewDigits);
        }
        if is_run(&digits) {
            return Err(WeakPin::Run);
        }
        if (1..=digits.len() / 2).any(|period| repeats(&digits, period)) {
            return Err(WeakPin::Repeats);
        }
        if is_date(text) {
            return Err(WeakPin::Date);
        }
        if TRIED_FIRST.contains(&text) {
            return Err(WeakPin::TriedFirst);
        }
        Ok(Self(text.into()))
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Every step from digit to digit is the same, modulo ten.
fn is_run(digits: &[u8]) -> bool {
    let mut steps =
        digits.iter().zip(digits.iter().skip(1)).map(|(from, to)| (to + 10).wrapping_sub(*from) % 10);
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

/// The digits are one group of `period` digits over and over.
fn repeats(digits: &[u8], period: usize) -> bool {
    digits.len().is_multiple_of(period) && digits.iter().zip(digits.iter().skip(period)).all(|(a, b)| a == b)
}

/// `yymmdd` or `yyyymmdd` of 1900 to 2099.
fn is_date(text: &str) -> bool {
    let day = match text.len() {
        6 => text.get(2..),
        8 if text.starts_with("19") || text.starts_with("20") => text.get(4..),
        _ => None,
    };
    let part = |range| day.and_then(|day| day.get(range)).and_then(|part: &str| part.parse::<u8>().ok());
    let (month, day) = (part(0..2), part(2..4));
    month.is_some_and(|month| (1..=12).contains(&month)) && day.is_some_and(|day| (1..=31).contains(&day))
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(hidden)")
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.into()))
    }
}

/// 口令摘要: an Argon2id hash of a PIN, as a PHC string. Not secret enough to be shown, not secret enough to be trusted alone.
#[derive(Clone, PartialEq, Eq)]
pub struct PinHash(PasswordHash);

/// Why a text is no hash that this gate takes. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPinHash {
    /// No PHC string at all.
    #[error("must be what `gate-agent pin` prints")]
    Shape,
    /// Another algorithm or version.
    #[error("must be an argon2id hash of version 19")]
    Algorithm,
    /// Cheap to guess.
    #[error("must have cost at least m=7168,t=5 or m=12288,t=3: make it anew with `gate-agent pin`")]
    TooCheap,
    /// A check would hold the machine up.
    #[error("must have cost at most m=65536,t=10,p=4: make it anew with `gate-agent pin`")]
    TooCostly,
}

impl PinHash {
    /// The hash of a PIN, with a salt of its own.
    ///
    /// # Errors
    /// When the library refuses, which its constants do not let happen.
    pub fn of(pin: &Pin) -> Result<Self, argon2::password_hash::Error> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
        let salt: [u8; 16] = rand::random();
        argon2(params).hash_password_with_salt(pin.bytes(), &salt).map(Self)
    }

    /// Reads a PHC string.
    ///
    /// # Errors
    /// [`NotAPinHash`].
    pub fn parse(text: &str) -> Result<Self, NotAPinHash> {
        let hash = PasswordHash::new(text).map_err(|_| NotAPinHash::Shape)?;
        if hash.algorithm != Algorithm::Argon2id.ident() || hash.version != Some(Version::V0x13.into()) {
            return Err(NotAPinHash::Algorithm);
        }
        let params = Params::try_from(&hash).map_err(|_| NotAPinHash::Shape)?;
        let (salt, output) = (hash.salt.as_ref(), hash.hash.as_ref());
        let has_room = salt.is_some_and(|salt| salt.len() >= LEAST_SALT)
            && output.is_some_and(|output| output.len() >= LEAST_OUTPUT);
        if !has_room {
            return Err(NotAPinHash::Shape);
        }
        let (memory, passes) = (params.m_cost(), params.t_cost());
        if memory > *MEMORY_KIB_RANGE.end() || passes > MOST_PASSES || params.p_cost() > MOST_LANES {
            return Err(NotAPinHash::TooCostly);
        }
        if memory < *MEMORY_KIB_RANGE.start() || memory.saturating_mul(passes) < LEAST_WORK {
            return Err(NotAPinHash::TooCheap);
        }
        Ok(Self(hash))
    }

    /// True when the PIN is this one. Costs the same either way, and blocks for as long as that takes.
    #[must_use]
    pub fn is_of(&self, pin: &Pin) -> bool {
        Argon2::default().verify_password(pin.bytes(), &self.0).is_ok()
    }
}

fn argon2(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

impl fmt::Display for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHash(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fault E5: no default and no obvious credentials.
    #[test]
    fn what_is_tried_first_is_no_pin() {
        for (text, why) in [
            ("", WeakPin::NotDigits),
            ("12345", WeakPin::NotDigits),
            ("1234567890123", WeakPin::NotDigits),
            ("48a201", WeakPin::NotDigits),
            ("４８２０１７", WeakPin::NotDigits),
            ("482 017", WeakPin::NotDigits),
            ("000000", WeakPin::FewDigits),
            ("112121", WeakPin::FewDigits),
            ("123456", WeakPin::Run),
            ("987654", WeakPin::Run),
            ("8901234", WeakPin::Run),
            ("135791", WeakPin::Run),
            ("123123", WeakPin::Repeats),
            ("482482482", WeakPin::Repeats),
            ("48204820", WeakPin::Repeats),
            ("850412", WeakPin::Date),
            ("19850412", WeakPin::Date),
            ("147258", WeakPin::TriedFirst),
            ("5201314", WeakPin::TriedFirst),
        ] {
            assert_eq!(Pin::chosen(text).map(drop), Err(why), "{text}");
        }
        for text in ["482017", "730195", "19850499", "9047162538", "859912"] {
            assert!(Pin::chosen(text).is_ok(), "{text}");
        }
    }

    /// fault E9: neither the PIN nor its hash is printed by accident.
    #[test]
    fn a_pin_is_proved_by_its_hash_and_printed_by_neither() {
        let pin = Pin::chosen("482017").unwrap();
        let hash = PinHash::of(&pin).unwrap();
        let text = hash.to_string();
        assert!(text.starts_with("$argon2id$v=19$m=12288,t=3,p=1$"), "{text}");
        assert_ne!(text, PinHash::of(&pin).unwrap().to_string(), "a salt of its own");
        let read = PinHash::parse(&text).unwrap();
        assert!(read.is_of(&Pin::entered("482017")));
        assert!(!read.is_of(&Pin::entered("482018")) && !read.is_of(&Pin::entered("")));
        assert_eq!(format!("{pin:?} {hash:?}"), "Pin(hidden) PinHash(hidden)");
    }

    #[test]
    fn a_hash_too_cheap_too_costly_or_of_another_kind_is_refused() {
        const TAIL: &str = "c29tZXNhbHQxMjM0NTY3OA$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA";
        let with = |head: &str| PinHash::parse(&format!("{head}${TAIL}")).map(drop);
        assert_eq!(with("$argon2id$v=19$m=12288,t=3,p=1"), Ok(()));
        assert_eq!(with("$argon2id$v=19$m=7168,t=5,p=1"), Ok(()));
        assert_eq!(with("$argon2id$v=19$m=7168,t=4,p=1"), Err(NotAPinHash::TooCheap));
        assert_eq!(with("$argon2id$v=19$m=4096,t=10,p=1"), Err(NotAPinHash::TooCheap));
        assert_eq!(with("$argon2id$v=19$m=1048576,t=1,p=1"), Err(NotAPinHash::TooCostly));
        assert_eq!(with("$argon2id$v=19$m=12288,t=300,p=1"), Err(NotAPinHash::TooCostly));
        assert_eq!(with("$argon2i$v=19$m=12288,t=3,p=1"), Err(NotAPinHash::Algorithm));
        assert_eq!(with("$argon2id$v=16$m=12288,t=3,p=1"), Err(NotAPinHash::Algorithm));
        for text in
            ["", "482017", "$argon2id$v=19$m=12288,t=3,p=1", "$argon2id$v=19$m=12288,t=3,p=1$c29t$AAAA"]
        {
            assert_eq!(PinHash::parse(text).map(drop), Err(NotAPinHash::Shape), "{text}");
        }
    }
}
