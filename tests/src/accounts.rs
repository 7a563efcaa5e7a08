//! 账号 of people who use the portal: made as their persons would make them, with passwords, bound cards and a card service on this machine.
//! Promises: each passes the ordinary log-in; nothing is written into the centre's store. A captcha, which a person reads from its picture, is
//! found here by the hash of its answer.
//! Source: central/README.md, "Paths"; PO-037, PO-060, PO-068, PO-092.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    cards::PIN,
    centre::Centre,
    config::{ADMIN, CUSTOMS_REG_NO},
    rest::choose_cryptography,
    wait,
};

const WITHIN: Duration = Duration::from_secs(60);
/// What a captcha is made of (PO-060).
const SIGNS: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";

/// One account, as it is told to whoever is to use it.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// 用户名.
    pub username: &'static str,
    /// Chinese and English.
    pub is: [&'static str; 2],
    role: &'static str,
    person: &'static str,
    mobile: &'static str,
    /// None for who logs in by card only (PO-068).
    pub password: Option<&'static str>,
    /// The card that is bound to it.
    pub card_no: Option<&'static str>,
}

/// One of each: who declares, who decides, who works a gate, who keeps accounts.
pub const ACCOUNTS: [Account; 4] = [
    Account {
        username: "declarant",
        is: ["企业操作员", "declares for an enterprise"],
        role: "enterprise_operator",
        person: "王强",
        mobile: "13816001234",
        password: Some("Border-Coal-2026"),
        card_no: Some("8950000007001"),
    },
    Account {
        username: "officer",
        is: ["海关关员", "decides for customs"],
        role: "customs_officer",
        person: "李海",
        mobile: "13816001236",
        password: None,
        card_no: Some("0708000000025"),
    },
    Account {
        username: "yard_operator",
        is: ["场所操作员", "watches the lanes of the yard"],
        role: "yard_operator",
        person: "赵场",
        mobile: "13816001237",
        password: Some("Yard-Lanes-2026"),
        card_no: None,
    },
    Account {
        username: "administrator",
        is: ["平台管理员", "keeps accounts, tables and yards"],
        role: "platform_admin",
        person: "陈平",
        mobile: "13816001238",
        password: Some("Keeps-Tables-2026"),
        card_no: None,
    },
];

impl Account {
    /// Whose card it is: that of the enterprise's operator names the enterprise.
    pub(crate) fn declares(&self) -> bool {
        self.role == "enterprise_operator"
    }

    /// 姓名.
    #[must_use]
    pub const fn person(&self) -> &'static str {
        self.person
    }
}

/// The portal from outside, before anybody has logged in.
#[derive(Debug)]
pub struct Doors {
    url: String,
    card_service: String,
    http: reqwest::Client,
    store: PathBuf,
    messages: PathBuf,
}

