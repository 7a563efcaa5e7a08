//! 邻卡口通报: what the gates of one yard tell each other of trips that they have moved, over the yard's broker, while the centre is away.
//! Promises: every member that crossed the line but the signature itself is signed by the gate that tells, as of receipts (`receipt`); a page says which of
//! the gate's numbers it covers, so whoever hears it knows what he has missed; it fits into a packet of the contract with room to spare.
//! Absent on purpose: keys, certificates and trust (`identity`); who asks whom and when (`neighbours`).
//! Source: `contract` sections 3 and 4; spec SG-249, SG-252; docs/decisions 0098; RFC 8785.

use alloc::{boxed::Box, format, string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    calls::IndexMark,
    event::{Event, EventType},
    time::UtcMillis,
};
use crate::{
    ids::{GateId, LaneId, TripNo, VisitId, YardId},
    rules::LaneDirection,
};

/// Acts on one page at most: with the certificate some 8 KiB.
pub const MOST_ACTS: usize = 24;
/// The filter that hears every gate's pages.
pub const ACTS_FILTER: &str = "kakou/v1/+/acts";

/// Where this gate tells its acts; the newest page is retained.
#[must_use]
pub fn acts_topic(gate_id: &GateId) -> String {
    format!("kakou/v1/{gate_id}/acts")
}

/// Where this gate is asked for acts that somebody has missed.
#[must_use]
pub fn acts_asked_topic(gate_id: &GateId) -> String {
    format!("kakou/v1/{gate_id}/acts/ask")
}

/// 行为: one event of a gate that moves a trip, without what was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateAct {
    /// The event's number in the gate's epoch.
    pub seq: u64,
    /// What happened; a type that moves trips.
    pub event_type: EventType,
    /// The trip.
    pub trip_no: TripNo,
    /// Where.
    pub lane_id: LaneId,
    /// The way the lane leads.
    pub lane_direction: LaneDirection,
    /// In which visit.
    pub visit_id: VisitId,
}

impl GateAct {
    /// What an event does to a trip; none when it names no trip, lane or visit, or does nothing to one.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        event.event_type.trip_act()?;
        Some(Self {
            seq: event.seq,
            event_type: event.event_type,
            trip_no: event.trip_no?,
            lane_id: event.lane_id.clone()?,
            lane_direction: event.lane_direction?,
            visit_id: event.visit_id.clone()?,
        })
    }
}

/// How far the centre is with the gate that tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Everything up to this number is at the centre.
    pub seq: u64,
    /// From this revision on the yard's index shows what it did.
    pub revision: u64,
}

/// 通报页: all acts of one gate with `after < seq <= to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActsPage {
    /// Who tells.
    pub gate_id: GateId,
    /// Whose gate it is.
    pub yard_id: YardId,
    /// Of which journal; its numbers begin anew with a higher one.
    pub epoch: u32,
    /// What is before and up to this number the gate cannot tell any more.
    pub from: u64,
    /// The page begins behind this number.
    pub after: u64,
    /// The page ends with this number.
    pub to: u64,
    /// The gate's newest number: what lies behind `to` is to be asked for.
    pub head: u64,
    /// What needs not to be told, because the index shows it.
    pub shown: Shown,
    /// The gate's own index, by which others see whether `shown` is of the past that theirs is of; none while it is in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<IndexMark>,
    /// In order.
    pub acts: Vec<GateAct>,
    /// When, by the gate's clock.
    pub at: UtcMillis,
    /// Of the gate's key, by an authority of gates; PEM.
    pub certificate: Box<str>,
    /// ECDSA with P-256 over SHA-256, DER in Base64, of all other members.
    pub signature: Box<str>,
    /// What a later agent says besides; signed like the rest.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Why a page contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActsError {
    /// `after <= to <= head` does not hold, or more is shown than there is.
    #[error("its numbers are out of order")]
    Numbers,
    /// More than [`MOST_ACTS`].
    #[error("it has more than {MOST_ACTS} acts")]
    TooMany,
    /// An act outside the page, or before the one before it.
    #[error("act {0} is not in its place")]
    Place(u64),
    /// An event that moves no trip.
    #[error("act {0} does nothing to a trip")]
    NoAct(u64),
}

impl ActsPage {
    /// Whether the page agrees with itself.
    ///
    /// # Errors
    /// [`ActsError`].
    pub fn check(&self) -> Result<(), ActsError> {
        let is_ordered = self.from <= self.head
            && self.after <= self.to
            && self.to <= self.head
            && self.shown.seq <= self.head;
        if !is_ordered {
            return Err(ActsError::Numbers);
        }
        if self.acts.len() > MOST_ACTS {
            return Err(ActsError::TooMany);
        }
        let mut before = self.after;
        for act in &self.acts {
            if act.seq <= before || act.seq > self.to {
                return Err(ActsError::Place(act.seq));
            }
            if act.event_type.trip_act().is_none() {
                return Err(ActsError::NoAct(act.seq));
            }
            before = act.seq;
        }
        Ok(())
    }

