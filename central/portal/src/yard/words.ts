// 卡口值守文字: what the yard's pages say: lanes, gates, passages, their events, alerts.
import type { Text } from "../words/words.ts";

const words = <T extends Record<string, Text>>(all: T): T => all;

export const y = words({
  live: ["卡口实况", "Live gates"],
  passages: ["过卡查询", "Passages"],
  passage: ["过卡回放", "Passage"],
  // The line to the centre
  connecting: ["正在连接…", "Connecting…"],
  connected: ["实时更新", "Live"],
  lost: ["实时连接中断，正在重新连接（自 {time}）", "The live connection is cut since {time}; connecting again"],
  over: ["登录已失效，实况已停止", "Your session has ended; the page is no longer live"],
  asOf: ["以下为 {time} 的情况", "What follows is as of {time}"],
  // Lanes
  lanes: ["通道", "Lanes"],
  noGates: ["没有可查看的卡口", "There are no gates for you to see"],
  lane: ["通道", "Lane"],
  gate: ["卡口", "Gate"],
  yard: ["场所", "Yard"],
  in: ["进场", "In"],
  out: ["出场", "Out"],
  outermost: ["离场通道", "leads out of the port"],
  since: ["自 {time}（{span}）", "since {time} ({span})"],
  silent: ["卡口已 {span} 无消息，以下为最后情况", "Nothing heard of the gate for {span}; this is how it was last"],
  never: ["尚未连接过中心", "has never been in touch with the centre"],
  lastVehicle: ["上一车", "Last vehicle"],
  presentVehicle: ["当前车辆", "Vehicle in the lane"],
  noVehicle: ["尚无过卡记录", "No vehicle yet"],
  unknownVehicle: ["未识别", "not identified"],
  faults: ["设备故障：{devices}", "Devices out of order: {devices}"],
  replay: ["回放", "Replay"],
  // Gates' health
  health: ["卡口运行状况", "How the gates are"],
  heard: ["最近消息", "Heard"],
  ago: ["{span}前", "{span} ago"],
  version: ["程序版本", "Version"],
  index: ["索引数据", "Index"],
  indexIs: ["{age}前与中心核对，版本 {revision}", "confirmed {age} ago, revision {revision}"],
  indexNone: ["尚无索引", "none yet"],
  behind: ["落后 {count} 个版本", "{count} revisions behind"],
  unsent: ["待上传事件", "Events not sent"],
  clock: ["时钟偏差", "Clock"],
  clockIs: ["{seconds} 秒", "{seconds} s"],
  journal: ["事件日志", "Journal"],
  disk: ["磁盘剩余", "Disk free"],
  diskIs: ["{free} GB / {total} GB", "{free} of {total} GB"],
  notTold: ["未上报", "not told"],
  // Alerts
  alerts: ["待处理异常", "Open alerts"],
  noAlerts: ["没有待处理异常", "Nothing is wrong"],
  alertsMore: ["仅列最新 {shown} 条，共 {total} 条", "The newest {shown} of {total}"],
  acknowledge: ["确认已知", "Acknowledge"],
  acknowledgeThis: ["确认已知：{what}", "Acknowledge: {what}"],
  acknowledged: ["已确认", "Acknowledged"],
  // Passages
  recent: ["最近过卡", "Latest passages"],
  none: ["暂无过卡记录", "No passages yet"],
  tripNo: ["车次确认编号", "Trip confirmation number"],
  mediumKey: ["绑定介质关键信息", "Medium key"],
  plate: ["车牌号", "Plate"],
  containerNo: ["箱号", "Container"],
  verdict: ["判定结果", "Verdict"],
  outcome: ["过卡结果", "Outcome"],
  reason: ["原因", "Reason"],
  arrived: ["到达时间", "Arrived"],
  vehicle: ["车辆", "Vehicle"],
  gross: ["毛重", "Gross weight"],
  kg: ["{kg} 千克", "{kg} kg"],
  mode: ["采集方式", "How collected"],
  person: ["操作人员", "Person"],
  second: ["第二人", "Second person"],
  byCode: ["{person}（放行码 {code}）", "{person} (release code {code})"],
  record: ["绑定记录", "Binding"],
  leftPort: ["已口岸离场", "left the port"],
  // Replay
  steps: ["过程", "Steps"],
  step: ["第 {step} 步，共 {count} 步", "Step {step} of {count}"],
  previous: ["上一步", "Previous"],
  next: ["下一步", "Next"],
  stepKeys: ["← → 逐步查看，Home、End 到首尾", "← → step by step, Home and End to both ends"],
  after: ["+{seconds} 秒", "+{seconds} s"],
  reads: ["采集信息", "What was read"],
  noReads: ["尚未读到任何信息", "Nothing was read yet"],
  kind: ["类型", "Kind"],
  value: ["内容", "Value"],
  confidence: ["可信度", "Confidence"],
  device: ["设备", "Device"],
  raw: ["原始读数", "As it came"],
  compared: ["比对结果", "What was compared"],
  what: ["项目", "What"],
  expected: ["应为", "Expected"],
  found: ["实际", "Read"],
  offered: ["可选车次", "Trips offered"],
  dropped: ["排除的车次", "Trips ruled out"],
  barrier: ["栏杆", "Barrier"],
  indexAsked: ["判定所用索引", "Index that was asked"],
  pictures: ["图片", "Pictures"],
  said: ["说明", "Words"],
  received: ["中心收到", "Received by the centre"],
  original: ["事件原文", "The event as it came"],
  unreadable: ["中心无法识别此事件，按原文保存", "The centre cannot read this event; it is kept as it came"],
  occurred: ["发生时间", "Occurred"],
  byCentre: ["按中心时钟", "By the centre's clock"],
  // Spans of time
  seconds: ["{n}秒", "{n} s"],
  minutes: ["{n}分钟", "{n} min"],
  hours: ["{n}小时", "{n} h"],
  spanDays: ["{n}天", "{n} d"],
});

