//! The golden frames, however they arrive, and what must hold for any bytes.

mod golden;
mod line;
mod session;
mod session_288;
mod tags;

use super::repr::{Command, CommandError, InventoryPlan, Reply, Scan};
use super::tag::{Family, TagRead};
use super::wire::{HostFrame, ReaderFrame, Side, UhfDecoder, WireError};
use crate::frame::Progress;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use golden::{BROKEN, OF_288, VALID};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, proptest};

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

/// What a decoder tells of these pieces, and of the gap behind them when they end with one.
fn tell(decoder: &mut UhfDecoder, family: Family, side: Side, pieces: &[&[u8]], out: &mut Vec<String>) {
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let taken = decoder.push(rest);
            rest = &rest[taken..];
            drain(decoder, family, side, out);
        }
    }
}

fn end(decoder: &mut UhfDecoder, family: Family, side: Side, out: &mut Vec<String>) {
    decoder.gap();
    drain(decoder, family, side, out);
}

fn drain(decoder: &mut UhfDecoder, family: Family, side: Side, out: &mut Vec<String>) {
    loop {
        match (decoder.pull(), side) {
            (Progress::NeedMore, _) => return,
            (Progress::Noise { skipped }, _) => out.push(format!("noise {skipped}")),
            (Progress::BadCheck(bad), _) => out.push(format!("bad check of {}", bad.len())),
            (Progress::Frame(bytes), Side::Host) => out.push(host(bytes, family)),
            (Progress::Frame(bytes), Side::Reader) => reader(bytes, family, out),
        }
    }
}

fn host(bytes: &[u8], family: Family) -> String {
    let frame = HostFrame::parse(bytes).unwrap();
    let said = match Command::decode(&frame, family) {
        Ok(Command::InventoryBy(plan)) => inventory(&plan),
        Ok(Command::Heartbeat(time)) => format!("heartbeat, order {:?}", time.order()),
        Ok(command) => format!("{command:?}"),
        Err(refusal) => format!("{:02X} refused, {:?}", frame.code, refusal.status()),
    };
    format!("to {:02X}: {said}", frame.address)
}

fn inventory(plan: &InventoryPlan) -> String {
    let InventoryPlan { q, session, mask, tid, scan } = plan;
    let scan = scan.map_or(String::new(), |Scan { target, port, tenths }| {
        format!(" {target:?} port {} {tenths} x 100 ms", port.number())
    });
    format!("inventory Q {:02X} session {:02X} mask {mask:?} tid {tid:?}{scan}", q.byte(), session.byte())
}

fn tag(tag: &TagRead) -> String {
    let with =
        |name: &str, value: Option<u8>| value.map_or(String::new(), |value| format!(" {name} {value}"));
    let tid = tag.tid.map_or(String::new(), |tid| format!(" tid {}", hex::encode_upper(tid)));
    format!("tag {}{}{}{tid}", tag.epc_hex(), with("antenna", tag.antenna), with("rssi", tag.rssi))
}

