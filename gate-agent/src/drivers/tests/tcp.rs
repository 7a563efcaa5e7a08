//! The drivers over TCP: boards with Modbus TCP, readers behind a serial device server, peers that vanish.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use protocols::{
    contract::RaiseOutcome,
    relay::{
        mbap::{Header, Stream},
        wire::{Exception, Request, Response},
    },
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

use super::{
    Lane, PATIENCE,
    board::{APPROACH, Shared, board},
    bus::{config, proof},
    lane,
    port::{Address, Plug},
    reader::{EPC, Knobs, report, serve},
};
use protocols::uhf::tag::Family;

use crate::{
    clock::{Clock, SystemClock},
    config::{BoardConfig, PortSettings, ReaderMode, UhfConfig},
    drivers::{Barrier, BarrierFault, LaneWiring, bus as start_bus},
    panel::{DeviceMetrics, Metrics},
};

/// What is wrong with the board's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// It does what it is told and answers nothing.
    Mute,
    /// The same for pulses only.
    MutePulses,
    /// Every fifth comes after the time-out.
    Late,
    /// Each comes twice.
    Twice,
    /// Each comes in single bytes.
    Bytewise,
    /// From another unit, every fifth.
    WrongUnit,
    /// Exception 04 to pulses.
    RefusesPulses,
    /// Bytes of another protocol.
    Garbage,
}

type SharedFault = Arc<Mutex<Fault>>;

struct Bench {
    address: Option<Address>,
    board: Shared,
    fault: SharedFault,
    barriers: Vec<Barrier>,
    lane: Lane,
    metrics: Metrics,
}

fn start(port: &PortSettings, config: &BoardConfig) -> (Vec<Barrier>, Lane, Metrics) {
    let ((link, lane), metrics) = (lane(), Metrics::new());
    let wiring = LaneWiring {
        device: "io-1".into(),
        coil_offset: 0,
        input_offset: 0,
        arm_travel: Duration::from_secs(5),
        link,
    };
    let (driver, barriers) =
        start_bus(port, &[("io-1", config)], vec![wiring], Arc::new(SystemClock), &metrics);
    tokio::spawn(driver.run());
    (barriers, lane, metrics)
}

async fn bench() -> Bench {
    let address = Address::new().await;
    let (barriers, lane, metrics) = start(&address.settings(), &config());
    let fault = Arc::new(Mutex::new(Fault::None));
    Bench { address: Some(address), board: board(), fault, barriers, lane, metrics }
}

impl Bench {
    /// Takes one call and answers until the driver hangs up.
    async fn connected(&self) -> JoinHandle<()> {
        let address = self.address.as_ref().unwrap();
        let plug = tokio::time::timeout(PATIENCE, address.plug()).await.expect("the driver calls");
        tokio::spawn(serve_board(plug, self.board.clone(), self.fault.clone()))
    }

    async fn ready(&mut self) -> JoinHandle<()> {
        let board = self.connected().await;
        self.lane.hears("barrier true").await;
        self.lane.hears("arm Closed").await;
        board
    }

    fn goes_wrong(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    fn pulses(&self) -> Vec<u16> {
        self.board.lock().unwrap().pulses.clone()
    }

    async fn raise(&self) -> RaiseOutcome {
        tokio::time::timeout(PATIENCE, self.barriers[0].raise(proof())).await.expect("an outcome")
    }
}

async fn serve_board(plug: Arc<Plug>, board: Shared, fault: SharedFault) {
    let (mut stream, mut answers) = (Stream::default(), 0_u32);
    while let Some(bytes) = plug.heard().await {
        stream.push(&bytes);
        while let Some((header, pdu)) = stream.pull().unwrap() {
            let request = Request::from_pdu(&pdu).unwrap();
            let pulses = matches!(request, Request::WriteCoil { address, .. } if address >= 0x0200);
            let fault = *fault.lock().unwrap();
            let response = match fault {
                Fault::RefusesPulses if pulses => Response::Exception(Exception::DEVICE_FAILURE),
                _ => board.lock().unwrap().answer(&request),
            };
            answers += 1;
            let frame = header.frame(&response.pdu(&request));
            match fault {
                Fault::Mute => {}
                Fault::MutePulses if pulses => {}
                Fault::Late if answers.is_multiple_of(5) => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    plug.write(&frame).await;
                }
                Fault::Twice => plug.write(&[frame.clone(), frame].concat()).await,
                Fault::Bytewise => {
                    for byte in frame {
                        plug.write(&[byte]).await;
                    }
                }
                Fault::WrongUnit if answers.is_multiple_of(5) => {
                    let other = Header { unit: header.unit + 1, ..header };
                    plug.write(&other.frame(&response.pdu(&request))).await;
                }
                Fault::Garbage => plug.write(b"SSH-2.0-OpenSSH_9.2\r\n").await,
                _ => plug.write(&frame).await,
            }
        }
    }
}