type Tone = "draft" | "waiting" | "good" | "bad" | "held" | "over";
interface Named { label: Text; tone: Tone }

export const verdicts: Record<string, Named> = {
  Y: { label: ["放行", "Pass"], tone: "good" },
  N: { label: ["拒绝", "Refuse"], tone: "bad" },
  M: { label: ["待人工确认", "A person decides"], tone: "held" },
};

/** As the gates name the states of a lane. */
export const states: Record<string, Named> = {
  idle: { label: ["空闲", "Idle"], tone: "over" },
  collecting: { label: ["采集中", "Reading"], tone: "draft" },
  deciding: { label: ["判定中", "Deciding"], tone: "draft" },
  opening: { label: ["抬杆中", "Opening"], tone: "good" },
  passing: { label: ["通过中", "Passing"], tone: "good" },
  held: { label: ["停住待处理", "Held"], tone: "held" },
};

export const outcomes: Record<string, Named> = {
  open: { label: ["进行中", "under way"], tone: "draft" },
  passed: { label: ["已通过", "passed"], tone: "good" },
  unconfirmed: { label: ["通过未确认", "passage not confirmed"], tone: "held" },
  released: { label: ["人工放行", "released by a person"], tone: "held" },
  empty_exit: { label: ["空车离场", "left empty"], tone: "over" },
  refused: { label: ["已拒绝", "refused"], tone: "bad" },
  backed_out: { label: ["已倒车离开", "backed out"], tone: "over" },
  sent_back: { label: ["已退回", "sent back"], tone: "over" },
};

export const modes: Record<string, Text> = {
  A: ["自动", "automatic"],
  M: ["人工", "by hand"],
  B: ["后台", "back office"],
};

export const mediums: Record<string, Text> = {
  VN: ["车牌", "Plate"],
  VE: ["电子车牌", "Electronic plate"],
  IC: ["IC卡", "IC card"],
  BC: ["条形码", "Bar code"],
  plate: ["车牌", "Plate"],
  e_plate: ["电子车牌", "Electronic plate"],
  ic_card: ["IC卡", "IC card"],
  barcode: ["条形码", "Bar code"],
  containers: ["箱号", "Container"],
  container: ["箱号", "Container"],
  seals: ["关锁", "Seal"],
  seal: ["关锁", "Seal"],
  others: ["其他介质", "Other medium"],
  weight: ["重量", "Weight"],
};

