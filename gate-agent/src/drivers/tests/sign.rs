//! Displays and voices: boards that show, answer, are slow, refuse, vanish; and what of a lane's states reaches them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use protocols::{
    contract::ReadValue,
    display::{
        bx::{
            message::{Fault, Message, Reply, Request},
            wire::{Bx, BxDecoder, HOST, Packet},
        },
        park::{Command, Frame, Park, ParkDecoder},
        syn::{self, Side, SynDecoder},
    },
    frame::Progress,
    ids::VisitId,
    rules::{ReasonCode, Verdict},
};
use tokio::sync::watch;

use super::{
    Lane, PATIENCE, lane,
    port::{Address, Place, Plug},
};
use crate::{
    clock::SystemClock,
    config::{Device, PortSettings, parse},
    drivers::{SignDriver, SignRole, sign},
    lane::Snapshot,
    panel::{DeviceMetrics, samples::snapshot},
};

const BOTH: SignRole = SignRole { shows: true, speaks: true };

/// A board's driver at work, and its lane.
struct Bench {
    live: watch::Sender<Snapshot>,
    lane: Lane,
    metrics: DeviceMetrics,
    task: tokio::task::JoinHandle<()>,
}

/// A device of the configuration with these keys, at that port.
fn device(keys: &str, port: PortSettings) -> Device {
    let text = format!(
        "[gate]\ngate_id = \"0708-G02\"\nyard_id = \"07080000001\"\n[centre]\ntoken = \"x\"\n[[device]]\nname = \"io\"\n\
         kind = \"modbus-io\"\nport = \"/dev/io\"\n[[lane]]\nlane_id = \"L1\"\nbarrier = {{ device = \"io\" }}\n\
         [[device]]\nname = \"led-1\"\nport = \"/dev/led\"\n{keys}\n"
    );
    let mut config = parse(&text, [], None).unwrap();
    Device { port: Some(port), ..config.devices.pop().unwrap() }
}

fn start(keys: &str, port: PortSettings, first: Snapshot) -> Bench {
    let ((link, lane), metrics) = (lane(), DeviceMetrics::default());
    let (live, seen) = watch::channel(first);
    let device = device(keys, port);
    let how = sign(&device).unwrap();
    let driver = SignDriver::new(
        "led-1",
        device.port.as_ref().unwrap(),
        how,
        BOTH,
        link,
        seen,
        Arc::new(SystemClock),
        metrics.clone(),
    );
    Bench { live, lane, metrics, task: tokio::spawn(driver.run()) }
}

fn visit(serial: u16, now: Snapshot) -> Snapshot {
    let visit_id = VisitId::parse(&format!("0708-G02-L1-20261120-1-{serial:04}")).unwrap();
    Snapshot { visit_id: Some(visit_id), ..now }
}

fn held(serial: u16, verdict: Verdict, reason: ReasonCode) -> Snapshot {
    visit(serial, Snapshot { verdict: Some(verdict), reason: Some(reason), ..snapshot("held") })
}

fn let_through(serial: u16) -> Snapshot {
    let mut now = visit(
        serial,
        Snapshot { verdict: Some(Verdict::Pass), reason: Some(ReasonCode::Ok), ..snapshot("opening") },
    );
    now.reads.plate = Some(ReadValue { value: "沪DM9026".to_owned(), ..ReadValue::default() });
    now
}

/// What a board did, one after the other.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, words: String) {
        self.0.lock().unwrap().push(words);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until the board did this, `from` the so-manieth thing on; the number of the next one.
    async fn sees(&self, from: usize, words: &str) -> usize {
        let seen = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(at) = self.all().iter().skip(from).position(|done| done == words) {
                    return from + at + 1;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        match seen.await {
            Ok(next) => next,
            Err(_) => panic!("never {words:?}, only {:#?}", self.all()),
        }
    }
}

/// A parking board, which never answers.
async fn park(plug: Arc<Plug>, log: Log) {
    let mut decoder = ParkDecoder::new(Park);
    while let Some(bytes) = plug.heard().await {
        assert_eq!(decoder.push(&bytes), bytes.len());
        loop {
            let frame = match decoder.pull() {
                Progress::NeedMore => break,
                Progress::Frame(frame) => Frame::parse(frame).unwrap(),
                other @ (Progress::Noise { .. } | Progress::BadCheck(_)) => panic!("the host sent {other:?}"),
            };
            match Command::decode(&frame).unwrap() {
                Command::Line(line) => {
                    let words = format!("{} {:?} {}", line.row, &line.colour[..2], line.text.read());
                    log.add(words.trim_end().to_owned());
                }
                Command::Speak { text, .. } => log.add(format!("says {}", text.read())),
                other => panic!("the host sent {other:?}"),
            }
        }
    }
}

