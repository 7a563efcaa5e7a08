//! The golden frames, however they arrive, and what must hold for any bytes.

mod faults;
mod golden;
mod line;
mod session;

use super::memory::{CardKey, KeyKind};
use super::repr::{CardCommand, Command, CommandError, Firmware, Modulation, Most, Reply, Retries};
use super::status::Status;
use super::target::Target;
use super::wire::{CONTENT_MAX, FRAME_MAX, Frame, Pn532Decoder, Side, WireError};
use crate::frame::Progress;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use golden::{BROKEN, OTHER_FORMS, VALID};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

/// What a decoder tells of these pieces.
fn tell(decoder: &mut Pn532Decoder, side: Side, pieces: &[&[u8]], out: &mut Vec<String>) {
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = &rest[taken..];
            drain(decoder, side, out);
        }
    }
}

fn end(decoder: &mut Pn532Decoder, side: Side, out: &mut Vec<String>) {
    decoder.gap();
    drain(decoder, side, out);
}

fn drain(decoder: &mut Pn532Decoder, side: Side, out: &mut Vec<String>) {
    loop {
        match decoder.pull() {
            Progress::NeedMore => return,
            Progress::Noise { skipped } => out.push(format!("noise {skipped}")),
            Progress::BadCheck(bad) => out.push(format!("bad check of {}", bad.len())),
            Progress::Frame(bytes) => match (Frame::parse(side, bytes).unwrap(), side) {
                (Frame::Ack, _) => out.push("ack".to_string()),
                (Frame::Nack, _) => out.push("nack".to_string()),
                (Frame::SyntaxError, _) => out.push("syntax error".to_string()),
                (Frame::Information(content), Side::Host) => out.push(host(content)),
                (Frame::Information(content), Side::Chip) => chip(content, out),
            },
        }
    }
}

fn host(content: &[u8]) -> String {
    match Command::decode(content) {
        Ok(command) => format!("{command:?}"),
        Err(refusal) => format!("refused {refusal:?}"),
    }
}

fn chip(content: &[u8], out: &mut Vec<String>) {
    out.push(match Reply::decode(content) {
        Err(_) => {
            let code = Reply::answers(content).map_or("none".to_string(), |code| format!("{code:02X}"));
            format!("misfit {code}")
        }
        Ok(Reply::Diagnosed(data)) => format!("diagnosed {}", hex::encode_upper(data)),
        Ok(Reply::Firmware(Firmware { ic, version, revision, support })) => {
            format!("chip {ic:02X}, {version}.{revision}, support {support}")
        }
        Ok(Reply::SamConfigured) => "sam configured".to_string(),
        Ok(Reply::RfConfigured) => "rf configured".to_string(),
        Ok(Reply::Targets(targets)) => {
            out.push(format!("{} cards", targets.len()));
            out.extend(targets.iter().map(card));
            return;
        }
        Ok(Reply::Exchanged { status, data }) => format!("exchanged: {status}, {} bytes", data.len()),
        Ok(Reply::Released(status)) => format!("released: {status}"),
        Ok(Reply::Deselected(status)) => format!("deselected: {status}"),
    });
}

fn card(target: &Target) -> String {
    let ats = target.ats.as_ref().map_or(String::new(), |ats| format!(" ats {}", hex::encode_upper(ats)));
    format!("{} {} {}{ats}", target.number, hex::encode_upper(&target.uid), target.kind())
}

/// The same numbers on every run.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// fault D1; vectors P1 to P25: split, glued and noisy, the same frames tell the same.
#[test]
fn golden_frames_tell_the_same_whole_byte_by_byte_and_behind_noise() {
    for (id, side, hex, want) in VALID.iter().chain(OTHER_FORMS).chain(BROKEN) {
        let stream = bytes(hex);
        let mut whole = Vec::new();
        let mut decoder = Pn532Decoder::new(*side);
        tell(&mut decoder, *side, &[&stream], &mut whole);
        end(&mut decoder, *side, &mut whole);
        assert_eq!(whole, *want, "{id} whole");

        let mut single = Vec::new();
        tell(&mut decoder, *side, &stream.chunks(1).collect::<Vec<_>>(), &mut single);
        end(&mut decoder, *side, &mut single);
        assert_eq!(single, *want, "{id} byte by byte");

        for seed in 0..50 {
            let (mut before, mut behind) = (Vec::new(), Vec::new());
            tell(&mut decoder, *side, &[&noise(seed, 37)], &mut before);
            end(&mut decoder, *side, &mut before);
            tell(&mut decoder, *side, &[&stream], &mut behind);
            end(&mut decoder, *side, &mut behind);
            assert_eq!(behind, *want, "{id} behind noise {seed}");
        }
    }
}

