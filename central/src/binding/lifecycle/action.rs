//! 操作: what can be done to a record, other than by a gate, and the receipt codes of it.
//! Source: spec SG-165, SG-166..SG-189; SG-268.

/// What can be done to a record, other than by a gate. Where the record decides which of several it is (`chart::guard`), they share a
/// code: to people it is one act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// 暂存.
    Save,
    /// 申报.
    Declare,
    /// 删除.
    Delete,
    /// 删除 of an open version: the approved one stands as before (SG-196).
    GiveUp,
    /// The same, where the approved one was `UNLOCKED`.
    GiveUpUnlocked,
    /// 变更, with its first 暂存.
    Change,
    /// 删单, with its 申报.
    DeleteOrder,
    /// Delivered to the intranet.
    Deliver,
    /// Not delivered.
    FailDelivery,
    /// 海关审核通过, receipt 10.
    Approve,
    /// Receipt 10 for a delete order.
    ApproveDeletion,
    /// 退单, receipt 20.
    Return,
    /// Receipt 20 for a delete order.
    ReturnDeletion,
    /// 办结 by customs, receipt 40.
    Finish,
    /// 海关布控, receipt 41.
    Hold,
    /// In use at a lane of customs' own, receipt 41 of an office that says so (decision 0053).
    Use,
    /// The hold is lifted, receipt 42; the vehicle is outside.
    Lift,
    /// The hold is lifted, receipt 42; the vehicle is in a lane or on site.
    LiftOnSite,
    /// The hold is lifted, receipt 42; the closing passage has taken place under it.
    LiftPassed,
    /// The hold is lifted, receipt 42; the vehicle is outside, and customs had taken its approval back.
    LiftWithdrawn,
    /// 人工办结, receipt 43.
    Close,
    /// 口岸离场, receipt 50.
    LeavePort,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Self] = &[
        Self::Save,
        Self::Declare,
        Self::Delete,
        Self::GiveUp,
        Self::GiveUpUnlocked,
        Self::Change,
        Self::DeleteOrder,
        Self::Deliver,
        Self::FailDelivery,
        Self::Approve,
        Self::ApproveDeletion,
        Self::Return,
        Self::ReturnDeletion,
        Self::Finish,
        Self::Hold,
        Self::Use,
        Self::Lift,
        Self::LiftOnSite,
        Self::LiftPassed,
        Self::LiftWithdrawn,
        Self::Close,
        Self::LeavePort,
    ];

    /// What an officer can do at the desk.
    pub const OF_OFFICERS: &'static [Self] =
        &[Self::Approve, Self::Return, Self::Finish, Self::Hold, Self::Lift, Self::Close, Self::LeavePort];

    /// Its name in receipts, in `actions` and in paths.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Declare => "declare",
            Self::Delete | Self::GiveUp | Self::GiveUpUnlocked => "delete",
            Self::Change => "change",
            Self::DeleteOrder => "delete-order",
            Self::Deliver => "deliver",
            Self::FailDelivery => "fail_delivery",
            Self::Approve | Self::ApproveDeletion => "approve",
            Self::Return | Self::ReturnDeletion => "return",
            Self::Finish => "finish",
            Self::Hold => "hold",
            Self::Use => "use",
            Self::Lift | Self::LiftOnSite | Self::LiftPassed | Self::LiftWithdrawn => "lift",
            Self::Close => "close",
            Self::LeavePort => "left-port",
        }
    }

    /// The receipt code that a customs message uses (SG-165).
    #[must_use]
    pub const fn receipt_code(self) -> Option<&'static str> {
        match self {
            Self::Approve | Self::ApproveDeletion => Some("10"),
            Self::Return | Self::ReturnDeletion => Some("20"),
            Self::Finish => Some("40"),
            Self::Hold | Self::Use => Some("41"),
            Self::Lift | Self::LiftOnSite | Self::LiftPassed | Self::LiftWithdrawn => Some("42"),
            Self::Close => Some("43"),
            Self::LeavePort => Some("50"),
            Self::Save
            | Self::Declare
            | Self::Delete
            | Self::GiveUp
            | Self::GiveUpUnlocked
            | Self::Change
            | Self::DeleteOrder
            | Self::Deliver
            | Self::FailDelivery => None,
        }
    }

    /// What a customs message with this code asks for; the record says which of several it is.
    #[must_use]
    pub fn of_receipt(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.receipt_code() == Some(code))
    }

    /// The officer's act of this name.
    #[must_use]
    pub fn of_officer(act: &str) -> Option<Self> {
        Self::OF_OFFICERS.iter().copied().find(|action| action.code() == act)
    }
}
