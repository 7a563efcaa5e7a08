//! A notice as screens of one board: what does not fit its rows follows on further pages.
//! Promises: no piece is broken, except one that is wider than a row: of that its end is shown, since numbers differ there.

use protocols::display::{
    gbk::{Guard, Text},
    screen::{Line, Screen},
};

use super::Notice;

/// 画面 of a board: how much it shows at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub rows: u8,
    /// Half-width characters in a row.
    pub cells: u8,
}

/// The screens, one at least, to be shown in turn.
#[must_use]
pub fn pages(notice: &Notice, shape: Shape) -> Vec<Screen> {
    let most = usize::from(shape.rows.max(1));
    let mut pages: Vec<Vec<String>> = vec![Vec::new()];
    for phrase in &notice.phrases {
        let rows = rows(phrase.iter().map(AsRef::as_ref), usize::from(shape.cells));
        // A phrase that fits a page of its own is not torn for the sake of a row.
        let fits = |page: &Vec<String>| page.len() + rows.len() <= most;
        if rows.len() <= most && !pages.last().is_some_and(fits) {
            pages.push(Vec::new());
        }
        for row in rows {
            match pages.last_mut() {
                Some(page) if page.len() < most => page.push(row),
                _ => pages.push(vec![row]),
            }
        }
    }
    let screen = |page: Vec<String>| Screen {
        lines: page.into_iter().map(|text| Line { text, colour: notice.colour }).collect(),
    };
    pages.into_iter().map(screen).collect()
}

/// Pieces side by side as long as they fit.
fn rows<'a>(pieces: impl Iterator<Item = &'a str>, cells: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for piece in pieces {
        let piece = end_of(piece, cells);
        match rows.last_mut() {
            Some(row) if width(row) + width(piece) <= cells => row.push_str(piece),
            _ => rows.push(piece.to_owned()),
        }
    }
    rows
}

/// As much of the end of a text as a row holds.
fn end_of(text: &str, cells: usize) -> &str {
    let mut rest = text;
    while width(rest) > cells {
        let mut signs = rest.chars();
        signs.next();
        rest = signs.as_str();
    }
    rest
}

/// Cells that a board needs for a text.
pub(super) fn width(text: &str) -> usize {
    Text::fit(text, usize::MAX, Guard::Plain).as_bytes().len()
}
