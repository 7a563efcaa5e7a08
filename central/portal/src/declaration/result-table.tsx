// 结果列表: rows that the keyboard walks through: up and down move, Enter opens, Space ticks.
import { w } from "../words/common.ts";
import { useLanguage, useSay } from "../words/language.tsx";
import { CodeName } from "./codes.ts";
import type { Column, Manual, RecordJson } from "./description.ts";
import { isComposing } from "./keys.ts";
import { widthWithin } from "./list-settings.tsx";
import { at } from "./paths.ts";
import { shown } from "./show.ts";
import { StatusMark } from "./status.tsx";

interface Props {
  manual: Manual;
  columns: Column[];
  /** Of columns whose width somebody has chosen. */
  widths: Record<string, number>;
  onWidth: (name: string, pixels: number) => void;
  records: RecordJson[];
  ticked: Set<string>;
  canTick: boolean;
  selected: string | null;
  onTick: (ticked: Set<string>) => void;
  onOpen: (number: string) => void;
  onStatus: (number: string) => void;
  operations: (record: RecordJson) => React.ReactNode;
}

const textOf = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : undefined);

export function ResultTable({ manual, columns, widths, onWidth, records, ticked, canTick, selected, onTick, onOpen, onStatus, operations }: Props) {
  const say = useSay();
  const language = useLanguage();
  const numbers = records.map((record) => String(record[manual.number]));
  const toggle = (number: string) => {
    const next = new Set(ticked);
    if (!next.delete(number)) next.add(number);
    onTick(next);
  };
  const walk = (event: React.KeyboardEvent<HTMLTableRowElement>, number: string) => {
    if (isComposing(event.nativeEvent) || event.target !== event.currentTarget) return;
    const row = event.currentTarget;
    const to = event.code === "ArrowDown" ? row.nextElementSibling : event.code === "ArrowUp" ? row.previousElementSibling : null;
    if (event.code === "Enter") onOpen(number);
    else if (event.code === "Space" && canTick) toggle(number);
    else if (!to) return;
    event.preventDefault();
    (to as HTMLElement | null)?.focus();
  };
  const cell = (record: RecordJson, column: Column, number: string) => {
    if (column.name === manual.number) return <button type="button" className="link digits" onClick={() => onOpen(number)}>{number}</button>;
    if (column.name === "status") {
      return (
        <button type="button" className="link" aria-label={`${say(manual.statuses[record.status]?.label ?? w.status)} ${say(w.receipts)}`} onClick={() => onStatus(number)}>
          <StatusMark manual={manual} status={record.status} />
          {(manual.marks?.(record) ?? []).map((mark) => <small key={mark[1]}> {say(mark)}</small>)}
        </button>
      );
    }
    const { kind } = column;
    const value = column.value ? column.value(record) : at(record, column.name);
    if (kind?.is === "code" && "table" in kind.of && typeof value === "string") return <CodeName of={kind.of} code={value} />;
    return shown(language, kind, value);
  };
  const sized = (column: Column) => {
    const width = widths[column.name];
    return width ? { width, minWidth: width, maxWidth: width } : { minWidth: column.width };
  };
  // With the keyboard widths are typed where the columns are chosen.
  const drag = (event: React.PointerEvent<HTMLSpanElement>, name: string) => {
    const grip = event.currentTarget;
    const head = grip.parentElement;
    if (!head) return;
    event.preventDefault();
    const [from, before] = [event.clientX, head.offsetWidth];
    grip.setPointerCapture(event.pointerId);
    const moved = (at: PointerEvent) => {
      head.style.width = head.style.minWidth = head.style.maxWidth = `${widthWithin(before + at.clientX - from)}px`;
    };
    const done = (at: PointerEvent) => {
      grip.removeEventListener("pointermove", moved);
      if (at.clientX !== from) onWidth(name, before + at.clientX - from);
    };
    grip.addEventListener("pointermove", moved);
    grip.addEventListener("pointerup", done, { once: true });
  };
  const all = numbers.length > 0 && numbers.every((number) => ticked.has(number));
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={say(w.results)}>
      <table className="table results">
        <thead>
          <tr>
            {canTick && (
              <th scope="col" className="tick">
                <input type="checkbox" aria-label={say(w.tickAll)} checked={all} onChange={() => onTick(new Set(all ? [] : numbers))} />
              </th>
            )}
            {columns.map((column) => (
              <th scope="col" key={column.name} style={sized(column)} data-numeric={column.numeric || undefined}>
                {say(column.label)}
                <span className="widen" aria-hidden onPointerDown={(event) => drag(event, column.name)} />
              </th>
            ))}
            <th scope="col" className="operations">{say(w.operations)}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record, place) => {
            const number = numbers[place] ?? "";
            return (
              <tr key={number} tabIndex={place === 0 ? 0 : -1} onKeyDown={(event) => walk(event, number)} onDoubleClick={() => onOpen(number)} data-selected={selected === number || undefined}>
                {canTick && (
                  <td className="tick">
                    <input type="checkbox" tabIndex={-1} aria-label={say(w.tick, { row: place + 1 })} checked={ticked.has(number)} onChange={() => toggle(number)} />
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.name} data-numeric={column.numeric || undefined} style={widths[column.name] ? { maxWidth: widths[column.name] } : undefined} data-cut={widths[column.name] ? true : undefined} title={widths[column.name] ? textOf(record[column.name]) : undefined}>{cell(record, column, number)}</td>
                ))}
                <td className="operations">{operations(record)}</td>
              </tr>
            );
          })}
          {records.length === 0 && (
            <tr>
              <td className="none" colSpan={columns.length + (canTick ? 2 : 1)}>{say(w.empty)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
