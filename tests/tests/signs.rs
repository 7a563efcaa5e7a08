//! The agent's drivers of displays and voices against the simulator's firmware of those, over a real connection and in real time: what
//! a lorry's driver reads and hears in the end.
//! Absent: the rest of a yard; lanes are told here what state they are in.
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up must fail its test, outside of `#[test]` functions too"
)]

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use firmware_sim::{
    board::wire::Wire,
    device::{
        display::{self, DisplayBoard},
        speech::{self, SpeechChip},
        terminal::Faults,
    },
};
use gate_agent::{
    clock::{Clock, SystemClock},
    config::{Device, PortSettings, parse},
    drivers::{LaneLink, SignDriver, SignRole, sign},
    lane::{Arm, Input, Snapshot},
    panel::{DeviceMetrics, Metrics},
};
use protocols::{
    contract::ReadValue,
    ids::VisitId,
    rules::{ReasonCode, Verdict},
    tick::Tick,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::timeout,
};

const SOON: Duration = Duration::from_secs(30);

/// Firmware of what a bench may have.
enum Firmware {
    Display(Box<DisplayBoard<Wire>>),
    Speech(Box<SpeechChip<Wire>>),
}

impl Firmware {
    fn wire(&mut self) -> &mut Wire {
        match self {
            Self::Display(board) => board.port_mut(),
            Self::Speech(chip) => chip.port_mut(),
        }
    }

    fn poll(&mut self, now: Tick) -> Option<Tick> {
        match self {
            Self::Display(board) => {
                let Ok(()) = board.poll(now);
                board.wake()
            }
            Self::Speech(chip) => {
                let Ok(()) = chip.poll(now);
                chip.wake()
            }
        }
    }

    fn set_faults(&mut self, faults: Faults) {
        match self {
            Self::Display(board) => board.set_faults(faults),
            Self::Speech(chip) => chip.set_faults(faults),
        }
    }

    /// What a person sees of the board, rows parted by `/`, or has heard of the chip.
    fn told(&self) -> String {
        match self {
            Self::Display(board) => {
                let rows = (0..4).map(|row| board.row(row).map_or("", |shown| shown.text.trim()));
                rows.filter(|row| !row.is_empty()).collect::<Vec<_>>().join("/")
            }
            Self::Speech(chip) => {
                let mut spoken: Vec<&str> = chip.spoken().map(|spoken| spoken.text.as_str()).collect();
                // On a busy machine an answer comes late, and the wire's own repetition is heard.
                spoken.dedup();
                spoken.join("/")
            }
        }
    }
}

type Shared = Arc<Mutex<Firmware>>;

fn now() -> Tick {
    SystemClock.tick()
}

/// Serves one gate after the other, as a board behind a serial device server.
async fn serve(listener: TcpListener, firmware: Shared) {
    while let Ok((stream, _)) = listener.accept().await {
        hold(stream, &firmware).await;
        firmware.lock().unwrap_or_else(PoisonError::into_inner).wire().clear();
    }
}

