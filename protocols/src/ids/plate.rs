//! Licence plates of mainland China, by class.
//! Promises: a value is normalised text (no middle dot) that fits one class of the standard.
//! Absent on purpose: embassy plates, plates ending in 境 and foreign plates. They are free text: [`Plate::classify`]
//! calls them unknown, and a declaration accepts them with a warning (SG-078); SG-077 bounds them (`MediumKey`).
//! Source: GA 36; public plate expressions for the classes that the standard names by their last character.

use alloc::boxed::Box;

use super::text::{Excerpt, text_type};

const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";

/// Classes told by the last character, after four of the serial.
const MARKED: [(char, PlateClass); 8] = [
    ('挂', PlateClass::Trailer),
    ('学', PlateClass::DrivingSchool),
    ('警', PlateClass::Police),
    ('领', PlateClass::Consulate),
    ('试', PlateClass::Test),
    ('超', PlateClass::OverLimit),
    ('港', PlateClass::HongKong),
    ('澳', PlateClass::Macau),
];

/// 号牌种类: the class of a plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlateClass {
    /// 普通: blue or yellow, 7 characters.
    Civil,
    /// 小型新能源: 8 characters, letter third.
    NewEnergySmall,
    /// 大型新能源: 8 characters, letter last.
    NewEnergyLarge,
    /// 挂车: a trailer has a plate of its own, so one passage may show two.
    Trailer,
    /// 教练车: driving school.
    DrivingSchool,
    /// 警车: police.
    Police,
    /// 领馆: consulate.
    Consulate,
    /// 试验车: test vehicle.
    Test,
    /// 超限: over-limit transporter.
    OverLimit,
    /// 粤Z…港: Guangdong with Hong Kong; the vehicle carries its Hong Kong plate as well.
    HongKong,
    /// 粤Z…澳: Guangdong with Macau; the vehicle carries its Macau plate as well.
    Macau,
}

/// Why a text is no mainland plate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlateError {
    /// Does not begin with one of the 31 issuing provinces.
    #[error("plate {0} must begin with one of the 31 province characters (GA 36)")]
    Province(Excerpt),
    /// The issuing office is no letter, or I.
    #[error("plate {0} must have an office letter other than I in place 2 (GA 36)")]
    Office(Excerpt),
    /// The rest fits no class.
    #[error("plate {0} has a serial of no known class (GA 36)")]
    Serial(Excerpt),
}

/// What may be said of a text that ought to be a plate. A declaration takes all three (SG-078).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlateKind {
    /// A mainland plate.
    Mainland(Plate),
    /// A mainland plate with office letter O, formerly public security, being withdrawn: warn.
    Retired(Plate),
    /// Foreign, Hong Kong's or Macau's own, embassy, or a typing error: warn.
    Unknown,
}

/// 车牌号: a mainland plate, normalised, such as `沪DK8216`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plate {
    text: Box<str>,
    class: PlateClass,
}

impl Plate {
    /// Refuses what fits no class of the standard. Lower case and the middle dot are refused too: normalise first.
    pub fn parse(text: &str) -> Result<Self, PlateError> {
        let mut rest = text.chars();
        let province = rest.next().filter(|c| PROVINCES.contains(*c));
        let province = province.ok_or_else(|| PlateError::Province(Excerpt::of(text)))?;
        let office = rest.next().filter(|c| c.is_ascii_uppercase() && *c != 'I');
        let office = office.ok_or_else(|| PlateError::Office(Excerpt::of(text)))?;
        let class = class_of(province, office, rest.as_str());
        let class = class.ok_or_else(|| PlateError::Serial(Excerpt::of(text)))?;
        Ok(Self { text: text.into(), class })
    }

    /// Sorts a normalised text into mainland, retired and unknown; refuses nothing (SG-078).
    #[must_use]
    pub fn classify(text: &str) -> PlateKind {
        match Self::parse(text) {
            Ok(plate) if text.chars().nth(1) == Some('O') => PlateKind::Retired(plate),
            Ok(plate) => PlateKind::Mainland(plate),
            Err(_) => PlateKind::Unknown,
        }
    }

    /// The plate without the middle dot.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The class that its form tells.
    #[must_use]
    pub const fn class(&self) -> PlateClass {
        self.class
    }
}
text_type!(Plate, PlateError);

fn class_of(province: char, office: char, rest: &str) -> Option<PlateClass> {
    for (mark, class) in MARKED {
        if let Some(serial) = rest.strip_suffix(mark) {
            let crosses_border = matches!(class, PlateClass::HongKong | PlateClass::Macau);
            let may_carry_mark = !crosses_border || (province, office) == ('粤', 'Z');
            let four = serial.len() == 4 && serial.bytes().all(is_serial);
            return (four && may_carry_mark).then_some(class);
        }
    }
    match rest.as_bytes() {
        five @ [_, _, _, _, _] if five.iter().copied().all(is_serial) => Some(PlateClass::Civil),
        [letter, second, digits @ ..]
            if is_new_energy(*letter) && is_serial(*second) && are_digits(digits, 4) =>
        {
            Some(PlateClass::NewEnergySmall)
        }
        [digits @ .., letter] if are_digits(digits, 5) && is_new_energy(*letter) => {
            Some(PlateClass::NewEnergyLarge)
        }
        _ => None,
    }
}

const fn is_serial(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'H' | b'J'..=b'N' | b'P'..=b'Z')
}

/// A, B, C, D, E are pure electric; F, G, H, J, K the others.
const fn is_new_energy(byte: u8) -> bool {
    matches!(byte, b'A'..=b'H' | b'J' | b'K')
}

fn are_digits(bytes: &[u8], count: usize) -> bool {
    bytes.len() == count && bytes.iter().all(u8::is_ascii_digit)
}
