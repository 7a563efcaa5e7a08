//! A lorry of the story as devices and declarations know it: its medium, its cargo, its weight.
//! Promises: no round has a medium that another round had, but for plates, which lorries keep.

use kakou_tests::{
    record::{CONTAINER_KG, Closing, EMPTY_KG, Medium, NewRecord, PICKUP_KG, Sealed},
    simulator::{Showing, Sign},
};
use protocols::rules::LaneDirection;

use super::scenario::{Drive, Lorry, MediumKind};

/// One lorry in one round.
#[derive(Debug)]
pub(crate) struct Actor {
    pub(crate) medium: Medium,
    /// Its newest record's unified number.
    pub(crate) unified_no: Option<String>,
    sealed: Option<Sealed>,
    closing: Closing,
}

/// Nobody looks at a label or card before the driver has let down his window, nor longer than that.
const HANDED_OVER_MS: i64 = 600;
/// A tag is heard before the lorry stands.
const HEARD_MS: i64 = -200;
/// What a container's cargo may weigh; nobody declared it.
const BOXED_KG: u32 = 9_000;

impl Actor {
    /// The `number`th lorry of the round that began in that second.
    pub(crate) fn new(lorry: &Lorry, number: usize, second: i64) -> Self {
        let own = format!("{second:08X}{number:04X}");
        let medium = match lorry.medium {
            MediumKind::VE => Medium::tag(&format!("E28011606000{own}")),
            MediumKind::IC => Medium::card(&format!("04{own}")),
            MediumKind::BC => Medium::code(&format!("KK{own}")),
            MediumKind::VN => Medium::plate(&lorry.plate),
        };
        let sealed =
            lorry.container.clone().map(|container| Sealed { container, seals: lorry.seals.clone() });
        Self { medium, unified_no: None, sealed, closing: Closing::Exit }
    }

    /// A trip of it that ends with that passage.
    pub(crate) fn declares(&mut self, closing: Closing) -> NewRecord {
        self.closing = closing;
        NewRecord { sealed: self.sealed.clone(), ..NewRecord::by(self.medium.clone(), closing) }
    }

    /// What the lane's devices see of it.
    pub(crate) fn shows(&self, drive: &Drive) -> Vec<Showing> {
        let key = self.medium.key.clone().unwrap_or_default();
        let (what, from_ms) = match self.medium.kind {
            "IC" => (Sign::Card { uid: key }, HANDED_OVER_MS),
            "BC" => (Sign::Label { text: key }, HANDED_OVER_MS),
            "VN" => (Sign::Plate { text: key }, HEARD_MS),
            _ => (Sign::Tag { epc: key }, HEARD_MS),
        };
        let seals = self.sealed.iter().flat_map(|sealed| &sealed.seals).map(|number| {
            let state = if drive.opened.contains(number) { "tampered" } else { "sealed" };
            Sign::Seal { number: number.clone(), state }.into()
        });
        [Showing { what, from_ms, for_ms: None }].into_iter().chain(seals).collect()
    }

    /// What it weighs: laden on its closing passage, empty on the other one.
    pub(crate) fn weight_kg(&self, direction: LaneDirection, overload_kg: u32) -> u32 {
        let laden = match self.closing {
            Closing::Exit => direction == LaneDirection::Out,
            Closing::Entry => direction == LaneDirection::In,
        };
        let cargo = match &self.sealed {
            Some(_) => CONTAINER_KG + BOXED_KG,
            None => PICKUP_KG,
        };
        EMPTY_KG + overload_kg + if laden { cargo } else { 0 }
    }
}
