//! 扫码器: a scanner that only talks: it tells each label that is shown to it once.
//! Promises: it listens to nothing; a label that is shown anew is told anew.
//! Absent: settings over the line; people scan sheets of setting codes.
//! Source: GM65 manual V1.3, chapter 6, for the form of records.

use super::label::Label;
use super::outlet::Outlet;
use super::{BABBLE, DECODE_TIME, Knobs};
use embedded_io::Write;
use protocols::barcode::aim::Aim;
use protocols::barcode::charset::Charset;
use protocols::barcode::repr::Layout;
use protocols::tick::Tick;

/// One scanner on one serial port.
#[derive(Debug)]
pub struct PlainScanner<P> {
    port: P,
    layout: Layout,
    charset: Charset,
    outlet: Outlet,
    label: Option<Label>,
    /// When the label will have been read, if it was not yet.
    read_at: Option<Tick>,
    babble_at: Option<Tick>,
}

impl<P: Write> PlainScanner<P> {
    /// A scanner that sends records of this form, texts in this set.
    pub fn new(port: P, layout: Layout, charset: Charset) -> Self {
        let (label, read_at, babble_at) = (None, None, None);
        Self { port, layout, charset, outlet: Outlet::default(), label, read_at, babble_at }
    }

    /// The port, for the side that feeds it.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// How it behaves.
    pub fn knobs_mut(&mut self) -> &mut Knobs {
        &mut self.outlet.knobs
    }

    /// A label comes into view.
    pub fn show(&mut self, label: Label, now: Tick) {
        self.label = Some(label);
        self.read_at = Some(now + DECODE_TIME);
    }

    /// The label is taken away.
    pub fn take_away(&mut self) {
        (self.label, self.read_at) = (None, None);
    }

    /// A read failed, and the scanner is set to tell that with this text.
    pub fn fail(&mut self, text: &str, now: Tick) {
        let record = self.layout.failure(text);
        self.outlet.say(&record, now);
    }

    /// Does what is due.
    ///
    /// # Errors
    /// What the port says.
    pub fn poll(&mut self, now: Tick) -> Result<(), P::Error> {
        if self.read_at.take_if(|at| *at <= now).is_some() {
            self.tell(now);
        }
        match self.outlet.knobs.babbles {
            None => self.babble_at = None,
            Some(every) if self.babble_at.is_none_or(|at| at <= now) => {
                self.babble_at = Some(now + every.max(DECODE_TIME));
                self.tell(now);
            }
            Some(_) => {}
        }
        self.outlet.flush(&mut self.port, now)
    }

    /// When `poll` has something to do again.
    #[must_use]
    pub fn wake(&self) -> Option<Tick> {
        let babbles = self.outlet.knobs.babbles.map(|_| self.babble_at.unwrap_or_default());
        [self.read_at, self.outlet.wake(), babbles].into_iter().flatten().min()
    }

    fn tell(&mut self, now: Tick) {
        let record = record(&self.layout, self.label.as_ref(), self.charset, self.outlet.knobs);
        self.outlet.say(&record, now);
    }
}

/// The record of a label, or of a babbler's own text.
pub(super) fn record(
    layout: &Layout,
    label: Option<&Label>,
    charset: Charset,
    knobs: Knobs,
) -> alloc::vec::Vec<u8> {
    let (aim, mut data) = match label {
        Some(label) => (Some(label.aim()), label.data(charset)),
        None => (Aim::new(b'C', b'0'), BABBLE.as_bytes().to_vec()),
    };
    if let Some(last) = data.last_mut().filter(|_| knobs.wrong) {
        *last ^= 1;
    }
    aim.map(|aim| layout.write(aim, &data)).unwrap_or_default()
}
