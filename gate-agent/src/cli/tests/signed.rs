//! `journal export --signed`, and what `journal verify` makes of it elsewhere.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{
    call,
    receipts::{gate, verified},
};
use crate::identity::{
    IdentityFiles,
    tests::{authority, identity},
};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// invariant I5, fault E4: an export in the gate's hand is told as the gate's and as whole; whatever is cut, added or changed shows, and so does who
/// is not believed.
#[test]
fn a_signed_export_is_whole_and_the_gates() {
    let (own, foreign) = (authority(), authority());
    let folder = gate(&own);
    let journal = folder.path().join("journal.db");
    // Good today, since the signature names the time of the machine.
    IdentityFiles::in_folder(folder.path()).save(&identity(&own, (-90, 6000))).unwrap();
    let (code, lines) = call(&["journal", "export", "--signed", text(&journal)]);
    code.unwrap();
    let elsewhere = TempDir::new().unwrap();
    let [exported, trusted, other] =
        ["exported", "own.pem", "foreign.pem"].map(|name| elsewhere.path().join(name));
    fs::write(&trusted, own.certificate().to_pem().unwrap()).unwrap();
    fs::write(&other, foreign.certificate().to_pem().unwrap()).unwrap();
    let said = |lines: &str, arguments: &[&str]| {
        fs::write(&exported, lines).unwrap();
        let (is_sound, said) = verified(&[&[text(&exported)], arguments].concat());
        let line = said.lines().find_map(|line| line.strip_prefix("signed by the gate: "));
        (is_sound, line.map(ToOwned::to_owned))
    };
    let by = |lines: &str| said(lines, &["--authority", text(&trusted)]);

    let (is_sound, line) = by(&lines);
    assert!(is_sound && line.as_ref().unwrap().starts_with("verified, of gate 0708-G02 at 20"), "{line:?}");
    let unasked = "NOT VERIFIED, its authority is not known here: --authority names it";
    assert_eq!(said(&lines, &[]), (true, Some(unasked.to_owned())));
    let unknown = "DAMAGED, its key is not certified by an authority that is known here";
    assert_eq!(said(&lines, &["--authority", text(&other)]), (false, Some(unknown.to_owned())));

    let told: Vec<&str> = lines.lines().collect();
    let [receipt, records @ .., signature] = &told[..] else { panic!("{lines}") };
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let another = "DAMAGED, it is for something else than what it came with";
    let later = joined(&[&[*receipt][..], &records[1..], &[*signature]].concat());
    assert_eq!(by(&later), (false, Some(another.to_owned())), "the first record is gone");
    let without = joined(&[records, &[*signature]].concat());
    assert_eq!(by(&without), (false, Some(another.to_owned())), "the receipt is gone");
    let unreadable = "DAMAGED, it cannot be read";
    let followed = joined(&[&told[..], &[records[0]]].concat());
    assert_eq!(by(&followed), (false, Some(unreadable.to_owned())), "something follows");
    assert_eq!(said(&without, &[]), (false, Some(another.to_owned())), "nobody need be known to see that");
    let digit = lines.rfind("Z\",\"certificate\"").unwrap() - 1;
    let other = if lines.as_bytes()[digit] == b'0' { "1" } else { "0" };
    let redated = [&lines[..digit], other, &lines[digit + 1..]].concat();
    assert_eq!(by(&redated), (false, Some("DAMAGED, its signature does not hold".to_owned())));
    let renamed = signature.replace("\"gate_id\":\"0708-G02\"", "\"gate_id\":\"0708-G03\"");
    let renamed = joined(&[&told[..told.len() - 1], &[renamed.as_str()]].concat());
    assert_eq!(by(&renamed), (false, Some("DAMAGED, its key is not certified for this".to_owned())));
    assert_eq!(by(&joined(&told[..told.len() - 1])), (true, None), "an export need not be signed");
}

/// A gate that is known by a token has nothing to sign with, and says so before it writes anything.
#[test]
fn a_gate_without_a_key_signs_nothing() {
    let own = authority();
    let folder = gate(&own);
    fs::remove_file(folder.path().join("identity.json")).unwrap();
    let (code, out) = call(&["journal", "export", "--signed", text(&folder.path().join("journal.db"))]);
    assert!(code.unwrap_err().to_string().contains("not enrolled") && out.is_empty());
}
