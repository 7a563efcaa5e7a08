// 异常说明: what each alert means for the person who reads it, and what to do about it. What the centre tells beside it, with its values, is the evidence.
import { plain, type Text } from "../words/words.ts";
import { alertCodes } from "./words.ts";

/** What an alert is called; by its code where this page does not know it yet. */
export const alertLabel = (code: string): Text => alertCodes[code] ?? plain(code);

export const alertMeaning: Record<string, Text> = {
  double_use: ["同一车次在两处过卡，以时间在先者为准；请核对两次过卡的车辆与单证。", "One trip passed at two places; the earlier one holds. Compare the vehicles and papers of both."],
  late_fact: ["过卡时该单证已不是审批通过的版本；请核对放行依据。", "When the vehicle passed, the record was not approved any more, or not in that version. Check by what it was let through."],
  held_trip_moved: ["海关布控的车次发生过卡；请立即查明车辆去向。", "A trip moved that customs holds. Find out at once where the vehicle is."],
  pass_missing: ["车辆已离场，但未收到办结过卡；请核对现场记录后人工办结。", "The vehicle has left, and its closing passage never came. Check with the gate, then close the trip by hand."],
  out_of_place: ["卡口事件与车次当前状态不符，未改变状态；请核对该车次的流转。", "The event does not fit the trip's status and has changed nothing. Look through the trip's events."],
  unknown_trip: ["卡口事件所指车次在中心不存在；请核对卡口与中心的数据。", "The event names a trip that the centre does not have. Compare the gate's data with the centre's."],
  foreign_trip: ["卡口事件所指车次属于其他关区；请核对车辆与场所。", "The event names a trip of an area that does not feed this yard. Check vehicle and yard."],
  unreadable_event: ["中心无法识别该事件，已原样保存；请检查卡口程序版本。", "The centre cannot read the event; it is kept as it came. Check the version of the gate's program."],
  duplicate_event_id: ["两个事件使用了同一编号；请检查卡口程序。", "Two events have one number. Have the gate's program checked."],
  clock_offset: ["卡口时钟与中心相差超过 5 秒；请校准卡口时钟。", "The gate's clock is off by more than 5 seconds. Set it right."],
  fork: ["同一卡口出现两份不同的事件日志；请停止其中一台，保留两份日志待查。", "Two journals tell different things under one gate's name. Stop one of them, and keep both."],
  broken_chain: ["事件日志不连续，可能被改动或损坏；请保留卡口日志待查。", "The journal does not follow from what was told before; it may be damaged or altered. Keep it for an examination."],
  passage_unconfirmed: ["没有线圈确认车辆驶过；请核对现场，并检查地感线圈。", "No loop has confirmed that the vehicle passed. Check at the gate, and look at the loop."],
  raise_failed: ["栏杆未按指令抬起，或抬起情况不明；请到现场查看。", "The barrier did not rise as told, or nobody knows. Look at the lane."],
  tailgating: ["疑似有第二辆车跟随通过；请核对录像。", "A second vehicle may have followed through. Look at the pictures."],
  device_fault: ["卡口设备故障；请通知维护人员，期间由人工核对。", "A device of the gate does not work. Call the technician; until then check by hand."],
  shed: ["卡口存储不足，已按规定丢弃部分记录；请清理存储并检查网络。", "The gate ran out of room and dropped records by its rules. Make room, and check the line."],
  gate_disk_full: ["卡口磁盘已满，仍可记录一万余条；请尽快清理该卡口的磁盘。", "The gate can record some 10,000 events more. Make room on its disk soon."],
  gate_not_recording: ["卡口无法写入数据目录，车辆不再自动放行；请检查该卡口的磁盘及权限，恢复后自动继续。", "The gate cannot write to its data folder, and lets no vehicle pass by itself. Look at its disk and rights; it goes on by itself when that is put right."],
  gate_stood_still: ["卡口程序停滞，已自动重新启动，记录没有丢失；如再次出现，请在卡口上执行 gate-agent support-bundle 并把结果发给软件供应方。", "A lane's program did not turn any more, so the gate was started anew; no record is lost. If it comes again, run gate-agent support-bundle at the gate and send its result to whoever supplies the software."],
  index_differed: ["卡口索引与中心不一致，已自动更正，通常是磁盘或程序的问题；请检查卡口磁盘。保留的黑名单记录是中心没有的，请海关核实：需解除的，先加入黑名单再移除。", "The gate's index was not the centre's and has been put right: a fault of its disk, or of the programs. Have the disk checked. Denials that were kept are unknown to the centre: customs looks at them, and lifts one by denying the medium and allowing it again."],
  unknown_receipt: ["海关回执代码不在规定之内，未改变状态；请与海关核对。", "Customs has sent a receipt with an unknown code; it has changed nothing. Ask customs."],
  receipt_out_of_place: ["海关回执与单证当前状态不符，未改变状态；请与海关核对。", "A receipt of customs does not fit the record's status; it has changed nothing. Ask customs."],
  delivery_failing: ["申报暂时无法送达海关，系统会继续重试；请检查通往海关的线路。", "Declarations do not reach customs; they are tried again. Check the line to customs."],
  bad_receipt_file: ["海关文件无法读取，已移入 bad 文件夹；请查看其原因文件。", "A file of customs cannot be read and lies in the folder bad; the file beside it says why."],
  gate_copied: ["有人出示了该卡口已更换的旧证书，卡口磁盘可能被复制；请停用该卡口，查明后重新注册。", "Somebody shows a certificate that its gate has replaced: its disk may have been copied. Stop the gate, find out, and enrol it anew."],
  gate_renewal_waits: ["证书过期的卡口申请新证书；核对卡口身份后批准。", "A gate whose certificate has expired asks for the next one. Make sure that it is this gate, then approve."],
};
