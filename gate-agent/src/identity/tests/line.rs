//! Whom the gate believes to be the centre.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use protocols::contract::HelloRequest;
use tokio::{io::AsyncWriteExt, net::TcpListener};

use super::{after, authority, centres_end, credentials, hello, identity, keeper, noon, serve};
use crate::{
    cache::samples,
    clock::SimClock,
    identity::{Code, EnrolError, IdentityFiles, Untrusted, enrol},
    sync::{CentreLink, HttpLink, LinkError},
};

const ANSWER: Duration = Duration::from_secs(10);

fn request() -> HelloRequest {
    HelloRequest {
        gate_id: samples::gate(),
        store_id: "s1".into(),
        version: "0.1.0".into(),
        epoch: None,
        index: None,
    }
}

async fn greet(link: &HttpLink) -> Result<(), LinkError> {
    link.hello(&request()).await.map(drop)
}

fn at(port: SocketAddr) -> String {
    format!("https://localhost:{}", port.port())
}

/// fault C9: closed, with the precise reason, whatever is wrong with who answers.
#[tokio::test]
async fn who_is_not_the_centre_is_not_believed() {
    let (own, foreign) = (authority(), authority());
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    let keeper = keeper(folder.path(), &clock, Some(&identity(&own, (-1, 44))));
    let answer = |_: &str| (200, hello(noon(), &[]));
    for (end, by, expected) in [
        (centres_end(&own, &["localhost"], (-1, 45)), &own, None),
        (centres_end(&foreign, &["localhost"], (-1, 45)), &foreign, Some(Untrusted::UnknownAuthority)),
        (centres_end(&own, &["localhost"], (-9, -1)), &own, Some(Untrusted::Expired)),
        (centres_end(&own, &["localhost"], (1, 9)), &own, Some(Untrusted::NotYetValid)),
        (centres_end(&own, &["centre.example"], (-1, 45)), &own, Some(Untrusted::WrongName)),
    ] {
        let port = serve(end, by, answer).await;
        let link = HttpLink::certified(&at(port), &keeper, ANSWER);
        let got = greet(&link).await;
        assert_eq!(got, expected.map_or(Ok(()), |why| Err(LinkError::Untrusted(why))));
    }
    // A page of the network that asks to log in speaks plain HTTP.
    let captive = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = captive.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = captive.accept().await {
            drop(stream.write_all(b"HTTP/1.1 302 Found\r\nlocation: http://log-in.example/\r\n\r\n").await);
        }
    });
    let link = HttpLink::certified(&at(port), &keeper, ANSWER);
    assert_eq!(greet(&link).await, Err(LinkError::Untrusted(Untrusted::NoTls)));
}

/// fault B2: no clock at boot: the floor is the beginning of the own certificate, so a centre that shows nothing of a wrong clock is
/// believed at once; what it tells is the time from then on, and is kept for the next start.
#[tokio::test]
async fn a_machine_that_starts_in_1970_believes_its_centre() {
    let own = authority();
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(protocols::contract::UtcMillis::from_millis(5_000)));
    let first = keeper(folder.path(), &clock, Some(&identity(&own, (0, 45))));
    let port =
        serve(centres_end(&own, &["localhost"], (-100, 40)), &own, |_| (200, hello(after(3), &[]))).await;
    greet(&HttpLink::certified(&at(port), &first, ANSWER)).await.unwrap();
    assert_eq!(first.time().now(), after(3));
    let next = keeper(folder.path(), &clock, None);
    assert_eq!(next.time().now(), after(3), "also after a restart without a clock");
}

