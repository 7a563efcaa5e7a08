//! 状态转换: a manual's state chart as a table, and the questions asked of it.
//! Promises: a pair that the table does not have is refused (SG-190, PO-337); buttons and checks ask the same table (SG-150).
//! Absent on purpose: writing. A manual's `lifecycle::apply` moves its row, and nothing else does.

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The declaring enterprise.
    Enterprise,
    /// Customs: an officer or a customs message.
    Customs,
    /// The centre itself.
    Centre,
}

/// One row of a state chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<S, A> {
    /// In which state.
    pub from: S,
    /// What is done.
    pub action: A,
    /// By whom.
    pub by: By,
    /// The state afterwards; none when the record is deleted.
    pub to: Option<S>,
}

/// A row that leads to a state.
pub const fn step<S, A>(from: S, action: A, by: By, to: S) -> Step<S, A> {
    Step { from, action, by, to: Some(to) }
}

/// A row that deletes the record.
pub const fn gone<S, A>(from: S, action: A, by: By) -> Step<S, A> {
    Step { from, action, by, to: None }
}

/// The row for this pair, if the chart has one.
#[must_use]
pub fn find<S: Copy + PartialEq, A: Copy + PartialEq>(
    table: &[Step<S, A>],
    from: S,
    action: A,
) -> Option<Step<S, A>> {
    table.iter().copied().find(|row| row.from == from && row.action == action)
}

/// What this side may do in this state, in the order of the table.
pub fn offered<S: Copy + PartialEq, A: Copy + PartialEq>(
    table: &[Step<S, A>],
    from: S,
    by: By,
) -> impl Iterator<Item = A> {
    table.iter().filter(move |row| row.from == from && row.by == by).map(|row| row.action)
}