#[tokio::test]
async fn a_raise_over_tcp_is_one_pulse_and_ends_at_the_open_limit() {
    let mut bench = bench().await;
    bench.ready().await;
    assert_eq!(bench.raise().await, RaiseOutcome::Raised);
    assert_eq!(bench.board.lock().unwrap().writes, [(0x0200, 5)]);
    bench.lane.hears("arm Open").await;
}

#[tokio::test]
async fn an_exception_over_tcp_is_a_refusal_and_nothing_moves() {
    let mut bench = bench().await;
    bench.goes_wrong(Fault::RefusesPulses);
    bench.ready().await;
    assert_eq!(bench.raise().await, RaiseOutcome::Refused);
    assert_eq!(bench.pulses(), [0; 0]);
}

/// fault D7: late, doubled, split and wrongly addressed answers are survived on one connection, and never believed.
#[tokio::test]
async fn a_misbehaving_board_on_tcp_is_polled_on_and_its_loops_are_right() {
    for fault in [Fault::Late, Fault::Twice, Fault::Bytewise, Fault::WrongUnit] {
        let mut bench = bench().await;
        bench.goes_wrong(fault);
        let connection = bench.ready().await;
        bench.board.lock().unwrap().inputs |= APPROACH;
        bench.lane.hears("Approach Occupied").await;
        bench.board.lock().unwrap().inputs &= !APPROACH;
        bench.lane.hears("Approach Free").await;
        let heard = &bench.lane.heard;
        assert!(!heard.iter().any(|words| words.starts_with("Exit Occupied")), "{fault:?}: {heard:?}");
        assert!(!connection.is_finished(), "{fault:?} costs no connection");
        assert_eq!(bench.metrics.device("io-1").reconnects.get(), 0, "{fault:?}");
    }
}

/// fault D7: a pulse whose answer is lost is sent once, and the connection is given up, so that it cannot arrive later; the
/// arm tells the outcome on the next one.
#[tokio::test]
async fn a_pulse_without_an_answer_costs_its_connection_and_is_never_repeated() {
    let mut bench = bench().await;
    let connection = bench.ready().await;
    bench.goes_wrong(Fault::MutePulses);
    let raise = bench.barriers[0].raise(proof());
    tokio::time::timeout(PATIENCE, connection).await.expect("hung up").unwrap();
    bench.connected().await;
    let outcome = tokio::time::timeout(PATIENCE, raise).await.expect("an outcome");
    assert_eq!((outcome, bench.pulses()), (RaiseOutcome::Raised, vec![0]));
}

/// fault D1: what is no Modbus TCP costs its connection, not the driver, which calls again, ever more seldom.
#[tokio::test]
async fn another_server_at_the_address_is_hung_up_on_until_the_board_is_there() {
    let mut bench = bench().await;
    bench.goes_wrong(Fault::Garbage);
    let begun = SystemClock.tick();
    for _ in 0..4 {
        let connection = bench.connected().await;
        tokio::time::timeout(PATIENCE, connection).await.expect("hung up").unwrap();
    }
    // Pauses of 100, 200 and 400 ms, less a quarter.
    assert!(SystemClock.tick().since(begun) >= Duration::from_millis(525));
    assert!(bench.metrics.device("io-1").errors.get() >= 4);
    bench.goes_wrong(Fault::None);
    bench.ready().await;
}

/// fault C2: a peer that vanishes without a word is found by the polls' own time-outs, and called again.
#[tokio::test]
async fn a_peer_that_says_nothing_any_more_is_missed_and_called_again() {
    let mut bench = bench().await;
    let connection = bench.ready().await;
    bench.lane.hears("Approach Free").await;
    bench.goes_wrong(Fault::Mute);
    let silent = SystemClock.tick();
    bench.lane.hears("barrier false").await;
    let missed = SystemClock.tick().since(silent);
    assert!(missed <= Duration::from_secs(15), "missed after {missed:?}");
    bench.lane.hears("Approach Unknown").await;
    tokio::time::timeout(PATIENCE, connection).await.expect("hung up").unwrap();
    bench.goes_wrong(Fault::None);
    bench.ready().await;
    bench.lane.hears("Approach Free").await;
    assert_eq!(bench.pulses(), [0; 0]);
}

