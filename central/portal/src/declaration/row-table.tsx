// 表体列表: the rows that are stored; their numbers and order never jump. Pressing a row's number brings it into the row form. Where rows are only read,
// what has no column stands below its row: whoever signs sees all of it.
import { Fragment, useContext } from "react";
import { w } from "../words/common.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import type { Field, Rows, Values } from "./description.ts";
import { CodeName } from "./codes.ts";
import { FilledContext, isRowFilled } from "./filling.ts";
import { shown } from "./show.ts";

interface Props {
  rows: Rows;
  values: Values[];
  editing: number | null;
  ticked: Set<number>;
  faulty: Set<number>;
  shut: boolean;
  onEdit: (place: number) => void;
  onTick: (ticked: Set<number>) => void;
}

export function RowTable({ rows, values, editing, ticked, faulty, shut, onEdit, onTick }: Props) {
  const say = useSay();
  const language = useLanguage();
  const { filled } = useContext(FilledContext);
  const columns = rows.fields.filter((field) => !field.notInTable);
  const below = rows.fields.filter((field) => shut && field.notInTable);
  const value = ({ name, kind }: Field, row: Values) => (kind.is === "code" && "table" in kind.of ? <CodeName of={kind.of} code={row[name] ?? ""} /> : shown(language, kind, row[name]));
  const tick = (place: number) => {
    const next = new Set(ticked);
    if (!next.delete(place)) next.add(place);
    onTick(next);
  };
  const allTicked = values.length > 0 && ticked.size === values.length;
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={say(rows.title)}>
      <table className="table">
        <thead>
          <tr>
            {!shut && (
              <th scope="col" className="tick">
                <input type="checkbox" aria-label={say(w.tickAll)} checked={allTicked} onChange={() => onTick(new Set(allTicked ? [] : values.keys()))} />
              </th>
            )}
            <th scope="col">{say(w.seq)}</th>
            {columns.map((field) => (
              <th scope="col" key={field.name} data-numeric={field.kind.is === "number" || undefined}>{say(field.label)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {values.map((row, place) => (
            <Fragment key={place}>
            <tr data-editing={editing === place || undefined} data-faulty={faulty.has(place) || undefined} data-filled={isRowFilled(filled, rows.name, place) || undefined}>
              {!shut && (
                <td className="tick">
                  <input type="checkbox" aria-label={say(w.tick, { row: place + 1 })} checked={ticked.has(place)} onChange={() => tick(place)} />
                </td>
              )}
              <td>
                {shut ? place + 1 : <button type="button" className="link" aria-label={say(w.rowEditing, { row: place + 1 })} onClick={() => onEdit(place)}>{place + 1}</button>}
                {isRowFilled(filled, rows.name, place) && <span className="to-check">{say(w.toCheck)}</span>}
              </td>
              {columns.map((field) => (
                <td key={field.name} data-numeric={field.kind.is === "number" || undefined}>
                  {value(field, row)}
                </td>
              ))}
            </tr>
            {below.some((field) => row[field.name]) && (
              <tr className="below">
                <td colSpan={columns.length + 1}>
                  {below.filter((field) => row[field.name]).map((field) => <span key={field.name}>{say(field.label)}{say(w.colon)}{value(field, row)}</span>)}
                </td>
              </tr>
            )}
            </Fragment>
          ))}
          {values.length === 0 && (
            <tr>
              <td className="none" colSpan={columns.length + (shut ? 1 : 2)}>{say(w.empty)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
