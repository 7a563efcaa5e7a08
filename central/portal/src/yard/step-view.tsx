// 一步: one event of a passage in full: what was read by then, what was decided and why, what was done, and the event as it came.
import { instant } from "../declaration/show.ts";
import { useSay } from "../words/language.tsx";
import { plain, type Text } from "../words/words.ts";
import { reasonText, type Detail, type Read, type Reason, type Step } from "./gate.ts";
import { Mark, useSpan } from "./marks.tsx";
import { eventTypes, mediums, modes, raises, verdicts, y } from "./words.ts";

/** Clocks that differ by less are one to whoever reads. */
const CLOCKS_AGREE_MS = 2000;

interface Props {
  step: Step;
  reasons: Record<string, Reason>;
}

/** Every reading of an event, in the order of its members. */
function readsOf(reads: Step["event"]["reads"]): [string, Read][] {
  return Object.entries(reads ?? {}).flatMap(([kind, value]): [string, Read][] => {
    if (value === null || typeof value === "number") return [];
    return (Array.isArray(value) ? value : [value]).map((read) => [kind, read]);
  });
}

const told = (value: unknown): string => (value === null || value === undefined ? "—" : typeof value === "string" ? value : JSON.stringify(value));

export function StepView({ step, reasons }: Props) {
  const say = useSay();
  const spanOf = useSpan();
  const { event } = step;
  const detail = typeof event.detail === "object" && event.detail !== null ? event.detail : null;
  const reasonOf = (code: string): Text => (reasons[code] ? reasonText(reasons[code]) : plain(code));
  const reads = readsOf(event.reads);
  const gross = event.reads?.gross_kg;
  const facts: [Text, React.ReactNode][] = [
    [y.occurred, <span key="at" className="digits">{instant(event.occurred_at)}{event.occurred_at.slice(19, 23)}</span>],
    [y.received, <span key="received" className="digits">{instant(step.received_at)}</span>],
  ];
  if (step.by_centre && Math.abs(Date.parse(step.by_centre.at) - Date.parse(event.occurred_at)) > CLOCKS_AGREE_MS) {
    facts.splice(1, 0, [y.byCentre, <span key="centre" className="digits">{instant(step.by_centre.at)}{step.by_centre.at.slice(19, 23)}</span>]);
  }
  if (event.verdict) facts.push([y.verdict, <Mark key="verdict" of={verdicts} code={event.verdict} />]);
  if (event.reason_code) facts.push([y.reason, say(reasonOf(event.reason_code))]);
  if (event.outcome) facts.push([y.barrier, <Mark key="outcome" of={raises} code={event.outcome} />]);
  if (event.trip_no) facts.push([y.tripNo, <span key="trip" className="digits">{event.trip_no}</span>]);
  if (event.mode) facts.push([y.mode, say(modes[event.mode] ?? plain(event.mode))]);
  if (event.officer_id) facts.push([y.person, event.officer_id]);
  if (detail?.second) facts.push([y.second, detail.code ? say(y.byCode, { person: detail.second, code: detail.code }) : detail.second]);
  if (detail?.why) facts.push([y.said, detail.why]);
  if (event.index_revision !== null && event.index_revision !== undefined) facts.push([y.indexAsked, say(y.indexIs, { age: spanOf(event.index_age_s ?? 0), revision: event.index_revision })]);
  if (event.images && event.images.length > 0) facts.push([y.pictures, event.images.join(", ")]);
  return (
    <div className="step-view" data-event={event.event_type}>
      <h3><Mark of={eventTypes} code={event.event_type} /></h3>
      {!step.readable && <p className="fault-line">{say(y.unreadable)}</p>}
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label[1]}>
            <dt>{say(label)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h4>{say(y.reads)}</h4>
      {reads.length === 0 && typeof gross !== "number" ? <p className="empty">{say(y.noReads)}</p> : <Reads reads={reads} gross={typeof gross === "number" ? gross : null} />}
      {detail && <Compared detail={detail} reasonOf={reasonOf} />}
      <details className="original">
        <summary>{say(y.original)}</summary>
        <pre className="signed-text" tabIndex={0}>{JSON.stringify(event, null, 2)}</pre>
      </details>
    </div>
  );
}

function Reads({ reads, gross }: { reads: [string, Read][]; gross: number | null }) {
  const say = useSay();
  return (
    <div className="table-scroll low" tabIndex={0} role="region" aria-label={say(y.reads)}>
      <table className="table">
        <thead>
          <tr>{[y.kind, y.value, y.confidence, y.device, y.raw].map((column) => <th key={column[1]} scope="col">{say(column)}</th>)}</tr>
        </thead>
        <tbody>
          {reads.map(([kind, read], place) => (
            <tr key={`${kind}-${place}`}>
              <td>{say(mediums[kind] ?? plain(kind))}</td>
              <td className="digits">{read.value}</td>
              <td data-numeric>{read.confidence !== null && `${Math.round(read.confidence * 100)} %`}</td>
              <td>{read.device}</td>
              <td className="digits">{read.raw}</td>
            </tr>
          ))}
          {gross !== null && (
            <tr>
              <td>{say(y.gross)}</td>
              <td className="digits" colSpan={4}>{say(y.kg, { kg: gross })}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** What was expected beside what was read, and the trips that were offered or ruled out. */
function Compared({ detail, reasonOf }: { detail: Detail; reasonOf: (code: string) => Text }) {
  const say = useSay();
  const findings = detail.findings ?? [];
  const offered = detail.offered ?? [];
  const dropped = detail.dropped ?? [];
  return (
    <>
      {findings.length > 0 && (
        <>
          <h4>{say(y.compared)}</h4>
          <div className="table-scroll low" tabIndex={0} role="region" aria-label={say(y.compared)}>
            <table className="table">
              <thead>
                <tr>{[y.what, y.reason, y.expected, y.found].map((column) => <th key={column[1]} scope="col">{say(column)}</th>)}</tr>
              </thead>
              <tbody>
                {findings.map((finding, place) => (
                  <tr key={place}>
                    <td>{say(mediums[finding.what] ?? plain(finding.what))}</td>
                    <td>{say(reasonOf(finding.reason_code))}</td>
                    <td className="digits">{told(finding.expected)}</td>
                    <td className="digits">{told(finding.read)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {offered.length > 0 && <p><strong>{say(y.offered)}</strong> <span className="digits">{offered.join(", ")}</span></p>}
      {dropped.length > 0 && (
        <>
          <h4>{say(y.dropped)}</h4>
          <ul className="plain">
            {dropped.map((trip) => <li key={trip.trip_no}><span className="digits">{trip.trip_no}</span> {say(reasonOf(trip.reason_code))}</li>)}
          </ul>
        </>
      )}
    </>
  );
}
