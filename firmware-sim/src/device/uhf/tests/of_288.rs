//! A reader of the 288 family, byte for byte.

use super::{Bench, Knobs};
use crate::device::loopback::{Loopback, bytes};
use crate::device::uhf::{Settings288, UhfReader288};
use core::time::Duration;
use protocols::uhf::tag::TagRead;

/// Inventory: Q 4, S0, target A, antenna 1, 300 ms.
const INVENTORY: &str = "09 00 01 04 00 00 80 03 E3 47";
/// Set real-time mode, and its success.
const START: (&str, &str) = ("05 00 76 01 EB D8", "05 00 76 00 62 C9");
/// Set answer mode: the command and its success are the same bytes.
const STOP: &str = "05 00 76 00 62 C9";

fn bench() -> Bench<UhfReader288<Loopback>> {
    Bench::of(|port, timing| UhfReader288::new(port, Settings288::factory(), timing))
}

fn tag(epc: &str, antenna: u8, rssi: u8) -> TagRead {
    TagRead::new(&bytes(epc)).expect("an EPC").seen_by(antenna, rssi)
}

/// Vectors C1, C13 to C17, C20, C21, C24 as they come in.
#[test]
fn commands_get_the_answers_of_the_manual_byte_for_byte() {
    for (name, request, answer) in [
        (
            "information, broadcast, captured request",
            "04 FF 21 19 95",
            "11 00 21 00 01 14 20 02 31 80 1E 14 01 00 00 00 42 2D",
        ),
        (
            "inventory, broadcast, mask without bits",
            "0D FF 01 0F 00 01 00 00 00 00 80 14 C0 3A",
            "07 00 01 01 01 00 1E 4B",
        ),
        ("answer mode", STOP, STOP),
        ("real-time while high", "05 00 76 03 F9 FB", "05 00 76 FF 1A C6"),
        ("beep", "07 00 33 02 01 02 EC F2", "05 00 33 00 BC F1"),
        ("work mode of the 18 family", "0A 00 35 00 02 04 02 06 00 CD 09", "05 00 00 FE 87 73"),
        ("unknown command", "04 00 99 1A 53", "05 00 00 FE 87 73"),
        ("inventory without Q", "04 00 01 DB 4B", "05 00 01 FD C4 58"),
        ("parameters cut short", "06 00 75 00 00 75 B2", "05 00 75 FD 60 CF"),
        ("heartbeat, asked", "05 00 78 00 72 53", "06 00 78 00 00 0A 4D"),
        ("heartbeat, set", "05 00 78 82 68 F4", "06 00 78 00 02 18 6E"),
        ("both outputs", "05 00 46 03 5B 4D", "05 00 46 00 C0 7F"),
        ("pins", "04 00 47 E9 6C", "06 00 47 00 01 EA 90"),
        (
            "a bad check",
            "15 00 01 03 01 01 0C 00 00 00 00 00 00 00 00 00 00 03 13 6B B1 A6",
            "05 00 00 FE 87 73",
        ),
        ("another reader's address", "04 05 21 61 14", ""),
        ("an incomplete frame", "11 00 EE 00 E2 80 11 70 00 00", ""),
        ("a length below the least", "03 00 21 00", ""),
    ] {
        assert_eq!(bench().ask(request, 100), answer, "{name}");
    }
}

/// The layout of vectors C4 and C6.
#[test]
fn tags_are_told_with_antenna_and_strength() {
    let mut bench = bench();
    bench.enter_as(tag("00 00 00 00 00 00 00 00 00 00 03 13", 1, 0x6B));
    bench.enter_as(tag("00 00 00 00 00 00 00 00 00 00 03 14", 1, 0x6C));
    bench.enter_as(tag("49 44 00 00 00 00 00 00 0A 00 03 34", 4, 0x64));
    assert_eq!(bench.ask(INVENTORY, 9), "", "reading two tags takes 10 ms");
    assert_eq!(
        bench.ask("", 1),
        "23 00 01 01 01 02 0C 00 00 00 00 00 00 00 00 00 00 03 13 6B 0C 00 00 00 00 00 00 00 00 00 00 03 14 6C 09 70"
    );
    let third = bench.ask("09 00 01 04 00 00 82 03 53 74", 10);
    assert!(third.starts_with("15 00 01 01 04 01 0C 49 44 00 00 00 00 00 00 0A 00 03 34 64"), "{third}");
    let one = bench.ask("04 00 0F A5 A2", 10);
    assert_eq!(one, "15 00 0F 01 01 01 0C 00 00 00 00 00 00 00 00 00 00 03 13 6B 90 78");
}

