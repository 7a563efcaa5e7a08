// 预约审批: the officers' side of appointments: the application, its cancellation, what was fed back and explained, and the block (AC-227).
// Source: spec AC-006, AC-159, AC-198..AC-209, AC-225..AC-227.
import { api, dataAs, once } from "../api/client.ts";
import { appointment } from "../appointment/manual.ts";
import { status } from "../appointment/tables.ts";
import type { Listing, RecordJson, Section, Statement } from "../declaration/description.ts";
import { instant } from "../declaration/show.ts";
import type { Text } from "../words/words.ts";
import type { Asked, Deadline, DeskManual } from "./description.ts";

const PARTS: Record<string, Text> = { submission: ["预约申请", "Application"], cancellation: ["取消预约", "Cancellation"], feedback: ["报关单号", "Declaration numbers"], explanation: ["情况说明", "Explanation"] };

const of = (number: string) => ({ params: { path: { pre_entry_no: number } } });

/** What the enterprise has sent after the approval, beside the fields. */
const later: Section = {
  name: "later",
  title: ["取消、反馈与情况说明", "Cancellation, feedback, explanation"],
  ofRecordOnly: true,
  fields: [
    { name: "application_no", label: ["预约通关申请单申请编号", "Application number"], kind: { is: "text", max: 18 }, given: true },
    { name: "cancellation.requested_at", label: ["申请取消时间", "Cancellation requested"], kind: { is: "instant" }, given: true },
    { name: "cancellation.reason", label: ["取消原因", "Reason of the cancellation"], kind: { is: "area", max: 500 }, given: true },
    { name: "fed_back", label: ["反馈的报关单号", "Declaration numbers fed back"], kind: { is: "area", max: 2000 }, given: true, span: 3 },
    { name: "explanation.text", label: ["情况说明", "Explanation"], kind: { is: "area", max: 2000 }, given: true, span: 3 },
  ],
};

interface FedBack {
  declaration_no: string;
  sent_at: string | null;
}

const show = async (number: string): Promise<RecordJson> => {
  const record = await dataAs<RecordJson>(api.GET("/api/v1/appointments/{pre_entry_no}", of(number)));
  const sent = ((record.feedback as FedBack[] | null) ?? []).filter((row) => row.sent_at !== null);
  return { ...record, fed_back: sent.map((row) => row.declaration_no).join("、") };
};

const partyName = (party: unknown): string => (party as { name?: string } | null)?.name ?? "";

/** Until when customs answers: what concerns the slot, before it begins; the rest, before the time for feedback is over. */
function deadline(record: RecordJson): Deadline | null {
  const waiting = (record.waiting as string[] | undefined) ?? [];
  const isOfSlot = ["SUBMITTED", "ACCEPTED"].includes(record.status) || waiting.includes("cancellation");
  if (isOfSlot) return { label: ["预约时段", "Slot"], at: record.slot_start };
  return record.feedback_until ? { label: ["反馈截止", "Feedback until"], at: record.feedback_until } : null;
}

const only = ({ records }: Asked) => records[0] ?? { number: "", version: 0 };

export const appointments: DeskManual = {
  manual: { ...appointment, sections: [...appointment.sections, later], calls: { ...appointment.calls, show } },
  short: ["预约通关", "Appointments"],
  conditions: [
    { name: "pre_entry_no", label: ["预录入编号", "Pre-entry number"], is: "text", max: 18 },
    { name: "status", label: ["状态", "Status"], is: "code", of: { list: status } },
    { name: "slot", label: ["预约时间", "Slot"], is: "range", from: "slot_from", to: "slot_to", mostDays: 15, ahead: true },
  ],
  list: (query) => dataAs<Listing>(api.GET("/api/v1/desk/appointments", { params: { query: { waiting: true, ...query } as never } })),
  line: (record) => {
    const waiting = (record.waiting as string[] | undefined) ?? [];
    const parts = waiting.length > 0 ? waiting : ["submission"];
    return { name: partyName(record.declarant), more: `${instant(record.slot_start).slice(0, 16)} ${partyName(record.consignee)}`, tags: parts.flatMap((part): Text[] => { const text = PARTS[part]; return text ? [text] : []; }) };
  },
  waitsSince: (record) => record.waits_since,
  deadline,
  acts: [
    { name: "accept", label: ["受理", "Accept for handling"], needsText: false },
    { name: "approve", label: ["审批通过", "Approve"], needsText: false },
    { name: "return", label: ["退单", "Return"], needsText: true, danger: true },
    { name: "confirm-cancellation", label: ["同意取消", "Confirm the cancellation"], needsText: false },
    { name: "refuse-cancellation", label: ["不同意取消", "Refuse the cancellation"], needsText: true, danger: true },
    { name: "accept-feedback", label: ["反馈相符", "Accept the numbers"], needsText: false },
    { name: "refuse-feedback", label: ["反馈不符", "Refuse the numbers"], needsText: true, danger: true },
    { name: "accept-explanation", label: ["接受说明", "Accept the explanation"], needsText: false },
    { name: "refuse-explanation", label: ["不接受说明", "Refuse the explanation"], needsText: true, danger: true },
    { name: "lift", label: ["解除限制", "Lift the block"], needsText: true },
  ],
  inBulk: false,
  statement: (asked) => {
    const { number, version } = only(asked);
    return dataAs<Statement>(api.POST("/api/v1/desk/appointments/{pre_entry_no}/statements", { ...of(number), body: { action: asked.act, version, text: asked.text } }));
  },
  decide: (asked, signature) => {
    const { number, version } = only(asked);
    return api.POST("/api/v1/desk/appointments/{pre_entry_no}/{act}", { params: { path: { pre_entry_no: number, act: asked.act } }, body: { version, text: asked.text, signature }, headers: once() });
  },
};
