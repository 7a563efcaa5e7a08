//! A release code as it is handed out and typed: twelve signs in three groups, `K7M2-4RTX-9QHD`.
//! The first three are its id, which is no secret and stands in events; eight are random, 38 bits; the last is a check sign, so that a slip is
//! told as one and counts for no lock-out. The weighted sum modulo a prime finds every single wrong sign and every exchange of two.
//! Promises: never printed but by [`ReleaseCode::shown`]; typed in any case, with any blanks or hyphens.
//! Source: docs/decisions 0084.

use std::fmt;

use protocols::ids::normalise;

use crate::{lane::CodeId, person::Pin};

/// Signs that nobody takes for another: no 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V.
const SIGNS: &[u8] = b"23456789ACDEFGHJKMNPQRTUWXY";
const LENGTH: usize = 12;
const OF_ID: usize = 3;
const GROUP: usize = 4;
/// A prime above the number of signs and of places.
const MODULUS: usize = 29;

/// 放行码: the secret itself.
pub struct ReleaseCode(Box<str>);

impl ReleaseCode {
    /// What somebody typed; none when it cannot be a code.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = normalise::key(text);
        let values: Option<Vec<usize>> = text.bytes().map(value).collect();
        let values = values.filter(|values| values.len() == LENGTH)?;
        (weighed(&values) == 0).then(|| Self(text.into()))
    }

    /// A new one, whose id is not taken.
    pub fn draw(is_taken: impl Fn(&CodeId) -> bool) -> Self {
        loop {
            let mut values: Vec<usize> =
                std::iter::repeat_with(|| rand::random_range(0..SIGNS.len())).take(LENGTH - 1).collect();
            // Two of the remainders have no sign: then another draw is made.
            let mut checks = 0..SIGNS.len();
            let check = checks.find(|check| (weighed(&values) + LENGTH * check).is_multiple_of(MODULUS));
            values.extend(check);
            let signs = values.iter().filter_map(|value| SIGNS.get(*value).copied().map(char::from));
            let drawn = Self(signs.collect::<String>().into());
            if check.is_some() && !is_taken(&drawn.id()) {
                return drawn;
            }
        }
    }

    /// Which one it is.
    #[must_use]
    pub fn id(&self) -> CodeId {
        CodeId::new(self.0.get(..OF_ID).unwrap_or_default())
    }

    /// As it is printed, once.
    #[must_use]
    pub fn shown(&self) -> String {
        let signs: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = signs.chunks(GROUP).map(|group| group.iter().collect()).collect();
        groups.join("-")
    }

    /// As the hash takes it.
    pub(super) fn secret(&self) -> Pin {
        Pin::entered(&self.0)
    }
}

fn value(sign: u8) -> Option<usize> {
    SIGNS.iter().position(|known| *known == sign)
}

fn weighed(values: &[usize]) -> usize {
    (1..).zip(values).map(|(weight, value)| weight * value).sum::<usize>() % MODULUS
}

impl fmt::Debug for ReleaseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReleaseCode(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = ReleaseCode::draw(|_| false);
        let shown = code.shown();
        assert_eq!((shown.len(), shown.matches('-').count()), (14, 2), "the form");
        assert!(shown.starts_with(code.id().as_str()));
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('-', "")] {
            assert_eq!(ReleaseCode::read(&typed).unwrap().shown(), shown);
        }
        for typed in ["", "482017", &shown[..13], &format!("{shown}2"), &shown.replace('-', "_"), "车"] {
            assert!(ReleaseCode::read(typed).is_none());
        }
        assert_eq!(format!("{code:?}"), "ReleaseCode(hidden)");
    }

    /// fault E6: a slip of one sign, or of two exchanged, is told as a slip.
    #[test]
    fn a_slip_is_found_by_the_check_sign() {
        for _ in 0..20 {
            let signs: Vec<char> = ReleaseCode::draw(|_| false).0.chars().collect();
            for place in 0..LENGTH {
                for sign in SIGNS.iter().map(|sign| char::from(*sign)).filter(|sign| *sign != signs[place]) {
                    let mut slip = signs.clone();
                    slip[place] = sign;
                    assert!(ReleaseCode::read(&slip.iter().collect::<String>()).is_none());
                }
                for other in (0..place).filter(|other| signs[*other] != signs[place]) {
                    let mut slip = signs.clone();
                    slip.swap(place, other);
                    assert!(ReleaseCode::read(&slip.iter().collect::<String>()).is_none());
                }
            }
        }
    }

    #[test]
    fn an_id_that_is_taken_is_not_drawn() {
        let first = ReleaseCode::draw(|_| false).id();
        for _ in 0..50 {
            assert_ne!(ReleaseCode::draw(|id| *id == first).id(), first);
        }
    }
}