/// Vector C11.
#[test]
fn a_tag_in_real_time_mode_is_told_as_the_manual_lays_it_out() {
    let mut bench = bench();
    assert_eq!(bench.ask(START.0, 1), START.1);
    bench.enter_as(tag("E2 80 11 70 00 00 02 0F EB EA D3 B5", 1, 0x6B));
    let report = "14 00 EE 00 01 0C E2 80 11 70 00 00 02 0F EB EA D3 B5 6B D3 2F";
    assert_eq!(bench.ask("", 5), report);
    assert_eq!(bench.ask("", 990), "", "the factory's filter of a second");
    assert_eq!(bench.ask("", 100), report);
    assert_eq!(bench.ask(INVENTORY, 100), "", "in real-time mode it hears three commands only");
    assert!(bench.ask("04 00 21 D9 6A", 1).starts_with("11 00 21 00"));
    assert!(bench.ask("04 00 77 6A 5D", 1).starts_with("31 00 77 00 01 00 00 01 04 00 01 00 00 00"));
    assert_eq!(bench.ask(STOP, 1), STOP);
    assert_eq!(bench.ask("", 3000), "");
}

/// fault D5: without a filter a tag is told in each round.
#[test]
fn pause_and_filter_of_real_time_mode_hold() {
    let mut bench = bench();
    assert_eq!(bench.ask("09 00 75 00 04 00 04 00 85 14", 1), "05 00 75 00 0A E3");
    assert_eq!(bench.ask(START.0, 1), START.1);
    bench.enter("E2 80 11 70 00 00 02 0F EB EA D3 B5");
    let reports = bench.ask("", 1400).matches("14 00 EE 00 01").count();
    assert_eq!(reports, 10, "40 ms of reading and 100 ms of pause a round");
}

/// Vector C12: packet 7, antenna 1 good, antenna 4 disconnected, 300 reads.
#[test]
fn a_heartbeat_comes_when_no_tag_was_seen_for_its_period() {
    let settings = Settings288 { heartbeat: 1, antennas: 0b1001, ..Settings288::factory() };
    let mut bench = Bench::of(|port, timing| UhfReader288::new(port, settings, timing));
    bench.reader.knobs_mut().cut = 0b1000;
    for number in 0..300_u16 {
        let [high, low] = number.to_be_bytes();
        bench.enter(&alloc::format!("E2 00 {high:02X} {low:02X}"));
    }
    assert_eq!(bench.ask(START.0, 1), START.1);
    assert_eq!(bench.ask("", 100).matches("00 EE 00 01 04").count(), 300);
    for number in 0..300_u16 {
        let [high, low] = number.to_be_bytes();
        assert!(bench.reader.leave(&[0xE2, 0, high, low]));
    }
    let beats = bench.ask("", 7 * 30_000 - 1000);
    assert_eq!(beats.matches("11 00 EE 28").count(), 6);
    assert_eq!(bench.ask("", 30_000), "11 00 EE 28 00 00 00 07 01 00 00 02 00 00 01 2C 65 EA");
}

