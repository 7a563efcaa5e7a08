//! State chart of section 11, and the one way through which an application moves.
//! Promises: the number of an application is taken and given free in the transaction that moves the record (AE-104, AE-196); its files are
//! frozen and thawed there too (PO-420, PO-421).
//! Source: spec AE-093..AE-117, AE-180..AE-196.

use serde::{Deserialize, Serialize};

use super::{claim, record::Record};
use crate::{
    declaration::{
        attachment,
        lifecycle::{self as steps, ApplyError, By, Cause, Step, gone, step},
        record,
    },
    store::{StoreError, Tx},
};

/// 单据状态 (section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// 暂存 (AE-093).
    Saved,
    /// 已申请 (AE-094).
    Applied,
    /// 发往海关成功 (AE-095).
    SentToCustoms,
    /// 发送失败 (AE-096).
    SendFailed,
    /// 海关接收成功 (AE-097).
    CustomsReceived,
    /// 接收失败 (AE-098).
    ReceiveFailed,
    /// 同意 (AE-099).
    Approved,
    /// 不同意 (AE-100).
    Rejected,
}

impl State {
    /// All eight (AE-200).
    pub const ALL: &'static [Self] = &[
        Self::Saved,
        Self::Applied,
        Self::SentToCustoms,
        Self::SendFailed,
        Self::CustomsReceived,
        Self::ReceiveFailed,
        Self::Approved,
        Self::Rejected,
    ];

    /// The state of this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| record::Status::code(*state) == code)
    }
}

impl record::Status for State {
    fn code(self) -> &'static str {
        match self {
            Self::Saved => "SAVED",
            Self::Applied => "APPLIED",
            Self::SentToCustoms => "SENT_TO_CUSTOMS",
            Self::SendFailed => "SEND_FAILED",
            Self::CustomsReceived => "CUSTOMS_RECEIVED",
            Self::ReceiveFailed => "RECEIVE_FAILED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Saved => "暂存",
            Self::Applied => "已申请",
            Self::SentToCustoms => "发往海关成功",
            Self::SendFailed => "发送失败",
            Self::CustomsReceived => "海关接收成功",
            Self::ReceiveFailed => "接收失败",
            Self::Approved => "同意",
            Self::Rejected => "不同意",
        }
    }

    fn label_en(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Applied => "applied",
            Self::SentToCustoms => "sent to customs",
            Self::SendFailed => "sending failed",
            Self::CustomsReceived => "received by customs",
            Self::ReceiveFailed => "receiving failed",
            Self::Approved => "agreed",
            Self::Rejected => "not agreed",
        }
    }
}

/// What can be done to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// 暂存.
    Save,
    /// 删除.
    Delete,
    /// 添加文件, also in the place of another.
    Upload,
    /// 删除文件.
    RemoveFile,
    /// 申请.
    Apply,
    /// The gateway has handed the message over.
    HandOver,
    /// It could not, for the third time.
    GiveUp,
    /// Customs' system has stored it.
    Store,
    /// Customs' system has refused it.
    Refuse,
    /// 同意.
    Approve,
    /// 不同意.
    Reject,
    /// A further receipt of customs.
    Note,
    /// The inspection is finished (AE-167).
    Finish,
}

impl Action {
    /// Every one.
    pub const ALL: &'static [Self] = &[
        Self::Save,
        Self::Delete,
        Self::Upload,
        Self::RemoveFile,
        Self::Apply,
        Self::HandOver,
        Self::GiveUp,
        Self::Store,
        Self::Refuse,
        Self::Approve,
        Self::Reject,
        Self::Note,
        Self::Finish,
    ];
}

impl record::Action for Action {
    fn code(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Delete => "delete",
            Self::Upload => "upload",
            Self::RemoveFile => "remove_file",
            Self::Apply => "apply",
            Self::HandOver => "hand_over",
            Self::GiveUp => "give_up",
            Self::Store => "store",
            Self::Refuse => "refuse",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Note => "note",
            Self::Finish => "finish",
        }
    }
}

