//! 单证状态: the state chart of section 11.2, and what a step makes of a record.
//! Promises: pure; a pair that the chart does not have is refused (SG-190); what of several an act is, only the record decides.
//! Source: spec SG-167..SG-189, SG-191..SG-198, SG-268.

use protocols::{
    contract::UtcMillis,
    rules::{CloseReason, TripStatus},
};

use super::{
    super::record::{ChangeKind, Hold, Record},
    Action,
    Action::{
        Approve, ApproveDeletion, Change, Close, Declare, Delete, DeleteOrder, Deliver, FailDelivery, Finish,
        GiveUp, GiveUpUnlocked, LeavePort, Lift, LiftOnSite, LiftPassed, LiftWithdrawn, Return,
        ReturnDeletion, Save, Use,
    },
};
use crate::declaration::lifecycle::{
    By::{self, Centre, Customs, Enterprise},
    Cause, OutOfPlace, Step, find, gone, offered, step,
};
use TripStatus::{
    Closed, CustomsApproved, Declared, LeftPort, Locked, ManuallyClosed, Rejected, Saved, SendFailed, Sent,
    Unlocked,
};

/// The state chart. A first save makes the record and therefore has no row.
#[rustfmt::skip]
pub const LIFECYCLE: &[Step<TripStatus, Action>] = &[
    //   from             action           by          to
    step(Saved,           Save,            Enterprise, Saved),            // SG-168
    step(SendFailed,      Save,            Enterprise, Saved),            // SG-173
    step(Rejected,        Save,            Enterprise, Saved),            // SG-173
    step(CustomsApproved, Change,          Enterprise, Saved),            // SG-178
    step(Unlocked,        Change,          Enterprise, Saved),            // SG-178
    step(CustomsApproved, DeleteOrder,     Enterprise, Declared),         // SG-179
    step(Saved,           Declare,         Enterprise, Declared),         // SG-169
    step(SendFailed,      Declare,         Enterprise, Declared),         // SG-172
    gone(Saved,           Delete,          Enterprise),                   // SG-177
    gone(SendFailed,      Delete,          Enterprise),                   // SG-177
    gone(Rejected,        Delete,          Enterprise),                   // SG-177
    step(Saved,           GiveUp,          Enterprise, CustomsApproved),  // SG-196
    step(SendFailed,      GiveUp,          Enterprise, CustomsApproved),  // SG-196, SG-172
    step(Rejected,        GiveUp,          Enterprise, CustomsApproved),  // SG-196
    step(Saved,           GiveUpUnlocked,  Enterprise, Unlocked),         // SG-196
    step(SendFailed,      GiveUpUnlocked,  Enterprise, Unlocked),         // SG-196
    step(Rejected,        GiveUpUnlocked,  Enterprise, Unlocked),         // SG-196
    step(Declared,        Deliver,         Centre,     Sent),             // SG-170
    step(Declared,        FailDelivery,    Centre,     SendFailed),       // SG-171
    step(Sent,            Approve,         Customs,    CustomsApproved),  // SG-174
    step(Sent,            ApproveDeletion, Customs,    Closed),           // SG-180
    step(Sent,            Return,          Customs,    Rejected),         // SG-175
    step(Sent,            ReturnDeletion,  Customs,    CustomsApproved),  // SG-181
    step(CustomsApproved, Return,          Customs,    Rejected),         // SG-176
    step(Unlocked,        Return,          Customs,    Rejected),         // SG-176
    step(CustomsApproved, Action::Hold,    Customs,    Locked),           // SG-183
    step(Unlocked,        Action::Hold,    Customs,    Locked),           // SG-183
    step(Locked,          Action::Hold,    Customs,    Locked),           // SG-183
    step(Saved,           Action::Hold,    Customs,    Locked),           // SG-183, SG-197
    step(Declared,        Action::Hold,    Customs,    Locked),           // SG-183, SG-197
    step(Sent,            Action::Hold,    Customs,    Locked),           // SG-183, SG-197
    step(SendFailed,      Action::Hold,    Customs,    Locked),           // SG-183, SG-197
    step(Rejected,        Action::Hold,    Customs,    Locked),           // SG-183, SG-197
    step(CustomsApproved, Use,             Centre,     Locked),           // SG-182
    step(Unlocked,        Use,             Centre,     Locked),           // SG-182
    step(Saved,           Use,             Centre,     Locked),           // SG-182, SG-197
    step(Declared,        Use,             Centre,     Locked),           // SG-182, SG-197
    step(Sent,            Use,             Centre,     Locked),           // SG-182, SG-197
    step(SendFailed,      Use,             Centre,     Locked),           // SG-182, SG-197
    step(Rejected,        Use,             Centre,     Locked),           // SG-182, SG-197
    step(Locked,          Lift,            Customs,    Unlocked),         // SG-185
    step(Locked,          LiftOnSite,      Customs,    Locked),           // SG-185
    step(Locked,          LiftPassed,      Customs,    Closed),           // SG-185, SG-244
    step(Locked,          LiftWithdrawn,   Customs,    Rejected),         // SG-185, SG-176
    step(CustomsApproved, Finish,          Customs,    Closed),           // SG-268
    step(Unlocked,        Finish,          Customs,    Closed),           // SG-268
    step(Locked,          Finish,          Customs,    Closed),           // SG-268
    step(CustomsApproved, Close,           Customs,    ManuallyClosed),   // SG-187
    step(Unlocked,        Close,           Customs,    ManuallyClosed),   // SG-187
    step(Locked,          Close,           Customs,    ManuallyClosed),   // SG-187
    step(Closed,          LeavePort,       Customs,    LeftPort),         // SG-188
    step(ManuallyClosed,  LeavePort,       Customs,    LeftPort),         // SG-188
];

