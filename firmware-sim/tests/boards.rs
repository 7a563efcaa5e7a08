//! The program as a gate and a test driver meet it: real processes, real ptys, raw bytes, the control socket.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use tempfile::TempDir;

const INFORMATION: (&str, &str) = ("04 FF 21 19 95", "0D 00 21 00 02 0B 09 03 4E 00 1E 0A 00 C8");
const EPC: &str = "E28011700000020FEBEAD3B5";

/// Killed with the test that fails, so that nobody waits for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Sim {
    child: Running,
    folder: TempDir,
    control: BufReader<UnixStream>,
}

impl Sim {
    fn boards() -> Self {
        Self::start(&["boards", "--names", "IN1"], tempfile::tempdir().expect("a folder"))
    }

    fn start(args: &[&str], folder: TempDir) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_firmware-sim"))
            .args(args)
            .args(["--dir", "."])
            .args(["--witness", "witness.jsonl"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .map(Running)
            .expect("started");
        let mut first = String::new();
        BufReader::new(child.0.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
        assert_eq!(first.trim(), "firmware-sim ready control=./control.sock");
        let control = UnixStream::connect(folder.path().join("control.sock")).expect("a socket");
        Self { child, folder, control: BufReader::new(control) }
    }

    fn ask(&mut self, order: Value) -> Value {
        writeln!(self.control.get_mut(), "{order}").expect("sent");
        let mut answer = String::new();
        self.control.read_line(&mut answer).expect("answered");
        serde_json::from_str(&answer).expect("JSON")
    }

    fn device(&self, name: &str) -> Port {
        let path = self.folder.path().join(name);
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK;
        Port(open(path, flags, Mode::empty()).expect("a device file"))
    }

    /// Asks for the state until `is` holds of it.
    fn until(&mut self, is: impl Fn(&Value) -> bool) {
        let held = (0..20_000).any(|_| is(&self.ask(json!({"do": "state"}))));
        assert!(held, "{}", self.ask(json!({"do": "state"})));
    }

    /// `(kind, word)` of all entries so far, without the vehicle's own.
    fn witnessed(&mut self) -> Vec<(String, String)> {
        let log = self.ask(json!({"do": "witness", "from": 1}));
        let entries = log["entries"].as_array().expect("entries").clone();
        let word = |entry: &Value| {
            let key = ["says", "role", "movement", "which", "key", "event", "stage"]
                .into_iter()
                .find(|key| entry[key].is_string());
            key.map_or(String::new(), |key| entry[key].as_str().unwrap_or_default().to_owned())
        };
        entries
            .iter()
            .map(|entry| (entry["kind"].as_str().unwrap_or_default().to_owned(), word(entry)))
            .collect()
    }

    fn stop(mut self) -> (ExitStatus, TempDir) {
        let id = i32::try_from(self.child.0.id()).expect("a process number");
        kill_process(Pid::from_raw(id).expect("not zero"), Signal::TERM).expect("told to stop");
        (self.child.0.wait().expect("stopped"), self.folder)
    }
}

struct Port(OwnedFd);

impl Port {
    /// Sends, then reads until that many bytes have come, the far end hung up or the time is over.
    fn talk(&self, request: &str, count: usize, millis: i64) -> String {
        let bytes: Vec<u8> =
            request.split(' ').filter_map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
        assert_eq!(rustix::io::write(&self.0, &bytes).expect("written"), bytes.len());
        let wait = Timespec { tv_sec: millis / 1000, tv_nsec: millis % 1000 * 1_000_000 };
        let mut got = Vec::new();
        while got.len() < count {
            if poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&wait)).expect("polled") == 0 {
                break;
            }
            let mut chunk = [0; 256];
            match rustix::io::read(&self.0, &mut chunk) {
                Ok(0) | Err(_) => break,
                Ok(more) => got.extend_from_slice(&chunk[..more]),
            }
        }
        got.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
    }

    /// Whether the far end hung up: end of file or an error, at once.
    fn is_dead(&self) -> bool {
        matches!(rustix::io::read(&self.0, &mut [0; 8]), Ok(0) | Err(rustix::io::Errno::IO))
    }

    fn set_rate(&self, rate: u32) {
        let mut modes = tcgetattr(&self.0).expect("a terminal");
        modes.set_speed(rate).expect("a rate");
        tcsetattr(&self.0, OptionalActions::Now, &modes).expect("set");
    }
}

