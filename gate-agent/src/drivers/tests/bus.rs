//! The bus driver: raises, loops, and a board that misbehaves.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use protocols::{
    contract::{EventType, RaiseOutcome, UtcMillis},
    ids::GateId,
    relay::board::PulseStyle,
};

use super::{
    Lane, PATIENCE,
    board::{APPROACH, CLOSED, Fault, OPEN, SAFETY, Shared, When, board, serve},
    lane,
    port::Place,
};
use crate::{
    clock::{Clock, SystemClock},
    config::{BoardConfig, Kind, parse},
    drivers::{Barrier, BarrierFault, LaneWiring, bus},
    journal::{Committed, Draft, JournalCore, MemoryDisk},
    lane::Light,
    panel::Metrics,
};

/// A proof as the journal makes them.
pub(in crate::drivers) fn proof() -> Committed {
    let gate = GateId::parse("0708-G02").unwrap();
    let (mut journal, _) =
        JournalCore::open(MemoryDisk::new("test").store(), gate, Arc::new(SystemClock)).unwrap();
    journal.set_epoch(1).unwrap();
    let now = (SystemClock.tick(), UtcMillis::from_millis(0));
    journal.commit(vec![Draft::new(EventType::RaiseIntent, now.0, now.1)]).unwrap()
}

pub(super) fn config() -> BoardConfig {
    let file = parse(include_str!("../../../gate-agent.example.toml"), [], None).unwrap();
    let Kind::Board(board) = file.devices[1].kind.clone() else { panic!("a board") };
    BoardConfig {
        poll: Duration::from_millis(10),
        response_timeout: Duration::from_millis(150),
        settle: Duration::from_millis(50),
        ..board
    }
}

struct Bench {
    place: Place,
    board: Shared,
    barriers: Vec<Barrier>,
    lanes: Vec<Lane>,
    metrics: Metrics,
}

/// A bus with one board and a lane for each offset. Nothing is plugged in yet.
fn bench(config: &BoardConfig, offsets: &[u16], travel: Duration) -> Bench {
    let (place, metrics) = (Place::new(), Metrics::new());
    let (links, lanes): (Vec<_>, Vec<_>) = offsets.iter().map(|_| lane()).unzip();
    let wirings = links.into_iter().zip(offsets).map(|(link, offset)| LaneWiring {
        device: "io-1".into(),
        coil_offset: *offset,
        input_offset: *offset,
        arm_travel: travel,
        link,
    });
    let (driver, barriers) =
        bus(&place.settings(), &[("io-1", config)], wirings.collect(), Arc::new(SystemClock), &metrics);
    tokio::spawn(driver.run());
    Bench { place, board: board(), barriers, lanes, metrics }
}

impl Bench {
    fn plug(&self) -> tokio::task::JoinHandle<()> {
        tokio::spawn(serve(self.place.plug(), self.board.clone()))
    }

    fn set(&self, change: impl FnOnce(&mut super::board::BoardSim)) {
        change(&mut self.board.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn pulses(&self) -> Vec<u16> {
        self.board.lock().unwrap().pulses.clone()
    }

    async fn ready(&mut self) {
        for lane in &mut self.lanes {
            lane.hears("barrier true").await;
            lane.hears("arm Closed").await;
        }
    }

    async fn raise(&self, lane: usize) -> RaiseOutcome {
        tokio::time::timeout(PATIENCE, self.barriers[lane].raise(proof())).await.expect("an outcome")
    }
}

const TRAVEL: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(700);

#[tokio::test]
async fn a_raise_is_one_timed_pulse_and_ends_at_the_open_limit() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.plug();
    bench.ready().await;
    assert_eq!(bench.raise(0).await, RaiseOutcome::Raised);
    assert_eq!(bench.board.lock().unwrap().writes, [(0x0200, 5)]);
    bench.lanes[0].hears("arm Open").await;
}

#[tokio::test]
async fn a_plain_board_is_switched_on_and_off_again() {
    let mut bench = bench(&BoardConfig { pulse: PulseStyle::OnOff, ..config() }, &[0], TRAVEL);
    bench.plug();
    bench.ready().await;
    assert_eq!(bench.raise(0).await, RaiseOutcome::Raised);
    let off = async {
        while bench.board.lock().unwrap().writes != [(0, 0xFF00), (0, 0)] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, off).await.expect("the relay is released");
}

#[tokio::test]
async fn a_barrier_that_does_not_reach_its_limit_timed_out_and_is_not_pulsed_again() {
    let mut bench = bench(&config(), &[0], SHORT);
    bench.set(|board| board.moves = false);
    bench.plug();
    bench.ready().await;
    assert_eq!(bench.raise(0).await, RaiseOutcome::TimedOut);
    assert_eq!(bench.pulses(), [0]);
}

#[tokio::test]
async fn an_exception_is_a_refusal_and_nothing_moves() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.set(|board| board.fault = Some((Fault::Exception, When::Pulses)));
    bench.plug();
    bench.ready().await;
    assert_eq!(bench.raise(0).await, RaiseOutcome::Refused);
    assert_eq!(bench.pulses(), [0; 0]);
}

