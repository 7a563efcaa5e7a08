//! Asking customs about a number: AE-036, AE-042, AE-057.
//! Promises: asked before the one writer is taken, judged within it; a number that has not its form is not asked for.

use super::{
    record::DocType,
    rules::{Facts, Known},
};
use crate::{
    app::Central,
    declaration::{formats, reference::Unreachable},
};

/// What customs says of this number.
///
/// # Errors
/// [`Unreachable`] (PO-338).
pub(super) async fn ask(
    central: &Central,
    kind: DocType,
    number: Option<&str>,
) -> Result<Known, Unreachable> {
    let reference = central.reference();
    let facts: Option<Facts> = match (kind, number) {
        (DocType::Declaration, Some(number)) if formats::is_declaration_no(number) => {
            reference.declaration(number).await?.map(Into::into)
        }
        (DocType::NonDeclaration, Some(number)) if formats::is_bill_no(number) => {
            reference.bill(number).await?.map(Into::into)
        }
        (DocType::Declaration | DocType::NonDeclaration, _) => return Ok(Known::NotAsked),
    };
    Ok(facts.map_or(Known::Nothing, Known::Facts))
}
