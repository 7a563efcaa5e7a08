//! `[[device]]` of what is read: tags, cards, codes, scales, seals, locks. A struct a kind, defaults in the doc comments.
//! Promises: each kind knows its own keys; what a conversation of `protocols` can be told and a yard may need is here.
//! Absent: ports (`device`); the conversations themselves; from these settings to them (`drivers::conversation`).
//! Source: the wire pages of the families, which `protocols` cites.

use std::time::Duration;

use protocols::{
    barcode::{aim::CodeId, charset::Charset, wire::Tail},
    contract::Kg,
    lock::session::Sensor,
    scale::{
        quantity::Unit,
        wire::{Format, a9::Ninth, equals, mt},
    },
    uhf::tag::Family,
};

use super::{device::byte, section::Section};

/// 读写器工作方式: who begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderMode {
    /// The agent asks, the reader answers.
    Answer,
    /// The reader tells unasked.
    Scan,
}

/// 超高频读写器: a reader of the Chafon families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UhfConfig {
    /// By the kind's name: `uhf-chafon-18` or `uhf-chafon-288`.
    pub family: Family,
    /// `address`, default 0: 0 to 255, 255 speaks to any.
    pub address: u8,
    /// `mode`, default `answer`: `answer` or `scan`.
    pub mode: ReaderMode,
    /// `gap_ms`, default 100: silence that ends a frame. 15 on a true RS-232 port; USB adapters need 100.
    pub gap: Duration,
    /// `silence_probe_s`, default 5: a reader that said nothing for so long is asked whether it lives.
    pub silence_probe: Duration,
    /// `with_tid`, default false; 288 family, mode `answer`: asks tags for their chip number, by which a copied tag shows.
    pub with_tid: bool,
}

/// 读卡器: a PN532 on a serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardConfig {
    /// `poll_ms`, default 150: from one look for cards to the next, 100 to 200.
    pub poll: Duration,
    /// `gap_ms`, default 20: silence that ends a frame.
    pub gap: Duration,
    /// `text_block`, default none: the block of a card's memory that holds the number, where the yard's `ic_key_form` is `text`.
    pub text_block: Option<u8>,
}

/// 扫码器: a bar-code scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScannerConfig {
    /// By the kind's name: `scanner` only talks, `scanner-gm` is a module that obeys commands.
    pub obeys: bool,
    /// `charset`, default `utf-8`: of texts that name none themselves: `utf-8`, `gbk`, `big5`, `shift-jis` or `latin-1`.
    pub charset: Charset,
    /// `code_id`, default `off`: how it marks the kind of symbol: `off`, `letter` or `aim`.
    pub code_id: CodeId,
    /// `tail`, default `line`: what ends a record: `line`, `tab`, or `silence` for scanners that send none.
    pub tail: Tail,
    /// `gap_ms`, default 50: silence between two bytes that ends what is incomplete.
    pub gap: Duration,
}

/// 称重仪表: a weighbridge's indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleConfig {
    /// `format`, default `detect`: `detect` (64 frames tell), `a9`, `a9-command`, `a12`, `a12-bare`, `mt`, `mt-checked`, `mt-short`,
    /// `mt-short-checked`, `cas22`, `cas10`, `and18`, `equals` (reversed), `equals-plain` or `equals-last`.
    pub format: ScaleFormat,
    /// `unit`, default `kg`, where the wire does not tell: `kg`, `t` or `g`.
    pub unit: Unit,
    /// `division_kg`, default 20: one step of the display; rest is a spread of no more.
    pub division: Kg,
    /// `rest_ms`, default 2000: how long the value must stay within a division.
    pub rest: Duration,
    /// `min_kg`, default 500: less is an empty platform.
    pub least: Kg,
}

/// 数据格式 of an indicator, as configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleFormat {
    /// Found out at the start, then kept.
    Detect,
    /// It sends this.
    Listen(Format),
    /// Asked in Yaohua's command mode, address A.
    Ask,
}

/// 关锁读写器: a reader of active electronic seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealConfig {
    /// `address`, default 1: the reader's number.
    pub reader: u16,
    /// `gap_ms`, default 100: silence that ends a frame.
    pub gap: Duration,
    /// `silence_probe_s`, default 4: a reader that said nothing for so long is asked whether it lives.
    pub silence_probe: Duration,
}

/// 锁控板: a board of cabinet or key locks. How they stand is read; nothing opens them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockConfig {
    /// `address`, default 1: 1 to 99.
    pub board: u8,
    /// `locks`, default 1: how many it has, from lock 1 on.
    pub locks: u8,
    /// `sensor`, default `closed-when-shut`: whether the sensors' contacts are closed while a lock is shut, or `closed-when-open`.
    pub sensor: Sensor,
    /// `poll_ms`, default 2000: how often each lock is asked for.
    pub poll: Duration,
}

