//! `[panel]`: the local page and its probes.
//! Promises: what is reachable from other machines asks for a log-in; a browser is answered under names that are the gate's own.
//! Absent: TLS, which comes with the identity of gates: beyond this machine a PIN travels in the clear, and `app` warns of it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use super::section::Section;

/// 本地面板: where the agent answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// `listen`, default `127.0.0.1:8081`.
    pub listen: SocketAddr,
    /// `names`: host names under which browsers reach it, beside its address and `localhost`.
    pub names: Vec<Box<str>>,
    /// `login_idle_min`, default 30: a log-in that was not used for so long has ended. Asked for only where the panel is reachable from
    /// other machines.
    pub login_idle: Duration,
}

impl Panel {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let listen = section.parsed("listen", |text| {
            text.parse::<SocketAddr>().map_err(|_| "must be an address and a port such as 127.0.0.1:8081")
        });
        let mut names = Vec::new();
        for name in section.list("names") {
            let is_name = (1..=253).contains(&name.len())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
            if is_name {
                names.push(name.to_ascii_lowercase().into());
            } else {
                section.fault("names", "must be host names without a port", Some(format!("{name:?}")));
            }
        }
        let login_idle = section.number("login_idle_min", 30, 1..=720);
        section.finish();
        Self {
            listen: listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8081))),
            names,
            login_idle: Duration::from_secs(u64::from(login_idle) * 60),
        }
    }
}
