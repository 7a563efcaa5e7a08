// 实时连接: the stream of the gates, followed while its page is in front; what it tells, and whether the line is alive.
// Promises: a line that is silent for too long counts as cut and is made anew, from where it was; a page says so all the while. Nothing is asked that would
// keep a session alive, and the stream ends with the session.
import { useEffect, useMemo, useReducer, useState } from "react";
import { Refusal } from "../api/problem.ts";
import { useTab } from "../frame/tabs.tsx";
import { useSession } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { askForGates, type Alert, type Gate, type Passage } from "./gate.ts";

const ADDRESS = "/api/v1/gates/stream";
/** The centre sends a word every five seconds. */
const SILENT_MS = 16_000;
const AGAIN_MS = 2000;
const MOST_PASSAGES = 20;
const MOST_ALERTS = 100;

export interface Live {
  gates: Gate[];
  passages: Passage[];
  alerts: Alert[];
  alertsTotal: number;
  silentAfterS: number;
}

/** How the line is, and since when. */
export interface Line {
  is: "connecting" | "live" | "lost" | "over";
  since: number;
}

interface Told {
  now: string;
  silent_after_s?: number;
  gates: Gate[];
  passages: Passage[];
  alerts: Alert[];
  alerts_total: number | null;
}

type News = { kind: "state" | "moved"; told: Told };

const newestFirst = (a: Passage, b: Passage) => b.began_at.localeCompare(a.began_at) || b.number - a.number;

function merged(old: Live | null, { kind, told }: News): Live | null {
  if (kind === "state" || !old) {
    return kind === "state" ? { gates: told.gates, passages: told.passages, alerts: told.alerts, alertsTotal: told.alerts_total ?? told.alerts.length, silentAfterS: told.silent_after_s ?? 30 } : old;
  }
  const gates = new Map(old.gates.map((gate) => [gate.gate_id, gate]));
  for (const gate of told.gates) gates.set(gate.gate_id, gate);
  for (const passage of told.passages) {
    const gate = gates.get(passage.gate_id);
    if (!gate) continue;
    const lanes = gate.lanes.map((lane) => (lane.lane_id === passage.lane_id && (!lane.last || newestFirst(passage, lane.last) <= 0) ? { ...lane, last: passage } : lane));
    gates.set(passage.gate_id, { ...gate, lanes });
  }
  const changed = new Set(told.passages.map((passage) => passage.number));
  const passages = [...told.passages, ...old.passages.filter((passage) => !changed.has(passage.number))].sort(newestFirst).slice(0, MOST_PASSAGES);
  const touched = new Set(told.alerts.map((alert) => alert.id));
  const alerts = [...told.alerts.filter((alert) => !alert.acknowledged_at), ...old.alerts.filter((alert) => !touched.has(alert.id))].sort((a, b) => b.id - a.id).slice(0, MOST_ALERTS);
  return { ...old, gates: [...gates.values()].sort((a, b) => a.gate_id.localeCompare(b.gate_id)), passages, alerts, alertsTotal: told.alerts_total ?? old.alertsTotal };
}

export function useLive(): { live: Live | null; line: Line; now: number } {
  const { state, lapse } = useSession();
  const { isActive } = useTab();
  const [live, tell] = useReducer(merged, null);
  const [line, setLine] = useState<Line>({ is: "connecting", since: Date.now() });
  // The centre's clock minus this machine's: ages are by the centre's.
  const [ahead, setAhead] = useState(0);
  const [at, setAt] = useState(() => Date.now());
  const open = state.kind === "open";

  useEffect(() => {
    if (!isActive) return undefined;
    const timer = setInterval(() => setAt(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isActive]);

  useEffect(() => {
    if (!isActive) return undefined;
    if (!open) {
      setLine({ is: "over", since: Date.now() });
      return undefined;
    }
    let source: EventSource | null = null;
    let last: string | null = null;
    let heard = Date.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const is = (now: Line["is"]) => setLine((old) => (old.is === now ? old : { is: now, since: Date.now() }));

    const close = () => {
      source?.close();
      source = null;
      clearTimeout(timer);
    };
    const again = (refused: boolean) => {
      close();
      is("lost");
      // A refusal has a reason, which only an ordinary request is told; one that is not logged in any more ends here.
      if (refused) void askForGates().catch((error: unknown) => Refusal.of(error));
      timer = setTimeout(connect, AGAIN_MS);
    };
    const hear = (event: MessageEvent<string>): Told => {
      const told = JSON.parse(event.data) as Told;
      heard = Date.now();
      if (event.lastEventId) last = event.lastEventId;
      setAhead(Date.parse(told.now) - Date.now());
      is("live");
      return told;
    };
    function connect() {
      heard = Date.now();
      const stream = new EventSource(last === null ? ADDRESS : `${ADDRESS}?last_event_id=${last}`);
      source = stream;
      stream.addEventListener("state", (event) => tell({ kind: "state", told: hear(event as MessageEvent<string>) }));
      stream.addEventListener("moved", (event) => tell({ kind: "moved", told: hear(event as MessageEvent<string>) }));
      stream.addEventListener("beat", (event) => void hear(event as MessageEvent<string>));
      stream.addEventListener("end", (event) => {
        const { why } = JSON.parse((event as MessageEvent<string>).data) as { why: string };
        if (why !== "session") return why === "come_again" ? (close(), connect()) : again(false);
        close();
        is("over");
        lapse(w.lapsedText);
      });
      stream.addEventListener("error", () => again(stream.readyState === EventSource.CLOSED));
    }
    is("connecting");
    connect();
    const watchdog = setInterval(() => {
      if (source && Date.now() - heard > SILENT_MS) again(false);
    }, 1000);
    return () => {
      clearInterval(watchdog);
      close();
    };
  }, [isActive, open, lapse]);

  return useMemo(() => ({ live, line, now: at + ahead }), [live, line, at, ahead]);
}