/// fault D7: a board that refuses a poll is away until its next good answer, and no longer.
#[tokio::test]
async fn a_board_that_refused_a_poll_comes_back_with_its_next_good_answer() {
    let mut bench = bench(&config(), &[0, 0], TRAVEL);
    bench.plug();
    bench.ready().await;
    for _ in 0..2 {
        bench.set(|board| board.fault = Some((Fault::Exception, When::Always)));
        for lane in &mut bench.lanes {
            lane.hears("barrier false").await;
        }
        bench.set(|board| board.fault = None);
        for lane in &mut bench.lanes {
            lane.hears("barrier true").await;
        }
    }
    assert_eq!(bench.raise(0).await, RaiseOutcome::Raised);
}

/// A relay that cannot be released keeps its board away, however well the inputs are answered.
#[tokio::test]
async fn a_board_with_an_energised_relay_stays_away_until_the_relay_is_released() {
    let mut bench = bench(&BoardConfig { pulse: PulseStyle::OnOff, ..config() }, &[0], TRAVEL);
    bench.plug();
    bench.ready().await;
    bench.set(|board| board.fault = Some((Fault::Exception, When::Releases)));
    bench.raise(0).await;
    bench.lanes[0].hears("barrier false").await;
    bench.set(|board| board.inputs |= APPROACH);
    bench.lanes[0].hears("Approach Occupied").await;
    let told = bench.lanes[0].heard.iter().rev().find(|words| words.starts_with("barrier"));
    assert_eq!(told.map(String::as_str), Some("barrier false"));
    bench.set(|board| board.fault = None);
    bench.lanes[0].hears("barrier true").await;
}

/// fault D7: whatever happens to the answer of a pulse, it is sent once; the arm tells the outcome.
#[tokio::test]
async fn a_pulse_whose_answer_is_lost_is_never_repeated() {
    for (moves, outcome) in [(true, RaiseOutcome::Raised), (false, RaiseOutcome::TimedOut)] {
        for fault in
            [Fault::Mute, Fault::Truncated, Fault::BadCheck, Fault::WrongAddress, Fault::Late(SHORT / 3)]
        {
            let mut bench = bench(&config(), &[0], SHORT);
            bench.set(|board| (board.moves, board.fault) = (moves, Some((fault, When::Pulses))));
            bench.plug();
            bench.ready().await;
            assert_eq!(bench.raise(0).await, outcome, "{fault:?}, moves: {moves}");
            assert_eq!(bench.pulses(), [0], "{fault:?}");
        }
    }
}

/// fault D7: late, truncated, echoing, wrongly addressed and badly checked answers are survived, and never believed.
#[tokio::test]
async fn a_misbehaving_board_is_polled_on_and_its_loops_are_right() {
    let late = Fault::Late(Duration::from_millis(300));
    for fault in [late, Fault::Truncated, Fault::Echo, Fault::WrongAddress, Fault::BadCheck, Fault::Mute] {
        let mut bench = bench(&config(), &[0], TRAVEL);
        let when = if fault == Fault::Echo { When::Always } else { When::Every(5) };
        bench.set(|board| board.fault = Some((fault, when)));
        bench.plug();
        bench.ready().await;
        bench.set(|board| board.inputs |= APPROACH);
        bench.lanes[0].hears("Approach Occupied").await;
        bench.set(|board| board.inputs &= !APPROACH);
        bench.lanes[0].hears("Approach Free").await;
        assert_eq!(bench.raise(0).await, RaiseOutcome::Raised, "{fault:?}");
        assert_eq!(bench.pulses(), [0], "{fault:?}");
        let heard = &bench.lanes[0].heard;
        assert!(!heard.iter().any(|words| words.starts_with("Exit Occupied")), "{fault:?}: {heard:?}");
        assert!(
            fault == Fault::Echo || bench.metrics.device("io-1").errors.get() > 0,
            "{fault:?} was counted"
        );
    }
}

/// fault D2: the port goes: nothing is known any more, and a raise is answered, not kept.
#[tokio::test]
async fn a_lost_port_makes_everything_unknown_and_no_old_raise_comes_back() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    assert_eq!(bench.raise(0).await, RaiseOutcome::TimedOut, "there is no port yet");
    let device = bench.plug();
    bench.ready().await;
    bench.lanes[0].hears("Approach Free").await;
    device.abort();
    let _ = device.await;
    bench.lanes[0].hears("barrier false").await;
    bench.lanes[0].hears("Approach Unknown").await;
    assert_eq!(bench.raise(0).await, RaiseOutcome::TimedOut);
    assert_eq!(bench.barriers[0].lower().await, Err(BarrierFault::Offline));
    bench.plug();
    bench.ready().await;
    bench.lanes[0].hears("Approach Free").await;
    assert_eq!(bench.pulses(), [0; 0]);
    assert_eq!(bench.metrics.device("io-1").reconnects.get(), 1);
}

