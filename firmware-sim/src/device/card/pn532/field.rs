//! 感应区: which cards lie on the reader, what is written on them, and which of them the chip has selected.
//! Promises: a card lies there once; a selected card that left, or whose key was wrong, does not answer any more; one that
//! was released sleeps until the field was off.
//! Chosen where the manuals are silent: all sectors of a card have the same key A and B; a block that nobody wrote is zeros.
//! Absent: collisions, which the chip resolves by itself; writing.
//! Source: UM0701-02, 7.3.5 and 7.3.8; NXP MF1S50YYX, NTAG213/215/216, MF3D(H)x2.

use alloc::vec::Vec;
use protocols::card::pn532::memory::{BLOCK, CardKey};
use protocols::card::pn532::repr::{CardCommand, Most};
use protocols::card::pn532::status::Status;
use protocols::card::pn532::target::Target;

/// 感应卡: a card as it can be laid on the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    target: Target,
    /// Key A and key B of its sectors, where it has some.
    key: [u8; 6],
    blocks: Vec<(u8, [u8; BLOCK])>,
    /// A phone, which makes up a number of 4 bytes beginning with 08 for each look.
    makes_up: bool,
}

impl Card {
    /// MIFARE Classic 1K with the factory's keys.
    #[must_use]
    pub fn classic(uid: [u8; 4]) -> Self {
        Self::new(0x0004, 0x08, &uid, None)
    }

    /// NTAG or Ultralight.
    #[must_use]
    pub fn ntag(uid: [u8; 7]) -> Self {
        Self::new(0x0044, 0x00, &uid, None)
    }

    /// DESFire, whose memory is not simulated.
    #[must_use]
    pub fn desfire(uid: [u8; 7]) -> Self {
        Self::new(0x0344, 0x20, &uid, Some(&[0x75, 0x77, 0x81, 0x02, 0x80]))
    }

    /// A phone that plays a card.
    #[must_use]
    pub fn phone() -> Self {
        let card = Self::new(0x0004, 0x20, &[0x08, 0, 0, 0], Some(&[0x78, 0x80, 0x70, 0x02]));
        Self { makes_up: true, ..card }
    }

    /// Any card: SENS_RES, SEL_RES, UID, ATS behind its length byte. What no card has is told as it is.
    #[must_use]
    pub fn new(sens_res: u16, sel_res: u8, uid: &[u8], ats: Option<&[u8]>) -> Self {
        let target = Target { number: 0, sens_res, sel_res, uid: uid.to_vec(), ats: ats.map(<[u8]>::to_vec) };
        Self { target, key: [0xFF; 6], blocks: Vec::new(), makes_up: false }
    }

    /// The same card with something written on it; a page of an NTAG counts as a block from there.
    #[must_use]
    pub fn written(mut self, block: u8, data: [u8; BLOCK]) -> Self {
        self.blocks.retain(|(at, _)| *at != block);
        self.blocks.push((block, data));
        self
    }

    /// The same card with another key A and B.
    #[must_use]
    pub fn locked(self, key: [u8; 6]) -> Self {
        Self { key, ..self }
    }

    /// Its UID; of a phone the one that it made up last.
    #[must_use]
    pub fn uid(&self) -> &[u8] {
        &self.target.uid
    }
}

#[derive(Clone, Debug)]
struct Lying {
    card: Card,
    /// The chip's number for it, and whether it still answers.
    selected: Option<(u8, bool)>,
    /// It was released, and has had power since.
    sleeps: bool,
    /// The sector that was opened.
    open: Option<u8>,
    /// Listed for the first time since it came, and nobody has asked yet.
    fresh: bool,
    announced: bool,
}

/// The cards on one reader.
#[derive(Clone, Debug, Default)]
pub struct Field {
    cards: Vec<Lying>,
    made_up: u32,
}

impl Field {
    /// A card is laid down; `false` when it lay there already.
    pub fn enter(&mut self, card: Card) -> bool {
        if self.cards.iter().any(|lying| lying.card.uid() == card.uid()) {
            return false;
        }
        self.cards.push(Lying {
            card,
            selected: None,
            sleeps: false,
            open: None,
            fresh: false,
            announced: false,
        });
        true
    }

