//! 系统公告: what headquarters and the platform's administrators publish (PO-280, PO-281, PO-285).
//! ```text
//! DRAFT -> PUBLISHED -> WITHDRAWN
//! ```
//! `api`: the two faces, for those who write and for those who read.
//! Promises: only a published one is seen by its audience; what was published is not changed, only withdrawn with a reason.

mod api;

use sea_orm::Value;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;

use super::Audience;
use crate::{
    app::Central,
    declaration::{
        lifecycle::{By, Step, step},
        problem::Problem,
        record::{self, Head},
    },
    identity::{Login, Person, Standing},
};

/// 公告状态.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// 草稿.
    Draft,
    /// 已发布.
    Published,
    /// 已撤回.
    Withdrawn,
}

impl record::Status for Status {
    fn code(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Published => "PUBLISHED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Published => "已发布",
            Self::Withdrawn => "已撤回",
        }
    }

    fn label_en(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What can be done to an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// 暂存.
    Save,
    /// 发布.
    Publish,
    /// 撤回.
    Withdraw,
}

impl record::Action for Action {
    fn code(self) -> &'static str {
        match self {
            Self::Save => "SAVE",
            Self::Publish => "PUBLISH",
            Self::Withdraw => "WITHDRAW",
        }
    }
}

/// PO-415..PO-417.
#[rustfmt::skip]
const LIFECYCLE: &[Step<Status, Action>] = &[
    step(Status::Draft,     Action::Save,     By::Customs, Status::Draft),
    step(Status::Draft,     Action::Publish,  By::Customs, Status::Published),
    step(Status::Published, Action::Withdraw, By::Customs, Status::Withdrawn),
];

/// 公告.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// 单证头.
    #[serde(flatten)]
    pub head: Head<Status>,
    /// 接收范围.
    pub audience: String,
    /// 标题.
    pub title: String,
    /// 消息类型.
    pub kind: String,
    /// 内容.
    pub body: String,
    /// 发布时间.
    pub published_at: Option<protocols::contract::UtcMillis>,
    /// 撤回原因.
    pub withdrawn_because: Option<String>,
}

impl record::Record for Announcement {
    type Status = Status;
    type Action = Action;
    const MANUAL: &'static str = "announcement";
    const TABLE: &'static str = "announcement";
    const COLUMNS: &'static [&'static str] = &["audience", "title", "published_at"];
    const LIFECYCLE: &'static [Step<Status, Action>] = LIFECYCLE;

    fn head(&self) -> &Head<Status> {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head<Status> {
        &mut self.head
    }

    fn columns(&self) -> Vec<Value> {
        let published = self.published_at.map(|at| at.as_millis());
        vec![self.audience.clone().into(), self.title.clone().into(), published.into()]
    }
}

pub(super) fn router() -> OpenApiRouter<Central> {
    api::router()
}

/// The paths that ask nobody who they are (PO-048).
pub fn open_router() -> OpenApiRouter<Central> {
    api::open_router()
}

/// PO-285, PO-046, PO-068: headquarters, logged in by card, or an administrator.
fn may_announce(person: &Person) -> Result<(), Problem> {
    match (&person.standing, person.login) {
        (Standing::Admin, _) | (Standing::Headquarters, Login::Card | Login::Key) => Ok(()),
        (Standing::Headquarters, Login::Password | Login::Shield | Login::ThirdParty) => {
            Err(Problem::forbidden("PO_LOGIN_METHOD", "当前应用不支持该登录方式", "officers log in by card"))
        }
        _ => Err(Problem::no_permission()),
    }
}

#[cfg(test)]
mod tests;
