//! How fast: messages of our own MQTT form.

use std::{hint::black_box, time::Duration};

use anyhow::ensure;
use protocols::{
    contract::UtcMillis,
    ids::{MediumKey, MediumType},
    mqtt::{
        self, Dialect, Message, PAYLOAD_MAX,
        kakou::{EventId, Payload, Read},
        report::Fact,
    },
};

use super::epc;
use crate::{clock, row::Row};

pub(super) fn mqtt(messages: u32) -> anyhow::Result<Row> {
    let topic = "kakou/v1/0708-G02/OUT1/uhf-1/read";
    let payloads: Vec<Vec<u8>> = (0..messages).map(read).collect::<anyhow::Result<_>>()?;
    let received = UtcMillis::from_millis(1_763_625_600_100);
    let mut seen = 0_u32;
    let began = clock::now();
    for payload in &payloads {
        let message = Message::fresh(topic, payload);
        for report in mqtt::decode(Dialect::Kakou, &message, PAYLOAD_MAX, received) {
            seen += u32::from(matches!(black_box(report)?.fact, Fact::Seen(_)));
        }
    }
    let took = began.elapsed();
    ensure!(seen == messages, "{seen} of {messages} messages were decoded");
    let began = clock::now();
    for payload in &payloads {
        black_box(serde_json::from_slice::<serde_json::Value>(payload)?);
    }
    let floor = began.elapsed();
    let rate = |time: Duration| f64::from(messages) / time.as_secs_f64();
    Ok(Row {
        name: "codec_mqtt-kakou",
        value: rate(took),
        unit: "messages/s",
        floor: Some(rate(floor)),
        inside: "Messages of a reader in Kakou's own form (12-byte EPC): topic, strict JSON, members, medium, age. More \
                 is better. Floor: the same payloads parsed to `serde_json::Value`.",
    })
}

/// The payload by which a reader tells tag `number`.
///
/// # Errors
/// None in practice: an EPC of 12 bytes is a key.
fn read(number: u32) -> anyhow::Result<Vec<u8>> {
    let medium_type = MediumType::ElectronicPlate;
    let hex: String = epc(number).iter().map(|byte| format!("{byte:02X}")).collect();
    let payload = Payload::Read(Read {
        id: EventId::from_bits(u128::from(number)),
        medium_type,
        medium_key: MediumKey::read(medium_type, &hex)?,
        at: UtcMillis::from_millis(1_763_625_600_000),
        confidence_permille: Some(980),
    });
    Ok(payload.to_bytes())
}
