//! Authorities above authorities, revocation, and files that cannot be used.

use super::*;
use crate::{
    config::CardsConfig,
    identity::signing::trust::{Cards, CardsError, Distrust},
    test_app::{ADMIN, DECLARANT},
    test_card::{authority, period},
};
use protocols::{
    base64::Alphabet::Standard,
    ikey::{Algorithm, Authority, Certificate, Period, PrivateKey, self_signed},
};

fn opened(
    files: &[(&str, &str)],
    config: impl FnOnce(&mut CardsConfig, &dyn Fn(&str) -> String),
) -> Result<Cards, CardsError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut cards = CardsConfig::default();
    config(&mut cards, &|name| folder.path().join(name).to_string_lossy().into_owned());
    Cards::open(&cards)
}

fn pem(certificate: &Certificate) -> String {
    certificate.to_pem().unwrap()
}

/// PO-063: a chain is believed up to what is configured; every link has to serve at the time.
#[test]
fn a_chain_is_believed_as_far_as_it_is_configured() {
    let now = at("2025-10-13T00:30:00Z");
    let root = Authority::generate("根", Algorithm::Sm2Sm3, period()).unwrap();
    let below = root.delegate("分", Algorithm::Es256, period()).unwrap();
    let card =
        TestCard::made(&below, &holder(CARD, Some(USCC), None), Algorithm::Sm2Sm3, period()).certificate;
    let (root_pem, below_pem) = (pem(root.certificate()), pem(below.certificate()));
    let files = [("root.pem", root_pem.as_str()), ("below.pem", below_pem.as_str())];
    for (configured, length) in [
        (&["root.pem", "below.pem"][..], Some(2)),
        (&["below.pem"], Some(1)),
        (&["root.pem"], None),
        (&[], None),
    ] {
        let cards =
            opened(&files, |cards, at| cards.authorities = configured.iter().map(|name| at(name)).collect());
        let path = cards.unwrap().path(&card, now).map(|path| path.len());
        assert_eq!(path, length.ok_or(Distrust::Issuer), "{configured:?}");
    }
    let short = Period { until: at("2025-10-13T00:29:59Z"), ..period() };
    let over = Authority::generate("根", Algorithm::Sm2Sm3, short).unwrap();
    let card =
        TestCard::made(&over, &holder(CARD, Some(USCC), None), Algorithm::Sm2Sm3, period()).certificate;
    let over_pem = pem(over.certificate());
    let cards =
        opened(&[("over.pem", over_pem.as_str())], |cards, at| cards.authorities = vec![at("over.pem")])
            .unwrap();
    assert_eq!(cards.path(&card, now).map(|path| path.len()), Err(Distrust::Period));
    assert_eq!(cards.path(&card, at("2025-10-13T00:29:59Z")).map(|path| path.len()), Ok(1));
}

/// A card cannot issue cards, whoever has issued it.
#[test]
fn a_card_is_no_authority() {
    let card = TestCard::of(&holder(CARD, Some(USCC), None));
    let card_pem = pem(&card.certificate);
    let opened =
        opened(&[("card.pem", card_pem.as_str())], |cards, at| cards.authorities = vec![at("card.pem")]);
    assert!(matches!(opened, Err(CardsError::NoAuthority { .. })));
}

/// What `[cards]` names and cannot be used is told at the start, by its path and without its content.
#[test]
fn a_file_that_cannot_be_used_is_named() {
    let key = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap();
    let (key_pem, other_pem) =
        (key.to_pem().unwrap(), PrivateKey::generate(Algorithm::Sm2Sm3).unwrap().to_pem().unwrap());
    let p256 = PrivateKey::generate(Algorithm::Es256).unwrap();
    let own = pem(&self_signed("平台", &key, period()).unwrap());
    let p256_own = pem(&self_signed("平台", &p256, period()).unwrap());
    let p256_pem = p256.to_pem().unwrap();
    let files = [
        ("own.pem", own.as_str()),
        ("own.key", &key_pem),
        ("other.key", &other_pem),
        ("p.pem", &p256_own),
        ("p.key", &p256_pem),
    ];
    for (certificate, key, good) in [
        ("own.pem", "own.key", true),
        ("own.pem", "other.key", false),
        ("own.pem", "own.pem", false),
        ("own.key", "own.key", false),
        ("p.pem", "p.key", false),
        ("own.pem", "missing.key", false),
    ] {
        let opened = opened(&files, |cards, at| {
            cards.platform_certificate = at(certificate);
            cards.platform_key = at(key);
        });
        assert_eq!(opened.is_ok(), good, "{certificate} {key}");
        if let Err(error) = opened {
            let told = format!("{error} {error:?}");
            assert!(told.contains("cards") && !told.contains("PRIVATE"), "{told}");
        } else {
            assert!(format!("{:?}", opened.unwrap()).contains("PrivateKey(SM2-SM3, ..)"));
        }
    }
    let missing = opened(&files, |cards, at| cards.authorities = vec![at("missing.pem")]).unwrap_err();
    assert!(missing.to_string().contains("missing.pem"));
}

