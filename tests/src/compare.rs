//! What must agree when everything has been delivered: centre with journal, journal with itself.
//! Promises: the first difference is named by number, with both sides; nothing is compared that was not read to its end.
//! Source: invariants I1, I2 and I5; `contract` section 3, "Events".

use anyhow::{Context, Result, bail, ensure};
use protocols::contract::{Hash, RawEvent};

/// The records follow one another: numbers without a gap, each hash on the one before.
///
/// # Errors
/// With the first that does not follow.
pub fn chain_holds(records: &[RawEvent]) -> Result<()> {
    let mut before: Option<&RawEvent> = None;
    for record in records {
        let (seq, hash) = match before.filter(|before| before.epoch == record.epoch) {
            Some(before) => (before.seq + 1, before.hash),
            None => (1, Hash::ZERO),
        };
        ensure!(record.seq == seq, "event {}/{} stands where {seq} is due", record.epoch, record.seq);
        ensure!(
            record.prev_hash == hash,
            "event {}/{} does not follow from the one before",
            record.epoch,
            seq
        );
        before = Some(record);
    }
    Ok(())
}

/// The centre has exactly the journal's events of that epoch, in the journal's order, member for member. How many.
///
/// # Errors
/// With the first difference.
pub fn centre_has_the_journal(centre: &[RawEvent], journal: &[RawEvent]) -> Result<usize> {
    let Some(first) = journal.first() else { bail!("the journal is empty") };
    ensure!(first.seq == 1, "the journal begins with {}, its beginning was cut", first.seq);
    chain_holds(journal).context("the journal")?;
    let centre: Vec<&RawEvent> = centre.iter().filter(|event| event.epoch == first.epoch).collect();
    for (stored, own) in centre.iter().zip(journal) {
        if stored.seq != own.seq {
            bail!("the centre has event {}/{} where the journal has {}", stored.epoch, stored.seq, own.seq);
        }
        if stored.members != own.members {
            let (stored, own_json) = (as_json(stored), as_json(own));
            bail!("event {}/{} differs:\n  centre  {stored}\n  journal {own_json}", own.epoch, own.seq);
        }
    }
    match centre.len().cmp(&journal.len()) {
        std::cmp::Ordering::Equal => Ok(centre.len()),
        std::cmp::Ordering::Less => {
            let first = journal.get(centre.len()).map(|missing| format!("{}/{}", missing.epoch, missing.seq));
            bail!(
                "the centre has {} of {} events; the first it lacks is {}",
                centre.len(),
                journal.len(),
                first.unwrap_or_default()
            )
        }
        std::cmp::Ordering::Greater => {
            bail!("the centre has {} events, the journal only {}", centre.len(), journal.len())
        }
    }
}

fn as_json(record: &RawEvent) -> String {
    serde_json::to_string(&record.members).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use protocols::contract::chain_hash;
    use serde_json::json;

    use super::*;

    /// A sound chain of that many records, all of one kind.
    fn chain(length: u64, kind: &str) -> Vec<RawEvent> {
        let mut prev_hash = Hash::ZERO;
        let record = |seq| {
            let mut value = json!({"epoch": 1, "seq": seq, "event_type": kind, "prev_hash": prev_hash});
            let hash = chain_hash(&prev_hash, value.as_object().unwrap()).unwrap();
            value["hash"] = json!(hash);
            prev_hash = hash;
            RawEvent::verify(value).unwrap()
        };
        (1..=length).map(record).collect()
    }

    fn said(centre: &[RawEvent], journal: &[RawEvent]) -> String {
        centre_has_the_journal(centre, journal).unwrap_err().to_string()
    }

    /// Invariants I1 and I2 of the fault list: nothing lost, nothing twice, nothing altered.
    #[test]
    fn centre_and_journal_agree_only_when_they_are_equal() {
        let journal = chain(3, "ARRIVAL");
        assert_eq!(centre_has_the_journal(&journal, &journal).unwrap(), 3);
        assert_eq!(said(&journal[..2], &journal), "the centre has 2 of 3 events; the first it lacks is 1/3");
        assert_eq!(said(&journal, &journal[..2]), "the centre has 3 events, the journal only 2");
        let twice = [journal[0].clone(), journal[0].clone(), journal[1].clone()];
        assert_eq!(said(&twice, &journal), "the centre has event 1/1 where the journal has 2");
        assert!(said(&chain(3, "PASS"), &journal).starts_with("event 1/1 differs:"));
        assert_eq!(said(&[], &[]), "the journal is empty");
        assert_eq!(said(&journal, &journal[1..]), "the journal begins with 2, its beginning was cut");
    }

    #[test]
    fn a_broken_chain_is_found() {
        let journal = chain(3, "ARRIVAL");
        assert!(chain_holds(&journal).is_ok());
        let gap = [journal[0].clone(), journal[2].clone()];
        assert_eq!(chain_holds(&gap).unwrap_err().to_string(), "event 1/3 stands where 2 is due");
        let forked = [chain(1, "PASS")[0].clone(), journal[1].clone()];
        assert_eq!(
            chain_holds(&forked).unwrap_err().to_string(),
            "event 1/2 does not follow from the one before"
        );
    }
}