export const eventTypes: Record<string, Named> = {
  ARRIVAL: { label: ["抵达", "Arrival"], tone: "draft" },
  MATCH: { label: ["匹配", "Match"], tone: "draft" },
  PASS: { label: ["放行", "Passed"], tone: "good" },
  REFUSE: { label: ["拒绝", "Refused"], tone: "bad" },
  MANUAL_RELEASE: { label: ["人工放行", "Released by a person"], tone: "held" },
  EMPTY_EXIT: { label: ["空车离场", "Leaves empty"], tone: "over" },
  LEFT_PORT: { label: ["已口岸离场", "Left the port"], tone: "over" },
  RAISE_INTENT: { label: ["准备抬杆", "About to raise"], tone: "good" },
  RAISE_OUTCOME: { label: ["抬杆结果", "Outcome of the raise"], tone: "good" },
  TAILGATING: { label: ["疑似跟车", "Tailgating"], tone: "bad" },
  DEVICE_FAULT: { label: ["设备故障", "Device fault"], tone: "bad" },
  DEVICE_OK: { label: ["设备恢复", "Device works again"], tone: "good" },
  LANE_STATE: { label: ["通道状态", "State of the lane"], tone: "held" },
  SHED: { label: ["丢弃记录", "Records dropped"], tone: "held" },
  CLOCK: { label: ["时钟", "Clock"], tone: "held" },
  INDEX_REPAIRED: { label: ["索引修复", "Index put right"], tone: "held" },
  STARTED: { label: ["程序启动", "Started"], tone: "over" },
  STOPPED: { label: ["程序停止", "Stopped"], tone: "over" },
};

export const raises: Record<string, Named> = {
  raised: { label: ["已抬起", "raised"], tone: "good" },
  refused: { label: ["拒绝动作", "refused"], tone: "bad" },
  timed_out: { label: ["动作超时", "timed out"], tone: "bad" },
  unknown: { label: ["结果不明", "unknown"], tone: "bad" },
};

export const journals: Record<string, Text> = {
  opening: ["正在打开", "opening"],
  available: ["正常", "in order"],
  slow: ["写入缓慢", "slow"],
  on_reserve: ["磁盘已满，使用预留空间", "disk full, in its last room"],
  unavailable: ["无法写入", "cannot be written"],
};

export const alertCodes: Record<string, Text> = {
  double_use: ["车次重复使用", "A trip was used twice"],
  gate_copied: ["卡口证书被复制", "A certificate that its gate has replaced was shown: a copy of its disk"],
  gate_renewal_waits: ["卡口证书更新待批准", "A gate whose certificate has expired asks for the next one"],
  late_fact: ["审批变动后的过卡", "A fact about a trip that is not approved any more"],
  held_trip_moved: ["布控车次过卡", "A trip under customs hold moved"],
  pass_missing: ["缺少办结过卡", "The closing passage is missing"],
  out_of_place: ["事件与单证状态不符", "An event out of place"],
  unknown_trip: ["未知车次", "An unknown trip"],
  foreign_trip: ["其他关区的车次", "A trip of another customs area"],
  unreadable_event: ["无法识别的事件", "An event that cannot be read"],
  duplicate_event_id: ["事件编号重复", "An event number came twice"],
  clock_offset: ["卡口时钟偏差过大", "The gate's clock is off"],
  fork: ["卡口事件日志冲突", "Two histories under one gate's name"],
  broken_chain: ["事件日志不连续", "Events do not follow from those before"],
  passage_unconfirmed: ["未确认车辆通过", "A passage is not confirmed"],
  raise_failed: ["栏杆未抬起", "A barrier did not rise"],
  tailgating: ["疑似跟车", "A second vehicle followed"],
  device_fault: ["设备故障", "A device is out of order"],
  shed: ["卡口丢弃记录", "A gate dropped records"],
  gate_disk_full: ["卡口磁盘已满", "A gate's disk is full"],
  gate_not_recording: ["卡口无法记录", "A gate cannot record"],
  index_differed: ["卡口索引与中心不一致", "A gate's index differed from the centre's"],
  unknown_receipt: ["未知的海关回执", "An unknown customs receipt"],
  receipt_out_of_place: ["海关回执与状态不符", "A customs receipt out of place"],
  delivery_failing: ["申报无法送达海关", "Declarations do not reach customs"],
  bad_receipt_file: ["无法读取的海关文件", "A customs file that cannot be read"],
};
