//! What a probe finds, what it says when it finds nothing, and that it asks for nothing but answers.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use protocols::{
    barcode::gm,
    card::pn532::{repr as card, wire as card_wire},
    frame::Progress,
    relay::{
        mbap,
        wire::{Bits, Exception, Request as BoardRequest, Response},
    },
    scale::wire::command,
    seal::reader::{repr as seal, wire as seal_wire},
    uhf::{
        repr::{Command as UhfCommand, code},
        tag::Family,
        wire::{HostFrame, ReaderFrame},
    },
};

use super::bench::{Bench, Script, answers, bytes, gm65, mute};
use crate::{
    cli::{
        decode::{Protocol, Side, lines},
        technician::probe::{
            Found,
            ask::{Ask, board_frame, inputs, relays},
            course::{Course, Outcome, attempts},
            listen::sender,
        },
    },
    clock::SystemClock,
    config::{Device, Parity, PortSettings},
};

/// Longer than any probe here may take.
const PATIENCE: Duration = Duration::from_secs(60);

async fn probed(bench: &Bench, listen_ms: u64, limit: Duration) -> Outcome {
    let course =
        Course::new(&bench.port(), None, Arc::new(SystemClock), Duration::from_millis(listen_ms), |_| {});
    course.run(limit).await.unwrap()
}

/// The snippet in short, which the configuration takes.
async fn found(script: Script, unasked: Option<&str>) -> (String, Found) {
    let unasked = unasked.map(|hex| (bytes(hex), Duration::from_millis(80)));
    let bench = Bench::new(script, unasked);
    let Outcome::Found(found) = probed(&bench, 700, PATIENCE).await else { panic!("nothing was found") };
    let mut table = found.table();
    assert_eq!(table.remove("port").unwrap().as_str(), bench.path.to_str());
    table.remove("name");
    let keys: Vec<String> = table.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let device = Device::of_table(found.table()).unwrap();
    assert_eq!(device.kind.name(), found.kind);
    (keys.join(" ").replace('"', ""), found)
}

fn information(address: u8, kind: u8, ports: &[u8]) -> Vec<u8> {
    let data = [&[2, 0x0B, kind, 0x0A, 0x31, 0x4E, 30, 3][..], ports].concat();
    ReaderFrame { address, code: code::READER_INFORMATION, status: 0, data: &data }.encode().unwrap()
}

fn asks_information() -> Vec<u8> {
    bytes("04 FF 21 19 95")
}

#[tokio::test]
async fn both_families_of_uhf_readers_are_found_with_their_address() {
    let (keys, found) = found_answer(information(0, 0x09, &[])).await;
    assert_eq!(keys, "baud=57600 kind=uhf-chafon-18");
    assert_eq!(found.says, "type 0x09, firmware 2.11, 30 dBm, address 0");
    let (keys, _) = found_answer(information(7, 0x20, &[1, 0, 0, 1])).await;
    assert_eq!(keys, "address=7 baud=57600 kind=uhf-chafon-288");
}

async fn found_answer(answer: Vec<u8>) -> (String, Found) {
    found(answers(asks_information(), answer), None).await
}

#[tokio::test]
async fn a_reader_in_scan_mode_is_heard_and_then_asked_for_its_family() {
    let report = "11 00 EE 00 E2 00 00 17 00 14 02 66 16 70 6B 48 83 37";
    let script = answers(asks_information(), information(0, 0x09, &[]));
    let (keys, _) = found(script, Some(report)).await;
    assert_eq!(keys, "baud=9600 kind=uhf-chafon-18 mode=scan");
    let (keys, heard) = found(mute(), Some(report)).await;
    assert_eq!(keys, "baud=9600 kind=uhf-chafon-18 mode=scan");
    assert!(heard.notes[0].contains("try uhf-chafon-288"), "{:?}", heard.notes);
}

