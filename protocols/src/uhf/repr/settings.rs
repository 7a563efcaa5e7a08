//! What a reader can be set to: rates, power, times, and the 18 family's work mode.
//! Promises: a value exists only within the manual's range.
//! Source: UHFReader18 manual V2.0, commands 0x25, 0x28, 0x2F, 0x35; V2.20 for the same commands of the 288 family.

/// 询查时间: how long one inventory may run, units of 100 ms, 3 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InventoryTime(u8);

impl InventoryTime {
    /// The shortest, 300 ms: three inventories a second.
    pub const SHORTEST: Self = Self(3);

    /// That many units of 100 ms; `None` below 3.
    #[must_use]
    pub const fn new(tenths: u8) -> Option<Self> {
        if tenths >= 3 { Some(Self(tenths)) } else { None }
    }

    /// Units of 100 ms.
    #[must_use]
    pub const fn tenths(self) -> u8 {
        self.0
    }
}

/// 射频功率: 0 to 30 dBm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power(u8);

impl Power {
    /// That many dBm; `None` above 30.
    #[must_use]
    pub const fn new(dbm: u8) -> Option<Self> {
        if dbm <= 30 { Some(Self(dbm)) } else { None }
    }

    /// dBm.
    #[must_use]
    pub const fn dbm(self) -> u8 {
        self.0
    }
}

/// 波特率: the rates that command 0x28 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baud {
    /// 9600 bit/s.
    B9600 = 0,
    /// 19200 bit/s.
    B19200 = 1,
    /// 38400 bit/s.
    B38400 = 2,
    /// 57600 bit/s, the factory's.
    B57600 = 5,
    /// 115200 bit/s.
    B115200 = 6,
}

impl Baud {
    const ALL: [Self; 5] = [Self::B9600, Self::B19200, Self::B38400, Self::B57600, Self::B115200];

    pub(super) fn of(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|baud| *baud as u8 == code)
    }
}

/// 读模式: when the reader reads. Both families count alike; the 288 has no `TriggerHigh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMode {
    /// Only when asked.
    Answer = 0,
    /// Always, telling tags unasked. The 288 family calls it real-time mode.
    Scan = 1,
    /// While the trigger input is low.
    TriggerLow = 2,
    /// While the trigger input is high.
    TriggerHigh = 3,
}

impl ReadMode {
    const ALL: [Self; 4] = [Self::Answer, Self::Scan, Self::TriggerLow, Self::TriggerHigh];

    pub(super) fn of(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| *mode as u8 == code)
    }
}

/// 工作模式: the six parameters of commands 0x35 and 0x36 (18 family).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkMode {
    /// When the reader reads.
    pub read: ReadMode,
    /// Bits: 0 protocol (0 = Gen2), 1 output (0 Wiegand, 1 serial), 2 buzzer off, 3 byte addressing, 4 Syris-485.
    pub state: u8,
    /// 0 to 3 memory bank, 4 several tags, 5 single tag, 6 EAS.
    pub inventory: u8,
    /// First word of a bank that is told.
    pub first: u8,
    /// Words of a bank that are told.
    pub words: u8,
    /// Seconds for which one tag is not told again.
    pub repeat: u8,
}

impl WorkMode {
    /// Gen2 tags, several at once, over the serial line, each read told.
    #[must_use]
    pub const fn serial(read: ReadMode) -> Self {
        Self { read, state: 0x02, inventory: 4, first: 2, words: 6, repeat: 0 }
    }

    pub(super) fn parse(data: [u8; 6]) -> Option<Self> {
        let [read, state, inventory, first, words, repeat] = data;
        let read = ReadMode::of(read)?;
        (inventory <= 6).then_some(Self { read, state, inventory, first, words, repeat })
    }

    pub(super) const fn bytes(self) -> [u8; 6] {
        [self.read as u8, self.state, self.inventory, self.first, self.words, self.repeat]
    }
}
