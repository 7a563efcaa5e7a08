//! 随附单据: PDF files of a record.
//! `check`: name, type, size · `judge`: who reads the content, and where · `pdf` and `active`: what the content is · `http`: how a file comes
//! and goes · `sweep`: bytes that no record has.
//! Promises: a file is judged by its content (PO-264, PO-267); what is read back are the bytes that were sent (PO-265); the bytes are durable
//! before the row that names them; a file that customs was once sent stays readable, even when the record has another one since (PO-099).
//! Source: spec PO-260..PO-268, PO-418..PO-421.

mod active;
mod check;
mod http;
mod judge;
pub mod pdf;
pub mod sweep;

use protocols::contract::UtcMillis;
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

pub use check::{MOST_BYTES, MOST_BYTES_A_PAGE};
pub use http::{FileName, PdfFile, Sent, body_limit, download};
pub use judge::Checker;

use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        fault::FieldError,
        problem::Problem,
    },
    store::{StoreError, Tx, all, column, execute, one},
};

/// 随附单据 as stored (PO-265).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attachment {
    /// Its key.
    #[schema(value_type = String)]
    pub id: Box<str>,
    /// 类别, where the manual has categories.
    #[schema(value_type = Option<String>)]
    pub category: Option<Box<str>>,
    /// 文件名.
    #[schema(value_type = String)]
    pub file_name: Box<str>,
    /// Bytes.
    pub size_bytes: u64,
    /// Pages.
    pub page_count: u32,
    /// 64 lower-case hex digits.
    #[schema(value_type = String)]
    pub sha256: Box<str>,
    /// Who.
    #[schema(value_type = String)]
    pub uploaded_by: Box<str>,
    /// When.
    #[schema(value_type = String)]
    pub uploaded_at: UtcMillis,
    /// Submitted: it can no longer be changed (PO-266).
    pub frozen: bool,
}

/// What a manual asks of the files of one of its records.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The manual.
    pub manual: &'static str,
    /// 类别 codes; empty where there are none.
    pub categories: &'static [&'static str],
    /// The requirement of the categories.
    pub category_rule: &'static str,
    /// A further file of a category takes the place of the earlier one (AE-087).
    pub one_per_category: bool,
    /// So many files of these categories at most; of all files where there are no categories.
    pub most: usize,
}

