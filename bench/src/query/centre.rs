//! A centre in this process whose table of bindings is full.
//! Promises: one record is made through the API, and all others are that one with other numbers, owners, statuses and times, as they
//! would come in over a year; so they are records of this version, whatever its form.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Request, StatusCode},
};
use central::{app::Central, clock::Clock, config, declaration::attachment::Checker, store};
use http_body_util::BodyExt as _;
use protocols::{
    contract::UtcMillis,
    ids::{CardNo, TripNo, UnifiedNo},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Enterprises, and of a hundred records how many are theirs.
pub(crate) const OWNERS: [(&str, u32); 4] = [
    ("91150781MA0N5XWB9P", 55),
    ("91310115MA1H7K2R0J", 25),
    ("91370211MA3C9TQ4X9", 15),
    ("91440300MA5DAX8P8Y", 5),
];
/// Statuses, and of a hundred records how many are in them.
pub(crate) const STATUSES: [(&str, u32); 5] =
    [("LEFT_PORT", 60), ("CLOSED", 30), ("CUSTOMS_APPROVED", 6), ("SAVED", 3), ("REJECTED", 1)];
/// Milliseconds of the first record's entry: 2025-01-01 in UTC.
pub(crate) const BEGIN: i64 = 1_735_689_600_000;
pub(crate) const DAY: i64 = 24 * 3600 * 1000;
/// The records of a year.
pub(crate) const DAYS: i64 = 365;

const CARD: &str = "8950000004821";
/// Rows of one statement: neither database takes more than some ten thousand values.
const AT_ONCE: u32 = 500;
/// Rows of one transaction.
const TOGETHER: u32 = 50_000;

/// Which database.
pub(crate) enum Database {
    /// In the folder of the run.
    Sqlite,
    /// A new one, by its address.
    Postgres(String),
}

impl Database {
    /// A new one on the server that `scripts/with-postgres` runs, and goes with.
    ///
    /// # Errors
    /// When there is no server, or it refuses.
    pub(crate) fn on_server() -> anyhow::Result<Self> {
        let server = std::env::var("KAKOU_TEST_POSTGRES").context(
            "the centre's queries are measured on PostgreSQL, too: run by make bench, or by scripts/with-postgres",
        )?;
        let name = format!("kakou_bench_{}", std::process::id());
        let mut create = Command::new("createdb");
        create.args(["--maintenance-db", &format!("{server}/postgres"), "--encoding", "UTF8", &name]);
        let output = create.output().context("cannot run createdb of PostgreSQL")?;
        ensure!(output.status.success(), "createdb says {}", String::from_utf8_lossy(&output.stderr));
        Ok(Self::Postgres(format!("{server}/{name}")))
    }

    fn url(&self) -> &str {
        match self {
            Self::Sqlite => "",
            Self::Postgres(url) => url,
        }
    }
}

/// The centre.
pub(crate) struct Centre {
    pub(crate) central: Central,
    router: Router,
}

impl Centre {
    /// A fresh one with so many records.
    ///
    /// # Errors
    /// What the centre or the database says.
    pub(crate) async fn filled(folder: &Path, database: &Database, records: u32) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let person = |(uscc, _): &(&str, u32)| json!({"token": token(uscc), "name": "wang", "role": "enterprise_operator", "uscc": uscc, "card_no": CARD});
        let file = json!({
            "store": {"data_dir": folder, "url": database.url()},
            "person": OWNERS.iter().map(person).collect::<Vec<_>>(),
        });
        let table = toml::Table::try_from(file).context("no configuration")?;
        let config = config::read(table, std::iter::empty())?;
        let central =
            Central::open(config, Clock::standing(UtcMillis::from_millis(BEGIN)), Checker::Here).await?;
        let centre = Self { router: central::router::router(central.clone()), central };
        let sample = centre.sample().await?;
        let mut filled = 1;
        while filled < records {
            let tx = centre.central.store().begin().await?;
            let end = records.min(filled + TOGETHER);
            while filled < end {
                let count = AT_ONCE.min(end - filled);
                insert(&tx, &sample, filled..filled + count, records).await?;
                filled += count;
            }
            tx.commit().await?;
        }
        if matches!(database, Database::Postgres(_)) {
            // What its housekeeping does by itself within minutes.
            store::execute(centre.central.store().read(), "VACUUM ANALYZE smart_gate_record", []).await?;
        }
        Ok(centre)
    }

    /// The document of a record that was saved through the API.
    async fn sample(&self) -> anyhow::Result<Value> {
        let record = json!({
            "customs_code": "0708", "medium_type": "VN", "medium_key": "蒙LK8216", "business_type": "1000000000",
            "transport_mode": "4", "ie_flag": "I", "vehicle_pass_type": "02", "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400,
            "container_weight_kg": 0, "remark": "长协煤",
            "lines": [{"direction": "E", "object_type": "B", "object_id": "MGL2510130087", "voyage_no": "0708251013017",
                       "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500}],
        });
        let (owner, _) = OWNERS[0];
        let (status, body) =
            self.call(Method::POST, "/api/v1/smart-gate/records", owner, record.to_string()).await?;
        ensure!(status == StatusCode::CREATED, "{status}: {}", String::from_utf8_lossy(&body));
        let row = store::one(self.central.store().read(), "SELECT doc FROM smart_gate_record", []).await?;
        let doc: String = store::column(&row.context("no record was stored")?, "doc")?;
        Ok(serde_json::from_str(&doc)?)
    }

    /// One request of an owner's operator: its status and body.
    ///
    /// # Errors
    /// When it breaks off.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        owner: &str,
        body: String,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", token(owner)));
        let response = self.router.clone().oneshot(request.body(Body::from(body))?).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }

    /// Lets go of the database.
    ///
    /// # Errors
    /// What it says.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        Ok(self.central.store().close().await?)
    }
}

