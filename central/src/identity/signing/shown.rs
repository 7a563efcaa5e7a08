//! 电子签名 as people read it: what was signed about a record, by whom, and whether it still holds.
//! Promises: whoever may see a record sees of its signatures what is theirs to see: an enterprise those of its own people, customs all of them; a
//! statement that names other records as well is shown to who signed it, since who sees one record need not see another.
//! Absent on purpose: who may see the record; its manual has judged that before it asks here.
//! Source: spec PO-049, PO-099.

use protocols::{
    base64::Alphabet::Standard,
    contract::UtcMillis,
    ikey::{Certificate, Holder},
};
use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::evidence::{self, Evidence, Finding};
use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::{Person, Standing},
    store::{StoreError, all, column},
};

/// Of one record.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"items": [
    {"id": "01999", "at": "2025-10-13T00:41:17.000Z", "actor": "wang", "action": "declare", "version": 3, "card_no": "8950000004821",
     "holder": "王强", "enterprise": "满洲里草原煤业有限公司", "alg": "SM2-SM3", "others": 0, "statement": "{\"action\":\"declare\"}",
     "certificate": "MIIB", "value": "MEUC"}]}))]
pub struct Signatures {
    items: Vec<Shown>,
}

/// One signature, and what it was given for.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Shown {
    id: String,
    #[schema(value_type = String)]
    at: UtcMillis,
    /// The user name of who signed.
    actor: String,
    /// What was done to the record.
    action: String,
    /// The version that was seen then.
    version: i64,
    card_no: String,
    /// As the certificate names them; none where it cannot be read.
    holder: Option<String>,
    /// Of the holder.
    enterprise: Option<String>,
    /// `SM2-SM3` or `ES256`.
    alg: String,
    /// Records that the same signature covers besides.
    others: usize,
    /// The very text that was signed; none where it names records that are not shown here.
    statement: Option<String>,
    /// DER in Base64, beside the statement: what anybody needs to judge it for themselves.
    certificate: Option<String>,
    /// DER in Base64.
    value: Option<String>,
}

/// A signature, judged anew.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Verification {
    id: String,
    /// When it was judged.
    #[schema(value_type = String)]
    verified_at: UtcMillis,
    /// Everything holds.
    holds: bool,
    findings: Vec<Finding>,
}

struct Kept {
    id: String,
    action: String,
    version: i64,
    others: usize,
    evidence: Evidence,
    holder: Option<Holder>,
}

impl Kept {
    /// Whether it is this person's to see (PO-049).
    fn is_for(&self, person: &Person) -> bool {
        match &person.standing {
            Standing::Declarant(declarant) => {
                let uscc = self.holder.as_ref().and_then(|holder| holder.uscc.as_deref());
                uscc == Some(declarant.uscc.as_str())
            }
            Standing::Officer(_) | Standing::Headquarters => true,
            _ => false,
        }
    }

    /// Whether its statement names nothing that is not this person's to see.
    fn is_whole_for(&self, person: &Person) -> bool {
        let is_own = person.card_no.is_some_and(|card| card.to_string() == self.evidence.card_no);
        self.others == 0 || is_own || matches!(person.standing, Standing::Declarant(_))
    }

    fn shown(self, person: &Person) -> Shown {
        let is_whole = self.is_whole_for(person);
        let Self { id, action, version, others, evidence, holder } = self;
        let Evidence { at, actor, card_no, alg, certificate, value, statement } = evidence;
        let (name, enterprise) = holder.map_or((None, None), |holder| (Some(holder.name), holder.enterprise));
        let [statement, certificate, value] =
            [statement, certificate, value].map(|text| is_whole.then_some(text));
        Shown {
            id,
            at,
            actor,
            action,
            version,
            card_no,
            holder: name,
            enterprise,
            alg,
            others,
            statement,
            certificate,
            value,
        }
    }
}

async fn kept<C: ConnectionTrait>(
    conn: &C,
    person: &Person,
    manual: &str,
    number: &str,
) -> Result<Vec<Kept>, StoreError> {
    let sql = "SELECT s.id, s.at, s.actor, s.card_no, s.alg, s.certificate, s.value, s.statement, a.action, a.version,
                      (SELECT COUNT(*) FROM signed_act o WHERE o.signature_id = s.id AND NOT (o.manual = $1 AND o.number = $2)) AS others
               FROM signed_act a JOIN submission_signature s ON s.id = a.signature_id
               WHERE a.manual = $1 AND a.number = $2 ORDER BY s.at DESC, s.id DESC, a.place DESC";
    let rows = all(conn, sql, [manual.into(), number.into()]).await?;
    let read = |row| -> Result<Kept, StoreError> {
        let evidence = evidence::read(row)?;
        let der = Standard.decode(&evidence.certificate);
        let certificate = der.as_deref().and_then(|der| Certificate::from_der(der).ok());
        Ok(Kept {
            id: column(row, "id")?,
            action: column(row, "action")?,
            version: column(row, "version")?,
            others: usize::try_from(column::<i64>(row, "others")?).unwrap_or_default(),
            holder: certificate.and_then(|certificate| certificate.holder()),
            evidence,
        })
    };
    let all: Vec<Kept> = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|kept| kept.is_for(person)).collect())
}

/// What this person sees of what was signed about a record, newest first.
///
/// # Errors
/// [`Problem`] when the store fails.
pub async fn of_record(
    central: &Central,
    person: &Person,
    manual: &str,
    number: &str,
) -> Result<Signatures, Problem> {
    let kept = kept(central.store().read(), person, manual, number).await?;
    Ok(Signatures { items: kept.into_iter().map(|kept| kept.shown(person)).collect() })
}

/// Judges one of them anew, from what is kept.
///
/// # Errors
/// 404 when it is none of this record's, or not for this person.
pub async fn verified(
    central: &Central,
    person: &Person,
    manual: &str,
    number: &str,
    id: &str,
) -> Result<Verification, Problem> {
    let conn = central.store().read();
    let found = kept(conn, person, manual, number).await?.into_iter().find(|kept| kept.id == id);
    let found = found.ok_or_else(Problem::not_found)?;
    let mut findings = evidence::examine(central.cards(), conn, &found.evidence).await?;
    if !found.is_whole_for(person) {
        // The words of this one name every record that the statement names.
        for finding in findings.iter_mut().filter(|finding| finding.what == "statement") {
            finding.found = format!("{number} and {} more", found.others);
            finding.found_zh = format!("{number} 等 {} 票", found.others + 1);
        }
    }
    let holds = findings.iter().all(|finding| finding.holds);
    Ok(Verification { id: found.id, verified_at: central.store().clock().now(), holds, findings })
}
