// 提运单数据: what training and tests take for facts about bills; closed where another system has them.
import { api, dataAs } from "../../api/client.ts";
import { manyAs, manyOf } from "../../declaration/many-field.tsx";
import { textOr, ticked, type PlainField } from "../../form/plain-form.tsx";
import { customsOffice } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, strs, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const facts: PlainField[] = [
  { name: "parties", label: m.parties, kind: { is: "many" }, span: 2 },
  { name: "inspection_customs_code", label: m.inspectionOffice, kind: { is: "code", of: customsOffice } },
  { name: "inspection_instruction", label: m.instruction, kind: { is: "flag" } },
  { name: "inspection_begun", label: m.begun, kind: { is: "flag" } },
  { name: "released", label: m.released, kind: { is: "flag" } },
];
const at = (number: string) => ({ params: { path: { number } } });
const put = (number: string, values: Record<string, string>) =>
  api.PUT("/api/v1/admin/reference/bills/{number}", {
    ...at(number),
    body: {
      parties: manyOf(values.parties ?? ""),
      inspection_customs_code: textOr(values.inspection_customs_code),
      inspection_instruction: ticked(values.inspection_instruction),
      inspection_begun: ticked(values.inspection_begun),
      released: ticked(values.released),
    },
  });

const bills: Subject = {
  slug: "bills",
  title: m.bills,
  id: (row) => str(row.bill_no),
  conditions: [{ name: "number", label: m.billNo, is: "text", max: 40 }],
  columns: [
    { name: "bill_no", label: m.billNo },
    { name: "parties", label: m.parties, as: "list" },
    { name: "inspection_customs_code", label: m.inspectionOffice },
    { name: "inspection_instruction", label: m.instruction, as: "yes" },
    { name: "inspection_begun", label: m.begun, as: "yes" },
    { name: "released", label: m.released, as: "yes" },
  ],
  list: ({ number, page, page_size: size }) => dataAs(api.GET("/api/v1/admin/reference/bills", { params: { query: { number, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [
    {
      name: "add",
      label: m.add,
      onList: true,
      columns: 2,
      fields: [{ name: "number", label: m.billNo, kind: { is: "text", max: 40 }, required: true, span: 2 }, ...facts],
      run: (values) => put((values.number ?? "").trim(), values),
    },
    {
      name: "edit",
      label: m.edit,
      columns: 2,
      fields: facts,
      start: (row: Row) => Object.fromEntries(facts.map(({ name }) => [name, name === "parties" ? manyAs(strs(row.parties)) : str(row[name])])),
      run: (values, row) => put(str(row.bill_no), values),
    },
    { name: "remove", label: m.remove, lead: m.removeLead, danger: true, run: (_values, row) => api.DELETE("/api/v1/admin/reference/bills/{number}", at(str(row.bill_no))) },
  ],
};

export default function Bills() {
  return <SubjectPage subject={bills} />;
}
