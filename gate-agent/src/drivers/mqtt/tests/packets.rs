//! The page's packets, as the library reads them that the driver stands on: whoever takes a newer one sees here what changed.

use bytes::BytesMut;
use rumqttc::v5::mqttbytes::{
    Error, QoS,
    v5::{ConnectReturnCode, Packet, PubAckReason},
};

fn read(hex: &str) -> Result<Packet, Error> {
    let bytes: Vec<u8> = hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    Packet::read(&mut BytesMut::from(&*bytes), Some(16 * 1024))
}

/// Vectors Q10 to Q13.
#[test]
fn captured_packets_are_read() {
    let connect = "10 3C 00 04 4D 51 54 54 05 2C 00 0A 05 11 00 00 0E 10 00 06 67 61 74 65 2D 31 00 00 0F 63 67 2F 67 61 74 65 2D 31 2F \
                   73 74 61 74 65 00 10 7B 22 6F 6E 6C 69 6E 65 22 3A 66 61 6C 73 65 7D";
    let Ok(Packet::Connect(connect, Some(will), None)) = read(connect) else {
        panic!("a CONNECT with a will")
    };
    let expiry = connect.properties.and_then(|properties| properties.session_expiry_interval);
    assert_eq!((&*connect.client_id, connect.clean_start, expiry), ("gate-1", false, Some(3600)));
    assert_eq!((&*will.topic, will.qos, will.retain), (&b"cg/gate-1/state"[..], QoS::AtLeastOnce, true));

    let Ok(Packet::ConnAck(taken)) = read("20 09 00 00 06 22 00 0A 21 00 14") else { panic!("a CONNACK") };
    let properties = taken.properties.expect("properties");
    assert_eq!((taken.code, taken.session_present), (ConnectReturnCode::Success, false));
    assert_eq!((properties.topic_alias_max, properties.receive_max), (Some(10), Some(20)));

    let publish = "32 3D 00 0C 63 67 2F 67 61 74 65 2D 31 2F 65 76 00 02 22 02 00 00 00 1E 03 00 10 61 70 70 6C 69 63 61 74 69 6F 6E 2F 6A \
                   73 6F 6E 26 00 04 6C 61 6E 65 00 01 31 7B 22 73 65 71 22 3A 31 37 7D";
    let Ok(Packet::Publish(publish)) = read(publish) else { panic!("a PUBLISH") };
    assert_eq!((&*publish.topic, publish.qos, publish.pkid), (&b"cg/gate-1/ev"[..], QoS::AtLeastOnce, 2));
    assert_eq!(&*publish.payload, br#"{"seq":17}"#);
    let properties = publish.properties.expect("properties");
    assert_eq!(properties.message_expiry_interval, Some(30));
    assert_eq!(properties.user_properties, [("lane".to_owned(), "1".to_owned())]);

    let Ok(Packet::PubAck(acknowledged)) = read("40 03 00 02 10") else { panic!("a PUBACK") };
    assert_eq!(acknowledged.reason, PubAckReason::NoMatchingSubscribers);
}

/// Vector QX5: a length of five bytes.
#[test]
fn a_length_without_end_closes_the_connection() {
    assert!(matches!(read("10 FF FF FF FF 7F"), Err(Error::MalformedRemainingLength)));
}
