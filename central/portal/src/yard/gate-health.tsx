// 卡口运行状况: when a gate was heard, how old its index is, what it has not sent, its clock, journal and disk.
import { instant } from "../declaration/show.ts";
import { useSay } from "../words/language.tsx";
import type { Gate } from "./gate.ts";
import { useSpan } from "./marks.tsx";
import { journals, y } from "./words.ts";

/** SG-254. */
const CLOCK_LIMIT_MS = 5000;
/** Less than this is told in red. */
const LOW_MB = 1024;

interface Props {
  gates: Gate[];
  silentAfterS: number;
  now: number;
}

export function GateHealth({ gates, silentAfterS, now }: Props) {
  const say = useSay();
  const columns = [y.gate, y.heard, y.version, y.index, y.unsent, y.clock, y.journal, y.disk];
  return (
    <section className="section gate-health">
      <h2 id="gate-health">{say(y.health)}</h2>
      <div className="table-scroll" tabIndex={0} role="region" aria-labelledby="gate-health">
        <table className="table">
          <thead>
            <tr>{columns.map((column) => <th key={column[1]} scope="col">{say(column)}</th>)}</tr>
          </thead>
          <tbody>
            {gates.map((gate) => <Row key={gate.gate_id} gate={gate} silentAfterS={silentAfterS} now={now} />)}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ gate, silentAfterS, now }: Omit<Props, "gates"> & { gate: Gate }) {
  const say = useSay();
  const spanOf = useSpan();
  const { live } = gate;
  const none = say(y.notTold);
  const age = gate.seen_at ? (now - Date.parse(gate.seen_at)) / 1000 : null;
  const health = live?.health;
  const offset = health?.clock_offset_ms ?? null;
  const behind = gate.yard_revision !== null && live?.index_revision !== null && live?.index_revision !== undefined ? gate.yard_revision - live.index_revision : 0;
  const unsent = health?.backlog ?? gate.unsent;
  const free = health?.disk_free_mb ?? null;
  const gigabytes = (megabytes: number) => (megabytes / 1024).toFixed(1);
  return (
    <tr data-gate={gate.gate_id}>
      <th scope="row" className="digits">{gate.gate_id}<br /><small>{gate.yard_id}</small></th>
      <td data-bad={age === null || age > silentAfterS || undefined} title={instant(gate.seen_at)}>{age === null ? say(y.never) : say(y.ago, { span: spanOf(age) })}</td>
      <td>{gate.agent_version ?? none}</td>
      <td data-bad={behind > 0 || undefined}>
        {live?.index_revision === null || live?.index_revision === undefined ? say(y.indexNone) : say(y.indexIs, { age: spanOf((live.index_age_s ?? 0) + (now - Date.parse(gate.seen_at ?? live.at)) / 1000), revision: live.index_revision })}
        {behind > 0 && <><br />{say(y.behind, { count: behind })}</>}
      </td>
      <td data-numeric>{unsent ?? none}</td>
      <td data-bad={(offset !== null && Math.abs(offset) > CLOCK_LIMIT_MS) || undefined}>{offset === null ? none : say(y.clockIs, { seconds: (Math.round(offset / 100) / 10 || 0).toFixed(1) })}</td>
      <td data-bad={(health?.journal !== undefined && health.journal !== "available") || undefined} title={health?.journal_error}>{health?.journal ? say(journals[health.journal] ?? [health.journal, health.journal]) : none}</td>
      <td data-bad={(free !== null && free < LOW_MB) || undefined}>{free === null ? none : say(y.diskIs, { free: gigabytes(free), total: gigabytes(health?.disk_total_mb ?? free) })}</td>
    </tr>
  );
}
