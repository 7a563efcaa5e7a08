//! Software cards for tests: an authority of the test run, and a card for everyone whose token the configuration gives a card.
//! Keys are made when they are first asked for, and serve all tests of the run.

use std::{
    collections::HashMap,
    path::Path,
    sync::{LazyLock, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::FromRequestParts,
    http::{Request, StatusCode},
};
use protocols::{
    base64::Alphabet::Standard,
    contract::UtcMillis,
    ids::CardNo,
    ikey::{Algorithm, Authority, Certificate, Holder, Period, PrivateKey},
};
use serde_json::{Value, json};

use crate::{app::Central, config::TokenHash, identity::Person, test_app::TestApp};

/// The authority of this run.
static AUTHORITY: LazyLock<Authority> =
    LazyLock::new(|| Authority::generate("测试签发机构", Algorithm::Sm2Sm3, period()).unwrap());
static CARDS: LazyLock<Mutex<HashMap<String, TestCard>>> = LazyLock::new(Mutex::default);

/// The years in which everything made here serves.
pub(crate) fn period() -> Period {
    let at = |text| UtcMillis::parse(text).unwrap();
    Period { from: at("2015-01-01T00:00:00Z"), until: at("2034-12-31T23:59:59Z") }
}

/// The authority that every [`TestApp`] believes.
pub(crate) fn authority() -> &'static Authority {
    &AUTHORITY
}

/// Writes the authority's certificate for a configuration; its path.
pub(crate) fn authority_file(folder: &Path) -> String {
    let path = folder.join("authority.pem");
    std::fs::write(&path, AUTHORITY.certificate().to_pem().unwrap()).unwrap();
    path.to_string_lossy().into_owned()
}

/// A card in a reader, its PIN entered.
#[derive(Clone, Debug)]
pub(crate) struct TestCard {
    pub(crate) certificate: Certificate,
    pub(crate) key: PrivateKey,
}

impl TestCard {
    /// The card of this holder, by the run's authority; the same one whenever it is asked for.
    pub(crate) fn of(holder: &Holder) -> Self {
        let mut cards = CARDS.lock().unwrap_or_else(PoisonError::into_inner);
        let made = cards.entry(format!("{holder:?}"));
        made.or_insert_with(|| Self::made(&AUTHORITY, holder, Algorithm::Sm2Sm3, period())).clone()
    }

    /// A new card.
    pub(crate) fn made(authority: &Authority, holder: &Holder, algorithm: Algorithm, period: Period) -> Self {
        let key = PrivateKey::generate(algorithm).unwrap();
        Self { certificate: authority.issue(holder, &key.public(), period).unwrap(), key }
    }

    /// Member `signature` for a statement as the service gave it.
    pub(crate) fn sign(&self, statement: &Value) -> Value {
        let text = statement["text"].as_str().unwrap();
        json!({
            "alg": self.key.algorithm().code(),
            "certificate": Standard.encode(self.certificate.der()),
            "value": Standard.encode(&self.key.sign(text.as_bytes()).unwrap()),
            "nonce": statement["nonce"],
        })
    }

    /// What it answers to a challenge as the service gave it.
    pub(crate) fn answer(&self, challenge: &Value) -> Value {
        let text = challenge["challenge"].as_str().unwrap();
        json!({
            "card_no": self.certificate.holder().unwrap().card_no,
            "challenge": text,
            "signature_alg": self.key.algorithm().code(),
            "signature": Standard.encode(&self.key.sign(text.as_bytes()).unwrap()),
            "certificate": Standard.encode(self.certificate.der()),
        })
    }
}

/// A card's holder who is of an enterprise.
pub(crate) fn holder(card_no: &str, uscc: Option<&str>, customs_reg_no: Option<&str>) -> Holder {
    Holder {
        card_no: CardNo::parse(card_no).unwrap(),
        name: "王强".into(),
        enterprise: uscc.map(|_| "满洲里草原煤业有限公司".into()),
        uscc: uscc.map(Into::into),
        customs_reg_no: customs_reg_no.map(Into::into),
    }
}

impl TestApp {
    /// The same centre with paths of a test's own.
    pub(crate) fn serving(mut self, paths: Router<Central>) -> Self {
        self.router = self.router.merge(paths.with_state(self.central.clone()));
        self
    }

    /// The card of whom this token is: the one put into the reader by [`Self::hold`], or else the configured one.
    pub(crate) fn card(&self, token: &str) -> TestCard {
        if let Some(card) = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(token) {
            return card.clone();
        }
        let config = self.central.config();
        let token = TokenHash::of(token);
        let person = config.people.iter().find(|person| person.token.matches(&token)).unwrap();
        let uscc = person.uscc.as_ref().map(protocols::ids::Uscc::as_str);
        let enterprise =
            config.enterprises.iter().find(|enterprise| uscc.is_some() && enterprise.uscc.as_deref() == uscc);
        let code = enterprise.and_then(|enterprise| enterprise.customs_reg_no.as_deref());
        TestCard::of(&holder(person.card_no.unwrap().as_str(), uscc, code))
    }

    /// Whom this token makes of a request.
    pub(crate) async fn person(&self, token: &str) -> Person {
        let request = Request::builder().header("authorization", format!("Bearer {token}")).body(()).unwrap();
        Person::from_request_parts(&mut request.into_parts().0, &self.central).await.unwrap()
    }

    /// Puts a card into the reader of whom this token is.
    pub(crate) fn hold(&self, token: &str, card: TestCard) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned(), card);
    }

    /// Member `signature` for a statement, by the card of whom this token is.
    pub(crate) fn sign(&self, token: &str, statement: &Value) -> Value {
        self.card(token).sign(statement)
    }

    /// Does an act that asks for a signature, as a page does it: asks `<record_path>/statements` for the statement, has it signed by
    /// the card of whom this token is, posts `<record_path>/<action>` with `version` and `signature` beside the members of `body`. The
    /// version is that of `body`, or else the record's own.
    pub(crate) async fn act(
        &self,
        token: &str,
        record_path: &str,
        action: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let mut members = body.as_object().cloned().unwrap_or_default();
        if !members.contains_key("version") {
            let record = self.get(record_path, token).await.1;
            members.insert("version".into(), record["version"].clone());
        }
        let asked = json!({ "version": members["version"] });
        self.signed(token, record_path, action, asked, members.into()).await
    }

    /// The same where words are part of what is signed: the members of `body`, with the version, go into the statement, too.
    pub(crate) async fn act_saying(
        &self,
        token: &str,
        root: &str,
        action: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        self.signed(token, root, action, body.clone(), body).await
    }

    async fn signed(
        &self,
        token: &str,
        root: &str,
        action: &str,
        mut asked: Value,
        mut body: Value,
    ) -> (StatusCode, Value) {
        asked["action"] = json!(action);
        let (status, statement) = self.post(&format!("{root}/statements"), token, asked).await;
        if status != StatusCode::CREATED {
            return (status, statement);
        }
        body["signature"] = self.sign(token, &statement);
        self.post(&format!("{root}/{action}"), token, body).await
    }
}
