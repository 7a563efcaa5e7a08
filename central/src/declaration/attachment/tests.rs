//! Files: the worked examples, names, contents honest and wicked, and what becomes of them with their record.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    response::IntoResponse,
    routing::post,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    pdf::{Judged, Unfit},
    *,
};
use crate::{store, test_app::TestApp};

const RULES: Rules = Rules {
    manual: "attendance",
    categories: &["00000001", "00000002"],
    category_rule: "AE-084",
    one_per_category: true,
    most: 2,
};
const NUMBER: &str = "202500000000000001";

fn upload(category: &str, file_name: &str, bytes: Vec<u8>) -> Upload {
    Upload {
        category: Some(category.into()),
        file_name: file_name.into(),
        media_type: "application/pdf".into(),
        bytes,
    }
}

async fn problem(problem: Problem) -> (StatusCode, Value) {
    let response = problem.into_response();
    let status = response.status();
    (status, serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap())
}

async fn store_file(app: &TestApp, rules: &Rules, upload: Upload) -> Result<Attachment, Problem> {
    let received = receive(&app.central, NUMBER, rules, upload).await?;
    let tx = app.central.store().begin().await?;
    let attachment = put(&tx, NUMBER, rules, received, &Actor::centre()).await?;
    tx.commit().await?;
    Ok(attachment)
}

async fn files(app: &TestApp) -> Vec<Attachment> {
    of_record(app.central.store().read(), NUMBER).await.unwrap()
}

/// The worked examples PO-V05, PO-X12, PO-X13, PO-X14: PO-260, PO-261, PO-262, PO-263, PO-332, PO-418.
#[tokio::test]
async fn the_worked_examples() {
    let cases: Value = serde_json::from_str(include_str!("tests/examples.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let app = TestApp::open().await;
        let mut example = json!({"file_name": "statement.pdf", "media_type": "application/pdf", "size_bytes": 4_194_304, "page_count": 21});
        example.as_object_mut().unwrap().extend(case["set"].as_object().unwrap().clone());
        let pages = u32::try_from(example["page_count"].as_u64().unwrap()).unwrap();
        let size = usize::try_from(example["size_bytes"].as_u64().unwrap()).unwrap();
        let mut sent = upload("00000001", example["file_name"].as_str().unwrap(), sample::pdf(pages, size));
        sent.media_type = example["media_type"].as_str().unwrap().into();
        assert_eq!(sent.bytes.len(), size);
        match store_file(&app, &RULES, sent).await {
            Ok(stored) => {
                assert_eq!(case["status"], 200, "{case}");
                assert_eq!((stored.page_count, stored.size_bytes), (pages, size as u64));
            }
            Err(refused) => {
                let (status, answer) = problem(refused).await;
                assert_eq!(
                    (json!(status.as_u16()), &answer["code"]),
                    (case["status"].clone(), &case["code"]),
                    "{answer}"
                );
                let rules = answer["fields"].as_array().unwrap().iter().map(|fault| &fault["rule"]);
                assert!(rules.into_iter().any(|rule| *rule == case["violates"]), "{answer}");
            }
        }
    }
}

/// PO-264: the name ends in .pdf, has at most 100 characters and no path.
#[test]
fn names() {
    for line in include_str!("tests/names.txt").lines() {
        let (good, name) = line.split_once(' ').unwrap();
        let mut faults = Vec::new();
        check::outside(&RULES, &upload("00000001", name, Vec::new()), &mut faults);
        assert_eq!(faults.is_empty(), good == "yes", "{line}: {faults:?}");
    }
    let long = |characters: usize| format!("{}.pdf", "声".repeat(characters - 4));
    let faults = |name: String| {
        let mut faults = Vec::new();
        check::outside(&RULES, &upload("00000001", &name, Vec::new()), &mut faults);
        faults.len()
    };
    assert_eq!((faults(long(100)), faults(long(101)), faults(" a.pdf ".into())), (0, 1, 0));
}

fn faults_of(bytes: &[u8]) -> Vec<Unfit> {
    pdf::judge(bytes).faults
}

/// PO-264: the content decides; what is no PDF, is cut off, is encrypted or has no page is refused.
#[test]
fn a_file_is_judged_by_its_content() {
    let good = sample::pdf(3, 2000);
    assert_eq!(pdf::judge(&good), Judged { pages: Some(3), faults: vec![] });
    assert_eq!(faults_of(b"\xFF\xD8\xFF\xE0 JFIF"), [Unfit::Mark]);
    assert_eq!(faults_of(b""), [Unfit::Mark]);
    assert_eq!(faults_of(&[b" ".as_slice(), &good].concat()), [Unfit::Mark]);
    assert_eq!(faults_of(b"%PDF-1.7\nnothing more"), [Unfit::Unreadable]);
    assert_eq!(faults_of(&good[..good.len() / 2]), [Unfit::Unreadable]);
    assert_eq!(faults_of(&sample::with(0, "", &[])), [Unfit::NoPages]);
    let page = b"<< /Type /Page >>".to_vec();
    let tree = b"<< /Type /Pages /Count 1 /Kids [3 0 R 3 0 R 2 0 R] >>".to_vec();
    let turning = sample::file(&[b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(), tree, page], 1, "");
    assert_eq!(pdf::judge(&turning).pages, Some(1), "a page counts once, and a circle ends");
    let locked = |encrypt: &str| {
        let objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
            b"<< /Type /Page /Parent 2 0 R >>".to_vec(),
            encrypt.as_bytes().to_vec(),
        ];
        sample::file(&objects, 1, "/Encrypt 4 0 R /ID [<00> <00>]")
    };
    let key = "00".repeat(32);
    let standard = format!("<< /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >>");
    for encrypt in [standard.as_str(), "<< /Filter /Unheard >>", "null"] {
        assert_eq!(faults_of(&locked(encrypt)), [Unfit::Encrypted], "{encrypt}");
    }
}