/// Vectors P2 to P16.
#[test]
fn golden_frames_encode_to_the_same_bytes() {
    for (id, side, hex, _) in VALID {
        let stream = bytes(hex);
        let frame = Frame::parse(*side, &stream).unwrap();
        assert_eq!(frame.encode(*side).unwrap(), stream, "{id} wire");
        let again = match (frame, side) {
            (Frame::Information(content), Side::Host) => Command::decode(content).unwrap().encode(),
            (Frame::Information(content), Side::Chip) => Reply::decode(content).unwrap().encode(),
            (fixed, _) => fixed.encode(*side),
        };
        assert_eq!(again.unwrap(), stream, "{id}");
    }
}

/// The host's other fixed frame (UM0701-02, 6.2.1.4).
#[test]
fn the_host_asks_for_the_last_answer_again_by_a_frame_of_its_own() {
    let nack = bytes("0000FF FF00 00");
    assert_eq!(Frame::Nack.encode(Side::Host), Ok(nack.clone()));
    assert_eq!(Frame::parse(Side::Host, &nack), Ok(Frame::Nack));
}

/// Vectors P20 to P24: what is no frame does not parse, and says why.
#[test]
fn what_is_no_frame_does_not_parse() {
    for (hex, error) in [
        ("", WireError::Length),
        ("55", WireError::Length),
        ("0000FF 01FE D5 43 00", WireError::Length),
        ("0000FF 01FF D5 00 00", WireError::Check),
        ("0000FF 02FF D5 43 00", WireError::Length),
        ("0000FF 0CF4 D5 4B 01 01 0004 08 04 5C", WireError::Length),
        ("0000FF 02FE D4 02 2A 00", WireError::Direction),
        ("0000FF 02FE D5 15 16 01", WireError::Length),
        ("0000FF 02FE D5 15 16 00 00", WireError::Length),
    ] {
        assert_eq!(Frame::parse(Side::Chip, &bytes(hex)), Err(error), "{hex}");
    }
    assert!(Frame::parse(Side::Chip, &bytes("00FF 02FE D5 15 16")).is_ok(), "no preamble, no postamble");
}

#[test]
fn a_command_that_the_chip_does_not_know_is_refused() {
    for (content, error) in [
        (&[][..], CommandError::Unknown),
        (&[0x99], CommandError::Unknown),
        (&[0x02, 0], CommandError::Length),
        (&[0x14, 1, 20], CommandError::Length),
        (&[0x14, 2, 20, 1], CommandError::Parameter),
        (&[0x32, 5, 0xFF], CommandError::Length),
        (&[0x32, 1, 1], CommandError::Parameter),
        (&[0x32, 2, 0], CommandError::Parameter),
        (&[0x4A, 1], CommandError::Length),
        (&[0x4A, 3, 0], CommandError::Parameter),
        (&[0x4A, 1, 9], CommandError::Parameter),
        (&[0x00, 9], CommandError::Parameter),
        (&[0x00], CommandError::Length),
        (&[0x40], CommandError::Length),
        (&[0x52], CommandError::Length),
        (&[0x44, 1, 1], CommandError::Length),
    ] {
        assert_eq!(Command::decode(content), Err(error), "{content:02X?}");
    }
}

#[test]
fn a_card_command_that_fits_no_layout_stays_as_it_is() {
    for inner in [&[0x60, 4, 1, 2, 3][..], &[0x30], &[0x30, 4, 4], &[0xA2, 4, 1, 2, 3, 4]] {
        let content = [&[0x40, 1][..], inner].concat();
        let want = Command::Exchange { target: 1, command: CardCommand::Other(inner) };
        assert_eq!(Command::decode(&content), Ok(want));
    }
}

