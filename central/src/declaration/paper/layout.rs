//! 版面: what stands on a page from top to bottom, how high it is, and what of a list fits.
//! Promises: a line that is too wide shrinks, then breaks, then ends in dots; it never leaves the page.
//! Lengths are millimetres, sizes of text points.

use qrcodegen::{QrCode, QrCodeEcc};

use super::{code128::Bars, font::Ruler};

/// Points of a millimetre.
pub(super) const POINTS: f32 = 72.0 / 25.4;
/// Width of the narrowest bar.
pub(super) const MODULE_MM: f32 = 0.25;
/// From one line of text to the next, in parts of its size.
const LEADING: f32 = 1.3;
/// Smaller than this nobody reads.
const LEAST: f32 = 5.0;
/// English below a Chinese label, in parts of its size.
const SMALLER: f32 = 0.72;

/// The paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Format {
    /// Of the sheet.
    pub width: f32,
    /// Of the sheet; none for a roll, which is cut where the page ends.
    pub height: Option<f32>,
    /// What stays white at every edge.
    pub margin: f32,
    /// Ordinary text.
    pub text: f32,
    /// The name of the paper.
    pub title: f32,
    /// What is to be read from afar.
    pub large: f32,
    /// Of the column with the labels.
    pub label: f32,
    /// Of the QR symbol.
    pub qr: f32,
    /// How high bars are.
    pub bars: f32,
}

impl Format {
    /// A5, upright.
    pub const A5: Self = Self {
        width: 148.0,
        height: Some(210.0),
        margin: 10.0,
        text: 10.5,
        title: 16.0,
        large: 54.0,
        label: 42.0,
        qr: 36.0,
        bars: 16.0,
    };
    /// The roll of a receipt printer: 80 mm, of which 72 are printed.
    pub const ROLL_80: Self = Self {
        width: 80.0,
        height: None,
        margin: 4.0,
        text: 8.5,
        title: 11.0,
        large: 34.0,
        label: 23.0,
        qr: 34.0,
        bars: 15.0,
    };

    /// Of what is printed.
    pub(super) const fn inner(&self) -> f32 {
        self.width - 2.0 * self.margin
    }
}

/// A name of the form in both languages, and what the record has there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Chinese and English.
    pub label: [&'static str; 2],
    /// What is there.
    pub text: String,
}

/// What stands on a page.
#[derive(Clone)]
pub enum Block {
    /// The name of the paper.
    Title(String),
    /// What is to be read from afar, on one line.
    Large(String),
    /// A sentence across the page.
    Note(String),
    /// A label and its value.
    Row(Row),
    /// Bars, with what they hold below.
    Bars {
        /// The symbol.
        bars: Bars,
        /// For people.
        text: String,
    },
    /// A QR symbol.
    Qr(QrCode),
    /// A line from edge to edge.
    Rule,
}

impl Block {
    /// Bars of a text, when they fit at their width; for a longer text there is the QR symbol.
    #[must_use]
    pub fn bars(text: &str, format: &Format) -> Option<Self> {
        let bars = Bars::of(text)?;
        let modules = u16::try_from(bars.modules()).ok()?;
        let fits = f32::from(modules) * MODULE_MM <= format.inner();
        fits.then(|| Self::Bars { bars, text: text.to_owned() })
    }

    /// The QR symbol of a text; none for a text that no symbol can hold.
    #[must_use]
    pub fn qr(text: &str) -> Option<Self> {
        QrCode::encode_text(text, QrCodeEcc::Medium).ok().map(Self::Qr)
    }

    pub(super) fn height(&self, format: &Format, ruler: &Ruler<'_>) -> f32 {
        match self {
            Self::Title(text) => Lines::of(text, ruler, format.inner(), format.title, 1).height(),
            Self::Large(text) => Lines::of(text, ruler, format.inner(), format.large, 1).height(),
            Self::Note(text) => Lines::of(text, ruler, format.inner(), format.text, 4).height(),
            Self::Row(row) => {
                let [label, english, value] = row_lines(row, format, ruler);
                let label = if is_beside(row, format, ruler) {
                    label.height()
                } else {
                    label.height() + english.height()
                };
                label.max(value.height()) + 0.8
            }
            Self::Bars { .. } => format.bars + 2.0 + lines_mm(format.text, 1),
            Self::Qr(_) => format.qr + 2.0,
            Self::Rule => 2.4,
        }
    }
}