/// Outcomes of a lane as a driver sees and hears them on one parking board, and back to idle.
#[tokio::test]
async fn a_parking_board_shows_and_says_what_its_lane_decides() {
    let (place, log) = (Place::new(), Log::default());
    let plug = place.plug();
    tokio::spawn(park(plug, log.clone()));
    let keys = "kind = \"display-park\"\nbaud = 115200\nrows = 3";
    let mut bench = start(keys, place.settings(), snapshot("idle"));
    bench.lane.hears("led-1 true").await;
    let mut at = log.sees(0, "0 [255, 255] 请驶入").await;
    at = log.sees(at, "1 [255, 255] 等候识别").await;
    at = log.sees(at, "2 [255, 0]").await;
    bench.live.send_replace(visit(1, snapshot("collecting")));
    at = log.sees(at, "0 [255, 255] 正在识别").await;
    bench.live.send_replace(held(1, Verdict::Refuse, ReasonCode::NoBinding));
    log.sees(at, "says 未查到绑定信息，请联系申报企业").await;
    log.sees(at, "0 [255, 0] 未放行").await;
    at = log.sees(at, "2 [255, 0] 绑定信息").await;
    // The second page comes by itself.
    at = log.sees(at, "0 [255, 0] 请联系").await;
    bench.live.send_replace(held(1, Verdict::Person, ReasonCode::NearPlate));
    log.sees(at, "says 请在原地等候，工作人员马上核对").await;
    at = log.sees(at, "0 [255, 255] 车牌待核").await;
    bench.live.send_replace(let_through(1));
    log.sees(at, "says 已放行，请等栏杆完全抬起后通行").await;
    log.sees(at, "0 [0, 255] 放行").await;
    at = log.sees(at, "1 [0, 255] 沪DM9026").await;
    bench.live.send_replace(Snapshot { state: "passing", is_over: true, ..let_through(1) });
    at = log.sees(at, "0 [255, 0] 栏杆下落").await;
    bench.live.send_replace(snapshot("idle"));
    log.sees(at, "0 [255, 255] 请驶入").await;
    let said = log.all().iter().filter(|done| done.starts_with("says")).count();
    assert_eq!((said, bench.metrics.online.get()), (3, 1));
}

/// When nobody speaks for a lane any more its board does not go on saying that vehicles may drive.
#[tokio::test]
async fn a_board_whose_lane_has_ended_says_so() {
    let (place, log) = (Place::new(), Log::default());
    tokio::spawn(park(place.plug(), log.clone()));
    let Bench { live, task, .. } =
        start("kind = \"display-park\"\nbaud = 115200", place.settings(), let_through(1));
    let at = log.sees(0, "0 [0, 255] 放行").await;
    drop(live);
    log.sees(at, "0 [255, 0] 通道暂停").await;
    tokio::time::timeout(PATIENCE, task).await.expect("the driver ends").unwrap();
    assert!(log.all().iter().rposition(|done| done.contains("[0, 255]")) < Some(at + 4), "{:?}", log.all());
}

/// A board that is never still keeps neither a newer screen nor the second page of one from it.
#[tokio::test]
async fn a_babbling_board_is_shown_the_newest_all_the_same() {
    let (address, log) = (Address::new().await, Log::default());
    let bench = start("kind = \"display-park\"\nrows = 2", address.settings(), snapshot("idle"));
    let plug = address.plug().await;
    tokio::spawn(park(plug.clone(), log.clone()));
    let babbling = tokio::spawn(async move {
        loop {
            plug.write(&[0x55; 4096]).await;
            tokio::task::yield_now().await;
        }
    });
    let at = log.sees(0, "1 [255, 255] 等候识别").await;
    bench.live.send_replace(held(1, Verdict::Refuse, ReasonCode::NoBinding));
    let at = log.sees(at, "0 [255, 0] 未放行").await;
    let at = log.sees(at, "0 [255, 0] 未查到").await;
    bench.live.send_replace(let_through(1));
    log.sees(at, "0 [0, 255] 放行").await;
    assert!(bench.metrics.noise_bytes.get() > 100_000, "it did babble");
    babbling.abort();
}