#[test]
fn tids_come_beside_epcs_or_in_their_place_as_asked() {
    let mut bench = bench();
    let tid = bytes("E2 80 11 05 20 00 5A 3C 91 0B 07 1E").try_into().expect("twelve bytes");
    bench.enter_as(tag("E2 80 11 70 00 00 02 0F EB EA D3 B5", 1, 0x6B).with_tid(tid));
    bench.enter_as(tag("30 39", 1, 0x40));
    let beside = bench.ask("09 00 01 24 00 00 80 03 72 27", 20);
    let both = "98 E2 80 11 70 00 00 02 0F EB EA D3 B5 E2 80 11 05 20 00 5A 3C 91 0B 07 1E 6B 02 30 39 40";
    assert!(beside.contains(both), "{beside}");
    let instead = bench.ask("0B 00 01 04 00 00 06 00 80 03 C3 9A", 20);
    assert!(instead.starts_with("15 00 01 01 01 01 0C E2 80 11 05 20 00 5A 3C 91 0B 07 1E 6B"), "{instead}");
}

#[test]
fn an_antenna_that_is_cut_off_is_told_at_once() {
    let mut bench = bench();
    bench.reader.knobs_mut().cut = 1;
    bench.enter("E2 80");
    assert_eq!(bench.ask(INVENTORY, 1), "06 00 01 F8 01 8D F2");
    assert_eq!(bench.ask(START.0, 1), START.1);
    assert_eq!(bench.ask("", 1000), "");
}

#[test]
fn a_triggered_reader_reads_only_while_its_input_is_low() {
    let mut bench = bench();
    assert_eq!(bench.ask("05 00 76 02 70 EA", 1), START.1);
    bench.enter("E2 00 00 17 00 14 02 66 16 70 6B 48");
    assert_eq!(bench.ask("", 500), "");
    bench.reader.trigger(false);
    assert!(bench.ask("", 5).starts_with("14 00 EE 00 01 0C E2 00 00 17"));
    bench.reader.trigger(true);
    assert_eq!(bench.ask("", 5000), "");
}

#[test]
fn many_tags_come_in_several_frames_and_a_short_scan_time_cuts_them() {
    let mut bench = bench();
    for number in 0..70_u8 {
        bench.enter(&alloc::format!("00 00 00 00 00 00 00 00 00 00 01 {number:02X}"));
    }
    let heads = |answer: &str| {
        let (bytes, mut heads) = (bytes(answer), alloc::vec::Vec::new());
        let mut rest = bytes.as_slice();
        while let Some((frame, more)) =
            rest.first().and_then(|len| rest.split_at_checked(usize::from(*len) + 1))
        {
            heads.push((frame[3], frame[5]));
            rest = more;
        }
        heads
    };
    let all = bench.ask("09 00 01 04 00 00 80 14 DD 23", 1000);
    assert_eq!(heads(&all), [(3, 17), (3, 17), (3, 17), (3, 17), (1, 2)]);
    // 300 ms are enough for 60 tags.
    assert_eq!(heads(&bench.ask(INVENTORY, 1000)), [(3, 17), (3, 17), (3, 17), (2, 9)]);
}

/// Each knob in the bytes: what it spoils and nothing else.
#[test]
fn knobs_spoil_what_they_say() {
    let good = "07 00 01 01 01 00 1E 4B";
    let mut bench = bench();
    bench.reader.knobs_mut().duplicate = true;
    assert_eq!(bench.ask(INVENTORY, 100), alloc::format!("{good} {good}"));
    *bench.reader.knobs_mut() = Knobs { wrong_check: true, ..Knobs::default() };
    assert_eq!(bench.ask(INVENTORY, 100), "07 00 01 01 01 00 1E B4");
    *bench.reader.knobs_mut() = Knobs { overcount: true, ..Knobs::default() };
    assert!(bench.ask(INVENTORY, 100).starts_with("07 00 01 01 01 01"));
    *bench.reader.knobs_mut() = Knobs { late: Duration::from_millis(500), ..Knobs::default() };
    assert_eq!(bench.ask(INVENTORY, 550), "");
    assert_eq!(bench.ask("", 20), good);
    *bench.reader.knobs_mut() = Knobs { silent: true, ..Knobs::default() };
    assert_eq!(bench.ask(INVENTORY, 100), "");
    *bench.reader.knobs_mut() = Knobs { babble: Duration::from_millis(10), ..Knobs::default() };
    assert_eq!(bench.ask("", 95).matches("EE 00 01 0C FA 1E").count(), 10);
}