/// Of the manual's page; the chip acknowledges first.
#[tokio::test]
async fn a_card_reader_a_scanner_module_an_asked_scale_and_a_seal_reader_are_found() {
    let version = bytes("00 00 FF 02 FE D4 02 2A 00");
    let firmware = bytes("00 00 FF 00 FF 00 00 00 FF 06 FA D5 03 32 01 06 07 E8 00");
    assert_eq!(found(answers(version, firmware), None).await.0, "baud=115200 kind=pn532");
    assert_eq!(found(gm65(), None).await.0, "baud=9600 kind=scanner-gm");
    let gross = answers(bytes("02 41 42 30 33 03"), bytes("02 41 42 2B 30 30 38 38 38 30 33 31 33 03"));
    assert_eq!(found(gross, None).await.0, "baud=9600 format=a9-command kind=weighbridge");
    let status =
        answers(bytes("02 00 06 00 01 00 16 88 42 03"), bytes("02 00 0A 00 01 80 16 00 00 00 00 4A 06 03"));
    assert_eq!(found(status, None).await.0, "address=1 baud=9600 kind=eseal-reader");
}

#[tokio::test]
async fn weighbridges_that_send_by_themselves_are_found_with_their_format() {
    let a9 = "02 2B 30 30 31 35 36 30 30 31 39 03";
    let (keys, found_a9) = found(mute(), Some(a9)).await;
    assert_eq!(keys, "baud=9600 format=a9 kind=weighbridge");
    assert_eq!(found_a9.says, "sends A9 continuous by itself, shows 1560 kg");
    let checked = "02 31 30 20 20 20 20 32 30 30 20 20 20 20 30 30 0D 1E";
    assert_eq!(found(mute(), Some(checked)).await.0, "baud=9600 format=mt-checked kind=weighbridge");
    let cas = "53 54 2C 47 53 2C 20 20 2C 20 20 20 20 20 20 20 30 6B 67 20 0D 0A";
    assert_eq!(found(mute(), Some(cas)).await.0, "baud=9600 format=cas22 kind=weighbridge");
    let (keys, equals) = found(mute(), Some("3D 30 30 30 2E 33 30 30 30")).await;
    assert_eq!(keys, "baud=9600 kind=weighbridge");
    assert!(equals.notes[0].contains("equals-plain"), "{:?}", equals.notes);
}

/// By a name it is also said what the configuration has otherwise, on the page and for programs.
#[tokio::test]
async fn what_the_configuration_says_otherwise_is_noted() {
    let (_, found) = found_answer(information(0, 0x20, &[1, 0, 0, 1])).await;
    let configured = Device::of_table(found.table()).unwrap();
    let same = found.clone().compared(Some(&configured.kind), configured.port.as_ref().unwrap());
    assert_eq!(same.notes, Vec::<String>::new());
    let mut table = found.table();
    table.insert("kind".to_owned(), "uhf-chafon-18".into());
    table.insert("baud".to_owned(), 9600.into());
    let other = Device::of_table(table).unwrap();
    let page = found.compared(Some(&other.kind), other.port.as_ref().unwrap()).page().unwrap();
    let expected = "found uhf-chafon-288 at 57600 8N1: type 0x20, firmware 2.11, 30 dBm, address 0\n\
                    note: the configuration says uhf-chafon-18\nnote: the configuration says 9600 8N1\n\n\
                    [[device]]\nname = \"uhf-chafon-288-1\"\nkind = \"uhf-chafon-288\"\n";
    assert!(page.starts_with(expected), "{page}");
}

#[tokio::test]
async fn a_scanner_is_found_when_something_is_scanned() {
    let (keys, found) = found(mute(), Some("30 35 32 33 30 31 0D 0A")).await;
    assert_eq!(keys, "baud=9600 kind=scanner");
    assert_eq!(found.notes[0], "read \"052301\"");
}

