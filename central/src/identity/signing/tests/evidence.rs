//! What is kept of a signature, and judged again.

use super::*;
use crate::{
    identity::{
        card::revocation,
        signing::evidence::{Evidence, Finding, examine, of_number},
    },
    store::{all, column, execute},
};
use protocols::base64::Alphabet::Standard;

async fn submitted(app: &TestApp) -> (Statement, Signature) {
    let acts = [act(), Act { number: "202500000000000124".into(), ..act() }];
    let statement = asked(app, &wang(), &acts).await;
    let signature = signed(&wangs_card(), &statement);
    verified(app, &wang(), Some(&signature), &acts).await.unwrap();
    (statement, signature)
}

async fn kept(app: &TestApp, number: &str) -> Vec<Evidence> {
    of_number(app.central.store().read(), number).await.unwrap()
}

async fn failing(app: &TestApp, evidence: &Evidence) -> Vec<&'static str> {
    let findings = examine(app.central.cards(), app.central.store().read(), evidence).await.unwrap();
    findings.iter().filter(|finding| !finding.holds).map(|finding| finding.what).collect()
}

/// PO-099: signature, certificate and the signed bytes are kept with each record of the submission, and hold again years later.
#[tokio::test]
async fn what_was_signed_is_kept_and_holds_again() {
    let app = TestApp::open().await;
    let (statement, signature) = submitted(&app).await;
    app.central.store().clock().advance(20 * 365 * 86_400_000);
    for number in ["202500000000000123", "202500000000000124"] {
        let [evidence] = &kept(&app, number).await[..] else { panic!("{number}") };
        assert_eq!(evidence.statement, statement.text);
        assert_eq!((&evidence.value, &evidence.certificate), (&signature.value, &signature.certificate));
        assert_eq!((evidence.actor.as_str(), evidence.card_no.as_str()), ("wang", CARD));
        let findings = examine(app.central.cards(), app.central.store().read(), evidence).await.unwrap();
        assert!(findings.iter().all(|finding| finding.holds), "{findings:?}");
        let told: Vec<_> =
            findings.iter().map(|Finding { what, found, .. }| format!("{what}: {found}")).collect();
        assert_eq!(
            told,
            [
                "certificate: of card 8950000004821, 王强, 满洲里草原煤业有限公司",
                "chain: issued by 测试签发机构; valid at 2025-10-13T00:30:00.000Z",
                "revocation: never revoked",
                "signature: holds over these bytes",
                "statement: appointment 202500000000000123 version 3: submit; appointment 202500000000000124 version 3: submit",
            ]
        );
    }
    assert!(kept(&app, "202500000000000125").await.is_empty());
}

/// PO-111; `contract` section 8: one PIN signs a list that names records of several manuals; each of them has the whole proof, and a list with
/// one decision less, or in another order, is another list.
#[tokio::test]
async fn one_signature_covers_decisions_of_several_manuals() {
    let app = TestApp::open().await;
    let decision = |manual, number: &str, action| Act {
        manual,
        number: number.into(),
        version: 3,
        action,
        fields: json!({"text": "同意"}),
        attachments: Vec::new(),
    };
    let acts = [
        decision("smart_gate", "202500000000000123", "approve"),
        decision("appointment", "YTG202500000000003", "accept-feedback"),
        decision("attendance", "202500000000000124", "approve"),
    ];
    let officer = app.person(crate::test_app::OFFICER).await;
    let statement = asked(&app, &officer, &acts).await;
    let signature = signed(&app.card(crate::test_app::OFFICER), &statement);
    let mut turned = acts.clone();
    turned.swap(0, 2);
    for other in [&acts[..2], &turned[..]] {
        let result = verified(&app, &officer, Some(&signature), other).await;
        refused(result, "PO_SIGNATURE_INVALID", "signature");
    }
    verified(&app, &officer, Some(&signature), &acts).await.unwrap();
    for act in &acts {
        let [evidence] = &kept(&app, &act.number).await[..] else { panic!("{}", act.number) };
        assert_eq!(evidence.statement, statement.text);
        assert!(failing(&app, evidence).await.is_empty());
    }
}

/// PO-099: whoever changes what is kept is found out.
#[tokio::test]
async fn changed_evidence_does_not_hold() {
    let app = TestApp::open().await;
    submitted(&app).await;
    let [good] = &kept(&app, "202500000000000123").await[..] else { panic!() };
    let other = TestCard::of(&holder("2100000999999", Some(USCC), None));
    let altered = good.statement.replace("13816001234", "13816001235");
    let spaced = good.statement.replacen(':', ": ", 1);
    for (evidence, expected) in [
        (Evidence { statement: altered, ..good.clone() }, vec!["signature"]),
        (Evidence { statement: spaced, ..good.clone() }, vec!["signature", "statement"]),
        (Evidence { statement: "no statement".into(), ..good.clone() }, vec!["signature", "statement"]),
        (Evidence { value: "AAAA".into(), ..good.clone() }, vec!["signature"]),
        (Evidence { alg: "ES256".into(), ..good.clone() }, vec!["signature"]),
        (Evidence { card_no: "2100000999999".into(), ..good.clone() }, vec!["certificate"]),
        (Evidence { certificate: "AAAA".into(), ..good.clone() }, vec!["certificate"]),
        (
            Evidence { certificate: Standard.encode(other.certificate.der()), ..good.clone() },
            vec!["certificate", "signature"],
        ),
        (Evidence { at: at("2013-12-31T00:00:00Z"), ..good.clone() }, vec!["chain"]),
    ] {
        assert_eq!(failing(&app, &evidence).await, expected, "{evidence:?}");
    }
}

/// A certificate that is revoked later has signed rightly; one that was revoked before has not.
#[tokio::test]
async fn a_later_revocation_leaves_what_was_signed() {
    let app = TestApp::open().await;
    submitted(&app).await;
    let [evidence] = &kept(&app, "202500000000000123").await[..] else { panic!() };
    let certificate = wangs_card().certificate;
    for (since, expected) in [("2025-10-14T00:00:00Z", vec![]), ("2025-10-12T00:00:00Z", vec!["revocation"])]
    {
        let tx = begun(&app).await;
        execute(tx.conn(), "DELETE FROM revoked_certificate", []).await.unwrap();
        let id = (certificate.issuer(), certificate.serial());
        let actor = crate::declaration::actor::Actor::centre();
        revocation::revoke(&tx, &actor, (&id.0, &id.1), at(since), "遗失").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(failing(&app, evidence).await, expected, "{since}");
    }
}

/// PO-098, PO-103: nothing that a caller brings back stands in the store as it is.
#[tokio::test]
async fn nonces_are_kept_hashed_and_old_ones_go() {
    let app = TestApp::open().await;
    let first = asked(&app, &wang(), &[act()]).await;
    let kept = async || {
        let rows = all(app.central.store().read(), "SELECT hash FROM signing_nonce", []).await.unwrap();
        rows.iter().map(|row| column::<String>(row, "hash").unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(kept().await.len(), 1);
    assert!(!kept().await.contains(&first.nonce) && first.nonce.len() == 64);
    app.central.store().clock().advance(301_000);
    asked(&app, &wang(), &[act()]).await;
    assert_eq!(kept().await.len(), 1);
}
