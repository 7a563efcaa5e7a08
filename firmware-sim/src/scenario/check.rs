//! Reads a scenario and tells everything that is wrong with it.
//! Promises: all faults of the contents at once, each with its key (`vehicle[2].lane`); nothing is corrected in silence.

use super::Scenario;
use super::device::{Device, Kind};
use super::plan::VehiclePlan;
use std::collections::HashSet;
use std::fmt;

/// One fault of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The key, such as `lane[0].board`.
    pub key: String,
    /// What is wrong with its value.
    pub why: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.why)
    }
}

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The text is no TOML of this form; the message names line and key.
    #[error("cannot read the scenario: {0}")]
    Form(#[from] toml::de::Error),
    /// The contents do not fit together.
    #[error("the scenario has {} faults:\n{}", .0.len(), lines(.0))]
    Contents(Vec<Flaw>),
}

fn lines(flaws: &[Flaw]) -> String {
    flaws.iter().map(|flaw| format!("  {flaw}")).collect::<Vec<_>>().join("\n")
}

impl Scenario {
    /// Reads and checks a file's text.
    ///
    /// # Errors
    /// `Form` at the first fault of the form, or all faults of the contents.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)?;
        let flaws = scenario.flaws();
        if flaws.is_empty() { Ok(scenario) } else { Err(ScenarioError::Contents(flaws)) }
    }

    /// Everything that is wrong with the contents.
    #[must_use]
    pub fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Flaws(Vec::new());
        flaws.unique("device", self.devices.iter().map(Device::name));
        flaws.unique("lane", self.lanes.iter().map(|lane| lane.name.as_str()));
        for (index, device) in self.devices.iter().enumerate() {
            self.check_device(&format!("device[{index}]"), device, &mut flaws);
            self.check_listen(index, device, &mut flaws);
        }
        for index in 0..self.lanes.len() {
            self.check_lane(index, &mut flaws);
        }
        for (index, vehicle) in self.vehicles.iter().enumerate() {
            self.check_vehicle(&format!("vehicle[{index}]"), vehicle, &mut flaws);
        }
        for (index, fault) in self.faults.iter().enumerate() {
            let key = format!("fault[{index}].device");
            match self.device(&fault.device).map(|device| &device.kind) {
                None => flaws.add(key, format!("no device is called {:?}", fault.device)),
                Some(Kind::Camera(_)) => flaws.add(key, "a camera has no line".to_owned()),
                Some(_) => {}
            }
        }
        flaws.0
    }

    /// What is wrong with one vehicle's plan, with keys below `key`.
    #[must_use]
    pub fn vehicle_flaws(&self, key: &str, plan: &VehiclePlan) -> Vec<Flaw> {
        let mut flaws = Flaws(Vec::new());
        self.check_vehicle(key, plan, &mut flaws);
        flaws.0
    }

    fn device(&self, name: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.name() == name)
    }

    fn check_device(&self, key: &str, device: &Device, flaws: &mut Flaws) {
        match &device.kind {
            Kind::Uhf(uhf) => {
                if ![9600, 19_200, 38_400, 57_600, 115_200].contains(&device.baud()) {
                    flaws.add(format!("{key}.baud"), format!("the family has no rate of {}", device.baud()));
                }
                if ![18, 288].contains(&uhf.family) {
                    flaws.add(format!("{key}.family"), format!("{} is not 18 or 288", uhf.family));
                }
                if uhf.address == 0xFF {
                    flaws.add(format!("{key}.address"), "255 is the broadcast address".to_owned());
                }
            }
            Kind::Scanner(scanner) if scanner.module && scanner.aim => {
                flaws.add(format!("{key}.aim"), "a module is told that by the gate".to_owned());
            }
            Kind::Seals(seals) if seals.address == 0 => {
                flaws.add(format!("{key}.address"), "0 is every reader".to_owned());
            }
            Kind::Relay(relay) => {
                flaws.range(format!("{key}.unit"), relay.unit, 1, 247);
                flaws.range(format!("{key}.coils"), relay.coils, 1, 32);
                flaws.range(format!("{key}.inputs"), relay.inputs, 1, 32);
            }
            Kind::Camera(camera) => {
                if !camera.broker.ip().is_loopback() {
                    flaws.add(format!("{key}.broker"), format!("{} is another machine", camera.broker));
                }
                let line = [
                    ("path", device.line.path.is_some()),
                    ("listen", device.line.listen.is_some()),
                    ("baud", device.line.baud.is_some()),
                    ("throttle", device.line.throttle),
                    ("strict_baud", device.line.strict_baud),
                ];
                for (line, _) in line.into_iter().filter(|(_, is_there)| *is_there) {
                    flaws.add(format!("{key}.{line}"), "a camera has no line".to_owned());
                }
            }
            Kind::Card(_) | Kind::Scanner(_) | Kind::Scale(_) | Kind::Seals(_) => {}
        }
    }

    fn check_listen(&self, index: usize, device: &Device, flaws: &mut Flaws) {
        let Some(address) = device.line.listen else { return };
        let key = format!("device[{index}].listen");
        if !address.ip().is_loopback() {
            flaws.add(key.clone(), format!("{address} could be reached from other machines"));
        }
        let mut earlier = self.devices.iter().take(index).filter_map(|device| device.line.listen);
        if address.port() != 0 && earlier.any(|taken| taken == address) {
            flaws.add(key, format!("{address} is taken already"));
        }
        if device.line.strict_baud {
            let why = "a connection has no rate".to_owned();
            flaws.add(format!("device[{index}].strict_baud"), why);
        }
    }

    fn check_lane(&self, index: usize, flaws: &mut Flaws) {
        let Some(lane) = self.lanes.get(index) else { return };
        let key = format!("lane[{index}]");
        for (role, kind, name) in lane.sensors() {
            if self.device(name).is_none_or(|device| device.kind.name() != kind) {
                flaws.add(format!("{key}.{role}"), format!("no {kind} device is called {name:?}"));
            }
        }
        let mut earlier = self.lanes.iter().take(index);
        if lane.scale.is_some() && earlier.any(|earlier| earlier.scale == lane.scale) {
            flaws.add(format!("{key}.scale"), "another lane has its platform".to_owned());
        }
        let Some(Kind::Relay(board)) = self.device(&lane.board).map(|device| &device.kind) else {
            flaws.add(format!("{key}.board"), format!("no relay device is called {:?}", lane.board));
            return;
        };
        let groups = [("inputs", lane.inputs.all(), board.inputs), ("coils", lane.coils.all(), board.coils)];
        for (group, roles, size) in groups {
            let mut taken = HashSet::new();
            for earlier in self.lanes.iter().take(index).filter(|earlier| earlier.board == lane.board) {
                let others = if group == "inputs" { earlier.inputs.all() } else { earlier.coils.all() };
                taken.extend(others.map(|(_, channel)| channel));
            }
            for (role, channel) in roles {
                if channel >= size {
                    let why = format!("{:?} has {group} 0 to {} only", lane.board, size.saturating_sub(1));
                    flaws.add(format!("{key}.{group}.{role}"), why);
                } else if !taken.insert(channel) {
                    flaws.add(format!("{key}.{group}.{role}"), format!("channel {channel} is taken already"));
                }
            }
        }
    }

    fn check_vehicle(&self, key: &str, plan: &VehiclePlan, flaws: &mut Flaws) {
        let lane = self.lanes.iter().find(|lane| lane.name == plan.lane);
        if lane.is_none() {
            flaws.add(format!("{key}.lane"), format!("no lane is called {:?}", plan.lane));
        }
        for (index, showing) in plan.shows.iter().enumerate() {
            let key = format!("{key}.shows[{index}]");
            match showing.what.sign() {
                Err((below, why)) => flaws.add(format!("{key}.what.{below}"), why),
                Ok(sign) if lane.is_some_and(|lane| lane.sensor(&sign).is_none()) => {
                    flaws.add(format!("{key}.what"), format!("nothing in the lane sees a {}", sign.what()));
                }
                Ok(_) => {}
            }
            if showing.times == 0 {
                flaws.add(format!("{key}.times"), "it comes into view at least once".to_owned());
            }
            if showing.times > 1 && showing.for_ms.is_none_or(|stays| stays >= showing.every_ms) {
                let why = "what comes into view several times must leave in between (for_ms < every_ms)";
                flaws.add(format!("{key}.every_ms"), why.to_owned());
            }
        }
        if plan.weight_kg.is_some() && lane.is_some_and(|lane| lane.scale.is_none()) {
            flaws.add(format!("{key}.weight_kg"), "the lane has no scale".to_owned());
        }
        if let Some(expect) = &plan.expect
            && !["Y", "N", "M"].contains(&expect.verdict.as_str())
        {
            flaws.add(format!("{key}.expect.verdict"), format!("{:?} is not Y, N or M", expect.verdict));
        }
    }
}

