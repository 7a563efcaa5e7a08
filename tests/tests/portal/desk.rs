//! 关员待办 with the records of several manuals.

use anyhow::Result;

use super::{play, stage::Stage};

/// PO-111, AC-227; portal patterns "Desk": bindings and an appointment wait in lists of their own, the next record follows each decision, ticked ones
/// get one act with one signature, what sends back needs words, and waiting time and deadline are shown.
#[tokio::test]
async fn officers_answer_the_records_of_several_manuals_at_one_desk() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    play("portal-desk.mjs", &stage).await
}
