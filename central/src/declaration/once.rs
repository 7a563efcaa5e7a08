//! 幂等键: a write with `Idempotency-Key` takes effect once; who repeats it within a day gets the first answer (PO-334).
//! Promises: a key belongs to one person; the same key with another request is refused; of two at once one acts. That the first request took
//! effect is written in its own transaction, so that even when the process died before it answered, a repetition does nothing again.
//! Absent on purpose: reads, and the gates, whose events are numbered.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sea_orm::Value;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::{
    app::Central,
    identity::Person,
    store::{Store, StoreError, Tx, WITH_COMMIT, column, execute, from_json, one, to_json},
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPEATED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST_KEY: usize = 128;
/// The longest list that anything takes, and somewhat more.
const MOST_BYTES: usize = 9 * 1024 * 1024;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// So long after its beginning a request that took no effect is taken for dead.
const DEAD_MS: i64 = 60 * 1000;
/// What of an answer's head is worth repeating.
const KEPT: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::ETAG, header::LOCATION, header::CONTENT_DISPOSITION];

/// Their answers hold a secret that is told once and kept nowhere: all ways into a session, keys, and codes of gates.
const SECRET: [&str; 4] =
    ["/api/v1/sessions", "/api/v1/account/keys", "/api/v1/account/identities", "/api/v1/admin/gates"];

