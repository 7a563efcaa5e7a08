//! A yard in which every secret of its configuration is in use, and what its programs say meanwhile: their logs at length, what probes, figures and states
//! answer, what commands print, the journal's export. None of the secrets stands there.
//! Absent on purpose: what is told on purpose and once, to whom it is for: an enrolment code to its administrator, release codes to their supervisor, codes to a mobile.
//! Needs the server of `scripts/with-postgres`, for the password of a database.

#[cfg(test)]
#[path = "secrets/scan.rs"]
mod scan;

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    GatePlan, LanePlan, Yard, YardPlan,
    accounts::{ACCOUNTS, Account, Doors},
    card_reader::CardReader,
    cards::PIN,
    config::{ADMIN, DECLARANT, OFFICER, OPERATOR},
    plan::{CAMERA_PASSWORD, Device, PERSONS},
    play, ports, postgres,
    programs::Program,
    record::{Closing, NewRecord, unused_epc},
    simulator::Drive,
};
use protocols::rules::LaneDirection;
use reqwest::{Client, Method};
use scan::{Place, Secret, found, keys_below, logs_below};
use serde_json::json;

const WITHIN: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(30);
const GATE: &str = "0708-G02";
/// Of what a centre may have besides; nobody listens where they would be shown, so that every try fails and is told of.
const DATABASE: &str = "Word-of-the-database-61";
const MAIL: &str = "Word-of-the-mail-server-62";
const REFERENCE: &str = "Word-of-the-register-63";
const WEBHOOK: &str = "Word-of-the-webhook-64";
const PROVIDER: &str = "Word-of-the-provider-65";
/// What somebody types who is one sign off: nearly as good as the right one.
const MISTYPED_PIN: &str = "482071";
const MISTYPED_TOKEN: &str = "admin-tokem-of-nobody";

fn plan() -> Result<YardPlan> {
    let lane = LanePlan { devices: vec![Device::Camera], ..LanePlan::new("IN1", LaneDirection::In) };
    let gate = GatePlan { lanes: vec![lane], log_level: "debug".to_owned(), ..GatePlan::new(GATE) };
    Ok(YardPlan {
        gates: vec![gate],
        certificate_lifetime_s: Some(3_888_000),
        store_url: postgres::fresh()?.replacen("kakou@", &format!("kakou:{DATABASE}@"), 1),
        card_service: ports::free(0)?,
        ..YardPlan::default()
    })
}

/// The centre once more, with everything that its file can have besides.
async fn with_everything(yard: &mut Yard) -> Result<()> {
    let folder = yard.folder().join("centre");
    yard.centre
        .command(&["new-platform-key", "--name", "a test yard", "--folder", &folder.display().to_string()])
        .await?;
    let nobody = ports::free(0)?;
    let more = format!(
        "\n[log]\nfilter = \"debug\"\n\n[notice]\nsmtp_url = \"smtp://post:{MAIL}@{nobody}\"\nmail_from = \"post@example.cn\"\n\n\
         [[webhook]]\nname = \"erp\"\nurl = \"http://{nobody}/kakou\"\nsecret = \"{WEBHOOK}\"\n\n\
         [[identity_provider]]\nid = \"wechat\"\nname = \"微信\"\nname_en = \"WeChat\"\nissuer = \"http://{nobody}\"\nclient_id = \"kakou\"\nclient_secret = \"{PROVIDER}\"\n"
    );
    let file = folder.join("central.toml");
    fs::write(&file, fs::read_to_string(&file)? + &more)?;
    let variables = [
        ("KAKOU_REFERENCE__TOKEN", REFERENCE.to_owned()),
        ("KAKOU_CARDS__PLATFORM_KEY", folder.join("platform.key").display().to_string()),
        ("KAKOU_CARDS__PLATFORM_CERTIFICATE", folder.join("platform.pem").display().to_string()),
    ];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value));
    yard.centre.process.launch.env.extend(variables);
    yard.centre.process.stop(SOON).await?;
    yard.centre.start_again().await
}

/// Accounts of this yard: passwords by a code to a mobile, and a card by its PIN at the card service.
async fn accounts(yard: &Yard) -> Result<(CardReader, Vec<&'static Account>)> {
    let reader = CardReader::start(yard.centre.cards(), &yard.centre.url(), yard.plan.card_service).await?;
    let doors = Doors::of(&yard.centre, &reader.url())?;
    // Whoever has both would have to solve a captcha, which is found in SQLite only.
    let made = ACCOUNTS.iter().filter(|account| account.password.is_none() || account.card_no.is_none());
    let made: Vec<&Account> = made.collect();
    for account in &made {
        doors.make(account, &yard.plan.yard_id, &yard.plan.customs_code).await?;
    }
    Ok((reader, made))
}

