//! What a file must be: its name and declared type before it is opened, what was found in it afterwards.
//! Promises: every fault is told in one answer; `MOST_BYTES` and `MOST_BYTES_A_PAGE` are allowed themselves (PO-262).
//! Source: spec PO-260..PO-264, PO-267, PO-332.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    Rules, Upload,
    pdf::{Judged, Unfit},
};
use crate::declaration::{fault::FieldError, problem::Problem};

/// 4M (PO-262).
pub const MOST_BYTES: usize = 4_194_304;
/// 200K (PO-262).
pub const MOST_BYTES_A_PAGE: usize = 204_800;
/// Characters of a name (PO-264).
const LONGEST_NAME: usize = 100;
const MEDIA_TYPE: &str = "application/pdf";

fn fault(path: &str, code: &'static str, rule: &'static str, zh: &str, en: &str, value: Value) -> FieldError {
    FieldError { code, ..FieldError::format(path.into(), rule, zh, en, value) }
}

/// PO-260, PO-261, PO-264: name, declared type and size; the manual's categories.
pub(super) fn outside(rules: &Rules, upload: &Upload, faults: &mut Vec<FieldError>) {
    match upload.category.as_deref() {
        None if !rules.categories.is_empty() => {
            faults.push(FieldError::required("category".into(), rules.category_rule));
        }
        Some(code) if !rules.categories.contains(&code) => {
            let value = code.chars().take(LONGEST_NAME).collect::<String>().into();
            faults.push(FieldError::unknown_code("category".into(), rules.category_rule, value));
        }
        _ => {}
    }
    name(upload.file_name.trim(), faults);
    let media_type = upload.media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(MEDIA_TYPE) {
        let value = media_type.chars().take(LONGEST_NAME).collect::<String>().into();
        faults.push(not_pdf("media_type", "PO-260", "the media type must be application/pdf", value));
    }
    let size = upload.bytes.len();
    if size > MOST_BYTES {
        let (zh, en) = ("单个文件大小不能超过4M", "a file has at most 4194304 bytes");
        faults.push(fault("file", "PO_FILE_TOO_LARGE", "PO-261", zh, en, size.into()));
    }
}

/// PO-264: ends in `.pdf`, at most 100 characters, no path.
fn name(name: &str, faults: &mut Vec<FieldError>) {
    let value = || name.chars().take(LONGEST_NAME).collect::<String>().into();
    if name.is_empty() {
        faults.push(FieldError::required("file_name".into(), "PO-264"));
        return;
    }
    if name.contains(['/', '\\', ':'])
        || name.chars().any(char::is_control)
        || name.chars().count() > LONGEST_NAME
    {
        let (zh, en) = ("文件名最多100个字符，不含路径", "at most 100 characters, and no path in it");
        faults.push(FieldError::format("file_name".into(), "PO-264", zh, en, value()));
    }
    let stem = name.len().checked_sub(4).and_then(|end| name.split_at_checked(end));
    if !stem.is_some_and(|(stem, ending)| !stem.is_empty() && ending.eq_ignore_ascii_case(".pdf")) {
        faults.push(not_pdf("file_name", "PO-264", "the name must end in .pdf", value()));
    }
}

fn not_pdf(path: &str, rule: &'static str, en: &str, value: Value) -> FieldError {
    fault(path, "PO_FILE_NOT_PDF", rule, "仅支持上传PDF文件", en, value)
}

/// PO-261, PO-263, PO-264, PO-267: what the content showed.
pub(super) fn inside(judged: &Judged, size: usize, faults: &mut Vec<FieldError>) {
    for unfit in &judged.faults {
        faults.push(match unfit {
            Unfit::Active(what) => {
                let en = format!("the file has active content: {what}");
                let zh = "文件包含不允许的内容";
                fault("file", "PO_FILE_ACTIVE_CONTENT", "PO-267", zh, &en, what.clone().into())
            }
            // Which of them it was is told beside the words, for pages that say it in their own.
            other => not_pdf("file", "PO-264", other.words(), json!(other)),
        });
    }
    let pages = judged.pages.and_then(|pages| usize::try_from(pages).ok()).unwrap_or_default();
    if pages > 0 && size > pages.saturating_mul(MOST_BYTES_A_PAGE) {
        let (zh, en) =
            ("每页不能超过200K", format!("{size} bytes for {pages} pages: at most 204800 bytes a page"));
        faults.push(fault("file", "PO_FILE_PAGE_TOO_LARGE", "PO-263", zh, &en, size.into()));
    }
}

/// One answer with all faults; its status is theirs where they agree (PO-332).
pub(super) fn refusal(faults: Vec<FieldError>) -> Problem {
    let all = |code: &str| faults.iter().all(|fault| fault.code == code);
    let status = if all("PO_FILE_TOO_LARGE") {
        StatusCode::PAYLOAD_TOO_LARGE
    } else if all("PO_FILE_NOT_PDF") {
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Problem::fields(faults).with_status(status)
}