/// fault D2: gone and back at the same address: connected again, with nothing known meanwhile and no old raise carried out.
#[tokio::test]
async fn a_board_that_comes_back_is_connected() {
    let mut bench = bench().await;
    let mut connection = bench.ready().await;
    for time in 0..5 {
        let address = bench.address.take().unwrap().close();
        connection.abort();
        let _ = connection.await;
        bench.lane.hears("barrier false").await;
        bench.lane.hears("arm Unknown").await;
        assert_eq!(bench.raise().await, RaiseOutcome::TimedOut);
        assert_eq!(bench.barriers[0].lower().await, Err(BarrierFault::Offline));
        // Long enough away for the longest pause, in some rounds.
        tokio::time::sleep(Duration::from_millis(400 * time)).await;
        let back = SystemClock.tick();
        bench.address = Some(Address::open(address).await);
        connection = bench.ready().await;
        let took = SystemClock.tick().since(back);
        assert!(took <= Duration::from_secs(15), "time {time}: back after {took:?}");
    }
    assert_eq!(bench.pulses(), [0; 0]);
    assert_eq!(bench.metrics.device("io-1").reconnects.get(), 5);
}

/// A listener that takes no more calls: what is sent to it is lost, as on the way to a host that is switched off.
async fn swallowing() -> (TcpListener, Vec<TcpStream>, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut taken = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        taken.push(stream);
    }
    (listener, taken, address)
}

/// fault C2: an address that swallows calls is told as not there, and orders meanwhile begin no call anew.
#[tokio::test]
async fn a_call_that_nobody_takes_is_given_up_after_a_second() {
    let (listener, taken, address) = swallowing().await;
    let called = SystemClock.tick();
    let (barriers, mut lane, _) = start(&PortSettings::Tcp(address.to_string().into()), &config());
    let ordering = tokio::spawn({
        let barrier = barriers[0].clone();
        async move {
            loop {
                let _ = barrier.lower().await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
    assert!(lane.hears("io-1 false").await.contains("cannot open"));
    let given_up = SystemClock.tick().since(called);
    assert!((Duration::from_millis(950)..Duration::from_secs(15)).contains(&given_up), "{given_up:?}");
    ordering.abort();
    drop((listener, taken));
}

fn reader(address: &Address, probe: Duration) -> (Lane, DeviceMetrics) {
    let ((link, lane), metrics) = (lane(), DeviceMetrics::default());
    let config = UhfConfig {
        family: Family::Uhf18,
        with_tid: false,
        address: 0,
        mode: ReaderMode::Scan,
        gap: Duration::from_millis(20),
        silence_probe: probe,
    };
    let driver = super::direct(&address.settings(), config, vec![link], &metrics);
    tokio::spawn(driver.run());
    (lane, metrics)
}

#[tokio::test]
async fn a_reader_behind_a_serial_device_server_is_read_over_tcp() {
    let address = Address::new().await;
    let (mut lane, metrics) = reader(&address, Duration::from_millis(200));
    for time in 0..3_u64 {
        let plug = address.plug().await;
        let reading = tokio::spawn(serve(plug.clone(), Arc::new(Knobs::default())));
        lane.hears("uhf-1 true").await;
        let epc = format!("E28011700002{time:012X}");
        let (head, tail) = (report(&epc), report(EPC));
        plug.write(&[&head[..], &tail[..7]].concat()).await;
        assert_eq!(lane.hears("read").await, format!("read {epc}"));
        reading.abort();
        let _ = reading.await;
        drop(plug);
        lane.hears("uhf-1 false").await;
    }
    assert_eq!(metrics.reconnects.get(), 2);
    assert!(!lane.heard.contains(&format!("read {EPC}")), "a cut frame was read");
}

/// fault D3, C2: a reader that is silent on an open connection is found by a probe, and called anew.
#[tokio::test]
async fn a_silent_reader_over_tcp_is_called_again() {
    let address = Address::new().await;
    let (mut lane, _) = reader(&address, Duration::from_millis(200));
    let knobs = Arc::new(Knobs::default());
    let first = tokio::spawn(serve(address.plug().await, knobs.clone()));
    lane.hears("uhf-1 true").await;
    knobs.mute.store(true, Ordering::SeqCst);
    assert_eq!(lane.hears("uhf-1 false").await, "uhf-1 false: does not answer");
    tokio::time::timeout(PATIENCE, first).await.expect("hung up").unwrap();
    knobs.mute.store(false, Ordering::SeqCst);
    let second = tokio::time::timeout(PATIENCE, address.plug()).await.expect("called again");
    tokio::spawn(serve(second, knobs));
    lane.hears("uhf-1 true").await;
}
