//! What is tried when: listening first, the factory's settings next, then all other rates.
//! Promises: nothing is asked before listening has ended; each attempt opens the line anew with its own rate, so that no answer is taken
//! for a later question's; the time limit holds within one attempt.
//! Absent: what bytes mean (`listen`, `ask`).

use std::{sync::Arc, time::Duration};

use protocols::{relay::wire::Response, tick::Tick};
use serde::Serialize;
use toml::Table;

use super::{
    ask::{Answered, Ask, board_frame, inputs, relays, response},
    found::Found,
    listen::{Sender, sender},
};
use crate::{
    cli::technician::target::setting,
    clock::Clock,
    config::{Kind, Parity, PortSettings},
    drivers::{Attended, Heard},
};

/// Rates that senders have, the commonest first.
const LISTENED: [u32; 8] = [9600, 4800, 2400, 1200, 19_200, 57_600, 115_200, 38_400];
/// Units of a Modbus line that are asked at the factory's rate, and at others.
const UNITS: (u8, u8) = (8, 2);
/// Everybody but boards.
const ONCE: [Ask; 5] = [Ask::Uhf, Ask::Card, Ask::Scanner, Ask::Scale, Ask::Seals];
/// On a connection a board without a gateway hears 255; behind one it has its own number.
const UNITS_TCP: [u8; 3] = [255, 1, 2];
/// How many channels a board may have.
const CHANNELS: [u16; 5] = [32, 16, 8, 4, 2];
/// How many bytes of an attempt are kept: a babbling line tells no more with more.
const KEPT: usize = 4096;
/// From one look at what came to the next.
const LOOK: Duration = Duration::from_millis(100);

/// What came of it.
pub(in crate::cli::technician) enum Outcome {
    /// This.
    Found(Found),
    /// Nothing.
    Nothing {
        /// How many bytes came while it was listened.
        heard_bytes: u64,
        /// There was more to try.
        timed_out: bool,
        /// In order.
        tried: Vec<Tried>,
    },
}

/// One attempt.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli::technician) struct Tried {
    /// `listened`, or who was asked.
    pub(in crate::cli::technician) what: String,
    /// How the line was set.
    pub(in crate::cli::technician) line: String,
}

/// One probe.
pub(in crate::cli::technician) struct Course<S> {
    port: PortSettings,
    /// What the configuration says is there: asked first, as it says.
    expected: Option<Ask>,
    clock: Arc<dyn Clock>,
    listen: Duration,
    /// Hears what is being done.
    say: S,
    tried: Vec<Tried>,
    heard_bytes: u64,
    end: Tick,
}

/// The time is up, or the line cannot be used.
enum Stop {
    TimeUp,
    Broken(anyhow::Error),
}

impl<S: Fn(&str)> Course<S> {
    pub(in crate::cli::technician) fn new(
        port: &PortSettings,
        configured: Option<&Kind>,
        clock: Arc<dyn Clock>,
        listen: Duration,
        say: S,
    ) -> Self {
        let (port, tried, expected) = (port.clone(), Vec::new(), configured.and_then(Ask::of));
        Self { port, expected, clock, listen, say, tried, heard_bytes: 0, end: Tick::default() }
    }

    /// Tries everything for that long at most.
    pub(in crate::cli::technician) async fn run(mut self, limit: Duration) -> anyhow::Result<Outcome> {
        self.end = self.clock.tick() + limit;
        let found = match self.senders().await {
            Ok(None) => self.askers().await,
            other => other,
        };
        let timed_out = match found {
            Ok(Some(found)) => return Ok(Outcome::Found(found)),
            Ok(None) => false,
            Err(Stop::TimeUp) => true,
            Err(Stop::Broken(error)) => return Err(error),
        };
        Ok(Outcome::Nothing { heard_bytes: self.heard_bytes, timed_out, tried: self.tried })
    }

    fn is_tcp(&self) -> bool {
        matches!(self.port, PortSettings::Tcp(_))
    }

    fn tries(&mut self, doing: &str, what: String, port: &PortSettings) {
        let line = setting(port);
        (self.say)(&format!("{doing} at {line}"));
        self.tried.push(Tried { what, line });
    }

    fn at(&self, baud: u32, parity: Parity) -> PortSettings {
        let mut port = self.port.clone();
        if let PortSettings::Serial(serial) = &mut port {
            (serial.baud, serial.parity) = (baud, parity);
        }
        port
    }