/// A board that is asked for more than it has refuses; a small one wires less than the example.
#[tokio::test]
async fn a_board_is_found_with_its_channels_and_what_it_has_not_is_not_wired() {
    let script: Script =
        Box::new(|heard| match BoardRequest::decode(&heard[heard.len().saturating_sub(8)..]) {
            Ok((
                1,
                request @ (BoardRequest::ReadInputs { count, .. } | BoardRequest::ReadCoils { count, .. }),
            )) => {
                let response = match count {
                    0..=4 => Response::Bits(Bits::of(count, 0)),
                    _ => Response::Exception(Exception::ILLEGAL_ADDRESS),
                };
                response.encode(1, &request)
            }
            _ => Vec::new(),
        });
    let (keys, found) = found(script, None).await;
    assert!(keys.starts_with("address=1 baud=9600 coil_count=4 coils="), "{keys}");
    assert!(keys.contains("input_count=4 inputs=") && keys.contains("exit_loop = none"), "{keys}");
    assert_eq!(found.says, "unit 1, 4 inputs, 4 relays");
}

#[tokio::test]
async fn a_silent_line_gives_nothing_and_what_was_tried() {
    let outcome = probed(&Bench::new(mute(), None), 100, Duration::from_secs(4)).await;
    let Outcome::Nothing { heard_bytes, timed_out, tried } = outcome else { panic!("something was found") };
    assert_eq!((heard_bytes, timed_out), (0, true));
    let first: Vec<String> = tried.iter().map(|tried| format!("{} at {}", tried.what, tried.line)).collect();
    assert_eq!(
        first[..3],
        ["listened at 9600 8N1", "asked uhf-chafon at 57600 8N1", "asked pn532 at 115200 8N1"]
    );
}

/// fault D1: noise at every rate is no device, and all rates are listened at.
#[tokio::test]
async fn a_babbling_line_is_no_device() {
    let babble = "A7 03 91 5C E8 11 4D 77 F0 2A 9E";
    let unasked = Some((bytes(babble), Duration::from_millis(20)));
    let outcome = probed(&Bench::new(mute(), unasked), 200, Duration::from_secs(20)).await;
    let Outcome::Nothing { heard_bytes, tried, .. } = outcome else { panic!("something was found") };
    assert!(heard_bytes > 500, "{heard_bytes}");
    assert_eq!(tried.iter().filter(|tried| tried.what == "listened").count(), 13);
}

#[tokio::test]
async fn a_port_that_somebody_holds_is_refused() {
    let bench = Bench::new(answers(asks_information(), information(0, 9, &[])), None);
    let mut holder = crate::drivers::Attended::new(&bench.port(), Arc::new(SystemClock));
    assert_eq!(holder.next(&mut [0; 8], None).await, crate::drivers::Heard::Opened);
    let course = Course::new(&bench.port(), None, Arc::new(SystemClock), Duration::from_secs(1), |_| {});
    let error = course.run(PATIENCE).await.err().unwrap().to_string();
    assert!(error.ends_with("another program holds it, perhaps a running gate-agent"), "{error}");
}

#[test]
fn each_protocol_is_asked_at_all_rates_of_its_page_the_factorys_first() {
    let attempts = attempts();
    let of = |ask: Ask| -> Vec<(u32, Parity)> {
        let of = attempts.iter().filter(|(asked, ..)| *asked == ask);
        of.map(|(_, baud, parity)| (*baud, *parity)).collect()
    };
    let none = |rates: &[u32]| rates.iter().map(|baud| (*baud, Parity::None)).collect::<Vec<_>>();
    assert_eq!(of(Ask::Uhf), none(&[57_600, 115_200, 9600, 38_400, 19_200]));
    assert_eq!(of(Ask::Scale), none(&[9600, 4800, 2400, 1200]));
    assert_eq!(
        of(Ask::Board { unit: 1 })[..3],
        [(9600, Parity::None), (9600, Parity::Even), (19_200, Parity::None)]
    );
    assert_eq!(of(Ask::Board { unit: 8 }), none(&[9600]));
    let firsts = [57_600, 115_200, 9600, 9600, 9600, 9600];
    assert_eq!(attempts.iter().take(6).map(|(_, baud, _)| *baud).collect::<Vec<_>>(), firsts);
}

