//! `[notice]` and `[[webhook]]`: how notices leave the portal.
//! Promises: what proves who we are is in no log and no error.

use serde::Deserialize;
use toml::Table;

use super::{Row, Wrong};

/// Characters of a shared secret.
const SHORTEST_SECRET: usize = 16;

/// A text that is shown to nobody.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret of this text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one who needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// There is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(none)" } else { "Secret(..)" })
    }
}

/// `[notice]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticeConfig {
    /// The mail server, `smtps://user:password@host` or `smtp://host:25?tls=required`; empty: no mail. Better in the environment,
    /// `KAKOU_NOTICE__SMTP_URL`.
    pub smtp_url: Secret,
    /// The sender's address.
    pub mail_from: String,
}

/// One `[[webhook]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Its name in the log of deliveries.
    pub name: String,
    /// Where notices are posted.
    pub url: String,
    /// What signs them.
    pub secret: Secret,
}

pub(super) fn read(rows: Vec<Table>, wrong: &mut Vec<Wrong>) -> Vec<WebhookConfig> {
    let hook = |(place, keys)| {
        let mut row = Row::new("webhook", place, keys, wrong);
        let (name, url, secret) =
            (row.required("name"), row.required::<String>("url"), row.required::<Secret>("secret"));
        if url.as_ref().is_some_and(|url| !(url.starts_with("https://") || url.starts_with("http://"))) {
            row.refuse("url", "must begin with https:// or http://");
        }
        if secret.as_ref().is_some_and(|secret| secret.reveal().len() < SHORTEST_SECRET) {
            row.refuse("secret", format!("must have at least {SHORTEST_SECRET} characters"));
        }
        row.end();
        Some(WebhookConfig { name: name?, url: url?, secret: secret? })
    };
    rows.into_iter().enumerate().filter_map(hook).collect()
}

pub(super) fn check(config: &NoticeConfig, wrong: &mut Vec<Wrong>) {
    if !config.smtp_url.is_empty() && !crate::declaration::formats::is_email(&config.mail_from) {
        wrong.push(Wrong {
            key: "notice.mail_from".into(),
            why: "must be an address, since there is a smtp_url".into(),
        });
    }
    let known = ["smtp://", "smtps://"].iter().any(|scheme| config.smtp_url.reveal().starts_with(scheme));
    if !config.smtp_url.is_empty() && !known {
        wrong
            .push(Wrong { key: "notice.smtp_url".into(), why: "must begin with smtp:// or smtps://".into() });
    }
}
