//! 场区: which lane a tag belongs to, when more than one hears it.
//! Promises: pure; told the time; a tag is a lane's own only while that lane alone hears it, or hears it clearly better; in lanes that
//! overlap a first sight waits until the other could have heard it too; a tag that stayed in the field
//! through other vehicles' passages is parked, and opens nothing.
//! Bounded: at most [`MOST_TAGS`] tags of each device are followed; more within seconds come from no real field, and take no room from
//! what other devices hear (faults D4, E2).
//! Source: fault D5 (tag at the edge of two lanes, parked tag, two tags on one vehicle); figures in docs/decisions/0013.

use std::{collections::HashMap, time::Duration};

use protocols::{
    ids::{MediumKey, MediumType},
    tick::Tick,
};

use crate::decision::{Medium, Standing};

/// Tags of one device followed at a time.
pub(super) const MOST_TAGS: usize = 1024;
/// What a lane knows it is told again after so long.
const AGAIN: Duration = Duration::from_millis(500);
/// Lanes that heard a tag within this time hear it now.
const WINDOW: Duration = Duration::from_secs(1);
/// Not heard for so long, it has left; heard again, it has come anew.
const ABSENCE: Duration = Duration::from_secs(5);
/// How long a first sight waits for the neighbour: two inventory rounds of a slow reader.
const CONTEST: Duration = Duration::from_millis(300);
/// A mean signal better by this (hundredths of a dBm) is clearly better.
const CLEARLY: i32 = 600;
/// Heard so many times as often is clearly better, where signals cannot be compared.
const TIMES: u32 = 3;
/// How often a tag must have been heard before it is compared.
const LOOKS: u32 = 3;
/// In the field for so long ...
const PARKED_AFTER: Duration = Duration::from_secs(600);
/// ... and through so many passages of others, it is parked.
const PARKED_THROUGH: u32 = 2;

type Key = (MediumType, MediumKey);

/// What one lane heard of one tag.
#[derive(Clone, Debug, Default)]
struct Hearing {
    last: Option<Tick>,
    looks: u32,
    signal: (i64, u32),
    /// As what the lane knows it, and since when.
    told: Option<(Standing, Tick)>,
    /// The chip number that it was last told with.
    told_tid: Option<Box<str>>,
    /// By a device that serves several lanes at once: only who stands where can tell.
    shared: bool,
}

impl Hearing {
    fn mean_signal(&self) -> Option<i32> {
        let mean = self.signal.0.checked_div(i64::from(self.signal.1))?;
        i32::try_from(mean).ok()
    }
}

#[derive(Debug)]
struct Track {
    medium: Medium,
    /// The device whose room it takes: the one that heard it first.
    of: Box<str>,
    first: Tick,
    last: Tick,
    lanes: Vec<Hearing>,
    passages: u32,
    /// A first sight that waits for the neighbours.
    waits_until: Option<Tick>,
}

#[derive(Clone, Debug, Default)]
struct LaneState {
    is_occupied: bool,
    neighbours: Vec<usize>,
}

/// All lanes of one agent, and the tags in their fields.
#[derive(Debug)]
pub struct Field {
    lanes: Vec<LaneState>,
    tracks: HashMap<Key, Track>,
    /// How many tracks each device has.
    counts: HashMap<Box<str>, usize>,
}

/// A reading, and whose.
pub type Told = (usize, Medium);

impl Field {
    /// Lanes by number, each with the numbers of those whose readers overlap its own.
    #[must_use]
    pub fn new(neighbours: Vec<Vec<usize>>) -> Self {
        let lane = |neighbours| LaneState { is_occupied: false, neighbours };
        let lanes = neighbours.into_iter().map(lane).collect();
        Self { lanes, tracks: HashMap::new(), counts: HashMap::new() }
    }

