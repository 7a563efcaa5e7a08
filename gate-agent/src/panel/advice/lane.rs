//! What to do at a lane, by its state and its reason.

use protocols::rules::ReasonCode;

use super::super::words::Words;
use crate::{decision::Compared, lane::Snapshot};

/// What a person does next, and what he tells the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::panel) struct Advice {
    /// For the person at the panel.
    pub(in crate::panel) next: Words,
    /// To be said to the driver; none where nobody waits for a word.
    pub(in crate::panel) driver: Option<Words>,
}

const WAIT_HERE: (&str, &str) =
    ("请在原地等候，工作人员马上到", "Please wait where you are; somebody is coming.");
const CALL_DECLARANT: (&str, &str) =
    ("请联系申报企业办理绑定", "Please call the enterprise that declares for you.");
const BACK_OUT: (&str, &str) =
    ("请确认后方安全，倒车离开通道", "Please back out when it is clear behind you.");

impl Advice {
    fn plain(zh: &str, en: &str) -> Self {
        Self { next: Words::new(zh, en), driver: None }
    }

    fn with(next: (&str, &str), driver: (&str, &str)) -> Self {
        Self { next: Words::new(next.0, next.1), driver: Some(Words::new(driver.0, driver.1)) }
    }
}

/// The next action at a lane.
pub(in crate::panel) fn for_lane(now: &Snapshot) -> Advice {
    match (now.state, now.reason) {
        ("collecting", _) => {
            Advice::plain("正在读取车辆信息，请稍候。", "Reading the vehicle: wait a moment.")
        }
        ("deciding", _) => Advice::plain("正在判定并记录，请稍候。", "Judging and recording: wait a moment."),
        ("opening", _) => Advice::with(
            ("栏杆正在抬起：请确认杆下无人。", "The barrier is rising: keep people clear of it."),
            ("请等栏杆完全抬起后通过", "Please drive when the barrier is fully up."),
        ),
        ("passing", _) => Advice::with(
            (
                "车辆正在通过：请等待其驶离出口线圈。",
                "The vehicle is driving through: wait until it has left the exit loop.",
            ),
            ("请通过，不要停在栏杆下", "Please drive through and do not stop under the barrier."),
        ),
        ("held" | "closed", Some(reason)) => held(reason, now),
        (_, Some(ReasonCode::LaneClosed)) => held(ReasonCode::LaneClosed, now),
        _ if now.closed.is_some() => held(ReasonCode::LaneClosed, now),
        _ if !now.faults.is_empty() => held(ReasonCode::DeviceFault, now),
        ("idle", _) => Advice::plain("无车辆，无需操作。", "No vehicle: nothing to do."),
        _ => Advice::plain("请等待。", "Wait."),
    }
}

