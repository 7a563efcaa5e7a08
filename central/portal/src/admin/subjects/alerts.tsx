// 异常: what a person must look at, newest first.
import { api, dataAs } from "../../api/client.ts";
import { useSay } from "../../words/language.tsx";
import { AlertText } from "../../yard/alert-text.tsx";
import { alertLabel, alertMeaning } from "../../yard/alert-words.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const MOST = 200;

const alerts: Subject = {
  slug: "alerts",
  title: m.alerts,
  id: (row) => str(row.id),
  conditions: [],
  columns: [
    { name: "id", label: m.number, numeric: true },
    { name: "at", label: m.at, as: "instant" },
    { name: "code", label: m.kind, as: (row) => <Kind row={row} /> },
    { name: "gate_id", label: m.gate },
    { name: "trip_no", label: m.trip },
    { name: "text", label: m.text, as: (row) => <AlertText text={str(row.text)} text_zh={str(row.text_zh)} /> },
    { name: "occurred_at", label: m.occurredAt, as: "instant" },
  ],
  list: () => dataAs(api.GET("/api/v1/alerts", { params: { query: { newest: true, limit: MOST } } })),
  acts: [],
};

/** What it is, and what that means. */
function Kind({ row }: { row: Row }) {
  const say = useSay();
  const code = str(row.code);
  const meaning = alertMeaning[code];
  return (
    <>
      <strong>{say(alertLabel(code))}</strong>
      {meaning && <div>{say(meaning)}</div>}
    </>
  );
}

export default function Alerts() {
  return <SubjectPage subject={alerts} />;
}
