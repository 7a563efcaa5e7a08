//! A Sparkplug B payload as lines of `decode`: one a metric.
//! Chosen: the topic, which says what a payload is, does not stand in it; without a sequence number it is taken for a node's death
//! where it tells a `bdSeq`, and is cut off otherwise.

use protocols::mqtt::sparkplug::{Kind, Metric, Payload, SparkplugError, Value};

use super::decode::{Line, hex};

pub(super) const NAME: &str = "sparkplug";

/// What one payload says.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line> {
    let told = match Payload::read(Kind::Data, bytes) {
        Err(SparkplugError::NoNumber) => match Payload::read(Kind::NodeDeath, bytes) {
            Ok(death) if death.metrics.iter().any(|metric| metric.name.as_deref() == Some("bdSeq")) => {
                Ok(death)
            }
            _ => Err(SparkplugError::NoNumber),
        },
        told => told,
    };
    let line = |kind, text: String| Line {
        kind,
        protocol: NAME,
        raw: Some(hex(bytes)),
        text: Some(text),
        ..Line::default()
    };
    match told {
        _ if bytes.is_empty() => Vec::new(),
        Err(error @ SparkplugError::Form(_)) => {
            vec![Line { skipped: Some(bytes.len()), raw: None, ..line("noise", error.to_string()) }]
        }
        Err(error) => vec![line("bad_check", error.to_string())],
        Ok(payload) => {
            let number = payload.number.map_or_else(|| "death".to_owned(), |number| format!("seq {number}"));
            if payload.metrics.is_empty() {
                return vec![line("status", number)];
            }
            payload
                .metrics
                .iter()
                .map(|metric| line("status", format!("{number}, {}", words(metric))))
                .collect()
        }
    }
}

fn words(metric: &Metric) -> String {
    let name = match (&metric.name, metric.alias) {
        (Some(name), Some(alias)) => format!("{name} (alias {alias})"),
        (Some(name), None) => name.clone(),
        (None, Some(alias)) => format!("alias {alias}"),
        (None, None) => "without a name".to_owned(),
    };
    let value = match &metric.value {
        None => "null".to_owned(),
        Some(Value::Signed(value)) => value.to_string(),
        Some(Value::Unsigned(value)) => value.to_string(),
        Some(Value::Real(value)) => value.to_string(),
        Some(Value::Flag(value)) => value.to_string(),
        Some(Value::Text(text)) => format!("{text:?}"),
        Some(Value::Bytes(bytes)) => hex(bytes),
        Some(Value::Moment(at)) => at.to_string(),
    };
    let at = metric.at.map_or_else(String::new, |at| format!(" at {at}"));
    let earlier = if metric.is_historical { ", historical" } else { "" };
    format!("{name} = {value}{at}{earlier}")
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn said(text: &str) -> Vec<(&'static str, String)> {
        let digits: String = text.split_whitespace().collect();
        let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        lines(&bytes).into_iter().map(|line| (line.kind, line.text.unwrap_or_default())).collect()
    }

    /// Vectors Q7 to Q9 and QX4.
    #[test]
    fn each_metric_is_a_line_and_what_was_cut_off_is_told() {
        let q7 = "08 EA F2 F5 A8 A0 2B 12 1C 0A 09 4D 79 20 4D 65 74 72 69 63 10 01 18 A2 82 83 95 86 2B 20 0C 7A 04 54 65 73 74 18 02";
        let q8 = "08 80 C8 81 F6 A9 33 12 0B 0A 05 62 64 53 65 71 20 08 58 07";
        let q9 =
            "08 80 C8 81 F6 A9 33 12 14 10 03 18 C0 C3 C4 F5 A9 33 28 01 69 00 00 00 00 80 10 E0 40 18 FF 01";
        let qx4 = "08 80 C8 81 F6 A9 33 12 14 10 03 18 C0 C3 C4 F5 A9 33 28 01 69 00 00 00 00 80 10 E0 40";
        let told = said(q7);
        assert!(told[0].1.starts_with("seq 2, My Metric (alias 1) = \"Test\" at 2016-"), "{told:?}");
        assert_eq!(said(q8), [("status", "death, bdSeq = 7".to_owned())]);
        let told = said(q9);
        assert!(
            told[0].1.starts_with("seq 255, alias 3 = 32900 at ") && told[0].1.ends_with(", historical"),
            "{told:?}"
        );
        let told = said(qx4);
        assert_eq!(told[0].0, "bad_check");
        assert!(told[0].1.contains("without its sequence number"), "{told:?}");
        assert_eq!(said("12 FF")[0].0, "noise");
        assert!(said("").is_empty());
    }
}
