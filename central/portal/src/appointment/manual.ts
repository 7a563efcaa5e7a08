// 预约通关: the manual as the page types take it.
// Source: spec AC-001..AC-227.
import { api, dataAs, once } from "../api/client.ts";
import type { Action, Column, Condition, Field, Listing, Manual, Receipt, RecordJson, Statement, Submission } from "../declaration/description.ts";
import type { Text } from "../words/words.ts";
import { goods, sections } from "./form.ts";
import { later, supplementary } from "./later.ts";
import * as table from "./tables.ts";

const conditions: Condition[] = [
  { name: "enterprise_type", label: ["企业类别", "Enterprise type"], is: "code", of: { list: table.enterpriseType }, required: true, default: "A" },
  { name: "own", label: ["申请单位", "Applicant"], is: "own", member: "customs_reg_no" },
  { name: "consignee", label: ["收发货人", "Consignee/consignor"], is: "text", max: 10, required: (typed) => typed.enterprise_type === "B" },
  { name: "status", label: ["状态", "Status"], is: "code", of: { list: table.status } },
  { name: "applied", label: ["申请时间", "Applied"], is: "range", from: "applied_from", to: "applied_to", mostDays: 15 },
  { name: "slot", label: ["预约时间", "Slot"], is: "range", from: "slot_from", to: "slot_to", mostDays: 15, ahead: true },
  { name: "pre_entry_no", label: ["预录入编号", "Pre-entry number"], is: "text", max: 18 },
];

const columns: Column[] = [
  { name: "pre_entry_no", label: ["预录入编号", "Pre-entry number"], width: 170 },
  { name: "declarant.name", label: ["申报人名称", "Declarant"] },
  { name: "consignee.name", label: ["收发货人名称", "Consignee/consignor"] },
  { name: "applied_at", label: ["申请时间", "Applied"], kind: { is: "instant" }, width: 160 },
  { name: "slot_start", label: ["预约时间", "Slot"], kind: { is: "instant" }, width: 160 },
  { name: "status", label: ["状态", "Status"], width: 150 },
];

const at = (page: string) => (number: string) => `/appointment/${number}${page}`;
const actions: Action[] = [
  { name: "view", label: ["查看", "View"], to: at("") },
  { name: "save", label: ["修改", "Edit"], to: at("/edit") },
  { name: "cancel", label: ["取消预约", "Cancel the appointment"], to: at("/sign/cancel") },
  { name: "delete", label: ["删除", "Delete"], danger: true },
  { name: "receipts", label: ["查看回执", "Receipts"] },
];

const of = (number: string) => ({ params: { path: { pre_entry_no: number } } });
const reasonField: Field = { name: "reason", label: ["取消原因", "Reason"], kind: { is: "text", max: 500 }, span: 3 };
const applicationNo: Field = { name: "application_no", label: ["预约通关申请单申请编号", "Application number"], kind: { is: "text", max: 18 } };

function statementOf(action: string): Submission["statement"] {
  return (number, version, words) => dataAs<Statement>(api.POST("/api/v1/appointments/{pre_entry_no}/statements", { ...of(number), body: { action, version, reason: words } }));
}

