//! The program itself: an authority, a card and the card service, each by its command.
//! Promises: no PIN on any line of output.
#![expect(
    clippy::unwrap_used,
    reason = "a program that does not start, or speaks no HTTP, must fail the test"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

const PORTAL: &str = "https://portal.example.cn";

fn order(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_firmware-sim"))
        .arg("card-service")
        .args(arguments)
        .arg("--folder")
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn ask(at: &str, method: &str, path: &str, body: &Value) -> Value {
    let mut stream = TcpStream::connect(at).unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {at}\r\norigin: {PORTAL}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap_or_default()
}

/// PO-095: a software card with the interface of the real ones, made and served by the program.
#[test]
fn the_program_makes_cards_and_serves_them() {
    let folder = tempfile::tempdir().unwrap();
    let made = order(folder.path(), &["new-authority"], "");
    assert!(made.status.success() && told(&made).contains("authorities = ["), "{}", told(&made));
    assert!(!order(folder.path(), &["new-authority"], "").status.success());
    let card = ["new-card", "--card-no", "8950000004821", "--name", "王强", "--uscc", "91150781MA0N5XWB9P"];
    for (arguments, pin, good) in [
        (&card[..], "482017\n", true),
        (&card[..], "482017\n", false),
        (&["new-card", "--card-no", "8950000004822", "--name", "x"], "12345\n", false),
        (&["new-card", "--card-no", "895000000482", "--name", "x"], "482017\n", false),
        (
            &["new-card", "--card-no", "8950000004823", "--name", "x", "--uscc", "91150781MA0N5XWB9A"],
            "482017\n",
            false,
        ),
    ] {
        let made = order(folder.path(), arguments, pin);
        assert_eq!(made.status.success(), good, "{arguments:?}: {}", told(&made));
        assert!(!told(&made).contains(pin.trim()), "{}", told(&made));
    }
    let mut service = Command::new(env!("CARGO_BIN_EXE_firmware-sim"))
        .args([
            "card-service",
            "run",
            "--portal",
            PORTAL,
            "--listen",
            "127.0.0.1:0",
            "--insert",
            "8950000004821",
        ])
        .arg("--folder")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let at = line.trim().strip_prefix("firmware-sim card-service listening on http://").unwrap();
    let readers = ask(at, "GET", "/card/v1/readers", &Value::Null);
    let opened = ask(at, "POST", "/card/v1/readers/R1/pin", &json!({"pin": "482017"}));
    let signed = ask(at, "POST", "/card/v1/readers/R1/sign", &json!({"text": "申报"}));
    service.kill().unwrap();
    service.wait().unwrap();
    assert_eq!(readers["items"][0]["card"], true);
    assert_eq!(opened, json!({"tries_left": 5}));
    assert_eq!(signed["alg"], "SM2-SM3");
}
