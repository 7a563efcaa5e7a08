// 录入: what the entry page and its boxes say beside the common words.
import type { Text } from "./words.ts";

const words = <T extends Record<string, Text>>(all: T): T => all;

export const t = words({
  openCalendar: ["打开日历", "Open the calendar"],
  dateWrong: ["日期格式为 yyyy-mm-dd", "a date as yyyy-mm-dd"],
  momentWrong: ["时间格式为 yyyy-mm-dd hh:mm", "a time as yyyy-mm-dd hh:mm"],
  typeMore: ["请至少输入 {least} 位", "type at least {least} characters"],
  bytes: ["（{count}字节）", "({count} bytes)"],
  rowsLeast: ["至少录入一行", "at least one row"],
  until: ["至", "until"],
  beijing: ["（北京时间）", " (Beijing time)"],
});
