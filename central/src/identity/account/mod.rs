//! 账号: who may log in, as stored.
//! `password`: what is kept of it · `register`, `resend`: how an account comes to be · `by_card`: an enterprise's card confirms it · `members`:
//! operators of an enterprise · `own`: what a person does with the own account · `admin`, `amend`: what administrators do · `fields`: what is typed,
//! judged · `code`: one-time codes · `lock`: guessing is stopped.
//! ```text
//! PENDING -> ACTIVE <-> DISABLED          (locked for a quarter of an hour after five failures: `lock`, beside the status)
//!               -> CLOSED
//! ```
//! Source: spec PO-020..PO-049, PO-400..PO-406.

pub mod admin;
pub mod amend;
pub mod by_card;
pub mod code;
mod fields;
pub mod lock;
pub mod members;
pub mod own;
pub mod password;
pub mod recovery;
pub mod register;
pub mod resend;
mod store;
#[cfg(test)]
pub(in crate::identity) mod tests;

use protocols::{
    contract::UtcMillis,
    ids::{CustomsCode, YardId},
};
use serde::{Deserialize, Serialize};
pub use store::{by_id, by_mobile, by_username, insert, of_enterprise, search, update};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Role;
use crate::app::Central;

/// The paths of accounts.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(register::confirm))
        .routes(routes!(resend::resend))
        .routes(routes!(by_card::challenge))
        .routes(routes!(by_card::verify))
        .routes(routes!(recovery::ask))
        .routes(routes!(recovery::reset))
        .routes(routes!(own::show, own::change))
        .routes(routes!(own::change_password))
        .routes(routes!(own::close))
        .routes(routes!(members::list, members::create))
        .routes(routes!(members::disable))
        .routes(routes!(members::enable))
        .routes(routes!(members::set_password))
        .routes(routes!(admin::list, admin::create))
        .routes(routes!(admin::show, amend::amend))
        .routes(routes!(admin::act))
        .routes(routes!(admin::enterprises))
        .routes(routes!(admin::show_enterprise, admin::put_enterprise))
}

/// 账号状态 (PO-400..PO-406).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Registered; mobile or identity not yet confirmed.
    Pending,
    /// In use.
    Active,
    /// Stopped by an administrator, with a reason.
    Disabled,
    /// 已注销; the name is not given out again.
    Closed,
}

impl AccountStatus {
    /// The code in JSON and in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Closed => "closed",
        }
    }
}

/// 账号.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Its key.
    pub id: Box<str>,
    /// 用户名, as registered.
    pub username: Box<str>,
    /// 角色.
    pub role: Role,
    /// 账号状态.
    pub status: AccountStatus,
    /// The enterprise or agency.
    pub enterprise_id: Option<Box<str>>,
    /// 手机.
    pub mobile: Option<Box<str>>,
    /// The mobile was confirmed by a code (PO-026).
    pub mobile_confirmed: bool,
    /// The enterprise was confirmed by a card or an administrator (PO-036).
    pub identity_verified: bool,
    /// 电子邮件.
    pub email: Option<Box<str>>,
    /// 姓名.
    pub person_name: Option<Box<str>>,
    /// 身份证件 of an individual (PO-033).
    pub id_document: Option<IdDocument>,
    /// 关区代码 of an officer.
    #[serde(default)]
    pub customs_codes: Vec<CustomsCode>,
    /// 场所编号 of a yard operator.
    #[serde(default)]
    pub yard_ids: Vec<YardId>,
    /// The hash of the password; none for an account that only logs in otherwise.
    pub password_hash: Option<Box<str>>,
    /// Which version of the agreements was accepted (PO-035).
    pub agreements_version: Option<Box<str>>,
    /// When it was made.
    pub created_at: UtcMillis,
    /// Why it was disabled.
    #[serde(default)]
    pub reason: Option<Box<str>>,
    /// Counts every change.
    #[serde(default)]
    pub version: i64,
}

/// 身份证件 (PO-033, PO-307).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdDocument {
    /// `resident_id` or `passport`.
    pub id_type: Box<str>,
    /// Its number.
    pub id_number: Box<str>,
}

impl Account {
    /// What others may read of it: never the hash, the document's number only in part.
    #[must_use]
    pub fn view(&self) -> serde_json::Value {
        let document = self.id_document.as_ref().map(|document| {
            let shown: String = document.id_number.chars().take(3).collect();
            serde_json::json!({"id_type": document.id_type, "id_number": format!("{shown}…")})
        });
        serde_json::json!({
            "id": self.id, "username": self.username, "role": self.role, "status": self.status,
            "enterprise_id": self.enterprise_id, "mobile": self.mobile, "mobile_confirmed": self.mobile_confirmed,
            "identity_verified": self.identity_verified, "email": self.email, "person_name": self.person_name,
            "id_document": document, "customs_codes": self.customs_codes, "yard_ids": self.yard_ids,
            "created_at": self.created_at, "reason": self.reason, "version": self.version,
        })
    }
}

/// User names are compared without regard to case (PO-024).
#[must_use]
pub fn folded(username: &str) -> String {
    username.trim().to_ascii_lowercase()
}
