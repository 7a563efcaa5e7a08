// 审批后录入: what follows an approval: the declaration numbers (预约通关报关单号反馈), and the explanation (情况说明) of who has none.
// Source: spec AC-124..AC-142, AC-151..AC-158.
import { api, asFile, dataAs } from "../api/client.ts";
import type { AttachedFile, Attachments, Field, LaterPart, RecordJson } from "../declaration/description.ts";
import { instant } from "../declaration/show.ts";
import { pick, type Text } from "../words/words.ts";
import * as table from "./tables.ts";

const of = (number: string) => ({ params: { path: { pre_entry_no: number } } });

interface FileJson {
  id: string;
  file_name: string;
  bytes: number;
  pages: number;
  sha256: string;
  frozen: boolean;
}

interface FeedbackJson {
  declaration_no: string;
  sent_at: string | null;
  answer: string | null;
}

interface ExplanationJson {
  text: string | null;
  files: FileJson[];
  sent_at: string | null;
  answer: string | null;
}

const filesOf = (files: FileJson[]): AttachedFile[] => files.map((file) => ({ id: file.id, category: null, name: file.file_name, bytes: file.bytes, pages: file.pages, sha256: file.sha256, frozen: file.frozen }));

/** The files of one kind; the API tells the kinds apart, a person does not choose. */
function filesIn(category: "supplementary" | "explanation"): Pick<Attachments, "add" | "remove" | "address"> {
  return {
    add: (number, { version, file }, headers) =>
      dataAs<RecordJson>(
        api.POST("/api/v1/appointments/{pre_entry_no}/attachments", {
          params: { path: { pre_entry_no: number }, query: { version, file_name: file.name, category } },
          body: file as never,
          bodySerializer: asFile.bodySerializer,
          headers: { ...asFile.headers, ...headers },
        }),
      ),
    remove: (number, id, version) => dataAs<RecordJson>(api.DELETE("/api/v1/appointments/{pre_entry_no}/attachments/{id}", { params: { path: { pre_entry_no: number, id }, query: { version } } })),
    address: (number, id) => `/api/v1/appointments/${number}/attachments/${id}`,
  };
}

export const supplementary: Attachments = {
  title: ["随附补充材料", "Supplementary documents"],
  most: 5,
  inWindow: true,
  of: (record) => filesOf((record.attachments as FileJson[] | undefined) ?? []),
  mayChange: (record) => record.actions.includes("save"),
  ...filesIn("supplementary"),
};

const explanationOf = (record: RecordJson) => (record.explanation as ExplanationJson | null | undefined) ?? null;
const feedbackOf = (record: RecordJson) => (record.feedback as FeedbackJson[] | undefined) ?? [];
const SENT: Field[] = [
  { name: "sent_at", label: ["提交时间", "Sent"], kind: { is: "instant" }, given: true },
  { name: "answer", label: ["海关答复", "Answer of customs"], kind: { is: "code", of: { list: table.answer } }, given: true },
];
/** The API tells the first moment after the window. */
const lastMoment = (end: unknown) => (typeof end === "string" ? instant(new Date(Date.parse(end) - 1000).toISOString()) : "");
const filled = (text: Text, values: Record<string, string>): Text => [pick("zh", text, values), pick("en", text, values)];
const numberField: Field = { name: "declaration_no", label: ["预约通关报关单号", "Declaration number"], kind: { is: "text", max: 18, lead: "code" }, required: true, hint: ["18 位数字：申报口岸 4 位、年份 4 位、进口 1 或出口 0、流水号 9 位；按回车保存", "18 digits: declaration port, year, 1 for import or 0 for export, 9 more; Enter stores it"] };
const sentRow = (row: { sent_at: string | null; answer: string | null }) => ({ sent_at: instant(row.sent_at), answer: row.answer ?? "" });

export const later: LaterPart[] = [
  {
    name: "feedback",
    title: ["预约通关报关单号反馈", "Feedback of declaration numbers"],
    exists: () => true,
    lead: (record) => {
      if (!record.application_no) return ["海关审批通过后可录入报关单号。", "Declaration numbers can be typed once customs has approved."];
      const window = { from: instant(record.slot_start), until: lastMoment(record.feedback_until) };
      return filled(["请在 {from} 至 {until} 之间提交报关单号，最多 50 票。", "Send the declaration numbers between {from} and {until}, 50 at most."], window);
    },
    types: "enter-feedback",
    sends: "feedback",
    rows: { name: "feedback", title: ["待提交的报关单号", "Numbers to be sent"], most: 50, fields: [numberField] },
    sent: { title: ["已提交的报关单号", "Numbers that were sent"], fields: [{ ...numberField, given: true }, ...SENT], of: (record) => feedbackOf(record).filter((row) => row.sent_at !== null).map((row) => ({ declaration_no: row.declaration_no, ...sentRow(row) })) },
    read: (record) => ({ values: {}, rows: feedbackOf(record).filter((row) => row.sent_at === null).map((row) => ({ declaration_no: row.declaration_no })) }),
    save: async (number, version, { rows }) => {
      const body = { version, declaration_nos: rows.map((row) => (row.declaration_no ?? "").trim()) };
      const record = await dataAs<RecordJson & { differences: { message: string; message_en: string }[] }>(api.PUT("/api/v1/appointments/{pre_entry_no}/feedback", { ...of(number), body }));
      return { record, against: record.differences.map((one): Text => [one.message, one.message_en]) };
    },
  },
  {
    name: "explanation",
    title: ["情况说明", "Explanation"],
    exists: (record) => explanationOf(record) !== null,
    lead: (record) => (explanationOf(record)?.sent_at ? null : ["未通过单一窗口反馈报关单号的，可录入文字说明或上传 PDF；仅能提交一次。", "Whoever has fed back no declaration number explains it here, in words or by a PDF; it can be sent once only."]),
    types: "enter-explanation",
    sends: "explanation",
    fields: [{ name: "text", label: ["说明内容", "Words"], kind: { is: "area", max: 2000 }, span: 3, hint: ["文字与附件至少一项，最多 2000 个字符", "words or a file; at most 2000 characters"] }],
    sent: { title: ["提交情况", "What became of it"], fields: SENT, of: (record) => [explanationOf(record)].flatMap((found) => (found?.sent_at ? [sentRow(found)] : [])) },
    read: (record) => ({ values: { text: explanationOf(record)?.text ?? "" }, rows: [] }),
    save: async (number, version, { values }) => ({ record: await dataAs<RecordJson>(api.PUT("/api/v1/appointments/{pre_entry_no}/explanation", { ...of(number), body: { version, text: values.text?.trim() ? values.text : null } })), against: [] }),
    attachments: {
      title: ["情况说明附件", "File of the explanation"],
      most: 1,
      inWindow: true,
      of: (record) => filesOf(explanationOf(record)?.files ?? []),
      mayChange: (record) => record.actions.includes("enter-explanation"),
      ...filesIn("explanation"),
    },
  },
];
