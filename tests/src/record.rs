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

/// What the trip is bound to.
#[derive(Clone, Debug)]
pub enum Medium {
    /// An electronic plate.
    Tag(String),
    /// A plate.
    Plate(String),
    /// A slip, whose key the centre makes.
    Slip,
}

/// 绑定信息 to be saved.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// The medium.
    pub medium: Medium,
    /// The customs area.
    pub customs_code: String,
    /// Import or export.
    pub closing: Closing,
    /// The bill of lading; two records with the same bill are interchangeable (SG-223).
    pub bill_no: String,
}

impl NewRecord {
    /// A trip of that electronic plate, with a bill of its own.
    #[must_use]
    pub fn of(epc: &str, closing: Closing) -> Self {
        Self::by(Medium::Tag(epc.to_owned()), closing)
    }

    /// A trip of that medium, with a bill of its own.
    #[must_use]
    pub fn by(medium: Medium, closing: Closing) -> Self {
        let bill_no = format!("MGL2510{:06}", COUNTER.fetch_add(1, Ordering::Relaxed));
        Self { medium, customs_code: "0708".to_owned(), closing, bill_no }
    }

    /// The body of `POST /api/v1/smart-gate/records`.
    #[must_use]
    pub fn body(&self) -> Value {
        let ie_flag = match self.closing {
            Closing::Exit => "I",
            Closing::Entry => "E",
        };
        let (medium_type, medium_key, generate) = match &self.medium {
            Medium::Tag(epc) => ("VE", Some(epc), false),
            Medium::Plate(plate) => ("VN", Some(plate), false),
            Medium::Slip => ("BC", None, true),
        };
        json!({
            "customs_code": self.customs_code, "medium_type": medium_type, "medium_key": medium_key, "generate": generate,
            "business_type": "1000000000", "transport_mode": "4", "ie_flag": ie_flag,
            "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400, "container_weight_kg": 0, "remark": "长协煤",
            "lines": [{
                "object_type": "B", "object_id": self.bill_no, "voyage_no": "0708251013017",
                "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500,
            }],
        })
    }
}