/// A file as it was sent.
#[derive(Clone, Debug)]
pub struct Upload {
    /// 类别.
    pub category: Option<String>,
    /// 文件名.
    pub file_name: String,
    /// The declared media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A file that keeps every rule and whose bytes are stored; only [`receive`] makes one. It belongs to no record until [`put`] says so.
#[derive(Clone, Debug)]
pub struct Received {
    category: Option<Box<str>>,
    file_name: Box<str>,
    size_bytes: u64,
    page_count: u32,
    sha256: String,
    blob: String,
}

/// The files of a record, in the order of upload.
///
/// # Errors
/// [`StoreError`].
pub async fn of_record<C: ConnectionTrait>(conn: &C, number: &str) -> Result<Vec<Attachment>, StoreError> {
    let sql = format!("{SELECT} WHERE number = $1 AND removed_at IS NULL ORDER BY uploaded_at, id");
    all(conn, &sql, [number.into()]).await?.iter().map(read).collect()
}

const SELECT: &str = "SELECT id, category, file_name, size_bytes, page_count, sha256, blob, uploaded_by, uploaded_at, frozen, submitted
                      FROM attachment";

fn read(row: &QueryResult) -> Result<Attachment, StoreError> {
    let text = |name| column::<String>(row, name).map(String::into_boxed_str);
    let number = |name| column::<i64>(row, name);
    let wrong = |value: i64| StoreError::Value { what: "attachment", value: value.to_string() };
    let (size, pages) = (number("size_bytes")?, number("page_count")?);
    Ok(Attachment {
        id: text("id")?,
        category: column::<Option<String>>(row, "category")?.map(String::into_boxed_str),
        file_name: text("file_name")?,
        size_bytes: u64::try_from(size).map_err(|_| wrong(size))?,
        page_count: u32::try_from(pages).map_err(|_| wrong(pages))?,
        sha256: text("sha256")?,
        uploaded_by: text("uploaded_by")?,
        uploaded_at: UtcMillis::from_millis(number("uploaded_at")?),
        frozen: number("frozen")? != 0,
    })
}

/// Checks a file against PO-261..PO-268 and the manual's rules, and stores its bytes. Outside of any transaction: reading a PDF takes its
/// time, and the one writer is not to wait for it.
///
/// # Errors
/// `PO_FILE_NOT_PDF`, `PO_FILE_TOO_LARGE`, `PO_FILE_PAGE_TOO_LARGE`, `PO_FILE_ACTIVE_CONTENT`, `PO_TOO_MANY_FILES`, `PO_CODE_UNKNOWN`: all that
/// hold, in one answer. 503 while too many files are being read, and when the bytes cannot be stored.
pub async fn receive(
    central: &Central,
    number: &str,
    rules: &Rules,
    upload: Upload,
) -> Result<Received, Problem> {
    let mut faults = Vec::new();
    check::outside(rules, &upload, &mut faults);
    let present = of_record(central.store().read(), number).await?;
    faults.extend(too_many(rules, &present, upload.category.as_deref()));
    let (category, file_name, size) =
        (upload.category.clone(), upload.file_name.trim().to_owned(), upload.bytes.len());
    // What is too long is not looked into.
    let mut pages = 0;
    let bytes = if size <= MOST_BYTES {
        let (bytes, judged) = central.checker().judge(central, upload.bytes).await?;
        pages = judged.pages.unwrap_or_default();
        check::inside(&judged, size, &mut faults);
        bytes
    } else {
        Vec::new()
    };
    if !faults.is_empty() {
        return Err(check::refusal(faults));
    }
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let blob = format!("{}/{}", sweep::FOLDER, uuid::Uuid::now_v7());
    central.blobs().put(&blob, bytes).await.map_err(unreachable)?;
    Ok(Received {
        category: category.map(String::into_boxed_str),
        file_name: file_name.into(),
        size_bytes: u64::try_from(size).unwrap_or(u64::MAX),
        page_count: pages,
        sha256,
        blob,
    })
}

fn unreachable(error: crate::blob::BlobError) -> Problem {
    tracing::error!(error = &error as &dyn std::error::Error, "the files' store failed while answering");
    Problem::upstream("the files' store does not answer")
}

/// PO-268. A file that takes the place of another one is not one more.
fn too_many(rules: &Rules, present: &[Attachment], category: Option<&str>) -> Option<FieldError> {
    let counts = |file: &&Attachment| {
        let of_these = file.category.as_deref().is_some_and(|code| rules.categories.contains(&code));
        rules.categories.is_empty() || of_these
    };
    let replaced = |file: &&Attachment| rules.one_per_category && file.category.as_deref() == category;
    let staying = present.iter().filter(counts).filter(|file| !replaced(file)).count();
    (staying >= rules.most).then(|| {
        let (zh, en) =
            (format!("附件数量超过限制，最多{}个", rules.most), format!("at most {} files", rules.most));
        let value = (staying + 1).into();
        FieldError { code: "PO_TOO_MANY_FILES", ..FieldError::format("file".into(), "PO-268", zh, en, value) }
    })
}

/// Gives the file to a record; with `one_per_category` it takes the place of the earlier one of its category.
///
/// # Errors
/// `PO_TOO_MANY_FILES`; 409 when the file that it would replace is frozen.
pub async fn put(
    tx: &Tx,
    number: &str,
    rules: &Rules,
    received: Received,
    actor: &Actor,
) -> Result<Attachment, Problem> {
    let present = of_record(tx.conn(), number).await?;
    if let Some(fault) = too_many(rules, &present, received.category.as_deref()) {
        return Err(check::refusal(vec![fault]));
    }
    if rules.one_per_category {
        for earlier in present.iter().filter(|file| file.category == received.category) {
            take_off(tx, number, earlier, actor).await?;
        }
    }
    let attachment = Attachment {
        id: uuid::Uuid::now_v7().to_string().into(),
        category: received.category,
        file_name: received.file_name,
        size_bytes: received.size_bytes,
        page_count: received.page_count,
        sha256: received.sha256.into(),
        uploaded_by: actor.operator().into(),
        uploaded_at: tx.now(),
        frozen: false,
    };
    let sql = "INSERT INTO attachment (id, number, category, file_name, size_bytes, page_count, sha256, blob, uploaded_by, uploaded_at,
               frozen, submitted) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0)";
    let values = [
        attachment.id.to_string().into(),
        number.into(),
        attachment.category.as_deref().map(ToOwned::to_owned).into(),
        attachment.file_name.to_string().into(),
        i64::try_from(attachment.size_bytes).unwrap_or(i64::MAX).into(),
        i64::from(attachment.page_count).into(),
        attachment.sha256.to_string().into(),
        received.blob.into(),
        attachment.uploaded_by.to_string().into(),
        attachment.uploaded_at.as_millis().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    note(tx, number, &attachment, "UPLOAD", actor).await?;
    Ok(attachment)
}

