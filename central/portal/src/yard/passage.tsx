// 过卡回放: one passage step by step: its events in order on the left, the chosen one on the right, the lane as it was then above both.
import { LeftOutlined, ReloadOutlined, RightOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useParams } from "react-router";
import { useShortcuts } from "../declaration/keys.ts";
import { instant } from "../declaration/show.ts";
import { Failed, Waiting } from "../declaration/states.tsx";
import { PageTitle } from "../frame/page-title.tsx";
import { useTab, useTabs } from "../frame/tabs.tsx";
import { addressOf } from "../manuals.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { reasonText, says, showPassage, vehicleOf, type WholePassage } from "./gate.ts";
import { Mark } from "./marks.tsx";
import { LaneScene } from "./scene.tsx";
import { StepView } from "./step-view.tsx";
import { eventTypes, outcomes, verdicts, y } from "./words.ts";
import "../style/yard.css";

/** A passage that is not over is looked at again this often, while its page is in front. */
const AGAIN_MS = 3000;

export default function Replay() {
  const { passage = "" } = useParams();
  const tab = useTab();
  const whole = useQuery({
    queryKey: ["yard", "passage", passage],
    queryFn: () => showPassage(Number(passage)),
    refetchInterval: (query) => (tab.isActive && query.state.data?.outcome === "open" ? AGAIN_MS : false),
    retry: false,
  });
  if (whole.isPending) return <Waiting again={() => void whole.refetch()} />;
  if (whole.isError) return <Failed error={whole.error} again={() => void whole.refetch()} />;
  return <Shown whole={whole.data} reload={() => void whole.refetch()} />;
}

function Shown({ whole, reload }: { whole: WholePassage; reload: () => void }) {
  const say = useSay();
  const tab = useTab();
  const tabs = useTabs();
  const { steps } = whole;
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, steps.length - 1);
  const step = steps[at];
  const to = (place: number) => {
    const next = Math.max(0, Math.min(place, steps.length - 1));
    setChosen(next);
    document.querySelector(`[data-passage="${whole.number}"] [data-step="${next}"]`)?.scrollIntoView({ block: "nearest" });
  };
  useShortcuts(
    {
      previous: { code: "ArrowLeft", run: () => to(at - 1) },
      next: { code: "ArrowRight", run: () => to(at + 1) },
      first: { code: "Home", run: () => to(0) },
      last: { code: "End", run: () => to(steps.length - 1) },
    },
    tab.isActive,
  );
  const began = Date.parse(whole.began_at);
  const vehicle = vehicleOf(whole);
  const record = whole.record === null ? null : addressOf("smart_gate", whole.record);
  return (
    <div className="replay" data-passage={whole.number}>
      <PageTitle>{`${say(y.passage)} ${vehicle ?? whole.visit_id}`}</PageTitle>
      <div className="actions">
        <h2>{vehicle ?? say(y.unknownVehicle)}</h2>
        {whole.verdict && <Mark of={verdicts} code={whole.verdict} />}
        {says(whole.reason) && <span>{say(reasonText(whole.reason))}</span>}
        <Mark of={outcomes} code={whole.outcome} />
        {whole.left_port && <span>{say(y.leftPort)}</span>}
        <span className="grow" />
        {record !== null && <Button onClick={() => tabs.open(record)}>{say(y.record)} …{(whole.record ?? "").slice(-6)}</Button>}
        <Button icon={<ReloadOutlined />} aria-label={say(w.reload)} title={say(w.reload)} onClick={reload} />
      </div>
      <p className="digits replay-head">
        {say(y.gate)} {whole.gate_id} · {say(y.lane)} {whole.lane_id} {whole.lane_direction && say(whole.lane_direction === "IN" ? y.in : y.out)} · {instant(whole.began_at)} · {whole.visit_id}
        {whole.trip_no && <> · {say(y.tripNo)} {whole.trip_no}</>}
      </p>
      <LaneScene steps={steps.slice(0, at + 1)} vehicle={vehicle} />
      <div className="actions replay-keys">
        <Button icon={<LeftOutlined />} disabled={at <= 0} aria-keyshortcuts="ArrowLeft" onClick={() => to(at - 1)}>{say(y.previous)}</Button>
        <Button icon={<RightOutlined />} iconPlacement="end" disabled={at >= steps.length - 1} aria-keyshortcuts="ArrowRight" onClick={() => to(at + 1)}>{say(y.next)}</Button>
        <span role="status">{say(y.step, { step: at + 1, count: steps.length })}</span>
        <small>{say(y.stepKeys)}</small>
      </div>
      <div className="replay-body">
        <ol className="steps" aria-label={say(y.steps)}>
          {steps.map(({ event }, place) => (
            <li key={`${event.seq}-${place}`}>
              <button type="button" className="step" data-step={place} aria-current={place === at ? "step" : undefined} data-done={place <= at || undefined} onClick={() => to(place)}>
                <span className="digits">{say(y.after, { seconds: ((Date.parse(event.occurred_at) - began) / 1000).toFixed(1) })}</span>
                <Mark of={eventTypes} code={event.event_type} />
              </button>
            </li>
          ))}
        </ol>
        {step && <StepView step={step} reasons={whole.reasons} />}
      </div>
    </div>
  );
}
