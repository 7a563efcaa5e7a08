//! A declaration as a declarant's program would send it: valid, and unlike any other.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

static COUNTER: AtomicU32 = AtomicU32::new(1);

/// An electronic plate that no other call in this process has given.
#[must_use]
pub fn unused_epc() -> String {
    format!("E28011606000020000{:06X}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// Which passage ends the trip (SG-233).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// An import: comes empty, leaves laden; done when it has left.
    Exit,
    /// An export: comes laden; done when it has come.
    Entry,
}

/// 绑定介质: what brings the record to the lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// `VN`, `VE`, `IC` or `BC`.
    pub kind: &'static str,
    /// As the reader will tell it; none for a slip, whose key the centre makes.
    pub key: Option<String>,
}

impl Medium {
    /// An electronic plate.
    #[must_use]
    pub fn tag(epc: &str) -> Self {
        Self { kind: "VE", key: Some(epc.to_owned()) }
    }

    /// A plate.
    #[must_use]
    pub fn plate(plate: &str) -> Self {
        Self { kind: "VN", key: Some(plate.to_owned()) }
    }

    /// A card, by its serial number.
    #[must_use]
    pub fn card(uid: &str) -> Self {
        Self { kind: "IC", key: Some(uid.to_owned()) }
    }

    /// A bar code that the declarant has printed himself.
    #[must_use]
    pub fn code(text: &str) -> Self {
        Self { kind: "BC", key: Some(text.to_owned()) }
    }

    /// A slip, whose key the centre makes.
    #[must_use]
    pub const fn slip() -> Self {
        Self { kind: "BC", key: None }
    }
}

/// A container with its electronic seals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// With a right check digit.
    pub container: String,
    /// As printed on them, at most three.
    pub seals: Vec<String>,
}

/// 绑定信息 to be saved.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// What brings it.
    pub medium: Medium,
    /// The customs area.
    pub customs_code: String,
    /// Import or export.
    pub closing: Closing,
    /// The bill of lading; two records with the same bill are interchangeable (SG-223).
    pub bill_no: String,
    /// A container in place of the bulk cargo of the bill.
    pub sealed: Option<Sealed>,
}

/// Lorry and trailer, kg.
pub const EMPTY_KG: u32 = 8600 + 6400;
/// What is loaded by the bill, kg.
pub const PICKUP_KG: u32 = 32_500;
/// The empty container, kg.
pub const CONTAINER_KG: u32 = 3800;

impl NewRecord {
    /// A trip of that electronic plate, with a bill of its own.
    #[must_use]
    pub fn of(epc: &str, closing: Closing) -> Self {
        Self::by(Medium::tag(epc), closing)
    }

    /// A trip of that medium, with a bill of its own.
    #[must_use]
    pub fn by(medium: Medium, closing: Closing) -> Self {
        let bill_no = format!("MGL2510{:06}", COUNTER.fetch_add(1, Ordering::Relaxed));
        Self { medium, customs_code: "0708".to_owned(), closing, bill_no, sealed: None }
    }

    /// The body of `POST /api/v1/smart-gate/records`.
    #[must_use]
    pub fn body(&self) -> Value {
        let ie_flag = match self.closing {
            Closing::Exit => "I",
            Closing::Entry => "E",
        };
        let line = match &self.sealed {
            None => json!({
                "object_type": "B", "object_id": self.bill_no, "voyage_no": "0708251013017",
                "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": PICKUP_KG,
            }),
            Some(Sealed { container, seals }) => json!({
                "object_type": "C", "object_id": container, "voyage_no": "0708251013017",
                "business_type": "1000000000", "container_no_1": container, "seal_no_1": seals.join("|"),
            }),
        };
        json!({
            "customs_code": self.customs_code, "medium_type": self.medium.kind, "medium_key": self.medium.key,
            "generate": self.medium.key.is_none(),
            "business_type": "1000000000", "transport_mode": "4", "ie_flag": ie_flag,
            "vehicle_weight_kg": 8600, "trailer_weight_kg": EMPTY_KG - 8600,
            "container_weight_kg": if self.sealed.is_some() { CONTAINER_KG } else { 0 }, "remark": "长协煤",
            "lines": [line],
        })
    }
}