    /// Listens at each rate, or only once where nothing at all comes: what is sent at another rate comes as rubbish.
    async fn senders(&mut self) -> Result<Option<Found>, Stop> {
        let ports = if self.is_tcp() {
            vec![self.port.clone()]
        } else {
            let plain = LISTENED.map(|baud| self.at(baud, Parity::None));
            let even = LISTENED.iter().take(5).map(|baud| self.at(*baud, Parity::Even));
            let mut ports: Vec<PortSettings> = plain.into_iter().chain(even).collect();
            if let Some(place) = ports.iter().position(|port| *port == self.port) {
                // As it is configured, or at the commonest rate.
                ports.swap(0, place);
            } else {
                ports.insert(0, self.port.clone());
            }
            ports
        };
        for port in ports {
            self.tries("listening", "listened".to_owned(), &port);
            let heard = self.attempt(&port, &[], self.listen, |bytes| sender(bytes, false).is_some()).await?;
            self.heard_bytes += heard.len() as u64;
            if heard.is_empty() {
                return Ok(None);
            }
            match sender(&heard, true) {
                None => {}
                Some(Sender::Scale { says, keys, notes }) => {
                    return Ok(Some(Found { kind: "weighbridge", port, says, keys, notes }));
                }
                Some(Sender::Seals { reader }) => {
                    let mut keys = Table::new();
                    keys.insert("address".to_owned(), i64::from(reader).into());
                    let says = format!("reader {reader} tells seals by itself");
                    return Ok(Some(Found { kind: "eseal-reader", port, says, keys, notes: Vec::new() }));
                }
                Some(Sender::Scanner { text }) => return self.scanner(port, &text).await.map(Some),
                Some(Sender::Uhf) => return self.scanning(port).await.map(Some),
            }
        }
        Ok(None)
    }

    /// A reader in scan mode tells tags, but not which family it is of: that it says when asked.
    async fn scanning(&mut self, port: PortSettings) -> Result<Found, Stop> {
        let mut found = match self.ask(Ask::Uhf, &port).await? {
            Some(answered) => of(answered, port),
            None => Found {
                kind: "uhf-chafon-18",
                port,
                says: "tells tags by itself".to_owned(),
                keys: Table::new(),
                notes: vec!["it did not say which family it is of: try uhf-chafon-288 too".to_owned()],
            },
        };
        found.keys.insert("mode".to_owned(), "scan".into());
        found
            .notes
            .push("it is in scan mode; with mode = \"answer\" the agent would set it to answer".to_owned());
        Ok(found)
    }

    /// Text alone comes from any scanner; a module of the GM family answers as well.
    async fn scanner(&mut self, port: PortSettings, text: &str) -> Result<Found, Stop> {
        let notes =
            vec![format!("read {text:?}"), "set code_id and charset as the scanner is set".to_owned()];
        if let Some(answered) = self.ask(Ask::Scanner, &port).await? {
            return Ok(Found { notes, ..of(answered, port) });
        }
        let says = "sends lines of text".to_owned();
        Ok(Found { kind: "scanner", port, says, keys: Table::new(), notes })
    }

