//! 操作人: who acts, as receipts and the audit log name them (PO-248, PO-335).

use serde::{Deserialize, Serialize};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A user name, `customs` or `centre`.
    pub name: String,
    /// The role's code (PO-040..PO-048).
    pub role: String,
    /// The card that is bound to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_no: Option<String>,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Actor {
    /// The centre itself.
    #[must_use]
    pub fn centre() -> Self {
        Self::program("centre", "system")
    }

    /// Customs, by a message.
    #[must_use]
    pub fn customs() -> Self {
        Self::program("customs", "gateway")
    }

    fn program(name: &str, role: &str) -> Self {
        Self { name: name.into(), role: role.into(), card_no: None, address: None }
    }

    /// 操作人员: the card's number, or the user name where no card is bound (PO-248).
    #[must_use]
    pub fn operator(&self) -> &str {
        self.card_no.as_deref().unwrap_or(&self.name)
    }
}
