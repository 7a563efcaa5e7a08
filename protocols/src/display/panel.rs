//! 显示板: which board hangs on the line, and a screen as its frames.
//! Promises: frames in the order in which the board wants them, one a row; a screen that a board cannot show at all makes none.
//! Absent: when they are sent (`session`).
//! Source: lane equipment, one typed interface a role and one adapter a wire.

use super::screen::Screen;
use super::{ab, bx, num, park};
use alloc::vec::Vec;

/// 显示板: the board and how it is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// Parking board behind a camera, "DA VR PN".
    Park(park::Profile),
    /// Onbon controller.
    Bx(bx::profile::Profile),
    /// Parking board with AB frames; one row.
    Ab(ab::Profile),
    /// SUNPN number panel.
    Sunpn,
    /// Four-byte number panel with this board number.
    FourByte(u8),
}

impl Panel {
    /// The screen's frames, a row each.
    #[must_use]
    pub fn render(&self, screen: &Screen) -> Vec<Vec<u8>> {
        match self {
            Self::Park(profile) => profile.render(screen),
            Self::Bx(profile) => profile.render(screen),
            Self::Ab(profile) => profile.render(screen),
            Self::Sunpn => num::render_sunpn(screen),
            Self::FourByte(board) => num::render_four_byte(*board, screen),
        }
    }

    /// What a board that speaks is to say aloud, in place of what it was saying; none for boards without a voice.
    pub(super) fn speak(&self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Park(profile) => Some(profile.speak(text)),
            Self::Bx(_) | Self::Ab(_) | Self::Sunpn | Self::FourByte(_) => None,
        }
    }

    /// The question that an answering board is asked while there is nothing to show; `None` for mute ones.
    pub(super) fn ping(&self) -> Option<Vec<u8>> {
        match self {
            Self::Bx(profile) if profile.answer == bx::message::Answer::Wanted => Some(profile.ping()),
            Self::Park(_) | Self::Bx(_) | Self::Ab(_) | Self::Sunpn | Self::FourByte(_) => None,
        }
    }
}
