// 免于到场协助查验申请: the manual as the page types take it.
// Source: spec AE-080..AE-134, AE-147, AE-148, AE-150.
import { api, asFile, dataAs, once } from "../api/client.ts";
import type { Action, AttachedFile, Attachments, Code, Column, Condition, Listing, Manual, Receipt, RecordJson, Statement } from "../declaration/description.ts";
import { customsOffice, docType, sections } from "./form.ts";
import { DECLARATION, exemptionKinds, NON_DECLARATION } from "./kinds.ts";

const ENTRUSTED = "00000001";
const NOT_ATTENDING = "00000002";
const categories: Code[] = [
  { code: ENTRUSTED, name: ["委托企业协助海关查验的声明", "statement that an enterprise is entrusted to assist customs' inspection"] },
  { code: NOT_ATTENDING, name: ["查验时不到场的声明", "statement of not attending the inspection"] },
  { code: "00000003", name: ["其他材料", "other material"] },
];

const statuses: Manual["statuses"] = {
  SAVED: { label: ["暂存", "Saved"], tone: "draft" },
  APPLIED: { label: ["已申请", "Applied"], tone: "waiting" },
  SENT_TO_CUSTOMS: { label: ["发往海关成功", "Sent to customs"], tone: "waiting" },
  SEND_FAILED: { label: ["发送失败", "Sending failed"], tone: "bad" },
  CUSTOMS_RECEIVED: { label: ["海关接收成功", "Received by customs"], tone: "waiting" },
  RECEIVE_FAILED: { label: ["接收失败", "Receiving failed"], tone: "bad" },
  APPROVED: { label: ["同意", "Agreed"], tone: "good" },
  REJECTED: { label: ["不同意", "Not agreed"], tone: "bad" },
};

const conditions: Condition[] = [
  { name: "doc_type", label: ["单据类型", "Kind of record"], is: "code", of: docType, required: true, default: DECLARATION },
  { name: "declaration_no", label: ["报关单号", "Declaration number"], is: "text", max: 18, when: (typed) => typed.doc_type !== NON_DECLARATION },
  { name: "bill_no", label: ["提运单号", "Bill of lading or waybill"], is: "text", max: 35, when: (typed) => typed.doc_type === NON_DECLARATION },
  { name: "status", label: ["单据状态", "Status"], is: "code", of: { list: Object.entries(statuses).map(([code, { label }]) => ({ code, name: label, unseen: true })) } },
  { name: "data_center_no", label: ["数据中心统一编号", "Data-centre unified number"], is: "text", max: 18 },
  { name: "operated", label: ["最近操作时间", "Last operation"], is: "range", from: "operated_from", to: "operated_to", mostDays: 30, required: true, defaultDays: 30 },
];

const columns: Column[] = [
  { name: "data_center_no", label: ["数据中心统一编号", "Unified number"], width: 150 },
  { name: "subject_no", label: ["报关单号/提运单号", "Declaration or bill"], width: 160, value: (record) => record.declaration_no ?? record.bill_no },
  { name: "customs_review_no", label: ["海关审核编号", "Customs review number"], width: 160 },
  { name: "status", label: ["单据状态", "Status"], width: 130 },
  { name: "applicant_name", label: ["申请单位", "Applicant"] },
  { name: "inspection_customs_code", label: ["查验地海关", "Office of inspection"], kind: { is: "code", of: customsOffice } },
  { name: "application_date", label: ["申请日期", "Application date"] },
  { name: "operated_at", label: ["最近操作时间", "Last operation"], kind: { is: "instant" } },
];

const at = (page: string) => (number: string) => `/attendance-exemptions/${number}${page}`;
const actions: Action[] = [
  { name: "view", label: ["查看", "View"], to: at("") },
  { name: "save", label: ["修改", "Edit"], to: at("/edit") },
  { name: "delete", label: ["删除", "Delete"], danger: true },
  { name: "receipts", label: ["查看回执", "Receipts"] },
];

const of = (number: string) => ({ params: { path: { data_center_no: number } } });

const recordOf = (answer: Promise<{ data?: unknown }>) => dataAs<RecordJson>(answer);

interface FileJson {
  id: string;
  category: string | null;
  file_name: string;
  size_bytes: number;
  page_count: number;
  sha256: string;
  frozen: boolean;
}
const filesOf = (record: RecordJson): AttachedFile[] =>
  ((record.attachments as FileJson[] | undefined) ?? []).map(({ id, category, file_name, size_bytes, page_count, sha256, frozen }) => ({ id, category, name: file_name, bytes: size_bytes, pages: page_count, sha256, frozen }));

