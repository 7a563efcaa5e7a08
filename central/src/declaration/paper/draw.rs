//! The page as PDF.
//! Promises: only the characters that are used are in the file's font; a mark lies under everything, so that it hides nothing.

use krilla::{
    Document,
    color::luma,
    geom::{PathBuilder, Point, Rect, Transform},
    metadata::Metadata,
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule},
    surface::Surface,
};

use super::{
    font::{PrintFont, Ruler},
    layout::{Block, Format, Lines, MODULE_MM, POINTS, english_at, is_beside, row_lines},
};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the PDF: {0}")]
pub struct PrintError(String);

const BLACK: u8 = 0;
const GREY: u8 = 90;
/// Of a mark: seen from afar, and read through.
const PALE: u8 = 205;
/// Where letters stand in their line, in parts of their size.
const BASELINE: f32 = 1.02;

/// Draws the blocks from top to bottom; `mark` goes across the page.
///
/// # Errors
/// [`PrintError`], for a font that cannot be cut out or a page that has no size.
pub fn pdf(
    font: &PrintFont,
    format: &Format,
    title: &str,
    blocks: &[Block],
    mark: &[&str],
) -> Result<Vec<u8>, PrintError> {
    let ruler = font.ruler().ok_or_else(|| PrintError("the font cannot be read".into()))?;
    let content: f32 = blocks.iter().map(|block| block.height(format, &ruler)).sum();
    let height = format.height.unwrap_or(content + 2.0 * format.margin);
    let settings = PageSettings::from_wh(format.width * POINTS, height * POINTS)
        .ok_or_else(|| PrintError(format!("a page of {} by {height} mm", format.width)))?;
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(title.to_owned()).language("zh-CN".to_owned()));
    let mut page = document.start_page_with(settings);
    {
        let mut pen = Pen { surface: page.surface(), font, ruler: &ruler, format };
        pen.mark(mark, height);
        let mut top = format.margin;
        for block in blocks {
            pen.block(block, top);
            top += block.height(format, &ruler);
        }
        pen.surface.finish();
    }
    page.finish();
    document.finish().map_err(|error| PrintError(format!("{error:?}")))
}

struct Pen<'a, 'b> {
    surface: Surface<'a>,
    font: &'b PrintFont,
    ruler: &'b Ruler<'b>,
    format: &'b Format,
}

impl Pen<'_, '_> {
    fn block(&mut self, block: &Block, top: f32) {
        let (left, inner) = (self.format.margin, self.format.inner());
        match block {
            Block::Title(text) => {
                self.centred(&Lines::of(text, self.ruler, inner, self.format.title, 1), top)
            }
            Block::Large(text) => {
                self.centred(&Lines::of(text, self.ruler, inner, self.format.large, 1), top)
            }
            Block::Note(text) => self.centred(&Lines::of(text, self.ruler, inner, self.format.text, 4), top),
            Block::Row(row) => {
                let [label, english, value] = row_lines(row, self.format, self.ruler);
                self.lines(&label, left, top, GREY);
                if is_beside(row, self.format, self.ruler) {
                    // On the same base line.
                    let lower = (label.size - english.size) * BASELINE / POINTS;
                    self.lines(&english, left + english_at(row, self.format, self.ruler), top + lower, GREY);
                } else {
                    self.lines(&english, left, top + label.height(), GREY);
                }
                self.lines(&value, left + self.format.label + 1.0, top, BLACK);
            }
            Block::Bars { bars, text } => {
                let modules = f32::from(u16::try_from(bars.modules()).unwrap_or(u16::MAX));
                let quiet = f32::from(u16::try_from(bars.quiet()).unwrap_or_default()) * MODULE_MM;
                let mut at = left + (inner - modules * MODULE_MM) / 2.0 + quiet;
                let mut path = PathBuilder::new();
                for (place, width) in bars.widths().iter().enumerate() {
                    let width = f32::from(*width) * MODULE_MM;
                    if place % 2 == 0 {
                        push(&mut path, at, top + 1.0, width, self.format.bars);
                    }
                    at += width;
                }
                self.fill(path, BLACK);
                let below = Lines::of(text, self.ruler, inner, self.format.text, 1);
                self.centred(&below, top + 1.0 + self.format.bars);
            }
            Block::Qr(code) => {
                // Four modules of white on every side are part of the symbol.
                let modules = u8::try_from(code.size() + 8).unwrap_or(u8::MAX);
                let module = self.format.qr / f32::from(modules);
                let left = left + (inner - self.format.qr) / 2.0;
                let mut path = PathBuilder::new();
                for (y, row) in (0..code.size()).zip(4_u8..) {
                    for (x, column) in (0..code.size()).zip(4_u8..) {
                        if code.get_module(x, y) {
                            let (x, y) = (f32::from(column) * module, f32::from(row) * module);
                            push(&mut path, left + x, top + 1.0 + y, module, module);
                        }
                    }
                }
                self.fill(path, BLACK);
            }
            Block::Rule => {
                let mut path = PathBuilder::new();
                push(&mut path, left, top + 1.0, inner, 0.25);
                self.fill(path, GREY);
            }
        }
    }

    /// Large and pale, from the lower left to the upper right.
    fn mark(&mut self, words: &[&str], height: f32) {
        const ANGLE: f32 = -35.0;
        let (x, y) = (self.format.width / 2.0 * POINTS, height / 2.0 * POINTS);
        self.surface.push_transform(&Transform::from_rotate_at(ANGLE, x, y));
        let lines: Vec<Lines> =
            words.iter().map(|word| Lines::of(word, self.ruler, self.format.width * 0.95, 90.0, 1)).collect();
        let mut top = height / 2.0 - lines.iter().map(Lines::height).sum::<f32>() / 2.0;
        for line in &lines {
            self.set_line(line, None, top, PALE);
            top += line.height();
        }
        self.surface.pop();
    }

    fn centred(&mut self, lines: &Lines, top: f32) {
        self.set_line(lines, None, top, BLACK);
    }

    fn lines(&mut self, lines: &Lines, left: f32, top: f32, grey: u8) {
        self.set_line(lines, Some(left), top, grey);
    }

    /// Writes lines from `left` on, or in the middle of the page.
    fn set_line(&mut self, lines: &Lines, left: Option<f32>, top: f32, grey: u8) {
        self.surface.set_fill(Some(filled(grey)));
        let mut y = top * POINTS + lines.size * BASELINE;
        for line in &lines.lines {
            let glyphs = self.ruler.glyphs(line);
            let width = self.ruler.width(line) * lines.size;
            let x = left.map_or((self.format.width * POINTS - width) / 2.0, |left| left * POINTS);
            let start = Point::from_xy(x, y);
            self.surface.draw_glyphs(start, &glyphs, self.font.font.clone(), line, lines.size, false);
            y += lines.step() * POINTS;
        }
    }

    fn fill(&mut self, path: PathBuilder, grey: u8) {
        if let Some(path) = path.finish() {
            self.surface.set_fill(Some(filled(grey)));
            self.surface.draw_path(&path);
        }
    }
}

fn filled(grey: u8) -> Fill {
    Fill { paint: luma::Color::new(grey).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn push(path: &mut PathBuilder, left: f32, top: f32, width: f32, height: f32) {
    let [left, top, width, height] = [left, top, width, height].map(|length| length * POINTS);
    if let Some(rect) = Rect::from_xywh(left, top, width, height) {
        path.push_rect(rect);
    }
}
