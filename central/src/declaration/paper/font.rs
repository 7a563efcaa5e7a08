//! 打印字体: the font of this machine that has Chinese, and how wide its text is.
//! Promises: the file is read once, and looked for again as long as there is none, so that a font may be installed while the centre runs.
//! Absent on purpose: shaping, which neither Chinese nor Latin nor Cyrillic needs in print.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::{
    FontRef, MetadataProvider,
    charmap::Charmap,
    instance::{LocationRef, Size},
    metrics::GlyphMetrics,
};

/// Characters that a font must have to be one for Chinese.
const WANTED: &str = "卡口凭条";

/// Where fonts are looked for, and the one that was found.
#[derive(Debug)]
pub struct Fonts {
    places: Vec<PathBuf>,
    found: OnceLock<PrintFont>,
}

/// There is no font with Chinese at any of these places.
#[derive(Clone, Debug, thiserror::Error)]
#[error("no font with Chinese at {}", .0.join(", "))]
pub struct NoFont(Vec<String>);

impl Fonts {
    /// The first of these files that is such a font counts.
    #[must_use]
    pub const fn at(places: Vec<PathBuf>) -> Self {
        Self { places, found: OnceLock::new() }
    }

    /// The font.
    ///
    /// # Errors
    /// [`NoFont`], with the places.
    pub fn get(&self) -> Result<&PrintFont, NoFont> {
        if let Some(font) = self.found.get() {
            return Ok(font);
        }
        let read = |place: &PathBuf| PrintFont::new(std::fs::read(place).ok()?);
        match self.places.iter().find_map(read) {
            Some(font) => Ok(self.found.get_or_init(|| font)),
            None => Err(NoFont(self.places.iter().map(|place| place.display().to_string()).collect())),
        }
    }
}

/// A font that is read.
#[derive(Clone)]
pub struct PrintFont {
    bytes: Arc<Vec<u8>>,
    pub(super) font: Font,
}

impl fmt::Debug for PrintFont {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintFont").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl PrintFont {
    /// The first font of the file, when it has Chinese.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        let bytes = Arc::new(bytes);
        let font = Font::new(Arc::clone(&bytes).into(), 0)?;
        let own = Self { bytes, font };
        let has_all = {
            let ruler = own.ruler()?;
            WANTED.chars().all(|c| ruler.charmap.map(c).is_some())
        };
        has_all.then_some(own)
    }

    /// What measures its text; none only for a file that is no font.
    #[must_use]
    pub fn ruler(&self) -> Option<Ruler<'_>> {
        let font = FontRef::from_index(&self.bytes, 0).ok()?;
        let per_em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let widths = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        (per_em > 0.0).then(|| Ruler { charmap: font.charmap(), widths, per_em })
    }
}

/// Measures text of a font; lengths are parts of the font's size.
#[derive(Clone)]
pub struct Ruler<'a> {
    charmap: Charmap<'a>,
    widths: GlyphMetrics<'a>,
    per_em: f32,
}

impl fmt::Debug for Ruler<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ruler").field("per_em", &self.per_em).finish_non_exhaustive()
    }
}

impl Ruler<'_> {
    /// The glyphs of one line. A character that the font lacks shows as a question mark: it must be seen that something stands there.
    #[must_use]
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let missing = self.charmap.map('?');
        let glyph = |(at, c): (usize, char)| {
            let id = self.charmap.map(c).or(missing)?;
            let wide = self.widths.advance_width(id).unwrap_or_default() / self.per_em;
            Some(KrillaGlyph::new(
                GlyphId::new(id.to_u32()),
                wide,
                0.0,
                0.0,
                0.0,
                at..at + c.len_utf8(),
                None,
            ))
        };
        text.char_indices().filter_map(glyph).collect()
    }

    /// How wide one line is.
    #[must_use]
    pub fn width(&self, text: &str) -> f32 {
        self.glyphs(text).iter().map(|glyph| glyph.x_advance).sum()
    }
}