    /// A card is taken away; `false` when it was not there.
    pub fn leave(&mut self, uid: &[u8]) -> bool {
        let before = self.cards.len();
        self.cards.retain(|lying| lying.card.uid() != uid);
        self.cards.len() < before
    }

    /// All cards are taken away.
    pub fn clear(&mut self) {
        self.cards.clear();
    }

    /// How many cards lie there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether no card lies there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The next card that was listed for the first time since it came; call until `None`.
    pub fn next_fresh(&mut self) -> Option<Vec<u8>> {
        let lying = self.cards.iter_mut().find(|lying| lying.fresh)?;
        lying.fresh = false;
        Some(lying.card.uid().to_vec())
    }

    /// Selects the cards that one look finds, in the order in which they came.
    pub(super) fn list(&mut self, most: Most, only: &[u8]) -> Vec<Target> {
        for lying in &mut self.cards {
            (lying.selected, lying.open) = (None, None);
        }
        let mut number = 0;
        let mut found = Vec::new();
        for lying in self.cards.iter_mut().filter(|lying| !lying.sleeps) {
            if lying.card.makes_up {
                self.made_up = self.made_up.wrapping_add(1);
                // Odd multiplier: no number comes twice before all were there.
                let [_, a, b, c] = self.made_up.wrapping_mul(0x009E_3779).to_be_bytes();
                lying.card.target.uid = alloc::vec![0x08, a, b, c];
            }
            if number == most as u8 || !(only.is_empty() || only == lying.card.uid()) {
                continue;
            }
            number += 1;
            lying.selected = Some((number, true));
            lying.fresh |= !lying.announced;
            lying.announced = true;
            found.push(Target { number, ..lying.card.target.clone() });
        }
        found
    }

    /// Forgets what was selected; those cards sleep from then on.
    pub(super) fn release(&mut self) {
        for lying in &mut self.cards {
            lying.sleeps |= lying.selected.is_some();
            (lying.selected, lying.open) = (None, None);
        }
    }

    /// The field goes off: every card forgets all.
    pub(super) fn power_off(&mut self) {
        for lying in &mut self.cards {
            (lying.selected, lying.sleeps, lying.open) = (None, false, None);
        }
    }

    /// Whether a look would find nobody.
    pub(super) fn answers_nobody(&self) -> bool {
        self.cards.iter().all(|lying| lying.sleeps)
    }

    /// What a selected card says.
    pub(super) fn exchange(&mut self, number: u8, command: CardCommand<'_>) -> Result<[u8; BLOCK], Status> {
        let selected = |lying: &&mut Lying| lying.selected.is_some_and(|(selected, _)| selected == number);
        let lying = self.cards.iter_mut().find(selected).ok_or(Status::TIME_OUT)?;
        let Some((_, true)) = lying.selected else { return Err(Status::TIME_OUT) };
        match command {
            CardCommand::Authenticate { block, key: CardKey { bytes, .. }, uid } => {
                let right = bytes == lying.card.key && lying.card.uid().ends_with(&uid);
                if !lying.card.target.is_classic() || !right {
                    lying.selected = Some((number, false));
                    return Err(Status::AUTHENTICATION);
                }
                lying.open = Some(sector(block));
                Ok([0; BLOCK])
            }
            CardCommand::Read { block } => {
                if lying.card.target.ats.is_some() {
                    return Err(Status::TIME_OUT);
                }
                if lying.card.target.is_classic() && lying.open != Some(sector(block)) {
                    return Err(Status::AUTHENTICATION);
                }
                let written = lying.card.blocks.iter().find(|(at, _)| *at == block);
                Ok(written.map_or([0; BLOCK], |(_, data)| *data))
            }
            CardCommand::Other(_) => Err(Status::TIME_OUT),
        }
    }
}

/// The sector of a block: 4 blocks each, from block 128 on 16.
const fn sector(block: u8) -> u8 {
    if block < 128 { block / 4 } else { 32 + (block - 128) / 16 }
}
