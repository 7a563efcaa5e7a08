// 通道: the lanes of the yards and how each works (SG-237, SG-243).
import { api } from "../../api/client.ts";
import { manyAs, manyOf } from "../../declaration/many-field.tsx";
import { ticked, type PlainField } from "../../form/plain-form.tsx";
import { everyYard, listOf, yardCodes } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, strs, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const directions = { IN: m.in, OUT: m.out };
const seen = { plate: m.plate, containers: m.containers, seals: m.seals, weight: m.weight };
const works: PlainField[] = [
  { name: "lane_direction", label: m.direction, kind: { is: "code", of: listOf(directions) }, required: true },
  { name: "gathers", label: m.gathers, kind: { is: "many", of: listOf(seen) } },
  { name: "collect_window_ms", label: m.collect, kind: { is: "number", decimals: 0 } },
  { name: "lane_timeout_s", label: m.laneTimeout, kind: { is: "number", decimals: 0 } },
  { name: "pass_timeout_s", label: m.passTimeout, kind: { is: "number", decimals: 0 } },
  { name: "max_read_age_ms", label: m.readAge, kind: { is: "number", decimals: 0 } },
  { name: "outermost", label: m.outermost, kind: { is: "flag" } },
  { name: "two_person_release", label: m.twoPersons, kind: { is: "flag" } },
];
/** What is left empty takes the default. */
const numbers = (values: Record<string, string>) =>
  Object.fromEntries(["collect_window_ms", "lane_timeout_s", "pass_timeout_s", "max_read_age_ms"].flatMap((name) => (values[name]?.trim() ? [[name, Number(values[name])]] : [])));
const put = (yard: string, gate: string, lane: string, values: Record<string, string>) =>
  api.PUT("/api/v1/admin/yards/{yard_id}/lanes/{gate_id}/{lane_id}", {
    params: { path: { yard_id: yard, gate_id: gate, lane_id: lane } },
    body: {
      gate_id: gate,
      lane_id: lane,
      lane_direction: values.lane_direction ?? "",
      gathers: manyOf(values.gathers ?? ""),
      outermost: ticked(values.outermost),
      two_person_release: ticked(values.two_person_release),
      ...numbers(values),
    },
  });

const lanes: Subject = {
  slug: "lanes",
  title: m.lanes,
  id: (row) => `${str(row.yard_id)} ${str(row.gate_id)}/${str(row.lane_id)}`,
  conditions: async () => [{ name: "yard", label: m.yard, is: "code", of: await yardCodes() }],
  columns: [
    { name: "yard_id", label: m.yard },
    { name: "gate_id", label: m.gate },
    { name: "lane_id", label: m.lane },
    { name: "lane_direction", label: m.direction, as: { words: directions } },
    { name: "outermost", label: m.outermost, as: "yes" },
    { name: "gathers", label: m.gathers, as: { code: listOf(seen) } },
    { name: "lane_timeout_s", label: m.laneTimeout, numeric: true },
    { name: "two_person_release", label: m.twoPersons, as: "yes" },
  ],
  list: async ({ yard }) => {
    const { items } = await everyYard();
    const wanted = items.filter((row) => !yard || row.yard_id === yard);
    return { items: wanted.flatMap((row) => (row.lanes as Row[]).map((lane) => ({ ...lane, yard_id: row.yard_id }))) };
  },
  acts: [
    {
      name: "add",
      label: m.add,
      onList: true,
      columns: 2,
      fields: [
        { name: "yard_id", label: m.yard, kind: { is: "text", max: 11, lead: "code" }, required: true, span: 2 },
        { name: "gate_id", label: m.gate, kind: { is: "text", max: 32 }, required: true },
        { name: "lane_id", label: m.lane, kind: { is: "text", max: 16 }, required: true },
        ...works,
      ],
      start: (_row, asked) => ({ yard_id: asked.yard ?? "" }),
      run: (values) => put(values.yard_id ?? "", values.gate_id ?? "", values.lane_id ?? "", values),
    },
    {
      name: "edit",
      label: m.edit,
      columns: 2,
      fields: works,
      start: (row) => Object.fromEntries(works.map(({ name }) => [name, name === "gathers" ? manyAs(strs(row.gathers)) : str(row[name])])),
      run: (values, row) => put(str(row.yard_id), str(row.gate_id), str(row.lane_id), values),
    },
  ],
};

export default function Lanes() {
  return <SubjectPage subject={lanes} />;
}
