//! What a signature proves, and what it does not.

use super::*;
use crate::{
    config::Sealing,
    identity::{enterprise, signing::statement},
    test_card::{authority, period},
};
use protocols::{
    base64::Alphabet::Standard,
    ikey::{Algorithm, Authority, Envelope, Period, PrivateKey, self_signed},
};

/// PO-098, PO-111: the bytes that are signed, as they were looked over once; any other implementation of RFC 8785 makes the same.
#[test]
fn the_statement_is_canonical_json_and_names_every_act() {
    let time = at("2025-10-13T08:30:00+08:00");
    let one = statement::text(&[act()], "00ff", time).unwrap();
    assert_eq!(one, include_str!("one_act.json").trim_end());
    let decision = |number: &str, version, action, fields| Act {
        manual: "appointment",
        number: number.into(),
        version,
        action,
        fields,
        attachments: Vec::new(),
    };
    let two = [
        decision("202500000000000123", 4, "approve", json!({})),
        decision("202500000000000124", 7, "return", json!({"text": "补充说明"})),
    ];
    let two = statement::text(&two, "00ff", time).unwrap();
    assert_eq!(two, include_str!("two_acts.json").trim_end());
}

/// PO-098, PO-099, PO-108: a person's own card proves the act with either algorithm.
#[tokio::test]
async fn the_bound_card_proves_the_act() {
    let app = TestApp::open().await;
    let statement = asked(&app, &wang(), &[act()]).await;
    assert_eq!(statement.expires_at, at("2025-10-13T00:35:00Z"));
    let proven = verified(&app, &wang(), Some(&signed(&wangs_card(), &statement)), &[act()]).await;
    assert_eq!(proven.unwrap().as_str(), CARD);
    let p256 = TestCard::made(authority(), &holder(CARD, Some(USCC), None), Algorithm::Es256, period());
    let statement = asked(&app, &wang(), &[act()]).await;
    assert!(verified(&app, &wang(), Some(&signed(&p256, &statement)), &[act()]).await.is_ok());
}

/// PO-111; contract section 8: one signature for a list serves for that list only, in that order.
#[tokio::test]
async fn one_signature_proves_a_list_as_it_was_signed() {
    let app = TestApp::open().await;
    let acts = [act(), Act { number: "202500000000000124".into(), ..act() }];
    let statement = asked(&app, &wang(), &acts).await;
    let signature = signed(&wangs_card(), &statement);
    let turned = [acts[1].clone(), acts[0].clone()];
    for other in [&acts[..1], &turned[..], &acts[1..]] {
        let result = verified(&app, &wang(), Some(&signature), other).await;
        refused(result, "PO_SIGNATURE_INVALID", "over this text");
    }
    assert!(verified(&app, &wang(), Some(&signature), &acts).await.is_ok());
}

/// PO-090, PO-091, PO-093, PO-361, PO-362: without a bound card nothing is asked for, without a connected one nothing is done.
#[tokio::test]
async fn no_card_no_act() {
    let app = TestApp::open().await;
    let cardless = Person { card_no: None, ..wang() };
    let tx = begun(&app).await;
    let problem = ask(&tx, &cardless, &[act()]).await.unwrap_err();
    drop(tx);
    assert_eq!(shown(problem).await.1["code"], "PO_NO_PERMISSION");
    let (_, body) = verified(&app, &wang(), None, &[act()]).await.unwrap_err();
    assert_eq!(
        (&body["code"], &body["message"]),
        (&json!("PO_CARD_ABSENT"), &json!("请正确连接电子口岸IC卡或Ikey"))
    );
}

