//! What unasked bytes mean: an indicator, a reader in scan mode, a reader of seals, a scanner.
//! Promises: what has a check is believed at the first sound frame; what has none only when hardly anything else came.
//! Absent: the line. Source: start-up rule of the field (`protocols::scale::detect`).

use protocols::{
    barcode::wire::{Progress as ScanProgress, ScanDecoder, Tail},
    frame::{Decoder, Framing, Progress, Tally},
    scale::{
        quantity::Unit,
        wire::{BUFFER as SCALE_BUFFER, Format, Message},
    },
    seal::reader::{
        repr::Message as SealMessage,
        wire::{Frame as SealFrame, SealDecoder, SealWire},
    },
    uhf::{
        repr::code,
        wire::{ReaderFrame, Side, UhfDecoder},
    },
};
use toml::Table;

use crate::{cli::scale, config::ScaleFormat};

/// So many frames of an indicator make it one; fewer might be anything.
const FRAMES: u64 = 3;

/// What the bytes come from.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli::technician) enum Sender {
    /// An indicator that sends by itself.
    Scale { says: String, keys: Table, notes: Vec<String> },
    /// A reader of electronic plates in scan mode; which family, it must be asked.
    Uhf,
    /// A reader of seals.
    Seals { reader: u16 },
    /// Lines of text.
    Scanner { text: String },
}

/// What these bytes come from, if that is clear. `whole` when no more will come: a text may then be judged.
pub(in crate::cli::technician) fn sender(bytes: &[u8], whole: bool) -> Option<Sender> {
    let of_scale = scale::Wire::ALL.into_iter().find_map(|wire| indicator(wire, bytes));
    of_scale
        .or_else(|| reports_tags(bytes).then_some(Sender::Uhf))
        .or_else(|| seals(bytes))
        .or_else(|| if whole { text(bytes) } else { None })
}

/// Every frame of a capture, and where its bytes went.
pub(in crate::cli::technician) fn frames<F: Framing, const N: usize>(
    mut decoder: Decoder<F, N>,
    mut bytes: &[u8],
    mut each: impl FnMut(&[u8]),
) -> Tally {
    loop {
        let taken = decoder.push(bytes);
        bytes = bytes.get(taken..).unwrap_or_default();
        let ended = bytes.is_empty();
        if ended {
            decoder.gap();
        }
        loop {
            match decoder.pull() {
                Progress::NeedMore => break,
                Progress::Noise { .. } | Progress::BadCheck(_) => {}
                Progress::Frame(frame) => each(frame),
            }
        }
        if ended {
            return decoder.tally();
        }
    }
}

fn indicator(wire: scale::Wire, bytes: &[u8]) -> Option<Sender> {
    let formats = wire.formats(bytes);
    let (mut last, mut sorts) = (None, Vec::new());
    let tally = frames(Decoder::<_, SCALE_BUFFER>::new(formats), bytes, |frame| {
        let format = formats.format(frame);
        if format.is_some() && !sorts.contains(&format) {
            sorts.push(format);
        }
        last = format.zip(format.and_then(|format| format.read(frame, Unit::Kilogram)));
    });
    // The first and the last frame may be torn.
    let mostly = tally.frame_bytes >= 2 * (tally.noise_bytes + tally.bad_bytes);
    let (format, message) = last.filter(|_| tally.frames >= FRAMES && mostly && sorts.len() == 1)?;
    let shown = match message {
        Message::Shown(shown) => shown,
        // Command mode: somebody else asks on this line.
        Message::Answer(_) => return None,
    };
    let weight = match shown.value {
        Ok(quantity) => quantity.to_string(),
        Err(why) => why.to_string(),
    };
    let (mut keys, mut notes) = (Table::new(), Vec::new());
    match format {
        Format::Equals(_) => notes.push(
            "which way round the digits are the line does not tell: set format to equals, equals-plain or equals-last"
                .to_owned(),
        ),
        known => keys.extend(ScaleFormat::name(known).map(|name| ("format".to_owned(), name.into()))),
    }
    notes.push("check the weight with a known load before you trust it".to_owned());
    let says = format!("sends {} by itself, shows {weight}", format.name());
    Some(Sender::Scale { says, keys, notes })
}

fn reports_tags(bytes: &[u8]) -> bool {
    let mut reports = false;
    frames(UhfDecoder::new(Side::Reader), bytes, |frame| {
        reports |= ReaderFrame::parse(frame).is_ok_and(|frame| frame.code == code::UNSOLICITED);
    });
    reports
}

fn seals(bytes: &[u8]) -> Option<Sender> {
    let mut reader = None;
    frames(SealDecoder::new(SealWire), bytes, |frame| {
        if let Some(frame) = SealFrame::parse(frame)
            && matches!(SealMessage::decode(&frame), Ok(SealMessage::Burst { .. }))
        {
            reader = Some(frame.reader);
        }
    });
    reader.map(|reader| Sender::Seals { reader })
}

/// Whole lines of printable text and nothing else.
fn text(bytes: &[u8]) -> Option<Sender> {
    let mut decoder = ScanDecoder::new(Tail::LineEnd);
    let (mut rest, mut text, mut other) = (bytes, None, false);
    loop {
        let taken = decoder.push(rest);
        rest = rest.get(taken..).unwrap_or_default();
        if rest.is_empty() {
            decoder.gap();
        }
        loop {
            match decoder.pull() {
                ScanProgress::NeedMore => break,
                ScanProgress::Record(record) => match std::str::from_utf8(record.bytes()) {
                    Ok(line) if line.chars().count() >= 4 => {
                        text = Some(line.trim_end().to_owned());
                    }
                    Ok(_) | Err(_) => other = true,
                },
                ScanProgress::Noise { .. } | ScanProgress::BadCheck(_) | ScanProgress::Reply(_) => {
                    other = true
                }
            }
        }
        if rest.is_empty() {
            return text.filter(|_| !other).map(|text| Sender::Scanner { text });
        }
    }
}
