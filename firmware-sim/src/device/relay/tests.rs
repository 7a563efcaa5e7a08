//! The board's bytes, held against the Modbus documents and the vendor's frames.

use super::{Carrier, Profile, RelayBoard};
use crate::device::loopback::{Loopback, bytes, hex};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::convert::Infallible;
use core::time::Duration;
use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use protocols::tick::Tick;

#[derive(Clone, Debug, Default)]
struct Pin(Rc<Cell<bool>>);

impl ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.set(true);
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.get())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.get())
    }
}

struct Bench {
    board: RelayBoard<Loopback, Pin, Pin>,
    outputs: Vec<Pin>,
    inputs: Vec<Pin>,
    now: Tick,
}

impl Bench {
    fn new(unit: u8, profile: Profile, coils: usize, inputs: usize) -> Self {
        Self::on(Carrier::Serial, unit, profile, coils, inputs)
    }

    fn on(carrier: Carrier, unit: u8, profile: Profile, coils: usize, inputs: usize) -> Self {
        let outputs: Vec<Pin> = (0..coils).map(|_| Pin::default()).collect();
        let inputs: Vec<Pin> = (0..inputs).map(|_| Pin::default()).collect();
        let port = Loopback::default();
        let board = RelayBoard::new(port, carrier, unit, profile, outputs.clone(), inputs.clone());
        Self { board, outputs, inputs, now: Tick::from_millis(1000) }
    }

    fn ask(&mut self, request: &str) -> String {
        self.board.port_mut().incoming.extend(bytes(request));
        self.serve()
    }

    fn serve(&mut self) -> String {
        while self.board.poll(self.now).expect("nothing fails").is_some() {}
        hex(&core::mem::take(&mut self.board.port_mut().outgoing))
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
    }
}

/// Sets pins from packed bits, the lowest first.
fn show(pins: &[Pin], packed: &str) {
    let packed = bytes(packed);
    for (index, pin) in pins.iter().enumerate() {
        pin.0.set(packed.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1));
    }
}

#[test]
fn a_vendor_board_answers_the_vendors_frames() {
    let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
    for (name, request, answer) in [
        ("relay 0 on", "01 05 00 00 FF 00 8C 3A", "01 05 00 00 FF 00 8C 3A"),
        ("and it is on", "01 01 00 00 00 08 3D CC", "01 01 01 01 90 48"),
        ("relay 0 off", "01 05 00 00 00 00 CD CA", "01 05 00 00 00 00 CD CA"),
        ("all eight off", "01 01 00 00 00 08 3D CC", "01 01 01 00 51 88"),
        ("toggle", "01 05 00 00 55 00 F2 9A", "01 05 00 00 55 00 F2 9A"),
        ("toggled", "01 01 00 00 00 08 3D CC", "01 01 01 01 90 48"),
        ("all on", "01 05 00 FF FF 00 BC 0A", "01 05 00 FF FF 00 BC 0A"),
        ("all are on", "01 01 00 00 00 08 3D CC", "01 01 01 FF 11 C8"),
        ("a pattern", "01 0F 00 00 00 08 01 FF BE D5", "01 0F 00 00 00 08 54 0D"),
        ("pulse 700 ms", "01 05 02 00 00 07 8D B0", "01 05 02 00 00 07 8D B0"),
        ("the unknown address", "00 03 40 00 00 01 90 1B", "00 03 02 00 01 44 44"),
        ("the address, asked directly", "01 03 40 00 00 01 91 CA", "01 03 02 00 01 79 84"),
        ("no ninth relay to pulse", "01 05 02 08 00 05 8D B3", "01 85 02 C3 51"),
        ("a pulse of no time", "01 05 02 00 00 00 CC 72", "01 85 03 02 91"),
        ("a pattern beyond the last", "01 0F 00 04 00 08 01 FF 4F 15", "01 8F 02 C5 F1"),
        ("a count of none", "01 01 00 00 00 00 3C 0A", "01 81 03 00 51"),
        ("broadcast write, no answer", "00 05 00 03 FF 00 7D EB", ""),
        ("another unit", "05 01 00 00 00 08 3C 48", ""),
    ] {
        assert_eq!(bench.ask(request), answer, "{name}");
    }
}

#[test]
fn inputs_are_packed_with_the_lowest_in_bit_0() {
    let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
    show(&bench.inputs, "05");
    assert_eq!(bench.ask("01 02 00 00 00 08 79 CC"), "01 02 01 05 61 8B");
}

