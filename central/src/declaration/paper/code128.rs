//! 条: a text as the bars of Code 128, in as few of them as its sets B and C allow.
//! Promises: what a scanner gives back is the text, character for character.
//! Absent on purpose: set A, whose control characters no medium key has; drawing.
//! Source: ISO/IEC 15417, tables 1 and 2, annex E.

/// 条: the widths of bar, space, bar ... in modules, from the start character to the end of the stop character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bars(Vec<u8>);

/// Modules that must stay white on either side.
const QUIET: u32 = 10;
const TO_C: u8 = 99;
const TO_B: u8 = 100;
const START_B: u8 = 104;
const START_C: u8 = 105;
const STOP: u8 = 106;
const MODULUS: u32 = 103;
/// So many digits are shorter in set C in the midst of a text, with the way there and back.
const WORTH_IT: usize = 6;
/// At an end there is only one way.
const WORTH_IT_AT_AN_END: usize = 4;

impl Bars {
    /// The bars of a text; none when it is empty or has what set B lacks.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let values = values(text.as_bytes())?;
        let sum: u32 = values.iter().zip(0_u32..).map(|(value, at)| u32::from(*value) * at.max(1)).sum();
        let check = u8::try_from(sum % MODULUS).ok()?;
        let all = values.into_iter().chain([check, STOP]);
        let widths = all.map(|value| PATTERNS.get(usize::from(value))).collect::<Option<Vec<_>>>()?;
        Some(Self(widths.into_iter().flat_map(|pattern| pattern.bytes().map(|digit| digit - b'0')).collect()))
    }

    /// Bars and spaces in turn.
    #[must_use]
    pub fn widths(&self) -> &[u8] {
        &self.0
    }

    /// Modules of the whole symbol with what must stay white beside it.
    #[must_use]
    pub fn modules(&self) -> u32 {
        self.0.iter().map(|width| u32::from(*width)).sum::<u32>() + 2 * QUIET
    }

    /// Modules that must stay white before the first bar.
    #[must_use]
    pub const fn quiet(&self) -> u32 {
        QUIET
    }
}

/// Start character and characters.
fn values(text: &[u8]) -> Option<Vec<u8>> {
    let mut values = Vec::with_capacity(text.len() + 2);
    let mut rest = text;
    let mut in_c = digits(rest) >= WORTH_IT_AT_AN_END || rest.len() == 2 && digits(rest) == 2;
    values.push(if in_c { START_C } else { START_B });
    while let [first, others @ ..] = rest {
        if in_c {
            if let [ten @ b'0'..=b'9', one @ b'0'..=b'9', others @ ..] = rest {
                values.push((ten - b'0') * 10 + (one - b'0'));
                rest = others;
            } else {
                values.push(TO_B);
                in_c = false;
            }
            continue;
        }
        let run = digits(rest);
        let least = if run == rest.len() { WORTH_IT_AT_AN_END } else { WORTH_IT };
        if run >= least && run.is_multiple_of(2) {
            values.push(TO_C);
            in_c = true;
            continue;
        }
        values.push(matches!(first, b' '..=b'\x7f').then(|| first - b' ')?);
        rest = others;
    }
    (values.len() > 1).then_some(values)
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[rustfmt::skip]
const PATTERNS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312", "231212",
    "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212", "223112", "312131",
    "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123", "131321",
    "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121",
    "313121", "211331", "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114",
    "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111", "111242", "121142", "121241", "114212",
    "124112", "124211", "411212", "421112", "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113",
    "114311", "411113", "411311", "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// ISO/IEC 15417: eleven modules a character, thirteen the stop; bars together are an even number; no two alike.
    #[test]
    fn the_patterns_are_those_of_the_standard() {
        let mut seen = std::collections::BTreeSet::new();
        for (value, pattern) in PATTERNS.iter().enumerate() {
            let widths: Vec<u32> = pattern.bytes().map(|digit| u32::from(digit - b'0')).collect();
            let due = if value == usize::from(STOP) { 13 } else { 11 };
            assert_eq!(widths.iter().sum::<u32>(), due, "{value}: {pattern}");
            let bars: u32 = widths.iter().step_by(2).take(3).sum();
            assert!(value == usize::from(STOP) || bars.is_multiple_of(2), "{value}: {pattern}");
            assert!(seen.insert(pattern), "{value}: {pattern} twice");
        }
    }

    #[test]
    fn digits_go_by_pairs_where_that_is_shorter() {
        for (text, expected) in [
            ("A1", vec![START_B, 33, 17]),
            ("12", vec![START_C, 12]),
            ("1234", vec![START_C, 12, 34]),
            ("12345", vec![START_C, 12, 34, TO_B, 21]),
            ("A1234", vec![START_B, 33, TO_C, 12, 34]),
            ("A12345", vec![START_B, 33, 17, TO_C, 23, 45]),
            ("A1234B", vec![START_B, 33, 17, 18, 19, 20, 34]),
            ("A123456B", vec![START_B, 33, TO_C, 12, 34, 56, TO_B, 34]),
        ] {
            assert_eq!(values(text.as_bytes()), Some(expected), "{text}");
        }
        assert_eq!(Bars::of(""), None);
        assert_eq!(Bars::of("蒙"), None);
        assert_eq!(Bars::of("a\n"), None);
    }

    /// A trip number fits on the narrow paper with its white: 72 mm of 0.25 mm.
    #[test]
    fn a_trip_number_and_a_key_of_ours_fit_on_narrow_paper() {
        for text in ["20251089500000048210000000000123", "ABCDEFGHJKMNPQRSTVWX"] {
            let modules = Bars::of(text).unwrap().modules();
            assert!(modules <= 288, "{text}: {modules} modules");
        }
    }
}