fn open_devices(state: &Value) -> usize {
    state["devices"].as_array().map_or(0, |all| all.iter().filter(|one| one["open"] == true).count())
}

#[test]
fn raw_bytes_go_through_the_device_files_unchanged() {
    let sim = Sim::boards();
    let (uhf, io) = (sim.device("IN1-uhf"), sim.device("IN1-io"));
    assert_eq!(uhf.talk(INFORMATION.0, 14, 5000), INFORMATION.1);
    assert_eq!(io.talk("01 02 00 00 00 08 79 CC", 6, 5000), "01 02 01 02 20 49", "closed limit");
    assert_eq!(io.talk("01 0F 00 03 00 02 01 03 DA 96", 0, 0), "");
    assert_eq!(io.talk("", 8, 5000), "01 0F 00 03 00 02 24 0A");
    assert_eq!(io.talk("01 01 00 00 00 08 3D CC", 6, 5000), "01 01 01 18 51 82", "red and green");
    let (status, folder) = sim.stop();
    assert!(status.success());
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|one| one.expect("one").file_name()).collect();
    assert_eq!(left, ["witness.jsonl"], "links and socket are gone");
}

#[test]
fn pulling_the_cable_hangs_the_gate_up_and_plugging_in_brings_a_new_device_file() {
    let mut sim = Sim::boards();
    let link = sim.folder.path().join("IN1-uhf");
    for _ in 0..20 {
        let port = sim.device("IN1-uhf");
        assert_eq!(port.talk(INFORMATION.0, 14, 5000), INFORMATION.1);
        assert_eq!(
            sim.ask(json!({"do": "unplug", "device": "IN1-uhf"})),
            json!({"ok": true, "changed": true})
        );
        assert!(port.is_dead());
        assert!(fs::symlink_metadata(&link).is_err(), "the link is gone");
        assert_eq!(sim.ask(json!({"do": "replug", "device": "IN1-uhf"})), json!({"ok": true}));
        assert!(port.is_dead(), "the old file stays dead");
    }
    assert_eq!(sim.device("IN1-uhf").talk(INFORMATION.0, 14, 5000), INFORMATION.1);
}

#[test]
fn what_a_reader_tells_while_nobody_listens_is_lost() {
    let mut sim = Sim::boards();
    let port = sim.device("IN1-uhf");
    // Scan mode, repeat filter 255 s.
    assert_eq!(port.talk("0A 00 35 01 02 04 02 06 FF 9E 02", 6, 5000), "05 00 35 00 6C A5");
    drop(port);
    sim.until(|state| open_devices(state) == 0);
    sim.ask(json!({"do": "show", "device": "IN1-uhf", "what": {"tag": {"epc": EPC}}}));
    sim.until(|state| state["devices"][0]["bytes"]["lost"] == 18);
    let port = sim.device("IN1-uhf");
    assert_eq!(port.talk(INFORMATION.0, 15, 2000), INFORMATION.1, "and nothing from before");
}

