// 智能卡口散杂货系统: the manual as the page types take it.
// Source: spec SG-108..SG-151, SG-153..SG-164.
import { api, dataAs, once } from "../api/client.ts";
import type { Action, Column, Condition, Listing, Manual, Receipt, RecordJson, Statement, Version } from "../declaration/description.ts";
import { lines, sections } from "./form.ts";
import * as table from "./tables.ts";

const conditions: Condition[] = [
  { name: "trip_no", label: ["车次确认编号", "Trip confirmation number"], is: "text", max: 32 },
  {
    name: "status",
    label: ["单据状态", "Status"],
    is: "code",
    of: {
      list: [
        { code: "SAVED", name: ["暂存", "saved"] },
        { code: "DECLARED", name: ["申报", "declared"] },
        { code: "SENT", name: ["发往内网成功", "sent to customs"] },
        { code: "SEND_FAILED", name: ["发往内网失败", "not sent"] },
        { code: "CUSTOMS_APPROVED", name: ["海关审核通过", "approved by customs"] },
        { code: "REJECTED", name: ["退单", "returned"] },
        { code: "CLOSED", name: ["已办结", "closed"] },
        { code: "LOCKED", name: ["已锁定", "locked"] },
        { code: "UNLOCKED", name: ["解除锁定", "unlocked"] },
        { code: "MANUALLY_CLOSED", name: ["人工办结", "closed by hand"] },
        { code: "LEFT_PORT", name: ["已口岸离场", "left the port"] },
      ],
    },
  },
  { name: "medium_type", label: ["绑定介质类型", "Medium type"], is: "code", of: table.mediumType },
  { name: "medium_key", label: ["绑定介质关键信息", "Medium key"], is: "text", max: 64 },
  { name: "business_type", label: ["业务类型", "Business type"], is: "code", of: table.businessType },
  { name: "customs_code", label: ["关区代码", "Customs area"], is: "code", of: table.customsCode },
  { name: "ie_flag", label: ["进出口标志", "Import/export"], is: "code", of: table.ieFlag },
  { name: "entry_date", label: ["录入时间", "Entered"], is: "range", from: "entry_date_from", to: "entry_date_to" },
];

const columns: Column[] = [
  { name: "unified_no", label: ["数据中心统一编号", "Unified number"], width: 150 },
  { name: "trip_no", label: ["车次确认编号", "Trip number"], width: 250 },
  { name: "status", label: ["单据状态", "Status"], width: 120 },
  { name: "medium_type", label: ["绑定介质类型", "Medium type"], kind: { is: "code", of: table.mediumType } },
  { name: "medium_key", label: ["绑定介质关键信息", "Medium key"] },
  { name: "business_type", label: ["业务类型", "Business type"], kind: { is: "code", of: table.businessType } },
  { name: "transport_mode", label: ["运输方式", "Transport mode"], kind: { is: "code", of: table.transportMode } },
  { name: "ie_flag", label: ["进出口标志", "Import/export"], kind: { is: "code", of: table.ieFlag } },
  { name: "customs_code", label: ["关区代码", "Customs area"], kind: { is: "code", of: table.customsCode } },
  { name: "entry_date", label: ["录入时间", "Entered"] },
];

const at = (page: string) => (number: string) => `/smart-gate/${number}${page}`;
const actions: Action[] = [
  { name: "view", label: ["查看", "View"], to: at("") },
  { name: "save", label: ["修改", "Edit"], to: at("/edit") },
  { name: "change", label: ["变更", "Change"], to: at("/change") },
  { name: "delete", label: ["删除", "Delete"], danger: true },
  { name: "delete-order", label: ["删单", "Delete order"], to: at("/sign/delete-order"), danger: true },
  { name: "receipts", label: ["查看回执", "Receipts"] },
];

const SLIP = "/api/v1/smart-gate/records/{unified_no}/slip.pdf";
const DRAFTS = ["SAVED", "DECLARED", "SENT", "SEND_FAILED", "REJECTED"];
const of = (number: string) => ({ params: { path: { unified_no: number } } });

