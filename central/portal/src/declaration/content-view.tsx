// 内容: the entry layout, read-only: what a record has, in the words and the order of its form.
import { w } from "../words/common.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import { CodeName } from "./codes.ts";
import { isHidden, type Field, type Kind, type Manual } from "./description.ts";
import { around, draftOf } from "./draft.ts";
import { at } from "./paths.ts";
import { RowTable } from "./row-table.tsx";
import { shown } from "./show.ts";

interface Props {
  manual: Manual;
  content: Record<string, unknown>;
  /** Only what a person entered: of a statement and of a version, which have nothing else. */
  enteredOnly?: boolean;
  /** Fields to be marked, by their path. */
  marked?: Set<string>;
}

export function ContentView({ manual, content, enteredOnly, marked }: Props) {
  const say = useSay();
  const { rows } = manual;
  const draft = draftOf(manual, content);
  const wanted = (field: Field) => !isHidden(field, around(draft, {})) && (enteredOnly ? !field.given : true);
  const faulty = new Set<number>([...(marked ?? [])].flatMap((path) => /\[(\d+)\]/.exec(path)?.[1] ?? []).map(Number));
  return (
    <div className="content-view">
      {manual.sections.filter((section) => section.fields.some(wanted)).map((section) => (
        <section key={section.name} className="section">
          <h2>{say(section.title)}</h2>
          <FieldList fields={section.fields.filter(wanted)} content={content} marked={marked} />
        </section>
      ))}
      {rows && (
        <section className="section">
          <h2>{say(rows.title)}</h2>
          <RowTable rows={rows} values={draft.rows} editing={null} ticked={new Set()} faulty={faulty} shut onEdit={() => undefined} onTick={() => undefined} />
        </section>
      )}
    </div>
  );
}

/** Fields with their values, as they stand in the form. */
export function FieldList({ fields, content, marked }: { fields: Field[]; content: Record<string, unknown>; marked?: Set<string> | undefined }) {
  const say = useSay();
  return (
    <dl className="grid">
      {fields.map((field) => (
        <div key={field.name} data-span={field.span ?? 1} data-marked={marked?.has(field.name) || undefined}>
          <dt>{say(field.label)}</dt>
          <dd><Shown kind={field.kind} value={at(content, field.name)} /></dd>
        </div>
      ))}
    </dl>
  );
}

/** A value in the words of its kind. */
export function Shown({ kind, value }: { kind: Kind | undefined; value: unknown }) {
  const language = useLanguage();
  if (kind?.is === "code" && "table" in kind.of && typeof value === "string" && value !== "") return <CodeName of={kind.of} code={value} />;
  return <>{shown(language, kind, value) || "—"}</>;
}

interface Change {
  path: string;
  from: unknown;
  to: unknown;
}

/** 变更项: what one content has otherwise than another. */
export function ChangesTable({ manual, changes }: { manual: Manual; changes: Change[] }) {
  const say = useSay();
  const named = (path: string): { label: string; kind?: Kind } => {
    const inRow = /\[(\d+)\](?:\.(\w+))?$/.exec(path);
    const fields = inRow ? (manual.rows?.fields ?? []) : manual.sections.flatMap((section) => section.fields);
    const field = fields.find((one) => one.name === (inRow ? inRow[2] : path));
    const label = field ? say(field.label) : "";
    return { label: inRow ? say(w.inRow, { row: Number(inRow[1]) + 1, field: label }) : label || path, kind: field?.kind };
  };
  return (
    <table className="table changes">
      <thead>
        <tr>
          <th scope="col">{say(w.content)}</th>
          <th scope="col">{say(w.before)}</th>
          <th scope="col">{say(w.after)}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => {
          const { label, kind } = named(change.path);
          return (
            <tr key={change.path}>
              <th scope="row">{label}</th>
              <td><del><Shown kind={kind} value={change.from} /></del></td>
              <td><ins><Shown kind={kind} value={change.to} /></ins></td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export type { Change };
