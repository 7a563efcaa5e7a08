// 企业备案: the register of enterprises, as customs has it (PO-028..PO-031).
import { api, dataAs } from "../../api/client.ts";
import { textOr, ticked, type PlainField } from "../../form/plain-form.tsx";
import { listOf } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const credits = { A: m.advanced, G: m.general, D: m.dishonest };
const facts: PlainField[] = [
  { name: "name", label: m.name, kind: { is: "text", max: 100 }, required: true, span: 2 },
  { name: "uscc", label: m.uscc, kind: { is: "text", max: 18, lead: "code" } },
  { name: "ciq_no", label: m.ciqNo, kind: { is: "text", max: 10, lead: "code" } },
  { name: "credit", label: m.credit, kind: { is: "code", of: listOf(credits) }, required: true },
  { name: "qualified", label: m.qualified, kind: { is: "flag" } },
];
const put = (code: string, values: Record<string, string>) =>
  api.PUT("/api/v1/admin/enterprises/{customs_reg_no}", {
    params: { path: { customs_reg_no: code } },
    body: { name: values.name ?? "", uscc: textOr(values.uscc), ciq_no: textOr(values.ciq_no), credit: (values.credit ?? "G") as "A" | "G" | "D", qualified: ticked(values.qualified) },
  });

const enterprises: Subject = {
  slug: "enterprises",
  title: m.enterprises,
  id: (row) => str(row.name),
  conditions: [
    { name: "name", label: m.name, is: "text", max: 100 },
    { name: "customs_reg_no", label: m.customsRegNo, is: "text", max: 10 },
    { name: "uscc", label: m.uscc, is: "text", max: 18 },
  ],
  columns: [
    { name: "name", label: m.name },
    { name: "kind", label: m.kind, as: { words: { enterprise: m.enterprise, agency: m.agency } } },
    { name: "uscc", label: m.uscc },
    { name: "customs_reg_no", label: m.customsRegNo },
    { name: "ciq_no", label: m.ciqNo },
    { name: "credit", label: m.credit, as: { words: credits } },
    { name: "qualified", label: m.qualified, as: "yes" },
    { name: "has_accounts", label: m.hasAccounts, as: "yes" },
  ],
  list: ({ name, customs_reg_no: code, uscc, page, page_size: size }) =>
    dataAs(api.GET("/api/v1/admin/enterprises", { params: { query: { name, customs_reg_no: code, uscc, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [
    {
      name: "add",
      label: m.add,
      onList: true,
      columns: 2,
      fields: [{ name: "customs_reg_no", label: m.customsRegNo, kind: { is: "text", max: 10, lead: "code" }, required: true, span: 2 }, ...facts],
      start: () => ({ credit: "G", qualified: "true" }),
      run: (values) => put((values.customs_reg_no ?? "").trim(), values),
    },
    {
      name: "edit",
      label: m.edit,
      columns: 2,
      shows: (row) => Boolean(row.customs_reg_no),
      fields: facts,
      start: (row: Row) => ({ name: str(row.name), uscc: str(row.uscc), ciq_no: str(row.ciq_no), credit: str(row.credit), qualified: str(row.qualified) }),
      run: (values, row) => put(str(row.customs_reg_no), values),
    },
  ],
};

export default function Enterprises() {
  return <SubjectPage subject={enterprises} />;
}
