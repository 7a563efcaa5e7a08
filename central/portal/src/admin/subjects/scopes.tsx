// 受理范围: which customs offices take applications of which kind, and on which days (AE-060..AE-062, AE-168).
import { api, dataAs } from "../../api/client.ts";
import { textOr, ticked, type PlainField } from "../../form/plain-form.tsx";
import { customsOffice, listOf } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const kinds = { declaration: m.declaration, bill: m.bill };
const terms: PlainField[] = [
  { name: "valid_from", label: m.from, kind: { is: "date" }, required: true },
  { name: "valid_to", label: m.to, kind: { is: "date" } },
  { name: "suspended", label: m.pause, kind: { is: "flag" } },
];
const at = (kind: unknown, office: unknown) => ({ params: { path: { doc_type: str(kind), customs_code: str(office) } } });
const put = (kind: unknown, office: unknown, values: Record<string, string>) =>
  api.PUT("/api/v1/admin/attendance-scopes/{doc_type}/{customs_code}", { ...at(kind, office), body: { valid_from: values.valid_from ?? "", valid_to: textOr(values.valid_to), suspended: ticked(values.suspended) } });

const scopes: Subject = {
  slug: "scopes",
  title: m.scopes,
  id: (row) => `${str(row.customs_code)} ${str(row.doc_type)}`,
  conditions: [],
  columns: [
    { name: "doc_type", label: m.docType, as: { words: kinds } },
    { name: "customs_code", label: m.office, as: { code: customsOffice } },
    { name: "valid_from", label: m.from },
    { name: "valid_to", label: m.to },
    { name: "suspended", label: m.pause, as: "yes" },
  ],
  list: () => dataAs(api.GET("/api/v1/admin/attendance-scopes")),
  acts: [
    {
      name: "add",
      label: m.add,
      onList: true,
      columns: 2,
      fields: [
        { name: "doc_type", label: m.docType, kind: { is: "code", of: listOf(kinds) }, required: true },
        { name: "customs_code", label: m.office, kind: { is: "code", of: customsOffice }, required: true },
        ...terms,
      ],
      run: (values) => put(values.doc_type, values.customs_code, values),
    },
    {
      name: "edit",
      label: m.edit,
      fields: terms,
      start: (row) => ({ valid_from: str(row.valid_from), valid_to: str(row.valid_to), suspended: str(row.suspended) }),
      run: (values, row) => put(row.doc_type, row.customs_code, values),
    },
    { name: "remove", label: m.remove, danger: true, run: (_values, row) => api.DELETE("/api/v1/admin/attendance-scopes/{doc_type}/{customs_code}", at(row.doc_type, row.customs_code)) },
  ],
};

export default function Scopes() {
  return <SubjectPage subject={scopes} />;
}
