//! The reader's bytes, held against frames of the manuals and of captures, not against our own decoder.

use super::Bench;
use crate::device::loopback::{Loopback, bytes};
use crate::device::uhf::{Settings, UhfReader};

/// Inventory, `04 00 01`, with its CRC.
const INVENTORY: &str = "04 00 01 DB 4B";
/// Inventory of one tag, `04 00 0F`, with its CRC.
const INVENTORY_ONE: &str = "04 00 0F A5 A2";
/// Scan mode, several tags, no repeat filter.
const SCAN: &str = "0A 00 35 01 02 04 02 06 00 E6 0D";
/// Success of 0x35.
const MODE_SET: &str = "05 00 35 00 6C A5";

fn bench() -> Bench<UhfReader<Loopback>> {
    Bench::of(|port, timing| UhfReader::new(port, Settings::factory(), timing))
}

#[test]
fn commands_get_the_answers_of_the_manual_byte_for_byte() {
    for (name, request, answer) in [
        (
            "information, broadcast, captured request",
            "04 FF 21 19 95",
            "0D 00 21 00 02 0B 09 03 4E 00 1E 0A 00 C8",
        ),
        ("answer mode, captured", "0A 00 35 00 02 04 02 06 00 CD 09", MODE_SET),
        ("beep", "07 00 33 02 01 02 EC F2", "05 00 33 00 BC F1"),
        ("command of the 288 family", "05 00 76 00 62 C9", "05 00 00 FE 87 73"),
        ("unknown command", "04 00 99 1A 53", "05 00 00 FE 87 73"),
        (
            "inventory with the 288 family's parameters",
            "0D FF 01 0F 00 01 00 00 00 00 80 14 C0 3A",
            "05 00 01 FD C4 58",
        ),
        ("inventory time below 300 ms", "05 00 25 02 EF 13", "05 00 25 FF 85 3F"),
        ("another reader's address", "04 05 21 61 14", ""),
        ("an incomplete frame", "11 00 EE 00 E2 80 11 70 00 00", ""),
        ("a length below the least", "03 00 21 00", ""),
        ("no tag, captured answer", INVENTORY_ONE, "05 00 0F FB E2 A7"),
    ] {
        assert_eq!(bench().ask(request, 100), answer, "{name}");
    }
}

/// The reply layout of a captured 18-family frame: `13 00 01 03 01 0C 00..03 13`, here with status 01.
#[test]
fn one_tag_is_told_in_the_18_family_layout() {
    let mut bench = bench();
    bench.enter("00 00 00 00 00 00 00 00 00 00 03 13");
    let expected = "13 00 01 01 01 0C 00 00 00 00 00 00 00 00 00 00 03 13 6B A9";
    assert_eq!(bench.ask(INVENTORY, 4), "", "reading a tag takes 5 ms");
    assert_eq!(bench.ask("", 1), expected);
}

#[test]
fn a_scanning_reader_tells_a_tag_as_the_vendors_guide_shows_it() {
    let mut bench = bench();
    assert_eq!(bench.ask(SCAN, 1), MODE_SET);
    bench.enter("E2 00 00 17 00 14 02 66 16 70 6B 48");
    let report = "11 00 EE 00 E2 00 00 17 00 14 02 66 16 70 6B 48 83 37";
    assert_eq!(bench.ask("", 5), report);
    assert_eq!(bench.ask("", 39), "");
    assert_eq!(bench.ask("", 1), report, "without a repeat filter once a round");
    assert_eq!(bench.ask(INVENTORY, 1), "05 00 01 F9 E0 1E", "inventory is refused in scan mode");
}

#[test]
fn the_work_mode_reads_back_as_captured() {
    let mut bench = bench();
    assert_eq!(bench.ask(SCAN, 1), MODE_SET);
    let captured = "11 00 36 00 00 1E 0A 0F 01 02 04 02 06 00 00 00 A6 66";
    assert_eq!(bench.ask("04 00 36 E7 0E", 1), captured);
}