/// Everybody uses what is his, and somebody what is nearly his. What came of it that is secret too.
async fn in_use(yard: &Yard) -> Result<Vec<Secret>> {
    let epc = unused_epc();
    yard.rest().declare_and_approve(&NewRecord::of(&epc, Closing::Entry)).await?;
    let gate = yard.gate()?;
    yard.fed(gate).await?;
    let end = gate.simulator.drive_to_its_end(&Drive::passes("IN1", &epc), WITHIN).await?;
    ensure!(end == "passed", "the lorry {end}");

    let [officer, supervisor, operator] = PERSONS;
    let act = |person: &str, pin: &str, what: &str| json!({"person": person, "pin": pin, "do": what, "reason": "somebody tries"});
    ensure!(
        gate.agent.act("IN1", &act(officer.id, MISTYPED_PIN, "close_lane")).await.is_err(),
        "a wrong PIN"
    );
    for (person, what) in [(officer, "close_lane"), (supervisor, "open_lane")] {
        gate.agent.act("IN1", &act(person.id, person.pin, what)).await?;
    }
    // Whether he may is the yard's matter; that it is he, he has proved.
    let _ = gate.agent.act("IN1", &act(operator.id, operator.pin, "close_lane")).await;
    let issue = ["release-codes", "issue", "--person", supervisor.id, "--count", "2"];
    let codes = gate.agent.command(&issue, supervisor.pin)?;
    ensure!(gate.agent.command(&issue, MISTYPED_PIN).is_err(), "issued by a wrong PIN");

    ensure!(
        yard.rest().call(Method::GET, MISTYPED_TOKEN, "/api/v1/gates", None).await.is_err(),
        "a wrong token"
    );
    let people = [(DECLARANT, "/api/v1/session"), (OPERATOR, "/api/v1/session"), (ADMIN, "/api/v1/gates")];
    for (token, path) in people {
        yard.rest().call(Method::GET, token, path, None).await?;
    }
    // Nobody is there whom the centre could ask.
    let begin = "/api/v1/sessions/third-party/wechat";
    let _ = yard.rest().call(Method::POST, "", begin, Some(&json!({}))).await;
    let enrolment = yard.rest().enrolment_code(&yard.plan.yard_id, GATE).await?;
    gate.agent.enrol(&enrolment).await?;
    ensure!(gate.agent.enrol(&enrolment).await.is_err(), "a code is good for once");

    let enrolment = enrolment.split('.').next().unwrap_or_default().to_owned();
    let codes = codes.lines().map(|code| Secret::new("a release code", code));
    Ok(codes.chain([Secret::new("the enrolment code", &enrolment)]).collect())
}

/// All that the yard's files and people keep to themselves.
fn secrets(yard: &Yard, accounts: &[&Account]) -> Result<Vec<Secret>> {
    let gate_token = &yard.gate()?.plan.token;
    let mut secrets: Vec<Secret> = [
        ("the declarant's token", DECLARANT),
        ("the officer's token", OFFICER),
        ("the administrator's token", ADMIN),
        ("the operator's token", OPERATOR),
        ("the gate's token", gate_token),
        ("a mistyped token", MISTYPED_TOKEN),
        ("a mistyped PIN", MISTYPED_PIN),
        ("the cards' PIN", PIN),
        ("the camera's password at the broker", CAMERA_PASSWORD),
        ("the database's password", DATABASE),
        ("the mail server's password", MAIL),
        ("the register's token", REFERENCE),
        ("the webhook's secret", WEBHOOK),
        ("the provider's secret", PROVIDER),
    ]
    .map(|(name, text)| Secret::new(name, text))
    .into();
    for person in &PERSONS {
        secrets.push(Secret::new(&format!("the PIN of {}", person.id), person.pin));
        secrets.push(Secret::new(&format!("the PIN's hash of {}", person.id), person.pin_hash));
    }
    let passwords = accounts.iter().filter_map(|account| Some((account.username, account.password?)));
    secrets.extend(passwords.map(|(name, word)| Secret::new(&format!("the password of {name}"), word)));
    let keys = keys_below(yard.folder())?;
    // The gate's, its authority's, the platform's, the cards' and their authority's.
    ensure!(keys.len() > 10, "only {} lines of keys lie here", keys.len());
    secrets.extend(keys);
    Ok(secrets)
}

