//! Text from outside: what of it reaches a board, and what a screen becomes on each.

use super::{bx, park};
use crate::display::ab;
use crate::display::bx::message::{Message, Request};
use crate::display::bx::profile::{Profile as BxProfile, Unit};
use crate::display::bx::wire::Packet;
use crate::display::gbk::{Guard, Text};
use crate::display::panel::Panel;
use crate::display::park::Profile as ParkProfile;
use crate::display::screen::{Colour, Screen};
use crate::display::syn::{Command, Music};
use crate::trial::{bytes, hex};
use alloc::string::String;
use alloc::vec::Vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

/// Vector L2: what fits is GBK; what GBK has not is a question mark; half a character is never sent.
#[test]
fn text_is_cut_to_the_cells_and_coded_in_gbk() {
    let fit = |text: &str, cells| Text::fit(text, cells, Guard::Plain);
    assert_eq!(hex(fit("欢迎光临", 8).as_bytes()), "BB B6 D3 AD B9 E2 C1 D9");
    assert_eq!(fit("欢迎光临", 7).read(), "欢迎光");
    assert_eq!(fit("粤B12345", 5).read(), "粤B12");
    assert_eq!(fit("a€b😀c\u{301}", 20).as_bytes(), b"a?b?c?");
    assert_eq!(fit("one\ntwo\r\x1b[2J\0three", 99).as_bytes(), b"one two  [2J three");
    assert_eq!(fit("", 8).or_blank().as_bytes(), b" ");
}

/// A backslash begins a command of an Onbon panel, a bracket one of the speech chip; also as the second byte of a character.
#[test]
fn text_from_outside_commands_nothing() {
    let onbon = Text::fit("\\FO001\\n乗", 40, Guard::Backslash);
    assert_eq!(onbon.read(), "＼FO001＼n?");
    let voice = Text::fit("[v0]赱", 40, Guard::Brackets);
    assert_eq!(voice.read(), "［v0］?");
    assert_eq!(Text::fit("赱", 40, Guard::Plain).as_bytes(), [0xDA, 0x5B]);
}

/// Vector L3: a line of a screen is the very frame that the drivers send.
#[test]
fn a_screen_becomes_the_frames_of_a_parking_board() {
    let screen = Screen::of(&[("请出示电子车牌和司机卡", Colour::Yellow), ("允许通行", Colour::Green)]);
    let frames = Panel::Park(ParkProfile { rows: 3, ..ParkProfile::default() }).render(&screen);
    let words: Vec<String> = frames.iter().map(|frame| park(frame)).collect();
    let want = [
        "to 0: row 0, 00 then 00, 5 s, FFFF0000: 请出示电",
        "to 0: row 1, 00 then 00, 5 s, 00FF0000: 允许通行",
        "to 0: row 2, 00 then 00, 5 s, FF000000:  ",
    ];
    assert_eq!(words, want);
    let green = "00 64 FF FF 62 1B 01 00 01 00 05 00 01 03 00 00 FF 00 00 00 00 00 00 08 00 D4 CA D0 ED CD A8 D0 D0 DB D3";
    assert_eq!(hex(&frames[1]), green);
}

#[test]
fn a_screen_becomes_areas_of_an_onbon_panel_that_forget_themselves() {
    let screen = Screen::of(&[("允许\\F通行", Colour::Green)]);
    let profile = BxProfile { top: 8, unit: Unit::MarkedPixels, cells: 11, ..BxProfile::default() };
    let frames = Panel::Bx(profile).render(&screen);
    let words: Vec<String> = frames.iter().map(|frame| bx(frame)).collect();
    let want = [
        "to 1 from 8000: Wanted area 0 at 32768,8 32832x16: \\FO000允许＼F通行",
        "to 1 from 8000: Wanted area 1 at 32768,24 32832x16: \\FO000 ",
    ];
    assert_eq!(words, want);
    let packet = Packet::parse(&frames[0]).unwrap();
    let (_, request) = Request::decode(&Message::parse(&packet.data).unwrap()).unwrap();
    let Request::Show { areas, delete } = request else { panic!("{request:?}") };
    assert_eq!((areas[0].run_mode, areas[0].time_out, delete.len()), (2, 30, 0));
}