impl LockConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let sensors =
            [("closed-when-shut", Sensor::ClosedWhenShut), ("closed-when-open", Sensor::ClosedWhenOpen)];
        Self {
            board: byte(section, "address", 1, 1..=99),
            locks: byte(section, "locks", 1, 1..=48),
            sensor: section.choice("sensor", &sensors).unwrap_or_default(),
            poll: section.millis("poll_ms", 2000, 500..=30_000),
        }
    }
}

impl UhfConfig {
    pub(super) fn read(section: &mut Section<'_>, family: Family) -> Self {
        let mode = section.choice("mode", &[("answer", ReaderMode::Answer), ("scan", ReaderMode::Scan)]);
        Self {
            family,
            address: byte(section, "address", 0, 0..=255),
            mode: mode.unwrap_or(ReaderMode::Answer),
            gap: section.millis("gap_ms", 100, 5..=1000),
            silence_probe: section.seconds("silence_probe_s", 5, 1..=8),
            with_tid: family == Family::Uhf288
                && section.choice("with_tid", &[("no", false), ("yes", true)]).unwrap_or(false),
        }
    }
}

impl CardConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let block = section.number("text_block", 0, 0..=255);
        Self {
            poll: section.millis("poll_ms", 150, 100..=200),
            gap: section.millis("gap_ms", 20, 5..=200),
            text_block: u8::try_from(block).ok().filter(|block| *block > 0),
        }
    }
}

impl ScannerConfig {
    pub(super) fn read(section: &mut Section<'_>, obeys: bool) -> Self {
        let charsets = [
            ("utf-8", Charset::Utf8),
            ("gbk", Charset::Gbk),
            ("big5", Charset::Big5),
            ("shift-jis", Charset::ShiftJis),
            ("latin-1", Charset::Latin1),
        ];
        let marks = [("off", CodeId::Off), ("letter", CodeId::Letter), ("aim", CodeId::Aim)];
        let tails = [("line", Tail::LineEnd), ("tab", Tail::Tab), ("silence", Tail::Silence)];
        Self {
            obeys,
            charset: section.choice("charset", &charsets).unwrap_or(Charset::Utf8),
            code_id: section.choice("code_id", &marks).unwrap_or(CodeId::Off),
            tail: section.choice("tail", &tails).unwrap_or(Tail::LineEnd),
            gap: section.millis("gap_ms", 50, 5..=500),
        }
    }
}

/// Names of `format`, in the order of the page.
const FORMATS: [(&str, ScaleFormat); 15] = [
    ("detect", ScaleFormat::Detect),
    ("a9", ScaleFormat::Listen(Format::A9(Ninth::Decimals))),
    ("a9-command", ScaleFormat::Ask),
    ("a12", ScaleFormat::Listen(Format::A12)),
    ("a12-bare", ScaleFormat::Listen(Format::A12Bare)),
    ("mt", ScaleFormat::Listen(Format::Mt(mt::Form::PLAIN))),
    ("mt-checked", ScaleFormat::Listen(Format::Mt(mt::Form::CHECKED))),
    ("mt-short", ScaleFormat::Listen(Format::Mt(mt::Form::SHORT))),
    ("mt-short-checked", ScaleFormat::Listen(Format::Mt(mt::Form::SHORT_CHECKED))),
    ("cas22", ScaleFormat::Listen(Format::Cas22)),
    ("cas10", ScaleFormat::Listen(Format::Cas10)),
    ("and18", ScaleFormat::Listen(Format::And18)),
    ("equals", ScaleFormat::Listen(Format::Equals(equals::Form::ONE))),
    ("equals-plain", ScaleFormat::Listen(Format::Equals(equals::Form::TWO))),
    ("equals-last", ScaleFormat::Listen(Format::Equals(equals::Form::LAST))),
];

impl ScaleFormat {
    /// What `format` calls a format that an indicator sends by itself.
    #[must_use]
    pub fn name(sent: Format) -> Option<&'static str> {
        FORMATS.iter().find(|(_, format)| *format == Self::Listen(sent)).map(|(name, _)| *name)
    }
}

impl ScaleConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let format = section.choice("format", &FORMATS);
        let units = [("kg", Unit::Kilogram), ("t", Unit::Tonne), ("g", Unit::Gram)];
        Self {
            format: format.unwrap_or(ScaleFormat::Detect),
            unit: section.choice("unit", &units).unwrap_or(Unit::Kilogram),
            division: Kg::from_kilograms(section.number("division_kg", 20, 1..=500).into()),
            rest: section.millis("rest_ms", 2000, 500..=10_000),
            least: Kg::from_kilograms(section.number("min_kg", 500, 1..=20_000).into()),
        }
    }
}

impl SealConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            reader: u16::try_from(section.number("address", 1, 1..=65_535)).unwrap_or(1),
            gap: section.millis("gap_ms", 100, 5..=1000),
            silence_probe: section.seconds("silence_probe_s", 4, 1..=8),
        }
    }
}
