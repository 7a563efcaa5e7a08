//! 过卡记录: one vehicle's visit to one lane as people look for it afterwards: what was read, judged and done, made of the gate's events.
//! `store`: its rows, and those of events that were there before it · `search`: the list, and one passage with all of its events.
//! Promises: made in the transaction that stores the events, so a passage shows exactly what is stored; the fold is pure.
//! Absent on purpose: what a passage does to its trip (`intake::fold`).
//! Source: spec SG-234..SG-245.

pub mod search;
pub mod store;
#[cfg(test)]
mod tests;

use protocols::{
    contract::{Event, EventType, ReadValue, Reads, UtcMillis},
    ids::{GateId, LaneId, TripNo, VisitId, YardId},
    rules::{LaneDirection, Mode, ReasonCode, Verdict},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// 过卡: a visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// The centre's own number of it; 0 until it is stored.
    pub number: i64,
    /// 场所 of the gate.
    pub yard_id: YardId,
    /// 卡口.
    pub gate_id: GateId,
    /// 通道.
    pub lane_id: LaneId,
    /// Which way it leads.
    pub lane_direction: Option<LaneDirection>,
    /// The visit.
    pub visit_id: VisitId,
    /// When it began, by the gate's clock.
    pub began_at: UtcMillis,
    /// Its newest event.
    pub last_at: UtcMillis,
    /// What the gate said of the vehicle last.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason_code: Option<ReasonCode>,
    /// What became of the vehicle.
    pub outcome: Outcome,
    /// It has left the port through this lane.
    pub left_port: bool,
    /// How the readings came together.
    pub mode: Option<Mode>,
    /// The trip that was matched.
    pub trip_no: Option<TripNo>,
    /// Its version then.
    pub version_no: Option<u32>,
    /// Everything that was read.
    pub reads: Reads,
    /// The last person who acted.
    pub officer_id: Option<Box<str>>,
    /// References of pictures.
    pub images: Vec<String>,
    /// How many events it has.
    pub events: u32,
}

/// What became of the vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not known yet.
    Open,
    /// It has passed.
    Passed,
    /// It is taken to have passed, but no loop saw it.
    Unconfirmed,
    /// A person opened the barrier.
    Released,
    /// It left without its cargo.
    EmptyExit,
    /// It was refused.
    Refused,
    /// It backed out.
    BackedOut,
    /// A person sent it back.
    SentBack,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = &[
        Self::Open,
        Self::Passed,
        Self::Unconfirmed,
        Self::Released,
        Self::EmptyExit,
        Self::Refused,
        Self::BackedOut,
        Self::SentBack,
    ];

    /// The code in JSON and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Passed => "passed",
            Self::Unconfirmed => "unconfirmed",
            Self::Released => "released",
            Self::EmptyExit => "empty_exit",
            Self::Refused => "refused",
            Self::BackedOut => "backed_out",
            Self::SentBack => "sent_back",
        }
    }

    fn of(event: &Event) -> Option<Self> {
        match (event.event_type, event.reason_code) {
            (EventType::Pass, Some(ReasonCode::PassageUnconfirmed)) => Some(Self::Unconfirmed),
            (EventType::Pass, _) => Some(Self::Passed),
            (EventType::ManualRelease, _) => Some(Self::Released),
            (EventType::EmptyExit, _) => Some(Self::EmptyExit),
            (EventType::Refuse, Some(ReasonCode::BackedOut)) => Some(Self::BackedOut),
            (EventType::Refuse, Some(ReasonCode::SentBack)) => Some(Self::SentBack),
            (EventType::Refuse, _) => Some(Self::Refused),
            _ => None,
        }
    }
}

impl Passage {
    /// The visit that this event begins; none without lane or visit.
    #[must_use]
    pub fn begun(yard_id: YardId, event: &Event) -> Option<Self> {
        let mut passage = Self {
            number: 0,
            yard_id,
            gate_id: event.gate_id.clone(),
            lane_id: event.lane_id.clone()?,
            lane_direction: None,
            visit_id: event.visit_id.clone()?,
            began_at: event.occurred_at,
            last_at: event.occurred_at,
            verdict: None,
            reason_code: None,
            outcome: Outcome::Open,
            left_port: false,
            mode: None,
            trip_no: None,
            version_no: None,
            reads: Reads::default(),
            officer_id: None,
            images: Vec::new(),
            events: 0,
        };
        passage.follow(event);
        Some(passage)
    }

