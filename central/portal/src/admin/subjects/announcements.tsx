// 公告管理: what is drafted, published and withdrawn (PO-285, PO-415..PO-417).
import { api, dataAs } from "../../api/client.ts";
import type { PlainField } from "../../form/plain-form.tsx";
import { listOf, reasonField } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const states = { DRAFT: m.draft, PUBLISHED: m.published, WITHDRAWN: m.withdrawn };
const audiences = { all: m.toAll, enterprises: m.toEnterprises, agencies: m.toAgencies, enterprise: m.enterprise, agency: m.agency };
const fields: PlainField[] = [
  { name: "title", label: m.title, kind: { is: "text", max: 200 }, required: true, span: 2 },
  { name: "kind", label: m.messageKind, kind: { is: "text", max: 20 }, required: true, span: 2 },
  { name: "audience", label: m.audience, kind: { is: "code", of: listOf(audiences) }, required: true },
  { name: "one", label: m.oneOf, kind: { is: "text", max: 40 }, required: true, absent: ({ header }) => header.audience !== "enterprise" && header.audience !== "agency" },
  { name: "body", label: m.body, kind: { is: "area", max: 20_000 }, required: true, span: 2 },
];
const bodyOf = (values: Record<string, string>) => ({
  title: values.title,
  kind: values.kind,
  body: values.body,
  audience: values.one ? `${values.audience ?? ""}:${values.one}` : values.audience,
});
const at = (row: Row) => ({ params: { path: { number: str(row.number) as never } } });
const version = (row: Row) => Number(row.version);

const announcements: Subject = {
  slug: "announcements",
  title: m.announcements,
  id: (row) => `${str(row.title)} ${str(row.number)}`,
  conditions: [{ name: "title", label: m.title, is: "text", max: 200 }],
  columns: [
    { name: "title", label: m.title },
    { name: "kind", label: m.messageKind },
    { name: "audience", label: m.audience, as: { words: audiences } },
    { name: "status", label: m.state, as: { words: states } },
    { name: "published_at", label: m.publishedAt, as: "instant" },
    { name: "withdrawn_because", label: m.reason },
  ],
  list: ({ title, page, page_size: size }) => dataAs(api.GET("/api/v1/admin/announcements", { params: { query: { title, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [
    { name: "add", label: m.add, onList: true, columns: 2, fields, start: () => ({ kind: m.usualKind[0], audience: "all" }), run: (values) => api.POST("/api/v1/admin/announcements", { body: bodyOf(values) }) },
    {
      name: "edit",
      label: m.edit,
      columns: 2,
      shows: (row) => row.status === "DRAFT",
      fields,
      start: async (row) => {
        const whole = await dataAs<Row>(api.GET("/api/v1/admin/announcements/{number}", at(row)));
        const [audience = "", one = ""] = str(whole.audience).split(":");
        return { title: str(whole.title), kind: str(whole.kind), body: str(whole.body), audience, one };
      },
      run: (values, row) => api.PUT("/api/v1/admin/announcements/{number}", { ...at(row), body: { ...bodyOf(values), version: version(row) } }),
    },
    { name: "publish", label: m.publish, lead: m.publishLead, shows: (row) => row.status === "DRAFT", run: (_values, row) => api.POST("/api/v1/admin/announcements/{number}/publish", { ...at(row), body: { version: version(row) } }) },
    {
      name: "withdraw",
      label: m.withdraw,
      danger: true,
      shows: (row) => row.status === "PUBLISHED",
      fields: [reasonField],
      run: (values, row) => api.POST("/api/v1/admin/announcements/{number}/withdraw", { ...at(row), body: { version: version(row), reason: values.reason } }),
    },
  ],
  detail: { label: m.show, Body: Whole },
};

function Whole({ row }: { row: Row }) {
  return <p className="announcement">{str(row.body)}</p>;
}

export default function Announcements() {
  return <SubjectPage subject={announcements} />;
}
