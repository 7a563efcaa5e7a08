//! 申请状态: the state chart of section 14.2, and how an act becomes the step that this application takes.
//! Promises: buttons and checks ask the same table and the same guards (AC-214); what a refusal by customs leads to depends on the time for
//! feedback, and is decided here, in one place (AC-208, AC-225, AC-226).
//! Source: spec AC-147, AC-184..AC-214, AC-225, AC-226; decision 0046.

use protocols::contract::UtcMillis;
use serde::{Deserialize, Serialize};

use super::record::{Answer, Appointment};
use crate::declaration::{
    lifecycle::{By, Step, gone, step},
    record,
};

/// 申请状态.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// 暂存 (AC-184).
    Draft,
    /// 申报: not yet accepted by customs (AC-185).
    Submitted,
    /// 已受理 (AC-186).
    Accepted,
    /// 预约成功 (AC-187).
    Booked,
    /// 退单 (AC-188).
    Rejected,
    /// 已取消 (AC-189).
    Cancelled,
    /// 通关完成 (AC-190).
    Cleared,
    /// I-通关完成未反馈 (AC-191).
    ClearedNoFeedback,
}

impl State {
    /// Every status, in the order of section 14.1.
    pub const ALL: &'static [Self] = &[
        Self::Draft,
        Self::Submitted,
        Self::Accepted,
        Self::Booked,
        Self::Rejected,
        Self::Cancelled,
        Self::Cleared,
        Self::ClearedNoFeedback,
    ];

    /// The status of this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| record::Status::code(*state) == code)
    }
}

impl record::Status for State {
    fn code(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Submitted => "SUBMITTED",
            Self::Accepted => "ACCEPTED",
            Self::Booked => "BOOKED",
            Self::Rejected => "REJECTED",
            Self::Cancelled => "CANCELLED",
            Self::Cleared => "CLEARED",
            Self::ClearedNoFeedback => "CLEARED_NO_FEEDBACK",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Draft => "暂存",
            Self::Submitted => "申报",
            Self::Accepted => "已受理",
            Self::Booked => "预约成功",
            Self::Rejected => "退单",
            Self::Cancelled => "已取消",
            Self::Cleared => "通关完成",
            Self::ClearedNoFeedback => "I-通关完成未反馈",
        }
    }

    fn label_en(self) -> &'static str {
        match self {
            Self::Draft => "saved",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted for handling",
            Self::Booked => "booked",
            Self::Rejected => "returned",
            Self::Cancelled => "cancelled",
            Self::Cleared => "cleared",
            Self::ClearedNoFeedback => "cleared without feedback",
        }
    }
}

/// What can be done to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// 暂存.
    Save,
    /// 提交, 预约申报 (AC-123).
    Submit,
    /// 删除.
    Delete,
    /// 取消预约.
    Cancel,
    /// 新增 of declaration numbers: they are typed, not sent.
    EnterFeedback,
    /// 提交 of declaration numbers.
    Feedback,
    /// 情况说明, typed or with its file, not sent.
    EnterExplanation,
    /// 预约申报 of the explanation.
    Explain,
    /// Accepted for handling.
    Accept,
    /// 审批通过.
    Approve,
    /// 退单.
    Return,
    /// The cancellation holds.
    ConfirmCancellation,
    /// The cancellation is refused.
    RefuseCancellation,
    /// The same, when the time for feedback is over.
    RefuseCancellationLate,
    /// The declaration numbers agree.
    AcceptFeedback,
    /// They do not.
    RefuseFeedback,
    /// The same, when the time for feedback is over.
    RefuseFeedbackLate,
    /// The explanation suffices.
    AcceptExplanation,
    /// It does not.
    RefuseExplanation,
    /// The same, when the time for feedback is over.
    RefuseExplanationLate,
    /// 解除: the block of new applications is lifted (AC-209).
    Lift,
    /// The time for feedback is over.
    EndWindow,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Self] = &[
        Self::Save,
        Self::Submit,
        Self::Delete,
        Self::Cancel,
        Self::EnterFeedback,
        Self::Feedback,
        Self::EnterExplanation,
        Self::Explain,
        Self::Accept,
        Self::Approve,
        Self::Return,
        Self::ConfirmCancellation,
        Self::RefuseCancellation,
        Self::RefuseCancellationLate,
        Self::AcceptFeedback,
        Self::RefuseFeedback,
        Self::RefuseFeedbackLate,
        Self::AcceptExplanation,
        Self::RefuseExplanation,
        Self::RefuseExplanationLate,
        Self::Lift,
        Self::EndWindow,
    ];

    /// What a customs message with this code asks for; the record refines a refusal.
    #[must_use]
    pub fn of_receipt(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.receipt_code() == Some(code))
    }

    /// What customs answers with it; none when it is no answer.
    #[must_use]
    pub const fn answers(self) -> Option<Self> {
        match self {
            Self::Accept | Self::Approve | Self::Return => Some(Self::Submit),
            Self::ConfirmCancellation | Self::RefuseCancellation | Self::RefuseCancellationLate => {
                Some(Self::Cancel)
            }
            Self::AcceptFeedback | Self::RefuseFeedback | Self::RefuseFeedbackLate => Some(Self::Feedback),
            Self::AcceptExplanation | Self::RefuseExplanation | Self::RefuseExplanationLate => {
                Some(Self::Explain)
            }
            Self::Save
            | Self::Submit
            | Self::Delete
            | Self::Cancel
            | Self::EnterFeedback
            | Self::Feedback
            | Self::EnterExplanation
            | Self::Explain
            | Self::Lift
            | Self::EndWindow => None,
        }
    }

    /// The code of the customs message that brings it (AC-006); lifting is an officer's act only (AC-209).
    #[must_use]
    pub const fn receipt_code(self) -> Option<&'static str> {
        match self {
            Self::Accept => Some("ACCEPTED"),
            Self::Approve => Some("APPROVED"),
            Self::Return => Some("RETURNED"),
            Self::ConfirmCancellation => Some("CANCELLED"),
            Self::RefuseCancellation | Self::RefuseCancellationLate => Some("CANCELLATION_REFUSED"),
            Self::AcceptFeedback => Some("FEEDBACK_ACCEPTED"),
            Self::RefuseFeedback | Self::RefuseFeedbackLate => Some("FEEDBACK_REFUSED"),
            Self::AcceptExplanation => Some("EXPLANATION_ACCEPTED"),
            Self::RefuseExplanation | Self::RefuseExplanationLate => Some("EXPLANATION_REFUSED"),
            Self::Save
            | Self::Submit
            | Self::Delete
            | Self::Cancel
            | Self::EnterFeedback
            | Self::Feedback
            | Self::EnterExplanation
            | Self::Explain
            | Self::Lift
            | Self::EndWindow => None,
        }
    }
}