/// PO-094, PO-360, PO-X15: the manual's words, with both numbers.
#[tokio::test]
async fn another_card_than_the_bound_one_is_named() {
    let app = TestApp::open().await;
    let statement = asked(&app, &wang(), &[act()]).await;
    let other = TestCard::of(&holder("2100000999999", Some(USCC), None));
    let (status, body) =
        verified(&app, &wang(), Some(&signed(&other, &statement)), &[act()]).await.unwrap_err();
    assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("PO_CARD_MISMATCH")));
    assert_eq!(
        body["message"],
        "当前卡号 2100000999999 与用户注册信息卡号 8950000004821 不一致，无法进行申报"
    );
}

/// PO-098: the statement is made from what is stored; what differs from it in any member was not signed.
#[tokio::test]
async fn any_member_that_differs_from_what_was_signed_is_refused() {
    let app = TestApp::open().await;
    let file = act().attachments.remove(0);
    let forged = [
        Act { manual: "attendance", ..act() },
        Act { number: "202500000000000124".into(), ..act() },
        Act { version: 4, ..act() },
        Act { action: "cancel", ..act() },
        Act { fields: json!({"customs_reg_no": "1507962233"}), ..act() },
        Act { attachments: Vec::new(), ..act() },
        Act { attachments: vec![SignedFile { size_bytes: 4_194_303, ..file.clone() }], ..act() },
        Act { attachments: vec![SignedFile { category: None, ..file.clone() }], ..act() },
        Act { attachments: vec![SignedFile { sha256: "0".repeat(64), ..file }], ..act() },
    ];
    let statement = asked(&app, &wang(), &[act()]).await;
    let signature = signed(&wangs_card(), &statement);
    for forged in forged {
        let result = verified(&app, &wang(), Some(&signature), &[forged]).await;
        refused(result, "PO_SIGNATURE_INVALID", "over this text");
    }
    // What was refused has used nothing up.
    assert!(verified(&app, &wang(), Some(&signature), &[act()]).await.is_ok());
}

/// PO-103, PO-371: a nonce serves once.
#[tokio::test]
async fn a_nonce_serves_once() {
    let app = TestApp::open().await;
    let statement = asked(&app, &wang(), &[act()]).await;
    let signature = signed(&wangs_card(), &statement);
    assert!(verified(&app, &wang(), Some(&signature), &[act()]).await.is_ok());
    let again = verified(&app, &wang(), Some(&signature), &[act()]).await;
    let (_, body) = again.as_ref().unwrap_err();
    assert_eq!(body["message"], "电子签名验证失败");
    refused(again, "PO_SIGNATURE_INVALID", "the nonce");
}

/// PO-103: 300 seconds, and not one more.
#[tokio::test]
async fn a_late_nonce_is_refused() {
    let app = TestApp::open().await;
    for (wait, serves) in [(300_000, true), (301_000, false)] {
        let statement = asked(&app, &wang(), &[act()]).await;
        let signature = signed(&wangs_card(), &statement);
        app.central.store().clock().advance(wait);
        let result = verified(&app, &wang(), Some(&signature), &[act()]).await;
        assert_eq!(result.is_ok(), serves, "{wait}");
        if !serves {
            refused(result, "PO_SIGNATURE_INVALID", "the nonce");
        }
    }
}

/// PO-098, PO-103: the nonce of another person does not serve, nor one that nobody was given.
#[tokio::test]
async fn the_nonce_of_another_person_is_refused() {
    let app = TestApp::open().await;
    let li = declarant("li", "8930000012345", "91310115MA1H7K2R0J");
    let statement = asked(&app, &li, &[act()]).await;
    let result = verified(&app, &wang(), Some(&signed(&wangs_card(), &statement)), &[act()]).await;
    refused(result, "PO_SIGNATURE_INVALID", "the nonce");
    let own = Statement { nonce: "f".repeat(64), ..statement };
    let result = verified(&app, &wang(), Some(&signed(&wangs_card(), &own)), &[act()]).await;
    refused(result, "PO_SIGNATURE_INVALID", "the nonce");
}

