//! Callers of another address than loopback, at the real centre, in a network of the test's own: what they get over plain HTTP, which is health,
//! and over TLS without a certificate, which is health and enrolment.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    YardPlan,
    namespace::{self, Own},
    play,
};
use reqwest::{Client, ClientBuilder};
use serde_json::{Value, json};

use super::{CLOSED, calls, foreign, plan, request, statuses_at, tls};

/// The centre's address in a network in which nobody else is: no loopback, whatever carries it.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
const NETWORK: &str = "ip link set lo up && ip address add 10.77.0.1/32 dev lo";
const PORT: u16 = 18_080;
/// A gate that the yard does not run.
const NEW_GATE: &str = "0708-G09";

/// A client that calls from this address, and finds the name of the centre's certificate at that other one.
fn from(address: Ipv4Addr, gates_at: SocketAddr) -> ClientBuilder {
    let gates_at = SocketAddr::from((ADDRESS, gates_at.port()));
    Client::builder().local_address(IpAddr::V4(address)).resolve("localhost", gates_at).timeout(super::WITHIN)
}

/// How every call of a gate is answered over plain HTTP, with its right token: a code where there is one.
async fn plain(client: &Client, to: Ipv4Addr, header: Option<(&str, &str)>) -> Result<Vec<String>> {
    let token = YardPlan::default().gates.first().context("a yard without gates")?.token.clone();
    let mut found = Vec::new();
    for (method, path, body) in calls()? {
        if path.starts_with("/api/") {
            continue;
        }
        let mut asked = client.request(method, format!("http://{to}:{PORT}{path}")).bearer_auth(&token);
        if let Some((name, value)) = header {
            asked = asked.header(name, value);
        }
        if !body.is_null() {
            asked = asked.json(&body);
        }
        let answer = asked.send().await.context(path)?;
        let status = answer.status().as_u16();
        let said: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
        let code = said.get("code").and_then(Value::as_str).unwrap_or_default();
        found.push(format!("{status} {code}").trim().to_owned());
    }
    Ok(found)
}

/// fault C9: a right token and even a right code open nothing over plain HTTP from another address, and no header makes that address another; over TLS the same
/// caller reaches health and enrolment only, and gets his certificate by that code, which the refusal has not used up.
#[tokio::test]
async fn a_caller_from_elsewhere_needs_tls_and_a_certificate() -> Result<()> {
    if namespace::inside().is_none() {
        let test = "elsewhere::a_caller_from_elsewhere_needs_tls_and_a_certificate";
        return namespace::again(test, Own::Network, NETWORK).map(drop);
    }
    let plan = YardPlan { centre_listen: format!("0.0.0.0:{PORT}"), ..plan(3_888_000) };
    play(plan, async |yard| {
        let gates_at = yard.centre.for_gates();
        ensure!(
            yard.centre.address().port() == PORT && gates_at.ip().is_unspecified(),
            "it listens elsewhere"
        );
        let near = from(Ipv4Addr::LOCALHOST, gates_at).build()?;
        let far = from(ADDRESS, gates_at).build()?;
        let refused = [vec!["200"; 2], vec!["403 GATE_PLAIN_HTTP"; 7]].concat();
        ensure!(plain(&far, ADDRESS, None).await? == refused, "{:?}", plain(&far, ADDRESS, None).await?);
        for header in
            [("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1"), ("x-real-ip", "127.0.0.1")]
        {
            ensure!(plain(&far, ADDRESS, Some(header)).await? == refused, "with {header:?}");
        }
        // The same address, called from this machine's own: it is who calls that counts, and not where.
        for to in [Ipv4Addr::LOCALHOST, ADDRESS] {
            let url = format!("http://{to}:{PORT}/gate/v1/snapshot");
            let token = yard.gate()?.plan.token.clone();
            let answer = near.get(url).bearer_auth(token).send().await?;
            ensure!(answer.status().is_success(), "loopback gets {} at {to}", answer.status());
        }

        let base = format!("https://localhost:{}", gates_at.port());
        let nameless = from(ADDRESS, gates_at).tls_backend_preconfigured(tls(yard, None)?).build()?;
        ensure!(statuses_at(&base, &nameless).await? == CLOSED, "without a certificate");
        let (certificate, key) = foreign()?;
        let foreign = tls(yard, Some((&certificate, &key)))?;
        let foreign = from(ADDRESS, gates_at).tls_backend_preconfigured(foreign).build()?;
        ensure!(statuses_at(&base, &foreign).await? == CLOSED, "with a certificate of another authority");

        let code = yard.rest().enrolment_code(&yard.plan.yard_id, NEW_GATE).await?;
        // Behind the dot is what the gate knows the centre by.
        let code = code.split('.').next().unwrap_or_default();
        let body = json!({"code": code, "csr": request()?});
        let told = far.post(format!("http://{ADDRESS}:{PORT}/gate/v1/enrol")).json(&body).send().await?;
        ensure!(told.status() == 403, "a right code over plain HTTP: {}", told.status());
        let told = nameless.post(format!("{base}/gate/v1/enrol")).json(&body).send().await?;
        let told: Value = told.error_for_status()?.json().await?;
        ensure!(told.get("gate_id") == Some(&json!(NEW_GATE)), "{told}");
        yard.agrees().await.map(drop)
    })
    .await
}
