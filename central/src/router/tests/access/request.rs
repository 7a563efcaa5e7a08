//! A minimal valid request for every operation, as `requests.txt` has it: a line `METHOD path`, and below it, indented:
//! `by <seat>` for whom the row is · `at <path>` as it is sent, with its query · `body <JSON>` · `csv <text>` · `pdf` ·
//! `statement <path> <JSON>` what the card signs first, into member `signature` · `shown` the same into the header `x-card-statement` ·
//! `answers <purpose or -> [<seat>]` a challenge that the card answers, as the body · `shield <purpose> [<seat>]` the same of a phone's shield,
//! as member `credential` · `back <log-in or link>` what another provider gave the browser to bring back, as the body · `first <seat> <METHOD> <path> <JSON>` what happens before ·
//! `renewed` the card has a new certificate. `$name` stands for what `things` made.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::Value;

/// What is sent before the request itself.
#[derive(Clone, Debug)]
pub(super) struct Before {
    pub(super) seat: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: String,
}

/// How a request is signed.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// A statement from this path with this body, into the request's body or into its header.
    Statement { path: String, body: String, in_header: bool },
    /// A challenge of this purpose (none for logging in), answered by the card of this seat, or of who asks.
    Challenge { purpose: Option<String>, seat: Option<String> },
    /// A challenge of this purpose, answered by the shield of this seat, or of who asks.
    Shield { purpose: String, seat: Option<String> },
    /// What another provider gave the browser.
    Back { to_link: bool },
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) operation: String,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) body: Body,
    pub(super) proof: Option<Proof>,
    pub(super) first: Option<Before>,
    pub(super) renewed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Nothing,
    Json(String),
    Csv(String),
    Pdf,
}

impl Request {
    /// `POST /api/v1/appointments/{pre_entry_no}/submit`.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.operation)
    }

    /// A card or a shield signs something for it.
    pub(super) fn is_signed(&self) -> bool {
        self.proof.as_ref().is_some_and(|proof| !matches!(proof, Proof::Back { .. }))
    }
}

/// Every request of the file.
pub(super) fn all() -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for line in super::table::file("requests.txt").lines() {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        if word.is_empty() || word.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            requests.push(Request {
                method: word.parse().unwrap(),
                operation: rest.to_owned(),
                by: "owner".to_owned(),
                at: rest.to_owned(),
                body: Body::Nothing,
                proof: None,
                first: None,
                renewed: false,
            });
            continue;
        }
        let request = requests.last_mut().unwrap();
        match word {
            "by" => request.by = rest.to_owned(),
            "at" => request.at = rest.to_owned(),
            "body" => request.body = Body::Json(rest.to_owned()),
            "csv" => request.body = Body::Csv(rest.replace("\\n", "\n")),
            "pdf" => request.body = Body::Pdf,
            "renewed" => request.renewed = true,
            "statement" | "shown" => {
                let (path, body) = rest.split_once(' ').unwrap();
                let in_header = word == "shown";
                request.proof = Some(Proof::Statement { path: path.into(), body: body.into(), in_header });
            }
            "answers" => {
                let (purpose, seat) =
                    rest.split_once(' ').map_or((rest, None), |(purpose, seat)| (purpose, Some(seat)));
                let purpose = (purpose != "-").then(|| purpose.to_owned());
                request.proof = Some(Proof::Challenge { purpose, seat: seat.map(ToOwned::to_owned) });
            }
            "shield" => {
                let (purpose, seat) =
                    rest.split_once(' ').map_or((rest, None), |(purpose, seat)| (purpose, Some(seat)));
                let seat = seat.map(ToOwned::to_owned);
                request.proof = Some(Proof::Shield { purpose: purpose.to_owned(), seat });
            }
            "back" => request.proof = Some(Proof::Back { to_link: rest == "link" }),
            "first" => {
                let mut words = rest.splitn(4, ' ').map(ToOwned::to_owned);
                let mut word = || words.next().unwrap_or_default();
                let (seat, method) = (word(), word().parse().unwrap());
                request.first = Some(Before { seat, method, path: word(), body: word() });
            }
            other => panic!("requests.txt: {other:?} of {} says nothing", request.name()),
        }
    }
    requests
}

/// The text with what every `$name` stands for. A name that nothing made is a fault of the file.
pub(super) fn told(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let end = after.find(|letter| !is_name(letter)).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let value = names.get(name).unwrap_or_else(|| panic!("requests.txt: nothing is called ${name}"));
        told.push_str(before);
        told.push_str(value);
        rest = after;
    }
    told + rest
}

/// The same as JSON; nothing for no text.
pub(super) fn json(text: &str, names: &BTreeMap<String, String>) -> Value {
    let text = told(text, names);
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("requests.txt: {text}: {error}"))
}
