//! The address of the database, `[store] url`.
//! Promises: an address that was read here has no word that the driver would not understand. Its password is in no `Debug`, no message and
//! no log line; therefore it has no `Display`, and nothing is told of it but what the faults below say.

use std::{fmt, path::Path};

use sea_orm::sqlx::{self, postgres::PgConnectOptions};
use serde::Deserialize;

use super::dialect::Target;

/// Settings that may follow `?`. The driver would pass others over, and write them to the log with their values.
const SETTINGS: [&str; 11] = [
    "application_name",
    "dbname",
    "host",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Where the data lies: the SQLite file of the data folder when it is empty, another one, or a PostgreSQL database.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StoreUrl(String);

/// Why an address cannot be used; without a word of it, since it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreUrlError {
    /// Another database.
    #[error("must begin with sqlite:, postgres:// or postgresql://, or be empty")]
    Scheme,
    /// Not to be read.
    #[error(
        "cannot be read ({0}); signs of a user or password that are neither letters nor digits are written %XX"
    )]
    Form(String),
    /// A setting that the driver does not know.
    #[error("has a setting that is none of {}", SETTINGS.join(", "))]
    Setting,
}

impl StoreUrl {
    /// What to connect to.
    ///
    /// # Errors
    /// [`StoreUrlError::Form`]; none in practice, since the address was read before.
    pub(super) fn target(&self, data_dir: &str) -> Result<Target, StoreUrlError> {
        if self.is_postgres() {
            return Ok(Target::Postgres(Box::new(postgres(&self.0)?)));
        }
        Ok(Target::Sqlite(if self.0.is_empty() {
            format!("sqlite://{}", Path::new(data_dir).join("central.sqlite").display())
        } else {
            self.0.clone()
        }))
    }

    /// Whether several centres can be on it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.is_postgres()
    }

    fn is_postgres(&self) -> bool {
        self.0.starts_with("postgres")
    }
}

impl TryFrom<String> for StoreUrl {
    type Error = StoreUrlError;

    fn try_from(text: String) -> Result<Self, StoreUrlError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            postgres(&text)?;
        } else if !text.is_empty() && !text.starts_with("sqlite:") {
            return Err(StoreUrlError::Scheme);
        }
        Ok(Self(text))
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({})", if self.is_postgres() { "postgres://..." } else { &self.0 })
    }
}

fn postgres(text: &str) -> Result<PgConnectOptions, StoreUrlError> {
    let settings =
        text.split_once('?').map_or("", |(_, settings)| settings.split('#').next().unwrap_or_default());
    let names = settings.split('&').map(|setting| setting.split('=').next().unwrap_or_default());
    if names.filter(|name| !name.is_empty()).any(|name| !SETTINGS.contains(&name)) {
        return Err(StoreUrlError::Setting);
    }
    text.parse().map_err(|error| {
        StoreUrlError::Form(match error {
            // Its words are those of the form that is broken, never the text.
            sqlx::Error::Configuration(why) => why.to_string(),
            _ => "not an address".to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<StoreUrl, StoreUrlError> {
        StoreUrl::try_from(text.to_owned())
    }

    #[test]
    fn an_address_is_of_sqlite_or_of_postgresql_and_understood_as_a_whole() {
        for good in [
            "",
            "sqlite:///var/lib/kakou/central.sqlite",
            "postgres://kakou@localhost/kakou",
            "postgresql://kakou:geheim@db.example.cn:6432/kakou?sslmode=verify-full&sslrootcert=/etc/kakou/ca.pem",
            "postgres://kakou@%2Frun%2Fpostgresql/kakou",
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "mysql://localhost/kakou",
            "postgres:/localhost/kakou",
            "kakou",
            "postgres://kakou:geheim@localhost:many/kakou",
            "postgres://kakou:geh/eim@localhost/kakou",
            "postgres://localhost/kakou?passwd=geheim",
            "postgres://localhost/kakou?geheim",
            "postgres://localhost/kakou?sslmode=perhaps",
        ] {
            let told = read(bad).unwrap_err().to_string();
            assert!(!told.contains("geh") && !told.contains("passwd"), "{bad}: {told}");
        }
    }

    /// fault E9.
    #[test]
    fn a_password_is_not_shown() {
        let url = read("postgres://kakou:geheim@localhost/kakou?password=geheim").unwrap();
        assert_eq!(format!("{url:?}"), "StoreUrl(postgres://...)");
    }
}