#[test]
fn the_examples_of_the_modbus_specification_hold() {
    let mut bench = Bench::new(0x11, Profile::Strict, 64, 256);
    for (index, byte) in bytes("CD 6B B2 0E 1B").iter().enumerate() {
        for bit in (0..8).filter(|bit| byte >> bit & 1 == 1 && index * 8 + bit < 37) {
            let coil = 19 + index * 8 + bit;
            let mut frame = alloc::vec![0x11, 0x05, 0, u8::try_from(coil).expect("below 64"), 0xFF, 0];
            protocols::check::append(&protocols::check::CRC_16_MODBUS, &mut frame);
            bench.ask(&hex(&frame));
        }
    }
    assert_eq!(bench.ask("11 01 00 13 00 25 0E 84"), "11 01 05 CD 6B B2 0E 1B 45 E6");
    show(&bench.inputs[196..218], "AC DB 35");
    assert_eq!(bench.ask("11 02 00 C4 00 16 BA A9"), "11 02 03 AC DB 35 20 18");
    assert_eq!(bench.ask("11 06 00 01 00 03 9A 9B"), "11 86 02 C2 64", "no such register");
    assert_eq!(bench.ask("11 10 00 01 00 02 04 00 0A 01 02 C6 F0"), "11 90 01 8C 05", "no such function");
}

#[test]
fn a_strict_board_refuses_what_is_not_modbus() {
    let mut bench = Bench::new(1, Profile::Strict, 8, 8);
    assert_eq!(bench.ask("01 05 00 00 55 00 F2 9A"), "01 85 03 02 91", "toggle");
    assert_eq!(bench.ask("01 05 02 00 00 07 8D B0"), "01 85 02 C3 51", "pulse");
    let mut ten = Bench::new(0x0A, Profile::Strict, 8, 8);
    assert_eq!(ten.ask("0A 01 00 00 00 40 3C 81"), "0A 81 02 B0 53", "coils that it has not");
}

#[test]
fn a_pulse_ends_by_the_boards_own_clock() {
    let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
    bench.ask("01 05 02 00 00 05 0C 71");
    assert!(bench.outputs[0].0.get());
    assert_eq!(bench.board.wake(), Some(bench.now + Duration::from_millis(500)));
    bench.pass(499);
    bench.serve();
    assert!(bench.outputs[0].0.get());
    bench.pass(1);
    bench.serve();
    assert!(!bench.outputs[0].0.get() && bench.board.wake().is_none());
}

#[test]
fn an_off_pulse_and_a_plain_write_over_a_pulse_are_kept_apart() {
    let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
    bench.ask("01 05 04 00 00 03 8C FB");
    bench.pass(300);
    bench.serve();
    assert!(bench.outputs[0].0.get(), "on after the off-pulse");
    bench.ask("01 05 02 00 00 05 0C 71");
    bench.ask("01 05 00 00 FF 00 8C 3A");
    bench.pass(1000);
    bench.serve();
    assert!(bench.outputs[0].0.get(), "the plain write ended the pulse");
}

/// fault D7: bad frames, fragments and other slaves' answers on the wire do not lock the board up.
#[test]
fn what_is_no_request_is_met_with_silence_and_got_over_after_a_gap() {
    for (name, rubbish) in [
        ("a frame with another frame's CRC", "01 05 02 00 00 05 8D B0"),
        ("CRC bytes swapped", "01 05 00 00 FF 00 3A 8C"),
        ("a beginning", "01 01 01"),
        ("another slave's answer", "02 01 01 01 90 0C"),
        ("a fragment repeated", "02 01 83 02 01 83"),
        ("noise", "FF 00 A5 5A 00 13 37"),
    ] {
        let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
        assert_eq!(bench.ask(rubbish), "", "{name}");
        bench.pass(20);
        assert_eq!(bench.serve(), "", "{name}");
        assert_eq!(bench.ask("01 01 00 00 00 08 3D CC"), "01 01 01 00 51 88", "{name}");
    }
}

#[test]
fn an_unknown_function_is_refused_once_the_line_is_silent() {
    let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
    assert_eq!(bench.ask("01 2B 0E 01 00 70 77"), "");
    bench.pass(20);
    assert_eq!(bench.serve(), "01 AB 01 9E F0");
}

#[test]
fn two_requests_glued_together_are_served_one_by_one() {
    let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
    bench.board.port_mut().incoming.extend(bytes("01 05 00 00 FF 00 8C 3A 01 05 00 00 00 00 CD CA"));
    let first = bench.board.poll(bench.now).expect("nothing fails").expect("served");
    assert_eq!(hex(&first.frame), "01 05 00 00 FF 00 8C 3A");
    assert!(bench.outputs[0].0.get());
    assert!(bench.board.poll(bench.now).expect("nothing fails").is_some());
    assert!(!bench.outputs[0].0.get());
}

/// fault D6: a power blink leaves no output energised.
#[test]
fn a_reboot_switches_all_outputs_off_and_forgets_pulses() {
    let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
    bench.ask("01 05 00 FF FF 00 BC 0A");
    bench.ask("01 05 02 00 00 07 8D B0");
    bench.board.reboot().expect("nothing fails");
    assert!(bench.outputs.iter().all(|pin| !pin.0.get()));
    assert_eq!(bench.board.wake(), None);
}

#[test]
fn a_new_unit_address_holds_at_once() {
    let mut bench = Bench::new(1, Profile::Vendor, 8, 8);
    assert_eq!(bench.ask("01 06 40 00 00 05 5C 09"), "01 06 40 00 00 05 5C 09");
    assert_eq!(bench.ask("05 01 00 00 00 08 3C 48"), "05 01 01 00 50 B8");
}

