//! The 256 zones of a module, and what they make of a record.
//! Promises: what a module says it is cannot be written over.
//! Chosen where the manual gives no single factory value: button mode, CR tail, no code ID, GBK over the serial line.
//! Absent: the zones of single symbologies, which are kept and mean nothing.
//! Source: GM65 manual V1.3, appendix A.

use protocols::barcode::aim::CodeId;
use protocols::barcode::charset::Charset;
use protocols::barcode::repr::Layout;
use protocols::barcode::zone::{self, Baud, Format, Identity, TextOutput, Trigger};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Zones([u8; 256]);

impl Zones {
    pub(super) fn factory() -> Self {
        let mut zones = Self([0; 256]);
        let identity = Identity { model: 5, hardware: 0x64, software: 0x67, date: [0x16, 0x09, 0x01] };
        zones.put(zone::IDENTITY, &identity.zones());
        // LED, sound, aim and light while it reads.
        zones.put(zone::MODE, &[0xD4]);
        zones.put(zone::INTERVAL, &[10]);
        zones.put(zone::READ_TIME, &[50]);
        zones.put(zone::BAUD, &Baud::ALL.first().map_or([0; 2], |baud| baud.zones()));
        zones.put(zone::FORMAT, &[0x01]);
        zones
    }

    pub(super) fn read(&self, zone: u16, count: u16) -> Option<&[u8]> {
        let from = usize::from(zone);
        self.0.get(from..from + usize::from(count))
    }

    /// Writes what may be written; `false` when a zone does not exist.
    pub(super) fn write(&mut self, zone: u16, data: &[u8]) -> bool {
        if self.0.get(usize::from(zone)..usize::from(zone) + data.len()).is_none() {
            return false;
        }
        let is = self.read(zone::IDENTITY, 6).and_then(|zones| <[u8; 6]>::try_from(zones).ok());
        self.put(zone, data);
        self.put(zone::IDENTITY, &is.unwrap_or_default());
        true
    }

    fn put(&mut self, zone: u16, data: &[u8]) {
        for (slot, value) in self.0.iter_mut().skip(usize::from(zone)).zip(data) {
            *slot = *value;
        }
    }

    pub(super) fn get(&self, zone: u16) -> u8 {
        self.0.get(usize::from(zone)).copied().unwrap_or_default()
    }

    /// A zone that falls back to 0 by itself.
    pub(super) fn take(&mut self, zone: u16) -> u8 {
        let value = self.get(zone);
        self.put(zone, &[0]);
        value
    }

    pub(super) fn trigger(&self) -> Trigger {
        Trigger::of(self.get(zone::MODE))
    }

    pub(super) fn format(&self) -> Format {
        Format::of(self.get(zone::FORMAT))
    }

    pub(super) fn layout(&self) -> Layout {
        let format = self.format();
        let lengths = self.get(zone::AFFIX_LENGTHS);
        let affix = |on: bool, first: u16, length: u8| {
            let bytes = self.read(first, u16::from(length)).filter(|_| on);
            bytes.unwrap_or_default().to_vec()
        };
        let code_id = match (format.code_id, self.get(zone::AIM) & zone::AIM_ON != 0) {
            (false, _) => CodeId::Off,
            (true, false) => CodeId::Letter,
            (true, true) => CodeId::Aim,
        };
        Layout {
            prefix: affix(format.prefix, zone::PREFIX, lengths >> 4),
            code_id,
            suffix: affix(format.suffix, zone::SUFFIX, lengths & 0x0F),
            tail: format.tail,
        }
    }

    /// Chosen: "Unicode" is UTF-8.
    pub(super) fn charset(&self) -> Charset {
        match TextOutput::of(self.get(zone::OUTPUT)) {
            Some(TextOutput::Gbk) => Charset::Gbk,
            Some(TextOutput::Big5) => Charset::Big5,
            Some(TextOutput::Unicode) | None => Charset::Utf8,
        }
    }
}