    /// What is signed: the RFC 8785 bytes of all members but `signature`.
    ///
    /// # Errors
    /// [`super::ChainError::NotCanonical`].
    #[cfg(feature = "std")]
    pub fn signed_bytes(&self) -> Result<Vec<u8>, super::ChainError> {
        super::receipt::signed_bytes(self)
    }
}

/// 索要: what somebody has missed of a gate's acts. It is not signed: it moves nothing, and the answer is for all to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskActs {
    /// Of which journal.
    pub epoch: u32,
    /// What comes behind this number is asked for.
    pub after: u64,
}

#[cfg(all(test, feature = "std"))]
#[expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]
mod tests {
    use alloc::{string::ToString, vec};

    use serde_json::json;

    use super::*;

    fn act(seq: u64, event_type: EventType) -> GateAct {
        GateAct {
            seq,
            event_type,
            trip_no: TripNo::parse("20251089500000048210000000000123").unwrap(),
            lane_id: LaneId::parse("IN1").unwrap(),
            lane_direction: LaneDirection::In,
            visit_id: VisitId::parse("IN1-1").unwrap(),
        }
    }

    fn page() -> ActsPage {
        ActsPage {
            gate_id: GateId::parse("0708-G02").unwrap(),
            yard_id: YardId::parse("07080000001").unwrap(),
            epoch: 2,
            from: 0,
            after: 10,
            to: 20,
            head: 30,
            shown: Shown { seq: 4, revision: 77 },
            index: None,
            acts: vec![act(11, EventType::Match), act(20, EventType::Pass)],
            at: UtcMillis::from_millis(1_760_000_000_000),
            certificate: "PEM".into(),
            signature: "MEQ=".into(),
            more: Map::new(),
        }
    }

    /// SG-249: a page that contradicts itself is told as such, whatever is wrong with it.
    #[test]
    fn a_page_agrees_with_itself() {
        assert_eq!(page().check(), Ok(()));
        assert_eq!(ActsPage { acts: vec![], to: 10, head: 10, ..page() }.check(), Ok(()));
        for (wrong, error) in [
            (ActsPage { after: 21, acts: vec![], ..page() }, ActsError::Numbers),
            (ActsPage { head: 19, ..page() }, ActsError::Numbers),
            (ActsPage { from: 31, ..page() }, ActsError::Numbers),
            (ActsPage { shown: Shown { seq: 31, revision: 1 }, ..page() }, ActsError::Numbers),
            (ActsPage { acts: vec![act(10, EventType::Pass)], ..page() }, ActsError::Place(10)),
            (ActsPage { acts: vec![act(21, EventType::Pass)], ..page() }, ActsError::Place(21)),
            (ActsPage { acts: vec![act(12, EventType::Pass); 2], ..page() }, ActsError::Place(12)),
            (ActsPage { acts: vec![act(12, EventType::Arrival)], ..page() }, ActsError::NoAct(12)),
        ] {
            assert_eq!(wrong.check(), Err(error));
        }
        let many = (11..=11 + MOST_ACTS as u64).map(|seq| act(seq, EventType::Pass)).collect();
        assert_eq!(ActsPage { acts: many, to: 99, head: 99, ..page() }.check(), Err(ActsError::TooMany));
    }

    /// `contract` section 4: the fullest page fits into a packet of 16 KiB, beside a certificate of 1.5 KiB.
    #[test]
    fn the_fullest_page_is_small() {
        let long = |text: &str, length: usize| text.repeat(length / text.len());
        let full = GateAct {
            lane_id: LaneId::parse(&long("L", 16)).unwrap(),
            visit_id: VisitId::parse(&long("v", 64)).unwrap(),
            ..act(u64::MAX, EventType::ManualRelease)
        };
        let page = ActsPage { acts: vec![full; MOST_ACTS], certificate: long("C", 1536).into(), ..page() };
        let bytes = serde_json::to_vec(&page).unwrap().len();
        assert!(bytes < 10 * 1024, "{bytes}");
    }

    /// As of receipts: every member is signed, also one of a later agent.
    #[test]
    fn what_is_signed_is_every_member_but_the_signature() {
        let mut told = serde_json::to_value(page()).unwrap();
        told.as_object_mut().unwrap().insert("later".to_string(), json!([1]));
        let page: ActsPage = serde_json::from_value(told.clone()).unwrap();
        assert_eq!(serde_json::to_value(&page).unwrap(), told);
        let bytes = String::from_utf8(page.signed_bytes().unwrap()).unwrap();
        assert!(bytes.contains(r#""later":[1]"#) && !bytes.contains("MEQ="), "{bytes}");
        let other = ActsPage { signature: "other".into(), ..page.clone() };
        assert_eq!(other.signed_bytes(), page.signed_bytes());
    }
}
