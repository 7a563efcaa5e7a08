//! What a line says, told as its bytes come: the decoders of `decode` behind one face.
//! Promises: the same bytes and the same gaps tell the same, however they were split; a format that must be found is found on
//! the first bytes of the line and then kept.
//! Absent: when a gap is (`Protocol::gap` says how long it takes); captures of messages, which are no line.

use std::time::Duration;

use protocols::{
    barcode::wire::{ScanDecoder, Tail},
    barcode::{gm::RequestDecoder, gm::Requests as GmRequests},
    card::pn532::wire as pn532_wire,
    frame::{Decoder, Framing, Progress},
    relay::{
        mbap,
        wire::{self as modbus_wire, sealed},
    },
    scale::{
        detect::{AnyOf, best},
        wire::{BUFFER as SCALE_BUFFER, command::Requests},
    },
    uhf::wire as uhf_wire,
};

use super::{
    barcode,
    decode::{Line, Protocol, Side, hex},
    display, eseal, modbus, pn532, scale, uhf,
};

/// How many bytes an unknown indicator's format is judged by: four frames of the longest, of others more.
const JUDGED: usize = 96;

/// One side of a line, decoded as it comes.
pub(super) trait Stream {
    /// Bytes came; what they tell is put behind `out`.
    fn push(&mut self, bytes: &[u8], out: &mut Vec<Line>);
    /// Silence: what is incomplete ends here.
    fn gap(&mut self, out: &mut Vec<Line>);
}

impl Protocol {
    /// Silence that ends a frame, as the agent's defaults have it.
    pub(super) const fn gap(self) -> Duration {
        Duration::from_millis(match self {
            Self::Pn532 => 20,
            Self::Barcode | Self::BarcodeGm | Self::Modbus => 50,
            Self::Uhf(_) | Self::Display | Self::Eseal | Self::Mqtt(_) | Self::Sparkplug => 100,
            Self::Scale(_) | Self::AnyScale => 150,
        })
    }

    /// What one side of a line says.
    pub(super) fn stream(self, side: Side) -> Box<dyn Stream> {
        match (self, side) {
            (Self::Uhf(family), Side::Reader) => {
                let decoder = uhf_wire::UhfDecoder::new(uhf_wire::Side::Reader);
                cut(decoder, uhf::name(family), move |frame| uhf::from_reader(frame, family))
            }
            (Self::Uhf(family), Side::Host) => {
                let decoder = uhf_wire::UhfDecoder::new(uhf_wire::Side::Host);
                cut(decoder, uhf::name(family), move |frame| uhf::from_host(frame, family))
            }
            (Self::Barcode, Side::Reader) => Box::new(Scanner::new(barcode::NAME)),
            (Self::BarcodeGm, Side::Reader) => Box::new(Scanner::new(barcode::GM_NAME)),
            (Self::BarcodeGm, Side::Host) => {
                cut(RequestDecoder::new(GmRequests), barcode::GM_NAME, barcode::from_host)
            }
            (Self::Modbus, Side::Reader) => {
                let decoder = modbus_wire::ModbusDecoder::new(modbus_wire::Side::Device);
                cut(decoder, modbus::NAME, modbus::from_device)
            }
            (Self::Modbus, Side::Host) => {
                let decoder = modbus_wire::ModbusDecoder::new(modbus_wire::Side::Host);
                cut(decoder, modbus::NAME, modbus::from_host)
            }
            (Self::Pn532, Side::Reader) => {
                let decoder = pn532_wire::Pn532Decoder::new(pn532_wire::Side::Chip);
                cut(decoder, pn532::NAME, pn532::from_chip)
            }
            (Self::Pn532, Side::Host) => {
                let decoder = pn532_wire::Pn532Decoder::new(pn532_wire::Side::Host);
                cut(decoder, pn532::NAME, pn532::from_host)
            }
            (Self::Scale(wire), Side::Reader) => Box::new(Indicator::new(Some(wire))),
            (Self::AnyScale, Side::Reader) => Box::new(Indicator::new(None)),
            (Self::Scale(scale::Wire::A9) | Self::AnyScale, Side::Host) => {
                let decoder = Decoder::<_, SCALE_BUFFER>::new(Requests);
                cut(decoder, scale::Wire::A9.name(), scale::from_host)
            }
            (Self::Display, side) => {
                cut(display::decoder(side), display::NAME, move |frame| vec![display::line(side, frame)])
            }
            (Self::Eseal, side) => {
                cut(eseal::decoder(), eseal::NAME, move |frame| vec![eseal::line(side, frame)])
            }
            // Nobody says anything to these that means anything; of messages a live line has none.
            (Self::Barcode | Self::Mqtt(_) | Self::Sparkplug, _) | (Self::Scale(_), Side::Host) => {
                let name = match self {
                    Self::Scale(wire) => wire.name(),
                    Self::Mqtt(_) | Self::Sparkplug => self.name(),
                    _ => barcode::NAME,
                };
                cut(Decoder::<_, SCALE_BUFFER>::new(AnyOf(&[])), name, |_| Vec::new())
            }
        }
    }
}

/// Frames of a decoder, in words.
struct Cut<F, const N: usize, W> {
    decoder: Decoder<F, N>,
    protocol: &'static str,
    words: W,
}