/// Label, its English and the value of a row.
pub(super) fn row_lines(row: &Row, format: &Format, ruler: &Ruler<'_>) -> [Lines; 3] {
    let [label, english] = row.label;
    let beside = format.inner() - format.label - 1.0;
    [
        Lines::of(label, ruler, format.label, format.text, 1),
        Lines::of(english, ruler, format.label, format.text * SMALLER, 1),
        Lines::of(&row.text, ruler, beside, format.text, 3),
    ]
}

/// Whether the English of a label stands on its line, and not below.
pub(super) fn is_beside(row: &Row, format: &Format, ruler: &Ruler<'_>) -> bool {
    english_at(row, format, ruler) + ruler.width(row.label[1]) * format.text * SMALLER / POINTS
        <= format.label
}

/// How far right of its label the English stands.
pub(super) fn english_at(row: &Row, format: &Format, ruler: &Ruler<'_>) -> f32 {
    ruler.width(row.label[0]) * format.text / POINTS + 1.5
}

fn lines_mm(size: f32, count: u8) -> f32 {
    size * LEADING * f32::from(count) / POINTS
}

/// Text as it is broken.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lines {
    pub(super) size: f32,
    pub(super) lines: Vec<String>,
}

impl Lines {
    /// The text at `size`, or as small as can be read where one line must do, then on up to `most` lines.
    pub(super) fn of(text: &str, ruler: &Ruler<'_>, width: f32, size: f32, most: usize) -> Self {
        let room = width * POINTS;
        // Shrunk text that is to be broken anyway would only be harder to read.
        let least = if most == 1 { (size * 0.15).max(LEAST) } else { size };
        let fitting = room / ruler.width(text).max(0.001);
        let size = size.min(fitting.max(least));
        let mut lines = Vec::new();
        let mut rest = text;
        while !rest.is_empty() && lines.len() < most {
            let end = end_of_line(rest, ruler, room / size);
            let (line, after) = rest.split_at(end);
            lines.push(line.trim_end().to_owned());
            rest = after.trim_start();
        }
        if let (false, Some(last)) = (rest.is_empty(), lines.last_mut()) {
            while ruler.width(last) + ruler.width("…") > room / size && last.pop().is_some() {}
            last.push('…');
        }
        Self { size, lines }
    }

    pub(super) fn height(&self) -> f32 {
        lines_mm(self.size, u8::try_from(self.lines.len()).unwrap_or(u8::MAX))
    }

    /// From one line to the next.
    pub(super) fn step(&self) -> f32 {
        lines_mm(self.size, 1)
    }
}

/// Where the first line ends: behind the last blank that fits, or in the midst of a word that is longer than a line. At least one
/// character, so that there is an end.
fn end_of_line(text: &str, ruler: &Ruler<'_>, room: f32) -> usize {
    let mut width = 0.0;
    let mut blank = None;
    for (at, c) in text.char_indices() {
        width += ruler.width(c.encode_utf8(&mut [0; 4]));
        // A hair of tolerance: the sum of rounded widths is not the width of the sum.
        if width > room + 0.01 {
            let first = text.chars().next().map_or(0, char::len_utf8);
            return blank.unwrap_or(at).max(first);
        }
        if c == ' ' {
            blank = Some(at + 1);
        }
    }
    text.len()
}

/// As many of the rows as fit on the sheet beside the other blocks, and how many are left out. A roll has room for all of a hundred.
#[must_use]
pub fn fitting(rows: Vec<Row>, others: &[Block], format: &Format, ruler: &Ruler<'_>) -> (Vec<Row>, usize) {
    const MOST: usize = 100;
    let taken: f32 = others.iter().map(|block| block.height(format, ruler)).sum();
    let room = format.height.map(|height| height - 2.0 * format.margin - taken);
    let all = rows.len();
    let mut used = 0.0;
    let mut kept: Vec<Row> = Vec::new();
    for row in rows.into_iter().take(MOST) {
        let height = Block::Row(row.clone()).height(format, ruler);
        if room.is_some_and(|room| used + height > room) {
            // The last one makes room for the line that tells how many more there are.
            kept.pop();
            break;
        }
        used += height;
        kept.push(row);
    }
    let left_out = all - kept.len();
    (kept, left_out)
}
