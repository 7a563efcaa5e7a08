//! Bar-code scanners: those that only talk, and modules that obey commands.
//! Promises: one label is before a scanner at a time; another one takes its place, and taking away what is not there does
//! nothing.

use super::{Firmware, Told};
use crate::board::wire::Wire;
use crate::device::barcode::label::Label;
use crate::device::barcode::module::BarcodeModule;
use crate::device::barcode::plain::PlainScanner;
use crate::scenario::sign::Sign;
use protocols::barcode::aim::CodeId;
use protocols::barcode::charset::Charset;
use protocols::barcode::repr::Layout;
use protocols::tick::Tick;
use serde_json::{Value, json};

/// A scanner and what is held before it.
#[derive(Debug)]
pub(super) struct Scanner<S> {
    scanner: S,
    shown: Option<Label>,
}

/// One that only talks.
pub(super) fn plain(aim: bool) -> Scanner<PlainScanner<Wire>> {
    let code_id = if aim { CodeId::Aim } else { CodeId::Off };
    let layout = Layout { code_id, ..Layout::plain() };
    Scanner { scanner: PlainScanner::new(Wire::default(), layout, Charset::Utf8), shown: None }
}

/// A module as it leaves the factory.
pub(super) fn module() -> Scanner<BarcodeModule<Wire>> {
    Scanner { scanner: BarcodeModule::new(Wire::default()), shown: None }
}

macro_rules! scanner {
    ($scanner:ty, $module:literal, $reboot:expr, $reset:expr) => {
        impl Firmware for Scanner<$scanner> {
            fn kind(&self) -> &'static str {
                "scanner"
            }

            fn wire(&mut self) -> &mut Wire {
                self.scanner.port_mut()
            }

            fn poll(&mut self, now: Tick) -> Option<Told> {
                // The host's port cannot fail.
                let Ok(()) = self.scanner.poll(now);
                None
            }

            fn wake(&self) -> Option<Tick> {
                self.scanner.wake()
            }

            fn reboot(&mut self, _now: Tick) -> Option<Told> {
                self.wire().clear();
                $reboot(&mut self.scanner);
                None
            }

            fn state(&self, _now: Tick) -> Value {
                json!({ "module": $module, "label": self.shown.is_some() })
            }

            fn factory_reset(&mut self) -> bool {
                $reset(&mut self.scanner)
            }

            fn sees(&mut self, sign: &Sign, here: bool, now: Tick) -> Option<bool> {
                let Sign::Label(label) = sign else { return None };
                let changes = here != (self.shown.as_ref() == Some(label));
                if changes && here {
                    self.scanner.show(label.clone(), now);
                    self.shown = Some(label.clone());
                } else if changes {
                    self.scanner.take_away();
                    self.shown = None;
                }
                Some(changes)
            }
        }
    };
}

scanner!(PlainScanner<Wire>, false, |_: &mut PlainScanner<Wire>| {}, |_: &mut PlainScanner<Wire>| false);
scanner!(BarcodeModule<Wire>, true, BarcodeModule::reboot, |module: &mut BarcodeModule<Wire>| {
    module.factory_reset();
    true
});