/// PO-063, PO-104: a revoked certificate proves nothing from then on, whether the administrator says so or the authority's list.
#[tokio::test]
async fn a_revoked_certificate_is_refused() {
    let app = TestApp::open().await;
    let card = || TestCard::made(authority(), &holder(CARD, Some(USCC), None), Algorithm::Es256, period());
    let (first, second) = (card(), card());
    let says = async |card: &TestCard| {
        let statement = asked(&app, &wang(), &[act()]).await;
        verified(&app, &wang(), Some(&signed(card, &statement)), &[act()]).await
    };
    assert!(says(&first).await.is_ok() && says(&second).await.is_ok());
    let body = json!({"certificate": Standard.encode(first.certificate.der()), "reason": "遗失"});
    let path = "/api/v1/cards/revocations";
    assert_eq!(app.post(path, DECLARANT, body.clone()).await.0, StatusCode::FORBIDDEN);
    for fresh in [true, false] {
        let (status, answer) = app.post(path, ADMIN, body.clone()).await;
        assert_eq!((status, &answer["fresh"]), (StatusCode::OK, &json!(fresh)));
    }
    refused(says(&first).await, "PO_SIGNATURE_INVALID", "revoked");
    assert!(says(&second).await.is_ok());

    let list = authority().revoke(&[&second.certificate], at("2025-10-13T00:30:00Z")).unwrap();
    let list = json!({ "list": Standard.encode(&list) });
    let path = "/api/v1/cards/revocation-lists";
    assert_eq!(app.post(path, DECLARANT, list.clone()).await.0, StatusCode::FORBIDDEN);
    let (status, answer) = app.post(path, ADMIN, list).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({"listed": 1, "fresh": 1})));
    refused(says(&second).await, "PO_SIGNATURE_INVALID", "revoked");
}

/// PO-063: a list counts when an accepted authority has signed it, and no older one is taken behind it.
#[tokio::test]
async fn only_an_accepted_authority_revokes() {
    let app = TestApp::open().await;
    let card = TestCard::made(authority(), &holder(CARD, Some(USCC), None), Algorithm::Es256, period());
    let stranger = Authority::generate("测试签发机构", Algorithm::Sm2Sm3, period()).unwrap();
    let take = async |authority: &Authority, made: &str| {
        let list = authority.revoke(&[&card.certificate], at(made)).unwrap();
        app.post("/api/v1/cards/revocation-lists", ADMIN, json!({ "list": Standard.encode(&list) })).await
    };
    let (status, answer) = take(&stranger, "2025-10-01T00:00:00Z").await;
    assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!("PO_SIGNATURE_INVALID")));
    assert_eq!(take(authority(), "2025-10-13T00:30:01Z").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(take(authority(), "2025-10-02T00:00:00Z").await.0, StatusCode::OK);
    assert_eq!(take(authority(), "2025-10-01T00:00:00Z").await.0, StatusCode::CONFLICT);
    for wrong in ["", "京", "AAAA"] {
        let answer = app.post("/api/v1/cards/revocation-lists", ADMIN, json!({ "list": wrong })).await;
        assert_eq!(answer.0, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        let body = json!({ "certificate": wrong, "reason": "遗失" });
        assert_eq!(
            app.post("/api/v1/cards/revocations", ADMIN, body).await.0,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong}"
        );
    }
}
