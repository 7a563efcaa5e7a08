//! Devices on TCP as a gate meets them: real processes, real sockets, raw bytes, the control socket.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const SCENARIO: &str = r#"
    [[device]]
    kind = "uhf"
    name = "IN1-uhf"
    listen = "127.0.0.1:0"
    [[device]]
    kind = "relay"
    name = "IN1-io"
    listen = "127.0.0.1:0"
    [[lane]]
    name = "IN1"
    reader = "IN1-uhf"
    board = "IN1-io"
"#;
/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Inputs 0 to 7, and the answer: the closed limit.
const ASK: &str = "00 07 00 00 00 06 01 02 00 00 00 08";
const ANSWER: &str = "00 07 00 00 00 04 01 02 01 02";
/// A reader's information.
const INFORMATION: (&str, &str) = ("04 FF 21 19 95", "0D 00 21 00 02 0B 09 03 4E 00 1E 0A 00 C8");

struct Sim {
    child: Child,
    folder: TempDir,
    control: BufReader<UnixStream>,
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sim {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("s.toml"), SCENARIO).expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_firmware-sim"))
            .args(["run", "--scenario", "s.toml", "--dir", "."])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut first = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
        assert_eq!(first.trim(), "firmware-sim ready control=./control.sock");
        let control = UnixStream::connect(folder.path().join("control.sock")).expect("a socket");
        Self { child, folder, control: BufReader::new(control) }
    }

    fn ask(&mut self, order: &Value) -> Value {
        writeln!(self.control.get_mut(), "{order}").expect("sent");
        let mut answer = String::new();
        self.control.read_line(&mut answer).expect("answered");
        serde_json::from_str(&answer).expect("JSON")
    }

    fn address(&self, device: &str) -> SocketAddr {
        let text = fs::read_to_string(self.folder.path().join(format!("{device}.tcp"))).expect("published");
        text.trim().parse().expect("an address")
    }

    fn connect(&self, device: &str) -> TcpStream {
        let stream = TcpStream::connect(self.address(device)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream
    }

    /// Asks for the state until `is` holds of it.
    fn until(&mut self, is: impl Fn(&Value) -> bool) {
        let held = (0..20_000).any(|_| is(&self.ask(&json!({"do": "state"}))));
        assert!(held, "{}", self.ask(&json!({"do": "state"})));
    }
}