/// One sentence a reason: a table, long because there are many, and nothing else.
fn held(reason: ReasonCode, now: &Snapshot) -> Advice {
    let (plate, what) = (plate(now), difference(now));
    match reason {
        ReasonCode::NoRead => Advice::with(
            (
                "请司机出示电子标签、IC 卡或条码；仍读不到时，人工录入读数。",
                "Ask the driver to show tag, card or bar code; if nothing is read, type the reading.",
            ),
            ("请将电子标签、IC 卡或条码靠近读写器", "Please hold your tag, card or bar code to the reader."),
        ),
        ReasonCode::NoBinding if has_found(now, Compared::SlipCheck) => Advice::with(
            (
                "凭条编号的校验字符不符：请重新扫描，或照凭条人工录入条码。",
                "The check character of the slip's key is wrong: have it scanned again, or type the code that is printed on it.",
            ),
            ("请展平凭条，再扫描一次", "Please flatten the slip and scan it again."),
        ),
        ReasonCode::NoBinding if has_found(now, Compared::MadeUpCard) => Advice::with(
            (
                "读到的是手机等临时生成的卡号，不能作凭证：请出示申报的实体卡。",
                "The card number was made up by a telephone and is no medium: have the card shown that was declared.",
            ),
            ("请出示申报的 IC 卡，不要用手机", "Please show the card that was declared, not a telephone."),
        ),
        ReasonCode::NoBinding => Advice::with(
            (
                "核对读数与车辆：读错则更正；确无绑定则退回。",
                "Compare the reading with the vehicle: correct it if it is wrong, else send the vehicle back.",
            ),
            CALL_DECLARANT,
        ),
        ReasonCode::NotApproved => Advice::with(
            (
                "绑定尚未经海关审核：请车辆等候审核，或退回。",
                "Customs has not approved the binding yet: let the vehicle wait for it, or send it back.",
            ),
            CALL_DECLARANT,
        ),
        ReasonCode::Withdrawn => Advice::with(
            ("绑定已撤销：退回车辆。", "The binding was withdrawn: send the vehicle back."),
            CALL_DECLARANT,
        ),
        ReasonCode::CustomsHold => Advice::with(
            (
                "海关布控：保持栏杆关闭，通知关员到场。",
                "Customs hold: keep the barrier down and call the officer.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::DenyListed => Advice::with(
            (
                "介质禁止通行：保持栏杆关闭，通知关员到场。",
                "The medium is denied: keep the barrier down and call the officer.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::Locked => Advice::with(
            (
                "车次正被另一辆车使用：核对介质与车辆，通知关员。",
                "Another vehicle is using this trip: compare medium and vehicle, and call the officer.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::AlreadyUsed => Advice::with(
            (
                "车次已办结：核对介质；需要再次通行的请退回，重新申报。",
                "The trip is closed: compare the medium; to pass again it must be declared anew.",
            ),
            CALL_DECLARANT,
        ),
        ReasonCode::MissingRead => Advice::with(
            (
                "补录缺少的读数，或由关员核对车辆后放行。",
                "Type the reading that is missing, or let an officer look at the vehicle and release it.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::MediaConflict | ReasonCode::NearPlate => Advice {
            next: Words::new(
                format!("关员：将车牌{}与车辆核对，再更正、放行或退回。", plate.0),
                format!(
                    "Officer: compare plate{} with the vehicle, then correct, release or send back.",
                    plate.1
                ),
            ),
            driver: Some(Words::new(WAIT_HERE.0, WAIT_HERE.1)),
        },
        ReasonCode::Ambiguous => Advice::with(
            ("从列出的车次中选择本车的一条。", "Choose this vehicle's trip from those listed."),
            WAIT_HERE,
        ),
        ReasonCode::ContainerMismatch => differing("箱号", "the container numbers", &what),
        ReasonCode::SealMismatch => differing("关锁号", "the seals", &what),
        ReasonCode::SealMissing => differing("关锁", "the seals", &what),
        ReasonCode::WeightOutOfTolerance => differing("重量", "the weight", &what),
        ReasonCode::WeightMissing => Advice::with(
            (
                "请车辆完全停在地磅上；仍无读数时，按仪表录入重量。",
                "Let the vehicle stand on the scale with all wheels; without a reading, type what the indicator shows.",
            ),
            ("请将车辆完全停在地磅上", "Please stop with all wheels on the scale."),
        ),
        ReasonCode::WeightUnstable => Advice::with(
            (
                "请车辆停稳；仍不稳定时，检查地磅后按仪表录入重量。",
                "Let the vehicle stand still; if the scale does not settle, look at it and type the weight.",
            ),
            ("请停稳车辆，不要上下车", "Please stand still; nobody get in or out."),
        ),
        ReasonCode::SlipRead => Advice::with(
            (
                "用单上的车次编号查询，核对车辆后由关员放行。",
                "Look the slip's trip number up, compare the vehicle, and let an officer release it.",
            ),
            ("请出示申报时登记的介质", "Please show the medium that was declared."),
        ),
        ReasonCode::NoRecordedEntry => Advice::with(
            (
                "关员：核对车辆确由本场所进入，再放行或退回。",
                "Officer: make sure that the vehicle did come into this yard, then release or send back.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::IndexStale => Advice::with(
            (
                "关员：凭单证核对后放行；并请恢复与中心的连接。",
                "Officer: release by the papers; and have the line to the centre mended.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::BindingTooOld => Advice::with(
            (
                "关员：核对绑定是否仍然有效，再放行或退回。",
                "Officer: see whether the binding still holds, then release or send back.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::CloneSuspected => Advice::with(
            (
                "关员：核对介质、车牌与司机，疑似复制介质。",
                "Officer: compare medium, plate and driver; the medium may be a copy.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::BackedOut => {
            Advice::plain("车辆已倒车离开，无需操作。", "The vehicle backed out: nothing to do.")
        }
        ReasonCode::PassageUnconfirmed => Advice::plain(
            "查看车辆是否已通过，检查出口线圈。",
            "See whether the vehicle has passed, and look at the exit loop.",
        ),
        ReasonCode::BarrierRefused | ReasonCode::BarrierTimedOut => Advice::with(
            (
                "查看栏杆：排除障碍后人工放行，或用钥匙开关抬杆。",
                "Look at the barrier: clear it and release by hand, or raise it with its key switch.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::LaneClosed if now.closed.is_some() => Advice::plain(
            "通道已由人工关闭：恢复通行请开放通道。",
            "A person has closed this lane: open it to let vehicles pass again.",
        ),
        ReasonCode::LaneClosed => Advice::plain(
            "中心未下发本通道的策略：请联系管理员。",
            "The centre has sent no policy for this lane: ask its administrator.",
        ),
        ReasonCode::JournalUnavailable => Advice::with(
            (
                "无法记录，已停止自动放行：检查磁盘；急需时关员可人工放行。",
                "Records cannot be written and nothing opens by itself: look at the disk; in need an officer may release.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::IndexCorrupt => Advice::with(
            (
                "索引损坏：恢复与中心的连接后自动修复；期间由关员放行。",
                "The index is damaged: it heals with the line to the centre; until then an officer releases.",
            ),
            WAIT_HERE,
        ),
        ReasonCode::Tailgating => Advice::plain(
            "疑似跟车：拦下后车，核对其车次。",
            "A second vehicle followed: stop it and look up its trip.",
        ),
        ReasonCode::DeviceFault => {
            let names = now.faults.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
            Advice {
                next: Words::new(
                    format!("设备 {names} 故障：见“设备”中的处置办法。"),
                    format!("Device {names} is out of order: see what to do under Devices."),
                ),
                driver: None,
            }
        }
        ReasonCode::SentBack => Advice::with(
            ("已退回：请等待车辆倒出通道。", "Sent back: wait until the vehicle has left."),
            BACK_OUT,
        ),
        ReasonCode::Ok | ReasonCode::ManualRelease | ReasonCode::EmptyExit => {
            Advice::plain("已放行：请等待车辆通过。", "Released: wait until the vehicle has passed.")
        }
        ReasonCode::ReadCorrected => Advice::plain(
            "读数已更正：请等待重新判定。",
            "The reading was corrected: wait for the new verdict.",
        ),
    }
}

/// Something was compared and differs: an officer looks at that.
fn differing(zh: &str, en: &str, what: &(String, String)) -> Advice {
    Advice {
        next: Words::new(
            format!("关员：核对{zh}{}，再更正、放行或退回。", what.0),
            format!("Officer: compare {en}{}, then correct, release or send back.", what.1),
        ),
        driver: Some(Words::new(WAIT_HERE.0, WAIT_HERE.1)),
    }
}

/// Nothing matched, and this is why it could not.
fn has_found(now: &Snapshot, what: Compared) -> bool {
    now.findings.iter().any(|finding| finding.what == what)
}

/// The plate that was read, as both languages put it into their sentence.
fn plate(now: &Snapshot) -> (String, String) {
    let found = now.findings.iter().find(|finding| finding.what == Compared::Plate).map(|found| &*found.read);
    let read =
        found.filter(|read| !read.is_empty()).or(now.reads.plate.as_ref().map(|read| read.value.as_str()));
    read.map_or_else(Default::default, |read| (format!(" {read} "), format!(" {read}")))
}

/// The weightiest difference: what was read, and what was expected.
fn difference(now: &Snapshot) -> (String, String) {
    let shown = |text: &str, zh: &str| if text.is_empty() { zh.to_owned() } else { text.to_owned() };
    now.findings.first().map_or_else(Default::default, |found| {
        let (read, expected) = (&*found.read, &*found.expected);
        (
            format!("（读到 {}，应为 {}）", shown(read, "无"), shown(expected, "无")),
            format!(" (read {}, expected {})", shown(read, "nothing"), shown(expected, "nothing")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decision::Finding, panel::samples::snapshot};

    fn sentences(now: &Snapshot) -> Vec<Words> {
        let advice = for_lane(now);
        [Some(advice.next), advice.driver].into_iter().flatten().collect()
    }

    /// fault F6: every state and reason has its one sentence, in both languages.
    #[test]
    fn every_state_and_reason_has_a_sentence_in_both_languages() {
        let states = ["idle", "collecting", "deciding", "opening", "passing", "held", "closed"];
        let mut told = 0;
        for state in states {
            for reason in ReasonCode::ALL.iter().copied().map(Some).chain([None]) {
                let now = Snapshot { reason, faults: vec!["uhf-1".into()], ..snapshot(state) };
                for Words { zh, en } in sentences(&now) {
                    assert!(zh.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)), "{zh}");
                    assert!(en.is_ascii() && en.ends_with('.') && en.matches(". ").count() == 0, "{en}");
                    assert!(zh.chars().count() <= 60 && en.chars().count() <= 130, "{zh} {en}");
                    told += 1;
                }
            }
        }
        assert!(told > 200);
    }

    /// `gate-practice` section 3: a driver is not told that customs targets him.
    #[test]
    fn a_driver_is_not_told_of_a_hold() {
        for reason in [ReasonCode::CustomsHold, ReasonCode::DenyListed, ReasonCode::CloneSuspected] {
            let driver = for_lane(&Snapshot { reason: Some(reason), ..snapshot("held") }).driver.unwrap();
            assert_eq!((driver.zh.as_str(), driver.en.as_str()), WAIT_HERE);
        }
    }

    /// Decision 0018: a misread slip is scanned again, a card is asked for instead of a telephone; nobody is sent back to his declarant
    /// for it.
    #[test]
    fn what_was_read_and_is_no_key_is_to_be_shown_again() {
        let refused =
            |findings| Snapshot { reason: Some(ReasonCode::NoBinding), findings, ..snapshot("held") };
        let found = |what, read: &str| Finding {
            reason: ReasonCode::NoBinding,
            what,
            expected: "".into(),
            read: read.into(),
        };
        let told = for_lane(&refused(vec![found(Compared::MadeUpCard, "08123456")]));
        assert!(told.driver.is_some_and(|driver| driver.en.contains("not a telephone")), "{:?}", told.next);
        let told = for_lane(&refused(vec![found(Compared::SlipCheck, "000000000000000000CB")]));
        assert!(told.next.en.contains("check character") && told.next.zh.contains("校验字符"), "{told:?}");
        assert!(told.driver.is_some_and(|driver| driver.en.contains("scan it again")));
        assert_eq!(for_lane(&refused(Vec::new())).driver.unwrap().en, CALL_DECLARANT.1);
    }

    /// SG-225: the officer is told which plate to look at.
    #[test]
    fn the_sentence_names_what_is_to_be_compared() {
        let finding = |what, expected: &str, read: &str| Finding {
            reason: ReasonCode::NearPlate,
            what,
            expected: expected.into(),
            read: read.into(),
        };
        let near = Snapshot {
            reason: Some(ReasonCode::NearPlate),
            findings: vec![finding(Compared::Plate, "沪DM9028", "沪DM9026")],
            ..snapshot("held")
        };
        let told = for_lane(&near).next;
        assert!(told.zh.contains("沪DM9026") && told.en.contains("compare plate 沪DM9026 with"), "{told:?}");
        let heavy = Snapshot {
            reason: Some(ReasonCode::WeightOutOfTolerance),
            findings: vec![finding(Compared::Weight, "47500", "52000")],
            ..snapshot("held")
        };
        let told = for_lane(&heavy).next;
        assert!(
            told.en.contains("(read 52000, expected 47500)") && told.zh.contains("应为 47500"),
            "{told:?}"
        );
    }
}