/// Vectors L14 to L16: panels of one row show the first line, number panels its first number.
#[test]
fn a_screen_becomes_one_line_or_one_number() {
    let shown = |panel: Panel, text: &str, colour| {
        let frames = panel.render(&Screen::of(&[(text, colour)]));
        frames.iter().map(|frame| hex(frame)).collect::<Vec<_>>()
    };
    let greeting = "AB 19 02 02 20 25 FC 0C 21 20 2E 21 28 BB B6 D3 AD B9 E2 C1 D9 03 22 23 21 20 03";
    assert_eq!(shown(Panel::Ab(ab::Profile::default()), "欢迎光临", Colour::Red), [greeting]);
    assert_eq!(shown(Panel::Sunpn, "余位 888", Colour::Green), ["3A 00 78 03 01 B6 0A"]);
    assert_eq!(shown(Panel::Sunpn, "余位 888", Colour::Red), ["3A 02 78 03 01 B8 0A"]);
    assert_eq!(shown(Panel::FourByte(5), "999", Colour::Green), ["05 03 E7 EF"]);
    for text in ["", "满", "70000"] {
        assert_eq!(shown(Panel::Sunpn, text, Colour::Green), Vec::<String>::new(), "{text}");
    }
}

/// Vector L9: a prompt is coded in GBK, and cut to what one frame holds.
#[test]
fn a_prompt_becomes_one_frame() {
    let prompt = |text: &str| Command::prompt(text, Music::default()).encode();
    assert_eq!(prompt("车辆已放行"), bytes("FD 00 0D 01 01 B3 B5 C1 BE D2 D1 B7 C5 D0 D0 F8"));
    let long = "请".repeat(300);
    let frame = prompt(&long);
    assert_eq!((frame.len(), &frame[..3]), (206, &[0xFD, 0x00, 0xCB][..]));
    assert_eq!(Command::decode(&frame).map(|command| command.encode()), Some(frame));
}

proptest! {
    /// fault D1: any text fits its cells, has no control byte and no guarded sign.
    #[test]
    fn any_text_fits_and_commands_nothing(text in any::<String>(), cells in 0_usize..40) {
        for (guard, signs) in [(Guard::Plain, &b""[..]), (Guard::Backslash, b"\\"), (Guard::Brackets, b"[]")] {
            let shown = Text::fit(&text, cells, guard);
            let bytes = shown.as_bytes();
            prop_assert!(bytes.len() <= cells);
            prop_assert!(bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7F && !signs.contains(byte)));
            prop_assert!(!shown.read().contains('\u{FFFD}'), "half a character in {:?}", shown.read());
        }
    }

    /// Any screen becomes frames that hold, on every panel.
    #[test]
    fn any_screen_becomes_sound_frames(lines in proptest::collection::vec(any::<String>(), 0..6)) {
        let lines: Vec<(&str, Colour)> = lines.iter().map(|text| (text.as_str(), Colour::Green)).collect();
        let screen = Screen::of(&lines);
        for frame in Panel::Park(ParkProfile::default()).render(&screen) {
            prop_assert!(park(&frame).starts_with("to 0: row "));
        }
        for frame in Panel::Bx(BxProfile::default()).render(&screen) {
            let shown = bx(&frame);
            prop_assert_eq!(shown.matches('\\').count(), 1, "more than the font's own: {}", shown);
        }
        for frame in Panel::Ab(ab::Profile::default()).render(&screen) {
            prop_assert!(ab::AbText::parse(&frame).is_some());
        }
        prop_assert!(Panel::Sunpn.render(&screen).iter().all(|frame| frame.len() == 7));
    }
}
