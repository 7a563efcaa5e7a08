// 过卡列表: passages as rows, the same on the live page and in the search.
import { instant } from "../declaration/show.ts";
import { useTabs } from "../frame/tabs.tsx";
import { useSay } from "../words/language.tsx";
import { reasonText, says, vehicleOf, type Passage } from "./gate.ts";
import { Mark } from "./marks.tsx";
import { outcomes, verdicts, y } from "./words.ts";

export function PassageTable({ passages, label }: { passages: Passage[]; label: string }) {
  const say = useSay();
  const tabs = useTabs();
  const open = (passage: Passage) => tabs.open(`/yard/passages/${passage.number}`);
  const walk = (event: React.KeyboardEvent<HTMLTableRowElement>, passage: Passage) => {
    if (event.target !== event.currentTarget) return;
    const row = event.currentTarget;
    const to = event.code === "ArrowDown" ? row.nextElementSibling : event.code === "ArrowUp" ? row.previousElementSibling : null;
    if (event.code === "Enter") open(passage);
    else if (!to) return;
    event.preventDefault();
    (to as HTMLElement | null)?.focus();
  };
  const columns = [y.arrived, y.vehicle, y.gate, y.lane, y.verdict, y.reason, y.outcome, y.tripNo, y.gross];
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="table passages">
        <thead>
          <tr>{columns.map((column) => <th key={column[1]} scope="col">{say(column)}</th>)}</tr>
        </thead>
        <tbody>
          {passages.map((passage, place) => (
            <tr key={passage.number} data-passage={passage.number} tabIndex={place === 0 ? 0 : -1} onKeyDown={(event) => walk(event, passage)} onDoubleClick={() => open(passage)}>
              <td><button type="button" className="link digits" onClick={() => open(passage)}>{instant(passage.began_at)}</button></td>
              <td className="digits">{vehicleOf(passage) ?? say(y.unknownVehicle)}</td>
              <td className="digits">{passage.gate_id}</td>
              <td>{passage.lane_id} {passage.lane_direction && say(passage.lane_direction === "IN" ? y.in : y.out)}</td>
              <td>{passage.verdict && <Mark of={verdicts} code={passage.verdict} />}</td>
              <td>{says(passage.reason) && say(reasonText(passage.reason))}</td>
              <td><Mark of={outcomes} code={passage.outcome} />{passage.left_port && ` · ${say(y.leftPort)}`}</td>
              <td className="digits">{passage.trip_no}</td>
              <td data-numeric>{passage.gross_kg !== null && say(y.kg, { kg: passage.gross_kg })}</td>
            </tr>
          ))}
          {passages.length === 0 && <tr><td className="none" colSpan={columns.length}>{say(y.none)}</td></tr>}
        </tbody>
      </table>
    </div>
  );
}
