// 操作日志: who did what, to which record, from where (PO-335).
import { api, dataAs } from "../../api/client.ts";
import { roles } from "../../words/common.ts";
import type { Text } from "../../words/words.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

/** Who acts without an account. */
const OTHERS: Record<string, Text> = { gate: ["卡口", "Gate"], system: ["系统", "System"], anonymous: ["未登录", "Not logged in"] };

const audit: Subject = {
  slug: "audit",
  title: m.audit,
  id: (row) => str(row.id),
  conditions: [
    { name: "actor", label: m.actor, is: "text", max: 64 },
    { name: "card_no", label: m.cardNo, is: "text", max: 13 },
    { name: "subject", label: m.subject, is: "text", max: 50 },
    { name: "action", label: m.action, is: "text", max: 50 },
    { name: "number", label: m.number, is: "text", max: 100 },
    { name: "at", label: m.period, is: "range", from: "from", to: "to" },
  ],
  columns: [
    { name: "at", label: m.at, as: "instant" },
    { name: "actor", label: m.actor },
    { name: "role", label: m.role, as: { words: { ...roles, ...OTHERS } } },
    { name: "subject", label: m.subject },
    { name: "action", label: m.action },
    { name: "number", label: m.number },
    { name: "before", label: m.before },
    { name: "after", label: m.after },
    { name: "card_no", label: m.cardNo },
    { name: "address", label: m.address },
  ],
  list: ({ actor, card_no: card, subject, action, number, from, to, page, page_size: size }) =>
    dataAs(api.GET("/api/v1/admin/audit", { params: { query: { actor, card_no: card, subject, action, number, from, to, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [],
  detail: { label: m.detail, Body: Detail },
};

function Detail({ row }: { row: Row }) {
  return <pre className="json">{JSON.stringify(row, null, 2)}</pre>;
}

export default function Audit() {
  return <SubjectPage subject={audit} />;
}