/// PO-101: an algorithm outside the list, or one that is not the key's, is refused; so is what cannot be read at all.
#[tokio::test]
async fn what_cannot_be_a_signature_is_refused() {
    let app = TestApp::open().await;
    let statement = asked(&app, &wang(), &[act()]).await;
    let good = signed(&wangs_card(), &statement);
    let nobodys = authority().certificate().der();
    for (wrong, words) in [
        (Signature { alg: "RSA-MD5".into(), ..good.clone() }, "algorithm is not accepted"),
        (Signature { alg: String::new(), ..good.clone() }, "algorithm is not accepted"),
        (Signature { alg: "ES256".into(), ..good.clone() }, "not of the algorithm"),
        (Signature { certificate: "京".into(), ..good.clone() }, "certificate is not Base64"),
        (Signature { certificate: "AAAA".into(), ..good.clone() }, "not an X.509"),
        (Signature { certificate: Standard.encode(nobodys), ..good.clone() }, "names no card"),
        (Signature { value: "京".into(), ..good.clone() }, "signature is not Base64"),
        (Signature { value: "AAAA".into(), ..good.clone() }, "over this text"),
        (Signature { value: String::new(), ..good.clone() }, "over this text"),
    ] {
        refused(verified(&app, &wang(), Some(&wrong), &[act()]).await, "PO_SIGNATURE_INVALID", words);
    }
    assert!(verified(&app, &wang(), Some(&good), &[act()]).await.is_ok());
}

/// PO-101: the list of accepted algorithms is the configuration's.
#[tokio::test]
async fn an_algorithm_that_the_configuration_does_not_name_is_refused() {
    let app = TestApp::configured(|config| config.cards.algorithms = vec!["ES256".into()]).await;
    let statement = asked(&app, &wang(), &[act()]).await;
    let result = verified(&app, &wang(), Some(&signed(&wangs_card(), &statement)), &[act()]).await;
    refused(result, "PO_SIGNATURE_INVALID", "algorithm is not accepted");
}

/// PO-063, PO-098: a certificate that nobody accepted issued, that has run out, or that has not begun, proves nothing.
#[tokio::test]
async fn a_certificate_that_does_not_count_is_refused() {
    let app = TestApp::open().await;
    let name = "测试签发机构";
    let stranger = Authority::generate(name, Algorithm::Sm2Sm3, period()).unwrap();
    let over = Period { until: at("2025-10-12T23:59:59Z"), ..period() };
    let early = Period { from: at("2025-10-13T00:30:01Z"), ..period() };
    for (authority, period, words) in [
        (&stranger, period(), "no authority"),
        (authority(), over, "not valid at this time"),
        (authority(), early, "not valid at this time"),
    ] {
        let card = TestCard::made(authority, &holder(CARD, Some(USCC), None), Algorithm::Sm2Sm3, period);
        let statement = asked(&app, &wang(), &[act()]).await;
        let result = verified(&app, &wang(), Some(&signed(&card, &statement)), &[act()]).await;
        refused(result, "PO_SIGNATURE_INVALID", words);
    }
}

