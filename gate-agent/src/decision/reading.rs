//! 读数: what one device reported of a vehicle, once.
//! Promises: the key of a medium follows `contract` section 2; a container or seal is normalised; a weight is exact.
//! Absent on purpose: putting readings together (`evidence`).

use protocols::{
    contract::Kg,
    ids::{ContainerNo, MediumKey, MediumType, SealNo},
    talk::SealState,
    tick::Tick,
};

/// One report of a device or a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A medium.
    Medium(Medium),
    /// A box.
    Container(Container),
    /// An electronic seal.
    Seal(Seal),
    /// The scale.
    Weight(Weighed),
}

/// 介质读数: one identity that a reader reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// Which kind.
    pub medium_type: MediumType,
    /// Its key by `contract` section 2.
    pub key: MediumKey,
    /// The reading as it came, when it differs from the key.
    pub raw: Option<Box<str>>,
    /// Which device of the lane.
    pub device: Box<str>,
    /// TID of an electronic plate, evidence only.
    pub tid: Option<Box<str>>,
    /// The device's confidence in thousandths, if it gives one.
    pub confidence: Option<u16>,
    /// Signal strength: hundredths of a dBm, or the device's own unit times a hundred. Compared between devices of one kind only.
    pub signal: Option<i32>,
    /// How often the lane's readers have heard it since it came into the field; the signal is the mean of these.
    pub looks: u32,
    /// What fusion says of it.
    pub standing: Standing,
    /// When it last arrived here.
    pub at: Tick,
}

/// 证据效力: what a reading may carry. Worse ones come later in the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It may open.
    #[default]
    Counts,
    /// A person typed it; it stands over what devices read of its type.
    ByHand,
    /// The device says that it is old (`max_read_age_ms`): evidence, never opens.
    Late,
    /// Two lanes hear it, and neither clearly.
    Contested,
    /// It has been in the field through other vehicles' passages.
    Parked,
    /// The card made its number up for this once, as telephones do: it is nobody's key.
    MadeUp,
}

/// 箱号读数.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The number, of the right shape; its check digit may fail.
    pub number: ContainerNo,
    /// Which device.
    pub device: Box<str>,
    /// The device's confidence in thousandths.
    pub confidence: Option<u16>,
    /// A person typed it.
    pub by_hand: bool,
    /// When it last arrived here.
    pub at: Tick,
}

impl Container {
    /// Whether it may be trusted (SG-221): its check digit holds, or a person looked.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.by_hand || self.number.check_digit_holds()
    }
}

/// 关锁读数.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The number.
    pub number: SealNo,
    /// What its reader says of it.
    pub state: SealState,
    /// Which device.
    pub device: Box<str>,
    /// A person typed it.
    pub by_hand: bool,
    /// When it last arrived here.
    pub at: Tick,
}

/// 过磅: what the scale says of the vehicle on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// The weight.
    pub state: Gross,
    /// Which device.
    pub device: Box<str>,
    /// A person typed it.
    pub by_hand: bool,
    /// When it last arrived here.
    pub at: Tick,
}

/// 毛重, or why there is none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gross {
    /// The scale gives none: out of range, silent, or its zero was not seen since the vehicle before.
    None,
    /// It moves.
    Unstable,
    /// At rest.
    Stable(Kg),
}
