//! 格式: texts whose form the portal fixes for all manuals.
//! Promises: each function says yes to exactly the form of its requirement; what is checked by arithmetic is checked so.
//! Source: spec PO-301..PO-308, PO-316, AE-056; GB 11643-1999.

use std::sync::OnceLock;

use chrono::NaiveDate;
use regex::Regex;

/// A form as the requirement prints it, made ready at its first use.
struct Form {
    pattern: &'static str,
    ready: OnceLock<Option<Regex>>,
}

impl Form {
    const fn new(pattern: &'static str) -> Self {
        Self { pattern, ready: OnceLock::new() }
    }

    fn fits(&self, text: &str) -> bool {
        self.ready
            .get_or_init(|| Regex::new(self.pattern).ok())
            .as_ref()
            .is_some_and(|form| form.is_match(text))
    }
}

static MOBILE: Form = Form::new(r"^1[3-9][0-9]{9}$");
static LANDLINE: Form = Form::new(r"^0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?$");
static INTERNATIONAL: Form = Form::new(r"^\+[1-9][0-9]{0,2}[ -]?[0-9][0-9 -]{4,16}[0-9]$");
static EMAIL: Form =
    Form::new(r"^[A-Za-z0-9._%+-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$");
static CUSTOMS_REG_NO: Form = Form::new(r"^[0-9]{5}[0-9A-Z]{5}$");
static BILL_NO: Form = Form::new(r"^[0-9A-Za-z*/_.-]{1,35}$");
static PASSPORT: Form = Form::new(r"^[A-Z0-9]{5,20}$");
static USERNAME: Form = Form::new(r"^[A-Za-z][A-Za-z0-9_]{3,31}$");

/// 手机 of the mainland (PO-301).
#[must_use]
pub fn is_mobile(text: &str) -> bool {
    MOBILE.fits(text)
}

/// 固定电话 of the mainland (PO-302).
#[must_use]
pub fn is_landline(text: &str) -> bool {
    LANDLINE.fits(text)
}

/// A number with its country (PO-303).
#[must_use]
pub fn is_international(text: &str) -> bool {
    INTERNATIONAL.fits(text)
}

/// 联系电话: any of the three (PO-316).
#[must_use]
pub fn is_phone(text: &str) -> bool {
    is_mobile(text) || is_landline(text) || is_international(text)
}

/// 电子邮件 (PO-304).
#[must_use]
pub fn is_email(text: &str) -> bool {
    text.len() <= 100 && EMAIL.fits(text)
}

/// 海关十位编码 of an enterprise (PO-306).
#[must_use]
pub fn is_customs_reg_no(text: &str) -> bool {
    CUSTOMS_REG_NO.fits(text)
}

/// 用户名 (PO-024).
#[must_use]
pub fn is_username(text: &str) -> bool {
    USERNAME.fits(text)
}

/// 护照 (PO-307).
#[must_use]
pub fn is_passport(text: &str) -> bool {
    PASSPORT.fits(text)
}

/// 报关单号: office, year, 1 for import or 0 for export, serial (PO-308).
#[must_use]
pub fn is_declaration_no(text: &str) -> bool {
    text.len() == 18
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(text.as_bytes().get(8), Some(b'0' | b'1'))
}

/// 提运单号: of a carrier or a house bill, which are joined by `*` or `_` (AE-056).
#[must_use]
pub fn is_bill_no(text: &str) -> bool {
    BILL_NO.fits(text)
}

/// 身份证号: a date of birth, and the check character of GB 11643-1999 (PO-307).
#[must_use]
pub fn is_resident_id(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let Some((body, check)) = text.as_bytes().split_at_checked(17) else { return false };
    if check.len() != 1 || !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let born = text.get(6..14).and_then(|date| NaiveDate::parse_from_str(date, "%Y%m%d").ok());
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let expected = usize::try_from(sum % 11).ok().and_then(|place| CHECKS.get(place));
    born.is_some() && check.first() == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        good.iter().for_each(|text| assert!(form(text), "{text} is refused"));
        bad.iter().for_each(|text| assert!(!form(text), "{text} is taken"));
    }

    /// PO-301, PO-302, PO-303, PO-316.
    #[test]
    fn telephone_numbers() {
        check(
            is_mobile,
            &["13816001234", "19900000000"],
            &["12816001234", "1381600123", "138160012345", "13816001234\n", "１３８16001234"],
        );
        check(
            is_landline,
            &["0574-87654321", "01087654321", "021-5800123-12"],
            &["574-87654321", "0574 87654321", "0574-8765432-1234567"],
        );
        check(
            is_international,
            &["+86 21-58001234", "+1 2025550123"],
            &["+0 2025550123", "0086 21 58001234", "+86 2158001234-"],
        );
        check(is_phone, &["13816001234", "0574-87654321", "+86 21-58001234"], &["12345", ""]);
    }

    /// PO-304, PO-306, PO-024.
    #[test]
    fn addresses_and_names() {
        let long = format!("{}@b.cn", "a".repeat(96));
        check(is_email, &["ops@yuanfan.example.cn"], &["a@b", "a@-b.cn", "a b@c.cn", "@c.cn", &long]);
        check(is_customs_reg_no, &["3122240123", "31222ABCDE"], &["3122A40123", "312224012", "31222abcde"]);
        check(is_username, &["yuanfan_admin", "abcd"], &["abc", "1abcd", "a-bcd", "远帆abcd"]);
    }

    /// AE-056.
    #[test]
    fn bill_numbers() {
        check(
            is_bill_no,
            &["COSU6257841230", "cosu6257841230*h01", "A/B_c.d-e", "1", &"9".repeat(35)],
            &["", "COSU 6257", "提单", "COSU6257\n", &"9".repeat(36)],
        );
    }

    /// PO-307, PO-308. The identity number is the published example of GB 11643.
    #[test]
    fn numbers_of_people_and_declarations() {
        check(
            is_resident_id,
            &["11010519491231002X", "440524188001010014"],
            &["110105194912310021", "11010519491331002X", "11010519491231002x", ""],
        );
        check(is_passport, &["E12345678"], &["E123", "e12345678"]);
        check(
            is_declaration_no,
            &["222520201000123456", "310420200000567890"],
            &["2225202010001234567", "22252020I000123456", "222520202000123456"],
        );
    }
}