impl record::Action for Action {
    fn code(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Submit => "submit",
            Self::Delete => "delete",
            Self::Cancel => "cancel",
            Self::EnterFeedback => "enter-feedback",
            Self::Feedback => "feedback",
            Self::EnterExplanation => "enter-explanation",
            Self::Explain => "explanation",
            Self::Accept => "accept",
            Self::Approve => "approve",
            Self::Return => "return",
            Self::ConfirmCancellation => "confirm-cancellation",
            Self::RefuseCancellation | Self::RefuseCancellationLate => "refuse-cancellation",
            Self::AcceptFeedback => "accept-feedback",
            Self::RefuseFeedback | Self::RefuseFeedbackLate => "refuse-feedback",
            Self::AcceptExplanation => "accept-explanation",
            Self::RefuseExplanation | Self::RefuseExplanationLate => "refuse-explanation",
            Self::Lift => "lift",
            Self::EndWindow => "end-window",
        }
    }
}

use Action::{
    Accept, AcceptExplanation, AcceptFeedback, Approve, Cancel, ConfirmCancellation, Delete, EndWindow,
    EnterExplanation, EnterFeedback, Explain, Feedback, Lift, RefuseCancellation, RefuseCancellationLate,
    RefuseExplanation, RefuseExplanationLate, RefuseFeedback, RefuseFeedbackLate, Return, Save, Submit,
};
use By::{Centre, Customs, Enterprise};
use State::{Accepted, Booked, Cancelled, Cleared, ClearedNoFeedback, Draft, Rejected, Submitted};