/// A decoder as a stream.
pub(super) fn cut<F, const N: usize, W>(
    decoder: Decoder<F, N>,
    protocol: &'static str,
    words: W,
) -> Box<dyn Stream>
where
    F: Framing + 'static,
    W: Fn(&[u8]) -> Vec<Line> + 'static,
{
    Box::new(Cut { decoder, protocol, words })
}

impl<F: Framing, const N: usize, W: Fn(&[u8]) -> Vec<Line>> Cut<F, N, W> {
    fn drain(&mut self, out: &mut Vec<Line>) {
        let protocol = self.protocol;
        loop {
            match self.decoder.pull() {
                Progress::NeedMore => return,
                Progress::Noise { skipped } => out.push(noise(protocol, skipped)),
                Progress::BadCheck(bad) => {
                    out.push(Line { kind: "bad_check", protocol, raw: Some(hex(bad)), ..Line::default() });
                }
                Progress::Frame(good) => out.extend((self.words)(good)),
            }
        }
    }
}

impl<F: Framing, const N: usize, W: Fn(&[u8]) -> Vec<Line>> Stream for Cut<F, N, W> {
    fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Line>) {
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.drain(out);
        }
    }

    fn gap(&mut self, out: &mut Vec<Line>) {
        self.decoder.gap();
        self.drain(out);
    }
}

fn noise(protocol: &'static str, skipped: usize) -> Line {
    Line { kind: "noise", protocol, skipped: Some(skipped), ..Line::default() }
}

/// What a scanner sends.
struct Scanner {
    decoder: ScanDecoder,
    protocol: &'static str,
}

impl Scanner {
    fn new(protocol: &'static str) -> Self {
        Self { decoder: ScanDecoder::new(Tail::Silence), protocol }
    }
}

impl Stream for Scanner {
    fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Line>) {
        while !bytes.is_empty() {
            let taken = self.decoder.push(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            barcode::drain(&mut self.decoder, self.protocol, out);
        }
    }

    fn gap(&mut self, out: &mut Vec<Line>) {
        self.decoder.gap();
        barcode::drain(&mut self.decoder, self.protocol, out);
    }
}

/// An indicator: its first bytes are held until they say which format it sends.
struct Indicator {
    /// Said by whoever asks; else it is found as well.
    wire: Option<scale::Wire>,
    /// The first bytes, from which the format is judged.
    seen: Vec<u8>,
    /// How many of them are told.
    told: usize,
    found: Option<Box<dyn Stream>>,
}

impl Indicator {
    fn new(wire: Option<scale::Wire>) -> Self {
        Self { wire, seen: Vec::new(), told: 0, found: None }
    }

    fn judge(&self) -> Box<dyn Stream> {
        let guesses = scale::Wire::ALL.map(|wire| (wire, wire.formats(&self.seen)));
        let best = best(&guesses.map(|(_, formats)| formats), &self.seen);
        let fits = |(wire, formats): &(scale::Wire, AnyOf<'static>)| match self.wire {
            Some(said) => said == *wire,
            None => best.is_some_and(|best| std::ptr::eq(best.0, formats.0)),
        };
        let [first, ..] = guesses;
        let (wire, formats) = guesses.into_iter().find(fits).unwrap_or(first);
        let decoder = Decoder::<_, SCALE_BUFFER>::new(formats);
        cut(decoder, wire.name(), move |frame| scale::from_indicator(wire, formats, frame))
    }
}

impl Stream for Indicator {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<Line>) {
        if let Some(found) = &mut self.found {
            found.push(bytes, out);
            return;
        }
        self.seen.extend_from_slice(bytes);
        if self.seen.len() >= JUDGED {
            let mut found = self.judge();
            found.push(self.seen.get(self.told..).unwrap_or_default(), out);
            self.found = Some(found);
        }
    }

    fn gap(&mut self, out: &mut Vec<Line>) {
        if let Some(found) = &mut self.found {
            found.gap(out);
            return;
        }
        let mut so_far = self.judge();
        so_far.push(self.seen.get(self.told..).unwrap_or_default(), out);
        so_far.gap(out);
        self.told = self.seen.len();
    }
}

/// Modbus on TCP: each frame as the one that a serial line would carry, so that its words are the same.
pub(super) struct OverTcp {
    frames: mbap::Stream,
    inner: Box<dyn Stream>,
    /// What came behind bytes that begin no frame: a connection has no way back.
    lost: usize,
}

impl OverTcp {
    pub(super) fn new(side: Side) -> Self {
        Self { frames: mbap::Stream::default(), inner: Protocol::Modbus.stream(side), lost: 0 }
    }
}

impl Stream for OverTcp {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<Line>) {
        let held = self.frames.held();
        self.frames.push(bytes);
        loop {
            match self.frames.pull() {
                Ok(Some((header, pdu))) => {
                    self.inner.push(&sealed(header.unit, &pdu), out);
                    self.inner.gap(out);
                }
                Ok(None) => return,
                Err(mbap::Malformed) => {
                    self.lost += held + bytes.len();
                    return;
                }
            }
        }
    }

    fn gap(&mut self, out: &mut Vec<Line>) {
        if self.lost > 0 {
            out.push(noise(modbus::NAME, std::mem::take(&mut self.lost)));
        }
    }
}