/// Sends, then reads just so many bytes, or fewer when the far end hangs up.
fn talk(mut stream: &TcpStream, request: &str, count: usize) -> String {
    let bytes: Vec<u8> = request.split(' ').filter_map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    stream.write_all(&bytes).expect("written");
    let mut got = vec![0; count];
    let mut read = 0;
    while read < count {
        match stream.read(&mut got[read..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => read += more,
        }
    }
    got[..read].iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

fn is_dead(mut stream: &TcpStream) -> bool {
    matches!(stream.read(&mut [0; 8]), Ok(0) | Err(_))
}

#[test]
fn a_board_speaks_modbus_tcp_and_a_reader_its_own_bytes_at_addresses_that_files_tell() {
    let mut sim = Sim::start();
    let (uhf, io) = (sim.connect("IN1-uhf"), sim.connect("IN1-io"));
    assert_eq!(talk(&io, ASK, 10), ANSWER);
    assert_eq!(talk(&uhf, INFORMATION.0, 14), INFORMATION.1);
    let pulse = "00 08 00 00 00 06 01 05 02 00 00 02";
    assert_eq!(talk(&io, pulse, 12), pulse);
    sim.until(|state| state["lanes"][0]["arm"] != "closed");
    let state = sim.ask(&json!({"do": "state"}));
    assert_eq!(state["devices"][1]["listen"], json!(sim.address("IN1-io")));
    assert_eq!((&state["devices"][1]["open"], &state["devices"][1]["plugged"]), (&json!(true), &json!(true)));
    let witness = sim.ask(&json!({"do": "witness", "from": 1}));
    let command =
        witness["entries"].as_array().and_then(|all| all.iter().find(|one| one["kind"] == "command"));
    assert_eq!(command.map(|one| one["says"].clone()), Some(json!("coil 0 on for 200 ms")));
}

/// fault D2: unplugged it is refused, plugged in it is there again at the same address.
#[test]
fn pulling_the_cable_closes_connection_and_listener_and_plugging_in_brings_them_back() {
    let mut sim = Sim::start();
    let address = sim.address("IN1-io");
    for _ in 0..20 {
        let io = sim.connect("IN1-io");
        assert_eq!(talk(&io, ASK, 10), ANSWER);
        let pulled = sim.ask(&json!({"do": "unplug", "device": "IN1-io"}));
        assert_eq!(pulled, json!({"ok": true, "changed": true}));
        assert!(is_dead(&io));
        assert!(TcpStream::connect(address).is_err(), "nobody listens");
        assert!(!sim.folder.path().join("IN1-io.tcp").exists(), "the file is gone");
        assert_eq!(sim.ask(&json!({"do": "replug", "device": "IN1-io"})), json!({"ok": true}));
        assert_eq!(sim.address("IN1-io"), address);
    }
}

/// fault D2: cut in the middle of an answer, after just so many bytes.
#[test]
fn a_cable_is_pulled_after_just_so_many_bytes() {
    let mut sim = Sim::start();
    for bytes in [0_usize, 1, 6, 9, 10, 13] {
        let io = sim.connect("IN1-io");
        sim.ask(&json!({"do": "unplug", "device": "IN1-io", "after_bytes": bytes}));
        let all = [ANSWER, ANSWER].join(" ");
        let both = [ASK, ASK].join(" ");
        let got = if bytes == 0 { String::new() } else { talk(&io, &both, 20) };
        assert_eq!(got, all[..(3 * bytes).saturating_sub(1)], "{bytes}");
        sim.until(|state| state["devices"][1]["plugged"] == false);
        let seen = sim.ask(&json!({"do": "witness", "from": 1}));
        let last = seen["entries"].as_array().and_then(|all| all.last().cloned()).expect("an entry");
        assert_eq!(last["event"], json!("unplugged"));
        sim.ask(&json!({"do": "replug", "device": "IN1-io"}));
    }
}

#[test]
fn the_newest_gate_is_the_one_that_is_served() {
    let mut sim = Sim::start();
    let old = sim.connect("IN1-io");
    assert_eq!(talk(&old, "00 01 00 00 00 06 01", 0), "", "half a request");
    let new = sim.connect("IN1-io");
    assert_eq!(talk(&new, ASK, 10), ANSWER);
    assert!(is_dead(&old));
    drop(new);
    sim.until(|state| state["devices"][1]["open"] == false);
    assert_eq!(talk(&sim.connect("IN1-io"), ASK, 10), ANSWER);
}

/// fault D1: bytes that are no Modbus TCP cost a gate its connection; D3: silent but connected; D7: late.
#[test]
fn line_faults_work_on_connections_too() {
    let mut sim = Sim::start();
    let io = sim.connect("IN1-io");
    assert_eq!(talk(&io, "01 05 00 00 FF 00 8C 3A", 1), "", "a frame of a serial line");
    let io = sim.connect("IN1-io");
    sim.ask(&json!({"do": "fault", "device": "IN1-io", "what": {"kind": "silence"}}));
    io.set_read_timeout(Some(Duration::from_millis(60))).expect("set");
    assert_eq!(talk(&io, ASK, 10), "");
    sim.ask(&json!({"do": "fault_off", "device": "IN1-io"}));
    io.set_read_timeout(Some(PATIENCE)).expect("set");
    assert_eq!(talk(&io, ASK, 10), ANSWER);
    sim.ask(&json!({"do": "fault", "device": "IN1-io", "what": {"kind": "slow", "delay_ms": 3000}}));
    io.set_read_timeout(Some(Duration::from_millis(60))).expect("set");
    assert_eq!(talk(&io, ASK, 10), "", "late");
    io.set_read_timeout(Some(PATIENCE)).expect("set");
    assert_eq!(talk(&io, "", 10), ANSWER, "but it comes");
}
