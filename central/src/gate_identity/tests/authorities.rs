//! Authorities in their folder: made once, kept to their owner, exchanged while gates are out.

use std::os::unix::fs::PermissionsExt;

use axum::http::StatusCode;
use protocols::contract::UtcMillis;

use super::{DAY, End, GATE, Line, csr, told};
use crate::{
    gate_identity::authority::{self, Authorities, AuthorityError, fingerprint},
    test_app::{ADMIN, TestApp},
};

fn now() -> UtcMillis {
    UtcMillis::parse("2025-10-13T00:30:00Z").unwrap()
}

/// The only key in a folder.
fn key_file(folder: &std::path::Path) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.find(|path| path.extension().is_some_and(|ending| ending == "key")).unwrap()
}

/// fault E9: the key's file is its owner's alone; the second start finds what the first has made.
#[test]
fn an_authority_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("authorities");
    let made = Authorities::open(&at, now()).unwrap();
    let again = Authorities::open(&at, now()).unwrap();
    assert_eq!(made.pem().unwrap(), again.pem().unwrap());
    for file in std::fs::read_dir(&at).unwrap().map(Result::unwrap) {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        let is_key = file.path().extension().is_some_and(|extension| extension == "key");
        assert_eq!(mode, if is_key { 0o600 } else { 0o644 }, "{:?}", file.path());
    }
    assert!(!format!("{made:?}").contains("PRIVATE"));
}

/// What cannot be used is named, and nothing is made in its place.
#[test]
fn files_that_are_no_authority_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    authority::add(folder.path(), now()).unwrap();
    let key = key_file(folder.path());
    let other = tempfile::tempdir().unwrap();
    authority::add(other.path(), now()).unwrap();
    let foreign = key_file(other.path());
    std::fs::copy(foreign, &key).unwrap();
    assert!(matches!(Authorities::open(folder.path(), now()), Err(AuthorityError::Content { .. })));
    std::fs::write(&key, "no key").unwrap();
    assert!(matches!(Authorities::open(folder.path(), now()), Err(AuthorityError::Content { .. })));
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(Authorities::open(folder.path(), now()), Err(AuthorityError::File { .. })));
}

/// The centre's own certificate is the oldest authority's, and begins with it: a gate whose clock stands still finds it valid.
#[test]
fn the_centres_own_end_is_known_to_every_gate() {
    let folder = tempfile::tempdir().unwrap();
    authority::add(folder.path(), now()).unwrap();
    let later = UtcMillis::from_millis(now().as_millis() + 400 * DAY);
    authority::add(folder.path(), later).unwrap();
    let both = Authorities::read(folder.path()).unwrap();
    let (own, _) = both.certify_centre(&["localhost".into()], later).unwrap();
    let oldest = both.oldest().unwrap().certificate();
    assert!(own.is_issued_by(oldest) && own.serves_at(now()) && own.serves_at(later));
}

/// fault C9: authorities are exchanged while gates work: both are told and believed, the newest issues, and the old one goes when nothing of
/// it counts any more.
#[tokio::test]
async fn authorities_roll_over() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let first = line.enrol(GATE).await;
    let folder = app.central.gate_authorities().unwrap().folder().to_owned();
    let old = fingerprint(app.central.gate_authorities().unwrap().oldest().unwrap().certificate().der());
    assert!(authority::retire(&folder, &old).is_err(), "the only one stays");

    line.wait(1000);
    let new = authority::add(&folder, app.central.store().clock().now()).unwrap();
    app.central.set_gate_authorities(Authorities::read(&folder).unwrap());
    let (status, hello) = line.hello(&first).await;
    assert_eq!((status, hello["authorities"].as_array().unwrap().len()), (StatusCode::OK, 2));
    let (_, listed) = app.get("/api/v1/admin/gate-identities", ADMIN).await;
    assert_eq!(listed["authorities"][1]["fingerprint"], new);

    line.wait(31 * DAY);
    let second = End::of(line.renew(&first, &csr()).await.1);
    assert_eq!(line.hello(&second).await.0, StatusCode::OK);
    let newest = app.central.gate_authorities().unwrap();
    let newest = newest.certificates().last().unwrap();
    assert!(second.certificate.is_issued_by(newest));
    assert_eq!(fingerprint(newest.der()), new);

    authority::retire(&folder, &old).unwrap();
    app.central.set_gate_authorities(Authorities::read(&folder).unwrap());
    assert_eq!(told(&line.hello(&first).await), "GATE_CERTIFICATE_FOREIGN");
    assert_eq!(line.hello(&second).await.0, StatusCode::OK);
    assert!(authority::retire(&folder, "nothing").is_err());
}

/// A centre that is started with another folder than the one that its gates are certified from does not start.
#[tokio::test]
async fn a_wrong_folder_stops_the_start() {
    let app = TestApp::open().await;
    Line::of(&app).enrol(GATE).await;
    let other = tempfile::tempdir().unwrap();
    let mut config = app.central.config().clone();
    config.gate_line.authority_dir = other.path().to_string_lossy().into_owned();
    let error = crate::gate_identity::upkeep::authorities(&config, app.central.store()).await.unwrap_err();
    let told = std::error::Error::source(&error).unwrap().to_string();
    assert!(told.contains("is it the folder of another centre?"), "{told}");
}

/// fault C9: of two authorities that are made within one second the second is the newest, whatever their fingerprints.
#[test]
fn the_newest_is_the_one_that_was_made_last() {
    for _ in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let made = [(); 3].map(|()| authority::add(folder.path(), now()).unwrap());
        let known = Authorities::read(folder.path()).unwrap();
        assert_eq!(known.certificates().map(|one| fingerprint(one.der())).collect::<Vec<_>>(), made);
    }
}