/// PO-267: scripts, embedded files, actions that start or send something, wherever they stand and however they are written.
#[test]
fn active_content_is_found() {
    let object = |text: &str| text.as_bytes().to_vec();
    for (catalogue, more) in [
        ("/OpenAction << /S /JavaScript /JS (app.alert(1)) >>", ""),
        ("/OpenAction << /S /J#61vaScript /J#53 (x) >>", ""),
        ("/OpenAction 4 0 R", "<< /Type /Action /S /Launch /F (calc.exe) >>"),
        ("/AA << /WC << /S /JavaScript /JS 4 0 R >> >>", "(x)"),
        ("/Names << /EmbeddedFiles << /Names [] >> >>", ""),
        ("/AcroForm << /XFA [] >>", ""),
        ("", "<< /Type /Filespec /EF << /F 4 0 R >> >>"),
        ("", "[ [ [ << /Subtype /RichMedia >> ] ] ]"),
        ("", "<< /Type /Annot /Subtype /FileAttachment >>"),
        ("", "<< /S /SubmitForm /F (http://elsewhere) >>"),
    ] {
        let bytes = sample::with(1, catalogue, &[object(more)]);
        assert!(
            matches!(&faults_of(&bytes)[..], [Unfit::Active(_)]),
            "{catalogue} {more}: {:?}",
            faults_of(&bytes)
        );
    }
    let inside = |text: &str| [b"5 0 ".as_slice(), text.as_bytes()].concat();
    let hidden = sample::packed("", &inside("<< /S /Rendition /JS (x) >>"));
    assert!(matches!(&faults_of(&hidden)[..], [Unfit::Active(_)]), "inside an object stream");
    let script = "<< /S /JavaScript /JS (app.alert(1)) >>";
    let mut beside = sample::with(1, "", &[]);
    let at = beside.windows(5).position(|five| five == b"1 0 o").unwrap();
    beside.splice(at..at, format!("9 0 obj\n{script}\nendobj\n").into_bytes());
    assert!(faults_of(&beside).iter().any(|fault| matches!(fault, Unfit::Active(_))), "in no table");
    for (catalogue, more) in [
        ("/OpenAction [3 0 R /Fit]", ""),
        ("/OpenAction << /S /GoTo /D [3 0 R /Fit] >>", ""),
        ("", "<< /Type /Annot /Subtype /Link /A << /S /URI /URI (https://example.cn) >> >>"),
        ("/Lang (JS) /Title (Launch)", "<< /Type /StructElem /S /Sect >>"),
    ] {
        assert_eq!(faults_of(&sample::with(1, catalogue, &[object(more)])), [], "{catalogue} {more}");
    }
    assert_eq!(pdf::judge(&sample::packed("", &inside("<< /A 1 >>"))).pages, Some(1));
}

/// PO-264: a file that asks for more work than honest files do is refused, and the service goes on.
#[test]
fn a_wicked_file_is_refused_in_time() {
    let many = sample::with(1, "", &[[b"[".as_slice(), &b"0 ".repeat(1_000_000), b"]"].concat()]);
    assert_eq!(faults_of(&many), [Unfit::TooMuch]);
    let deep = sample::with(1, "", &[[b"[".repeat(100_000), b"]".repeat(100_000)].concat()]);
    assert!(pdf::judge(&deep).pages.is_none_or(|pages| pages == 1), "it ends");
    let unread = sample::packed("/Filter /Unheard", b"5 0 << >>");
    assert_eq!(faults_of(&unread), [Unfit::Unreadable], "what nobody can look into may hide anything");
    // The table of objects, turned to any other bytes at any place, makes no panic.
    let good = sample::packed("", b"5 0 << /A 1 >>");
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 0x15;
        let _ = pdf::judge(&bad);
        let _ = pdf::judge(&good[..place]);
    }
}