/// PO-112: the card and the account name the same enterprise, in every code that the register has.
#[tokio::test]
async fn a_card_of_another_enterprise_has_no_permission() {
    let app = TestApp::open().await;
    let registered = enterprise::Enterprise {
        id: "e1".into(),
        kind: enterprise::EnterpriseKind::Enterprise,
        name: "满洲里草原煤业有限公司".into(),
        uscc: Some(USCC.into()),
        customs_reg_no: Some("1507962233".into()),
        ciq_no: None,
        country: None,
        foreign_reg_no: None,
        credit: enterprise::Credit::General,
        qualified: true,
    };
    let mut wang_registered = wang();
    if let Standing::Declarant(declarant) = &mut wang_registered.standing {
        declarant.enterprise = Some(registered);
    }
    let officer = Person { role: Role::CustomsOfficer, standing: Standing::Officer(Vec::new()), ..wang() };
    for (person, uscc, code, may) in [
        (wang(), Some(USCC), None, true),
        (wang(), Some(USCC), Some("1507962233"), true),
        (wang(), Some("91310115MA1H7K2R0J"), None, false),
        (wang(), None, None, false),
        (wang_registered.clone(), Some(USCC), Some("1507962233"), true),
        (wang_registered.clone(), Some(USCC), Some("3122240123"), false),
        (wang_registered, Some(USCC), None, false),
        (officer.clone(), None, None, true),
        (officer, Some(USCC), None, false),
    ] {
        let card = TestCard::of(&holder(CARD, uscc, code));
        let statement = asked(&app, &person, &[act()]).await;
        let result = verified(&app, &person, Some(&signed(&card, &statement)), &[act()]).await;
        assert_eq!(result.is_ok(), may, "{uscc:?} {code:?}: {result:?}");
        if let Err((_, body)) = result {
            assert_eq!(body["code"], "PO_NO_PERMISSION");
        }
    }
}

fn platform(folder: &std::path::Path) -> PrivateKey {
    let key = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap();
    let certificate = self_signed("平台", &key, period()).unwrap();
    std::fs::write(folder.join("platform.pem"), certificate.to_pem().unwrap()).unwrap();
    std::fs::write(folder.join("platform.key"), key.to_pem().unwrap()).unwrap();
    key
}

/// PO-100, PO-101: what is sealed must be the very statement, sealed to this platform.
#[tokio::test]
async fn what_is_sealed_is_the_statement() {
    let folder = tempfile::tempdir().unwrap();
    let key = platform(folder.path());
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let app = TestApp::configured(|config| {
        config.cards.platform_certificate = at("platform.pem");
        config.cards.platform_key = at("platform.key");
        config.cards.sealed = Sealing::Required;
    })
    .await;
    let statement = asked(&app, &wang(), &[act()]).await;
    let plain = signed(&wangs_card(), &statement);
    let stranger = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap();
    let sealed = |to: &PrivateKey, text: &str| {
        let sealed = Some(Envelope::seal(&to.public(), text.as_bytes()).unwrap());
        Signature { sealed, ..plain.clone() }
    };
    for (signature, words) in [
        (plain.clone(), "has to be sealed"),
        (sealed(&stranger, &statement.text), "another reader"),
        (sealed(&key, "another text"), "not the statement"),
    ] {
        refused(verified(&app, &wang(), Some(&signature), &[act()]).await, "PO_SIGNATURE_INVALID", words);
    }
    let sealed = sealed(&key, &statement.text);
    assert!(verified(&app, &wang(), Some(&sealed), &[act()]).await.is_ok());
    let (_, shown) = app.get("/api/v1/cards/platform", crate::test_app::DECLARANT).await;
    assert_eq!((&shown["sealed"], &shown["envelope"]), (&json!("required"), &json!("SM2-SM4-GCM")));
    assert!(shown["certificate"].as_str().unwrap().starts_with("MII"));
}

/// PO-100: a platform without a key opens nothing, and says so.
#[tokio::test]
async fn nothing_can_be_sealed_to_a_platform_without_a_key() {
    let app = TestApp::open().await;
    let statement = asked(&app, &wang(), &[act()]).await;
    let to = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap().public();
    let sealed = Some(Envelope::seal(&to, statement.text.as_bytes()).unwrap());
    let signature = Signature { sealed, ..signed(&wangs_card(), &statement) };
    refused(
        verified(&app, &wang(), Some(&signature), &[act()]).await,
        "PO_SIGNATURE_INVALID",
        "no key to seal to",
    );
}

/// Nothing to do needs no signature.
#[tokio::test]
async fn an_empty_list_cannot_be_signed() {
    let app = TestApp::open().await;
    let tx = begun(&app).await;
    let problem = ask(&tx, &wang(), &[]).await.unwrap_err();
    drop(tx);
    assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
}
