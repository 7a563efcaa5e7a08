//! 密码: its rule, and what is kept of it: an Argon2id hash in the PHC form (PO-025).
//! Promises: hashing runs beside the others, never on a thread that serves; an unknown name costs as much time as a known one.

use std::sync::OnceLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use serde_json::Value;

use crate::declaration::{fault::FieldError, problem::Problem};

/// PO-025: 8 to 64 characters of at least three kinds, without the user name.
pub fn judge(path: &str, password: &str, username: &str, faults: &mut Vec<FieldError>) {
    let count = password.chars().count();
    let kinds = [
        password.chars().any(|sign| sign.is_ascii_lowercase()),
        password.chars().any(|sign| sign.is_ascii_uppercase()),
        password.chars().any(|sign| sign.is_ascii_digit()),
        password.chars().any(|sign| !sign.is_ascii_alphanumeric()),
    ];
    let kinds = kinds.iter().filter(|kind| **kind).count();
    let name = username.trim().to_lowercase();
    let has_name = !name.is_empty() && password.to_lowercase().contains(&name);
    if !(8..=64).contains(&count) || kinds < 3 || has_name {
        // The value is a secret: it is not said back.
        faults.push(FieldError::format(
            path.into(),
            "PO-025",
            "密码为8至64位，至少含大写字母、小写字母、数字、其他字符中的三类，且不得包含用户名",
            "8 to 64 characters, three of: lower case, upper case, digit, other; without the user name",
            Value::Null,
        ));
    }
}

/// The hash of a password.
///
/// # Errors
/// 503 when the machine cannot hash now.
pub async fn hash(password: String) -> Result<Box<str>, Problem> {
    let made = tokio::task::spawn_blocking(move || hash_now(&password)).await;
    made.ok().flatten().ok_or_else(|| Problem::upstream("cannot hash a password now"))
}

/// Whether it is the password; with no hash to compare, as slow and no.
///
/// # Errors
/// 503 when the machine cannot hash now.
pub async fn is_right(password: String, hash: Option<Box<str>>) -> Result<bool, Problem> {
    let judged = tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.as_deref().unwrap_or_else(|| nobodys());
        let right = PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        right && known
    });
    judged.await.map_err(|_| Problem::upstream("cannot check a password now"))
}

fn hash_now(password: &str) -> Option<Box<str>> {
    let salt: [u8; 16] = rand::random();
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).ok()?;
    Some(hash.to_string().into())
}

/// A hash that belongs to nobody.
fn nobodys() -> &'static str {
    static HASH: OnceLock<Box<str>> = OnceLock::new();
    HASH.get_or_init(|| hash_now("a password that nobody has").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PO-025, and the example PO-X02.
    #[test]
    fn a_password_has_three_kinds_of_signs_and_not_the_name() {
        let judged = |password: &str| {
            let mut faults = Vec::new();
            judge("password", password, "yuanfan_admin", &mut faults);
            faults.len()
        };
        for good in ["Harbour-2024x", "aaaaaaA1", "密码密码aB-1xy", &format!("aA1{}", "x".repeat(61))] {
            assert_eq!(judged(good), 0, "{good}");
        }
        for bad in ["12345678", "aaaaAAAA", "aA1-567", "x-Yuanfan_Admin-1", &format!("aA1{}", "x".repeat(62))]
        {
            assert_eq!(judged(bad), 1, "{bad}");
        }
    }

    /// PO-025: only the salted hash is kept; PO-062: with no account there is no right password.
    #[tokio::test]
    async fn only_the_right_password_fits_its_hash() {
        let hashed = hash("Harbour-2024x".into()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$") && !hashed.contains("Harbour"));
        assert_ne!(hashed, hash("Harbour-2024x".into()).await.unwrap());
        assert!(is_right("Harbour-2024x".into(), Some(hashed.clone())).await.unwrap());
        assert!(!is_right("harbour-2024x".into(), Some(hashed)).await.unwrap());
        assert!(!is_right("a password that nobody has".into(), None).await.unwrap());
        assert!(!is_right("x".into(), Some("$argon2id$torn".into())).await.unwrap());
    }
}