/// What is wrong with a controller.
#[derive(Default)]
struct Knobs {
    mute: AtomicBool,
    busy: AtomicBool,
    /// Milliseconds until it answers.
    slow: AtomicU64,
}

/// An Onbon controller with rows of its own.
async fn onbon(plug: Arc<Plug>, knobs: Arc<Knobs>, log: Log) {
    let mut decoder = BxDecoder::new(Bx);
    while let Some(bytes) = plug.heard().await {
        assert_eq!(decoder.push(&bytes), bytes.len());
        let mut answers = Vec::new();
        loop {
            let packet = match decoder.pull() {
                Progress::NeedMore => break,
                Progress::Frame(frame) => Packet::parse(frame).unwrap(),
                other @ (Progress::Noise { .. } | Progress::BadCheck(_)) => panic!("the host sent {other:?}"),
            };
            let (_, request) = Request::decode(&Message::parse(&packet.data).unwrap()).unwrap();
            let reply = match request {
                Request::Show { .. } if knobs.busy.load(Ordering::SeqCst) => {
                    log.add("refuses".to_owned());
                    Reply::Refused(Fault::BUSY)
                }
                Request::Show { areas, .. } => {
                    let text = areas[0].text.read();
                    log.add(format!("{} {}", areas[0].id, text.trim_start_matches("\\FO000").trim()));
                    Reply::Accepted
                }
                _ => Reply::Accepted,
            };
            answers.push(Packet::new(HOST, packet.destination, reply.encode()).encode().unwrap());
        }
        tokio::time::sleep(Duration::from_millis(knobs.slow.load(Ordering::SeqCst))).await;
        if !knobs.mute.load(Ordering::SeqCst) {
            plug.write(&answers.concat()).await;
        }
    }
}

const ONBON: &str = "kind = \"display-bx\"";

