//! The line between a device's port and its pty: its rate, and the faults at work on it.
//! Promises: bytes keep their order; without a rate and without faults they pass at once.
//! Absent: the pty itself (`pty`).

use crate::fault::{Faults, Toward};
use protocols::tick::Tick;
use std::collections::VecDeque;
use std::time::Duration;

/// Bytes on their way one way, each write with the moment at which it is due.
#[derive(Debug, Default)]
struct Way {
    queue: VecDeque<(Tick, Vec<u8>)>,
    free: Tick,
}

impl Way {
    fn send(&mut self, bytes: Vec<u8>, late: Duration, rate: Option<u32>, now: Tick) {
        if bytes.is_empty() {
            return;
        }
        let start = (now + late).max(self.free);
        let Some(rate) = rate.filter(|rate| *rate > 0) else {
            self.free = start;
            self.queue.push_back((start, bytes));
            return;
        };
        // 8N1: ten bits a byte.
        let mut due = start;
        for byte in bytes {
            due = due + Duration::from_secs(10) / rate;
            self.queue.push_back((due, vec![byte]));
        }
        self.free = due;
    }

    fn arrived(&mut self, now: Tick) -> Vec<u8> {
        let mut out = Vec::new();
        while self.queue.front().is_some_and(|(due, _)| *due <= now) {
            out.extend(self.queue.pop_front().map(|(_, bytes)| bytes).unwrap_or_default());
        }
        out
    }

    fn wake(&self) -> Option<Tick> {
        self.queue.front().map(|(due, _)| *due)
    }
}

/// 线路: one serial line.
#[derive(Debug)]
pub struct Line {
    /// Bits a second, or none for a line without delay.
    pub rate: Option<u32>,
    /// What is wrong with it.
    pub faults: Faults,
    to_host: Way,
    to_device: Way,
}

impl Line {
    /// A sound line.
    #[must_use]
    pub fn new(rate: Option<u32>, seed: u64) -> Self {
        Self { rate, faults: Faults::new(seed), to_host: Way::default(), to_device: Way::default() }
    }

    /// The gate wrote.
    pub fn from_host(&mut self, bytes: &[u8], now: Tick) {
        if self.faults.echoes() {
            self.to_host.send(bytes.to_vec(), Duration::ZERO, self.rate, now);
        }
        let bent = self.faults.bend(Toward::Device, bytes);
        self.to_device.send(bent.bytes, bent.late, self.rate, now);
    }

    /// The device wrote.
    pub fn from_device(&mut self, bytes: &[u8], now: Tick) {
        if !bytes.is_empty() {
            let bent = self.faults.bend(Toward::Host, bytes);
            self.to_host.send(bent.bytes, bent.late, self.rate, now);
        }
    }

    /// What reaches the gate by now.
    pub fn at_host(&mut self, now: Tick) -> Vec<u8> {
        let made_up = self.faults.babble(now);
        self.to_host.send(made_up, Duration::ZERO, None, now);
        self.to_host.arrived(now)
    }

    /// What reaches the device by now.
    pub fn at_device(&mut self, now: Tick) -> Vec<u8> {
        self.to_device.arrived(now)
    }

    /// The cable is pulled: what was on its way is gone.
    pub fn cut(&mut self) {
        self.to_host = Way::default();
        self.to_device = Way::default();
    }

    /// When something arrives next.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        [self.to_host.wake(), self.to_device.wake(), self.faults.wake()].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::Line;
    use crate::fault::Fault;
    use protocols::tick::Tick;

    #[test]
    fn a_line_without_a_rate_has_no_delay_and_one_with_a_rate_takes_ten_bits_a_byte() {
        let mut fast = Line::new(None, 0);
        fast.from_host(b"abc", Tick::from_millis(5));
        assert_eq!(fast.at_device(Tick::from_millis(5)), b"abc");

        let mut slow = Line::new(Some(9600), 0);
        slow.from_device(b"abc", Tick::default());
        assert_eq!(slow.at_host(Tick::from_micros(1041)), b"a");
        assert_eq!(slow.at_host(Tick::from_micros(3122)), b"b");
        assert_eq!(slow.at_host(Tick::from_micros(3123)), b"c");
        assert_eq!(slow.wake(), None);
    }

    /// fault D7: late replies.
    #[test]
    fn a_slow_line_keeps_the_order() {
        let mut line = Line::new(None, 0);
        line.faults.begin(1, Fault::Slow { delay_ms: 200 }, Tick::default());
        line.from_device(b"a", Tick::default());
        line.faults.end(1);
        line.from_device(b"b", Tick::from_millis(10));
        assert_eq!(line.at_host(Tick::from_millis(199)), b"");
        assert_eq!(line.at_host(Tick::from_millis(200)), b"ab");
    }

    #[test]
    fn an_echoing_adapter_puts_the_request_before_the_answer() {
        let mut line = Line::new(None, 0);
        line.faults.begin(1, Fault::Echo, Tick::default());
        line.from_host(b"ask", Tick::default());
        line.from_device(b"answer", Tick::default());
        assert_eq!(line.at_host(Tick::default()), b"askanswer");
        assert_eq!(line.at_device(Tick::default()), b"ask");
    }
}