fn token(uscc: &str) -> String {
    format!("operator-{uscc}")
}

/// Which of the shares of a hundred the number falls into; as if by chance, and the same at each run.
fn share<'a>(shares: &[(&'a str, u32)], number: u32, salt: u32) -> &'a str {
    let mut place = number.wrapping_add(salt).wrapping_mul(2_654_435_761) >> 8;
    place %= 100;
    let mut sum = 0;
    let found = shares.iter().find(|(_, share)| {
        sum += share;
        place < sum
    });
    found.or(shares.last()).map_or("", |(name, _)| *name)
}

async fn insert(
    tx: &store::Tx,
    sample: &Value,
    numbers: std::ops::Range<u32>,
    of: u32,
) -> anyhow::Result<()> {
    let card = CardNo::parse(CARD)?;
    let mut doc = sample.clone();
    let (mut places, mut values) = (Vec::new(), Vec::new());
    for number in numbers {
        let serial = u64::from(number) + 1;
        let unified_no = UnifiedNo::from_parts(2025, serial)?.to_string();
        let trip_no = TripNo::from_parts(2025, 1, card, serial)?.to_string();
        let (owner, status) = (share(&OWNERS, number, 0), share(&STATUSES, number, 77));
        let entry_at = BEGIN + i64::from(number) * DAYS * DAY / i64::from(of);
        let medium_key = format!("蒙L{:05}", number % 100_000);
        let at = UtcMillis::from_millis(entry_at);
        for (name, value) in [
            ("unified_no", json!(unified_no)),
            ("trip_no", json!(trip_no)),
            ("uscc", json!(owner)),
            ("status", json!(status)),
            ("entry_at", json!(at)),
            ("status_since", json!(at)),
        ] {
            doc[name] = value;
        }
        doc["body"]["medium_key"] = json!(medium_key);
        let first = values.len();
        values.extend([
            unified_no.into(),
            trip_no.into(),
            1_i64.into(),
            1_i64.into(),
            "NEW".into(),
            status.into(),
            entry_at.into(),
            entry_at.into(),
            owner.into(),
            "0708".into(),
            "VN".into(),
            medium_key.into(),
            "1000000000".into(),
            if number % 3 == 0 { "E" } else { "I" }.into(),
            doc.to_string().into(),
        ]);
        let row: Vec<_> = (first + 1..=values.len()).map(|place| format!("${place}")).collect();
        places.push(format!("({})", row.join(", ")));
    }
    let sql = format!(
        "INSERT INTO smart_gate_record (unified_no, trip_no, version, version_no, change_kind, status, status_since, entry_at, uscc,
         customs_code, medium_type, medium_key, business_type, ie_flag, doc) VALUES {}",
        places.join(", ")
    );
    store::execute(tx.conn(), &sql, values).await?;
    Ok(())
}
