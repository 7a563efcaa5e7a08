//! What was told lately: a bounded memory that knows a repetition.
//! Promises: never more than its bound; what it has forgotten counts as new, so a memory too small costs a repetition
//! and never a reading.
//! Absent: time. Brokers repeat a message after a reconnect, however long that took.
//! Source: MQTT readers page, sections 3.1 (duplicates are normal) and 6 (event ids).

use alloc::collections::VecDeque;

use sha2::{Digest as _, Sha256};

/// How many names are remembered.
pub(super) const MEMORY: usize = 256;

/// The last names that were told.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(VecDeque<[u8; 16]>);

impl Recent {
    /// Whether this name, made of these parts, is new; from then on it is not.
    pub(super) fn is_new<'a>(&mut self, parts: impl IntoIterator<Item = &'a [u8]>) -> bool {
        let mut hash = Sha256::new();
        for part in parts {
            // The length before each part: two names made of different parts are never the same bytes.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let whole: [u8; 32] = hash.finalize().into();
        let Some(name) = whole.first_chunk::<16>() else { return true };
        if self.0.contains(name) {
            return false;
        }
        if self.0.len() >= MEMORY {
            self.0.pop_front();
        }
        self.0.push_back(*name);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{MEMORY, Recent};

    #[test]
    fn a_name_is_new_once_and_again_when_it_is_forgotten() {
        let mut recent = Recent::default();
        assert!(recent.is_new([&b"a"[..], b"bc"]));
        assert!(!recent.is_new([&b"a"[..], b"bc"]));
        assert!(recent.is_new([&b"ab"[..], b"c"]), "the same bytes in other parts are another name");
        for number in 0..MEMORY as u64 {
            assert!(recent.is_new([&number.to_be_bytes()[..]]));
        }
        assert_eq!(recent.0.len(), MEMORY);
        assert!(recent.is_new([&b"a"[..], b"bc"]));
        assert_eq!(recent.0.len(), MEMORY);
    }
}