/// Whatever stands on the line: what is asked sets nothing and moves nothing, on a serial line and on a connection.
#[test]
fn nothing_that_is_asked_changes_anything() {
    let mut asks: Vec<Ask> = attempts().into_iter().map(|(ask, ..)| ask).collect();
    asks.extend([0, 255].map(|unit| Ask::Board { unit }));
    for (ask, over_tcp) in asks.into_iter().flat_map(|ask| [(ask, false), (ask, true)]) {
        for (request, _) in ask.requests(over_tcp) {
            assert!(is_harmless(ask, &request, over_tcp), "{ask:?} asks {request:02X?}");
        }
    }
    for read in [inputs(8), relays(8)] {
        assert!(matches!(
            BoardRequest::decode(&board_frame(&read, 1, false)),
            Ok((1, BoardRequest::ReadInputs { .. } | BoardRequest::ReadCoils { .. }))
        ));
    }
}

fn is_harmless(ask: Ask, request: &[u8], over_tcp: bool) -> bool {
    match ask {
        Ask::Uhf => {
            let frame = HostFrame::parse(request).unwrap();
            UhfCommand::decode(&frame, Family::Uhf18) == Ok(UhfCommand::ReaderInformation)
        }
        Ask::Card => {
            let mut decoder = card_wire::Pn532Decoder::new(card_wire::Side::Host);
            assert_eq!(decoder.push(request), request.len());
            let mut harmless = false;
            loop {
                match decoder.pull() {
                    Progress::NeedMore => return harmless,
                    Progress::Noise { .. } | Progress::BadCheck(_) => {}
                    Progress::Frame(frame) => {
                        let parsed = card_wire::Frame::parse(card_wire::Side::Host, frame);
                        let Ok(card_wire::Frame::Information(content)) = parsed else { return false };
                        harmless = matches!(
                            card::Command::decode(content),
                            // Normal mode, which the chip has anyway, until its power goes.
                            Ok(card::Command::GetFirmwareVersion | card::Command::SamConfiguration { .. })
                        );
                    }
                }
            }
        }
        Ask::Board { .. } => {
            let pdu = if over_tcp { request.get(7..) } else { request.get(1..request.len() - 2) };
            matches!(BoardRequest::from_pdu(pdu.unwrap()), Ok(BoardRequest::ReadInputs { .. }))
        }
        Ask::Scanner => matches!(gm::Request::parse(request), Ok(gm::Request::Read { .. })),
        Ask::Scale => command::Request::parse(request).is_some_and(|asked| asked.ask == command::Ask::Gross),
        Ask::Seals => {
            let frame = seal_wire::Frame::parse(request).unwrap();
            seal::Command::decode(&frame) == Ok(seal::Command::Status)
        }
    }
}

/// What one device is asked stands on a line that may have others: doors, locks, panels and boards take it for no order.
#[test]
fn what_is_asked_of_one_is_no_order_to_another() {
    let requests: Vec<(Ask, Vec<u8>)> = attempts()
        .into_iter()
        .flat_map(|(ask, ..)| ask.requests(false).into_iter().map(move |(request, _)| (ask, request)))
        .collect();
    for (ask, request) in &requests {
        for protocol in [Protocol::Display, Protocol::Modbus] {
            let heard = lines(protocol, Side::Host, request);
            let words: Vec<String> = heard.into_iter().filter_map(|line| line.text).collect();
            let orders = words.iter().filter(|words| {
                ["door motor", "lock board", "speech chip", "Write"].iter().any(|order| words.contains(order))
            });
            assert_eq!(orders.count(), 0, "{ask:?}: {words:?}");
        }
    }
    // The decoders see an order where one is.
    let door = lines(Protocol::Display, Side::Host, &bytes("8A 01 01 11 9B"));
    assert!(door.iter().any(|line| line.text.as_ref().is_some_and(|text| text.contains("lock board"))));
}

