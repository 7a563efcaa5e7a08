//! 车牌: one plate out of several frames of one camera, or of several.
//! Promises: pure, and the order of frames leaves no trace; a plate that another reading disputes opens nothing.
//! A camera tells a plate again and again, and now and then with one character wrong; the wrong one has fewer frames and less
//! confidence. Readings that are alike but for two characters are taken for one plate on the vehicle, and of those only
//! a clear winner counts.
//! Source: `mqtt-readers` section 6 (plates improve from frame to frame); SG-225; figures in docs/decisions/0013.

use protocols::{
    contract::IndexEntry,
    ids::{MediumKey, MediumType},
    rules::{ReasonCode, Verdict},
};

use super::{
    Decision, Place, View, decide,
    evidence::{Evidence, Heard},
};

/// One frame of this confidence, in thousandths, is enough.
const SURE_AT_ONCE: u16 = 850;
/// Frames together must come to this much, when none is sure by itself.
const SURE_TOGETHER: u32 = 1200;
/// A winner has at least this many times the runner-up's sum.
const CLEARLY: u32 = 2;
/// More differing characters than this are another plate, such as the trailer's.
const ALIKE: usize = 2;

/// Whether this plate was read clearly, among all media that were read.
pub(super) fn is_clear(plate: &Heard, all: &[Heard]) -> bool {
    let sure = plate.medium.confidence.is_none_or(|confidence| confidence >= SURE_AT_ONCE);
    if !sure && plate.sureness < SURE_TOGETHER {
        return false;
    }
    let disputes = |other: &&Heard| {
        other.medium.medium_type == MediumType::Plate
            && other.medium.key != plate.medium.key
            && differing(other.medium.key.as_str(), plate.medium.key.as_str()) <= ALIKE
    };
    all.iter().filter(disputes).all(|other| plate.sureness >= other.sureness.saturating_mul(CLEARLY))
}

/// In how many characters two texts differ; of different lengths by inserting or deleting as well.
pub(super) fn differing(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = (0..=other.len()).collect();
    for (row, c) in one.chars().enumerate() {
        let mut here = vec![row + 1];
        for (column, d) in other.iter().enumerate() {
            let at = |list: &[usize], place: usize| list.get(place).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&before, column) + usize::from(c != *d);
            here.push(replaced.min(at(&before, column + 1) + 1).min(at(&here, column) + 1));
        }
        before = here;
    }
    before.last().copied().unwrap_or(0)
}

/// SG-225: all plates that differ from this one in exactly one character, over the characters that plates have.
pub(super) fn one_character_away(plate: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = plate.chars().collect();
    let length = chars.len();
    (0..length).flat_map(move |place| {
        let chars = chars.clone();
        let alphabet: Box<dyn Iterator<Item = char>> = if place == 0 {
            Box::new(FIRST.chars().chain(LETTERS_AND_DIGITS.chars()))
        } else if place + 1 == length {
            Box::new(LETTERS_AND_DIGITS.chars().chain(LAST.chars()))
        } else {
            Box::new(LETTERS_AND_DIGITS.chars())
        };
        alphabet.filter_map(move |c| {
            let mut near = chars.clone();
            let slot = near.get_mut(place).filter(|slot| **slot != c)?;
            *slot = c;
            Some(near.into_iter().collect())
        })
    })
}

/// The keys to look up for [`super::View::near`]: neighbours of the plates that were read.
#[must_use]
pub fn near_keys(evidence: &Evidence) -> Vec<(MediumType, MediumKey)> {
    let plates = evidence
        .media()
        .iter()
        .filter(|heard| heard.medium.medium_type == MediumType::Plate && !evidence.is_replaced(heard));
    let near = plates.take(MOST_PLATES).flat_map(|heard| one_character_away(heard.medium.key.as_str()));
    near.filter_map(|text| Some((MediumType::Plate, MediumKey::read(MediumType::Plate, &text).ok()?)))
        .collect()
}

/// The decision, made once more with the entries of near plates where nothing exact was found; only then are they looked up (SG-225).
pub fn with_near(
    decision: Decision,
    evidence: &Evidence,
    view: &mut View,
    place: &Place<'_>,
    look_up: impl FnOnce(&[(MediumType, MediumKey)]) -> Vec<IndexEntry>,
) -> Decision {
    if decision.verdict != Verdict::Refuse || decision.reason != ReasonCode::NoBinding {
        return decision;
    }
    let found = look_up(&near_keys(evidence));
    if found.is_empty() {
        return decision;
    }
    view.near = found;
    decide(evidence, view, place)
}

/// A lorry shows a few plates; each has some hundred neighbours.
const MOST_PLATES: usize = 4;
const FIRST: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";
const LAST: &str = "挂学警领试超港澳";
const LETTERS_AND_DIGITS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZIO0123456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_by_characters() {
        for (one, other, expected) in [
            ("沪DK8216", "沪DK8216", 0),
            ("沪DK8216", "沪DK8218", 1),
            ("沪DK8216", "苏DK8218", 2),
            ("沪DK8216", "沪DK821", 1),
            ("", "沪", 1),
            ("沪DM9026", "沪D4438挂", 5),
        ] {
            assert_eq!((differing(one, other), differing(other, one)), (expected, expected), "{one} {other}");
        }
    }

    /// SG-225: every neighbour differs in exactly one character, and each is named once.
    #[test]
    fn neighbours_of_a_plate_differ_in_one_character() {
        let near: Vec<String> = one_character_away("沪DK8216").collect();
        assert!(near.iter().all(|other| differing(other, "沪DK8216") == 1));
        assert!(near.contains(&"苏DK8216".to_owned()) && near.contains(&"沪DK821港".to_owned()));
        let mut once = near.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), near.len());
        assert!(near.len() < 400, "{}: each is a look-up", near.len());
    }
}