export const smartGate: Manual = {
  slug: "smart-gate",
  name: "smart_gate",
  title: ["智能卡口散杂货系统", "Smart gate, bulk cargo"],
  number: "unified_no",
  statuses: {
    SAVED: { label: ["暂存", "Saved"], tone: "draft" },
    DECLARED: { label: ["申报", "Declared"], tone: "waiting" },
    SENT: { label: ["发往内网成功", "Sent to customs"], tone: "waiting" },
    SEND_FAILED: { label: ["发往内网失败", "Not sent"], tone: "bad" },
    CUSTOMS_APPROVED: { label: ["海关审核通过", "Approved by customs"], tone: "good" },
    REJECTED: { label: ["退单", "Returned"], tone: "bad" },
    CLOSED: { label: ["已办结", "Closed"], tone: "over" },
    LOCKED: { label: ["已锁定", "Locked"], tone: "held" },
    UNLOCKED: { label: ["解除锁定", "Unlocked"], tone: "good" },
    MANUALLY_CLOSED: { label: ["人工办结", "Closed by hand"], tone: "over" },
    LEFT_PORT: { label: ["已口岸离场", "Left the port"], tone: "over" },
  },
  sections,
  rows: lines,
  conditions,
  columns,
  actions,
  // SG-258, SG-263
  removal: {
    ask: ["是否确认删除该数据？", "Delete this record?"],
    ofSaved: ["暂存状态的数据，删除后不可恢复，只能重新录入，请谨慎操作！", "Saved data cannot be restored after deletion, only entered again: please take care!"],
  },
  submissions: [
    {
      action: "declare",
      label: ["申报", "Declare"],
      ask: ["是否要申报该票单据？", "Declare this record?"],
      statement: (number, version) => dataAs<Statement>(api.POST("/api/v1/smart-gate/records/{unified_no}/statements", { ...of(number), body: { action: "declare", version } })),
      submit: (number, { words: _, ...body }) => dataAs<RecordJson>(api.POST("/api/v1/smart-gate/records/{unified_no}/declare", { ...of(number), body, headers: once() })),
    },
    {
      action: "delete-order",
      label: ["删单申报", "Declare the delete order"],
      ask: ["是否确认申报该数据？", "Declare this delete order?"],
      statement: (number, version) => dataAs<Statement>(api.POST("/api/v1/smart-gate/records/{unified_no}/statements", { ...of(number), body: { action: "delete-order", version } })),
      submit: (number, { version, signature }) => dataAs<RecordJson>(api.POST("/api/v1/smart-gate/records/{unified_no}/delete-order", { ...of(number), body: { version, signature }, headers: once() })),
    },
  ],
  papers: {
    label: ["打印凭条", "Gate slip"],
    // Before the approval the paper is marked as a draft.
    when: (record) => record.actions.includes("slip") || DRAFTS.includes(record.status),
    sheets: [
      { name: "a5", label: ["A5 纸", "A5 paper"] },
      { name: "80mm", label: ["80 mm 小票纸", "80 mm receipt roll"] },
    ],
    ask: (number, sheet) => api.GET(SLIP, { params: { path: { unified_no: number }, query: { paper: sheet as "a5" | "80mm" } }, parseAs: "blob" }),
    address: (number, sheet) => `${SLIP.replace("{unified_no}", number)}?paper=${sheet}`,
  },
  calls: {
    list: (query) => dataAs<Listing>(api.GET("/api/v1/smart-gate/records", { params: { query: query } })),
    counts: async ({ page: _page, page_size: _size, ...query }) => dataAs(api.GET("/api/v1/smart-gate/records/counts", { params: { query: query } })),
    importAddress: "/smart-gate/import",
    exported: (query, format) => dataAs<Blob>(api.GET("/api/v1/smart-gate/records/export", { params: { query: { ...query, format } }, parseAs: "blob" })),
    deleteMany: (records) => api.POST("/api/v1/smart-gate/records/delete", { body: { records: records.map(({ number, version }) => ({ unified_no: number, version })) } }),
    show: (number) => dataAs<RecordJson>(api.GET("/api/v1/smart-gate/records/{unified_no}", of(number))),
    create: (body, headers) => dataAs<RecordJson>(api.POST("/api/v1/smart-gate/records", { body, headers })),
    update: (number, body, headers) => dataAs<RecordJson>(api.PUT("/api/v1/smart-gate/records/{unified_no}", { ...of(number), body, headers })),
    change: (number, body, headers) => dataAs<RecordJson>(api.POST("/api/v1/smart-gate/records/{unified_no}/change", { ...of(number), body, headers })),
    remove: (number, version) => api.DELETE("/api/v1/smart-gate/records/{unified_no}", { params: { path: { unified_no: number }, query: { version } } }),
    copy: (number) => dataAs<Record<string, unknown>>(api.GET("/api/v1/smart-gate/records/{unified_no}/copy", of(number))),
    receipts: (number) => dataAs<{ items: Receipt[] }>(api.GET("/api/v1/smart-gate/records/{unified_no}/receipts", of(number))),
    versions: (number) => dataAs<{ items: Version[] }>(api.GET("/api/v1/smart-gate/records/{unified_no}/versions", of(number))),
    signatures: {
      list: (number) => dataAs(api.GET("/api/v1/smart-gate/records/{unified_no}/signatures", of(number))),
      verify: (number, id) => dataAs(api.GET("/api/v1/smart-gate/records/{unified_no}/signatures/{signature_id}/verification", { params: { path: { unified_no: number, signature_id: id } } })),
    },
  },
};