#[test]
fn a_status_says_its_error_whatever_its_flags() {
    assert!(Status::of(0x00).is_done() && Status::of(0xC0).is_done() && Status::of(0x40).more());
    assert!(!Status::of(0x14).is_done() && !Status::of(0x54).is_done());
    assert_eq!(Status::of(0x54).to_string(), "MIFARE authentication failed");
    assert_eq!(Status::of(0x3A).to_string(), "error 3A");
}

#[test]
fn the_longest_content_fits_and_a_longer_one_is_not_encoded() {
    let content = [0x41; CONTENT_MAX + 1];
    for length in [0, 253, 254, 255, CONTENT_MAX] {
        let frame = Frame::Information(&content[..length]);
        let bytes = frame.encode(Side::Chip).unwrap();
        assert_eq!(Frame::parse(Side::Chip, &bytes), Ok(frame), "{length}");
        assert!(bytes.len() <= FRAME_MAX);
        let mut decoder = Pn532Decoder::new(Side::Chip);
        assert_eq!(decoder.push(&bytes), bytes.len());
        assert_eq!(decoder.pull(), Progress::Frame(&bytes));
    }
    assert_eq!(Frame::Information(&content).encode(Side::Chip), Err(WireError::TooLong));
}

/// fault D1: single bits flipped, bytes lost and bytes added never make a card that was not there, and cost at most the
/// next frame. Vector P7.
#[test]
fn damage_never_makes_another_card_and_costs_at_most_the_next_frame() {
    let frame = bytes("0000FF 0CF4 D5 4B 01 01 0004 08 04 5CBBE5D5 FD 00");
    let want = "1 5CBBE5D5 Classic 1K".to_string();
    for at in 0..frame.len() {
        for damage in 0..10 {
            let mut bad = frame.clone();
            match damage {
                8 => drop(bad.remove(at)),
                9 => bad.insert(at, 0x5A),
                bit => bad[at] ^= 1 << bit,
            }
            let stream = [&bad[..], &frame, &frame].concat();
            let mut out = Vec::new();
            let mut decoder = Pn532Decoder::new(Side::Chip);
            tell(&mut decoder, Side::Chip, &[&stream], &mut out);
            end(&mut decoder, Side::Chip, &mut out);
            let cards: Vec<_> =
                out.iter().filter(|line| line.starts_with("1 ") && **line != "1 cards").collect();
            assert!(cards.iter().all(|card| **card == want), "damage {damage} at {at}: {out:?}");
            assert!(cards.len() >= 2, "damage {damage} at {at}: {out:?}");
        }
    }
}

/// A stream of golden frames, broken ones and noise, in any order.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<Vec<u8>> =
        VALID.iter().chain(OTHER_FORMS).chain(BROKEN).map(|(_, _, hex, _)| bytes(hex)).collect();
    let piece = (prop::sample::select(known), prop::collection::vec(any::<u8>(), 0..40), any::<bool>())
        .prop_map(|(known, noise, pick)| if pick { known } else { noise });
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn uids() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![4_usize, 7, 10]).prop_flat_map(|len| prop::collection::vec(any::<u8>(), len))
}

fn targets() -> impl Strategy<Value = Target> {
    let ats = prop::collection::vec(any::<u8>(), 0..30);
    (any::<u8>(), any::<u16>(), any::<u8>(), uids(), ats).prop_map(|(number, sens_res, sel_res, uid, ats)| {
        let ats = (sel_res & 0x20 != 0).then_some(ats);
        Target { number, sens_res, sel_res, uid, ats }
    })
}

fn card_commands(data: &[u8]) -> impl Strategy<Value = CardCommand<'_>> {
    prop_oneof![
        any::<([u8; 6], [u8; 4], u8, bool)>().prop_map(|(bytes, uid, block, a)| {
            let kind = if a { KeyKind::A } else { KeyKind::B };
            CardCommand::Authenticate { block, key: CardKey { kind, bytes }, uid }
        }),
        any::<u8>().prop_map(|block| CardCommand::Read { block }),
        Just(CardCommand::Other(data)),
    ]
}

