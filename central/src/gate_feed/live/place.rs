//! Places for those who listen to a stream: so many in all, and so many for one person, who may have several screens.
//! Promises: a place is free again when its stream is gone, however that ended.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Streams of one person at once.
const MOST_OF_ONE: u32 = 12;

/// The places.
#[derive(Clone, Debug)]
pub struct Places {
    most: u32,
    taken: Arc<Mutex<BTreeMap<String, u32>>>,
}

/// One of them.
#[derive(Debug)]
pub struct Place {
    whose: String,
    taken: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Places {
    /// So many in all.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// One more for this person; none when too many are taken.
    #[must_use]
    pub fn take(&self, whose: String) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (taken.values().sum::<u32>(), taken.get(&whose).copied().unwrap_or_default());
        if all >= self.most || own >= MOST_OF_ONE {
            return None;
        }
        taken.insert(whose.clone(), own + 1);
        Some(Place { whose, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.whose) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_leaves_room_for_others_and_what_goes_is_free_again() {
        let places = Places::new(MOST_OF_ONE + 1);
        let own: Vec<_> = (0..MOST_OF_ONE).map(|_| places.take("zhou".into()).unwrap()).collect();
        assert!(places.take("zhou".into()).is_none());
        let other = places.take("li".into()).unwrap();
        assert!(places.take("wang".into()).is_none(), "all are taken");
        drop((own, other));
        assert!(places.taken.lock().unwrap().is_empty());
    }
}
