//! People at the centre: a declarant, a customs officer, an administrator, over REST.
//! Promises: an answer other than success is an error with the status and what the centre said of it; what is declared or decided is
//! signed by the person's own card, as a page of the portal does it.
//! Source: central/README.md, "Paths" and "Signing".

use std::time::Duration;

use anyhow::{Context, Result, bail};
use protocols::{contract::RawEvent, rules::TripStatus};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    cards::Cards,
    config::{ADMIN, DECLARANT, OFFICER},
    record::{Medium, NewRecord},
    wait,
};

/// How often an officer looks again when a record has moved on meanwhile.
const LOOKS: u32 = 5;

/// A record as far as tests look at it.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    /// 数据中心统一编号.
    pub unified_no: String,
    /// 车次确认编号.
    pub trip_no: String,
    /// What every act must name.
    pub version: i64,
    /// 单证状态.
    pub status: TripStatus,
    /// Everything.
    #[serde(flatten)]
    pub all: serde_json::Map<String, Value>,
}

/// One choice for the whole process: in a build of the whole workspace the client can speak TLS, and asks for it.
pub fn choose_cryptography() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Calls of the centre's REST face.
#[derive(Clone, Debug)]
pub struct Rest {
    base: String,
    http: reqwest::Client,
    cards: Cards,
}

