//! A centre with its pages, a declarant with an account and a bound card, an officer, and the card service: everything that a browser needs.
//! Promises: free ports only; everything that was started goes with it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use kakou_tests::{
    ports,
    process::{Launch, Process},
    programs::Program,
    rest::choose_cryptography,
    wait,
};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

const READY_WITHIN: Duration = Duration::from_secs(180);
pub(crate) const ADMIN: &str = "admin-token";
pub(crate) const HEADQUARTERS: &str = "headquarters-token";
pub(crate) const GATEWAY: &str = "gateway-token";
pub(crate) const OFFICER: &str = "officer-token";
pub(crate) const USERNAME: &str = "caoyuan_wang";
pub(crate) const PASSWORD: &str = "Border-Coal-2026";
pub(crate) const CARD: &str = "8950000004821";
pub(crate) const PIN: &str = "135790";
pub(crate) const OFFICER_CARD: &str = "8950000000700";
const MOBILE: &str = "13816001234";
const USCC: &str = "91150781MA0N5XWB9P";
pub(crate) const CUSTOMS_REG_NO: &str = "1507962233";
/// Signs that a captcha may have (PO-060).
const SIGNS: &str = "YEB7";

/// One browser at a time: two of them, with a centre each, starve each other on two cores, and people's fingers do not wait.
static SEAT: Semaphore = Semaphore::const_new(1);

/// Waits until no other story is played; it goes with the story.
pub(crate) async fn seat() -> Result<SemaphorePermit<'static>> {
    Ok(SEAT.acquire().await?)
}

pub(crate) struct Stage {
    centre: Process,
    cards: Process,
    folder: tempfile::TempDir,
    pub(crate) url: String,
    pub(crate) card_service: String,
    http: reqwest::Client,
    _seat: SemaphorePermit<'static>,
}

/// A captcha and what is to be typed for it.
pub(crate) struct Captcha {
    pub(crate) drawn: Value,
    pub(crate) text: String,
}

impl Stage {
    pub(crate) async fn start() -> Result<Self> {
        Self::start_with(json!({})).await
    }

