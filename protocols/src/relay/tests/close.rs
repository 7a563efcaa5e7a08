//! A barrier's close on a bus that fails: what it was allowed on, and what comes before it.

use super::session::{Bus, Fault, failed, flash};
use crate::relay::board::{Coil, PulseStyle, State};
use crate::relay::command::{Act, CommandId, Failure};
use crate::relay::exchange::Input;
use crate::tick::Tick;

const SAMPLE: &str = "Inputs { unit: 1";

/// A board that was sampled last at 1025, and answers nothing from 1060 on.
fn falls_silent() -> Bus {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_060);
    assert_eq!(bus.log.iter().rfind(|(_, line)| line.starts_with(SAMPLE)).map(|(at, _)| *at), Some(1_045));
    bus.devices[0].fault = Fault::Silent;
    bus
}

/// What a lane orders when a vehicle has passed.
fn red_and_close(bus: &mut Bus) {
    bus.act(1, Act::Switch { coil: Coil::Green, bank: 0, state: State::Off });
    bus.act(2, Act::Switch { coil: Coil::Red, bank: 0, state: State::On });
    bus.pulse(3, Coil::BarrierClose);
}

fn withdraw(bus: &mut Bus, at: u64, id: u64) {
    bus.run_until(at);
    bus.session.handle(Input::Withdraw(&[CommandId(id)]), Tick::from_millis(at));
}

/// fault D6: a light that was not answered, then its read-back, then inputs that are unknown: the close that waited behind
/// them is given up, and the next one waits for a sample although the board answers again.
#[test]
fn a_close_never_goes_out_on_inputs_that_are_old_or_unknown() {
    let mut bus = falls_silent();
    red_and_close(&mut bus);
    bus.run_until(2_200);
    assert_eq!(bus.first("InputsUnknown", 0), Some(2_025), "{:?}", bus.log);
    assert_eq!(bus.first(&failed(3, Failure::Offline), 0), Some(2_060));
    bus.devices[0].fault = Fault::None;
    bus.run_until(2_290);
    assert_eq!((bus.count(SAMPLE, 1_060), bus.count("Offline {", 0)), (0, 0), "the relays are read first");
    bus.pulse(4, Coil::BarrierClose);
    bus.run_until(3_000);
    let sampled = bus.first(SAMPLE, 1_060).unwrap();
    assert_eq!(bus.count(&flash(1), 0), 1, "{:?}", bus.log);
    assert!(bus.first(&flash(1), 0).unwrap() > sampled, "{:?}", bus.log);
    assert!(bus.first("CommandDone { id: CommandId(4) }", 0).is_some());
}

/// fault D6: a close is delayed by the poll that goes before it, and not lost.
#[test]
fn a_close_that_has_waited_goes_out_behind_the_next_sample() {
    let mut bus = falls_silent();
    red_and_close(&mut bus);
    bus.run_until(1_500);
    bus.devices[0].fault = Fault::None;
    bus.run_until(3_000);
    let sampled = bus.first(SAMPLE, 1_060).unwrap();
    assert_eq!(bus.first(&flash(1), 0), Some(sampled + 5), "{:?}", bus.log);
    assert_eq!(bus.count(&flash(1), 0), 1);
    assert_eq!(bus.count("CommandDone { id: CommandId(3) }", 0), 1);
}

/// A raise waits for no sample, and the close that does never comes down behind it.
#[test]
fn a_raise_overtakes_a_close_that_waits_and_ends_it() {
    let mut bus = falls_silent();
    bus.run_until(1_400);
    bus.pulse(1, Coil::BarrierClose);
    bus.run_until(1_410);
    bus.pulse(2, Coil::BarrierOpen);
    bus.run_until(1_500);
    bus.devices[0].fault = Fault::None;
    bus.run_until(5_000);
    assert_eq!(bus.first(&failed(1, Failure::Withdrawn), 0), Some(1_410));
    assert_eq!(bus.first("send 1", 1_500), bus.first(&flash(0), 0), "{:?}", bus.log);
    assert_eq!((bus.count(&flash(0), 0), bus.count(&flash(1), 0)), (1, 0));
}

/// fault D6: what the sample shows is heard before the close that waited for it goes out.
#[test]
fn a_close_is_withdrawn_by_the_sample_that_it_waited_for() {
    let mut bus = falls_silent();
    bus.run_until(1_400);
    bus.pulse(1, Coil::BarrierClose);
    (bus.devices[0].fault, bus.devices[0].inputs) = (Fault::None, 0b1010);
    bus.run_until(1_500);
    let sampled = (1_500..2_000).find(|at| {
        bus.run_until(*at);
        bus.count("bits: 10,", 0) > 0
    });
    withdraw(&mut bus, sampled.unwrap(), 1);
    bus.run_until(5_000);
    assert_eq!(bus.first(&failed(1, Failure::Withdrawn), 0), sampled, "{:?}", bus.log);
    assert_eq!(bus.count(&flash(1), 0), 0);
}

#[test]
fn a_close_that_is_out_is_not_withdrawn_any_more() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_000);
    bus.pulse(1, Coil::BarrierClose);
    withdraw(&mut bus, 1_005, 1);
    bus.run_until(2_000);
    assert_eq!((bus.first(&flash(1), 0), bus.count("CommandFailed", 0)), (Some(1_000), 0));
    assert_eq!(bus.count("CommandDone { id: CommandId(1) }", 0), 1);
}