/// Adapters of RS-485 lines may give back what was asked: alone it is no answer, before an answer it does not hide it.
#[test]
fn an_echo_is_no_answer() {
    for ask in [Ask::Uhf, Ask::Card, Ask::Board { unit: 1 }, Ask::Scanner, Ask::Scale, Ask::Seals] {
        for (request, _) in ask.requests(false) {
            assert_eq!(ask.judge(&request, false), None, "{ask:?} takes its own request for an answer");
        }
    }
    let echoed = [asks_information(), information(0, 0x20, &[1, 0, 0, 1])].concat();
    assert_eq!(Ask::Uhf.judge(&echoed, false).unwrap().kind, "uhf-chafon-288");
    let board = [board_frame(&inputs(1), 1, false), bytes("01 02 01 00 A1 88")].concat();
    assert_eq!(Ask::Board { unit: 1 }.judge(&board, false).unwrap().says, "unit 1 answers");
}

/// A board whose address nobody would guess, at a rate that no page lists.
#[tokio::test]
async fn what_the_configuration_says_is_there_is_asked_first() {
    let board: toml::Table =
        "name = \"io\"\nkind = \"modbus-io\"\nport = \"/dev/x\"\naddress = 77".parse().unwrap();
    let kind = Device::of_table(board).unwrap().kind;
    let script: Script =
        Box::new(|heard| match BoardRequest::decode(&heard[heard.len().saturating_sub(8)..]) {
            Ok((
                77,
                request @ (BoardRequest::ReadInputs { count, .. } | BoardRequest::ReadCoils { count, .. }),
            )) => Response::Bits(Bits::of(count, 0)).encode(77, &request),
            _ => Vec::new(),
        });
    let bench = Bench::new(script, None);
    let PortSettings::Serial(mut serial) = bench.port() else { panic!("a serial port") };
    serial.baud = 76_800;
    let (port, clock) = (PortSettings::Serial(serial), Arc::new(SystemClock));
    let course = Course::new(&port, Some(&kind), clock, Duration::from_millis(100), |_| {});
    let Outcome::Found(found) = course.run(PATIENCE).await.unwrap() else { panic!("nothing was found") };
    assert_eq!((found.says.as_str(), &found.port), ("unit 77, 32 inputs, 32 relays", &port));
}

/// An address has no rate, and Modbus other frames.
#[tokio::test]
async fn a_board_behind_an_address_is_found() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = PortSettings::tcp(&listener.local_addr().unwrap().to_string()).unwrap();
    let board = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut frames, mut buffer) = (mbap::Stream::default(), [0; 64]);
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                frames.push(&buffer[..count]);
                let Ok(Some((header, pdu))) = frames.pull() else { break };
                let request = BoardRequest::from_pdu(&pdu).unwrap();
                let (BoardRequest::ReadInputs { count, .. } | BoardRequest::ReadCoils { count, .. }) =
                    request
                else {
                    panic!("{request:?}")
                };
                if header.unit == 1 {
                    let answer = Response::Bits(Bits::of(count, 0)).pdu(&request);
                    stream.write_all(&header.frame(&answer)).await.unwrap();
                }
            }
        }
    });
    let course = Course::new(&port, None, Arc::new(SystemClock), Duration::from_millis(100), |_| {});
    let Outcome::Found(found) = course.run(PATIENCE).await.unwrap() else { panic!("nothing was found") };
    assert_eq!(found.says, "unit 1, 32 inputs, 32 relays");
    assert!(matches!(Device::of_table(found.table()).unwrap().port, Some(PortSettings::Tcp(_))));
    board.abort();
}

proptest! {
    /// fault D1: what comes is judged, never believed to have a length.
    #[test]
    fn any_bytes_are_judged(noise in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = (sender(&noise, false), sender(&noise, true));
        for ask in [Ask::Uhf, Ask::Card, Ask::Board { unit: 1 }, Ask::Scanner, Ask::Scale, Ask::Seals] {
            let _ = (ask.judge(&noise, false), ask.judge(&noise, true));
        }
    }
}