const ofFile = (number: string, id: string) => ({ data_center_no: number, id });
const statement = (number: string, action: string, version: number) => dataAs<Statement>(api.POST("/api/v1/attendance-exemptions/{data_center_no}/statements", { ...of(number), body: { action, version } }));

export const attachments: Attachments = {
  title: ["随附单据", "Attachments"],
  lead: ["声明（00000001 或 00000002）二选一必填。", "One statement, 00000001 or 00000002, is required."],
  categories,
  onePerCategory: true,
  most: categories.length,
  of: filesOf,
  mayChange: (record) => record.actions.includes("upload"),
  add: (number, { version, category, file }, headers) =>
    recordOf(api.POST("/api/v1/attendance-exemptions/{data_center_no}/attachments", { params: { path: { data_center_no: number }, query: { version, category: category ?? undefined, file_name: file.name } as never }, body: file as never, ...asFile, headers: { ...asFile.headers, ...headers } })),
  remove: (number, id, version) => recordOf(api.DELETE("/api/v1/attendance-exemptions/{data_center_no}/attachments/{id}", { params: { path: ofFile(number, id), query: { version } } })),
  address: (number, id) => `/api/v1/attendance-exemptions/${number}/attachments/${id}`,
  statement: (number, version) => statement(number, "upload", version),
};

/** 二选一 (AE-081, AE-082, AE-089). */
function statementFaults(record: RecordJson) {
  const has = (category: string) => filesOf(record).some((file) => file.category === category);
  const [entrusted, absent] = [has(ENTRUSTED), has(NOT_ATTENDING)];
  if (entrusted && absent) return [{ text: ["00000001、00000002 只能选择一项", "a statement of 00000001 or of 00000002, not both"] as const, rule: "AE-089" }];
  return entrusted || absent ? [] : [{ text: ["00000001、00000002 二选一必填（必须上传pdf）", "upload a statement of category 00000001 or 00000002"] as const, rule: "AE-081" }];
}

export const exemptions: Manual = {
  slug: "attendance-exemptions",
  name: "attendance",
  title: ["免于到场协助查验申请", "Exemption from attending inspection"],
  number: "data_center_no",
  statuses,
  sections,
  attachments,
  kinds: exemptionKinds,
  savesWith: ["declaration_no", "bill_no"],
  submitsStored: true,
  faultsBeforeSubmitting: statementFaults,
  conditions,
  columns,
  actions,
  submissions: [
    {
      action: "apply",
      label: ["申请", "Apply"],
      ask: ["是否要申请该票单据？", "Apply with this record?"],
      done: ["申请成功", "Applied"],
      statement: (number, version) => statement(number, "apply", version),
      submit: (number, { version, signature }) => recordOf(api.POST("/api/v1/attendance-exemptions/{data_center_no}/apply", { ...of(number), body: { version, signature }, headers: once() })),
    },
  ],
  calls: {
    list: (query) => dataAs<Listing>(api.GET("/api/v1/attendance-exemptions", { params: { query } })),
    deleteMany: (records) => api.POST("/api/v1/attendance-exemptions/delete", { body: { items: records.map(({ number, version }) => ({ data_center_no: number, version })) } }),
    show: (number) => recordOf(api.GET("/api/v1/attendance-exemptions/{data_center_no}", of(number))),
    create: (body, headers) => recordOf(api.POST("/api/v1/attendance-exemptions", { body, headers })),
    update: (number, body, headers) => recordOf(api.PUT("/api/v1/attendance-exemptions/{data_center_no}", { ...of(number), body, headers })),
    remove: (number, version) => api.DELETE("/api/v1/attendance-exemptions/{data_center_no}", { params: { path: { data_center_no: number }, query: { version } } }),
    receipts: (number) => dataAs<{ items: Receipt[] }>(api.GET("/api/v1/attendance-exemptions/{data_center_no}/receipts", of(number))),
    signatures: {
      list: (number) => dataAs(api.GET("/api/v1/attendance-exemptions/{data_center_no}/signatures", of(number))),
      verify: (number, id) => dataAs(api.GET("/api/v1/attendance-exemptions/{data_center_no}/signatures/{signature_id}/verification", { params: { path: { data_center_no: number, signature_id: id } } })),
    },
  },
};
