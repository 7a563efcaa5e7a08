//! What the rules are told: the enterprises, the ports with their calendars, the files, the register of declarations.
//! Promises: what another system must be asked is asked before the one writer is taken, and a system that does not answer refuses the act
//! (PO-338); the rest is read in the transaction that writes.

use std::collections::{BTreeMap, BTreeSet};

use protocols::contract::UtcMillis;
use sea_orm::ConnectionTrait;

use super::{
    draft::Draft,
    record::{Appointment, Party},
    rules::{Facts, Known, KnownPort},
    store,
};
use crate::{
    app::Central,
    declaration::{
        attachment::{self, Attachment},
        calendar, codes, formats, numbering,
        problem::Problem,
        reference::{DeclarationFacts, Standing},
    },
    identity::enterprise,
    store::StoreError,
};

/// 类别 of a file: supplementary documents, or the file of the explanation.
pub(super) const SUPPLEMENTARY: &str = "supplementary";
/// 情况说明.
pub(super) const EXPLANATION: &str = "explanation";

/// What customs thinks of the enterprises of an application now (AC-085).
pub(super) type Standings = BTreeMap<String, Standing>;

/// Asks for the standing of these enterprises; where the reference does not have one, the register's own holds.
pub(super) async fn standings(central: &Central, codes: [Option<&str>; 2]) -> Result<Standings, Problem> {
    let mut standings = Standings::new();
    for code in codes.into_iter().flatten().filter(|code| formats::is_customs_reg_no(code)) {
        if let Some(standing) = central.reference().standing(code).await? {
            standings.insert(code.to_owned(), standing);
        }
    }
    Ok(standings)
}

async fn known<C: ConnectionTrait>(
    conn: &C,
    customs_reg_no: &str,
    standings: &Standings,
) -> Result<Option<Known>, StoreError> {
    let Some(enterprise) = enterprise::by_customs_reg_no(conn, customs_reg_no).await? else {
        return Ok(None);
    };
    let own = Standing { credit: enterprise.credit, qualified: enterprise.qualified };
    let standing = standings.get(customs_reg_no).copied().unwrap_or(own);
    Ok(Some(Known {
        party: Party::of(&enterprise, customs_reg_no),
        credit: standing.credit,
        qualified: standing.qualified,
        breached: store::is_breached(conn, customs_reg_no).await?,
    }))
}

/// Everything that the rules of a draft ask for.
pub(super) async fn gather<C: ConnectionTrait>(
    conn: &C,
    draft: &Draft,
    declarant: &str,
    standings: &Standings,
    files: Vec<Attachment>,
    now: UtcMillis,
) -> Result<Facts, Problem> {
    let today = numbering::date_in_china(now);
    let mut ports = BTreeMap::new();
    for code in [&draft.declaration_port, &draft.entry_exit_port].into_iter().flatten() {
        if let Some(port) = codes::find(conn, "customs_office", code, &today).await? {
            let calendar = calendar::store::find(conn, code).await?.map(|kept| kept.calendar);
            ports.insert(code.clone(), KnownPort { name: port.name, calendar });
        }
    }
    let unnamed = draft.goods.iter().filter(|row| row.name.is_none()).filter_map(|row| row.hs_code.clone());
    let mut hs_names = BTreeMap::new();
    for code in unnamed.collect::<BTreeSet<_>>() {
        if let Some(goods) = codes::find(conn, "hs_code", &code, &today).await? {
            hs_names.insert(code, goods.name);
        }
    }
    let consignee = match draft.consignee.as_deref() {
        Some(code) => known(conn, code, standings).await?,
        None => None,
    };
    let declarant = known(conn, declarant, standings).await?.ok_or_else(Problem::no_permission)?;
    Ok(Facts { now, declarant, consignee, ports, hs_names, files })
}

/// The files of an application that are of this category.
pub(super) async fn files<C: ConnectionTrait>(
    conn: &C,
    number: &str,
    category: &str,
) -> Result<Vec<Attachment>, StoreError> {
    let mut files = attachment::of_record(conn, number).await?;
    files.retain(|file| file.category.as_deref() == Some(category));
    Ok(files)
}

/// What the register of declarations has of these numbers; those that are none are not asked for.
pub(super) async fn declarations(
    central: &Central,
    numbers: &[String],
) -> Result<BTreeMap<String, DeclarationFacts>, Problem> {
    let mut found = BTreeMap::new();
    for number in numbers.iter().filter(|number| formats::is_declaration_no(number)) {
        if let Some(facts) = central.reference().declaration(number).await? {
            found.insert(number.clone(), facts);
        }
    }
    Ok(found)
}

/// The declaration numbers of an application that are typed and not sent.
pub(super) fn typed_numbers(record: &Appointment) -> Vec<String> {
    super::feedback::typed(record).map(|row| row.declaration_no.to_string()).collect()
}
