//! What the keeper takes up from the folder, and what it tells of it.

use std::{fs, sync::Arc};

use super::{authority, credentials, identity, keeper, noon};
use crate::{
    clock::SimClock,
    identity::{IdentityFiles, IdentityKeeper},
};

fn told(keeper: &IdentityKeeper) -> Option<Arc<str>> {
    keeper.trouble().borrow().clone()
}

/// fault A4, fault F6: the identity could not be read once. The next look finds the same one, and only what was in the way before is told then.
#[test]
fn a_trouble_that_has_healed_is_told_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    let keeper = keeper(folder.path(), &clock, Some(&identity(&authority(), (0, 45))));
    let path = folder.path().join("identity.json");
    let whole = fs::read(&path).unwrap();
    for before in [None, Some("the next certificate waits for an administrator")] {
        keeper.in_trouble(before);
        fs::write(&path, "").unwrap();
        keeper.look();
        assert!(told(&keeper).unwrap().contains("enrol the gate again"));
        assert!(keeper.current().borrow().is_some(), "the line works on with what it has");
        fs::write(&path, &whole).unwrap();
        keeper.look();
        assert_eq!(told(&keeper).as_deref(), before);
    }
}

/// fault C9: somebody enrols the gate between what a hello or a renewal began with and what it would write: neither costs the gate the key of its new
/// identity.
#[test]
fn who_is_enrolled_meanwhile_stays_enrolled() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    let (own, next) = (authority(), authority());
    let first = identity(&own, (0, 45));
    let keeper = keeper(folder.path(), &clock, Some(&first));
    let key = keeper.asking_key().unwrap();
    let answered = credentials(&own, &key.request().unwrap(), (31, 76));
    let enrolled = identity(&own, (32, 77));
    let files = IdentityFiles::in_folder(folder.path());
    files.save(&enrolled).unwrap();

    let named: [Box<str>; 1] = [next.certificate().to_pem().unwrap().into()];
    keeper.heard(noon(), &named);
    assert_eq!(files.load().unwrap().as_ref(), Some(&enrolled));
    keeper.take(&first, &key, answered).unwrap();
    assert_eq!(files.load().unwrap().as_ref(), Some(&enrolled));
    assert_eq!(keeper.current().borrow().as_ref(), Some(&enrolled));
    assert_eq!(told(&keeper), None);
    // It is the line's own by now, and hears for itself.
    keeper.heard(noon(), &named);
    assert_eq!(files.load().unwrap().unwrap().authorities, named);
}
