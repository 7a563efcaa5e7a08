//! What the commands write, and what they leave alone.

use std::os::unix::fs::PermissionsExt;

use protocols::{contract::UtcMillis, ikey::Certificate};
use serde_json::json;

use super::{platform_key, verify_signature};
use crate::{
    config::CardsConfig,
    identity::signing::{self, Act, trust::Cards},
    test_app::{DECLARANT, TestApp},
};

fn now() -> UtcMillis {
    UtcMillis::parse("2025-10-13T00:30:00Z").unwrap()
}

/// PO-100: the two files serve as they are; the key's is its owner's alone, and neither is written over.
#[test]
fn a_platform_key_serves_as_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    platform_key::make(folder.path(), "平台", 365, now(), &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(!out.contains("PRIVATE"), "{out}");
    let table: toml::Table = out.parse().unwrap();
    let cards: CardsConfig = table["cards"].clone().try_into().unwrap();
    let mode = std::fs::metadata(&cards.platform_key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let certificate =
        Certificate::from_pem(&std::fs::read_to_string(&cards.platform_certificate).unwrap()).unwrap();
    assert_eq!(certificate.not_after().to_string(), "2026-10-13T00:30:00.000Z");
    assert!(Cards::open(&cards).unwrap().platform().is_some());
    let again = platform_key::make(folder.path(), "平台", 365, now(), &mut Vec::new());
    assert!(again.unwrap_err().to_string().contains("platform.key"));
}

/// PO-099: what was signed about a record is judged from the store, and from the file that was written of it; a changed file fails.
#[tokio::test]
async fn what_was_signed_is_judged_from_the_store_and_from_a_file() {
    let app = TestApp::open().await;
    let number = "202500000000000123".to_owned();
    let act = Act {
        manual: "appointment",
        number: number.clone(),
        version: 1,
        action: "submit",
        fields: json!({"phone": "13816001234"}),
        attachments: Vec::new(),
    };
    let person = app.person(DECLARANT).await;
    let tx = app.central.store().begin().await.unwrap();
    let acts = [act];
    let statement = signing::statement(&tx, &person, &acts).await.unwrap();
    let signature = serde_json::from_value(app.sign(DECLARANT, &json!(statement))).unwrap();
    signing::verify(&app.central, &tx, &person, Some(&signature), &acts).await.unwrap();
    tx.commit().await.unwrap();

    let judge = async |from: &verify_signature::From, as_json: bool| {
        let mut out = Vec::new();
        let holds = verify_signature::run(app.central.config(), from, as_json, &mut out).await;
        holds.map(|holds| (holds, String::from_utf8(out).unwrap()))
    };
    let stored = verify_signature::From::Number(number);
    let (holds, told) = judge(&stored, false).await.unwrap();
    assert!(holds && told.contains("ok   signature: holds over these bytes"), "{told}");
    let (_, file) = judge(&stored, true).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signatures.json");
    std::fs::write(&path, &file).unwrap();
    let from = verify_signature::From::File(path.clone());
    assert_eq!(judge(&from, false).await.unwrap(), (true, told));
    std::fs::write(&path, file.replace("13816001234", "13816001235")).unwrap();
    let (holds, told) = judge(&from, false).await.unwrap();
    assert!(!holds && told.contains("FAIL signature: does not hold"), "{told}");
    let nothing = verify_signature::From::Number("202500000000000124".into());
    assert!(judge(&nothing, false).await.unwrap_err().to_string().contains("nothing was signed"));
    std::fs::write(&path, "[]").unwrap();
    assert!(judge(&from, false).await.is_err());
}
