//! What may be asked over the control socket.
//! Promises: an unknown order and an unknown key are errors that name it.

use crate::fault::Fault;
use crate::scenario::BarrierKnobs;
use crate::scenario::plan::VehiclePlan;
use crate::scenario::sign::SignPlan;
use protocols::contract::Kg;
use serde::Deserialize;

/// 命令: one line of the control socket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// A vehicle comes; keys as in a scenario.
    Vehicle(VehiclePlan),
    /// Answers when that vehicle has ended.
    Wait {
        /// Its number.
        vehicle: u64,
        /// Gives up after that time.
        #[serde(default)]
        timeout_ms: Option<u64>,
    },
    /// Something comes into a device's view.
    Show {
        /// The reader or scanner.
        device: String,
        /// What, as in a scenario.
        what: SignPlan,
        /// How long it stays; until `hide` unless said.
        #[serde(default)]
        for_ms: Option<u64>,
    },
    /// Something leaves a device's view.
    Hide {
        /// The reader or scanner.
        device: String,
        /// What.
        what: SignPlan,
    },
    /// Puts a weight onto a lane's platform, in place of the one that this put there before; vehicles count beside.
    Load {
        /// The lane.
        lane: String,
        /// Kilograms.
        kg: Kg,
    },
    /// Holds a loop occupied, or lets go of it; vehicles on it count beside.
    Loop {
        /// The lane.
        lane: String,
        /// Which loop.
        which: Which,
        /// Occupied or not.
        occupied: bool,
    },
    /// Sets an input that is wired to no lane (photo beam, cabinet door).
    Input {
        /// The board.
        device: String,
        /// Channel, from 0.
        input: u8,
        /// Its level.
        on: bool,
    },
    /// Turns a barrier's knobs, or moves its arm by hand.
    Barrier {
        /// The lane.
        lane: String,
        /// Knobs; those not named stay.
        #[serde(default)]
        knobs: Option<BarrierKnobs>,
        /// Where somebody pushes the arm to, at once.
        #[serde(default)]
        force: Option<Position>,
    },
    /// A fault begins on a device's line.
    Fault {
        /// The device.
        device: String,
        /// What, as in a scenario.
        what: Fault,
        /// How long; until `fault_off` unless said.
        #[serde(default)]
        for_ms: Option<u64>,
    },
    /// Faults of a device end, also those still to come.
    FaultOff {
        /// The device.
        device: String,
        /// Only that one; all unless said.
        #[serde(default)]
        fault: Option<u64>,
    },
    /// Pulls a device's cable.
    Unplug {
        /// The device.
        device: String,
        /// Only when so many more bytes have gone to the gate; at once unless said.
        #[serde(default)]
        after_bytes: Option<usize>,
    },
    /// Plugs it in again, at the same place.
    Replug {
        /// The device.
        device: String,
    },
    /// Cuts a device's power for a moment: outputs off, saved settings kept.
    Reboot {
        /// The device.
        device: String,
    },
    /// Resets a reader to its factory settings.
    FactoryReset {
        /// The device.
        device: String,
    },
    /// Everything, now.
    State,
    /// The witness's entries from that number on.
    Witness {
        /// Running number; from the first unless said.
        #[serde(default)]
        from: u64,
    },
}

/// A loop's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Before the arm.
    Approach,
    /// Under the arm.
    Safety,
    /// Behind the arm.
    Exit,
}

/// An arm's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Up.
    Open,
    /// Down.
    Closed,
}

#[cfg(test)]
mod tests {
    use super::{Order, Which};

    #[test]
    fn each_order_of_the_readme_is_read() {
        let readme = include_str!("../../README.md");
        let lines: Vec<_> = readme.lines().filter(|line| line.starts_with("{\"do\":")).collect();
        assert!(lines.len() >= 16, "{lines:?}");
        for line in lines {
            serde_json::from_str::<Order>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn an_unknown_order_or_key_is_named() {
        for (line, message) in [
            (r#"{"do":"fly"}"#, "unknown variant `fly`"),
            (r#"{"do":"unplug","devise":"x"}"#, "unknown field `devise`"),
            (r#"{"do":"vehicle","lane":"IN1","speed":3}"#, "unknown field `speed`"),
            (r#"{"do":"loop","lane":"IN1","which":"back","occupied":true}"#, "unknown variant `back`"),
            (r#"{"do":"wait"}"#, "missing field `vehicle`"),
        ] {
            let error = serde_json::from_str::<Order>(line).expect_err(line).to_string();
            assert!(error.contains(message), "{line}: {error}");
        }
        let held = serde_json::from_str(r#"{"do":"loop","lane":"IN1","which":"exit","occupied":true}"#);
        let expected = Order::Loop { lane: "IN1".to_owned(), which: Which::Exit, occupied: true };
        assert_eq!(held.ok(), Some(expected));
    }
}
