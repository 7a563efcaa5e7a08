//! The program runs, and its JSON has the names that others look for. No figure is judged.
#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its case fails")]

use std::{path::Path, process::Command};

use serde_json::Value;

fn bench(arguments: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("bench.json");
    let page = folder.path().join("page.md");
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--quick", "--bindings", "2000"])
        .args(arguments)
        .arg("--json")
        .arg(&json)
        .arg("--page")
        .arg(&page)
        .arg("--data")
        .arg(folder.path().join("data"))
        // The tests' server keeps nothing, and no figure is judged.
        .env("KAKOU_BENCH_MAY_FORGET", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(std::fs::read_to_string(page).unwrap().contains("What is inside each figure"));
    (serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap(), table)
}

#[test]
fn what_needs_no_agent_is_measured_and_named() {
    let (json, table) = bench(&["--only", "codec", "--only", "seal", "--only", "index"]);
    let names = [
        "chain_seal",
        "codec_barcode",
        "codec_display-bx",
        "codec_eseal",
        "codec_modbus-rtu",
        "codec_modbus-tcp",
        "codec_mqtt-kakou",
        "codec_pn532",
        "codec_uhf-chafon-18",
        "codec_uhf-chafon-288",
        "codec_weighbridge-a9",
        "codec_weighbridge-mt",
        "index_load",
        "lookup_p50",
        "lookup_p99",
    ];
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), names);
    for name in names {
        let row = &json[name];
        let [value, floor, ratio] = ["value", "floor", "ratio"].map(|member| row[member].as_f64().unwrap());
        assert!(value > 0.0 && floor > 0.0 && (ratio - value / floor).abs() < 1e-9, "{name}: {row}");
        assert!(row["unit"].is_string() && table.contains(name));
    }
}

/// Ten thousand records of each manual. On the PostgreSQL server of `scripts/test`; alone by `scripts/with-postgres cargo test -p kakou-bench`.
#[test]
fn lists_of_the_centre_are_measured_on_both_databases() {
    // The centre that was built with all programs; the bench would build one.
    let centre = Path::new(env!("CARGO_BIN_EXE_bench")).with_file_name("central");
    assert!(centre.exists(), "{} is missing: cargo build --workspace --bins", centre.display());
    let centre = centre.to_str().unwrap();
    let (json, _) = bench(&["--only", "query", "--records", "10000", "--requests", "10", "--centre", centre]);
    for database in ["sqlite", "postgres"] {
        for kind in [
            "binding_own",
            "binding_office",
            "binding_offices",
            "binding_desk",
            "binding_number",
            "binding_plate",
            "appointment_own",
            "appointment_office",
            "appointment_offices",
            "appointment_number",
            "attendance_own",
            "attendance_office",
            "attendance_name",
        ] {
            for percentile in ["p50", "p95", "p99"] {
                measured(&json, &format!("query_{database}_{kind}_{percentile}"));
            }
        }
        for manual in ["binding", "appointment", "attendance"] {
            for figure in ["load", "indexes", "insert"] {
                measured(&json, &format!("query_{database}_{manual}_{figure}"));
            }
        }
        measured(&json, &format!("query_{database}_cold"));
    }
    assert!(json["query_full_scans"]["value"].as_f64().is_some());
    assert_eq!(json.as_object().unwrap().len(), 2 * (13 * 3 + 3 * 3 + 1) + 1);
}

/// Two hundred trips of each of two gates, and of one that drains its journal, in three batches: whatever does not arrive ends the run.
#[test]
fn the_intake_of_the_centre_is_measured_on_both_databases() {
    let centre = Path::new(env!("CARGO_BIN_EXE_bench")).with_file_name("central");
    // Built with all programs; the bench would build a release of it.
    let agent = centre.with_file_name("gate-agent");
    assert!(agent.exists(), "{} is missing: cargo build --workspace --bins", agent.display());
    let programs = ["--centre", centre.to_str().unwrap(), "--agent", agent.to_str().unwrap()];
    let (json, _) = bench(&[&["--only", "ingest", "--trips", "200"], &programs[..]].concat());
    for name in ["ingest_sqlite", "ingest_postgres", "drain_sqlite", "drain_postgres"] {
        measured(&json, name);
    }
    assert_eq!(json.as_object().unwrap().len(), 4);
}

/// Forty gates in two yards, and all in one: whoever does not see a change, or sees it twice, ends the run.
#[test]
fn the_way_from_a_change_to_the_gates_is_measured() {
    let centre = Path::new(env!("CARGO_BIN_EXE_bench")).with_file_name("central");
    let centre = centre.to_str().unwrap();
    let (json, _) = bench(&["--only", "feed", "--gates", "40", "--changes", "4", "--centre", centre]);
    for variant in ["spread", "one_yard"] {
        for figure in ["p50", "p99", "answer_p99"] {
            measured(&json, &format!("feed_{variant}_{figure}"));
        }
    }
    assert_eq!(json.as_object().unwrap().len(), 6);
}

/// Twenty gates, a hundred events each: what does not arrive ends the run.
#[test]
fn gates_that_come_back_at_once_are_measured_on_both_databases() {
    let centre = Path::new(env!("CARGO_BIN_EXE_bench")).with_file_name("central");
    let (json, _) = bench(&["--only", "crowd", "--crowd", "20", "--centre", centre.to_str().unwrap()]);
    for database in ["sqlite", "postgres"] {
        for figure in ["batch_p50", "batch_p99", "took", "rss", "rss_after"] {
            measured(&json, &format!("crowd_{database}_{figure}"));
        }
        assert!(json[format!("crowd_{database}_hello_p99")]["value"].as_f64().unwrap() > 0.0);
        for figure in ["busy", "broken"] {
            assert!(json[format!("crowd_{database}_{figure}")]["value"].as_f64().is_some(), "{figure}");
        }
    }
    assert_eq!(json.as_object().unwrap().len(), 2 * 8);
}

fn measured(json: &Value, name: &str) {
    let figure = |member| json.get(name).and_then(|row| row.get(member)).and_then(Value::as_f64);
    let [value, floor] = ["value", "floor"].map(|member| figure(member).unwrap_or_default());
    assert!(value > 0.0 && floor > 0.0, "{name}: {value} {floor}");
}

#[test]
fn an_unknown_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--only", "nothing", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing is called"));
}
