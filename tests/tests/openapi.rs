//! The served OpenAPI document, tried out operation by operation with good and bad data by a program that is not ours.
//! Promises: no answer of any operation is a 5xx, or has a status, a content type or a shape that the document does not tell. A machine
//! without schemathesis fails and says how to get it. Its settings, and the files that it sends, are in `schemathesis/`.
//! `KAKOU_EXAMPLES=200 cargo test -p kakou-tests --test openapi` tries as long as the acceptance asks for.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    YardPlan,
    config::{ADMIN, DECLARANT, OFFICER},
    parameter, play,
};
use tokio::process::Command;

const EXAMPLES: u64 = 2;
const AT_MOST: Duration = Duration::from_secs(3 * 3600);

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
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
    play(YardPlan::default(), async |yard| {
        for (who, token) in [("declarant", DECLARANT), ("officer", OFFICER), ("administrator", ADMIN)] {
            let output = Command::new(&program)
                .current_dir(workspace().join("tests/schemathesis"))
                .args([
                    "run",
                    "--no-color",
                    "--checks",
                    "all",
                    "--workers",
                    "1",
                    "--seed",
                    "1",
                    "--no-shrink",
                ])
                .args(["--max-examples", &examples.to_string()])
                .args(["--header", &format!("Authorization: Bearer {token}")])
                .arg(format!("{}/api/openapi.json", yard.rest().base()))
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output();
            let output =
                tokio::time::timeout(AT_MOST, output).await.context("schemathesis took too long")??;
            let said = String::from_utf8_lossy(&output.stdout);
            ensure!(
                output.status.success(),
                "as {who}:\n{said}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    })
    .await
}