fn is_secret(path: &str) -> bool {
    SECRET
        .iter()
        .any(|secret| path.strip_prefix(secret).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The layer around all that people write.
pub async fn once(State(central): State<Central>, request: Request, next: Next) -> Response {
    let secret = is_secret(request.uri().path());
    let writes =
        !secret && matches!(*request.method(), Method::POST | Method::PUT | Method::DELETE | Method::PATCH);
    let keyed = request.headers().contains_key(KEY) && request.uri().path().starts_with("/api/");
    if !(writes && keyed) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Whoever is not known is told so where everyone is told.
    let Ok(person) = Person::from_request_parts(&mut parts, &central).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    match keyed_answer(&central, &person, parts, body, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn keyed_answer(
    central: &Central,
    person: &Person,
    parts: Parts,
    body: Body,
    next: Next,
) -> Result<Response, Problem> {
    let place = Place { person: person.identity(), key: key(&parts.headers)? };
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
        return Err(Problem::refused_by_framework(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"));
    };
    let request = fingerprint(&parts, &bytes);
    if let Some(answer) = place.take(central.store(), &request).await? {
        return Ok(answer);
    }
    let mark = ("UPDATE answer SET done = 1 WHERE person = $1 AND key = $2", place.values().to_vec());
    let request = Request::from_parts(parts, bytes.into());
    let response = WITH_COMMIT.scope(mark, next.run(request)).await;
    let (head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Err(Problem::upstream("the answer broke off"));
    };
    place.keep(central.store(), head.status, &head.headers, &bytes).await?;
    Ok(Response::from_parts(head, bytes.into()))
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let key = headers.get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default().trim();
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(Problem::malformed("Idempotency-Key has 1 to 128 printable characters of ASCII"));
    }
    Ok(key.to_owned())
}

/// What was asked for; two requests with one fingerprint are one.
fn fingerprint(parts: &Parts, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), body] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// 幂等键 of a person.
struct Place {
    person: String,
    key: String,
}

impl Place {
    fn values(&self) -> [Value; 2] {
        [self.person.clone().into(), self.key.clone().into()]
    }

    /// Takes the key for this request; or gives the answer of the request that had it first.
    async fn take(&self, store: &Store, request: &str) -> Result<Option<Response>, Problem> {
        let tx = store.begin().await?;
        let sql = format!(
            "SELECT at, request, done, status, headers, body FROM answer WHERE person = $1 AND key = $2{}",
            tx.row_lock()
        );
        let Some(row) = one(tx.conn(), &sql, self.values()).await? else {
            let [person, key] = self.values();
            let sql = "INSERT INTO answer (person, key, at, request, done) VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING";
            let mine = execute(tx.conn(), sql, [person, key, tx.now().as_millis().into(), request.into()])
                .await?
                == 1;
            tx.commit().await?;
            return if mine { Ok(None) } else { Err(still_under_way()) };
        };
        let (at, first): (i64, String) = (column(&row, "at")?, column(&row, "request")?);
        let (done, status): (i64, Option<i64>) = (column(&row, "done")?, column(&row, "status")?);
        let age = tx.now().as_millis() - at;
        let dead = status.is_none() && done == 0 && age > DEAD_MS;
        if age > DAY_MS || (dead && first == request) {
            self.begin_again(&tx, request).await?;
            tx.commit().await?;
            return Ok(None);
        }
        if first != request {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "PO-334",
                "该幂等键已用于另一请求",
                "the idempotency key has served for another request",
            ));
        }
        let Some(status) = status else {
            // Done without an answer: the process ended in between, or is about to answer.
            return Err(if done == 1 && age > DEAD_MS { took_effect() } else { still_under_way() });
        };
        let (headers, body): (String, String) = (column(&row, "headers")?, column(&row, "body")?);
        repeated(status, &headers, &body).map(Some).map_err(Into::into)
    }

    async fn begin_again(&self, tx: &Tx, request: &str) -> Result<(), StoreError> {
        let [person, key] = self.values();
        let sql = "UPDATE answer SET at = $3, request = $4, done = 0, status = NULL, headers = NULL, body = NULL WHERE person = $1 AND key = $2";
        execute(tx.conn(), sql, [person, key, tx.now().as_millis().into(), request.into()]).await.map(|_| ())
    }

    /// Keeps the answer. What failed without an effect may be tried again.
    async fn keep(
        &self,
        store: &Store,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<(), StoreError> {
        let tx = store.begin().await?;
        let [person, key] = self.values();
        let mut gone = 0;
        if status.is_server_error() {
            let sql = "DELETE FROM answer WHERE person = $1 AND key = $2 AND done = 0";
            gone = execute(tx.conn(), sql, [person.clone(), key.clone()]).await?;
        }
        if gone == 0 {
            let kept: Vec<(&str, &str)> = KEPT
                .iter()
                .filter_map(|name| Some((name.as_str(), headers.get(name)?.to_str().ok()?)))
                .collect();
            let sql = "UPDATE answer SET status = $3, headers = $4, body = $5 WHERE person = $1 AND key = $2";
            let headers = to_json("headers", &kept)?;
            execute(
                tx.conn(),
                sql,
                [person, key, i64::from(status.as_u16()).into(), headers.into(), hex::encode(body).into()],
            )
            .await?;
        }
        tx.commit().await
    }
}

fn still_under_way() -> Problem {
    let en = "the first request with this idempotency key is still being answered";
    Problem::new(StatusCode::CONFLICT, "PO-334", "相同的请求正在处理，请稍后再试", en).retry_after(1)
}

fn took_effect() -> Problem {
    let en =
        "the first request with this idempotency key took effect, but its answer is lost; look at the record";
    Problem::new(StatusCode::CONFLICT, "PO-334", "该请求已生效，请刷新后查看", en)
}

fn repeated(status: i64, headers: &str, body: &str) -> Result<Response, StoreError> {
    let wrong = |value: String| StoreError::Value { what: "answer", value };
    let bytes = hex::decode(body).map_err(|error| wrong(error.to_string()))?;
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = (status.ok_or_else(|| wrong("status".into()))?, bytes).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in from_json::<Vec<(String, String)>>("headers", headers)? {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPEATED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Forgets keys after their day.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(store: &Store) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    execute(tx.conn(), "DELETE FROM answer WHERE at < $1", [(tx.now().as_millis() - DAY_MS).into()]).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests;
