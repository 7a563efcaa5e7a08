//! Whose word a receipt is.

use protocols::{
    contract::{EventsReceipt, Hash, RECEIPTS_NAME},
    ids::{GateId, YardId},
    ikey::{Algorithm, Authority, End, PrivateKey},
};
use serde_json::json;

use super::{Signer, after, authority, centres_end, period, unsigned, unsigned_index};
use crate::identity::{ReceiptError, verify_index, verify_receipt};

fn known(authorities: &[&Authority]) -> Vec<Box<str>> {
    authorities.iter().map(|one| one.certificate().to_pem().unwrap().into()).collect()
}

fn receipt() -> EventsReceipt {
    unsigned(1, 120, Hash([7; 32]))
}

/// fault E4, invariant I5: every member of a receipt is signed, those of a later centre too.
#[test]
fn an_altered_receipt_does_not_hold() {
    let own = authority();
    let mut told = receipt();
    told.more.insert("of_a_later_version".into(), json!([1, "b"]));
    let signed = Signer::of(&own).sign(told);
    assert_eq!(verify_receipt(&signed, &known(&[&own])), Ok(()));
    let over_the_wire: EventsReceipt =
        serde_json::from_str(&serde_json::to_string_pretty(&signed).unwrap()).unwrap();
    assert_eq!(verify_receipt(&over_the_wire, &known(&[&own])), Ok(()));

    let mut altered = vec![signed.clone(); 7];
    altered[0].gate_id = GateId::parse("0708-G03").unwrap();
    altered[1].epoch = 2;
    altered[2].seq = 119;
    altered[3].hash = Hash([8; 32]);
    altered[4].at = after(1);
    altered[5].more.clear();
    altered[6].certificate = Signer::of(&own).sign(receipt()).certificate;
    for other in altered {
        assert_eq!(verify_receipt(&other, &known(&[&own])), Err(ReceiptError::Signature), "{other:?}");
    }
    for (certificate, signature) in [("", &*signed.signature), (&*signed.certificate, "not Base64")] {
        let broken =
            EventsReceipt { certificate: certificate.into(), signature: signature.into(), ..signed.clone() };
        assert_eq!(verify_receipt(&broken, &known(&[&own])), Err(ReceiptError::Unreadable));
    }
}

/// fault E3: every member of what is signed of an index is signed, and it is judged by the authorities as a receipt is.
#[test]
fn an_altered_signature_of_an_index_does_not_hold() {
    let own = authority();
    let mut told = unsigned_index(12, Hash([7; 32]));
    (told.from, told.mark, told.nonce) = (Some(11), Some(Hash([5; 32])), Some(Hash([6; 32])));
    told.more.insert("of_a_later_version".into(), json!([1, "b"]));
    let signed = Signer::of(&own).sign_index(told);
    assert_eq!(verify_index(&signed, &known(&[&own])), Ok(()));
    assert_eq!(verify_index(&signed, &known(&[&authority()])), Err(ReceiptError::Authority));

    let mut altered = vec![signed.clone(); 9];
    altered[0].yard_id = YardId::parse("CNEHX070801").unwrap();
    altered[1].from = None;
    altered[2].revision = 11;
    altered[3].mark = None;
    altered[4].sha256 = Hash([8; 32]);
    altered[5].nonce = Some(Hash([7; 32]));
    altered[6].at = after(1);
    altered[7].more.clear();
    altered[8].signature = Signer::of(&own).sign_index(unsigned_index(12, Hash([7; 32]))).signature;
    for other in altered {
        assert_eq!(verify_index(&other, &known(&[&own])), Err(ReceiptError::Signature), "{other:?}");
    }
}

/// fault E4: root on the gate has the gate's own key, and whoever has the centre's end has that of the line: neither signs receipts. Nor does a
/// key after its time, or one of somebody else's authority.
#[test]
fn only_a_key_for_receipts_signs_one() {
    let (own, foreign) = (authority(), authority());
    let by = |certificate, key| Signer { certificate, key }.sign(receipt());
    let gates_key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let uri = End::Client("urn:kakou:gate:07080000001:0708-G02".into());
    let gates = own.certify_end("0708-G02", &uri, &gates_key.public(), period(-1, 45)).unwrap();
    let (line, lines_key) = centres_end(&own, &["localhost"], (-1, 45));
    let (past, pasts_key) = centres_end(&own, &[RECEIPTS_NAME], (-9, -1));
    for (signed, why) in [
        (by(gates, gates_key), ReceiptError::Purpose),
        (by(line, lines_key), ReceiptError::Purpose),
        (by(past, pasts_key), ReceiptError::Time),
        (Signer::of(&foreign).sign(receipt()), ReceiptError::Authority),
    ] {
        assert_eq!(verify_receipt(&signed, &known(&[&own])), Err(why));
    }
}

/// fault C9: while authorities are exchanged either stands behind a receipt; afterwards the old one does only for whoever still knows it.
#[test]
fn a_receipt_holds_as_long_as_its_authority_is_known() {
    let (old, new) = (authority(), authority());
    let (before, since) = (Signer::of(&old).sign(receipt()), Signer::of(&new).sign(receipt()));
    for (authorities, expected) in [
        (known(&[&old]), [Ok(()), Err(ReceiptError::Authority)]),
        (known(&[&old, &new]), [Ok(()), Ok(())]),
        (known(&[&new]), [Err(ReceiptError::Authority), Ok(())]),
        (known(&[]), [Err(ReceiptError::Authority); 2]),
    ] {
        assert_eq!([&before, &since].map(|one| verify_receipt(one, &authorities)), expected);
    }
}
