//! 变更流: what the centre answers to `changes`, for a release that need not know every kind of row.
//! Promises: a row of a kind that this release does not know is left out, and the cursor moves over its revision, so an older gate
//! goes on under a newer centre; a row of a known kind that cannot be read fails the whole answer. What is signed is read from the very value that
//! its digest was made of: two members of one name cannot mean one thing to the digest and another to the index.
//! Source: `contract` section 3; design section 4 ("additive changes only; one minor version older or newer keeps working").

use std::collections::BTreeSet;

use protocols::contract::{Change, Changes, Hash, changes_digest};
use serde::de;
use serde_json::Value;

use super::{error::CacheError, told::Told};

const OPS: [&str; 6] = ["upsert", "stub", "remove", "deny", "allow", "policy"];
const SCOPES: [&str; 2] = ["yard", "lane"];

/// An answer of `changes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub(super) changes: Changes,
    /// Revisions of a kind that this release does not know.
    unknown: BTreeSet<u64>,
    /// Of the changes as they came, when they are signed.
    sha256: Option<Hash>,
}

/// What is new in a feed for an index of some revision.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct News<'a> {
    pub(super) changes: Vec<&'a Change>,
    /// The revision after them.
    pub(super) to: u64,
    /// How many rows were left out.
    pub(super) unknown: u64,
    /// The mark of `to`.
    pub(super) mark: Option<Hash>,
}

impl From<Changes> for Feed {
    fn from(changes: Changes) -> Self {
        Self { changes, unknown: BTreeSet::new(), sha256: None }
    }
}

impl Feed {
    /// Reads an answer's body.
    ///
    /// # Errors
    /// When it is no answer, or a row of a known kind cannot be read.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let error = match serde_json::from_slice::<Changes>(body) {
            Ok(changes) if changes.signed.is_none() => return Ok(changes.into()),
            Ok(_) => None,
            Err(error) => Some(error),
        };
        let mut answer: Value = serde_json::from_slice(body)?;
        let is_signed = answer.get("signed").is_some();
        let sha256 = answer.get("changes").filter(|_| is_signed).and_then(|rows| changes_digest(rows).ok());
        let Some(rows) = answer.get_mut("changes").and_then(Value::as_array_mut) else {
            return Err(error.unwrap_or_else(|| de::Error::missing_field("changes")));
        };
        let mut unknown = BTreeSet::new();
        rows.retain(|row| {
            let revision = row.get("rev").and_then(Value::as_u64).filter(|_| is_unknown(row, "op", &OPS));
            unknown.extend(revision);
            revision.is_none()
        });
        Ok(Self { changes: serde_json::from_value(answer)?, unknown, sha256 })
    }

    /// What it says, and what the centre has signed of it.
    #[must_use]
    pub fn told(&self) -> Told {
        Told {
            yard_id: None,
            from: Some(self.changes.from),
            revision: self.changes.to,
            mark: self.changes.mark,
            sha256: self.sha256,
            signed: self.changes.signed.clone(),
        }
    }

    /// The same without the mark, which is not signed in an answer without changes.
    #[must_use]
    pub fn without_mark(mut self) -> Self {
        self.changes.mark = None;
        self
    }

    /// True when the centre has more ready.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.changes.more
    }

    /// True when it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.changes.is_empty() && self.unknown.is_empty()
    }

    /// What comes after revision `have`, if it follows it without a gap and reaches as far as the answer says.
    pub(super) fn after(&self, have: u64) -> Result<News<'_>, CacheError> {
        if self.changes.from > have {
            return Err(CacheError::Gap { have, found: self.changes.from });
        }
        let mut news = News { changes: Vec::new(), to: have, unknown: 0, mark: None };
        for change in self.changes.changes.iter().filter(|change| change.rev > have) {
            self.pass_unknown(&mut news);
            if change.rev != news.to + 1 {
                return Err(CacheError::Gap { have: news.to, found: change.rev });
            }
            news.to = change.rev;
            news.changes.push(change);
        }
        self.pass_unknown(&mut news);
        if self.changes.to > news.to {
            return Err(CacheError::Gap { have: news.to, found: self.changes.to });
        }
        news.mark = self.changes.mark.filter(|_| self.changes.to == news.to);
        Ok(news)
    }

    fn pass_unknown(&self, news: &mut News<'_>) {
        while self.unknown.contains(&(news.to + 1)) {
            news.to += 1;
            news.unknown += 1;
        }
    }
}

