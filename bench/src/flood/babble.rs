//! Readers gone mad: random bytes without end on several ports, as fast as their lines could carry them.
//! Promises: 115,200 bit/s each, ten bits a byte, by the clock; what the agent does not take in time is lost, as on a line; the bytes
//! are the same at each run.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{
    fd::OwnedFd,
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
};

use crate::{clock, pty::Pair};

/// Bytes a second that a line of 115,200 bit/s carries.
pub(crate) const LINE: u32 = 11_520;
/// Between two writes; a line brings bytes in smaller pieces, a USB adapter does not.
const TICK: Duration = Duration::from_millis(4);

/// The readers, and the one thread that plays them until the process ends.
#[derive(Debug)]
pub(crate) struct Babblers {
    /// The agent's ends, held open so that none sees a hang-up.
    _nears: Vec<OwnedFd>,
    devices: Vec<PathBuf>,
    speaking: Arc<AtomicBool>,
    taken: Arc<AtomicU64>,
}

impl Babblers {
    /// So many, silent yet.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let (mut fars, mut nears, mut devices) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            let Pair { far, near, device } = Pair::open()?;
            fcntl_setfl(&far, fcntl_getfl(&far)? | OFlags::NONBLOCK)?;
            fars.push(far);
            nears.push(near);
            devices.push(device);
        }
        let (speaking, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (is_on, counted) = (Arc::clone(&speaking), Arc::clone(&taken));
        thread::Builder::new().name("babble".to_owned()).spawn(move || play(&fars, &is_on, &counted))?;
        Ok(Self { _nears: nears, devices, speaking, taken })
    }

    /// The files that the agent opens.
    pub(crate) fn devices(&self) -> &[PathBuf] {
        &self.devices
    }

    /// Begins or ends.
    pub(crate) fn speak(&self, on: bool) {
        self.speaking.store(on, Ordering::SeqCst);
    }

    /// Bytes that the lines of all took so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }
}

fn play(ports: &[OwnedFd], speaking: &AtomicBool, taken: &AtomicU64) {
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    let mut asked = [0; 1024];
    let mut last = clock::now();
    let mut owed = 0.0;
    loop {
        thread::sleep(TICK);
        let now = clock::now();
        owed += now.duration_since(last).as_secs_f64() * f64::from(LINE);
        last = now;
        let is_on = speaking.load(Ordering::SeqCst);
        let mut due = 0_u32;
        while owed >= 1.0 {
            owed -= 1.0;
            due += 1;
        }
        for port in ports {
            // Deaf to the agent's questions, which must not fill the line.
            while rustix::io::read(port, &mut asked).is_ok_and(|count| count > 0) {}
            if is_on {
                let bytes: Vec<u8> = (0..due).map(|_| noise.byte()).collect();
                let count = rustix::io::write(port, &bytes).unwrap_or(0);
                taken.fetch_add(count as u64, Ordering::SeqCst);
            }
        }
    }
}

/// Xorshift: cheap, and any byte is as likely as any other.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_be_bytes()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_speak_when_told_to_and_all_bytes_occur() {
        let babblers = Babblers::start(2).unwrap();
        assert_eq!((babblers.devices().len(), babblers.taken()), (2, 0));
        babblers.speak(true);
        let mut seen = [false; 256];
        let mut buffer = [0; 512];
        while !seen.iter().all(|seen| *seen) {
            let count = crate::pty::read(&babblers._nears[1], &mut buffer).unwrap();
            buffer[..count].iter().for_each(|byte| seen[usize::from(*byte)] = true);
        }
        assert!(babblers.taken() >= 256);
    }
}
