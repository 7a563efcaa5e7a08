//! What drivers are told, state by state and reason by reason, and what of it fits which board.

use protocols::{
    contract::ReadValue,
    display::screen::{Colour, Screen},
    ids::{LaneId, TripNo, VisitId},
    rules::{
        ReasonCode::{self, CloneSuspected, CustomsHold, DenyListed, Locked, NoRecordedEntry},
        Verdict,
    },
};

use super::{Prompts, Shape, layout::width, notice, pages, reason::told_of, stopped};
use crate::{
    cache::samples,
    journal::{ClosedLane, TripRef},
    lane::{Arm, Snapshot},
    panel::samples::snapshot,
};

/// Enough for any text in one screen.
const WIDE: Shape = Shape { rows: 16, cells: 64 };
/// The smallest panels of each kind.
const PARK: Shape = Shape { rows: 4, cells: 8 };
const ONBON: Shape = Shape { rows: 2, cells: 8 };
const ONE_ROW: Shape = Shape { rows: 1, cells: 8 };

fn held(verdict: Verdict, reason: ReasonCode) -> Snapshot {
    Snapshot { verdict: Some(verdict), reason: Some(reason), ..snapshot("held") }
}

fn read(plate: &str) -> Option<ReadValue> {
    Some(ReadValue { value: plate.to_owned(), ..ReadValue::default() })
}

/// A screen in one line: its colour, and its rows.
fn line(screen: &Screen) -> String {
    let rows: Vec<&str> = screen.lines.iter().map(|line| line.text.as_str()).collect();
    let colour = screen.lines.first().map(|line| line.colour);
    format!("{:?} {}", colour.unwrap(), rows.join("/"))
}

/// All that a board of that shape shows, page by page.
fn shown(now: &Snapshot, shape: Shape) -> Vec<String> {
    pages(&notice(now), shape).iter().map(line).collect()
}

/// Every state of a lane in which somebody may look at its board.
fn every_snapshot() -> Vec<Snapshot> {
    let mut all = Vec::new();
    for state in ["idle", "collecting", "deciding", "opening", "passing", "held", "closed"] {
        let verdicts = [None, Some(Verdict::Pass), Some(Verdict::Refuse), Some(Verdict::Person)];
        for (verdict, is_over) in verdicts.into_iter().flat_map(|verdict| [(verdict, false), (verdict, true)])
        {
            for reason in ReasonCode::ALL.iter().copied().map(Some).chain([None]) {
                all.push(Snapshot { verdict, reason, is_over, ..snapshot(state) });
            }
        }
    }
    all
}

/// `gate-practice` section 2: an idle text, then wait, then the outcome, then idle again.
#[test]
fn a_passage_is_shown_from_the_loop_to_the_closed_arm() {
    let plate = |now: Snapshot| {
        let now = Snapshot { verdict: Some(Verdict::Pass), ..now };
        Snapshot {
            reads: protocols::contract::Reads { plate: read("沪DM9026"), ..now.reads.clone() }, ..now
        }
    };
    let on_park = |now: &Snapshot| shown(now, PARK).join(" then ");
    assert_eq!(on_park(&snapshot("idle")), "Yellow 请驶入/等候识别");
    assert_eq!(on_park(&snapshot("collecting")), "Yellow 正在识别/请等候");
    assert_eq!(on_park(&plate(snapshot("deciding"))), "Yellow 正在识别/请等候", "not yet recorded");
    assert_eq!(on_park(&plate(snapshot("opening"))), "Green 放行/沪DM9026/请等/栏杆抬起");
    assert_eq!(on_park(&plate(snapshot("passing"))), "Green 放行/沪DM9026/请通行");
    let over = Snapshot { is_over: true, ..plate(snapshot("passing")) };
    assert_eq!(on_park(&over), "Red 栏杆下落/请勿跟车", "the next driver's red");
    let (lane_id, at) = (LaneId::parse("OUT1").unwrap(), samples::noon());
    let by_hand = ClosedLane { lane_id, by: "zhang".into(), at, why: "检修".into() };
    let closed = Snapshot { closed: Some(by_hand), ..snapshot("idle") };
    assert_eq!(on_park(&closed), "Red 通道关闭/请走/其他通道");
    assert_eq!(on_park(&Snapshot { arm: Arm::Unknown, ..snapshot("idle") }), "Red 栏杆故障/请走/其他通道");
    assert_eq!(on_park(&Snapshot { arm: Arm::Open, ..snapshot("idle") }), "Yellow 请驶入/等候识别");
    let no_journal = Snapshot { reason: Some(ReasonCode::JournalUnavailable), ..snapshot("closed") };
    assert_eq!(on_park(&no_journal), "Red 通道暂停/请等候");
}