#[test]
fn a_vehicle_passes_once_the_gate_pulses_the_barrier_and_the_witness_saw_it_all() {
    let mut sim = Sim::boards();
    let (uhf, io) = (sim.device("IN1-uhf"), sim.device("IN1-io"));
    assert_eq!(uhf.talk("0A 00 35 01 02 04 02 06 FF 9E 02", 6, 5000), "05 00 35 00 6C A5");
    sim.ask(json!({"do": "barrier", "lane": "IN1", "knobs": {"rise_ms": 30}}));
    let pace = json!({"reaction_ms": 5, "to_safety_ms": 5, "approach_ms": 10, "to_exit_ms": 15, "safety_ms": 15, "exit_ms": 20});
    let comes = sim.ask(
        json!({"do": "vehicle", "lane": "IN1", "shows": [{"what": {"tag": {"epc": EPC}}}], "pace": pace}),
    );
    assert_eq!(comes, json!({"vehicle": 1}));
    let report = uhf.talk("", 18, 5000);
    assert_eq!(report, "11 00 EE 00 E2 80 11 70 00 00 02 0F EB EA D3 B5 5E 57");
    assert_eq!(io.talk("01 05 02 00 00 07 8D B0", 8, 5000), "01 05 02 00 00 07 8D B0");
    let end = sim.ask(json!({"do": "wait", "vehicle": 1, "timeout_ms": 20_000}));
    assert_eq!(end, json!({"vehicle": 1, "end": "passed"}));
    assert_eq!(io.talk("01 02 00 00 00 08 79 CC", 6, 5000), "01 02 01 01 60 48", "open limit, loops free");
    let pairs = [
        ("vehicle", "rolling"),
        ("loop", "approach"),
        ("vehicle", "approach"),
        ("sign", EPC),
        ("report", EPC),
        ("command", "coil 0 on for 700 ms"),
        ("coil", "IN1 open"),
        ("arm", "rise_started"),
        ("arm", "opened"),
        ("vehicle", "going"),
        ("loop", "safety"),
        ("loop", "approach"),
        ("loop", "exit"),
        ("loop", "safety"),
        ("loop", "exit"),
        ("sign", EPC),
        ("vehicle", "passed"),
    ];
    let seen = sim.witnessed();
    let seen: Vec<_> = seen.iter().map(|(kind, word)| (kind.as_str(), word.as_str())).collect();
    assert_eq!(seen[..pairs.len()], pairs);
    let held = sim.ask(json!({"do": "witness", "from": 1}))["entries"].as_array().expect("entries").clone();
    let (_, folder) = sim.stop();
    let file = fs::read_to_string(folder.path().join("witness.jsonl")).expect("a file");
    let written: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(written[..held.len()], held, "the file says the same");
    assert_eq!(written[5]["frame"], "0105020000078DB0");
}

#[test]
fn orders_that_cannot_be_carried_out_say_why() {
    let mut sim = Sim::boards();
    for (order, why) in [
        (json!({"do": "unplug", "device": "x"}), "no device is called \"x\""),
        (json!({"do": "vehicle", "lane": "x"}), "vehicle.lane: no lane is called \"x\""),
        (json!({"do": "show", "device": "IN1-io", "what": {"tag": {"epc": EPC}}}), "\"IN1-io\" sees no tag"),
        (
            json!({"do": "show", "device": "IN1-uhf", "what": {"tag": {"epc": "xyz"}}}),
            "tag.epc: \"xyz\" is not 1 to 62 bytes of hex",
        ),
        (json!({"do": "load", "lane": "IN1", "kg": 15600}), "\"IN1\" has no scale"),
        (json!({"do": "factory_reset", "device": "IN1-io"}), "\"IN1-io\" has no factory settings"),
        (json!({"do": "input", "device": "IN1-io", "input": 8, "on": true}), "\"IN1-io\" has no input 8"),
        (json!({"do": "wait", "vehicle": 7}), "no vehicle 7 is known"),
    ] {
        assert_eq!(sim.ask(order), json!({ "error": why }));
    }
    sim.ask(json!({"do": "vehicle", "lane": "IN1"}));
    let late = sim.ask(json!({"do": "wait", "vehicle": 1, "timeout_ms": 1}));
    assert_eq!(late, json!({"error": "vehicle 1 is still under way"}));
}

/// fault D3: silent but the port is open; D7: a late reply.
#[test]
fn line_faults_begin_and_end_by_order() {
    let mut sim = Sim::boards();
    let io = sim.device("IN1-io");
    let (ask, answer) = ("01 02 00 00 00 08 79 CC", "01 02 01 02 20 49");
    let fault = sim.ask(json!({"do": "fault", "device": "IN1-io", "what": {"kind": "silence"}}));
    assert_eq!(fault, json!({"fault": 1}));
    assert_eq!(io.talk(ask, 6, 60), "");
    assert_eq!(sim.ask(json!({"do": "fault_off", "device": "IN1-io"})), json!({"ok": true, "ended": [1]}));
    assert_eq!(io.talk(ask, 6, 5000), answer);
    sim.ask(json!({"do": "fault", "device": "IN1-io", "what": {"kind": "slow", "delay_ms": 3000}}));
    assert_eq!(io.talk(ask, 6, 100), "", "late");
    assert_eq!(io.talk("", 6, 5000), answer, "but it comes");
}

