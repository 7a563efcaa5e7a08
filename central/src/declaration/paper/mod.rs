//! 打印件: pages as PDF, for printers that stand anywhere: what is on them is what the centre drew, whatever fonts the printing machine has.
//! `font`: which font, and how wide its text is · `code128`: bars · `layout`: blocks, how high they are and what of them fits · `draw`: the PDF.
//! Promises: nothing stands outside the page's margins; bars are 0.25 mm wide or there are none; the same blocks make the same page.
//! Absent on purpose: what stands on a page (the manuals), a font of our own (decision 0072).
//! Source: portal patterns, "Looks, print, languages"; ISO/IEC 15417.

mod code128;
mod draw;
mod font;
mod layout;

pub use code128::Bars;
pub use draw::{PrintError, pdf};
pub use font::{Fonts, NoFont, PrintFont};
pub use layout::{Block, Format, Row, fitting};

#[cfg(test)]
mod tests;