#[test]
fn a_refusal_says_why_and_what_to_do_and_a_doubt_asks_to_wait() {
    let no_binding = held(Verdict::Refuse, ReasonCode::NoBinding);
    assert_eq!(shown(&no_binding, WIDE), ["Red 未放行/未查到绑定信息/请联系申报企业"]);
    assert_eq!(shown(&no_binding, PARK), ["Red 未放行/未查到/绑定信息", "Red 请联系/申报企业"]);
    assert_eq!(shown(&no_binding, ONBON), ["Red 未放行", "Red 未查到/绑定信息", "Red 请联系/申报企业"]);
    let one_row = ["Red 未放行", "Red 未查到", "Red 绑定信息", "Red 请联系", "Red 申报企业"];
    assert_eq!(shown(&no_binding, ONE_ROW), one_row);
    let boxes = held(Verdict::Person, ReasonCode::ContainerMismatch);
    assert_eq!(shown(&boxes, WIDE), ["Yellow 箱号不符/请等候人工核对"]);
    let again = Snapshot { state: "deciding", ..boxes.clone() };
    assert_eq!(shown(&again, WIDE), shown(&boxes, WIDE), "no flicker while it is looked at again");
    let arm = held(Verdict::Pass, ReasonCode::BarrierTimedOut);
    assert_eq!(shown(&arm, WIDE), ["Red 栏杆故障/请勿前行/请等候"]);
}

/// `gate-practice` section 3: that customs targets a vehicle is not to be seen, not even by comparing with another one's screen.
#[test]
fn a_hold_looks_and_sounds_like_other_reasons_to_see_the_officer() {
    let told = |verdict, reason| notice(&held(verdict, reason));
    let hold = told(Verdict::Refuse, CustomsHold);
    assert_eq!(hold.prompt, Some("请停车，请到窗口办理"));
    assert_eq!(pages(&hold, WIDE).iter().map(line).collect::<Vec<_>>(), ["Red 请停车/请到窗口办理"]);
    for verdict in [Verdict::Refuse, Verdict::Person] {
        for reason in [CustomsHold, DenyListed, CloneSuspected, Locked, NoRecordedEntry] {
            assert_eq!(told(verdict, reason), hold, "{verdict} {reason}");
        }
    }
    for reason in ReasonCode::ALL {
        let told = told_of(*reason);
        for word in ["布控", "黑名单", "禁止", "复制", "锁定", "关员"] {
            assert!(!told.shown.contains(word) && !told.said.contains(word), "{reason}: {word}");
        }
    }
}

/// The lane's state alone lets anybody drive, and nothing but Chinese a driver knows stands in any text.
#[test]
fn only_an_open_barrier_is_green() {
    let all = every_snapshot();
    assert!(all.len() > 1000);
    for now in &all {
        let told = notice(now);
        let open = now.state == "opening" || (now.state == "passing" && !now.is_over);
        assert_eq!(told.colour == Colour::Green, open, "{now:?}");
        let text: String = told.phrases.concat().concat();
        assert_eq!(text.contains("放行") && !text.contains("未放行"), open, "{text}");
        assert!(open || !text.contains("通行"), "{text}");
    }
}

