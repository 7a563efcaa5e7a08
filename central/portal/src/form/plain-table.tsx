// 简单列表: rows that are read and acted on one by one.
import type { ReactNode } from "react";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";

export interface PlainColumn<Row> {
  name: string;
  label: Text;
  numeric?: boolean;
  show: (row: Row) => ReactNode;
}

interface Props<Row> {
  label: Text;
  columns: PlainColumn<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  operations?: (row: Row) => ReactNode;
}

export function PlainTable<Row>({ label, columns, rows, rowKey, operations }: Props<Row>) {
  const say = useSay();
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={say(label)}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column) => <th scope="col" key={column.name} data-numeric={column.numeric || undefined}>{say(column.label)}</th>)}
            {operations && <th scope="col" className="operations">{say(w.operations)}</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => <td key={column.name} data-numeric={column.numeric || undefined}>{column.show(row)}</td>)}
              {operations && <td className="operations">{operations(row)}</td>}
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td className="none" colSpan={columns.length + (operations ? 1 : 0)}>{say(w.empty)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