/// The state chart. A first save makes the record and therefore has no row.
#[rustfmt::skip]
pub const LIFECYCLE: &[Step<State, Action>] = &[
    //   from               action                  by          to
    step(Draft,             Save,                   Enterprise, Draft),              // AC-195
    step(Draft,             Submit,                 Enterprise, Submitted),          // AC-196
    gone(Draft,             Delete,                 Enterprise),                     // AC-197
    step(Submitted,         Accept,                 Customs,    Accepted),           // AC-198
    step(Accepted,          Approve,                Customs,    Booked),             // AC-199
    step(Submitted,         Approve,                Customs,    Booked),             // AC-200
    step(Submitted,         Return,                 Customs,    Rejected),           // AC-201
    step(Accepted,          Return,                 Customs,    Rejected),           // AC-201
    step(Accepted,          Cancel,                 Enterprise, Accepted),           // AC-147
    step(Booked,            Cancel,                 Enterprise, Booked),             // AC-147
    step(Accepted,          ConfirmCancellation,    Customs,    Cancelled),          // AC-202, AC-203
    step(Booked,            ConfirmCancellation,    Customs,    Cancelled),          // AC-202, AC-203
    step(Accepted,          RefuseCancellation,     Customs,    Accepted),           // AC-226
    step(Booked,            RefuseCancellation,     Customs,    Booked),             // AC-226
    step(Booked,            RefuseCancellationLate, Customs,    ClearedNoFeedback),  // AC-226
    step(Booked,            EnterFeedback,          Enterprise, Booked),             // AC-125
    step(Cleared,           EnterFeedback,          Enterprise, Cleared),            // AC-141
    step(Booked,            Feedback,               Enterprise, Booked),             // AC-204
    step(Cleared,           Feedback,               Enterprise, Cleared),            // AC-205
    step(Booked,            AcceptFeedback,         Customs,    Cleared),            // AC-204
    step(Booked,            RefuseFeedback,         Customs,    Booked),             // AC-225
    step(Booked,            RefuseFeedbackLate,     Customs,    ClearedNoFeedback),  // AC-225
    step(Cleared,           AcceptFeedback,         Customs,    Cleared),            // AC-205
    step(Cleared,           RefuseFeedback,         Customs,    Cleared),            // AC-205
    step(Booked,            EnterExplanation,       Enterprise, Booked),             // AC-151
    step(ClearedNoFeedback, EnterExplanation,       Enterprise, ClearedNoFeedback),  // AC-151
    step(Booked,            Explain,                Enterprise, Booked),             // AC-156
    step(ClearedNoFeedback, Explain,                Enterprise, ClearedNoFeedback),  // AC-156
    step(Booked,            AcceptExplanation,      Customs,    Cleared),            // AC-207
    step(ClearedNoFeedback, AcceptExplanation,      Customs,    Cleared),            // AC-207
    step(Booked,            RefuseExplanation,      Customs,    Booked),             // AC-208
    step(Booked,            RefuseExplanationLate,  Customs,    ClearedNoFeedback),  // AC-208
    step(ClearedNoFeedback, RefuseExplanation,      Customs,    ClearedNoFeedback),  // AC-159
    step(ClearedNoFeedback, Lift,                   Customs,    Cleared),            // AC-209
    step(Booked,            EndWindow,              Centre,     ClearedNoFeedback),  // AC-206
];

/// The action as this application takes it now: customs answers only what waits for its answer, and a refusal ends the appointment when
/// the time for feedback is over and nothing else is with customs. None where there is nothing to do.
#[must_use]
pub fn refined(record: &Appointment, action: Action, now: UtcMillis) -> Option<Action> {
    let status = record.head.status;
    // What customs answers with this action does not wait any more; does anything else?
    let late = |answered: &[bool]| {
        status == Booked && record.window_ended(now) && !answered.iter().any(|waits| *waits)
    };
    let (cancellation, feedback, explanation) =
        (record.cancellation.is_some(), record.feedback_waits(), record.explanation_waits());
    let pick = |waits: bool, others: &[bool], early: Action, ended: Action| {
        waits.then(|| if late(others) { ended } else { early })
    };
    match action {
        ConfirmCancellation => cancellation.then_some(action),
        RefuseCancellation | RefuseCancellationLate => {
            pick(cancellation, &[feedback, explanation], RefuseCancellation, RefuseCancellationLate)
        }
        AcceptFeedback => feedback.then_some(action),
        RefuseFeedback | RefuseFeedbackLate => {
            pick(feedback, &[cancellation, explanation], RefuseFeedback, RefuseFeedbackLate)
        }
        AcceptExplanation => explanation.then_some(action),
        RefuseExplanation | RefuseExplanationLate => {
            pick(explanation, &[cancellation, feedback], RefuseExplanation, RefuseExplanationLate)
        }
        EndWindow => (record.window_ended(now) && !record.waits()).then_some(action),
        Save | Submit | Delete | Cancel | EnterFeedback | Feedback | EnterExplanation | Explain | Accept
        | Approve | Return | Lift => Some(action),
    }
}

/// What an act of customs or of the clock makes of the record, besides its status. An approval's number is the caller's.
pub fn effect(record: &mut Appointment, action: Action) {
    match action {
        Return | ConfirmCancellation | RefuseCancellation | RefuseCancellationLate => {
            record.cancellation = None
        }
        AcceptFeedback => {
            answer_feedback(record, Answer::Accepted);
            if record.head.status == Booked {
                answer_explanation(record, Answer::SetAside);
            }
        }
        RefuseFeedback | RefuseFeedbackLate => answer_feedback(record, Answer::Refused),
        AcceptExplanation => answer_explanation(record, Answer::Accepted),
        RefuseExplanation | RefuseExplanationLate => answer_explanation(record, Answer::Refused),
        Save | Submit | Delete | Cancel | EnterFeedback | Feedback | EnterExplanation | Explain | Accept
        | Approve | Lift | EndWindow => {}
    }
}

fn answer_feedback(record: &mut Appointment, answer: Answer) {
    record.feedback.iter_mut().filter(|row| row.waits()).for_each(|row| row.answer = Some(answer));
}

fn answer_explanation(record: &mut Appointment, answer: Answer) {
    if let Some(explanation) = record.explanation.as_mut().filter(|explanation| explanation.waits()) {
        explanation.answer = Some(answer);
    }
}
