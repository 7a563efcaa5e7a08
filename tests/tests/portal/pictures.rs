//! The pictures of README.md and README.zh-CN.md, taken from the running portal: `scripts/pictures` keeps them in docs/pictures.
//! Promises: the same pages with the same content each time; times of day are replaced by one that stands.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    DeskPlan, YardPlan,
    accounts::{ACCOUNTS, Doors},
    browser,
    card_reader::CardReader,
    cards::PIN,
    centre::Centre,
    config::OFFICER,
    paper::picture_of,
    ports,
    record::{Closing, Medium, NewRecord},
};
use protocols::rules::TripStatus;
use serde_json::json;

use super::{AT_THE_SCREEN, stage::seat};

const MOST_BYTES: u64 = 150_000;
const PICTURES: [&str; 6] = ["query.en", "query.zh", "sign.en", "sign.zh", "desk.en", "desk.zh"];

/// Where they are kept when `KAKOU_PICTURES=1` asks for it.
fn kept() -> Option<PathBuf> {
    let asked = std::env::var_os("KAKOU_PICTURES").is_some_and(|value| value == "1");
    asked.then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures"))
}

/// The pictures that people see first are of pages that there are, and small enough to be looked at over any line.
#[tokio::test]
async fn the_pictures_of_the_readme_are_taken_from_the_portal() -> Result<()> {
    let _seat = seat().await?;
    let folder = tempfile::tempdir()?;
    let desk = DeskPlan::Manual { send_delay_ms: 10 };
    let plan = YardPlan { desk, gates: Vec::new(), card_service: ports::free(0)?, ..YardPlan::default() };
    let centre = Centre::start(&plan, folder.path()).await?;
    let reader = CardReader::start(centre.cards(), &centre.url(), plan.card_service).await?;
    let doors = Doors::of(&centre, &reader.url())?;
    let [declarant, ..] = ACCOUNTS;
    doors.make(&declarant, &plan.yard_id, &plan.customs_code).await?;
    let token = doors.logged_in(declarant.username, declarant.password.context("no password")?).await?;
    let people = centre.people()?;
    let mut printed = None;
    for (number, plate) in ["蒙LK8216", "蒙LK8217", "蒙A51T82", "新A77712"].into_iter().enumerate() {
        let closing = if number % 2 == 0 { Closing::Exit } else { Closing::Entry };
        let new = NewRecord {
            bill_no: format!("MGL251013{number:04}"),
            ..NewRecord::by(Medium::plate(plate), closing)
        };
        let record = people.declare(&new).await?;
        people.reaches(&record.unified_no, TripStatus::Sent, std::time::Duration::from_secs(20)).await?;
        if number == 0 {
            people.desk(&record.unified_no, "approve", "").await?;
            printed = Some(record);
        }
    }
    let new = NewRecord {
        bill_no: "MGL2510139999".into(),
        ..NewRecord::by(Medium::plate("蒙E90A56"), Closing::Exit)
    };
    let draft = people.save(&new).await?;

    let pictures = kept().unwrap_or_else(|| folder.path().join("pictures"));
    std::fs::create_dir_all(&pictures)?;
    let given = json!({"url": centre.url(), "token": token, "officer_token": OFFICER, "pin": PIN, "draft": draft.unified_no,
        "pictures": pictures});
    let told = browser::run("portal-pictures.mjs", &given.to_string(), AT_THE_SCREEN).await;
    let told = told.with_context(|| centre.process.log_tail(20))?;
    ensure!(told.contains(" passed, 0 failed"), "{told}");
    let record = printed.context("nothing was approved")?;
    let slip = picture_of(&people.slip_page(&record.unified_no, "80mm").await?, 120).await?;
    std::fs::write(pictures.join("slip.png"), slip)?;
    for name in PICTURES.into_iter().chain(["slip"]) {
        let file = pictures.join(format!("{name}.png"));
        let bytes = std::fs::metadata(&file).with_context(|| format!("no {}", file.display()))?.len();
        ensure!(bytes > 5_000 && bytes < MOST_BYTES, "{name} has {bytes} bytes");
    }
    Ok(())
}
