//! `[mqtt]`: the broker through which devices speak that have no line of their own.
//! Promises: a certificate authority is read before anything starts; passwords are shown nowhere.
//! Absent: the devices and their topics (`mqtt`); the client (`drivers::mqtt`); client certificates.
//! Source: MQTT readers page, section 2; `contract` section 4.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::{
    device::endpoint,
    secret::Secret,
    section::{Reading, Section},
};

/// 消息服务器: the broker, and how the agent speaks with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mqtt {
    /// Whose broker it is.
    pub broker: Broker,
    /// `client_id`, default `kakou-` and the gate's id. Two clients of one id throw each other out.
    pub client_id: Option<Box<str>>,
    /// `keep_alive_s`, default 10: a broker silent for so long is pinged, one silent for 2.5 times that is given up.
    pub keep_alive: Duration,
    /// `neighbours`, default `on`: over the yard's broker the gates of a yard tell each other of trips; nobody else can call the agent's own.
    pub neighbours: bool,
}

/// Whose broker it is; `url` or `[mqtt.embedded]`, one of them required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broker {
    /// The yard's.
    Yard(YardBroker),
    /// The agent's own.
    Embedded(EmbeddedBroker),
}

/// A broker that somebody else runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YardBroker {
    /// `url`: `mqtt://host:1883`, or `mqtts://host:8883` with TLS; the port may be left out.
    pub host: Box<str>,
    /// Its port.
    pub port: u16,
    /// `user`, with `password` or `password_file`.
    pub login: Option<Login>,
    /// `ca_file`: certificates of the authority that signed the broker's, PEM. Required with `mqtts`, and what makes it TLS.
    pub authority: Option<Vec<CertificateDer<'static>>>,
}

/// A broker inside the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedBroker {
    /// `listen`, default `127.0.0.1:1883`: where devices reach it; plain, so only on a network that is the yard's own.
    pub listen: SocketAddr,
}

/// A user and his password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: Box<str>,
    /// His password.
    pub password: Secret,
}

/// Which broker a file speaks of, whether or not its section is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Nobodys,
    Yards,
    Agents,
}

impl Whose {
    /// By what stands in the file.
    pub(super) fn of(section: Option<&toml::Value>) -> Self {
        match section {
            None => Self::Nobodys,
            Some(section) if section.get("embedded").is_some() => Self::Agents,
            Some(_) => Self::Yards,
        }
    }
}

impl Mqtt {
    /// Reads the section, if there is one.
    pub(super) fn read(reading: &mut Reading, value: Option<toml::Value>) -> Option<Self> {
        let whose = Whose::of(value.as_ref());
        let mut section = reading.section("mqtt".to_owned(), Some(value?));
        let client_id = section.parsed("client_id", client_id);
        let keep_alive = section.seconds("keep_alive_s", 10, 5..=60);
        let mut neighbours = false;
        let broker = match whose {
            Whose::Agents => {
                for key in ["url", "user", "password", "password_file", "ca_file", "neighbours"] {
                    section.refuse_unseen(key, "must not stand beside [mqtt.embedded]");
                }
                Some(Broker::Embedded(EmbeddedBroker::read(section.table("embedded"))))
            }
            Whose::Yards | Whose::Nobodys => {
                let words = [("on", true), ("off", false)];
                neighbours = section.choice("neighbours", &words).unwrap_or(true);
                YardBroker::read(&mut section).map(Broker::Yard)
            }
        };
        section.finish();
        Some(Self { broker: broker?, client_id, keep_alive, neighbours })
    }
}

impl YardBroker {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        if !section.has("url") {
            section.fault("url", "is missing, and [mqtt.embedded] too", None);
        }
        let address = section.parsed("url", url);
        let login = Login::read(section);
        let has_authority = section.has("ca_file");
        let authority = section.parsed("ca_file", authority);
        let (with_tls, host, port) = address?;
        match (with_tls, has_authority) {
            (true, false) => section.fault("ca_file", "is missing: mqtts needs it", None),
            (false, true) => {
                section.fault("ca_file", "must not stand beside mqtt://, which has no TLS", None)
            }
            (true, true) | (false, false) => {}
        }
        Some(Self { host, port, login, authority })
    }
}

impl EmbeddedBroker {
    fn read(mut section: Section<'_>) -> Self {
        let listen = section.parsed("listen", |text| match text.parse::<SocketAddr>() {
            Ok(listen) if listen.port() > 0 => Ok(listen),
            Ok(_) | Err(_) => Err("must be an address and a port such as 10.0.0.2:1883"),
        });
        section.finish();
        Self { listen: listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 1883))) }
    }
}

impl Login {
    /// Reads `user` with `password` or `password_file`: both or neither.
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let (has_user, has_password) = (section.has("user"), Secret::stands(section, "password"));
        let user = section.parsed("user", user);
        let password = Secret::read(section, "password");
        match (has_user, has_password) {
            (true, false) => section.fault("password", "is missing, and password_file too", None),
            (false, true) => section.fault("user", "is missing beside a password", None),
            (true, true) | (false, false) => {}
        }
        Some(Self { user: user?, password: password? })
    }
}

/// A user's name: nothing that a broker's own files could take for something else.
pub(super) fn user(text: &str) -> Result<Box<str>, &'static str> {
    let allowed = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, ':' | '#' | '+' | '/');
    if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.into())
    } else {
        Err("must have 1 to 64 characters without blanks and : # + /")
    }
}

fn client_id(text: &str) -> Result<Box<str>, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.into())
    } else {
        Err("must have 1 to 64 characters of A-Z a-z 0-9 - _ .")
    }
}

/// Whether it has TLS, host and port.
fn url(text: &str) -> Result<(bool, Box<str>, u16), &'static str> {
    const RULE: &str =
        "must be mqtt://host:1883 or mqtts://host:8883; user and password have keys of their own";
    let (with_tls, place, usual) = match (text.strip_prefix("mqtt://"), text.strip_prefix("mqtts://")) {
        (Some(place), _) => (false, place, 1883),
        (_, Some(place)) => (true, place, 8883),
        (None, None) => return Err(RULE),
    };
    let place = place.strip_suffix('/').unwrap_or(place);
    let place = endpoint(place).or_else(|_| endpoint(&format!("{place}:{usual}"))).map_err(|_| RULE)?;
    let (host, port) = place.rsplit_once(':').ok_or(RULE)?;
    Ok((with_tls, host.into(), port.parse().map_err(|_| RULE)?))
}

fn authority(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = fs::read(path).map_err(|error| format!("must name a readable file ({error})"))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) | Err(_) => Err("must name a file with certificates in PEM".to_owned()),
    }
}