fn reader(bytes: &[u8], family: Family, out: &mut Vec<String>) {
    let frame = ReaderFrame::parse(bytes).unwrap();
    out.push(match Reply::decode(&frame, family) {
        Err(error) => format!("misfit {:02X}", error.code),
        Ok(Reply::Information(info)) => {
            let [major, minor] = info.version;
            format!(
                "information {major}.{minor} type {:02X} protocols {} channels {}..{} {} dBm {} x 100 ms ports {:?}",
                info.kind,
                info.protocols,
                info.max_channel,
                info.min_channel,
                info.power,
                info.inventory_time,
                info.ports
            )
        }
        Ok(Reply::WorkMode(report)) => {
            let mode = report.mode;
            format!(
                "work mode {:?} state {} inventory {} first {} words {} repeat {} wiegand {:?}",
                mode.read, mode.state, mode.inventory, mode.first, mode.words, mode.repeat, report.wiegand
            )
        }
        Ok(Reply::ReadMode(report)) => {
            let real_time = report.real_time;
            format!(
                "read mode {:?} pause {} ms filter {} s Q {:02X} session {:02X} and {} more",
                report.mode,
                real_time.pause.millis(),
                real_time.filter,
                real_time.q.byte(),
                real_time.session.byte(),
                report.selection.len()
            )
        }
        Ok(Reply::Pins(pins)) => format!("pins {pins:02X}"),
        Ok(Reply::HeartbeatTime(units)) => format!("heartbeat every {units} x 30 s"),
        Ok(Reply::Tags { status, tags, .. }) => {
            out.push(format!("{status:?}, missing {}", tags.overrun()));
            out.extend(tags.iter().map(|read| tag(&read)));
            return;
        }
        Ok(Reply::Answer { command, status, .. }) => format!("answer {command:02X} {status:?}"),
        Ok(Reply::Seen(read)) => tag(&read),
        Ok(Reply::EasAlarm) => "eas".to_string(),
        Ok(Reply::Heartbeat { number, ports, total }) => format!("heartbeat {number} ports {ports:?} total {total}"),
        Ok(Reply::Statistics { antenna, rate, total, .. }) => format!("statistics {antenna} {rate} {total}"),
    });
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

fn all() -> impl Iterator<Item = &'static golden::Vector> {
    VALID.iter().chain(OF_288).chain(BROKEN)
}

/// fault D1; vectors C1 to C27: split, glued and noisy, the same frames tell the same.
#[test]
fn golden_frames_tell_the_same_whole_byte_by_byte_and_behind_noise() {
    for (id, family, side, hex, want) in all() {
        let stream = bytes(hex);
        let mut whole = Vec::new();
        let mut decoder = UhfDecoder::new(*side);
        tell(&mut decoder, *family, *side, &[&stream], &mut whole);
        end(&mut decoder, *family, *side, &mut whole);
        assert_eq!(whole, *want, "{id} whole");

        let mut single = Vec::new();
        tell(&mut decoder, *family, *side, &stream.chunks(1).collect::<Vec<_>>(), &mut single);
        end(&mut decoder, *family, *side, &mut single);
        assert_eq!(single, *want, "{id} byte by byte");

        for seed in 0..50 {
            let (mut before, mut behind) = (Vec::new(), Vec::new());
            tell(&mut decoder, *family, *side, &[&noise(seed, 37)], &mut before);
            end(&mut decoder, *family, *side, &mut before);
            tell(&mut decoder, *family, *side, &[&stream], &mut behind);
            end(&mut decoder, *family, *side, &mut behind);
            assert_eq!(behind, *want, "{id} behind noise {seed}");
        }
    }
}

/// Vectors C1 to C17.
#[test]
fn golden_frames_encode_to_the_same_bytes() {
    for (id, family, side, hex, _) in VALID.iter().chain(OF_288) {
        let stream = bytes(hex);
        let again = match side {
            Side::Host => {
                let frame = HostFrame::parse(&stream).unwrap();
                assert_eq!(frame.encode().unwrap(), stream, "{id} wire");
                Command::decode(&frame, *family)
                    .map_or(stream.clone(), |command| command.encode(frame.address))
            }
            Side::Reader => {
                let frame = ReaderFrame::parse(&stream).unwrap();
                assert_eq!(frame.encode().unwrap(), stream, "{id} wire");
                Reply::decode(&frame, *family).unwrap().encode(frame.address, *family).unwrap()
            }
        };
        assert_eq!(again, stream, "{id}");
    }
}