    /// Asks everybody, one after the other.
    async fn askers(&mut self) -> Result<Option<Found>, Stop> {
        let attempts: Vec<(Ask, PortSettings)> = if self.is_tcp() {
            let boards = UNITS_TCP.map(|unit| Ask::Board { unit });
            boards.into_iter().chain(ONCE).map(|ask| (ask, self.port.clone())).collect()
        } else {
            attempts().into_iter().map(|(ask, baud, parity)| (ask, self.at(baud, parity))).collect()
        };
        let expected = self.expected.map(|ask| (ask, self.port.clone()));
        for (ask, port) in expected.into_iter().chain(attempts) {
            if let Some(found) = self.found(ask, port).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn found(&mut self, ask: Ask, port: PortSettings) -> Result<Option<Found>, Stop> {
        let Some(answered) = self.ask(ask, &port).await? else { return Ok(None) };
        Ok(Some(match ask {
            Ask::Board { unit } => self.board(unit, answered, port).await?,
            Ask::Uhf | Ask::Card | Ask::Scanner | Ask::Scale | Ask::Seals => of(answered, port),
        }))
    }

    async fn ask(&mut self, ask: Ask, port: &PortSettings) -> Result<Option<Answered>, Stop> {
        let who = ask.words();
        self.tries(&format!("asking {who}"), format!("asked {who}"), port);
        let over_tcp = self.is_tcp();
        let requests = ask.requests(over_tcp);
        let heard = self
            .attempt(port, &requests, Duration::ZERO, |bytes| ask.judge(bytes, over_tcp).is_some())
            .await?;
        Ok(ask.judge(&heard, over_tcp))
    }

    /// How many inputs and relays it has: the most that it can be read.
    async fn board(&mut self, unit: u8, answered: Answered, port: PortSettings) -> Result<Found, Stop> {
        let over_tcp = self.is_tcp();
        let mut found = of(answered, port.clone());
        let mut counts = Vec::new();
        for (key, read) in [("input_count", inputs as fn(u16) -> _), ("coil_count", relays)] {
            for count in CHANNELS {
                let request = read(count);
                let frame = vec![(board_frame(&request, unit, over_tcp), Duration::from_millis(300))];
                let whole = |bytes: &[u8]| response(&request, unit, bytes, over_tcp);
                let heard =
                    self.attempt(&port, &frame, Duration::ZERO, |bytes| whole(bytes).is_some()).await?;
                if let Some(Response::Bits(_)) = whole(&heard) {
                    found.keys.insert(key.to_owned(), i64::from(count).into());
                    counts
                        .push(format!("{count} {}", if key == "input_count" { "inputs" } else { "relays" }));
                    break;
                }
            }
        }
        if counts.len() == 2 {
            found.says = format!("unit {unit}, {}", counts.join(", "));
        } else {
            found
                .notes
                .push("inputs or relays could not be read: it may be another device with Modbus".to_owned());
        }
        // What its channels are wired to no line tells, and defaults name more than a small board has.
        found
            .notes
            .push("say in [device.inputs] and [device.coils] what is wired to which channel".to_owned());
        wire_small(&mut found.keys);
        Ok(found)
    }

    /// Opens the line, says the requests one by one and hears until `enough`, or until the time of each, and `longer`, is over.
    async fn attempt(
        &self,
        port: &PortSettings,
        requests: &[(Vec<u8>, Duration)],
        longer: Duration,
        enough: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>, Stop> {
        let mut line = Attended::new(port, self.clock.clone());
        let mut buffer = [0; 1024];
        match line.next(&mut buffer, Some(self.end)).await {
            Heard::Opened => {}
            Heard::Time => return Err(Stop::TimeUp),
            Heard::Gone(why) | Heard::NotThere(why) => return Err(Stop::Broken(anyhow::anyhow!("{why}"))),
            Heard::Bytes(_) => {}
        }
        line.discard();
        let mut heard = Vec::new();
        let pause = [(Vec::new(), longer)];
        for (request, wait) in requests.iter().chain(&pause) {
            if !request.is_empty() && line.write(request).await.is_err() {
                return Ok(heard);
            }
            let until = self.clock.tick() + *wait;
            loop {
                let now = self.clock.tick();
                if now >= self.end {
                    return Err(Stop::TimeUp);
                }
                if now >= until {
                    break;
                }
                match line.next(&mut buffer, Some(until.min(now + LOOK).min(self.end))).await {
                    Heard::Bytes(count) => {
                        let room = KEPT.saturating_sub(heard.len()).min(count);
                        heard.extend_from_slice(buffer.get(..room).unwrap_or_default());
                        if room > 0 && enough(&heard) {
                            return Ok(heard);
                        }
                    }
                    Heard::Opened | Heard::Time => {}
                    // A device that hangs up on what it does not understand has not answered.
                    Heard::Gone(_) | Heard::NotThere(_) => return Ok(heard),
                }
            }
        }
        Ok(heard)
    }
}

/// Who is asked at which rate and parity of a serial line: the factory's settings first, then all others.
pub(in crate::cli::technician) fn attempts() -> Vec<(Ask, u32, Parity)> {
    let boards = |most: u8| (1..=most).map(|unit| Ask::Board { unit });
    // First the first unit, which most boards have; the other units when nobody else was there.
    let first = ONCE.into_iter().chain(boards(1)).chain(boards(UNITS.0).skip(1));
    let factory = first.filter_map(|ask| Some((ask, *ask.rates().first()?, *ask.parities().first()?)));
    let mut attempts: Vec<(Ask, u32, Parity)> = factory.collect();
    for ask in ONCE.into_iter().chain(boards(UNITS.1)) {
        let settings =
            ask.rates().iter().flat_map(|baud| ask.parities().iter().map(move |parity| (*baud, *parity)));
        for (baud, parity) in settings {
            if !attempts.contains(&(ask, baud, parity)) {
                attempts.push((ask, baud, parity));
            }
        }
    }
    attempts
}

fn of(answered: Answered, port: PortSettings) -> Found {
    let Answered { kind, says, keys } = answered;
    Found { kind, port, says, keys, notes: Vec::new() }
}

/// A board with fewer channels than the example lane map names: what it has not is not wired.
fn wire_small(keys: &mut Table) {
    let maps =
        [("inputs", "input_count", crate::config::INPUTS), ("coils", "coil_count", crate::config::COILS)];
    for (table, count, names) in maps {
        let count = keys.get(count).and_then(toml::Value::as_integer).unwrap_or(8);
        let missing = (0_i64..).zip(names).filter(|(channel, _)| *channel >= count);
        let missing: Table = missing.map(|(_, name)| (name.to_owned(), "none".into())).collect();
        if !missing.is_empty() {
            keys.insert(table.to_owned(), missing.into());
        }
    }
}