/// PO-265, PO-335: what is read back are the same bytes, and who read them is on record; bytes that changed are not given out.
#[tokio::test]
async fn a_file_is_read_back_as_it_was_sent() {
    let app = TestApp::open().await;
    let sent = sample::pdf(1, 5000);
    let stored = store_file(&app, &RULES, upload("00000001", " 声明.pdf ", sent.clone())).await.unwrap();
    assert_eq!(
        (stored.file_name.as_ref(), stored.sha256.as_ref()),
        ("声明.pdf", hex::encode(Sha256::digest(&sent)).as_str())
    );
    assert_eq!(files(&app).await, std::slice::from_ref(&stored));
    let reader = Actor { name: "li".into(), ..Actor::centre() };
    let (same, bytes) = bytes(&app.central, NUMBER, &stored.id, &reader).await.unwrap();
    assert_eq!((same, &bytes), (stored.clone(), &sent));
    let sql = "SELECT actor, action FROM audit WHERE subject = 'attachment' ORDER BY at, id";
    let rows = store::all(app.central.store().read(), sql, []).await.unwrap();
    let said: Vec<(String, String)> =
        rows.iter().map(|row| (column(row, "actor").unwrap(), column(row, "action").unwrap())).collect();
    let pair = |actor: &str, action: &str| (actor.to_owned(), action.to_owned());
    assert_eq!(said, [pair("centre", "UPLOAD"), pair("li", "DOWNLOAD")]);

    let answer = download(&stored, bytes);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert!(
        answer.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .ends_with("UTF-8''%E5%A3%B0%E6%98%8E%2Epdf")
    );

    let (_, blob) = find(app.central.store().read(), NUMBER, &stored.id).await.unwrap();
    app.central.blobs().delete(&blob).await.unwrap();
    app.central.blobs().put(&blob, sample::pdf(2, 5000)).await.unwrap();
    let (status, answer) =
        problem(super::bytes(&app.central, NUMBER, &stored.id, &reader).await.unwrap_err()).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("PO_UPSTREAM_UNAVAILABLE"))
    );
}

/// PO-266, PO-268, PO-419, PO-420, PO-421, AE-087, AE-088: replaced in its category, removed, frozen with the record, free again after it.
#[tokio::test]
async fn files_live_with_their_record() {
    let app = TestApp::open().await;
    let actor = Actor::centre();
    let first = store_file(&app, &RULES, upload("00000001", "a.pdf", sample::pdf(1, 1000))).await.unwrap();
    let second = store_file(&app, &RULES, upload("00000001", "b.pdf", sample::pdf(1, 1001))).await.unwrap();
    assert_eq!(files(&app).await, std::slice::from_ref(&second));
    let (status, _) = problem(bytes(&app.central, NUMBER, &first.id, &actor).await.unwrap_err()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let tx = app.central.store().begin().await.unwrap();
    freeze(&tx, NUMBER).await.unwrap();
    assert_eq!(remove(&tx, NUMBER, &second.id, &actor).await.unwrap_err().status(), StatusCode::CONFLICT);
    tx.commit().await.unwrap();
    let third = store_file(&app, &RULES, upload("00000001", "c.pdf", sample::pdf(1, 1002))).await;
    assert_eq!(third.unwrap_err().status(), StatusCode::CONFLICT);
    assert!(files(&app).await[0].frozen);

    let tx = app.central.store().begin().await.unwrap();
    thaw(&tx, NUMBER).await.unwrap();
    remove(&tx, NUMBER, &second.id, &actor).await.unwrap();
    assert_eq!(remove(&tx, NUMBER, &second.id, &actor).await.unwrap_err().status(), StatusCode::NOT_FOUND);
    tx.commit().await.unwrap();
    assert_eq!(files(&app).await, []);

    // A year later the sweep takes what no record has, and leaves what customs was once sent.
    app.central.store().clock().advance(10 * 365 * 24 * 3600 * 1000);
    assert_eq!(
        sweep::once(&app.central).await.unwrap(),
        2,
        "the first, and the one that was refused while the record was frozen"
    );
    assert_eq!(sweep::once(&app.central).await.unwrap(), 0);
}

/// PO-268: a manual that keeps several files of a kind has its bound, and a file too many is told with the other faults.
#[tokio::test]
async fn no_more_files_than_the_manual_takes() {
    const FIVE: Rules =
        Rules { manual: "appointment", categories: &[], category_rule: "", one_per_category: false, most: 5 };
    let app = TestApp::open().await;
    let plain = |file_name: &str| Upload { category: None, ..upload("", file_name, sample::pdf(1, 1000)) };
    for place in 0..5 {
        store_file(&app, &FIVE, plain(&format!("{place}.pdf"))).await.unwrap();
    }
    let (status, answer) = problem(store_file(&app, &FIVE, plain("6.doc")).await.unwrap_err()).await;
    let codes: Vec<_> =
        answer["fields"].as_array().unwrap().iter().map(|fault| fault["code"].as_str().unwrap()).collect();
    assert_eq!(
        (status, codes),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["PO_FILE_NOT_PDF", "PO_TOO_MANY_FILES"])
    );
    let (_, answer) = problem(store_file(&app, &RULES, plain("7.pdf")).await.unwrap_err()).await;
    assert_eq!(
        (&answer["fields"][0]["code"], &answer["fields"][0]["rule"]),
        (&json!("PO_FIELD_REQUIRED"), &json!("AE-084"))
    );
    let (_, answer) = problem(
        store_file(&app, &RULES, upload("00000009", "a.pdf", sample::pdf(1, 900))).await.unwrap_err(),
    )
    .await;
    assert_eq!(answer["code"], "PO_CODE_UNKNOWN");
}