/** The four signed acts (AC-016). */
const submissions: Submission[] = [
  {
    action: "submit",
    label: ["提交", "Submit"],
    ask: ["是否要提交该票预约申请？", "Submit this application?"],
    statement: statementOf("submit"),
    submit: (number, { version, signature }) => dataAs<RecordJson>(api.POST("/api/v1/appointments/{pre_entry_no}/submit", { ...of(number), body: { version, signature }, headers: once() })),
  },
  {
    action: "cancel",
    label: ["取消预约", "Cancel the appointment"],
    ask: ["是否要取消该预约？取消申请将发送海关，海关确认后生效。", "Cancel this appointment? The request goes to customs, and holds once customs confirms it."],
    words: { label: ["取消原因（可选，最多 500 个字符）", "Reason (optional, at most 500 characters)"], max: 500 },
    signs: [applicationNo, reasonField],
    statement: statementOf("cancel"),
    submit: (number, { version, signature, words }) => dataAs<RecordJson>(api.POST("/api/v1/appointments/{pre_entry_no}/cancel", { ...of(number), body: { version, signature, reason: words }, headers: once() })),
  },
  {
    action: "feedback",
    label: ["提交", "Submit"],
    ask: ["是否要提交报关单号？", "Send the declaration numbers?"],
    signs: [{ name: "declaration_nos", label: ["预约通关报关单号", "Declaration numbers"], kind: { is: "text", max: 1000 }, span: 3 }],
    statement: statementOf("feedback"),
    submit: (number, { version, signature }) => dataAs<RecordJson>(api.POST("/api/v1/appointments/{pre_entry_no}/feedback", { ...of(number), body: { version, signature }, headers: once() })),
  },
  {
    action: "explanation",
    label: ["预约申报", "Send the explanation"],
    ask: ["是否要提交情况说明？", "Send the explanation?"],
    caution: ["情况说明仅能提交一次，请核对无误后再提交。", "An explanation can be sent once only: check it before you sign."],
    signs: [{ name: "text", label: ["说明内容", "Words"], kind: { is: "area", max: 2000 }, span: 3 }],
    statement: statementOf("explanation"),
    submit: (number, { version, signature }) => dataAs<RecordJson>(api.POST("/api/v1/appointments/{pre_entry_no}/explanation", { ...of(number), body: { version, signature }, headers: once() })),
  },
];

const WAITING: Record<string, Text> = {
  cancellation: ["已申请取消，待海关答复", "cancellation requested"],
  feedback: ["报关单号待海关答复", "declaration numbers with customs"],
  explanation: ["情况说明待海关答复", "explanation with customs"],
};

/** What is with customs beside the application itself: as the list tells it, or as it follows from the record (AC-147). */
function marks(record: RecordJson): Text[] {
  const explanation = record.explanation as { sent_at: string | null; answer: string | null } | null | undefined;
  const rows = (record.feedback as { sent_at: string | null; answer: string | null }[] | undefined) ?? [];
  const waits = (part: { sent_at: string | null; answer: string | null }) => part.sent_at !== null && part.answer === null;
  const found = (record.waiting as string[] | undefined) ?? [record.cancellation ? "cancellation" : "", rows.some(waits) ? "feedback" : "", explanation && waits(explanation) ? "explanation" : ""];
  return found.flatMap((name): Text[] => {
    const mark = WAITING[name];
    return mark ? [mark] : [];
  });
}

export const appointment: Manual = {
  slug: "appointment",
  name: "appointment",
  title: ["预约通关", "Appointment clearance"],
  number: "pre_entry_no",
  statuses: table.statuses,
  sections,
  rows: goods,
  attachments: supplementary,
  later,
  savesWith: ["consignee.customs_reg_no"],
  marks,
  conditions,
  columns,
  actions,
  submissions,
  calls: {
    list: (query) => dataAs<Listing>(api.GET("/api/v1/appointments", { params: { query: query as { enterprise_type: string } } })),
    deleteMany: (records) => api.POST("/api/v1/appointments/delete", { body: { items: records.map(({ number, version }) => ({ pre_entry_no: number, version })) } }),
    show: (number) => dataAs<RecordJson>(api.GET("/api/v1/appointments/{pre_entry_no}", of(number))),
    create: (body, headers) => dataAs<RecordJson>(api.POST("/api/v1/appointments", { body, headers })),
    update: (number, body, headers) => dataAs<RecordJson>(api.PUT("/api/v1/appointments/{pre_entry_no}", { ...of(number), body, headers })),
    remove: (number, version) => api.DELETE("/api/v1/appointments/{pre_entry_no}", { params: { path: { pre_entry_no: number }, query: { version } } }),
    copy: (number) => dataAs<Record<string, unknown>>(api.POST("/api/v1/appointments/{pre_entry_no}/copy", of(number))),
    receipts: (number) => dataAs<{ items: Receipt[] }>(api.GET("/api/v1/appointments/{pre_entry_no}/receipts", of(number))),
    signatures: {
      list: (number) => dataAs(api.GET("/api/v1/appointments/{pre_entry_no}/signatures", of(number))),
      verify: (number, id) => dataAs(api.GET("/api/v1/appointments/{pre_entry_no}/signatures/{signature_id}/verification", { params: { path: { pre_entry_no: number, signature_id: id } } })),
    },
  },
};