/// Inputs older than a second are unknown, although the port is open.
#[tokio::test]
async fn a_silent_board_makes_everything_unknown() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.plug();
    bench.ready().await;
    bench.lanes[0].hears("Safety Free").await;
    bench.set(|board| board.fault = Some((Fault::Mute, When::Always)));
    bench.lanes[0].hears("Safety Unknown").await;
    assert_eq!(bench.barriers[0].lower().await, Err(BarrierFault::Obstructed));
}

/// fault D6: no close command with something under the arm.
#[tokio::test]
async fn the_barrier_comes_down_only_into_known_free_space() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.set(|board| board.inputs = OPEN | SAFETY);
    bench.plug();
    bench.lanes[0].hears("Safety Occupied").await;
    assert_eq!(bench.barriers[0].lower().await, Err(BarrierFault::Obstructed));
    bench.set(|board| board.inputs = OPEN);
    bench.lanes[0].hears("Safety Free").await;
    assert_eq!(bench.barriers[0].lower().await, Ok(()));
    assert_eq!(bench.pulses(), [1]);
    bench.lanes[0].hears("arm Closed").await;
}

/// fault D6: a close that waits for its bus is taken back when the loop becomes occupied meanwhile.
#[tokio::test]
async fn a_close_that_waits_is_dropped_when_the_loop_becomes_occupied() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.set(|board| board.inputs = OPEN);
    bench.plug();
    bench.lanes[0].hears("Safety Free").await;
    // A poll is lost: until another may be sent, the bus takes orders and carries out none.
    let mut before = 0;
    bench.set(|board| (board.fault, before) = (Some((Fault::Mute, When::Always)), board.answers));
    let lost = async {
        while bench.board.lock().unwrap().answers == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, lost).await.expect("a poll");
    let close = bench.barriers[0].lower();
    bench.set(|board| (board.fault, board.inputs) = (None, OPEN | SAFETY));
    assert_eq!(close.await, Err(BarrierFault::Obstructed));
    bench.lanes[0].hears("Safety Occupied").await;
    bench.set(|board| board.inputs = OPEN);
    bench.lanes[0].hears("Safety Free").await;
    assert_eq!(bench.pulses(), [0; 0]);
    assert_eq!(bench.barriers[0].lower().await, Ok(()));
    assert_eq!(bench.pulses(), [1]);
}

#[tokio::test]
async fn open_after_close_clears_the_close_relay_first() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.set(|board| board.inputs = OPEN);
    bench.plug();
    bench.lanes[0].hears("Safety Free").await;
    assert_eq!(bench.barriers[0].lower().await, Ok(()));
    assert_eq!(bench.raise(0).await, RaiseOutcome::Raised);
    assert_eq!(bench.board.lock().unwrap().writes, [(0x0201, 5), (1, 0), (0x0200, 5)]);
}

/// A crash between on and off leaves a relay energised: the next start releases it.
#[tokio::test]
async fn a_relay_left_energised_is_released_at_the_start() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.set(|board| board.relays = 0b1_0001);
    bench.plug();
    bench.ready().await;
    let released = async {
        while bench.board.lock().unwrap().relays != 0b1_0000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, released).await.expect("released, and the light left alone");
    assert_eq!(bench.pulses(), [0; 0]);
}

#[tokio::test]
async fn the_light_is_set_again_on_a_board_that_was_away() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.barriers[0].light(Light::Red);
    bench.plug();
    bench.ready().await;
    let shows = async |relays: u32| {
        while bench.board.lock().unwrap().relays != relays {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, shows(1 << 3)).await.expect("red");
    bench.barriers[0].light(Light::Green);
    tokio::time::timeout(PATIENCE, shows(1 << 4)).await.expect("green");
}

#[tokio::test]
async fn one_board_serves_two_lanes_apart() {
    let mut config = config();
    (config.coils.count, config.inputs.count) = (16, 16);
    let mut bench = bench(&config, &[0, 8], TRAVEL);
    bench.set(|board| board.inputs = CLOSED | CLOSED << 8);
    bench.plug();
    bench.ready().await;
    bench.set(|board| board.inputs |= APPROACH << 8);
    bench.lanes[1].hears("Approach Occupied").await;
    assert_eq!(bench.raise(1).await, RaiseOutcome::Raised);
    assert_eq!(bench.pulses(), [8]);
    bench.lanes[1].hears("arm Open").await;
    bench.lanes[0].hears("Approach Free").await;
    assert!(!bench.lanes[0].heard.iter().any(|words| words == "arm Open" || words == "Approach Occupied"));
}

#[tokio::test]
async fn the_bus_ends_with_its_barriers() {
    let mut bench = bench(&config(), &[0], TRAVEL);
    bench.barriers.clear();
    assert!(
        tokio::time::timeout(PATIENCE, async { while bench.lanes[0].inbox.recv().await.is_some() {} })
            .await
            .is_ok()
    );
}
