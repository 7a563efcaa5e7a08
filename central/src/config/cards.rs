//! `[cards]`: whose cards are believed, which algorithms are accepted, and the platform's own key.

use protocols::ikey::Algorithm;
use serde::Deserialize;

use super::Wrong;

/// Whether submissions have to be sealed to the platform (PO-100).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sealing {
    /// What is sealed must open; nothing need be.
    Optional,
    /// A submission that is not sealed is refused.
    Required,
}

/// `[cards]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardsConfig {
    /// Signature algorithms that are accepted; `SM2-SM3` and `ES256`.
    pub algorithms: Vec<String>,
    /// Certificates of the authorities whose cards are believed, a PEM file each; none, so that nobody can sign.
    pub authorities: Vec<String>,
    /// The platform's certificate, to which submissions are sealed, PEM; empty for none. `central new-platform-key` makes both.
    pub platform_certificate: String,
    /// Its SM2 key, PKCS#8 in PEM, readable by the service alone.
    pub platform_key: String,
    /// Whether submissions have to be sealed; `optional`.
    pub sealed: Sealing,
}

impl Default for CardsConfig {
    fn default() -> Self {
        Self {
            algorithms: Algorithm::ALL.iter().map(|algorithm| algorithm.code().to_owned()).collect(),
            authorities: Vec::new(),
            platform_certificate: String::new(),
            platform_key: String::new(),
            sealed: Sealing::Optional,
        }
    }
}

impl CardsConfig {
    /// The accepted algorithms.
    #[must_use]
    pub fn algorithms(&self) -> Vec<Algorithm> {
        self.algorithms.iter().filter_map(|code| Algorithm::parse(code)).collect()
    }
}

/// What a type cannot say.
pub(super) fn check(cards: &CardsConfig, wrong: &mut Vec<Wrong>) {
    let mut refuse = |key: &str, why: String| wrong.push(Wrong { key: format!("cards.{key}"), why });
    if cards.algorithms.is_empty() {
        refuse("algorithms", "must name at least one".into());
    }
    for unknown in cards.algorithms.iter().filter(|code| Algorithm::parse(code).is_none()) {
        let known: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.code()).collect();
        refuse("algorithms", format!("{unknown:?} is none of {}", known.join(", ")));
    }
    if cards.platform_certificate.is_empty() != cards.platform_key.is_empty() {
        refuse("platform_key", "key and certificate go together".into());
    }
    if cards.sealed == Sealing::Required && cards.platform_key.is_empty() {
        refuse("sealed", "nothing can be sealed without a platform_key".into());
    }
}