/// A board that takes its time is sent the newest screen and none of those between; whoever tells the lane's state never waits for it.
#[tokio::test]
async fn a_slow_display_gets_only_the_newest() {
    let (address, log, knobs) = (Address::new().await, Log::default(), Arc::new(Knobs::default()));
    knobs.slow.store(500, Ordering::SeqCst);
    let mut bench = start(ONBON, address.settings(), snapshot("idle"));
    tokio::spawn(onbon(address.plug().await, knobs, log.clone()));
    bench.lane.hears("led-1 true: Onbon controller").await;
    let at = log.sees(0, "0 请驶入").await;
    // Each would need more than a second; they come within a few milliseconds.
    let reasons = [ReasonCode::SealMismatch, ReasonCode::ContainerMismatch, ReasonCode::WeightUnstable];
    for reason in reasons.iter().cycle().take(12) {
        bench.live.send_replace(held(1, Verdict::Person, *reason));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bench.live.send_replace(let_through(1));
    log.sees(at, "0 放行").await;
    let between: Vec<String> = log.all().into_iter().skip(at).take_while(|done| done != "0 放行").collect();
    // What the board was busy with when they came, and nothing that waited behind it.
    assert!(between.len() <= 2, "{between:?}");
    assert_eq!(bench.metrics.errors.get(), 0);
}

/// fault D3: a board that falls silent is told and counted, and gets the screen of now when it is back, on a connection of its own.
#[tokio::test]
async fn a_silent_display_is_told_and_shown_the_screen_of_now() {
    let (address, log, knobs) = (Address::new().await, Log::default(), Arc::new(Knobs::default()));
    let mut bench = start(ONBON, address.settings(), snapshot("idle"));
    let first = tokio::spawn(onbon(address.plug().await, knobs.clone(), log.clone()));
    bench.lane.hears("led-1 true").await;
    let at = log.sees(0, "1 等候识别").await;
    knobs.mute.store(true, Ordering::SeqCst);
    bench.live.send_replace(held(1, Verdict::Refuse, ReasonCode::CustomsHold));
    assert_eq!(bench.lane.hears("led-1 false").await, "led-1 false: does not answer");
    assert_eq!(bench.metrics.online.get(), 0);
    assert!(bench.metrics.errors.get() >= 3, "a request and two more of it");
    let tries = log.all().iter().skip(at).filter(|done| *done == "0 请停车").count();
    // One of the three may have been the row before, whose answer was the first to be missed.
    assert!((2..=3).contains(&tries), "{tries}");
    tokio::time::timeout(PATIENCE, first).await.expect("hung up").unwrap();
    bench.live.send_replace(let_through(1));
    knobs.mute.store(false, Ordering::SeqCst);
    let at = log.all().len();
    tokio::spawn(onbon(address.plug().await, knobs, log.clone()));
    bench.lane.hears("led-1 true").await;
    log.sees(at, "0 放行").await;
    assert!(!log.all().iter().skip(at).any(|done| done == "0 请停车"), "the old screen is forgotten");
    assert_eq!((bench.metrics.online.get(), bench.metrics.reconnects.get()), (1, 1));
}

/// fault D2: a display that is plugged out and in again is found, and shows what holds then.
#[tokio::test]
async fn a_display_that_comes_back_is_found_again() {
    let (place, log, knobs) = (Place::new(), Log::default(), Arc::new(Knobs::default()));
    let mut bench = start(ONBON, place.settings(), snapshot("idle"));
    assert!(bench.lane.hears("led-1 false").await.contains("cannot open"));
    for round in 0..3 {
        let served = tokio::spawn(onbon(place.plug(), knobs.clone(), log.clone()));
        bench.lane.hears("led-1 true").await;
        let at = log.all().len();
        bench.live.send_replace(held(round, Verdict::Person, ReasonCode::WeightUnstable));
        log.sees(at, "0 磅数不稳").await;
        served.abort();
        let _ = served.await;
        bench.lane.hears("led-1 false").await;
        bench.live.send_replace(snapshot("idle"));
    }
    assert_eq!(bench.metrics.reconnects.get(), 2);
}

/// A controller that refuses is asked again with the next refresh; until then it is the person's to see in the log, not a silence.
#[tokio::test]
async fn a_refused_screen_is_tried_again() {
    let (address, log, knobs) = (Address::new().await, Log::default(), Arc::new(Knobs::default()));
    knobs.busy.store(true, Ordering::SeqCst);
    let keys = format!("{ONBON}\nrefresh_s = 2");
    let mut bench = start(&keys, address.settings(), snapshot("idle"));
    tokio::spawn(onbon(address.plug().await, knobs.clone(), log.clone()));
    bench.lane.hears("led-1 true").await;
    log.sees(0, "refuses").await;
    knobs.busy.store(false, Ordering::SeqCst);
    log.sees(0, "0 请驶入").await;
    assert_eq!(bench.metrics.online.get(), 1);
}

/// A speech chip that accepts everything, and speaks until it is told to stop.
async fn chip(plug: Arc<Plug>, log: Log) {
    let mut decoder = SynDecoder::new(Side::Host);
    let mut speaks = false;
    while let Some(bytes) = plug.heard().await {
        decoder.push(&bytes);
        while let Progress::Frame(frame) = decoder.pull() {
            let reply = match syn::Command::decode(frame).unwrap() {
                syn::Command::Speak { text, .. } => {
                    log.add(format!("says {}", text.read()));
                    speaks = true;
                    syn::Reply::Accepted
                }
                syn::Command::Stop => {
                    log.add("stops".to_owned());
                    speaks = false;
                    syn::Reply::Accepted
                }
                syn::Command::Query if speaks => syn::Reply::Busy,
                syn::Command::Query => syn::Reply::Idle,
                other => panic!("the host sent {other:?}"),
            };
            plug.write(&[reply as u8]).await;
        }
    }
}

/// A prompt is said once; a newer outcome does not wait until an older one is spoken to its end.
#[tokio::test]
async fn a_voice_says_the_newest_outcome_once() {
    let (place, log) = (Place::new(), Log::default());
    tokio::spawn(chip(place.plug(), log.clone()));
    let mut bench = start("kind = \"speech-syn\"", place.settings(), snapshot("idle"));
    bench.lane.hears("led-1 true: SYN6288").await;
    let refused = || held(1, Verdict::Refuse, ReasonCode::CustomsHold);
    for _ in 0..5 {
        bench.live.send_replace(refused());
        tokio::time::sleep(Duration::from_millis(20)).await;
        bench.live.send_replace(Snapshot { state: "deciding", ..refused() });
    }
    log.sees(0, "says 请停车，请到窗口办理").await;
    bench.live.send_replace(let_through(1));
    log.sees(0, "says 已放行，请等栏杆完全抬起后通行").await;
    bench.live.send_replace(snapshot("idle"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut all = log.all();
    // On a busy machine an answer comes after 100 ms, and the wire's own repetition is heard.
    all.dedup();
    assert_eq!(all, ["says 请停车，请到窗口办理", "stops", "says 已放行，请等栏杆完全抬起后通行"]);
    assert_eq!(bench.metrics.online.get(), 1);
}