/// All that was said, each with a word that must stand there, so that nothing empty is looked through.
async fn places(yard: &Yard) -> Result<Vec<Place>> {
    let gate = yard.gate()?;
    let mut places = logs_below(yard.folder())?;
    for (log, word) in [
        ("central.log", "central listening on"),
        ("gate-agent.log", GATE),
        ("firmware-sim.log", "firmware-sim ready"),
        ("card-service.log", "listening"),
    ] {
        let there = places.iter().any(|place| place.name.ends_with(log) && place.text.contains(word));
        ensure!(there, "{log} is not there or says nothing");
    }
    let http = Client::builder().timeout(SOON).build()?;
    let (centre, agent) = (yard.centre.url(), gate.agent.url());
    for (base, path, word) in [
        (&centre, "/healthz", "ok"),
        (&centre, "/readyz", "ready"),
        (&centre, "/metrics", "kakou"),
        (&agent, "/healthz", "ok"),
        (&agent, "/readyz", "ready"),
        (&agent, "/metrics", "kakou_gate"),
        (&agent, "/status", GATE),
        (&agent, "/api/state", GATE),
        (&agent, "/api/passages", "IN1"),
    ] {
        let text = http.get(format!("{base}{path}")).send().await?.text().await?;
        ensure!(text.contains(word), "{base}{path} says {text}");
        places.push(Place::new(format!("{base}{path}"), text));
    }
    for path in ["/api/v1/gates", "/api/v1/admin/gate-identities", "/api/v1/alerts?limit=1000"] {
        let text = yard
            .rest()
            .call(Method::GET, if path.contains("alerts") { OFFICER } else { ADMIN }, path, None)
            .await?;
        places.push(Place::new(path, text.to_string()));
    }
    let journal = gate.agent.data_dir().join("journal.db").display().to_string();
    for words in [
        &["journal", "export", &journal][..],
        &["journal", "verify", &journal],
        &["status", "--json"],
        &["check-config"],
        &["support-bundle"],
    ] {
        let said = gate.agent.command(words, "")?;
        ensure!(!said.is_empty(), "{words:?} says nothing");
        places.push(Place::new(format!("gate-agent {}", words.join(" ")), said));
    }
    Ok(places)
}

/// What each program says of its own file when that is broken in the middle of a secret.
fn of_broken_files(yard: &Yard) -> Result<Vec<Place>> {
    let files = [
        (Program::Central, yard.folder().join("centre/central.toml"), vec![DATABASE, ADMIN, MAIL, WEBHOOK]),
        (
            Program::GateAgent,
            yard.folder().join(GATE).join("gate-agent.toml"),
            vec![CAMERA_PASSWORD, PERSONS[0].pin_hash],
        ),
    ];
    let mut places = Vec::new();
    for (program, file, words) in files {
        let text = fs::read_to_string(&file)?;
        for word in words {
            ensure!(text.contains(word), "{} has no such secret", file.display());
            // Without the quote behind it; and as a text with a list in its place.
            let end = text.find(word).map(|at| at + word.len()).context("it has just been there")?;
            let quote =
                text.get(end..).and_then(|rest| rest.find('"')).context("a secret without an end")? + end;
            let mut torn = text.clone();
            torn.replace_range(quote..=quote, "");
            let listed = text.replacen(&format!("\"{word}\""), &format!("[\"{word}\"]"), 1);
            for broken in [torn, listed] {
                let at = yard.folder().join("broken.toml");
                fs::write(&at, broken)?;
                let output = std::process::Command::new(program.path()?)
                    .args(["check-config", "--config"])
                    .arg(&at)
                    .output()?;
                let said = [output.stdout, output.stderr].concat();
                places.push(Place::new(
                    format!("{program:?} of a broken file"),
                    String::from_utf8_lossy(&said),
                ));
            }
        }
    }
    Ok(places)
}

/// fault E9: tokens, PINs, passwords, codes and keys are used, rightly and wrongly, while programs log at length; none is told anywhere, and the same look finds one that is planted.
#[tokio::test]
async fn no_secret_of_a_working_yard_is_told_anywhere() -> Result<()> {
    play(plan()?, async |yard| {
        with_everything(yard).await?;
        let (_reader, accounts) = accounts(yard).await?;
        let made = in_use(yard).await?;
        let mut secrets = secrets(yard, &accounts)?;
        secrets.extend(made);
        yard.agrees().await?;
        let mut places = places(yard).await?;
        places.extend(of_broken_files(yard)?);
        let told = found(&places, &secrets);
        ensure!(told.is_empty(), "{} finds:\n{}", told.len(), told.join("\n"));
        let bytes: usize = places.iter().map(|place| place.text.len()).sum();
        println!(
            "{}",
            json!({"test": "secrets", "secrets": secrets.len(), "places": places.len(), "bytes": bytes})
        );

        // One line in one log, with each of them in turn.
        let log = places.iter_mut().find(|place| place.name.ends_with("gate-agent.log")).context("no log")?;
        let (name, text) = (log.name.clone(), log.text.clone());
        for secret in &secrets {
            for form in secret.forms() {
                let planted = Place::new(&*name, format!("{}\n{form}\n", text.get(..2000).unwrap_or(&text)));
                ensure!(
                    found(&[planted], std::slice::from_ref(secret)).len() == 1,
                    "a planted secret is not found"
                );
            }
        }
        Ok(())
    })
    .await
}
