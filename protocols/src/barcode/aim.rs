//! Which kind of symbol a record came from: the AIM identifier (`]C1`), or the letter that GM modules put before it.
//! Promises: both schemes are told apart only by configuration and by the `]`; an identifier that nobody knows is still one.
//! Absent: the two schemes' letters do not agree (`d` is EAN for a module and Data Matrix for AIM), so no letter is shared.
//! Source: ISO/IEC 15424; Zebra DS457 manual, appendix B; GM65 manual V1.3, appendix B.

/// 码制: the kind of symbol that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbology {
    /// Code 39.
    Code39,
    /// Code 128, GS1-128 included.
    Code128,
    /// EAN-13 and EAN-8; for AIM also UPC.
    Ean,
    /// UPC, where the scanner tells it apart.
    Upc,
    /// Interleaved 2 of 5.
    Interleaved,
    /// QR.
    Qr,
    /// Data Matrix.
    DataMatrix,
    /// PDF417.
    Pdf417,
    /// GS1 DataBar.
    DataBar,
    /// Aztec.
    Aztec,
    /// Code 93.
    Code93,
    /// Codabar.
    Codabar,
    /// The record does not say, or says something else.
    Unknown,
}

/// AIM code characters.
const CODES: [(u8, Symbology); 9] = [
    (b'A', Symbology::Code39),
    (b'C', Symbology::Code128),
    (b'E', Symbology::Ean),
    (b'I', Symbology::Interleaved),
    (b'Q', Symbology::Qr),
    (b'd', Symbology::DataMatrix),
    (b'L', Symbology::Pdf417),
    (b'e', Symbology::DataBar),
    (b'z', Symbology::Aztec),
];

/// Letters of the GM modules.
const LETTERS: [(u8, Symbology); 10] = [
    (b'j', Symbology::Code128),
    (b'b', Symbology::Code39),
    (b'Q', Symbology::Qr),
    (b'u', Symbology::DataMatrix),
    (b'r', Symbology::Pdf417),
    (b'd', Symbology::Ean),
    (b'c', Symbology::Upc),
    (b'i', Symbology::Code93),
    (b'a', Symbology::Codabar),
    (b'e', Symbology::Interleaved),
];

impl Symbology {
    /// What a module's letter stands for.
    #[must_use]
    pub fn of_letter(letter: u8) -> Option<Self> {
        LETTERS.into_iter().find(|(known, _)| *known == letter).map(|(_, symbology)| symbology)
    }

    /// The module's letter.
    #[must_use]
    pub fn letter(self) -> Option<u8> {
        LETTERS.into_iter().find(|(_, symbology)| *symbology == self).map(|(letter, _)| letter)
    }
}

/// How the configuration says that a scanner marks the kind of symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeId {
    /// Not at all; an AIM identifier is taken off all the same.
    Off,
    /// By the module's letter; an AIM identifier is taken off all the same.
    Letter,
    /// By an AIM identifier, always: a record without one has lost its head.
    Aim,
}

/// 码制标识符: an AIM identifier, `]` and two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aim {
    code: u8,
    modifier: u8,
}

impl Aim {
    /// Code character and modifier; `None` unless the one is a letter and the other a letter or a digit.
    #[must_use]
    pub const fn new(code: u8, modifier: u8) -> Option<Self> {
        if code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() {
            Some(Self { code, modifier })
        } else {
            None
        }
    }

    /// Takes the identifier off the head of a record.
    #[must_use]
    pub fn split(record: &[u8]) -> Option<(Self, &[u8])> {
        match record {
            [b']', code, modifier, rest @ ..] => Self::new(*code, *modifier).map(|aim| (aim, rest)),
            _ => None,
        }
    }

    /// As it stands before the text.
    #[must_use]
    pub const fn bytes(self) -> [u8; 3] {
        [b']', self.code, self.modifier]
    }

    /// The kind of symbol; `Unknown` for letters that are not of the table.
    #[must_use]
    pub fn symbology(self) -> Symbology {
        let known = CODES.into_iter().find(|(code, _)| *code == self.code);
        known.map_or(Symbology::Unknown, |(_, symbology)| symbology)
    }

    /// Whether FNC1 stood first, so that the text is a GS1 element string.
    #[must_use]
    pub const fn is_gs1(self) -> bool {
        matches!(
            (self.code, self.modifier),
            (b'C', b'1') | (b'Q', b'3' | b'4') | (b'd', b'2' | b'5') | (b'e', b'0') | (b'z', b'1')
        )
    }

    /// Whether the text names its character sets, and doubles a backslash.
    #[must_use]
    pub const fn has_eci(self) -> bool {
        matches!(
            (self.code, self.modifier),
            (b'Q', b'2' | b'4' | b'6') | (b'd', b'4' | b'5' | b'6') | (b'L', b'0' | b'1')
        )
    }

    /// Whether the last character is a Code 39 check character that the reader verified, and whether the text was turned
    /// into full ASCII before it was sent.
    #[must_use]
    pub const fn sent_check(self) -> Option<Alphabet> {
        match (self.code, self.modifier) {
            (b'A', b'1') => Some(Alphabet::Plain),
            (b'A', b'5') => Some(Alphabet::FullAscii),
            _ => None,
        }
    }
}

/// How a Code 39 text stands in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// As the symbol has it.
    Plain,
    /// Pairs turned into the ASCII characters that they stand for.
    FullAscii,
}