/// The centre names its authorities in each hello; the gate keeps them, and believes one that is no longer named no more.
#[tokio::test]
async fn authorities_are_exchanged_by_hello() {
    let (old, new) = (authority(), authority());
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    let keeper = keeper(folder.path(), &clock, Some(&identity(&old, (0, 45))));
    let both = hello(noon(), &[&old, &new]);
    let port = serve(centres_end(&old, &["localhost"], (-1, 45)), &old, move |_| (200, both.clone())).await;
    greet(&HttpLink::certified(&at(port), &keeper, ANSWER)).await.unwrap();
    let later = hello(noon(), &[&new]);
    let port = serve(centres_end(&new, &["localhost"], (-1, 45)), &new, move |_| (200, later.clone())).await;
    greet(&HttpLink::certified(&at(port), &keeper, ANSWER)).await.unwrap();
    let port = serve(centres_end(&old, &["localhost"], (-1, 45)), &old, |_| (200, hello(noon(), &[]))).await;
    let refused = greet(&HttpLink::certified(&at(port), &keeper, ANSWER)).await;
    assert_eq!(refused, Err(LinkError::Untrusted(Untrusted::UnknownAuthority)));
    let kept = IdentityFiles::in_folder(folder.path()).load().unwrap().unwrap();
    assert_eq!(kept.authorities.len(), 1);
}

/// A gate without a certificate says so, and speaks as soon as it has one, without a restart.
#[tokio::test]
async fn a_gate_that_is_enrolled_later_is_connected_then() {
    let own = authority();
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::at(noon()));
    let keeper = keeper(folder.path(), &clock, None);
    let port = serve(centres_end(&own, &["localhost"], (-1, 45)), &own, |_| (200, hello(noon(), &[]))).await;
    let link = HttpLink::certified(&at(port), &keeper, ANSWER);
    assert_eq!(greet(&link).await, Err(LinkError::NotEnrolled));
    assert!(keeper.trouble().borrow().as_deref().unwrap().contains("gate-agent enrol"));
    IdentityFiles::in_folder(folder.path()).save(&identity(&own, (0, 45))).unwrap();
    keeper.look();
    assert_eq!(greet(&link).await, Ok(()));
    assert_eq!(*keeper.trouble().borrow(), None);
}

/// fault C9: before enrolment the authority is known by its fingerprint, and by nothing else; the code goes to nobody who cannot show it.
#[tokio::test]
async fn a_code_is_told_to_the_fingerprints_owner_only() {
    let (own, foreign) = (authority(), authority());
    let real = crate::clock::Clock::wall(&crate::clock::SystemClock);
    let days = (real.as_millis() - noon().as_millis()) / super::DAY;
    let folder = tempfile::tempdir().unwrap();
    let files = IdentityFiles::in_folder(folder.path());
    let authority = own.clone();
    let answer = move |asked: &str| {
        assert!(asked.contains("7Q2XK-M4T9D"), "{asked}");
        let csr: serde_json::Value = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
        let made = credentials(&authority, csr["csr"].as_str().unwrap(), (days, days + 45));
        (200, serde_json::to_string(&made).unwrap())
    };
    let port = serve(centres_end(&own, &["localhost"], (-1, days + 45)), &own, answer).await;
    let url = at(port).parse().unwrap();
    let sha = |one: &protocols::ikey::Authority| {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(one.certificate().der());
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let code = Code::read(&format!("7Q2XK-M4T9D.{}", sha(&foreign)), None).unwrap();
    let refused = enrol(&url, &samples::gate(), &files, &code).await.unwrap_err();
    let EnrolError::Link(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused, LinkError::Untrusted(Untrusted::UnknownAuthority));
    assert_eq!(files.load().unwrap(), None);

    let code = Code::read(&format!("7Q2XK-M4T9D.{}", sha(&own)), None).unwrap();
    let another = protocols::ids::GateId::parse("0708-G09").unwrap();
    assert!(matches!(enrol(&url, &another, &files, &code).await, Err(EnrolError::Another { .. })));
    assert_eq!(files.load().unwrap(), None, "a certificate of another gate is not taken");
    let known = enrol(&url, &samples::gate(), &files, &code).await.unwrap();
    assert_eq!(files.load().unwrap(), Some(known));
    let plain = "http://127.0.0.1:9".parse().unwrap();
    assert!(matches!(enrol(&plain, &samples::gate(), &files, &code).await, Err(EnrolError::Plain)));
}
