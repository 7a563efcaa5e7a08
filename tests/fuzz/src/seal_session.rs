//! Conversations with a seal reader and with a padlock over lines that may carry anything.
//! Checks: no seal out of nowhere; a reader's message is acknowledged exactly when it was told; what is sealed was said to be;
//! behind any rubbish an honest device is heard again.

use crate::display_session::Bench;
use crate::seal::{seal, seal_pad};
use protocols::seal::pad::session::{self as pad, Session as PadSession};
use protocols::seal::pad::wire::Answer;
use protocols::seal::reader::repr::{Command, Message, SealBurst};
use protocols::seal::reader::session::{Config, Session};
use protocols::seal::reader::wire::Frame;
use protocols::seal::status::{SealId, ShortStatus};
use protocols::talk::{DeviceEvent, Identity, Input, SealState, Talk};
use protocols::tick::Tick;

/// One conversation of one kind.
pub fn conversation(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    if choice & 1 == 0 { reader(data) } else { padlock(data) }
}

/// The seals told so far.
fn told<T>(bench: &Bench<T>) -> impl Iterator<Item = (&String, SealState)> {
    bench.events.iter().filter_map(|event| match event {
        DeviceEvent::Seen(sighting) => match &sighting.identity {
            Identity::Seal { number, state } => Some((number, *state)),
            _ => panic!("a seal reader tells seals only"),
        },
        _ => None,
    })
}

fn burst(number: u32, status: u8) -> Vec<u8> {
    let seal = SealId { family: 1, number };
    let burst = SealBurst { channel: 1, seal, kind: 0x0A, status: ShortStatus(status), organisation: None };
    Message::Burst { status: [0; 2], burst }.encode(1).expect("fits")
}

fn reader(data: &[u8]) {
    let mut bench = Bench::new(Session::new(Config::default()));
    // A sealed body is a burst of reader 1 more often than anything else.
    let closed = |body: &[u8]| match body {
        [0xFF, rest @ ..] => seal(rest),
        body => seal(&[&[0, 1, 0x80, 0x0A, 0, 0][..], body].concat()),
    };
    bench.play(data, closed, |bench, choice| {
        bench.handle(Input::Bytes(&burst(u32::from(choice), choice)));
        if bench.talk.seals().state("none", bench.now) != SealState::Unknown {
            panic!("a seal that nobody heard is known");
        }
    });
    let acknowledged = bench.sent.iter().filter(|sent| {
        let frame = Frame::parse(sent).expect("the conversation sent no frame");
        Command::decode(&frame).expect("the conversation sent no command") == Command::Acknowledge
    });
    assert_eq!(acknowledged.count(), told(&bench).count(), "acknowledged is not what was told");
    assert_eq!(bench.talk.counters().readings, told(&bench).count() as u64);

    let before = bench.events.len();
    let status = Message::Status { command: 0x16, flags: 0, status: [0; 4], data: Vec::new() };
    let status = status.encode(1).expect("fits");
    bench.sent.clear();
    bench.handle(Input::Bytes(&burst(9_999, 0)));
    bench.heals(
        |_| status.clone(),
        |bench| {
            let since = bench.events.iter().skip(before);
            since.into_iter().any(|event| matches!(event, DeviceEvent::Seen(_)))
        },
    );
    assert_eq!(bench.talk.seals().state("000100009999", bench.now), SealState::Sealed);
}

fn padlock(data: &[u8]) {
    let mut bench = Bench::new(PadSession::new(pad::Config::default(), Tick::default()));
    bench.play(data, seal_pad, |bench, _| bench.handle(Input::Gap));
    for sent in &bench.sent {
        assert!(Answer::parse(sent).is_some(), "the conversation sent no answer");
    }
    assert!(bench.sent.len() <= told(&bench).count(), "more answers than reports");
    for (number, _) in told(&bench) {
        assert!(number.len() <= 20 && number.bytes().all(|digit| digit.is_ascii_digit()), "{number}");
    }
    let before = told(&bench).count();
    bench.handle(Input::Bytes(
        b"(8000632862,P45,290322,132412,25.28217,S,57.54683,W,A,0,0,5,0,0000000000,0,0,9,0)",
    ));
    let last = told(&bench).last().map(|(number, state)| (number.clone(), state));
    assert_eq!(told(&bench).count(), before + 1);
    assert_eq!(last, Some(("8000632862".to_owned(), SealState::Unknown)));
}
