//! 打印: the driver's slip from the record's page, and the record itself on paper.

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    DeskPlan, YardPlan,
    accounts::{ACCOUNTS, Doors},
    browser,
    card_reader::CardReader,
    centre::Centre,
    paper::{Printed, text_of},
    ports,
    record::{Closing, Medium, NewRecord},
};
use serde_json::json;

use super::{AT_THE_SCREEN, stage::seat};

/// PO-155, PO-172, SG-126; portal patterns, the slip: the button gives the slip on both papers, marked while the record is a draft; a record
/// printed by the browser has its content, its receipts, number, status and time.
#[tokio::test]
async fn a_slip_and_a_record_are_printed_from_the_record_s_page() -> Result<()> {
    let _seat = seat().await?;
    let folder = tempfile::tempdir()?;
    let desk = DeskPlan::Auto { send_delay_ms: 10, approve_delay_ms: 10 };
    let plan = YardPlan { desk, gates: Vec::new(), card_service: ports::free(0)?, ..YardPlan::default() };
    let centre = Centre::start(&plan, folder.path()).await?;
    let reader = CardReader::start(centre.cards(), &centre.url(), plan.card_service).await?;
    let doors = Doors::of(&centre, &reader.url())?;
    let [declarant, ..] = ACCOUNTS;
    doors.make(&declarant, &plan.yard_id, &plan.customs_code).await?;
    let token = doors.logged_in(declarant.username, declarant.password.context("no password")?).await?;
    let people = centre.people()?;
    let new = NewRecord::by(Medium::plate("蒙LK8216"), Closing::Exit);
    let approved = people.declare_and_approve(&new).await?;
    let draft = people.save(&NewRecord::by(Medium::plate("蒙LK8217"), Closing::Exit)).await?;

    let papers = folder.path().join("papers");
    std::fs::create_dir(&papers)?;
    let given = json!({"url": centre.url(), "token": token, "approved": approved.unified_no, "draft": draft.unified_no, "papers": papers});
    let told = browser::run("portal-slip.mjs", &given.to_string(), AT_THE_SCREEN).await;
    let told = told.with_context(|| centre.process.log_tail(20))?;
    ensure!(told.contains(" passed, 0 failed"), "{told}");

    for (name, width, is_draft) in
        [("approved-a5", 148, false), ("approved-80mm", 80, false), ("draft-a5", 148, true)]
    {
        let page = Printed::of(&std::fs::read(papers.join(format!("{name}.pdf")))?).await?;
        ensure!(page.size.0 == width, "{name} is {:?} mm", page.size);
        ensure!(page.symbols.is_empty() == is_draft, "{name}: {:?}", page.symbols);
        ensure!(page.text.contains("DRAFT") == is_draft, "{name}: {}", page.text);
    }
    // Where a cell breaks its text says nothing.
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let record = bare(&text_of(&papers.join("record.pdf")).await?);
    for part in [
        "蒙LK8216",
        &approved.unified_no,
        &approved.trip_no,
        &new.bill_no,
        "海关审核通过",
        "回执与流转",
        "培训环境",
        "1/1",
    ] {
        ensure!(record.contains(part), "no {part} on the printed record: {record}");
    }
    for button in ["退出", "打印凭条", "重新加载"] {
        ensure!(!record.contains(button), "{button} on the printed record: {record}");
    }
    let of_draft = text_of(&papers.join("draft-record.pdf")).await?;
    ensure!(of_draft.contains("未申报草稿") && of_draft.contains("暂存"), "{of_draft}");
    Ok(())
}
