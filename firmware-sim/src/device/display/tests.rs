//! Panels held against public frames, and against the conversation of the gate.

use super::{DisplayBoard, Timing, Wire};
use crate::device::loopback::{Loopback, bytes, hex};
use crate::device::meeting::{Meeting, Polled};
use crate::device::terminal::Faults;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use protocols::display::bx::profile::Profile as BxProfile;
use protocols::display::panel::Panel;
use protocols::display::park::Profile as ParkProfile;
use protocols::display::screen::{Colour, Screen};
use protocols::display::session::{Config, Session};
use protocols::tick::Tick;

impl Polled for DisplayBoard<Loopback> {
    fn port(&mut self) -> &mut Loopback {
        self.port_mut()
    }

    fn poll_at(&mut self, now: Tick) {
        let Ok(()) = self.poll(now);
    }

    fn next(&self) -> Option<Tick> {
        self.wake()
    }
}

/// L1: row 0, scrolling, red.
const WELCOME: &str = "00 64 FF FF 62 25 00 15 01 00 02 15 01 03 00 FF 00 00 00 00 00 00 00 12 00 BB B6 D3 AD B9 E2 C1 D9 C7 EB C8 EB \
                       B3 A1 CD A3 B3 B5 F4 F5";
/// L2: say it.
const SAY: &str = "00 64 FF FF 30 09 02 BB B6 D3 AD B9 E2 C1 D9 26 A8";
/// L3: row 1, green.
const PASS: &str = "00 64 FF FF 62 1B 01 00 01 00 05 00 01 03 00 00 FF 00 00 00 00 00 00 08 00 D4 CA D0 ED CD A8 D0 D0 DB D3";

struct Bench {
    board: DisplayBoard<Loopback>,
    now: Tick,
}

impl Bench {
    fn new(wire: Wire) -> Self {
        let board = DisplayBoard::new(Loopback::default(), wire, Timing::default(), Faults::default());
        Self { board, now: Tick::from_millis(1000) }
    }

    /// Sends at once, and tells what the board says within so many milliseconds.
    fn send(&mut self, frame: &str, wait: u64) -> String {
        self.board.port_mut().incoming.extend(bytes(frame));
        let Ok(()) = self.board.poll(self.now);
        for _ in 0..wait {
            self.now = self.now + Duration::from_millis(1);
            let Ok(()) = self.board.poll(self.now);
        }
        hex(&core::mem::take(&mut self.board.port_mut().outgoing))
    }

    fn shows(&self, row: usize) -> &str {
        self.board.row(row).map_or("", |shown| shown.text.as_str())
    }
}

/// Vectors L1 to L3: the board shows and says what the frames tell it, and never answers.
#[test]
fn a_parking_board_shows_what_it_is_told() {
    let mut bench = Bench::new(Wire::Park { board: 7 });
    assert_eq!(bench.send(WELCOME, 100), "");
    assert_eq!(bench.send(PASS, 100), "");
    assert_eq!(bench.send(SAY, 100), "");
    assert_eq!((bench.shows(0), bench.shows(1)), ("欢迎光临请入场停车", "允许通行"));
    assert_eq!(bench.board.row(1).and_then(|shown| shown.colour), Some([0, 0xFF, 0]));
    assert_eq!(bench.board.spoken(), Some("欢迎光临"));
    bench.board.reboot();
    assert_eq!(bench.shows(0), "");
}

/// Vectors LX1, LX2: after a bad check it drops all until the line was still for 50 ms; a frame that never ends is given up.
#[test]
fn a_parking_board_drops_all_after_a_bad_frame() {
    let mut bench = Bench::new(Wire::Park { board: 0 });
    bench.send("00 64 FF FF 30 09 02 BB B6 D3 AD B9 E2 C1 D9 A8 26", 10);
    bench.send(PASS, 49);
    assert_eq!(bench.shows(1), "", "still deaf");
    bench.send(PASS, 60);
    assert_eq!(bench.shows(1), "", "each frame begins the silence anew");
    bench.send(PASS, 60);
    assert_eq!(bench.shows(1), "允许通行");
    bench.send("00 64 FF FF 68 05 02 01 A9 17", 60);
    bench.send(WELCOME, 60);
    assert_eq!(bench.shows(0), "欢迎光临请入场停车");
}