/// Vectors M1, M3, M5..M7, M9..M11, M14 and M20 as TCP carries them, and what only TCP has: numbers, and units that mean
/// the board.
#[test]
fn a_board_on_tcp_answers_under_the_number_that_it_was_asked_with() {
    let mut bench = Bench::on(Carrier::Tcp, 1, Profile::Vendor, 8, 8);
    show(&bench.inputs, "05");
    for (name, request, answer) in [
        ("relay 0 on", "12 34 00 00 00 06 01 05 00 00 FF 00", "12 34 00 00 00 06 01 05 00 00 FF 00"),
        ("and it is on", "12 35 00 00 00 06 01 01 00 00 00 08", "12 35 00 00 00 04 01 01 01 01"),
        ("toggle", "FF FF 00 00 00 06 01 05 00 00 55 00", "FF FF 00 00 00 06 01 05 00 00 55 00"),
        ("all eight off", "00 00 00 00 00 06 01 01 00 00 00 08", "00 00 00 00 00 04 01 01 01 00"),
        ("a pattern", "00 01 00 00 00 08 01 0F 00 00 00 08 01 FF", "00 01 00 00 00 06 01 0F 00 00 00 08"),
        ("pulse 700 ms", "00 02 00 00 00 06 01 05 02 00 00 07", "00 02 00 00 00 06 01 05 02 00 00 07"),
        ("inputs 0 and 2", "00 03 00 00 00 06 01 02 00 00 00 08", "00 03 00 00 00 04 01 02 01 05"),
        ("the board itself", "00 04 00 00 00 06 FF 03 40 00 00 01", "00 04 00 00 00 05 FF 03 02 00 01"),
        ("unit 0 too", "00 05 00 00 00 06 00 03 40 00 00 01", "00 05 00 00 00 05 00 03 02 00 01"),
        ("another unit", "00 06 00 00 00 06 05 01 00 00 00 08", ""),
        ("an unknown function", "00 07 00 00 00 05 01 2B 0E 01 00", "00 07 00 00 00 03 01 AB 01"),
        ("a count of none", "00 08 00 00 00 06 01 01 00 00 00 00", "00 08 00 00 00 03 01 81 03"),
        ("a byte too many", "00 09 00 00 00 07 01 01 00 00 00 08 00", "00 09 00 00 00 03 01 81 03"),
        ("coils that it has not", "00 0A 00 00 00 06 01 01 00 00 00 40", "00 0A 00 00 00 03 01 81 02"),
    ] {
        assert_eq!(bench.ask(request), answer, "{name}");
    }
    let mut strict = Bench::on(Carrier::Tcp, 1, Profile::Strict, 8, 8);
    assert_eq!(strict.ask("00 01 00 00 00 06 01 05 00 00 55 00"), "00 01 00 00 00 03 01 85 03", "toggle");
}

/// fault D1: split and glued requests are served one by one, without any silence between them.
#[test]
fn requests_on_tcp_are_served_however_they_come() {
    let mut bench = Bench::on(Carrier::Tcp, 1, Profile::Vendor, 8, 8);
    let request = "00 01 00 00 00 06 01 05 00 00 FF 00";
    let pieces: Vec<String> = request.split(' ').map(|byte| bench.ask(byte)).collect();
    assert_eq!(pieces.concat(), request);
    let glued = bench.ask("00 02 00 00 00 06 01 05 00 00 00 00 00 03 00 00 00 06 01 01 00 00 00 08");
    assert_eq!(glued, "00 02 00 00 00 06 01 05 00 00 00 00 00 03 00 00 00 04 01 01 01 00");
    assert_eq!(bench.board.wake(), None, "nothing waits for silence");
}

/// fault D1: a board whose connection brings no Modbus wants it closed, and is well on the next one.
#[test]
fn a_broken_connection_is_given_up_and_the_next_one_is_served() {
    let mut bench = Bench::on(Carrier::Tcp, 1, Profile::Vendor, 8, 8);
    let (request, answer) = ("00 01 00 00 00 06 01 01 00 00 00 08", "00 01 00 00 00 04 01 01 01 00");
    for rubbish in ["01 05 00 00 FF 00 8C 3A", "47 45 54 20 2F", "00 01 00 00 01 06 01 01 00 00 00 08"] {
        assert_eq!(bench.ask(rubbish), "");
        assert!(bench.board.hangs_up(), "{rubbish}");
        assert_eq!(bench.ask(request), "", "{rubbish}: nothing behind it is believed");
        bench.board.connected();
        assert!(!bench.board.hangs_up());
        assert_eq!(bench.ask(request), answer, "{rubbish}");
    }
    assert_eq!(bench.ask("00 02 00 00 00 06 01 05"), "");
    bench.board.connected();
    assert_eq!(bench.ask(request), answer, "half a request of the last connection is forgotten");
}
