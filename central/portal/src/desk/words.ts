// 审核台文字.
import type { Text } from "../words/words.ts";

const words = <T extends Record<string, Text>>(all: T): T => all;

export const d = words({
  manuals: ["业务", "Manuals"],
  filter: ["筛选", "Filter"],
  filtered: ["已筛选", "Filtered"],
  firstOnly: ["仅显示前 {count} 条，处理后自动补充。", "The first {count} only; the next ones follow as these are answered."],
  remaining: ["剩余 {time}", "{time} left"],
  over: ["已超时 {time}", "{time} over"],
  days: ["{days}天{hours}小时", "{days} d {hours} h"],
  hours: ["{hours}小时{minutes}分", "{hours} h {minutes} min"],
  minutes: ["{minutes}分钟", "{minutes} min"],
  several: ["已选 {count} 票，一次签名", "{count} ticked, one signature"],
  noCommon: ["所选单证没有可一并办理的操作", "there is no act that all of the ticked records allow"],
  tickOne: ["选择 {name}", "Tick {name}"],
  tickedRecords: ["所选单证", "Ticked records"],
  allDone: ["已处理 {count} 票", "{count} done"],
  cancelAct: ["取消", "Cancel"],
  next: ["已处理 {number}，请继续下一票", "{number} is done; the next one follows"],
});