    /// With these sections of the configuration besides.
    pub(crate) async fn start_with(more: Value) -> Result<Self> {
        let seat = seat().await?;
        let folder = tempfile::tempdir()?;
        let (at, cards_at) = (ports::free(0)?, ports::free(0)?);
        let (url, card_service) = (format!("http://{at}"), format!("http://{cards_at}"));
        make_cards(&folder.path().join("cards"))?;
        let file = folder.path().join("central.toml");
        fs::write(&file, config(folder.path(), at, &card_service, more)?)?;
        let mut centre = Process::new(Launch {
            program: Program::Central.path()?,
            args: vec!["run".into(), "--config".into(), file.display().to_string()],
            env: Vec::new(),
            log: folder.path().join("central.log"),
        });
        centre.start()?;
        let (from, listen) = (folder.path().join("cards").display().to_string(), cards_at.to_string());
        let args = [
            "card-service",
            "run",
            "--portal",
            &url,
            "--folder",
            &from,
            "--insert",
            CARD,
            "--listen",
            &listen,
        ];
        let args = args.map(ToOwned::to_owned).into();
        let log = folder.path().join("cards.log");
        let mut cards =
            Process::new(Launch { program: Program::FirmwareSim.path()?, args, env: Vec::new(), log });
        cards.start()?;
        choose_cryptography();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let mut stage = Self { centre, cards, folder, url, card_service, http, _seat: seat };
        let ready = format!("{}/readyz", stage.url);
        wait::until_true("centre and card service", READY_WITHIN, async || {
            stage.centre.must_run()?;
            stage.cards.must_run()?;
            let up = stage.http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success());
            Ok(up && stage.cards.output()?.contains("listening"))
        })
        .await?;
        Ok(stage)
    }

    pub(crate) async fn ask(&self, method: Method, token: &str, path: &str, body: Value) -> Result<Value> {
        let request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(token).json(&body);
        read(request, path).await
    }

    async fn card(&self, path: &str, body: Value) -> Result<Value> {
        let request = self.http.post(format!("{}/card/v1/readers/R1/{path}", self.card_service));
        read(request.header("origin", &self.url).json(&body), path).await
    }

    /// An account of the enterprise, its password set by the code to its mobile, its card bound: as its person would do it. The token of the
    /// session that did it.
    pub(crate) async fn declarant(&self) -> Result<String> {
        let path = format!("/api/v1/admin/enterprises/{CUSTOMS_REG_NO}");
        let enterprise = self.ask(Method::GET, ADMIN, &path, Value::Null).await?;
        let id = enterprise
            .get("id")
            .or_else(|| enterprise.get("enterprise_id"))
            .context("no id of the enterprise")?;
        let account = json!({"username": USERNAME, "role": "enterprise_operator", "enterprise_id": id, "mobile": MOBILE});
        self.ask(Method::POST, ADMIN, "/api/v1/admin/accounts", account).await?;
        self.ask(Method::POST, "", "/api/v1/recoveries", json!({"mobile": MOBILE})).await?;
        let code = wait::until("the code to the mobile", READY_WITHIN, async || self.code()).await?;
        let redeemed =
            json!({"mobile": MOBILE, "code": code, "username": USERNAME, "new_password": PASSWORD});
        self.ask(Method::POST, "", "/api/v1/recoveries/redeem", redeemed).await?;
        let Captcha { drawn, text } = self.captcha().await?;
        let entered = json!({"username": USERNAME, "password": PASSWORD, "captcha_id": text_of(&drawn, "captcha_id")?, "captcha": text,
            "agreements_accepted": true});
        let session = self.ask(Method::POST, "", "/api/v1/sessions", entered).await?;
        let token = text_of(&session, "token")?;
        let challenge =
            self.ask(Method::POST, token, "/api/v1/cards/challenges", json!({"purpose": "bind"})).await?;
        let challenge = text_of(&challenge, "challenge")?;
        self.card("pin", json!({"pin": PIN})).await?;
        let answer = self.card("sign", json!({"text": challenge})).await?;
        let bound = json!({"card_no": CARD, "challenge": challenge, "signature_alg": text_of(&answer, "alg")?,
            "signature": text_of(&answer, "value")?, "certificate": text_of(&answer, "certificate")?});
        self.ask(Method::POST, token, "/api/v1/cards/bind", bound).await?;
        Ok(token.to_owned())
    }

    /// The same pages under a name, since passkeys are made for names and not for numbers.
    pub(crate) fn named_url(&self) -> String {
        self.url.replace("127.0.0.1", "localhost")
    }

    /// Where the short messages lie that nobody carries to a telephone.
    pub(crate) fn messages(&self) -> PathBuf {
        self.folder.path().join("data/short-messages")
    }

    /// What an administrator of the configuration sends.
    pub(crate) async fn administer(&self, path: &str, body: Value) -> Result<Value> {
        self.ask(Method::POST, ADMIN, path, body).await
    }

    /// What five guesses at the declarant's password leave behind (PO-062); five captchas would have to be read for them.
    pub(crate) fn lock_out(&self) -> Result<()> {
        let store = self.store()?;
        let until = "INSERT INTO login_lock (username_folded, until) VALUES (?1, (CAST(strftime('%s', 'now') AS INTEGER) + 900) * 1000)";
        store.execute(until, [USERNAME])?;
        Ok(())
    }

    /// Puts another card into the reader.
    pub(crate) async fn insert(&self, card_no: &str) -> Result<()> {
        self.card("insert", json!({"card_no": card_no})).await.map(drop)
    }

    fn code(&self) -> Result<Option<String>> {
        let Ok(messages) = fs::read_dir(self.messages()) else {
            return Ok(None);
        };
        for message in messages {
            let text = fs::read_to_string(message?.path())?;
            let words = text.lines().skip(1).flat_map(|line| line.split(|sign: char| !sign.is_ascii_digit()));
            if let Some(code) = words.into_iter().find(|word| word.len() == 6) {
                return Ok(Some(code.to_owned()));
            }
        }
        Ok(None)
    }

    /// Draws a captcha whose four signs are known. A person reads them from the image; a test, which cannot, has the centre keep others.
    pub(crate) async fn captcha(&self) -> Result<Captcha> {
        let drawn = self.ask(Method::POST, "", "/api/v1/captchas", Value::Null).await?;
        let id = text_of(&drawn, "captcha_id")?;
        let answer = hex::encode(Sha256::digest(format!("{id} {SIGNS}")));
        let changed = self.store()?.execute("UPDATE captcha SET answer = ?2 WHERE id = ?1", [id, &answer])?;
        ensure!(changed == 1, "the centre has not kept the captcha {id}");
        Ok(Captcha { drawn, text: SIGNS.to_owned() })
    }

    /// How the centre was started, so that a script can kill it and start it again.
    pub(crate) fn centre(&self) -> Value {
        let Launch { program, args, log, .. } = &self.centre.launch;
        json!({"pid": self.centre.pid(), "program": program, "args": args, "log": log})
    }

    /// The centre's database.
    pub(crate) fn store(&self) -> Result<rusqlite::Connection> {
        Ok(rusqlite::Connection::open(self.folder.path().join("data/central.sqlite"))?)
    }

    /// The centre's configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("central.toml")
    }

    pub(crate) fn explain(&self) -> String {
        format!("central:\n{}\ncards:\n{}", self.centre.log_tail(20), self.cards.log_tail(5))
    }
}

