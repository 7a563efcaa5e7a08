//! What the driver of a lorry is told along the way: `time input -> what a wide board shows`, in front of a lane that really steps.

use protocols::{
    display::screen::Colour,
    rules::LaneDirection::{self, In},
};

use super::{input, moment, policy, ready, step};
use crate::{
    lane::Lane,
    notice::{Shape, notice, pages},
};

/// The colour's first letter, and the rows.
fn shown(lane: &Lane) -> String {
    let screens = pages(&notice(&lane.snapshot()), Shape { rows: 8, cells: 32 });
    let [screen] = screens.as_slice() else { panic!("one page") };
    let colour = match screen.lines[0].colour {
        Colour::Red => 'R',
        Colour::Green => 'G',
        Colour::Yellow => 'Y',
    };
    let rows: Vec<&str> = screen.lines.iter().map(|line| line.text.as_str()).collect();
    format!("{colour} {}", rows.join("/"))
}

fn check(direction: LaneDirection, script: &str) {
    let mut lane = ready(direction);
    assert_eq!(shown(&lane), "Y 请驶入/等候识别");
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (left, expected) = line.split_once("->").unwrap();
        let (at, what) = left.trim().split_once(' ').unwrap();
        let now = moment(at.parse().unwrap());
        let (next, _) = step(lane, input(what.trim(), now), &policy(direction), now);
        assert_eq!(shown(&next), expected.trim(), "after: {line}");
        lane = next;
    }
}

/// `Y`: wait until the record is durable, green from the raise on, red for whoever comes behind, idle when the arm is down.
#[test]
fn a_vehicle_that_passes() {
    check(
        In,
        "
        0.00 approach occupied -> Y 正在识别/请等候
        0.12 read E2801160     -> Y 正在识别/请等候
        0.12 decided Y 1       -> Y 正在识别/请等候
        0.15 recorded          -> G 放行/车次000001/请等栏杆抬起
        1.10 raised            -> G 放行/车次000001/请通行
        3.00 safety occupied   -> G 放行/车次000001/请通行
        3.40 approach free     -> G 放行/车次000001/请通行
        3.50 exit occupied     -> G 放行/车次000001/请通行
        4.00 safety free       -> G 放行/车次000001/请通行
        6.00 exit free         -> R 栏杆下落/请勿跟车
        8.00 arm closed        -> Y 请驶入/等候识别
    ",
    );
}

/// `N`, sent back, gone.
#[test]
fn a_vehicle_that_is_refused() {
    check(
        In,
        "
        0.00 approach occupied    -> Y 正在识别/请等候
        0.12 read E2801160        -> Y 正在识别/请等候
        0.12 decided N no_binding -> Y 正在识别/请等候
        3.00 tick                 -> Y 正在识别/请等候
        3.00 decided N no_binding -> R 未放行/未查到绑定信息/请联系申报企业
        4.00 index moved          -> R 未放行/未查到绑定信息/请联系申报企业
        4.00 decided N no_binding -> R 未放行/未查到绑定信息/请联系申报企业
        5.00 act send_back        -> R 请倒车离开通道/注意后方
        6.00 approach free        -> R 请倒车离开通道/注意后方
        8.10 tick                 -> Y 请驶入/等候识别
    ",
    );
}

/// `M`, an officer opens, and the barrier does not rise.
#[test]
fn a_vehicle_that_waits_for_a_person_and_then_for_the_barrier() {
    check(
        In,
        "
        0.00 approach occupied      -> Y 正在识别/请等候
        0.12 read E2801160          -> Y 正在识别/请等候
        3.00 decided M near_plate 1 -> Y 车牌待核/请等候人工核对
        9.00 act release            -> Y 车牌待核/请等候人工核对
        9.01 recorded               -> G 放行/车次000001/请等栏杆抬起
        15.0 raise timed out        -> R 栏杆故障/请勿前行/请等候
    ",
    );
}

/// A hold is a hold only to the officer; a closed lane and a lost barrier send vehicles elsewhere, and a dead display alone nobody.
#[test]
fn what_stops_a_lane_and_what_does_not() {
    check(
        In,
        "
        0.00 device led-1 offline       -> Y 请驶入/等候识别
        1.00 approach occupied          -> Y 正在识别/请等候
        4.10 decided N no_read          -> Y 正在识别/请等候
        4.20 tick                       -> Y 正在识别/请等候
        4.20 decided N customs_hold     -> R 请停车/请到窗口办理
        5.00 approach free              -> R 请停车/请到窗口办理
        7.10 tick                       -> Y 请驶入/等候识别
        8.00 act close_lane             -> R 通道关闭/请走其他通道
        9.00 act open_lane              -> Y 请驶入/等候识别
        9.90 barrier offline            -> Y 请驶入/等候识别
    ",
    );
}
