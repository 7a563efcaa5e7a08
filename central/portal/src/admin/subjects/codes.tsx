// 参数代码: every meaning of the codes of a table, past and to come; a new one, a list of them, the end of one (PO-339).
import { api, dataAs } from "../../api/client.ts";
import type { Condition } from "../../declaration/description.ts";
import { textOr, type PlainField } from "../../form/plain-form.tsx";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const meaning: PlainField[] = [
  { name: "name", label: m.nameZh, kind: { is: "text", max: 200 }, required: true },
  { name: "name_en", label: m.nameEn, kind: { is: "text", max: 200 } },
  { name: "valid_from", label: m.from, kind: { is: "date" } },
  { name: "valid_to", label: m.to, kind: { is: "date" } },
];
const put = (table: string, code: string, values: Record<string, string>) =>
  api.PUT("/api/v1/admin/codes/{table}/{code}", {
    params: { path: { table, code } },
    body: { name: values.name ?? "", name_en: textOr(values.name_en), valid_from: textOr(values.valid_from), valid_to: textOr(values.valid_to) },
  });

async function conditions(): Promise<Condition[]> {
  const { items } = await dataAs<{ items: { name: string; title: string; title_en: string }[] }>(api.GET("/api/v1/admin/codes"));
  return [
    { name: "table", label: m.table, is: "code", of: { list: items.map(({ name, title, title_en: en }) => ({ code: name, name: [title, en] as const })) } },
    { name: "q", label: m.find, is: "text", max: 100 },
  ];
}

const codes: Subject = {
  slug: "codes",
  title: m.codes,
  id: (row) => `${str(row.code)} ${str(row.name)} ${str(row.valid_from)}`,
  conditions,
  needs: ["table"],
  columns: [
    { name: "code", label: m.code },
    { name: "name", label: m.nameZh },
    { name: "name_en", label: m.nameEn },
    { name: "valid_from", label: m.from, as: "whole" },
    { name: "valid_to", label: m.to, as: "whole" },
  ],
  list: ({ table = "", q, page, page_size: size }) =>
    dataAs(api.GET("/api/v1/admin/codes/{table}", { params: { path: { table }, query: { q, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [
    {
      name: "add",
      label: m.setCode,
      onList: true,
      columns: 2,
      shows: (_row, _person, asked) => Boolean(asked.table),
      fields: [{ name: "code", label: m.code, kind: { is: "text", max: 50 }, required: true, span: 2 }, ...meaning],
      run: (values, _row, { table = "" }) => put(table, (values.code ?? "").trim(), values),
    },
    {
      name: "import",
      label: m.import,
      onList: true,
      columns: 2,
      lead: m.importLead,
      shows: (_row, _person, asked) => Boolean(asked.table),
      fields: [{ name: "csv", label: m.csv, kind: { is: "area", max: 8_000_000 }, required: true, span: 2 }],
      run: (values, _row, { table = "" }) =>
        api.POST("/api/v1/admin/codes/{table}/import", { params: { path: { table } }, body: values.csv ?? "", headers: { "content-type": "text/csv" }, bodySerializer: (text: string) => text }),
    },
    {
      name: "edit",
      label: m.edit,
      columns: 2,
      shows: (row) => !row.valid_to,
      fields: meaning,
      start: (row: Row) => ({ name: str(row.name), name_en: str(row.name_en), valid_from: "", valid_to: "" }),
      run: (values, row, { table = "" }) => put(table, str(row.code), values),
    },
    {
      name: "retire",
      label: m.retire,
      lead: m.retireLead,
      danger: true,
      shows: (row) => !row.valid_to,
      fields: [{ name: "valid_to", label: m.lastDay, kind: { is: "date" }, required: true }],
      run: (values, row, { table = "" }) => api.POST("/api/v1/admin/codes/{table}/{code}/retire", { params: { path: { table, code: str(row.code) } }, body: { valid_to: values.valid_to } }),
    },
  ],
};

export default function Codes() {
  return <SubjectPage subject={codes} />;
}
