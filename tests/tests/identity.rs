//! Gates of other machines, with real processes over TLS: enrolled, at work, renewed, expired, revoked, and who is nobody.

#[cfg(test)]
#[path = "identity/elsewhere.rs"]
mod elsewhere;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use gate_agent::identity::verify_index;
use kakou_tests::{
    Yard, YardPlan,
    config::ADMIN,
    journal,
    line::Line,
    play,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
    wait,
};
use protocols::{contract::SnapshotTail, rules::TripStatus};
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Client, Method};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const WITHIN: Duration = Duration::from_secs(120);
const GATE: &str = "0708-G02";

fn plan(certificate_lifetime_s: u32) -> YardPlan {
    YardPlan { certificate_lifetime_s: Some(certificate_lifetime_s), ..YardPlan::default() }
}

/// A lorry with an approved record comes in.
async fn a_lorry_comes(yard: &Yard) -> Result<String> {
    let epc = unused_epc();
    let record = yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
    let gate = yard.gate()?;
    yard.fed(gate).await?;
    let end = gate.simulator.drive_to_its_end(&Drive::passes("IN1", &epc), WITHIN).await?;
    ensure!(end == "passed", "the lorry {end}");
    Ok(record.unified_no)
}

/// What the gate's own page says of its line: whether it is there, and what is wrong.
async fn link(yard: &Yard) -> Result<(bool, String)> {
    let status = yard.gate()?.agent.status().await?;
    let link = status.get("centre").context("a status without its line")?;
    let online = link.get("online").and_then(Value::as_bool).context("a line without a state")?;
    Ok((online, link.get("error").and_then(Value::as_str).unwrap_or_default().to_owned()))
}

async fn until_link(yard: &Yard, online: bool, said: &str) -> Result<()> {
    let mut last = (false, String::new());
    let seen = wait::until_true(format!("a line with {said:?}"), WITHIN, async || {
        last = link(yard).await?;
        Ok(last.0 == online && last.1.contains(said))
    })
    .await;
    seen.with_context(|| format!("the gate says {last:?}"))
}

/// A client that believes the centre's authorities and shows this, PEM of certificate and key.
fn client(yard: &Yard, shown: Option<(&str, &str)>) -> Result<Client> {
    let tls = tls(yard, shown)?;
    Ok(Client::builder().tls_backend_preconfigured(tls).timeout(Duration::from_secs(10)).build()?)
}

fn tls(yard: &Yard, shown: Option<(&str, &str)>) -> Result<ClientConfig> {
    let identity = yard.gate()?.agent.identity()?;
    let mut roots = RootCertStore::empty();
    let authorities = identity.get("authorities").and_then(Value::as_array).context("no authorities")?;
    for authority in authorities {
        roots.add(CertificateDer::from_pem_slice(authority.as_str().unwrap_or_default().as_bytes())?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots);
    Ok(match shown {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => config.with_client_auth_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes())?],
            PrivateKeyDer::from_pem_slice(key.as_bytes())?,
        )?,
    })
}

/// Whether the last line of a snapshot is the centre's word for all before it, and for this yard.
fn is_signed(yard: &Yard, snapshot: &str) -> Result<()> {
    let (lines, tail) = snapshot.trim_end().rsplit_once('\n').context("a snapshot of one line")?;
    let signed = serde_json::from_str::<SnapshotTail>(tail)?.signed.context("nobody has signed it")?;
    ensure!(
        signed.sha256.0 == <[u8; 32]>::from(Sha256::digest(format!("{lines}\n"))),
        "it is of other lines"
    );
    ensure!(signed.yard_id.as_str() == yard.plan.yard_id, "it is of yard {}", signed.yard_id);
    let known = yard.gate()?.agent.identity()?;
    let authorities: Vec<Box<str>> =
        serde_json::from_value(known.get("authorities").cloned().unwrap_or_default())?;
    Ok(verify_index(&signed, &authorities)?)
}

/// A certificate that nobody has issued, and its key.
fn foreign() -> Result<(String, String)> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Health, enrolment, all calls of a gate, and one of people's.
fn calls() -> Result<Vec<(Method, &'static str, Value)>> {
    let hello = json!({"gate_id": GATE, "store_id": "s", "version": "0"});
    let status = json!({"gate_id": GATE, "at": "2025-10-13T00:30:00.000Z", "head": null, "index_revision": null, "index_age_s": null, "lanes": []});
    Ok(vec![
        (Method::GET, "/healthz", Value::Null),
        (Method::GET, "/readyz", Value::Null),
        (Method::POST, "/gate/v1/enrol", json!({"code": "00000-00000-00000-00000", "csr": request()?})),
        (Method::POST, "/gate/v1/renew", json!({"csr": request()?})),
        (Method::POST, "/gate/v1/hello", hello),
        (Method::POST, "/gate/v1/status", status),
        (Method::GET, "/gate/v1/snapshot", Value::Null),
        (Method::GET, "/gate/v1/changes?after=0", Value::Null),
        (Method::POST, "/gate/v1/events", json!({"gate_id": GATE, "epoch": 1, "events": []})),
        (Method::GET, "/api/v1/session", Value::Null),
    ])
}

