// 报关单数据: what training and tests take for facts about declarations; closed where another system has them.
import { api, dataAs } from "../../api/client.ts";
import { textOr, ticked, type PlainField } from "../../form/plain-form.tsx";
import { customsOffice, listOf } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const flags = { I: m.imports, E: m.exports };
const facts: PlainField[] = [
  { name: "ie_flag", label: m.ieFlag, kind: { is: "code", of: listOf(flags) }, required: true },
  { name: "consignee", label: m.consignee, kind: { is: "text", max: 10, lead: "code" }, required: true },
  { name: "declarant", label: m.declarant, kind: { is: "text", max: 10, lead: "code" } },
  { name: "declared_on", label: m.declaredOn, kind: { is: "date" } },
  { name: "declaration_port", label: m.declarationPort, kind: { is: "code", of: customsOffice } },
  { name: "entry_exit_port", label: m.entryExitPort, kind: { is: "code", of: customsOffice } },
  { name: "inspection_customs_code", label: m.inspectionOffice, kind: { is: "code", of: customsOffice } },
  { name: "inspection_instruction", label: m.instruction, kind: { is: "flag" } },
  { name: "inspection_begun", label: m.begun, kind: { is: "flag" } },
  { name: "released", label: m.released, kind: { is: "flag" } },
];
const at = (number: string) => ({ params: { path: { number } } });
const put = (number: string, values: Record<string, string>, declaredAt: unknown) =>
  api.PUT("/api/v1/admin/reference/declarations/{number}", {
    ...at(number),
    body: {
      ie_flag: values.ie_flag ?? "",
      consignee: values.consignee ?? "",
      declarant: textOr(values.declarant),
      declared_on: textOr(values.declared_on),
      declared_at: (declaredAt as string | null | undefined) ?? null,
      declaration_port: textOr(values.declaration_port),
      entry_exit_port: textOr(values.entry_exit_port),
      inspection_customs_code: textOr(values.inspection_customs_code),
      inspection_instruction: ticked(values.inspection_instruction),
      inspection_begun: ticked(values.inspection_begun),
      released: ticked(values.released),
    },
  });

const declarations: Subject = {
  slug: "declarations",
  title: m.declarations,
  id: (row) => str(row.declaration_no),
  conditions: [{ name: "number", label: m.declarationNo, is: "text", max: 18 }],
  columns: [
    { name: "declaration_no", label: m.declarationNo },
    { name: "ie_flag", label: m.ieFlag, as: { words: flags } },
    { name: "consignee", label: m.consignee },
    { name: "declarant", label: m.declarant },
    { name: "inspection_customs_code", label: m.inspectionOffice },
    { name: "inspection_instruction", label: m.instruction, as: "yes" },
    { name: "inspection_begun", label: m.begun, as: "yes" },
    { name: "released", label: m.released, as: "yes" },
  ],
  list: ({ number, page, page_size: size }) => dataAs(api.GET("/api/v1/admin/reference/declarations", { params: { query: { number, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [
    {
      name: "add",
      label: m.add,
      onList: true,
      columns: 2,
      fields: [{ name: "number", label: m.declarationNo, kind: { is: "text", max: 18, lead: "code" }, required: true, span: 2 }, ...facts],
      run: (values) => put(values.number ?? "", values, null),
    },
    { name: "edit", label: m.edit, columns: 2, fields: facts, start: (row: Row) => Object.fromEntries(facts.map(({ name }) => [name, str(row[name])])), run: (values, row) => put(str(row.declaration_no), values, row.declared_at) },
    { name: "remove", label: m.remove, lead: m.removeLead, danger: true, run: (_values, row) => api.DELETE("/api/v1/admin/reference/declarations/{number}", at(str(row.declaration_no))) },
  ],
};

export default function Declarations() {
  return <SubjectPage subject={declarations} />;
}
