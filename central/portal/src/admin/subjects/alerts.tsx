// 异常: what a person must look at, newest first.
import { api, dataAs } from "../../api/client.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Subject } from "../subject.ts";
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
    { name: "code", label: m.kind },
    { name: "gate_id", label: m.gate },
    { name: "trip_no", label: m.trip },
    { name: "text", label: m.text },
    { name: "occurred_at", label: m.occurredAt, as: "instant" },
  ],
  list: () => dataAs(api.GET("/api/v1/alerts", { params: { query: { newest: true, limit: MOST } } })),
  acts: [],
};

export default function Alerts() {
  return <SubjectPage subject={alerts} />;
}
