//! `journal verify` and `journal export` with what the centre has signed for: on the gate, and at somebody's who has the authority's certificate.

use std::{fs, path::Path, process::ExitCode, sync::Arc};

use protocols::{
    contract::{EventType, Hash},
    ikey::Authority,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::call;
use crate::{
    cache::samples,
    clock::{Clock, SimClock},
    identity::{
        IdentityFiles,
        tests::{Signer, authority, identity, unsigned},
    },
    journal::{Draft, JournalCore, ReceiptBook, SqliteStore},
};

/// The data folder of a gate with four records, signed for by this authority.
pub(super) fn gate(authority: &Authority) -> TempDir {
    let folder = TempDir::new().unwrap();
    let (path, clock) = (folder.path().join("journal.db"), Arc::new(SimClock::at(samples::noon())));
    let store = SqliteStore::with_reserve(path.clone(), samples::gate(), 4096);
    let (mut core, _) = JournalCore::open(store, samples::gate(), Arc::clone(&clock) as _).unwrap();
    core.set_epoch(1).unwrap();
    core.commit(vec![Draft::new(EventType::DeviceOk, clock.tick(), clock.wall()); 4]).unwrap();
    let signer = Signer::of(authority);
    ReceiptBook::beside(&path).keep(&signer.sign(unsigned(1, 4, core.head().hash))).unwrap();
    IdentityFiles::in_folder(folder.path()).save(&identity(authority, (0, 45))).unwrap();
    folder
}

/// Whether it is sound, and what is said after the first line.
pub(super) fn verified(arguments: &[&str]) -> (bool, String) {
    let (code, out) = call(&[&["journal", "verify"], arguments].concat());
    let is_sound = format!("{:?}", code.unwrap()) == format!("{:?}", ExitCode::SUCCESS);
    (is_sound, out.split_once('\n').unwrap().1.to_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const RECEIPT: &str = "receipt of epoch 1 up to 4, signed 2025-10-13T04:00:00.000Z:";

/// fault A6, fault E4, invariant I5: the journal is held against the centre's receipts, verified by the authorities of the gate's identity; what was cut is
/// told by its numbers, and so is a receipt that is none.
#[test]
fn a_journal_is_verified_against_its_receipts() {
    let own = authority();
    let folder = gate(&own);
    let journal = folder.path().join("journal.db");
    assert_eq!(verified(&[text(&journal)]), (true, format!("{RECEIPT} verified\nok\n")));

    Connection::open(&journal).unwrap().execute("DELETE FROM event WHERE seq > 2", []).unwrap();
    let gone = "DAMAGED 3 to 4: the centre signed for it at 2025-10-13T04:00:00.000Z, it is gone here\n";
    assert_eq!(verified(&[text(&journal)]), (false, format!("{RECEIPT} verified\n{gone}")));

    let folder = gate(&own);
    let (journal, beside) = (folder.path().join("journal.db"), folder.path().join("journal.db.receipts"));
    let kept = fs::read_to_string(&beside).unwrap();
    let forged = kept.replace("\"seq\":4", "\"seq\":3");
    fs::write(&beside, forged + "no receipt\n").unwrap();
    let said = format!(
        "{} DAMAGED, its signature does not hold\nDAMAGED receipt in line 2: it cannot be read\n",
        RECEIPT.replace("up to 4", "up to 3")
    );
    assert_eq!(verified(&[text(&journal)]), (false, said));
    fs::remove_file(&beside).unwrap();
    assert_eq!(verified(&[text(&journal)]), (true, "ok\n".to_owned()));
}

/// fault E4: whoever has an export and the certificate of the centre's authority verifies it without the gate, and believes nobody else.
#[test]
fn an_export_is_verified_elsewhere_by_the_authoritys_certificate() {
    let (own, foreign) = (authority(), authority());
    let folder = gate(&own);
    let elsewhere = TempDir::new().unwrap();
    let [exported, trusted, other] =
        ["exported", "own.pem", "foreign.pem"].map(|name| elsewhere.path().join(name));
    fs::write(&trusted, own.certificate().to_pem().unwrap()).unwrap();
    fs::write(&other, foreign.certificate().to_pem().unwrap()).unwrap();
    let (code, lines) = call(&["journal", "export", text(&folder.path().join("journal.db"))]);
    code.unwrap();
    fs::write(&exported, &lines).unwrap();

    let by = |authority: &Path| verified(&[text(&exported), "--authority", text(authority)]);
    assert_eq!(by(&trusted), (true, format!("{RECEIPT} verified\nok\n")));
    let unknown = "its key is not certified by an authority that is known here";
    assert_eq!(by(&other), (false, format!("{RECEIPT} DAMAGED, {unknown}\n")));
    let unasked = "NOT VERIFIED, its authority is not known here: --authority names it";
    assert_eq!(verified(&[text(&exported)]), (true, format!("{RECEIPT} {unasked}\nok\n")));
    let both = verified(&[text(&exported), "--authority", text(&other), "--authority", text(&trusted)]);
    assert!(both.0, "{both:?}");
    assert!(call(&["journal", "verify", text(&exported), "--authority", text(&exported)]).0.is_err());

    let cut: Vec<&str> = lines.lines().take(3).collect();
    fs::write(&exported, cut.join("\n")).unwrap();
    let gone = "DAMAGED 3 to 4: the centre signed for it at 2025-10-13T04:00:00.000Z, it is gone here\n";
    assert_eq!(by(&trusted), (false, format!("{RECEIPT} verified\n{gone}")));
}

/// fault E4: a receipt of a journal before this one is told, and outlives its authority; one of another gate has no business here.
#[test]
fn receipts_of_other_journals_are_told_apart() {
    let own = authority();
    let folder = gate(&own);
    let journal = folder.path().join("journal.db");
    let book = ReceiptBook::beside(&journal);
    book.keep(&Signer::of(&own).sign(unsigned(2, 9, Hash([7; 32])))).unwrap();
    book.keep(&Signer::of(&authority()).sign(unsigned(3, 9, Hash([7; 32])))).unwrap();
    let (is_sound, said) = verified(&[text(&journal)]);
    let said: Vec<&str> =
        said.lines().map(|line| line.rsplit_once("Z: ").map_or(line, |(_, said)| said)).collect();
    let unknown = "NOT VERIFIED, its authority is not known here: --authority names it";
    assert_eq!((is_sound, said), (true, vec!["verified", "verified, of another journal", unknown, "ok"]));
    let mut foreign = unsigned(4, 9, Hash([7; 32]));
    foreign.gate_id = protocols::ids::GateId::parse("0708-G03").unwrap();
    book.keep(&Signer::of(&own).sign(foreign)).unwrap();
    let (is_sound, said) = verified(&[text(&journal)]);
    assert!(!is_sound && said.contains("DAMAGED, it is of gate 0708-G03"), "{said}");
}
