//! Whoever started the agent and wants to hear of it: systemd's notifications.
//! The socket is made once, at the start: a crate that opens one for each message (`sd-notify`) cannot speak when descriptors are used up, and a gate that is merely poor (fault A8) would be ended.
//! Promises: nothing here blocks or fails; a supervisor that is gone is not told.
//! Source: sd_notify(3).

use std::{
    env,
    ffi::OsStr,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
};

use tracing::warn;

/// 监护进程: where its messages go, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Supervisor {
    to: Option<(UnixDatagram, SocketAddr)>,
    watches: bool,
}

impl Supervisor {
    /// As the environment says: `NOTIFY_SOCKET`, and `WATCHDOG_USEC` where it watches.
    pub(crate) fn of_this_program() -> Self {
        let place = env::var_os("NOTIFY_SOCKET");
        let pid = env::var("WATCHDOG_PID").ok();
        // Whoever inherits the variables is not the one who is watched.
        let is_meant = pid.is_none_or(|pid| pid.parse() == Ok(std::process::id()));
        let watches = is_meant && env::var_os("WATCHDOG_USEC").is_some();
        place.map(|place| Self::at(&place, watches)).unwrap_or_default()
    }

    /// One at this address: a path, or a name that begins with `@`.
    pub(super) fn at(place: &OsStr, watches: bool) -> Self {
        let address = match place.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
            _ => SocketAddr::from_pathname(place),
        };
        let bound = || {
            let socket = UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            Ok((socket, address?))
        };
        match bound() {
            Ok(to) => Self { to: Some(to), watches },
            Err(error) => {
                let error: std::io::Error = error;
                warn!(%error, "NOTIFY_SOCKET cannot be used: {error}");
                Self::default()
            }
        }
    }

    /// Whether it ends and starts the agent when that shows no life.
    pub(super) const fn watches(&self) -> bool {
        self.watches
    }

    pub(super) fn ready(&self) {
        self.say("READY=1\nSTATUS=runs");
    }

    pub(super) fn alive(&self) {
        if self.watches {
            self.say("WATCHDOG=1");
        }
    }

    /// What a person reads in `systemctl status`.
    pub(super) fn status(&self, words: &str) {
        self.say(&format!("STATUS={words}"));
    }

    pub(super) fn start_anew(&self) {
        self.say("WATCHDOG=trigger");
    }

    pub(super) fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=stops");
    }

    fn say(&self, words: &str) {
        if let Some((socket, address)) = &self.to {
            // A full queue: the next word comes in half a second.
            let _ = socket.send_to_addr(words.as_bytes(), address);
        }
    }
}