fn text_of<'a>(answer: &'a Value, member: &str) -> Result<&'a str> {
    answer.get(member).and_then(Value::as_str).with_context(|| format!("no {member}"))
}

async fn read(request: reqwest::RequestBuilder, path: &str) -> Result<Value> {
    let answer = request.send().await.with_context(|| format!("{path}: no answer"))?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{path}: {status} {text}");
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}

fn make_cards(folder: &Path) -> Result<()> {
    let run = |args: &[&str]| -> Result<()> {
        let folder = folder.display().to_string();
        let output = std::process::Command::new(Program::FirmwareSim.path()?)
            .args(["card-service"])
            .args(args)
            .args(["--folder", &folder])
            .output()?;
        ensure!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    run(&["new-authority"])?;
    let enterprise =
        ["--enterprise", "满洲里草原煤业有限公司", "--uscc", USCC, "--customs-reg-no", CUSTOMS_REG_NO];
    let own = ["new-card", "--card-no", CARD, "--name", "王强", "--pin", PIN];
    run(&[&own[..], &enterprise[..]].concat())?;
    run(&["new-card", "--card-no", OFFICER_CARD, "--name", "李关", "--pin", PIN])
}

fn config(folder: &Path, at: SocketAddr, card_service: &str, more: Value) -> Result<String> {
    let inside = |name: &str| -> PathBuf { folder.join(name) };
    let mut file = json!({
        "server": {"listen": at.to_string()},
        "store": {"data_dir": inside("data")},
        "logins": {"origins": [format!("http://localhost:{}", at.port())]},
        "desk": {"mode": "manual", "send_delay_ms": 100},
        // The process that reads a file waits for its turn where much else goes on.
        "attachment": {"check_s": 60},
        "cards": {"authorities": [inside("cards/authority.pem")]},
        "portal": {"name": "中国(内蒙古)国际贸易单一窗口", "name_en": "Inner Mongolia Single Window", "training": true, "card_service": card_service},
        "enterprise": [{"name": "满洲里草原煤业有限公司", "uscc": USCC, "customs_reg_no": CUSTOMS_REG_NO, "credit": "G"}],
        "person": [
            {"token": ADMIN, "name": "root", "role": "platform_admin"},
            {"token": OFFICER, "name": "li", "role": "customs_officer", "customs_codes": ["0708"], "card_no": OFFICER_CARD},
            {"token": HEADQUARTERS, "name": "zhao", "role": "customs_hq_officer"},
            {"token": GATEWAY, "name": "gateway", "role": "gateway"},
        ],
        "yard": [{"yard_id": "CNEHX070801", "customs_codes": ["0708"]}],
    });
    if let (Some(file), Value::Object(more)) = (file.as_object_mut(), more) {
        file.extend(more);
    }
    toml::to_string(&file).context("central.toml cannot be written")
}
