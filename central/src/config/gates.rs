//! `[gates]`: the line to the gates over TLS, and what it is proved with.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Config, Wrong};

/// Below this a gate that is offline over night has lost its certificate; tests are told so.
const SHORTEST_LIFETIME_S: u32 = 10;
/// What a clock that counts in 32 bits, and an authority, outlive.
const LONGEST_LIFETIME_S: u32 = 825 * 86_400;

/// `[gates]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatesConfig {
    /// Address and port of the gates' listener, which speaks TLS; empty, so that gates of this machine only are served.
    pub listen: String,
    /// Host names and addresses by which gates call it; its certificate carries them.
    pub names: Vec<String>,
    /// The folder of the authority that certifies gates; empty for `gate-authorities` in `store.data_dir`. Several centres on one database
    /// need one folder with the same files.
    pub authority_dir: String,
    /// Seconds for which a gate's certificate is good; 3888000, 45 days. A gate renews it from two thirds on.
    pub certificate_lifetime_s: u32,
    /// Seconds for which an enrolment code is good; 86400, a day.
    pub code_lifetime_s: u32,
}

impl Default for GatesConfig {
    fn default() -> Self {
        Self {
            listen: String::new(),
            names: Vec::new(),
            authority_dir: String::new(),
            certificate_lifetime_s: 45 * 86_400,
            code_lifetime_s: 86_400,
        }
    }
}

impl GatesConfig {
    /// Where gates are served over TLS, if they are.
    #[must_use]
    pub fn listen(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }

    /// Where the authorities lie.
    #[must_use]
    pub fn folder(&self, data_dir: &str) -> PathBuf {
        match self.authority_dir.as_str() {
            "" => Path::new(data_dir).join("gate-authorities"),
            named => named.into(),
        }
    }
}

/// What a type cannot say.
pub(super) fn check(config: &Config, wrong: &mut Vec<Wrong>) {
    let gates = &config.gate_line;
    let mut refuse = |key: &str, why: String| wrong.push(Wrong { key: format!("gates.{key}"), why });
    if !gates.listen.is_empty() && gates.listen().is_none() {
        refuse("listen", format!("must be address and port, or empty, not {:?}", gates.listen));
    }
    if !gates.listen.is_empty() && gates.names.is_empty() {
        refuse("names", "must name the host names and addresses by which gates call gates.listen".into());
    }
    for name in gates.names.iter().filter(|name| !is_name(name)) {
        refuse("names", format!("{name:?} is neither a host name nor an address"));
    }
    let lifetime = gates.certificate_lifetime_s;
    if !(SHORTEST_LIFETIME_S..=LONGEST_LIFETIME_S).contains(&lifetime) {
        let why = format!("must be from {SHORTEST_LIFETIME_S} to {LONGEST_LIFETIME_S}, not {lifetime}");
        refuse("certificate_lifetime_s", why);
    }
    if gates.code_lifetime_s == 0 {
        refuse("code_lifetime_s", "must be at least 1".into());
    }
    if !gates.listen.is_empty() && gates.authority_dir.is_empty() && config.store.url.is_shared() {
        refuse(
            "authority_dir",
            "must name a folder that all centres of this PostgreSQL database share".into(),
        );
    }
}

fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    name.parse::<IpAddr>().is_ok() || (name.len() <= 253 && name.split('.').all(part))
}
