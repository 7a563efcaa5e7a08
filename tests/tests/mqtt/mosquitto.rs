//! Mosquitto as the broker of a yard: with users, with or without TLS, killed and started again.
//! Promises: listens on this machine only; everything of it lies in the folder it is given, and it ends with its test.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use kakou_tests::{
    ports,
    process::{Launch, Process},
    wait,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

const PROGRAM: &str = "/usr/sbin/mosquitto";
const SOON: Duration = Duration::from_secs(60);

/// A broker.
pub(crate) struct Mosquitto {
    process: Process,
    port: u16,
    folder: PathBuf,
}

/// Whether it speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Plain,
    Tls,
}

impl Mosquitto {
    /// A broker that knows these users, each of whom may do anything.
    pub(crate) async fn start(folder: &Path, wire: Wire, users: &[(&str, &str)]) -> Result<Self> {
        Self::begin(folder, wire, users, None).await
    }

    /// The same, where each may do what an `acl_file` of these lines lets him.
    pub(crate) async fn start_with_rights(
        folder: &Path,
        wire: Wire,
        users: &[(&str, &str)],
        rights: &str,
    ) -> Result<Self> {
        Self::begin(folder, wire, users, Some(rights)).await
    }

    async fn begin(folder: &Path, wire: Wire, users: &[(&str, &str)], rights: Option<&str>) -> Result<Self> {
        if !Path::new(PROGRAM).exists() {
            bail!("mosquitto is not installed: {PROGRAM} is missing; install it with: scripts/setup test");
        }
        let port = ports::free(0)?.port();
        let path = |name: &str| folder.join(name).display().to_string();
        let mut lines = vec![
            format!("listener {port} 127.0.0.1"),
            "allow_anonymous false".to_owned(),
            format!("password_file {}", path("passwords")),
            "persistence false".to_owned(),
            "set_tcp_nodelay true".to_owned(),
            // Only heeded by a root that would give itself up, and then could not read this folder.
            "user root".to_owned(),
        ];
        if wire == Wire::Tls {
            certificates(folder)?;
            lines.extend([
                format!("certfile {}", path("broker.pem")),
                format!("keyfile {}", path("broker.key")),
            ]);
        }
        if let Some(rights) = rights {
            fs::write(folder.join("rights"), rights).context("cannot write the rights")?;
            lines.push(format!("acl_file {}", path("rights")));
        }
        fs::write(folder.join("mosquitto.conf"), lines.join("\n")).context("cannot write mosquitto.conf")?;
        let launch = Launch {
            program: PROGRAM.into(),
            args: ["-c".to_owned(), path("mosquitto.conf")].into(),
            env: Vec::new(),
            log: folder.join("mosquitto.log"),
        };
        let mut broker = Self { process: Process::new(launch), port, folder: folder.to_owned() };
        broker.users(users)?;
        broker.start_again().await?;
        Ok(broker)
    }

    /// Knows these users from its next start on.
    pub(crate) fn users(&self, users: &[(&str, &str)]) -> Result<()> {
        let file = self.folder.join("passwords");
        fs::write(&file, "").context("cannot write passwords")?;
        for (user, password) in users {
            let mut command = Command::new("mosquitto_passwd");
            let output = command.arg("-b").arg(&file).args([user, password]).output();
            let output = output.context("cannot run mosquitto_passwd")?;
            ensure!(
                output.status.success(),
                "mosquitto_passwd says {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }

    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.process.start()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        wait::until_true("mosquitto to listen", SOON, async || {
            self.process.must_run()?;
            Ok(TcpStream::connect(address).is_ok())
        })
        .await
    }

    pub(crate) fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority that signed its own.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }
}

/// An authority of this test's own, and a certificate for this machine.
fn certificates(folder: &Path) -> Result<()> {
    let key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    // Names of their own: a certificate whose issuer is called as itself counts as signed by itself.
    authority.distinguished_name.push(DnType::CommonName, "authority of a test yard");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&key)?;
    fs::write(folder.join("ca.pem"), certificate.pem())?;
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?;
    fs::write(folder.join("broker.pem"), certificate.pem())?;
    fs::write(folder.join("broker.key"), key.serialize_pem())?;
    Ok(())
}