use Action::{
    Apply, Approve, Delete, Finish, GiveUp, HandOver, Note, Refuse, Reject, RemoveFile, Save, Store, Upload,
};
use By::{Centre, Customs, Enterprise};
use State::{Applied, Approved, CustomsReceived, ReceiveFailed, Rejected, Saved, SendFailed, SentToCustoms};

/// Section 11; the first save (AE-180) makes the record. `Centre` is the gateway here.
#[rustfmt::skip]
pub const LIFECYCLE: &[Step<State, Action>] = &[
    //   from             action      by          to
    step(Saved,           Save,       Enterprise, Saved),            // AE-181
    gone(Saved,           Delete,     Enterprise),                   // AE-182
    step(Saved,           Upload,     Enterprise, Saved),            // AE-183
    step(Saved,           RemoveFile, Enterprise, Saved),            // AE-183
    step(Saved,           Apply,      Enterprise, Applied),          // AE-184
    step(Applied,         HandOver,   Centre,     SentToCustoms),    // AE-185
    step(Applied,         GiveUp,     Centre,     SendFailed),       // AE-186
    step(SentToCustoms,   Store,      Centre,     CustomsReceived),  // AE-187
    step(SentToCustoms,   Refuse,     Centre,     ReceiveFailed),    // AE-188
    step(SendFailed,      Save,       Enterprise, Saved),            // AE-189, AE-115
    gone(SendFailed,      Delete,     Enterprise),                   // AE-182
    step(SendFailed,      Upload,     Enterprise, Saved),            // AE-183
    step(SendFailed,      RemoveFile, Enterprise, Saved),            // AE-183
    step(SendFailed,      Apply,      Enterprise, Applied),          // AE-190
    step(ReceiveFailed,   Save,       Enterprise, Saved),            // AE-189, AE-115
    gone(ReceiveFailed,   Delete,     Enterprise),                   // AE-182
    step(ReceiveFailed,   Upload,     Enterprise, Saved),            // AE-183
    step(ReceiveFailed,   RemoveFile, Enterprise, Saved),            // AE-183
    step(ReceiveFailed,   Apply,      Enterprise, Applied),          // AE-190
    step(CustomsReceived, Approve,    Customs,    Approved),         // AE-191
    step(CustomsReceived, Reject,     Customs,    Rejected),         // AE-192
    step(Approved,        Note,       Centre,     Approved),         // AE-193
    step(Approved,        Finish,     Centre,     Approved),         // AE-193, AE-167
    step(Rejected,        Note,       Centre,     Rejected),         // AE-193
    step(Rejected,        Finish,     Centre,     Rejected),         // AE-193, AE-167
];

/// Why nothing moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The chart, another version, or the store.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Another application has the number (AE-022, AE-063).
    #[error("another application has the number")]
    Taken,
}

impl From<StoreError> for MoveError {
    fn from(error: StoreError) -> Self {
        Self::Apply(error.into())
    }
}

/// Takes a step with all that belongs to it; none when the record is gone.
///
/// # Errors
/// [`MoveError`]; nothing has changed then once the transaction is dropped.
pub(super) async fn move_on(
    tx: &Tx,
    before: &Record,
    action: Action,
    cause: &Cause,
    change: impl FnOnce(&mut Record),
) -> Result<Option<Record>, MoveError> {
    let Some(after) = steps::apply(tx, before, action, cause, change).await? else {
        return Ok(None);
    };
    match after.head.status {
        Applied => {
            if !claim::take(tx, &after).await? {
                return Err(MoveError::Taken);
            }
            attachment::freeze(tx, after.number()).await?;
        }
        SendFailed | ReceiveFailed => {
            claim::give_free(tx, &after).await?;
            attachment::thaw(tx, after.number()).await?;
        }
        Rejected => claim::give_free(tx, &after).await?,
        Approved => claim::keep(tx, &after).await?,
        Saved | SentToCustoms | CustomsReceived => {}
    }
    Ok(Some(after))
}
