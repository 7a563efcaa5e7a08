//! A running centre: a process of its own on a database of its own, asked over HTTP on one connection that stays open.
//! Promises: it is killed when the value is dropped.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use axum::body::Body;
use central::{
    app::Central,
    config::{self, Config},
    declaration::attachment::Checker,
    store::Store,
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{
    records::CARD,
    world::{Enterprise, World},
};

/// Enterprises that ask: the first, the second, the third, the fifth in size, and so on down to the smallest.
pub(crate) const ASKING: [usize; 16] = [0, 1, 2, 4, 7, 12, 20, 33, 54, 88, 143, 232, 376, 609, 986, 1596];
/// Offices whose officers ask: those of one office by its rank, those of five from this rank on.
pub(crate) const OFFICERS: [usize; 5] = [0, 1, 3, 8, 20];
/// Offices of an officer of several.
pub(crate) const SEVERAL: usize = 5;

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    /// A file in the folder of the run.
    Sqlite,
    /// On the server that `scripts/with-postgres` runs, and goes with.
    Postgres,
}

/// Both, in the order of all figures.
pub(crate) const BOTH: [Database; 2] = [Database::Sqlite, Database::Postgres];

/// A new database on the server that `scripts/with-postgres` runs: its address.
///
/// # Errors
/// When there is no server, or it refuses.
pub(crate) fn new_on_server(name: &str) -> anyhow::Result<String> {
    let server = std::env::var("KAKOU_TEST_POSTGRES").context(
        "the centre's queries are measured on PostgreSQL, too: run by make bench, or by scripts/with-postgres --durable",
    )?;
    let name = format!("kakou_bench_{name}_{}", std::process::id());
    let mut create = Command::new("createdb");
    create.args(["--maintenance-db", &format!("{server}/postgres"), "--encoding", "UTF8", &name]);
    let output = create.output().context("cannot run createdb of PostgreSQL")?;
    ensure!(output.status.success(), "createdb says {}", String::from_utf8_lossy(&output.stderr));
    Ok(format!("{server}/{name}"))
}

/// Whether the server may be one that forgets what it has committed: only where a test looks whether there are figures. Those of a centre that
/// keeps what it answers are measured on a server that does, or not at all.
pub(crate) fn may_forget() -> bool {
    std::env::var_os("KAKOU_BENCH_MAY_FORGET").is_some()
}

