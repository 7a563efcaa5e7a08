// 场所: the yards and what holds for all lanes of each; what is changed here reaches the gates with the next revision (SG-206, SG-209, SG-210, SG-230).
import { api } from "../../api/client.ts";
import { manyAs, manyOf } from "../../declaration/many-field.tsx";
import { ticked, type PlainField } from "../../form/plain-form.tsx";
import { plain } from "../../words/words.ts";
import { customsOffice, everyYard, numberOr } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, strs, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const forms = ["uid_hex", "uid_dec", "wiegand", "text"].map((code) => ({ code, name: plain("") }));
const fields: PlainField[] = [
  { name: "customs_codes", label: m.areas, kind: { is: "many", of: customsOffice }, required: true, span: 2 },
  { name: "weight_tolerance_pct", label: m.tolerancePct, kind: { is: "number", decimals: 2 }, required: true },
  { name: "weight_tolerance_kg", label: m.toleranceKg, kind: { is: "number", decimals: 2 }, required: true },
  { name: "max_index_age_h", label: m.indexAge, kind: { is: "number", decimals: 0 }, required: true },
  { name: "max_binding_age_days", label: m.bindingAge, kind: { is: "number", decimals: 0 } },
  { name: "journal_keep_days", label: m.journalDays, kind: { is: "number", decimals: 0 }, required: true },
  { name: "ic_key_form", label: m.keyForm, kind: { is: "code", of: { list: forms } }, required: true },
  { name: "operator_may_release", label: m.operatorReleases, kind: { is: "flag" } },
  { name: "one_open_record_per_medium", label: m.oneRecord, kind: { is: "flag" } },
];
const policyOf = (row: Row) => row.policy as Row;

const yards: Subject = {
  slug: "yards",
  title: m.yardPolicies,
  id: (row) => str(row.yard_id),
  conditions: [],
  columns: [
    { name: "yard_id", label: m.yard },
    { name: "customs_codes", label: m.areas, as: (row) => strs(policyOf(row).customs_codes).join(" ") },
    { name: "lanes", label: m.lanes, numeric: true, as: (row) => (row.lanes as unknown[]).length },
    { name: "tolerance", label: m.tolerancePct, numeric: true, as: (row) => str(policyOf(row).weight_tolerance_pct) },
    { name: "index_age", label: m.indexAge, numeric: true, as: (row) => str(policyOf(row).max_index_age_h) },
    { name: "revision", label: m.revision, numeric: true },
  ],
  list: everyYard,
  acts: [
    {
      name: "policy",
      label: m.policy,
      columns: 2,
      fields,
      start: (row) => {
        const policy = policyOf(row);
        return Object.fromEntries(fields.map(({ name }) => [name, name === "customs_codes" ? manyAs(strs(policy.customs_codes)) : str(policy[name])]));
      },
      run: (values, row) =>
        api.PUT("/api/v1/admin/yards/{yard_id}/policy", {
          params: { path: { yard_id: str(row.yard_id) } },
          body: {
            customs_codes: manyOf(values.customs_codes ?? ""),
            weight_tolerance_pct: Number(values.weight_tolerance_pct),
            weight_tolerance_kg: Number(values.weight_tolerance_kg),
            max_index_age_h: Number(values.max_index_age_h),
            max_binding_age_days: numberOr(values.max_binding_age_days),
            journal_keep_days: Number(values.journal_keep_days),
            ic_key_form: values.ic_key_form,
            operator_may_release: ticked(values.operator_may_release),
            one_open_record_per_medium: ticked(values.one_open_record_per_medium),
          },
        }),
    },
    { name: "lanes", label: m.lanes, to: (row) => `/admin/lanes?yard=${str(row.yard_id)}`, run: () => Promise.resolve() },
  ],
};

export default function Yards() {
  return <SubjectPage subject={yards} />;
}
