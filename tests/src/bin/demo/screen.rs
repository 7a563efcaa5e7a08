//! The terminal: columns that hold Chinese, and colours where somebody sees them.
//! Promises: nothing is wider than 100 columns unless a single text is; no colour codes into a file or pipe.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::{Context, Result};

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// As it is.
    Plain,
    /// A title.
    Bold,
    /// Beside the point.
    Dim,
    /// Good.
    Green,
    /// Bad, or refused.
    Red,
    /// To be looked at.
    Yellow,
}

/// Standard output.
#[derive(Debug)]
pub(crate) struct Screen {
    colours: bool,
}

impl Screen {
    /// With colours when standard output is a terminal and `NO_COLOR` is not set.
    pub(crate) fn standard() -> Self {
        Self { colours: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    /// The text, coloured if anybody sees it.
    pub(crate) fn paint(&self, look: Look, text: &str) -> String {
        let code = match look {
            Look::Plain => return text.to_owned(),
            Look::Bold => "1",
            Look::Dim => "2",
            Look::Green => "32",
            Look::Red => "31",
            Look::Yellow => "33",
        };
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// One line.
    pub(crate) fn say(&self, line: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", line.trim_end())
            .and_then(|()| out.flush())
            .context("cannot write to standard output")
    }

    /// Something went wrong; nobody can be told when even that fails.
    pub(crate) fn complain(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "demo: {text}");
    }
}

/// The text cut or filled to so many columns.
pub(crate) fn column(text: &str, width: usize) -> String {
    let mut taken = String::new();
    let mut used = 0;
    for c in text.chars() {
        if used + columns(c) > width {
            break;
        }
        used += columns(c);
        taken.push(c);
    }
    taken.push_str(&" ".repeat(width - used));
    taken
}

/// Chinese characters and their punctuation take two columns.
fn columns(c: char) -> usize {
    if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}')
    {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_chinese() {
        assert_eq!(column("蒙LK8216", 9), "蒙LK8216 ");
        assert_eq!(column("放行", 3), "放 ", "half a character is none");
        assert_eq!(column("，ok", 4), "，ok");
        assert_eq!(column("", 2), "  ");
    }

    #[test]
    fn a_pipe_gets_no_colours() {
        assert_eq!(Screen { colours: false }.paint(Look::Red, "no"), "no");
        assert_eq!(Screen { colours: true }.paint(Look::Red, "no"), "\u{1b}[31mno\u{1b}[0m");
    }
}
