//! What lies in the data folder.

use std::{fs, os::unix::fs::PermissionsExt};

use protocols::ikey::SigningRequest;

use super::{authority, credentials, identity, noon};
use crate::identity::{GateKey, Identity, IdentityError, IdentityFiles, KeyError};

/// What is written out here is what a library of certificates reads, signature included.
#[test]
fn the_request_is_one_of_its_own_key() {
    let key = GateKey::generate().unwrap();
    let read = SigningRequest::from_pem(&key.request().unwrap()).unwrap();
    let other = SigningRequest::from_pem(&GateKey::generate().unwrap().request().unwrap()).unwrap();
    assert_ne!(read, other);
    let again = GateKey::from_pem(&key.to_pem()).unwrap();
    assert_eq!(SigningRequest::from_pem(&again.request().unwrap()).unwrap(), read);
    for bad in ["", "key", "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"] {
        assert_eq!(GateKey::from_pem(bad), Err(KeyError::Unreadable), "{bad:?}");
    }
}

/// fault E9: the key is in files of its owner alone, and in no trace.
#[test]
fn a_key_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let files = IdentityFiles::in_folder(folder.path());
    let (asking, known) = (files.asking_key().unwrap(), identity(&authority(), (0, 45)));
    files.save(&known).unwrap();
    let mut seen = 0;
    for file in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        seen += 1;
    }
    assert_eq!(seen, 2);
    let secret = known.key().unwrap().to_pem();
    let secret = secret.lines().nth(1).unwrap();
    for text in [format!("{known:?}"), format!("{asking:?}")] {
        assert!(!text.contains(secret) && !text.contains("PRIVATE"), "{text}");
    }
}

/// fault A2: the key that asks is durable before anybody is asked, and is the same until the answer is kept; a file that was half written
/// when the power went is none.
#[test]
fn a_key_asks_until_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let files = IdentityFiles::in_folder(folder.path());
    assert_eq!(files.load().unwrap(), None);
    let key = files.asking_key().unwrap();
    assert_eq!(IdentityFiles::in_folder(folder.path()).asking_key().unwrap(), key);
    fs::write(folder.path().join("identity.new"), "{\"gate_id\":").unwrap();
    let known = identity(&authority(), (0, 45));
    files.save(&known).unwrap();
    assert_eq!(files.asking_key().unwrap(), key, "what is only rewritten answers nothing");
    files.answered(&known).unwrap();
    assert_eq!(files.load().unwrap(), Some(known));
    assert_ne!(files.asking_key().unwrap(), key);
    files.keep_floor(noon()).unwrap();
    assert_eq!(files.floor(), Some(noon()));
}

/// fault A1, fault A2: the program is killed, or the power goes, between keeping the identity and taking away the key that had asked: that key is
/// the identity's own now, and the next certificate is asked for with another, which is durable like every one.
#[test]
fn a_key_that_was_answered_asks_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let files = IdentityFiles::in_folder(folder.path());
    let key = files.asking_key().unwrap();
    let known = Identity::new(&key, credentials(&authority(), &key.request().unwrap(), (0, 45)));
    files.save(&known).unwrap();
    assert!(folder.path().join("identity-next.key").exists());
    let next = files.asking_key().unwrap();
    assert_ne!(next, key);
    assert_eq!(files.asking_key().unwrap(), next);
    assert_eq!(files.load().unwrap(), Some(known));
}

/// fault A4: the key's file cannot be taken away (a folder stands there, which no unlink removes): the identity is kept all the same.
#[test]
fn an_identity_is_kept_though_its_key_cannot_be_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let files = IdentityFiles::in_folder(folder.path());
    fs::create_dir(folder.path().join("identity-next.key")).unwrap();
    let known = identity(&authority(), (0, 45));
    files.answered(&known).unwrap();
    assert_eq!(files.load().unwrap(), Some(known));
}

/// fault A6: one flipped bit makes a file of text none. A key that asks is made anew, since nothing else can become of it, and the gate's identity
/// says what a person is to do.
#[test]
fn a_flipped_bit_costs_a_key_and_never_the_renewal() {
    let folder = tempfile::tempdir().unwrap();
    let files = IdentityFiles::in_folder(folder.path());
    let key = files.asking_key().unwrap();
    files.save(&identity(&authority(), (0, 45))).unwrap();
    for (name, at) in [("identity-next.key", 60), ("identity.json", 200)] {
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 0x80;
        fs::write(&path, bytes).unwrap();
    }
    let next = files.asking_key().unwrap();
    assert_ne!(next, key);
    assert_eq!(files.asking_key().unwrap(), next);
    let error = files.load().unwrap_err();
    assert!(error.to_string().ends_with("enrol the gate again"), "{error:?}");
}

/// A file that is no identity says what to do, and shows nothing of itself.
#[test]
fn a_broken_file_is_told_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let files = IdentityFiles::in_folder(folder.path());
    for text in ["", "{}", "s3cret", "\u{0}"] {
        fs::write(folder.path().join("identity.json"), text).unwrap();
        let error = files.load().unwrap_err();
        assert!(matches!(error, IdentityError::Content { .. }), "{text}");
        assert!(!format!("{error:?} {error}").contains("s3cret"));
    }
}
