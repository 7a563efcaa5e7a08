//! An index whose folder comes late.

use std::{fs, sync::Arc};

use protocols::contract::SnapshotRow;

use super::{Bench, look_up, wait_until_loaded};
use crate::{
    cache::{Cache, CacheError, Residence, samples},
    journal::Overlay,
};

/// Fault A10: an index that could not be opened is opened when its folder is there, without the centre; whoever follows the revision hears of it. One that is damaged is left to a snapshot.
#[test]
fn an_index_is_opened_again_when_its_folder_is_there() {
    for residence in [Residence::Memory, Residence::File] {
        let bench = Bench::new();
        drop(bench.filled(residence, &[SnapshotRow::Entry(samples::entry(1))]));
        let mount = bench.folder.path().join("mount");
        let overlay = Arc::new(Overlay::new(samples::gate()));
        let cache = Cache::open(&mount.join("cache.db"), bench.clock.clone(), overlay, residence);
        let mut revision = cache.revision();
        cache.heal();
        assert!(matches!(cache.damage(), Some(CacheError::Failed { .. })), "{:?}", cache.damage());
        assert_eq!(*revision.borrow_and_update(), None);

        fs::create_dir(&mount).unwrap();
        fs::copy(bench.path(), mount.join("cache.db")).unwrap();
        cache.heal();
        assert_eq!((cache.damage(), cache.needs_snapshot()), (None, false));
        assert_eq!(*revision.borrow_and_update(), Some(10));
        wait_until_loaded(&cache, residence);
        assert_eq!(look_up(&cache, 1).candidates, [samples::entry(1)]);
        cache.heal();
        assert!(!revision.has_changed().unwrap(), "it is open");
        drop(cache);

        fs::write(mount.join("cache.db"), [0xA5; 8192]).unwrap();
        let overlay = Arc::new(Overlay::new(samples::gate()));
        let cache = Cache::open(&mount.join("cache.db"), bench.clock.clone(), overlay, residence);
        cache.heal();
        assert!(matches!(cache.damage(), Some(CacheError::Corrupt(_))), "{:?}", cache.damage());
    }
}
