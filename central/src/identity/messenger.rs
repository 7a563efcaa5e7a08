//! 短信: takes what waits in the outbox to the gateway for short messages, or into a folder where there is none.
//! Promises: a message is tried three times within a quarter of an hour, then given up and logged without its words; once it is sent its words
//! are gone from the store (they may be a code). Two processes on one store do not send one message twice: each claims it first.
//! Source: spec PO-283, PO-284.

use std::{path::PathBuf, time::Duration};

use serde_json::json;

use crate::{
    app::Central,
    config::ShortMessageConfig,
    store::{Store, StoreError, all, column, execute},
};

const LOOK_EVERY: Duration = Duration::from_secs(1);
const TRIES: i64 = 3;
/// Between two tries; also how long a claim holds when its process dies.
const AGAIN_MS: i64 = 5 * 60 * 1000;
const AT_ONCE: u32 = 20;
const TIME_OUT: Duration = Duration::from_secs(10);

/// The way out.
#[derive(Debug)]
enum Way {
    Gateway { client: reqwest::Client, url: String },
    Folder(PathBuf),
}

impl Way {
    fn of(config: &ShortMessageConfig, data_dir: &str) -> Self {
        if config.url.is_empty() {
            return Self::Folder(PathBuf::from(data_dir).join("short-messages"));
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self::Gateway { client: reqwest::Client::new(), url: config.url.clone() }
    }

    /// Errors come back without the message.
    async fn send(&self, id: &str, mobile: &str, body: &str) -> Result<(), String> {
        match self {
            Self::Gateway { client, url } => {
                let request = client
                    .post(url)
                    .timeout(TIME_OUT)
                    .json(&json!({"id": id, "mobile": mobile, "body": body}));
                let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
                answer.error_for_status().map(drop).map_err(|error| error.without_url().to_string())
            }
            Self::Folder(folder) => {
                let (folder, name, text) =
                    (folder.clone(), format!("{id}.txt"), format!("{mobile}\n{body}\n"));
                let written = tokio::task::spawn_blocking(move || {
                    std::fs::create_dir_all(&folder)?;
                    std::fs::write(folder.join(name), text)
                });
                match written.await {
                    Ok(written) => written.map_err(|error| error.to_string()),
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }
}

/// Sends for ever.
pub async fn run(central: Central) {
    let way = Way::of(&central.config().short_messages, &central.config().store.data_dir);
    loop {
        if let Err(error) = send_due(central.store(), &way).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "short messages wait: the store failed"
            );
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn send_due(store: &Store, way: &Way) -> Result<(), StoreError> {
    let now = store.clock().now().as_millis();
    let sql = "SELECT id, mobile, body, tries FROM short_message WHERE due_at IS NOT NULL AND due_at <= $1
               ORDER BY due_at LIMIT $2";
    for row in all(store.read(), sql, [now.into(), i64::from(AT_ONCE).into()]).await? {
        let (id, mobile, body): (String, String, String) =
            (column(&row, "id")?, column(&row, "mobile")?, column(&row, "body")?);
        let tries: i64 = column(&row, "tries")?;
        let tx = store.begin().await?;
        let claim = "UPDATE short_message SET tries = tries + 1, due_at = $3 WHERE id = $1 AND tries = $2 AND due_at IS NOT NULL";
        let again = now + AGAIN_MS;
        let claimed = execute(tx.conn(), claim, [id.clone().into(), tries.into(), again.into()]).await? == 1;
        tx.commit().await?;
        if !claimed {
            continue;
        }
        let sent = way.send(&id, &mobile, &body).await;
        let tx = store.begin().await?;
        match sent {
            Ok(()) => {
                let sql = "UPDATE short_message SET due_at = NULL, sent_at = $2, body = '' WHERE id = $1";
                execute(tx.conn(), sql, [id.into(), tx.now().as_millis().into()]).await?;
            }
            Err(why) if tries + 1 >= TRIES => {
                tracing::warn!(message.id = id, "gave a short message up after {TRIES} tries: {why}");
                let sql = "UPDATE short_message SET due_at = NULL, body = '' WHERE id = $1";
                execute(tx.conn(), sql, [id.into()]).await?;
            }
            Err(why) => tracing::info!(message.id = id, "a short message is tried again: {why}"),
        }
        tx.commit().await?;
    }
    Ok(())
}
