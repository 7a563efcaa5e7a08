//! `[centre]`: to whom the gate may speak, and with what.

use super::{LEAST, faults, read};

fn centre(url: &str) -> String {
    LEAST.replacen("[centre]", &format!("[centre]\nurl = {url:?}"), 1)
}

/// The same without a token.
fn certified(url: &str) -> String {
    centre(url).replacen("token = \"change-me\"", "", 1)
}

/// fault C9: plain HTTP is for this machine; anything else is TLS, and a name of this machine in front of another one fools nobody.
#[test]
fn a_token_goes_to_this_machine_only() {
    for url in ["http://127.0.0.1:9000", "http://localhost:8080/", "http://[::1]:8080", "http://127.9.9.9"] {
        assert!(read(&centre(url)).unwrap().centre.token.is_some(), "{url}");
    }
    for (url, why) in [
        ("http://10.0.0.5:8080", "overheard"),
        ("http://127.0.0.1.example.com", "overheard"),
        ("http://0.0.0.0:8080", "overheard"),
        ("ftp://127.0.0.1", "must be https or http"),
        ("http://user:word@127.0.0.1", "scheme, host and port"),
        ("http://127.0.0.1/gate/v1", "scheme, host and port"),
        ("127.0.0.1:8080", "must be a URL"),
    ] {
        let told = faults(read(&centre(url)));
        assert!(
            told.len() == 1 && told[0].starts_with("centre.url: ") && told[0].contains(why),
            "{url}: {told:?}"
        );
    }
}

/// fault C9: over TLS the gate's certificate is what it is known by, and no token stands beside it.
#[test]
fn a_certificate_takes_the_tokens_place() {
    for url in ["https://centre.example:8443", "https://10.0.0.5:8443/", "https://127.0.0.1:8443"] {
        assert!(read(&certified(url)).unwrap().centre.token.is_none(), "{url}");
        let told = faults(read(&centre(url)));
        assert_eq!(
            told,
            ["centre.token: must not stand beside an https url: the gate's certificate takes its place"]
        );
    }
    let told = faults(read(&certified("https://user:word@centre.example/gates")));
    assert!(
        told.len() == 1 && told[0].starts_with("centre.url: must be scheme, host and port only"),
        "{told:?}"
    );
    assert_eq!(
        faults(read(&certified("http://127.0.0.1:8080"))),
        ["centre.token: is missing, and token_file too"]
    );
}
