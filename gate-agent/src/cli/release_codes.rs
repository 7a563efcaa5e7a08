//! `release-codes`: a supervisor hands out codes that stand for the second person of a release, tells which there are, takes some back.
//! Promises: a code is shown once, by the command that issues it, after its hash is on the disk; it is in no file and no error; a running agent
//! knows at once. Issuing asks for the supervisor's PIN; taking back asks for nothing, since that only ever shuts.
//! Source: fault E6; docs/decisions 0084.

use std::{collections::BTreeSet, io::Write, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use protocols::contract::UtcMillis;

use super::pin::typed;
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    identity::{IdentityFiles, TrustedTime, later},
    journal::{Draft, EmergencyLog, used_codes},
    lane::CodeId,
    person::Pin,
    release_code::{Book, CodeTime, IssuedCode, MOST, NoCode, ReleaseCode, Terms},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Subcommand)]
pub(super) enum ReleaseCodesCommand {
    /// Issue codes, as a supervisor of the configuration. Asks for his PIN, or reads it from the first line of the standard input. Each code is
    /// printed once and opens once, in place of the second person, for anybody but this supervisor.
    Issue {
        /// The supervisor's id.
        #[arg(long, value_name = "ID")]
        person: String,
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
        count: u32,
        /// For how many days they are good.
        #[arg(long, value_name = "D", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=90))]
        valid_days: u32,
    },
    /// Tell which codes were issued, by whom, and what became of them; the codes themselves nobody can tell.
    List,
    /// Take codes back, by their ids (the first three signs), or all.
    Revoke {
        /// Which.
        #[arg(value_name = "ID", required_unless_present = "all")]
        ids: Vec<String>,
        /// All that were issued.
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
}

impl ReleaseCodesCommand {
    pub(super) fn run(self, config: &Config, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        let desk = Desk::open(config)?;
        match self {
            Self::Issue { person, count, valid_days } => {
                desk.issue(&person, || typed("PIN of the supervisor: "), (count, valid_days), out)?;
            }
            Self::List => desk.list(out)?,
            Self::Revoke { ids, all } => desk.revoke(&ids, all, out)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What all of it needs: the file, and what is known of uses and of the time.
pub(super) struct Desk<'a> {
    config: &'a Config,
    book: Book,
    journal: Arc<str>,
    used: BTreeSet<Box<str>>,
    now: UtcMillis,
}

impl<'a> Desk<'a> {
    pub(super) fn open(config: &'a Config) -> anyhow::Result<Self> {
        let (folder, journal) = (&config.gate.data_dir, config.gate.journal_file());
        let known = used_codes(&journal);
        let known = known.with_context(|| format!("cannot look into {}", journal.display()));
        let known = known.context("codes are good for one journal only: start the agent once")?;
        let waiting = EmergencyLog::at(config.gate.emergency_log.clone()).left();
        let waiting = waiting.context("cannot read the emergency log")?;
        let mut used = known.used;
        used.extend(waiting.iter().filter_map(Draft::code).map(Into::into));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let floor = IdentityFiles::in_folder(folder).floor();
        let trusted = Arc::new(TrustedTime::new(Arc::clone(&clock), floor));
        let now = CodeTime::open(folder, trusted, clock).now();
        Ok(Self { config, book: Book::in_folder(folder), journal: known.store_id, used, now })
    }

    pub(super) fn issue(
        &self,
        person: &str,
        pin: impl FnOnce() -> anyhow::Result<String>,
        (count, valid_days): (u32, u32),
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let issuer = self.config.persons.iter().find(|entry| *entry.person.id == *person);
        let issuer = issuer.with_context(|| format!("the configuration has no person {person:?}"))?;
        ensure!(issuer.issues_codes, "{person} issues no codes: his role is not \"supervisor\"");
        ensure!(issuer.pin.is_of(&Pin::entered(&pin()?)), "wrong PIN");

        let until = later(self.now, DAY * valid_days);
        let mut shown = Vec::new();
        self.book.change(self.now, |codes| -> anyhow::Result<()> {
            let room = MOST.saturating_sub(codes.len());
            let wanted = usize::try_from(count)?;
            ensure!(
                wanted <= room,
                "there is room for {room} more codes, until others have ended a month ago"
            );
            for _ in 0..count {
                let is_taken =
                    |id: &CodeId| codes.iter().any(|code| code.id == *id) || self.used.contains(id.as_str());
                let code = ReleaseCode::draw(is_taken);
                let (gate_id, period) = (&self.config.gate.gate_id, (self.now, until));
                let issued = IssuedCode::new(&code, issuer, period, gate_id, &self.journal);
                codes.push(issued.map_err(|error| anyhow::anyhow!("cannot hash a code: {error}"))?);
                shown.push(code);
            }
            Ok(())
        })?;
        for code in shown {
            writeln!(out, "{}", code.shown())?;
        }
        super::complain(&format!(
            "{count} codes of {person}, good until {until}. They are shown this once; each opens once, for anybody but {person}"
        ));
        Ok(())
    }

    fn list(&self, out: &mut impl Write) -> anyhow::Result<()> {
        for code in self.book.read()? {
            let stands = match self.terms().issuer_of(&code, self.used.contains(code.id.as_str())) {
                Ok(_) => "good",
                Err(NoCode::Used) => "used",
                Err(NoCode::Revoked) => "revoked",
                Err(NoCode::Expired) => "expired",
                Err(_) => "void",
            };
            let (id, issuer) = (code.id.as_str(), &code.issuer);
            writeln!(out, "{id} {stands} of {issuer}, issued {}, good until {}", code.issued, code.until)?;
        }
        Ok(())
    }

    fn revoke(&self, ids: &[String], all: bool, out: &mut impl Write) -> anyhow::Result<()> {
        let mut named: BTreeSet<String> = ids.iter().map(|id| id.trim().to_uppercase()).collect();
        let mut revoked = 0;
        self.book.change(self.now, |codes| -> anyhow::Result<()> {
            for code in codes.iter_mut() {
                let is_meant = named.remove(code.id.as_str()) || all;
                if is_meant && !code.revoked {
                    let issuer = self.config.persons.iter().find(|entry| entry.person.id == code.issuer);
                    // Of somebody who is not in the register any more it is void as it stands.
                    match issuer.filter(|issuer| code.holds(&self.config.gate.gate_id, &issuer.pin)) {
                        Some(issuer) => code.revoke(&self.config.gate.gate_id, &issuer.pin),
                        None => code.revoked = true,
                    }
                    revoked += 1;
                }
            }
            if let Some(unknown) = named.first() {
                bail!("there is no code {unknown:?}, and nothing was changed");
            }
            Ok(())
        })?;
        writeln!(out, "{revoked} codes are revoked")?;
        Ok(())
    }

    fn terms(&self) -> Terms<'_> {
        let (gate_id, persons) = (&self.config.gate.gate_id, &self.config.persons);
        Terms { gate_id, persons, journal: &self.journal, now: self.now }
    }
}
