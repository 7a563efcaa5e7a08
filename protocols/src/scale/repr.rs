//! 示值含义: what one frame says, whatever its format.
//! Promises: `None` where the wire does not tell; a state that is no weight (overload, blank digits, tare, error) is never
//! a number; a value in motion is a number that says so.
//! Absent: whether a weight may be used (`weighing`).

use super::quantity::Quantity;
use crate::contract::Kg;
use crate::talk::NoWeight;

/// 毛重、净重、皮重: which of the three a display shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All that stands on the platform.
    Gross,
    /// Without the tare.
    Net,
    /// What is taken off.
    Tare,
}

/// 示值: what an indicator shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indication {
    /// The digits, or why there are none.
    pub value: Result<Quantity, NoWeight>,
    /// Whether the wire says that the platform is at rest.
    pub stable: Option<bool>,
    /// What is shown, where the wire tells.
    pub kind: Option<Kind>,
    /// The tare beside it, where the wire tells.
    pub tare: Option<Quantity>,
}

impl Indication {
    /// A value with nothing told beside it.
    #[must_use]
    pub const fn of(value: Result<Quantity, NoWeight>) -> Self {
        Self { value, stable: None, kind: None, tare: None }
    }

    /// The weight as a record holds it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn kg(&self) -> Result<Kg, NoWeight> {
        match self.kind {
            Some(Kind::Tare) => Err(NoWeight::Tare),
            Some(Kind::Gross | Kind::Net) | None => self.value?.kg(),
        }
    }

    /// True for net, false for gross, `None` where the wire does not tell.
    #[must_use]
    pub fn net(&self) -> Option<bool> {
        self.kind.map(|kind| kind == Kind::Net)
    }
}
