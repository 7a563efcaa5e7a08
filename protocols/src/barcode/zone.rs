//! What the zones of a "GM" module mean: its settings, a byte each, addressed one by one.
//! Promises: nothing is invented: a zone or bit that is not named here keeps the value that the module has.
//! Absent: zones of single symbologies (0x0033 Code 128, 0x0036 Code 39, 0x003F QR), light and sound, key layouts.
//! Source: GM65 manual V1.3, chapters 2 to 6 and appendix A; zone 0x00D0: GM812 serial reference.

use alloc::format;
use alloc::string::String;

/// Mode byte: bit 7 LED on success, 6 sound, 5-4 aim, 3-2 light, 1-0 how reads begin (`Trigger`).
pub const MODE: u16 = 0x0000;
/// Bit 0 begins one read, in command mode; falls back to 0 by itself.
pub const TRIGGER: u16 = 0x0002;
/// Pause between two reads, units of 100 ms.
pub const INTERVAL: u16 = 0x0005;
/// Longest single read, units of 100 ms; 0 without end.
pub const READ_TIME: u16 = 0x0006;
/// Bits 3-2 character set (`TextOutput`), 1-0 where records go (00 serial, 01 keyboard, 11 virtual COM port).
pub const OUTPUT: u16 = 0x000D;
/// Divisor of the line rate, two zones, low byte first.
pub const BAUD: u16 = 0x002A;
/// How a record is dressed (`Format`).
pub const FORMAT: u16 = 0x0060;
/// Lengths of prefix (high half) and suffix (low half).
pub const AFFIX_LENGTHS: u16 = 0x0062;
/// Prefix, up to 15 zones.
pub const PREFIX: u16 = 0x0063;
/// Suffix, up to 15 zones.
pub const SUFFIX: u16 = 0x0072;
/// `AIM_ON` where a three-character AIM identifier stands for the code ID (GM812 and GM861 class).
pub const AIM: u16 = 0x00D0;
/// Function zone: `FACTORY_RESET`, `SLEEP`, `WAKE`.
pub const FUNCTION: u16 = 0x00D9;
/// Model, hardware, software and three bytes of date: six zones.
pub const IDENTITY: u16 = 0x00E0;

/// Value of `AIM`.
pub const AIM_ON: u8 = 0x80;
/// Value of `FUNCTION`: all zones as from the factory.
pub const FACTORY_RESET: u8 = 0x55;
/// Values of `FUNCTION`: sleep.
pub const SLEEP: [u8; 2] = [0xA0, 0xA5];
/// Value of `FUNCTION`: wake up.
pub const WAKE: u8 = 0x00;

/// 触发方式: what makes a module read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Its button.
    Manual = 0,
    /// A command of the host, once for each read.
    Command = 1,
    /// Nothing; it reads all the time.
    Continuous = 2,
    /// A change of what it sees.
    Sensor = 3,
}

impl Trigger {
    /// The bits of `MODE` that it lives in.
    pub const MASK: u8 = 0x03;

    /// What a mode byte says.
    #[must_use]
    pub const fn of(mode: u8) -> Self {
        match mode & Self::MASK {
            0 => Self::Manual,
            1 => Self::Command,
            2 => Self::Continuous,
            _ => Self::Sensor,
        }
    }
}

/// 输出编码: the character set into which a module turns Chinese text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextOutput {
    /// GBK.
    Gbk = 0,
    /// "Unicode"; the manual does not say in which form.
    Unicode = 1,
    /// Big5.
    Big5 = 2,
}

impl TextOutput {
    /// The bits of `OUTPUT` that it lives in.
    pub const MASK: u8 = 0x0C;

    /// Its bits, in their place.
    #[must_use]
    pub const fn bits(self) -> u8 {
        (self as u8) << 2
    }

    /// What an output byte says.
    #[must_use]
    pub const fn of(output: u8) -> Option<Self> {
        match (output & Self::MASK) >> 2 {
            0 => Some(Self::Gbk),
            1 => Some(Self::Unicode),
            2 => Some(Self::Big5),
            _ => None,
        }
    }
}

/// What a module sends behind a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TailKind {
    /// CR.
    Cr = 0,
    /// CR LF.
    CrLf = 1,
    /// TAB.
    Tab = 2,
    /// Nothing.
    None = 3,
}

