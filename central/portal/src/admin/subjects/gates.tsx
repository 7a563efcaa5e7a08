// 卡口状态: the gates, since when they were heard of, how they are, and what they told last.
import { useQuery } from "@tanstack/react-query";
import { api, dataAs } from "../../api/client.ts";
import { instant } from "../../declaration/show.ts";
import { Failed, Waiting } from "../../declaration/states.tsx";
import { PlainTable } from "../../form/plain-table.tsx";
import { useSay } from "../../words/language.tsx";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Row, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const gates: Subject = {
  slug: "gates",
  title: m.gates,
  id: (row) => str(row.gate_id),
  conditions: [],
  columns: [
    { name: "gate_id", label: m.gate },
    { name: "yard_id", label: m.yard },
    { name: "agent_version", label: m.agentVersion },
    { name: "seen_at", label: m.seenAt, as: "instant" },
    { name: "seq", label: m.seq, numeric: true, as: (row) => `${str(row.epoch)}/${str(row.seq)}` },
  ],
  list: () => dataAs(api.GET("/api/v1/gates")),
  acts: [],
  detail: { label: m.show, Body: Gate },
};

/** So many events before the newest. */
const SHOWN = 50;

function Gate({ row }: { row: Row }) {
  const say = useSay();
  const after = Math.max(0, Number(row.seq) - SHOWN);
  const events = useQuery({
    queryKey: ["gates", "events", row.gate_id, after],
    queryFn: () => dataAs<{ items: { received_at: string; event: Row }[] }>(api.GET("/api/v1/gates/{gate_id}/events", { params: { path: { gate_id: str(row.gate_id) }, query: { after_epoch: Number(row.epoch), after_seq: after, limit: SHOWN } } })),
    retry: false,
  });
  return (
    <>
      <h3>{say(m.live)}</h3>
      <pre className="json">{JSON.stringify(row.live, null, 2)}</pre>
      <h3>{say(m.events)}</h3>
      {events.isPending && <Waiting />}
      {events.isError && <Failed error={events.error} />}
      {events.data && (
        <PlainTable
          label={m.events}
          rows={[...events.data.items].reverse()}
          rowKey={(one) => str(one.event.event_id) || one.received_at + str(one.event.seq)}
          columns={[
            { name: "seq", label: m.seq, numeric: true, show: (one) => str(one.event.seq) },
            { name: "type", label: m.action, show: (one) => str(one.event.event_type) || str(one.event.type) },
            { name: "received_at", label: m.at, show: (one) => instant(one.received_at) },
            { name: "event", label: m.detail, show: (one) => <details><summary>{str(one.event.lane_id)} {str(one.event.trip_no)}</summary><pre className="json">{JSON.stringify(one.event, null, 2)}</pre></details> },
          ]}
        />
      )}
    </>
  );
}

export default function Gates() {
  return <SubjectPage subject={gates} />;
}