/// Lets a database of the server go, with what is still connected.
///
/// # Errors
/// When the server refuses.
pub(crate) fn remove_from_server(url: &str) -> anyhow::Result<()> {
    let (server, name) = url.rsplit_once('/').context("no address of a database")?;
    let mut remove = Command::new("dropdb");
    remove.args(["--maintenance-db", &format!("{server}/postgres"), "--force", name]);
    let output = remove.output().context("cannot run dropdb of PostgreSQL")?;
    ensure!(output.status.success(), "dropdb says {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A centre of which everybody asks who is to ask.
///
/// # Errors
/// When it cannot be written down.
pub(crate) fn table(world: &World, folder: &Path, url: &str) -> anyhow::Result<toml::Table> {
    let asking = ASKING.iter().filter_map(|rank| world.enterprises.get(*rank));
    let declarants = asking.map(|enterprise| {
        json!({"token": token(enterprise), "name": "wang", "role": "enterprise_operator", "uscc": enterprise.uscc, "card_no": CARD})
    });
    let officers = OFFICERS.iter().flat_map(|rank| [1, SEVERAL].map(|count| (*rank, count)));
    let officers = officers.map(|(rank, count)| {
        let offices: Vec<_> = world.offices.iter().skip(rank).take(count).collect();
        json!({"token": officer(rank, count), "name": "li", "role": "customs_officer", "customs_codes": offices})
    });
    let registered = ASKING.iter().filter_map(|rank| world.enterprises.get(*rank));
    let enterprises = registered.map(|enterprise| {
        json!({"name": enterprise.name, "uscc": enterprise.uscc, "customs_reg_no": enterprise.code})
    });
    let file = json!({
        "server": {"listen": "127.0.0.1:0"},
        "store": {"data_dir": folder, "url": url, "allow_unsafe_postgres": may_forget()},
        "desk": {"mode": "manual"},
        "log": {"filter": "warn"},
        "person": declarants.chain(officers).collect::<Vec<_>>(),
        "enterprise": enterprises.collect::<Vec<_>>(),
    });
    toml::Table::try_from(file).context("no configuration")
}

/// The token of a declarant.
pub(crate) fn token(enterprise: &Enterprise) -> String {
    format!("operator-{}", enterprise.uscc)
}

/// The token of an officer of so many offices from this rank on.
pub(crate) fn officer(rank: usize, count: usize) -> String {
    format!("officer-of-{count}-from-{rank}")
}

/// The configuration of a centre on a fresh database.
///
/// # Errors
/// When it is none.
pub(crate) fn configuration(world: &World, folder: &Path, url: &str) -> anyhow::Result<Config> {
    Ok(config::read(table(world, folder, url)?, std::iter::empty())?)
}

/// Makes the tables, and one binding through the API in this process: its document.
///
/// # Errors
/// What the centre says.
pub(crate) async fn begin(world: &World, config: &Config, sampled: bool) -> anyhow::Result<Value> {
    let clock = central::clock::Clock::standing(protocols::contract::UtcMillis::from_millis(world.now));
    let central = Central::open(config.clone(), clock, Checker::Here).await?;
    let mut doc = Value::Null;
    if sampled {
        let record = json!({
            "customs_code": "0708", "medium_type": "VN", "medium_key": "蒙LK8216", "business_type": "1000000000",
            "transport_mode": "4", "ie_flag": "I", "vehicle_pass_type": "02", "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400,
            "container_weight_kg": 0, "remark": "长协煤",
            "lines": [{"direction": "E", "object_type": "B", "object_id": "MGL2510130087", "voyage_no": "0708251013017",
                       "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500}],
        });
        let owner = world.enterprises.first().context("nobody is there")?;
        let request = axum::http::Request::post("/api/v1/smart-gate/records")
            .header("authorization", format!("Bearer {}", token(owner)))
            .header("content-type", "application/json");
        let router = central::router::router(central.clone());
        let response = router.oneshot(request.body(Body::from(record.to_string()))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.as_u16() == 201, "{status}: {}", String::from_utf8_lossy(&body));
        let sql = "SELECT doc FROM smart_gate_record";
        let row =
            central::store::one(central.store().read(), sql, []).await?.context("nothing was stored")?;
        doc = serde_json::from_str(&central::store::column::<String>(&row, "doc")?)?;
    }
    central.store().close().await?;
    Ok(doc)
}

/// Connections of this process, opened as the centre opens its own.
///
/// # Errors
/// What the database says.
pub(crate) async fn bare(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open(&config.store, central::clock::Clock::system()).await?)
}

/// A running centre.
pub(crate) struct Centre {
    child: Child,
    address: String,
    line: Line,
}

impl Centre {
    /// Starts it in this folder.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(program: &Path, world: &World, folder: &Path, url: &str) -> anyhow::Result<Self> {
        Self::run(program, folder, &table(world, folder, url)?)
    }

    /// Starts it in this folder, configured so.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn run(program: &Path, folder: &Path, table: &toml::Table) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let config: PathBuf = folder.join("central.toml");
        fs::write(&config, table.to_string())?;
        let log = File::create(folder.join("central.log"))?;
        let mut command = Command::new(program);
        command.arg("run").arg("--config").arg(&config);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let out = child.stdout.take().context("the centre has no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let Some((_, address)) = line.trim().split_once("http://") else {
            drop(child.kill());
            bail!("the centre does not start: {}", fs::read_to_string(folder.join("central.log"))?);
        };
        let line = Line::open(address)?;
        Ok(Self { child, address: address.to_owned(), line })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// One more connection to it.
    ///
    /// # Errors
    /// When it does not take one.
    pub(crate) fn line(&self) -> anyhow::Result<Line> {
        Line::open(&self.address)
    }

    /// Asks for a path: the body of its 200.
    ///
    /// # Errors
    /// When the line breaks, or the answer is another one.
    pub(crate) fn get(&mut self, path: &str, token: &str) -> anyhow::Result<Vec<u8>> {
        self.line.ask(&format!("GET {path}"), token, "")
    }
}

/// A connection that stays open.
pub(crate) struct Line(BufReader<TcpStream>);

impl Line {
    fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).context("cannot reach the centre")?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Asks `GET path` or `POST path`: the body of its 200.
    ///
    /// # Errors
    /// When the line breaks, or the answer is another one.
    pub(crate) fn ask(&mut self, what: &str, token: &str, body: &str) -> anyhow::Result<Vec<u8>> {
        let request = format!(
            "{what} HTTP/1.1\r\nHost: centre\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length) = (String::new(), 0);
        self.0.read_line(&mut status)?;
        loop {
            let mut header = String::new();
            ensure!(self.0.read_line(&mut header)? > 0, "the centre hung up: {what}");
            match header.trim().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse()?;
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        ensure!(status.contains(" 200 "), "{what}: {status} {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
