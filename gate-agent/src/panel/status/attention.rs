//! What a person must look at, each with its cause and its next action.
//! Promises: what stops lanes comes first; nothing is listed that needs nobody.
//! Source: fault F6 (the page names the cause and the next action); SG-254 (clock); faults A9, A10.

use serde::{Deserialize, Serialize};

use super::{super::words::Words, OfflineLimit, Status};
use crate::folder::Obstacle;

/// SG-254: beyond this the order of events suffers.
const MOST_OFFSET_MS: u64 = 5_000;
/// With less left, somebody should act.
const SHORT_S: u64 = 3 * 24 * 3600;

/// 须关注: one thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// `journal`, `index`, `centre`, `neighbours`, `clock`, `offline`, `persons`, `pins`, `codes`, `device:NAME` or `lane:ID`.
    pub what: String,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub cause: Words,
    /// What to do about it.
    pub next: Words,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Vehicles do not pass by themselves.
    Stops,
    /// They do, but not for ever, or not everything works.
    Warns,
}

pub(super) fn attention(status: &Status) -> Vec<Attention> {
    let mut all: Vec<Attention> =
        [journal(status), index(status), centre(status), neighbours(status), clock(status), offline(status)]
            .into_iter()
            .flatten()
            .chain(status.devices.iter().filter_map(device))
            .chain(status.lanes.iter().filter_map(lane))
            .chain(persons(status))
            .chain(codes(status))
            .collect();
    all.sort_by_key(|one| one.severity);
    all
}

fn one(what: &str, severity: Severity, cause: (String, String), next: (&str, &str)) -> Option<Attention> {
    let (cause, next) = (Words::new(cause.0, cause.1), Words::new(next.0, next.1));
    Some(Attention { what: what.to_owned(), severity, cause, next })
}

