//! 读卡器 of whoever uses the portal on this machine: the card service as a process, with software cards to put in.
//! Promises: it goes with its `CardReader`; cards are issued by the authority that the centre believes.

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::Result;

use crate::{
    accounts::ACCOUNTS,
    cards,
    process::{Launch, Process},
    programs::Program,
    wait,
};

const READY_WITHIN: Duration = Duration::from_secs(120);

/// 读卡控件, running.
#[derive(Debug)]
pub struct CardReader {
    /// The process.
    pub process: Process,
    address: SocketAddr,
}

impl CardReader {
    /// Starts it for the portal at that address, with the cards of `folder` and a card for every account that has one.
    ///
    /// # Errors
    /// When a card cannot be made or the service does not come up.
    pub async fn start(folder: &Path, portal: &str, address: SocketAddr) -> Result<Self> {
        for account in &ACCOUNTS {
            if let Some(card_no) = account.card_no {
                cards::issue(folder, card_no, account.person(), account.declares())?;
            }
        }
        let args = ["card-service", "run", "--portal", portal, "--folder"].map(ToOwned::to_owned);
        let more = [folder.display().to_string(), "--listen".to_owned(), address.to_string()];
        let launch = Launch {
            program: Program::FirmwareSim.path()?,
            args: args.into_iter().chain(more).collect(),
            env: Vec::new(),
            log: folder.join("card-service.log"),
        };
        let mut process = Process::new(launch);
        process.start()?;
        wait::until_true("the card service", READY_WITHIN, async || {
            process.must_run()?;
            Ok(process.output()?.contains("listening"))
        })
        .await?;
        Ok(Self { process, address })
    }

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