/// What a client without a certificate that counts gets of them over TLS.
const CLOSED: [u16; 10] = [200, 200, 401, 401, 401, 401, 401, 401, 401, 404];

/// Statuses of all calls, as this client gets them at that base address.
async fn statuses_at(base: &str, client: &Client) -> Result<Vec<u16>> {
    let mut found = Vec::new();
    for (method, path, body) in calls()? {
        let mut asked = client.request(method, format!("{base}{path}"));
        if !body.is_null() {
            asked = asked.json(&body);
        }
        found.push(asked.send().await.context(path)?.status().as_u16());
    }
    Ok(found)
}

async fn statuses(yard: &Yard, client: &Client) -> Result<Vec<u16>> {
    statuses_at(&format!("https://{}", yard.centre.for_gates()), client).await
}

/// The certificate that the gate has now.
fn serial(yard: &Yard) -> Result<Value> {
    yard.gate()?.agent.identity()?.get("certificate").cloned().context("no certificate")
}

/// What an administrator sees of it.
async fn identities(yard: &Yard) -> Result<Value> {
    yard.rest().call(Method::GET, ADMIN, "/api/v1/admin/gate-identities", None).await
}

fn request() -> Result<String> {
    Ok(CertificateParams::default().serialize_request(&KeyPair::generate()?)?.pem()?)
}

/// fault C9, fault C2, fault E3, design promise 1: a gate enrols, works over TLS by an index that the centre has signed, survives a cut of its line, and everything agrees; an unauthenticated or foreign client reaches
/// health and enrolment only; a revocation ends the line within seconds and stops no lane, and a new code brings the gate back while it runs.
#[tokio::test]
async fn only_an_enrolled_gate_has_a_line() -> Result<()> {
    play(plan(3_888_000), async |yard| {
        let first = a_lorry_comes(yard).await?;
        yard.rest().reaches(&first, TripStatus::Closed, WITHIN).await?;
        yard.gate()?.line.set(Line::Cut);
        until_link(yard, false, "").await?;
        yard.gate()?.line.set(Line::Open);
        until_link(yard, true, "").await?;

        ensure!(statuses(yard, &client(yard, None)?).await? == CLOSED, "without a certificate");
        let shown = foreign()?;
        let foreign = client(yard, Some((&shown.0, &shown.1)))?;
        ensure!(statuses(yard, &foreign).await? == CLOSED, "with a certificate of another authority");
        let plain = Client::builder().timeout(Duration::from_secs(10)).build()?;
        let plain = plain.get(format!("http://{}/healthz", yard.centre.for_gates())).send().await;
        ensure!(plain.is_err(), "plain HTTP is not spoken there");
        let own = yard.gate()?.agent.identity()?;
        let text = |name: &str| own[name].as_str().unwrap_or_default().to_owned();
        let own = client(yard, Some((&text("certificate"), &text("key"))))?;
        let events = yard.rest().events(GATE).await?.len();
        let hello = own.get(format!("https://{}/gate/v1/snapshot", yard.centre.for_gates())).send().await?;
        ensure!(hello.status().is_success() && events > 0, "the gate's own certificate opens the line");
        is_signed(yard, &hello.text().await?)?;

        let epc = unused_epc();
        yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
        yard.fed(yard.gate()?).await?;
        let at = format!("/api/v1/admin/gates/{GATE}/revocation");
        yard.rest().call(Method::POST, ADMIN, &at, Some(&json!({"reason": "设备失窃"}))).await?;
        until_link(yard, false, "GATE_CERTIFICATE_REVOKED").await?;
        ensure!(statuses(yard, &own).await? == CLOSED, "with a revoked certificate");
        let gate = yard.gate()?;
        let end = gate.simulator.drive_to_its_end(&Drive::passes("IN1", &epc), WITHIN).await?;
        ensure!(end == "passed", "without a line the lorry {end}");
        let recorded = gate.agent.journal_from(1)?.len();
        let code = yard.rest().enrolment_code(&yard.plan.yard_id, GATE).await?;
        yard.gate()?.agent.enrol(&code).await?;
        until_link(yard, true, "").await?;
        ensure!(
            yard.delivered(yard.gate()?, WITHIN).await? >= recorded,
            "what was recorded meanwhile arrives"
        );
        ensure!(yard.gate()?.agent.enrol(&code).await.is_err(), "a code is good for once");
        yard.agrees().await.map(drop)
    })
    .await
}