fn plain(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

fn journal(status: &Status) -> Option<Attention> {
    let journal = &status.journal;
    match (journal.state.as_str(), &journal.error) {
        ("unavailable", error) => {
            let why = error.as_deref().unwrap_or_default();
            one(
                "journal",
                Severity::Stops,
                (format!("无法记录事件：{why}"), format!("Events cannot be recorded: {why}")),
                to_clear(journal.obstacle),
            )
        }
        ("opening", _) => one(
            "journal",
            Severity::Stops,
            plain("事件日志正在打开", "The journal is being opened"),
            ("请稍候；超过一分钟请检查磁盘。", "Wait a moment; after a minute look at the disk."),
        ),
        _ if journal.epoch.is_none() => one(
            "journal",
            Severity::Stops,
            plain("新的事件日志尚未由中心登记", "The centre does not know this new journal yet"),
            ("恢复与中心的连接，一次即可。", "Mend the line to the centre; once is enough."),
        ),
        _ if journal.on_reserve => one(
            "journal",
            Severity::Warns,
            plain(
                "磁盘已满：正在使用预留空间记录，用尽后不再自动放行",
                "The disk is full: recording goes on in the room kept for that; when it is used up nothing opens by itself",
            ),
            (
                "请释放磁盘空间；有空间后自动恢复。",
                "Make space on the disk; it goes on by itself when there is some.",
            ),
        ),
        _ if journal.slow => one(
            "journal",
            Severity::Warns,
            plain("记录缓慢：写盘超过 2 秒", "Recording is slow: a write takes more than 2 s"),
            (
                "检查磁盘健康；栏杆要等记录落盘才动作。",
                "Look at the disk's health: barriers wait for their records.",
            ),
        ),
        _ => None,
    }
}

/// What to do about a data folder that cannot be used.
fn to_clear(obstacle: Option<Obstacle>) -> (&'static str, &'static str) {
    match obstacle {
        Some(Obstacle::ReadOnly) => (
            "数据目录只读，磁盘可能已损坏：请查看系统日志（dmesg），并以可写方式重新挂载；恢复后自动继续。",
            "The data folder is read-only, and its disk may be failing: look at the system's log (dmesg) and mount it to be written to; it goes on by itself.",
        ),
        Some(Obstacle::NoRights) => (
            "请让运行卡口前端的用户拥有数据目录及其文件的读写权限；恢复后自动继续。",
            "Let the agent's user read and write the data folder and its files; it goes on by itself.",
        ),
        Some(Obstacle::Missing) => (
            "数据目录不存在：请检查磁盘是否已挂载；恢复后自动继续。",
            "The data folder is not there: look whether its disk is mounted; it goes on by itself.",
        ),
        Some(Obstacle::Full) => (
            "请释放磁盘空间，切勿删除 journal.db；有空间后自动继续。",
            "Make space on the disk, and never delete journal.db; it goes on by itself.",
        ),
        Some(Obstacle::InUse) => (
            "另一个卡口前端正在使用该数据目录：请停止其中一个。",
            "Another gate agent works with that data folder: stop one of them.",
        ),
        Some(Obstacle::NoFolder | Obstacle::Other) | None => (
            "检查磁盘空间和权限；恢复后自动继续。",
            "Look at the disk's space and rights; it goes on by itself.",
        ),
    }
}

fn index(status: &Status) -> Option<Attention> {
    let index = &status.index;
    let mend =
        ("恢复与中心的连接，索引随后自动更新。", "Mend the line to the centre: the index follows by itself.");
    if let Some(damage) = &index.damage {
        // What keeps the journal from its folder keeps the index from it too.
        let next = if status.journal.obstacle.is_some() { to_clear(status.journal.obstacle) } else { mend };
        return one(
            "index",
            Severity::Stops,
            (format!("索引无法使用：{damage}"), format!("The index cannot be used: {damage}")),
            next,
        );
    }
    match (index.age_s, index.max_age_s) {
        (None, _) => one("index", Severity::Stops, plain("尚无索引", "There is no index yet"), mend),
        (Some(age), Some(most)) if age > most => one(
            "index",
            Severity::Stops,
            plain("索引已超过场所允许的时限", "The index is older than the yard allows"),
            mend,
        ),
        (Some(_), _) => None,
    }
}

fn centre(status: &Status) -> Option<Attention> {
    if status.centre.online {
        return None;
    }
    let why = |colon: &str| {
        let why = status.centre.error.as_ref();
        why.map_or_else(String::new, |why| format!("{colon}{why}"))
    };
    one(
        "centre",
        Severity::Warns,
        (format!("与中心的连接中断{}", why("：")), format!("There is no line to the centre{}", why(": "))),
        (
            "卡口照常工作；请检查网络和中心服务。",
            "The gate works on; look at the network and the central service.",
        ),
    )
}

fn neighbours(status: &Status) -> Option<Attention> {
    let silent = &status.silent_neighbours;
    if silent.is_empty() {
        return None;
    }
    one(
        "neighbours",
        Severity::Warns,
        (
            format!("收不到本场所其他卡口的通报：{}", silent.join("、")),
            format!("Other gates of this yard are not heard: {}", silent.join(", ")),
        ),
        (
            "检查场所消息服务器和这些卡口；与中心断开期间，在那里用过的车次本卡口不知道。",
            "Look at the yard's broker and at those gates: while the centre is away, trips that were used there are not known here.",
        ),
    )
}

fn clock(status: &Status) -> Option<Attention> {
    let offset = status.centre.clock_offset_ms.filter(|offset| offset.unsigned_abs() > MOST_OFFSET_MS)?;
    let seconds = offset.unsigned_abs() / 1000;
    let (zh, en) = if offset > 0 { ("快", "ahead of") } else { ("慢", "behind") };
    one(
        "clock",
        Severity::Warns,
        (
            format!("本机时钟比中心{zh} {seconds} 秒"),
            format!("This machine's clock is {seconds} s {en} the centre's"),
        ),
        ("检查本机的时间同步（NTP）。", "Look at this machine's time synchronisation (NTP)."),
    )
}

fn offline(status: &Status) -> Option<Attention> {
    let offline = status.offline.as_ref().filter(|offline| offline.left_s < SHORT_S)?;
    match offline.limit {
        OfflineLimit::NoIndex => None,
        OfflineLimit::IndexAge => one(
            "offline",
            Severity::Warns,
            plain(
                "可离线时间不足 3 天：索引将过旧",
                "Less than 3 days without the centre: the index grows too old",
            ),
            ("恢复与中心的连接。", "Mend the line to the centre."),
        ),
        OfflineLimit::Disk => one(
            "offline",
            Severity::Warns,
            plain("可离线时间不足 3 天：磁盘将满", "Less than 3 days without the centre: the disk fills"),
            (
                "清理本机磁盘，或更换更大的磁盘；切勿删除 journal.db。",
                "Free space on this disk or fit a larger one; never delete journal.db.",
            ),
        ),
    }
}

fn device(device: &super::DeviceStatus) -> Option<Attention> {
    let next = device.next.clone()?;
    let name = &device.name;
    let cause = Words::new(format!("设备 {name} 无应答"), format!("Device {name} does not answer"));
    Some(Attention { what: format!("device:{name}"), severity: Severity::Warns, cause, next })
}

fn lane(lane: &super::LaneStatus) -> Option<Attention> {
    let id = &lane.lane_id;
    if !lane.running {
        return one(
            &format!("lane:{id}"),
            Severity::Stops,
            (format!("通道 {id} 已停止工作"), format!("Lane {id} does not run")),
            (
                "重启卡口前端程序；仍不行请联系管理员。",
                "Restart the gate agent; if it does not help, call its administrator.",
            ),
        );
    }
    None
}

fn persons(status: &Status) -> Option<Attention> {
    let pins = &status.pins;
    if pins.persons == 0 {
        return one(
            "persons",
            Severity::Warns,
            plain("未配置操作人员：无人可在此操作", "Nobody is configured: no act is possible here"),
            ("在 gate-agent.toml 中添加 [[person]]。", "Add [[person]] to gate-agent.toml."),
        );
    }
    if pins.all_locked_s.is_none() && pins.locked == 0 {
        return None;
    }
    let n = pins.locked;
    one(
        "pins",
        Severity::Warns,
        match pins.all_locked_s {
            Some(wait) => (
                format!("口令多次错误，全部人员锁定 {wait} 秒"),
                format!("Too many wrong PINs: everybody waits {wait} s"),
            ),
            None => (format!("口令多次错误，{n} 人已锁定"), format!("Wrong PINs: {n} must wait")),
        },
        (
            "若非本人误输，请报告安全管理员。",
            "Unless it was a slip, tell whoever is responsible for security.",
        ),
    )
}

fn codes(status: &Status) -> Option<Attention> {
    status.pins.codes_unreadable.then_some(())?;
    one(
        "codes",
        Severity::Warns,
        plain(
            "放行码文件或应急日志无法读取：放行码不可使用",
            "The file of release codes or the emergency log cannot be read: no release code is taken",
        ),
        (
            "日志写明原因；处理后由主管重新签发放行码。",
            "The log says why; put it right, and let a supervisor issue codes anew.",
        ),
    )
}