/// fault D1: wrong baud.
#[test]
fn a_gate_at_another_rate_gets_rubbish_where_the_scenario_is_strict() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = "[[device]]\nkind = \"uhf\"\nname = \"r\"\nstrict_baud = true\n";
    fs::write(folder.path().join("s.toml"), scenario).expect("written");
    let sim = Sim::start(&["run", "--scenario", "s.toml"], folder);
    let port = sim.device("r");
    port.set_rate(9600);
    assert_ne!(port.talk(INFORMATION.0, 14, 60), INFORMATION.1);
    port.set_rate(57_600);
    // What the reader held of the rubbish ends with the gap; ask until it has.
    let answered = (0..50).any(|_| port.talk(INFORMATION.0, 14, 50) == INFORMATION.1);
    assert!(answered);
}

#[test]
fn a_scenario_with_faults_is_refused_with_their_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.toml");
    fs::write(&path, "[[lane]]\nname = \"IN1\"\nreader = \"r\"\nboard = \"b\"\n").expect("written");
    let run = |path: &Path| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_firmware-sim"))
            .arg("check")
            .arg(path)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("started");
        let mut text = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut text).expect("text");
        (child.wait().expect("done").code(), text)
    };
    let (code, text) = run(&path);
    assert_eq!(code, Some(1));
    assert!(text.contains("lane[0].reader: no uhf device is called \"r\""), "{text}");
    assert!(text.contains("lane[0].board: no relay device is called \"b\""), "{text}");
    fs::write(&path, "").expect("written");
    assert_eq!(run(&path).0, Some(0));
}

#[test]
fn the_next_vehicle_waits_its_turn_and_a_tailgater_does_not() {
    let mut sim = Sim::boards();
    let pace = json!({"reaction_ms": 1, "to_safety_ms": 1, "approach_ms": 2, "to_exit_ms": 3, "safety_ms": 3, "exit_ms": 4});
    sim.ask(json!({"do": "barrier", "lane": "IN1", "force": "open"}));
    let honest = json!({"do": "vehicle", "lane": "IN1", "patience_ms": 60_000, "pace": pace});
    assert_eq!(sim.ask(honest), json!({"vehicle": 1}));
    let tailgates = json!({"do": "vehicle", "lane": "IN1", "drives": "tailgates", "pace": pace});
    assert_eq!(sim.ask(tailgates), json!({"vehicle": 2}));
    let end = sim.ask(json!({"do": "wait", "vehicle": 2, "timeout_ms": 20_000}));
    assert_eq!(end["end"], "passed");
    let state = sim.ask(json!({"do": "state"}));
    assert_eq!(state["vehicles"], json!([{"vehicle": 1, "name": "", "lane": "IN1", "in_lane": false}]));
    assert_eq!((&state["lanes"][0]["arm"], &state["lanes"][0]["safety"]), (&json!("open"), &json!(false)));
    sim.ask(json!({"do": "barrier", "lane": "IN1", "force": "closed"}));
    sim.until(|state| state["lanes"][0]["approach"] == true);
}

/// fault D6: obstruction during close, and a power blink of the board.
#[test]
fn an_obstructed_arm_rises_again_and_a_rebooted_board_lets_go_of_its_outputs() {
    let mut sim = Sim::boards();
    let io = sim.device("IN1-io");
    sim.ask(
        json!({"do": "barrier", "lane": "IN1", "force": "open", "knobs": {"fall_ms": 60_000, "rise_ms": 20}}),
    );
    assert_eq!(io.talk("01 05 00 01 FF 00 DD FA", 8, 5000), "01 05 00 01 FF 00 DD FA");
    sim.until(|state| state["lanes"][0]["arm"] == "between");
    sim.ask(json!({"do": "loop", "lane": "IN1", "which": "safety", "occupied": true}));
    sim.until(|state| state["lanes"][0]["arm"] == "open");
    assert_eq!(io.talk("01 01 00 00 00 08 3D CC", 6, 5000), "01 01 01 02 D0 49", "the close coil is held");
    sim.ask(json!({"do": "reboot", "device": "IN1-io"}));
    assert_eq!(io.talk("01 01 00 00 00 08 3D CC", 6, 5000), "01 01 01 00 51 88");
    let seen = sim.witnessed();
    for expected in ["close_started", "reversed", "opened"] {
        assert!(seen.iter().any(|(kind, word)| kind == "arm" && word == expected), "{expected}: {seen:?}");
    }
}