struct Flaws(Vec<Flaw>);

impl Flaws {
    fn add(&mut self, key: String, why: String) {
        self.0.push(Flaw { key, why });
    }

    fn range(&mut self, key: String, value: u8, least: u8, most: u8) {
        if !(least..=most).contains(&value) {
            self.add(key, format!("{value} is not {least} to {most}"));
        }
    }

    fn unique<'a>(&mut self, group: &str, names: impl Iterator<Item = &'a str>) {
        let mut taken = HashSet::new();
        for (index, name) in names.enumerate() {
            let key = format!("{group}[{index}].name");
            if name.is_empty() {
                self.add(key, "is missing".to_owned());
            } else if !taken.insert(name) {
                self.add(key, format!("{name:?} is taken already"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Device, Kind, Scenario, VehiclePlan};
    use crate::device::barrier;
    use crate::scenario::LaneWiring;

    const GOOD: &str = r#"
        seed = 7
        [[device]]
        kind = "uhf"
        name = "in1-uhf"
        [[device]]
        kind = "relay"
        name = "in1-io"
        [[lane]]
        name = "IN1"
        reader = "in1-uhf"
        board = "in1-io"
        [[vehicle]]
        lane = "IN1"
        shows = [{ what = { tag = { epc = "E28011700000020FEBEAD3B5" } }, from_ms = -500, for_ms = 3000 }]
        expect = { verdict = "Y", reason = "ok" }
        [[fault]]
        device = "in1-uhf"
        at_ms = 10
        what = { kind = "noise", every_ms = 20, bytes = 3 }
    "#;

    #[test]
    fn a_good_scenario_is_read_with_its_defaults() {
        let scenario = Scenario::parse(GOOD).expect("good");
        assert_eq!((scenario.seed, scenario.devices.len(), scenario.faults.len()), (7, 2, 1));
        let vehicle = &scenario.vehicles[0];
        assert_eq!((vehicle.lead_ms(), vehicle.patience_ms, vehicle.shows[0].times), (500, 15_000, 1));
        assert_eq!(scenario.lanes[0].inputs.safety, 3);
    }

    #[test]
    fn the_readmes_scenario_is_good_and_shows_the_defaults() {
        let readme = include_str!("../../README.md");
        let block =
            readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
        let shown = Scenario::parse(block).expect("good");
        for device in shown.devices.iter().filter(|device| !matches!(device.kind, Kind::Camera(_))) {
            let bare = Device { line: Default::default(), kind: device.kind.clone() };
            assert_eq!(device.line.baud, Some(bare.baud()), "{}", device.name());
            let bare = match device.kind {
                Kind::Uhf(_) => Kind::Uhf(Default::default()),
                Kind::Card(_) => Kind::Card(Default::default()),
                Kind::Scanner(_) => Kind::Scanner(Default::default()),
                Kind::Scale(_) => Kind::Scale(Default::default()),
                Kind::Seals(_) => Kind::Seals(Default::default()),
                Kind::Relay(_) => Kind::Relay(Default::default()),
                Kind::Camera(_) => continue,
            };
            assert_eq!(device.kind, bare, "{}", device.name());
        }
        let mut kinds: Vec<_> = shown.devices.iter().map(|device| device.kind.name()).collect();
        kinds.dedup();
        assert_eq!(kinds, ["uhf", "card", "scanner", "scale", "seals", "camera", "relay"]);
        let (lane, plain) = (&shown.lanes[0], LaneWiring::default());
        assert_eq!((lane.inputs, lane.coils), (plain.inputs, plain.coils));
        let (said, at_start) = (lane.barrier, barrier::Knobs::default());
        assert_eq!(said.rise_ms.map(u128::from), Some(at_start.rise.as_millis()));
        assert_eq!(said.fall_ms.map(u128::from), Some(at_start.fall.as_millis()));
        let (vehicle, plain) = (&shown.vehicles[0], VehiclePlan::default());
        assert_eq!((vehicle.drives, vehicle.patience_ms), (plain.drives, plain.patience_ms));
        assert_eq!((vehicle.back_out_ms, vehicle.pace), (plain.back_out_ms, plain.pace));
    }

    #[test]
    fn an_error_names_the_key() {
        for (from, to, message) in [
            ("seed = 7", "sead = 7", "unknown field `sead`"),
            ("from_ms", "form_ms", "unknown field `form_ms`"),
            ("every_ms = 20", "every = 20", "unknown field `every`"),
            ("kind = \"uhf\"", "kind = \"ufh\"", "unknown variant `ufh`"),
            ("name = \"in1-io\"", "name = \"in1-io\"\ncoil = 8", "unknown field `coil`"),
            ("name = \"in1-io\"", "name = \"in1-uhf\"", "device[1].name: \"in1-uhf\" is taken already"),
            ("name = \"in1-io\"", "name = \"x\"", "lane[0].board: no relay device is called \"in1-io\""),
            (
                "name = \"in1-io\"",
                "name = \"in1-io\"\ncoils = 4",
                "lane[0].coils.green: \"in1-io\" has coils 0 to 3",
            ),
            ("name = \"in1-io\"", "name = \"in1-io\"\nunit = 0", "device[1].unit: 0 is not 1 to 247"),
            (
                "name = \"in1-io\"",
                "name = \"in1-io\"\nlisten = \"192.0.2.1:502\"",
                "device[1].listen: 192.0.2.1:502 could be reached from other machines",
            ),
            (
                "name = \"in1-io\"",
                "name = \"in1-io\"\nlisten = \"127.0.0.1:502\"\nstrict_baud = true",
                "device[1].strict_baud: a connection has no rate",
            ),
            ("name = \"in1-io\"", "name = \"in1-io\"\nlisten = \"502\"", "invalid socket address syntax"),
            ("name = \"IN1\"", "name = \"IN2\"", "vehicle[0].lane: no lane is called \"IN1\""),
            ("reader = \"in1-uhf\"", "", "vehicle[0].shows[0].what: nothing in the lane sees a tag"),
            (
                "board = \"in1-io\"",
                "board = \"in1-io\"\nscale = \"in1-uhf\"",
                "lane[0].scale: no scale device is called",
            ),
            (
                "lane = \"IN1\"",
                "lane = \"IN1\"\nweight_kg = 15600",
                "vehicle[0].weight_kg: the lane has no scale",
            ),
            ("kind = \"uhf\"", "kind = \"uhf\"\nfamily = 19", "device[0].family: 19 is not 18 or 288"),
            ("E28011", "E2801", "vehicle[0].shows[0].what.tag.epc: "),
            ("for_ms = 3000", "times = 2", "vehicle[0].shows[0].every_ms: "),
            ("verdict = \"Y\"", "verdict = \"J\"", "vehicle[0].expect.verdict: \"J\" is not Y, N or M"),
            ("device = \"in1-uhf\"", "device = \"x\"", "fault[0].device: no device is called \"x\""),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let error = Scenario::parse(&GOOD.replacen(from, to, 1)).expect_err(to).to_string();
            assert!(error.contains(message), "{to}: {error}");
        }
    }

    #[test]
    fn all_faults_of_the_contents_are_told_at_once() {
        let bad = GOOD.replace("\"IN1\"", "\"\"").replace("E28011", "xyz");
        let error = Scenario::parse(&bad).expect_err("bad").to_string();
        assert!(error.contains("lane[0].name") && error.contains("what.tag.epc"), "{error}");
    }
}