    /// A vehicle stands in the lane, or none.
    pub fn occupied(&mut self, lane: usize, is_occupied: bool) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.is_occupied = is_occupied;
        }
    }

    /// A vehicle has gone from the lane; by this key it was known, if by any.
    pub fn passed(&mut self, lane: usize, key: Option<&MediumKey>, now: Tick) {
        self.keep(|(_, tag), track| {
            let heard = track.lanes.get(lane).and_then(|hearing| hearing.last);
            if heard.is_some_and(|last| now.since(last) < ABSENCE) && key != Some(tag) {
                track.passages = track.passages.saturating_add(1);
            }
            key != Some(tag)
        });
    }

    /// A tag was heard by a device that serves these lanes. False when the device tells of too many.
    pub fn hear(&mut self, serves: &[usize], medium: Medium, now: Tick, told: &mut Vec<Told>) -> bool {
        let key = (medium.medium_type, medium.key.clone());
        let of = if let Some(track) = self.tracks.get(&key) {
            track.of.clone()
        } else if self.has_room(&medium.device, now) {
            *self.counts.entry(medium.device.clone()).or_default() += 1;
            medium.device.clone()
        } else {
            return false;
        };
        let count = self.lanes.len();
        let fresh = |medium: Medium| Track {
            medium,
            of: of.clone(),
            first: now,
            last: now,
            lanes: vec![Hearing::default(); count],
            passages: 0,
            waits_until: None,
        };
        let track = self.tracks.entry(key).or_insert_with(|| fresh(medium.clone()));
        if now.since(track.last) >= ABSENCE {
            *track = fresh(medium.clone());
        }
        if medium.standing == Standing::Late && track.medium.standing != Standing::Late {
            // What a reader tells out of its buffer takes nothing from what was heard fresh (fault D8).
            return true;
        }
        track.last = now;
        track.medium = medium;
        for lane in serves {
            let Some(hearing) = track.lanes.get_mut(*lane) else { continue };
            hearing.last = Some(now);
            hearing.looks = hearing.looks.saturating_add(1);
            hearing.shared = serves.len() > 1;
            if let Some(signal) = track.medium.signal {
                hearing.signal = (hearing.signal.0 + i64::from(signal), hearing.signal.1 + 1);
            }
        }
        let must_wait = |lane: &usize| {
            let state = self.lanes.get(*lane);
            // The neighbour's vehicle may not have reached its loop yet.
            state.is_some_and(|state| state.is_occupied && !state.neighbours.is_empty())
        };
        if now.since(track.first) < CONTEST && serves.iter().any(must_wait) {
            track.waits_until = Some(track.first + CONTEST);
            return true;
        }
        track.waits_until = None;
        tell(&self.lanes, track, now, told);
        true
    }

    /// First sights that have waited long enough.
    pub fn due(&mut self, now: Tick, told: &mut Vec<Told>) {
        let waiting =
            self.tracks.values_mut().filter(|track| track.waits_until.is_some_and(|then| now >= then));
        let mut waiting: Vec<&mut Track> = waiting.collect();
        // A map has no order of its own, and the same reports must give the same readings.
        waiting.sort_by(|one, other| (one.first, &one.medium.key).cmp(&(other.first, &other.medium.key)));
        for track in waiting {
            track.waits_until = None;
            tell(&self.lanes, track, now, told);
        }
    }

    /// When `due` has something to do.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        self.tracks.values().filter_map(|track| track.waits_until).min()
    }

    fn has_room(&mut self, device: &str, now: Tick) -> bool {
        let is_full = |field: &Self| field.counts.get(device).is_some_and(|count| *count >= MOST_TAGS);
        if is_full(self) {
            self.keep(|_, track| now.since(track.last) < ABSENCE);
        }
        !is_full(self)
    }

    /// Drops all other tracks, and gives their room back.
    fn keep(&mut self, mut stays: impl FnMut(&Key, &mut Track) -> bool) {
        let counts = &mut self.counts;
        self.tracks.retain(|key, track| {
            let stays = stays(key, track);
            if !stays && let Some(count) = counts.get_mut(&track.of) {
                *count = count.saturating_sub(1);
            }
            stays
        });
    }
}

