//! 读卡器 with at most one software card in it.
//! Promises: a card that is pulled is closed; each insertion has its number, so that a page sees a card that was out meanwhile (PO-096).

use std::path::PathBuf;

use protocols::{ids::CardNo, ikey::service};

use super::{CardError, SoftwareCard, folder};

/// The reader's name.
pub(super) const NAME: &str = "R1";

/// 读卡器.
#[derive(Debug)]
pub(super) struct CardReader {
    folder: PathBuf,
    card: Option<SoftwareCard>,
    insertions: u32,
}

impl CardReader {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder, card: None, insertions: 0 }
    }

    pub(super) fn shown(&self) -> service::Reader {
        service::Reader { name: NAME.into(), card: self.card.is_some(), insertions: self.insertions }
    }

    pub(super) fn insert(&mut self, card_no: CardNo) -> Result<(), CardError> {
        self.card = Some(SoftwareCard::open(&folder::at(&self.folder, card_no))?);
        self.insertions = self.insertions.saturating_add(1);
        Ok(())
    }

    /// Every card that lies here, by number.
    pub(super) fn shelf(&self) -> Vec<SoftwareCard> {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut cards: Vec<_> = files
            .map(|file| file.path())
            .filter(|path| path.to_string_lossy().ends_with(folder::ENDING))
            .filter_map(|path| SoftwareCard::open(&path).ok())
            .collect();
        cards.sort_by_key(|card| card.shown().card_no);
        cards
    }

    pub(super) fn pull(&mut self) {
        self.card = None;
    }

    pub(super) fn card(&mut self) -> Option<&mut SoftwareCard> {
        self.card.as_mut()
    }
}
