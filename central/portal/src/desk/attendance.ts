// 免到场审批: the officers' side of exemptions from attending inspection.
// Source: spec AE-160..AE-166.
import { api, dataAs, once } from "../api/client.ts";
import { attendanceMode, docType } from "../attendance/form.ts";
import { NON_DECLARATION } from "../attendance/kinds.ts";
import { exemptions } from "../attendance/manual.ts";
import type { CodeTable, Listing, Manual, RecordJson, Section, Statement } from "../declaration/description.ts";
import type { Asked, DeskManual } from "./description.ts";

interface Instruction {
  instruction: boolean;
  inspection_begun: boolean;
  released: boolean;
}

const YES_NO: CodeTable = { list: [{ code: "true", name: ["是", "yes"], unseen: true }, { code: "false", name: ["否", "no"], unseen: true }] };
/** 查验指令, as customs has it now; empty where its system does not answer. */
const instruction: Section = {
  name: "instruction",
  title: ["查验指令", "Inspection instruction"],
  ofRecordOnly: true,
  fields: [
    { name: "instruction_given", label: ["已下达查验指令", "Instruction given"], kind: { is: "code", of: YES_NO }, given: true },
    { name: "inspection_begun", label: ["已开始查验", "Inspection begun"], kind: { is: "code", of: YES_NO }, given: true },
    { name: "released", label: ["已放行", "Released"], kind: { is: "code", of: YES_NO }, given: true },
  ],
};

const of = (number: string) => ({ params: { path: { data_center_no: number } } });

const show = async (number: string): Promise<RecordJson> => {
  const record = await dataAs<RecordJson>(api.GET("/api/v1/desk/attendance-exemptions/{data_center_no}", of(number)));
  const told = record.instruction as Instruction | null;
  const flags = told ? { instruction_given: String(told.instruction), inspection_begun: String(told.inspection_begun), released: String(told.released) } : {};
  return { ...record, ...flags };
};

/** As officers see it: their own path, and the instruction beside the fields. */
const forOfficers: Manual = { ...exemptions, sections: [...exemptions.sections, instruction], calls: { ...exemptions.calls, show } };

const only = ({ records }: Asked) => records[0] ?? { number: "", version: 0 };

export const attendance: DeskManual = {
  manual: forOfficers,
  short: ["免到场查验", "Exemptions"],
  conditions: [
    { name: "number", label: ["统一编号、报关单号或提运单号", "Unified, declaration or bill number"], is: "text", max: 35 },
    { name: "applicant", label: ["申请单位（海关十位或名称）", "Applicant (customs code or name)"], is: "text", max: 70 },
    { name: "doc_type", label: ["单据类型", "Kind of record"], is: "code", of: docType },
    { name: "date", label: ["申请日期", "Applied on"], is: "range", from: "date_from", to: "date_to" },
  ],
  list: (query) => dataAs<Listing>(api.GET("/api/v1/desk/attendance-exemptions", { params: { query } })),
  line: (record) => {
    const mode = attendanceMode.list.find((one) => one.code === record.attendance_mode);
    return { name: String(record.declaration_no ?? record.bill_no), more: String(record.applicant_name), tags: [record.doc_type === NON_DECLARATION ? (["非报关单", "Bill"] as const) : (["报关单", "Declaration"] as const), ...(mode ? [mode.name] : [])] };
  },
  waitsSince: (record) => record.submitted_at,
  acts: [
    { name: "approve", label: ["同意", "Agree"], needsText: false },
    { name: "reject", label: ["不同意", "Do not agree"], needsText: true, danger: true },
  ],
  inBulk: false,
  statement: (asked) => {
    const { number, version } = only(asked);
    return dataAs<Statement>(api.POST("/api/v1/desk/attendance-exemptions/{data_center_no}/statements", { ...of(number), body: { action: asked.act, version, opinion: asked.text } }));
  },
  decide: (asked, signature) => {
    const { number, version } = only(asked);
    const request = { ...of(number), body: { version, opinion: asked.text, signature }, headers: once() };
    return asked.act === "approve" ? api.POST("/api/v1/desk/attendance-exemptions/{data_center_no}/approve", request) : api.POST("/api/v1/desk/attendance-exemptions/{data_center_no}/reject", request);
  },
};