/// Tells the lanes what the tag is to each of them.
fn tell(lanes: &[LaneState], track: &mut Track, now: Tick, told: &mut Vec<Told>) {
    let audible: Vec<usize> = (0..track.lanes.len())
        .filter(|lane| {
            let last = track.lanes.get(*lane).and_then(|hearing| hearing.last);
            last.is_some_and(|last| now.since(last) < WINDOW)
        })
        .collect();
    let owner = owner(lanes, track, &audible);
    let is_parked = now.since(track.first) >= PARKED_AFTER && track.passages >= PARKED_THROUGH;
    for lane in audible {
        let standing = match owner {
            _ if track.medium.standing != Standing::Counts => track.medium.standing,
            _ if is_parked => Standing::Parked,
            Some(owner) if owner == lane => Standing::Counts,
            None => Standing::Contested,
            // Another lane's: told only where it was told otherwise before.
            Some(_) => match track.lanes.get(lane).and_then(|hearing| hearing.told) {
                Some((Standing::Counts, _)) => Standing::Contested,
                Some(_) | None => continue,
            },
        };
        let Some(hearing) = track.lanes.get_mut(lane) else { continue };
        let is_known = |(known, at)| known == standing && now.since(at) < AGAIN;
        // Another chip number under one EPC is news, however soon (fault E1).
        let same_chip = track.medium.tid.is_none() || hearing.told_tid == track.medium.tid;
        if same_chip && hearing.told.is_some_and(is_known) {
            continue;
        }
        hearing.told = Some((standing, now));
        if track.medium.tid.is_some() {
            hearing.told_tid.clone_from(&track.medium.tid);
        }
        let (looks, signal) = (hearing.looks, hearing.mean_signal());
        told.push((lane, Medium { standing, looks, signal, at: now, ..track.medium.clone() }));
    }
}

/// The one lane that the tag belongs to, if that is clear.
fn owner(lanes: &[LaneState], track: &Track, audible: &[usize]) -> Option<usize> {
    if let [only] = audible {
        return Some(*only);
    }
    let hearings = || audible.iter().filter_map(|lane| Some((*lane, track.lanes.get(*lane)?)));
    if hearings().all(|(_, hearing)| hearing.shared) {
        // One device for all of them: the lane where somebody stands.
        let mut occupied =
            audible.iter().filter(|lane| lanes.get(**lane).is_some_and(|lane| lane.is_occupied));
        return match (occupied.next(), occupied.next()) {
            (Some(lane), None) => Some(*lane),
            (Some(_), Some(_)) | (None, _) => None,
        };
    }
    if hearings().any(|(_, hearing)| hearing.looks < LOOKS) {
        return None;
    }
    let signal = |hearing: &Hearing| hearing.mean_signal().filter(|_| hearing.signal.1 >= LOOKS);
    let signals: Option<Vec<(i32, usize)>> =
        hearings().map(|(lane, hearing)| signal(hearing).map(|signal| (signal, lane))).collect();
    if let Some(mut signals) = signals {
        signals.sort_by_key(|(signal, lane)| (std::cmp::Reverse(*signal), *lane));
        return match signals[..] {
            [(best, lane), (next, _), ..] if best - next >= CLEARLY => Some(lane),
            _ => None,
        };
    }
    let mut looks: Vec<(u32, usize)> = hearings().map(|(lane, hearing)| (hearing.looks, lane)).collect();
    looks.sort_by_key(|(looks, lane)| (std::cmp::Reverse(*looks), *lane));
    match looks[..] {
        [(best, lane), (next, _), ..] if best >= next.saturating_mul(TIMES) => Some(lane),
        _ => None,
    }
}