#[test]
fn every_command_comes_back_from_its_bytes_and_a_bad_parameter_is_refused() {
    let sent = |code, data: &[u8]| Command::decode(&HostFrame { address: 0, code, data }, Family::Uhf18);
    for (code, data) in
        [(0x24, vec![5]), (0x25, vec![3]), (0x28, vec![6]), (0x2F, vec![30]), (0x36, vec![]), (1, vec![])]
    {
        let command = sent(code, &data).unwrap();
        assert_eq!(command.encode(0), HostFrame { address: 0, code, data: &data }.encode().unwrap());
    }
    for (code, data) in [(0x24, 0xFF), (0x25, 2), (0x28, 3), (0x2F, 31)] {
        assert_eq!(sent(code, &[data]), Err(CommandError::Parameter), "{code:02X}");
    }
    assert_eq!(sent(0x35, &[9, 0, 0, 0, 0, 0]), Err(CommandError::Parameter));
    assert_eq!(sent(0x35, &[0]), Err(CommandError::Length));
    assert_eq!(sent(0x21, &[0]), Err(CommandError::Length));
    assert_eq!(sent(0x99, &[]), Err(CommandError::Unknown));
}

#[test]
fn a_frame_too_long_for_its_length_byte_is_not_encoded() {
    assert!(ReaderFrame { address: 0, code: 1, status: 1, data: &[0; 250] }.encode().is_ok());
    let long = ReaderFrame { address: 0, code: 1, status: 1, data: &[0; 251] };
    assert_eq!(long.encode(), Err(WireError::TooLong));
}

/// fault D1: single bits flipped, bytes lost and bytes added never make an identity that was not sent.
#[test]
fn damage_never_makes_another_identity_and_costs_at_most_the_next_frame() {
    let frame = bytes("1100EE00E28011700000020FEBEAD3B55E57");
    let want = "tag E28011700000020FEBEAD3B5".to_string();
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
            let mut decoder = UhfDecoder::new(Side::Reader);
            tell(&mut decoder, Family::Uhf18, Side::Reader, &[&stream], &mut out);
            end(&mut decoder, Family::Uhf18, Side::Reader, &mut out);
            let tags: Vec<_> = out.iter().filter(|line| line.starts_with("tag")).collect();
            assert!(tags.iter().all(|tag| **tag == want), "damage {damage} at {at}: {out:?}");
            assert!(tags.len() >= 2, "damage {damage} at {at}: {out:?}");
        }
    }
}

/// A stream of golden frames, broken ones and noise, in any order.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<Vec<u8>> = all().map(|(_, _, _, hex, _)| bytes(hex)).collect();
    let piece = (prop::sample::select(known), prop::collection::vec(any::<u8>(), 0..40), any::<bool>())
        .prop_map(|(known, noise, pick)| if pick { known } else { noise });
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

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
        let (mut whole, mut split) = (Vec::new(), Vec::new());
        for (pieces, out) in [(&[&stream[..]][..], &mut whole), (&pieces[..], &mut split)] {
            let mut decoder = UhfDecoder::new(Side::Reader);
            tell(&mut decoder, Family::Uhf18, Side::Reader, pieces, out);
            end(&mut decoder, Family::Uhf18, Side::Reader, out);
        }
        prop_assert_eq!(whole, split);
    }

    /// fault D1: any bytes are taken, accounted for to the last one, and leave an empty buffer behind a gap.
    #[test]
    fn every_byte_is_accounted_for(stream in streams(), host in any::<bool>()) {
        let side = if host { Side::Host } else { Side::Reader };
        for family in [Family::Uhf18, Family::Uhf288] {
            let mut decoder = UhfDecoder::new(side);
            let mut out = Vec::new();
            tell(&mut decoder, family, side, &[&stream], &mut out);
            let counted = |decoder: &UhfDecoder| {
                let tally = decoder.tally();
                tally.frame_bytes + tally.idle_bytes + tally.noise_bytes + tally.bad_bytes
            };
            prop_assert_eq!(counted(&decoder) + decoder.held() as u64, stream.len() as u64);
            end(&mut decoder, family, side, &mut out);
            prop_assert_eq!(decoder.held(), 0);
            prop_assert_eq!(counted(&decoder), stream.len() as u64);
        }
    }
}
