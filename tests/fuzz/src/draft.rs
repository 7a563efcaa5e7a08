//! A smart-gate record as a client sends it to the centre.
//! Checks: the same body always gets the same answer; each fault names its rule; faults are bounded; what was accepted is accepted
//! again, and not when a member is added that the form does not know.

use std::sync::LazyLock;

use central::binding::{CustomsAreas, Draft};
use serde_json::Value;

/// What one answer tells at most.
const MOST_FAULTS: usize = 200;

static AREAS: LazyLock<CustomsAreas> = LazyLock::new(CustomsAreas::embedded);

/// A body of `POST /api/v1/smart-gate/records`.
pub fn draft(data: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(data) else { return };
    match Draft::parse(body.clone()) {
        Ok(draft) => checked(&draft, body),
        Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.rule.is_empty())),
    }
}

fn checked(draft: &Draft, mut body: Value) {
    let first = draft.check(&AREAS, None);
    let again = draft.check(&AREAS, None);
    assert_eq!(format!("{first:?}"), format!("{again:?}"));
    match first {
        Ok(_) => {
            body["zz_foreign"] = Value::from(1);
            let foreign = Draft::parse(body).map(|draft| draft.check(&AREAS, None).is_err());
            assert_eq!(foreign.ok(), Some(true), "an unknown member was taken in silence");
        }
        Err(faults) => {
            assert!(!faults.is_empty() && faults.len() <= MOST_FAULTS, "{} faults", faults.len());
            assert!(faults.iter().all(|fault| !fault.rule.is_empty()), "{faults:?}");
        }
    }
}
