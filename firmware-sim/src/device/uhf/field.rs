//! 射频场: which tags stand before the antenna, and which of them were told lately.
//! Promises: a tag stands in the field once; within the repeat time it is told once, even when it left and came back.
//! Absent: collisions and signal strength: every tag in the field answers.
//! Source: UHFReader18 manual V2.0, command 0x35, Tag_Time.

use alloc::vec::Vec;
use core::time::Duration;
use protocols::tick::Tick;
use protocols::uhf::tag::TagRead;

#[derive(Clone, Debug)]
struct Present {
    tag: TagRead,
    here: bool,
    told: Option<Tick>,
    /// Told for the first time since it entered, and nobody has asked yet.
    fresh: bool,
    announced: bool,
}

/// The field of one reader.
#[derive(Clone, Debug, Default)]
pub struct Field {
    tags: Vec<Present>,
}

impl Field {
    /// A tag enters; `false` when it was there already.
    pub fn enter(&mut self, tag: TagRead) -> bool {
        if let Some(known) = self.tags.iter_mut().find(|known| known.tag.epc() == tag.epc()) {
            let new = !known.here;
            (known.here, known.announced) = (true, known.announced && !new);
            return new;
        }
        self.tags.push(Present { tag, here: true, told: None, fresh: false, announced: false });
        true
    }

    /// A tag leaves; `false` when it was not there.
    pub fn leave(&mut self, epc: &[u8]) -> bool {
        match self.tags.iter_mut().find(|known| known.here && known.tag.epc() == epc) {
            Some(known) => {
                known.here = false;
                true
            }
            None => false,
        }
    }

    /// How many tags stand in the field.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tags.iter().filter(|known| known.here).count()
    }

    /// Whether no tag stands in the field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tags in the field, in the order in which they entered.
    pub fn iter(&self) -> impl Iterator<Item = &TagRead> {
        self.tags.iter().filter(|known| known.here).map(|known| &known.tag)
    }

    /// Marks up to `most` tags as told now, and returns them; those told within `repeat` are passed over.
    pub fn tell(&mut self, most: usize, repeat: Duration, now: Tick) -> Vec<TagRead> {
        self.tell_seen(most, repeat, now, |_| true)
    }

    /// The same, of the tags that an antenna sees.
    pub fn tell_seen(
        &mut self,
        most: usize,
        repeat: Duration,
        now: Tick,
        sees: impl Fn(&TagRead) -> bool,
    ) -> Vec<TagRead> {
        let lately =
            |told: Option<Tick>| !repeat.is_zero() && told.is_some_and(|told| now.since(told) < repeat);
        self.tags.retain(|known| known.here || known.fresh || lately(known.told));
        let due = self.tags.iter_mut().filter(|known| known.here && !lately(known.told) && sees(&known.tag));
        due.take(most)
            .map(|known| {
                known.told = Some(now);
                known.fresh |= !known.announced;
                known.announced = true;
                known.tag
            })
            .collect()
    }

    /// The next tag that was told for the first time since it entered; call until `None`.
    pub fn next_fresh(&mut self) -> Option<TagRead> {
        let known = self.tags.iter_mut().find(|known| known.fresh)?;
        known.fresh = false;
        Some(known.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::Field;
    use core::time::Duration;
    use protocols::{tick::Tick, uhf::tag::TagRead};

    fn tag(last: u8) -> TagRead {
        TagRead::new(&[0xE2, 0x80, 0, last]).expect("four bytes")
    }

    #[test]
    fn the_repeat_time_holds_even_when_the_tag_left_and_came_back() {
        let mut field = Field::default();
        let repeat = Duration::from_secs(2);
        assert!(field.enter(tag(1)) && !field.enter(tag(1)));
        assert_eq!(field.tell(9, repeat, Tick::from_millis(0)).len(), 1);
        assert!(field.leave(tag(1).epc()) && field.is_empty());
        assert_eq!(field.tell(9, repeat, Tick::from_millis(500)).len(), 0);
        field.enter(tag(1));
        assert_eq!(field.tell(9, repeat, Tick::from_millis(1999)).len(), 0);
        assert_eq!(field.tell(9, repeat, Tick::from_millis(2000)).len(), 1);
    }

    #[test]
    fn a_tag_is_fresh_once_for_each_time_that_it_enters() {
        let mut field = Field::default();
        field.enter(tag(1));
        for _ in 0..3 {
            field.tell(9, Duration::ZERO, Tick::default());
        }
        assert_eq!(field.next_fresh(), Some(tag(1)));
        assert_eq!(field.next_fresh(), None);
        field.leave(tag(1).epc());
        field.enter(tag(1));
        field.tell(9, Duration::ZERO, Tick::default());
        assert_eq!(field.next_fresh(), Some(tag(1)));
    }
}
