//! Files that bring their reader down: read by the program itself in a process apart, as the service does it.
//! Promises: whatever a file does to its reader, it is refused in time and the next one is read.
//! Source: spec PO-264; decision 0043.

use std::{path::PathBuf, time::Duration};

use axum::{body::to_bytes, response::IntoResponse};
use central::{
    app::Central,
    clock::Clock,
    config::Config,
    declaration::attachment::{self, Checker, Rules, Upload},
};

const RULES: Rules =
    Rules { manual: "test", categories: &[], category_rule: "", one_per_category: false, most: 5 };

/// Objects and their table; object 1 is the catalogue.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        table += &format!("{:010} 00000 n \n", bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    finished(bytes, &table, objects.len() + 1)
}

fn finished(mut bytes: Vec<u8>, table: &str, size: usize) -> Vec<u8> {
    let at = bytes.len();
    bytes.extend(format!("{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n").bytes());
    bytes
}

fn honest() -> Vec<Vec<u8>> {
    [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    .map(|object| object.as_bytes().to_vec())
    .to_vec()
}

/// Each stream's length stands in the next stream, forty thousand times.
fn chain() -> Vec<u8> {
    let mut objects = honest();
    objects.extend(
        (0..40_000)
            .map(|place| format!("<< /Length {} 0 R >>\nstream\nx\nendstream", place + 5).into_bytes()),
    );
    objects.push(b"1".to_vec());
    file(&objects)
}

/// Eighty thousand entries of the table point at one object of two megabytes that never ends.
fn repetition() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let at = bytes.len();
    bytes.extend(b"1 0 obj\n[");
    bytes.extend(b"0 ".repeat(1_000_000));
    bytes.push(b'\n');
    let entries = 80_000;
    let table = format!(
        "xref\n0 {}\n0000000000 65535 f \n{}",
        entries + 1,
        format!("{at:010} 00000 n \n").repeat(entries)
    );
    finished(bytes, &table, entries + 1)
}

async fn open(folder: &std::path::Path) -> Central {
    let mut config = Config::default();
    config.store.data_dir = folder.to_string_lossy().into_owned();
    config.attachment.check_s = 5;
    let checker = Checker::Apart(PathBuf::from(env!("CARGO_BIN_EXE_central")));
    Central::open(config, Clock::system(), checker).await.unwrap()
}

async fn send(central: &Central, bytes: Vec<u8>) -> Result<(), String> {
    let upload =
        Upload { category: None, file_name: "a.pdf".into(), media_type: "application/pdf".into(), bytes };
    match attachment::receive(central, "202500000000000001", &RULES, upload).await {
        Ok(_) => Ok(()),
        Err(problem) => {
            let body = to_bytes(problem.into_response().into_body(), usize::MAX).await.unwrap();
            Err(String::from_utf8(body.to_vec()).unwrap())
        }
    }
}

/// PO-264: recursion and repetition without end are refused, and an honest file is taken before, between and after them.
#[tokio::test]
async fn a_file_that_brings_its_reader_down_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let central = open(folder.path()).await;
    assert_eq!(send(&central, file(&honest())).await, Ok(()));
    for (name, bytes) in [("chain", chain()), ("repetition", repetition())] {
        assert!(bytes.len() <= attachment::MOST_BYTES, "{name}: {}", bytes.len());
        let refused =
            tokio::time::timeout(Duration::from_secs(30), send(&central, bytes)).await.unwrap().unwrap_err();
        assert!(refused.contains("PO_FILE_NOT_PDF"), "{name}: {refused}");
        assert_eq!(send(&central, file(&honest())).await, Ok(()), "after {name}");
    }
}

/// PO-264, PO-267: the process apart says the same as the library in this process.
#[tokio::test]
async fn the_process_apart_tells_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let central = open(folder.path()).await;
    let mut acting = honest();
    acting.push(b"<< /S /JavaScript /JS (app.alert(1)) >>".to_vec());
    assert!(send(&central, file(&acting)).await.unwrap_err().contains("PO_FILE_ACTIVE_CONTENT"));
    assert!(send(&central, b"GIF89a".to_vec()).await.unwrap_err().contains("does not begin with the mark"));
    let gone = Checker::Apart(folder.path().join("nothing-here"));
    let mut config = Config::default();
    config.store.data_dir = folder.path().join("other").to_string_lossy().into_owned();
    let central = Central::open(config, Clock::system(), gone).await.unwrap();
    assert!(
        send(&central, file(&honest())).await.unwrap_err().contains("PO_UPSTREAM_UNAVAILABLE"),
        "unread is not taken"
    );
}