/// Whether a row's kind, as `tag` names it, is one that only a newer release knows.
pub(super) fn is_unknown(row: &Value, tag: &str, known: &[&str]) -> bool {
    let text = |key: &str| row.get(key).and_then(Value::as_str);
    text(tag).is_some_and(|kind| {
        let scope = text("scope").filter(|_| kind == "policy");
        !known.contains(&kind) || scope.is_some_and(|scope| !SCOPES.contains(&scope))
    })
}

#[cfg(test)]
mod tests {
    use protocols::contract::changes_digest;
    use serde_json::{Value, json};

    use super::{CacheError, Feed};

    fn feed(rows: &str, to: u64) -> Result<Feed, serde_json::Error> {
        Feed::parse(format!(r#"{{"from":10,"to":{to},"more":true,"changes":[{rows}]}}"#).as_bytes())
    }

    /// SG-205: what a newer centre sends is passed over, wherever it stands; the known rows beside it are taken.
    #[test]
    fn unknown_operations_are_passed_over() {
        let trip = crate::cache::samples::trip(1);
        let rows = [
            r#"{"rev":11,"op":"weather","wind":7}"#.to_owned(),
            format!(r#"{{"rev":12,"op":"remove","trip_no":"{trip}"}}"#),
            r#"{"rev":13,"op":"policy","scope":"moon"}"#.to_owned(),
        ];
        let rows = rows.join(",");
        let feed = feed(&rows, 13).unwrap();
        assert!(feed.has_more() && !feed.is_empty());
        for (have, revisions, unknown) in
            [(10, vec![12], 2), (11, vec![12], 1), (12, vec![], 1), (13, vec![], 0)]
        {
            let news = feed.after(have).unwrap();
            let found: Vec<u64> = news.changes.iter().map(|change| change.rev).collect();
            assert_eq!((found, news.to, news.unknown), (revisions, 13, unknown), "after {have}");
        }
        assert_eq!(feed.after(9), Err(CacheError::Gap { have: 9, found: 10 }));
    }

    /// fault E3: the digest is of the rows as they came, those of a newer centre too, and of the very value that the index is made of.
    #[test]
    fn what_is_signed_is_what_is_applied() {
        let [one, other] = [1, 2].map(crate::cache::samples::trip);
        let rows = format!(
            r#"{{"rev":11,"op":"weather","wind":7}},{{"rev":12,"op":"remove","trip_no":"{one}","trip_no":"{other}"}}"#
        );
        let signature = json!({
            "yard_id": "07080000001", "from": 10, "revision": 12, "sha256": "0".repeat(64), "at": "2025-10-13T03:26:03.000Z",
            "certificate": "PEM", "signature": "MEQ="
        });
        let body = format!(r#"{{"from":10,"to":12,"more":false,"changes":[{rows}],"signed":{signature}}}"#);
        let read = Feed::parse(body.as_bytes()).unwrap();
        let told = read.told();
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(told.sha256, Some(changes_digest(&answer["changes"]).unwrap()));
        assert_eq!((told.from, told.revision, told.signed.unwrap().from), (Some(10), 12, Some(10)));
        assert_eq!(
            serde_json::to_value(&read.after(10).unwrap().changes).unwrap(),
            json!([{"rev": 12, "op": "remove", "trip_no": other}])
        );
        assert_eq!(feed(&rows, 12).map(|feed| feed.told().sha256).ok().flatten(), None, "nobody asks for it");
    }

    /// A revision that is not there is a gap, unknown rows or not; a known operation must be readable.
    #[test]
    fn tolerance_hides_neither_gaps_nor_faults() {
        let holed = feed(r#"{"rev":11,"op":"weather"},{"rev":13,"op":"weather"}"#, 13).unwrap();
        assert_eq!(holed.after(10), Err(CacheError::Gap { have: 11, found: 13 }));
        for rows in [r#"{"rev":11,"op":"remove"}"#, r#"{"op":"weather"}"#, r#"{"rev":11}"#, "7"] {
            assert!(feed(rows, 11).is_err(), "{rows}");
        }
        assert!(Feed::parse(b"{}").is_err() && Feed::parse(b"[").is_err());
    }
}
