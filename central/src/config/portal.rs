//! `[portal]`: what the pages say of the place where they are served, and where they find the card service.

use serde::{Deserialize, Serialize};

use super::Wrong;

/// `[portal]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PortalConfig {
    /// The regional single window, as the header names it (PO-016).
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// A training environment: the header says so, and nobody can switch that off (PO-018).
    pub training: bool,
    /// Where the card service listens on every user's own machine (PO-095).
    pub card_service: String,
}

impl Default for PortalConfig {
    fn default() -> Self {
        Self {
            name: "国际贸易单一窗口".into(),
            name_en: "International Trade Single Window".into(),
            training: false,
            card_service: "http://127.0.0.1:18089".into(),
        }
    }
}

/// What a type cannot say: the address stands in the pages' policy, and there is only the user's own machine to ask.
pub(super) fn check(portal: &PortalConfig, wrong: &mut Vec<Wrong>) {
    let port = ["http://127.0.0.1:", "http://localhost:"]
        .into_iter()
        .find_map(|machine| portal.card_service.strip_prefix(machine))
        .and_then(|port| port.parse::<u16>().ok());
    if port.is_none() {
        let why = "must be http://127.0.0.1:PORT or http://localhost:PORT, without a path".into();
        wrong.push(Wrong { key: "portal.card_service".into(), why });
    }
}
