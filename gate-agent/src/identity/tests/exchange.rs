//! What the keeper takes up from the folder, and what it tells of it.

use std::{fs, sync::Arc};

use super::{authority, identity, keeper, noon};
use crate::{clock::SimClock, identity::IdentityKeeper};

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
