//! The ways in beside password and card: a mobile shield, and another provider who says who somebody is.

use anyhow::Result;
use kakou_tests::ports;
use serde_json::json;

use crate::{play_with, stage::Stage};

/// PO-038, PO-052, PO-066: a phone applies for a shield and logs in by it; it scans the code of another screen, compares the number and confirms, and
/// the screen is logged in; it refuses one; a request that names the account finds the phone by itself; one that is over says so.
#[tokio::test]
async fn a_mobile_shield_logs_in_a_phone_and_a_screen() -> Result<()> {
    let stage = Stage::start().await?;
    stage.declarant().await?;
    play_with("portal-shield.mjs", &stage, json!({"url": stage.named_url()})).await.map(drop)
}

/// PO-009, PO-053, PO-067: who has no link yet logs in once by password and is where they wanted to be; afterwards the provider alone opens the
/// session; a second provider is linked from the account; what the provider or the centre refuses is told, and nobody is logged in.
#[tokio::test]
async fn another_provider_logs_in_once_it_is_linked() -> Result<()> {
    let issuer = format!("http://{}", ports::free(0)?);
    let provider = |id: &str, name: &str, name_en: &str| json!({"id": id, "name": name, "name_en": name_en, "issuer": issuer, "client_id": format!("kakou-{id}"), "client_secret": "a-secret-of-the-tests"});
    let providers = [provider("wechat", "微信", "WeChat"), provider("alipay", "支付宝", "Alipay")];
    let stage = Stage::start_with(json!({"identity_provider": providers})).await?;
    stage.declarant().await?;
    play_with("portal-provider.mjs", &stage, json!({"url": stage.named_url(), "issuer": issuer}))
        .await
        .map(drop)
}