/// Frames that come while a row is drawn are lost: hosts must make pauses.
#[test]
fn a_board_that_draws_hears_nothing() {
    let mut bench = Bench::new(Wire::Park { board: 0 });
    bench.send(WELCOME, 30);
    bench.send(PASS, 100);
    assert_eq!((bench.shows(1), bench.board.lost()), ("", 1));
    bench.send(PASS, 1);
    assert_eq!(bench.shows(1), "允许通行");
}

/// Vectors L4 to L6, LX3: a controller answers what wants an answer; ACK as the vendor prints it, with its own addresses.
#[test]
fn an_onbon_controller_answers_and_shows() {
    let mut bench = Bench::new(Wire::Bx { address: 1 });
    let ping = "A5 A5 A5 A5 A5 A5 A5 A5 01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A2 00 01 00 00 68 F8 5A";
    let ack = "A5 A5 A5 A5 A5 A5 A5 A5 00 80 01 00 00 00 00 00 00 00 FE 02 05 00 A0 00 00 00 00 64 DC 5A";
    assert_eq!(bench.send(ping, 100), ack);
    let area = "A5 A5 A5 A5 A5 A5 A5 A5 01 00 00 80 00 00 00 00 00 00 FE 02 33 00 A3 06 02 00 00 00 01 2A 00 00 00 00 18 00 40 \
                00 0C 00 01 0A 01 02 00 00 00 00 01 01 01 00 17 02 0F 00 00 00 5C 46 4F 30 30 30 48 55 4D 3A 36 36 25 52 48 36 \
                7A 5A";
    assert_eq!(bench.send(area, 100), "", "no answer wanted");
    assert_eq!(bench.shows(1), "HUM:66%RH");
    assert_eq!(bench.send(&ping.replace("68 F8", "4C DC"), 100), "");
    bench.board.set_faults(Faults { duplicate: true, slow: Duration::from_millis(200), ..Faults::default() });
    assert_eq!(bench.send(ping, 219), "");
    assert_eq!(bench.send("", 1), [ack, ack].join(" "));
}

/// Vectors L14 to L16, LX8.
#[test]
fn other_boards_show_their_line_or_number() {
    let mut bench = Bench::new(Wire::Ab);
    bench.send("AB 19 02 02 20 25 FC 0C 21 20 2E 21 28 BB B6 D3 AD B9 E2 C1 D9 03 22 23 21 20 03", 100);
    assert_eq!(bench.shows(0), "欢迎光临");
    let mut bench = Bench::new(Wire::Sunpn);
    bench.send("2A 00 78 03 01 A6 0A", 100);
    assert_eq!(bench.shows(0), "");
    bench.send("3A 00 78 03 01 B6 0A", 100);
    assert_eq!(bench.shows(0), "888");
    for (board, want) in [(5, "999"), (6, "")] {
        let mut bench = Bench::new(Wire::FourByte { board });
        bench.send("05 03 E7 EF", 100);
        assert_eq!(bench.shows(0), want);
    }
}

fn meet(panel: Panel, wire: Wire) -> Meeting<Session, DisplayBoard<Loopback>> {
    let board = DisplayBoard::new(Loopback::default(), wire, Timing::default(), Faults::default());
    Meeting::new(Session::new(Config::of(panel)), board)
}

fn show(meeting: &mut Meeting<Session, DisplayBoard<Loopback>>, lines: &[(&str, Colour)]) {
    meeting.talk.show(Screen::of(lines), meeting.now);
    meeting.settle();
}

