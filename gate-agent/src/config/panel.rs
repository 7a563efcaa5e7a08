//! `[panel]`: the local page and its probes.

use std::net::{Ipv4Addr, SocketAddr};

use super::section::Section;

/// 本地面板: where the agent answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel {
    /// `listen`, default `127.0.0.1:8081`.
    pub listen: SocketAddr,
}

impl Panel {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let listen = section.parsed("listen", |text| {
            text.parse::<SocketAddr>().map_err(|_| "must be an address and a port such as 127.0.0.1:8081")
        });
        section.finish();
        Self { listen: listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8081))) }
    }
}
