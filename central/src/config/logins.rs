//! `[logins]`, `[[identity_provider]]` and `[identity_provider_secrets]`: the ways to log in beside password and card.
//! Promises: what proves us to a provider is in no log and no error; nobody is sent over a line that others may hear, except on this machine.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

use reqwest::Url;
use serde::Deserialize;
use toml::{Table, Value};

use super::{Row, Wrong, notices::Secret};

/// `[logins]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoginsConfig {
    /// Where browsers find the portal, the first of them the address that is shown; `["http://localhost:8080"]`. Shields answer to pages of
    /// these origins only, and providers send people back to the first.
    pub origins: Vec<String>,
    /// The site that shields are made for: the host of every origin, or a domain above it; empty: the host of the first.
    pub rp_id: String,
    /// Days for which a shield serves until it is renewed; 1095.
    pub shield_days: u32,
    #[serde(skip)]
    host: String,
}

impl Default for LoginsConfig {
    fn default() -> Self {
        Self {
            origins: vec!["http://localhost:8080".into()],
            rp_id: String::new(),
            shield_days: 1095,
            host: "localhost".into(),
        }
    }
}

impl LoginsConfig {
    /// The site that shields are made for.
    #[must_use]
    pub fn rp_id(&self) -> &str {
        if self.rp_id.is_empty() { &self.host } else { &self.rp_id }
    }

    /// The portal's address, without a slash at its end.
    #[must_use]
    pub fn portal(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }
}

/// What proves us to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientSecret {
    /// From the environment or, on a test bench, from the file.
    Given(Secret),
    /// In a file of its own, read at the start.
    File(PathBuf),
}

/// One `[[identity_provider]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProviderConfig {
    /// Its name in paths and in the store, such as `wechat`; never changed, or nobody is linked any more.
    pub id: String,
    /// 中文 name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What proves us to it.
    pub client_secret: ClientSecret,
}

/// Whether an address leads over TLS, or to this machine.
#[must_use]
pub fn heard_by_nobody(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

/// A URL of scheme, host, port and path, that nobody hears.
fn safe(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (plain && heard_by_nobody(&url) && url.query().is_none()).then_some(url)
}

pub(super) fn check(config: &mut LoginsConfig, wrong: &mut Vec<Wrong>) {
    let mut refuse = |key: &str, why: String| wrong.push(Wrong { key: format!("logins.{key}"), why });
    if config.origins.is_empty() {
        refuse("origins", "must name at least one".into());
    }
    if !(1..=3660).contains(&config.shield_days) {
        refuse("shield_days", "must be from 1 to 3660".into());
    }
    let mut hosts = Vec::new();
    for origin in &config.origins {
        match safe(origin).filter(|url| url.origin().ascii_serialization() == *origin) {
            Some(url) => hosts.push(url.host_str().unwrap_or_default().to_owned()),
            None => {
                let why = "is no origin such as https://portal.example.cn; plain http on this machine only";
                refuse("origins", format!("{origin:?} {why}"));
            }
        }
    }
    config.host = hosts.first().cloned().unwrap_or_default();
    let site = config.rp_id().to_owned();
    let above = |host: &String| *host == site || host.ends_with(&format!(".{site}"));
    if let Some(host) = hosts.iter().find(|host| !above(host)) {
        refuse("rp_id", format!("{site:?} is neither {host:?} nor a domain above it"));
    }
}

/// The secrets that the environment gives, by provider.
pub(super) fn secrets(table: &mut Table, wrong: &mut Vec<Wrong>) -> BTreeMap<String, Secret> {
    let name = "identity_provider_secrets";
    let given = match table.remove(name) {
        None => Table::new(),
        Some(Value::Table(given)) => given,
        Some(_) => {
            wrong.push(Wrong { key: name.into(), why: "must be a table".into() });
            Table::new()
        }
    };
    let mut secrets = BTreeMap::new();
    for (id, value) in given {
        match value {
            Value::String(text) => {
                secrets.insert(id, Secret::new(text));
            }
            // A number would come out as another text than it was; the value is not said back.
            _ => wrong.push(Wrong { key: format!("{name}.{id}"), why: "must be a text, in quotes".into() }),
        }
    }
    secrets
}

pub(super) fn read(
    rows: Vec<Table>,
    mut secrets: BTreeMap<String, Secret>,
    wrong: &mut Vec<Wrong>,
) -> Vec<IdentityProviderConfig> {
    let mut providers: Vec<IdentityProviderConfig> = Vec::new();
    for (place, keys) in rows.into_iter().enumerate() {
        let mut row = Row::new("identity_provider", place, keys, wrong);
        let id: Option<String> = row.required("id");
        let (name, name_en) = (row.required("name"), row.required("name_en"));
        let issuer: Option<String> = row.required("issuer");
        let client_id = row.required("client_id");
        let (file, plain): (Option<PathBuf>, Option<Secret>) =
            (row.optional("client_secret_file"), row.optional("client_secret"));
        let given =
            id.as_ref().and_then(|id| secrets.remove(id)).or(plain).filter(|secret| !secret.is_empty());
        let client_secret = match (given, file) {
            (Some(secret), None) => Some(ClientSecret::Given(secret)),
            (None, Some(file)) => Some(ClientSecret::File(file)),
            _ => {
                let why = "give client_secret_file, or KAKOU_IDENTITY_PROVIDER_SECRETS__ and the id in the environment";
                row.refuse("client_secret", why);
                None
            }
        };
        let form = |id: &String| {
            (1..=32).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        if id.as_ref().is_some_and(|id| !form(id)) {
            row.refuse("id", "must be 1 to 32 lower-case letters, digits and underscores");
        }
        if id.as_ref().is_some_and(|id| providers.iter().any(|other| other.id == *id)) {
            row.refuse("id", "is that of another provider");
        }
        if issuer.as_deref().is_some_and(|issuer| safe(issuer).is_none()) {
            row.refuse("issuer", "must be https, without query; plain http on this machine only");
        }
        row.end();
        if let (Some(id), Some(name), Some(name_en), Some(issuer), Some(client_id), Some(client_secret)) =
            (id, name, name_en, issuer, client_id, client_secret)
        {
            providers.push(IdentityProviderConfig { id, name, name_en, issuer, client_id, client_secret });
        }
    }
    for unknown in secrets.into_keys() {
        wrong.push(Wrong {
            key: format!("identity_provider_secrets.{unknown}"),
            why: "no [[identity_provider]] has this id".into(),
        });
    }
    providers
}
