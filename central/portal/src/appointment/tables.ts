// 参数: the short lists of the manual; codes as the centre has them.
// Source: spec AC-057, AC-160, AC-184..AC-191.
import type { Code, CodeTable, Manual } from "../declaration/description.ts";

const list = (...rows: [code: string, zh: string, en: string][]): Code[] => rows.map(([code, zh, en]) => ({ code, name: [zh, en] as const }));

export const transportMode = list(
  ["2", "水路运输", "water"],
  ["3", "铁路运输", "rail"],
  ["4", "公路运输", "road"],
  ["5", "航空运输", "air"],
  ["6", "邮件运输", "mail"],
  ["9", "其他方式运输", "other"],
);
export const ieFlag = list(["I", "进口", "import"], ["E", "出口", "export"]);
export const enterpriseType = list(["A", "申请单位", "applicant"], ["B", "收发货人", "consignee/consignor"]);
/** What customs said to declaration numbers or an explanation. */
export const answer = list(["accepted", "已接受", "accepted"], ["refused", "未接受", "refused"], ["set_aside", "已无需处理", "no longer needed"]).map((code) => ({ ...code, unseen: true as const }));
export const port: CodeTable = { table: "customs_office" };
export const hsCode: CodeTable = { table: "hs_code", least: 4 };

export const statuses: Manual["statuses"] = {
  DRAFT: { label: ["暂存", "Saved"], tone: "draft" },
  SUBMITTED: { label: ["申报", "Submitted"], tone: "waiting" },
  ACCEPTED: { label: ["已受理", "Accepted"], tone: "waiting" },
  BOOKED: { label: ["预约成功", "Booked"], tone: "good" },
  REJECTED: { label: ["退单", "Returned"], tone: "bad" },
  CANCELLED: { label: ["已取消", "Cancelled"], tone: "over" },
  CLEARED: { label: ["通关完成", "Cleared"], tone: "over" },
  CLEARED_NO_FEEDBACK: { label: ["I-通关完成未反馈", "I-Cleared without feedback"], tone: "bad" },
};
export const status: Code[] = Object.entries(statuses).map(([code, { label }]) => ({ code, name: label, unseen: true as const }));