impl Rest {
    /// Of the centre at that base address, for people with these cards.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(base: &str, cards: Cards) -> Result<Self> {
        crate::rest::choose_cryptography();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        Ok(Self { base: base.to_owned(), http, cards })
    }

    /// Where it is.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// One call; `Null` for an answer without a body.
    ///
    /// # Errors
    /// No answer, or one that is not a success.
    pub async fn call(&self, method: Method, token: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request =
            self.http.request(method.clone(), format!("{}{path}", self.base)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| format!("{method} {path}: no answer"))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("{method} {path}: broken answer"))?;
        if !status.is_success() {
            bail!("{method} {path}: {status} {text}");
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("{method} {path}: not JSON: {text}"))
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, token: &str, path: &str) -> Result<T> {
        let value = self.call(Method::GET, token, path, None).await?;
        serde_json::from_value(value).with_context(|| format!("GET {path}: another shape"))
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, token, path, Some(body)).await
    }

    /// An act that asks for a signature: `<root>/statements`, the card, `<root>/<act>`.
    ///
    /// # Errors
    /// As [`Self::call`], or when whoever has this token has no card.
    pub async fn signed(
        &self,
        token: &str,
        root: &str,
        act: &str,
        members: Map<String, Value>,
    ) -> Result<Value> {
        let with = |name: &str, value: Value| {
            Value::Object(members.clone().into_iter().chain([(name.to_owned(), value)]).collect())
        };
        let statement = self.post(token, &format!("{root}/statements"), &with("action", act.into())).await?;
        let signature = self.cards.sign(token, &statement)?;
        self.post(token, &format!("{root}/{act}"), &with("signature", signature)).await
    }

    /// A code by which a gate gets its certificate.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn enrolment_code(&self, yard_id: &str, gate_id: &str) -> Result<String> {
        let at = format!("/api/v1/admin/gates/{gate_id}/enrolment-codes");
        let made = self.post(ADMIN, &at, &json!({"yard_id": yard_id})).await?;
        let code = made.get("code").and_then(Value::as_str).context("an answer without a code")?;
        Ok(code.to_owned())
    }

    /// 暂存.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn save(&self, record: &NewRecord) -> Result<Record> {
        let saved = self.post(DECLARANT, "/api/v1/smart-gate/records", &record.body()).await?;
        serde_json::from_value(saved).context("not a record")
    }

    /// 暂存 and 申报, signed.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn declare(&self, record: &NewRecord) -> Result<Record> {
        let saved = self.save(record).await?;
        let root = format!("/api/v1/smart-gate/records/{}", saved.unified_no);
        let members = Map::from_iter([("version".to_owned(), saved.version.into())]);
        let declared = self.signed(DECLARANT, &root, "declare", members).await?;
        serde_json::from_value(declared).context("not a record")
    }

    /// Declares and waits until customs has approved.
    ///
    /// # Errors
    /// As [`Self::call`], or no approval within two minutes.
    pub async fn declare_and_approve(&self, record: &NewRecord) -> Result<Record> {
        let declared = self.declare(record).await?;
        self.reaches(&declared.unified_no, TripStatus::CustomsApproved, Duration::from_secs(120)).await
    }

    /// 查看.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn record(&self, unified_no: &str) -> Result<Record> {
        self.get(DECLARANT, &format!("/api/v1/smart-gate/records/{unified_no}")).await
    }

    /// Waits for a status.
    ///
    /// # Errors
    /// As [`Self::call`], or not within that time, with the status that it has instead.
    pub async fn reaches(&self, unified_no: &str, status: TripStatus, within: Duration) -> Result<Record> {
        let mut last = None;
        let reached = wait::until(format!("record {unified_no} to become {status}"), within, async || {
            let record = self.record(unified_no).await?;
            last = Some(record.status);
            Ok((record.status == status).then_some(record))
        })
        .await;
        reached.with_context(|| last.map_or_else(|| "never seen".to_owned(), |last| format!("it is {last}")))
    }

    /// 查看回执; none before customs or a gate has answered.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn receipts(&self, unified_no: &str) -> Result<Vec<Value>> {
        if !self
            .record(unified_no)
            .await?
            .all
            .get("actions")
            .is_some_and(|actions| offers(actions, "receipts"))
        {
            return Ok(Vec::new());
        }
        let path = format!("/api/v1/smart-gate/records/{unified_no}/receipts");
        self.get::<Items>(DECLARANT, &path).await.map(|answer| answer.items)
    }

    /// 打印凭条: what to print.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn slip(&self, unified_no: &str) -> Result<Value> {
        self.get(DECLARANT, &format!("/api/v1/smart-gate/records/{unified_no}/slip")).await
    }

    /// 打印凭条 as PDF, on `a5` or `80mm`.
    ///
    /// # Errors
    /// No answer, or one that is not a success.
    pub async fn slip_page(&self, unified_no: &str, paper: &str) -> Result<Vec<u8>> {
        let path = format!("/api/v1/smart-gate/records/{unified_no}/slip.pdf?paper={paper}");
        let answer = self.http.get(format!("{}{path}", self.base)).bearer_auth(DECLARANT).send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?.to_vec();
        if !status.is_success() {
            bail!("GET {path}: {status} {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes)
    }

    /// An officer's act, signed: `approve return hold lift close finish left-port`.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn desk(&self, unified_no: &str, act: &str, text: &str) -> Result<()> {
        let root = format!("/api/v1/desk/records/{unified_no}");
        // The record may move between look and act, for the gates go on meanwhile; the officer then looks again.
        for _ in 0..LOOKS {
            let version = self.record(unified_no).await?.version;
            let members =
                Map::from_iter([("version".to_owned(), version.into()), ("text".to_owned(), text.into())]);
            match self.signed(OFFICER, &root, act, members).await {
                Err(error) if error.to_string().contains("PO_VERSION_CONFLICT") => {}
                answer => return answer.map(drop),
            }
        }
        bail!("record {unified_no} moved whenever an officer wanted to {act} it")
    }

    /// Puts a medium on the deny list of all yards.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn deny(&self, medium: &Medium, reason: &str) -> Result<()> {
        let row =
            json!({"yard_id": null, "medium_type": medium.kind, "medium_key": medium.key, "reason": reason});
        self.post(OFFICER, "/api/v1/desk/deny", &row).await.map(drop)
    }

    /// Takes it off again.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn allow(&self, medium: &Medium) -> Result<()> {
        let row = json!({"yard_id": null, "medium_type": medium.kind, "medium_key": medium.key});
        self.post(OFFICER, "/api/v1/desk/deny/remove", &row).await.map(drop)
    }

    /// What a person must look at, oldest first.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn alerts(&self) -> Result<Vec<Value>> {
        self.get::<Items>(OFFICER, "/api/v1/alerts?limit=1000").await.map(|answer| answer.items)
    }

    /// Gates that ever said hello, with head and newest live status.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn gates(&self) -> Result<Vec<Value>> {
        self.get::<Items>(ADMIN, "/api/v1/gates").await.map(|answer| answer.items)
    }

    /// All events of a gate as the centre has stored them, epoch by epoch; each one's hash is verified.
    ///
    /// # Errors
    /// As [`Self::call`], or a stored event whose hash does not hold.
    pub async fn events(&self, gate_id: &str) -> Result<Vec<RawEvent>> {
        let mut all: Vec<RawEvent> = Vec::new();
        loop {
            let (epoch, seq) = all.last().map_or((0, 0), |last| (last.epoch, last.seq));
            let path =
                format!("/api/v1/gates/{gate_id}/events?after_epoch={epoch}&after_seq={seq}&limit=1000");
            let page: Items = self.get(OFFICER, &path).await?;
            if page.items.is_empty() {
                return Ok(all);
            }
            for mut item in page.items {
                let event = item.get_mut("event").map(Value::take).unwrap_or_default();
                all.push(RawEvent::verify(event).context("the centre keeps an event that does not hold")?);
            }
        }
    }

    /// The newest revision of a gate's index, asked with the gate's own token.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn revision(&self, gate_token: &str) -> Result<u64> {
        let url = format!("{}/gate/v1/snapshot", self.base);
        let answer = self.http.get(url).bearer_auth(gate_token).send().await?.error_for_status()?;
        let text = answer.text().await.context("broken snapshot")?;
        let head: Value = serde_json::from_str(text.lines().next().unwrap_or_default())?;
        head.get("revision").and_then(Value::as_u64).context("a snapshot without a revision")
    }
}

#[derive(Deserialize)]
struct Items {
    items: Vec<Value>,
}

fn offers(actions: &Value, name: &str) -> bool {
    actions.as_array().is_some_and(|actions| actions.iter().any(|action| action.as_str() == Some(name)))
}
