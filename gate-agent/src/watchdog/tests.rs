//! Lanes that turn and lanes that do not, before a supervisor that is a socket of the test.

use std::{ffi::OsString, fs, os::unix::net::UnixDatagram, path::Path, sync::Arc};

use protocols::{contract::UtcMillis, ids::LaneId};
use tempfile::TempDir;

use super::*;
use crate::clock::SimClock;

fn lane(name: &str) -> LaneId {
    LaneId::parse(name).unwrap()
}

fn noon() -> UtcMillis {
    UtcMillis::parse("2025-10-13T04:00:00Z").unwrap()
}

/// Two lanes, and their watch.
fn watch(supervisor: Supervisor, folder: &Path) -> (Watch, [Beat; 2]) {
    let beats = [Beat::default(), Beat::default()];
    let lanes = ["IN1", "OUT1"].map(lane).into_iter().zip(beats.clone()).collect();
    let watch = Watch {
        looks: Looks::at(lanes),
        supervisor,
        data_dir: folder.to_owned(),
        clock: Arc::new(SimClock::at(noon())),
        told: Vec::new(),
    };
    (watch, beats)
}

fn heard(socket: &UnixDatagram) -> Vec<String> {
    socket.set_nonblocking(true).unwrap();
    let mut buffer = [0; 1024];
    let mut all = Vec::new();
    while let Ok(length) = socket.recv(&mut buffer) {
        all.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    all
}

/// Fault F2: one lane that does not turn for eight looks in a row stands still, whatever the other does; it does no longer once it turns. Fault B5: what did not
/// run at all has missed one look, however long it was.
#[test]
fn a_lane_stands_still_after_eight_looks_without_a_turn() {
    let folder = TempDir::new().unwrap();
    let (mut watch, [stands, turns]) = watch(Supervisor::default(), folder.path());
    for _ in 0..20 {
        stands.turned();
        turns.turned();
        assert_eq!(watch.looks.look(), []);
    }
    for looks in 1..=20 {
        turns.turned();
        let still = if looks < STILL { vec![] } else { vec![lane("IN1")] };
        assert_eq!((watch.looks.look(), stands.stands_still()), (still, looks >= STILL), "look {looks}");
    }
    stands.turned();
    assert_eq!((watch.looks.look(), stands.stands_still()), (vec![], false));
}

/// Fault F2: the supervisor hears the name first; the next start finds it; then the supervisor is asked to start the agent anew.
#[test]
fn a_supervisor_that_watches_is_asked_to_start_anew() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("notify");
    let socket = UnixDatagram::bind(&place).unwrap();
    let (watch, _) = watch(Supervisor::at(place.as_os_str(), true), folder.path());
    watch.supervisor.ready();
    watch.supervisor.alive();
    watch.tell(&[lane("IN1")]);
    assert_eq!(
        heard(&socket),
        ["READY=1\nSTATUS=runs", "WATCHDOG=1", "STATUS=lane IN1 stands still", "WATCHDOG=trigger"]
    );
    let stood = StoodStill { lanes: vec![lane("IN1")], at: noon(), of: 2 };
    assert_eq!(left(folder.path()).unwrap(), Some(stood));
    watch.tell(&["IN1", "OUT1"].map(lane));
    assert_eq!(heard(&socket), ["STATUS=every lane stands still", "WATCHDOG=trigger"]);
    forget(folder.path()).unwrap();
    assert_eq!(left(folder.path()).unwrap(), None);
    fs::write(folder.path().join("stood-still.json"), "{").unwrap();
    left(folder.path()).unwrap_err();
}

/// Fault F2: who only wants to know when the agent is up is told how it is, by a name without a file too, and asked for nothing.
#[test]
fn a_supervisor_that_does_not_watch_is_told_only() {
    use std::os::linux::net::SocketAddrExt as _;
    let folder = TempDir::new().unwrap();
    let name = format!("kakou-watchdog-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    let (watch, _) = watch(Supervisor::at(&OsString::from(format!("@{name}")), false), folder.path());
    watch.supervisor.alive();
    watch.tell(&[lane("OUT1")]);
    watch.tell(&[]);
    watch.supervisor.stopping();
    assert_eq!(heard(&socket), ["STATUS=lane OUT1 stands still", "STATUS=runs", "STOPPING=1\nSTATUS=stops"]);
    assert_eq!(left(folder.path()).unwrap(), None);
}

/// Fault A8: a supervisor that takes nothing, or is gone, holds nothing up.
#[test]
fn a_supervisor_that_is_gone_holds_nothing_up() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("notify");
    let socket = UnixDatagram::bind(&place).unwrap();
    let supervisor = Supervisor::at(place.as_os_str(), true);
    for _ in 0..10_000 {
        supervisor.alive();
    }
    drop(socket);
    supervisor.alive();
    Supervisor::at(&OsString::from("/no/such/folder/notify"), true).alive();
    assert!(!Supervisor::at(&OsString::from("x".repeat(200)), true).watches());
}
