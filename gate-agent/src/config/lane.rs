//! `[[lane]]`: which devices serve a lane, and the times of its machinery.
//! Absent on purpose: direction, windows and everything else that is policy; the centre sends it.
//! Source: `contract` section 3, "Policy"; SG-234..SG-244.

use std::time::Duration;

use protocols::ids::LaneId;

use super::section::Section;

/// 通道: one lane's wiring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// `lane_id`, required: such as `OUT1`.
    pub lane_id: LaneId,
    /// `readers`: names of readers, scanners, cameras and scales; `name:2` is antenna 2 of one. One may serve several lanes.
    pub readers: Vec<ReaderRef>,
    /// `overlaps`: lanes whose readers may hear this lane's vehicles too. A tag then counts only once the other had time to hear it.
    pub overlaps: Vec<LaneId>,
    /// `display`, default none: name of the device that shows drivers what the lane says.
    pub display: Option<Box<str>>,
    /// `speech`, default none: name of the one that says it aloud; a board that does both may be named twice.
    pub speech: Option<Box<str>>,
    /// `[lane.barrier]`, required.
    pub barrier: BarrierWiring,
    /// `[lane.loops]`: required where the barrier is moved over the broker; a board senses its loops itself.
    pub loops: Option<LoopWiring>,
    /// Its times.
    pub timing: Timing,
}

/// A device of a lane, or one antenna of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderRef {
    /// Its name.
    pub device: Box<str>,
    /// The antenna as the device numbers it; every one without it.
    pub antenna: Option<u8>,
}

impl ReaderRef {
    /// Reads `name` or `name:antenna`.
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text.split_once(':') {
            None => Ok(Self { device: text.into(), antenna: None }),
            Some((device, antenna)) => match antenna.parse() {
                Ok(antenna) => Ok(Self { device: device.into(), antenna: Some(antenna) }),
                Err(_) => Err("must be a device's name, or name:antenna with an antenna of 0 to 255"),
            },
        }
    }
}

impl std::fmt::Display for ReaderRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.antenna {
            None => f.write_str(&self.device),
            Some(antenna) => write!(f, "{}:{antenna}", self.device),
        }
    }
}

/// 栏杆机: the board that moves the barrier and senses its loops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarrierWiring {
    /// `device`, required: name of a `modbus-io` device, or of an `mqtt-kakou` one that obeys commands.
    pub device: Box<str>,
    /// `coil_offset`, default 0: added to the device's coil channels, so that one board may serve two lanes.
    pub coil_offset: u16,
    /// `input_offset`, default 0: added to the device's input channels.
    pub input_offset: u16,
}

/// 地感线圈: the `mqtt-kakou` devices that sense a lane's vehicles where no board does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopWiring {
    /// `approach`, required: in front of the barrier.
    pub approach: Box<str>,
    /// `safety`: under the arm.
    pub safety: Option<Box<str>>,
    /// `exit`, required: behind the barrier.
    pub exit: Box<str>,
    /// `settle_ms`, default 300: a loop is free only after staying free so long; occupied counts at once.
    pub settle: Duration,
}

/// 时限: times that follow from how the lane is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// `withdraw_ms`, default 2000: approach loop free for so long, and the vehicle has left.
    pub withdraw: Duration,
    /// `back_out_ms`, default 5000: no loop occupied for so long after the raise, and the vehicle has backed out.
    pub back_out: Duration,
    /// `arm_travel_ms`, default 6000: the open limit must be reached within it.
    pub arm_travel: Duration,
    /// `key_absence_ms`, default 5000: a medium not read for so long is a new arrival when it is read again.
    pub key_absence: Duration,
}

impl Lane {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let lane_id = section.required("lane_id", LaneId::parse);
        let readers = refs(&mut section, "readers", ReaderRef::parse);
        let overlaps = refs(&mut section, "overlaps", |text| {
            LaneId::parse(text).map_err(|_| "must be lane ids of this gate")
        });
        let [display, speech] = ["display", "speech"].map(|key| section.text(key).map(Into::into));
        let timing = Timing {
            withdraw: section.millis("withdraw_ms", 2000, 100..=60_000),
            back_out: section.millis("back_out_ms", 5000, 100..=120_000),
            arm_travel: section.millis("arm_travel_ms", 6000, 100..=60_000),
            key_absence: section.millis("key_absence_ms", 5000, 100..=600_000),
        };
        let barrier = BarrierWiring::read(section.table("barrier"));
        let has_loops = section.has("loops");
        let loops = if has_loops { LoopWiring::read(section.table("loops")) } else { None };
        section.finish();
        let loops = if has_loops { Some(loops?) } else { None };
        let (lane_id, barrier) = (lane_id?, barrier?);
        Some(Self { lane_id, readers, overlaps, display, speech, barrier, loops, timing })
    }
}

/// A list whose every wrong word is a fault of its own.
fn refs<T>(section: &mut Section<'_>, key: &str, read: impl Fn(&str) -> Result<T, &'static str>) -> Vec<T> {
    let mut good = Vec::new();
    for word in section.list(key) {
        match read(&word) {
            Ok(value) => good.push(value),
            Err(rule) => section.fault(key, rule, Some(format!("{word:?}"))),
        }
    }
    good
}

impl BarrierWiring {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let device = section.required("device", |text| Ok::<Box<str>, &str>(text.into()));
        let offset = |number| u16::try_from(number).unwrap_or(0);
        let coil_offset = offset(section.number("coil_offset", 0, 0..=31));
        let input_offset = offset(section.number("input_offset", 0, 0..=31));
        section.finish();
        Some(Self { device: device?, coil_offset, input_offset })
    }
}

impl LoopWiring {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let name = |text: &str| Ok::<Box<str>, &str>(text.into());
        let approach = section.required("approach", name);
        let safety = section.parsed("safety", name);
        let exit = section.required("exit", name);
        let settle = section.millis("settle_ms", 300, 0..=10_000);
        section.finish();
        Some(Self { approach: approach?, safety, exit: exit?, settle })
    }
}
