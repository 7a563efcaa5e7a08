//! Sparkplug B, for gate events that go upstream: one payload read, and the numbers that show what was lost.
//! Promises: a payload is refused as a whole or read as a whole; a signed value is as signed as its type says; a value that its
//! device took earlier is told as such, and never taken for the present one.
//! Chosen where the standard is silent: a metric without a type keeps its bits as an unsigned number.
//! Absent: data sets, templates and properties, which are skipped; writing, the client, its will and births (the agent's, once something
//! goes upstream); a host's aliases.
//! Source: MQTT readers page, section 7; Eclipse Sparkplug specification, chapters 4 to 6.

use alloc::string::String;
use alloc::vec::Vec;

use prost::{Message, Oneof};

use crate::contract::UtcMillis;

/// 上行报文: what a payload may be, by its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// NBIRTH: everything anew, numbered 0.
    NodeBirth,
    /// DBIRTH.
    DeviceBirth,
    /// NDATA, DDATA.
    Data,
    /// DDEATH.
    DeviceDeath,
    /// NDEATH: the will; it has no number.
    NodeDeath,
    /// NCMD, DCMD: from the host; it has no number.
    Command,
}

impl Kind {
    /// By the level of the topic that names it.
    #[must_use]
    pub fn of(level: &str) -> Option<Self> {
        match level {
            "NBIRTH" => Some(Self::NodeBirth),
            "DBIRTH" => Some(Self::DeviceBirth),
            "NDATA" | "DDATA" => Some(Self::Data),
            "DDEATH" => Some(Self::DeviceDeath),
            "NDEATH" => Some(Self::NodeDeath),
            "NCMD" | "DCMD" => Some(Self::Command),
            _ => None,
        }
    }

    const fn is_numbered(self) -> bool {
        !matches!(self, Self::NodeDeath | Self::Command)
    }
}

/// Why a payload is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SparkplugError {
    /// The bytes are no payload.
    #[error("not a Sparkplug payload: {0}")]
    Form(String),
    /// A number is missing: what is cut off at the end parses all the same, and this is how it shows.
    #[error("a payload without its sequence number: cut off, ask for a rebirth")]
    NoNumber,
    /// A number out of range, or another than 0 at a birth.
    #[error("sequence number {0}: must be 0 to 255, and 0 at a birth")]
    BadNumber(u64),
}

/// 度量: one metric of a payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name, at births and where no alias stands for it.
    pub name: Option<String>,
    /// The number that stands for the name.
    pub alias: Option<u64>,
    /// When its device took it.
    pub at: Option<UtcMillis>,
    /// Taken earlier and sent late: not how it is now.
    pub is_historical: bool,
    /// None where the payload says that there is none.
    pub value: Option<Value>,
}

/// A metric's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Int8 to Int64.
    Signed(i64),
    /// UInt8 to UInt64.
    Unsigned(u64),
    /// Float and Double.
    Real(f64),
    /// Boolean.
    Flag(bool),
    /// String, Text and UUID.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// DateTime.
    Moment(UtcMillis),
}

/// A payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// When it was made.
    pub at: Option<UtcMillis>,
    /// Its number, 0 to 255, and then 0 again; none where its kind has none.
    pub number: Option<u8>,
    /// What it tells.
    pub metrics: Vec<Metric>,
}

impl Payload {
    /// Reads a payload of that kind.
    ///
    /// # Errors
    /// [`SparkplugError`].
    pub fn read(kind: Kind, bytes: &[u8]) -> Result<Self, SparkplugError> {
        let wire = WirePayload::decode(bytes)
            .map_err(|error| SparkplugError::Form(alloc::string::ToString::to_string(&error)))?;
        let number = match (wire.seq, kind.is_numbered()) {
            (None, true) => return Err(SparkplugError::NoNumber),
            (Some(number), true) => {
                let small = u8::try_from(number).map_err(|_| SparkplugError::BadNumber(number))?;
                if kind == Kind::NodeBirth && small != 0 {
                    return Err(SparkplugError::BadNumber(number));
                }
                Some(small)
            }
            (_, false) => None,
        };
        let metrics = wire.metrics.into_iter().map(Metric::of).collect();
        Ok(Self { at: wire.timestamp.map(moment), number, metrics })
    }
}

