//! Section 6: supplementary documents, as they are judged at submission. `declaration::attachment` has judged each when it came.

use serde_json::json;

use super::Entry;
use crate::declaration::{attachment::Attachment, fault::FieldError};

/// AC-074.
pub(crate) const MOST_FILES: usize = 5;
/// AC-076.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// AC-078.
const MOST_BYTES_A_PAGE: u64 = 200 * 1024;

/// AC-074.
pub(super) fn count(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    let count = entry.facts.files.len();
    if count > MOST_FILES {
        let (zh, en) = ("附件数量超过限制", "at most 5 supplementary documents");
        let mut fault = FieldError::format("attachments".into(), "AC-074", zh, en, count.into());
        fault.code = "PO_TOO_MANY_FILES";
        faults.push(fault);
    }
}

/// AC-075, AC-076.
pub(super) fn size(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    each(&entry.facts.files, faults, |file| {
        let fault = ("AC-075", "PO_FILE_TOO_LARGE", "单个文件大小不能超过4M", "at most 4194304 bytes a file");
        (file.size_bytes > MOST_BYTES).then_some(fault)
    });
}

/// AC-077, AC-078: size divided by pages.
pub(super) fn page(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    each(&entry.facts.files, faults, |file| {
        let fault = ("AC-077", "PO_FILE_PAGE_TOO_LARGE", "每页不能超过200K", "at most 204800 bytes a page");
        (file.size_bytes > MOST_BYTES_A_PAGE * u64::from(file.page_count)).then_some(fault)
    });
}

/// AC-079: an officer must be able to open it.
pub(super) fn pdf(entry: &Entry<'_>, faults: &mut Vec<FieldError>) {
    each(&entry.facts.files, faults, |file| {
        let fault = ("AC-079", "PO_FILE_NOT_PDF", "仅支持上传PDF文件", "a PDF with at least one page");
        let opens = file.file_name.to_lowercase().ends_with(".pdf") && file.page_count > 0;
        (!opens).then_some(fault)
    });
}

type Told = (&'static str, &'static str, &'static str, &'static str);

fn each(files: &[Attachment], faults: &mut Vec<FieldError>, judge: impl Fn(&Attachment) -> Option<Told>) {
    for (place, file) in files.iter().enumerate() {
        if let Some((rule, code, zh, en)) = judge(file) {
            let path = format!("attachments[{place}]");
            let mut fault = FieldError::format(path, rule, zh, en, json!(file.file_name));
            fault.code = code;
            faults.push(fault);
        }
    }
}
