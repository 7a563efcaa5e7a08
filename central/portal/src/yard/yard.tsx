// 卡口实况: the lanes of all gates that the person sees, as they are now, with what is wrong and who has just passed.
import { ApiOutlined, DisconnectOutlined, LoadingOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { PageTitle } from "../frame/page-title.tsx";
import { useTabs } from "../frame/tabs.tsx";
import { clock, instant } from "../declaration/show.ts";
import { Waiting } from "../declaration/states.tsx";
import { useSay } from "../words/language.tsx";
import { AlertList } from "./alert-list.tsx";
import type { Gate } from "./gate.ts";
import { GateHealth } from "./gate-health.tsx";
import { LaneCard } from "./lane-card.tsx";
import { useSpan } from "./marks.tsx";
import { PassageTable } from "./passage-table.tsx";
import { useLive, type Line } from "./use-live.ts";
import { y } from "./words.ts";
import "../style/yard.css";

export default function Yard() {
  const say = useSay();
  const tabs = useTabs();
  const { live, line, now } = useLive();
  return (
    <div className="yard" data-line={line.is}>
      <PageTitle>{say(y.live)}</PageTitle>
      <div className="actions yard-top">
        <h2>{say(y.live)}</h2>
        <LineMark line={line} />
        <span className="grow" />
        <Button onClick={() => tabs.open("/yard/passages")}>{say(y.passages)}</Button>
      </div>
      {live && (line.is === "lost" || line.is === "over") && (
        <Alert type="warning" showIcon role="alert" title={line.is === "lost" ? say(y.lost, { time: clock(line.since) }) : say(y.over)} description={say(y.asOf, { time: clock(line.since) })} />
      )}
      {!live && <Waiting />}
      {live && (
        <>
          {live.gates.length === 0 && <p className="empty">{say(y.noGates)}</p>}
          {live.gates.map((gate) => <GateLanes key={gate.gate_id} gate={gate} silentAfterS={live.silentAfterS} now={now} />)}
          <AlertList alerts={live.alerts} total={live.alertsTotal} />
          <section className="section">
            <h2>{say(y.recent)}</h2>
            <PassageTable passages={live.passages} label={say(y.recent)} />
          </section>
          {live.gates.length > 0 && <GateHealth gates={live.gates} silentAfterS={live.silentAfterS} now={now} />}
        </>
      )}
    </div>
  );
}

function LineMark({ line }: { line: Line }) {
  const say = useSay();
  const [icon, tone, text] = {
    connecting: [<LoadingOutlined key="icon" aria-hidden />, "draft", y.connecting] as const,
    live: [<ApiOutlined key="icon" aria-hidden />, "good", y.connected] as const,
    lost: [<DisconnectOutlined key="icon" aria-hidden />, "bad", y.lost] as const,
    over: [<DisconnectOutlined key="icon" aria-hidden />, "bad", y.over] as const,
  }[line.is];
  return <span className="status line-mark" role="status" data-tone={tone}>{icon} {say(text, { time: clock(line.since) })}</span>;
}

function GateLanes({ gate, silentAfterS, now }: { gate: Gate; silentAfterS: number; now: number }) {
  const say = useSay();
  const spanOf = useSpan();
  const age = gate.seen_at ? (now - Date.parse(gate.seen_at)) / 1000 : null;
  const stale = age === null || age > silentAfterS;
  return (
    <section className="gate" data-gate={gate.gate_id} data-stale={stale || undefined} aria-labelledby={`gate-${gate.gate_id}`}>
      <h3 id={`gate-${gate.gate_id}`}>
        {say(y.gate)} <span className="digits">{gate.gate_id}</span> <small className="digits">{say(y.yard)} {gate.yard_id}</small>
      </h3>
      {stale && (
        <p className="stale" role="alert" title={instant(gate.seen_at)}>
          <DisconnectOutlined aria-hidden /> {age === null ? `${gate.gate_id} ${say(y.never)}` : say(y.silent, { span: spanOf(age) })}
        </p>
      )}
      <div className="lanes">
        {gate.lanes.map((lane) => <LaneCard key={lane.lane_id} lane={lane} stale={stale} now={now} />)}
      </div>
    </section>
  );
}