impl Metric {
    fn of(wire: WireMetric) -> Self {
        let is_null = wire.is_null.unwrap_or_default();
        Self {
            name: wire.name,
            alias: wire.alias,
            at: wire.timestamp.map(moment),
            is_historical: wire.is_historical.unwrap_or_default(),
            value: wire.value.filter(|_| !is_null).map(|value| Value::of(value, wire.datatype)),
        }
    }
}

impl Value {
    fn of(wire: WireValue, datatype: Option<u32>) -> Self {
        match (wire, datatype) {
            // Signed numbers travel as two's complement in the unsigned field.
            (WireValue::Int(bits), Some(1)) => Self::Signed(i64::from(bits.cast_signed() as i8)),
            (WireValue::Int(bits), Some(2)) => Self::Signed(i64::from(bits.cast_signed() as i16)),
            (WireValue::Int(bits), Some(3)) => Self::Signed(i64::from(bits.cast_signed())),
            (WireValue::Long(bits), Some(4)) => Self::Signed(bits.cast_signed()),
            (WireValue::Long(bits), Some(13)) => Self::Moment(moment(bits)),
            (WireValue::Int(bits), _) => Self::Unsigned(u64::from(bits)),
            (WireValue::Long(bits), _) => Self::Unsigned(bits),
            (WireValue::Float(real), _) => Self::Real(f64::from(real)),
            (WireValue::Double(real), _) => Self::Real(real),
            (WireValue::Boolean(flag), _) => Self::Flag(flag),
            (WireValue::String(text), _) => Self::Text(text),
            (WireValue::Bytes(bytes), _) => Self::Bytes(bytes),
        }
    }
}

fn moment(millis: u64) -> UtcMillis {
    UtcMillis::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// 序号: what the numbers of one edge node say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    next: Option<u8>,
}

impl Numbers {
    /// Takes a numbered payload in; how many are missing before it. Before the first birth nothing is known to be missing.
    pub fn take(&mut self, kind: Kind, number: u8) -> u8 {
        let missing = match (kind, self.next) {
            (Kind::NodeBirth, _) | (_, None) => 0,
            (_, Some(next)) => number.wrapping_sub(next),
        };
        self.next = Some(number.wrapping_add(1));
        missing
    }
}

#[derive(Clone, PartialEq, Message)]
struct WirePayload {
    #[prost(uint64, optional, tag = "1")]
    timestamp: Option<u64>,
    #[prost(message, repeated, tag = "2")]
    metrics: Vec<WireMetric>,
    #[prost(uint64, optional, tag = "3")]
    seq: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct WireMetric {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    alias: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "4")]
    datatype: Option<u32>,
    #[prost(bool, optional, tag = "5")]
    is_historical: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    is_null: Option<bool>,
    #[prost(oneof = "WireValue", tags = "10, 11, 12, 13, 14, 15, 16")]
    value: Option<WireValue>,
}

#[derive(Clone, PartialEq, Oneof)]
enum WireValue {
    #[prost(uint32, tag = "10")]
    Int(u32),
    #[prost(uint64, tag = "11")]
    Long(u64),
    #[prost(float, tag = "12")]
    Float(f32),
    #[prost(double, tag = "13")]
    Double(f64),
    #[prost(bool, tag = "14")]
    Boolean(bool),
    #[prost(string, tag = "15")]
    String(String),
    #[prost(bytes = "vec", tag = "16")]
    Bytes(Vec<u8>),
}

#[cfg(test)]
mod tests {
    use super::{Kind, Metric, Numbers, Payload, SparkplugError, Value};
    use crate::contract::UtcMillis;
    use alloc::string::ToString as _;
    use alloc::vec::Vec;
    use proptest::prelude::{any, prop, proptest};