/// What may be done to this record by this side, in the order of the chart (SG-150).
#[must_use]
pub fn actions(record: &Record, by: By) -> Vec<&'static str> {
    let possible = |action: &Action| guard(record, *action).is_some();
    let mut names: Vec<_> =
        offered(LIFECYCLE, record.status, by).filter(possible).map(Action::code).collect();
    names.dedup();
    names
}

/// The action as this record takes it; none when its place in the chart is not its own.
pub(in super::super) fn guard(record: &Record, action: Action) -> Option<Action> {
    let of_deletion = record.change_kind == ChangeKind::Delete;
    match action {
        // SG-172: a delete order has no content to correct.
        Save if of_deletion => None,
        // SG-196: an approval outlives the version over it.
        Delete | GiveUp | GiveUpUnlocked => Some(match (&record.effective, record.before_change) {
            (None, _) => Delete,
            (Some(_), Some(Unlocked)) => GiveUpUnlocked,
            (Some(_), _) => GiveUp,
        }),
        Change | DeleteOrder => record.effective.is_some().then_some(action),
        Approve | ApproveDeletion => Some(if of_deletion { ApproveDeletion } else { Approve }),
        Return | ReturnDeletion => Some(if of_deletion { ReturnDeletion } else { Return }),
        // SG-183, SG-182: what was never approved cannot be used, and need not be held; a second hold changes nothing.
        Action::Hold | Use if record.status.is_open_version() => record.effective.is_some().then_some(action),
        Action::Hold if matches!(record.hold, Some(Hold::Customs { .. })) => None,
        Lift | LiftOnSite | LiftPassed | LiftWithdrawn => lifted(record),
        // SG-188: a trip closed by a delete order never had a vehicle.
        LeavePort if record.close_reason == Some(CloseReason::DeleteOrder) => None,
        Save | Declare | Deliver | FailDelivery | Finish | Action::Hold | Use | Close | LeavePort => {
            Some(action)
        }
    }
}

