//! How lines break and what fits, with the font of this machine.

use super::{
    font::{Fonts, Ruler},
    layout::{Block, Format, Lines, Row, fitting},
};
use crate::config::PrintConfig;

fn fonts() -> Fonts {
    Fonts::at(PrintConfig::default().fonts)
}

/// All lines are within the room.
fn within(lines: &Lines, ruler: &Ruler<'_>, width_mm: f32) {
    for line in &lines.lines {
        let wide = ruler.width(line) * lines.size / 72.0 * 25.4;
        assert!(wide <= width_mm + 0.05, "{line}: {wide} mm of {width_mm}");
    }
}

/// Portal patterns, the slip: whatever a record holds, no line leaves the paper.
#[test]
fn no_line_is_wider_than_its_room() {
    let fonts = fonts();
    let ruler = fonts.get().unwrap().ruler().unwrap();
    let long = "满洲里草原煤业进出口贸易有限责任公司呼伦贝尔分公司".repeat(8);
    for text in [
        "蒙LK8216",
        "W".repeat(64).as_str(),
        &long,
        "a b  c",
        "The gate decides whether this vehicle may pass.",
    ] {
        for (width, size, most) in [(128.0, 54.0, 1), (72.0, 34.0, 1), (48.0, 8.5, 3), (23.0, 8.5, 1)] {
            let lines = Lines::of(text, &ruler, width, size, most);
            assert!(!lines.lines.is_empty() && lines.lines.len() <= most, "{text}: {lines:?}");
            within(&lines, &ruler, width);
        }
    }
}

#[test]
fn what_fits_stays_whole_and_large() {
    let fonts = fonts();
    let ruler = fonts.get().unwrap().ruler().unwrap();
    let plate = Lines::of("蒙LK8216", &ruler, 128.0, 54.0, 1);
    assert_eq!((plate.size, plate.lines), (54.0, vec!["蒙LK8216".to_owned()]));
    let long = Lines::of("蒙LK8216蒙LK8216", &ruler, 72.0, 34.0, 1);
    assert!(long.size < 34.0 && long.lines == ["蒙LK8216蒙LK8216"], "{long:?}");
    let words = Lines::of("The gate decides whether", &ruler, 20.0, 8.5, 4);
    assert!(words.lines.len() > 1 && words.lines.iter().all(|line| !line.starts_with(' ')), "{words:?}");
    assert_eq!(words.lines.join(" "), "The gate decides whether", "words are not cut");
}

/// As many objects as the sheet holds, and how many there are besides; a roll is as long as it must be.
#[test]
fn a_sheet_takes_as_many_rows_as_fit() {
    let fonts = fonts();
    let ruler = fonts.get().unwrap().ruler().unwrap();
    let rows = |count: usize| {
        vec![Row { label: ["绑定对象", "object"], text: "提单 MGL2510130087".into() }; count]
    };
    let others = [Block::Title("卡口凭条".into()), Block::qr("20251089500000048210000000000123").unwrap()];
    let (kept, left_out) = fitting(rows(60), &others, &Format::A5, &ruler);
    assert!(kept.len() > 5 && kept.len() + left_out == 60 && left_out > 0, "{} kept", kept.len());
    let height = |blocks: &[Block]| blocks.iter().map(|block| block.height(&Format::A5, &ruler)).sum::<f32>();
    let kept: Vec<Block> = kept.into_iter().map(Block::Row).collect();
    let told = Block::Row(rows(1).remove(0));
    assert!(
        height(&kept) + height(&others) + height(&[told]) <= 190.0,
        "the line that tells of the rest has room"
    );
    assert_eq!(fitting(rows(3), &others, &Format::A5, &ruler).1, 0);
    assert_eq!(fitting(rows(60), &others, &Format::ROLL_80, &ruler).0.len(), 60);
}

/// Bars of 0.25 mm or none: what is too long for the paper has the QR symbol only.
#[test]
fn bars_that_do_not_fit_are_left_out() {
    for (text, format, fits) in [
        ("20251089500000048210000000000123", Format::ROLL_80, true),
        ("0123456789ABCDEFGHJK", Format::ROLL_80, true),
        ("A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-", Format::ROLL_80, false),
        ("A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-", Format::A5, true),
        ("A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-A-Z-", Format::A5, false),
    ] {
        assert_eq!(Block::bars(text, &format).is_some(), fits, "{text} on {} mm", format.width);
        assert!(Block::qr(text).is_some(), "{text}");
    }
}
