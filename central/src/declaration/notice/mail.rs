//! 邮件: a notice as plain text by SMTP.

use std::time::Duration;

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::header::ContentType};

use super::Outgoing;
use crate::config::NoticeConfig;

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Mail<'a> {
    from: &'a str,
    transport: Option<AsyncSmtpTransport<Tokio1Executor>>,
}

impl<'a> Mail<'a> {
    pub(super) fn new(config: &'a NoticeConfig) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(config.smtp_url.reveal());
        Self {
            from: &config.mail_from,
            transport: transport.ok().map(|builder| builder.timeout(Some(PATIENCE)).build()),
        }
    }

    pub(super) async fn send(&self, address: &str, notice: &Outgoing) -> Result<(), String> {
        let Some(transport) = &self.transport else { return Err("notice.smtp_url cannot be used".into()) };
        let about = notice
            .record
            .as_ref()
            .map(|record| format!("\n\n{} {}", record.manual, record.number))
            .unwrap_or_default();
        let message = Message::builder()
            .from(self.from.parse().map_err(|_| "notice.mail_from is no address")?)
            .to(address.parse().map_err(|_| "the address cannot be used")?)
            .subject(&notice.title)
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}{about}\n", notice.body))
            .map_err(|error| error.to_string())?;
        transport.send(message).await.map(|_| ()).map_err(|error| error.to_string())
    }
}
