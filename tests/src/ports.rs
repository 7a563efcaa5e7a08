//! Ports for what must come back at the same address after a kill.
//! Promises: outside the range from which the system serves port 0 and outgoing connections, where a port may be gone by the time a
//! program is started again; runs at the same time begin at different places.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, bail};

use crate::clock;

/// Below Linux's ephemeral ports (32768 and up), above the well-known ones.
const FIRST: u16 = 18_000;
const HOW_MANY: u32 = 14_000;

static ASKED: AtomicU32 = AtomicU32::new(0);

/// A free port of this machine: the wanted one or one of the hundred after it, any for 0.
///
/// # Errors
/// When all are taken.
pub fn free(wanted: u16) -> Result<SocketAddr> {
    if wanted != 0 {
        return held(wanted)?.local_addr().context("a listener without an address");
    }
    let run = std::process::id().wrapping_mul(7919);
    let now = u32::try_from(clock::wall_ms() % 1_000_003).unwrap_or_default();
    let asked = ASKED.fetch_add(1, Ordering::Relaxed).wrapping_mul(61);
    let begin = run.wrapping_add(now).wrapping_add(asked);
    let port = |step: u32| Some(FIRST + u16::try_from(begin.wrapping_add(step) % HOW_MANY).ok()?);
    first_free((0..HOW_MANY).map(port))?.local_addr().context("a listener without an address")
}

/// The wanted port or one of the hundred after it, kept from others until the listener is dropped: for an address that must be told before
/// its program can be started.
///
/// # Errors
/// When all are taken.
pub fn held(wanted: u16) -> Result<TcpListener> {
    first_free((wanted..=wanted.saturating_add(100)).map(Some))
}

fn first_free(candidates: impl Iterator<Item = Option<u16>>) -> Result<TcpListener> {
    for port in candidates.flatten() {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return Ok(listener);
        }
    }
    bail!("no port is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_gives_way_to_the_next() {
        let any = free(0).unwrap();
        assert!((FIRST..FIRST + 14_000).contains(&any.port()));
        let _taken = TcpListener::bind(any).unwrap();
        let next = free(any.port()).unwrap();
        assert!(next.port() > any.port());
        let kept = held(any.port()).unwrap().local_addr().unwrap();
        assert_eq!(kept, next, "dropped at once, it is free again");
    }
}
