//! The slip as the centre prints it: rendered by a program that is not ours, and read from that picture by another.

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    DeskPlan, YardPlan,
    centre::Centre,
    config::ENTERPRISE,
    paper::{Printed, Read},
    record::{Closing, Medium, NewRecord},
    rest::{Record, Rest},
};
use serde_json::json;

/// Where a symbol may at most stand from the edge, and text from the right edge, in millimetres.
const MARGIN_MM: f64 = 3.5;
const PAPERS: [(&str, u32, Option<u32>); 2] = [("a5", 148, Some(210)), ("80mm", 80, None)];

/// A centre without gates.
async fn centre(folder: &std::path::Path) -> Result<(Centre, Rest)> {
    let desk = DeskPlan::Auto { send_delay_ms: 10, approve_delay_ms: 10 };
    let plan = YardPlan { desk, gates: Vec::new(), ..YardPlan::default() };
    let centre = Centre::start(&plan, folder).await?;
    let people = centre.people()?;
    Ok((centre, people))
}

/// The slip on that paper; its size is the paper's, and no word leaves it.
async fn printed(people: &Rest, record: &Record, paper: (&str, u32, Option<u32>)) -> Result<Printed> {
    let (name, width, height) = paper;
    let pdf = people.slip_page(&record.unified_no, name).await?;
    ensure!(pdf.len() < 100_000, "{name}: {} bytes", pdf.len());
    let page = Printed::of(&pdf).await?;
    ensure!(page.size.0 == width, "{name} is {:?} mm", page.size);
    ensure!(height.is_none_or(|height| page.size.1 == height), "{name} is {:?} mm", page.size);
    // The mark goes across the page, from corner to corner, and is no line of the text.
    ensure!(page.words.len() > 20, "{name}: only {:?}", page.words);
    for word in page.words.iter().filter(|word| !MARK.contains(&*word.text)) {
        let across = word.left > MARGIN_MM && word.right < f64::from(width) - MARGIN_MM;
        ensure!(across && word.bottom < f64::from(page.size.1) - MARGIN_MM, "{name}: outside is {word:?}");
    }
    Ok(page)
}

/// A slanting text comes back letter by letter.
const MARK: &str = "草稿 DRAFT 未经海关批准 NOT APPROVED";

fn says(page: &Printed, wanted: &[&str]) -> Result<()> {
    // Where a line is broken says nothing.
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let text = bare(&page.text);
    for part in wanted {
        ensure!(text.contains(&bare(part)), "no {part} on the page: {text}");
    }
    Ok(())
}

/// SG-126; portal patterns, the slip: on A5 and on the 80 mm roll plate, yard, direction, objects, status and time of printing stand in
/// Chinese, "the gate decides" in both languages, and a scanner reads the same number from bars and from squares.
#[tokio::test]
async fn a_page_tells_people_and_scanners_the_trip() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_centre, people) = centre(folder.path()).await?;
    for medium in [Medium::plate("蒙LK8216"), Medium::slip()] {
        let new = NewRecord::by(medium, Closing::Exit);
        let record = people.declare_and_approve(&new).await?;
        let key = record.all["medium_key"].as_str().context("no key")?.to_owned();
        let carried = if new.medium.key.is_some() { &record.trip_no } else { &key };
        for paper in PAPERS {
            let page = printed(&people, &record, paper).await?;
            let symbol = |identifier: &str| Read { identifier: identifier.to_owned(), text: carried.clone() };
            let expected = [symbol("]C0"), symbol("]Q1")];
            ensure!(page.symbols == expected, "{paper:?}: {:?} in place of {expected:?}", page.symbols);
            says(&page, &["卡口凭条", &key, "CNEHX070801", "0708", "乌拉特关", "进出方向", "IN"])?;
            says(&page, &["提单", &new.bill_no, ENTERPRISE.1, &record.trip_no, &record.unified_no])?;
            says(&page, &["海关审核通过", "打印时间", "是否放行以卡口判定为准", "The gate decides"])?;
            ensure!(!page.text.contains("草稿"), "{paper:?}: an approved record is no draft");
        }
    }
    Ok(())
}

/// Portal patterns, the slip: a draft has a mark across it and nothing to scan.
#[tokio::test]
async fn a_draft_is_marked_and_holds_nothing_to_scan() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_centre, people) = centre(folder.path()).await?;
    let draft = people.save(&NewRecord::by(Medium::plate("蒙LK8216"), Closing::Exit)).await?;
    for paper in PAPERS {
        let page = printed(&people, &draft, paper).await?;
        says(&page, &["草稿", "DRAFT", "未经海关批准", "APPROVED", "蒙LK8216", "暂存"])?;
        ensure!(page.symbols.is_empty(), "{paper:?}: {:?}", page.symbols);
    }
    Ok(())
}

/// Portal patterns, the slip: whatever a record holds stays on the paper; what does not fit is counted.
#[tokio::test]
async fn the_longest_record_stays_on_the_paper() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_centre, people) = centre(folder.path()).await?;
    let new = NewRecord::by(Medium::plate("新疆维吾尔自治区挂车A1234"), Closing::Exit);
    let mut body = new.body();
    let line = body["lines"][0].clone();
    let lines = (0..20).map(|number| {
        let mut line = line.clone();
        line["object_id"] = json!(format!("MGL-{number:02}-{}", "W".repeat(28)));
        line
    });
    body["lines"] = lines.collect();
    let saved =
        people.call(reqwest::Method::POST, kakou_tests::config::DECLARANT, RECORDS, Some(&body)).await?;
    let record: Record = serde_json::from_value(saved)?;
    for paper in PAPERS {
        let page = printed(&people, &record, paper).await?;
        says(&page, &["新疆维吾尔自治区挂车A1234", "MGL-00-", "The gate decides"])?;
        let is_cut = page.text.contains("另有");
        ensure!(is_cut == (paper.0 == "a5"), "{paper:?}: {}", page.text);
    }
    Ok(())
}

const RECORDS: &str = "/api/v1/smart-gate/records";
