// 卡介质: every bound card; a lost one is reported, one whose holder gets another is unbound (PO-104, PO-408, PO-409).
import { CardActs } from "../../account/my-card.tsx";
import { api, dataAs } from "../../api/client.ts";
import { roles, w } from "../../words/common.ts";
import { listOf } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const states = { bound: m.bound, suspended: m.suspended };

const cards: Subject = {
  slug: "cards",
  title: m.cards,
  id: (row) => str(row.card_no),
  conditions: [
    { name: "card_no", label: m.cardNo, is: "text", max: 13 },
    { name: "username", label: m.username, is: "text", max: 64 },
    { name: "state", label: m.state, is: "code", of: listOf(states) },
  ],
  columns: [
    { name: "card_no", label: m.cardNo },
    { name: "username", label: m.username },
    { name: "role", label: m.role, as: { words: roles } },
    { name: "uscc", label: m.uscc },
    { name: "state", label: m.state, as: { words: states } },
    { name: "state_since", label: m.since, as: "instant" },
    { name: "reason", label: m.reason },
    { name: "not_after", label: m.notAfter, as: "instant" },
    { name: "acts", label: w.operations, as: (row) => <CardActs card={{ card_no: str(row.card_no), state: row.state === "bound" ? "bound" : "suspended" }} /> },
  ],
  list: ({ card_no: card, username, state, page, page_size: size }) =>
    dataAs(api.GET("/api/v1/admin/cards", { params: { query: { card_no: card, username, state, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [],
};

export default function Cards() {
  return <SubjectPage subject={cards} />;
}