    fn bytes(hex: &str) -> Vec<u8> {
        hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    /// Vectors Q7 to Q9: the standard's own sample, a will, and a value taken earlier.
    #[test]
    fn the_pages_payloads_are_read() {
        let q7 = "08 EA F2 F5 A8 A0 2B 12 1C 0A 09 4D 79 20 4D 65 74 72 69 63 10 01 18 A2 82 83 95 86 2B 20 0C 7A 04 54 \
                  65 73 74 18 02";
        let told = Payload::read(Kind::Data, &bytes(q7)).unwrap();
        let [metric] = told.metrics.as_slice() else { panic!("one metric") };
        assert_eq!(
            (told.number, metric.name.as_deref(), metric.alias),
            (Some(2), Some("My Metric"), Some(1))
        );
        assert_eq!((&metric.value, metric.is_historical), (&Some(Value::Text("Test".to_string())), false));
        assert_eq!(told.at, Some(UtcMillis::from_millis(1_486_144_502_122)));

        let q8 = "08 80 C8 81 F6 A9 33 12 0B 0A 05 62 64 53 65 71 20 08 58 07";
        let told = Payload::read(Kind::NodeDeath, &bytes(q8)).unwrap();
        let [metric] = told.metrics.as_slice() else { panic!("one metric") };
        assert_eq!((told.number, metric.name.as_deref()), (None, Some("bdSeq")));
        assert_eq!(metric.value, Some(Value::Unsigned(7)));

        let q9 =
            "08 80 C8 81 F6 A9 33 12 14 10 03 18 C0 C3 C4 F5 A9 33 28 01 69 00 00 00 00 80 10 E0 40 18 FF 01";
        let told = Payload::read(Kind::Data, &bytes(q9)).unwrap();
        let [Metric { alias, at, is_historical, value, .. }] = told.metrics.as_slice() else { panic!("one") };
        assert_eq!((*alias, *is_historical, value), (Some(3), true, &Some(Value::Real(32_900.0))));
        let earlier = told.at.unwrap().as_millis() - at.unwrap().as_millis();
        assert_eq!(earlier, 1_000_000, "1000 s earlier");
        let mut numbers = Numbers::default();
        assert_eq!((numbers.take(Kind::Data, 255), numbers.take(Kind::Data, 0)), (0, 0), "255 wraps to 0");
    }

    /// Vector QX4: what was cut off still parses; the missing number shows it.
    #[test]
    fn a_payload_that_was_cut_off_is_refused() {
        let cut = "08 80 C8 81 F6 A9 33 12 14 10 03 18 C0 C3 C4 F5 A9 33 28 01 69 00 00 00 00 80 10 E0 40";
        assert_eq!(Payload::read(Kind::Data, &bytes(cut)), Err(SparkplugError::NoNumber));
        assert!(matches!(Payload::read(Kind::Data, &[0x12, 0xFF]), Err(SparkplugError::Form(_))));
        assert_eq!(Payload::read(Kind::NodeBirth, &bytes("18 05")), Err(SparkplugError::BadNumber(5)));
        assert_eq!(Payload::read(Kind::Data, &bytes("18 80 02")), Err(SparkplugError::BadNumber(256)));
    }

    #[test]
    fn a_signed_number_is_as_signed_as_its_type_says_and_a_gap_is_counted() {
        // Name none, type and value: Int8 -1, Int64 -2, UInt32 4294967295, null.
        for (hex, value) in [
            ("12 08 20 01 50 FF FF FF FF 0F 18 00", Some(Value::Signed(-1))),
            ("12 0D 20 04 58 FE FF FF FF FF FF FF FF FF 01 18 00", Some(Value::Signed(-2))),
            ("12 08 20 07 50 FF FF FF FF 0F 18 00", Some(Value::Unsigned(4_294_967_295))),
            ("12 06 20 07 38 01 50 07 18 00", None),
        ] {
            let told = Payload::read(Kind::Data, &bytes(hex)).unwrap();
            assert_eq!(told.metrics[0].value, value, "{hex}");
        }
        let mut numbers = Numbers::default();
        let taken = [(Kind::NodeBirth, 0), (Kind::Data, 1), (Kind::Data, 5), (Kind::NodeBirth, 0)];
        assert_eq!(taken.map(|(kind, number)| numbers.take(kind, number)), [0, 0, 3, 0]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for kind in [Kind::NodeBirth, Kind::Data, Kind::NodeDeath, Kind::Command] {
                let _ = Payload::read(kind, &bytes);
            }
        }
    }
}