async fn hold(mut stream: TcpStream, firmware: &Shared) {
    let mut buffer = [0; 512];
    loop {
        let (wake, answer) = {
            let mut firmware = firmware.lock().unwrap_or_else(PoisonError::into_inner);
            (firmware.poll(now()), firmware.wire().depart())
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
        let wait = wake.map_or(SOON, |wake| wake.since(now()));
        match timeout(wait, stream.read(&mut buffer)).await {
            Err(_) => {}
            Ok(Ok(count)) if count > 0 => {
                let bytes = buffer.get(..count).unwrap_or_default();
                firmware.lock().unwrap_or_else(PoisonError::into_inner).wire().arrive(bytes);
            }
            Ok(_) => return,
        }
    }
}

/// A board with its driver, and the lane that the driver follows.
struct Bench {
    firmware: Shared,
    live: watch::Sender<Snapshot>,
    lane: mpsc::Receiver<Input>,
    metrics: DeviceMetrics,
}

impl Bench {
    async fn start(keys: &str, firmware: Firmware) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = PortSettings::Tcp(listener.local_addr()?.to_string().into());
        let firmware = Arc::new(Mutex::new(firmware));
        tokio::spawn(serve(listener, Arc::clone(&firmware)));
        let text = format!(
            "[gate]\ngate_id = \"0708-G02\"\nyard_id = \"07080000001\"\n[centre]\ntoken = \"x\"\n[[device]]\nname = \"io\"\n\
             kind = \"modbus-io\"\nport = \"/dev/io\"\n[[lane]]\nlane_id = \"L1\"\nbarrier = {{ device = \"io\" }}\n\
             [[device]]\nname = \"sign\"\nport = \"/dev/sign\"\n{keys}\n"
        );
        let device = parse(&text, [], None)?.devices.pop().context("the sign is the last device")?;
        let device = Device { port: Some(port), ..device };
        let how = sign(&device).context("a display or a voice")?;
        let (inbox, lane) = mpsc::channel(64);
        let (live, followed) = watch::channel(idle());
        let metrics = Metrics::new().device("sign");
        let driver = SignDriver::new(
            "sign",
            device.port.as_ref().context("a port")?,
            how,
            SignRole { shows: true, speaks: true },
            LaneLink::new(inbox),
            followed,
            Arc::new(SystemClock),
            metrics.clone(),
        );
        tokio::spawn(driver.run());
        Ok(Self { firmware, live, lane, metrics })
    }

    fn board(&self) -> std::sync::MutexGuard<'_, Firmware> {
        self.firmware.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the board tells exactly this.
    async fn tells(&self, words: &str) -> Result<()> {
        let told = timeout(SOON, async {
            while self.board().told() != words {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        told.await.with_context(|| format!("never {words:?}, but {:?}", self.board().told()))
    }

    /// Waits until the lane hears that the board works, or no longer.
    async fn hears(&mut self, works: bool) -> Result<()> {
        let heard = timeout(SOON, async {
            while let Some(input) = self.lane.recv().await {
                if matches!(input, Input::Device { online, .. } if online == works) {
                    return true;
                }
            }
            false
        });
        ensure!(heard.await.context("the lane hears nothing")?, "the driver ended");
        Ok(())
    }
}

fn idle() -> Snapshot {
    Snapshot { state: "idle", arm: Arm::Closed, ..Snapshot::default() }
}

fn visit(state: &'static str, verdict: Option<Verdict>, reason: Option<ReasonCode>) -> Snapshot {
    let visit_id = VisitId::parse("0708-G02-L1-20261120-1-0001").expect("a visit's name");
    Snapshot { state, visit_id: Some(visit_id), verdict, reason, ..idle() }
}

fn held(verdict: Verdict, reason: ReasonCode) -> Snapshot {
    visit("held", Some(verdict), Some(reason))
}

fn let_through() -> Snapshot {
    let mut now = visit("opening", Some(Verdict::Pass), Some(ReasonCode::Ok));
    now.reads.plate = Some(ReadValue { value: "沪DM9026".to_owned(), ..ReadValue::default() });
    now
}

fn panel(wire: display::Wire) -> Firmware {
    let board = DisplayBoard::new(
        Wire::default(),
        wire,
        display::Timing { draw: Duration::from_millis(5), ..display::Timing::default() },
        Faults::default(),
    );
    Firmware::Display(Box::new(board))
}

/// Every board shows the way from idle to idle; what a row is too short or too few for comes on further pages.
#[tokio::test(flavor = "multi_thread")]
async fn each_board_shows_a_passage_and_a_refusal() -> Result<()> {
    let boards = [
        (
            "kind = \"display-park\"\naddress = 7",
            display::Wire::Park { board: 7 },
            ["请驶入/等候识别", "放行/沪DM9026/请等/栏杆抬起"],
        ),
        (
            "kind = \"display-bx\"\nrows = 3\ncells = 16",
            display::Wire::Bx { address: 1 },
            ["请驶入/等候识别", "放行/沪DM9026/请等栏杆抬起"],
        ),
        ("kind = \"display-ab\"\ncells = 8", display::Wire::Ab, ["请驶入", "沪DM9026"]),
    ];
    for (keys, wire, [waits, passes]) in boards {
        let mut bench = Bench::start(keys, panel(wire)).await?;
        bench.hears(true).await?;
        bench.tells(waits).await?;
        bench.live.send_replace(let_through());
        bench.tells(passes).await?;
        bench.live.send_replace(held(Verdict::Refuse, ReasonCode::WeightUnstable));
        let refused = if waits.contains('/') { "未放行/磅数不稳" } else { "磅数不稳" };
        let timed_out = timeout(SOON, async {
            while !bench.board().told().starts_with(refused) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        timed_out.await.with_context(|| format!("{keys}: {}", bench.board().told()))?;
        bench.live.send_replace(idle());
        bench.tells(waits).await?;
        if let Firmware::Display(board) = &*bench.board() {
            assert_eq!(board.lost(), 0, "{keys}: frames came while it drew");
        }
        assert_eq!(bench.metrics.online.get(), 1);
    }
    Ok(())
}

/// fault D3: late, double and spoilt answers, rubbish and silence: told where it lasts, and the screen of now stands there afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn an_answering_board_is_got_over_its_faults() -> Result<()> {
    let mut bench =
        Bench::start("kind = \"display-bx\"\nrows = 4", panel(display::Wire::Bx { address: 1 })).await?;
    bench.hears(true).await?;
    bench.tells("请驶入/等候识别").await?;
    let all = [
        (Faults { slow: Duration::from_millis(700), ..Faults::default() }, false),
        (Faults { duplicate: true, ..Faults::default() }, false),
        (Faults { babble: Some(Duration::from_millis(30)), ..Faults::default() }, false),
        (Faults { wrong: true, ..Faults::default() }, true),
        (Faults { silent: true, ..Faults::default() }, true),
    ];
    for (faults, is_told) in all {
        bench.board().set_faults(faults);
        bench.live.send_replace(held(Verdict::Person, ReasonCode::ContainerMismatch));
        if is_told {
            bench.hears(false).await?;
            assert_eq!(bench.metrics.online.get(), 0, "{faults:?}");
        } else {
            bench.tells("箱号不符/请等候/人工核对").await.with_context(|| format!("{faults:?}"))?;
        }
        bench.board().set_faults(Faults::default());
        if is_told {
            bench.hears(true).await?;
        }
        bench.live.send_replace(idle());
        bench.tells("请驶入/等候识别").await.with_context(|| format!("after {faults:?}"))?;
    }
    Ok(())
}

/// The chip says each outcome once; a newer one does not wait for an older one's end, and nothing is said late.
#[tokio::test(flavor = "multi_thread")]
async fn a_speech_chip_says_each_outcome_once() -> Result<()> {
    let chip = SpeechChip::new(Wire::default(), speech::Timing::default(), Faults::default(), now());
    let mut bench = Bench::start("kind = \"speech-syn\"", Firmware::Speech(Box::new(chip))).await?;
    bench.hears(true).await?;
    for _ in 0..3 {
        bench.live.send_replace(held(Verdict::Refuse, ReasonCode::NoBinding));
        tokio::time::sleep(Duration::from_millis(50)).await;
        bench.live.send_replace(visit("deciding", Some(Verdict::Refuse), Some(ReasonCode::NoBinding)));
    }
    bench.tells("未查到绑定信息，请联系申报企业").await?;
    bench.live.send_replace(let_through());
    let both = "未查到绑定信息，请联系申报企业/已放行，请等栏杆完全抬起后通行";
    bench.tells(both).await?;
    bench.live.send_replace(idle());
    // Until the last one is spoken to its end.
    let ended = timeout(SOON, async {
        loop {
            if let Firmware::Speech(chip) = &*bench.board()
                && chip.spoken().last().is_some_and(|spoken| spoken.whole)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    ended.await.context("the newest prompt is spoken whole")?;
    assert_eq!(bench.board().told(), both);
    if let Firmware::Speech(chip) = &*bench.board() {
        let whole: Vec<bool> = chip.spoken().map(|spoken| spoken.whole).collect();
        let (last, before) = whole.split_last().context("something was said")?;
        assert!(
            *last && !before.iter().any(|whole| *whole),
            "the refusal gave way to the release: {whole:?}"
        );
    }
    Ok(())
}
