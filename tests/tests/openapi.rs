//! The served OpenAPI document, tried out operation by operation with good and bad data by a program that is not ours.
//! Promises: no answer of any operation is a 5xx, or has a status, a content type or a shape that the document does not tell. A machine
//! without schemathesis fails and says how to get it. Its settings, and the files that it sends, are in `schemathesis/`.
//! Everybody tries every operation a little. `KAKOU_EXAMPLES=200 cargo test -p kakou-tests --test openapi` goes on with each operation at
//! length, as those whom it is for: anybody else is refused before what he sends is looked at.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    thread::available_parallelism,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, stream};
use kakou_tests::{
    YardPlan, clock,
    config::{ADMIN, DECLARANT, ENTERPRISE, OFFICER},
    parameter, play,
};
use reqwest::Method;
use serde_json::json;
use tokio::process::Command;

const EXAMPLES: u64 = 2;
const AT_MOST: Duration = Duration::from_secs(3 * 3600);
/// Paths that one run of the program tries: a run keeps all that it has seen in memory, and several runs share the machine.
const PATHS: usize = 8;

/// Who asks, by which token, and the beginnings of the paths that are for nobody before him in the list. No secrets: the yard lives for
/// an hour at most, on this machine alone.
struct Caller {
    name: &'static str,
    token: &'static str,
    paths: &'static [&'static str],
}

/// As `central/src/router/tests/access/who.txt` has it; what is for none of these is the declarant's.
const CALLERS: [Caller; 6] = [
    Caller { name: "gate", token: "gate-token-0708-G02", paths: &["/gate/"] },
    Caller {
        name: "gateway",
        token: "token-of-the-gateway",
        paths: &["/api/v1/gateway/", "/api/v1/desk/receipts", "/api/v1/desk/appointments/receipts"],
    },
    Caller {
        name: "headquarters",
        token: "token-of-headquarters",
        paths: &["/api/v1/admin/attendance-scopes"],
    },
    Caller {
        name: "officer",
        token: OFFICER,
        paths: &[
            "/api/v1/desk/",
            "/api/v1/alerts",
            "/api/v1/gates",
            "/api/v1/passages",
            "/api/v1/admin/ports",
            "/api/v1/session/card-removed",
        ],
    },
    Caller {
        name: "administrator",
        token: ADMIN,
        paths: &["/api/v1/admin/", "/api/v1/cards/revocation", "/api/v1/cards/{card_no}/report-lost"],
    },
    Caller {
        name: "administrator of the enterprise",
        token: "token-of-the-enterprise",
        paths: &["/api/v1/cards", "/api/v1/enterprise/"],
    },
];
const REST: Caller = Caller { name: "declarant", token: DECLARANT, paths: &[""] };

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Lets the program try these paths, or all; what it said in the end.
#[expect(clippy::print_stdout, reason = "who is through is for people who look at a long run")]
async fn try_as(who: &str, token: &str, examples: u64, paths: &[String], base: &str) -> Result<()> {
    let begun = clock::now();
    let paths = paths.iter().flat_map(|path| ["--include-path", path]);
    let output = Command::new(workspace().join("target/tools/schemathesis/bin/st"))
        .current_dir(workspace().join("tests/schemathesis"))
        .args(["run", "--no-color", "--checks", "all", "--workers", "1", "--seed", "1", "--no-shrink"])
        .args(["--max-examples", &examples.to_string()])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(paths.clone())
        .arg(format!("{base}/api/openapi.json"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(AT_MOST, output).await.context("schemathesis took too long")??;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "as {who}:\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let told: Vec<&str> = said.lines().map(str::trim).filter(|line| line.contains("generated")).collect();
    println!("as {who}, {examples} examples, {} s: {}", begun.elapsed().as_secs(), told.join("; "));
    Ok(())
}

/// The document's paths by whom they are for.
fn by_caller(document: &serde_json::Value) -> Result<BTreeMap<usize, Vec<String>>> {
    let paths = document.get("paths").and_then(serde_json::Value::as_object).context("no paths")?;
    let mut all = BTreeMap::<usize, Vec<String>>::new();
    for path in paths.keys() {
        let is_theirs = |caller: &Caller| caller.paths.iter().any(|beginning| path.starts_with(beginning));
        let whose = CALLERS.iter().position(is_theirs).unwrap_or(CALLERS.len());
        all.entry(whose).or_default().push(path.clone());
    }
    ensure!(all.len() == CALLERS.len() + 1, "of {} callers some have no path any more", CALLERS.len() + 1);
    Ok(all)
}

/// Design promise: bad input gets a clear error, and nothing breaks on any input; PO-330, PO-331.
#[tokio::test]
async fn every_operation_answers_as_its_document_says() -> Result<()> {
    let program = workspace().join("target/tools/schemathesis/bin/st");
    ensure!(
        program.exists(),
        "schemathesis is not installed: {} is missing; install it with: scripts/setup test",
        program.display()
    );
    let examples = parameter::number("KAKOU_EXAMPLES", EXAMPLES)?;
    let person = |token: &str, role: &str| json!({"token": token, "name": role, "role": role});
    let mut of_the_enterprise = person("token-of-the-enterprise", "enterprise_admin");
    if let Some(person) = of_the_enterprise.as_object_mut() {
        person.insert("uscc".to_owned(), json!(ENTERPRISE.1));
    }
    let more_people = vec![
        person("token-of-the-gateway", "gateway"),
        person("token-of-headquarters", "customs_hq_officer"),
        of_the_enterprise,
    ];
    play(YardPlan { more_people, ..YardPlan::default() }, async |yard| {
        let base = yard.rest().base();
        for (who, token) in [("declarant", DECLARANT), ("officer", OFFICER), ("administrator", ADMIN)] {
            try_as(who, token, examples.min(EXAMPLES), &[], base).await?;
        }
        if examples <= EXAMPLES {
            return Ok(());
        }
        let document = yard.rest().call(Method::GET, DECLARANT, "/api/openapi.json", None).await?;
        let mut runs = Vec::new();
        for (whose, paths) in by_caller(&document)? {
            let caller = CALLERS.get(whose).unwrap_or(&REST);
            runs.extend(paths.chunks(PATHS).map(|some| (caller, some.to_vec())));
        }
        let at_once = available_parallelism()?.get();
        let runs =
            runs.iter().map(|(caller, paths)| try_as(caller.name, caller.token, examples, paths, base));
        let ends: Vec<Result<()>> = stream::iter(runs).buffer_unordered(at_once).collect().await;
        let faults: Vec<String> =
            ends.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
        ensure!(faults.is_empty(), "{}", faults.join("\n\n"));
        Ok(())
    })
    .await
}