impl Doors {
    /// Of this centre, with the card service at that address.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn of(centre: &Centre, card_service: &str) -> Result<Self> {
        choose_cryptography();
        let http = reqwest::Client::builder().timeout(WITHIN).build()?;
        let store = centre.store();
        let messages = store.parent().unwrap_or(Path::new(".")).join("short-messages");
        Ok(Self { url: centre.url(), card_service: card_service.to_owned(), http, store, messages })
    }

    /// Makes the account, sets its password by the code to its mobile, and binds its card, which is left in the reader.
    ///
    /// # Errors
    /// The first step that the centre refuses.
    pub async fn make(&self, account: &Account, yard_id: &str, customs_code: &str) -> Result<()> {
        self.made(account, yard_id, customs_code)
            .await
            .with_context(|| format!("no account {}", account.username))
    }

    async fn made(&self, account: &Account, yard_id: &str, customs_code: &str) -> Result<()> {
        let mut body = json!({"username": account.username, "role": account.role, "person_name": account.person, "mobile": account.mobile});
        let mut add = |name: &str, value: Value| {
            if let Some(members) = body.as_object_mut() {
                members.insert(name.to_owned(), value);
            }
        };
        match account.role {
            "enterprise_operator" => {
                let path = format!("/api/v1/admin/enterprises/{CUSTOMS_REG_NO}");
                let known = self.ask(Method::GET, ADMIN, &path, &Value::Null).await?;
                let id = known.get("id").or_else(|| known.get("enterprise_id"));
                add("enterprise_id", id.cloned().context("no id of the enterprise")?);
            }
            "customs_officer" => add("customs_codes", json!([customs_code])),
            "yard_operator" => add("yard_ids", json!([yard_id])),
            _ => {}
        }
        self.ask(Method::POST, ADMIN, "/api/v1/admin/accounts", &body).await?;
        if let Some(password) = account.password {
            self.ask(Method::POST, "", "/api/v1/recoveries", &json!({"mobile": account.mobile})).await?;
            let code = self.code(account.mobile).await?;
            let redeemed = json!({"mobile": account.mobile, "code": code, "username": account.username, "new_password": password});
            self.ask(Method::POST, "", "/api/v1/recoveries/redeem", &redeemed).await?;
        }
        match (account.card_no, account.password) {
            (Some(card_no), Some(password)) => {
                let token = self.logged_in(account.username, password).await?;
                let challenge = self
                    .ask(Method::POST, &token, "/api/v1/cards/challenges", &json!({"purpose": "bind"}))
                    .await?;
                let answer = self.answer(card_no, &challenge).await?;
                self.ask(Method::POST, &token, "/api/v1/cards/bind", &answer).await?;
                self.ask(Method::DELETE, &token, "/api/v1/session", &Value::Null).await?;
            }
            // Who logs in by card only gets the first one before any log-in.
            (Some(card_no), None) => {
                let name = json!({"username": account.username});
                self.ask(Method::POST, "", "/api/v1/first-cards", &name).await?;
                let code = self.code(account.mobile).await?;
                let challenge =
                    self.ask(Method::POST, "", "/api/v1/first-cards/challenges", &Value::Null).await?;
                let answer = self.answer(card_no, &challenge).await?;
                let redeemed = json!({"username": account.username, "code": code, "answer": answer});
                self.ask(Method::POST, "", "/api/v1/first-cards/redeem", &redeemed).await?;
            }
            (None, _) => {}
        }
        Ok(())
    }

    /// Logs in by password and captcha, as the page does; the session's token.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn logged_in(&self, username: &str, password: &str) -> Result<String> {
        let (id, captcha) = self.captcha().await?;
        let entered = json!({"username": username, "password": password, "captcha_id": id, "captcha": captcha, "agreements_accepted": true});
        let session = self.ask(Method::POST, "", "/api/v1/sessions", &entered).await?;
        Ok(text_of(&session, "token")?.to_owned())
    }

    /// Puts a card into the reader.
    ///
    /// # Errors
    /// When there is no such card.
    pub async fn insert(&self, card_no: &str) -> Result<()> {
        self.card("insert", &json!({"card_no": card_no})).await.map(drop)
    }

    async fn answer(&self, card_no: &str, challenge: &Value) -> Result<Value> {
        let challenge = text_of(challenge, "challenge")?;
        self.insert(card_no).await?;
        self.card("pin", &json!({"pin": PIN})).await?;
        let answer = self.card("sign", &json!({"text": challenge})).await?;
        Ok(json!({"card_no": card_no, "challenge": challenge, "signature_alg": text_of(&answer, "alg")?,
            "signature": text_of(&answer, "value")?, "certificate": text_of(&answer, "certificate")?}))
    }

    async fn ask(&self, method: Method, token: &str, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.request(method, format!("{}{path}", self.url)).json(body);
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        read(request, path).await
    }

    async fn card(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}/card/v1/readers/R1/{path}", self.card_service));
        read(request.header("origin", &self.url).json(body), path).await
    }

    /// The newest code that was sent to this mobile and not taken yet.
    async fn code(&self, mobile: &str) -> Result<String> {
        let found = wait::until(format!("a code to {mobile}"), WITHIN, async || self.message(mobile)).await?;
        let (file, code) = found;
        // The next one for it is another message.
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        Ok(code)
    }

    fn message(&self, mobile: &str) -> Result<Option<(PathBuf, String)>> {
        let Ok(messages) = fs::read_dir(&self.messages) else { return Ok(None) };
        for message in messages {
            let file = message?.path();
            let text = fs::read_to_string(&file)?;
            let Some(body) = text.strip_prefix(mobile) else { continue };
            let mut words = body.split(|sign: char| !sign.is_ascii_digit());
            if let Some(code) = words.find(|word| word.len() == 6) {
                return Ok(Some((file, code.to_owned())));
            }
        }
        Ok(None)
    }

    /// Draws a captcha and finds what is to be typed for it.
    async fn captcha(&self) -> Result<(String, String)> {
        let drawn = self.ask(Method::POST, "", "/api/v1/captchas", &Value::Null).await?;
        let id = text_of(&drawn, "captcha_id")?.to_owned();
        let store = rusqlite::Connection::open(&self.store).context("cannot open the centre's store")?;
        let answer: String =
            store.query_row("SELECT answer FROM captcha WHERE id = ?1", [&id], |row| row.get(0))?;
        let wanted = id.clone();
        let text = tokio::task::spawn_blocking(move || solved(&wanted, &answer))
            .await?
            .context("no four signs fit")?;
        Ok((id, text))
    }
}

fn text_of<'a>(answer: &'a Value, member: &str) -> Result<&'a str> {
    answer.get(member).and_then(Value::as_str).with_context(|| format!("no {member}"))
}

fn solved(id: &str, answer: &str) -> Option<String> {
    let wanted = hex::decode(answer).ok()?;
    let begun = Sha256::new_with_prefix(format!("{id} "));
    let signs = || SIGNS.iter().copied();
    let pairs = || signs().flat_map(|first| signs().map(move |second| [first, second]));
    let all = pairs().flat_map(|[a, b]| pairs().map(move |[c, d]| [a, b, c, d]));
    let fits = |text: &[u8; 4]| begun.clone().chain_update(text).finalize()[..] == wanted[..];
    all.into_iter().find(fits).map(|text| text.iter().map(|sign| char::from(*sign)).collect())
}

async fn read(request: reqwest::RequestBuilder, path: &str) -> Result<Value> {
    let answer = request.send().await.with_context(|| format!("{path}: no answer"))?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{path}: {status} {text}");
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captcha_is_found_by_its_hash() {
        let answer = hex::encode(Sha256::digest("some-id AC7D"));
        assert_eq!(solved("some-id", &answer).as_deref(), Some("AC7D"));
        assert_eq!(
            solved("another", &hex::encode(Sha256::digest("another 01OI"))),
            None,
            "no captcha has such signs"
        );
    }

    #[test]
    fn no_two_accounts_are_alike() {
        let mut seen = std::collections::BTreeSet::new();
        for account in &ACCOUNTS {
            let own = [Some(account.username), Some(account.mobile), account.password, account.card_no];
            assert!(own.into_iter().flatten().all(|one| seen.insert(one)), "{}", account.username);
        }
    }
}