/// fault C9: a certificate of half a minute is renewed while the gate works, again and again, and the line is there all the time; the authority is exchanged meanwhile:
/// the gate learns the new one, is certified by it, and the old one can go then, and not before.
#[tokio::test]
async fn certificates_and_authorities_are_exchanged_while_gates_work() -> Result<()> {
    play(plan(30), async |yard| {
        let first = serial(yard)?;
        let old = yard.centre.command(&["gates", "authorities"]).await?;
        let old = old.split_whitespace().next().context("no authority")?.to_owned();
        ensure!(
            yard.centre.command(&["gates", "retire-authority", &old]).await.is_err(),
            "the only one stays"
        );
        let both = yard.centre.command(&["gates", "new-authority"]).await?;
        ensure!(both.lines().count() == 2, "{both}");
        let second = wait::until("a renewed certificate", Duration::from_secs(180), async || {
            Ok(Some(serial(yard)?).filter(|now| *now != first))
        })
        .await?;
        let known = yard.gate()?.agent.identity()?["authorities"].as_array().map_or(0, Vec::len);
        ensure!(known == 2, "the gate knows {known} authorities");
        a_lorry_comes(yard).await?;
        // The last certificate of the old authority ends with its life of half a minute.
        wait::until_true("the old authority to go", Duration::from_secs(240), async || {
            Ok(yard.centre.command(&["gates", "retire-authority", &old]).await.is_ok())
        })
        .await?;
        let third = wait::until("another renewal", Duration::from_secs(180), async || {
            Ok(Some(serial(yard)?).filter(|now| *now != first && *now != second))
        })
        .await?;
        ensure!(third.is_string(), "no certificate");
        until_link(yard, true, "").await?;
        a_lorry_comes(yard).await?;
        yard.agrees().await.map(drop)
    })
    .await
}

/// fault C9: a gate that was away for longer than its certificate lived comes back, works without a line, asks, and has its line once an administrator has approved.
#[tokio::test]
async fn an_expired_gate_comes_back_with_approval() -> Result<()> {
    play(plan(30), async |yard| {
        let before = yard.gate()?.agent.identity()?;
        yard.gate_mut()?.agent.process.stop(Duration::from_secs(20)).await?;
        wait::until_true("the certificate to expire", WITHIN, async || {
            let listed = identities(yard).await?;
            Ok(listed["items"][0]["certificates"][0]["state"] == "expired")
        })
        .await?;
        yard.gate_mut()?.agent.start().await?;
        until_link(yard, false, "waits for an administrator").await?;
        let waits = identities(yard).await?["renewals"][0].clone();
        ensure!(waits["gate_id"] == GATE && waits["state"] == "waiting", "{waits}");
        let at = format!("/api/v1/admin/gates/{GATE}/renewal/approve");
        yard.rest().call(Method::POST, ADMIN, &at, Some(&json!({"key_hash": waits["key_hash"]}))).await?;
        wait::until_true("the line", Duration::from_secs(240), async || {
            Ok(link(yard).await?.0 && yard.gate()?.agent.identity()? != before)
        })
        .await?;
        yard.agrees().await.map(drop)
    })
    .await
}

/// fault A6, fault E4, invariant I5: what the centre has of a journal it has signed for, beside the journal. One whose end was cut while the agent was away does not verify, and the agent
/// that starts with it says so at its first contact, tells the centre nothing, and lets lorries pass.
#[tokio::test]
async fn a_cut_journal_shows_by_the_centres_receipt() -> Result<()> {
    play(plan(3_888_000), async |yard| {
        a_lorry_comes(yard).await?;
        yard.delivered(yard.gate()?, WITHIN).await?;
        yard.gate_mut()?.agent.process.stop(Duration::from_secs(20)).await?;
        let data = yard.gate()?.agent.data_dir().to_owned();
        let sound = journal::verify(&data)?;
        ensure!(sound.contains("verified\nok\n"), "{sound}");
        let told = yard.rest().events(GATE).await?.len();
        let db = rusqlite::Connection::open(data.join("journal.db"))?;
        db.execute("DELETE FROM event WHERE seq > 3", [])?;
        drop(db);
        let found = journal::verify(&data).err().context("a cut journal is sound")?.to_string();
        ensure!(found.contains("DAMAGED 4 to ") && found.contains("the centre signed for it"), "{found}");
        yard.gate_mut()?.agent.start().await?;
        until_link(yard, true, "the centre has signed for").await?;
        a_lorry_comes(yard).await?;
        ensure!(yard.rest().events(GATE).await?.len() == told, "the centre was told another past");
        Ok(())
    })
    .await
}