/// Every code has its text, and every text fits the narrowest board without being broken.
#[test]
fn every_reason_has_a_text_that_fits_every_board() {
    for reason in ReasonCode::ALL {
        let told = told_of(*reason);
        assert!(!told.said.is_empty() && told.said.chars().count() <= 24, "{reason}: {}", told.said);
        assert!(width(told.said) <= protocols::display::syn::TEXT_MAX && !told.said.contains('?'));
    }
    for told in every_snapshot().iter().map(notice).chain([stopped()]) {
        assert!(!told.phrases.is_empty());
        for piece in told.phrases.iter().flatten() {
            let is_chinese =
                piece.chars().all(|sign| sign == '、' || ('\u{4E00}'..='\u{9FFF}').contains(&sign));
            assert!(is_chinese && (2..=8).contains(&width(piece)), "{piece}");
        }
        let whole: String = told.phrases.concat().concat();
        for shape in [WIDE, PARK, ONBON, ONE_ROW] {
            let screens = pages(&told, shape);
            let rows = || screens.iter().flat_map(|screen| &screen.lines).map(|line| line.text.as_str());
            assert_eq!(rows().collect::<String>(), whole, "nothing is lost or broken on {shape:?}");
            assert!(rows().all(|row| width(row) <= usize::from(shape.cells)));
            assert!(screens.iter().all(|screen| (1..=usize::from(shape.rows)).contains(&screen.lines.len())));
        }
    }
}

/// Numbers differ at their end, so that is what is left of one that is too wide; a vehicle without a plate is named by its trip.
#[test]
fn a_vehicle_is_named_by_its_plate_or_by_the_end_of_its_trips_number() {
    let mut now = snapshot("passing");
    assert_eq!(shown(&now, WIDE), ["Green 放行/请通行"], "let through by a person, whoever it is");
    let trip_no = TripNo::parse("20251089500000048210000000001234").unwrap();
    now.trip = Some(TripRef { trip_no, version_no: 1 });
    assert_eq!(shown(&now, PARK), ["Green 放行/车次/001234/请通行"]);
    assert_eq!(shown(&now, WIDE), ["Green 放行/车次001234/请通行"]);
    now.reads.plate = read("沪AD12345");
    assert_eq!(shown(&now, PARK), ["Green 放行/AD12345/请通行"]);
    now.reads.plate = read("");
    assert_eq!(shown(&now, WIDE), ["Green 放行/车次001234/请通行"]);
    now.reads.plate = read(&"粤Z1234澳".repeat(40));
    assert!(shown(&now, ONE_ROW).iter().all(|page| page.chars().count() <= "Green 12345678".len()));
}

/// Nothing is said twice to a vehicle, whatever its lane goes through; the next vehicle hears it again.
#[test]
fn each_thing_is_said_once_to_each_vehicle() {
    let visit = |serial: u8, now: Snapshot| {
        let visit_id = VisitId::parse(&format!("0708-G02-IN1-20251013-1-{serial:04}")).unwrap();
        Snapshot { visit_id: Some(visit_id), ..now }
    };
    let no_binding = || held(Verdict::Refuse, ReasonCode::NoBinding);
    let near = || held(Verdict::Person, ReasonCode::NearPlate);
    let mut prompts = Prompts::default();
    let mut due = |now: &Snapshot| prompts.due(now);
    assert_eq!(due(&snapshot("idle")), None);
    assert_eq!(due(&visit(1, snapshot("collecting"))), None);
    assert_eq!(due(&visit(1, no_binding())), Some("未查到绑定信息，请联系申报企业"));
    assert_eq!(due(&visit(1, no_binding())), None);
    assert_eq!(due(&visit(1, Snapshot { state: "deciding", ..no_binding() })), None);
    assert_eq!(due(&visit(1, near())), Some("请在原地等候，工作人员马上核对"));
    assert_eq!(due(&visit(1, no_binding())), None, "it has heard that");
    assert_eq!(due(&visit(1, snapshot("opening"))), Some("已放行，请等栏杆完全抬起后通行"));
    assert_eq!(due(&visit(1, snapshot("passing"))), None);
    assert_eq!(due(&visit(2, no_binding())), Some("未查到绑定信息，请联系申报企业"), "another vehicle");
}
