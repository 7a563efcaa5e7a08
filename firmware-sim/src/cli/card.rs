//! `card-service`: makes software cards, and serves one in a reader.
//! Promises: a PIN comes by the option or on standard input, and is shown nowhere.

use std::{io::BufRead, net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use firmware_sim::{
    card::{folder, service},
    clock,
};
use protocols::{
    ids::{CardNo, Uscc},
    ikey::{Algorithm, Holder},
};
use tokio::signal::unix::{SignalKind, signal};

use super::play::say;

#[derive(Debug, Subcommand)]
pub(super) enum Order {
    /// Makes the authority of a folder of cards.
    NewAuthority {
        #[command(flatten)]
        place: Place,
        /// Its name.
        #[arg(long, default_value = "Kakou training cards")]
        name: String,
        /// SM2-SM3 or ES256; its cards sign the same way.
        #[arg(long, default_value = "SM2-SM3")]
        algorithm: String,
        /// For how many days.
        #[arg(long, default_value_t = 3650)]
        days: u32,
    },
    /// Makes a card.
    NewCard(NewCard),
    /// Serves a reader to pages of the portal until SIGTERM.
    Run {
        #[command(flatten)]
        place: Place,
        /// The portal's origin, such as https://www.singlewindow.cn; nobody else is served.
        #[arg(long)]
        portal: String,
        /// Where, on this machine.
        #[arg(long, default_value = "127.0.0.1:18089")]
        listen: SocketAddr,
        /// The card that is in the reader at first.
        #[arg(long)]
        insert: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Place {
    /// The folder of cards.
    #[arg(long, default_value = "cards")]
    folder: PathBuf,
}

#[derive(Args)]
pub(super) struct NewCard {
    #[command(flatten)]
    place: Place,
    /// 13 digits.
    #[arg(long)]
    card_no: String,
    /// The person.
    #[arg(long)]
    name: String,
    /// The enterprise's name.
    #[arg(long)]
    enterprise: Option<String>,
    /// Its unified social credit code; an officer's card has none.
    #[arg(long)]
    uscc: Option<String>,
    /// Its 10-character customs code.
    #[arg(long)]
    customs_reg_no: Option<String>,
    /// For how many days.
    #[arg(long, default_value_t = 1095)]
    days: u32,
    /// 6 to 16 characters; better on standard input, where no list of processes shows it.
    #[arg(long)]
    pin: Option<String>,
}

impl std::fmt::Debug for NewCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCard").field("card_no", &self.card_no).finish_non_exhaustive()
    }
}

impl Order {
    pub(super) fn carry_out(self) -> anyhow::Result<()> {
        match self {
            Self::NewAuthority { place, name, algorithm, days } => {
                let Some(algorithm) = Algorithm::parse(&algorithm) else {
                    bail!("{algorithm:?} is neither SM2-SM3 nor ES256")
                };
                let period = folder::days(clock::utc(), days);
                folder::new_authority(&place.folder, &name, algorithm, period)?;
                let certificate = place.folder.join("authority.pem");
                say(&format!("[cards]\nauthorities = [{certificate:?}]"))
            }
            Self::NewCard(card) => card.make(),
            Self::Run { place, portal, listen, insert } => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(run(place, &portal, listen, insert.as_deref()))
            }
        }
    }
}

impl NewCard {
    fn make(self) -> anyhow::Result<()> {
        if let Some(uscc) = &self.uscc {
            Uscc::parse(uscc).with_context(|| format!("--uscc {uscc:?}"))?;
        }
        let card_no = CardNo::parse(&self.card_no).context("--card-no")?;
        let pin = match self.pin {
            Some(pin) => pin,
            None => {
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line).context("cannot read the PIN")?;
                line.trim_end_matches(['\r', '\n']).to_owned()
            }
        };
        let holder = Holder {
            card_no,
            name: self.name,
            enterprise: self.enterprise,
            uscc: self.uscc,
            customs_reg_no: self.customs_reg_no,
        };
        let period = folder::days(clock::utc(), self.days);
        folder::new_card(&self.place.folder, &holder, period, &pin)?;
        say(&folder::at(&self.place.folder, card_no).display().to_string())
    }
}

async fn run(place: Place, portal: &str, listen: SocketAddr, insert: Option<&str>) -> anyhow::Result<()> {
    let insert = insert.map(|text| CardNo::parse(text).context("--insert")).transpose()?;
    let router = service::router(place.folder, portal, insert)?;
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    };
    let ready = |at| say(&format!("firmware-sim card-service listening on http://{at}"));
    service::serve(router, listen, ready, stop).await
}