fn commands(data: &[u8]) -> impl Strategy<Value = Command<'_>> {
    prop_oneof![
        Just(Command::Diagnose(data)),
        Just(Command::GetFirmwareVersion),
        Just(Command::FieldOff),
        any::<(u8, u8)>().prop_map(|(timeout, irq)| Command::SamConfiguration { timeout, irq }),
        any::<[u8; 3]>().prop_map(|[atr, psl, passive]| Command::LimitRetries(Retries { atr, psl, passive })),
        any::<(bool, bool)>().prop_map(move |(one, a)| Command::ListTargets {
            most: if one { Most::One } else { Most::Two },
            modulation: if a { Modulation::TypeA } else { Modulation::TypeB },
            only: data,
        }),
        (any::<u8>(), card_commands(data))
            .prop_map(|(target, command)| Command::Exchange { target, command }),
        any::<u8>().prop_map(Command::Release),
        any::<u8>().prop_map(Command::Deselect),
    ]
}

const DATA: &[u8] = &[0xA2, 0x04, 0x55, 0x00, 0xFF, 0x00, 0xFF];

proptest! {
    /// fault D1: nothing depends on how the bytes were split.
    #[test]
    fn splits_change_nothing((stream, cuts) in streams().prop_flat_map(|stream| {
        let len = stream.len();
        (Just(stream), prop::collection::vec(0..=len, 0..20))
    })) {
        let mut cuts = cuts;
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        for side in [Side::Host, Side::Chip] {
            let (mut whole, mut split) = (Vec::new(), Vec::new());
            for (pieces, out) in [(&[&stream[..]][..], &mut whole), (&pieces[..], &mut split)] {
                let mut decoder = Pn532Decoder::new(side);
                tell(&mut decoder, side, pieces, out);
                end(&mut decoder, side, out);
            }
            prop_assert_eq!(whole, split);
        }
    }

    /// fault D1: any bytes are taken, accounted for to the last one, and leave an empty buffer behind a gap.
    #[test]
    fn every_byte_is_accounted_for(stream in streams(), host in any::<bool>()) {
        let side = if host { Side::Host } else { Side::Chip };
        let mut decoder = Pn532Decoder::new(side);
        let mut out = Vec::new();
        tell(&mut decoder, side, &[&stream], &mut out);
        let counted = |decoder: &Pn532Decoder| {
            let tally = decoder.tally();
            tally.frame_bytes + tally.idle_bytes + tally.noise_bytes + tally.bad_bytes
        };
        prop_assert_eq!(counted(&decoder) + decoder.held() as u64, stream.len() as u64);
        end(&mut decoder, side, &mut out);
        prop_assert_eq!(decoder.held(), 0);
        prop_assert_eq!(counted(&decoder), stream.len() as u64);
    }

    #[test]
    fn commands_come_back_as_written(command in commands(DATA)) {
        let bytes = command.encode().unwrap();
        let Ok(Frame::Information(content)) = Frame::parse(Side::Host, &bytes) else { panic!("{bytes:02X?}") };
        prop_assert_eq!(Command::decode(content), Ok(command));
    }

    #[test]
    fn lists_of_cards_come_back_as_written(list in prop::collection::vec(targets(), 0..=2)) {
        // A card that speaks ISO 14443-4 and gave no ATS could only be last.
        let reply = Reply::Targets(list);
        let bytes = reply.encode().unwrap();
        let Ok(Frame::Information(content)) = Frame::parse(Side::Chip, &bytes) else { panic!("{bytes:02X?}") };
        prop_assert_eq!(Reply::decode(content), Ok(reply));
    }

    /// Any content is decoded or refused, and what is decoded encodes to the same content.
    #[test]
    fn any_content_decodes_to_what_it_says_or_not_at_all(
        code in prop::sample::select(vec![0x00_u8, 0x01, 0x03, 0x15, 0x33, 0x41, 0x45, 0x4B, 0x53]),
        data in prop::collection::vec(0_u8..12, 0..40),
    ) {
        let content = [&[code][..], &data].concat();
        if let Ok(reply) = Reply::decode(&content) {
            let bytes = reply.encode().unwrap();
            prop_assert_eq!(Frame::parse(Side::Chip, &bytes), Ok(Frame::Information(&content)));
            prop_assert!(Reply::answers(&content) == Some(reply.code()));
        }
    }
}