/// fault D1: a frame with a bad CRC does nothing, and noise before a command is got over by the gap.
#[test]
fn a_bad_frame_is_answered_with_fe_and_noise_is_got_over_after_the_gap() {
    let mut bench = bench();
    let bad = "15 00 01 03 01 01 0C 00 00 00 00 00 00 00 00 00 00 03 13 6B B1 A6";
    assert_eq!(bench.ask(bad, 100), "05 00 00 FE 87 73");
    let noise = "FF 00 A5 04 FF 21 19 95";
    let information = "0D 00 21 00 02 0B 09 03 4E 00 1E 0A 00 C8";
    assert_eq!(bench.ask(noise, 14), "");
    assert_eq!(bench.ask("", 1), information);
    assert_eq!(bench.ask("04 FF 21", 20), "", "the rest comes after the gap");
    assert_eq!(bench.ask("19 95", 20), "");
    assert_eq!(bench.ask("04 FF 21 19 95", 1), information);
}

#[test]
fn a_command_that_comes_while_an_inventory_runs_is_lost() {
    let mut bench = bench();
    assert_eq!(bench.ask(INVENTORY, 10), "");
    assert_eq!(bench.ask("04 FF 21 19 95", 10), "");
    assert_eq!(bench.ask("", 100), "05 00 01 FB F2 3D");
    assert_eq!(bench.reader.lost(), 5);
}

#[test]
fn a_tag_that_enters_during_an_empty_inventory_ends_it() {
    let mut bench = bench();
    assert_eq!(bench.ask(INVENTORY, 20), "");
    bench.enter("00 00 00 00 00 00 00 00 00 00 03 13");
    assert!(bench.ask("", 5).starts_with("13 00 01 01 01 0C"));
}

#[test]
fn many_tags_come_in_several_frames_and_a_short_inventory_time_cuts_them() {
    let mut bench = bench();
    for number in 0..70_u8 {
        bench.enter(&alloc::format!("00 00 00 00 00 00 00 00 00 00 01 {number:02X}"));
    }
    let answer = bytes(&bench.ask(INVENTORY, 1000));
    let mut heads = alloc::vec::Vec::new();
    let mut rest = answer.as_slice();
    while let Some((frame, more)) = rest.first().and_then(|len| rest.split_at_checked(usize::from(*len) + 1))
    {
        heads.push((frame[3], frame[4]));
        rest = more;
    }
    assert_eq!(heads, [(3, 19), (3, 19), (3, 19), (1, 13)]);
    // 300 ms are enough for 60 tags.
    assert_eq!(bench.ask("05 00 25 03 66 02", 1), "05 00 25 00 FD 30");
    let cut = bytes(&bench.ask(INVENTORY, 1000));
    let last = &cut[cut.len() - (usize::from(6 + 3 * 13_u8) + 1)..];
    assert_eq!((last[3], last[4]), (2, 3), "60 are 19 + 19 + 19 + 3, and time ran out");
}

#[test]
fn a_new_address_holds_after_the_answer_that_still_carries_the_old_one() {
    let mut bench = bench();
    assert_eq!(bench.ask("05 00 24 07 9A 5D", 1), "05 00 24 00 25 29");
    assert_eq!(bench.ask(INVENTORY, 100), "", "the old address is nobody's");
    assert!(bench.ask("04 07 21 D1 27", 1).starts_with("0D 07 21 00"));
    bench.reader.factory_reset();
    assert!(bench.ask("04 FF 21 19 95", 1).starts_with("0D 00 21 00"));
}

/// fault D5: a tag parked in the field is told once in each repeat time.
#[test]
fn the_repeat_filter_of_scan_mode_counts_in_seconds() {
    let mut bench = bench();
    assert_eq!(bench.ask("0A 00 35 01 02 04 02 06 02 F4 2E", 1), MODE_SET);
    bench.enter("E2 00 00 17 00 14 02 66 16 70 6B 48");
    let reports = bench.ask("", 10_000).matches("11 00 EE 00").count();
    assert_eq!(reports, 5);
}

#[test]
fn a_triggered_reader_reads_only_while_its_input_is_low() {
    let mut bench = bench();
    assert_eq!(bench.ask("0A 00 35 02 02 04 02 06 00 9B 01", 1), MODE_SET);
    bench.enter("E2 00 00 17 00 14 02 66 16 70 6B 48");
    assert_eq!(bench.ask("", 500), "");
    bench.reader.trigger(false);
    assert!(bench.ask("", 5).starts_with("11 00 EE 00 E2 00 00 17"));
    bench.reader.trigger(true);
    assert_eq!(bench.ask("", 500), "");
}
