//! What the centre has signed for: kept beside the journal, and held against it and its exports.

use std::{fs, path::Path};

use protocols::{
    contract::{EventsReceipt, Hash},
    ids::GateId,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{
    super::{
        ReceiptBook, export, exported_receipts, is_export, kept_receipts, verify_against, verify_export,
    },
    verify::journal,
};
use crate::identity::tests::{Signer, authority, unsigned};

/// The hash of each record, the first at place 1.
fn hashes(path: &Path) -> Vec<Hash> {
    let db = Connection::open(path).unwrap();
    let mut rows = db.prepare("SELECT hash FROM event ORDER BY seq").unwrap();
    let hashes = rows.query_map([], |row| Ok(Hash(row.get(0)?))).unwrap().map(Result::unwrap);
    [Hash::ZERO].into_iter().chain(hashes).collect()
}

fn damaged(path: &Path, receipts: &[EventsReceipt]) -> Vec<(u64, u64)> {
    let report = if is_export(path).unwrap() {
        verify_export(path, receipts).unwrap()
    } else {
        verify_against(path, receipts).unwrap()
    };
    report.damages.iter().map(|damage| (damage.first_seq, damage.last_seq)).collect()
}

/// fault A6, fault E4, invariant I5: a tail that was cut below a receipt is told by its numbers, however much of it is gone, in the file and in an
/// export of it.
#[test]
fn a_cut_tail_is_told_by_its_numbers() {
    for (edit, left, found) in [
        ("DELETE FROM event WHERE seq > 6", 6, vec![]),
        ("DELETE FROM event WHERE seq > 5", 5, vec![(6, 6)]),
        ("DELETE FROM event WHERE seq > 4; UPDATE store SET acked_seq = 6", 4, vec![(5, 6)]),
        ("DELETE FROM event WHERE seq > 4; UPDATE store SET acked_seq = 7", 4, vec![(5, 7)]),
        ("DELETE FROM event", 0, vec![(1, 6)]),
    ] {
        let folder = TempDir::new().unwrap();
        let path = journal(&folder);
        let receipts = [unsigned(1, 6, hashes(&path)[6])];
        Connection::open(&path).unwrap().execute_batch(edit).unwrap();
        assert_eq!(damaged(&path, &receipts), found, "{edit}");
        let mut out = Vec::new();
        assert_eq!(export(&path, 1..=u64::MAX, &mut out).unwrap(), left);
        let exported = folder.path().join("exported");
        fs::write(&exported, &out).unwrap();
        if left > 0 {
            // The mark is the file's own, an export has the receipt only.
            let found: Vec<_> = found.into_iter().map(|(first, last)| (first, u64::min(last, 6))).collect();
            assert_eq!(damaged(&exported, &receipts), found, "{edit}");
        }
    }
}

/// fault E4, invariant I5: whoever seals everything anew has another hash where the centre has signed; what came after the receipt nobody has seen
/// yet. Receipts of another gate or journal say nothing of this one, and what was trimmed needs none.
#[test]
fn a_journal_that_was_written_anew_is_told() {
    let folder = TempDir::new().unwrap();
    let path = journal(&folder);
    let (own, foreign) = (hashes(&path), Hash([3; 32]));
    let other_gate = EventsReceipt { gate_id: GateId::parse("0708-G03").unwrap(), ..unsigned(1, 6, foreign) };
    for (receipts, found) in [
        (vec![unsigned(1, 0, Hash::ZERO), unsigned(1, 3, own[3]), unsigned(1, 6, own[6])], vec![]),
        (vec![unsigned(1, 4, foreign)], vec![(1, 4)]),
        (vec![unsigned(1, 3, own[3]), unsigned(1, 6, foreign)], vec![(1, 6)]),
        (vec![unsigned(2, 9, foreign), other_gate], vec![]),
    ] {
        assert_eq!(damaged(&path, &receipts), found, "{receipts:?}");
    }
    let db = Connection::open(&path).unwrap();
    db.execute("UPDATE store SET anchor_seq = 2, anchor_hash = ?1", [own[2].0]).unwrap();
    db.execute("DELETE FROM event WHERE seq <= 2", []).unwrap();
    for (receipt, found) in [
        (unsigned(1, 1, foreign), vec![]),
        (unsigned(1, 2, own[2]), vec![]),
        (unsigned(1, 2, foreign), vec![(2, 2)]),
        (unsigned(1, 5, foreign), vec![(3, 5)]),
    ] {
        assert_eq!(damaged(&path, std::slice::from_ref(&receipt)), found, "{receipt:?}");
    }
}

/// fault E4: an export carries the receipts, and is verified by itself: a line that was changed, left out or put elsewhere is told.
#[test]
fn an_export_carries_receipts_and_is_verified_by_itself() {
    let folder = TempDir::new().unwrap();
    let path = journal(&folder);
    let own = hashes(&path);
    let receipt = Signer::of(&authority()).sign(unsigned(1, 6, own[6]));
    ReceiptBook::beside(&path).keep(&receipt).unwrap();
    let mut out = Vec::new();
    export(&path, 1..=u64::MAX, &mut out).unwrap();
    let lines: Vec<&str> = std::str::from_utf8(&out).unwrap().lines().collect();
    assert_eq!(lines.len(), 7);
    let exported = folder.path().join("exported");
    let told = |lines: &[&str]| {
        fs::write(&exported, lines.join("\n")).unwrap();
        let kept = exported_receipts(&exported).unwrap();
        assert_eq!((kept.receipts.as_slice(), kept.unreadable.len()), (&[receipt.clone()][..], 0));
        damaged(&exported, &kept.receipts)
    };
    assert_eq!(told(&lines), []);
    assert_eq!(told(&lines[..1]), [(1, 6)], "nothing but the receipt");
    assert_eq!(told(&[&lines[..1], &lines[3..]].concat()), [], "a part of it");
    assert_eq!(told(&[&lines[..3], &lines[4..]].concat()), [(3, 4)]);
    assert_eq!(told(&[&lines[..6], &["no record"][..]].concat()), [(6, 6)]);
    let altered = lines[4].replace("OUT1", "OUT2");
    assert_eq!(told(&[&lines[..4], &[altered.as_str()][..], &lines[5..]].concat()), [(4, 4)]);
}

/// fault C5, fault C7: for each epoch the receipt for most events is kept, whatever comes in whatever order, over restarts; a newer one for the same
/// events takes the place of one whose authority may go. A damaged line costs no other.
#[test]
fn the_newest_receipt_of_each_epoch_is_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    assert_eq!(kept_receipts(&path).unwrap().receipts, []);
    let (one, next) = (Signer::of(&authority()), Signer::of(&authority()));
    let receipt = |signer: &Signer, epoch, seq| signer.sign(unsigned(epoch, seq, Hash([9; 32])));
    let (first, last) = (receipt(&one, 1, 5), receipt(&one, 2, 9));
    for (came, kept) in [
        (&first, vec![&first]),
        (&receipt(&one, 1, 4), vec![&first]),
        (&last, vec![&first, &last]),
        (&receipt(&one, 2, 8), vec![&first, &last]),
        (&EventsReceipt { hash: Hash([8; 32]), ..receipt(&next, 2, 9) }, vec![&first, &last]),
    ] {
        // Each as after a restart.
        let book = ReceiptBook::beside(&path);
        book.keep(came).unwrap();
        assert_eq!(kept_receipts(&path).unwrap().receipts.iter().collect::<Vec<_>>(), kept);
        assert_eq!(book.newest(1).as_ref(), Some(&first));
    }
    let newer = receipt(&next, 2, 9);
    ReceiptBook::beside(&path).keep(&newer).unwrap();
    assert_eq!(ReceiptBook::beside(&path).newest(2), Some(newer.clone()));

    let file = folder.path().join("journal.db.receipts");
    let mut bytes = fs::read(&file).unwrap();
    bytes[3] = 0xFF;
    fs::write(&file, bytes).unwrap();
    let found = kept_receipts(&path).unwrap();
    assert_eq!((found.receipts.as_slice(), found.unreadable), (&[newer][..], vec![1]));
    assert_eq!(ReceiptBook::beside(&path).newest(1), None);
}

/// fault A10: a book whose folder was not there at the start goes on from what lies in it, and loses nothing of that.
#[test]
fn receipts_whose_folder_comes_late_are_kept() {
    let folder = TempDir::new().unwrap();
    let (mount, signer) = (folder.path().join("mount"), Signer::of(&authority()));
    let path = mount.join("journal.db");
    let book = ReceiptBook::beside(&path);
    fs::create_dir(&mount).unwrap();
    let [first, next] = [1, 2].map(|epoch| signer.sign(unsigned(epoch, 5, Hash([9; 32]))));
    ReceiptBook::beside(&path).keep(&first).unwrap();
    assert_eq!(book.newest(1), Some(first.clone()));
    book.keep(&next).unwrap();
    assert_eq!(kept_receipts(&path).unwrap().receipts, [first, next]);
}