/// SG-185: only what customs holds is lifted by customs, and what comes after it is what happened under it.
fn lifted(record: &Record) -> Option<Action> {
    let over = match record.hold.as_ref()? {
        Hold::Customs { over, .. } => over.is_some(),
        lane if lane.is_of_customs_lane() => false,
        Hold::Gate { .. } => return None,
    };
    Some(match (record.closing_passed, over, &record.effective) {
        (true, _, _) => LiftPassed,
        (false, true, _) => LiftOnSite,
        (false, false, Some(_)) => Lift,
        // Nothing leads out of `UNLOCKED` without an approval; the enterprise corrects and declares again.
        (false, false, None) => LiftWithdrawn,
    })
}

/// 状态图: a chart with the guard that goes with it.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Chart<'a> {
    /// The rows.
    pub(in super::super) table: &'a [Step<TripStatus, Action>],
    /// Which of several an act is for a record.
    pub(in super::super) guard: fn(&Record, Action) -> Option<Action>,
}

/// The manual's.
pub(in super::super) const CHART: Chart<'static> = Chart { table: LIFECYCLE, guard };

/// What the step makes of the record; none when it is deleted. Pure.
///
/// # Errors
/// [`OutOfPlace`] when the chart has no such step.
pub fn moved(
    before: &Record,
    action: Action,
    cause: &Cause,
    now: UtcMillis,
) -> Result<Option<Record>, OutOfPlace> {
    moved_in(CHART, before, action, cause, now)
}

/// The same in another chart.
pub(in super::super) fn moved_in(
    chart: Chart<'_>,
    before: &Record,
    action: Action,
    cause: &Cause,
    now: UtcMillis,
) -> Result<Option<Record>, OutOfPlace> {
    let refused = OutOfPlace { status: before.status.code(), action: action.code() };
    let action = (chart.guard)(before, action).ok_or(refused)?;
    let Some(to) = find(chart.table, before.status, action).ok_or(refused)?.to else { return Ok(None) };
    let mut record = before.clone();
    record.status = to;
    if to != before.status {
        record.status_since = now;
    }
    record.answered |= action.receipt_code().is_some();
    match action {
        Change => record.open_version(ChangeKind::Change, before.status),
        DeleteOrder => record.open_version(ChangeKind::Delete, before.status),
        GiveUp | GiveUpUnlocked | ReturnDeletion => record.end_open_version(),
        Approve => {
            record.effective = Some(record.body.clone());
            record.effective_version_no = Some(record.version_no);
            record.approved_at = Some(now);
            record.before_change = None;
        }
        ApproveDeletion => {
            withdraw(&mut record);
            record.close_reason = Some(CloseReason::DeleteOrder);
        }
        // SG-176; of a version that was sent (SG-175) the one approved before it stays.
        Return if !before.status.is_open_version() => withdraw(&mut record),
        Action::Hold => {
            end_under(&mut record, before);
            let (officer, reason) =
                (cause.actor.name.clone().into(), cause.text.clone().unwrap_or_default().into());
            record.hold =
                Some(Hold::Customs { officer, reason, since: now, over: record.hold.take().map(Box::new) });
        }
        Use => {
            end_under(&mut record, before);
            record.hold = Hold::of_customs_lane(now);
        }
        LiftOnSite => {
            record.hold = match record.hold.take() {
                Some(Hold::Customs { over, .. }) => over.map(|over| *over),
                other => other,
            };
        }
        Lift | LiftPassed | LiftWithdrawn | Finish | Close => record.hold = None,
        Save | Declare | Delete | Deliver | FailDelivery | Return | LeavePort => {}
    }
    if record.status != TripStatus::Locked {
        record.claims.clear();
    }
    Ok(Some(record))
}

/// The approval is gone, with the version that has it.
fn withdraw(record: &mut Record) {
    record.effective = None;
    record.effective_version_no = None;
    record.before_change = None;
}

/// SG-197: a lock ends the version that was open under it.
fn end_under(record: &mut Record, before: &Record) {
    if before.has_open_version() {
        record.end_open_version();
    }
}
