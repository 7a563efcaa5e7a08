// 免到场查验文字.
import type { Text } from "../words/words.ts";

const words = <T extends Record<string, Text>>(all: T): T => all;

export const a = words({
  figures: ["免于到场协助查验统计", "Figures of exemptions from attending inspection"],
  office: ["查验地海关", "Office of inspection"],
  applications: ["申请票数", "Applications"],
  agreed: ["同意", "Agreed"],
  notAgreed: ["不同意", "Not agreed"],
  mean: ["平均审批时长（时:分:秒）", "Mean time to decision (h:mm:ss)"],
  sum: ["合计", "Sum"],
  csv: ["下载 CSV", "Download CSV"],
  counted: ["申请按申请日期计，审批按审批日期计；平均审批时长为申请至审批。", "Applications count by the day of application, decisions by the day of decision; the mean is from application to decision."],
});
