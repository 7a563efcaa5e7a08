//! What a newcomer needs for the portal: its address, who to log in as, and a card in the reader.
//! Promises: an account that could not be made is named with the reason, and nothing else stops because of it.

use std::net::TcpListener;

use anyhow::Result;
use kakou_tests::{
    Yard,
    accounts::{ACCOUNTS, Account, Doors},
    card_reader::CardReader,
    cards::PIN,
};

use super::screen::{Look, Screen};

/// The card reader, and the accounts that are ready.
#[derive(Debug)]
pub(crate) struct Entrance {
    reader: CardReader,
    ready: Vec<Account>,
}

impl Entrance {
    /// Starts the card service at the place that was held for it, and makes the accounts; the declarant's card is left in the reader.
    pub(crate) async fn open(yard: &Yard, screen: &Screen, place: TcpListener) -> Result<Self> {
        let (centre, plan) = (&yard.centre, &yard.plan);
        drop(place);
        let reader = CardReader::start(centre.cards(), &centre.url(), plan.card_service).await?;
        let doors = Doors::of(centre, &reader.url())?;
        let mut ready = Vec::new();
        for account in ACCOUNTS {
            match doors.make(&account, &plan.yard_id, &plan.customs_code).await {
                Ok(()) => ready.push(account),
                Err(error) => screen.complain(&format!("{error:#}")),
            }
        }
        if let Some(card_no) = ready.iter().find_map(|account| account.password.and(account.card_no)) {
            doors.insert(card_no).await?;
        }
        Ok(Self { reader, ready })
    }

    /// Where to go and who to be.
    pub(crate) fn introduce(&self, portal: &str, customs_code: &str, screen: &Screen) -> Result<()> {
        screen.say(
            &screen.paint(Look::Bold, &format!("Open {portal} in a browser, and log in 登录 as one of:")),
        )?;
        for account in &self.ready {
            let [zh, en] = account.is;
            let how = match (account.password, account.card_no) {
                (Some(password), Some(_)) => {
                    format!("password {password}, then signs with the card that is in the reader")
                }
                (Some(password), None) => format!("password {password}"),
                (None, Some(card_no)) => format!("by card 卡介质登录, number {card_no}"),
                (None, None) => "no way in".to_owned(),
            };
            screen.say(&format!("  {:<14} {how}; {zh} {en}", account.username))?;
        }
        let reader = self.reader.url();
        screen.say(&format!(
            "  PIN of every card 卡密码 {PIN}; another card goes into the reader at {reader}"
        ))?;
        screen.say(&format!("  A lorry for this yard is declared for customs area 关区代码 {customs_code}; or copy 复制 one of the records that lorries have here."))?;
        screen.say("  A training system: nothing that is entered here goes to customs. Customs answers a declaration by itself, in 10 seconds.")
    }

    /// Takes the reader away.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.reader.process.stop(std::time::Duration::from_secs(10)).await.map(drop)
    }
}