/// The gate's pauses are long enough for a board that draws 40 ms, and a board that lost its text has it back within 10 s.
#[test]
fn a_screen_reaches_a_parking_board_and_comes_back_after_a_power_cut() {
    let mut meeting = meet(Panel::Park(ParkProfile::default()), Wire::Park { board: 0 });
    show(&mut meeting, &[("允许通行", Colour::Green), ("粤B12345", Colour::Green)]);
    meeting.run(300);
    let row = |meeting: &Meeting<Session, DisplayBoard<Loopback>>, row| {
        meeting.device.row(row).map_or(String::new(), |shown| shown.text.clone())
    };
    assert_eq!((row(&meeting, 0).as_str(), row(&meeting, 1).as_str()), ("允许通行", "粤B12345"));
    assert_eq!(meeting.device.lost(), 0);
    meeting.device.reboot();
    assert_eq!(row(&meeting, 0), "");
    meeting.run(10_000);
    assert_eq!(row(&meeting, 0), "允许通行");
    show(&mut meeting, &[]);
    meeting.run(300);
    assert_eq!(row(&meeting, 1), " ");
}

/// The gate's prompt is spoken by the board that shows its rows, and costs no row.
#[test]
fn a_parking_board_speaks_between_its_rows() {
    let mut meeting = meet(Panel::Park(ParkProfile::default()), Wire::Park { board: 0 });
    show(&mut meeting, &[("放行", Colour::Green), ("粤B12345", Colour::Green)]);
    meeting.talk.say("已放行", meeting.now);
    meeting.settle();
    meeting.run(400);
    let rows: Vec<&str> =
        (0..2).filter_map(|row| meeting.device.row(row)).map(|shown| shown.text.as_str()).collect();
    assert_eq!((rows, meeting.device.spoken()), (vec!["放行", "粤B12345"], Some("已放行")));
    assert_eq!(meeting.device.lost(), 0);
}

/// fault D3: a controller may be silent, late, wrong, double or babbling; the gate tells what it must and shows again.
#[test]
fn a_screen_reaches_an_onbon_controller_through_its_faults() {
    let mut meeting = meet(Panel::Bx(BxProfile::default()), Wire::Bx { address: 1 });
    meeting.run(100);
    show(&mut meeting, &[("允许\\n通行", Colour::Green)]);
    meeting.run(1_000);
    assert_eq!(meeting.device.row(0).map(|shown| shown.text.as_str()), Some("允许＼n"));
    assert_eq!(meeting.events, ["online Onbon controller", "configured"]);
    for (faults, silent) in [
        (Faults { slow: Duration::from_millis(700), ..Faults::default() }, 0),
        (Faults { duplicate: true, ..Faults::default() }, 0),
        (Faults { babble: Some(Duration::from_millis(30)), ..Faults::default() }, 0),
        (Faults { wrong: true, ..Faults::default() }, 1),
        (Faults { silent: true, ..Faults::default() }, 1),
    ] {
        meeting.events.clear();
        meeting.device.set_faults(faults);
        meeting.run(20_000);
        assert_eq!(meeting.count("silent"), silent, "{faults:?}");
        meeting.device.reboot();
        meeting.device.set_faults(Faults::default());
        meeting.run(11_000);
        assert_eq!(meeting.device.row(0).map(|shown| shown.text.as_str()), Some("允许＼n"), "{faults:?}");
    }
}

/// A sign whose gate is gone does not let anybody pass for ever: it forgets its text.
#[test]
fn an_onbon_sign_forgets_what_nobody_refreshes() {
    let mut meeting = meet(Panel::Bx(BxProfile::default()), Wire::Bx { address: 1 });
    meeting.run(100);
    show(&mut meeting, &[("允许通行", Colour::Green)]);
    meeting.run(60_000);
    assert!(meeting.device.row(0).is_some());
    let Ok(()) = meeting.device.poll(meeting.now + Duration::from_secs(31));
    assert!(meeting.device.row(0).is_none());
}

/// fault D1: rubbish before each frame costs nothing where frames have a beginning of their own.
#[test]
fn noise_before_each_frame_is_got_over() {
    let mut meeting = meet(Panel::Bx(BxProfile::default()), Wire::Bx { address: 1 });
    meeting.spoil = bytes("00 A5 5A 31 A5 A5 07");
    meeting.run(100);
    show(&mut meeting, &[("允许通行", Colour::Green)]);
    meeting.run(1_000);
    assert_eq!(meeting.device.row(0).map(|shown| shown.text.as_str()), Some("允许通行"));
}
