//! 剧本: who comes, what happens around them, and what must come of it, as TOML.
//! Promises: unknown keys, unknown lorries and unknown lanes are refused before anything starts.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use kakou_tests::record::Closing;
use protocols::rules::TripStatus;
use serde::Deserialize;

/// The one that is built in.
const BUILT_IN: &str = include_str!("../../../scenarios/demo.toml");

/// The whole story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The actors.
    #[serde(rename = "lorry")]
    pub(crate) lorries: Vec<Lorry>,
    /// What happens, one after another.
    #[serde(rename = "step")]
    pub(crate) steps: Vec<Step>,
}

/// 车辆.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lorry {
    /// Its plate, by which people call it.
    pub(crate) plate: String,
    /// Status that its record must have in the end; none when it has no record.
    pub(crate) ends: Option<TripStatus>,
    /// What it is known by at the lane.
    #[serde(default)]
    pub(crate) medium: MediumKind,
    /// The container that it carries in place of bulk cargo.
    #[serde(default)]
    pub(crate) container: Option<String>,
    /// The electronic seals of that container.
    #[serde(default)]
    pub(crate) seals: Vec<String>,
}

/// 绑定介质类型.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum MediumKind {
    /// Electronic plate.
    #[default]
    VE,
    /// IC card.
    IC,
    /// Bar code.
    BC,
    /// Plate, which a camera makes out.
    VN,
}

/// One thing that happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    /// The story goes on.
    Say {
        /// In words.
        text: String,
    },
    /// The declarant declares a trip; the gate has heard of it afterwards.
    Declare {
        /// Whose.
        lorry: String,
        /// Which passage ends it.
        closing: Closing,
    },
    /// Waits until the record has that status, and the gate knows.
    Reaches {
        /// Whose.
        lorry: String,
        /// The status.
        status: TripStatus,
    },
    /// An officer acts.
    Desk {
        /// On whose record.
        lorry: String,
        /// What he does.
        act: Act,
    },
    /// The lorry drives up to a lane and does what it does.
    Drive(Drive),
    /// The line between gate and centre is cut.
    Cut,
    /// It is whole again; everything is delivered before the story goes on.
    Mend,
    /// A fault on a device's line begins.
    Fault {
        /// The device.
        device: String,
        /// As the simulator's scenarios write it.
        what: toml::Table,
    },
    /// All faults of a device end.
    EndFaults {
        /// The device.
        device: String,
    },
}

/// What an officer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// 布控.
    Hold,
    /// Lifts the hold.
    Lift,
    /// Puts the medium on the deny list.
    Deny,
    /// Releases the lorry that a lane holds, at the gate's panel (人工放行).
    Release,
}

/// One visit to a lane.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drive {
    /// Who.
    pub(crate) lorry: String,
    /// Where.
    pub(crate) lane: String,
    /// What it does at the barrier, in the simulator's words.
    #[serde(default = "passes")]
    pub(crate) drives: String,
    /// How long it stands there.
    #[serde(default = "patience_ms")]
    pub(crate) patience_ms: u64,
    /// It comes that much later.
    #[serde(default)]
    pub(crate) after_ms: u64,
    /// What an officer does once the lane has judged it for the first time.
    #[serde(default)]
    pub(crate) once_judged: Option<Act>,
    /// So much more than was declared is on it.
    #[serde(default)]
    pub(crate) overload_kg: u32,
    /// Seals that somebody has opened and closed again.
    #[serde(default)]
    pub(crate) opened: Vec<String>,
    /// What must come of it.
    pub(crate) expect: Expect,
}

/// What must come of a visit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// What the lane says and how the visit ends, in order: `Y ok`, `N no_binding`, `M ...`, then `PASS`, `backed_out` or `left`.
    pub(crate) says: Vec<String>,
    /// How often the witness sees the arm rise.
    pub(crate) rises: usize,
}

fn passes() -> String {
    "passes".to_owned()
}

const fn patience_ms() -> u64 {
    60_000
}

impl Scenario {
    /// The file's, or the built-in one.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Self::parse(BUILT_IN).context("the built-in scenario") };
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| format!("{} is no good", file.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let scenario: Self = toml::from_str(text)?;
        for step in &scenario.steps {
            if let Some(lorry) = step.lorry() {
                let known = scenario.lorries.iter().any(|known| known.plate == lorry);
                ensure!(known, "no [[lorry]] has the plate {lorry:?}");
            }
            if let Step::Drive(drive) = step {
                let lanes = ["IN1", "OUT1", "IN2", "OUT2"];
                ensure!(lanes.contains(&drive.lane.as_str()), "there is no lane {:?}", drive.lane);
            }
        }
        Ok(scenario)
    }
}

impl Step {
    fn lorry(&self) -> Option<&str> {
        match self {
            Self::Declare { lorry, .. } | Self::Reaches { lorry, .. } | Self::Desk { lorry, .. } => {
                Some(lorry)
            }
            Self::Drive(drive) => Some(&drive.lorry),
            Self::Say { .. } | Self::Cut | Self::Mend | Self::Fault { .. } | Self::EndFaults { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each story that the demo promises is in the built-in scenario, with the reason that it is about.
    #[test]
    fn the_built_in_scenario_tells_every_story() {
        let scenario = Scenario::load(None).unwrap();
        let said: Vec<&str> = scenario
            .steps
            .iter()
            .filter_map(|step| if let Step::Drive(drive) = step { Some(&drive.expect.says) } else { None })
            .flatten()
            .map(String::as_str)
            .collect();
        let stories = [
            "Y ok",
            "N no_binding",
            "N not_approved",
            "N customs_hold",
            "N deny_listed",
            "N locked",
            "backed_out",
            "M no_recorded_entry",
            "M weight_out_of_tolerance",
            "M seal_mismatch",
            "PASS",
        ];
        for story in stories {
            assert!(said.contains(&story), "{story} is missing");
        }
        let faults =
            scenario.steps.iter().filter(|step| matches!(step, Step::Cut | Step::Mend | Step::Fault { .. }));
        assert!(faults.count() >= 3, "a cut line and a noisy one");
        for medium in [MediumKind::VE, MediumKind::IC, MediumKind::BC, MediumKind::VN] {
            let of = |step: &Step| match step {
                Step::Drive(drive) => scenario
                    .lorries
                    .iter()
                    .any(|lorry| lorry.plate == drive.lorry && lorry.medium == medium)
                    .then(|| drive.expect.says.concat()),
                _ => None,
            };
            let said: Vec<String> = scenario.steps.iter().filter_map(of).collect();
            assert!(said.iter().any(|says| says.contains("PASS")), "no {medium:?} passes");
            assert!(said.iter().any(|says| says.contains("N ")), "no {medium:?} is refused");
        }
        let released =
            |step: &&Step| matches!(step, Step::Drive(drive) if drive.once_judged == Some(Act::Release));
        assert!(scenario.steps.iter().any(|step| released(&step)), "nobody releases a lorry");
    }

    #[test]
    fn a_scenario_with_a_stranger_is_refused() {
        let step = "lorry = []\n[[step]]\ndo = \"reaches\"\nlorry = \"X\"\nstatus = \"LOCKED\"";
        assert_eq!(Scenario::parse(step).unwrap_err().to_string(), "no [[lorry]] has the plate \"X\"");
        assert!(Scenario::parse("lorry = []\nstep = []\nextra = 1").is_err());
    }
}