/// PO-378, PO-379, PO-380, PO-381, PO-388: each refusal of a file in the words of the specification.
#[tokio::test]
async fn refusals_of_files_have_the_words_of_the_specification() {
    let app = TestApp::open().await;
    let said = async |file_name: &str, bytes: Vec<u8>| {
        let (_, answer) =
            problem(store_file(&app, &RULES, upload("00000001", file_name, bytes)).await.unwrap_err()).await;
        (answer["code"].as_str().unwrap().to_owned(), answer["message"].as_str().unwrap().to_owned())
    };
    let small = || sample::pdf(1, 1000);
    let is = |code: &str, words: &str| (code.to_owned(), words.to_owned());
    assert_eq!(said("a.doc", small()).await, is("PO_FILE_NOT_PDF", "仅支持上传PDF文件"));
    let long = sample::pdf(30, MOST_BYTES + 1);
    assert_eq!(said("a.pdf", long).await, is("PO_FILE_TOO_LARGE", "单个文件大小不能超过4M"));
    assert_eq!(
        said("a.pdf", sample::pdf(1, 204_801)).await,
        is("PO_FILE_PAGE_TOO_LARGE", "每页不能超过200K")
    );
    let acts = Judged { pages: Some(1), faults: vec![Unfit::Active("JavaScript".into())] };
    let mut faults = Vec::new();
    check::inside(&acts, 1000, &mut faults);
    let (_, answer) = problem(check::refusal(faults)).await;
    assert_eq!(
        (&answer["code"], &answer["message"]),
        (&json!("PO_FILE_ACTIVE_CONTENT"), &json!("文件包含不允许的内容"))
    );
    const ONE: Rules =
        Rules { manual: "appointment", categories: &[], category_rule: "", one_per_category: false, most: 1 };
    let plain = || Upload { category: None, ..upload("", "a.pdf", small()) };
    store_file(&app, &ONE, plain()).await.unwrap();
    let (_, answer) = problem(store_file(&app, &ONE, plain()).await.unwrap_err()).await;
    assert_eq!(answer["code"], "PO_TOO_MANY_FILES");
    assert!(answer["message"].as_str().unwrap().starts_with("附件数量超过限制"), "{answer}");
}

/// PO-261, PO-332: over HTTP the body is the file; one that is far too long is refused unread, with our code.
#[tokio::test]
async fn a_file_comes_as_the_body_of_a_request() {
    let seen = async |Sent(upload): Sent| {
        format!("{} {:?} {} {}", upload.file_name, upload.category, upload.media_type, upload.bytes.len())
    };
    let router = Router::new().route("/files", post(seen)).layer(body_limit());
    let send = async |path: &str, bytes: usize| {
        let request =
            Request::post(path).header("content-type", "application/pdf").body(Body::from(vec![b'x'; bytes]));
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status();
        (
            status,
            String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap(),
        )
    };
    let (status, said) = send("/files?file_name=%E5%A3%B0%E6%98%8E.pdf&category=1", 7).await;
    assert_eq!((status, said.as_str()), (StatusCode::OK, "声明.pdf Some(\"1\") application/pdf 7"));
    assert_eq!(send("/files?file_name=a.pdf", MOST_BYTES + 1).await.0, StatusCode::OK);
    let (status, said) = send("/files?file_name=a.pdf", MOST_BYTES + 100_000).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(said.contains("PO_FILE_TOO_LARGE"), "{said}");
    assert_eq!(send("/files?file_name=%FF%FE&category=1&category=2", 1).await.0, StatusCode::BAD_REQUEST);
}