impl TailKind {
    /// The bytes on the wire.
    #[must_use]
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Cr => b"\r",
            Self::CrLf => b"\r\n",
            Self::Tab => b"\t",
            Self::None => b"",
        }
    }
}

/// 输出格式: how a record is dressed, zone 0x0060.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// What ends it. With `None` the tail's own bit is off, too.
    pub tail: TailKind,
    /// Whether a failed read sends a text of its own.
    pub tells_failure: bool,
    /// Whether the prefix is sent.
    pub prefix: bool,
    /// Whether the code ID is sent.
    pub code_id: bool,
    /// Whether the suffix is sent.
    pub suffix: bool,
}

impl Format {
    /// The bits that mean something; bit 7 is reserved.
    pub const MASK: u8 = 0x7F;

    const FAILURE: u8 = 0x10;
    const PREFIX: u8 = 0x08;
    const CODE_ID: u8 = 0x04;
    const SUFFIX: u8 = 0x02;
    const TAIL: u8 = 0x01;

    /// What the byte says.
    #[must_use]
    pub const fn of(byte: u8) -> Self {
        let tail = match (byte & Self::TAIL, (byte >> 5) & 3) {
            (0, _) | (_, 3) => TailKind::None,
            (_, 0) => TailKind::Cr,
            (_, 1) => TailKind::CrLf,
            _ => TailKind::Tab,
        };
        Self {
            tail,
            tells_failure: byte & Self::FAILURE != 0,
            prefix: byte & Self::PREFIX != 0,
            code_id: byte & Self::CODE_ID != 0,
            suffix: byte & Self::SUFFIX != 0,
        }
    }

    /// The byte that says it.
    #[must_use]
    pub const fn byte(self) -> u8 {
        let mut byte = (self.tail as u8) << 5;
        if !matches!(self.tail, TailKind::None) {
            byte |= Self::TAIL;
        }
        if self.tells_failure {
            byte |= Self::FAILURE;
        }
        if self.prefix {
            byte |= Self::PREFIX;
        }
        if self.code_id {
            byte |= Self::CODE_ID;
        }
        if self.suffix {
            byte |= Self::SUFFIX;
        }
        byte
    }
}

/// 波特率: the line rates, and the divisor by which a module knows each (3 MHz by it is the rate).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baud {
    rate: u32,
    divisor: u16,
}

impl Baud {
    /// The rates whose divisors the manual gives, slowest first; drivers look for a module at the first and the last two.
    pub const ALL: [Self; 5] = [
        Self { rate: 9600, divisor: 0x0139 },
        Self { rate: 19200, divisor: 0x009C },
        Self { rate: 38400, divisor: 0x004E },
        Self { rate: 57600, divisor: 0x0034 },
        Self { rate: 115_200, divisor: 0x001A },
    ];

    /// The rate that the two zones say, low byte first.
    #[must_use]
    pub fn of(zones: [u8; 2]) -> Option<Self> {
        Self::ALL.into_iter().find(|baud| baud.zones() == zones)
    }

    /// The rate with so many bit/s.
    #[must_use]
    pub fn of_rate(rate: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|baud| baud.rate == rate)
    }

    /// Bit/s.
    #[must_use]
    pub const fn rate(self) -> u32 {
        self.rate
    }

    /// The values of the two zones, low byte first.
    #[must_use]
    pub const fn zones(self) -> [u8; 2] {
        self.divisor.to_le_bytes()
    }
}

/// 模块信息: what a module says it is, zones 0x00E0 to 0x00E5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// 5 is the GM65.
    pub model: u8,
    /// Hardware version.
    pub hardware: u8,
    /// Software version.
    pub software: u8,
    /// Date of the software, three bytes as the module gives them.
    pub date: [u8; 3],
}

impl Identity {
    /// What the six zones say.
    #[must_use]
    pub const fn of(zones: [u8; 6]) -> Self {
        let [model, hardware, software, date @ ..] = zones;
        Self { model, hardware, software, date }
    }

    /// The six zones.
    #[must_use]
    pub const fn zones(self) -> [u8; 6] {
        let [year, month, day] = self.date;
        [self.model, self.hardware, self.software, year, month, day]
    }

    /// For a person.
    #[must_use]
    pub fn describe(&self) -> String {
        let name = if self.model == 5 { "GM65" } else { "GM module" };
        format!(
            "{name}, model {:02X}, hardware {:02X}, software {:02X}",
            self.model, self.hardware, self.software
        )
    }
}