/// Removes a file that is not frozen.
///
/// # Errors
/// 404, 409 when frozen.
pub async fn remove(tx: &Tx, number: &str, id: &str, actor: &Actor) -> Result<(), Problem> {
    let (attachment, _) = find(tx.conn(), number, id).await?;
    take_off(tx, number, &attachment, actor).await
}

/// The row goes, and the sweep takes the bytes; but of what customs was once sent, both stay.
async fn take_off(tx: &Tx, number: &str, file: &Attachment, actor: &Actor) -> Result<(), Problem> {
    if file.frozen {
        return Err(Problem::status_conflict(
            "the file was submitted with the record and can no longer be changed",
        ));
    }
    let id = file.id.as_ref();
    let kept = "UPDATE attachment SET removed_at = $2 WHERE id = $1 AND submitted <> 0";
    if execute(tx.conn(), kept, [id.into(), tx.now().as_millis().into()]).await? == 0 {
        execute(tx.conn(), "DELETE FROM attachment WHERE id = $1", [id.into()]).await?;
    }
    Ok(note(tx, number, file, "REMOVE_FILE", actor).await?)
}

async fn find<C: ConnectionTrait>(conn: &C, number: &str, id: &str) -> Result<(Attachment, String), Problem> {
    let sql = format!("{SELECT} WHERE number = $1 AND id = $2 AND removed_at IS NULL");
    let row = one(conn, &sql, [number.into(), id.into()]).await?.ok_or_else(Problem::not_found)?;
    Ok((read(&row)?, column(&row, "blob")?))
}

/// The bytes of a file; the download is audited (PO-335).
///
/// # Errors
/// 404, 503 when the bytes cannot be had, or are no longer those that were sent.
pub async fn bytes(
    central: &Central,
    number: &str,
    id: &str,
    actor: &Actor,
) -> Result<(Attachment, Vec<u8>), Problem> {
    let (attachment, blob) = find(central.store().read(), number, id).await?;
    let bytes = central.blobs().get(&blob).await.map_err(unreachable)?;
    if hex::encode(Sha256::digest(&bytes)) != *attachment.sha256 {
        tracing::error!(file.key = blob, "the bytes of a file are not those that were stored");
        return Err(Problem::upstream("the file in the store is damaged"));
    }
    let tx = central.store().begin().await?;
    note(&tx, number, &attachment, "DOWNLOAD", actor).await?;
    tx.commit().await?;
    Ok((attachment, bytes))
}

/// Freezes the files of a record that is submitted (PO-266, PO-420).
///
/// # Errors
/// [`StoreError`].
pub async fn freeze(tx: &Tx, number: &str) -> Result<(), StoreError> {
    let sql = "UPDATE attachment SET frozen = 1, submitted = 1 WHERE number = $1 AND removed_at IS NULL";
    execute(tx.conn(), sql, [number.into()]).await.map(|_| ())
}

/// Gives them free again: the record was returned for correction, or never reached customs (PO-421).
///
/// # Errors
/// [`StoreError`].
pub async fn thaw(tx: &Tx, number: &str) -> Result<(), StoreError> {
    execute(tx.conn(), "UPDATE attachment SET frozen = 0 WHERE number = $1", [number.into()])
        .await
        .map(|_| ())
}

async fn note(
    tx: &Tx,
    number: &str,
    file: &Attachment,
    action: &str,
    actor: &Actor,
) -> Result<(), StoreError> {
    let detail =
        json!({"id": file.id, "category": file.category, "file_name": file.file_name, "sha256": file.sha256});
    let entry = Entry { actor, subject: "attachment", number, action, before: None, after: None, detail };
    audit::write(tx, &entry).await
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