    /// The next event of the visit.
    pub fn follow(&mut self, event: &Event) {
        self.events += 1;
        self.last_at = event.occurred_at;
        self.lane_direction = event.lane_direction.or(self.lane_direction);
        self.mode = event.mode.or(self.mode);
        if let Some(trip_no) = event.trip_no {
            (self.trip_no, self.version_no) = (Some(trip_no), event.version_no);
        }
        if event.officer_id.is_some() {
            self.officer_id.clone_from(&event.officer_id);
        }
        if is_judgement(event) {
            (self.verdict, self.reason_code) = (event.verdict, event.reason_code);
        }
        self.outcome = Outcome::of(event).unwrap_or(self.outcome);
        self.left_port |= event.event_type == EventType::LeftPort;
        let seen = event.images.iter().filter(|image| !self.images.contains(image)).cloned();
        let seen: Vec<_> = seen.collect();
        self.images.extend(seen);
        self.read(&event.reads);
    }

    /// The newest reading of each kind.
    fn read(&mut self, reads: &Reads) {
        let own = &mut self.reads;
        let kinds = [
            (&mut own.plate, &reads.plate),
            (&mut own.e_plate, &reads.e_plate),
            (&mut own.ic_card, &reads.ic_card),
            (&mut own.barcode, &reads.barcode),
        ];
        for (own, read) in kinds {
            if read.is_some() {
                own.clone_from(read);
            }
        }
        for (own, read) in [
            (&mut own.containers, &reads.containers),
            (&mut own.seals, &reads.seals),
            (&mut own.others, &reads.others),
        ] {
            if !read.is_empty() {
                own.clone_from(read);
            }
        }
        own.gross_kg = reads.gross_kg.or(own.gross_kg);
    }

    /// What was read, by kind, as it is looked for.
    #[must_use]
    pub fn keys(&self) -> Vec<(&'static str, &str)> {
        fn one(read: Option<&ReadValue>) -> &[ReadValue] {
            read.map(std::slice::from_ref).unwrap_or_default()
        }
        let reads = &self.reads;
        let kinds = [
            ("VN", one(reads.plate.as_ref())),
            ("VE", one(reads.e_plate.as_ref())),
            ("IC", one(reads.ic_card.as_ref())),
            ("BC", one(reads.barcode.as_ref())),
            ("CN", &*reads.containers),
            ("SN", &*reads.seals),
            ("OT", &*reads.others),
        ];
        kinds
            .into_iter()
            .flat_map(|(kind, reads)| reads.iter().map(move |read| (kind, &*read.value)))
            .collect()
    }

    /// As lists and screens get it.
    #[must_use]
    pub fn shown(&self) -> Value {
        let values = |reads: &[ReadValue]| reads.iter().map(|read| read.value.clone()).collect::<Vec<_>>();
        let media = self.keys().into_iter().filter(|(kind, _)| matches!(*kind, "VN" | "VE" | "IC" | "BC"));
        let media: Vec<_> =
            media.map(|(kind, key)| json!({ "medium_type": kind, "medium_key": key })).collect();
        json!({
            "number": self.number, "yard_id": self.yard_id, "gate_id": self.gate_id, "lane_id": self.lane_id,
            "lane_direction": self.lane_direction, "visit_id": self.visit_id, "began_at": self.began_at,
            "last_at": self.last_at, "verdict": self.verdict, "reason": self.reason_code.map(reason),
            "outcome": self.outcome, "left_port": self.left_port, "mode": self.mode, "trip_no": self.trip_no,
            "version_no": self.version_no, "media": media, "containers": values(&self.reads.containers),
            "seals": values(&self.reads.seals), "gross_kg": self.reads.gross_kg, "officer_id": self.officer_id,
            "images": self.images, "events": self.events,
        })
    }
}

/// 原因代码 with what it says.
#[must_use]
pub fn reason(code: ReasonCode) -> Value {
    json!({ "code": code, "message": code.message_zh(), "message_en": code.message_en() })
}

/// What the gate said of the vehicle, rather than what became of it.
fn is_judgement(event: &Event) -> bool {
    let says = matches!(
        event.event_type,
        EventType::RaiseIntent | EventType::LaneState | EventType::Refuse | EventType::ManualRelease
    );
    says && event.verdict.is_some() && event.reason_code.is_some()
}
