//! PDF files of a wanted size and number of pages, and of wanted wickedness.

/// Objects with their numbers from 1, and the table of them; `root` is the number of the catalogue.
pub(crate) fn file(objects: &[Vec<u8>], root: usize, trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        table += &format!("{:010} 00000 n \n", bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let at = bytes.len();
    let size = objects.len() + 1;
    table += &format!("trailer\n<< /Size {size} /Root {root} 0 R {trailer} >>\nstartxref\n{at:010}\n%%EOF\n");
    bytes.extend(table.bytes());
    bytes
}

/// Catalogue, page tree and pages; `catalogue` are further entries of the catalogue, `more` further objects, the first of which has the
/// number `pages + 3`.
pub(crate) fn with(pages: u32, catalogue: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let kids: Vec<_> = (0..pages).map(|page| format!("{} 0 R", page + 3)).collect();
    let mut objects = vec![
        format!("<< /Type /Catalog /Pages 2 0 R {catalogue} >>").into_bytes(),
        format!("<< /Type /Pages /Count {pages} /Kids [{}] >>", kids.join(" ")).into_bytes(),
    ];
    let page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_vec();
    objects.extend((0..pages).map(|_| page.clone()));
    objects.extend(more.iter().cloned());
    file(&objects, 1, "")
}

/// A stream with these entries.
pub(crate) fn stream(entries: &str, content: &[u8]) -> Vec<u8> {
    let mut object = format!("<< {entries} /Length {:010} >>\nstream\n", content.len()).into_bytes();
    object.extend(content);
    object.extend(b"\nendstream");
    object
}

/// A valid PDF of so many pages that is exactly so many bytes long; as short as it can be where so few bytes do not suffice.
pub(crate) fn pdf(pages: u32, size_bytes: usize) -> Vec<u8> {
    let bare = with(pages, "", &[stream("", b"")]).len();
    let filling = vec![b' '; size_bytes.saturating_sub(bare)];
    with(pages, "", &[stream("", &filling)])
}

/// A PDF of one page, whose object 5 stands inside an object stream; `filter` are further entries of that stream, whose content is `packed`.
pub(crate) fn packed(filter: &str, packed: &[u8]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Extra 5 0 R >>".to_vec(),
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_vec(),
        stream(&format!("/Type /ObjStm /N 1 /First 4 {filter}"), packed),
    ];
    let mut table = vec![0, 0, 0, 0, 0, 0];
    let mut entry = |kind: u8, place: usize| {
        table.push(kind);
        table.extend(u32::try_from(place).unwrap().to_be_bytes());
        table.push(0);
    };
    for (number, object) in (1..).zip(&objects) {
        entry(1, bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    entry(2, 4);
    entry(1, bytes.len());
    let at = bytes.len();
    let table = stream("/Type /XRef /W [1 4 1] /Size 7 /Root 1 0 R", &table);
    bytes.extend(b"6 0 obj\n");
    bytes.extend(table);
    bytes.extend(format!("\nendobj\nstartxref\n{at:010}\n%%EOF\n").bytes());
    bytes
}
